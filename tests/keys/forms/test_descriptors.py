"""Private keys in descriptors: those of their own here, WIF and extended keys by their families."""

from __future__ import annotations

import pytest

from gitbtc.keys.forms import descriptors
from gitbtc.keys.scan import scan
from gitbtc.kinds import base58

HEX = bytes(range(1, 33)).hex()
PUBLIC = "02" + HEX
WIF = base58.encode_check(b"\x80" + bytes(range(1, 33)) + b"\x01")
XPRV = base58.encode_check(bytes.fromhex("0488ade4") + bytes(41) + b"\0" + bytes(range(1, 33)))


@pytest.mark.parametrize(
    "key", [WIF, XPRV, f"[d34db33f/84'/0'/0']{XPRV}/0/*", f"[d34db33f/44h]{WIF}", f"{XPRV}/<0;1>/*h"]
)
@pytest.mark.parametrize(
    "descriptor",
    ["pk(KEY)", "pkh(KEY)", "wpkh(KEY)", "sh(wpkh(KEY))", "combo(KEY)", "tr(KEY)", "tr(PUB,pk(KEY))", "rawtr(KEY)",
     "wsh(multi(2,PUB,KEY))", "wsh(sortedmulti(1,KEY,PUB))#89f8spxm", "sp(KEY,PUB)", "tr(musig(KEY,PUB)/0/*)",
     "wsh(andor(pk(KEY),older(5),pk(PUB)))"],
)  # fmt: skip
def test_a_key_in_base58_is_found_in_any_descriptor(descriptor: str, key: str) -> None:
    text = descriptor.replace("KEY", key).replace("PUB", PUBLIC)
    assert len(scan(text.encode())) == 1
    assert len(scan(f'[{{"desc": "{text}", "active": true}}]'.encode())) == 1


@pytest.mark.parametrize("text", ["wpkh(KEY)", "sh(wpkh(KEY))#89f8spxm", "combo(KEY)", "wpkh([d34db33f/84h/0'/0]KEY)"])
def test_plain_hex_is_a_private_key_where_no_x_only_key_can_stand(text: str) -> None:
    for digits in (HEX, HEX.upper()):
        (spot,) = descriptors.find(text.replace("KEY", digits).encode())
        assert spot[1:] == (descriptors.FORM, HEX.encode())


@pytest.mark.parametrize(
    "text",
    [f"tr({HEX})", f"pk({HEX})", f"tr({HEX},pk({HEX}))", f"rawtr({HEX})", f"tr({HEX},multi_a(1,{HEX}))",
     f"wpkh({PUBLIC})",
     f"combo(04{HEX}{HEX})", f"raw({HEX})", f"wpkh({'f' * 64})", f"wpkh({HEX[:40]})", f"wsh(sha256({HEX}))"],
)  # fmt: skip
def test_what_can_be_public_is_none(text: str) -> None:
    assert list(descriptors.find(text.encode())) == []
    assert scan(f'{{"desc": "{text}"}}'.encode()) == []


def test_blinding_keys_of_elements_are_found() -> None:
    key = "ab" * 32
    for text in (f"ct(slip77({key}),elwpkh(xpub))", f"slip77({key})", f"ct({key},elwpkh(xpub))"):
        assert [form.name for _, form, _ in descriptors.find(text.encode())] == ["blinding key in a descriptor"]
    for text in (f"ct(02{key},elwpkh(xpub))", f"extract({key})", f"slip77({'00' * 32})", f"slip77({key[:-2]})"):
        assert list(descriptors.find(text.encode())) == []
