"""The first-parent history of a branch, asked for what was at a date or a height, and for what it ever listed."""

from __future__ import annotations

import calendar
import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from gitbtc.errors import UsageError
from gitbtc.history.listings import Contents, Listings
from gitbtc.history.moment import Moment
from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import Kinds, built_in, root_of
from gitbtc.repo.git import SYMBOLIC_LINK
from gitbtc.spends import CHAIN, COINS, ROUTING, TRANSACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from gitbtc.kinds.delta import Change
    from gitbtc.kinds.kind import Record
    from gitbtc.repo.git import Entry
    from gitbtc.repo.objects import LoggedCommit, Objects
    from gitbtc.spends.listing import Outpoint

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?\Z")
_HEIGHT = re.compile(r"[0-9]{1,9}\Z")
_CHAIN, _COINS, _TRANSACTIONS = (built_in(kind).path for kind in (CHAIN, COINS, TRANSACTIONS))
_KINDS = frozenset([CHAIN, COINS, TRANSACTIONS, ROUTING])


class Point(NamedTuple):
    """An end of a period as it was asked for. One of `revision`, `height` (blocks), and `first` with `last`, the
    seconds (Unix) at which a day or a month begins and ends; the others are None.
    """

    text: str
    revision: str | None = None
    height: int | None = None
    first: int | None = None
    last: int | None = None


def point(text: str) -> Point:
    """What an end of a period means: `2026-03` and `2026-03-15` (UTC), a height, or else a revision. UsageError for a
    day that no calendar has.
    """
    if _HEIGHT.match(text):
        return Point(text, height=int(text))
    found = _DAY.match(text)
    if found is None:
        return Point(text, revision=text)
    year, month, day = int(found[1]), int(found[2]), int(found[3] or 1)
    if not (year and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        raise UsageError(f"{text}: no calendar has such a day")
    days = 1 if found[3] else calendar.monthrange(year, month)[1]
    begin = calendar.timegm((year, month, day, 0, 0, 0))
    return Point(text, first=begin, last=begin + days * 24 * 3600 - 1)


class Timeline:
    """The commits that one comes to from `head` by first parents, the newest first."""

    def __init__(self, objects: Objects, blob: Callable[[str], bytes], head: str) -> None:
        """`blob` answers the oid of a blob with its bytes."""
        self._objects = objects
        self._listings = Listings(objects, Kinds(), _KINDS)
        self._contents = Contents(blob)
        self._chains: dict[str, Record] = {}
        self.head = objects.commit(head)

    def commits(self) -> Iterator[LoggedCommit]:
        """Each of them."""
        wanted = self.head
        for commit in self._objects.history(self.head):
            if commit.oid == wanted:
                yield commit
                if not commit.parents:
                    return
                wanted = commit.parents[0]

    def by_height(self, height: int, roots: Collection[str]) -> LoggedCommit | None:
        """The last commit with a wallet whose tips, of `roots` (none: of all), are not above a height."""
        return self._last("block_height", height, roots)

    def by_time(self, moment: int, roots: Collection[str]) -> LoggedCommit | None:
        """The last commit with a wallet whose tips are not of a later moment (Unix seconds); without a chain.json, the
        moment is the commit's own.
        """
        return self._last("block_time", moment, roots)

    def _last(self, field: str, limit: int, roots: Collection[str]) -> LoggedCommit | None:
        for commit in self.commits():
            said = [chain[field] for chain in self.tips(commit.oid, roots)]
            if (
                self.has_wallet(commit.oid, roots)
                and max(said or [commit.time if field == "block_time" else limit + 1]) <= limit
            ):
                return commit
        return None

    def _of_roots(self, commit: str, roots: Collection[str]) -> dict[str, Entry]:
        """path -> mode and oid of the files of `roots`."""
        return {
            path: entry
            for path, entry in self._listings.of(commit).items()
            if entry[0] != SYMBOLIC_LINK and (not roots or root_of(path) in roots)
        }

    def _chain(self, entry: Entry) -> Record:
        oid = entry[1]
        if oid not in self._chains:
            self._chains[oid] = codec.parse(built_in(CHAIN), self._contents.of(entry))
        return self._chains[oid]

    def has_wallet(self, commit: str, roots: Collection[str]) -> bool:
        """Whether a commit has coins or transactions of `roots`."""
        return any(path.endswith((_COINS, _TRANSACTIONS)) for path in self._of_roots(commit, roots))

    def tips(self, commit: str, roots: Collection[str]) -> list[Record]:
        """The chains that a commit's roots name, without an order."""
        return [self._chain(entry) for path, entry in self._of_roots(commit, roots).items() if path.endswith(_CHAIN)]

    def listed(self, outpoints: set[Outpoint]) -> set[Outpoint]:
        """Those of `outpoints` that some list of coins holds; what cannot be read proves nothing."""
        found: set[Outpoint] = set()
        seen: set[str] = set()
        for commit in self.commits():
            for path, entry in self._of_roots(commit.oid, ()).items():
                if path.endswith(_COINS):
                    found |= self._listed_in(entry, outpoints - found, seen)
            if found == outpoints:
                break
        return found

    def _listed_in(self, entry: Entry, outpoints: set[Outpoint], seen: set[str]) -> set[Outpoint]:
        """Those that a list of coins holds, without looking at files that were `seen`."""
        found: set[Outpoint] = set()
        with suppress(codec.Malformed):  # of shards that are no layout
            for blob, read in self._contents.files(entry, {txid for txid, _ in outpoints}):
                if blob not in seen:
                    seen.add(blob)
                    with suppress(codec.Malformed):
                        found |= Moment({COINS: read()}.__getitem__).listed(outpoints)
        return found

    def first_confirmed(self, roots: Collection[str]) -> dict[str, str]:
        """txid -> the first commit in which a transaction of `roots` is in a block."""
        first: dict[str, str] = {}
        for commit, change in self.changes(TRANSACTIONS, roots):
            if change.new_record and change.new_record.get("confirmed") is True:
                first.setdefault(change.new_record["txid"], commit.oid)
        return first

    def changes(self, kind: str, roots: Collection[str]) -> Iterator[tuple[LoggedCommit, Change]]:
        """Each record of a kind that a commit has otherwise than its first parent, the oldest first. A file that cannot
        be read tells nothing.
        """
        before: dict[str, Entry] = {}
        for commit in reversed(list(self.commits())):
            files = self._of_roots(commit.oid, roots).items()
            now = {path: entry for path, entry in files if path.endswith(built_in(kind).path)}
            for path, entry in now.items():
                yield from ((commit, change) for change in self._changes(kind, before.get(path), entry))
            before = now

    def _changes(self, kind: str, before: Entry | None, now: Entry) -> list[Change]:
        if before and before[1] == now[1]:
            return []
        try:
            return delta(built_in(kind), *self._contents.apart(before, now))
        except codec.Malformed:
            return []
