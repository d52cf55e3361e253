"""What the records of Lightning nodes have in common, whichever program tells of them. Pure.

An identity is a channel's place in the chain. Aliases, which nodes give to channels that no block holds yet, or that
are private, are drawn at random and name nothing: a channel without a place is one of `pending`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from gitbtc.coins.scripts import address_of, type_of
from gitbtc.errors import printable
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.spends import reservations
from gitbtc.spends.channels import FIRST_ALIAS_HEIGHT
from gitbtc.spends.evidence import outpoint_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.snapshot import Outpoint

MAX_SAT = 21_000_000 * 10**8
MAX_MSAT = MAX_SAT * 1000
_LONGEST_ALIAS = 32  # bytes, BOLT 7
_NUMBER = re.compile(r"-?[0-9]{1,20}\Z")
_OUTPOINT = re.compile(r"([0-9a-f]{64}):([0-9]{1,10})\Z")
_PUBKEY = re.compile(r"0[23][0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Remembered:
    """What is known here that no node tells again: the `events` of the execution log, the `coins` and `peers` that are
    listed. `is_new`: there is no channel's file yet.
    """

    events: tuple[Record, ...] = ()
    coins: Mapping[Outpoint, Record] = field(default_factory=dict)
    peers: Mapping[str, Record] = field(default_factory=dict)
    is_new: bool = True


class LightningAnswer(Answer):
    """An object of a Lightning node's answer, whose integers may be texts of digits: JSON of protobuf writes those of
    64 bits so. Of the fields that nobody asks for the bounds do not matter.
    """

    def number(self, name: str, most: int = MAX_SAT, least: int = 0) -> int:
        """An integer between the two bounds."""
        value = self._present(name)
        if isinstance(value, str) and _NUMBER.match(value):
            value = int(value)
        if type(value) is not int:
            self._refuse(name, "is not an integer")
        if not least <= value <= most:
            self._refuse(name, f"is {value}, which is not between {least} and {most}")
        return int(value)

    def outpoint(self, name: str) -> str:
        """An outpoint as `txid:vout`."""
        text = self.text(name)
        return text if _OUTPOINT.match(text) else self._refuse(name, "is not txid:vout")

    def pubkey(self, name: str) -> str:
        """The key of a node."""
        text = self.text(name)
        return text if _PUBKEY.match(text) else self._refuse(name, "is not the key of a node")

    def some(self, name: str) -> Self | None:
        """An object inside this one; None where it is absent, or null."""
        return self.child(name) if name in self else None


def channel_id(scid: int) -> str | None:
    """The id of a channel as `BLOCKxTXxOUT`, from the 64 bits that LND writes (BOLT 7: 24, 24 and 16 of them); None for
    an alias, or where there is none yet.
    """
    block = scid >> 40
    return f"{block}x{scid >> 16 & 0xFFFFFF}x{scid & 0xFFFF}" if 0 < block < FIRST_ALIAS_HEIGHT else None


def alias(text: str) -> str | None:
    """What a node calls itself, which is a stranger's word: no more than 32 bytes of it, and nothing that a terminal
    would take for anything but letters. None where it says nothing.
    """
    shown = printable(text).encode("utf-8", "replace")[:_LONGEST_ALIAS].decode("utf-8", "ignore").strip()
    return shown or None


@dataclass(frozen=True)
class Output:
    """An output of a node's own wallet that `script` locks; `address` is what the node calls it, "" for nothing, and
    `height` its block, None for none.
    """

    outpoint: str
    amount_sat: int
    script: bytes
    height: int | None
    address: str = ""
    coinbase: bool = False

    def record(self, network: str) -> Record:
        """The coin that it is."""
        txid, vout = outpoint_of(self.outpoint)
        return {
            "txid": txid, "vout": vout, "amount_sat": self.amount_sat, "script_type": type_of(self.script),
            "address": self.address or address_of(self.script, network), "block_height": self.height,
            "coinbase": self.coinbase, "label": None,
        }  # fmt: skip


def outpoint_of(text: str) -> Outpoint:
    """The outpoint that `txid:vout` names."""
    txid, _, vout = text.partition(":")
    return txid, int(vout)


def script(text: str, where: str) -> bytes:
    """The bytes of a script in hex. Raises BadAnswer."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise BadAnswer(f"{where}: the script is not hex") from None


def peer(pubkey: str, name: str | None, address: str, known: Mapping[str, Record], *, connected: bool) -> Record | None:
    """The record of a peer; one without an address ("") keeps the one that is known, or has no record."""
    place = address or known.get(pubkey, {}).get("address", "")
    if not place:
        return None
    return {"pubkey": pubkey, "alias": name, "address": printable(place), "connected": connected, "sync_height": None}


@dataclass(frozen=True)
class Held:
    """An output that a node keeps for a spend of its own, up to the block `until`; `note` says why. `is_exact`: the
    node counts in blocks itself, so that another number is another word.
    """

    outpoint: str
    until: int
    note: str
    is_exact: bool


def reserved(  # noqa: PLR0913, PLR0917 - who holds what, when
    agent: str, held: Iterable[Held], free: Iterable[str], known: Remembered, tip: int, time: int
) -> list[Record]:
    """The events that make the reservations of `agent` those that its node has now: one for what it holds and no
    reservation tells, one for the reservations of its outputs that are `free` again. Of another output it says nothing:
    that may be another node's of the same kind. `tip` and `time` (Unix seconds) date the events.
    """
    standing = reservations.standing(known.events)
    own = {outpoint_text(outpoint): agents[agent] for outpoint, agents in standing.items() if agent in agents}
    now = {one.outpoint: one for one in held}
    ended = sorted(name for name in own.keys() & set(free) - now.keys() if reservations.holds(own[name], tip))
    drafts = [reservations.release_event(agent, ended)] if ended else []
    begun: dict[tuple[int, str], list[str]] = {}
    for name, one in now.items():
        if not _is_told(one, own.get(name), tip):
            begun.setdefault((one.until, one.note), []).append(name)
    drafts += [reservations.reserve_event(agent, names, until, note) for (until, note), names in sorted(begun.items())]
    events: list[Record] = []
    for draft in drafts:
        events.append(reservations.dated(draft, [*known.events, *events], tip, lambda: time))
    return events


def _is_told(held: Held, reservation: reservations.Reservation | None, tip: int) -> bool:
    if reservation is None or not reservations.holds(reservation, tip):
        return False
    return not held.is_exact or reservation.expires_height == held.until


def counted(count: int, one: str, many: str) -> str:
    """How many of what, in words."""
    return f"{count} {one if count == 1 else many}"


def completed(records: dict[str, Any], *kinds: str) -> frozenset[str]:
    """Those of the kinds that there are records of, in a snapshot that tells all of them."""
    return frozenset(kinds) & records.keys()
