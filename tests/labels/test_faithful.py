"""What goes in comes out: three promises about the bytes of label files, over files of any spelling."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.labels.dialects import exported
from gitbtc.labels.importing import bring
from gitbtc.labels.label_file import KIND, LabelFile
from gitbtc.labels.like import written_like
from gitbtc.labels.reading import _plain_rows, parsed, read

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record

TXIDS = ["ab" * 32, "cd" * 32]
ADDRESSES = ["bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0", "n3fdDmgnbwsKCnqsXoq3Rdnt5DQbQy6Dv1"]
ORIGINS = ["wpkh([d34db33f/84'/0'/0'])", "wsh(sortedmulti(2,[AAAAAAAA/48h],[bbbbbbbb/48h]))"]
# Texts in normal form C, which is what a name is stored in.
TEXTS = st.sampled_from(["", "rent", "Bob's <b>", "a=b&c", "Café ☕", 'quo"te', "\\u0027", " spaced "]) | st.text(
    st.characters(min_codepoint=32, max_codepoint=126), max_size=8
)
NUMBERS = st.sampled_from(["0", "-0", "90000.00", "1e3", "0.10", "12", "1E-7", "123456789012345678901234567890"])
REFS = {
    "tx": st.sampled_from(TXIDS),
    "addr": st.sampled_from(ADDRESSES),
    "output": st.sampled_from([f"{txid}:{vout}" for txid in TXIDS for vout in (0, 1)]),
    "mystery": st.sampled_from(["x", "y"]),
}


@st.composite
def rows(draw: st.DrawFn, *, as_text: bool = False) -> list[tuple[str, str]]:
    """One row: (name, JSON text) of its members, in any order."""
    type_ = draw(st.sampled_from(sorted(REFS)))
    members = {"type": json.dumps(type_), "ref": json.dumps(draw(REFS[type_]))}
    if draw(st.booleans()):
        members["label"] = _spelled(draw(TEXTS), draw(st.booleans()))
    if draw(st.booleans()):
        members["origin"] = _spelled(draw(st.sampled_from(ORIGINS)), draw(st.booleans()))
    if type_ == "output" and draw(st.booleans()):
        word = draw(st.sampled_from(["true", "false"]))
        members["spendable"] = f'"{word}"' if as_text else word
    if draw(st.booleans()):
        members["height"] = draw(st.integers(0, 900_000).map(str))
    if draw(st.booleans()):
        members["fmv"] = f'{{"USD": {draw(NUMBERS)}}}'
    if draw(st.booleans()):
        members["own-field"] = draw(NUMBERS)
    return draw(st.permutations(list(members.items())))


def _spelled(text: str, html: bool) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return written.replace("'", "\\u0027").replace("<", "\\u003c").replace("=", "\\u003d") if html else written


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file in somebody's spelling."""
    comma, colon = draw(st.sampled_from([(",", ":"), (", ", ": "), (" , ", " :")]))
    found: dict[Any, list[tuple[str, str]]] = {}
    for one in draw(st.lists(rows(as_text=draw(st.booleans())), max_size=6)):
        record = json.loads("{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in one) + "}")
        # A thing is named once by the programs that write more than its name.
        found.setdefault((record["type"], record["ref"], codec_origin(record)), one)
    lines = ["{" + comma.join(f"{json.dumps(name)}{colon}{value}" for name, value in one) + "}"
             for one in found.values()]  # fmt: skip
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(["", "not json"])))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join(lines) + (end if draw(st.booleans()) else "")
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + text.encode()


def codec_origin(record: Record) -> Any:
    return built_in(KIND).compared["origin"](record.get("origin", ""))


def stored(content: bytes, *, with_values: bool = True) -> bytes:
    """What wallet/labels.jsonl is after the file came into an empty one."""
    labels = read(content, with_values=with_values, trust_spendable=True)
    return bring(None, LabelFile(), labels).content


def records(content: bytes) -> list[Record]:
    found: list[Record] = codec.parse(built_in(KIND), content)
    return found


@given(files())
def test_what_gitbtc_wrote_comes_back_as_it_was(content: bytes) -> None:
    own = stored(content)
    assert stored(own) == own
    assert exported(records(own), None) == own


def values(content: bytes) -> list[str]:
    """The JSON values of a file, with truth as truth, each as one text."""
    found = []
    for line in content.removeprefix(b"\xef\xbb\xbf").decode().split("\n"):
        if line.strip().startswith("{"):
            row = json.loads(line)
            row |= {"spendable": row["spendable"] in (True, "true")} if "spendable" in row else {}
            found.append(json.dumps(row, sort_keys=True))
    return sorted(found)


