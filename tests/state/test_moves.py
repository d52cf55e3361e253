"""Which roots moved from one state to the next, and which only look so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gitbtc.kinds.registry import Kinds
from gitbtc.state.moves import apart, doubled, elsewhere, half, in_place, moves
from gitbtc.state.snapshot import of_contents
from tests.made_state import coin, flagged, mined, spend

if TYPE_CHECKING:
    from gitbtc.state.snapshot import Snapshot

A, B = mined(spend("aa", coin(0))), mined(spend("bb", coin(1)))
HOT = {"wallet/utxos.json": [coin(2), coin(3)], "wallet/transactions.json": [A]}
COLD = {"wallet/utxos.json": [coin(4), coin(5)], "wallet/transactions.json": [B]}


def state(**roots: dict[str, list[dict[str, object]]]) -> Snapshot:
    """A state of roots; `top` is the top folder."""
    files = {
        path if root == "top" else f"{root}/{path}": json.dumps(flagged(*records) if "trans" in path else records)
        for root, there in roots.items()
        for path, records in there.items()
    }
    return of_contents("made", {path: text.encode() for path, text in files.items()}, Kinds())


def test_a_root_that_is_elsewhere_has_moved() -> None:
    assert moves(state(top=HOT), state(company=HOT)) == {"": "company"}
    assert moves(state(company=HOT, cold=COLD), state(top=HOT, cold=COLD)) == {"company": ""}
    assert moves(state(hot=HOT, cold=COLD), state(a=COLD, b=HOT)) == {"hot": "b", "cold": "a"}


def test_it_may_change_on_the_way() -> None:
    grown = {**HOT, "wallet/transactions.json": [A, B], "wallet/utxos.json": [coin(2), coin(3), coin(6)]}
    assert moves(state(top=HOT), state(company=grown)) == {"": "company"}
    assert moves(state(top=grown), state(company=HOT)) == {"": "company"}


def test_two_roots_that_changed_places_have_moved() -> None:
    before = state(hot=HOT, cold=COLD)
    assert moves(before, state(hot=COLD, cold=HOT)) == {"cold": "hot", "hot": "cold"}
    assert moves(before, state(cold=HOT, frozen=COLD)) == {"cold": "frozen", "hot": "cold"}


def test_they_may_change_while_they_change_places() -> None:
    grown = {**HOT, "wallet/transactions.json": [A, B], "wallet/utxos.json": [coin(2), coin(3), coin(6)]}
    before = state(hot=HOT, cold=COLD)
    assert moves(before, state(hot=COLD, cold=grown)) == {"cold": "hot", "hot": "cold"}
    assert moves(before, state(hot={**COLD, "wallet/labels.json": []}, cold=grown)) == {"cold": "hot", "hot": "cold"}
    assert moves(before, state(cold=grown, frozen={**COLD, "wallet/labels.json": []})) == {
        "cold": "frozen", "hot": "cold",
    }  # fmt: skip
    # What stays, or went without another in its place, has not moved.
    assert moves(before, state(hot=grown, cold=COLD)) == {}
    assert moves(before, state(hot={"network/mempool.json": []}, cold=COLD, other=grown)) == {}


def test_what_changed_in_every_line_has_not_moved() -> None:
    """Two roots may list the same coins: then each is like the other's place, too."""
    before, after = ({"wallet/utxos.json": [coin(vout, label=label) for vout in (2, 3)]} for label in ("a", "b"))
    assert moves(state(hot=before, cold=before), state(hot=after, cold=after)) == {}
    assert moves(state(hot=before, cold=COLD), state(hot=after, cold={"wallet/utxos.json": [coin(8)]})) == {}


