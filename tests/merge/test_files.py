from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import codec
from gitbtc.kinds.codec import canonical, keyed, parse
from gitbtc.kinds.registry import built_in
from gitbtc.merge.conflict import Conflict
from gitbtc.merge.files import Merge, Options, merge_files
from gitbtc.merge.markers import Style, hunks
from tests.strategies import RECORDS, array_kinds, histories, kinds

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

UTXOS, LABELS, STRATEGY, CHAIN = (built_in(name) for name in ("utxos", "labels", "strategy", "chain"))
TRANSACTIONS = built_in("transactions")


def merge(kind: Kind, base: bytes, ours: bytes, theirs: bytes, **options: Any) -> Merge:
    return merge_files(kind, base, ours, theirs, Options(Style, **options))


def facts(result: Merge) -> list[tuple[Any, ...]]:
    return [(conflict.type, conflict.key, conflict.fields) for conflict in result.conflicts]


def coin(number: int, **changes: Any) -> dict[str, Any]:
    return {"txid": f"{number:064x}", "vout": 0, "amount_sat": number, "script_type": "p2tr", "address": "a",
            "block_height": None, "coinbase": False, "label": None, **changes}  # fmt: skip


def coins(*records: dict[str, Any]) -> bytes:
    return codec.encode_file(UTXOS, list(records))


# -- properties ------------------------------------------------------------------------------------------------------


@given(st.data(), kinds)
def test_merging_a_side_with_itself_or_with_the_base_is_that_side(data: st.DataObject, kind: Kind) -> None:
    base, side = data.draw(histories(kind, 1))
    if kind.append_only:
        side = codec.encode_lines(
            kind, [line for _, line in sorted({**keyed(kind, base), **keyed(kind, side)}.items())]
        )
    for ours, theirs in ((side, side), (side, base)):
        result = merge(kind, base, ours, theirs, into_ours=True)
        assert (result.content, facts(result)) == (side, [])
    if kind is not STRATEGY:  # a branch keeps its own mode
        assert merge(kind, base, base, side, into_ours=True).content == side


@given(st.data(), kinds)
def test_swapping_the_sides_changes_only_their_names(data: st.DataObject, kind: Kind) -> None:
    base, ours, theirs = data.draw(histories(kind))
    one, other = merge(kind, base, ours, theirs), merge(kind, base, theirs, ours)
    assert facts(one) == facts(other)
    assert [(c.ours, c.theirs) for c in one.conflicts] == [(c.theirs, c.ours) for c in other.conflicts]
    if not one.conflicts:
        assert one.content == other.content


@given(st.data(), kinds)
def test_the_merged_file_is_canonical(data: st.DataObject, kind: Kind) -> None:
    base, ours, theirs = data.draw(histories(kind))
    for virtual in (True, False):
        result = merge(kind, base, ours, theirs, virtual=virtual)
        if virtual or not result.conflicts:
            assert canonical(kind, result.content) == result.content


@given(st.data(), array_kinds, st.booleans())
def test_the_fast_way_and_the_plain_way_agree(data: st.DataObject, kind: Kind, virtual: bool) -> None:
    base, ours, theirs = data.draw(histories(kind))
    fast = merge(kind, base, ours, theirs, virtual=virtual)
    pretty = [json.dumps(parse(kind, side), indent=1).encode() for side in (base, ours, theirs)]
    for sides in ([pretty[0], ours, theirs], [base, pretty[1], theirs], [base, ours, pretty[2]]):
        plain = merge_files(kind, sides[0], sides[1], sides[2], Options(Style, virtual=virtual))
        assert facts(plain) == facts(fast)
        assert plain.content == fast.content


@given(st.data(), array_kinds)
def test_conflict_free_merges_are_associative(data: st.DataObject, kind: Kind) -> None:
    base, *sides = data.draw(histories(kind, 3))
    results = []
    for order in ((0, 1, 2), (1, 2, 0), (0, 2, 1)):
        first = merge(kind, base, sides[order[0]], sides[order[1]])
        second = merge(kind, base, first.content, sides[order[2]]) if not first.conflicts else first
        if first.conflicts or second.conflicts:
            return
        results.append(second.content)
    assert len(set(results)) == 1


@given(st.data(), array_kinds)
def test_no_record_of_a_growing_file_is_lost(data: st.DataObject, kind: Kind) -> None:
    base, ours, theirs = data.draw(histories(kind))
    if not kind.append_only:
        return
    result = merge(kind, base, ours, theirs)
    there = result.content
    for key, line in {**keyed(kind, ours), **keyed(kind, theirs)}.items():
        identity = line if kind.identity == "record" else str(key[0]).encode()
        assert identity in there


