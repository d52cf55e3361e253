"""The canonical form: one record, one line, and nothing left to taste.

An array file is `[`, one record a line joined by commas, `]`; an object file is `{`, one member a line, `}`; an empty
one is `[]` or `{}`; a file of lines is its lines. A record's line is JSON with keys sorted by code point, no spaces,
UTF-8, and what is equal in several spellings stands in one of them (kinds/spelling.py): its bytes are its content.
All here are functions of bytes.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from itertools import pairwise
from operator import lt

from gitbtc.errors import GitbtcError
from gitbtc.kinds import json_text
from gitbtc.progress import doing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, NoReturn

    from gitbtc.kinds.kind import Key, Kind, Record

MAX_DEPTH = 32


class Malformed(GitbtcError):
    """The bytes are not a state file of the kind. `line` counts from 1; 0 when the fault has no line.

    The message never quotes the content: what does not parse may be a key.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


class ForeignFile(Malformed):
    """The bytes are a file of another program, which stands in the place of a state file."""


class _Refused(ValueError):
    """What the canonical form does not take; `line` counts from 1 in the text that was read, 0 when it has none."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Refused("a key stands twice in one object")
    return members


def _no_constant(_: str) -> NoReturn:
    raise _Refused("NaN and Infinity are not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:
        raise _Refused("a number is too large")
    return number


def _finite_as_spelled(text: str) -> float:
    _finite(text)
    return json_text.spelled(text)


_NUMBERS: dict[str, Any] = {"parse_float": _finite}


def _read_slowly(text: str, levels: int = MAX_DEPTH, *, as_spelled: bool = False) -> Any:
    """The value of a JSON text, with everything refused that a quick reader lets pass or reads differently."""
    import json

    numbers = {"parse_float": _finite_as_spelled, "parse_int": json_text.spelled_integer} if as_spelled else _NUMBERS
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, **numbers)
    except json.JSONDecodeError as error:
        raise _Refused(f"not JSON: {error.msg} (column {error.colno})", error.lineno) from None
    except RecursionError:
        raise _Refused(f"nested deeper than {levels} levels") from None
    except _Refused:
        raise
    except ValueError:  # CPython refuses to read integers of more than 4300 digits
        raise _Refused("a number has too many digits") from None
    _measure(value, levels)
    return value


def strict(content: bytes, levels: int, *, as_spelled: bool = False) -> Any:
    """The value of any JSON text, nested `levels` deep at most, as strictly read as a state file. Raises Malformed.

    `as_spelled`: a number that is not written in its shortest form remembers how it is.
    """
    try:
        return _read_slowly(content.decode(), levels, as_spelled=as_spelled)
    except UnicodeDecodeError:
        raise Malformed("not UTF-8 text") from None
    except _Refused as error:
        raise Malformed(str(error), error.line) from None


def _measure(value: Any, levels: int) -> None:
    if levels == 0 and isinstance(value, dict | list):
        raise _Refused(f"nested deeper than {MAX_DEPTH} levels")
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        _measure(part, levels - 1)


def _write(kind: Kind, record: Record) -> bytes:
    """The canonical text of a record: one spelling for each value, floats in shortest form, keys by code point."""
    kind.spellings.settle(record)
    try:
        return kind.dumps(record)
    except UnicodeEncodeError:
        raise _Refused("half of a surrogate pair is not Unicode text") from None
    except (TypeError, ValueError):
        raise _Refused("a value is not JSON") from None


def encode_record(kind: Kind, record: Record) -> bytes:
    """The canonical line of `record`, without comma and line end. Raises Malformed."""
    try:
        return _write(kind, record)
    except _Refused as error:
        raise Malformed(str(error)) from None


def decode_line(kind: Kind, line: bytes) -> Record:
    """The record on a line that is known to be canonical; for an object file, a dict of one member."""
    record: Record = kind.loads(line if kind.is_array else b"{" + line + b"}")
    return record


def read_line(kind: Kind, line: bytes) -> tuple[Record, Key]:
    """The record on a line of an array file, whichever way it is spelled, and its key. Raises Malformed."""
    try:
        record, text = _record(kind, line)
        return record, key_of(kind, record, text)
    except _Refused as error:
        raise Malformed(str(error)) from None


def read_canonical(kind: Kind, line: bytes) -> tuple[Record, Key]:
    """The same of a canonical line; Malformed for any other."""
    try:
        record = _read_quickly(kind, line)
        key = () if record is None else key_of(kind, record, line)
    except _Refused as error:
        raise Malformed(str(error)) from None
    if record is None:
        raise Malformed("the line is not in canonical form")
    return record, key


def taken_for_canonical(kind: Kind, line: bytes) -> tuple[Record, Key]:
    """The same of a line that is taken for canonical, in a third of the time: `is_line_of` says whether it is.

    Malformed where there is no record with a key.
    """
    try:
        record: Record = kind.loads(line)
        return record, key_of(kind, record, line)
    except (AttributeError, ValueError, RecursionError):
        raise Malformed("the line is no record") from None


def key_on(kind: Kind, line: bytes) -> Key:
    """The key of the record on a line that is taken for canonical; Malformed where there is none."""
    return taken_for_canonical(kind, line)[1]


def is_line_of(kind: Kind, record: Record, line: bytes) -> bool:
    """Whether `line`, from which `record` was read, is the canonical one."""
    try:
        if _write(kind, record) != line:
            return False
        _check_depth(record, line)
    except (ValueError, RecursionError):
        return False
    return True


def _read_quickly(kind: Kind, text: bytes) -> Record | None:
    """The record of a text that is canonical, or None.

    A quick reader keeps the last of two equal keys, rounds what it cannot hold, and takes any spelling of a number: a
    text that it writes back byte for byte had none of that.
    """
    try:
        record = kind.loads(text)
        if not isinstance(record, dict) or _write(kind, record) != text:
            return None
    except (ValueError, RecursionError):
        return None
    _check_depth(record, text)
    return record


def _check_depth(record: Record, text: bytes) -> None:
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH:
        _measure(record, MAX_DEPTH)


def _record(kind: Kind, text: bytes) -> tuple[Record, bytes]:
    """A record of any layout and its canonical line."""
    record = _read_quickly(kind, text)
    if record is not None:
        return record, text
    record = _read_slowly(text.decode(), as_spelled=kind.loads is not json_text.loads)
    if not isinstance(record, dict):
        raise _Refused("a record is a JSON object")
    return record, _write(kind, record)


def key_of(kind: Kind, record: Record, line: bytes) -> Key:
    """What the records of a file are sorted by, and told apart by: the identity, or (order fields, line) for logs."""
    if kind.identity == "record":
        return (*[_part(record, name, type_) for name, type_ in kind.key_types], line)
    if isinstance(kind.identity, str):
        return (next(iter(record)),)
    if kind.optional or kind.compared:
        return _loose_key(kind, record)
    return tuple([_part(record, name, type_) for name, type_ in kind.key_types])


def _loose_key(kind: Kind, record: Record) -> Key:
    """The key of a record that may lack parts of it, some of which are compared in another spelling than stored."""
    parts: list[Any] = []
    for name, expected in kind.key_types:
        if name not in record and name in kind.optional:
            parts.append(expected())
            continue
        part = _part(record, name, expected)
        parts.append(kind.compared[name](part) if name in kind.compared else part)
    return tuple(parts)


def _part(record: Record, name: str, expected: type) -> Any:
    value = record.get(name)
    if type(value) is not expected:  # exact: a bool is an int to Python, and would sort among them
        raise _Refused(f"{name} must be {'text' if expected is str else 'an integer'}: it tells the records apart")
    return value


def identity_text(kind: Kind, key: Key) -> str:
    """How a record is named: its identity fields joined by colons; for a log entry, the start of its content id."""
    if kind.identity == "record":
        return content_id(key[-1])[:16]
    return ":".join(str(part) for part in key)


def address(path: str, kind: Kind, key: Key) -> str:
    """The address of a record: `path::identity`."""
    return f"{path}::{identity_text(kind, key)}"


def content_id(line: bytes) -> str:
    """SHA-256 of a record's canonical line, as hex."""
    from gitbtc.digest import sha256

    return sha256(line).hexdigest()


