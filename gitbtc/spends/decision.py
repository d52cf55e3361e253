"""What a person decided about a coin, or what the records of a settled merge say somebody did."""

from __future__ import annotations

from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.trailers import DOUBLE_SPEND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint


class Decision:
    """How a contested coin ends. `winner`: the transaction that spends it (None: none does), `losers` those that do
    not. Where the decision is about the list of coins (`is_about_listing`), `listing` is the coin's record as it is to
    be, None for no coin or for the one that is listed. `events` are for the log; `trailer` is the line that
    the commit carries.
    """

    __slots__ = ("events", "is_about_listing", "listing", "losers", "outpoint", "trailer", "winner")

    def __init__(self, outpoint: Outpoint, winner: str | None = None, losers: Iterable[str] = ()) -> None:
        self.outpoint = outpoint
        self.winner = winner
        self.losers = frozenset(losers) - {winner}
        self.is_about_listing = False
        self.listing: Record | None = None
        self.events: list[Record] = []
        self.trailer = double_spend(outpoint, self.winner, self.losers)


def double_spend(outpoint: Outpoint, winner: str | None, losers: Iterable[str]) -> str:
    """The trailer of a decision between transactions."""
    lost = " and ".join(sorted(losers)) or "none"
    return f"{DOUBLE_SPEND}: {outpoint_text(outpoint)} {winner or 'none'} over {lost}"


def listed(outpoint: Outpoint, coin: Record | None, trailer: str) -> Decision:
    """The decision that a coin is as `coin` says, or that it is none; no transaction is at stake."""
    decision = Decision(outpoint)
    decision.is_about_listing, decision.listing, decision.trailer = True, coin, trailer
    return decision