def amounts(content: bytes) -> dict[Any, int]:
    return {key: codec.decode_line(UTXOS, line)["amount_sat"] for key, line in keyed(UTXOS, content).items()}


@given(st.data())
def test_value_is_conserved(data: st.DataObject) -> None:
    base, ours, theirs = data.draw(histories(UTXOS))
    result = merge(UTXOS, base, ours, theirs)
    if result.conflicts:
        return
    before, one, other, after = (amounts(side) for side in (base, ours, theirs, result.content))
    shared_loss = sum(amount for key, amount in before.items() if key not in one and key not in other)
    shared_gain = sum(one[key] for key in one.keys() & other.keys() - before.keys())
    delta = sum(one.values()) - sum(before.values()) + sum(other.values()) - sum(before.values())
    assert sum(after.values()) == sum(before.values()) + delta + shared_loss - shared_gain


@given(st.data(), array_kinds)
def test_every_conflict_stands_between_its_own_markers(data: st.DataObject, kind: Kind) -> None:
    base, ours, theirs = data.draw(histories(kind))
    result = merge(kind, base, ours, theirs)
    found = list(hunks(result.content))
    assert len(found) == len(result.conflicts)
    for hunk, conflict in zip(found, result.conflicts, strict=True):
        for lines, side in ((hunk.ours, conflict.ours), (hunk.base, conflict.base), (hunk.theirs, conflict.theirs)):
            assert [line.rstrip(b",") for line in lines] == ([] if side is None else [side])


@given(st.data(), array_kinds)
def test_an_empty_side_is_a_side_without_records(data: st.DataObject, kind: Kind) -> None:
    base, ours, theirs = data.draw(histories(kind))
    for sides in ((b"", ours, theirs), (base, b"", theirs), (base, ours, b"")):
        explicit = [side or b"[]\n" for side in sides]
        assert merge(kind, *sides).content == merge(kind, *explicit).content


# -- the tables ------------------------------------------------------------------------------------------------------


def test_both_sides_add_different_records() -> None:
    assert merge(UTXOS, coins(), coins(coin(1)), coins(coin(2))).content == coins(coin(1), coin(2))


def test_insertions_at_one_place_are_put_in_order() -> None:
    base = coins(coin(1), coin(9))
    result = merge(
        UTXOS, base, coins(coin(1), coin(3), coin(5), coin(9)), coins(coin(1), coin(2), coin(4), coin(6), coin(9))
    )
    assert [record["amount_sat"] for record in parse(UTXOS, result.content)] == [1, 2, 3, 4, 5, 6, 9]


def test_records_beside_each_other_are_no_conflict() -> None:
    base = coins(coin(1), coin(2))
    result = merge(UTXOS, base, coins(coin(1, label="x"), coin(2)), coins(coin(1), coin(2, label="y")))
    assert result.content == coins(coin(1, label="x"), coin(2, label="y"))


def test_a_spent_coin_stays_spent_and_its_new_label_is_told() -> None:
    base = coins(coin(1), coin(2))
    result = merge(UTXOS, base, coins(coin(2)), coins(coin(1, label="rent"), coin(2)))
    assert result.content == coins(coin(2))
    assert [notice.key for notice in result.notices] == [(f"{1:064x}", 0)]
    assert "rent" in result.notices[0].text


def test_a_removal_does_not_hide_a_fault_in_the_facts() -> None:
    result = merge(UTXOS, coins(coin(1)), coins(), coins(coin(1, amount_sat=7)))
    assert facts(result) == [("data_error", (f"{1:064x}", 0), ("amount_sat",))]


def label(name: str, **changes: Any) -> bytes:
    record = {"address": "a", "label": name, "category": "fee", "created_at": 5, **changes}
    return codec.encode_file(LABELS, [record])


def test_a_decision_about_a_record_that_the_other_side_removed_is_contested() -> None:
    assert facts(merge(LABELS, label("x"), b"[]\n", label("x", category="income")))[0][0] == "remove_change"
    assert merge(LABELS, label("x"), b"[]\n", label("x", created_at=4)).content == b"[]\n"


def test_a_growing_file_keeps_what_one_side_removed_and_says_so() -> None:
    base = codec.encode_file(TRANSACTIONS, [{"txid": "a" * 64, "label": None}])
    for sides in ((base, b"[]\n"), (b"[]\n", base)):
        result = merge(TRANSACTIONS, base, *sides)
        assert facts(result) == [("append_only", ("a" * 64,), ())]
        assert merge(TRANSACTIONS, base, *sides, virtual=True).content == base


