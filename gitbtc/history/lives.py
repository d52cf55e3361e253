"""The life of a coin: of a whole history, the commits that touch it, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError
from gitbtc.history.commits import RootStory, path_of
from gitbtc.history.endings import CoinEnding, ending
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import Folded
from gitbtc.kinds.registry import root_of
from gitbtc.repo.git import SYMBOLIC_LINK
from gitbtc.spends import COINS
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.naming import coins_in, lines_with

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from gitbtc.history.commits import History
    from gitbtc.history.events import Event
    from gitbtc.kinds.kind import Record
    from gitbtc.repo.git import Entry
    from gitbtc.repo.objects import LoggedCommit
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.naming import Name


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
        self._seen: set[tuple[str, str]] = set()
        self._found: set[tuple[str, Outpoint]] = set()
        self._commits: list[LoggedCommit] = []

    def look(self, newest_first: Iterable[LoggedCommit]) -> Iterator[LoggedCommit]:
        """Each commit, once it has been looked at. In a pack, the newest files are the quickest to read."""
        for commit in self._history.ahead(newest_first):
            self._commits.append(commit)
            for path, entry in self._history.entries(commit.oid).items():
                self._search(path, entry)
            yield commit

    def _search(self, path: str, entry: Entry) -> None:
        """Look at one version of a file, once for each place where it lies."""
        mode, oid = entry
        if (path, oid) in self._seen or mode == SYMBOLIC_LINK:
            return
        self._seen.add((path, oid))
        if isinstance(oid, Folded):
            for _, own, blob in oid.files.values():
                self._search(path, (own, blob))
            self._lines[oid] = tuple(line for blob in _blobs(oid) for line in self._lines.get(blob, ()))
            return
        if oid not in self._lines:
            self._lines[oid] = lines_with(self._history.blob(oid), self._name.needle)
        root = root_of(path)
        if path == path_of(root, COINS):
            self._found |= {(root, outpoint) for outpoint in coins_in(self._lines[oid], self._name)}

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
        needle = wanted[0][0].encode()
        told = [
            (commit, self._history.told(commit)) for commit in reversed(self._commits) if self._touches(commit, needle)
        ]
        for life in lives:
            _write(life, told)
            life.end = self._end(life)
        return lives

    def _touches(self, commit: LoggedCommit, txid: bytes) -> bool:
        """Whether a record that names the transaction differs from that of a parent, or the message names it."""
        if txid in commit.message.encode():
            return True
        own = self._named(commit.oid, txid)
        return any(self._named(parent, txid) != own for parent in commit.parents) or (bool(own) and not commit.parents)

    def _named(self, oid: str, txid: bytes) -> dict[str, tuple[bytes, ...]]:
        """The lines of a commit that name the transaction, by path."""
        found = {}
        for path, entry in self._history.entries(oid).items():
            self._search(path, entry)  # a parent may lie outside of the range
            lines = tuple(line for line in self._lines.get(entry[1], ()) if txid in line)
            if lines:
                found[path] = lines
        return found

    def _end(self, life: Life) -> CoinEnding | None:
        moment = self._history.moment(life.root, self._history.entries(self._commits[0].oid))
        try:
            evidence = Evidence(moment.content)
            life.coin = evidence.coins.get(life.outpoint) or life.coin
            return ending(evidence, life.outpoint)
        except (Malformed, AttributeError, KeyError, TypeError):
            return None


def _blobs(oid: Folded) -> list[str]:
    return [blob for _, _, blob in oid.files.values()]


def _write(life: Life, told: Iterable[tuple[LoggedCommit, list[RootStory]]]) -> None:
    """Fill in the chapters: what happened to the coin, to the transaction that made it, and to those that spent it."""
    stories = [(commit, story) for commit, roots in told for story in roots if story.root == life.root]
    own = [event for _, story in stories for event in story.events if event.outpoint == life.outpoint]
    transactions = {life.outpoint[0], *(txid for event in own for txid in _parties(event))}
    for commit, story in stories:
        events = [event for event in story.events if _concerns(event, life.outpoint, transactions)]
        if any(event.outpoint or event.txid for event in events):
            life.chapters.append((commit, events))
    told_of = [event.coin for event in own if event.coin]
    # An input tells of a coin too, and no more than its amount.
    life.coin = next((coin for coin in reversed(told_of) if coin.keys() >= told_of[0].keys()), None)


def _parties(event: Event) -> Iterable[str]:
    """The transactions that an event of the coin names."""
    losers = event.details.get("losers", ()) if event.details.get("contest") == "double_spend" else ()
    return [*([event.txid] if event.txid else []), *losers]


def _concerns(event: Event, outpoint: Outpoint, txids: Container[str]) -> bool:
    """Whether an event is about the coin, one of the transactions, or a file as a whole."""
    return event.outpoint == outpoint or (event.outpoint is None and (event.txid is None or event.txid in txids))
