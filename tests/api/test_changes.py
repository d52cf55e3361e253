from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc import api
from gitbtc.api import GitbtcError, State
from gitbtc.kinds.registry import built_in
from tests.made_state import coin, coins, put, records
from tests.strategies import histories, kinds

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind
    from tests.conftest import Repo

UTXOS, LABELS = "wallet/utxos.json", "wallet/labels.json"


@st.composite
def three_states(draw: st.DrawFn) -> list[State]:
    """Versions of one state: any of its files may not be there."""
    chosen: list[Kind] = draw(st.lists(kinds, max_size=3, unique_by=lambda kind: kind.name))
    files = {f"{draw(st.sampled_from(['', 'desk/']))}{kind.path}": draw(histories(kind)) for kind in chosen}
    absent = st.integers(0, 4).map(lambda drawn: drawn == 0)
    return [
        State({path: versions[number] for path, versions in files.items() if not draw(absent)}) for number in range(3)
    ]


@given(three_states())
def test_a_difference_leads_there_and_back_through_its_document(states: list[State]) -> None:
    old, new, _ = states
    patches = api.diff(old, new)
    assert api.apply(patches, old) == new
    assert api.apply(api.inverse(patches), new) == old
    told = api.document(patches)
    for document in (told, json.dumps(told), json.dumps(told).encode()):
        assert api.document(api.read_document(document)) == told


@given(three_states())
def test_two_differences_are_one(states: list[State]) -> None:
    old, new, newest = states
    both = api.chained(api.diff(old, new), api.diff(new, newest))
    assert api.document(both) == api.document(api.diff(old, newest))
    assert api.apply(both, old) == newest


def test_what_does_not_fit_is_refused() -> None:
    patches = api.diff(State.of({UTXOS: [coin(0)]}), State.of({UTXOS: []}))
    with pytest.raises(GitbtcError, match="not there"):
        api.apply(patches, State())


def test_revisions_stand_for_their_states(repo: Repo) -> None:
    coins(repo, coin(0))
    repo.commit("one")
    coins(repo, coin(0), coin(1))
    repo.commit("two")
    patches = api.diff("HEAD~1", "HEAD", repository=repo.path)
    (operation,) = patches[0].operations
    assert (operation.name, operation.record) == ("insert", coin(1))
    two = api.snapshot("HEAD", repository=repo.path)
    assert api.apply(patches, "HEAD~1", repository=repo.path) == two
    assert api.diff("HEAD", two, repository=repo.path) == []


@pytest.mark.one_file
def test_a_work_tree_takes_what_fits_and_drifts_by_it(repo: Repo) -> None:
    repo.write(UTXOS, State.of({UTXOS: [coin(0)]}).files[UTXOS])
    repo.commit("one")
    assert api.drift(repository=repo.path) == []
    patches = api.diff("HEAD", State.of({UTXOS: [coin(0, label="rent")], LABELS: []}), repository=repo.path)
    assert api.apply_to_work_tree(patches, repository=repo.path, check=True) == [LABELS, UTXOS]
    assert api.drift(repository=repo.path) == []
    assert api.apply_to_work_tree(patches, repository=repo.path, index=True) == [LABELS, UTXOS]
    assert api.document(api.drift(repository=repo.path)) == api.document(patches)
    assert repo.git("status", "--porcelain") == f"A  {LABELS}\nM  {UTXOS}\n"
    with pytest.raises(GitbtcError, match="must be at least 0"):
        api.apply_to_work_tree(
            api.diff(State(), State.of({UTXOS: [coin(5, amount_sat=-1)]})), repository=repo.path
        )  # fmt: skip
    assert records(repo, UTXOS) == [coin(0, label="rent")]


@pytest.mark.both_layouts
def test_a_sparse_work_tree_has_not_drifted(repo: Repo) -> None:
    coins(repo, coin(0))
    put(repo, "desk/wallet/labels.json")
    repo.commit("one")
    repo.git("sparse-checkout", "set", "--no-cone", "/desk")
    assert api.drift(repository=repo.path) == []
    (repo.path / "desk/wallet/labels.json").unlink()
    assert [(patch.path, patch.new_mode) for patch in api.drift(repository=repo.path)] == [
        ("desk/wallet/labels.json", None)
    ]


def test_a_patch_says_what_it_is_about() -> None:
    (patch,) = api.diff(State(), State.of({UTXOS: []}))
    assert (patch.kind, patch.path, patch.operations) == (built_in("utxos"), UTXOS, [])
    assert (patch.old_mode, patch.new_mode, patch.notes) == (None, "100644", ["new file"])
