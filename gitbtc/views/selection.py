"""Coins that were chosen for a payment, or why none could be, as lines and as a document."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.coins.balance import Sum
from gitbtc.coins.feerate import Feerate
from gitbtc.coins.selection import HEAVIEST, Selection
from gitbtc.coins.weights import WU_PER_BYTE
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views import terms
from gitbtc.views.balance import COIN, WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from gitbtc.coins.payments import Payment
    from gitbtc.coins.pool import Pool
    from gitbtc.coins.selection import Candidate, Goal, Lacking
    from gitbtc.coins.wallet import Wallet

ROOT_KEY = "gitbtc.selection/v1"
_WHY = {"below cost": "worth less than their input costs", "unknown weight": "of which nobody can say what they weigh",
        "excluded": "excluded"}  # fmt: skip


class Told(NamedTuple):
    """What is told: the question, the coins it was asked about, and the answer."""

    wallet: Wallet
    payments: Sequence[Payment]
    goal: Goal
    pool: Pool
    found: Selection | Lacking


def lines(told: Told) -> Iterator[str]:
    """The payments, the inputs, the change and the fee; or what is lacking, and what is held back."""
    if not isinstance(told.found, Selection):
        yield from _lacking(told)
        return
    found = told.found
    length = terms.telling_length({one.outpoint[0] for one in found.inputs})
    names = {one.outpoint: told.wallet.names.label(one.coin) for one in told.wallet.holdings}
    rows = [("pay", terms.btc(one.amount_sat), one.to) for one in told.payments]
    rows += [("in", terms.btc(one.amount_sat), _coin(one, names, length)) for one in found.inputs]
    if found.change_sat is not None:
        rows.append(("change", terms.btc(found.change_sat), told.goal.change_type))
    width = max(len(amount) for _, amount, _ in rows)
    yield from (f"{name:<6}  {amount:>{width}}  {text}" for name, amount, text in rows)
    vsize = -(-found.weight // WU_PER_BYTE)
    rate = Feerate.paid(found.fee_sat, vsize)
    yield f"fee     {found.fee_sat:,} sat, {rate} sat/vB, {vsize:,} vB at the most when it is signed"
    among = terms.counted(len(told.pool.candidates), COIN)
    yield f"found by {found.found_by} among {among}; waste {found.waste_sat:,} sat"
    outpoints = [terms.outpoint(_named(one), "txid", length) for one in found.inputs]
    yield f"to keep others from them: gitbtc reserve {' '.join(outpoints)} --blocks 6"


def _coin(one: Candidate, names: Mapping[tuple[str, int], str], length: int) -> str:
    name = names.get(one.outpoint, "")
    told = terms.outpoint(_named(one), "txid", length)
    return f"{told}  {terms.quoted(name)}" if name else told


def _named(one: Candidate) -> dict[str, Any]:
    txid, vout = one.outpoint
    return {"txid": txid, "vout": vout}


def _lacking(told: Told) -> Iterator[str]:
    lacking = told.found.lacking_sat if not isinstance(told.found, Selection) else 0
    have = Sum(len(told.pool.candidates), sum(one.amount_sat for one in told.pool.candidates))
    if lacking:
        yield f"not enough: {terms.btc(lacking)} more would be needed at {told.goal.feerate} sat/vB"
    else:
        yield f"too many coins are needed: the transaction would be heavier than {HEAVIEST:,} WU; consolidate first"
    yield f"  can be chosen: {terms.counted(have.coins, COIN)}, {terms.btc(have.amount_sat)}"
    for (name, detail), held in told.pool.held_back.items():
        words = _WHY.get(name) or WORDS[name, detail]
        yield f"  held back: {terms.counted(held.coins, COIN)}, {terms.btc(held.amount_sat)}: {words}"


def document(told: Told) -> dict[str, Any]:
    """The same as JSON, in the form that docs/coins.md tells."""
    found = told.found
    answer: dict[str, Any] = {"lacking_sat": None, "selection": None}
    if isinstance(found, Selection):
        answer["selection"] = {
            "inputs": [
                {"outpoint": outpoint_text(one.outpoint), "amount_sat": one.amount_sat, "weight": one.weight,
                 "effective_sat": one.effective_sat}
                for one in found.inputs
            ],
            "change_sat": found.change_sat,
            "change_type": told.goal.change_type,
            "fee_sat": found.fee_sat,
            "weight": found.weight,
            "waste_sat": found.waste_sat,
            "found_by": found.found_by,
        }  # fmt: skip
    else:
        answer["lacking_sat"] = found.lacking_sat
    return {
        ROOT_KEY: {
            "root": told.wallet.root,
            "payments": [{"to": one.to, "amount_sat": one.amount_sat} for one in told.payments],
            "feerate": str(told.goal.feerate),
            "long_term": str(told.goal.long_term),
            **answer,
            "held_back": [
                {"why": name, "detail": detail or None, **held._asdict()}
                for (name, detail), held in told.pool.held_back.items()
            ],
        }
    }
