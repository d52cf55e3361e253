"""The addresses that descriptors give: the proof that an output is a wallet's own.

Source of the rules: BIP-380 to 386 (descriptors), BIP-44 (the gap). The keys are derived by embit, from extended public
keys alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from gitbtc.kinds.kind import Record

_GAP = 20  # addresses beyond the next one to be handed out: BIP-44's gap
# embit's names of networks; of all test networks but regtest addresses are alike.
_NETWORKS = {"main": "main", "regtest": "regtest"}
_NESTED = {"p2sh-p2wpkh": "p2sh"}  # script_type of a descriptor -> that of its outputs


def derived(descriptors: Iterable[Record], network: str, wanted: Mapping[str, str]) -> tuple[set[str], bool]:
    """Those of the addresses `wanted` (-> script type) that descriptors give on a network, and whether each descriptor
    that can give such addresses could be read: then the others are foreign.
    """
    left, is_sure, is_any = set(wanted), True, False
    for record in descriptors:
        is_any = True
        kind = _NESTED.get(record["script_type"], record["script_type"])
        if kind not in wanted.values():
            continue
        is_sure &= _take_out(record, network, left)
    return wanted.keys() - left, is_sure and is_any


def _take_out(record: Record, network: str, left: set[str]) -> bool:
    """Take the addresses of a descriptor out of those that are `left`; whether it could be read."""
    from embit.base import EmbitError

    try:
        for address in _addresses(record, network, left):
            left.discard(address)
    except (
        EmbitError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
    ):  # what embit raises for what it cannot read
        return False
    return True


def _addresses(record: Record, network: str, left: set[str]) -> Iterator[str]:
    """The addresses of a descriptor, as long as some are wanted, with some beyond the last that was handed out."""
    if "descriptor" not in record:
        raise LookupError(record["id"])
    from embit.descriptor import Descriptor
    from embit.networks import NETWORKS

    parsed: Any = Descriptor.from_string(record["descriptor"])
    known = NETWORKS[_NETWORKS.get(network, "test")]
    end = record["next_index"] + _GAP if "next_index" in record else record["gap_limit"]
    for index in range(end if parsed.is_wildcard else 1):
        for branch in range(parsed.num_branches):
            if not left:
                return
            yield parsed.derive(index, branch_index=branch).address(known)
