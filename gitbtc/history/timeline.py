"""The first-parent history of a branch, asked for what was at a date or a height, and for what it ever listed."""

from __future__ import annotations

import calendar
import re
from typing import TYPE_CHECKING, NamedTuple

from gitbtc.errors import UsageError
from gitbtc.history.moment import Moment
from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta
from gitbtc.kinds.layouts import Folded, differing, folded, read
from gitbtc.kinds.registry import Kinds, built_in, root_of
from gitbtc.repo.git import SYMBOLIC_LINK
from gitbtc.spends import CHAIN, COINS, ROUTING, TRANSACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from gitbtc.kinds.delta import Change
    from gitbtc.kinds.kind import Record
    from gitbtc.repo.git import Entry
    from gitbtc.repo.objects import LoggedCommit, Objects
    from gitbtc.spends.listing import Outpoint

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?\Z")
_HEIGHT = re.compile(r"[0-9]{1,9}\Z")
_CHAIN, _COINS, _TRANSACTIONS = (built_in(kind).path for kind in (CHAIN, COINS, TRANSACTIONS))
_PATHS = frozenset([_CHAIN, _COINS, _TRANSACTIONS, built_in(ROUTING).path])


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
        self._blob = blob
        self._kinds = Kinds()
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

    def _of_roots(self, commit: str, roots: Collection[str]) -> dict[str, str]:
        """path -> oid of the files of `roots`."""
        return {
            path: oid
            for path, (mode, oid) in self._entries(commit).items()
            if mode != SYMBOLIC_LINK and (not roots or root_of(path) in roots)
        }

    def _entries(self, oid: str) -> Mapping[str, Entry]:
        return folded(self._kinds, self._objects.chosen(oid, self._is_wanted))

    def _is_wanted(self, path: str) -> bool:
        kind = self._kinds.for_path(path)
        return kind is not None and kind.path in _PATHS

    def _read(self, oid: str) -> bytes:
        return read(oid, lambda _, blob: self._blob(blob)) if isinstance(oid, Folded) else self._blob(oid)

    def _chain(self, oid: str) -> Record:
        if oid not in self._chains:
            self._chains[oid] = codec.parse(built_in(CHAIN), self._read(oid))
        return self._chains[oid]

    def has_wallet(self, commit: str, roots: Collection[str]) -> bool:
        """Whether a commit has coins or transactions of `roots`."""
        return any(path.endswith((_COINS, _TRANSACTIONS)) for path in self._of_roots(commit, roots))

    def tips(self, commit: str, roots: Collection[str]) -> list[Record]:
        """The chains that a commit's roots name, without an order."""
        return [self._chain(oid) for path, oid in self._of_roots(commit, roots).items() if path.endswith(_CHAIN)]

    def listed(self, outpoints: set[Outpoint]) -> set[Outpoint]:
        """Those of `outpoints` that some list of coins holds; what cannot be read proves nothing."""
        found: set[Outpoint] = set()
        seen: set[str] = set()
        for commit in self.commits():
            for path, (mode, oid) in self._entries(commit.oid).items():
                if path.endswith(_COINS) and mode != SYMBOLIC_LINK and oid not in seen:
                    seen.add(oid)
                    found |= self._listed_in(oid, outpoints - found)
            if found == outpoints:
                break
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
        before: dict[str, str] = {}
        for commit in reversed(list(self.commits())):
            files = self._of_roots(commit.oid, roots).items()
            now = {path: oid for path, oid in files if path.endswith(built_in(kind).path)}
            for path, oid in now.items():
                yield from ((commit, change) for change in self._changes(kind, before.get(path), oid))
            before = now

    def _changes(self, kind: str, before: str | None, now: str) -> list[Change]:
        if before == now:
            return []
        try:
            return delta(built_in(kind), *self._versions(before, now))
        except codec.Malformed:
            return []

    def _versions(self, before: str | None, now: str) -> list[bytes]:
        """The two files, without shards that are the same."""
        names = differing([("", before) if before else None, ("", now)])
        if names is None:
            return [self._read(oid) if oid else b"" for oid in (before, now)]
        folded_ones = (oid if isinstance(oid, Folded) else None for oid in (before, now))
        return [read(oid, lambda _, blob: self._blob(blob), names) if oid else b"" for oid in folded_ones]

    def _listed_in(self, oid: str, outpoints: set[Outpoint]) -> set[Outpoint]:
        try:
            return Moment(lambda _: self._read(oid)).listed(outpoints)
        except codec.Malformed:
            return set()
