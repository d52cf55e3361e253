from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gitbtc.kinds import codec, json_text
from gitbtc.kinds.codec import Malformed, canonical, encode_file, keyed, parse
from gitbtc.kinds.registry import built_in
from tests.strategies import array_kinds, files, kinds

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

UTXOS, EXECUTION, STRATEGY, LABELS = (built_in(name) for name in ("utxos", "execution", "strategy", "labels"))
TXID = "ab" * 32


def coin(vout: int = 0, **changes: object) -> dict[str, object]:
    return {"txid": TXID, "vout": vout, "amount_sat": 1000, "label": None, **changes}


def text(*records: object) -> bytes:
    return json.dumps(list(records)).encode()


def test_one_record_stands_on_one_line_with_its_keys_sorted_and_no_spaces() -> None:
    line = b'{"amount_sat":1000,"label":null,"txid":"' + TXID.encode() + b'","vout":0}'
    assert canonical(UTXOS, text(coin())) == b"[\n" + line + b"\n]\n"


@given(st.data(), array_kinds)
def test_records_in_any_order_make_the_canonical_file(data: st.DataObject, kind: Kind) -> None:
    records = data.draw(st.permutations(parse(kind, data.draw(files(kind)))))
    assert encode_file(kind, records) == canonical(kind, text(*records) if kind.frame.opening else lines(*records))


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@pytest.mark.parametrize("wrong", [["no record"], [coin(), coin(label="x")], [coin(amount_sat=b"1")], [{"vout": 1}]])
def test_what_makes_no_file_is_told(wrong: list[object]) -> None:
    with pytest.raises(Malformed):
        encode_file(UTXOS, wrong)


def test_an_empty_array_is_two_brackets() -> None:
    assert canonical(UTXOS, b" [ ] ") == b"[]\n"
    assert canonical(STRATEGY, b"{}") == b"{}\n"


def test_an_object_has_one_member_a_line() -> None:
    assert canonical(STRATEGY, b'{"b": 1, "a": [1, 2]}') == b'{\n"a":[1,2],\n"b":1\n}\n'


def test_outputs_are_sorted_as_numbers_not_as_text() -> None:
    assert [record["vout"] for record in parse(UTXOS, text(coin(10), coin(9), coin(100)))] == [9, 10, 100]


def test_log_entries_are_sorted_by_time_and_then_by_line() -> None:
    entries = [{"timestamp": 2, "note": "a"}, {"timestamp": 1, "note": "z"}, {"timestamp": 1, "note": "b"}]
    notes = [entry["note"] for entry in parse(EXECUTION, text(*entries))]
    assert notes == ["b", "z", "a"]


def test_non_ascii_letters_stay_as_they_are() -> None:
    assert "Zürich Café".encode() in canonical(UTXOS, text(coin(label="Zürich Café")))


def test_keys_are_sorted_by_code_point_not_by_utf_16_unit() -> None:
    lines = canonical(STRATEGY, json.dumps({"\U0001f600": 1, "\uff00": 2, "z": 3}).encode()).splitlines()
    assert [line[1:2] for line in lines[1:-1]] == [b"z", b"\xef", b"\xf0"]


@pytest.mark.parametrize(
    ("spelled", "canonical_form"),
    [("5.0", "5"), ("5", "5"), ("50e-1", "5"), ("0.10", "0.1"), ("1.250", "1.25"), ("1e2", "100"), ("-0.0", "0")],
)
def test_a_number_of_a_number_field_has_one_form(spelled: str, canonical_form: str) -> None:
    content = canonical(STRATEGY, b'{"max_fee_rate_sat_vbyte": ' + spelled.encode() + b"}")
    assert content == b'{\n"max_fee_rate_sat_vbyte":' + canonical_form.encode() + b"\n}\n"


def test_a_float_where_an_integer_belongs_stays_visible_for_validation() -> None:
    assert b'"amount_sat":5.0' in canonical(UTXOS, text(coin()).replace(b"1000", b"5.0"))


def test_equal_records_are_one() -> None:
    assert len(keyed(UTXOS, text(coin(), coin(label=None)))) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xef\xbb\xbf[]", "byte order mark"),
        (b'["\xff"]', "not UTF-8"),
        (b"[{]", "not JSON"),
        (b"{}", "array"),
        (b"[1]", "JSON object"),
        (b"[\n<<<<<<< main\n]", "line 2: a conflict marker"),
        (text(coin(), coin(label="x")), "differ"),
        (b'[{"txid":"a","txid":"b","vout":0}]', "twice"),
        (b'[\n{"txid":"a","txid":"b","vout":0}\n]\n', "line 2: a key stands twice"),
        (text(coin()).replace(b"1000", b"NaN"), "NaN"),
        (text(coin()).replace(b"1000", b"-Infinity"), "Infinity"),
        (text(coin()).replace(b"1000", b"1e999"), "too large"),
        (text(coin()).replace(b"1000", b"9" * 5000), "too many digits"),
        (text(coin(label="\ud800")), "Unicode"),
        (text(coin()).replace(b"1000", b"[" * 40 + b"]" * 40), "deeper than 32"),
        (b"[" * 100_000, "deeper than 32"),
        (text({"vout": 0}), "txid must be text"),
        (text(coin(True)), "vout must be an integer"),
    ],
)
def test_what_is_no_state_file_is_refused_with_one_clear_message(content: bytes, said: str) -> None:
    with pytest.raises(Malformed) as refused:
        canonical(UTXOS, content)
    assert said in str(refused.value)


