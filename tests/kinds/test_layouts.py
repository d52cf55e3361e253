"""One file and its shards: names, the file that shards make, and what is wrong with files that are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec, layouts
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.kind import from_schema
from gitbtc.kinds.layouts import WHOLE, Folded, Layout
from gitbtc.kinds.registry import BUILT_IN, BUILT_IN_SHARDS, Kinds, built_in, root_of
from gitbtc.kinds.shards import is_name, month_of, named_agent
from gitbtc.kinds.validate import validate_files
from tests.made_state import coin

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = Kinds()
UTXOS, EXECUTION, FEES = (built_in(name) for name in ("utxos", "execution", "fees"))


def event(timestamp: int, agent: str | None, note: str = "") -> dict[str, Any]:
    who = {} if agent is None else {"agent": agent}
    return {"timestamp": timestamp, "block_height": None, "event_type": "note", "txid": None, "amount_sat": 0,
            "fee_sat": None, "note": note, **who}  # fmt: skip


def test_the_table_of_shards_is_that_of_the_schemas() -> None:
    declared = {kind.path.rpartition(".")[0]: kind.shards for kind in map(built_in, BUILT_IN.values()) if kind.shards}
    assert declared == BUILT_IN_SHARDS
    assert KINDS.sharded() == [BUILT_IN[f"{folder}.json"] for folder in BUILT_IN_SHARDS]


@pytest.mark.parametrize(
    ("path", "whole", "root"),
    [
        ("wallet/utxos/3f2.json", "wallet/utxos.json", ""),
        ("a/b/wallet/utxos/0.json", "a/b/wallet/utxos.json", "a/b"),
        ("strategy/execution/agent-7.json", "strategy/execution.json", ""),
        ("strategy/execution/_.json", "strategy/execution.json", ""),
        ("oracles/fees/2026-03.json", "oracles/fees.json", ""),
        ("wallet/utxos.json", "wallet/utxos.json", ""),
    ],
)
def test_a_shard_is_known_by_its_path(path: str, whole: str, root: str) -> None:
    assert (KINDS.whole(path), root_of(path)) == (whole, root)
    assert KINDS.for_path(path) is KINDS.for_path(whole) is not None


@pytest.mark.parametrize(
    "path",
    ["wallet/utxos/3F2.json", "wallet/utxos/12345.json", "wallet/utxos/.json", "wallet/utxos/xyz.json",
     "oracles/fees/2026-13.json", "strategy/execution/Bob.json", "strategy/execution/%4a.json",
     "strategy/execution/%61.json"],
)  # fmt: skip
def test_what_lies_among_shards_and_is_none_is_told(path: str) -> None:
    assert KINDS.for_path(path) is None
    whole = KINDS.among_shards(path)
    [(where, fault)] = validate_files(KINDS, {}, {path: ("1", lambda: b"[]\n")})
    assert where == path
    assert f"among the shards of {whole}" in str(fault)


@pytest.mark.parametrize(
    "path", ["wallet/labels/3f.json", "wallet/utxos/a/b.json", "utxos/3f.json", "wallet/utxos/a.txt"]
)
def test_other_folders_hold_no_shards(path: str) -> None:
    assert KINDS.for_path(path) is None
    assert not KINDS.among_shards(path)


@given(st.text(max_size=300))
def test_every_agent_has_a_file_of_its_own(agent: str) -> None:
    name = named_agent(agent)
    assert is_name("agent", name)
    assert name == name.lower() or "%" in name  # no two names are one where case is not told apart
    assert (name == "_") == (not agent)
    assert named_agent(agent + "x") != name


@pytest.mark.parametrize(
    ("seconds", "month"),
    [(0, "1970-01"), (1_772_323_199, "2026-02"), (1_772_323_200, "2026-03"), (10**15, "9999-12"), (10**30, "9999-12")],
)
def test_months_are_those_of_utc(seconds: int, month: str) -> None:
    assert month_of(seconds) == month
    assert is_name("month", month)


coins = st.lists(
    st.builds(
        lambda name, vout: coin(vout, name * 32), st.sampled_from(["00", "0f", "a0", "ab", "ff"]), st.integers(0, 3)
    ),
    unique_by=lambda one: (one["txid"], one["vout"]),
)
events = st.lists(
    st.builds(event, st.integers(0, 3), st.sampled_from([None, "", "a", "B", "ä"]), st.sampled_from("xy")),
    unique_by=json.dumps,
)


@given(coins, st.integers(1, 4))
def test_shards_in_the_order_of_their_names_are_the_file(records: list[dict[str, Any]], digits: int) -> None:
    content = codec.encode_file(UTXOS, records)
    shards = layouts.divided(UTXOS, Layout(digits), content)
    assert shards
    assert all(codec.canonical(UTXOS, shard) == shard for shard in shards.values())
    if records:
        bodies = [shard.removeprefix(b"[\n").removesuffix(b"\n]\n") for _, shard in sorted(shards.items())]
        assert b"[\n" + b",\n".join(bodies) + b"\n]\n" == content
    assert made(UTXOS.path, shards, Layout(digits)) == content


@given(events)
def test_the_logs_of_agents_make_one_in_the_order_of_time(records: list[dict[str, Any]]) -> None:
    content = codec.encode_file(EXECUTION, records)
    assert made(EXECUTION.path, layouts.divided(EXECUTION, Layout(0), content), Layout(0)) == content


def made(whole: str, shards: Mapping[str, bytes], layout: Layout) -> bytes:
    files = {layouts.shard_path(whole, name): content for name, content in shards.items()}
    entries = layouts.folded(KINDS, {path: ("100644", codec.content_id(content)) for path, content in files.items()})
    mode, oid = entries[whole]
    assert isinstance(oid, Folded)
    assert (mode, oid.layout, layouts.layout_of(entries[whole])) == ("100644", layout, layout)
    assert set(layouts.unfolded(entries)) == set(files)
    return layouts.read(oid, lambda path, _: files[path])


@given(coins, coins, st.integers(1, 2))
def test_only_shards_that_differ_become_others(before: list[Any], after: list[Any], digits: int) -> None:
    layout = Layout(digits)
    old, new = (codec.encode_file(UTXOS, records) for records in (before, after))
    files = {layouts.shard_path(UTXOS.path, name): shard for name, shard in layouts.divided(UTXOS, layout, old).items()}
    entry = layouts.folded(KINDS, dict.fromkeys(files, ("100644", "")))[UTXOS.path]
    changed = layouts.laid_out(entry, UTXOS.path, UTXOS, new, lambda path, _: files[path], layout)
    assert all(files.get(path) != content for path, content in changed.items())
    names = {(KINDS.shard(path) or ("", ""))[1]: content for path, content in (files | changed).items()}
    assert made(UTXOS.path, names, layout) == new


def test_what_is_the_same_everywhere_is_the_same() -> None:
    one, other, third = (
        layouts.folded(
            KINDS, {f"{root}wallet/utxos/a.json": ("100644", "1"), f"{root}wallet/utxos/b.json": ("100644", oid)}
        )
        for root, oid in (("", "2"), ("r/", "2"), ("", "3"))
    )
    assert one["wallet/utxos.json"] == other["r/wallet/utxos.json"] != third["wallet/utxos.json"]
    assert layouts.differing([one["wallet/utxos.json"], third["wallet/utxos.json"], None]) == ["a", "b"]
    assert layouts.differing([one["wallet/utxos.json"], third["wallet/utxos.json"]]) == ["b"]
    assert layouts.differing([one["wallet/utxos.json"], ("100644", "4")]) is None


def test_a_shard_that_is_there_differs_from_none_though_nobody_knows_its_oid() -> None:
    paths = ("wallet/utxos/a.json", "wallet/utxos/b.json")
    stored = layouts.folded(KINDS, {paths[0]: ("100644", "1")})["wallet/utxos.json"]
    in_work_tree = layouts.folded(KINDS, {paths[0]: ("100644", "1"), paths[1]: ("100644", "")})["wallet/utxos.json"]
    for nothing, names in ((stored, ["b"]), (None, ["a", "b"])):
        assert layouts.differing([nothing, in_work_tree]) == names
        assert layouts.differing([in_work_tree, nothing]) == names


@pytest.mark.parametrize(
    ("paths", "fault"),
    [
        (["wallet/utxos.json", "wallet/utxos/f.json"], "lie beside each other"),
        (["wallet/utxos/f.json", "wallet/utxos/f0.json"], "are of 1 and of 2 digits"),
    ],
)
def test_two_layouts_at_once_are_a_fault_with_its_mend(paths: list[str], fault: str) -> None:
    [(where, told)] = layouts.layout_faults(KINDS, dict.fromkeys(paths, ("100644", "1")))
    assert where == "wallet/utxos.json"
    assert fault in told
    assert "`gitbtc reshard utxos`" in told
    oid = layouts.folded(KINDS, dict.fromkeys(paths, ("100644", "1")))[where][1]
    with pytest.raises(Malformed, match="gitbtc reshard"):
        layouts.read(oid, lambda *_: b"[]\n")  # type: ignore[arg-type]  # a Folded, as the test above has it
    assert fault in str(next(validate_files(KINDS, {}, {path: ("1", lambda: b"[]\n") for path in paths}))[1])


@pytest.mark.parametrize("records", [[coin(0, "ab" * 32)], [coin(0, "f0" * 32), coin(0, "fa" * 32)]])
def test_a_record_in_anothers_shard_is_a_fault(records: list[dict[str, Any]]) -> None:
    content = codec.encode_file(UTXOS, records)
    with pytest.raises(
        Malformed, match=r"wallet/utxos/f0.json: the record \w+:0 belongs in \w\w.json; `gitbtc reshard"
    ):
        layouts.joined(UTXOS, Layout(2), [("f0", "wallet/utxos/f0.json", content)])
    faults = list(validate_files(KINDS, {}, {"wallet/utxos/f0.json": ("1", lambda: content)}))
    assert [path for path, _ in faults] == ["wallet/utxos/f0.json"]
    assert "belongs in" in str(faults[0][1])


def test_a_broken_shard_is_named() -> None:
    with pytest.raises(Malformed, match=r"wallet/utxos/f\.json: "):
        layouts.joined(UTXOS, Layout(1), [("f", "wallet/utxos/f.json", b"[\n{]\n")])


def test_no_records_have_a_layout_all_the_same() -> None:
    for kind, layout, name in ((UTXOS, Layout(2), "00"), (EXECUTION, Layout(0), "_"), (FEES, Layout(0), "1970-01")):
        assert layouts.divided(kind, layout, b"[]\n") == {name: b"[]\n"}
        assert is_name(kind.shards, name)
    assert str(WHOLE) == "one file"


def schema(path: str, by: str, **changes: Any) -> bytes:
    return json.dumps({
        "x-gitbtc-kind": "vtxos", "x-gitbtc-path": path, "x-gitbtc-identity": ["txid"], "x-gitbtc-growth": "set",
        "x-gitbtc-shards": {"by": by}, "type": "array",
        "items": {"type": "object", "required": ["txid"], "properties": {"txid": {"type": "string"}}}, **changes,
    }).encode()  # fmt: skip


def test_an_added_kind_may_lie_in_shards_too() -> None:
    kinds = Kinds.of({"s": schema("ark/vtxos.json", "txid")})
    assert kinds.whole("x/ark/vtxos/3f.json") == "x/ark/vtxos.json"
    assert kinds.for_path("x/ark/vtxos/3f.json") is kinds.for_path("x/ark/vtxos.json") is not None
    assert kinds.sharded()[-1] == "vtxos"


@pytest.mark.parametrize("by", ["agent", "month", "colour"])
def test_shards_are_by_what_each_record_has(by: str) -> None:
    with pytest.raises(CannotWork):
        from_schema(schema("ark/vtxos.json", by), "s")


@pytest.mark.parametrize("path", ["utxos/3f.json", "fees/2026-03.json", "wallet/utxos.jsonl"])
def test_no_added_kind_lies_where_shards_of_another_do(path: str) -> None:
    container = {"x-gitbtc-container": "lines"} if path.endswith("l") else {}
    with pytest.raises(CannotWork):
        Kinds.of({"s": schema(path, "txid", **container)})
