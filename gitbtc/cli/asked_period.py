"""The period that a command is asked about: two moments of a history, and what happened between them."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_revisions
from gitbtc.coins.names import Names
from gitbtc.errors import UsageError, printable
from gitbtc.history.timeline import Point, Timeline, point
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in, root_of
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from gitbtc.reserving.events import root_at
from gitbtc.spends import CHANNELS, COINS, LABELS, LABELS_329, MEMPOOL, PENDING, TRANSACTIONS
from gitbtc.state.snapshot import Snapshot, installed_kinds, path_in
from gitbtc.state.sound import records_of
from gitbtc.statement.books import Books
from gitbtc.statement.derivation import derived
from gitbtc.statement.groups import Called
from gitbtc.statement.lightning import funding
from gitbtc.statement.reckoning import Reckoning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    from gitbtc.kinds.kind import Record
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import BlobReader
    from gitbtc.repo.objects import LoggedCommit, Objects
    from gitbtc.spends.listing import Outpoint
    from gitbtc.statement.fiat import Prices

    Command = TypeVar("Command", bound=Callable[..., object])

DESCRIPTORS = "descriptors"
_FROM_THE_BEGINNING = Point("")


@dataclass(frozen=True)
class Moment:
    """One end of a period: the commit (None: the beginning, or no commit is that old) and its files."""

    asked: Point
    commit: LoggedCommit | None
    snapshot: Snapshot | None


@dataclass(frozen=True)
class Period:
    """A period as it was found: its ends, the roots (from the top) that count, and what happened in them. `read`
    answers the oid of a blob with its bytes, as long as the period is open.
    """

    git: Git
    objects: Objects
    read: Callable[[str], bytes]
    kinds: Kinds
    before: Moment
    after: Moment
    roots: list[str]
    reckoning: Reckoning
    called: Called
    timeline: Timeline
    is_cut: bool

    def end(self) -> tuple[LoggedCommit, Snapshot]:
        """The commit at its end, and that one's files."""
        commit, snapshot = self.after.commit, self.after.snapshot
        if commit is None or snapshot is None:
            raise UsageError(f"{self.after.asked.text}: no commit is there")
        return commit, snapshot

    def records(self, moment: Moment, kind: str) -> list[Record]:
        """The records of a kind of all roots at one end."""
        snapshot = moment.snapshot
        return [record for root in self.roots for record in records_of(snapshot, root, kind)] if snapshot else []


def of_periods(command: Command) -> Command:
    """The arguments of every command about a period."""
    for option in (
        click.option("--root", "folders", multiple=True, metavar="PATH",
                     help="Only this root, the folder that holds wallet/; may be given more than once."),
        click.option("--to", "last", metavar="POINT", shell_complete=complete_revisions,
                     help="The end: a revision, a day, a month, or a height."),
        click.option("--from", "first", metavar="POINT", shell_complete=complete_revisions,
                     help="The beginning, in the same way."),
        click.argument("period", required=False, metavar="[PERIOD]", shell_complete=complete_revisions),
    ):  # fmt: skip
        command = option(command)
    return command


def ends(period: str | None, first: str | None, last: str | None) -> tuple[Point | None, Point]:
    """The two ends that `A..B`, a single day or month, or --from and --to name; None: from the beginning. A single
    revision or height is the end.
    """
    if period and (first or last):
        raise UsageError("a period is given as A..B, or by --from and --to; not both")
    if period and "..." in period:
        raise UsageError(f"{period}: a period is A..B, with two dots")
    if period and ".." in period:
        first, _, last = period.partition("..")
    elif period:
        one = point(period)
        return (None if one.first is None else one), one
    begin, end = point(first) if first else None, point(last or "HEAD")
    if begin and _is_later(begin, end):
        raise UsageError(f"{begin.text}..{end.text}: the period ends before it begins")
    return begin, end


def _is_later(begin: Point, end: Point) -> bool:
    if begin.first is not None and end.last is not None:
        return begin.first > end.last
    return begin.height is not None and end.height is not None and begin.height > end.height


@contextmanager
def found_period(begin: Point | None, end: Point, folders: tuple[str, ...]) -> Iterator[Period]:
    """The period between two ends. CannotWork where the files do not say what happened."""
    git = Git()
    objects = objects_of(git)
    kinds = installed_kinds(git)
    gc.disable()  # millions of objects are made here, and none of them in circles
    with git.blobs() as blobs:
        finding = _Finding(git, objects, blobs, kinds, [_root(git, folder) for folder in folders])
        yield finding.period(begin, end)


