from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc import api
from gitbtc.api import Contested, State, UsageError
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import MarkedFile, Style
from tests.made_state import change_of, coin, spend
from tests.premerge.test_branches import edited, fork, merged, split
from tests.premerge.worlds import PATHS, committed, copied, past
from tests.strategies import STRATEGY, histories, kinds

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

UTXOS, LABELS, TRANSACTIONS = "wallet/utxos.json", "wallet/labels.json", "wallet/transactions.json"
A, B = spend("aa", coin(0)), spend("bb", coin(0))
LABEL = {"address": "a", "label": "b", "category": "fee", "created_at": 5}


def state(**files: Any) -> State:
    """`utxos=[…], labels=[…]`."""
    return State.of({built_in(name).path: told for name, told in files.items()})


def types(conflicts: list[Any]) -> set[tuple[str, str]]:
    return {(conflict.type, conflict.address) for conflict in conflicts}


# -- as Git does it ----------------------------------------------------------------------------------------------------


@given(st.data(), kinds)
def test_a_file_comes_out_as_the_driver_merges_it(data: st.DataObject, kind: Kind) -> None:
    sides = data.draw(histories(kind))
    base, ours, theirs = (State({kind.path: side}) for side in sides)
    result = api.merge(ours, theirs, base)
    drivers = merge_files(kind, sides[0], sides[1], sides[2], Options(Style, into_ours=True))
    # Where Git asks no driver, or the driver the one view.
    if len({*sides}) < 3 or kind.name in ("utxos", "transactions", "mempool"):
        return
    if drivers.conflicts or result.conflicts:
        assert result.files[kind.path] == drivers.content
        assert len(result.conflicts) >= len(drivers.conflicts)
    elif not kind.append_only:  # whose union the hooks see to
        assert result.state.files[kind.path] == drivers.content


@pytest.mark.parametrize("seed", [0, 1, 3, 4, 8])
def test_it_comes_to_what_git_merge_comes_to(treasury: Repo, hermetic: None, seed: int) -> None:
    """Driver, hooks and the commit that completes what they repaired, on a random past and two sides of it."""
    fork(treasury, seed, "ours", "theirs")
    result = api.merge("ours", "theirs", repository=treasury.path)
    found, refused = merged(treasury)
    assert split(result.documents())[0] == found
    assert bool(result.conflicts) == refused
    if not refused:
        assert result.state == api.snapshot("HEAD", repository=treasury.path)
    elif treasury.git("ls-files", "--unmerged"):
        there = {path: treasury.read(path) for path in result.files}
        assert {path: taken_apart(path, content) for path, content in there.items()} == {
            path: taken_apart(path, content) for path, content in result.files.items()
        }
    treasury.git("reset", "-q", "--hard")


def taken_apart(path: str, content: bytes) -> tuple[Any, Any]:
    """A file without what its markers are called."""
    kind = Kinds().for_path(path)
    assert kind is not None
    marked = MarkedFile(kind, content)
    return marked.lines, set(marked.open)


@pytest.mark.own_interpreters
def test_a_criss_cross_is_merged_from_all_of_its_ancestors(treasury: Repo, hermetic: None) -> None:
    start = committed(treasury, past(), "base")
    sides = []
    for label in ("a", "b"):
        later = copied(past())
        later["coins"]["0" if label == "a" else "1"]["label"] = label
        sides.append((later, committed(treasury, later, f"first-{label}", start)))
    both = copied(past())
    both["coins"]["0"]["label"], both["coins"]["1"]["label"] = "a", "b"
    oids = [oid for _, oid in sides]
    ours, theirs = copied(both), copied(both)
    # Against one of the two ancestors alone, each of these would be a second new name.
    ours["coins"]["0"]["label"], theirs["coins"]["1"]["label"] = "c", "d"
    committed(treasury, ours, "ours", *oids)
    committed(treasury, theirs, "theirs", *reversed(oids))
    result = api.merge("ours", "theirs", repository=treasury.path)
    assert merged(treasury) == (set(), False)
    assert result.state == api.snapshot("HEAD", repository=treasury.path)
    assert [one["label"] for one in result.state.records(PATHS["coins"])] == ["c", "d", None, None]


def test_a_coin_that_comes_back_is_looked_up_in_the_commits_before(treasury: Repo, hermetic: None) -> None:
    """The loser had replaced a transaction that spent the coin before the two sides parted."""
    before, loser, winner = spend("kk", coin(1)), spend("ll", coin(0), coin(1), fee=5000), spend("ww", coin(0))
    winner |= {"confirmed": True, "block_height": 100, "block_time": 1_700_000_101}
    start = committed(treasury, past(), "start")
    spent = edited(past(), coins_1=None, transactions_K=before)
    base = committed(treasury, spent, "base", start)
    committed(treasury, edited(spent, coins_0=None, transactions_W=winner), "ours", base)
    replaced = {**before, "replaced_by": loser["txid"]}
    committed(treasury, edited(spent, coins_0=None, transactions_K=replaced, transactions_L=loser), "theirs", base)
    result = api.merge("ours", "theirs", repository=treasury.path)
    assert merged(treasury) == (set(), False)
    assert result.state == api.snapshot("HEAD", repository=treasury.path)
    assert coin(1) in result.state.records(UTXOS)


# -- without a repository ----------------------------------------------------------------------------------------------


