"""How people and programs lay words out: other readings of a text, in which the words of a phrase follow each other.

What stands between two words of a list may be anything, as long as it is the same between all of them: tags, the names
of settings, time stamps, whatever a log or a chat begins its lines with. Numbers count as one number. Words in columns
are put in the order of the numbers beside them. The marks of comments and of patches are no part of a line; and where
no text is, a word may touch other letters.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import accumulate, compress, count, pairwise, repeat
from operator import add, eq, sub

from gitbtc.keys import words as lists
from gitbtc.keys.joined import TAG
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    # Where it begins, and its words with what stands between them there.
    Reading = tuple[int, bytes]

# What may stand between two words of a phrase without more ado: white space, comma, quotes, brackets, hyphen, the marks
# of lists and tables.
_SEPARATING = b" \t\n\r\f\v,;|*\"'`()[]{}<>\0-"
SEPARATORS = re.escape(_SEPARATING)
_PLAIN = compiled(rb"[" + SEPARATORS + rb"]*(?:\b[0-9]{1,2}[.:]?[" + SEPARATORS + rb"]+)?")
# Some of these, and numbers of at most two digits.
_STRICT = compiled(
    rb"[" + SEPARATORS + rb"]+(?:[0-9]{1,2}(?:[.:](?![0-9])[" + SEPARATORS + rb"]*|[" + SEPARATORS + rb"]+))*"
)
# What is a part of a word though no letter.
_OF_WORDS = frozenset(b"0123456789_")

_IS_LETTER = compiled(rb"[a-z\x80-\xff]")
# Splitting at blanks is several times faster than an expression: for the words all else becomes a blank, and for what
# stands between them every letter does, and white space what the letters were.
_LETTERS_ALONE = bytes(byte if _IS_LETTER.match(bytes([byte])) else ord(" ") for byte in range(256))
_WHITE = b" \t\n\r\v\f"
_HIDDEN_WHITE = bytes(range(0x80, 0x80 + len(_WHITE)))
_OTHERS_ALONE = bytes(
    ord(" ") if _IS_LETTER.match(bytes([byte])) else shown
    for byte, shown in enumerate(bytes.maketrans(_WHITE, _HIDDEN_WHITE))
)
_SHOWN_WHITE = bytes.maketrans(_HIDDEN_WHITE, _WHITE)
# What is said of what stands between two words, in the bits of a byte.
_IS_PLAIN, _IS_STRICT, _ENDS_A_WORD, _BEGINS_A_WORD = 1, 2, 4, 8
# What counts: digits, letters and Roman numerals before a point or a bracket. And blanks, which fill a column.
_NUMBER = compiled(rb"[0-9]+(?:(?:st|nd|rd|th)\b)?|(?<![a-z])(?:[a-z]|[ivx]{2,5})(?=[.):])")
_ROMAN = b"ivx"
_BLANKS = compiled(rb"[ \t]{2,}")
_ORDINALS = (
    b"first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    b" sixteenth seventeenth eighteenth nineteenth one two three four five six seven eight nine ten eleven twelve"
    b" thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_SPELLED = compiled(
    rb"\b(?:twent(?:ieth|y(?:[ -](?:first|second|third|fourth|one|two|three|four))?)|" + b"|".join(_ORDINALS) + rb")\b"
)
# Among these nothing counts.
_WORDS_ALONE = b"abcdefghijklmnopqrstuvwxyz "
# The longest that stands between two words: the rest of a record, of a line of a subtitle.
_MOST_BETWEEN = 200
# More words than can stand between two, as a byte.
_FAR = 255
_FARTHER = bytes(_FAR)
_IS_ZERO = bytes([1]).ljust(256, b"\0")
# Fewer different words make no phrase.
_DIFFERENT = 9
# So many words that are on a list may stand in the frame itself: `<word index="1">` has three.
_LONGEST_PERIOD = 5
# What may stand before the last word of a list that a person wrote.
_LAST = compiled(rb",? (?:and|or|&|plus|und|oder|et|ou|y|e|i|en|og|och) \Z")

# Lines that begin with the mark of a comment or with a sign of a patch, one under the other.
_MARK = compiled(rb"(?m)^[ \t]*(?:[+#;%!]+|//+|--+)")
_MARKED_LINES = compiled(rb"(?m)(?:^[ \t]*(?:[+#;%!]|//|--)[^\n]*\n?){2,}")
# Its second line: found many times faster.
_SECOND_MARK = compiled(rb"\n[ \t]*(?:[+#;%!]|//|--)")
_HUNK = compiled(rb"(?m)^@@ .*\n((?:[ +\-\\][^\n]*(?:\n|\Z)|\n)+)")

# What no text holds.
_BINARY = bytes([*range(0x09), *range(0x0E, 0x20)])
_SHORTEST, _LONGEST = 3, 32  # bytes of a word

# A number of at most two digits, or a word that can be on a list.
_NUMBERED = compiled(rb"(?<![0-9a-z\x80-\xff.])([0-9]{1,2})(?:st|nd|rd|th)?(?![0-9a-z])|([a-z\x80-\xff]{3,})")
_NUMERAL, _LISTED = 1, 2
# The same number alone. Its digit comes first, so that the search is one for digits.
_NUMBERS = compiled(rb"[0-9](?<![0-9a-z\x80-\xff.][0-9])[0-9]?(?=(?:st|nd|rd|th)?(?![0-9a-z]))")
# Of a text's numbers these are the seldomest of those that have to be there.
_TENTH, _ELEVENTH = (
    compiled(rb"%b(?<![0-9a-z\x80-\xff.]%b)(?:st|nd|rd|th)?(?![0-9a-z])" % (number, number))
    for number in (b"10", b"11")
)
# Whatever the order, and whether they begin with 0 or with 1, these are among the numbers of twelve words.
_FIRST_NUMBERS = frozenset(b"%d" % number for number in range(1, 12))
# A word of a list that stands there so often is one of the frame.
_OFTEN = 9
_PAIRS = ((compiled(rb"(?:\x01\x02){12,}"), True), (compiled(rb"(?:\x02\x01){12,}"), False))

# Words of a list that follow one another.
_SHORTEST_ROW = 3
_ROW = b"\1" * _SHORTEST_ROW
_STRETCH = compiled(rb"\x01{3,}")
_LONGEST_FRAME = 16  # words
_LONG = 6  # letters, more than a Roman numeral has
# Between two rows alone: on a line of its own, and more than the end of a sentence.
_TWO_ROWS = compiled(rb"[^\s.,;:!?].*\n|\n.*[^\s.,;:!?]", re.DOTALL)


class Words:
    """The words of `text`, which is in lower case and NFKD, in order.

    For each of the lists `names` of which enough stand there, `lists` has a 1 for each word that is on it. `counts` are
    how many of them make a phrase, the most first.
    """

    __slots__ = ("_are_spelled", "_before", "_kinds", "_marks", "_names", "_starts", "counts", "lists", "text", "words")

    def __init__(self, text: bytes, names: Sequence[str], counts: Sequence[int]) -> None:
        self.text = text
        self.counts = counts
        self.words = text.translate(_LETTERS_ALONE).split()
        self.lists = self._flags(names) if len(self.words) >= self.enough else {}
        self._names = names
        self._before: list[bytes] = []
        self._starts: list[int] = []
        self._kinds = b""
        self._marks: list[tuple[bytes, bytes]] | None = None
        self._are_spelled: bool | None = None

    @property
    def enough(self) -> int:
        """So many words of a list make a phrase together with those that touch other letters."""
        return self.counts[-1] - 2

    def _flags(self, names: Sequence[str]) -> dict[str, bytes]:
        classes = lists.classes_of(self.words, names)
        flags = ((name, classes.translate(lists.of_class(name))) for name in names)
        return {name: of_list for name, of_list in flags if of_list.count(1) >= self.enough}

    def follow_each_other(self, size: int) -> bool:
        """Whether so many of one list do, whatever stands between them that is no letter."""
        return any(b"\1" * size in flags for flags in self.lists.values())

    def read_otherwise(self, text: bytes) -> Words:
        """The words of another reading of the text, for the same lists."""
        return Words(text, self._names, self.counts)

    # What few texts need.

    @property
    def before(self) -> list[bytes]:
        """What stands before each word, and behind the last one, with other bytes for white space."""
        if not self._before:
            others = self.text.translate(_OTHERS_ALONE)
            first = [] if others[:1].strip() else [b""]
            last = [] if others[-1:].strip() else [b""]
            self._before = first + others.split() + last
        return self._before

    @property
    def kinds(self) -> bytes:
        """For each word, and for the end, what is said of what stands before it."""
        if not self._kinds:
            self._kinds = bytes(map(_kind, self.before))
        return self._kinds

    @property
    def starts(self) -> list[int]:
        """Where each word begins."""
        if not self._starts:
            first, *others = map(len, self.before)
            *self._starts, _ = accumulate(map(add, map(len, self.words), others), initial=first)
        return self._starts

    def end(self, at: int) -> int:
        """Where the word number `at` ends."""
        return self.starts[at] + len(self.words[at])

    def between(self, one: int, other: int) -> bytes | None:
        """What stands between two words, each number as 0; None where they are too far apart."""
        start, end = self.end(one), self.starts[other]
        if end - start > _MOST_BETWEEN:
            return None
        found = self.text[start:end]
        if not found.translate(None, _WORDS_ALONE) and b"  " not in found:
            return found
        return _BLANKS.sub(b" ", _NUMBER.sub(b"0", found))

    @property
    def marks(self) -> list[tuple[bytes, bytes]]:
        """Every number and word, in order, where numbers of a phrase's words may be; else none."""
        if self._marks is None:
            self._marks = _NUMBERED.findall(self.text) if _are_numbered(self.text) else []
        return self._marks

    @property
    def are_spelled(self) -> bool:
        """Whether numbers of a phrase's words may be words themselves."""
        if self._are_spelled is None:
            self._are_spelled = b"twel" in self.text and (b"twelfth" in self.text or b"twelve" in self.text)
        return self._are_spelled

    def following(self, listed: str, kind: int) -> bytes:
        """For each word but the first whether it and the one before are on the list `listed`, and what stands between
        them is of the kind: one number has all words at once.
        """
        flags = int.from_bytes(self.lists[listed])
        is_so = int.from_bytes(self.kinds[: len(self.words)].translate(_OF_KIND[kind]))
        return (flags & is_so & flags >> 8).to_bytes(len(self.words))[1:]

    def runs(self, listed: str) -> Iterator[tuple[int, int]]:
        """Where so many words of a list follow one another that a phrase may be among them (from, to), with nothing
        between but separators and numbers.
        """
        least = self.counts[-1]
        if b"\1" * least not in self.lists[listed]:
            return
        for start, end in _stretches(self.following(listed, _IS_STRICT), least - 1):
            first = start + (not self.kinds[start] & _BEGINS_A_WORD)
            last = end + (self.kinds[end + 1] & _ENDS_A_WORD > 0)
            if last - first >= least:
                yield first, last


