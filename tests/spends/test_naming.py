"""What a person asks for, and which lines of which files speak of it."""

from __future__ import annotations

import pytest

from gitbtc.errors import UsageError
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends.naming import Name, coins_in, lines_with
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
    name = Name(text)
    assert (name.txid, name.vout) == (begins, vout)
    assert name.fits((begins.ljust(64, "0"), vout or 0))
    assert not name.fits(("e" + begins.ljust(63, "0"), vout or 0))
    assert name.fits((begins.ljust(64, "0"), 77)) == (vout is None)


def test_what_is_meant_is_of_one_transaction() -> None:
    alike = ["abcd" + digit * 60 for digit in "01"]
    known = [(alike[1], 0), (alike[0], 1), (alike[0], 0), ("ee" * 32, 0)]
    assert Name("abcd0").meant(known) == [(alike[0], 0), (alike[0], 1)]
    assert Name("abcd:1").meant(known) == [(alike[0], 1)]
    assert Name("ffff").meant(known) == []
    assert Name("abcd0").meant([(alike[0],), (alike[1],)]) == [(alike[0],)]
    assert Name("abcd0:0").meant([(alike[0],)]) == []
    with pytest.raises(UsageError, match=f"abcd:0: several coins begin like this:\n  {alike[0]}:0\n  {alike[1]}:0$"):
        Name("abcd:0").meant(known)
    with pytest.raises(UsageError, match="several transactions begin like this"):
        Name("abcd").meant([(one,) for one in alike])


def test_only_a_whole_txid_with_an_output_is_an_outpoint() -> None:
    assert Name(f"{FUNDING.upper()}:7").outpoint == (FUNDING, 7)
    assert Name(FUNDING).outpoint is None
    assert Name(f"{FUNDING[:-1]}:7").outpoint is None


@pytest.mark.parametrize(
    "text", ["", "6d0", "6d0g", f"{FUNDING}0:0", "6d0cc:", "6d0cc:01", "6d0cc:-1", "6d0cc:4294967296", ":0", "6d0cc:0 "]
)
def test_what_is_no_outpoint_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="not an outpoint"):
        Name(text)


def test_the_lines_of_a_coin_are_found_without_parsing_the_others() -> None:
    lines = lines_with(CONTENT, Name(FUNDING).needle)
    assert lines == tuple(codec.encode_record(UTXOS, one) for one in (coin(0), coin(1)))
    assert coins_in(lines, Name(f"{FUNDING[:9]}:1")) == {(FUNDING, 1)}
    assert lines_with(CONTENT, b'"eeee') == ()


def test_a_line_is_found_once_however_often_it_names_the_transaction() -> None:
    both = codec.encode_file(built_in("transactions"), [spend("aa", coin(0), coin(1))])
    assert len(lines_with(both, Name(FUNDING).needle)) == 1


def test_a_file_in_another_layout_is_taken_whole() -> None:
    loose = b" " + CONTENT
    lines = lines_with(loose, Name(FUNDING).needle)
    assert lines == (loose,)
    assert coins_in([loose.strip()], Name(FUNDING)) == {(FUNDING, 0), (FUNDING, 1)}
    assert coins_in([b'{"txid'], Name(FUNDING)) == set()
