"""Reservations: an agent says which coins it is about to spend, before it signs.

They are events of the execution log. Of each agent's events about a coin the latest counts: a `reserve` stands until a
`release`, and holds until the chain is past its `expires_height`. No clock is asked: two nodes agree on heights. An
event's `timestamp` only tells the order of one agent's own events, so it is made to grow whatever the clock says.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

    # outpoint -> agent ("" when it gave no name) -> its reservation
    Reservations = dict[Outpoint, dict[str, "Reservation"]]
    Clock = Callable[[], int]  # Unix seconds

RESERVE, RELEASE = "reserve", "release"

# A coinbase output may be spent in the 100th block after its own (consensus: COINBASE_MATURITY).
COINBASE_MATURITY = 100


class Reservation:
    """One agent's claim on one coin. `expires_height`: the last height (blocks) at which it holds; None: no end."""

    __slots__ = ("agent", "event", "expires_height", "outpoint")

    def __init__(self, outpoint: Outpoint, event: Record) -> None:
        self.outpoint = outpoint
        self.event = event
        self.agent: str = event.get("agent", "")
        self.expires_height: int | None = event.get("expires_height")


def standing(events: Iterable[Record]) -> Reservations:
    """The reservations that no later release of the same agent ended, expired or not; `events` in any order.

    Of a reserve and a release of one second the reserve counts: the coin stays protected.
    """
    latest: dict[tuple[Outpoint, str], Record] = {}
    for event in events:
        for outpoint in named(event) if event.get("event_type") in (RESERVE, RELEASE) else ():
            about = outpoint, event.get("agent", "")
            if about not in latest or _rank(event) > _rank(latest[about]):
                latest[about] = event
    found: Reservations = {}
    for (outpoint, agent), event in latest.items():
        if event["event_type"] == RESERVE:
            found.setdefault(outpoint, {})[agent] = Reservation(outpoint, event)
    return found


def _rank(event: Record) -> tuple[int, bool, float]:
    """What one agent's events about a coin are ordered by: the time, and of one time the most that is reserved."""
    expires_height = event.get("expires_height")
    end = float("inf") if expires_height is None else expires_height
    return event["timestamp"], event["event_type"] == RESERVE, end


def holds(reservation: Reservation, tip: int | None) -> bool:
    """Whether the chain, whose highest known block is `tip` (None: unknown), is not past the reservation's end."""
    return reservation.expires_height is None or tip is None or tip <= reservation.expires_height


def named(event: Record) -> Iterable[Outpoint]:
    """The outpoints that an event of the log names."""
    for text in event.get("outpoints", ()):
        txid, _, vout = text.partition(":")
        if vout.isascii() and vout.isdigit():
            yield txid, int(vout)


# -- what an agent may reserve -----------------------------------------------------------------------------------------


def obstacle(evidence: Evidence, outpoint: Outpoint, agent: str, tip: int) -> str | None:
    """Why `agent` may not reserve a coin at the height `tip`, in words that follow the coin's name; None: it may."""
    return next((told for why in _OBSTACLES if (told := why(evidence, outpoint, agent, tip))), None)


def _spent(evidence: Evidence, outpoint: Outpoint, _: str, __: int) -> str | None:
    spender = evidence.spender(outpoint)
    return f"is spent by {spender}" if spender else None


def _not_listed(evidence: Evidence, outpoint: Outpoint, _: str, __: int) -> str | None:
    return None if outpoint in evidence.coins else "is not listed in wallet/utxos.json"


def _reserved(evidence: Evidence, outpoint: Outpoint, agent: str, tip: int) -> str | None:
    held = [
        f"{other or 'an agent without a name'} {until(reservation.expires_height)}"
        for other, reservation in sorted(evidence.reservations.get(outpoint, {}).items())
        if other != agent and holds(reservation, tip)
    ]
    return f"is reserved by {' and by '.join(held)}" if held else None


def _immature(evidence: Evidence, outpoint: Outpoint, _: str, tip: int) -> str | None:
    coin = evidence.coins.get(outpoint) or {}
    if not coin.get("coinbase"):
        return None
    height = coin.get("block_height")
    if height is None:
        return "is a coinbase output that no block holds"
    first = height + COINBASE_MATURITY
    # What is signed at `tip` can be in the next block at the earliest.
    return f"is a coinbase output, which block {first} may spend at the earliest" if tip + 1 < first else None


_OBSTACLES: tuple[Callable[[Evidence, Outpoint, str, int], str | None], ...] = (
    _spent,
    _not_listed,
    _reserved,
    _immature,
)


def until(expires_height: int | None) -> str:
    """The last height at which a reservation holds, in words."""
    return "without an end" if expires_height is None else f"until block {expires_height}"


# -- events ------------------------------------------------------------------------------------------------------------


def reserve_event(agent: str, outpoints: Iterable[str], expires_height: int, note: str = "") -> Record:
    """The event that reserves coins; `dated` completes it."""
    return _event(RESERVE, agent, outpoints, note) | {"expires_height": expires_height}


def release_event(agent: str, outpoints: Iterable[str]) -> Record:
    """The event that ends the agent's reservations of coins; `dated` completes it."""
    return _event(RELEASE, agent, outpoints, "")


def _event(event_type: str, agent: str, outpoints: Iterable[str], note: str) -> Record:
    nothing_moved = {"txid": None, "amount_sat": None, "fee_sat": None}
    return {"event_type": event_type, "agent": agent, "outpoints": sorted(outpoints), "note": note, **nothing_moved}


def dated(event: Record, log: Iterable[Record], tip: int | None, clock: Clock) -> Record:
    """`event` at the height `tip`, and at a time after all that its agent has said about its coins in `log`."""
    about = set(named(event))
    said = (
        earlier["timestamp"]
        for earlier in log
        if earlier.get("agent", "") == event["agent"] and not about.isdisjoint(named(earlier))
    )
    return event | {"timestamp": max([clock(), *(time + 1 for time in said)]), "block_height": tip}