@lru_cache(maxsize=1 << 14)
def _kind(hidden: bytes) -> int:
    separator = hidden.translate(_SHOWN_WHITE)
    if not separator.translate(None, _SEPARATING):  # most are, and no expression is needed for them
        return _IS_PLAIN | _IS_STRICT * (separator != b"") | _ENDS_A_WORD | _BEGINS_A_WORD
    return (
        _IS_PLAIN * (_PLAIN.fullmatch(separator) is not None)
        | _IS_STRICT * (_STRICT.fullmatch(separator) is not None)
        | _ENDS_A_WORD * (not separator or separator[0] not in _OF_WORDS)
        | _BEGINS_A_WORD * (not separator or separator[-1] not in _OF_WORDS)
    )


_OF_KIND = {kind: bytes(byte & kind > 0 for byte in range(256)) for kind in (_IS_PLAIN, _IS_STRICT)}


def _stretches(flags: bytes, least: int) -> Iterator[tuple[int, int]]:
    """Where so many ones or more stand together (from, to)."""
    start = flags.find(b"\1" * least)
    while start >= 0:
        end = flags.find(b"\0", start)
        end = len(flags) if end < 0 else end
        yield start, end
        start = flags.find(b"\1" * least, end)


def readings(looked: Words, listed: str) -> Iterator[Reading]:
    """The other readings of a text, for the words of a list."""
    flags = looked.lists[listed]
    yield from _framed(looked, listed)
    if _has_rows(looked, flags):
        yield from _in_rows(looked, listed)
    yield from _in_order(looked, listed)
    if looked.are_spelled:
        yield from _spelled(looked, listed)
    if b"\1" * looked.enough in flags and len(looked.text.translate(None, _BINARY)) < len(looked.text):
        yield from _touching(looked, listed)


