"""The life of a coin: of a whole history, the commits that touch it, and what they say."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.history.commits import RootStory, path_of
from gitbtc.history.endings import CoinEnding, ending
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import Folded, differing, holding, shard_path
from gitbtc.kinds.registry import root_of
from gitbtc.repo.git import SYMBOLIC_LINK
from gitbtc.spends import COINS
from gitbtc.spends.naming import coins_in, lines_with

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from gitbtc.history.commits import Entries, History
    from gitbtc.history.events import Event
    from gitbtc.kinds.kind import Record
    from gitbtc.repo.git import Entry
    from gitbtc.repo.objects import LoggedCommit
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.naming import Name

    Lines = dict[str, tuple[bytes, ...]]  # by path


class Life:
    """One coin in one root: its record as it is listed, or was at last; what each commit that touches it did, oldest
    first; and how it stands at the end.

    `end` is None when the state files of the last commit do not say.
    """

    __slots__ = ("chapters", "coin", "end", "outpoint", "root")

    def __init__(self, root: str, outpoint: Outpoint) -> None:
        self.root = root
        self.outpoint = outpoint
        self.chapters: list[tuple[LoggedCommit, list[Event]]] = []
        self.end: CoinEnding | None = None
        self.coin: Record | None = None


class Search:
    """Looks for the coins that `name` may mean. `look` at each commit first, then ask for the `lives`."""

    def __init__(self, history: History, name: Name) -> None:
        self._history = history
        self._name = name
        self._lines: dict[str, tuple[bytes, ...]] = {}  # by blob
        self._latest: dict[str, tuple[Entry, Lines]] = {}  # of each path
        self._named: dict[str, Lines] = {}  # by commit
        self._found: set[tuple[str, Outpoint]] = set()
        self._commits: list[LoggedCommit] = []

    def look(self, newest_first: Iterable[LoggedCommit]) -> Iterator[LoggedCommit]:
        """Each commit, once it has been looked at. In a pack, the newest files are the quickest to read."""
        for commit in self._history.ahead(newest_first):
            self._commits.append(commit)
            self._search(commit.oid)
            yield commit

    def _search(self, oid: str) -> Lines:
        """The lines of a commit's files that may name what is meant, by path."""
        if oid not in self._named:
            entries = self._history.entries(oid)
            found = {path: self._lines_at(path, entries) for path in entries}
            # Which shard a line is in, is nothing that a commit says of a coin.
            named = ((path, tuple(sorted(chain.from_iterable(lines.values())))) for path, lines in found.items())
            self._named[oid] = {path: lines for path, lines in named if lines}
        return self._named[oid]

    def _lines_at(self, path: str, entries: Entries) -> Lines:
        """The same of one file, or of each of the shards."""
        entry = entries[path]
        latest, lines = self._latest.get(path, (None, {}))
        if latest != entry:
            lines = self._searched(path, entries, latest, lines)
            self._latest[path] = entry, lines
            if path == path_of(root_of(path), COINS):
                coins = (coin for some in lines.values() for coin in coins_in(some, self._name))
                self._found |= {(root_of(path), outpoint) for outpoint in coins}
        return lines

    def _searched(self, path: str, entries: Entries, latest: Entry | None, known: Lines) -> Lines:
        entry = mode, oid = entries[path]
        if mode == SYMBOLIC_LINK:
            return {}
        if not isinstance(oid, Folded):
            return {path: self._lines_in(oid)}
        if path == path_of(root_of(path), COINS) and not oid.fault:
            names: Iterable[str] = holding(oid, [self._name.txid])
            known = {}
        else:  # any record may name it, but for what a state that was kept knows of
            apart = differing([latest, entry]) if latest and latest[0] != SYMBOLIC_LINK else None
            known = {} if apart is None else known
            names = self._may_name(path, entries, oid) if apart is None else apart
        files = {name: oid.files.get(name) for name in names}
        found = {shard_path(path, name): self._lines_in(file[2]) if file else () for name, file in files.items()}
        return {place: lines for place, lines in {**known, **found}.items() if lines}

    def _may_name(self, path: str, entries: Entries, oid: Folded) -> Iterable[str]:
        """The shards in which a record can be that tells of what is meant."""
        near = self._history.may_name(root_of(path), entries, oid.kind.name, [self._name.txid])
        return oid.files if near is None else holding(oid, near)

    def _lines_in(self, blob: str) -> tuple[bytes, ...]:
        if blob not in self._lines:
            self._lines[blob] = lines_with(self._history.contents.blob(blob), self._name.needle)
        return self._lines[blob]

    def outpoints(self) -> list[Outpoint]:
        """The coins that are meant. GitbtcError when there is none; UsageError when several transactions begin so."""
        found = self._name.meant(outpoint for _, outpoint in self._found)
        if not found:
            where = "what a shallow clone holds of " if any(commit.is_cut for commit in self._commits) else ""
            raise GitbtcError(f"{self._name.text}: no commit of {where}this history lists such a coin")
        return found

    def lives(self) -> list[Life]:
        """The life of each coin that is meant, by root; GitbtcError as `outpoints`."""
        wanted = self.outpoints()
        self._history.asked.update(wanted)
        lives = [Life(root, outpoint) for root, outpoint in sorted(self._found) if outpoint in wanted]
        told = self._told({wanted[0][0]})
        spenders = {txid for life in lives for event in _own(life, told) for txid in _parties(event)}
        told = self._told({wanted[0][0], *spenders}) if spenders else told
        for life in lives:
            _write(life, told)
            life.end = self._end(life)
        return lives

    def _told(self, txids: set[str]) -> list[tuple[LoggedCommit, list[RootStory]]]:
        """What the commits that touch the coins' transaction say of some transactions, oldest first."""
        needle = self.outpoints()[0][0].encode()
        self._history.about = txids
        touching = (commit for commit in reversed(self._commits) if self._touches(commit, needle))
        return [(commit, self._history.told(commit)) for commit in touching]

    def _touches(self, commit: LoggedCommit, txid: bytes) -> bool:
        """Whether a record that names the transaction differs from that of a parent, or the message names it."""
        if txid in commit.message.encode():
            return True
        own = self._naming(commit.oid, txid)
        return any(self._naming(parent, txid) != own for parent in commit.parents) or (bool(own) and not commit.parents)

    def _naming(self, oid: str, txid: bytes) -> Lines:
        """The lines of a commit that name the transaction, by path; a parent may lie outside of the range."""
        named = ((path, tuple(line for line in lines if txid in line)) for path, lines in self._search(oid).items())
        return {path: lines for path, lines in named if lines}

    def _end(self, life: Life) -> CoinEnding | None:
        try:
            evidence = self._history.evidence(life.root, self._commits[0].oid, life.outpoint)
            life.coin = evidence.coins.get(life.outpoint) or life.coin
            return ending(evidence, life.outpoint)
        except (CannotWork, Malformed, AttributeError, KeyError, TypeError):
            return None


