"""Mnemonics that are not whole: a word is missing, misspelt or blotted out, or the checksum is wrong.

There is no proof in them. But where a name beside them says mnemonic, seed or recovery phrase, eleven words of one list
or more in a row are no chance, and whoever finds them tries the 2,048 words of the list in one place (BIP-39: one
checksum in sixteen is right for twelve words).
"""

from __future__ import annotations

import re

from gitbtc.keys import phrases
from gitbtc.keys import words as lists
from gitbtc.keys.anchors import ANCHORS
from gitbtc.keys.form import WARN, Form
from gitbtc.keys.lazily import compiled
from gitbtc.keys.tokens import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


FORM = Form(
    "almost a mnemonic, by the name it stands under",
    "if a word is missing or wrong, whoever has it tries the others: keep it on paper, and take it for the key",
    WARN,
)

# The name, and behind it a sign, a bracket or a quote, as in JSON, in settings, in a call and on a command line.
_NAME = compiled(
    rb"(?:(?:mnemonic|seed|(?:recovery|backup)[ _-]?(?:phrase|seed|words?))"
    rb"[\w -]{0,24}(?:[\"'`]?\s{0,8}(?::=|=>|[:=(])|\s[\"'`])|mnemonic\s)[\s\"'`\[({]{0,16}",
    re.IGNORECASE,
)
# A word, or what stands for one that nobody knows; what may stand between two of them ends in neither.
_WORD = compiled(rb"[\s,;|\"'`\[\]{}()-]{0,40}(?:[0-9]{1,2}[.:)]?[\s\"'`]{1,8})?([a-z\x80-\xff]{3,}|[?_*x.]{2,12})")
_FEWEST, _DIFFERENT, _MOST = 11, 9, 24
# As many words of the longest list, with their numbers and quotes.
_REACH, _FIRST_REACH = 1200, 160


def find(text: bytes) -> Iterator[Spot]:
    """Every such row of words in `text`: its offset, the form, its words."""
    end = 0
    for name in _names(text):
        if end - _REACH < name.start() < end:
            continue  # within the row of another name
        words, ahead = _row_behind(text, name.end())
        end = name.end() + ahead
        if len(words) >= _FEWEST and _is_almost(words) and not any(phrases.find(b" ".join(words))):
            yield name.end(), FORM, b" ".join(words)


def _names(text: bytes) -> Iterator[re.Match[bytes]]:
    """Every name in `text`."""
    lowered = text.lower()
    return filter(
        None, (_NAME.match(text, start) for word in ANCHORS["near_phrase"] for start in places(lowered, word))
    )


def _row_behind(text: bytes, start: int) -> tuple[list[bytes], int]:
    """The words behind a name, and how far they reach: mostly no further than a few letters."""
    words, ahead = row(phrases.comparable(text[start : start + _FIRST_REACH]))
    if ahead < _FIRST_REACH // 2:
        return words, ahead
    return row(phrases.comparable(text[start : start + _REACH]))


def row(text: bytes) -> tuple[list[bytes], int]:
    """The words that `text` begins with, and how far they reach."""
    words: list[bytes] = []
    end = 0
    while len(words) < _MOST:
        word = _WORD.match(text, end)
        if not word:
            break
        words.append(word[1])
        end = word.end()
    return words, end


def _is_almost(words: list[bytes]) -> bool:
    """Whether eleven of one list or more stand there, with one other among them, or any behind them."""
    for listed in lists.that_may_be_in(b" ".join(words)):
        known = [word in lists.numbers(listed) for word in words]
        wrong = [place for place, is_known in enumerate(known) if not is_known]
        row = words[: wrong[1]] if len(wrong) > 1 else words
        # A stretch of the list itself ascends.
        if sum(known[: len(row)]) >= _FEWEST and len(set(row)) >= _DIFFERENT and row != sorted(row):
            return True
    return False