def _spelled(looked: Words, listed: str) -> Iterator[Reading]:
    """With digits for numbers that are spelled out."""
    counted = looked.read_otherwise(_SPELLED.sub(b"0", looked.text))
    yield 0, counted.text
    if listed in counted.lists:
        yield from ((0, phrase) for _, phrase in _framed(counted, listed))


# -- lines with marks ----------------------------------------------------------------------------------------------


def unmarked(looked: Words) -> Iterator[Reading]:
    """The lines of comments and of patches without what they begin with: of a hunk, the lines of either file."""
    text = looked.text
    is_marked = b"\n" in text and looked.follow_each_other(looked.counts[-1]) and _SECOND_MARK.search(text)
    for found in _MARKED_LINES.finditer(text) if is_marked else ():
        yield found.start(), _MARK.sub(b"", found[0])
    for found in _HUNK.finditer(text) if b"@@ " in text and looked.lists else ():
        lines = found[1].split(b"\n")
        for other in (b"-", b"+"):
            yield found.start(), b"\n".join([line[1:] for line in lines if line[:1] != other])


def untagged(looked: Words) -> bytes | None:
    """A page with blanks for its tags, as many as they have letters: cells and rows of a table have other ones between.

    None where there are too few of them.
    """
    if not looked.lists or looked.text.count(b"</") < looked.enough:
        return None
    return TAG.sub(lambda tag: b" " * len(tag[0]), looked.text)