def keyed(kind: Kind, content: bytes) -> dict[Key, bytes]:
    """The canonical lines of a state file by key, in canonical order.

    Takes any layout, and repairs commas at the ends of record lines. Empty content (Git's way to say that there is no
    such version) has no records. Raises Malformed.
    """
    if not content:
        return {}
    at_once = read_at_once(kind, content)
    if at_once is not None:
        return dict(zip(at_once.keys, at_once.lines, strict=True))
    try:
        with doing(f"putting {kind.noun[1]} in form"):
            return _keyed(kind, content)
    except Malformed as error:
        foreign = foreign_words(kind, content)
        raise (ForeignFile(foreign) if foreign else error) from None


def foreign_words(kind: Kind, content: bytes) -> str:
    """What a file looks like that stands in the place of one of `kind`, in words; empty for nothing in particular."""
    from gitbtc.kinds.foreign import BIP329, recognised

    foreign = recognised(content)
    if foreign is None or (foreign.name == BIP329 and not kind.frame.opening):
        return ""
    return f"{foreign}, but not the {kind.noun[1]} that belong here"


def _keyed(kind: Kind, content: bytes) -> dict[Key, bytes]:
    _check_text(content)
    found: dict[Key, bytes] = {}
    ascending = True
    last: Key | None = None
    for key, line, _ in _array_lines(kind, content) if kind.is_array else _object_lines(kind, content):
        if found.setdefault(key, line) != line:
            raise _differing(kind, content, key)
        ascending = ascending and (last is None or last < key)
        last = key
    return found if ascending else {key: found[key] for key in sorted(found)}


