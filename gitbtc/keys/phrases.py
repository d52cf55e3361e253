"""Mnemonics in a text: runs of words of a list, their windows checked."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import islice
from operator import lt

from gitbtc.keys import layouts
from gitbtc.keys import words as lists
from gitbtc.keys.forms import aezeed, bip39, electrum, electrum_v1, slip39
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gitbtc.keys.family import PhraseFamily, Spot
    from gitbtc.keys.form import Form

    # Where words that begin at a place may end, if behind another place, and which families may take them for theirs:
    # their checksum is right, as far as it is one of the words' numbers.
    Ends = Callable[[int, int], Iterable[tuple[int, Sequence[PhraseFamily]]]]

# The stronger proof first: one phrase can be of several families by chance.
PHRASES: tuple[PhraseFamily, ...] = (aezeed, slip39, bip39, electrum, electrum_v1)

# The checksums that are of the words' numbers: all that stands in the way of most stretches of a longer text.
_CHECKSUMS: dict[PhraseFamily, Callable[[int, int], bool]] = {
    aezeed: lambda bits, _: aezeed.is_checked(bits),
    bip39: bip39.is_checked,
}

# Anything else between two words than these (a full stop, a colon, a number of three digits) ends the run; such
# strictness is what keeps prose and code free of false alarms.
_SEPARATORS = layouts.SEPARATORS
_NUMBERING = frozenset(
    b"%0*d%s" % (width, number, mark) for number in range(100) for width in (1, 2) for mark in (b"", b".", b":")
)
_TOKEN = compiled(rb"[0-9]{1,2}[.:](?![0-9])|[A-Za-z0-9_\x80-\xff]+|[^" + _SEPARATORS + rb"A-Za-z0-9_\x80-\xff]")
_UNIT_END = compiled(rb'[\n"]')

# A text is read in pieces that overlap by more than a phrase, so that its tokens never fill the memory, and that one
# character that is not ASCII does not make all of it slow.
_PIECE = 1 << 16
_OVERLAP = 1 << 12

# Invisible characters, dashes, curly quotes, bullets, the byte order mark; NFKD has made spaces of the wide ones.
_FOREIGN_SEPARATORS = compiled("[\u00a0\u00ab\u00b7\u00bb\u1680\u2000-\u203a\u2060-\u2069\u3000-\u3002\ufeff]")
# Ideographs that touch. Each is a word of its own.
_IDEOGRAPHS = compiled("[\u4e00-\u9fff]{2,}")
# What follows or precedes a part of a sentence: punctuation as Chinese is printed with.
_OF_A_SENTENCE = compiled("[\uff01-\uff5e\u3001\u3002]")

# Of twelve that are drawn from a list of 2,048 the average place is below the first once in 60,000 times, and once in
# 26 below the second. In sentences of interfaces it is mostly below 300, and in all but one of a thousand below 720;
# and one sentence in sixteen of that length has a right checksum. The second is wanted where many sentences stand.
_COMMON, _COMMON_AMONG_SENTENCES = 320, 720
_SENTENCE = compiled("[\u4e00-\u9fff]{4,}")
_SENTENCES = 8

# So many different words make a phrase: twelve random words have fewer once in 10**8 times; prose, code, logs and menus
# repeat a few words (`true`, `false`) all the time. Mnemonics of all zeros or all ones repeat one word to the last.
FEWEST_WORDS = 9

# Of the number of a word on a list of BIP-39, of which the longest list that is read by numbers has 2,048.
_BITS = 11

_COUNTS = sorted({count for family in PHRASES for count in family.COUNTS}, reverse=True)
_LEAST = _COUNTS[-1]
_SHORTEST_WORD = 3  # bytes
# The lists of which words are a phrase by a checksum: in other readings of a text only these are.
_PROVEN = frozenset(listed for family in PHRASES if not family.WHOLE for listed in family.LISTS)


def find(text: bytes, *, spread: bool = False) -> Iterator[Spot]:
    """Every phrase in `text`: the line (from 1) it begins on, its form, its words joined by single spaces; first where
    it stands, and again where another reading of the text shows it.

    `spread`: the text is made of strings that stand apart in a document. There, a few words that repeat are no phrase,
    unless they are all there is.
    """
    start, line = 0, 1
    while start < len(text):
        end = _character(text, start + _PIECE)
        piece = comparable(text[start:end])
        for offset, form, secret in _read(piece, spread=spread):
            yield line + piece.count(b"\n", 0, offset), form, secret
        if end >= len(text):
            return
        line += text.count(b"\n", start, end - _OVERLAP)
        start = _character(text, end - _OVERLAP)


def _character(text: bytes, offset: int) -> int:
    """The next offset at which a UTF-8 character can begin."""
    for later in range(offset, min(offset + 3, len(text))):
        if text[later] & 0xC0 != 0x80:
            return later
    return offset


def comparable(piece: bytes) -> bytes:
    """`piece` in lower case and NFKD, the form that BIP-39 compares words in; the same lines, other offsets."""
    if piece.isascii():
        return piece.lower()
    lines = piece.split(b"\n")
    foreign = [number for number, line in enumerate(lines) if not line.isascii()]
    normalised = _normalised(b"\n".join([lines[number] for number in foreign])).split(b"\n")
    lines = list(map(bytes.lower, lines))
    for number, line in zip(foreign, normalised, strict=True):
        lines[number] = line
    return b"\n".join(lines)


def _normalised(lines: bytes) -> bytes:
    import unicodedata

    text = _IDEOGRAPHS.sub(_apart, lines.decode("utf-8", "replace"))
    return _FOREIGN_SEPARATORS.sub(" ", unicodedata.normalize("NFKD", text).lower()).encode("utf-8")


@lru_cache(maxsize=1)
def _least(text: str) -> int:
    """Of ideographs that may be a phrase in `text`, the least average place."""
    sentences = sum(1 for _ in islice(_SENTENCE.finditer(text), _SENTENCES))
    return _COMMON_AMONG_SENTENCES if sentences == _SENTENCES else _COMMON


def _apart(found: re.Match[str]) -> str:
    """Ideographs that touch, apart from one another and from the words around, if there can be a phrase in them.

    Chinese is written so: only a stretch that is a phrase by itself is taken for one, no part of a sentence, and none
    that is made of common characters.
    """
    start, end, line = found.start(), found.end(), found.string
    around = line[max(start - 1, 0) : start] + line[end : end + 1]
    may_be = any(end - start in family.COUNTS for family in PHRASES) and not _OF_A_SENTENCE.search(around)
    is_drawn = may_be and any(_is_drawn(found[0], listed, _least(line)) for listed in lists.IDEOGRAPHS)
    return f"#{' '.join(found[0])}#" if is_drawn else "#"


def _is_drawn(ideographs: str, listed: str, least: int) -> bool:
    """Whether ideographs may have been drawn from a list, which begins with the most common ones."""
    numbers = lists.numbers(listed)
    places = [numbers.get(ideograph.encode(), -1) for ideograph in ideographs]
    return min(places) >= 0 and sum(places) >= least * len(places)


def _read(piece: bytes, *, spread: bool) -> Iterator[Spot]:
    """The phrases of a piece of text, read as it stands and in other ways."""
    if len(piece) < _LEAST * _SHORTEST_WORD:
        return  # the name of a file, most messages: no list is loaded for them
    looked = layouts.Words(piece, lists.that_may_be_in(piece), _COUNTS)
    yield from _in_words(looked, spread=spread)
    for start, reading in layouts.unmarked(looked):
        found = _in_words(looked.read_otherwise(reading), spread=spread)
        yield from ((start, form, secret) for _, form, secret in found)
    untagged = layouts.untagged(looked)
    if untagged:
        yield from _in_words(looked.read_otherwise(untagged), spread=spread)
    for listed in filter(_PROVEN.__contains__, looked.lists):
        for start, reading in layouts.readings(looked, listed):
            found = _in_words(layouts.Words(reading, (listed,), _COUNTS), spread=spread, proven=True)
            yield from ((start, form, secret) for _, form, secret in found)


def _in_words(looked: layouts.Words, *, spread: bool, proven: bool = False) -> Iterator[Spot]:
    """The phrases in words that follow one another; `proven`: those with a checksum."""
    for listed in looked.lists:
        families = [family for family in PHRASES if listed in family.LISTS]
        checked = [family for family in families if not family.WHOLE]
        unchecked = [family for family in families if family.WHOLE and not proven]
        for start, end in looked.runs(listed):
            run = _Run(looked.text, looked.words[start:end], looked.starts[start:end], listed)
            is_none = True
            for spot in _in_run(run, checked, spread=spread) if checked else ():
                is_none = False
                yield spot
            if is_none:
                yield from (spot for family in unchecked for spot in _whole(run, family))


@lru_cache(maxsize=1 << _BITS)
def _in_bits(number: int) -> str:
    return format(number, f"0{_BITS}b")


class _Run:
    """Consecutive words of one list in a text: the words, and where each begins."""

    __slots__ = ("_bits", "_text", "listed", "numbers", "places", "units", "words")

    def __init__(self, text: bytes, words: Sequence[bytes], places: Sequence[int], listed: str) -> None:
        self._text = text
        self.words = words
        self.places = places
        self.listed = listed
        self.numbers = list(map(lists.numbers(listed).__getitem__, words))
        self.units = list(self._units())
        self._bits = b""

    def _units(self) -> Iterator[tuple[int, int]]:
        """The words (from, to) that stand on one line or in one string."""
        start = 0
        first, last = self.places[0], self.places[-1]
        ends = any(self._text.find(mark, first, last) >= 0 for mark in (b"\n", b'"'))
        for mark in _UNIT_END.finditer(self._text, first, last) if ends else ():
            end = bisect_right(self.places, mark.start())
            if end > start:
                yield start, end
                start = end
        yield start, len(self.words)

    def _end(self, number: int) -> int:
        return self.places[number] + len(self.words[number])

    def bits(self, start: int, end: int) -> int:
        """The numbers of the words from `start` to `end`, one behind the other in bits."""
        if not self._bits:
            digits = "".join(map(_in_bits, self.numbers))
            self._bits = int(digits, 2).to_bytes(-(-len(digits) // 8), "big")
        # The last word ends with the last byte.
        first, last = (8 * len(self._bits) - _BITS * (len(self.numbers) - place) for place in (start, end))
        whole = int.from_bytes(self._bits[first // 8 : -(-last // 8)], "big")
        return whole >> -last % 8 & (1 << last - first) - 1

    def form(self, families: Sequence[PhraseFamily], start: int, end: int) -> Form | None:
        """The form of the words from `start` to `end`, of the first family that takes them for its own."""
        phrase = self.words[start:end]
        forms = (family.recognise(phrase, self.listed) for family in families)
        return next(filter(None, forms), None)

    def is_phrase(self, start: int, end: int, *, may_repeat: bool = True) -> bool:
        """Whether the words are not part of a list or of a log, whatever their checksum.

        Words that ascend as on the list are a stretch of it: one phrase in 479 million does. `may_repeat`: one word
        over and over, to the last, is a phrase too.
        """
        numbers = self.numbers[start:end]
        if all(map(lt, numbers, numbers[1:])):
            return False
        return len(set(numbers)) >= FEWEST_WORDS or (may_repeat and len(set(numbers[:-1])) == 1)

    def spots(self, families: Sequence[PhraseFamily], start: int, end: int) -> Iterator[Spot]:
        """What the words from `start` to `end` are, if they are a phrase."""
        form = self.form(families, start, end)
        if form:
            spelled = lists.spellings(self.listed)
            yield self.places[start], form, b" ".join(map(spelled.__getitem__, self.numbers[start:end]))

    def is_alone(self, start: int, end: int) -> bool:
        """Whether nothing else stands on the line, or in the string, of these words."""
        text, first, last = self._text, self.places[start], self._end(end - 1)
        begin = max(text.rfind(mark, 0, first) for mark in (b"\n", b'"')) + 1
        ends = [place for place in (text.find(mark, last) for mark in (b"\n", b'"')) if place >= 0]
        around = text[begin:first] + b" " + text[last : min(ends, default=len(text))]
        return all(token in _NUMBERING for token in _TOKEN.findall(around))


def _whole(run: _Run, family: PhraseFamily) -> Iterator[Spot]:
    """Phrases without a checksum: a line or a string is one, or there is one word in each of so many."""
    one_each = len(run.units) == len(run.words)
    for start, end in [(0, len(run.words))] if one_each else run.units:
        if run.is_alone(start, end) and run.is_phrase(start, end, may_repeat=False):
            yield from run.spots([family], start, end)


def _in_run(run: _Run, families: Sequence[PhraseFamily], *, spread: bool) -> Iterator[Spot]:
    """The phrases of one run of listed words.

    A line or a string that is a phrase by itself is taken as it stands. In what is left, every window counts that is
    not part of a larger one; but ideographs, of which any Chinese text is made, are a phrase only as a whole. What
    several families take for theirs is the first one's.
    """
    for start, end, form in _stretches(run, families):
        if not form:
            if run.listed not in lists.IDEOGRAPHS:
                yield from _windows(run, start, end, families, spread=spread)
        # In strings that stand apart one word over and over, and no other in the end, is what a log says.
        elif run.is_phrase(start, end, may_repeat=not spread or run.words[start] != run.words[end - 1]):
            yield from run.spots(families, start, end)


def _stretches(run: _Run, families: Sequence[PhraseFamily]) -> Iterator[tuple[int, int, Form | None]]:
    """The run cut into lines or strings that are phrases, and the stretches between them; each with its form."""
    begun = 0
    for start, end in run.units:
        form = run.form(families, start, end) if end - start >= _LEAST else None
        if form:
            if begun < start:
                yield begun, start, run.form(families, begun, start)
            yield start, end, form
            begun = end
    if begun < len(run.words):
        yield begun, len(run.words), run.form(families, begun, len(run.words))


def _windows(run: _Run, begin: int, limit: int, families: Sequence[PhraseFamily], *, spread: bool) -> Iterator[Spot]:
    # None of another family has words of the list of SLIP-39.
    is_shares = families == [slip39]
    starts, ends = _shares(run) if is_shares else (range(begin, limit - _LEAST + 1), _checked(run, families, limit))
    covered = 0
    for start in starts:
        for end, some in ends(start, covered):
            if begin <= start and covered < end <= limit:
                found = list(run.spots(some, start, end))
                if found and run.is_phrase(start, end, may_repeat=not spread):
                    yield from found
                    covered = end
                    break


def _shares(run: _Run) -> tuple[Iterable[int], Ends]:
    counts = slip39.shares(run.numbers)
    return sorted(counts), lambda start, _: [(start + count, [slip39]) for count in counts[start]]


def _checked(run: _Run, families: Sequence[PhraseFamily], limit: int) -> Ends:
    """None where the same words stood before."""
    counts = sorted({count for family in families for count in family.COUNTS}, reverse=True)
    by_count = [(count, [family for family in families if count in family.COUNTS]) for count in counts]
    tried: set[tuple[int, ...]] = set()

    def ends(start: int, covered: int) -> Iterator[tuple[int, Sequence[PhraseFamily]]]:
        ahead = tuple(run.numbers[start : min(start + counts[0], limit)])
        if ahead in tried:
            return
        tried.add(ahead)
        bits = run.bits(start, start + len(ahead))
        for count, some in by_count:
            if count <= len(ahead) and start + count > covered:
                number = bits >> _BITS * (len(ahead) - count)
                fitting = [family for family in some if _may_be(family, number, count)]
                if fitting:
                    yield start + count, fitting

    return ends


def _may_be(family: PhraseFamily, bits: int, count: int) -> bool:
    return family not in _CHECKSUMS or _CHECKSUMS[family](bits, count)
