"""What every commit is examined for: keys, records, rules, and in a merge what it does to coins and logs.

The findings are data; the hooks print them and refuse.
"""

from __future__ import annotations

import os
from functools import lru_cache, partial

from gitbtc.errors import printable
from gitbtc.gate import growth
from gitbtc.gate.driver_evidence import spend_conflict
from gitbtc.gate.free_text import free_texts
from gitbtc.gate.merging import Merging, merge_in_progress
from gitbtc.gate.settlements import Settlements
from gitbtc.gate.snapshot import Snapshot, installed_kinds, of_index, of_revision, path_in
from gitbtc.gate.spend_gate import SpendGate
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.delta import NotCanonical, walk
from gitbtc.kinds.registry import built_in, root_of
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK
from gitbtc.spends import CHAIN, CHANNELS, COINS, EVIDENCE, rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.kind import Kind
    from gitbtc.kinds.registry import Kinds
    from gitbtc.kinds.validate import Files
    from gitbtc.repo.git import BlobReader, Entry, Git

ALLOW_REWRITE = "GITBTC_ALLOW_REWRITE"
_SHOWN = 20  # faults of records in one refusal


class Examination:
    """One commit in the making.

    `messages` are the findings, one line or more each; none: the commit may be made. `notices` are then what was
    decided on the way that a person may want to know.
    """

    def __init__(self, git: Git, blobs: BlobReader) -> None:
        self._git = git
        # Base, ours, theirs and the index: each of their large files is asked for by several checks.
        self._read = lru_cache(maxsize=6)(blobs.read)
        self.kinds: Kinds = installed_kinds(git)
        self.head = git.find("HEAD")
        self.index = of_index(git, self._read, self.kinds)
        self._snapshots: dict[str | None, Snapshot] = {}
        self.before = self.snapshot(self.head)
        self.merging: Merging | None = merge_in_progress(git)
        self.notices: list[str] = []

    def snapshot(self, revision: str | None) -> Snapshot:
        """The snapshot of a commit, read once."""
        if revision not in self._snapshots:
            self._snapshots[revision] = of_revision(self._git, revision, self._read, self.kinds)
        return self._snapshots[revision]

    def messages(self) -> Iterator[str]:
        """Everything that speaks against the commit, the worst first; later checks build on what earlier ones hold."""
        changed = self.changed()
        for check in (self._keys, self._form, self._records):
            found = list(check(changed))
            yield from found
            if found:
                return  # what does not parse, or is not what its schema says, cannot be judged
        yield from self._growth(changed)
        told = list(self._merge(self.merging)) if self.merging is not None else []
        yield from told or self._rules(changed)

    def changed(self) -> dict[str, Entry]:
        """The files that the commit adds or changes."""
        return {path: entry for path, entry in self.index.entries.items() if self.before.entries.get(path) != entry}

    def _keys(self, changed: dict[str, Entry]) -> Iterator[str]:
        from gitbtc.keys.finding import refusal, refusal_of_name
        from gitbtc.keys.scan import scan, scan_name

        for path, (mode, oid) in sorted(changed.items()):
            named = scan_name(path)
            if named:
                yield refusal_of_name(named)
            elif mode != SUBMODULE:
                content = self._read(oid)
                found = scan(self._where_a_key_can_be(path, content), path)
                if found:
                    yield refusal(scan(content, path) or found, path)

    def _where_a_key_can_be(self, path: str, content: bytes) -> bytes:
        """In a canonical state file only what a person may write freely: any other text breaks the schema."""
        kind = self.kinds.for_path(path)
        try:
            canonical = kind is not None and self._is_canonical(path, kind, content)
        except Malformed:
            canonical = False
        return free_texts(kind, content) if kind and canonical else content

    def _form(self, changed: dict[str, Entry]) -> Iterator[str]:
        for path, (mode, oid) in sorted(changed.items()):
            kind = self.kinds.for_path(path)
            if kind is None:
                continue
            if mode == SYMBOLIC_LINK:
                yield f"gitbtc: {printable(path)}: a symbolic link stands in a state file's place; put the file there"
                continue
            content = self._read(oid)
            try:
                if not self._is_canonical(path, kind, content):
                    yield (
                        f"gitbtc: {printable(path)}: not in canonical form; `git add --renormalize` makes it so "
                        "(is the filter installed? `gitbtc doctor` tells)"
                    )
            except Malformed as error:
                yield f"gitbtc: {printable(path)}: {printable(str(error))}"

    def _is_canonical(self, path: str, kind: Kind, content: bytes) -> bool:
        """Whether `content` is, given that the version before it is; Malformed when it does not even parse."""
        before = self.before.content(path)
        if before:
            try:
                walk(kind, before, content)
            except NotCanonical:
                pass
            else:
                return True
        return codec.canonical(kind, content) == content

    def _records(self, _: dict[str, Entry]) -> Iterator[str]:
        from gitbtc.gate.progress import told
        from gitbtc.kinds.validate import validate_files

        count = 0
        for path, violation in validate_files(self.kinds, _versions(self.before), _versions(self.index), told):
            count += 1
            if count <= _SHOWN:
                where = f"{path}::{violation.identity}" if violation.identity else path
                yield f"gitbtc: {printable(f'{where}: {violation}')}"
        if count > _SHOWN:
            yield f"gitbtc: {count - _SHOWN} faults more; `gitbtc validate --staged` lists them"

    def _growth(self, changed: dict[str, Entry]) -> Iterator[str]:
        if os.environ.get(ALLOW_REWRITE) != "1":
            for path, lost in self.rewrites(changed):
                yield _growth_message(path, lost)

    def rewrites(self, changed: dict[str, Entry]) -> Iterator[tuple[str, list[str]]]:
        """(path, lost or rewritten records) of each file that only grows and would not.

        In a merge, the records that a side rewrote since the common ancestor; what the merge lost is repaired.
        """
        merging = self.merging
        before = self.snapshot(merging.bases(0, 1)[0]) if merging else self.before
        removed = {path for path in before.state_paths() if path not in self.index.entries}
        for path in sorted({*changed, *removed}):
            kind = self.kinds.for_path(path)
            if kind is None or not kind.append_only:
                continue
            found = growth.rewritten(kind, before.content(path), self.index.content(path))
            lost = [
                f"{codec.identity_text(kind, key)} {what}" for key, what in found if what != "removed" or not merging
            ]
            if lost:
                yield path, lost

    def _rules(self, changed: dict[str, Entry]) -> Iterator[str]:
        touched = {*changed, *(path for path in self.before.entries if path not in self.index.entries)}
        for root in sorted({root_of(path) for path in touched if self.kinds.for_path(path)}):
            yield from check_root(self.index, root, touched)

    def settlements(self) -> Settlements:
        """What was settled in the merge in progress."""
        return settlements_of(self._git, self.merging.heads if self.merging else [])

    def spend_gate(self, merging: Merging) -> SpendGate:
        """The verdicts on the merge in progress."""
        allowed = self._git.config("gitbtc.unattributed") == "allow"
        return SpendGate(merging, self.snapshot, unattributed_allowed=allowed)

    def _merge(self, merging: Merging) -> Iterator[str]:
        from gitbtc.views.conflicts import conflict_line, spend_notice

        gate = self.spend_gate(merging)
        yield from self._repair(merging, gate)
        for clash in gate.clashes:
            where = path_in(clash.root, CHAIN)
            yield f"gitbtc: {printable(where)}: network: {clash.one} and {clash.other} never merge; abort this merge"
        self.notices += [spend_notice(path_in(told.root, COINS), told.verdict) for told in gate.notices]
        for contest in gate.unsettled(self.index, self.settlements()):
            yield conflict_line(path_in(contest.root, COINS), built_in(COINS), spend_conflict(contest.verdict))

    def _repair(self, merging: Merging, gate: SpendGate) -> Iterator[str]:
        """What a merge did not need a person for, and Git did not do: staged now, since a hook cannot commit it."""
        repaired = {}
        if os.environ.get(ALLOW_REWRITE) != "1":
            repaired = {path: complete for path, complete in self._unions(merging) if complete is not None}
            for path, complete in repaired.items():
                self._stage(path, complete)
                yield (
                    f"gitbtc: {printable(path)}: the merge had lost records of a file that only grows; the union of "
                    "both sides is staged now: `git commit` completes the merge"
                )
        if not gate.contests and not repaired:
            yield from self._stale_coins()

    def _unions(self, merging: Merging) -> Iterator[tuple[str, bytes | None]]:
        heads = [self.snapshot(head) for head in merging.heads]
        bases = [self.snapshot(base) for base in merging.bases(0, 1)]
        for path in sorted({path for head in heads for path in head.state_paths()}):
            kind = self.kinds.for_path(path)
            if kind is not None and kind.append_only:
                sides = [head.content(path) for head in heads]
                complete = growth.union(kind, bases[0].content(path), sides, self.index.content(path))
                yield path, complete

    def _stale_coins(self) -> Iterator[str]:
        """Coins that one side still lists and a transaction of the other spends: a stale view, not a contest."""
        for root in sorted(self.index.roots()):
            stale = rules.spent_coins(self.index.evidence(root))
            if stale:
                kind, path = built_in(COINS), path_in(root, COINS)
                lines = codec.keyed(kind, self.index.content(path))
                self._stage(path, codec.encode_lines(kind, [line for key, line in lines.items() if key not in stale]))
                yield (
                    f"gitbtc: {printable(path)}: the merge listed {len(stale)} spent coin{'s' * (len(stale) > 1)}; "
                    "staged without: `git commit` completes the merge"
                )

    def _stage(self, path: str, content: bytes) -> None:
        """Put the repaired file in the index, and in the work tree where that held what the index did."""
        from pathlib import Path

        from gitbtc.repo.files import write

        mode, staged = self.index.entries.get(path, ("100644", ""))[0], self.index.content(path)
        in_work_tree = Path(self._git.top_level()) / path
        if not in_work_tree.exists() or self._as_staged(path, in_work_tree.read_bytes()) == staged:
            write(in_work_tree, content)
        self._git.update_index({path: (mode, self._git.write_blob(content))})

    def _as_staged(self, path: str, content: bytes) -> bytes:
        kind = self.kinds.for_path(path)
        try:
            return codec.canonical(kind, content) if kind else content
        except Malformed:
            return content