def _differing(kind: Kind, content: bytes, key: Key) -> Malformed:
    """Two records of one key: the later one, and where the other is."""
    first, *later = lines_of_key(kind, content, key) or [0]
    other = f" (the other one is on line {first})" if later else ""
    return Malformed(f"two records have {_named(kind, key)} and differ{other}; keep one", *later[:1])


def lines_of_key(kind: Kind, content: bytes, key: Key) -> list[int]:
    """The lines on which records of that key begin."""
    from gitbtc.kinds.elements import elements

    found = []
    for number, text in elements(kind, content):
        try:
            is_of_key = read_line(kind, text)[1] == key
        except Malformed:
            continue
        if is_of_key:
            found.append(number)
    return found


class _Canonical:
    """A file that is canonical: its keys, records and lines, in order."""

    __slots__ = ("keys", "lines", "records")

    def __init__(self, keys: list[Key], records: list[Record], lines: list[bytes]) -> None:
        self.keys = keys
        self.records = records
        self.lines = lines


def read_at_once(kind: Kind, content: bytes) -> _Canonical | None:
    """An array file read in one go; None when it is not canonical.

    No line end can stand inside a text of JSON, so a canonical file without its line ends is what it writes back.
    """
    json_text.expect(len(content))
    with doing(f"reading {kind.noun[1]}"):
        return _at_once(kind, content)


def _at_once(kind: Kind, content: bytes) -> _Canonical | None:
    lines = kind.frame.split(content) if kind.is_array else None
    if lines is None:
        return None
    if kind.dumps is not json_text.dumps:
        return _plain_at_once(kind, lines, is_ascii=content.isascii()) or _line_by_line(kind, lines)
    compact = b"[" + b",".join(lines) + b"]"
    try:
        records = json_text.loads(compact)
        if len(records) != len(lines) or not all(isinstance(record, dict) for record in records):
            return None
        if not kind.spellings.are_settled(records, is_ascii=content.isascii()):
            for record in records:
                kind.spellings.settle(record)
        if json_text.dumps(records) != compact:
            return None
        for record, line in zip(records, lines, strict=True):
            _check_depth(record, line)
        keys = [key_of(kind, record, line) for record, line in zip(records, lines, strict=True)]
    except (ValueError, RecursionError):
        return None
    return _Canonical(keys, records, lines) if all(one < other for one, other in pairwise(keys)) else None


