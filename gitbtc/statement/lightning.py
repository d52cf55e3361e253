"""What lies in channels, which no list of coins tells."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint
    from gitbtc.statement.flows import Flow


class Channels(NamedTuple):
    """What the roots have in channels at both ends of a period (sat), and what of the difference transactions explain:
    what went into channels, and what came out of them. `unexplained_sat` is the rest: payments, and fees earned and
    paid.
    """

    opening_sat: int
    closing_sat: int
    opened_sat: int
    closed_sat: int

    @property
    def unexplained_sat(self) -> int:
        """What no transaction of the period explains (sat, signed)."""
        return self.closing_sat - self.opening_sat - self.opened_sat + self.closed_sat


def funding(channels: Iterable[Record]) -> dict[Outpoint, str]:
    """The outpoint that funds a channel -> the channel's name: its peer's, or the beginning of that one's key."""
    found: dict[Outpoint, str] = {}
    for channel in channels:
        outpoint = channel.get("funding_outpoint")
        if outpoint:
            txid, _, vout = outpoint.partition(":")
            found.setdefault((txid, int(vout)), channel.get("peer_alias") or channel["peer_pubkey"][:16])
    return found


def held(channels: Iterable[Record], pending: Iterable[Record]) -> int:
    """What is the roots' own in channels (sat): open ones with what is on its way, those that open, and what comes back
    of those that close.
    """
    total = sum(one["local_balance_sat"] + one["unsettled_balance_sat"] for one in channels)
    for one in pending:
        total += one["local_balance_sat" if one["state"] == "opening" else "limbo_balance_sat"]
    return int(total)


def moved(flows: Iterable[Flow], funded: Mapping[Outpoint, str]) -> tuple[int, int]:
    """What transactions brought into channels, and what came out of them (sat)."""
    opened = closed = 0
    for one in flows:
        opened += sum(part.amount_sat for part in one.foreign if part.outpoint in funded and one.spent)
        spends = {(spent["txid"], spent["vout"]) for spent in one.record["inputs"]}
        closed += sum(part.amount_sat for part in one.own) if spends & funded.keys() else 0
    return opened, closed
