"""The word lists of mnemonics.

The ten lists of BIP-39 are read from the files of the package `mnemonic`, that of SLIP-39 from `shamir-mnemonic`, as
their authors publish them; the two that are Electrum's own, of its first seeds and of Portuguese, lie in `lists/`. A
list that is not there is an error: a gate must not pass what it cannot look for.

Most texts hold no phrase. Which lists a word is on, for all of them at once, is told by `lists/index.txt`: one file to
read in place of all these. `tests/keys/index.py` makes it of the lists.
"""

from __future__ import annotations

import os
from functools import cache
from itertools import repeat

from gitbtc.errors import CannotWork
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_HERE = os.path.dirname(os.path.abspath(__file__))

# Lists that most phrases are of.
_COMMON = ("english", "slip39")
# Lists with words that are written in ASCII, those of Spanish and French with accents left out.
ASCII = (
    "english", "spanish", "french", "italian", "portuguese", "czech", "slip39", "electrum-v1", "electrum-portuguese",
)  # fmt: skip
# Those whose words are single ideographs.
IDEOGRAPHS = ("chinese_simplified", "chinese_traditional")
LISTS = (*ASCII, "japanese", "korean", *IDEOGRAPHS)
# People type these without accents, and each word is still told from every other.
_ALSO_PLAIN = frozenset(["spanish", "french"])
# Where a list lies that is not a file of the package mnemonic.
_ELSEWHERE = {
    "slip39": ("shamir_mnemonic", "wordlist.txt"),
    "electrum-v1": ("", "lists/electrum-v1.txt"),
    "electrum-portuguese": ("", "lists/electrum-portuguese.txt"),
}

# Some byte of every word of the lists, in UTF-8 and NFKD: a small letter, the first bytes of kana, jamo, ideographs.
_BYTES = ((rb"[a-z]", ASCII), (rb"\xe3", ("japanese",)), (rb"\xe1", ("korean",)), (rb"[\xe4-\xe9]", IDEOGRAPHS))
_SCRIPTS = tuple((compiled(pattern), names) for pattern, names in _BYTES)

_INDEX = "lists/index.txt"
_MOST_CLASSES = 256  # each is a byte

_numbers: dict[str, dict[bytes, int]] = {}
_spellings: dict[str, list[bytes]] = {}
# Lists that a word was looked for in which is on no common one.
_looked_up: set[tuple[str, ...]] = set()


def numbers(name: str) -> dict[bytes, int]:
    """The list `name`: each word, in lower case, NFKD and UTF-8, and its number from 0; CannotWork without its file."""
    if name not in _numbers:
        _numbers[name] = _read(name)
    return _numbers[name]


def that_may_be_in(text: bytes) -> tuple[str, ...]:
    """The lists of which a word may stand in `text`, which is in lower case and NFKD."""
    if text.isascii():
        return ASCII
    return tuple(name for script, names in _SCRIPTS if script.search(text) for name in names)


def classes(names: Sequence[str]) -> dict[bytes, int]:
    """The class of each word of the lists `names`, or of more, from 1 on: those of one class are on the same lists."""
    return _classes(_named(names))


def classes_of(words: Sequence[bytes], names: Sequence[str]) -> bytes:
    """The class of each of `words` by the lists `names`, or by more, and 0 for a word that is on none."""
    named = _named(names)
    if named not in _looked_up:
        # Where all words are of the lists that most phrases are of, no other is read.
        try:
            return bytes(map(_classes(_COMMON).__getitem__, words))
        except KeyError:
            _looked_up.add(named)
    return bytes(map(_classes(named).get, words, repeat(0)))


@cache
def of_class(name: str) -> bytes:
    """For each class whether its words are on the list `name`: to translate the classes of a text's words by."""
    return bytes([0, *(name in names for names, _ in _index())]).ljust(_MOST_CLASSES, b"\0")


def spellings(name: str) -> list[bytes]:
    """How each word of the list `name` is spelled there, by its number."""
    if name not in _spellings:
        # The first spelling of a word is the list's own, a later one that without accents.
        by_number = {number: word for word, number in reversed(numbers(name).items())}
        _spellings[name] = [by_number[number] for number in range(len(by_number))]
    return _spellings[name]


def _named(names: Sequence[str]) -> tuple[str, ...]:
    return ASCII if set(names) <= set(ASCII) else LISTS


@cache
def _classes(names: tuple[str, ...]) -> dict[bytes, int]:
    """The class of each word that is on one of the lists, the common ones among them."""
    known = {} if names == _COMMON else _classes(_COMMON)
    wanted, read = set(names), set(_COMMON) if known else set()
    others = ((number, line) for number, (on, line) in enumerate(_index(), 1) if on & wanted and not on & read)
    return {word: number for number, line in others for word in line.split()[1:]} | known


@cache
def _index() -> list[tuple[frozenset[str], bytes]]:
    """For each class the names of its lists, and the line that has its words behind these."""
    path = os.path.join(_HERE, _INDEX)
    try:
        with open(path, "rb") as made:
            lines = made.read().splitlines()
    except OSError:
        raise CannotWork(f"the index of the word lists is missing ({path}); install gitbtc again") from None
    return [(frozenset(line[: line.index(b":")].decode("ascii").split(",")), line) for line in lines]


def _read(name: str) -> dict[bytes, int]:
    package, file = _ELSEWHERE.get(name, ("mnemonic", f"wordlist/{name}.txt"))
    path = os.path.join(_folder(package), file)
    try:
        with open(path, "rb") as published:
            content = published.read()
    except OSError:
        raise CannotWork(f"the word list {name} is missing ({path}); install gitbtc again") from None
    if not content.isascii():
        content = _decomposed(content)
    words = content.split()
    listed = dict(zip(words, range(len(words)), strict=True))
    if name in _ALSO_PLAIN:
        plain = content.decode("utf-8").encode("ascii", "ignore")
        listed |= {word: number for number, word in enumerate(plain.split())}
    return listed


def _decomposed(content: bytes) -> bytes:
    if b"\xc3" not in content and b"\xcc" in content:
        return content  # Latin letters with their accents behind them, as the package has them: nothing to load for it
    import unicodedata

    return unicodedata.normalize("NFKD", content.decode("utf-8")).encode("utf-8")


@cache
def _folder(package: str) -> str:
    """Where the files of an installed package lie; found without importing it."""
    if not package:
        return _HERE
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CannotWork(f"the package {package}, which has word lists, is missing; install gitbtc again")
    return spec.submodule_search_locations[0]