def _root(git: Git, folder: str) -> str:
    if git.is_bare():
        return "" if folder == "." else os.path.normpath(folder)
    return root_at(git, folder) or ""


class _Finding:
    """Finds the commits and reads them."""

    def __init__(self, git: Git, objects: Objects, blobs: BlobReader, kinds: Kinds, roots: list[str]) -> None:
        self._git = git
        self._objects = objects
        self._blobs = blobs
        self._kinds = kinds
        self._roots = roots

    def period(self, begin: Point | None, end: Point) -> Period:
        """Both ends, and what happened between them."""
        commit = self._end(end)
        snapshot = self._snapshot(commit)
        roots = self._chosen(snapshot)
        books = books_of(snapshot, roots)
        _check_network(books)
        before, opening = self._before(begin, books, roots)
        after = Moment(end, commit, snapshot)
        self._check_order(before, commit, end)
        timeline = self._timeline(commit.oid)
        snapshots = [snapshot, *([before.snapshot] if before.snapshot else [])]
        reckoning = Reckoning(opening, books, _Proofs(timeline, snapshots, roots))
        called = _called(snapshots, roots, [books, *([opening] if opening else [])])
        is_cut = before.commit is None and any(one.is_cut for one in timeline.commits())
        return Period(
            self._git, self._objects, self._blobs.read, self._kinds, before, after, roots, reckoning, called, timeline,
            is_cut,
        )  # fmt: skip

    def _end(self, end: Point) -> LoggedCommit:
        commit = self._commit(end, is_begin=False)
        if commit is None:
            raise UsageError(f"{end.text}: no commit of this history is that old, so there is no state to tell of")
        return commit

    def _check_order(self, before: Moment, commit: LoggedCommit, end: Point) -> None:
        """Refuse a period that goes back in time: what happened in it would read as a reorganisation."""
        begin = before.commit.oid if before.commit else commit.oid
        if begin != commit.oid and not self._objects.beyond(commit.oid, begin):
            raise UsageError(f"{before.asked.text}..{end.text}: the period ends before it begins")

    def _timeline(self, head: str) -> Timeline:
        return Timeline(self._objects, self._blobs.read, head)

    def _commit(self, asked: Point, *, is_begin: bool) -> LoggedCommit | None:
        timeline = self._timeline(asked.revision or "HEAD")
        if asked.revision is not None:
            return next(timeline.commits())
        if asked.height is not None:
            return timeline.by_height(asked.height, self._roots)
        limit = (asked.first or 0) - 1 if is_begin else asked.last or 0
        return timeline.by_time(limit, self._roots)

    def _before(self, begin: Point | None, after: Books, roots: list[str]) -> tuple[Moment, Books | None]:
        if begin is None:
            return Moment(_FROM_THE_BEGINNING, None, None), None
        commit = self._commit(begin, is_begin=True)
        if commit is None:
            return Moment(begin, None, None), after.up_to(_height_at(begin, after))
        snapshot = self._snapshot(commit)
        return Moment(begin, commit, snapshot), books_of(snapshot, roots)

    def _snapshot(self, commit: LoggedCommit) -> Snapshot:
        return Snapshot(
            commit.oid[:12], self._objects.tree(commit.oid), lambda _, oid: self._blobs.read(oid), self._kinds
        )

    def _chosen(self, snapshot: Snapshot) -> list[str]:
        """The roots that count, by name: those that were asked for, or all that hold a wallet."""
        wallets = {built_in(kind).path for kind in (COINS, TRANSACTIONS)}
        there = {root_of(path) for path in snapshot.state_paths() if path.endswith(tuple(wallets))}
        for root in self._roots:
            if root not in there:
                raise UsageError(f"--root {root or '.'}: no wallet lies there in {snapshot.name}")
        if not there:
            raise UsageError(f"{snapshot.name}: no wallet lies in this commit; there is nothing to tell of")
        return sorted(self._roots or there)


def _called(snapshots: list[Snapshot], roots: list[str], moments: list[Books]) -> Called:
    """What things are called at the end of a period (`snapshots` begins with it), and which outputs fund channels."""
    names = [Names(*(records_of(snapshots[0], root, kind) for kind in (LABELS, LABELS_329))) for root in roots]
    channels = [record for snapshot in snapshots for root in roots for kind in (CHANNELS, PENDING)
                for record in records_of(snapshot, root, kind)]  # fmt: skip
    return Called(names, moments, funding(channels))


