"""What a merge decided itself, as opposed to what it brought together."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitbtc.history.events import Event

_DEATHS = frozenset(["replaced", "abandoned"])
_FOLLOWED = frozenset(["restored", "lost"])


def decided(sides: Sequence[Sequence[Event]]) -> list[Event]:
    """Of what each parent's comparison with the merge tells: what all of them tell, and which coins came back or were
    lost on one side because of a transaction that the merge itself put an end to.
    """
    common = set.intersection(*({event.identity for event in side} for side in sides))
    ended = {event.txid for event in sides[0] if event.identity in common and event.kind in _DEATHS}
    found = {
        event.identity: event
        for side in sides
        for event in side
        if event.identity in common or (event.kind in _FOLLOWED and event.txid in ended)
    }
    return sorted(found.values(), key=lambda event: event.place)
