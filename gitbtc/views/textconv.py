"""A state file as text for Git's own diffs: one line a record, in canonical order, with every field.

A line begins with the record's ids, amounts and times as people read them; all fields follow by name, their values as
JSON. So any change of any field changes the line.
"""

from __future__ import annotations

from gitbtc.kinds import codec, json_text
from gitbtc.kinds.delta import NotCanonical, body
from gitbtc.views import terms
from gitbtc.views.line import Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.kinds.kind import Key, Kind, Record

_DELETE = b"\x7f"  # the one ASCII control that JSON does not escape


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
        identity = () if isinstance(kind.identity, str) else kind.identity
        # Other texts are read as easily by their names.
        self._parts = [part for part in Line(kind).parts if part.is_lossy or part.unit or part.field in identity]
        # No text holds these: a quote in it would be escaped, and one that ends a text is not followed by a name.
        self._names = [(b',"%s":' % name, b" %s=" % name) for name in map(str.encode, kind.fields)]

    def line(self, record: Record, canonical: bytes) -> bytes:
        """The line of one record, or of one member of an object file; `canonical` is its canonical line."""
        if not self._is_array:
            words = (
                f"{terms.word(name)} {terms.of_field(given, self._fields_of.get(name))}"
                for name, given in record.items()
            )
            return (" ".join(words) + "\n").encode()
        head = [part.show(record, terms.SHORTEST) for part in self._parts]
        fields = self._fields(record, canonical)
        return ("  ".join([text for text in head if text]).encode() + b" " + fields + b"\n").lstrip(b" ")

    def _fields(self, record: Record, canonical: bytes) -> bytes:
        """` name=value` for each field."""
        if canonical.count(b"{") == 1:
            fields = b"," + canonical[1:-1]
            for before, after in self._names:
                fields = fields.replace(before, after)
        else:
            words = ((terms.word(name).encode(), json_text.dumps(given)) for name, given in record.items())
            fields = b"".join(b" %s=%s" % word for word in words)
        if fields.isascii() and _DELETE not in fields:
            return fields
        return terms.escaped(fields.decode()).encode()
