"""Macaroons, against pymacaroons."""

from __future__ import annotations

import base64
import random
from urllib.parse import quote

import pytest
from pymacaroons import MACAROON_V1, MACAROON_V2, Macaroon

from gitbtc.keys.forms import lnd
from tests.keys.conftest import VECTORS

VECTOR = next(vector.text for vector in VECTORS if vector.kind == "lnd-macaroon-hex")
BINARY = bytes.fromhex(VECTOR.split('"')[3])


def macaroon(draw: random.Random, version: int, location: str = "lnd") -> Macaroon:
    identifier = draw.randbytes(draw.randrange(1, 200)) if version == MACAROON_V2 else draw.randbytes(20).hex()
    made = Macaroon(location=location, identifier=identifier, key=draw.randbytes(32), version=version)
    for _ in range(draw.randrange(4)):
        made.add_first_party_caveat(f"time-before {draw.random()}")
    return made


def binary(made: Macaroon) -> bytes:
    text = made.serialize()
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def found(text: bytes) -> list[tuple[str, bytes]]:
    return [(form.name, signature) for _, form, signature in lnd.find(text)]


@pytest.mark.parametrize("version", [MACAROON_V1, MACAROON_V2])
def test_every_random_one_is_found_by_its_signature(version: int) -> None:
    draw = random.Random(version)
    for _ in range(500):
        made = macaroon(draw, version)
        assert found(binary(made)) == [(lnd.LND.name, bytes.fromhex(made.signature))]


def test_the_vector_is_found_anywhere_in_bytes() -> None:
    ((offset, form, signature),) = lnd.find(b"\x02\x01\xff" + BINARY + BINARY[:40])
    assert (offset, form, signature) == (3, lnd.LND, BINARY[-32:])


@pytest.mark.parametrize("written", [base64.b64encode(BINARY), base64.urlsafe_b64encode(BINARY), BINARY.hex().encode()])
@pytest.mark.parametrize(
    "address", ["lndconnect://127.0.0.1:10009?cert=MIIB&macaroon=", "lndconnect://[::1]?macaroon="]
)
def test_a_connection_is_found_in_every_writing(address: str, written: bytes) -> None:
    text = address + written.decode()
    for writing in (text, quote(text, safe=""), text.rstrip("="), f'"{text}"'):
        assert found(writing.encode()) == [(lnd.LND.name, BINARY[-32:])]


@pytest.mark.parametrize("version", [MACAROON_V1, MACAROON_V2])
def test_that_of_another_service_has_another_name(version: int) -> None:
    made = macaroon(random.Random(0), version, "loop")
    assert found(binary(made)) == [(lnd.OTHER.name, bytes.fromhex(made.signature))]


@pytest.mark.parametrize("version", [MACAROON_V1, MACAROON_V2])
def test_one_that_is_cut_short_is_none(version: int) -> None:
    whole = binary(macaroon(random.Random(1), version))
    assert [end for end in range(len(whole)) if found(whole[:end])] == []


def test_without_its_end_or_with_a_length_that_is_wrong_it_is_none() -> None:
    assert found(BINARY.replace(b"\x00\x00\x06\x20", b"\x00\x06\x20\x00")) == []
    assert found(b"\x02\x01\x04" + BINARY[3:]) == []
    assert found(BINARY[:7] + b"\x25" + BINARY[8:]) == []
    assert found(BINARY[:7] + b"\xff\xff\xff" + BINARY[8:]) == []


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_signature_of_another_length_is_none(size: int) -> None:
    packets = [b"location lnd\n", b"identifier some\n", b"signature " + bytes(size) + b"\n"]
    assert found(b"".join(b"%04x%b" % (len(packet) + 4, packet) for packet in packets)) == []
    assert found(BINARY[:-33] + bytes([size]) + bytes(size)) == []


def test_letters_glued_to_the_end_of_a_connection_do_not_hide_it() -> None:
    address = f"lndconnect://node?macaroon={base64.urlsafe_b64encode(BINARY).decode().rstrip('=')}"
    for glued in ("", "A", "AA", "AAA"):
        assert found(f"{address}{glued}".encode()) == [(lnd.LND.name, BINARY[-32:])]


@pytest.mark.parametrize(
    "text", ["0011location lnd\n", "0000location lnd\n" * 3, "in the location lnd, signature none"]
)
def test_words_of_the_format_are_no_macaroon(text: str) -> None:
    assert found(text.encode()) == []
