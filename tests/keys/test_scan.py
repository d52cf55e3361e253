"""The scan: what is found wherever it stands, and what is left alone."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gitbtc.keys import words as lists
from gitbtc.keys.form import BLOCK
from gitbtc.keys.forms import bip39, electrum_v1
from gitbtc.keys.forms.scalar import ORDER
from gitbtc.keys.scan import MOST_FINDINGS, TOO_DEEP, scan, scan_name
from gitbtc.kinds import base58

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MNEMONIC = "BIP-39 mnemonic (English)"


def fingerprints(content: bytes | str) -> list[str]:
    """Of what stops a commit."""
    found = scan(content.encode() if isinstance(content, str) else content)
    return sorted({key.fingerprint for key in found if key.severity == BLOCK})


def pieces(text: str) -> list[str]:
    """A key as people spread it: words one by one, lines one by one, anything else in two."""
    if "-----" in text:
        return text.splitlines()
    if text.startswith(("{", "[")):
        return ["a document", text]
    if re.search("[0-9]", text):
        return [text[:20], text[20:]]
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text))


def escaped(text: str) -> str:
    return '"' + "".join(f"\\u{ord(character):04x}" for character in text) + '"'


# Public vectors


def test_a_positive_is_found_alone(positive: str) -> None:
    assert len(fingerprints(positive)) == 1


def test_a_positive_is_found_in_a_label(positive: str) -> None:
    record = json.dumps([{"txid": "ab" * 32, "vout": 0, "label": positive, "address": "bc1qxyz"}])
    assert fingerprints(record) == fingerprints(positive)


def test_a_positive_is_found_in_a_field_of_any_name_among_prose(positive: str) -> None:
    if not is_only_whole(positive):
        assert fingerprints(json.dumps({"colour": f"so: {positive}\nwas it", "n": 1}, indent=2)) == fingerprints(
            positive
        )


def test_a_positive_is_found_when_every_character_is_escaped(positive: str) -> None:
    assert fingerprints('{"x": ' + escaped(positive) + "}") == fingerprints(positive)


def test_a_positive_is_found_in_json_inside_a_json_string(positive: str) -> None:
    assert fingerprints(json.dumps({"body": json.dumps({"note": positive})})) == fingerprints(positive)


def test_a_positive_is_found_when_it_is_spread_over_an_array(positive: str) -> None:
    for indent in (None, 2):
        assert fingerprints(json.dumps({"parts": pieces(positive), "n": 3}, indent=indent)) == fingerprints(positive)


def test_a_positive_is_found_when_it_is_spread_over_objects(positive: str) -> None:
    rows = [{"i": number, "word": piece} for number, piece in enumerate(pieces(positive), 1)]
    assert fingerprints(json.dumps(rows)) == fingerprints(positive)


def test_a_positive_is_found_behind_a_member_of_the_same_name(positive: str) -> None:
    assert fingerprints('{"a": ' + json.dumps(positive) + ', "a": "nothing"}') == fingerprints(positive)


def test_a_positive_is_found_as_the_name_of_a_member(positive: str) -> None:
    assert fingerprints(json.dumps({positive: 1})) == fingerprints(positive)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_positive_is_found_in_wide_text(positive: str, encoding: str) -> None:
    assert fingerprints(f"one\n{positive}\n".encode(encoding)) == fingerprints(positive)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_positive_in_ascii_is_found_in_wide_text_that_does_not_say_so(positive: str, encoding: str) -> None:
    if positive.isascii():
        assert fingerprints(f"one\n{positive}\n".encode(encoding)) == fingerprints(positive)


def encoded(text: bytes, *ways: str) -> bytes:
    """`text` in hex or Base64, once or twice."""
    encoders: dict[str, Callable[[bytes], bytes]] = {
        "hex": binascii.hexlify, "base64": base64.b64encode, "url": base64.urlsafe_b64encode,
    }  # fmt: skip
    for way in ways:
        text = encoders[way](text).strip()
    return text


@pytest.mark.parametrize(
    "ways",
    [("hex",), ("base64",), ("url",), ("hex", "hex"), ("base64", "base64"), ("hex", "base64"), ("base64", "hex")],
    ids=" of ".join,
)
def test_a_positive_is_found_in_hex_and_base64_of_itself(positive: str, ways: tuple[str, ...]) -> None:
    content = encoded(positive.encode(), *ways)
    assert fingerprints(b'{"blob": "%b", "n": 1}' % content) == fingerprints(positive)
    assert fingerprints(b"%b\n" % content.upper() if ways == ("hex",) else content) == fingerprints(positive)


def test_what_is_encoded_too_often_to_be_read_is_refused(wif: str) -> None:
    assert fingerprints(encoded(wif.encode(), "base64", "hex", "base64")) == fingerprints(wif)
    deep = encoded(wif.encode(), "base64", "base64", "base64", "base64")
    assert [key.form for key in scan(deep)] == [TOO_DEEP.name]
    assert scan(encoded(b"\x00\xff" * 40, "base64", "base64", "base64", "base64")) == []


def test_strings_in_encoded_strings_do_not_multiply_the_work(wif: str) -> None:
    text = json.dumps([wif, "x"]).encode()
    for _ in range(22):
        written = base64.b64encode(text).decode()
        half = len(written) // 2
        text = json.dumps([written[:half], written[half:]]).encode()
    assert TOO_DEEP.name in {key.form for key in scan(text)}  # a bound was met, and it came back


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_a_positive_is_found_in_every_form_of_unicode(
    positive: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]
) -> None:
    assert fingerprints(unicodedata.normalize(form, positive)) == fingerprints(positive)


def is_only_whole(positive: str) -> bool:
    """Electrum's old phrases have no checksum: only as a whole line or string they are told from prose."""
    return {key.form for key in scan(positive.encode())} == {electrum_v1.FORM.name}


