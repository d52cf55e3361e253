from __future__ import annotations

import json
from typing import Any

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.views.beside import Beside, feerate
from tests.made_state import ADDRESS, FUNDING, OTHER, coin, pending, spend, txid

TRANSACTIONS, MEMPOOL = built_in("transactions"), built_in("mempool")
OUTPOINT = (FUNDING, 1)


def history(*records: dict[str, Any]) -> bytes:
    return codec.encode_file(TRANSACTIONS, list(records))


def find(content: bytes, wanted: set[tuple[str, int]], mempool: bytes = b"") -> dict[tuple[str, int], dict[str, Any]]:
    return Beside(lambda kind: {"transactions": content, "mempool": mempool}.get(kind, b"")).spenders(wanted)


def test_the_transaction_with_the_input_is_found_and_no_other() -> None:
    content = history(spend("a", coin(0)), spend("b", coin(1), coin(2)), spend("c", coin(11)))
    found = find(content, {OUTPOINT, (FUNDING, 9)})
    assert {outpoint: spender["txid"] for outpoint, spender in found.items()} == {OUTPOINT: txid("b")}


def test_a_transaction_that_was_replaced_or_abandoned_spends_nothing() -> None:
    void = [spend("a", coin(1), replaced_by=txid("b")), spend("c", coin(1), abandoned=True)]
    assert find(history(*void), {OUTPOINT}) == {}
    assert find(history(*void, spend("b", coin(1))), {OUTPOINT})[OUTPOINT]["txid"] == txid("b")


def test_a_confirmed_transaction_goes_before_others() -> None:
    both = [spend("a", coin(1)), spend("b", coin(1), confirmed=True)]
    for order in (both, both[::-1]):
        assert find(history(*order), {OUTPOINT})[OUTPOINT]["txid"] == txid("b")


def test_the_mempool_names_a_spender_and_its_feerate() -> None:
    content = codec.encode_file(MEMPOOL, [pending(spend("a", coin(1), fee=700))])
    assert feerate(find(b"", {OUTPOINT}, content)[OUTPOINT]) == "5.0 sat/vB"


def test_a_feerate_is_rounded_to_a_tenth_and_not_made_up() -> None:
    assert feerate(spend("a", coin(1), fee=1410) | {"weight": 561}) == "10.0 sat/vB"
    assert feerate(spend("a", coin(1)) | {"fee_sat": None}) == ""


def test_the_layout_makes_no_difference() -> None:
    content = json.dumps([spend("a", coin(1))], indent=1).encode()
    assert OUTPOINT in find(content, {OUTPOINT})


def test_what_does_not_parse_names_no_spender() -> None:
    for content in (b"{", b'[\n{"txid":"' + b"ab" * 32 + b'","vout":1},\n', b"\xff"):
        assert find(content, {OUTPOINT}) == {}


def test_transactions_coins_and_labels_are_found_and_no_others() -> None:
    files = {
        "transactions": history(spend("a", coin(1)), spend("b", coin(2))),
        "utxos": codec.encode_file(built_in("utxos"), [coin(1), coin(12)]),
        "labels": codec.encode_file(built_in("labels"), [{"address": OTHER, "label": "rent"}]),
    }
    beside = Beside(lambda kind: files.get(kind, b""))
    assert list(beside.transactions({txid("b"), FUNDING})) == [txid("b")]
    assert beside.listed({(FUNDING, 1), (FUNDING, 2)}) == {(FUNDING, 1)}
    assert beside.labels({OTHER, ADDRESS}) == {OTHER: "rent"}