def contested(*records: dict[str, Any]) -> dict[Any, Conflict]:
    """What a judge answers about these coins."""
    keys = {(one["txid"], one["vout"]): codec.encode_record(UTXOS, one) for one in records}
    return {key: Conflict("double_spend", key, line, None, None) for key, line in keys.items()}


def test_what_a_judge_contests_stands_between_markers_whatever_becomes_of_it_here() -> None:
    base = coins(coin(1), coin(2), coin(3))
    result = merge(UTXOS, base, coins(coin(3)), coins(coin(3)), judge=lambda _: contested(coin(1)))
    [hunk] = hunks(result.content)
    assert (hunk.ours, hunk.theirs) == ([], [])
    assert hunk.base == [codec.encode_record(UTXOS, coin(1)) + b","]


def test_what_a_judge_contests_and_neither_side_changed_is_left_alone() -> None:
    base = coins(coin(1), coin(2))
    result = merge(UTXOS, base, coins(coin(1)), base, judge=lambda _: contested(coin(1)))
    assert (result.content, result.conflicts) == (coins(coin(1)), [])


def test_the_base_of_a_contested_coin_is_shown_in_every_style() -> None:
    style = Style(show_base=False)
    options = Options(lambda: style, judge=lambda _: contested(coin(1)))
    content = merge_files(UTXOS, coins(coin(1)), coins(), coins(), options).content
    assert b"|||||||" in content
    assert b"|||||||" not in merge_files(LABELS, label("x"), b"[]\n", label("x", category="income"), options).content


def test_a_marker_name_that_looks_like_a_record_end_is_left_alone() -> None:
    style = Style(theirs="stash@{0}", ours="a,")
    base = coins(coin(1), coin(2))
    result = merge_files(
        UTXOS, base, coins(coin(1), coin(2, label="x")), coins(coin(1), coin(2, label="y")), Options(lambda: style)
    )
    assert result.content.endswith(b">>>>>>> stash@{0}\n]\n")


# -- strategy --------------------------------------------------------------------------------------------------------


def mode(simulating: bool, **members: Any) -> bytes:
    return codec.encode_file(STRATEGY, {"name": "n", "simulation_mode": simulating, **members})


@pytest.mark.parametrize("base", [True, False])
@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("theirs", [True, False])
def test_a_merge_never_makes_a_simulating_branch_live(base: bool, ours: bool, theirs: bool) -> None:
    sides = mode(base), mode(ours, name="o"), mode(theirs, dca_amount_sat=5)
    assert parse(STRATEGY, merge(STRATEGY, *sides, into_ours=True).content)["simulation_mode"] is ours
    assert parse(STRATEGY, merge(STRATEGY, *sides).content)["simulation_mode"] is (ours or theirs)


@pytest.mark.parametrize("base", [b"", codec.encode_file(STRATEGY, {"name": "n"}), mode(False)])
def test_a_branch_that_has_no_mode_gets_none_that_is_live(base: bytes) -> None:
    ours = codec.encode_file(STRATEGY, {"name": "n"})
    assert parse(STRATEGY, merge(STRATEGY, base, ours, mode(False), into_ours=True).content)["simulation_mode"] is True


def test_members_of_a_strategy_are_merged_one_by_one() -> None:
    result = merge(STRATEGY, mode(True, a=1, b=1), mode(True, a=2, b=1), mode(True, a=1, b=3))
    assert parse(STRATEGY, result.content) == {"name": "n", "simulation_mode": True, "a": 2, "b": 3}
    assert facts(merge(STRATEGY, mode(True, a=1), mode(True, a=2), mode(True, a=3))) == [("edit", ("a",), ("a",))]


# -- chain -----------------------------------------------------------------------------------------------------------


def tip(height: int, block: str = "a", network: str = "regtest") -> bytes:
    return codec.encode_file(
        CHAIN, {"network": network, "block_height": height, "block_hash": block * 64, "block_time": height}
    )


def test_the_higher_tip_wins() -> None:
    assert merge(CHAIN, tip(1), tip(5), tip(7, "b")).content == tip(7, "b")
    assert merge(CHAIN, tip(1), tip(7, "b"), tip(5)).content == tip(7, "b")


def test_a_side_that_left_the_tip_alone_gives_way_even_to_a_lower_one() -> None:
    assert merge(CHAIN, tip(7), tip(7), tip(5, "b")).content == tip(5, "b")


