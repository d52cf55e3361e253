"""Which scripts are a root's own, on descriptors and addresses that a node recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from embit.descriptor import Descriptor

from gitbtc.coins.scripts import OwnScripts, address_of, script_of, type_of
from gitbtc.sources.answers import Answer
from gitbtc.sources.core_descriptors import read_descriptors

if TYPE_CHECKING:
    from pathlib import Path

ADDRESSES = {  # of the recorded wallet, and the types of their scripts
    "n3fdDmgnbwsKCnqsXoq3Rdnt5DQbQy6Dv1": "p2pkh",
    "2MwACMHK3EzRu21u6q39DUkj5y8X6mspVcK": "p2sh",
    "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0": "p2wpkh",
}
# Addresses of BIP-173 and BIP-350: nobody's here.
STRANGERS = {
    "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry": "p2wsh",
    "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6": "p2tr",
}


def records(recordings: Path) -> list[dict[str, Any]]:
    answer = json.loads((recordings / "0-base" / "listdescriptors.json").read_text())["result"]
    return read_descriptors(Answer(answer, "listdescriptors"))


@pytest.mark.parametrize(("script", "network", "address"), [
    ("51024e73", "main", "bc1pfeessrawgf"),  # pay to anchor
    ("51024e73", "regtest", "bcrt1pfeesnyr2tx"),
    ("5210751e76e8199196d454941c45d1b3a323", "main", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs"),  # BIP-350
    ("0014751e76e8199196d454941c45d1b3a323f1433bd6", "signet", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"),
    ("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac", "main", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("6a0141", "main", ""),
    ("0003010203", "main", ""),  # version 0 has programs of two lengths
])  # fmt: skip
def test_a_script_has_the_address_that_wallets_show(script: str, network: str, address: str) -> None:
    assert address_of(bytes.fromhex(script), network) == address
    assert not address or script_of(address) == bytes.fromhex(script)


@pytest.mark.parametrize(("address", "script_type"), [*ADDRESSES.items(), *STRANGERS.items()])
def test_an_address_and_its_script_are_one(address: str, script_type: str) -> None:
    script = script_of(address)
    assert script is not None
    assert type_of(script) == script_type
    assert address_of(script, "regtest") == address
    assert script_of(address + "x") is None


def test_a_descriptor_owns_what_it_makes(recordings: Path) -> None:
    own = OwnScripts(records(recordings), [])
    for address in ADDRESSES:
        assert own.has(script_of(address) or b""), address
    for address in STRANGERS:
        assert not own.has(script_of(address) or b"", hints=[0, 1, 2]), address
    by_coin = OwnScripts([], ADDRESSES)
    assert all(by_coin.has(script_of(address) or b"") for address in ADDRESSES)


def test_a_hint_is_looked_at_and_proves_nothing(recordings: Path) -> None:
    [text] = [one["descriptor"] for one in records(recordings) if one["descriptor"].startswith("wpkh(")][:1]
    far = bytes(Descriptor.from_string(text).derive(500_000).script_pubkey().data)
    own = OwnScripts(records(recordings), [])
    assert not own.has(far)
    assert own.has(far, hints=[500_000])
    assert not own.has(far, hints=[499_999, 2**31 + 5])
    assert not own.has(b"\0\x14" + b"\7" * 20, hints=[0])


def test_a_descriptor_that_nobody_can_read_owns_nothing() -> None:
    assert not OwnScripts([{"descriptor": "raw(51)#l2ke3xfr"}], []).has(b"\x51")
    odd = OwnScripts([{"descriptor": "addr(2MwACMHK3EzRu21u6q39DUkj5y8X6mspVcK)#aaaaaaaa"}], [])
    assert odd.has(script_of("2MwACMHK3EzRu21u6q39DUkj5y8X6mspVcK") or b"")
    assert type_of(b"\x6a\0") == "op_return"
    assert type_of(b"\x51\x02\x4e\x73") == "unknown"
    assert address_of(b"\x6a\x02\x4e\x73", "main") == ""
