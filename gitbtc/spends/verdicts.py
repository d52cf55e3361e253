"""What a merge makes of a coin that its sides see differently: a table of verdicts.

Two different transactions with a common input are a double spend; two branches that both removed a row may or may not
be one. The verdict depends on neither the order of the sides nor the file that changed, nor on whether Git ran a
driver.
"""

from __future__ import annotations

from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitbtc.kinds.delta import Change
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.coins import Outpoint
    from gitbtc.spends.evidence import Evidence

# What the txid commits to: two values of one of these cannot both be true.
FIXED = ("amount_sat", "script_type", "address")


class Case:
    """One outpoint as base and the two sides see it."""

    __slots__ = ("base", "one", "other", "outpoint")

    def __init__(self, outpoint: Outpoint, base: Evidence, one: Evidence, other: Evidence) -> None:
        self.outpoint = outpoint
        self.base = _View(outpoint, base, base)
        self.one = _View(outpoint, one, base)
        self.other = _View(outpoint, other, base)

    @property
    def amount_sat(self) -> int | None:
        """What the coin is worth, when any of the three knows."""
        coin = self.base.coin or self.one.coin or self.other.coin
        if coin:
            amount: int = coin["amount_sat"]
            return amount
        return next((view.paid for view in (self.one, self.other) if view.paid is not None), None)

    @property
    def redescribed(self) -> tuple[str, ...]:
        """The fixed facts about the coin that two of the three tell differently."""
        coins = [view.coin for view in (self.base, self.one, self.other) if view.coin is not None]
        return tuple(name for name in FIXED if len({repr(coin.get(name)) for coin in coins}) > 1)


class _View:
    """One outpoint in one snapshot."""

    __slots__ = ("changed", "coin", "paid", "removed", "spender")

    def __init__(self, outpoint: Outpoint, side: Evidence, base: Evidence) -> None:
        self.coin: Record | None = side.coins.get(outpoint)
        self.spender = side.spender(outpoint)
        self.removed = self.coin is None and outpoint in base.coins
        # A side whose claims are those of the base only has a stale view, whatever the other side learned since.
        self.changed = self.removed or side.claimants(outpoint).keys() != base.claimants(outpoint).keys()
        self.paid = _input_amount(outpoint, side, self.spender)

    @property
    def spent(self) -> bool:
        return self.spender is not None or self.removed


def _input_amount(outpoint: Outpoint, side: Evidence, txid: str | None) -> int | None:
    record = side.transactions.get(txid or "") or side.mempool.get(txid or "") or {}
    for spent in record.get("inputs", ()):
        if (spent["txid"], spent["vout"]) == outpoint:
            amount: int | None = spent.get("amount_sat")
            return amount
    return None


class Verdict:
    """What the table says: a conflict of type `type`, or clean with an optional `notice` word."""

    __slots__ = ("case", "notice", "row", "type")

    def __init__(self, case: Case, row: int, type_: str = "", notice: str = "") -> None:
        self.case = case
        self.row = row
        self.type = type_
        self.notice = notice

    @property
    def outpoint(self) -> Outpoint:
        """The coin that the verdict is about."""
        return self.case.outpoint


def _described_differently(case: Case) -> bool:
    return bool(case.redescribed)


def _same_transaction(case: Case) -> bool:
    return case.one.spender is not None and case.one.spender == case.other.spender


def _stale_view(case: Case) -> bool:
    return not (case.one.changed and case.other.changed)


def _unattributed(case: Case) -> bool:
    return case.one.spent and case.other.spent and (case.one.spender is None) != (case.other.spender is None)


def _candidate(case: Case) -> bool:
    return case.one.removed and case.other.removed and case.one.spender is None and case.other.spender is None


def _two_transactions(case: Case) -> bool:
    return case.one.spender is not None and case.other.spender is not None


# Row (numbered as in docs/merging.md), when it applies, the conflict's type, the notice. The first row that applies
# decides. CPFP (row 11) and batches (row 12) need no row of their own: a child shares no input with its parent, and a
# batch claims each of its inputs by one txid, which is row 1.
TABLE: tuple[tuple[int, Callable[[Case], bool], str, str], ...] = (
    (14, _described_differently, "data_error", ""),
    (1, _same_transaction, "", ""),
    (4, _stale_view, "", ""),
    (2, _unattributed, "", "unattributed"),
    (3, _candidate, "double_spend_candidate", ""),
    (8, _two_transactions, "double_spend", ""),
)


def judge(case: Case) -> Verdict:
    """The verdict on one outpoint; clean when no row applies."""
    for row, applies, type_, notice in TABLE:
        if applies(case):
            return Verdict(case, row, type_, notice)
    return Verdict(case, 0)


def judge_all(base: Evidence, one: Evidence, other: Evidence) -> Iterator[Verdict]:
    """The verdicts that may matter, in order of outpoint: on what both sides see otherwise than base, and on coins that
    one of them describes otherwise. Of all else one side only has a stale view (row 4).
    """
    touched, redescribed = [], set()
    for side in (one, other):
        changes = delta(built_in(COINS), base.coins.content, side.coins.content)
        come_or_gone = {_outpoint(change) for change in changes if change.old is None or change.new is None}
        touched.append(come_or_gone | _claimed_otherwise(base, side))
        redescribed |= {_outpoint(change) for change in changes if _is_redescribed(change)}
    for outpoint in sorted((touched[0] & touched[1]) | redescribed):
        yield judge(Case(outpoint, base, one, other))


def _outpoint(change: Change) -> Outpoint:
    return change.key[0], change.key[1]


def _is_redescribed(change: Change) -> bool:
    before, after = change.old_record, change.new_record
    return bool(before and after and any(before.get(name) != after.get(name) for name in FIXED))


def _claimed_otherwise(base: Evidence, side: Evidence) -> set[Outpoint]:
    return {
        outpoint
        for outpoint in {*base.claims, *side.claims}
        if base.claimants(outpoint).keys() != side.claimants(outpoint).keys()
    }


def networks_differ(one: Evidence, other: Evidence) -> bool:
    """Row 15: two sides of different networks cannot be merged at all."""
    return bool(one.network and other.network and one.network != other.network)
