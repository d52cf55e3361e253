"""codex32: seeds, and shares of them, that can be checked by hand.

Source of the rule: BIP-93, for the human-readable part ms (a master seed of BIP-32); Core Lightning writes its
hsm_secret in the same way behind cl (hsmtool's `getcodexsecret`). 48 to 127 characters of one case: a threshold (0 or 2
to 9), an identifier of four, a share index (s for the secret itself, which with threshold 0 it must be), the payload,
and a checksum: 13 characters up to 93 of data, 15 from 96 on. The payload is whole bytes, 16 to 64, and at most 4 bits.
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.forms.bech32 import Hrps
from gitbtc.kinds import bech32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


_ADVICE = "keep it on paper or in a signing device; gitbtc needs only the xpub of the account"
SECRET = Form("codex32 secret", _ADVICE)
SHARE = Form("codex32 share", _ADVICE)

_HRPS = Hrps(("ms", "cl"), 45, 124)
_HEADER = 6  # threshold, identifier, share index
_THRESHOLDS = "023456789"
_LONGEST_SHORT, _SHORTEST_LONG = 93, 96


class _Code:
    """One of the two checksums: its characters, the remainder of a right string, the generator."""

    __slots__ = ("_feedback", "_kept", "_top", "constant", "size")

    def __init__(self, size: int, constant: int, generator: tuple[int, ...]) -> None:
        self.size = size
        self.constant = constant
        self._top = 5 * (size - 1)
        self._kept = (1 << self._top) - 1
        self._feedback = [_sum(generator, top) for top in range(32)]

    def step(self, remainder: int, value: int) -> int:
        """The remainder with one more value of 5 bits."""
        return (remainder & self._kept) << 5 ^ value ^ self._feedback[remainder >> self._top]


def _sum(generator: tuple[int, ...], top: int) -> int:
    total = 0
    for bit, term in enumerate(generator):
        if top >> bit & 1:
            total ^= term
    return total


_SHORT = _Code(
    13, 0x10CE0795C2FD1E62A,
    (0x19DC500CE73FDE210, 0x1BFAE00DEF77FE529, 0x1FBD920FFFE7BEE52, 0x1739640BDEEE3FDAD, 0x07729A039CFC75F5A),
)  # fmt: skip
_LONG = _Code(
    15, 0x43381E570BF4798AB26,
    (0x3D59D273535EA62D897, 0x7A9BECB6361C6C51507, 0x543F9B7E6C38D8A2A0E, 0x0C577EAECCF1990D13C, 0x1887F74F8DC71B10651),
)  # fmt: skip


def find(text: bytes) -> Iterator[Spot]:
    """Every secret and share in `text`: its offset, the form, its text in lower case."""
    for offset, hrp, run in _HRPS.find(text):
        threshold, index = run[0], run[_HEADER - 1]
        if threshold not in _THRESHOLDS or (threshold == "0" and index != "s"):
            continue
        length = _length(hrp, run)
        if length:
            yield offset, SECRET if index == "s" else SHARE, f"{hrp}1{run[:length]}".encode("ascii")


def _length(hrp: str, run: str) -> int:
    """How many characters of `run` are a string with the right checksum; 0 if none are."""
    for code, least, most in ((_SHORT, 45, _LONGEST_SHORT), (_LONG, _SHORTEST_LONG, 124)):
        remainder = _beginning(hrp)
        for length, character in enumerate(run[:most], 1):
            remainder = code.step(remainder, bech32.value(character))
            if remainder == code.constant and length >= least and _is_whole(length - _HEADER - code.size):
                return length
    return 0


def _beginning(hrp: str) -> int:
    """The remainder of the human-readable part: too short for any feedback, it is the same for both codes."""
    remainder = 1
    for value in bech32.expanded(hrp):
        remainder = remainder << 5 ^ value
    return remainder


def _is_whole(characters: int) -> bool:
    size, left_over = divmod(5 * characters, 8)
    return left_over <= 4 and 16 <= size <= 64
