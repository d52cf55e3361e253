from __future__ import annotations

import json
import mmap
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import codec
from gitbtc.kinds import delta as module
from gitbtc.kinds.delta import Change, NotCanonical, compare, delta, line_of, spliced, walk
from gitbtc.kinds.registry import built_in
from tests.strategies import array_kinds, files, histories, kinds

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.kinds.kind import Key, Kind

UTXOS = built_in("utxos")


def facts(changes: list[Change]) -> list[tuple[object, ...]]:
    return [(change.key, change.old, change.new, change.old_record, change.new_record) for change in changes]


def plain(kind: Kind, old: bytes, new: bytes) -> list[tuple[object, ...]]:
    return facts(compare(kind, codec.keyed(kind, old), codec.keyed(kind, new)))


def coins(*numbers: int, label: str = "x", filler: int = 0) -> bytes:
    records = [
        {"txid": f"{number:064x}", "vout": 0, "amount_sat": number, "label": label, "note": "n" * filler}
        for number in numbers
    ]
    return codec.encode_file(UTXOS, records)


@given(st.data(), kinds)
def test_the_walk_finds_what_comparing_every_record_finds(data: st.DataObject, kind: Kind) -> None:
    old, new = data.draw(histories(kind, 1))
    assert facts(delta(kind, old, new)) == plain(kind, old, new)


@given(st.data(), array_kinds)
def test_an_absent_version_has_no_records(data: st.DataObject, kind: Kind) -> None:
    content = data.draw(files(kind))
    assert facts(walk(kind, b"", content)) == plain(kind, b"", content)
    assert facts(walk(kind, content, b"")) == plain(kind, content, b"")


@given(st.data())
def test_long_equal_stretches_are_skipped_to_the_right_line(data: st.DataObject) -> None:
    everything = list(range(300))
    gone = data.draw(st.sets(st.sampled_from(everything), max_size=20))
    come = data.draw(st.sets(st.sampled_from(everything), max_size=20))
    filler = data.draw(st.integers(0, 200))
    old = coins(*[number for number in everything if number not in come], filler=filler)
    new = coins(*[number for number in everything if number not in gone], filler=filler)
    assert facts(walk(UTXOS, old, new)) == plain(UTXOS, old, new)


@given(st.data(), array_kinds)
def test_offsets_say_where_a_line_stands_or_would_stand_in_the_old_file(data: st.DataObject, kind: Kind) -> None:
    old, new = data.draw(histories(kind, 1))
    for change in walk(kind, old, new):
        if change.old is not None:
            assert old[change.at : change.at + len(change.old)] == change.old


@given(st.data(), array_kinds, st.sampled_from(["pretty", "minified", "reversed", "crlf"]))
def test_other_layouts_give_the_same_delta(data: st.DataObject, kind: Kind, layout: str) -> None:
    old, new = data.draw(histories(kind, 1))
    records = codec.parse(kind, new)
    lines = [codec.encode_record(kind, record) for record in reversed(records)]
    laid_out = {
        "pretty": json.dumps(records, indent=2).encode(),
        "minified": json.dumps(records, separators=(",", ":")).encode(),
        "reversed": codec.encode_lines(kind, lines),
        "crlf": new.replace(b"\n", b"\r\n"),
    }[layout]
    assert facts(delta(kind, old, laid_out)) == plain(kind, old, new)


@pytest.mark.parametrize(
    "line",
    [
        '{"txid":"%s","vout":0,"amount_sat":1}',  # keys not sorted
        '{"amount_sat":1, "txid":"%s","vout":0}',  # a space
        '{"amount_sat":1,"amount_sat":2,"txid":"%s","vout":0}',  # a key twice: which amount is it?
        '{"amount_sat":1e0,"txid":"%s","vout":0}',  # another spelling of a number
        '{"amount_sat":1,"label":"\\u0041","txid":"%s","vout":0}',  # another spelling of a letter
    ],
)
def test_the_walk_does_not_trust_a_line_that_is_not_canonical(line: str) -> None:
    new = b"[\n" + (line % ("0" * 64)).encode() + b"\n]\n"
    with pytest.raises(NotCanonical):
        walk(UTXOS, b"[]\n", new)


def test_the_walk_does_not_trust_an_order_that_is_not_canonical() -> None:
    lines = coins(1, 2, 3, 4).splitlines()[1:-1]
    moved = b"[\n" + b",\n".join(line.rstrip(b",") for line in (lines[3], lines[0], lines[1], lines[2])) + b"\n]\n"
    with pytest.raises(NotCanonical):
        walk(UTXOS, coins(1, 2, 3, 4), moved)
    assert delta(UTXOS, coins(1, 2, 3, 4), moved) == []


def test_mapped_files_work_like_bytes(tmp_path: Path) -> None:
    old, new = coins(1, 2, 3), coins(1, 3, 4)
    mapped = []
    for name, content in (("old", old), ("new", new)):
        (tmp_path / name).write_bytes(content)
        with (tmp_path / name).open("rb") as file:
            mapped.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    assert facts(delta(UTXOS, mapped[0], mapped[1])) == plain(UTXOS, old, new)
    for file_map in mapped:
        file_map.close()


def test_a_broken_version_is_malformed() -> None:
    with pytest.raises(codec.Malformed):
        delta(UTXOS, coins(1), b"[{")


def test_the_walk_does_not_trust_a_line_that_was_put_in_the_wrong_place() -> None:
    lines = [line.rstrip(b",") for line in coins(1, 3, 5, 7).splitlines()[1:-1]]
    two = coins(2).splitlines()[1]
    for place in (0, 2, 3, 4):
        misplaced = codec.encode_lines(UTXOS, [*lines[:place], two, *lines[place:]])
        with pytest.raises(NotCanonical):
            walk(UTXOS, coins(1, 3, 5, 7), misplaced)
        assert facts(delta(UTXOS, coins(1, 3, 5, 7), misplaced)) == plain(
            UTXOS, coins(1, 3, 5, 7), coins(1, 2, 3, 5, 7)
        )


@given(st.data(), kinds)
def test_a_file_with_some_records_otherwise_is_what_writing_all_of_them_gives(data: st.DataObject, kind: Kind) -> None:
    old, new = data.draw(histories(kind, 1))
    before, after = codec.keyed(kind, old), codec.keyed(kind, new)
    lines = {key: after.get(key) for key in sorted({**before, **after}) if data.draw(st.booleans())}
    wanted: dict[Key, bytes | None] = {**before, **lines}
    written = codec.encode_lines(kind, [line for key in sorted(wanted) if (line := wanted[key]) is not None])
    for few in (0, module._FEW):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_FEW", few)
            assert spliced(kind, old or codec.encode_lines(kind, []), lines) == written


@given(st.data(), array_kinds)
def test_a_line_is_found_by_its_key(data: st.DataObject, kind: Kind) -> None:
    old, new = data.draw(histories(kind, 1))
    lines = codec.keyed(kind, old)
    for key in {**lines, **codec.keyed(kind, new)}:
        assert line_of(kind, old, key) == lines.get(key)
