from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import built_in
from gitbtc.spends.listing import Coins, CoinsOver
from tests.made_state import coin
from tests.strategies import files

if TYPE_CHECKING:
    from collections.abc import Iterator

UTXOS = built_in("utxos")


@given(st.data(), st.sampled_from(["canonical", "pretty", "unsorted"]))
def test_every_layout_answers_alike(data: st.DataObject, layout: str) -> None:
    content = data.draw(files(UTXOS))
    records: list[Any] = codec.parse(UTXOS, content)
    lines = [codec.encode_record(UTXOS, record) for record in reversed(records)]
    laid_out = {
        "canonical": content,
        "pretty": json.dumps(records, indent=1).encode(),
        "unsorted": codec.encode_lines(UTXOS, lines),
    }[layout]
    coins = Coins(laid_out)
    listed = {(record["txid"], record["vout"]): record for record in records}
    for outpoint in [*listed, (coin(0)["txid"], 7)]:
        assert coins.get(outpoint) == listed.get(outpoint)
        assert (outpoint in coins) is (outpoint in listed)


def test_no_file_lists_nothing() -> None:
    for content in (b"", b"[]\n"):
        assert (coin(0)["txid"], 0) not in Coins(content)


def test_a_text_that_looks_like_an_outpoint_is_none() -> None:
    label = f'x","txid":"{"ab" * 32}","vout":5}}'
    content = codec.encode_file(UTXOS, [coin(0, label=label)])
    assert ("ab" * 32, 5) not in Coins(content)
    assert Coins(content).get((coin(0)["txid"], 0)) == coin(0, label=label)


def test_a_hidden_spelling_is_not_missed() -> None:
    record = json.dumps(coin(0), separators=(",", ":"), sort_keys=True)
    for spelled in (record.replace('"vout":0', '"vout": 0'), record.replace('"txid":"f0', '"txid":"\\u00660')):
        assert (coin(0)["txid"], 0) in Coins(f"[\n{spelled}\n]\n".encode())


def test_what_does_not_parse_is_malformed() -> None:
    with pytest.raises(Malformed):
        _ = ("", 0) in Coins(b"[{")


class _Unread(Coins):
    """Coins of which nobody may ask for all."""

    def __iter__(self) -> Iterator[tuple[str, int]]:
        raise AssertionError("all coins are read")


def test_a_version_that_lists_a_changed_coin_is_not_empty_whatever_it_lies_over() -> None:
    assert not CoinsOver(_Unread(b"[]\n"), [(None, coin(0))]).is_empty
    assert CoinsOver(Coins(b"[]\n"), [(coin(0), None)]).is_empty
    assert not CoinsOver(Coins(codec.encode_file(UTXOS, [coin(0), coin(1)])), [(coin(0), None)]).is_empty
