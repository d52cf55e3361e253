"""Replacement by fee: whether one of two transactions took the other's place, and paid for it.

A node replaces a transaction in its mempool only by one that pays a higher fee and a higher feerate (BIP-125, rules 3
and 6 as Bitcoin Core applies them). So a link alone proves nothing: it says what somebody meant.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.case import Case
    from gitbtc.spends.evidence import Evidence


def is_linked(case: Case) -> bool:
    """Whether a side says that one of the two transactions replaces the other."""
    return any(leads_to(_told(case), old, new) for new, old in _both_ways(case))


def proven(case: Case) -> str | None:
    """The txid of the replacement, when it is linked and pays more fee and a higher feerate; else None."""
    told = _told(case)
    ways = _both_ways(case)
    return next((new for new, old in ways if leads_to(told, old, new) and pays_more(told, new, old)), None)


def _both_ways(case: Case) -> Iterator[tuple[str, str]]:
    if case.one.spender is not None and case.other.spender is not None:
        yield case.one.spender, case.other.spender
        yield case.other.spender, case.one.spender


def leads_to(told: Sequence[Evidence], old: str, new: str) -> bool:
    """Whether a chain of replacements, each in what one of `told` knows, leads from `old` to `new`."""
    return old == new or new in successors(told, old)


def successors(told: Sequence[Evidence], old: str) -> set[str]:
    """What took the place of `old`, what took the place of that, and so on, each by what one of `told` knows."""
    found: set[str] = set()
    waiting = [old]
    while waiting:
        txid = waiting.pop()
        new = {newer for evidence in told for newer in evidence.replacements(txid)} - found
        found |= new
        waiting += new
    return found


def pays_more(told: Sequence[Evidence], new: str, old: str) -> bool:
    """Whether, by what `told` knows, `new` pays a higher fee and a higher feerate than `old`."""
    fees, rates = zip(*(_fee_and_rate(told, txid) for txid in (new, old)), strict=True)
    return None not in (*fees, *rates) and fees[0] > fees[1] and rates[0] > rates[1]


def _told(case: Case) -> tuple[Evidence, Evidence]:
    return case.one.evidence, case.other.evidence


def _fee_and_rate(told: Sequence[Evidence], txid: str) -> tuple[int | None, float | None]:
    """The fee (sat) and the feerate (sat/vB) of a transaction as far as one of `told` knows them."""
    fee: int | None = None
    rate: float | None = None
    for evidence in told:
        record, entry = evidence.transactions.get(txid, {}), evidence.mempool.get(txid, {})
        fee = next((known for known in (fee, record.get("fee_sat"), entry.get("fee_sat")) if known is not None), None)
        known = (rate, _rate(record), entry.get("fee_rate_sat_vbyte"))
        rate = next((value for value in known if value is not None), None)
    return fee, rate


def _rate(record: Record) -> float | None:
    """From the weight: a virtual byte is four weight units, rounded up (BIP-141)."""
    fee, weight = record.get("fee_sat"), record.get("weight")
    return fee / ((weight + 3) // 4) if fee is not None and weight else None
