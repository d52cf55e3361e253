from __future__ import annotations

import json
from typing import Any

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.views.spenders import Spender, find
from tests.made_state import FUNDING, coin, pending, spend, txid

TRANSACTIONS, MEMPOOL = built_in("transactions"), built_in("mempool")
OUTPOINT = (FUNDING, 1)


def history(*records: dict[str, Any]) -> bytes:
    return codec.encode_file(TRANSACTIONS, list(records))


def test_the_transaction_with_the_input_is_found_and_no_other() -> None:
    content = history(spend("a", coin(0)), spend("b", coin(1), coin(2)), spend("c", coin(11)))
    found = find([content], {OUTPOINT, (FUNDING, 9)})
    assert {outpoint: spender.record["txid"] for outpoint, spender in found.items()} == {OUTPOINT: txid("b")}


def test_a_transaction_that_was_replaced_or_abandoned_spends_nothing() -> None:
    void = [spend("a", coin(1), replaced_by=txid("b")), spend("c", coin(1), abandoned=True)]
    assert find([history(*void)], {OUTPOINT}) == {}
    assert find([history(*void, spend("b", coin(1)))], {OUTPOINT})[OUTPOINT].record["txid"] == txid("b")


def test_a_confirmed_transaction_goes_before_others() -> None:
    both = [spend("a", coin(1)), spend("b", coin(1), confirmed=True)]
    for order in (both, both[::-1]):
        assert find([history(*order)], {OUTPOINT})[OUTPOINT].record["txid"] == txid("b")


def test_the_mempool_tells_the_feerate() -> None:
    content = codec.encode_file(MEMPOOL, [pending(spend("a", coin(1), fee=700))])
    assert find([b"", content], {OUTPOINT})[OUTPOINT].told() == (
        f"spent by {txid('a')[:8]}…, fee 0.00000700 BTC, 5 sat/vB"
    )


def test_an_unknown_fee_is_not_told() -> None:
    assert Spender(spend("a", coin(1)) | {"fee_sat": None}).told() == f"spent by {txid('a')[:8]}…"


def test_the_layout_makes_no_difference() -> None:
    content = json.dumps([spend("a", coin(1))], indent=1).encode()
    assert OUTPOINT in find([content], {OUTPOINT})


def test_what_does_not_parse_names_no_spender() -> None:
    assert find([b"{", b'[\n{"txid":"' + b"ab" * 32 + b'","vout":1},\n', b"\xff"], {OUTPOINT}) == {}