def test_a_positive_is_found_in_a_binary_file(positive: str) -> None:
    if not is_only_whole(positive):
        assert fingerprints(b"\x00\xff\x89PNG\0" + positive.encode() + b"\0\xfe\x01") == fingerprints(positive)


def test_a_negative_is_not_found(negative: str) -> None:
    assert scan(negative.encode()) == []
    assert fingerprints(json.dumps([{"label": negative, "x": 1}], indent=1)) == []
    for ways in (["hex"], ["base64"]):
        assert fingerprints(encoded(negative.encode(), *ways)) == []


def test_the_recorded_answers_of_two_nodes_hold_no_key(recordings: Path) -> None:
    files = sorted(recordings.rglob("*.json*"))
    assert len(files) > 50
    assert [path.name for path in files if scan(path.read_bytes())] == []


def test_a_password_ends_where_its_string_ends() -> None:
    assert len(scan(b'{"label": "rpcpassword=hunter2", "address": "bc1qxyz"}')) == 1


# Places


def test_the_line_is_the_one_the_key_begins_on(wif: str, words: str, pem: str) -> None:
    text = f"first\n{pem}\n\nthen\n{words.replace(' ', chr(10))}\nlast {wif}"
    assert [(found.form, found.where) for found in scan(text.encode())] == [
        ("PEM private key (EC PRIVATE KEY)", 2),
        (MNEMONIC, pem.count("\n") + 5),
        ("WIF private key", pem.count("\n") + 17),
    ]


def test_the_line_of_a_spread_key_is_that_of_its_first_piece(wif: str, words: str) -> None:
    document: dict[str, object] = {"a": "x", "b": [wif[:9], wif[9:]], "c": [{"w": word} for word in words.split()]}
    text = json.dumps(document, indent=1)
    first = words.split(maxsplit=1)[0]
    expected = [line for line, row in enumerate(text.splitlines(), 1) if wif[:9] in row or first in row]
    assert [found.where for found in scan(text.encode())] == expected