def _plain_at_once(kind: Kind, lines: list[bytes], *, is_ascii: bool) -> _Canonical | None:
    """The same of a kind that writes its records in a way of its own, where all of them are plain ones."""
    compact = b"[" + b",".join(lines) + b"]"
    try:
        records = json_text.loads(compact)
    except (ValueError, RecursionError):
        return None
    if len(records) != len(lines) or not all(isinstance(record, dict) for record in records):
        return None
    if json_text.dumps_all(records, kind.members) != compact:
        return None
    if not kind.spellings.are_settled(records, is_ascii=is_ascii):
        return None
    keys = _keys_at_once(kind, records)
    if keys is None:
        return None
    return _Canonical(keys, records, lines) if all(map(lt, keys, keys[1:])) else None


def _keys_at_once(kind: Kind, records: list[Record]) -> list[Key] | None:
    """The keys of many records; None where they are no plain fields of theirs, or one lacks a part of it."""
    if isinstance(kind.identity, str):
        return None
    columns: list[list[Any]] = []
    for name, expected in kind.key_types:
        missing = expected() if name in kind.optional else None
        column = [record.get(name, missing) for record in records]
        if not {expected}.issuperset(map(type, column)):
            return None
        compared = kind.compared.get(name)
        if compared is not None:  # of few values, written again and again
            known = {value: compared(value) if value else value for value in set(column)}
            column = list(map(known.__getitem__, column))
        columns.append(column)
    return list(zip(*columns, strict=True))


def keys_of(kind: Kind, records: list[Record]) -> list[Key]:
    """The keys of records that are canonical, none of which is a log entry. Raises Malformed."""
    keys = _keys_at_once(kind, records)
    try:
        return [key_of(kind, record, b"") for record in records] if keys is None else keys
    except _Refused as error:
        raise Malformed(str(error)) from None


def lines_of(kind: Kind, records: list[Record]) -> list[tuple[Key, bytes]] | None:
    """The key and the canonical line of each of many records, whose values are then spelled canonically; None where
    they have to be looked at one by one, since one of them is no plain record of texts.
    """
    if not records or kind.dumps is json_text.dumps:
        return None
    if not kind.spellings.are_settled(records, is_ascii=False):
        for record in records:
            kind.spellings.settle(record)
    keys = _keys_at_once(kind, records)
    written = json_text.dumps_all(records, kind.members) if keys is not None else None
    lines = json_text.parts_of(written, len(records)) if written is not None else None
    return list(zip(keys, lines, strict=True)) if keys is not None and lines is not None else None


def _line_by_line(kind: Kind, lines: list[bytes]) -> _Canonical | None:
    """The same of a kind that writes its records in a way of its own."""
    known: list[Record] = []
    try:
        for line in lines:
            record = _read_quickly(kind, line)
            if record is None:
                return None
            known.append(record)
        keys = [key_of(kind, record, line) for record, line in zip(known, lines, strict=True)]
    except _Refused:
        return None
    return _Canonical(keys, known, lines) if all(one < other for one, other in pairwise(keys)) else None


def _named(kind: Kind, key: Key) -> str:
    """An identity for a message; a text that might be anything is not quoted."""
    name = identity_text(kind, key)
    return f"the identity {name}" if set(name) <= set("0123456789abcdefx:-") else "one identity"


def _check_text(content: bytes) -> None:
    if content.startswith(BOM_UTF8):
        raise Malformed("the file begins with a byte order mark; save it as UTF-8 without one", 1)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8 text", content.count(b"\n", 0, error.start) + 1) from None
    for sign in (b"<", b">"):
        at = 0 if content.startswith(sign * 7) else content.find(b"\n" + sign * 7)
        if at >= 0:
            line = content.count(b"\n", 0, at + 1) + 1
            raise Malformed("a conflict marker is left; settle the conflict first", line)


def _array_lines(kind: Kind, content: bytes) -> Iterable[tuple[Key, bytes, int]]:
    if not kind.frame.opening and not content.lstrip().startswith(b"["):
        return _from_rows(kind, _stripped(content), 1)
    rows = _rows(content, b"[", b"]")
    if rows is not None and all(row[:1] == b"{" and row[-1:] == b"}" for row in rows if row):
        return _from_rows(kind, rows, 2)
    return _from_document(kind, content)


def _stripped(content: bytes) -> list[bytes]:
    """The lines without commas and spaces at their ends."""
    return [row.strip(b" \t\r,") for row in content.rstrip(b"\r\n\t ").split(b"\n")]


