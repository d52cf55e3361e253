"""One network a root: what records belong to, and who decides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.formats import ANY_NETWORK, MAIN, NOT_MAIN, REGTEST, TEST
from gitbtc.kinds.networks import claimed_in, claims, network_of_root, networks_of
from gitbtc.kinds.registry import built_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.kinds.kind import Kind

MAINNET, TESTNET = (
    "bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv",
    "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
)
SHARED, REGTESTNET = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "bcrt1qdavt4j2sd7dlhqsavtnfxvzppw6k7qy97tmnu9"
TPUB = "tpubDCbswZhW389kHzZHzambeYkfkYkXtav6wMt1TSXK1xkxzQnfbdQBfTAwabmT83KpGnKrYmZkw6WfgR1hsFSrRfTUjkgXKqdrpBMf9W7Be75"


def label(address: str, text: str = "rent") -> dict[str, Any]:
    return {"address": address, "label": text, "category": "expense", "created_at": 1}


def labels(*addresses: str) -> tuple[Kind, Callable[[], bytes]]:
    content = codec.encode_file(built_in("labels"), [label(address) for address in addresses])
    return built_in("labels"), lambda: content


def chain(network: str) -> tuple[Kind, Callable[[], bytes]]:
    tip = {"network": network, "block_height": 1, "block_hash": "00" * 32, "block_time": 1}
    return built_in("chain"), lambda: codec.encode_file(built_in("chain"), tip)


def test_each_field_that_belongs_to_a_network_claims_it() -> None:
    transaction = {"outputs": [{"address": None}, {"address": MAINNET}], "label": REGTESTNET}
    assert list(claims(built_in("transactions"), transaction)) == [("outputs[1].address", MAIN)]
    assert list(claims(built_in("descriptors"), {"xpub": TPUB, "descriptor": f"wpkh({TPUB}/0/*)"})) == [
        ("xpub", NOT_MAIN),
        ("descriptor", NOT_MAIN),
    ]
    assert list(claims(built_in("chain"), {"network": "testnet4"})) == [("network", frozenset(["testnet4"]))]


def test_a_lightning_peers_address_is_no_bitcoin_address() -> None:
    assert networks_of(built_in("peers"), {"address": "1.2.3.4:9735"}) is None
    assert claimed_in(built_in("peers"), b'[\n{"address":"1.2.3.4:9735"}\n]\n') == set()


def test_a_record_belongs_to_what_all_its_fields_can_belong_to() -> None:
    transactions = built_in("transactions")
    assert networks_of(transactions, {"outputs": [{"address": SHARED}, {"address": REGTESTNET}]}) == REGTEST
    assert networks_of(transactions, {"outputs": [{"address": SHARED}, {"address": MAINNET}]}) == frozenset()
    assert networks_of(transactions, {"outputs": [{"address": None}]}) is None
    assert networks_of(built_in("chain"), {"network": ["main"]}) is None


def test_a_files_networks_are_found_without_reading_its_records() -> None:
    kind, read = labels(MAINNET, TESTNET, SHARED)
    assert claimed_in(kind, read()) == {MAIN, TEST, NOT_MAIN}


def test_a_text_that_looks_like_a_field_is_not_taken_for_one() -> None:
    kind = built_in("labels")
    content = codec.encode_file(kind, [label(MAINNET, '","address":"bcrt1q')])
    assert claimed_in(kind, content) == {MAIN}


def test_a_pretty_printed_file_has_the_networks_of_its_canonical_form() -> None:
    content = json.dumps([label(TESTNET)], indent=2).encode()
    assert claimed_in(built_in("labels"), content) == {TEST}


def test_the_chain_decides_wherever_it_stands() -> None:
    assert network_of_root([labels(MAINNET), chain("signet")]) == frozenset(["signet"])


def test_where_the_chain_decides_no_other_file_is_read() -> None:
    def fail() -> bytes:
        raise AssertionError

    assert network_of_root([(built_in("labels"), fail), chain("main")]) == MAIN


def test_without_a_chain_the_files_narrow_it_down() -> None:
    assert network_of_root([labels(SHARED), labels(REGTESTNET)]) == REGTEST
    assert network_of_root([]) == ANY_NETWORK


def test_where_files_disagree_the_first_decides() -> None:
    assert network_of_root([labels(TESTNET), labels(MAINNET)]) == TEST
    assert network_of_root([labels(MAINNET), labels(TESTNET)]) == MAIN


@pytest.mark.parametrize("broken", [b"{", b'{"network":"moon"}'])
def test_a_broken_chain_file_has_no_say(broken: bytes) -> None:
    assert network_of_root([(built_in("chain"), lambda: broken), labels(MAINNET)]) == MAIN