def _write(life: Life, told: Iterable[tuple[LoggedCommit, list[RootStory]]]) -> None:
    """Fill in the chapters: what happened to the coin, to the transaction that made it, and to those that spent it."""
    stories = [(commit, story) for commit, roots in told for story in roots if story.root == life.root]
    own = _own(life, told)
    transactions = {life.outpoint[0], *(txid for event in own for txid in _parties(event))}
    for commit, story in stories:
        events = [event for event in story.events if _concerns(event, life.outpoint, transactions)]
        if any(event.outpoint or event.txid for event in events):
            life.chapters.append((commit, events))
    told_of = [event.coin for event in own if event.coin]
    # An input tells of a coin too, and no more than its amount.
    life.coin = next((coin for coin in reversed(told_of) if coin.keys() >= told_of[0].keys()), None)


def _own(life: Life, told: Iterable[tuple[LoggedCommit, list[RootStory]]]) -> list[Event]:
    """What happened to the coin itself."""
    stories = (story for _, roots in told for story in roots if story.root == life.root)
    return [event for story in stories for event in story.events if event.outpoint == life.outpoint]


def _parties(event: Event) -> Iterable[str]:
    """The transactions that an event of the coin names."""
    losers = event.details.get("losers", ()) if event.details.get("contest") == "double_spend" else ()
    return [*([event.txid] if event.txid else []), *losers]


def _concerns(event: Event, outpoint: Outpoint, txids: Container[str]) -> bool:
    """Whether an event is about the coin, one of the transactions, or a file as a whole."""
    return event.outpoint == outpoint or (event.outpoint is None and (event.txid is None or event.txid in txids))
