"""The scan: private-key material in any bytes.

Pure and total: no input makes it raise, and its time grows with the length of the input. A key is looked for in the raw
bytes, in the bytes without JSON escapes, and across the JSON strings of a document, so that words in an array, in one
object each or under one another are one text, as is a key that was cut in two.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, chain, compress, count, islice

from gitbtc.keys import layers, phrases, runs
from gitbtc.keys.finding import Finding, fingerprint
from gitbtc.keys.forms import ARMOURED, PHRASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.forms import Family

    # Line, family, the form's name, the normalised secret.
    Sighting = tuple[int, Family, str, bytes]

_FLIPPED = bytes([1, 0]) + bytes(254)
# JSON in the strings of JSON, and JSON in the strings of that.
_DEEPEST_QUOTE = 2
# A file of so many keys is refused as surely as one of more.
MOST_FINDINGS = 100


def scan(content: bytes, path: str = "") -> list[Finding]:
    """The private-key material in `content`, each form of each secret once, by line; at most `MOST_FINDINGS`.

    `path` is where the content lies; no form depends on it yet.
    """
    del path
    sightings = (sighting for text in _texts(content) for sighting in _in_text(text))
    found: dict[tuple[str, bytes], Finding] = {}
    for line, family, form, secret in sightings:
        if (form, secret) not in found:
            found[form, secret] = Finding(form, line, fingerprint(secret), family.ADVICE)
        if len(found) == MOST_FINDINGS:
            break
    return sorted(found.values(), key=lambda finding: finding.where)


def scan_name(path: str) -> list[Finding]:
    """The private-key material in the name of a file or of a folder on its way."""
    return scan(path.encode("utf-8", "replace"))


def _texts(content: bytes) -> Iterator[bytes]:
    yield content
    wide = layers.wide_text(content)
    if wide is not None:
        yield wide


def _in_text(text: bytes) -> Iterator[Sighting]:
    yield from _in_layer(text)
    unescaped = layers.unescaped(text)
    if unescaped is not None:
        yield from _in_layer(unescaped)
    for document in _documents(text, unescaped):
        for read in layers.strings(document):
            yield from _across(read)


def _documents(text: bytes, unescaped: bytes | None) -> Iterator[bytes]:
    """The text without escapes, and the JSON in its JSON strings."""
    yield text if unescaped is None else unescaped
    quoted: bytes | None = text
    for _ in range(_DEEPEST_QUOTE):
        quoted = quoted and layers.quoted(quoted)
        if quoted:
            yield layers.unescaped(quoted) or quoted


def _in_layer(text: bytes) -> Iterator[Sighting]:
    for offset, family, form, secret in runs.find(text):
        yield _line(text, offset), family, form, secret
    yield from _armoured(text)
    yield from phrases.find(text)


def _armoured(text: bytes) -> Iterator[Sighting]:
    for family in ARMOURED:
        for offset, form, secret in family.find(text):
            yield _line(text, offset), family, form, secret


def _line(text: bytes, offset: int) -> int:
    return text.count(b"\n", 0, offset) + 1


def _across(read: layers.Strings) -> Iterator[Sighting]:
    """What shows only when the strings of a document are read as one text: the values, the names, all, a column."""
    values = read.names.translate(_FLIPPED)
    yield from _glued(read, values)
    yield from _spoken(read, values)
    names = set(compress(read.strings, read.names))
    # The names of a table's fields, the same in each record, are no part of a key and no phrase.
    if not all(name.islower() for name in names):
        yield from _glued(read, b"\1" * len(values))
    if len(_listed_strings() & names) >= phrases.FEWEST_WORDS or any(b" " in name for name in names):
        yield from _spoken(read, read.names)
    for column in _columns(read, values):
        yield from _spoken(read, column)


# In these, `chosen` has one byte a string of the document: 1 for those that are read.


def _glued(read: layers.Strings, chosen: bytes) -> Iterator[Sighting]:
    """Keys cut into several strings."""
    pieces = list(compress(read.strings, chosen))
    for offset, family, form, secret in runs.find(b"".join(pieces)):
        ends = list(accumulate(map(len, pieces)))
        yield read.line(_ordinal(chosen, bisect_right(ends, offset))), family, form, secret


def _spoken(read: layers.Strings, chosen: bytes) -> Iterator[Sighting]:
    """Phrases and armour spread over several strings."""
    text = b"\n".join(compress(read.strings, chosen))
    for line, family, form, secret in chain(phrases.find(text, spread=True), _armoured(text)):
        yield read.line(_ordinal(chosen, line - 1)), family, form, secret


def _ordinal(chosen: bytes, number: int) -> int:
    """Which string of the document the chosen one `number` (from 0) is."""
    return next(islice(compress(count(), chosen), number, None))


def _columns(read: layers.Strings, values: bytes) -> Iterator[bytes]:
    """The values of each member name, for phrases of one word an object with other members between."""
    if len(_listed_strings().intersection(compress(read.strings, values))) < phrases.FEWEST_WORDS:
        return
    # A string after a name is its value, unless it is a name too: then the value was no string.
    before = [b"", *read.strings[:-1]]
    named = bytes(map(int.__and__, b"\0" + read.names[:-1], values))
    words: dict[bytes, set[bytes]] = {}
    for name, value, chosen in zip(before, read.strings, named, strict=True):
        if chosen and value in _listed_strings():
            words.setdefault(name, set()).add(value)
    for name, different in words.items():
        if len(different) >= phrases.FEWEST_WORDS:
            yield bytes([chosen and other == name for other, chosen in zip(before, named, strict=True)])


def _listed_strings() -> frozenset[bytes]:
    """Every word of every list, in the cases that people write words in."""
    if not _listed:
        words = [word for family in PHRASES for word in family.words()]
        _listed.append(frozenset(case(word) for word in words for case in (bytes, bytes.title, bytes.upper)))
    return _listed[0]


_listed: list[frozenset[bytes]] = []
