"""Private keys in DER."""

from __future__ import annotations

import random

import ecdsa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys.forms import der
from gitbtc.keys.forms.scalar import ORDER
from gitbtc.keys.scan import scan

SCALAR = bytes(range(1, 33))


def key(curve: object = ecdsa.SECP256k1, scalar: bytes = SCALAR) -> ecdsa.SigningKey:
    return ecdsa.SigningKey.from_string(scalar, curve=curve)


def written(scalar: bytes) -> dict[str, bytes]:
    """A private key in DER, as an independent implementation writes it."""
    signing = key(scalar=scalar)
    return {
        "SEC 1": signing.to_der(),
        "SEC 1, compressed": signing.to_der("compressed"),
        "PKCS #8": signing.to_der(format="pkcs8"),
        "PKCS #8, compressed": signing.to_der("compressed", format="pkcs8"),
        "SEC 1, parameters": signing.to_der(curve_parameters_encoding="explicit"),
    }


def found(content: bytes) -> list[tuple[str, bytes]]:
    return [(form.name, secret) for _, form, secret in der.find(content)]


def test_a_thousand_keys_are_found_in_every_way_that_they_are_written() -> None:
    made = random.Random(1)
    for _ in range(200):
        scalar = made.randrange(1, ORDER).to_bytes(32, "big")
        for way, content in written(scalar).items():
            assert found(b"\0\xff" + content + b"\x30\x01") == [(der.FORM.name, scalar.hex().encode())], way


def test_what_bitcoin_cores_wallet_keeps_is_found() -> None:
    # CPrivKey of a compressed key (key.cpp): 214 bytes, the curve's parameters written out with a compressed generator.
    parameters = (
        "a08185308182020101302c06072a8648ce3d0101022100fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"
        "300604010004010704210279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798022100fffffffffffffffffff"
        "ffffffffffffebaaedce6af48a03bbfd25e8cd0364141020101a124032200"
    )
    content = bytes.fromhex("3081d3020101 0420".replace(" ", "")) + SCALAR + bytes.fromhex(parameters) + b"\x02" * 33
    assert len(content) == 214
    assert found(content) == [(der.FORM.name, SCALAR.hex().encode())]


def test_the_curve_may_stand_without_a_public_key() -> None:
    content = bytes.fromhex("302e0201010420") + SCALAR + bytes.fromhex("a00706052b8104000a")
    assert found(content) == [(der.FORM.name, SCALAR.hex().encode())]


@pytest.mark.parametrize("curve", [ecdsa.NIST256p, ecdsa.BRAINPOOLP256r1])
def test_a_key_of_another_curve_is_none(curve: object) -> None:
    signing = key(curve)
    for content in (
        signing.to_der(),
        signing.to_der(format="pkcs8"),
        signing.to_der(curve_parameters_encoding="explicit"),
    ):
        assert found(content) == []


def test_a_length_that_is_not_that_of_its_parts_is_seen() -> None:
    content = written(SCALAR)["PKCS #8"]
    inner = content.rindex(b"\x30", 0, content.index(SCALAR))
    for size in (0x24, 0x25, 0x24 + 10):
        changed = content[: inner + 1] + bytes([size]) + content[inner + 2 : inner + 2 + 37] + b"\x05\x00"
        assert found(changed) == ([(der.FORM.name, SCALAR.hex().encode())] if size == 0x25 else [])


def test_a_public_key_is_none() -> None:
    assert found(key().get_verifying_key().to_der()) == []


@pytest.mark.parametrize("scalar", [bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32])
def test_a_number_that_is_no_private_key_is_none(scalar: bytes) -> None:
    for content in written(SCALAR).values():
        assert found(content.replace(SCALAR, scalar)) == []


def test_a_change_of_any_byte_of_its_structure_is_seen() -> None:
    content = written(SCALAR)["SEC 1"]
    ahead = content.index(SCALAR)
    structure = [*range(ahead), *range(ahead + 32, ahead + 32 + 10)]
    for place in structure:
        changed = bytearray(content)
        changed[place] ^= 0x55
        assert found(bytes(changed)) == [], place


def test_it_is_found_in_hex_and_base64_under_any_name() -> None:
    for content in written(SCALAR).values():
        assert [hit.form for hit in scan(b'{"note": "%b"}' % content.hex().encode())] == [der.FORM.name]


@given(
    st.lists(
        st.sampled_from([*written(SCALAR).values(), b"\x30\x2e\x02\x01\x01\x04\x20", b"\xa0\x07", b"\x30"])
        | st.binary()
    )
)
def test_any_bytes_are_read(parts: list[bytes]) -> None:
    assert {secret for _, secret in found(b"".join(parts))} <= {SCALAR.hex().encode()}
