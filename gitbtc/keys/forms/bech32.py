"""What the families written in Bech32 share: finding the strings in a text, checking them.

The human-readable part and the `1` behind it tell where a string can begin, whatever letters are glued to its left: the
checksum covers that part, so where it fits, it is one. Each family knows its length, so that nothing glued to the right
hides it either. A string is in one case, BIP-173 allows both.
"""

from __future__ import annotations

from gitbtc.keys.lazily import compiled
from gitbtc.kinds import bech32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHECKSUM = 6  # characters


class Hrps:
    """The human-readable parts of a family, whose data, checksum and all, has `least` to `most` characters."""

    __slots__ = ("_hrps", "_longest", "_pattern")

    def __init__(self, hrps: Sequence[str], least: int, most: int) -> None:
        self._hrps = hrps
        self._longest = max(map(len, hrps))
        alternatives = "|".join(hrps)
        bounds = f"{{{least},{most}}}"
        lower = f"(?:{alternatives})1([{bech32.CHARSET}]{bounds})"
        upper = f"(?:{alternatives.upper()})1([{bech32.CHARSET.upper()}]{bounds})"
        self._pattern = compiled(f"{lower}|{upper}".encode("ascii"))

    def find(self, text: bytes) -> Iterator[tuple[int, str, str]]:
        """What may be strings of the family: offset, human-readable part, the data and what is glued to it, in lower
        case. A part that ends in another one is tried as both.
        """
        for match in self._pattern.finditer(text):
            number = match.lastindex or 1
            separator = match.start(number) - 1
            before = text[max(separator - self._longest, 0) : separator].decode("latin-1")
            run = match[number].decode("ascii").lower()
            for hrp in self._hrps:
                if before.endswith((hrp, hrp.upper())[number - 1]):
                    yield separator - len(hrp), hrp, run


def payload(hrp: str, data: str, checksum: int) -> bytes | None:
    """The bytes of `data` (with its checksum of the kind `checksum`) behind `hrp`; None when anything is wrong."""
    decoded = bech32.decode(f"{hrp}1{data}", len(hrp) + 1 + len(data))
    return bech32.to_bytes(decoded[1]) if decoded and decoded[2] == checksum else None


def characters(size: int) -> int:
    """How many characters `size` bytes take, without a checksum."""
    return -(-8 * size // 5)
