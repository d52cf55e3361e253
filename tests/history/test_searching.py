"""What a person asks for, and which lines of which files speak of it."""

from __future__ import annotations

import pytest

from gitbtc.errors import UsageError
from gitbtc.history.searching import CoinQuery, lines_with, listed
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from tests.made_state import FUNDING, coin, spend, txid

UTXOS = built_in("utxos")
CONTENT = codec.encode_file(UTXOS, [coin(0), coin(1), coin(0, txid("aa"))])


@pytest.mark.parametrize(
    ("text", "begins", "vout"),
    [
        (f"{FUNDING}:0", FUNDING, 0), (FUNDING, FUNDING, None), ("6d0cc27c…:12", "6d0cc27c", 12),
        ("6d0cc27c...:1", "6d0cc27c", 1), ("6D0C", "6d0c", None), ("6d0cc:4294967295", "6d0cc", 4294967295),
    ],
)  # fmt: skip
def test_an_outpoint_may_be_cut_short(text: str, begins: str, vout: int | None) -> None:
    asked = CoinQuery(text)
    assert (asked.txid, asked.vout) == (begins, vout)
    assert asked.fits((begins.ljust(64, "0"), vout or 0))
    assert not asked.fits(("e" + begins.ljust(63, "0"), vout or 0))
    assert asked.fits((begins.ljust(64, "0"), 77)) == (vout is None)


@pytest.mark.parametrize(
    "text", ["", "6d0", "6d0g", f"{FUNDING}0:0", "6d0cc:", "6d0cc:01", "6d0cc:-1", "6d0cc:4294967296", ":0", "6d0cc:0 "]
)
def test_what_is_no_outpoint_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="not an outpoint"):
        CoinQuery(text)


def test_the_lines_of_a_coin_are_found_without_parsing_the_others() -> None:
    lines = lines_with(CONTENT, CoinQuery(FUNDING).needle)
    assert lines == tuple(codec.encode_record(UTXOS, one) for one in (coin(0), coin(1)))
    assert listed(lines, CoinQuery(f"{FUNDING[:9]}:1")) == {(FUNDING, 1)}
    assert lines_with(CONTENT, b'"eeee') == ()


def test_a_line_is_found_once_however_often_it_names_the_transaction() -> None:
    both = codec.encode_file(built_in("transactions"), [spend("aa", coin(0), coin(1))])
    assert len(lines_with(both, CoinQuery(FUNDING).needle)) == 1


def test_a_file_in_another_layout_is_taken_whole() -> None:
    loose = b" " + CONTENT
    lines = lines_with(loose, CoinQuery(FUNDING).needle)
    assert lines == (loose,)
    assert listed([loose.strip()], CoinQuery(FUNDING)) == {(FUNDING, 0), (FUNDING, 1)}
    assert listed([b'{"txid'], CoinQuery(FUNDING)) == set()