# -- words in frames -----------------------------------------------------------------------------------------------


def _framed(looked: Words, listed: str) -> Iterator[Reading]:
    """Words with the same between them, or with other words of a list between that stay the same."""
    least = looked.counts[-1]
    flags = looked.lists[listed]
    others = map(len, flags.split(b"\1")[1:-1])
    steps = bytes(map(min, others, repeat(_FAR)) if _FARTHER in flags else others)
    chosen: list[bytes] = []
    listed_at: list[int] = []
    for period in range(1, _LONGEST_PERIOD + 1):
        for start, end in _even(steps, period, (least - 3) * period):
            chosen = chosen or list(compress(looked.words, flags))
            listed_at = listed_at or list(compress(count(), flags))
            some, places = chosen[start:end], listed_at[start:end]
            if period == 1 and _are_read_anyway(looked, places):
                continue
            if period > 1 and sum(map(eq, some[period:], some)) < least - 2:
                continue  # no word of the frame stays the same
            if any(len(set(some[phase::period])) >= _DIFFERENT for phase in range(period)):
                yield from _of_frame(looked, places, period)


def _are_read_anyway(looked: Words, places: Sequence[int]) -> bool:
    """Whether nothing stands between the words but what may."""
    first, last = places[0], places[-1]
    kinds = looked.kinds[first + 1 : last + 1]
    return last - first == len(places) - 1 and 0 not in kinds.translate(_OF_KIND[_IS_PLAIN])


def _even(steps: bytes, period: int, least: int) -> Iterator[tuple[int, int]]:
    """Words between which, over and over, as many of no list stand (from, to): told without a look at these."""
    size = len(steps) - period
    if size < least:
        return
    differ = int.from_bytes(steps[period:]) ^ int.from_bytes(steps[:size])
    # The last step may be another one: `and` before the last word.
    for start, end in _stretches(differ.to_bytes(size).translate(_IS_ZERO), least):
        yield start, end + period + 2


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
        end = at + 1 if here is not None and period == 1 and here.count(b" ") == 2 and _LAST.match(here) else at
        if end - start >= (least - 1) * period:
            yield start, end
        start = max(start, at - period + 1) if here is not None else at + 1


# -- words in rows -------------------------------------------------------------------------------------------------