def test_a_key_in_several_places_and_layers_is_one_finding(wif: str) -> None:
    content = json.dumps({"a": wif, "b": f"{wif}\n", "c": [wif[:7], wif[7:]]}) + wif
    assert [(found.form, found.where) for found in scan(content.encode())] == [("WIF private key", 1)]


def test_a_name_can_hold_a_key(wif: str, words: str) -> None:
    assert [found.form for found in scan_name(f"backup/{wif}.txt")] == ["WIF private key"]
    assert [found.form for found in scan_name(words.replace(" ", "-") + ".md")] == [MNEMONIC]
    assert scan_name("treasury/wallet/utxos.json") == []


def test_nothing_that_is_handed_out_holds_the_secret(positive: str) -> None:
    for found in scan(positive.encode()):
        shown = " ".join([repr(found), str(found), found.form, found.fingerprint, found.advice])
        assert not any(piece in shown for piece in pieces(positive) if len(piece) > 8)
        assert re.fullmatch("[0-9a-f]{16}", found.fingerprint)


# Phrases


@pytest.mark.parametrize(
    "separator",
    ["  ", "\n", "\r\n", "\t", ",", ", ", "-", " - ", '", "', "', '", " | ", "\n* ", "\n- ", "\n> ", "\u3000", "\u00a0",
     " \u2013 ", "\u201d, \u201c", ";", "\\n", "\\t", '\\", \\"'],
)  # fmt: skip
def test_words_are_one_text_across(words: str, separator: str) -> None:
    assert fingerprints(f"see: {separator.join(words.split())}. Really.") == fingerprints(words)


@pytest.mark.parametrize("number", ["{}. ", "{}.", "{}) ", "{}: ", "{} ", "({}) ", "[{}] ", "{:02}. "])
def test_numbered_words_are_one_text(words: str, number: str) -> None:
    for end in (" ", "\n"):
        numbered = end.join(number.format(place) + word for place, word in enumerate(words.split(), 1))
        assert fingerprints(numbered) == fingerprints(words)


@pytest.mark.parametrize(
    "written",
    [str.upper, str.title, lambda words: words.translate({letter: letter + 0xFEE0 for letter in range(0x61, 0x7B)})],
    ids=["upper case", "title case", "full width"],
)
def test_words_are_compared_in_lower_case_and_nfkd(words: str, written: object) -> None:
    assert callable(written)
    assert fingerprints(written(words)) == fingerprints(words)


def test_words_as_members_are_one_text(words: str) -> None:
    listed = words.split()
    assert fingerprints(json.dumps(dict.fromkeys(listed, 0))) == fingerprints(words)
    assert fingerprints(json.dumps({str(place): word for place, word in enumerate(listed)})) == fingerprints(words)


def test_words_in_one_column_among_others_are_one_text(words: str) -> None:
    rows = [{"kind": "hint", "word": word, "said": f"by {place}"} for place, word in enumerate(words.split())]
    assert fingerprints(json.dumps(rows)) == fingerprints(words)
    spaced = json.dumps(rows, separators=(",", "  : "))
    assert fingerprints(spaced) == fingerprints(words)


def test_a_phrase_behind_a_backslash_is_found(words: str) -> None:
    text = "tornado " * 11
    last = next(word.decode() for word in lists.numbers("english") if scan(f"{text}{word.decode()}".encode()))
    assert fingerprints(f"C:\\{text}{last}") == fingerprints(f"{text}{last}")
    assert fingerprints(f"x\\n{words}\\n") == fingerprints(words)


def test_phrases_under_one_another_are_found_as_they_stand(words: str) -> None:
    others = ["zoo " * 11 + "wrong", "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"]
    text = "\n".join([*others, words])
    assert fingerprints(text) == sorted(fingerprints(others[0]) + fingerprints(others[1]) + fingerprints(words))


