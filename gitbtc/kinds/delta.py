"""What changed between two versions of a state file, found without parsing what did not.

Canonical files are sorted and mostly equal. Equal stretches are compared as bytes, at memory speed; where the two
files differ, both runs of lines are walked in key order until they agree again, and only those lines are parsed.
A file that is not canonical is parsed whole.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import accumulate, pairwise

from gitbtc.kinds import codec, json_text
from gitbtc.kinds.frame import ARRAY
from gitbtc.progress import doing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from mmap import mmap

    from gitbtc.kinds.frame import Frame
    from gitbtc.kinds.kind import Key, Kind, Record

    Buffer = bytes | mmap

_FIRST_BLOCK, _LARGEST_BLOCK, _SMALLEST_BLOCK = 4096, 16384, 256


class Change:
    """One record that differs: `old` and `new` are its canonical lines, None where it does not exist.

    `at` is the offset in the old file where the old line begins, or where the new one would be inserted.
    """

    __slots__ = ("at", "key", "new", "new_record", "old", "old_record")

    def __init__(self, key: Key, old: RecordLine | None, new: RecordLine | None, at: int) -> None:
        self.key = key
        self.old: bytes | None = old.text if old else None
        self.new: bytes | None = new.text if new else None
        self.old_record: Record | None = old.record if old else None
        self.new_record: Record | None = new.record if new else None
        self.at = at


class RecordLine:
    """A record line: its bytes, the record, the key."""

    __slots__ = ("key", "record", "text")

    def __init__(self, text: bytes, record: Record, key: Key) -> None:
        self.text = text
        self.record = record
        self.key = key


class NotCanonical(Exception):
    """The files cannot be walked line by line; they have to be parsed whole."""


def delta(kind: Kind, old: Buffer, new: Buffer) -> list[Change]:
    """The changed records from `old` to `new`, in key order; an empty buffer has no records. Raises Malformed."""
    try:
        return walk(kind, old, new)
    except NotCanonical:
        return compare(kind, codec.keyed(kind, old[:]), codec.keyed(kind, new[:]))


def compare(kind: Kind, old: dict[Key, bytes], new: dict[Key, bytes]) -> list[Change]:
    """The same from lines by key. Both mappings are in key order."""
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    changed.sort()
    return [Change(key, _line(kind, old.get(key)), _line(kind, new.get(key)), -1) for key in changed]


def _line(kind: Kind, text: bytes | None) -> RecordLine | None:
    if text is None:
        return None
    record = codec.decode_line(kind, text)
    return RecordLine(text, record, codec.key_of(kind, record, text))


def place(kind: Kind, content: Buffer, key: Key, within: tuple[int, int]) -> tuple[int, int]:
    """Where the line of the record of that key begins, and its line end stands, in a canonical file whose lines lie
    `within` these offsets (`body`): found by bisection. Where there is none, twice where it would begin. Malformed.
    """
    begin, end = within
    while begin < end:
        start = max(content.rfind(b"\n", 0, (begin + end) // 2) + 1, begin)  # of the line in the middle
        stop = content.find(b"\n", start)
        found = codec.key_on(kind, content[start:stop].removesuffix(kind.frame.end[:-1]))
        if found == key:
            return start, stop
        if found < key:
            begin = stop + 1
        else:
            end = start
    return begin, begin


def line_of(kind: Kind, content: Buffer, key: Key) -> bytes | None:
    """The canonical line of the record of that key, found by bisection in a canonical file; None where there is none.
    Malformed.
    """
    try:
        start, stop = place(kind, content, key, body(content, kind.frame))
    except NotCanonical:
        return codec.keyed(kind, content[:]).get(key)
    return content[start:stop].removesuffix(kind.frame.end[:-1]) if start < stop else None


def count(kind: Kind, content: Buffer) -> int:
    """How many records a canonical array file has. Raises NotCanonical for one that does not look like it."""
    begin, end = body(content, kind.frame)
    return content[begin:end].count(b"\n")


_FEW = 4096  # bytes of the file for each record that changes: where there are less, all are written anew


def spliced(kind: Kind, content: bytes, lines: Mapping[Key, bytes | None]) -> bytes:
    """A canonical file with some records, by their keys, as these lines are: None for one that is to go. What stays is
    not parsed, but where most of the file changes. Malformed.
    """
    try:
        begin, end = body(content, kind.frame)
    except NotCanonical:
        begin = end = 0
    if not kind.is_array or begin == end or end - begin < _FEW * len(lines):
        return _written_anew(kind, content, lines)
    close, pieces, done = kind.frame.end, [], begin
    for key in sorted(lines):
        start, stop = place(kind, content, key, (done, end))
        pieces.append(content[done:start])
        if start == end and start > done:  # the last line lacks its comma
            pieces[-1] = content[done : start - 1] + close
        done = min(stop + 1, end) if start < stop else start
        line = lines[key]
        if line is not None:
            pieces += [line, close]
    pieces += [content[done : end - 1] + close] if done < end else []
    text = b"".join(pieces)
    return kind.frame.head + text[: -len(close)] + b"\n" + kind.frame.foot if text else kind.frame.empty


def _written_anew(kind: Kind, content: bytes, lines: Mapping[Key, bytes | None]) -> bytes:
    held: dict[Key, bytes | None] = {**codec.keyed(kind, content), **lines}
    return codec.encode_lines(kind, [line for key in sorted(held) if (line := held[key]) is not None])


def body(content: Buffer, frame: Frame = ARRAY) -> tuple[int, int]:
    """Where the record lines of a canonical list begin and end; NotCanonical for another layout."""
    if len(content) == 0 or content[:4] == frame.empty:
        return 0, 0
    head, foot = frame.head, frame.foot
    if content[: len(head) + 1] != head + b"{" or content[-len(foot) - 2 :] != b"}\n" + foot:
        raise NotCanonical
    return len(head), len(content) - len(foot)


@contextmanager
def remembered() -> Iterator[None]:
    """Walk each pair of buffers once within: many checks ask for the same ones, which are the same objects then. What
    is told of them is shared, and nobody may change it.
    """
    _walked.append([])
    try:
        yield
    finally:
        _walked.pop()


_Walked = tuple["Kind", "Buffer", "Buffer", "list[Change] | None"]  # None: not canonical
_walked: list[list[_Walked]] = []
_REMEMBERED = 12  # pairs: those of each kind's file between the sides of a merge and what it comes to


def walk(kind: Kind, old: Buffer, new: Buffer) -> list[Change]:
    """The changed records of two canonical array files; NotCanonical when one of them turns out not to be one."""
    if not _walked:
        return _walk(kind, old, new)
    pairs = _walked[-1]
    found = next((one for one in pairs if one[0] is kind and one[1] is old and one[2] is new), None)
    if found is None:
        try:
            changes: list[Change] | None = _walk(kind, old, new)
        except NotCanonical:
            changes = None
        found = kind, old, new, changes
        pairs.insert(0, found)
        del pairs[_REMEMBERED:]
    if found[3] is None:
        raise NotCanonical
    return found[3]


def _walk(kind: Kind, old: Buffer, new: Buffer) -> list[Change]:
    if not kind.is_array:
        raise NotCanonical
    json_text.expect(max(len(old), len(new)))
    with doing(f"comparing {kind.noun[1]}"):
        return _compared(kind, old, new)


def _compared(kind: Kind, old: Buffer, new: Buffer) -> list[Change]:
    before, after = _LineReader(kind, old), _LineReader(kind, new)
    if before.is_empty != after.is_empty:
        return _all_of(kind, before, after)
    changes: list[Change] = []
    while True:
        if not before.is_read and not after.is_read:
            agreed = _agreement(before, after)
            before.at += agreed
            after.at += agreed
        gone, come = before.text(), after.text()
        if gone is None and come is None:
            break
        if gone == come:  # they differ in the comma that the last line lacks
            before.skip()
            after.skip()
            continue
        start = after.at
        changes.append(_step(before, after))
        if changes[-1].old is None and not after.is_after_smaller(start, changes[-1].key):
            raise NotCanonical
    _confirm(changes)
    return changes


def _all_of(kind: Kind, before: _LineReader, after: _LineReader) -> list[Change]:
    """The same where one of the two has no records: many are read in one go faster than one after the other."""
    reader = after if before.is_empty else before
    found: list[RecordLine] = []
    try:
        for read in codec.read_to_keep(kind, reader.content[:]):
            found += map(RecordLine, read.lines, read.records, read.keys)
    except codec.Malformed:
        raise NotCanonical from None
    if before.is_empty:
        return [Change(line.key, None, line, before.at) for line in found]
    ends = accumulate((len(line.text) + len(kind.frame.end) for line in found), initial=before.at)
    return [Change(line.key, line, None, at) for line, at in zip(found, ends, strict=False)]


def _step(before: _LineReader, after: _LineReader) -> Change:
    """Take the line with the smaller key, or both when they are two versions of one record; one at least is left."""
    gone, come, at = before.line(), after.line(), before.at
    key = min(line.key for line in (gone, come) if line is not None)
    old = before.taken(gone) if gone is not None and gone.key == key else None
    new = after.taken(come) if come is not None and come.key == key else None
    return Change(key, old, new, at)


class _LineReader:
    """The record lines of one file, read from the front."""

    __slots__ = ("_kind", "_line", "_text", "at", "content", "end")

    def __init__(self, kind: Kind, content: Buffer) -> None:
        self._kind = kind
        self.content = content
        self.at, self.end = body(content, kind.frame)
        self._text: bytes | None = None
        self._line: RecordLine | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is no line left."""
        return self.at >= self.end

    @property
    def is_read(self) -> bool:
        """Whether a line was looked at that is not yet taken."""
        return self._text is not None

    def text(self) -> bytes | None:
        """The next line without its comma; None at the end."""
        if self._text is None and self.at < self.end:
            text = self.content[self.at : self.content.find(b"\n", self.at)]
            self._text = text[:-1] if self._kind.frame.has_commas and text.endswith(b",") else text
        return self._text

    def line(self) -> RecordLine | None:
        """The next line, parsed; None at the end."""
        text = self._text if self._text is not None else self.text()
        if self._line is None and text is not None:
            try:
                record, key = codec.taken_for_canonical(self._kind, text)
            except codec.Malformed:
                raise NotCanonical from None
            self._line = RecordLine(text, record, key)
        return self._line

    def taken(self, line: RecordLine) -> RecordLine:
        """`line`, the next one, which has to be canonical: one that was only looked at is unchanged, as a rule."""
        if not codec.is_line_of(self._kind, line.record, line.text):
            raise NotCanonical
        self.skip()
        return line

    def is_after_smaller(self, start: int, key: Key) -> bool:
        """Whether the line before offset `start` has a smaller key than `key`, or there is none."""
        first = body(self.content, self._kind.frame)[0]
        if start <= first:
            return True
        line = self.content[self.content.rfind(b"\n", max(first - 1, 0), start - 1) + 1 : start - 1]
        try:
            return codec.key_on(self._kind, line.removesuffix(self._kind.frame.end[:-1])) < key
        except codec.Malformed:
            raise NotCanonical from None

    def skip(self) -> None:
        """Take the next line."""
        self.at += len(self._text or b"") + len(self._kind.frame.end)
        self._text = self._line = None


def _confirm(changes: list[Change]) -> None:
    """That the walk met the records in ascending order; else what it found may be wrong."""
    if any(one.key >= other.key for one, other in pairwise(changes)):
        raise NotCanonical


def _agreement(before: _LineReader, after: _LineReader) -> int:
    """How many bytes of whole lines are equal in both from here on."""
    old, new, i, j = before.content, after.content, before.at, after.at
    most = min(before.end - i, after.end - j)
    done, block = 0, _FIRST_BLOCK
    while done < most:
        size = min(block, most - done)
        one, other = old[i + done : i + done + size], new[j + done : j + done + size]
        if one != other:
            done += _equal_beginning(one, other)
            break
        done += size
        block = min(block * 2, _LARGEST_BLOCK)
    return max(old.rfind(b"\n", i, i + done) + 1 - i, 0)


def _equal_beginning(one: bytes, other: bytes) -> int:
    """How many bytes at the beginning of two texts of one length, which differ, are equal: some less, but few."""
    equal, end = 0, len(one)
    while end - equal > _SMALLEST_BLOCK:
        middle = (equal + end) // 2
        if one[equal:middle] == other[equal:middle]:
            equal = middle
        else:
            end = middle
    return equal
