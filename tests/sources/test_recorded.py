"""A folder of recorded answers, whole or bare: what is there is read, what is not names the call to repeat."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.asking import Call, NodeError, NodeQuestions, NotAnswered
from gitbtc.sources.recorded import Recorded

if TYPE_CHECKING:
    from pathlib import Path

TXIDS = ("a" * 64, "b" * 64)


def questions(folder: Path) -> NodeQuestions[Answer]:
    return NodeQuestions(Recorded(folder), Answer)


def gettransaction(txid: str) -> Call:
    return Call("gettransaction", (txid, True, True))


def test_numbers_are_read_as_they_are_spelled(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"result": {"value": 7.00000001, "whole": 5, "tiny": 1e-8}}')
    answer = questions(tmp_path).required("a")
    assert answer.members == {"value": Decimal("7.00000001"), "whole": 5, "tiny": Decimal("1E-8")}
    assert [answer.sat(name) for name in ("value", "whole", "tiny")] == [700_000_001, 500_000_000, 1]


def test_a_missing_answer_names_the_call_that_records_it(tmp_path: Path) -> None:
    wanted = r"listunspent\.json is missing; record it with `bitcoin-cli listunspent 0 9999999 '\[\]' true`"
    with pytest.raises(NotAnswered, match=wanted):
        questions(tmp_path).required("listunspent", 0, 9999999, [], True)


def test_a_required_answer_that_is_an_error_stops(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"method": "a", "error": {"code": -18, "message": "no wallet is loaded"}}')
    with pytest.raises(NodeError, match=r"a\.json holds an error: no wallet is loaded"):
        questions(tmp_path).required("a")


def test_an_optional_answer_that_is_an_error_is_left_out_with_a_notice(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"method": "a", "error": {"code": -32601, "message": "Method not found"}}')
    asked = questions(tmp_path)
    assert asked.optional("a") is None
    assert asked.notices == ["a.json holds an error: Method not found; left out"]


def test_an_optional_answer_may_be_missing(tmp_path: Path) -> None:
    asked = questions(tmp_path)
    assert (asked.optional("a"), asked.optional_list("a"), asked.optional_texts("a")) == (None, None, None)
    assert asked.notices == []


@pytest.mark.parametrize("bare", [{}, {"n": 1, "result": 2}, {"n": 1}])
def test_an_answer_may_be_bare(tmp_path: Path, bare: dict[str, Any]) -> None:
    (tmp_path / "a.json").write_text(json.dumps(bare))
    assert questions(tmp_path).required("a").members == bare


def test_a_line_may_hold_a_bare_result_or_a_whole_answer(tmp_path: Path) -> None:
    bare, whole = ({"txid": txid, "n": place} for place, txid in enumerate(TXIDS))
    (tmp_path / "gettransaction.jsonl").write_text(f"{json.dumps(bare)}\n\n{json.dumps({'result': whole})}\n")
    answers = questions(tmp_path).each(map(gettransaction, reversed(TXIDS)))
    assert [getattr(answer, "where", "") for answer in answers] == ["gettransaction.jsonl line 3",
                                                                    "gettransaction.jsonl line 1"]  # fmt: skip


def test_a_line_that_is_an_error_is_named(tmp_path: Path) -> None:
    lines = [{"txid": TXIDS[0]}, {"error": {"message": "Invalid id"}}]
    (tmp_path / "gettransaction.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(BadAnswer, match=r"gettransaction\.jsonl line 2 holds an error: Invalid id"):
        Recorded(tmp_path).ask([gettransaction(TXIDS[0])])


def test_a_line_whose_result_has_no_id_says_what_was_asked(tmp_path: Path) -> None:
    rows = [
        {"params": [TXIDS[0]], "result": {"vsize": 1}},
        {"params": [TXIDS[1]], "error": {"code": -5, "message": "no"}},
    ]
    (tmp_path / "getmempoolentry.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found, gone = Recorded(tmp_path).ask([Call("getmempoolentry", (txid,)) for txid in TXIDS])
    assert (found, gone.code) == ({"vsize": 1}, -5)
    (tmp_path / "getmempoolentry.jsonl").write_text('{"vsize": 1}')
    with pytest.raises(BadAnswer, match="does not say what was asked"):
        Recorded(tmp_path).ask([Call("getmempoolentry", (TXIDS[0],))])


def test_what_the_whole_mempool_lacks_is_not_in_it(tmp_path: Path) -> None:
    calls = [Call("getmempoolentry", (txid,)) for txid in TXIDS]
    assert [type(answer) for answer in Recorded(tmp_path).ask(calls)] == [NotAnswered, NotAnswered]
    (tmp_path / "getrawmempool.json").write_text(json.dumps({TXIDS[0]: {"vsize": 1}}))
    found, gone = Recorded(tmp_path).ask(calls)
    assert (found, gone.code) == ({"vsize": 1}, -5)
    (tmp_path / "getrawmempool.json").write_text(json.dumps([TXIDS[0]]))
    with pytest.raises(BadAnswer, match="record it with `bitcoin-cli getrawmempool true`"):
        Recorded(tmp_path).ask(calls)


def test_the_list_of_transactions_is_of_all_that_name_some(tmp_path: Path) -> None:
    """What listtransactions names and gettransaction lacks is asked for, and missed."""
    (tmp_path / "listtransactions.json").write_text(json.dumps([{"txid": TXIDS[0]}]))
    (tmp_path / "gettransaction.jsonl").write_text(json.dumps({"txid": TXIDS[1]}))
    listed = questions(tmp_path).required("listsinceblock").children("transactions")
    assert sorted(row.hash("txid") for row in listed) == sorted(TXIDS)
    assert isinstance(Recorded(tmp_path).ask([gettransaction(TXIDS[0])])[0], NotAnswered)


@pytest.mark.parametrize("content", [b"", b" \n", b'{"result":}\n', b'{"result": [1, 2'])
def test_an_answer_that_is_empty_or_cut_names_the_call_to_repeat(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "listunspent.json").write_bytes(content)
    wanted = r"the call gave no answer \(is bitcoind running\?\); repeat `bitcoin-cli listunspent 0`"
    with pytest.raises(BadAnswer, match=wanted):
        questions(tmp_path).optional_list("listunspent", 0)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"result": NaN}', b'{"result": Infinity}', b"\xff", b"[" * 100_000,
     b'{"result": ' + b"9" * 5000 + b"}", b"[]", b"5", b'{"method": "a"}',
     b'{"result": 1e99999999999999999999}', b'{"result": 5}'],
)  # fmt: skip
def test_what_is_no_answer_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(BadAnswer, match=r"\Aa\.json[^\n]{1,140}\Z"):
        questions(tmp_path).required("a")


@given(st.binary(max_size=60))
def test_no_bytes_make_it_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("answers")
    (folder / "a.json").write_bytes(content)
    (folder / "gettransaction.jsonl").write_bytes(content)
    for call in (Call("a"), gettransaction(TXIDS[0]), Call("listsinceblock")):
        with contextlib.suppress(BadAnswer):
            Recorded(folder).ask([call])
