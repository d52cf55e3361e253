"""A state file as text for Git's own diffs: one terse line a record, in canonical order.

It is the kind's line, money (in BTC) and name first. 64 bits of a hash of the whole record end it, so that any change
of any field changes the line, also of a field that has no room there: `gitbtc diff` tells which.
"""

from __future__ import annotations

from binascii import b2a_base64

from gitbtc.digest import blake2b
from gitbtc.kinds import codec, json_text
from gitbtc.kinds.delta import NotCanonical, body
from gitbtc.views import terms
from gitbtc.views.line import Line
from gitbtc.views.width import columns, cut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.kinds.kind import Key, Kind, Record

_GAP = "  "
_DIGEST = 11  # characters: 64 bits of BLAKE2b (RFC 7693) over the canonical line. Nobody finds another record with them
_ROOM = 120 - 1 - len("  #") - _DIGEST  # of 120 characters, what is left beside the sign of a diff and the digest
_KEPT = 20  # characters of a part that is cut


def render(kind: Kind, content: bytes) -> Iterable[bytes]:
    """The lines of the text, each with its line end.

    Of a file that does not parse, every line that is a record in canonical form becomes text, so that one that holds
    conflict markers can still be compared with the versions that it came from; the others stay as they are.
    """
    readable = _Readable(kind)
    json_text.expect(len(content))
    try:
        return list(_in_order(kind, content, readable))
    except NotCanonical:
        pass
    try:
        lines = codec.keyed(kind, content).values()
    except codec.Malformed:
        return _as_it_is(kind, content, readable)
    return (readable.line(codec.decode_line(kind, line), line) for line in lines)


def _in_order(kind: Kind, content: bytes, readable: _Readable) -> Iterator[bytes]:
    """The lines of a canonical array, each record parsed once; NotCanonical when it turns out not to be one."""
    if not kind.is_array:
        raise NotCanonical
    start, end = body(content, kind.frame)
    last: Key | None = None
    for row in content[start : end - 1].split(kind.frame.end) if end else ():
        try:
            record, key = codec.read_canonical(kind, row)
        except codec.Malformed:
            raise NotCanonical from None
        if last is not None and key <= last:
            raise NotCanonical
        last = key
        yield readable.line(record, row)


def _as_it_is(kind: Kind, content: bytes, readable: _Readable) -> Iterator[bytes]:
    for line in content.splitlines(keepends=True):
        row = line.rstrip(b",\r\n")
        try:
            record, _ = codec.read_canonical(kind, row)
        except codec.Malformed:
            yield line
        else:
            yield readable.line(record, row) if kind.is_array else line


class _Readable:
    """The lines of a kind's records."""

    def __init__(self, kind: Kind) -> None:
        self._is_array = kind.is_array
        self._fields_of = kind.fields
        self._line = Line(kind)

    def line(self, record: Record, canonical: bytes) -> bytes:
        """The line of one record, or of one member of an object file; `canonical` is its canonical line."""
        if not self._is_array:
            words = (
                f"{terms.word(name)} {terms.of_field(given, self._fields_of.get(name))}"
                for name, given in record.items()
            )
            return (" ".join(words) + "\n").encode()
        head = _fitted([part.removesuffix(" BTC") for part in self._line.show(record, 0)])
        return f"{head}{_GAP}#{_digest(canonical)}\n".encode()


def _digest(canonical: bytes) -> str:
    return b2a_base64(blake2b(canonical, digest_size=8).digest(), newline=False).rstrip(b"=").decode()


def _fitted(parts: list[str]) -> str:
    """The parts in the room that there is: the longest ones cut, ids and amounts whole."""
    parts = list(parts)
    while (beyond := sum(map(columns, parts)) + len(_GAP) * (len(parts) - 1) - _ROOM) > 0:
        longest = max(range(len(parts)), key=lambda place: columns(parts[place]))
        kept = max(columns(parts[longest]) - beyond - 1, _KEPT)
        if kept + 1 >= columns(parts[longest]):
            break
        parts[longest] = cut(parts[longest], kept) + "…"
    return _GAP.join(parts)
