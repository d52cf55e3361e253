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
    from gitbtc.spends.listing import Outpoint

    # outpoint -> agent ("" when it gave no name) -> its reservation
    Reservations = dict[Outpoint, dict[str, "Reservation"]]
    Clock = Callable[[], int]  # Unix seconds

RESERVE, RELEASE = "reserve", "release"


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
    """`event` at the height `tip`, at a time after all that its agent has said about its coins in `log`, and with the
    number that follows its agent's highest.
    """
    about = set(named(event))
    own = [earlier for earlier in log if earlier.get("agent", "") == event["agent"]]
    said = (earlier["timestamp"] for earlier in own if not about.isdisjoint(named(earlier)))
    time = max([clock(), *(moment + 1 for moment in said)])
    seq = 1 + max((earlier.get("seq", 0) for earlier in own), default=0)
    return event | {"timestamp": time, "block_height": tip, "seq": seq}
