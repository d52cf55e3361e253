"""Runes, against the package of their inventor."""

from __future__ import annotations

import base64
import random

import base58
import pytest
import runes

from gitbtc.keys.forms import rune
from tests.keys.lookalikes import BASE58

RESTRICTIONS = ("method=pay|method=listpeers", "method^list", "time<1656920538", "rate=2", "pnameid^024b9a1f",
                "pnum=1&parr0^02", r"id=a\|b\&c\\d", "x#a remark", "field!", "method/getsharedsecret")  # fmt: skip


def minted(draw: random.Random, unique_id: int = 0, version: int | None = None, most: int = 4) -> str:
    restrictions = [
        restriction
        for text in draw.sample(RESTRICTIONS, k=draw.randrange(most))
        for restriction in map(runes.Restriction.decode, text.split("&") if "\\" not in text else [text])
    ]
    parts = [part if isinstance(part, runes.Restriction) else part[0] for part in restrictions]
    made = runes.MasterRune(draw.randbytes(16), parts, unique_id, version)
    return str(made.to_base64())


def found(text: str) -> list[str]:
    return [secret.decode() for _, _, secret in rune.find(text.encode())]


def token(code: bytes, restrictions: bytes) -> str:
    return base64.urlsafe_b64encode(code + restrictions).decode()


def test_every_random_rune_is_found() -> None:
    draw = random.Random(0)
    for number in range(1000):
        text = minted(draw, unique_id=draw.choice([0, 7, 42, number]), version=draw.choice([None, 1]))
        assert found(f"rune={text}") == [text.rstrip("=")]
        assert found(f'{{"rune": "{text.rstrip("=")}"}}') == [text.rstrip("=")]


def test_of_random_tokens_of_that_length_those_are_runes_that_have_an_id() -> None:
    draw = random.Random(1)
    tokens = [draw.randbytes(34) for _ in range(20_000)]
    alike = [code for code in tokens if found(token(code[:32], code[32:]))]
    assert alike == [code for code in tokens if code[32:33] == b"=" and code[33:].isdigit()]
    assert len(alike) < 12  # 10 of 65,536


@pytest.mark.parametrize("size", [35, 36, 40, 48, 64])
def test_of_random_tokens_of_other_lengths_hardly_any_is(size: int) -> None:
    draw = random.Random(size)
    assert sum(len(found(token(draw.randbytes(32), draw.randbytes(size - 32)))) for _ in range(4000)) <= 1


@pytest.mark.parametrize("restrictions", ["=0", "=12-1", "=0&method=pay", "=3&a=b|c^d&time<7", "=0&x#é", r"=1&id=\&"])
def test_what_the_rule_allows_is_a_rune(restrictions: str) -> None:
    assert found(token(b"\xf0" * 32, restrictions.encode()))


@pytest.mark.parametrize(
    "restrictions", ["", "0", "=", "=x", "=0&", "=0&method", "=0 &a=b", "=0|a=b", "=0&a=b\n", "=0&a=\\"]
)
def test_what_the_rule_does_not_allow_is_none(restrictions: str) -> None:
    assert found(token(b"\xf0" * 32, restrictions.encode())) == []


def test_text_in_base64_is_none() -> None:
    assert found(token(b"[section of a configuration] abc", b"=1&method=pay")) == []


def test_bytes_that_are_no_text_are_none() -> None:
    assert found(token(b"\xf0" * 32, b"=1&method=\xff\xfe")) == []


def test_the_name_of_a_file_in_ipfs_is_none() -> None:
    draw = random.Random(2)
    texts = ["Qm" + "".join(draw.choices(BASE58, k=40)) + "A9MA" for _ in range(100)]
    names = [text for text in texts if base58.b58decode(text).startswith(b"\x12\x20")]
    assert names
    assert all(rune._is_rune(name.encode()) for name in names)
    assert [name for name in names if found(name)] == []


@pytest.mark.parametrize("around", ["x{}", "{}x", "{}/x", "+{}", "_{}"])
def test_it_is_no_part_of_a_longer_token(around: str) -> None:
    text = token(b"\xf0" * 32, b"=123")
    assert len(text) % 4 == 0
    assert found(text) == [text.rstrip("=")]
    assert found(around.format(text)) == []
