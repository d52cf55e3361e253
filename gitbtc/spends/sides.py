"""One coin as the two sides of a merge and their common ancestor see it, by the names that people give them."""

from __future__ import annotations

from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.standing import ABANDONED, CONFIRMED, LIVE, REPLACED, WAITING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

_STATES = {ABANDONED: "given up", REPLACED: "replaced", WAITING: "in no mempool"}
OURS, THEIRS, BASE = "ours", "theirs", "base"


class Sides:
    """The coin `outpoint` in the evidence of each of the three."""

    def __init__(self, outpoint: Outpoint, base: Evidence, ours: Evidence, theirs: Evidence) -> None:
        self.outpoint = outpoint
        self._views = {BASE: base, OURS: ours, THEIRS: theirs}

    def coin(self, side: str) -> Record | None:
        """The coin's record there."""
        return self._views[side].coins.get(self.outpoint)

    def spender(self, side: str) -> str | None:
        """The transaction that spends the coin there."""
        return self._views[side].spender(self.outpoint)

    def record(self, side: str) -> Record:
        """The record of that transaction there; empty where there is none."""
        return self._views[side].record(self.spender(side) or "")

    def stands(self, side: str) -> str:
        """How that transaction stands there, in a word or two."""
        view, txid = self._views[side], self.spender(side) or ""
        standing = view.standing(txid)
        if standing.state == CONFIRMED:
            return "in a block" if standing.detail is None else f"block {standing.detail}"
        if standing.state == LIVE:
            return "mempool" if txid in view.mempool else "unconfirmed" if txid in view.transactions else "log alone"
        return _STATES.get(standing.state, standing.state)

    def holders(self, side: str) -> set[str]:
        """The agents whose reservations no release ended there."""
        return set(self._views[side].reservations.get(self.outpoint, {}))

    def amount_sat(self) -> int | None:
        """What the coin is worth, as a listing or the input of its spender says."""
        amounts = (self._amount(view) for view in self._views.values())
        return next((amount for amount in amounts if amount is not None), None)

    def _amount(self, view: Evidence) -> int | None:
        coin = view.coins.get(self.outpoint)
        if coin:
            listed: int = coin["amount_sat"]
            return listed
        for spent in view.record(view.spender(self.outpoint) or "").get("inputs", ()):
            if (spent["txid"], spent["vout"]) == self.outpoint:
                paid: int | None = spent.get("amount_sat")
                return paid
        return None

    def release(self, agent: str) -> Record:
        """The event that ends an agent's reservation: just after it, by no clock, so that both sides write the same."""
        views = (self._views[OURS], self._views[THEIRS])
        held = (view.reservations.get(self.outpoint, {}).get(agent) for view in views)
        reservation = next(one for one in held if one is not None)
        tips = [view.tip for view in views if view.tip is not None]
        event: Record = {
            "timestamp": reservation.event["timestamp"] + 1, "block_height": max(tips, default=None),
            "event_type": "release", "txid": None, "amount_sat": None, "fee_sat": None, "note": "gave way in a merge",
            "outpoints": [outpoint_text(self.outpoint)],
        }  # fmt: skip
        return event | ({"agent": agent} if agent else {})
