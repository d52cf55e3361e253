"""What holds of states holds however their records lie: the same differences, merges and applications."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc import api
from gitbtc.api.state import State
from gitbtc.errors import GitbtcError
from gitbtc.kinds import codec, layouts
from gitbtc.kinds.layouts import Layout
from gitbtc.kinds.registry import built_in
from tests.made_state import coin, mined, spend

COINS, TRANSACTIONS = "wallet/utxos.json", "wallet/transactions.json"
POOL = [coin(vout, name * 32) for name in ("0a", "0f", "a0") for vout in range(2)]
SPENDS = [mined(spend(name, one)) for name, one in zip("ABCDEF", POOL, strict=True)]

labels = st.sampled_from([None, "rent", "tax"])
states = st.fixed_dictionaries({
    COINS: st.lists(st.tuples(st.sampled_from(range(len(POOL))), labels), unique_by=lambda one: one[0]).map(
        lambda chosen: [POOL[number] | {"label": label} for number, label in chosen]
    ),
    TRANSACTIONS: st.lists(st.sampled_from(range(len(SPENDS))), unique=True).map(
        lambda chosen: [SPENDS[number] for number in sorted(chosen)]
    ),
})  # fmt: skip


def state(records: dict[str, list[dict[str, Any]]], digits: int = 0) -> State:
    """The records in one file each, or in shards of so many digits."""
    files: dict[str, bytes] = {}
    for path, told in records.items():
        kind = built_in("utxos" if path == COINS else "transactions")
        content = codec.encode_file(kind, told)
        shards = layouts.divided(kind, Layout(digits), content) if digits else {}
        files |= {layouts.shard_path(path, name): shard for name, shard in shards.items()} or {path: content}
    return State(files)


@given(states, states, st.integers(0, 2), st.integers(0, 2))
@settings(max_examples=25)
def test_states_differ_in_records_and_not_in_how_they_lie(
    old: dict[str, Any], new: dict[str, Any], one: int, other: int
) -> None:
    plain = api.document(api.diff(state(old), state(new)))
    patches = api.diff(state(old, one), state(new, other))
    assert api.document(patches) == plain
    applied = api.apply(patches, state(old, one))
    assert applied.whole == state(new).whole
    assert any(path.count("/") == 2 for path in applied.files) == bool(one)


@given(states, states, states, st.permutations([0, 1, 2]))
@settings(max_examples=20)
def test_a_merge_is_the_same_in_any_layouts(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], digits: list[int]
) -> None:
    plain = api.merge(state(ours), state(theirs), state(base))
    merged = api.merge(state(ours, digits[1]), state(theirs, digits[2]), state(base, digits[0]))
    assert merged.documents() == plain.documents()
    assert merged.notices == plain.notices
    if not plain.conflicts:
        assert merged.state.whole == plain.state.whole
        assert (COINS in merged.files) == (digits[1] == 0)


def test_a_contested_record_stands_between_markers_in_its_shard() -> None:
    one, two = POOL[0], POOL[4]
    sides = [{COINS: [one | {"label": label}, two | {"label": label}], TRANSACTIONS: []} for label in ("a", "b", "c")]
    merged = api.merge(*(state(side, 1) for side in sides))
    assert {path for path, content in merged.files.items() if b"<<<<<<<" in content} == {
        "wallet/utxos/0.json", "wallet/utxos/a.json"
    }  # fmt: skip
    assert {conflict.path for conflict in merged.conflicts} == {COINS}


@pytest.mark.parametrize("beside", ["wallet/utxos/a.json", "wallet/utxos/0a.json"])
def test_a_state_has_one_layout(beside: str) -> None:
    with pytest.raises(GitbtcError, match="gitbtc reshard utxos"):
        State({"wallet/utxos/0.json": b"[]\n", COINS if beside.endswith("/a.json") else beside: b"[]\n"})
