"""A large text is looked at some megabytes at a time where nothing goes over a line's end: with the same outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.keys import lazily, tokens, typed, words
from gitbtc.keys.scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable

MEMBERS = b"".join(b'{"txid":"%064x","vout":%d,"label":"row %d"},\n' % (number, number, number) for number in range(9))
SPOKEN = b"\n".join(word.encode().hex().encode() for word in ["abandon"] * 11 + ["about", "ability", "zoo", "able"])


def decoded(text: bytes) -> bytes | None:
    return tokens.with_words_decoded(text, lambda: words.classes(words.LISTS), 3)


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (typed.without_typed, MEMBERS),
        (typed.without_typed, MEMBERS[:-1]),
        (decoded, SPOKEN),
        (decoded, MEMBERS + SPOKEN),
    ],
)
@pytest.mark.parametrize("size", [1, 20, 100, 700])
def test_pieces_come_to_what_the_whole_does(
    monkeypatch: pytest.MonkeyPatch, look: Callable[[bytes], bytes | None], text: bytes, size: int
) -> None:
    whole, found = look(text), scan(text)
    assert whole != text
    monkeypatch.setattr(lazily, "_PIECE", size)
    monkeypatch.setattr(tokens, "_BLOCK", size)
    monkeypatch.setattr(tokens, "_BLOCKS", 2 * size)
    assert look(text) == whole
    assert scan(text) == found
