"""The history of coins as text, in the style of `gitbtc diff`, and as JSON: `gitbtc.log/v1` and `gitbtc.why/v1`."""

from __future__ import annotations

import time

from gitbtc.errors import printable
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views import document, terms, text
from gitbtc.views.beside import Beside
from gitbtc.views.event_words import name, words
from gitbtc.views.line import Line
from gitbtc.views.payments import MONEY, Page, movements
from gitbtc.views.table import Row, laid_out
from gitbtc.views.width import wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from gitbtc.diff.patch import Patch
    from gitbtc.history.commits import RootStory
    from gitbtc.history.endings import CoinEnding
    from gitbtc.history.events import Event
    from gitbtc.history.lives import Life
    from gitbtc.history.moment import Moment
    from gitbtc.kinds.kind import Record
    from gitbtc.repo.objects import LoggedCommit
    from gitbtc.spends.listing import Outpoint

    Lines = Iterator[tuple[str, str]]  # role, text

LOG_ROOT, WHY_ROOT = "gitbtc.log/v1", "gitbtc.why/v1"
MOST_SHOWN = 5  # as many alike events of one commit are shown one by one

_COLOURS = {"headline": "\x1b[1m", "+": "\x1b[32m", "-": "\x1b[31m", "~": "\x1b[33m", "!": "\x1b[35m"}
_RESET = "\x1b[m"


def painted(lines: Lines, *, colour: bool) -> Iterator[str]:
    """The lines as they are shown."""
    for role, line in lines:
        yield f"{_COLOURS[role]}{line}{_RESET}" if colour and role in _COLOURS else line


# -- text: a commit ----------------------------------------------------------------------------------------------------


def headline(commit: LoggedCommit, look: text.Look = text.PLAIN) -> str:
    """`1f2e3d4c  2026-01-01  Agent A  One payment`; the day is the author's."""
    day = time.strftime("%Y-%m-%d", time.gmtime(commit.time + 60 * commit.offset))
    subject = commit.message.lstrip("\n").partition("\n")[0]
    return "  ".join(
        [commit.oid if look.full else terms.short(commit.oid), day, printable(commit.author), printable(subject)]
    ).rstrip()


def told(commit: LoggedCommit, stories: Sequence[RootStory], look: text.Look = text.PLAIN) -> Lines:
    """A commit: its headline; by root, what it did to the balance; then a line a payment, and one any other event."""
    width = max(look.width - 2, 0)
    yield from (("headline", part) for part in wrapped(headline(commit, look), look.width))
    for story in stories:
        summary = _summary(commit, story)
        if summary:
            yield from (("", f"  {part}") for part in wrapped(summary, width))
        for sign, line in _Page(story.events, story, _year(commit), full=look.full).lines(width):
            yield from ((sign, f"  {part}") for part in wrapped(line, width))
        for patch in story.patches:
            for line in _of_file(patch, look):
                yield from (("", f"  {part}") for part in wrapped(line, width))


def _of_file(patch: Patch, look: text.Look) -> Iterator[str]:
    """What happened in a file that says nothing of coins; of many records that came or went, their number alone,
    unless all is wanted in full.
    """
    whole = text.Look(full=look.full)
    headline, *lines = text.render(patch.kind, patch.path, patch.operations, notes=patch.notes, look=whole)
    yield headline
    for sign in "!~-+":
        told = [line for line in lines if line[0] == sign]
        yield from told if look.full or sign in "!~" or len(told) <= MOST_SHOWN else []


def _year(commit: LoggedCommit) -> int:
    return time.gmtime(commit.time + 60 * commit.offset).tm_year


def _summary(commit: LoggedCommit, story: RootStory) -> str:
    """`treasury: 1 coin received, 2 spent; balance −2.00002388 BTC`."""
    counts: dict[str, int] = {}
    for event in story.events:
        if event.effect:
            counts[event.kind] = counts.get(event.kind, 0) + 1
    words = [f"{number:,} {kind}" for kind, number in counts.items()]
    words[:1] = [f"{terms.counted(number, _COIN)} {kind}" for kind, number in list(counts.items())[:1]]
    moved = story.balance_sat is None or story.balance_sat or counts
    if not (story.events or moved):
        return ""
    parts = [", ".join(words), _balance(commit, story.balance_sat) if moved else ""]
    text = "; ".join(part for part in parts if part)
    return f"{terms.escaped(story.root)}: {text or 'balance unchanged'}" if story.root else text


