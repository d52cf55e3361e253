"""The vectors of BIP-173 and BIP-350, and what an error of one character does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import bech32

VALID_BECH32 = [
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    "?1ezyfcl",
]
VALID_BECH32M = [
    "A1LQFN3A",
    "a1lqfn3a",
    "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
]
INVALID = {
    " 1nwldj5": "a character of the human-readable part is out of range",
    "\x7f1axkwrx": "a character of the human-readable part is out of range",
    "\x801eym55h": "a character of the human-readable part is out of range",
    " 1xj0phk": "a character of the human-readable part is out of range",
    "\x7f1g6xzxy": "a character of the human-readable part is out of range",
    "\x801vctc34": "a character of the human-readable part is out of range",
    "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx": "too long",
    "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4": "too long",
    "pzry9x0s0muk": "no separator",
    "qyrz8wqd2c9m": "no separator",
    "1pzry9x0s0muk": "empty human-readable part",
    "1qyrz8wqd2c9m": "empty human-readable part",
    "x1b4n0q5v": "invalid data character",
    "y1b0jsk6g": "invalid data character",
    "lt1igcx5c0": "invalid data character",
    "li1dgmt3": "checksum too short",
    "in1muywd": "checksum too short",
    "de1lg7wt\xff": "invalid character in the checksum",
    "mm1crxm3i": "invalid character in the checksum",
    "au1s5cgom": "invalid character in the checksum",
    "A1G7SGD8": "checksum of the upper-case form",
    "M1VUXWEZ": "checksum of the upper-case form",
    "10a06t8": "empty human-readable part",
    "1qzzfhee": "empty human-readable part",
    "16plkw9": "empty human-readable part",
    "1p2gdwpf": "empty human-readable part",
}

# BIP-350: address, and the scriptPubKey that it stands for.
SEGWIT = {
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4": "0014751e76e8199196d454941c45d1b3a323f1433bd6",
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7":
        "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y":
        "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
    "BC1SW50QGDZ25J": "6002751e",
    "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs": "5210751e76e8199196d454941c45d1b3a323",
    "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy":
        "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
    "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c":
        "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0":
        "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
}  # fmt: skip
NOT_SEGWIT = {
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd": "Bech32 instead of Bech32m",
    "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf": "Bech32 instead of Bech32m",
    "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL": "Bech32 instead of Bech32m",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh": "Bech32m instead of Bech32",
    "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47": "Bech32m instead of Bech32",
    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4": "invalid character in the checksum",
    "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R": "invalid witness version",
    "bc1pw5dgrnzv": "a program of 1 byte",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav": "a program of 41 bytes",
    "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P": "a length that version 0 does not have",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq": "mixed case",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf": "padding of more than 4 bits",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j": "padding that is not zero",
    "bc1gmk9yu": "no data",
}


@pytest.mark.parametrize(
    ("text", "checksum"),
    [(text, bech32.BECH32) for text in VALID_BECH32] + [(text, bech32.BECH32M) for text in VALID_BECH32M],
)
def test_a_valid_string_is_read_with_the_checksum_it_has(text: str, checksum: int) -> None:
    decoded = bech32.decode(text)
    assert decoded is not None
    assert (decoded[0], decoded[2]) == (text.lower().rpartition("1")[0], checksum)


@pytest.mark.parametrize("text", INVALID)
def test_an_invalid_string_is_not_read(text: str) -> None:
    assert bech32.decode(text) is None


def test_a_longer_string_is_read_by_whoever_allows_it() -> None:
    (longer,) = (text for text in INVALID if text.endswith("569pvx"))
    assert bech32.decode(longer, longest=len(longer)) is not None


@pytest.mark.parametrize(("address", "script"), SEGWIT.items())
def test_a_segwit_address_gives_the_script_that_it_stands_for(address: str, script: str) -> None:
    program = bech32.witness_program(address)
    assert program is not None
    hrp, version, witness = program
    opcode = version and 0x50 + version
    assert (hrp, bytes([opcode, len(witness)]) + witness) == (address[:2].lower(), bytes.fromhex(script))


@pytest.mark.parametrize("address", NOT_SEGWIT)
def test_what_is_no_segwit_address_is_not_read(address: str) -> None:
    assert bech32.witness_program(address) is None


@given(st.sampled_from(sorted(SEGWIT)), st.data())
def test_one_wrong_character_is_always_noticed(address: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(3, len(address) - 1))
    other = data.draw(st.sampled_from(bech32.CHARSET).filter(lambda character: character != address[place].lower()))
    wrong = address.lower()[:place] + other + address.lower()[place + 1 :]
    assert bech32.witness_program(wrong) is None


@given(st.text(max_size=100))
def test_no_text_makes_it_fail(text: str) -> None:
    assert bech32.witness_program(text) is None or text.isascii()


@given(st.binary(max_size=60))
def test_bytes_come_back_from_their_characters(content: bytes) -> None:
    bits = "".join(f"{byte:08b}" for byte in content)
    bits += "0" * (-len(bits) % 5)
    payload = "".join(bech32.CHARSET[int(bits[start : start + 5], 2)] for start in range(0, len(bits), 5))
    assert bech32.to_bytes(payload) == content
