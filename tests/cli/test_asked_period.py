"""What a period is reckoned from is the same, whichever way its files are written."""

from __future__ import annotations

import json

import pytest

from gitbtc.cli.asked_period import books_of
from gitbtc.kinds import codec
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.state.snapshot import of_contents
from tests.made_state import coin

UTXOS = built_in("utxos")


@pytest.mark.parametrize("end", [b"", b" \n"])
def test_coins_are_read_once_where_only_the_end_of_their_file_is_not_canonical(
    monkeypatch: pytest.MonkeyPatch, end: bytes
) -> None:
    monkeypatch.setattr(codec, "_PIECE", 600)  # bytes: some two coins
    made = [coin(0, f"{number:064x}", amount_sat=1000 + number, block_height=number) for number in range(9)]
    lines = codec.encode_file(UTXOS, made)
    last = lines[:-3].replace(b'"vout":0}', b'"vout": 0}') if end else lines[:-3]
    snapshot = of_contents("here", {UTXOS.path: last + b"\n]\n" + end}, Kinds())
    books = books_of(snapshot, [""])
    assert {txid: one.amount_sat for (txid, _), one in books.listed.items()} == {
        one["txid"]: one["amount_sat"] for one in made
    }
    assert books.tips[""].height == 8
    assert json.loads(snapshot.content(UTXOS.path)) == made
