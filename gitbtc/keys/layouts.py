"""How people and programs lay words out: other readings of a text, in which the words of a phrase follow each other.

What stands between two words of a list may be anything, as long as it is the same between all of them: tags, the names
of settings, time stamps, whatever a log or a chat begins its lines with. Numbers count as one number. Words in columns
are put in the order of the numbers beside them. The marks of comments and of patches are no part of a line; and where
no text is, a word may touch other letters.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import accumulate, compress, count, pairwise
from operator import add, eq, sub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    # Where it begins, and its words with what stands between them there.
    Reading = tuple[int, bytes]

# What may stand between two words of a phrase without more ado: white space, comma, quotes, brackets, hyphen, the marks
# of lists and tables.
SEPARATORS = rb"\s,;|*\"'`()\[\]{}<>\0\-"
_PLAIN = re.compile(rb"[" + SEPARATORS + rb"]*(?:\b[0-9]{1,2}[.:]?[" + SEPARATORS + rb"]+)?")

_WORD = re.compile(rb"[a-z\x80-\xff]+")
# The same, several times faster than by the expression: all else becomes a blank.
_LETTERS_ALONE = bytes(byte if _WORD.match(bytes([byte])) else ord(" ") for byte in range(256))
# What counts: digits, letters and Roman numerals before a point or a bracket. And blanks, which fill a column.
_NUMBER = re.compile(rb"[0-9]+(?:(?:st|nd|rd|th)\b)?|(?<![a-z])(?:[a-z]|[ivx]{2,5})(?=[.):])")
_BLANKS = re.compile(rb"[ \t]{2,}")
_ORDINALS = (
    b"first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    b" sixteenth seventeenth eighteenth nineteenth one two three four five six seven eight nine ten eleven twelve"
    b" thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_SPELLED = re.compile(
    rb"\b(?:twent(?:ieth|y(?:[ -](?:first|second|third|fourth|one|two|three|four))?)|" + b"|".join(_ORDINALS) + rb")\b"
)
# The longest that stands between two words: the rest of a record, of a line of a subtitle.
_MOST_BETWEEN = 200
# So many words that are on a list may stand in the frame itself: `<word index="1">` has three.
_LONGEST_PERIOD = 5
# What may stand before the last word of a list that a person wrote.
_LAST = re.compile(rb",? (?:and|or|&|plus|und|oder|et|ou|y|e|i|en|og|och) \Z")

# Lines that begin with the mark of a comment or with a sign of a patch, one under the other.
_MARK = re.compile(rb"(?m)^[ \t]*(?:[+#;%!]+|//+|--+)")
_MARKED_LINES = re.compile(rb"(?m)(?:^[ \t]*(?:[+#;%!]|//|--)[^\n]*\n?){2,}")
_HUNK = re.compile(rb"(?m)^@@ .*\n((?:[ +\-\\][^\n]*(?:\n|\Z)|\n)+)")

# What no text holds.
_BINARY = re.compile(rb"[\0-\x08\x0e-\x1f]")
_SHORTEST, _LONGEST = 3, 32  # bytes of a word

# A number of at most two digits, or a word that can be on a list.
_NUMBERED = re.compile(rb"(?<![0-9a-z\x80-\xff.])([0-9]{1,2})(?:st|nd|rd|th)?(?![0-9a-z])|([a-z\x80-\xff]{3,})")
_NUMERAL, _LISTED = 1, 2
_FIRST_NUMBERS = frozenset(range(1, 12))
_NUMBERS = re.compile(rb"(?<![0-9a-z\x80-\xff.])[0-9]{1,2}(?=(?:st|nd|rd|th)?(?![0-9a-z]))")
# A word of a list that stands there so often is one of the frame.
_OFTEN = 9
_PAIRS = ((re.compile(rb"(?:\x01\x02){12,}"), True), (re.compile(rb"(?:\x02\x01){12,}"), False))

# Three words that follow one another, and by a word's place whether it follows the one before.
_ROW = b"\1\1\1"
_STRETCH = re.compile(rb"\x01{3,}")
_LONGEST_FRAME = 16  # words
# Between two rows alone: on a line of its own, and more than the end of a sentence.
_TWO_ROWS = re.compile(rb"[^\s.,;:!?].*\n|\n.*[^\s.,;:!?]", re.DOTALL)
_FOLLOWING = re.compile(rb"\x01{2,}")


class Words:
    """The words of `text`, which is in lower case and NFKD, in order, with a 1 in `flags` for each that is of `listed`,
    the words of all lists. `counts` are how many of them make a phrase, the most first.
    """

    __slots__ = ("_before", "_plain", "_starts", "counts", "flags", "listed", "text", "words")

    def __init__(self, text: bytes, listed: frozenset[bytes], counts: Sequence[int]) -> None:
        self.text = text
        self.listed = listed
        self.counts = counts
        self.words = text.translate(_LETTERS_ALONE).split()
        self.flags = bytes(map(listed.__contains__, self.words))
        self._before: list[bytes] = []
        self._starts: list[int] = []
        self._plain = b""

    def follow_each_other(self, count: int) -> bool:
        """Whether so many of the lists do, whatever stands between them that is no letter."""
        return b"\1" * count in self.flags

    # What few texts need.

    @property
    def before(self) -> list[bytes]:
        """What stands before each word."""
        if not self._before:
            self._before = _WORD.split(self.text)[:-1]
        return self._before

    @property
    def plain(self) -> bytes:
        """For each word, whether what stands before it is what may stand between the words of a phrase."""
        if not self._plain:
            is_plain = {separator: _PLAIN.fullmatch(separator) is not None for separator in set(self.before)}
            self._plain = bytes(map(is_plain.__getitem__, self.before))
        return self._plain

    @property
    def starts(self) -> list[int]:
        """Where each word begins."""
        if not self._starts:
            until = accumulate(map(add, map(len, self.before), map(len, self.words)))
            self._starts = list(map(sub, until, map(len, self.words)))
        return self._starts

    def end(self, at: int) -> int:
        """Where the word number `at` ends."""
        return self.starts[at] + len(self.words[at])

    def between(self, one: int, other: int) -> bytes | None:
        """What stands between two words, each number as 0; None where they are too far apart."""
        start, end = self.end(one), self.starts[other]
        if end - start > _MOST_BETWEEN:
            return None
        return _BLANKS.sub(b" ", _NUMBER.sub(b"0", self.text[start:end]))


def readings(looked: Words) -> Iterator[Reading]:
    """The other readings of a text."""
    least = looked.counts[-1]
    if looked.flags.count(1) < least - 2:
        return
    if len(set(compress(looked.words, looked.flags))) > least // 2:  # else they are words of the frame
        yield from _framed(looked)
        if looked.follow_each_other(least - 2) or _has_rows(looked):
            yield from _in_rows(looked)
        yield from _in_order(looked.text, looked.listed, looked.counts)
        if b"twelfth" in looked.text or b"twelve" in looked.text:
            yield from _spelled(looked)
    if looked.follow_each_other(least - 2) and _BINARY.search(looked.text):
        yield from _touching(looked)


def _spelled(looked: Words) -> Iterator[Reading]:
    """With digits for numbers that are spelled out."""
    counted = Words(_SPELLED.sub(b"0", looked.text), looked.listed, looked.counts)
    yield 0, counted.text
    yield from ((0, phrase) for _, phrase in _framed(counted))


# -- lines with marks ----------------------------------------------------------------------------------------------


def unmarked(looked: Words) -> Iterator[Reading]:
    """The lines of comments and of patches without what they begin with: of a hunk, the lines of either file."""
    text = looked.text
    for found in _MARKED_LINES.finditer(text) if looked.follow_each_other(looked.counts[-1]) else ():
        yield found.start(), _MARK.sub(b"", found[0])
    for found in _HUNK.finditer(text) if b"@@ " in text and looked.flags.count(1) >= looked.counts[-1] else ():
        lines = found[1].split(b"\n")
        for other in (b"-", b"+"):
            yield found.start(), b"\n".join([line[1:] for line in lines if line[:1] != other])


# -- words in frames -----------------------------------------------------------------------------------------------


def _framed(looked: Words) -> Iterator[Reading]:
    """Words with the same between them, or with other words of a list between that stay the same."""
    least = looked.counts[-1]
    listed = list(compress(count(), looked.flags))
    steps = list(map(sub, listed[1:], listed))
    chosen = list(compress(looked.words, looked.flags))
    for period in range(1, _LONGEST_PERIOD + 1):
        for start, end in _even(steps, period, (least - 3) * period):
            some, places = chosen[start:end], listed[start:end]
            follow_each_other = period == 1 and places[-1] - places[0] == len(places) - 1
            if follow_each_other and b"\0" not in looked.plain[places[0] + 1 : places[-1] + 1]:
                continue  # which is how words are read anyway
            if period == 1 or sum(map(eq, some[period:], some)) >= least - 2:  # a word of the frame stays the same
                yield from _of_frame(looked, places, period)


def _even(steps: Sequence[int], period: int, least: int) -> Iterator[tuple[int, int]]:
    """Words between which, over and over, as many of no list stand (from, to): told without a look at these."""
    same = bytes(map(eq, steps[period:], steps))
    start = same.find(b"\1" * least)
    while start >= 0:
        end = same.find(b"\0", start)
        end = len(same) if end < 0 else end
        # The last step may be another one: `and` before the last word.
        yield start, end + period + 2
        start = same.find(b"\1" * least, end)


def _of_frame(looked: Words, places: Sequence[int], period: int) -> Iterator[Reading]:
    least = looked.counts[-1]
    between = [looked.between(one, other) for one, other in pairwise(places)]
    for start, end in _repeating(between, period, least):
        if period > 1 and not _has_a_constant([looked.words[place] for place in places[start : end + 1]], period):
            continue
        ends = [looked.text[looked.end(places[at]) : looked.starts[places[at + 1]]] for at in (start, end - 1)]
        if period == 1 and all(map(_PLAIN.fullmatch, ends)):
            continue  # which is how such words are read anyway
        for phase in range(start, start + period):
            words = [looked.words[place] for place in places[phase : end + 1 : period]]
            if len(words) >= least and len(set(words)) > len(words) // 2:  # else it is a word of the frame
                yield looked.starts[places[phase]], b" ".join(words)


def _has_a_constant(words: Sequence[bytes], period: int) -> bool:
    r"""Whether one word stays the same, but for what stands around the whole: `\begin`, `\item`s, `\end`."""
    return any(len(set(words[phase::period][1:-1])) == 1 for phase in range(period))


def _repeating(between: Sequence[bytes | None], period: int, least: int) -> Iterator[tuple[int, int]]:
    """Where the same stands between the words, over and over (first word, last word)."""
    start = 0
    for at in range(len(between) + 1):
        here = between[at] if at < len(between) else None
        if here is not None and (at < start + period or here == between[at - period]):
            continue
        end = at + 1 if here is not None and period == 1 and _LAST.match(here) else at
        if end - start >= (least - 1) * period:
            yield start, end
        start = max(start, at - period + 1) if here is not None else at + 1


# -- words in rows -------------------------------------------------------------------------------------------------


def _has_rows(looked: Words) -> bool:
    """Whether there may be rows of a phrase with the same words of no list between: told without a look at the text."""
    total = size = end = 0
    frame: list[bytes] | None = None
    for row in _STRETCH.finditer(looked.flags):
        between = looked.words[end : row.start()] if row.start() - end <= _LONGEST_FRAME else None
        total = total if between is not None and between == frame else size
        size = row.end() - row.start()
        total = total + size if between is not None else size
        if total >= looked.counts[-1] - 2:
            return True
        frame, end = between, row.end()
    return False


def _in_rows(looked: Words) -> Iterator[Reading]:
    """Several words a row, with the same between the rows; between two rows that are a phrase, whatever it is."""
    text, counts = looked.text, looked.counts
    rows = _rows(looked)
    if sum(end - start for start, end in rows) < counts[-1] - 2:
        return
    places = [(looked.end(one[1] - 1), looked.starts[other[0]]) for one, other in pairwise(rows)]
    # The look of what stands between: all of it is compared where that is the same.
    looks = [text[start : start + 1] + text[end - 2 : end] for start, end in places]
    for first, last in _alike(looks):
        if sum(end - start for start, end in rows[first : last + 1]) >= counts[-1] - 2:
            pairs = pairwise(rows[first : last + 1])
            between = [looked.between(one[1] - 1, other[0]) for one, other in pairs]
            for begin, limit in _alike(between):
                some = rows[first + begin : first + limit + 1]
                some += _last_row(looked, some)
                if between[begin] and (len(some) > 2 or _is_phrase(some, between[begin] or b"", counts)):
                    words = [word for start, end in some for word in looked.words[start:end]]
                    if len(set(words)) * 4 >= len(words) * 3:  # else some are words of the frame
                        yield looked.starts[some[0][0]], b" ".join(words)


def _last_row(looked: Words, rows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A row of one word or two behind the others, if there is one: the last one can be that short."""
    (_, first_end), (second, _), (*_, end) = rows[0], rows[1], rows[-1]
    at = end + second - first_end  # behind as many words of the frame
    if looked.flags[at : at + 1] != b"\1":
        return []
    if looked.between(end - 1, at) != looked.between(first_end - 1, second):
        return []
    return [(at, at + 1 + (looked.flags[at + 1 : at + 2] == b"\1"))]


