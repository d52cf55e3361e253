"""An import: what a source tells now is merged into the state files of a root.

It is a merge like any other. Base is what the source told last (gitbtc/sources/told.py), theirs what it tells now
(gitbtc/sources/words.py), ours what lies in the work tree. Record by record the engine of `git merge` merges them, with
the one difference that nobody is asked: for each field the schema says whose word counts. Then the one view of coins
says what follows. What it would ask a person is refused, and nothing is written.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitbtc.diff.continued import continued
from gitbtc.diff.operations import operations
from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.judge.broken_rules import broken_by_step, broken_rules
from gitbtc.judge.key_gate import in_work_tree, judged
from gitbtc.judge.spend_gate import SpendGate
from gitbtc.keys.finding import NOT_WRITTEN, refusal
from gitbtc.keys.scan import holds_a_part_of_a_phrase, scan
from gitbtc.kinds import codec, registry
from gitbtc.kinds.codec import content_id
from gitbtc.kinds.delta import delta, line_of, spliced
from gitbtc.kinds.registry import below
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style
from gitbtc.merge.told import Telling
from gitbtc.repo.git import Git
from gitbtc.resolve.repair import Repair
from gitbtc.sources import balance, statefiles
from gitbtc.sources.snapshot import SINCE_LAST, SinceLast
from gitbtc.sources.told import Source, Told
from gitbtc.sources.words import words
from gitbtc.spends import CHAIN, CHANNELS, COINS, MEMPOOL, ROUTING, TRANSACTIONS, rows
from gitbtc.spends.evidence import is_marked, outpoint_text
from gitbtc.spends.steps import LOST_COIN
from gitbtc.state.checkpoint import Checkpoints
from gitbtc.state.merging import Merging
from gitbtc.state.snapshot import Snapshot
from gitbtc.views.conflicts import notice_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitbtc.judge.spend_gate import RootVerdict
    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.repo.git import Entry
    from gitbtc.sources.snapshot import SourceSnapshot
    from gitbtc.sources.statefiles import FileChange
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.rules import Violation

_BEFORE, _HERE, _NOW = "before", "here", "the source"


@dataclass(frozen=True)
class Brought:
    """What an import did: to each file that it is about, and what the user should know. `held`: name of each kind of
    which the source speaks -> the canonical file of what lies here then, where there is one. `word` names what the
    source told, where that is kept as it was told, to the letter; it is "" otherwise.
    """

    changes: list[FileChange] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    held: Mapping[str, bytes] = field(default_factory=dict)
    word: str = ""


def bring(root: Path, snapshot: SourceSnapshot, name: str, *, volatile: bool = False) -> Brought:
    """Merge `snapshot`, which the source `name` tells, into the state files of `root`, all or none; what changes by the
    minute only with another change of its record, unless `volatile`.

    A file whose records stay the same is not touched. Raises CannotWork outside of a work tree, for another wallet than
    the source's or another network than the root's; GitbtcError for a file that does not parse, and for what somebody
    has to decide first. Nothing is written then.
    """
    with closing(Bringing(root, snapshot, name, volatile=volatile)) as step:
        brought = step.brought
    step.write()  # and whatever follows, a commit say, may write what was read here
    return replace(brought, word=step.word)


class Bringing:
    """One import, worked out without writing anything; `write` does it. Raises as `bring` does.

    `here` maps each path, relative to the root, to the canonical bytes of the state file that lies there, and `after`
    to what it becomes; `place` is the root from the top of the work tree, "" for the top. What changes by the minute is
    a change of its own only if `volatile`.
    """

    def __init__(self, root: Path, snapshot: SourceSnapshot, name: str, *, volatile: bool = False) -> None:
        self._root = root
        self._volatile = volatile
        self._snapshot = snapshot
        git = Git.at(existing_folder(root))
        self._top = git.top_level()
        inside = root.resolve().relative_to(Path(self._top).resolve()).as_posix()
        self.place = "" if inside == "." else inside
        self._git = git.at_top()
        self._source = Source(self._git, name, self.place)
        self._kinds = registry.Kinds()
        self._by_path = {path: registry.built_in(kind) for path, kind in registry.BUILT_IN.items()}
        self._pin = self._source.check(snapshot)
        self.here = self._read()
        self.after: dict[str, bytes] = dict(self.here)
        self._before: dict[str, bytes] = {}
        self._told: dict[str, bytes] = {}
        self._now: dict[str, bytes] = {}  # what the source tells
        self._notices: list[str] = []
        self._alarms: list[str] = []  # what is told before anything else
        self._news: str | None = None  # the commit of what the source told
        self._checkpoints = Checkpoints(self._git)
        try:
            self._merge()
            self._check()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of what is kept of earlier states. From then on nobody may ask for `evidence`."""
        self._checkpoints.close()

    def _read(self) -> dict[str, bytes]:
        """path -> canonical bytes of the state files that are here, all of them of the source's network."""
        last = self._source.last()
        known = last.files if last else {}
        contents = {
            path: statefiles.content(self._root, kind, known.get(kind.name, b""))
            for path, kind in self._by_path.items()
        }
        for path in sorted(contents, key=lambda path: self._by_path[path].is_array):  # the file that names it first
            statefiles.check_network(self._root, self._by_path[path], contents[path], self._snapshot)
        return {path: content for path, content in contents.items() if content}

    @cached_property
    def _files_here(self) -> dict[str, bytes]:
        """The state files as they lie here, canonical ones, and of records in shards each shard."""
        found: dict[str, bytes] = {}
        for path, content in self.here.items():
            there = statefiles.files_of(self._root, self._by_path[path])
            found |= {path: content} if path in there else there
        return found

    @cached_property
    def changed_files(self) -> dict[str, bytes]:
        """The files that become others, as they lie: path from the root -> content."""
        made: dict[str, bytes] = {}
        for path, content in self.changed.items():
            made |= statefiles.replaced(self._root, self._by_path[path], self.here.get(path, b""), content)
        return made

    # -- the merge -------------------------------------------------------------------------------------------------

    def _merge(self) -> None:
        last = self._source.last_here(self._files_here)
        self._before = before = dict(last.files) if last else {}
        for path, content in self.here.items():
            if content != before.get(self._by_path[path].name):  # which an import has found valid
                known = before.get(self._by_path[path].name, b"")
                statefiles.check_records(self._root, self._by_path[path], content, known)
        word = last.word if last else ""
        self._now = {
            path: _told_now(kind, self._snapshot.records[kind.name], before.get(kind.name, b""), word)
            for path, kind in self._by_path.items() if kind.name in self._snapshot.records
        }  # fmt: skip
        self._check_age()
        self._told = dict(before)
        base, theirs = dict(self.here), dict(self.here)  # it has no word on the kinds that it does not speak of
        options = Options(Style, into_ours=True, telling=Telling(self._snapshot.tip))
        for path, now in self._now.items():
            kind, here = self._by_path[path], self.here.get(path, b"")
            last_word = before.get(kind.name, b"")
            heard = words(kind, last_word, here, now, self._snapshot, self._is_gone, volatile=self._volatile)
            merge = merge_files(kind, heard.base, here, heard.theirs, options)
            self.after[path] = merge.content
            base[path], theirs[path], self._told[kind.name] = heard.base, heard.theirs, heard.told
            self._notices += [*heard.notices, *(told.text for told in merge.notices if told.record is None)]
            self._alarms += [line.removeprefix("gitbtc: ") for line in notice_lines(
                path, kind, [told for told in merge.notices if told.record is not None])]  # fmt: skip
        self._drop_policies_of_closed_channels()
        self._tell_what_goes_on()
        self._follow(base, theirs)

    def _tell_what_goes_on(self) -> None:
        """Name what has another identity now, and is the same thing: a channel that was spliced."""
        for path, kind in self._by_path.items():
            before, after = self.here.get(path, b""), self.after.get(path, b"")
            if not kind.continues or before == after:
                continue
            for change in continued(list(operations(kind, path, before, after)))[1]:
                was, now = (record[kind.identity[0]] for record in (change.old, change.new) if record)
                self._notices.append(f"{kind.noun[0]} {was} was {kind.continues[1]}, and is {now} now")

    def _drop_policies_of_closed_channels(self) -> None:
        """A policy goes with its channel, also one that people had changed."""
        channels, routing = self._path(CHANNELS), self._path(ROUTING)
        if self.here.get(channels) == self.after.get(channels) or not self.after.get(routing):
            return
        closed = self._lines(channels, self.here).keys() - self._lines(channels, self.after).keys()
        policies = self._lines(routing, self.after)
        if not closed.isdisjoint(policies):
            left = {key: line for key, line in policies.items() if key not in closed}
            self.after[routing] = self._encoded(routing, left)

    def _check_age(self) -> None:
        """Refuse answers that are older than the last ones. After a reorganisation a wallet still knows what it had."""
        tip, path = self._snapshot.tip, self._path(TRANSACTIONS)
        last = self._before.get(TRANSACTIONS, b"")
        for change in delta(self._by_path[path], last, self._now[path]) if path in self._now else ():
            record = change.old_record or {}
            if change.new is None and (record["block_height"] or 0) > tip:
                raise GitbtcError(
                    f"nothing was imported: these answers are of block {tip}, and do not know {record['txid']}, which "
                    f"{self._source.name} told in block {record['block_height']}: they are older than the last ones"
                )

    def _is_gone(self, key: Key) -> bool:
        outpoint = key[0], key[1]
        known = self._evidence_here
        return bool(known.claimants(outpoint)) or known.standing(outpoint[0]).is_given_up

    @cached_property
    def _snapshot_here(self) -> Snapshot:
        return self._snapshot_of(_HERE, self.here)

    @cached_property
    def _evidence_here(self) -> Evidence:
        here = self._snapshot_here
        return here.evidence(self.place, self._checkpoints.known(here, self.place))

    @cached_property
    def _ids_here(self) -> dict[str, str]:
        return self._source.blob_ids(self._files_here)

    def _snapshot_of(self, name: str, contents: Mapping[str, bytes]) -> Snapshot:
        """The state files of the root with these contents; a file that is as it is here lies as it does here."""
        entries: dict[str, Entry] = {}
        read: dict[str, Callable[[], bytes]] = {}
        for path, content in contents.items():
            if content and content == self.here.get(path):
                here = {one: oid for one, oid in self._ids_here.items() if self._kinds.whole(one) == path}
                entries |= {below(self.place, one): ("100644", oid) for one, oid in here.items()}
                read |= {oid: partial(self._files_here.__getitem__, one) for one, oid in here.items()}
            elif content:
                oid = content_id(content)
                entries[below(self.place, path)] = "100644", oid
                read[oid] = partial(contents.__getitem__, path)
        return Snapshot(name, entries, lambda _, oid: read[oid]() if oid in read else self._stored(oid), self._kinds)

    def _stored(self, oid: str) -> bytes:
        with self._git.blobs() as blobs:
            return blobs.read(oid)

    def _from_root(self, path: str) -> str:
        return path.removeprefix(f"{self.place}/") if self.place else path

    def _follow(self, base: dict[str, bytes], theirs: dict[str, bytes]) -> None:
        """What the one view makes of it. The source is heard with people's words on what it tells: a settlement that
        somebody made here is no news to it. Where it told the same before, and that counts against what is here, it is
        news all the same.
        """
        repeated = {key for kind in (TRANSACTIONS, MEMPOOL) for key in self._repeated(kind)}
        for path in map(self._path, (TRANSACTIONS, MEMPOOL) if repeated else ()):
            here = {key: line_of(self._by_path[path], self.here.get(path, b""), key) for key in repeated}
            base[path] = spliced(self._by_path[path], base.get(path, b""), here)
        path = self._path(TRANSACTIONS)
        changes = delta(self._by_path[path], theirs.get(path, b""), self.after.get(path, b""))
        people = {one.key: one.new for one in changes if one.old is not None and one.new is not None}
        if people:
            theirs[path] = spliced(self._by_path[path], theirs[path], people)
        snapshots: dict[str | None, Snapshot] = {
            _BEFORE: self._snapshot_of(_BEFORE, base),
            _HERE: self._snapshot_here,
            _NOW: self._snapshot_of(_NOW, theirs),
        }
        snapshots[_BEFORE].claims(self.place, self._evidence_here)
        merging = Merging(None, [_HERE, _NOW], base=[_BEFORE])
        gate = SpendGate(merging, snapshots.__getitem__, unattributed_allowed=True, root=self.place)
        self._ask_nobody(gate)
        repair = Repair(None, merging, snapshots.__getitem__, self._snapshot_of("the import", self.after), self._kinds)
        repair.follow(gate)
        self.after |= {self._from_root(path): content for path, content in repair.contents.items()}

    def _repeated(self, kind: str) -> set[Key]:
        """The records that the source tells as before, and that become others than those here. What a person settled
        here stays so: the source, which has not heard of it, says nothing against it.
        """
        path, known = self._path(kind), self._by_path[self._path(kind)]
        here, after = (files.get(path, b"") for files in (self.here, self.after))
        before, told = (files.get(kind, b"") for files in (self._before, self._told))
        apart = {change.key for change in delta(known, here, after)} if here != after else set()
        apart = apart.difference(change.key for change in delta(known, before, told)) if apart else apart
        return {
            key for key in apart
            if line_of(known, before, key) and not is_marked(self._evidence_here.transactions.get(key[0], {}))
        }  # fmt: skip

    def _lines(self, path: str, files: Mapping[str, bytes]) -> dict[Key, bytes]:
        return codec.keyed(self._by_path[path], files.get(path, b""))

    def _encoded(self, path: str, lines: Mapping[Key, bytes]) -> bytes:
        return codec.encode_lines(self._by_path[path], [lines[key] for key in sorted(lines)])

    def _ask_nobody(self, gate: SpendGate) -> None:
        """Refuse what a person has to decide, and was not to be decided here before."""
        for contest in gate.contests:
            row = contest.verdict.row
            if row is rows.DESCRIBED or self._is_old(contest):
                continue  # a fact is the source's; and of what is contested here the source says nothing
            if row is rows.RESERVATION:
                self._notices.append(f"{outpoint_text(contest.outpoint)} is spent, and another agent had reserved it")
                continue
            raise GitbtcError(_question(contest))
        self._notices += [
            f"{outpoint_text(one.outpoint)}: {one.verdict.words}" for one in gate.notices if one.verdict.winner
        ]

    def _is_old(self, contest: RootVerdict) -> bool:
        """Whether it is contested here already."""
        here, (parent, _) = self._evidence_here, contest.outpoint
        if contest.verdict.row is rows.DESCENDANT and not here.standing(parent).is_given_up:
            return False
        return contest.verdict.parties <= here.claimants(contest.outpoint).keys()

    @staticmethod
    def _path(kind: str) -> str:
        return registry.built_in(kind).path

    # -- what it must hold to ----------------------------------------------------------------------------------------

    def _check(self) -> None:
        self._check_keys()
        changed = self.changed
        for path, content in changed.items():
            statefiles.check_new(self._by_path[path], self.here.get(path, b""), content, self._snapshot)
        broken = self._broken() if changed else []
        if broken:
            more = f", and {len(broken) - 1} more" if broken[1:] else ""
            raise GitbtcError(f"nothing was imported, since it could not be committed: {broken[0].text}{more}")
        now, after = (files.get(self._path(COINS), b"") for files in (self._now, self.after))
        listed = balance.CoinFiles(now, self._told.get(COINS, b""), after)
        self._notices += balance.check(self._snapshot, listed, self._told_before(), self._views)
        self._notices += self._forgotten()
        self._notices += self._tip()

    def _told_before(self) -> set[str]:
        """The confirmed transactions that the source told before, and does not now."""
        path, told = self._path(TRANSACTIONS), self._told.get(TRANSACTIONS, b"")
        changes = delta(self._by_path[path], self._now.get(path, b""), told)
        return {one.key[0] for one in changes if one.old is None and (one.new_record or {})["confirmed"]}

    def _views(self) -> tuple[Evidence, Evidence]:
        """What is known of coins by all that the source told, and here once the import is done."""
        told = {self._path(kind): content for kind, content in self._told.items()}
        return self._snapshot_of(_NOW, told).evidence(self.place, self._evidence_here), self.evidence

    def _forgotten(self) -> list[str]:
        path = self._path(TRANSACTIONS)
        if path not in self._now:
            return []
        kind, earlier = self._by_path[path], self._before.get(TRANSACTIONS, b"")
        unknown = {one.key[0]: one.new_record for one in delta(kind, self._now[path], self.after.get(path, b""))
                   if one.old is None and one.new_record is not None}  # fmt: skip
        return balance.forgotten(self._snapshot, unknown, lambda txid: line_of(kind, earlier, (txid,)) is not None)

    def _check_keys(self) -> None:
        """Refuse what holds a private key, in a label say, before Git stores what the source told."""
        for path, kind in self._by_path.items():
            told, last = self._told.get(kind.name, b""), self._before.get(kind.name, b"")
            if told != last:
                news = b"\n".join(change.new for change in delta(kind, last, told) if change.new)
                text = told if holds_a_part_of_a_phrase(news) else news
                found = judged(scan(text, path), lambda: in_work_tree(self._top))
                if found and found.refusing:
                    why = refusal(found.refusing, path, NOT_WRITTEN, found.remarks)
                    raise GitbtcError(why.removeprefix("gitbtc: "))

    def _broken(self) -> list[Violation]:
        """The rules that the state breaks once it is imported, and did not before."""
        here, after = self._snapshot_here, self._after
        broken = [
            one for _, one in broken_rules(after, self.place, {below(self.place, path) for path in self.changed}, here)
        ]
        if broken:
            known = {(one.rule, one.kind, one.identity) for _, one in broken_rules(here, self.place)}
            broken = [one for one in broken if (one.rule, one.kind, one.identity) not in known]
        # What somebody had changed of a coin's facts, the source corrects.
        return broken + [one for _, one in broken_by_step([here], after, self.place) if one.rule == LOST_COIN]

    def _tip(self) -> list[str]:
        path = self._path(CHAIN)
        before, now = (self._record(files.get(path, b"")) for files in (self.here, self.after))
        if before and now and before["block_height"] > now["block_height"]:
            heights = f"the tip went back from block {before['block_height']} to {now['block_height']}"
            return [f"{heights}: the chain was reorganised, or these answers are older than the last ones"]
        return []

    def _record(self, content: bytes) -> dict[str, int]:
        return codec.parse(self._by_path[self._path(CHAIN)], content) if content else {}

    # -- what comes of it --------------------------------------------------------------------------------------------

    @property
    def brought(self) -> Brought:
        """What is done to each file that the source speaks of, or that changes, and notices."""
        concerned = [
            (path, kind) for path, kind in self._by_path.items()
            if path in self.after and (kind.name in self._snapshot.records or path in self.changed)
        ]  # fmt: skip
        changes = [statefiles.change(kind, self.here.get(path, b""), self.after[path]) for path, kind in concerned]
        held = {self._by_path[path].name: content for path in self._now if (content := self.after.get(path))}
        return Brought(changes, list(dict.fromkeys([*self._alarms, *self._notices])), held)

    @property
    def changed(self) -> dict[str, bytes]:
        """The files that become others: path from the root -> content."""
        return {path: content for path, content in self.after.items() if content != self.here.get(path)}

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of the file at each path, relative to the root."""
        return self._by_path

    @cached_property
    def _after(self) -> Snapshot:
        return self._snapshot_of("the import", self.after)

    @property
    def evidence(self) -> Evidence:
        """What is known of coins once it is done."""
        return self._after.evidence(self.place, self._evidence_here)

    def write(self) -> None:
        """Do it: the files, then what the source told. Who is cut short between the two imports again."""
        self.store()
        if self.changed:
            self._source.announce(self._source.blob_ids(self.changed_files))
        statefiles.write({self._root / path: content for path, content in self.changed_files.items()})
        self.remember()

    def store(self) -> None:
        """Store what the source told, which no ref points to yet: what can fail of remembering it fails here."""
        brought = self._source.come(self._files_here) | self._source.blob_ids(self.changed_files)
        told = Told(self._pin, self._told, brought)
        lie = {kind.name: statefiles.layout(self._root, kind) for kind in self._by_path.values()}
        self._news = self._source.store(told, self._snapshot.time, lie)

    def remember(self) -> None:
        """Keep what was stored as the source's last word; what `changed` says is written by then."""
        self._source.remember(self._news)

    @property
    def word(self) -> str:
        """See Brought; of what was remembered."""
        is_as_told = all(self._told.get(kind) == self._now.get(self._path(kind)) for kind in SINCE_LAST)
        return self._source.word if is_as_told else ""


def _told_now(kind: Kind, records: Any, before: bytes, word: str) -> bytes:
    """The canonical file of what the source tells; `before` is of what it told last, as the `word`."""
    if not isinstance(records, SinceLast):
        return codec.encode_file(kind, records)
    if not word or records.word != word:
        return codec.encode_file(kind, [*records])
    lines = {key: codec.encode_record(kind, one) if one else None for key, one in records.changed.items()}
    return spliced(kind, before or kind.frame.empty, lines)


def existing_folder(root: Path) -> Path:
    """The root, or of one that is yet to be made the nearest folder that is there."""
    for folder in (root.absolute(), *root.absolute().parents):
        if folder.is_dir():
            return folder
    raise CannotWork(f"{root}: no such folder")


def _question(contest: RootVerdict) -> str:
    name = outpoint_text(contest.outpoint)
    spenders = " and ".join(sorted(contest.verdict.parties)) or "nobody knows what"
    return (
        f"nothing was imported, since somebody has to decide first ({contest.type}): {name} is spent by {spenders}; "
        "say in the record of the one that lost `replaced_by` or `abandoned`, or import on a branch of its own and "
        "merge that, where `gitbtc resolve` settles it"
    )
