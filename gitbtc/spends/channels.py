"""The rules that hold across the Lightning channels of one root and the policies of routing through them."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import CHANNELS, ROUTING
from gitbtc.spends.rules import Violation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Files

# The heights that LND takes aliases from, beyond the chain for centuries to come; other nodes draw any number.
FIRST_ALIAS_HEIGHT = 16_000_000
_TWICE, _ORPHAN = "channel_twice", "routing_orphan"
JOINED_AS_THEY_ARE = frozenset([_TWICE, _ORPHAN])  # rules that sound heads may break together


def violations(files: Files) -> Iterator[Violation]:
    """Every rule about channels that the files of a root break."""
    content = files(CHANNELS)
    channels: list[Record] = codec.parse(built_in(CHANNELS), content) if content else []
    yield from _within_capacity(channels)
    yield from _one_for_each_funding(channels)
    if content:
        yield from _no_orphan(files(ROUTING), {channel["channel_id"] for channel in channels})


def _within_capacity(channels: list[Record]) -> Iterator[Violation]:
    for channel in channels:
        held = sum(channel[name] for name in ("local_balance_sat", "remote_balance_sat", "unsettled_balance_sat"))
        if held > channel["capacity_sat"]:
            text = f"{channel['channel_id']} holds {held} sat, more than its capacity of {channel['capacity_sat']} sat"
            yield Violation("capacity", CHANNELS, channel["channel_id"], text)


def _one_for_each_funding(channels: list[Record]) -> Iterator[Violation]:
    """An output funds one channel: two of them are one, under an alias (BOLT 2, `scid_alias`) and under its own id."""
    funded: dict[str, list[str]] = {}
    for channel in channels:
        if channel.get("funding_outpoint"):
            funded.setdefault(channel["funding_outpoint"], []).append(channel["channel_id"])
    for outpoint, ids in funded.items():
        if len(ids) > 1:
            named = f"{' and '.join(ids)} are one channel: {outpoint} funds each of them"
            yield Violation(_TWICE, CHANNELS, ids[-1], f"{named}; {_mend(ids)}, and its routing policy")


def _mend(ids: list[str]) -> str:
    aliases = [name for name in ids if int(name.partition("x")[0]) >= FIRST_ALIAS_HEIGHT]
    if 0 < len(aliases) < len(ids):
        return f"remove the record under its alias {' and '.join(aliases)}"
    return "keep the one that says where the funding lies in the chain, remove the record under the alias"


def _no_orphan(content: bytes, channel_ids: set[str]) -> Iterator[Violation]:
    for policy in codec.parse(built_in(ROUTING), content) if content else ():
        name = policy["channel_id"]
        if name not in channel_ids:
            text = f"{name} is not in channels.json; remove its policy, or put the channel back"
            yield Violation(_ORPHAN, ROUTING, name, text)