def _is_phrase(rows: Sequence[tuple[int, int]], between: bytes, counts: Sequence[int]) -> bool:
    """Whether two rows are a phrase by themselves: a full one and the rest of it."""
    first, second = (end - start for start, end in rows)
    return first >= second and first + second in counts and _TWO_ROWS.search(between) is not None


def _rows(looked: Words) -> list[tuple[int, int]]:
    """Where three listed words or more stand together, with nothing but separators between (from, to)."""
    if looked.flags.count(_ROW) < 2:
        return []
    flags, plain = int.from_bytes(looked.flags), int.from_bytes(looked.plain)
    # On the list, with a separator before it, and so is the one before it: a number has all of them at once.
    follow = ((flags & plain) & (flags >> 8)).to_bytes(len(looked.flags))[1:]
    return [(found.start(), found.end() + 1) for found in _FOLLOWING.finditer(follow)]


def _alike(between: Sequence[bytes | None]) -> Iterator[tuple[int, int]]:
    """Rows (first, last) between which the same stands."""
    start = 0
    for at in range(1, len(between) + 1):
        if at == len(between) or between[at] != between[start]:
            yield start, at
            start = at


# -- words with numbers --------------------------------------------------------------------------------------------


def _in_order(text: bytes, listed: frozenset[bytes], counts: Sequence[int]) -> Iterator[Reading]:
    """Words with numbers before them, or behind them, in the order of these."""
    # Whatever the order, so many are numbered from 0 or from 1 on.
    if not all(b"%d" % number in text for number in range(counts[-1] - 1, 0, -1)):
        return
    if not _FIRST_NUMBERS.issubset(map(int, _NUMBERS.findall(text))):
        return
    marks = [(number, word) for number, word in _NUMBERED.findall(text) if number or word in listed]
    often = {mark for mark, times in Counter(marks).items() if mark[1] and times > _OFTEN}
    marks = [mark for mark in marks if mark not in often]
    shape = bytes([_NUMERAL if number else _LISTED for number, _ in marks])
    for pattern, ahead in _PAIRS:
        for found in pattern.finditer(shape):
            one, other = marks[found.start() : found.end() : 2], marks[found.start() + 1 : found.end() : 2]
            numbers, words = (one, other) if ahead else (other, one)
            pairs = [(int(number), word) for (number, _), (_, word) in zip(numbers, words, strict=True)]
            yield from ((text.find(words[0]), b" ".join(words)) for words in _sorted(pairs, counts))