def _has_rows(looked: Words, flags: bytes) -> bool:
    """Whether there may be rows of a phrase with the same words of no list between: told without a look at the text."""
    if flags.count(_ROW) < 2 and b"\1" * looked.enough not in flags:
        return False
    total = size = end = 0
    frame: list[bytes] | None = None
    for row in _STRETCH.finditer(flags):
        between = looked.words[end : row.start()] if row.start() - end <= _LONGEST_FRAME else None
        total = total if between is not None and between == frame else size
        size = row.end() - row.start()
        total = total + size if between is not None else size
        if total >= looked.enough and _are_different(looked, flags, row.end()):
            return True
        frame, end = between, row.end()
    return False


def _are_different(looked: Words, flags: bytes, end: int) -> bool:
    """Whether the words of a list that end there, enough for a phrase, differ."""
    last, start = 0, end
    while last < looked.enough:
        start -= 1
        last += flags[start]
    return len(set(compress(looked.words[start:end], flags[start:end]))) > _DIFFERENT - 3


def _in_rows(looked: Words, listed: str) -> Iterator[Reading]:
    """Several words a row, with the same between the rows; between two rows that are a phrase, whatever it is."""
    text = looked.text
    rows = _rows(looked, listed)
    if sum(end - start for start, end in rows) < looked.enough:
        return
    ends, begins = [looked.end(end - 1) for _, end in rows], [looked.starts[start] for start, _ in rows]
    # The look of what stands between: all of it is compared where that is the same.
    looks = [
        (other[0] - one[1], text[end : end + 1], text[begin - 2 : begin], _of_frame_word(looked, one[1], other[0]))
        for (one, other), end, begin in zip(pairwise(rows), ends, begins[1:], strict=False)
    ]
    sizes = [0, *accumulate(end - start for start, end in rows)]
    for first, last in _alike(looks):
        if sizes[last + 1] - sizes[first] >= looked.enough - 2 and (
            last - first > 1 or _may_be_two(looked, listed, rows[first : last + 1])
        ):
            between = [looked.between(one[1] - 1, other[0]) for one, other in pairwise(rows[first : last + 1])]
            for begin, limit in _alike(between):
                some = rows[first + begin : first + limit + 1]
                some += _last_row(looked, listed, some)
                if between[begin] and (len(some) > 2 or _is_phrase(some, between[begin] or b"", looked.counts)):
                    words = [word for start, end in some for word in looked.words[start:end]]
                    if len(set(words)) * 4 >= len(words) * 3:  # else some are words of the frame
                        yield looked.starts[some[0][0]], b" ".join(words)


def _of_frame_word(looked: Words, start: int, end: int) -> bytes:
    """The first of the words between two rows, if there is one and it is no numeral nor the end of one."""
    word = looked.words[start] if start < end else b""
    return word if len(word) > 2 and word.translate(None, _ROMAN) and word.isascii() else b""


def _may_be_two(looked: Words, listed: str, rows: Sequence[tuple[int, int]]) -> bool:
    """Whether two rows can be a phrase: on two lines, or with one more word behind them."""
    (_, end), (start, _) = rows
    if looked.text.find(b"\n", looked.starts[end - 1], looked.starts[start]) >= 0:
        return True
    last = rows[1][1]
    frames = zip(looked.words[end:start], looked.words[last : last + start - end], strict=False)
    # Numerals in letters count on.
    return _next_row(looked, listed, rows) > 0 and all(one == other or len(one) < _LONG for one, other in frames)


