"""The addresses that descriptors give: the proof that an output is a wallet's own."""

from __future__ import annotations

from gitbtc.coins.scripts import AHEAD, Unreadable, made, parsed, script_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitbtc.kinds.kind import Record

_NESTED = {"p2sh-p2wpkh": "p2sh", "p2sh-p2wsh": "p2sh"}  # script_type of a descriptor -> that of its outputs


def derived(descriptors: Iterable[Record], wanted: Mapping[str, str]) -> tuple[set[str], bool]:
    """Those of the addresses `wanted` (-> script type) that descriptors give, and whether each descriptor that can give
    such addresses could be read: then the others are foreign.
    """
    left = {script: address for address in wanted if (script := script_of(address)) is not None}
    is_sure, is_any = True, False
    for record in descriptors:
        is_any = True
        kind = _NESTED.get(record["script_type"], record["script_type"])
        if kind in wanted.values():
            is_sure &= _take_out(record, left)
    return wanted.keys() - left.values(), is_sure and is_any


def _take_out(record: Record, left: dict[bytes, str]) -> bool:
    """Take the addresses of a descriptor out of those that are `left`; whether it could be read."""
    try:
        descriptor = parsed(record)
        end = record["next_index"] + AHEAD if "next_index" in record else record["gap_limit"]
        for script in made(descriptor, range(end if descriptor.is_wildcard else 1)):
            left.pop(script, None)
            if not left:
                break
    except Unreadable:
        return False
    return True