@given(files())
def test_the_values_of_a_foreign_file_are_kept_and_twice_is_once(content: bytes) -> None:
    own = stored(content)
    assert values(own) == values(content)
    theirs = read(content, with_values=True, trust_spendable=True)
    for base in (theirs.content(), None):
        assert bring(base, LabelFile(records(own)), theirs).content == own


@given(files(), st.booleans(), st.booleans())
def test_a_foreign_file_is_written_back_in_its_own_spelling(content: bytes, values_too: bool, trust: bool) -> None:
    labels = read(content, with_values=values_too, trust_spendable=trust)
    assert written_like(records(labels.content()), content) == content


def test_a_line_that_is_no_label_stays_in_the_spelling_of_its_file() -> None:
    own = b'{"label":"a","ref":"' + b"ab" * 32 + b'","type":"tx"}\n'
    sample = own + b'{"' + b"cd" * 32 + b'": "a flat line"}\nno JSON\n'
    assert written_like(records(own), sample) == sample


@given(files(), TEXTS.filter(bool))
def test_a_change_touches_the_line_of_what_changed_alone(content: bytes, text: str) -> None:
    own = records(stored(content))
    if not own:
        return
    own[0] = {**own[0], "label": text}
    written = written_like(own, content)
    before, after = content.split(b"\n"), written.split(b"\n")
    assert len(before) == len(after)
    assert sum(one != other for one, other in zip(before, after, strict=True)) <= 1
    again = records(stored(written))
    assert codec.encode_file(built_in(KIND), again) == codec.encode_file(built_in(KIND), own)


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(["},{", "{", ":", "AB" * 32])
_PLAIN_ROWS = st.lists(
    st.fixed_dictionaries(
        {"ref": _TEXT, "type": st.sampled_from(["tx", "addr"])},
        optional={"origin": st.sampled_from(["", "wpkh([D34DB33F/84h])", "wpkh([d34db33f/84'])"]), "label": _TEXT,
                  "spendable": st.booleans(), "x": st.integers(-(2**70), 2**70), "a": st.none()},
    ),
    max_size=4,
)  # fmt: skip


@given(_PLAIN_ROWS)
def test_records_that_are_read_and_written_at_once_are_as_if_each_were_by_itself(rows: list[Record]) -> None:
    kind = built_in(KIND)
    one_by_one = {}
    for row in rows:
        line = codec.encode_record(kind, dict(row))
        one_by_one[codec.read_line(kind, line)[1]] = line
    if len(one_by_one) < len(rows):  # two of one label: told, or one and the same
        return
    content = codec.encode_lines(kind, [line for _, line in sorted(one_by_one.items())])
    assert codec.encode_file(kind, rows) == content
    assert codec.keyed(kind, content) == dict(sorted(one_by_one.items()))
    assert codec.parse(kind, content) == [codec.decode_line(kind, line) for _, line in sorted(one_by_one.items())]


# What lines are made of: some are labels, some would be one only together with their neighbours.
_PIECES = """{"type":"tx" | ,"ref":"a" | "ref":"b" | ,"label":"c" | ,"label":"d:e" | ,"l\\u0061bel":"f"
    | ,"label":"\\u003A" | ,"label":{"a":"b"
    | { | } | "} | , | },{ | [ | ] | ,"spendable":true | ,"x":"y" | ,"label":"" | """
_WHOLE = """{"type":"tx","ref":"a","label":"b"} | {"label":"b:","ref":":","type":"addr"}
    | {"type":"tx","ref":"a","label":"b:","label":"c"} | {"type":"tx","ref":"a","label":"},{"}
    | {"type":"tx","ref":"a","label":"b","label":"\\u003a"}
    | {"type":"tx","ref":"a","label":"b"},{"type":"tx","ref":"a","label":"b"}"""


def one_of(texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from([text.strip() for text in texts.split("|")])


@given(st.lists(one_of(_WHOLE) | st.lists(one_of(_PIECES), max_size=7).map("".join), min_size=1, max_size=4))
def test_lines_that_are_read_in_one_go_are_what_each_is_by_itself(texts: list[str]) -> None:
    lines = [text.encode() for text in texts]
    rows = _plain_rows(lines)
    if rows is not None:
        assert rows == [parsed(line) for line in lines]
        assert len(read(b"\n".join(lines)).records) == len({str(row) for row in rows})


def test_plain_lines_are_read_in_one_go() -> None:
    line = b'{"type": "tx", "ref": "a:b", "label": "c:d", "origin": "e"}'
    assert _plain_rows([line] * 3) == [parsed(line)] * 3
    no_label, empty = b'{"type": "tx", "ref": "a"}', line.replace(b"c:d", b"")
    for odd in (b"", b" " + line, line + b",", line.replace(b"ref", b"label"), no_label, empty, b"[]"):
        assert _plain_rows([line, odd]) is None
    assert _plain_rows([line[: line.index(b"d")], b'{d"}', line + b"," + line]) is None