def _last_row(looked: Words, listed: str, rows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A row of one word or two behind the others, if there is one: the last one can be that short."""
    at = _next_row(looked, listed, rows)
    if not at or looked.between(rows[-1][1] - 1, at) != looked.between(rows[0][1] - 1, rows[1][0]):
        return []
    return [(at, at + 1 + (looked.lists[listed][at + 1 : at + 2] == b"\1"))]


def _next_row(looked: Words, listed: str, rows: Sequence[tuple[int, int]]) -> int:
    """The word behind the rows and as many words of the frame, if it is on the list; else 0."""
    at = rows[-1][1] + rows[1][0] - rows[0][1]
    return at if looked.lists[listed][at : at + 1] == b"\1" else 0


def _is_phrase(rows: Sequence[tuple[int, int]], between: bytes, counts: Sequence[int]) -> bool:
    """Whether two rows are a phrase by themselves: a full one and the rest of it."""
    first, second = (end - start for start, end in rows)
    return first >= second and first + second in counts and _TWO_ROWS.search(between) is not None


def _rows(looked: Words, listed: str) -> list[tuple[int, int]]:
    """Where three words of a list or more stand together, with nothing but separators between (from, to)."""
    return [(start, end + 1) for start, end in _stretches(looked.following(listed, _IS_PLAIN), _SHORTEST_ROW - 1)]


def _alike(between: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Rows (first, last) between which the same stands."""
    start = 0
    for at in range(1, len(between) + 1):
        if at == len(between) or between[at] != between[start]:
            yield start, at
            start = at


# -- words with numbers --------------------------------------------------------------------------------------------


def _in_order(looked: Words, listed: str) -> Iterator[Reading]:
    """Words with numbers before them, or behind them, in the order of these."""
    if not looked.marks:
        return
    text, counts, words_of_list = looked.text, looked.counts, lists.numbers(listed)
    marks = [(number, word) for number, word in looked.marks if number or word in words_of_list]
    often = {mark for mark, times in Counter(marks).items() if mark[1] and times > _OFTEN}
    marks = [mark for mark in marks if mark not in often]
    shape = bytes([_NUMERAL if number else _LISTED for number, _ in marks])
    for pattern, ahead in _PAIRS:
        for found in pattern.finditer(shape):
            one, other = marks[found.start() : found.end() : 2], marks[found.start() + 1 : found.end() : 2]
            numbers, words = (one, other) if ahead else (other, one)
            pairs = [(int(number), word) for (number, _), (_, word) in zip(numbers, words, strict=True)]
            yield from ((text.find(words[0]), b" ".join(words)) for words in _sorted(pairs, counts))


def _are_numbered(text: bytes) -> bool:
    """Whether numbers that follow one another, each of them once, have the first eleven among them."""
    if not all(number in text for number in _FIRST_NUMBERS) or not _TENTH.search(text) or not _ELEVENTH.search(text):
        return False
    last = dict.fromkeys(_FIRST_NUMBERS, -1)
    start = 0
    for at, digits in enumerate(_NUMBERS.findall(text)):
        number = digits.lstrip(b"0")
        start = max(start, last.get(number, -1) + 1)
        last[number] = at
        if at - start >= len(_FIRST_NUMBERS) and min(map(last.__getitem__, _FIRST_NUMBERS)) >= start:
            return True
    return False


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


def _touching(looked: Words, listed: str) -> Iterator[Reading]:
    """Words whose first and last touch other letters: a database writes its columns one behind the other."""
    words_of_list = lists.numbers(listed)
    for start, end in _apart(looked, looked.lists[listed]):
        words = looked.words[start:end]
        before = looked.words[start - 1] if _follows(looked, start) else b""
        after = looked.words[end] if end < len(looked.words) and _follows(looked, end) else b""
        for first in _endings(words[0], before, words_of_list):
            for last in _beginnings(words[-1], after, words_of_list):
                yield looked.starts[start], b" ".join([*first, *words[1:-1], *last])


def _apart(looked: Words, flags: bytes) -> Iterator[tuple[int, int]]:
    """Enough words of a list with nothing but space between (from, to)."""
    least = looked.enough
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
    return at > 0 and not looked.before[at].translate(None, _HIDDEN_WHITE)


def _endings(word: bytes, before: bytes, listed: Container[bytes]) -> list[list[bytes]]:
    """How a run that begins with `word`, behind the token `before`, may begin."""
    return [
        [word],
        *([word[-size:]] for size in range(_SHORTEST, len(word)) if word[-size:] in listed),
        *([before[-size:], word] for size in _sizes(before) if before[-size:] in listed),
    ]


def _beginnings(word: bytes, after: bytes, listed: Container[bytes]) -> list[list[bytes]]:
    """How a run that ends with `word`, before the token `after`, may end."""
    return [
        [word],
        *([word[:size]] for size in range(_SHORTEST, len(word)) if word[:size] in listed),
        *([word, after[:size]] for size in _sizes(after) if after[:size] in listed),
    ]


def _sizes(token: bytes) -> range:
    return range(_SHORTEST, min(len(token), _LONGEST) + 1)
