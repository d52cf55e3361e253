"""Look-alikes: what a secret is once one of its characters is another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def changed(text: str, letters: str, draw: random.Random, start: int = 0) -> str:
    """`text` with one character, from `start` on, changed to another one of `letters`."""
    place = draw.randrange(start, len(text))
    other = draw.choice(letters.replace(text[place], ""))
    return text[:place] + other + text[place + 1 :]


def scalars(count: int, draw: random.Random) -> Iterator[bytes]:
    """`count` private keys."""
    return (draw.randrange(1, 1 << 255).to_bytes(32, "big") for _ in range(count))