def _versions(side: Snapshot) -> Files:
    return {path: (side.oid(path), partial(side.content, path)) for path in side.state_paths()}


def settlements_of(git: Git, heads: list[str]) -> Settlements:
    """What `gitbtc resolve` settled in the merge of `heads`.

    Git writes MERGE_HEAD when it stops a merge: one that was aborted and begun again is another merge.
    """
    merge_head = git.git_path("MERGE_HEAD")
    began = str(os.stat(merge_head).st_mtime_ns) if os.path.exists(merge_head) else ""
    return Settlements(os.path.join(git.git_dir(), "gitbtc"), [*heads, began])


def check_root(snapshot: Snapshot, root: str, touched: set[str] | None = None) -> Iterator[str]:
    """The rules that hold across the files of a root, broken in `snapshot`; only where `touched` files concern them."""
    return (f"gitbtc: {path}: {printable(violation.text)}" for path, violation in broken_rules(snapshot, root, touched))


def broken_rules(
    snapshot: Snapshot, root: str, touched: set[str] | None = None
) -> Iterator[tuple[str, rules.Violation]]:
    """(path, violation) of each rule that a root breaks."""
    if touched is None or any(path_in(root, kind) in touched for kind in EVIDENCE):
        for violation in rules.violations(snapshot.evidence(root)):
            yield path_in(root, violation.kind), violation
    if touched is None or path_in(root, CHANNELS) in touched:
        for violation in rules.channel_violations(lambda kind: snapshot.of_kind(root, kind)):
            yield path_in(root, CHANNELS), violation


def _growth_message(path: str, lost: list[str]) -> str:
    shown = "\n".join(f"  {printable(line)}" for line in lost[:10])
    more = f"\n  and {len(lost) - 10} more" if len(lost) > 10 else ""
    return (
        f"gitbtc: {printable(path)}: this file only grows, and the commit would lose or rewrite records:\n"
        f"{shown}{more}\n"
        f"  To do it on purpose: {ALLOW_REWRITE}=1 git commit, with a line `Gitbtc-Rewrite: <reason>` in its message."
    )