def test_a_message_does_not_quote_what_does_not_parse() -> None:
    secret = "correct horse battery staple"
    for content in (f'[{{"txid":"{secret}","vout":0}},{{"txid":"{secret}","vout":0,"x":1}}]', f"[{secret}]"):
        with pytest.raises(Malformed) as refused:
            canonical(UTXOS, content.encode())
        assert secret not in str(refused.value)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=3), max_size=4))
@example([1e-5, 0.00012, 1e16, 1e22, 5e-324, -0.0, 123456789012345680.0, 2**64, 10**400])
def test_the_two_writers_of_json_agree(values: list[object]) -> None:
    alone = json_text._dumps(values)
    json_text.expect(json_text.BULK)
    try:
        assert json_text.dumps(values) == alone
    finally:
        json_text._fast = None


@pytest.mark.parametrize(
    ("number", "form"),
    [(1e-7, b"1e-7"), (1e16, b"1e16"), (0.1, b"0.1"), (1.5e300, b"1.5e300"), (0.0001, b"0.0001")],
)
def test_a_float_has_its_shortest_form(number: float, form: bytes) -> None:
    assert codec.encode_record(UTXOS, {"x": number}) == b'{"x":' + form + b"}"


def test_hardened_steps_of_a_derivation_path_have_one_spelling() -> None:
    descriptors = built_in("descriptors")
    record = {"id": "x", "derivation_path": "m/84h/1H/0'"}
    assert parse(descriptors, text(record))[0]["derivation_path"] == "m/84'/1'/0'"


def test_depth_32_is_let_through() -> None:
    canonical(STRATEGY, b'{"x":' + b"[" * 31 + b"]" * 31 + b"}")
    with pytest.raises(Malformed):
        canonical(STRATEGY, b'{"x":' + b"[" * 32 + b"]" * 32 + b"}")


@given(st.data(), kinds)
def test_commas_that_settling_by_hand_left_wrong_are_repaired(data: st.DataObject, kind: Kind) -> None:
    content = data.draw(files(kind))
    opening, *rows, closing = content.decode().rstrip("\n").split("\n") if b"\n" in content[:-1] else ["[]", "[]"]
    if opening == "[]":
        return
    mangled = [row.rstrip(",") + data.draw(st.sampled_from(["", ",", ",,", " ,\r"])) for row in rows]
    assert canonical(kind, "\n".join([opening, *mangled, closing]).encode()) == content


@given(st.data(), kinds)
def test_the_canonical_form_reads_back_and_is_its_own(data: st.DataObject, kind: Kind) -> None:
    content = data.draw(files(kind))
    assert canonical(kind, content) == content
    assert encode_file(kind, parse(kind, content)) == content


@given(st.data(), array_kinds)
def test_layout_and_order_mean_nothing(data: st.DataObject, kind: Kind) -> None:
    content = data.draw(files(kind))
    records = parse(kind, content)
    data.draw(st.randoms()).shuffle(records)
    for layout in ({"indent": 2}, {"indent": None}, {"ensure_ascii": True, "indent": 1}):
        assert canonical(kind, json.dumps(records, **layout).encode()) == content


@given(st.binary())
def test_arbitrary_bytes_are_refused_or_become_canonical(content: bytes) -> None:
    for kind in (UTXOS, STRATEGY, EXECUTION):
        try:
            once = canonical(kind, content)
        except Malformed:
            continue
        assert canonical(kind, once) == once


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from(["txid", "vout", "x"]), json_values)))
def test_any_json_is_refused_or_becomes_canonical(records: list[dict[str, object]]) -> None:
    try:
        once = canonical(UTXOS, json.dumps(records).encode())
    except Malformed:
        return
    assert canonical(UTXOS, once) == once
    assert json.loads(once) == json.loads(json.dumps(parse(UTXOS, once)))


def test_crlf_means_the_same() -> None:
    content = canonical(UTXOS, text(coin(1), coin(2)))
    assert canonical(UTXOS, content.replace(b"\n", b"\r\n")) == content


def test_the_content_id_is_the_hash_of_the_line() -> None:
    from hashlib import sha256

    line = codec.encode_record(UTXOS, coin())
    assert codec.content_id(line) == sha256(line).hexdigest()


def test_order_of_arrival_does_not_matter_for_a_large_file() -> None:
    records = [coin(number, txid=f"{number % 50:064x}") for number in range(2000)]
    shuffled = records[:]
    random.Random(7).shuffle(shuffled)
    assert canonical(UTXOS, text(*records)) == canonical(UTXOS, text(*shuffled))
