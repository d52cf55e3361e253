"""What a report draws: the balance over heights, coins by amount and by age, feerates that were paid."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import NamedTuple

from gitbtc.coins.feerate import Feerate
from gitbtc.statement.books import height_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitbtc.kinds.kind import Record
    from gitbtc.statement.books import Books
    from gitbtc.statement.flows import Flow
    from gitbtc.statement.reckoning import Reckoning

_DAY = 24 * 3600  # seconds
SAT_PER_BTC = 100_000_000
_BTC_POWER = 8  # of ten, in satoshi
# Where the ages of coins are parted (days), and what lies below each: the bands of "HODL waves".
_AGES = ((1, "< 1 day"), (7, "1 day – 1 week"), (30, "1 week – 1 month"), (182, "1 – 6 months"), (365, "6 – 12 months"),
         (730, "1 – 2 years"), (1095, "2 – 3 years"))  # fmt: skip
_OLDEST = "> 3 years"
_AGELESS = "not known"
# Blocks from one halving of the subsidy to the next (chainparams.cpp: nSubsidyHalvingInterval).
_HALVING = {"regtest": 150}
_HALVING_ELSEWHERE = 210_000
_SPACING = 600  # seconds: what the difficulty aims at
_ENOUGH_BLOCKS = 2016  # for a mean of their own
_SUBSIDY = 50 * SAT_PER_BTC
_LAST_EPOCH = 33  # from here on, nothing is left (consensus: halvings >= 64 or the shift leaves 0)


class Step(NamedTuple):
    """What there is (sat) after the block at a height; its time in Unix seconds, None where nobody says."""

    height: int
    time: int | None
    balance_sat: int


class Bin(NamedTuple):
    """Coins that are alike: how they are called, how many, what they are worth (sat), and from which amount on (sat;
    None: they are not alike by that).
    """

    name: str
    coins: int
    amount_sat: int
    from_sat: int | None = None


class Paid(NamedTuple):
    """A fee that was paid: the feerate in thousandths of sat/vB, the fee (sat), the height."""

    txid: str
    height: int
    feerate: Feerate
    fee_sat: int


def steps(reckoning: Reckoning) -> list[Step]:
    """The balance at the opening, after each block that changed it, and at the end."""
    balance = sum(reckoning.opening.values())
    found = [_tip_step(reckoning.before, balance)] if reckoning.before.tips else []
    for one in reckoning.flows:
        balance += one.net_sat
        step = Step(one.height, one.record["block_time"], balance)
        found[-1:] = [step] if found and found[-1].height == one.height else [*found[-1:], step]
    end = _tip_step(reckoning.after, sum(reckoning.closing.values()))
    return found if found and found[-1][0] >= end.height and found[-1][2] == end.balance_sat else [*found, end]


def _tip_step(books: Books, balance_sat: int) -> Step:
    tips = books.tips.values()
    times = [tip.time for tip in tips if tip.time is not None]
    return Step(max(tip.height for tip in tips), max(times, default=None), balance_sat)


def by_amount(amounts: Iterable[int]) -> list[Bin]:
    """Coins by the power of ten that they are worth (sat), the least first; those between, without coins, too."""
    counted: dict[int, list[int]] = {}
    for amount in amounts:
        counted.setdefault(len(str(amount)) - 1, []).append(amount)
    powers = range(min(counted), max(counted) + 1) if counted else ()
    found = ((power, counted.get(power, [])) for power in powers)
    return [Bin(_range(power), len(held), sum(held), 10**power) for power, held in found]


def _range(power: int) -> str:
    """What lies from a power of ten (sat) to the next: `10k – 100k sat`, `1 – 10 BTC`."""
    if power >= _BTC_POWER:
        return f"{10 ** (power - _BTC_POWER):,} – {10 ** (power - _BTC_POWER + 1):,} BTC"
    begin, end = (f"{10 ** (one % 3)}{('', 'k', 'M')[one // 3]}" for one in (power, power + 1))
    return f"{begin} – {end} sat"


def by_age(coins: Iterable[tuple[int, int | None]], now: int | None) -> list[Bin]:
    """Coins, each its amount (sat) and the time of its block (Unix seconds), by their age at `now`: all bands."""
    names = [name for _, name in _AGES] + [_OLDEST]
    sums = {name: [0, 0] for name in names}
    for amount, time in coins:
        name = _AGELESS if time is None or now is None else _band(now - time)
        held = sums.setdefault(name, [0, 0])
        held[0] += 1
        held[1] += amount
    return [Bin(name, *held) for name, held in sums.items()]


def _band(seconds: int) -> str:
    return next((name for days, name in _AGES if seconds < days * _DAY), _OLDEST)


def coin_days(coins: Iterable[tuple[int, int | None]], now: int) -> Decimal:
    """The sum of amount (BTC) times age (days), of the coins of which it is known."""
    total = sum(amount * max(now - time, 0) for amount, time in coins if time is not None)
    return Decimal(total) / SAT_PER_BTC / _DAY


def paid(flows: Iterable[Flow]) -> list[Paid]:
    """The fees that the roots themselves paid, in order."""
    found = []
    for one in flows:
        known = one.feerate_parts
        if known and known[0]:
            fee, weight = known
            found.append(Paid(one.txid, one.height, Feerate.paid(fee, -(-weight // 4)), fee))
    return found


def median(feerates: Sequence[Feerate]) -> Feerate | None:
    """The middle one; of an even number the mean of the two, rounded down."""
    ordered = sorted(feerates)
    if not ordered:
        return None
    half, is_odd = divmod(len(ordered), 2)
    if is_odd:
        return ordered[half]
    return Feerate((ordered[half - 1].sat_per_kvb + ordered[half].sat_per_kvb) // 2)


def respelled(labels: Iterable[Record]) -> list[tuple[list[str], int]]:
    """(spellings, number of addresses) of labels that differ by no more than case, spaces and the form of letters."""
    found: dict[str, dict[str, set[str]]] = {}
    for row in labels:
        plain = " ".join(unicodedata.normalize("NFKC", row["label"]).casefold().split())
        found.setdefault(plain, {}).setdefault(row["label"], set()).add(row["address"])
    return [
        (sorted(spelled), len(set().union(*spelled.values())))
        for _, spelled in sorted(found.items())
        if len(spelled) > 1
    ]


class Halving(NamedTuple):
    """The subsidy (sat) of the next block, the height from which it is halved, the seconds between blocks that the time
    of that is reckoned with, and whether they are the root's own mean.
    """

    subsidy_sat: int
    height: int
    spacing: float
    is_measured: bool


def halving(network: str, height: int, passed: tuple[int, int]) -> Halving:
    """The next halving as seen from a tip. `passed`: (blocks, seconds) that the root's history covers."""
    interval = _HALVING.get(network, _HALVING_ELSEWHERE)
    epoch = (height + 1) // interval
    subsidy = _SUBSIDY >> epoch if epoch < _LAST_EPOCH else 0
    blocks, seconds = passed
    is_measured = blocks >= _ENOUGH_BLOCKS and seconds > 0
    return Halving(subsidy, (epoch + 1) * interval, seconds / blocks if is_measured else _SPACING, is_measured)


def times_of(books: Books) -> dict[str, int]:
    """txid -> the time of the block that holds it (Unix seconds)."""
    return {txid: one["block_time"] for txid, one in books.transactions.items()
            if height_of(one) >= 0 and one["block_time"] is not None}  # fmt: skip