def _balance(commit: LoggedCommit, balance_sat: int | None) -> str:
    if balance_sat is None:
        return "balance unknown"
    change = terms.btc(balance_sat, signed=True) if balance_sat else "unchanged"
    return f"balance {change}{' against the first parent' if len(commit.parents) > 1 else ''}"


_COIN, _TRANSACTION = ("coin", "coins"), ("transaction", "transactions")


class _Beside(Beside):
    """The files of a commit; who spent what, as its events say."""

    def __init__(self, events: Sequence[Event], after: Moment) -> None:
        super().__init__(after.content, after.near, after.spending)
        self._spent = {event.outpoint: _spending(event) for event in events if event.kind == "spent" and event.outpoint}

    def spenders(self, wanted: set[Outpoint]) -> dict[Outpoint, Record]:
        """Those that the commit spent, and what the files say of others."""
        return super().spenders(wanted - self._spent.keys()) | {
            outpoint: self._spent[outpoint] for outpoint in wanted & self._spent.keys()
        }


def _spending(event: Event) -> Record:
    return event.transaction or {"txid": event.txid, "fee_sat": event.details.get("fee_sat")}


class _Page:
    """The events of one commit and root, ids as short as tells them apart, alike ones folded; in `full`, ids are whole,
    and each event has a line.
    """

    def __init__(self, events: Sequence[Event], story: RootStory, year: int, *, full: bool) -> None:
        self._full = full
        self._moving = [event for event in events if event.kind in ("received", "spent") and event.coin is not None]
        self._year = year
        moving = set(map(id, self._moving))
        self._events = [event for event in events if id(event) not in moving]
        self._story = story
        txids = {txid for event in events for txid in _txids(event)}
        self._length = terms.WHOLE if full else terms.telling_length(txids)
        self._line = Line(built_in(COINS))

    def lines(self, width: int) -> Lines:
        """Role and text of each line, no wider than that; 0 for as wide as it comes. First what somebody has to know,
        then payments and receipts.
        """
        lines = list(self._others())
        yield from (line for line in lines if line[0] == "!")
        if self._moving:
            yield from laid_out(list(self._payments()), width, right=MONEY)
        yield from (line for line in lines if line[0] != "!")

    def _payments(self) -> Iterator[Row]:
        gone, came = ({event.outpoint: event.coin or {} for event in self._moving if event.outpoint and
                       event.kind == kind} for kind in ("spent", "received"))  # fmt: skip
        beside = _Beside(self._moving, self._story.after)
        told = movements(gone, came, beside)
        page = Page(told, beside, length=self._length, beyond=self._line.said, year=self._year, is_history=True,
                    full=self._full)  # fmt: skip
        agents = {event.txid: terms.word(event.agent) for event in self._moving if event.agent}
        for movement, row in page.rows_of():
            named = [agents[record["txid"]] for record in movement.transactions if record["txid"] in agents]
            row.add(["by " + " and ".join(dict.fromkeys(named))] if named and movement.is_payment else [])
            yield row

    def _others(self) -> Lines:
        alike: dict[tuple[str, str], list[Event]] = {}
        for event in self._events:
            alike.setdefault((event.kind, words(event, self._length)), []).append(event)
        for event in self._events:
            text = words(event, self._length)
            group = alike[event.kind, text]
            if self._full or len(group) <= MOST_SHOWN:
                subject = "  ".join(part for part in (*self._subject(event), text) if part)
                yield event.sign, f"{event.sign} {subject}"
            elif event is group[0]:
                yield event.sign, f"{event.sign} {self._together(group)}: {text}"

    def _subject(self, event: Event) -> list[str]:
        if event.outpoint is None:
            return [terms.short(event.txid, self._length)] if event.txid else []
        if event.coin is None:
            return [_short_outpoint(event, self._length)]
        return self._line.show(event.coin, self._length, ("label",) if event.kind == "relabelled" else ())

    def _together(self, group: Sequence[Event]) -> str:
        if group[0].outpoint is None:
            return terms.counted(len(group), _TRANSACTION if group[0].txid else ("file", "files"))
        amounts = [event.amount_sat for event in group]
        known = [amount for amount in amounts if amount is not None]
        worth = [terms.btc(sum(known))] if len(known) == len(amounts) else []
        return ", ".join([terms.counted(len(group), _COIN), *worth])


def _txids(event: Event) -> Iterable[str]:
    named = (event.txid, event.outpoint and event.outpoint[0], *_rivals(event))
    return [txid for txid in named if txid]


def _rivals(event: Event) -> list[str | None]:
    details = event.details
    return [details.get("replaced_by"), details.get("winner"), *details.get("losers", ())]