def test_two_states_are_merged_record_by_record() -> None:
    base = state(utxos=[coin(0), coin(1)], transactions=[])
    ours = state(utxos=[coin(1)], transactions=[A])
    theirs = state(utxos=[coin(0), coin(1, label="rent")], transactions=[], labels=[LABEL])
    result = api.merge(ours, theirs, base)
    assert result.state == state(utxos=[coin(1, label="rent")], transactions=[A], labels=[LABEL])
    assert not result.conflicts


def test_a_double_spend_is_found_however_clean_the_files_merge() -> None:
    base = state(utxos=[coin(0)], transactions=[])
    for left in ([], [coin(0)]):
        result = api.merge(state(utxos=left, transactions=[A]), state(utxos=left, transactions=[B]), base)
        assert types(result.conflicts) == {("double_spend", f"{UTXOS}::{coin(0)['txid']}:0")}
        (told,) = result.documents()
        assert (told["ours_txid"], told["theirs_txid"], told["amount_sat"]) == (A["txid"], B["txid"], 100_000_000)
        with pytest.raises(Contested, match=r"double_spend at wallet/utxos\.json::"):
            _ = result.state


def test_what_the_evidence_decides_is_carried_out() -> None:
    base = state(utxos=[coin(0)], transactions=[], mempool=[])
    block = {"confirmed": True, "block_height": 101, "block_time": 1_700_000_101}
    change = change_of(B)
    ours = state(utxos=[], transactions=[{**A, **block}], mempool=[])
    theirs = state(utxos=[change], transactions=[B], mempool=[])
    result = api.merge(ours, theirs, base)
    assert result.state.records(UTXOS) == []
    assert {one["txid"]: one.get("replaced_by") for one in result.state.records(TRANSACTIONS)} == {
        A["txid"]: None, B["txid"]: A["txid"],
    }  # fmt: skip
    assert any("conflicted" in notice for notice in result.notices)


def test_two_removals_without_a_transaction_are_contested_unless_allowed() -> None:
    base, gone = state(utxos=[coin(0), coin(1)]), state(utxos=[coin(1)])
    other = state(utxos=[coin(1)], labels=[])
    assert {one.type for one in api.merge(gone, other, base).conflicts} == {"double_spend_candidate"}
    assert api.merge(gone, other, base, unattributed=True).state == other


def test_what_only_grows_is_united_where_one_side_lost_a_record() -> None:
    event = {"timestamp": 5, "block_height": None, "event_type": "custom", "txid": None, "amount_sat": None,
             "fee_sat": None, "note": "bought"}  # fmt: skip
    base, less = state(execution=[event]), state(execution=[], labels=[LABEL])
    for sides in ((base, less), (less, base)):
        result = api.merge(*sides, base)
        assert result.state == state(execution=[event], labels=[LABEL])
        assert ["only grows" in notice for notice in result.notices] == [True]


def test_no_merge_makes_a_strategy_live() -> None:
    live = {**STRATEGY, "simulation_mode": False}
    result = api.merge(state(strategy=STRATEGY), state(strategy=live), state(strategy=STRATEGY))
    assert result.state == state(strategy=STRATEGY)
    assert result.notices
    assert api.merge(State(), state(strategy=live), State()).state == state(strategy=STRATEGY)
    assert api.merge(state(strategy=live), state(strategy=STRATEGY), State()).state == state(strategy=live)


def test_a_file_that_one_side_deleted_and_the_other_changed_is_contested() -> None:
    base, changed = state(labels=[LABEL]), state(labels=[])
    for sides in ((State(), changed), (changed, State())):
        result = api.merge(*sides, base)
        assert types(result.conflicts) == {("modify_delete", LABELS)}
        assert result.files == changed.files


def test_two_networks_never_merge() -> None:
    def tip(network: str, height: int) -> dict[str, Any]:
        return {"network": network, "block_height": height, "block_hash": "ab" * 32, "block_time": 5}

    result = api.merge(state(chain=tip("main", 1)), state(chain=tip("regtest", 2)), State())
    assert {one.type for one in result.conflicts} == {"network"}


def test_states_need_a_base() -> None:
    with pytest.raises(UsageError, match="name the base"):
        api.merge(State(), State())


# -- operations --------------------------------------------------------------------------------------------------------


@given(st.data(), kinds)
def test_merging_operations_is_merging_the_states_that_they_lead_to(data: st.DataObject, kind: Kind) -> None:
    base, ours, theirs = (State({kind.path: side}) for side in data.draw(histories(kind)))
    together = api.merge_ops(base, api.diff(base, ours), api.diff(base, theirs))
    whole = api.merge(ours, theirs, base)
    assert types(together.conflicts) == types(whole.conflicts)
    if not whole.conflicts:
        assert api.apply(together.patches, base) == whole.state
    contested = {
        conflict.address for conflict in together.conflicts if conflict.conflict and not conflict.conflict.spend
    }
    assert contested.isdisjoint(operation.address for patch in together.patches for operation in patch.operations)


def test_operations_of_both_sides_and_not_those_that_are_contested() -> None:
    base = state(labels=[LABEL])
    ours = state(labels=[{**LABEL, "category": "income"}, {**LABEL, "label": "x"}])
    theirs = state(labels=[{**LABEL, "category": "exchange"}, {**LABEL, "label": "y"}])
    result = api.merge_ops(base, api.diff(base, ours), api.diff(base, theirs))
    assert types(result.conflicts) == {("edit", f"{LABELS}::a:b")}
    assert [operation.address for operation in result.patches[0].operations] == [f"{LABELS}::a:x", f"{LABELS}::a:y"]
