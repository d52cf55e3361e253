"""A file of labels, as a program wrote it, becomes records of wallet/labels.jsonl.

BIP-329 is one JSON object a line; files in the wild have a byte order mark, CRLF, no last line end, any order and
spacing, escapes, truth values as text, several lines with one ref, and fields that nobody else knows. All are read. A
line that cannot be is named by its number; the others are read. Electrum's labels, one flat object, are read too.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from itertools import chain
from typing import TYPE_CHECKING

from gitbtc.kinds import codec, json_text
from gitbtc.kinds.codec import MAX_DEPTH, Malformed
from gitbtc.kinds.registry import built_in
from gitbtc.labels.electrum import flat_labels
from gitbtc.labels.label_file import KIND, LabelFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gitbtc.kinds.kind import Key, Record

TYPES = frozenset(["tx", "addr", "pubkey", "input", "output", "xpub", "spscan"])
# What follows from the transactions, and differs between two exports of one wallet.
VOLATILE = frozenset(["height", "heights", "time", "fee", "value", "rate", "fmv", "keypath"])
LONGEST_LINE = 1 << 20  # bytes
_PLAIN = frozenset([str, bool, int, type(None)])
_TEXTS = frozenset(["type", "ref", "label", "origin"])
_LABEL = frozenset(["type", "ref", "label"])
_AT_ONCE = 1000  # lines
_TRUTH = {"true": True, "false": False}


def read(content: bytes, *, with_values: bool = False, trust_spendable: bool = False) -> LabelFile:
    """The labels of a file. `with_values` keeps what is volatile, and rows that say nothing else; `trust_spendable`
    takes a file at its word that says of every output that it can be spent.
    """
    flat = flat_labels(content)
    if flat is not None:
        return flat
    json_text.expect(len(content))
    file = LabelFile()
    rows = list(_rows(content, file))
    _settle_spendable(rows, file, trust=trust_spendable)
    kept = [(number, row) for number, row, is_plain in rows if is_plain or _says(row, file, with_values=with_values)]
    records = [row for _, row in kept]
    lines_at_once = codec.lines_of(built_in(KIND), records)
    if lines_at_once is not None and len(dict(lines_at_once)) == len(records):
        file.records, file.lines = records, lines_at_once
        return file
    found: dict[Key, Record] = {}
    for number, row in kept:
        _take(number, row, found, file)
    file.records = list(found.values())
    return file


def lines(content: bytes) -> list[bytes]:
    """The lines of a file, without what ends them and without a byte order mark."""
    return [line.rstrip(b"\r") for line in content.removeprefix(BOM_UTF8).split(b"\n")]


def parsed(line: bytes) -> Any:
    """The value of one line, its numbers as they are spelled. Malformed."""
    if len(line) > LONGEST_LINE:
        raise Malformed(f"longer than {LONGEST_LINE} bytes")
    try:
        quick = json_text.loads_spelled(line)
    except (ValueError, RecursionError):
        quick = None
    if isinstance(quick, dict) and _PLAIN.issuperset(map(type, quick.values())) and _is_each_once(quick, line):
        return quick
    return codec.strict(line, MAX_DEPTH, as_spelled=True)


def _is_each_once(row: Record, line: bytes) -> bool:
    """Whether none of the members of a line stands twice: it has as many colons behind names as there are members."""
    colons = line.count(b":")
    if colons > len(row) and b"\\u003a" not in line.lower():
        colons -= sum(value.count(":") for value in row.values() if isinstance(value, str))
    return colons == len(row)


def says_something(row: Record) -> bool:
    """Whether a row tells more than that the thing exists, and what anybody can compute of it."""
    return bool(row.get("label")) or bool(row.keys() - VOLATILE - {"type", "ref", "origin", "label"})


def _rows(content: bytes, file: LabelFile) -> Iterator[tuple[int, Record, bool]]:
    """(line, row, whether it is known to say something in texts alone) of each line that is a label."""
    split = lines(content.removesuffix(b"\n"))
    for start in range(0, len(split), _AT_ONCE):
        some = split[start : start + _AT_ONCE]
        plain = _plain_rows(some)
        if plain is not None:
            for number, row in enumerate(plain, start=start + 1):
                yield number, row, True
            continue
        for number, line in enumerate(some, start=start + 1):
            found = _row(number, line, file) if line.strip() else None
            if found is not None:
                yield number, found, False


def _row(number: int, line: bytes, file: LabelFile) -> Record | None:
    try:
        row = parsed(line)
    except Malformed as error:
        file.rejected.append((number, str(error).removeprefix("line 1: ")))
        return None
    return row if _is_label(number, row, file) else None


def _plain_rows(some: list[bytes]) -> list[Record] | None:
    """The rows of many lines, read in one go, where each line is one object of texts that nothing is to be said of:
    type, ref, label and origin, none of them twice or empty; None where a line may be something else.

    No text of JSON goes on over a line end, so lines that begin with a brace, and are as many as the objects that they
    hold, hold one each where no object stands in another.
    """
    together = b",\n".join(some)
    if max(map(len, some)) > LONGEST_LINE or not all(line.startswith(b"{") for line in some):
        return None
    try:
        rows = json_text.loads(b"[%b]" % together)
    except (ValueError, RecursionError):
        return None
    if len(rows) != len(some) or not {dict}.issuperset(map(type, rows)):
        return None
    values = list(chain.from_iterable(map(dict.values, rows)))
    if not {str}.issuperset(map(type, values)) or not all(values):
        return None
    shapes = set(map(frozenset, rows))
    if not all(_LABEL <= shape <= _TEXTS for shape in shapes):
        return None
    # Each member has one colon behind its name, and a member that stood twice is one member of the row.
    colons = together.count(b":") - "".join(values).count(":")
    is_each_once = colons == len(values) and b"\\u003a" not in together.lower()
    return rows if is_each_once else None


def _is_label(number: int, row: Any, file: LabelFile) -> bool:
    """Whether it is one; what a program wrote instead of leaving it out is taken off."""
    if type(row) is dict and row.get("type") and row.get("ref") and _is_of_texts(row):
        return True
    why = ""
    if not isinstance(row, dict):
        why = "no JSON object"
    else:
        for name in [name for name in ("label", "origin", "spendable") if name in row and row[name] is None]:
            del row[name]
        wrong = [name for name in ("type", "ref") if not isinstance(row.get(name), str) or not row[name]]
        wrong += [name for name in ("label", "origin") if not isinstance(row.get(name, ""), str)]
        if wrong:
            why = f"{wrong[0]} must be text"
        elif not isinstance(row.get("spendable", True), bool) and row["spendable"] not in ("true", "false"):
            why = "spendable must be true or false"
    if why:
        file.rejected.append((number, why))
    return not why


def _is_of_texts(row: Record) -> bool:
    return _TEXTS.issuperset(row) and {str}.issuperset(map(type, row.values()))


def _settle_spendable(rows: list[tuple[int, Record, bool]], file: LabelFile, *, trust: bool) -> None:
    """Text becomes a truth value; the same word on every output is a program's default, and nobody's decision."""
    spoken = [row for _, row, is_plain in rows if not is_plain and "spendable" in row]
    as_text = [row for row in spoken if isinstance(row["spendable"], str)]
    for row in as_text:
        row["spendable"] = _TRUTH[row["spendable"]]
    if as_text:
        file.notices.append("the file wrote spendable as text, as Nunchuk does; read as true/false")
    outputs = [row for _, row, _ in rows if row["type"] == "output"] if spoken else []
    invented = outputs and all(row.get("spendable") is True for row in outputs)
    if invented and not trust and not any(row["spendable"] is False for row in spoken):
        for row in outputs:
            row["spendable"] = None  # it was there: the row says something
        file.notices.append(
            "spendable is true on every output, which is a program's default and nobody's word: read as not said; "
            "--trust-spendable takes it"
        )


def _says(row: Record, file: LabelFile, *, with_values: bool) -> bool:
    """Whether a row is to be kept; what is not is taken off."""
    keeps = with_values or says_something(row)
    if row.get("spendable", True) is None:
        del row["spendable"]
    file.silent += not keeps
    for name in () if with_values or not keeps else VOLATILE & row.keys():
        del row[name]
    return keeps


def _take(number: int, row: Record, found: dict[Key, Record], file: LabelFile) -> None:
    kind = built_in(KIND)
    try:
        key = codec.key_of(kind, row, codec.encode_record(kind, row))
    except Malformed as error:
        file.rejected.append((number, str(error)))
        return
    if key not in found:
        found[key] = row
    elif found[key] != row:
        _unite(number, found[key], row, file)


def _unite(number: int, row: Record, again: Record, file: LabelFile) -> None:
    """Two rows of one label: what only one says counts; of two different words the first, but that freezing wins."""
    if {row.get("spendable"), again.get("spendable")} == {True, False}:
        row["spendable"] = again["spendable"] = False
    differing = [name for name, value in again.items() if row.setdefault(name, value) != value]
    if differing:
        file.notices.append(f"line {number}: another {differing[0]} than in a row before with the same label; left out")