def _sorted(pairs: Sequence[tuple[int, bytes]], counts: Sequence[int]) -> Iterator[list[bytes]]:
    """As many as make a phrase, whose numbers are 1 and all that follow, or 0, but not in their order."""
    numbers = [number for number, _ in pairs]
    # A sum that few other numbers have: what has it is looked at.
    sums = [0, *accumulate(number**3 for number in numbers)]
    for size in counts:
        for first in (1, 0):
            wanted = list(range(first, first + size))
            total = sum(number**3 for number in wanted)
            begun = before = -2  # of none
            for start in compress(count(), map(total.__eq__, map(sub, sums[size:], sums))):
                # Where lists of one order follow one another, each begins a list's length behind the other.
                begun = begun if start == before + 1 else start
                before = start
                some = numbers[start : start + size]
                is_begin = (start - begun) % size == 0 or some[0] in (wanted[0], wanted[-1])
                if is_begin and some != wanted and sorted(some) == wanted:
                    yield [word for _, word in sorted(pairs[start : start + size])]


# -- words that touch others ---------------------------------------------------------------------------------------


def _touching(looked: Words) -> Iterator[Reading]:
    """Words whose first and last touch other letters: a database writes its columns one behind the other."""
    for start, end in _stretches(looked, looked.counts[-1] - 2):
        words = looked.words[start:end]
        before = looked.words[start - 1] if _follows(looked, start) else b""
        after = looked.words[end] if end < len(looked.words) and _follows(looked, end) else b""
        for first in _endings(words[0], before, looked.listed):
            for last in _beginnings(words[-1], after, looked.listed):
                yield looked.starts[start], b" ".join([*first, *words[1:-1], *last])


