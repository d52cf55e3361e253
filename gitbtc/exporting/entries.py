"""What every form of export tells: a flow, with its date, its names and what there is after it."""

from __future__ import annotations

import time
from typing import NamedTuple

from gitbtc.errors import GitbtcError, printable
from gitbtc.statement.flows import SENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitbtc.statement.flows import Flow
    from gitbtc.statement.groups import Called
    from gitbtc.statement.reckoning import Reckoning

_DAY = 24 * 3600
# A block's clock may be behind an earlier one's, and ahead of the world's (consensus: median time past, two hours).
_CLOCKS = 4 * 3600


class NotClean(GitbtcError):
    """The period does not add up by transactions alone, so that no file can tell it."""


class Entry(NamedTuple):
    """A flow as it is exported.

    `day` (Unix seconds, of its beginning): its block's, or that of an earlier block whose clock was ahead: days do not
    go back; `category` and `label` are safe to print; `balance_sat`: what there is afterwards; `roots`: those that tell
    it; `commit`: the first one in which a block held it, "" where none is known.
    """

    flow: Flow
    day: int
    category: str
    label: str
    agent: str
    balance_sat: int
    roots: tuple[str, ...]
    commit: str

    @property
    def time(self) -> int:
        """The time of its block (Unix seconds)."""
        found: int = self.flow.record["block_time"]
        return found

    @property
    def moved_sat(self) -> int:
        """What came or went (sat, signed), without the fee."""
        return self.flow.net_sat + self.flow.fee_sat

    @property
    def counter_addresses(self) -> list[str]:
        """Where it went to, sorted; of what came nobody says where from."""
        return sorted({part.address for part in self.flow.foreign if part.address} if self.flow.type == SENT else ())


class Export(NamedTuple):
    """A period as it is exported: what there is before it (sat; None: nothing was, it is the beginning) as of a day
    (Unix seconds); its entries; and whether the day of the last one is over at the end.
    """

    opening_sat: int | None
    opening_day: int
    entries: list[Entry]
    is_last_day_over: bool


def export(reckoning: Reckoning, called: Called, commits: Mapping[str, str]) -> Export:
    """The entries of a period, by height and txid. `commits`: txid -> the first commit in which a block held it.
    NotClean where the transactions do not tell everything.
    """
    _check(reckoning)
    has_opening = bool(reckoning.before.tips)
    times = [tip.time for tip in reckoning.before.tips.values() if tip.time is not None]
    opening_day = day_of(max(times)) if times else day_of(_first_time(reckoning))
    entries = list(_entries(reckoning, called, commits, opening_day if has_opening else 0))
    ends = [tip.time for tip in reckoning.after.tips.values() if tip.time is not None]
    is_over = not entries or (bool(ends) and min(ends) - _CLOCKS >= entries[-1].day + _DAY)
    opening = sum(reckoning.opening.values()) if has_opening else None
    return Export(opening, opening_day, entries, is_over)


def _first_time(reckoning: Reckoning) -> int:
    """When the first flow was; a period without a known beginning opens on that day."""
    return min((one.record["block_time"] or 0 for one in reckoning.flows), default=0)


def _check(reckoning: Reckoning) -> None:
    totals = reckoning.totals
    if reckoning.reorganised:
        raise NotClean(
            "a reorganisation took back what was exported before this period, so nothing can be appended to it; export "
            "from the beginning (`gitbtc statement` names the transactions)"
        )
    if not reckoning.is_clean:
        why = (
            f"{totals.adjusted} sat came or went without one" if reckoning.adjusted else "one of them cannot be counted"
        )
        raise NotClean(
            f"this period does not add up by its transactions ({why}), so nothing was exported; `gitbtc statement` "
            "names what is wrong"
        )
    undated = [one.txid for one in reckoning.flows if one.record["block_time"] is None]
    if undated:
        raise NotClean(f"{undated[0]} is in a block, and nobody says when; nothing was exported")


def _entries(reckoning: Reckoning, called: Called, commits: Mapping[str, str], day: int) -> Iterator[Entry]:
    balance = sum(reckoning.opening.values())
    agents = {**reckoning.before.agents, **reckoning.after.agents}
    for one in reckoning.flows:
        day = max(day, day_of(one.record["block_time"]))
        balance += one.net_sat
        category, label = called.flow(one)
        yield Entry(
            one, day, category, one_line(label), one_line(agents.get(one.txid, "")), balance,
            tuple(sorted(reckoning.after.holders[one.txid])), commits.get(one.txid, ""),
        )  # fmt: skip


def one_line(text: str) -> str:
    """A text on one line, without what a program would obey or hide."""
    return " ".join(printable(" ".join(text.split())).split())


def day_of(moment: int) -> int:
    """The beginning of a moment's day in UTC (Unix seconds)."""
    return moment - moment % _DAY


def date(moment: int) -> str:
    """A day as `2026-03-15`."""
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def next_day(day: int) -> int:
    """The day after."""
    return day + _DAY


def coins(sat: int) -> str:
    """An amount in BTC as programs read it: eight decimals, a plain minus sign."""
    whole, rest = divmod(abs(sat), 100_000_000)
    return f"{'-' if sat < 0 else ''}{whole}.{rest:08d}"