def test_a_copy_is_no_move_nor_is_another_treasury() -> None:
    assert moves(state(hot=HOT), state(hot=HOT, copy=HOT)) == {}
    assert moves(state(hot=HOT), state(cold=COLD)) == {}
    assert moves(state(hot=HOT), state()) == moves(state(), state(hot=HOT)) == {}
    assert moves(state(hot=HOT, cold=COLD), state(cold=HOT)) == {}  # in the way of one that did not move
    # A payment from one to the other is in the records of both.
    paid = {"wallet/utxos.json": [coin(7)], "wallet/transactions.json": [A]}
    assert moves(state(cold=paid), state(hot=HOT)) == {}


def test_a_state_that_cannot_be_read_moves_file_by_file() -> None:
    broken = of_contents("made", {"wallet/utxos.json": b"[", "wallet/labels.json": b"[]"}, Kinds())
    assert moves(broken, state(company=HOT)) == {}
    same = of_contents("made", {"a/wallet/utxos.json": b"[", "a/wallet/labels.json": b"[]"}, Kinds())
    assert moves(broken, same) == {"": "a"}


def test_a_side_is_read_where_the_result_has_it() -> None:
    moved = in_place(state(top=HOT, cold=COLD), state(company=HOT, cold=COLD))
    assert moved.roots() == {"company", "cold"}
    assert moved.content("company/wallet/utxos.json") == state(top=HOT).content("wallet/utxos.json")
    assert moved.content("wallet/utxos.json") == b""
    assert [*moved.evidence("company").coins] == [*state(top=HOT).evidence("").coins]


def test_a_part_of_a_root_is_told_as_one() -> None:
    whole = {**HOT, "network/peers.json": []}
    before = state(top=whole)
    after = state(top={"network/peers.json": []}, company=HOT)
    assert moves(before, after) == {}
    new = elsewhere("wallet/transactions.json", before, after)
    assert new == "company/wallet/transactions.json"
    assert "network/peers.json stayed" in half("wallet/transactions.json", new, after)
    assert elsewhere("wallet/transactions.json", before, state(top=whole, company=HOT)) == ""
    assert elsewhere("wallet/transactions.json", before, state(cold=COLD)) == ""


def test_two_treasuries_of_one_are_seen() -> None:
    base, here, there = state(top=HOT), state(company=HOT), state(firm=HOT)
    assert doubled([base], [here, base], state(company=HOT)) == []
    [line] = doubled([base], [here, base], state(company=HOT, top=HOT))
    assert "in the top folder and in company" in line
    [line] = doubled([base], [here, there], state(company=HOT, firm=HOT))
    assert "in company and in firm" in line


def test_two_that_change_places_are_no_two_treasuries_of_one() -> None:
    before, swapped = state(hot=HOT, cold=COLD), state(hot=COLD, cold=HOT)
    assert doubled([before], [before, swapped], swapped) == []
    assert doubled([before], [swapped, swapped], swapped) == []
    grown = {**HOT, "wallet/utxos.json": [coin(2), coin(3), coin(6)]}
    followed, by_path = state(hot=COLD, cold=grown), {**COLD, "wallet/utxos.json": [coin(4), coin(5), coin(6)]}
    assert doubled([before], [state(hot=grown, cold=COLD), swapped], followed) == []
    [line] = doubled([before], [state(hot=grown, cold=COLD), swapped], state(hot=by_path, cold=HOT))
    assert "what changed meanwhile where they were is in hot/wallet/utxos.json now, with those of another" in line


def test_moves_that_no_merge_brings_together_are_foreseen() -> None:
    before = state(top=HOT)
    assert apart([before], [state(one=HOT), state(one=HOT)]) == apart([before], [state(one=HOT), before]) == {}
    [line] = apart([before], [state(one=HOT), state(two=HOT)]).values()
    assert "moved the state files of the top folder to one and to two" in line
    both, swapped = state(hot=HOT, cold=COLD), state(hot=COLD, cold=HOT)
    grown = state(hot={**HOT, "wallet/utxos.json": [coin(2), coin(3), coin(6)]}, cold=COLD)
    assert apart([both], [swapped, both]) == apart([both], [swapped, swapped]) == {}
    assert apart([both], [swapped, grown]).keys() == apart([both], [grown, swapped]).keys() == {"hot", "cold"}