def _rows(content: bytes, opening: bytes, closing: bytes) -> list[bytes] | None:
    """The lines between a first line `[` and a last line `]`, without commas, or None for another layout."""
    rows = _stripped(content)
    if rows[0] != opening or rows[-1] != closing or len(rows) == 1:
        return None
    return rows[1:-1]


def _from_rows(kind: Kind, rows: list[bytes], first: int) -> Iterable[tuple[Key, bytes, int]]:
    for number, row in enumerate(rows, start=first):
        if row:
            try:
                record, line = _record(kind, row)
                yield key_of(kind, record, line), line, number
            except _Refused as error:
                raise Malformed(str(error), number) from None


def _from_document(kind: Kind, content: bytes) -> Iterable[tuple[Key, bytes, int]]:
    as_spelled = kind.loads is not json_text.loads
    for position, record in enumerate(_document(content, list, as_spelled=as_spelled), start=1):
        if not isinstance(record, dict):
            raise _of_record(kind, content, position, "a record is a JSON object")
        try:
            line = _write(kind, record)
            yield key_of(kind, record, line), line, 0
        except _Refused as error:
            raise _of_record(kind, content, position, str(error)) from None


def _of_record(kind: Kind, content: bytes, position: int, fault: str) -> Malformed:
    """A fault of the record at that position, from 1, of a document of any layout."""
    from gitbtc.kinds.elements import elements

    numbers = [number for number, _ in elements(kind, content)]
    return Malformed(f"record {position}: {fault}", *numbers[position - 1 : position])


def _document(content: bytes, container: type, *, as_spelled: bool = False) -> Any:
    try:
        value = _read_slowly(content.decode(), as_spelled=as_spelled)
    except _Refused as error:
        raise Malformed(str(error), error.line) from None
    if not isinstance(value, container):
        raise Malformed(f"the file must hold a JSON {'array' if container is list else 'object'}")
    return value


def _object_lines(kind: Kind, content: bytes) -> Iterable[tuple[Key, bytes, int]]:
    rows = _rows(content, b"{", b"}")
    if rows is not None and all(row[:1] == b'"' for row in rows if row):
        content = b"{\n" + b",\n".join(row for row in rows if row) + b"\n}"
    members = _document(content, dict)
    kind.spellings.settle(members)
    try:
        return [((name,), _write(kind, {name: members[name]})[1:-1], 0) for name in sorted(members)]
    except _Refused as error:
        raise Malformed(str(error)) from None


def encode_lines(kind: Kind, lines: Iterable[bytes]) -> bytes:
    """The canonical file of records given as canonical lines in canonical order."""
    return kind.frame.file(lines)


_PIECE = 4 << 20  # bytes: records take several times the memory of their lines
_MOST_SHARED = 1 << 16  # texts of a field


def is_canonical(kind: Kind, content: bytes) -> bool:
    """Whether `content` is a canonical file with records of an array kind; a piece of it is read at a time."""
    try:
        for _ in records_in_pieces(kind, content):
            pass
    except Malformed:
        return False
    return True


def records_in_pieces(kind: Kind, content: bytes) -> Iterator[list[Record]]:
    """The records of a canonical file of an array kind, some megabytes at a time, in order; Malformed as below."""
    return (read.records for read in read_in_pieces(kind, content))


def read_in_pieces(kind: Kind, content: bytes) -> Iterator[_Canonical]:
    """A canonical file of an array kind, some megabytes at a time; Malformed for any other, also for one without
    records, and then perhaps only at its end.
    """
    last: Key | None = None
    for piece in _pieces(kind, content):
        read = read_at_once(kind, piece)
        if read is None or (last is not None and not last < read.keys[0]):
            raise Malformed("the file is not in canonical form")
        last = read.keys[-1]
        yield read


def _pieces(kind: Kind, content: bytes) -> Iterator[bytes]:
    """Files of as many whole lines each; what does not look like a canonical file comes as it is."""
    frame = kind.frame
    if len(content) <= _PIECE or not (content.startswith(frame.head + b"{") and content.endswith(b"\n" + frame.foot)):
        yield content
        return
    at, end = len(frame.head), len(content) - len(frame.foot)
    while at < end:
        until = content.find(b"\n", min(at + _PIECE, end - 1)) + 1
        lines = content[at:until]
        if until < end:  # else the last line has no comma, and none is taken away
            if not lines.endswith(frame.end):
                raise Malformed("a line has no comma")
            lines = lines[: -len(frame.end)] + b"\n"
        yield frame.head + lines + frame.foot
        at = until


