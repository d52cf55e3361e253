"""Text without its escapes."""

from __future__ import annotations

import base64
import json
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys import escapes, layers
from gitbtc.keys.scan import scan
from tests.keys.carriers import WRITTEN, drawn_phrase


def secrets(text: str) -> set[str]:
    """The fingerprints of what is refused in a text."""
    return {finding.fingerprint for finding in scan(text.encode()) if finding.severity == "block"}


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        (rb'"\u004b\u0041"', b'"KA"'),
        (rb'"\\u004b"', b'"K"'),
        (rb'"\ud83d\ude00"', '"\U0001f600"'.encode()),
        (rb'"\ud83d x"', b'"? x"'),
        (rb'"\u00e9"', '"é"'.encode()),
        (rb'"a\nb\tc"', b'"a b c"'),
        (rb'"a\"b\\"', b'"a\'b "'),
        (rb'"{\"k\":\"a\\nb\"}"', b"\"{'k':'a b'}\""),
        (rb'"a\/b"', b'"a/b"'),
        (rb'"\u000a\u0022"', b'"  "'),
        (rb'"\x4b\u{4B}\U0000004b\x22"', b'"KKK "'),
        (rb'"\\x4b"', b'"K"'),
        (rb"\\\\q", b" q"),
        (rb"\u12", rb"\u12"),
        (rb"\q", rb"\q"),
        (rb"\113\101\x4b", b"KAK"),
        (rb"\xc3\xa9\303\251", "éé".encode()),
        (rb"\xe9 \351", "é é".encode()),
        (b"&#x4b;&#65;&#0075;&nbsp;&eacute;&amp;#x4b;&quot;&bogus;", "KAK\u00a0éK'&bogus;".encode()),
        (b"%4b%41%C3%A9%u00e9%0a%2", "KAéé %2".encode()),
        (b"/?m=a+b%20c&n=d+e f+g", b"/?m=a b c&n=d e f+g"),
        (b"a \\\nb \\\r\nc\nd\\\n", b"a b c\n\n\nd\n"),
        (
            b"Dear Bob, here it comes, as I had promised: =4B=41 aaaaaaa=\nbb\nc",
            b"Dear Bob, here it comes, as I had promised: KA aaaaaaabb\n\nc",
        ),
        (b"key=4BAA", b"key=4BAA"),
        (b"YWJj=\nnext", b"YWJj=\nnext"),
    ],
)
def test_escapes_are_undone(content: bytes, plain: bytes) -> None:
    assert (escapes.unescaped(content) or content) == plain


@given(st.text('\\u00dDa8"nrt/\n', max_size=40).map(str.encode))
def test_undoing_escapes_never_makes_or_loses_a_line(content: bytes) -> None:
    assert (escapes.unescaped(content) or content).count(b"\n") == content.count(b"\n")


LANGUAGES = ["english", "french", "japanese", "korean", "chinese_simplified"]


@pytest.mark.parametrize("way", WRITTEN)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_is_found_however_its_characters_are_written(way: str, language: str) -> None:
    phrase = drawn_phrase(language, random.Random(language))
    for spelled in (phrase, unicodedata.normalize("NFC", phrase)):
        assert secrets(WRITTEN[way](spelled)) >= secrets(phrase)


@pytest.mark.parametrize("way", WRITTEN)
def test_a_key_is_found_however_its_characters_are_written(way: str, positive: str) -> None:
    is_part = secrets(f"see {positive} here") >= secrets(positive) != set()
    if is_part and "\n" not in positive and "\\" not in positive and way != "hard blanks":
        assert secrets(WRITTEN[way](positive)) >= secrets(positive)


@pytest.mark.parametrize(
    ("language", "code_page"),
    [
        ("french", "latin-1"), ("spanish", "cp1252"), ("japanese", "shift_jis"), ("japanese", "euc_jp"),
        ("korean", "euc_kr"), ("chinese_simplified", "gbk"), ("chinese_traditional", "big5"),
    ],
)  # fmt: skip
def test_a_phrase_in_the_code_page_of_its_language_is_found(language: str, code_page: str) -> None:
    for seed in range(8):
        phrase = drawn_phrase(language, random.Random(seed))
        encoded = unicodedata.normalize("NFC", phrase).encode(code_page, "ignore")
        if encoded.isascii() or encoded.decode(code_page) != unicodedata.normalize("NFC", phrase):
            continue  # a character that the code page lacks
        found = {finding.fingerprint for finding in scan(b"a\n" + encoded + b"\nb\n")}
        assert found >= secrets(phrase) != set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_with_each_word_encoded_by_itself_is_found(language: str) -> None:
    phrase = drawn_phrase(language, random.Random(language))
    encoded = [base64.b64encode(word.encode()).decode() for word in phrase.split()]
    secret = "data:\n" + "".join(f"  w{number}: {word}\n" for number, word in enumerate(encoded, 1))
    assert secrets(secret) == secrets(json.dumps(encoded)) == secrets(phrase)


def test_bytes_that_are_no_text_are_in_no_code_page() -> None:
    assert list(layers.in_code_pages(random.Random(5).randbytes(4000))) == []
    assert list(layers.in_code_pages("é".encode() * 9)) == []


def test_what_colours_a_text_is_no_part_of_it() -> None:
    phrase = drawn_phrase("english", random.Random(2))
    assert secrets(" ".join(f"\x1b[1;32m{word}\x1b[0m" for word in phrase.split())) == secrets(phrase)
