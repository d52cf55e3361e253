"""The scan: private-key material in any bytes.

Pure and total: no input makes it raise, and its time grows with the length of the input. A key is looked for in the raw
bytes, in the bytes without escapes, across the JSON strings of a document, so that words in an array, in one object
each or under one another are one text, as is a key that was cut in two; and all that again in what hex and Base64 in it
encode, layer by layer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate, chain, compress, count, islice

from gitbtc.keys import escapes, joined, layers, phrases, runs, words
from gitbtc.keys.families import FILES, NAMED, TEXTS, TOKENS
from gitbtc.keys.finding import KeyFinding, fingerprint
from gitbtc.keys.form import BLOCK, Form
from gitbtc.keys.lazily import compiled
from gitbtc.keys.tokens import Tokens, encoded, encoded_in_strings, holds_hex, is_text, with_words_decoded
from gitbtc.keys.typed import without_typed
from gitbtc.progress import doing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from gitbtc.keys.family import Spot, TextFamily

    # Line (from 1), form, the normalised secret.
    Sighting = tuple[int, Form, bytes]
    Known = Callable[[], frozenset[bytes]]

_BEHIND_BACKSLASH = compiled(rb"\\([a-z]+)", re.IGNORECASE)
# Bytes within which the words of a phrase are looked for beside one of them.
_REACH = 1 << 12
_FAR_REACH = 1 << 14  # the same in the strings of a document
_FLIPPED = bytes([1, 0]) + bytes(254)
# JSON in the strings of JSON, and JSON in the strings of that.
_DEEPEST_QUOTE = 2
# Hex or Base64 in hex or Base64; some forms are in one of them by themselves.
_DEEPEST_ENCODING = 3
_KEY_DIGITS = 64  # of a private key in hex
# What lies deeper than that is refused, not passed: nobody encodes a text so often but to hide it.
TOO_DEEP = Form("text in hex or Base64 over and over", "store it as it is, or in one layer: what is deeper is not read")
_PRINTABLE = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
_PLAIN_TEXT = 24  # bytes; that many are printable by chance once in 10**10 times
# A word of a list with its combining marks, in UTF-8.
_LONGEST_WORD = 64
# A file of so many keys is refused as surely as one of more.
MOST_FINDINGS = 100


def scan(
    content: bytes, path: str = "", known: Known | None = None, allowed: Container[str] = frozenset()
) -> list[KeyFinding]:
    """The private-key material in `content`, each secret once, by line; `MOST_FINDINGS` that refuse are enough.

    `path` is where the content lies, "" if nowhere: a few files are keys by their name. `known` gives the public side
    of the repository's own keys (`gitbtc.keys.own.public_texts`), which 32 bytes in hex are held against. `allowed` are
    fingerprints of what refuses nothing: a hundred of them must not hide one key.
    """
    with doing("looking for keys"):
        return _scanned(content, path, known, allowed)


def _scanned(content: bytes, path: str, known: Known | None, allowed: Container[str]) -> list[KeyFinding]:
    whole = ((1, form, secret) for family in FILES for _, form, secret in family.find_file(content, path))
    found: dict[tuple[str, bytes], KeyFinding] = {}
    refusing = 0
    free = without_typed(content)  # it takes a good part of the time that a state file does
    for line, form, secret in chain(whole, _in_free_text(free, 0), _own(free, content, known)):
        if (form.name, secret) not in found:
            finding = found[form.name, secret] = KeyFinding(form, line, fingerprint(secret))
            refusing += form.severity == BLOCK and finding.fingerprint not in allowed
        if refusing == MOST_FINDINGS:
            break
    parts = _parts([secret for _, secret in found])
    told: dict[bytes, KeyFinding] = {}
    for (_, secret), finding in found.items():
        # One secret under two forms, such as DER and the armour around it, is told once.
        if secret not in parts and (secret not in told or told[secret].severity != BLOCK):
            told[secret] = finding
    return sorted(told.values(), key=lambda finding: finding.where)


def _parts(secrets: Sequence[bytes]) -> set[bytes]:
    """Those that are some words of a longer phrase, the first and the last perhaps cut: what a layer sees that is not
    to be read so, such as escapes.
    """
    spoken = {secret for secret in secrets if b" " in secret}
    together = b"\n".join(spoken)
    return {phrase for phrase in spoken if together.count(phrase) > 1}


def may_hold_own(content: bytes) -> bool:
    """Whether something in `content` is or is not a private key depending on what the repository holds elsewhere."""
    return holds_hex(without_typed(content), _KEY_DIGITS)


def _own(free: bytes, content: bytes, known: Known | None) -> Iterator[Sighting]:
    if known is None or not holds_hex(free, _KEY_DIGITS):
        return
    from gitbtc.keys import own

    if own.is_available():
        yield from own.find(content, known)


def scan_name(path: str) -> list[KeyFinding]:
    """The private-key material in the name of a file or of a folder on its way."""
    return scan(path.encode("utf-8", "replace"))


def _in_content(content: bytes, depth: int) -> Iterator[Sighting]:
    """All of it; `depth` says how many layers of hex and Base64 are undone."""
    return _in_free_text(without_typed(content), depth)


def _in_free_text(free: bytes, depth: int) -> Iterator[Sighting]:
    """The same of what is left without members that are no secret by their form."""
    for text in _texts(free):
        unescaped = escapes.unescaped(text)
        yield from _in_layer(text, depth, spoken=unescaped is None)
        if unescaped is not None:
            yield from phrases.find(escapes.around(text, sorted(_hidden_words(text)), _REACH))
            yield from _in_layer(escapes.changed(text, unescaped), depth, spoken=False)
            yield from phrases.find(unescaped)
        for document in _documents(text, unescaped):
            for read in layers.strings(document):
                yield from _across(read, depth)
    if depth == 0:
        yield from _spoken_otherwise(free)


def _spoken_otherwise(content: bytes) -> Iterator[Sighting]:
    """Phrases in a text of another code page, or with each word encoded by itself."""
    if not content.isascii():
        for text in layers.in_code_pages(content):
            yield from phrases.find(text)
    decoded = with_words_decoded(content, lambda: words.classes(words.LISTS), phrases.FEWEST_WORDS)
    if decoded is not None:
        yield from phrases.find(decoded)


def _texts(content: bytes) -> Iterator[bytes]:
    yield content
    visible = layers.visible(content)
    if visible is not None:
        yield escapes.around(visible, layers.gaps(content), _FAR_REACH)
    wide = layers.wide_text(content)
    if wide is not None:
        yield wide


def _documents(text: bytes, unescaped: bytes | None) -> Iterator[bytes]:
    """The text without escapes, and the JSON in its JSON strings."""
    yield text if unescaped is None else unescaped
    quoted: bytes | None = text
    for _ in range(_DEEPEST_QUOTE):
        quoted = quoted and layers.quoted(quoted)
        if quoted:
            yield escapes.unescaped(quoted) or quoted


def _hidden_words(text: bytes) -> Iterator[int]:
    """Where a word of a list would be lost with the escapes: right behind a backslash it loses its first letter."""
    yield from escapes.hiding(text)
    listed = words.classes(words.ASCII)
    yield from (word.start() for word in _BEHIND_BACKSLASH.finditer(text) if word[1].lower() in listed)


def _in_layer(text: bytes, depth: int, *, spoken: bool = True) -> Iterator[Sighting]:
    """What stands in `text`; mnemonics only if it is `spoken`."""
    tokens, line = Tokens(text), _Lines(text)
    for offset, form, secret in chain(_spots(text, tokens), _found(NAMED, text)):
        yield line(offset), form, secret
    if spoken:
        yield from phrases.find(text)
    whole = joined.readings(text)
    for place, form, secret in _in_one_piece(whole.text, depth) if whole.text else ():
        yield line(whole.offset(place)), form, secret
    for place, form, secret in phrases.find(whole.text):
        yield line(whole.offset_of_line(place)), form, secret
    for offset, decoded in encoded(text, tokens):
        if depth < _DEEPEST_ENCODING:
            for _, form, secret in _in_content(decoded, depth + 1):
                yield line(offset), form, secret
        elif len(decoded) >= _PLAIN_TEXT and not decoded.translate(None, _PRINTABLE):
            yield line(offset), TOO_DEEP, decoded


def _in_one_piece(text: bytes, depth: int) -> Iterator[Spot]:
    """What stands in `text`, which has no words but those that hyphens join, and in what it encodes."""
    tokens = Tokens(text)
    yield from _spots(text, tokens)
    yield from _found(NAMED, text)
    for offset, decoded in encoded(text, tokens) if depth < _DEEPEST_ENCODING else ():
        yield from ((offset, form, secret) for _, form, secret in _in_content(decoded, depth + 1))


class _Lines:
    """On which line of a text (from 1) an offset lies. Each family tells its spots in order: the text is counted once
    for each of them, however many they are.
    """

    __slots__ = ("_line", "_offset", "_text")

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._offset, self._line = 0, 1

    def __call__(self, offset: int) -> int:
        if offset < self._offset:
            self._offset, self._line = 0, 1
        self._line += self._text.count(b"\n", self._offset, offset)
        self._offset = offset
        return self._line


def _spots(text: bytes, tokens: Tokens) -> Iterator[Spot]:
    """What is no phrase: the offset in `text`, the form, the secret."""
    yield from runs.find(text)
    yield from _found(TEXTS, text)
    for place, form, secret in _found(TOKENS, tokens.joined()):
        yield tokens.offset(place), form, secret


def _found(families: Sequence[TextFamily], text: bytes) -> Iterator[Spot]:
    lowered = text.lower()
    for family in families:
        # A loop, and no `any`: each text comes through here, many of them small.
        for anchor in family.ANCHORS or (b"",):
            if anchor in lowered:
                yield from family.find(text)
                break


def _across(read: layers.Strings, depth: int) -> Iterator[Sighting]:
    """What shows only when the strings of a document are read as one text: the values, the names, all, a column."""
    values = read.names.translate(_FLIPPED)
    yield from _glued(read, values, depth)
    yield from _spoken(read, values)
    names = set(compress(read.strings, read.names))
    # The names of a table's fields, the same in each record, are no part of a key and no phrase.
    if not all(name.islower() for name in names):
        yield from _glued(read, b"\1" * len(values), depth)
    if any(b" " in name for name in names) or len(_listed_among(names)) >= phrases.FEWEST_WORDS:
        yield from _spoken(read, read.names)
    for column in _columns(read, values):
        yield from _spoken(read, column)


# In these, `chosen` has one byte a string of the document: 1 for those that are read.


def _glued(read: layers.Strings, chosen: bytes, depth: int) -> Iterator[Sighting]:
    """Keys cut into several strings."""
    pieces = list(compress(read.strings, chosen))
    text = b"".join(pieces)
    for offset, form, secret in _spots(text, Tokens(text)):
        ends = list(accumulate(map(len, pieces)))
        yield read.line(_ordinal(chosen, bisect_right(ends, offset))), form, secret
    # Bounded like every other layer: strings in strings would otherwise multiply the work at each of them.
    for number, decoded in encoded_in_strings(pieces) if depth < _DEEPEST_ENCODING else ():
        for _, form, secret in _in_content(decoded, depth + 1):
            yield read.line(_ordinal(chosen, number)), form, secret


def _spoken(read: layers.Strings, chosen: bytes) -> Iterator[Sighting]:
    """Phrases and armour spread over several strings."""
    text = b"\n".join(compress(read.strings, chosen))
    line_of = _Lines(text)
    armoured = ((line_of(offset), form, secret) for offset, form, secret in _found(TEXTS, text))
    for line, form, secret in chain(phrases.find(text, spread=True), armoured):
        yield read.line(_ordinal(chosen, line - 1)), form, secret


def _ordinal(chosen: bytes, number: int) -> int:
    """Which string of the document the chosen one `number` (from 0) is."""
    return next(islice(compress(count(), chosen), number, None))


def _columns(read: layers.Strings, values: bytes) -> Iterator[bytes]:
    """The values of each member name, for phrases of one word an object with other members between."""
    listed = _listed_among(set(compress(read.strings, values)))
    if len(listed) < phrases.FEWEST_WORDS:
        return
    # A string after a name is its value, unless it is a name too: then the value was no string.
    before = [b"", *read.strings[:-1]]
    named = bytes(map(int.__and__, b"\0" + read.names[:-1], values))
    columns: dict[bytes, set[bytes]] = {}
    for name, value, chosen in zip(before, read.strings, named, strict=True):
        if chosen and value in listed:
            columns.setdefault(name, set()).add(value)
    for name, different in columns.items():
        if len(different) >= phrases.FEWEST_WORDS:
            yield bytes([chosen and other == name for other, chosen in zip(before, named, strict=True)])


def holds_a_part_of_a_phrase(document: bytes) -> bool:
    """Whether a value of the JSON `document` is words of a list and nothing else: they may be some of a phrase."""
    for piece in layers.strings(without_typed(document)):
        texts = set(compress(piece.strings, piece.names.translate(_FLIPPED)))
        words_of_texts = [set(phrases.comparable(text).split()) for text in texts]
        named = words.ASCII if all(map(bytes.isascii, texts)) else words.LISTS
        if any(spoken and spoken <= words.classes(named).keys() for spoken in words_of_texts):
            return True
    return False


def _listed_among(texts: set[bytes]) -> set[bytes]:
    """Those of `texts` that are a word of a list."""
    ascii_words = words.classes(words.ASCII).keys()
    is_none = ascii_words.isdisjoint(map(bytes.lower, texts))
    found = set() if is_none else {text for text in texts if text.lower() in ascii_words}
    if b"".join(texts).isascii():
        return found
    foreign = [text for text in texts if len(text) <= _LONGEST_WORD and not text.isascii() and is_text(text)]
    return found.union(text for text in foreign if phrases.comparable(text) in words.classes(words.LISTS))