def books_of(snapshot: Snapshot, roots: list[str]) -> Books:
    """What the files of those of the roots that are there say."""
    there = [root for root in roots if root in snapshot.roots()]
    readers = {root: _reader(snapshot, root) for root in there}
    return snapshot.read_or_explain(" and ".join(there), lambda: Books(readers))


def _reader(snapshot: Snapshot, root: str) -> Callable[[str], Iterable[Record]]:
    """Reads the records of a kind. Transactions are read once, with the evidence that rules need as well, and of coins
    and transactions the statement itself checks what it adds up: the whole schema of a large wallet takes its time.
    """

    def read(kind: str) -> Iterable[Record]:
        if kind in (TRANSACTIONS, MEMPOOL):
            evidence = snapshot.claims(root)
            return list((evidence.transactions if kind == TRANSACTIONS else evidence.mempool).values())
        if kind == COINS:
            return _coins(snapshot, root)
        return records_of(snapshot, root, kind)

    return read


def _coins(snapshot: Snapshot, root: str) -> Iterator[Record]:
    """The coins of a root, a few megabytes of them held at a time. Of a file that is not canonical, which may be seen
    only at its end, all come once more.
    """
    kind, shared = built_in(COINS), codec.SharedTexts(built_in(COINS))
    try:
        for content in snapshot.parts(path_in(root, COINS)):
            for records in codec.records_in_pieces(kind, content):
                shared.take(records)
                yield from records
    except codec.Malformed:
        yield from codec.parse(kind, snapshot.of_kind(root, COINS))


def asked_prices(period: Period, price: str) -> Prices:
    """The prices of the source that `usd:SOURCE` names, or of the only one that there is, as the end has them."""
    from gitbtc.statement.fiat import Prices

    currency, _, source = price.partition(":")
    if currency.lower() != "usd":
        raise UsageError(f"--price {printable(price)}: prices are told in usd alone: usd or usd:SOURCE")
    records = period.records(period.after, "prices")
    sources = sorted({one["source"] for one in records})
    if (source or len(sources) != 1) and source not in sources:
        known = ", ".join(printable(one) for one in sources) or "none is there"
        raise UsageError(f"--price: which source tells prices? {known}: usd:SOURCE")
    return Prices(records, source or sources[0])


def _check_network(books: Books) -> None:
    """Refuse to add up coins of two networks."""
    networks = {tip.network: root or "." for root, tip in sorted(books.tips.items()) if tip.network}
    if len(networks) > 1:
        told = " and ".join(f"{root} of {network}" for network, root in sorted(networks.items()))
        raise UsageError(f"{told}: coins of different networks are not added up; name one wallet with --root")


def _height_at(begin: Point, after: Books) -> int:
    """The height (blocks) that the chain had before a period began, as far as the transactions tell; -1 before them."""
    if begin.height is not None:
        return begin.height
    before = (one["block_height"] for one in after.confirmed()
              if one["block_time"] is not None and one["block_time"] < (begin.first or 0))  # fmt: skip
    return max(before, default=-1)


class _Proofs:
    """What the history and the files of a period say of whose outputs are."""

    def __init__(self, timeline: Timeline, snapshots: list[Snapshot], roots: list[str]) -> None:
        self._timeline = timeline
        self._snapshots = snapshots
        self._roots = roots

    def _records(self, kind: str) -> list[Record]:
        return [one for snapshot in self._snapshots for root in self._roots for one in records_of(snapshot, root, kind)]

    def listed(self, outpoints: set[Outpoint]) -> set[Outpoint]:
        """Those that some earlier list of coins holds."""
        return self._timeline.listed(outpoints)

    def derived(self, addresses: dict[str, str]) -> tuple[set[str], bool]:
        """Those that the roots' descriptors give. Of a root without descriptors nobody can tell what is not its own."""
        found, is_sure = derived(self._records(DESCRIPTORS), addresses)
        end = self._snapshots[0]
        return found, is_sure and all(records_of(end, root, DESCRIPTORS) for root in self._roots)

    def received(self) -> set[str]:
        """The addresses at which labels say that money comes in."""
        return {row["address"] for row in self._records(LABELS) if row["category"] in ("income", "internal")}
