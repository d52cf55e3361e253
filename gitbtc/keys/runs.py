"""Base58Check keys in a text: runs of Base58 characters, decoded and checked."""

from __future__ import annotations

from gitbtc.keys.families import BASE58
from gitbtc.keys.lazily import compiled
from gitbtc.kinds import base58

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot
    from gitbtc.keys.form import Form

_LENGTHS = frozenset(length for family in BASE58 for length in family.LENGTHS)
# Searching one character class is several times faster by `translate` and `find` than by a regular expression.
_CLASSES = bytes(ord("B") if byte in base58.ALPHABET else ord(" ") for byte in range(256))
_LEAST = b"B" * min(_LENGTHS)
_BEGINNINGS = [beginning for family in BASE58 for beginning in family.GLUED]
_GLUED = compiled(b"|".join(b"(" + pattern + b")" for pattern, _ in _BEGINNINGS))
_GLUED_LENGTHS = [0, *(length for _, length in _BEGINNINGS)]
# Where no text is, a run of a key's length and a few letters more is tried at each of its places: a key under unknown
# version bytes costs a checksum at each, which is why they are few.
_BINARY = compiled(rb"[\0-\x08\x0e-\x1f]")
_TOUCHING, _AROUND = 12, 200
_TOUCHED = frozenset(length + more for length in _LENGTHS for more in range(1, _TOUCHING + 1))
# Windows are remembered so that a text of one repeated character costs one check, not one each.
_REMEMBERED = 4096


def find(text: bytes) -> Iterator[Spot]:
    """Every Base58Check key in `text`: its offset, its form, its text.

    A run of exactly a key's length is tried under any version byte, a longer one for keys with known version bytes
    glued into it. Linear in the length of `text`.
    """
    shape = text.translate(_CLASSES)
    start = shape.find(_LEAST)
    while start >= 0:
        end = shape.find(b" ", start)
        end = len(text) if end < 0 else end
        yield from _in_run(text[start:end], start)
        if (end - start) in _TOUCHED and _BINARY.search(text, max(start - _AROUND, 0), end + _AROUND):
            yield from _touched(text[start:end], start)
        start = shape.find(_LEAST, end)


def _in_run(run: bytes, start: int) -> Iterator[Spot]:
    # 49 characters of a key without one capital are a chance of 1 in 10**11; hex and Bech32 never have one.
    if run.islower():
        return
    if len(run) in _LENGTHS:
        whole = _recognise(run)
        if whole:
            yield start, whole, run
            return
    tried: set[bytes] = set()
    for match in _GLUED.finditer(run):
        offset = match.start()
        window = run[offset : offset + _GLUED_LENGTHS[match.lastindex or 0]]
        if window in tried or window.islower():
            continue
        found = _recognise(window)
        if found:
            yield start + offset, found, window
        if len(tried) > _REMEMBERED:
            tried.clear()
        tried.add(window)


def _touched(run: bytes, start: int) -> Iterator[Spot]:
    """Keys under any version byte within letters that touch them."""
    if not run.islower():
        for size in (size for size in _LENGTHS if size < len(run) <= size + _TOUCHING):
            for at in range(len(run) - size + 1):
                found = _recognise(run[at : at + size])
                if found:
                    yield start + at, found, run[at : at + size]


def _recognise(text: bytes) -> Form | None:
    decoded = base58.decode(text)
    payload = decoded[:-4]
    for family in BASE58:
        form = family.recognise(payload)
        # The shape first: it is told at once, the checksum costs two hashes.
        if form and base58.checksum(payload) == decoded[-4:]:
            return form
    return None
