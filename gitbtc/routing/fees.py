"""What a payment that is forwarded costs, by a policy. BOLT 7: a base, and millionths of the amount."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record

_MILLION = 1_000_000


def outbound_msat(policy: Record, amount_msat: int) -> int:
    """What is asked for a payment of that amount which goes out by the channel, in msat (rounded down, as nodes do)."""
    return int(policy["base_fee_msat"]) + amount_msat * int(policy["fee_rate_ppm"]) // _MILLION


def inbound_msat(policy: Record, amount_msat: int) -> int:
    """What is asked besides for one that comes in by it; negative for a discount, 0 where there is none."""
    base, rate = int(policy.get("inbound_base_fee_msat", 0)), int(policy.get("inbound_fee_rate_ppm", 0))
    share = amount_msat * abs(rate) // _MILLION
    return base + (share if rate >= 0 else -share)


def local_share(channel: Record) -> int | None:
    """How much of what is in the channel is ours, in whole percent; None where nothing is."""
    held = channel["local_balance_sat"] + channel["remote_balance_sat"]
    return round(100 * channel["local_balance_sat"] / held) if held else None
