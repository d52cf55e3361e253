"""What a repository's `.gitbtc/limits.toml` lets a routing policy ask for.

    max_ppm       = 2000     # of fee_rate_ppm
    max_base_msat = 5000     # of base_fee_msat

Each of the values below may have a `max_` and a `min_`; both are allowed themselves. It is committed, and counts for
every root. A key that is not known would be a limit that holds nothing, and is an error.
"""

from __future__ import annotations

from gitbtc.errors import GitbtcError
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import LIMITS_PATH, ROUTING
from gitbtc.spends.rules import Violation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitbtc.kinds.kind import Record

RULE = "policy_limit"
# What a limit is about -> the field of a policy.
_ABOUT = {
    "ppm": "fee_rate_ppm",
    "base_msat": "base_fee_msat",
    "time_lock_delta": "time_lock_delta",
    "inbound_ppm": "inbound_fee_rate_ppm",
    "inbound_base_msat": "inbound_base_fee_msat",
}
KEYS = tuple(f"{side}_{about}" for about in _ABOUT for side in ("max", "min"))


class BadLimits(GitbtcError):
    """The file of the limits is not what it should be."""


def read(content: bytes) -> dict[str, int]:
    """The limits that a file tells, by key; none for an empty one. Raises BadLimits."""
    import tomllib

    try:
        limits = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise BadLimits(f"{LIMITS_PATH}: not TOML") from None
    for key, value in limits.items():
        if key not in KEYS:
            raise BadLimits(f"{LIMITS_PATH}: unknown key {key}; it takes {', '.join(KEYS)}")
        if type(value) is not int:
            raise BadLimits(f"{LIMITS_PATH}: {key} must be an integer")
    return limits


def beyond(policy: Record, limits: Mapping[str, int]) -> Iterator[str]:
    """How a policy is beyond the limits, in words."""
    for key, limit in limits.items():
        side, _, about = key.partition("_")
        value = policy.get(_ABOUT[about])
        if value is not None and (value > limit if side == "max" else value < limit):
            yield f"{policy['channel_id']} has a {_ABOUT[about]} of {value}, {LIMITS_PATH} has {key} = {limit}"


def violations(content: bytes, policies: bytes) -> Iterator[Violation]:
    """Every limit of the file `content` that a policy of routing.json is beyond. Raises BadLimits."""
    limits = read(content)
    for policy in codec.parse(built_in(ROUTING), policies) if policies else ():
        for text in beyond(policy, limits):
            yield Violation(RULE, ROUTING, policy["channel_id"], text)