def test_two_tips_of_one_height_are_a_reorg_and_two_networks_never_merge() -> None:
    assert facts(merge(CHAIN, tip(1), tip(5), tip(5, "b")))[0][0] == "reorg"
    assert facts(merge(CHAIN, tip(1), tip(5), tip(9, "b", "main")))[0][0] == "network"
    assert parse(CHAIN, merge(CHAIN, tip(1), tip(5), tip(5, "b"), virtual=True).content)["block_height"] == 1


# -- conflicts -------------------------------------------------------------------------------------------------------


def test_picking_either_line_of_a_conflict_loses_nothing_of_the_other_side() -> None:
    ours, theirs = coin(1, label="a", confirmations=2), coin(1, label="b", block_height=9)
    [conflict] = merge(UTXOS, coins(coin(1)), coins(ours), coins(theirs)).conflicts
    for line, name in ((conflict.ours, "a"), (conflict.theirs, "b")):
        assert line is not None
        assert codec.decode_line(UTXOS, line) == coin(1, label=name, confirmations=2, block_height=9)


def test_a_virtual_base_never_holds_markers() -> None:
    result = merge(UTXOS, coins(coin(1)), coins(coin(1, label="a")), coins(coin(1, label="b")), virtual=True)
    assert result.content == coins(coin(1))
    added = merge(UTXOS, coins(), coins(coin(1, label="a")), coins(coin(1, label="b")), virtual=True)
    assert added.content == coins()


def test_the_strategies_cover_the_kinds_that_they_name() -> None:
    assert set(RECORDS) == {"utxos", "transactions", "execution", "labels", "labels329"}


# -- names ------------------------------------------------------------------------------------------------------------

ROWS = built_in("labels329")


def names(*texts: str, category: str = "income") -> bytes:
    """What an address is called."""
    address = "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0"
    shared = {"address": address, "category": category, "created_at": 1}
    return codec.encode_file(LABELS, [{**shared, "label": text} for text in texts])


def test_two_new_names_of_one_thing_are_a_conflict_whichever_side_is_ours() -> None:
    for sides in ((names("b"), names("c")), (names("c"), names("b"))):
        (conflict,) = merge(LABELS, names("a"), *sides).conflicts
        assert (conflict.type, conflict.fields, conflict.key[-1]) == ("edit", ("label",), "b")
        assert conflict.base == names("a").splitlines()[1]


def test_two_additions_and_one_new_name_on_both_sides_are_no_conflict() -> None:
    assert merge(LABELS, names("a"), names("a", "b"), names("a", "c")).content == names("a", "b", "c")
    assert merge(LABELS, names(), names("b"), names("c")).content == names("b", "c")
    assert merge(LABELS, names("a"), names("b"), names("b")).content == names("b")


def test_what_one_side_renamed_has_what_the_other_changed() -> None:
    merged = merge(LABELS, names("a"), names("b"), names("a", category="fee"))
    assert (merged.content, merged.conflicts) == (names("b", category="fee"), [])


def row(**members: object) -> bytes:
    return codec.encode_file(ROWS, [{"type": "output", "ref": "aa:0", **members}])


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ({}, {}, {"spendable": False}, {"spendable": False}),
        ({}, {"spendable": False}, {"label": "a"}, {"label": "a", "spendable": False}),
        ({"spendable": True}, {"spendable": False}, {}, {"spendable": False}),
        ({"spendable": False}, {"spendable": False}, {"spendable": True}, {"spendable": True}),
        ({}, {"spendable": True}, {"spendable": False}, None),
    ],
)
def test_freezing(base: dict[str, object], ours: dict[str, object], theirs: dict[str, object],
                  merged: dict[str, object] | None) -> None:  # fmt: skip
    for sides in ((ours, theirs), (theirs, ours)):
        done = merge(ROWS, row(**base), *(row(**side) for side in sides))
        if merged is None:
            assert [conflict.fields for conflict in done.conflicts] == [("spendable",)]
        else:
            assert done.content == row(**merged)


def test_a_label_that_one_side_removed_and_the_other_changed_stays_as_it_was_changed() -> None:
    done = merge(ROWS, row(label="a"), b"", row(label="a", spendable=False))
    assert done.content == row(label="a", spendable=False)
    assert "stays as it was changed" in done.notices[0].text


def test_two_spellings_of_an_origin_are_one_wallet() -> None:
    spelled = [
        row(label="a", origin=f"wsh(sortedmulti(2,{keys}))") for keys in ("[AA/48h],[bb/1']", "[bb/1h],[aa/48']")
    ]
    done = merge(ROWS, b"", *spelled)
    assert (done.content, done.conflicts) == (min(spelled), [])
