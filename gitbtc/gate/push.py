"""What a push would send: every commit that is new to the other side, whatever made it.

A rebase, a cherry-pick or `--no-verify` puts state into the history that no merge or commit hook looked at.
"""

from __future__ import annotations

from functools import lru_cache

from gitbtc.errors import printable
from gitbtc.gate.commit import check_root
from gitbtc.gate.driver_evidence import spend_conflict
from gitbtc.gate.merging import Merging
from gitbtc.gate.snapshot import Snapshot, installed_kinds, of_revision, path_in
from gitbtc.gate.spend_gate import SpendGate
from gitbtc.kinds.registry import built_in, root_of
from gitbtc.repo.git import SUBMODULE, Git, is_oid
from gitbtc.spends import COINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.repo.git import BlobReader, Entry

TRAILERS = ("Double-Spend:", "Data-Error:")


def new_commits(git: Git, remote: str, lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """(oid, parents) of the commits that the refs in `lines`, as Git hands them to pre-push, have beyond `remote`."""
    pushed = [line.split() for line in lines if line.strip()]
    wanted = [local for _, local, _, _ in pushed if local.strip("0")]
    known = [f"^{there}" for *_, there in pushed if there.strip("0") and git.find(f"{there}^{{commit}}")]
    remotes = [] if is_oid(remote) or "/" in remote else [f"--remotes={remote}"]
    yield from git.commits(*wanted, *known, *(["--not", *remotes] if remotes else [])) if wanted else ()


class CommitExamination:
    """What speaks against commits that are already made."""

    def __init__(self, git: Git, blobs: BlobReader) -> None:
        self._git = git
        # A commit is its children's parent, and most of its files are theirs.
        self._read = lru_cache(maxsize=6)(blobs.read)
        self._snapshot = lru_cache(maxsize=8)(self._read_snapshot)
        self._kinds = installed_kinds(git)
        self._allowed = git.config("gitbtc.unattributed") == "allow"

    def _read_snapshot(self, oid: str | None) -> Snapshot:
        return of_revision(self._git, oid, self._read, self._kinds)

    def messages(self, oid: str, parents: list[str]) -> Iterator[str]:
        """Everything that speaks against the commit `oid`, each with the commit's name."""
        result = self._snapshot(oid)
        before = [self._snapshot(parent).entries for parent in parents]
        changed = {path: entry for path, entry in result.entries.items() if all(b.get(path) != entry for b in before)}
        touched = {*changed, *(path for entries in before for path in entries if path not in result.entries)}
        found = list(self._keys(changed))
        for root in sorted({root_of(path) for path in touched if self._kinds.for_path(path)}):
            found += check_root(result, root, touched)
        if len(parents) > 1:
            found += self._merge(oid, parents, result)
        return (f"{message} (commit {oid[:12]})" for message in found)

    def _keys(self, changed: dict[str, Entry]) -> Iterator[str]:
        from gitbtc.keys.scan import scan

        for path, (mode, oid) in sorted(changed.items()):
            for finding in scan(self._read(oid), path) if mode != SUBMODULE else ():
                yield f"gitbtc: {printable(path)}: line {finding.where}: {finding.form}, {finding.fingerprint}"

    def _merge(self, oid: str, parents: list[str], result: Snapshot) -> Iterator[str]:
        from gitbtc.views.conflicts import conflict_line

        gate = SpendGate(Merging(self._git, parents), self._snapshot, unattributed_allowed=self._allowed)
        for contest in gate.unsettled(result, Declared(self._git.line("show", "-s", "--format=%B", oid))):
            yield conflict_line(path_in(contest.root, COINS), built_in(COINS), spend_conflict(contest.verdict))
        for clash in gate.clashes:
            yield f"gitbtc: {printable(clash.root)}: network: {clash.one} and {clash.other} never merge"


class Declared:
    """The outpoints that the trailers of a commit message say are settled."""

    def __init__(self, message: str) -> None:
        lines = (line.split() for line in message.splitlines() if line.startswith(TRAILERS))
        self._outpoints = {words[1] for words in lines if len(words) > 1}

    def __contains__(self, subject: object) -> bool:
        return str(subject).rpartition("::")[2] in self._outpoints