def test_a_phrase_on_two_lines_before_one_on_its_own_line_is_found(words: str) -> None:
    own = "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"
    listed = words.split()
    text = "\n".join([" ".join(listed[:5]), " ".join(listed[5:]), own])
    assert fingerprints(text) == sorted(fingerprints(words) + fingerprints(own))


def test_a_phrase_among_other_listed_words_is_found(words: str) -> None:
    assert set(fingerprints(f"sell {words} sell limit")) >= set(fingerprints(words))


def test_a_column_of_the_values_of_an_enumeration_is_no_phrase() -> None:
    # The checksum of `sell` twelve times does not fit, but that of `all` twelve times does.
    assert fingerprints("all " * 12)
    region = ["region"] * 8 + ["city"] + ["region"] * 20
    assert not fingerprints(" ".join(region))
    for column in (["all"] * 12, ["all"] * 500, ["sell", "limit", "all"] * 200, region):
        assert scan(json.dumps([{"kind": value, "amount_sat": 100_000} for value in column]).encode()) == []
        assert scan(json.dumps([{"kind": value, "by": "an agent"} for value in column]).encode()) == []


def test_the_word_list_itself_is_no_phrase() -> None:
    listed = [word.decode() for word in lists.numbers("english")]
    assert scan("\n".join(listed).encode()) == []
    assert scan(json.dumps(listed).encode()) == []


# Base58 runs


def test_a_key_is_found_glued_into_a_longer_run(wif: str, xprv: str) -> None:
    for key in (wif, xprv):
        assert fingerprints(f"key{key}end") == fingerprints(key)
        assert fingerprints("A" * 5000 + key + "B" * 5000) == fingerprints(key)


def test_a_key_cut_into_strings_is_found(wif: str, xprv: str) -> None:
    for key in (wif, xprv):
        for size in (1, 7, 40):
            parts = [key[start : start + size] for start in range(0, len(key), size)]
            assert fingerprints(json.dumps(["note", *parts, "end of it"])) == fingerprints(key)
        assert fingerprints(json.dumps({key[:30]: key[30:]})) == fingerprints(key)
        assert fingerprints(json.dumps([{"part": key[:30]}, {"part": key[30:]}])) == fingerprints(key)


def test_another_coins_version_byte_is_reported_as_such() -> None:
    key = base58.encode_check(b"\xb0" + bytes(range(1, 33)) + b"\x01")
    assert [found.form for found in scan(key.encode())] == ["WIF private key (another coin's version byte)"]


# Any input


@given(st.binary(max_size=300) | st.text(alphabet='\\u00"{}[]:, \nabandonKLx5', max_size=300).map(str.encode))
@example(b"\\")
@example(b'\\u"')
@example(b'"\\ud83d')
@example(b'"\\ud83d\\ud83d"')
@example(b'"\\\\\\"')
@example(b"\xff\xfe")
@example(b"\xff\xfe\0\0")
@example(b"\0\0\xfe\xff\x01")
@example(b"-----BEGIN PRIVATE KEY-----")
@example(b'{"a" :' * 5000)
@example(b"[" * 100_000)
@example(b'"' * 100_001)
def test_arbitrary_bytes_never_crash(content: bytes) -> None:
    assert isinstance(scan(content), list)


def scalars() -> st.SearchStrategy[bytes]:
    return st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))


def wifs() -> st.SearchStrategy[str]:
    return st.builds(
        lambda version, scalar, suffix: base58.encode_check(version + scalar + suffix),
        st.sampled_from([b"\x80", b"\xef", b"\x85"]), scalars(), st.sampled_from([b"", b"\x01", b"\x12"]),
    )  # fmt: skip


def extended_keys() -> st.SearchStrategy[str]:
    return st.builds(
        lambda version, ahead, scalar: base58.encode_check(bytes.fromhex(version) + ahead + b"\0" + scalar),
        st.sampled_from(["0488ade4", "04358394", "0488b21e", "02575048"]), st.binary(min_size=41, max_size=41),
        scalars(),
    )  # fmt: skip