def _stretches(looked: Words, least: int) -> Iterator[tuple[int, int]]:
    """Words of a list with nothing but space between (from, to)."""
    flags = looked.flags
    start = flags.find(b"\1" * least)
    while start >= 0:
        end = start + 1
        while end < len(flags) and flags[end] and _follows(looked, end):
            end += 1
        if end - start >= least:
            yield start, end
        start = flags.find(b"\1" * least, end)


def _follows(looked: Words, at: int) -> bool:
    """Whether a word stands behind another with nothing but space between."""
    return at > 0 and looked.before[at].isspace()


def _endings(word: bytes, before: bytes, listed: frozenset[bytes]) -> list[list[bytes]]:
    """How a run that begins with `word`, behind the token `before`, may begin."""
    return [
        [word],
        *([word[-size:]] for size in range(_SHORTEST, len(word)) if word[-size:] in listed),
        *([before[-size:], word] for size in _sizes(before) if before[-size:] in listed),
    ]


def _beginnings(word: bytes, after: bytes, listed: frozenset[bytes]) -> list[list[bytes]]:
    """How a run that ends with `word`, before the token `after`, may end."""
    return [
        [word],
        *([word[:size]] for size in range(_SHORTEST, len(word)) if word[:size] in listed),
        *([word, after[:size]] for size in _sizes(after) if after[:size] in listed),
    ]


def _sizes(token: bytes) -> range:
    return range(_SHORTEST, min(len(token), _LONGEST) + 1)
