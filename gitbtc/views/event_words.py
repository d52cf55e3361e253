"""The words of an event in the history of a coin: `spent by f28f95d2, fee 2,388 sat (12.1 sat/vB)`."""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS
from gitbtc.views import terms
from gitbtc.views.beside import feerate
from gitbtc.views.changes import alarming, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.history.events import Event


def words(event: Event, length: int = 0) -> str:
    """What happened, without what it happened to; ids are cut to `length` characters."""
    agent = f", by {terms.word(event.agent)}" if event.agent and event.kind in ("spent", "claimed") else ""
    return _WORDS[event.kind](event, length) + agent


def _received(event: Event, _: int) -> str:
    height = event.coin.get("block_height") if event.coin else None
    return "received, unconfirmed" if height is None else f"received at height {height}"


def _spent(event: Event, length: int) -> str:
    record = event.transaction or {}
    fee = record.get("fee_sat", event.details.get("fee_sat"))
    rate = feerate(record)
    cost = [f"fee {terms.sats(fee)}" + (f" ({rate})" if rate else "")] if type(fee) is int else []
    return ", ".join([f"spent by {name(event.txid, length)}", *cost])


def _claimed(event: Event, length: int) -> str:
    return _spent(event, length).replace("spent", "claimed", 1) + (", and still listed" if event.coin else "")


def _reserved(event: Event, _: int) -> str:
    until = event.details.get("expires_height")
    note = event.details.get("note")
    parts = [f"reserved{_by(event)}", "" if until is None else f"until block {until}"]
    return " ".join(part for part in parts if part) + (f": {terms.quoted(note)}" if type(note) is str else "")


def _edited(event: Event, _: int) -> str:
    return ", ".join(told(built_in(COINS), event.details["fields"]))


def _frozen(event: Event, _: int) -> str:
    sides = event.details["fields"]
    given = {name: {side: value for side, value in side.items() if value is not None} for name, side in sides.items()}
    return ", ".join(alarming(built_in(COINS), given).values()) or _edited(event, _)


def _settled(event: Event, length: int) -> str:
    contest = event.details["contest"].replace("_", " ")
    choice = event.details.get("choice")
    if choice:
        said = "accepted with no transaction named" if choice == "unattributed" else f"settled: {choice}"
        return f"contested ({contest}), {said}"
    losers = " and ".join(name(loser, length) for loser in event.details["losers"]) or "nobody"
    return f"contested ({contest}), settled for {name(event.details['winner'], length)} over {losers}"


def name(party: str | None, length: int) -> str:
    """A transaction by its first digits; an agent by its name."""
    if party is None:
        return "nobody"
    return terms.short(party, length) if len(party) == 64 and party.isalnum() else terms.word(party)


def _by(event: Event) -> str:
    return f" by {terms.word(event.agent)}" if event.agent else ""


def _height(event: Event) -> str:
    height = event.details["block_height"]
    return "" if height is None else f" at height {height}"


def _unreadable(event: Event, _: int) -> str:
    where = f"{built_in(event.file).path}: " if event.file else ""
    return f"not told: {where}{printable(str(event.details['fault']))}"


_WORDS: dict[str, Callable[[Event, int], str]] = {
    "known": lambda _, __: "listed already where the history is cut",
    "received": _received,
    "restored": lambda event, length: f"a coin again, which {name(event.txid, length)} had spent",
    "spent": _spent,
    "lost": lambda event, length: f"lost with {name(event.txid, length)}",
    "removed": lambda _, __: "removed; no transaction is named",
    "claimed": _claimed,
    "reserved": _reserved,
    "released": lambda event, _: f"released{_by(event)}",
    "relabelled": _edited,
    "frozen": _frozen,
    "redescribed": _edited,
    "confirmed": lambda event, _: f"confirmed{_height(event)}",
    "unconfirmed": lambda event, _: f"no longer confirmed{_height(event)}",
    "replaced": lambda event, length: f"replaced by {name(event.details['replaced_by'], length)}",
    "abandoned": lambda _, __: "given up",
    "revived": lambda _, __: "lives again",
    "settled": _settled,
    "rewritten": lambda event, _: f"records rewritten on purpose: {terms.quoted(event.details['reason'])}",
    "unreadable": _unreadable,
}