def canonical(kind: Kind, content: bytes) -> bytes:
    """The canonical form of a state file of any layout; idempotent. Raises Malformed."""
    if is_canonical(kind, content):
        return content
    return encode_lines(kind, keyed(kind, content).values())


def parse(kind: Kind, content: bytes) -> Any:
    """The records of a state file in canonical order: a list of dicts, or one dict for an object file. Malformed."""
    return opened(kind, content)[1]


def opened(kind: Kind, content: bytes) -> tuple[bytes, Any]:
    """The canonical form of a state file, and what `parse` makes of it. Malformed."""
    records = _all_records(kind, content)
    if records is not None:
        return content, records
    lines = keyed(kind, content).values()
    records = (
        [decode_line(kind, line) for line in lines]
        if kind.is_array
        else json_text.loads(b"{" + b",".join(lines) + b"}")
    )
    return encode_lines(kind, lines), records


def _all_records(kind: Kind, content: bytes) -> list[Record] | None:
    """The records of a canonical file of an array kind; None where it is not one."""
    if len(content) <= _PIECE:
        at_once = read_at_once(kind, content)
        return at_once.records if at_once else None
    try:
        return [record for read in read_to_keep(kind, content) for record in read.records]
    except Malformed:
        return None


def read_to_keep(kind: Kind, content: bytes) -> Iterator[_Canonical]:
    """What `read_in_pieces` gives, for whoever keeps all of it: of many records, those that say the same share a text,
    which saves a good part of their memory.
    """
    if len(content) <= _PIECE:
        yield from read_in_pieces(kind, content)
        return
    shared = SharedTexts(kind)
    for read in read_in_pieces(kind, content):
        shared.take(read.records)
        yield read


class SharedTexts:
    """Has records of a kind that say the same have one text of it."""

    def __init__(self, kind: Kind) -> None:
        own = (kind.identity,) if isinstance(kind.identity, str) else kind.identity
        self._texts: dict[str, dict[str, str]] = {name: {} for name in kind.fields if name not in own}

    def take(self, records: list[Record]) -> None:
        """Have these share texts among themselves and with those before."""
        for name, known in list(self._texts.items()):
            for record in records:
                value = record.get(name)
                if type(value) is str:
                    record[name] = known.setdefault(value, value)
            if len(known) > _MOST_SHARED:  # hardly any two are the same
                del self._texts[name]


def encode_file(kind: Kind, records: Any) -> bytes:
    """The canonical file of `records` (a list of dicts, or one dict) in whatever order they come. Malformed."""
    try:
        if not kind.frame.opening:
            return _encode_lines_of(kind, records)
        in_order = _in_order(kind, records)
        return in_order if is_canonical(kind, in_order) else canonical(kind, json_text.dumps(records))
    except (AttributeError, TypeError, ValueError):
        raise Malformed("a value is not JSON") from None


def _in_order(kind: Kind, records: Any) -> bytes:
    """The file of records of which each is written as it is: the canonical one, where they are spelled so."""
    try:
        lines = [(record, kind.dumps(record)) for record in records] if kind.is_array else []
        return encode_lines(kind, [line for _, line in sorted((key_of(kind, *one), one[1]) for one in lines)])
    except (_Refused, AttributeError, RecursionError):
        return b""


def _encode_lines_of(kind: Kind, records: Iterable[Record]) -> bytes:
    """The same of a file that is its lines."""
    records = list(records)
    at_once = lines_of(kind, records)
    found: dict[Key, bytes] = dict(at_once or ())
    if at_once and len(found) == len(at_once):
        return kind.frame.file(found[key] for key in sorted(found))
    found.clear()
    for record in records:
        try:
            line = _write(kind, record)
            if found.setdefault(key := key_of(kind, record, line), line) != line:
                raise Malformed(f"two records have {_named(kind, key)} and differ; keep one")
        except _Refused as error:
            raise Malformed(str(error)) from None
    return kind.frame.file(found[key] for key in sorted(found))
