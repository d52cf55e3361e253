"""A file of labels in the spelling of another: what did not change is written byte for byte as it stands there.

So the diff in the folder of the wallet that wrote the other file is as short as the change. Nothing of its spelling is
kept anywhere: the file is given.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8

from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import built_in
from gitbtc.labels.label_file import KIND, things
from gitbtc.labels.reading import VOLATILE, parsed, read, says_something

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from gitbtc.kinds.kind import Key, Record

_BLANK = re.compile(r"[ \t\n\r]*")
_ORDER = ("type", "ref", "label", "origin", "spendable")
_HTML = ("<", ">", "&", "=", "'")  # what Gson writes as \u escapes unless it is told otherwise


class _Spelling:
    """How a file spells its texts, and the truth values of `spendable`."""

    def __init__(self, text: str) -> None:
        self._is_ascii = text.isascii() and re.search(r"\\u(?!00[0-7])", text) is not None
        self._escaped = [sign for sign in _HTML if re.search(rf"\\u00{ord(sign):02x}", text, re.IGNORECASE)]
        if len(self._escaped) > 0:
            self._escaped = [sign for sign in _HTML if sign not in text or sign in self._escaped]
        self._truth_is_text = re.search(r'"spendable"\s*:\s*"', text) is not None

    def value(self, name: str, value: Any) -> str:
        """The JSON text of a member."""
        if name == "spendable" and self._truth_is_text:
            value = "true" if value else "false"
        if not isinstance(value, str):
            return codec.encode_record(built_in(KIND), {"x": value}).decode()[5:-1]
        written = json.dumps(value, ensure_ascii=self._is_ascii)
        for sign in self._escaped:
            written = written.replace(sign, f"\\u00{ord(sign):02x}")
        return written


class _Line:
    """One line taken apart: (name, the text before its value, the value's text) of each member, and what ends it."""

    def __init__(self, text: str) -> None:
        self.members: list[tuple[str, str, str]] = []
        decoder = json.JSONDecoder()
        start, at = 0, text.index("{") + 1
        while True:
            at = _past_blanks(text, at)
            if text[at] == "}":
                break
            name, at = decoder.raw_decode(text, at)
            at = _past_blanks(text, _past_blanks(text, at) + 1)
            _, end = decoder.raw_decode(text, at)
            self.members.append((name, text[start:at], text[at:end]))
            start = at = end
            at = _past_blanks(text, at)
            if text[at] == ",":
                at += 1
        self.end = text[start:]

    def written(self, row: Record, old: Record, spelling: _Spelling) -> str:
        """The line with the values of `row` where they are others than those of `old`."""
        parts = []
        for name, before, value in self.members:
            if name in row or name in VOLATILE:
                same = name not in row or row[name] == old.get(name)
                parts.append((name, before, value if same else spelling.value(name, row[name])))
        held = {name for name, _, _ in parts}
        # A member that is new stands where BIP-329 lists it.
        for name in sorted(row.keys() - held, key=lambda one: (_ORDER.index(one) if one in _ORDER else 9, one)):
            earlier = {*_ORDER[: _ORDER.index(name)]} if name in _ORDER else held
            place = max([0, *(at + 1 for at, (one, _, _) in enumerate(parts) if one in earlier)])
            parts.insert(place, (name, self._before(name, spelling), spelling.value(name, row[name])))
        opening = self.members[0][1][: self.members[0][1].index("{") + 1] if self.members else "{"
        return opening + self._joined([(before, value) for _, before, value in parts]) + self.end

    def _before(self, name: str, spelling: _Spelling) -> str:
        """What stands before a new member's value, as before the second one of the line."""
        _, before, _ = self.members[min(1, len(self.members) - 1)]
        comma = before[: before.index('"')] if len(self.members) > 1 else ","
        colon = before[before.rindex('"') + 1 :]
        return comma + spelling.value("", name) + colon

    def _joined(self, parts: list[tuple[str, str]]) -> str:
        first = self.members[0][1] if self.members else ""
        gap = first[first.index("{") + 1 : first.index('"')] if '"' in first else ""
        told = []
        for number, (before, value) in enumerate(parts):
            name = before[before.index('"') :]
            lead = gap if number == 0 else before[: before.index('"')]
            told.append((lead if number == 0 or "," in lead else self._separator()) + name + value)
        return "".join(told)

    def _separator(self) -> str:
        if len(self.members) < 2:  # no second one shows how they are held apart
            return ","
        before = self.members[1][1]
        return before[: before.index('"')]


def _past_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


class _Likeness:
    """The records as they go out, and what of them is written already."""

    def __init__(self, records: Sequence[Record], sample: bytes) -> None:
        kind = built_in(KIND)
        keys = codec.keys_of(kind, list(records))
        self._things: dict[Key, dict[Key, Record]] = {}
        for key, record in zip(keys, records, strict=True):
            self._things.setdefault(key[:-1], {})[key] = record
        self._spelling = _Spelling(sample.decode("utf-8", "replace"))
        self._read = _by_line(sample)
        self._shows_silent = any(not says_something(row) for row in self._read.values())
        self._counts = {thing: len(rows) for thing, rows in things(list(self._read.values())).items()}
        self._written: set[Key] = set()
        # type -> the last line of that type, taken apart, its row, and where the next one goes.
        self._last: dict[str, tuple[_Line, Record]] = {}

    def line(self, number: int, text: str) -> str | None:
        """What becomes of a line of the sample; None where it goes."""
        row = self._read.get(number)
        if row is None:
            return text
        self._last[row["type"]] = (_Line(text), row)
        now = self._row_now(row)
        if now is None:
            if not says_something(row):
                return text
            if not self._shows_silent:
                return None
            now = {name: value for name, value in row.items() if name not in ("label", "spendable")}
        now = {**{name: value for name, value in row.items() if name in VOLATILE}, **now}
        now["ref"], now["type"] = row["ref"], row["type"]
        if "origin" in row:
            now["origin"] = row["origin"]
        if not row.get("label") and not now.get("label") and "label" in row:
            now["label"] = row["label"]
        if row.get("spendable") is True and "spendable" not in now:
            now["spendable"] = True  # a program's default, which says no more than leaving it out
        return text if now == row else _Line(text).written(now, row, self._spelling)

    def _row_now(self, row: Record) -> Record | None:
        key = codec.key_of(built_in(KIND), dict(row), b"")
        rows = self._things.get(key[:-1], {})
        if key not in rows and len(rows) == 1 and self._counts.get(key[:-1]) == 1:
            key = next(iter(rows))
        if key in rows:
            self._written.add(key)
        return rows.get(key)

    def type_of(self, number: int) -> str:
        """The type of the row on a line of the sample; empty for a line that is none."""
        row = self._read.get(number)
        return row["type"] if row else ""

    def rest(self) -> dict[str, list[str]]:
        """type -> the lines of the records that the sample does not have."""
        found: dict[str, list[str]] = {}
        for rows in self._things.values():
            for key, row in rows.items():
                if key not in self._written:
                    found.setdefault(row["type"], []).append(self._new(row))
        return found

    def _new(self, row: Record) -> str:
        above = self._last.get(row["type"]) or next(iter(self._last.values()), None)
        if above is None:
            return codec.encode_record(built_in(KIND), row).decode()
        line, old = above
        bare = _Line("{}")
        bare.members = [member for member in line.members if member[0] in row]
        bare.members = bare.members or line.members[:2]
        bare.members[:1] = [(bare.members[0][0], _opened(line, bare.members[0]), bare.members[0][2])]
        bare.end = line.end
        return bare.written(row, {name: object() for name in old}, self._spelling)


def _opened(line: _Line, member: tuple[str, str, str]) -> str:
    """What stands before the value of a member that becomes the first of its line."""
    first = line.members[0][1]
    return first[: first.index('"')] + member[1][member[1].index('"') :]


def _by_line(sample: bytes) -> dict[int, Record]:
    """The rows of a file by their line, counted from 0; lines that nobody can read are left out."""
    found: dict[int, Record] = {}
    for number, line in enumerate(sample.removeprefix(BOM_UTF8).split(b"\n")):
        try:
            held = parsed(line) if line.strip() else None
        except Malformed:
            continue
        is_row = isinstance(held, dict) and "ref" in held  # a line of another form reads as labels of Electrum's
        rows = read(line, with_values=True, trust_spendable=True).records if is_row else []
        if len(rows) == 1:
            found[number] = rows[0]
    return found


def written_like(records: Sequence[Record], sample: bytes) -> bytes:
    """`records` in the spelling of the file `sample`: order of lines and members, spacing, escapes, line ends."""
    bom = BOM_UTF8 if sample.startswith(BOM_UTF8) else b""
    likeness = _Likeness(records, sample)
    lines = sample.removeprefix(bom).split(b"\n")
    is_closed = lines[-1] == b""
    carriage = "\r" if lines and lines[0].endswith(b"\r") else ""
    types: list[str] = []
    made: str | None = None
    out: list[tuple[str, str]] = []  # a line, and what stands before its line end
    for number, raw in enumerate(lines[:-1] if is_closed else lines):
        text = raw.decode("utf-8", "surrogateescape")
        made = likeness.line(number, text.removesuffix("\r"))
        if made is not None:
            out.append((made, "\r" if text.endswith("\r") else ""))
            types.append(likeness.type_of(number))
    last = out[-1] if out and not is_closed and made is not None else None  # the line that nothing ends
    for type_, added in likeness.rest().items():
        place = len(types) - types[::-1].index(type_) if type_ in types else len(types)
        out[place:place] = [(line.removesuffix("\r"), carriage) for line in added]
        types[place:place] = [type_] * len(added)
    if not is_closed and out and out[-1] is not last:  # it is another line now that nothing ends
        out = [(line[0], carriage) if line is last else line for line in out]
        out[-1] = (out[-1][0], "")
    content = "\n".join(line + ending for line, ending in out).encode("utf-8", "surrogateescape")
    return bom + content + (b"\n" if (is_closed or not sample) and out else b"")