@st.composite
def mnemonics(draw: st.DrawFn) -> str:
    """Random words whose last one is chosen so that the checksum is right."""
    listed = list(lists.numbers("english"))
    count = draw(st.sampled_from(bip39.COUNTS))
    ahead = draw(st.lists(st.sampled_from(listed), min_size=count - 1, max_size=count - 1, unique=True))
    assume(ahead != sorted(ahead))  # words in the order of the list are a piece of the list
    fitting = [word for word in listed if word not in ahead and bip39.recognise([*ahead, word], "english")]
    return b" ".join([*ahead, draw(st.sampled_from(fitting))]).decode()


SURROUNDINGS = st.text(st.characters(exclude_categories=["L", "N", "Cs"]), max_size=20)


@given(wifs() | extended_keys() | mnemonics(), SURROUNDINGS, SURROUNDINGS, st.integers(0, 3))
def test_a_random_secret_is_found_in_random_surroundings(key: str, before: str, after: str, way: int) -> None:
    plain = f"{before} {key} {after}"
    content = [plain, json.dumps({"k": plain}), json.dumps([before, *pieces(key), after]), escaped(plain)][way]
    assert set(fingerprints(content)) >= set(fingerprints(key)) != set()


@given(wifs() | extended_keys(), st.data())
def test_a_key_with_one_character_changed_is_not_found(key: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(key) - 1))
    other = data.draw(st.sampled_from([letter for letter in base58.ALPHABET.decode() if letter != key[place]]))
    assert scan(f"{key[:place]}{other}{key[place + 1 :]}".encode()) == []


@given(mnemonics(), st.data())
def test_a_phrase_with_a_word_off_the_list_is_not_found(key: str, data: st.DataObject) -> None:
    listed = key.split()[:12]
    listed[data.draw(st.integers(0, len(listed) - 1))] = "bitcoin"
    assert scan(" ".join(listed).encode()) == []


# Size


def test_a_phrase_is_found_across_the_pieces_that_a_large_text_is_read_in(words: str) -> None:
    for ahead in range(2**20 - 60, 2**20 + 20, 9):
        content = (b"x. \n" * (ahead // 4)) + b"y" * (ahead % 4) + b"\n" + words.encode()
        assert [found.where for found in scan(content)] == [content.count(b"\n") + 1]


def test_a_spread_key_is_found_across_the_pieces_that_a_large_document_is_read_in(wif: str, words: str) -> None:
    for parts in ([wif[:20], wif[20:]], [{"w": word} for word in words.split()]):
        tail = json.dumps(parts).encode()
        for back in range(-5, len(tail), 29):
            ahead = 2**21 - 500_010 - back
            for document in (b'["%b","%b",%b]', b'["%b",\n"%b",%b]'):
                content = document % (b"x" * 500_000, b"." * ahead, tail)
                assert len(scan(content)) == 1, back


def test_a_flood_of_keys_ends_the_scan() -> None:
    keys = [base58.encode_check(b"\x80" + number.to_bytes(32, "big")) for number in range(1, MOST_FINDINGS + 50)]
    assert len(scan("\n".join(keys).encode())) == MOST_FINDINGS


@pytest.mark.parametrize(
    "unit",
    [b"abandon ", b"K", b"5H", b'"', b'\\"', b"\\", b"\\u004b", b"[", b'{"a":', b'"a" ', b"-----BEGIN PRIVATE KEY-----",
     b"\0", b"\n", b'"abandon",', b'{"a":"abandon","b":"x"},', b"1. ", b"\xc3\xa9", b"\xff", b'"\n', b" :", b'" '],
)  # fmt: skip
def test_a_text_of_one_thing_repeated_is_read_to_its_end(unit: bytes, wif: str) -> None:
    # A pass that grows with the square of the length would not come back from these.
    content = unit * (2**20 // len(unit)) + b"\n: " + wif.encode()
    assert [found.form for found in scan(content)] == ["WIF private key"]
