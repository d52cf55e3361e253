"""Ecash tokens, against cbor2 and the examples of NUT-00."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import cbor2
import pytest

from gitbtc.keys.forms import cashu


def proofs(draw: random.Random) -> list[tuple[int, str, bytes]]:
    return [
        (1 << draw.randrange(9), draw.randbytes(32).hex(), bytes([draw.choice([2, 3])]) + draw.randbytes(32))
        for _ in range(draw.randrange(1, 5))
    ]


def token_a(coins: list[tuple[int, str, bytes]], **more: Any) -> dict[str, Any]:
    written = [{"amount": amount, "id": "009a1f293253e41e", "secret": secret, "C": signature.hex()}
               for amount, secret, signature in coins]  # fmt: skip
    return {"token": [{"mint": "https://mint.example", "proofs": written}], "unit": "sat", **more}


def token_b(coins: list[tuple[int, str, bytes]], **more: Any) -> dict[str, Any]:
    written = [{"a": amount, "s": secret, "c": signature} for amount, secret, signature in coins]
    return {"m": "https://mint.example", "u": "sat", "t": [{"i": bytes(8), "p": written}], **more}


def written_a(token: dict[str, Any], indent: int | None = None) -> str:
    return "cashuA" + base64.urlsafe_b64encode(json.dumps(token, indent=indent).encode()).decode()


def written_b(token: dict[str, Any]) -> str:
    return "cashuB" + base64.urlsafe_b64encode(cbor2.dumps(token)).decode()


def found(text: str) -> list[bytes]:
    return [secret for _, _, secret in cashu.find(text.encode())]


def secrets(coins: list[tuple[int, str, bytes]]) -> bytes:
    return "\n".join(sorted(secret for _, secret, _ in coins)).encode()


def test_every_random_token_is_found_and_its_fingerprint_is_that_of_its_coins() -> None:
    draw = random.Random(0)
    for _ in range(500):
        coins = proofs(draw)
        expected = [secrets(coins)]
        for text in (written_a(token_a(coins, memo="Thank you.")), written_b(token_b(coins, d="Thank you."))):
            assert found(text) == expected
            assert found(text.rstrip("=")) == expected
        draw.shuffle(coins)
        assert found(written_b(token_b(coins))) == expected


@pytest.mark.parametrize(
    "around", ["{}", "cashu:{}", "web+cashu://{}", '"{}"', "https://wallet.example/?token={}", "x{}"]
)
def test_it_is_found_in_text_and_links(around: str) -> None:
    coins = proofs(random.Random(1))
    for text in (written_a(token_a(coins), indent=1), written_b(token_b(coins))):
        assert found(around.format(text)) == [secrets(coins)]


def test_in_the_letters_of_plain_base64_it_is_the_same() -> None:
    coins = proofs(random.Random(2))
    for text in (written_a(token_a(coins, memo="???>>>")), written_b(token_b(coins, d="???>>>"))):
        assert found(text.replace("-", "+").replace("_", "/")) == [secrets(coins)]


def test_two_glued_to_each_other_are_two() -> None:
    first, second = proofs(random.Random(3)), proofs(random.Random(4))
    text = written_a(token_a(first)).rstrip("=") + written_b(token_b(second)).rstrip("=")
    assert found(text) == [secrets(first), secrets(second)]


def test_one_that_was_cut_short_is_found_by_the_proofs_it_still_has() -> None:
    draw = random.Random(6)
    coins = [coin for _ in range(4) for coin in proofs(draw)]
    for text in (written_a(token_a(coins)), written_b({"t": token_b(coins)["t"]})):
        (kept,) = found(text[: len(text) * 3 // 4])
        assert set(kept.split()) < set(secrets(coins).split())


def test_a_locked_coin_and_a_signature_of_the_newer_keysets_are_found() -> None:
    condition = json.dumps(["P2PK", {"nonce": "00", "data": "02" + "11" * 32, "tags": [["n", "2" * 200]]}])
    coins = [(1, condition, b"\x02" + bytes(32)), (2, "short", bytes(48))]
    assert found(written_b(token_b(coins))) == [secrets(coins)]
    assert len(found(written_a(token_a(coins)))) == 1


def test_bytes_that_look_like_a_member_are_none() -> None:
    trap = (b"as\x61" + bytes(32))[:32]
    dleq = {"e": trap, "s": trap, "r": trap}
    proof = {"a": 1, "s": "coin", "c": b"\2" + trap, "d": dleq}
    for keyset in (trap[:8], b"\1" + trap):
        assert found(written_b({"m": "https://mint.example", "t": [{"i": keyset, "p": [proof]}]})) == [b"coin"]


@pytest.mark.parametrize(
    "text",
    [
        written_a(token_a([])),
        written_b(token_b([])),
        written_a({"token": [{"mint": "https://mint.example", "proofs": [{"amount": 1, "C": "02" + "00" * 32}]}]}),
        written_a({"token": [{"mint": "https://mint.example", "proofs": [{"amount": 1, "secret": "00" * 32}]}]}),
        written_b({"t": [{"p": [{"a": 1, "s": "00" * 32}]}]}),
        written_b({"t": [{"p": [{"a": 1, "c": b"\2" + bytes(32)}]}]}),
        written_b({"m": "https://mint.example", "u": "sat"}),
        "creqA" + written_b(token_b(proofs(random.Random(5))))[6:],  # a request for money
        "cashuAeyJ0b2tlbiI6W119",
        "cashuA... and cashuB... are how tokens begin",
        "cashuBoxesAndOtherNamesOfAProgram",
    ],
)
def test_what_holds_no_coin_is_none(text: str) -> None:
    assert found(text) == []