def _short_outpoint(event: Event, length: int) -> str:
    txid, vout = event.outpoint or ("", 0)
    return f"{terms.short(txid, length)}:{vout}"


# -- text: a life ------------------------------------------------------------------------------------------------------


def life(story: Life, width: int = 0) -> Lines:
    """A coin, the commits that touched it, and how it stands, no wider than `width` (0: as wide as it comes)."""
    for role, line in _life_lines(story):
        yield from ((role, part) for part in wrapped(line, width))


def _life_lines(story: Life) -> Lines:
    yield "headline", _title(story)
    length = terms.telling_length({txid for _, events in story.chapters for event in events for txid in _txids(event)})
    for commit, events in story.chapters:
        yield "", headline(commit)
        for event in events:
            subject = "" if event.outpoint or not event.txid else terms.short(event.txid, length) + "  "
            yield event.sign, f"  {event.sign} {subject}{words(event, length)}"
    yield from (("headline", text) for text in _now(story, length))


def _title(story: Life) -> str:
    place = [f"{terms.escaped(story.root)}:"] if story.root else []
    known = Line(built_in(COINS)).show(story.coin, 0, ("txid",)) if story.coin else []
    return " ".join([*place, "  ".join([outpoint_text(story.outpoint), *known])])


def _now(story: Life, length: int) -> Iterator[str]:
    if story.end is None:
        yield "now: not known, since a state file of the last commit does not parse"
        return
    yield f"now: {_ENDINGS[story.end.state](story.end, length)}"
    for one in story.end.reservations:
        by = f" by {terms.word(one.agent)}" if one.agent else ""
        yield f"reserved{by}" + ("" if one.expires_height is None else f" until block {one.expires_height}")


def _depth(end: CoinEnding, waiting: str) -> str:
    return waiting if end.block_height is None else f"confirmed at height {end.block_height}"


def _is_spent(end: CoinEnding, length: int) -> str:
    state = _depth(end, "in the mempool" if end.in_mempool else "unconfirmed")
    return f"spent by {name(end.txids[0], length)}, {state}" + ("; and still listed" if end.listed else "")


def _is_lost(end: CoinEnding, length: int) -> str:
    how = f"was replaced by {name(end.replaced_by, length)}" if end.replaced_by else "was given up"
    return f"lost, since {name(end.txids[0], length)} {how}"


_ENDINGS: dict[str, Callable[[CoinEnding, int], str]] = {
    "unspent": lambda end, _: f"unspent, {_depth(end, 'unconfirmed')}",
    "spent": _is_spent,
    "contested": lambda end, length: "contested by " + " and ".join(name(txid, length) for txid in end.txids),
    "lost": _is_lost,
    "gone": lambda _, __: "not listed, and no transaction is known to spend it",
}


# -- JSON --------------------------------------------------------------------------------------------------------------


def commit_document(commit: LoggedCommit, stories: Sequence[RootStory]) -> dict[str, Any]:
    """A commit and what it did, by root."""
    return {**_commit(commit), "roots": [_root(story) for story in stories]}


def _root(story: RootStory) -> dict[str, Any]:
    """What happened to coins, and where anything did, to other files."""
    told = {
        "root": story.root,
        "balance_sat": story.balance_sat,
        "events": [event.document() for event in story.events],
    }
    return told | ({"changes": [document.patch(patch) for patch in story.patches]} if story.patches else {})


def _commit(commit: LoggedCommit) -> dict[str, Any]:
    return {
        "commit": commit.oid,
        "parents": commit.parents,
        "author": {"name": commit.author, "email": commit.email},
        "time": commit.time,
        "subject": commit.message.lstrip("\n").partition("\n")[0],
    }


def log_document(commits: Sequence[dict[str, Any]], cut: Sequence[str]) -> dict[str, Any]:
    """The document of a history; `cut`: the commits whose parents are not here."""
    return {LOG_ROOT: {"commits": list(commits), "cut_at": list(cut)}}


def why_document(lives: Sequence[Life], cut: Sequence[str]) -> dict[str, Any]:
    """The document of some coins' lives."""
    return {WHY_ROOT: {"coins": [_life(story) for story in lives], "cut_at": list(cut)}}


def _life(story: Life) -> dict[str, Any]:
    return {
        "outpoint": outpoint_text(story.outpoint),
        "root": story.root,
        "amount_sat": story.coin.get("amount_sat") if story.coin else None,
        "story": [
            {**_commit(commit), "events": [event.document() for event in events]} for commit, events in story.chapters
        ],
        "now": story.end.document() if story.end else None,
    }
