"""The commits of a repository, each with what it did to coins."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gitbtc.history.events import Event
from gitbtc.history.listings import Contents, Listings
from gitbtc.history.merges import decided
from gitbtc.history.moment import Moment
from gitbtc.history.telling import TOLD, MomentDelta
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import Folded
from gitbtc.kinds.registry import BUILT_IN, Kinds, below, built_in, root_of
from gitbtc.repo.git import SYMBOLIC_LINK
from gitbtc.spends import COINS, EVIDENCE, EXECUTION
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.trailers import DATA_ERROR, DOUBLE_SPEND, RESERVATION, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping

    from gitbtc.diff.patch import Patch
    from gitbtc.kinds.kind import Record
    from gitbtc.repo.ahead import ReadAhead
    from gitbtc.repo.git import Entry, Git
    from gitbtc.repo.objects import LoggedCommit, Objects
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.trailers import Trailer
    from gitbtc.state.checkpoint import Checkpoints
    from gitbtc.state.snapshot import Snapshot

    Entries = dict[str, Entry]  # path -> (mode, oid)

_WANTED = frozenset(path for path, kind in BUILT_IN.items() if kind in EVIDENCE)
_AHEAD = 2  # commits
# Of bytes that are no state file, and of records that are not as their schema says.
_UNREADABLE = (Malformed, AttributeError, KeyError, TypeError)


class RootStory:
    """What one commit did to the coins of one root. `balance_sat`: by how much they are worth more than in the first
    parent; None where a file does not parse. `after` are the files afterwards, `patches` what it did to files that say
    nothing of coins.
    """

    __slots__ = ("after", "balance_sat", "events", "patches", "root")

    def __init__(self, root: str, events: list[Event], balance_sat: int | None, after: Moment | None = None) -> None:
        self.root = root
        self.events = events
        self.balance_sat = balance_sat
        self.after = after or Moment(lambda _: b"")
        self.patches: list[Patch] = []


class History:
    """Tells commits. `objects` and `blobs` read one repository: commits and trees the one, files the other.

    git reads large files in half of the time that libgit2 takes, which checks the hash of each, and in other processes.
    """

    def __init__(self, objects: Objects, blobs: ReadAhead, kinds: Kinds | None = None, git: Git | None = None) -> None:
        """`kinds`: those whose files `all_entries` has; without them, those that say something of coins. `git`: of the
        repository, where states may be kept that others are read through.
        """
        self._git = git
        self._blobs = blobs
        self._listings = Listings(objects, kinds or Kinds(), None if kinds else frozenset(EVIDENCE))
        self.contents = Contents(blobs.read)
        self.asked: set[Outpoint] = set()  # coins of which every claim is told
        self.about: Collection[str] | None = None  # the transactions, by txid, of whose records alone is told

    def ahead(self, commits: Iterable[LoggedCommit]) -> Iterator[LoggedCommit]:
        """`commits`, while the files of the next ones are already on their way."""
        coming: deque[LoggedCommit] = deque()
        for commit in commits:
            coming.append(commit)
            entries = self.entries(commit.oid).values()
            self._blobs.expect(oid for mode, oid in entries if mode != SYMBOLIC_LINK and not isinstance(oid, Folded))
            if len(coming) > _AHEAD:
                yield coming.popleft()
        yield from coming

    def entries(self, oid: str) -> Entries:
        """The state files of a commit that say something about coins; one for all shards of a kind in a root."""
        found = self.all_entries(oid)
        return {path: entry for path, entry in found.items() if "/".join(path.rsplit("/", 2)[-2:]) in _WANTED}

    def all_entries(self, oid: str) -> Mapping[str, Entry]:
        """Those, and the other ones that are told."""
        return self._listings.of(oid)

    def moment(self, root: str, entries: Entries, without: Container[str] = ()) -> Moment:
        """The files of a root; those `without` are taken for empty."""

        def entry(kind: str) -> Entry | None:
            return None if kind in without else entries.get(path_of(root, kind))

        contents = self.contents
        return Moment(
            lambda kind: contents.of(entry(kind)),
            lambda kind, txids: contents.near(entry(kind), txids),
            lambda kind, coins: contents.near(entry(kind), self._snapshot("", entries).may_spend(root, kind, coins)),
        )

    def may_name(self, root: str, entries: Entries, kind: str, beginnings: Collection[str]) -> set[str] | None:
        """Snapshot.may_name of the files of a commit."""
        return self._snapshot("", entries).may_name(root, kind, beginnings)

    def _snapshot(self, name: str, entries: Entries) -> Snapshot:
        from gitbtc.state.snapshot import Snapshot

        return Snapshot(name, entries, lambda _, blob: self.contents.shard(blob), Kinds(), self._checkpoints)

    @cached_property
    def _checkpoints(self) -> Checkpoints | None:
        from gitbtc.state.checkpoint import Checkpoints

        return None if self._git is None else Checkpoints(self._git)

    def evidence(self, root: str, oid: str, outpoint: Outpoint) -> Evidence:
        """What a commit knows of one coin of a root. Malformed."""
        entries = self.entries(oid)
        snapshot = self._snapshot(oid[:12], entries)
        if snapshot.checkpoint(root) is not None:
            return snapshot.evidence(root)
        moment = self.moment(root, entries)
        coins = next(moment.near(COINS, [outpoint[0]]), b"")
        return Evidence(lambda kind: coins if kind == COINS else moment.content(kind))

    def told(self, commit: LoggedCommit) -> list[RootStory]:
        """What the commit did, by root; roots of which it tells nothing are left out."""
        after = self.entries(commit.oid)
        parents = [self.entries(parent) for parent in commit.parents] or [{}]
        declared = parse(commit.message)
        roots = _roots(after, *parents)
        stories = [self._root(root, parents, after, asked=bool(declared)) for root in roots] or [RootStory("", [], 0)]
        if commit.is_cut:
            for story in stories:
                story.events = [_known(event) for event in story.events if event.kind in _AT_A_CUT]
        for trailer, about in [(one, self._concerned(one, stories, [*parents, after])) for one in declared]:
            for story in about:
                story.events.append(self._declared(trailer, story.root, [*parents, after]))
        for story in stories:
            story.events.sort(key=lambda event: event.place)
        return [story for story in stories if story.events]

    def _root(self, root: str, parents: list[Entries], after: Entries, *, asked: bool) -> RootStory:
        """`asked`: whether its balance is wanted even if nothing was decided."""
        changed = [_changed(root, before, after) for before in parents]
        if not asked and not set.intersection(*changed):
            return RootStory(root, [], 0)
        sides = [self._compared(root, before, after, kinds) for before, kinds in zip(parents, changed, strict=True)]
        events = decided([side.events for side in sides]) if len(sides) > 1 else sides[0].events
        return RootStory(root, events, sides[0].balance_sat, self.moment(root, after))

    def _compared(self, root: str, before: Entries, after: Entries, changed: set[str]) -> RootStory:
        """One comparison of two moments. A file that cannot be read is told, and the rest goes on without it."""
        if not changed:
            return RootStory(root, [], 0)
        try:
            return self._stepped(root, (before, after), changed, {})
        except _UNREADABLE:
            faults = self._faults(root, (before, after))
        told = [Event("unreadable", kind, details={"fault": faults[kind]}) for kind in sorted(changed & faults.keys())]
        try:
            story = self._stepped(root, (before, after), changed, faults)
        except _UNREADABLE:
            misshapen = Event("unreadable", details={"fault": "records do not follow their schema"})
            return RootStory(root, [*told, misshapen], None)
        return RootStory(root, [*story.events, *told], None if COINS in faults else story.balance_sat)

    def _stepped(
        self, root: str, sides: tuple[Entries, Entries], changed: set[str], without: Container[str]
    ) -> RootStory:
        before, after = (self.moment(root, entries, without) for entries in sides)

        def apart(kind: str) -> list[bytes]:
            versions = [entries.get(path_of(root, kind)) for entries in sides]
            if self.about is None or kind == EXECUTION:
                return self.contents.apart(*versions)
            near = self._near(root, sides, kind, self.about)
            return self.contents.about(built_in(kind), self.about, *versions, near=near)

        step = MomentDelta(before, after, {kind for kind in changed if kind not in without}, apart)
        return RootStory(root, step.events(self.asked), step.balance_sat)

    def _near(
        self, root: str, sides: tuple[Entries, Entries], kind: str, txids: Collection[str]
    ) -> Collection[str] | None:
        """The transactions, by the first digits of their txids, whose records of a kind can name one of `txids` on
        either side; None for any.
        """
        if kind == COINS:
            return txids
        path = path_of(root, kind)
        found: set[str] = set()
        for entries in sides:
            near = self.may_name(root, entries, kind, txids)
            if near is None and path in entries:
                return None
            found.update(near or ())
        return found

    def _faults(self, root: str, sides: tuple[Entries, Entries]) -> dict[str, str]:
        """What is wrong with the files that do not parse, by kind."""
        faults = {}
        for kind in TOLD:
            for name, entries in zip(("before this commit", "in this commit"), sides, strict=True):
                try:
                    codec.parse(built_in(kind), self.contents.of(entries.get(path_of(root, kind))) or b"[]\n")
                except Malformed as error:
                    faults[kind] = f"{name}, {error}"
        return faults

    # -- what the message says -----------------------------------------------------------------------------------------

    def _concerned(self, trailer: Trailer, stories: list[RootStory], moments: list[Entries]) -> list[RootStory]:
        """The roots that a trailer is about: those whose files know the coin, or all when none does."""
        if trailer.outpoint is None or len(stories) == 1:
            return [story for story in stories if story.events] or stories[:1]
        named = trailer.outpoint[0].encode()
        known = [story for story in stories if any(self._names(story.root, entries, named) for entries in moments)]
        return known or stories

    def _names(self, root: str, entries: Entries, txid: bytes) -> bool:
        """Whether a file of a root that can be read says something of a transaction."""
        for kind in TOLD:
            with suppress(Malformed):
                if any(txid in content for content in self.contents.near(entries.get(path_of(root, kind)))):
                    return True
        return False

    def _declared(self, trailer: Trailer, root: str, moments: list[Entries]) -> Event:
        if trailer.outpoint is None:
            return Event("rewritten", details={"reason": trailer.reason})
        details: dict[str, Any] = {"contest": _CONTESTS[trailer.name]}
        if trailer.choice:
            details["choice"] = trailer.choice
        else:
            details |= {"winner": trailer.winner, "losers": list(trailer.losers)}
        txid = trailer.winner if trailer.name == DOUBLE_SPEND else None
        coins = (self._coin(trailer.outpoint, self.moment(root, entries)) for entries in moments)
        coin = next((coin for coin in coins if coin), None)
        return Event("settled", "", trailer.outpoint, txid, coin=coin, details=details)

    def _coin(self, outpoint: Outpoint, moment: Moment) -> Record | None:
        """What a moment knows of a coin: its record, or what a transaction that spends it says."""
        try:
            claims = moment.claims({outpoint})[outpoint].values()
            spent = (spent for claim in claims for spent in claim.record.get("inputs", ()))
            named = next((one for one in spent if (one["txid"], one["vout"]) == outpoint), None)
            return moment.coin(outpoint) or named
        except _UNREADABLE:
            return None


_CONTESTS = {DOUBLE_SPEND: "double_spend", DATA_ERROR: "data_error", RESERVATION: "reservation"}
_AT_A_CUT = frozenset(["received", "unreadable"])


def _known(event: Event) -> Event:
    """A coin that a commit has from parents that are not here."""
    return replace(event, kind="known") if event.kind == "received" else event


def _roots(*moments: Entries) -> list[str]:
    return sorted({root_of(path) for entries in moments for path in entries})


def _changed(root: str, before: Entries, after: Entries) -> set[str]:
    """The kinds whose files in `root` differ."""
    paths = {kind: path_of(root, kind) for kind in TOLD}
    return {kind for kind, path in paths.items() if before.get(path) != after.get(path)}


def path_of(root: str, kind: str) -> str:
    """The path of the file of a built-in kind in a root."""
    return below(root, built_in(kind).path)
