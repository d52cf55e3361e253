"""What joining small coins would cost and save, as lines and as a document."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.coins.weights import WU_PER_BYTE
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views import terms
from gitbtc.views.balance import COIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from gitbtc.coins.consolidation import Consolidation
    from gitbtc.coins.feerate import Feerate
    from gitbtc.coins.wallet import Wallet

ROOT_KEY = "gitbtc.plan/v1"


class Told(NamedTuple):
    """The plans of a root, by what their coins have in common; `source`: whose readings the future feerate is of (None:
    it was given).
    """

    wallet: Wallet
    now: Feerate
    future: Feerate
    source: str | None
    plans: Sequence[tuple[str, Consolidation]]

    def labels(self, plan: Consolidation) -> list[str]:
        """The names of a plan's coins, each once."""
        held = (self.wallet.coin(one.outpoint) for one in plan.coins)
        return sorted({self.wallet.names.label(coin) for coin in held if coin} - {""})


def lines(told: Told) -> Iterator[str]:
    """A paragraph a plan."""
    source = "" if told.source is None else f", the median for 6 blocks of {terms.word(told.source)}'s last week"
    yield f"at {told.now} sat/vB now, {told.future} sat/vB another day{source}"
    if not told.plans:
        yield "nothing to join: no two spendable coins that belong together are worth their inputs"
    for cluster, plan in told.plans:
        yield from _plan(told, cluster, plan)


def _plan(told: Told, cluster: str, plan: Consolidation) -> Iterator[str]:
    name = terms.word(cluster) if cluster else "(no label)"
    vsize = -(-plan.weight // WU_PER_BYTE)
    advice = "worth it" if plan.is_recommended else "not worth it"
    yield (
        f"{name}: {terms.counted(len(plan.coins), COIN)} to 1 {plan.script_type} coin of {terms.btc(plan.amount_sat)}: "
        f"{advice}"
    )
    yield f"  costs {plan.cost_sat:,} sat now ({vsize:,} vB), saves {plan.saving_sat:,} sat that day"
    yield f"  pays from {plan.break_even} sat/vB on; recommended from one and a half times that"
    labels = told.labels(plan)
    listed = f": {', '.join(map(terms.quoted, labels))}" if labels else ""
    yield f"  links the coins: who knows of one learns of all{listed}"
    length = terms.telling_length({one.outpoint[0] for one in plan.coins})
    for one in plan.coins:
        shown = terms.outpoint({"txid": one.outpoint[0], "vout": one.outpoint[1]}, "txid", length)
        yield f"    {shown}  {terms.btc(one.amount_sat)}"


def document(told: Told) -> dict[str, Any]:
    """The same as JSON, in the form that docs/coins.md tells."""
    plans = [
        {
            "cluster": cluster, "coins": [outpoint_text(one.outpoint) for one in plan.coins],
            "labels": told.labels(plan), "script_type": plan.script_type, "amount_sat": plan.amount_sat,
            "weight": plan.weight, "cost_sat": plan.cost_sat, "saving_sat": plan.saving_sat,
            "break_even": str(plan.break_even), "recommended": plan.is_recommended,
        }
        for cluster, plan in told.plans
    ]  # fmt: skip
    head = {"root": told.wallet.root, "feerate": str(told.now), "future": str(told.future), "source": told.source}
    return {ROOT_KEY: {**head, "plans": plans}}
