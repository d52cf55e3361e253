"""Keys encrypted with a passphrase, against bip-utils and base58."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import base58
import pytest

from gitbtc.keys import runs
from gitbtc.keys.forms import bip38
from tests.keys.lookalikes import BASE58, changed

if TYPE_CHECKING:
    from types import ModuleType

SHAPES = {
    "0142c0": 36, "0142e0": 36, "014300": 36, "014304": 36, "014320": 36, "014324": 36,
    "2ce9b3e1ff39e251": 41, "2ce9b3e1ff39e253": 41,
}  # fmt: skip


def written(magic: str, draw: random.Random) -> str:
    return base58.b58encode_check(bytes.fromhex(magic) + draw.randbytes(SHAPES[magic])).decode()


@pytest.mark.parametrize("mode", ["COMPRESSED", "UNCOMPRESSED"])
def test_what_a_wallet_encrypts_is_found(bip_utils: ModuleType, mode: str) -> None:
    key = bip_utils.Bip38Encrypter.EncryptNoEc(bytes(range(1, 33)), "made up", bip_utils.Bip38PubKeyModes[mode])
    ((_, form, secret),) = runs.find(f'"note": "{key}"'.encode())
    assert (form, secret) == (bip38.KEY, key.encode())


@pytest.mark.parametrize("lot", [{}, {"lot_num": 100000, "sequence_num": 1}])
def test_an_intermediate_code_and_what_is_made_from_it_are_found(bip_utils: ModuleType, lot: dict[str, int]) -> None:
    code = bip_utils.Bip38EcKeysGenerator.GenerateIntermediatePassphrase("made up", **lot)
    key = bip_utils.Bip38EcKeysGenerator.GeneratePrivateKey(code, bip_utils.Bip38PubKeyModes.COMPRESSED)
    found = {secret.decode(): form for _, form, secret in runs.find(f"{code} {key}".encode())}
    assert found == {code: bip38.INTERMEDIATE, key: bip38.KEY}


def test_every_random_one_is_found_also_glued_and_none_with_a_character_changed() -> None:
    draw = random.Random(38)
    for magic in list(SHAPES) * 125:
        text = written(magic, draw)
        assert [secret for _, _, secret in runs.find(text.encode())] == [text.encode()]
        assert [secret for _, _, secret in runs.find(f"key{text}more".encode())] == [text.encode()]
        assert list(runs.find(changed(text, BASE58, draw).encode())) == []


@pytest.mark.parametrize("flags", range(256))
def test_only_the_flags_of_the_specification_are_flags(flags: int) -> None:
    def is_found(prefix: bytes) -> bool:
        return bip38.recognise(prefix + bytes([flags]) + bytes(36)) is not None

    assert is_found(b"\x01\x42") is (flags in {0xC0, 0xE0})
    assert is_found(b"\x01\x43") is (flags in {0x00, 0x04, 0x20, 0x24})


def test_a_confirmation_code_is_harmless() -> None:
    payload = bytes.fromhex("643bf6a89a") + bytes(46)
    assert base58.b58encode_check(payload).startswith(b"cfrm38")
    assert bip38.recognise(payload) is None


@pytest.mark.parametrize("size", [38, 40, 48, 50])
def test_another_length_is_none(size: int) -> None:
    assert bip38.recognise(b"\x01\x43" + bytes(size - 2)) is None
    assert bip38.recognise(bytes.fromhex("2ce9b3e1ff39e251") + bytes(size - 8)) is None
