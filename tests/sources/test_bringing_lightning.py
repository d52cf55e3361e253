"""A Lightning node's answers in a root: what ends, what only flaps, what people changed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.diff.operations import operations
from gitbtc.judge.broken_rules import broken_rules
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.repo.git import Git
from gitbtc.sources.bringing import bring
from gitbtc.sources.cln import LIGHTNING_CLI
from gitbtc.sources.cln import read_from as read_cln
from gitbtc.sources.drift import drift
from gitbtc.sources.lnd import LNCLI, read_from
from gitbtc.sources.recorded import Recorded
from gitbtc.sources.remembering import remembered
from gitbtc.sources.told import OtherWallet
from gitbtc.state.snapshot import of_work_tree
from gitbtc.views.text import render
from tests.sources.scripted_lightning import ANSWERS

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.sources.bringing import Brought
    from gitbtc.sources.snapshot import SourceSnapshot

PUBLIC = "754x1x0"


def snapshot(root: Path) -> SourceSnapshot:
    """What the recording says, to this root."""
    return read_from(Recorded(ANSWERS / "lnd-cli", LNCLI), remembered(root))


def records(root: Path, kind: str) -> list[dict[str, Any]]:
    path = root / built_in(kind).path
    found: list[dict[str, Any]] = json.loads(path.read_bytes()) if path.exists() else []
    return found


def without(told: SourceSnapshot, kind: str, **fields: Any) -> SourceSnapshot:
    """What it tells, without the records of a kind that have these values."""
    left = [one for one in told.records[kind] if any(one[name] != value for name, value in fields.items())]
    return replace(told, records={**told.records, kind: left})


def changed(told: SourceSnapshot, kind: str, **fields: Any) -> SourceSnapshot:
    """The same with other values in the first record of a kind."""
    first, *others = told.records[kind]
    return replace(told, records={**told.records, kind: [{**first, **fields}, *others]})


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.json"))}


def sound(root: Path) -> list[str]:
    """The rules that the root breaks."""
    git = Git.at(root).at_top()
    return [one.text for _, one in broken_rules(of_work_tree(git, Kinds()), "")]


def changes(brought: Brought) -> dict[str, tuple[int, int, int]]:
    return {one.kind.name: (one.added, one.changed, one.removed) for one in brought.changes if one.touched}


def test_the_same_answers_twice_change_nothing(root: Path) -> None:
    first = changes(bring(root, snapshot(root), "lnd"))
    assert {"channels", "pending", "routing", "peers", "utxos", "execution", "chain"} == set(first)
    before = files(root)
    assert changes(bring(root, snapshot(root), "lnd")) == {}
    assert files(root) == before
    assert sound(root) == []


def test_ten_blocks_later_only_the_chain_is_other(root: Path) -> None:
    bring(root, snapshot(root), "lnd")
    told = snapshot(root)
    chain = {**told.chain, "block_height": 813, "block_hash": "ab" * 32, "block_time": 1_764_400_600}
    assert set(changes(bring(root, replace(told, records={**told.records, "chain": chain}), "lnd"))) == {"chain"}


def test_a_channel_that_was_closed_goes_with_its_policy_whatever_people_made_of_that(root: Path) -> None:
    bring(root, snapshot(root), "lnd")
    path = root / built_in("routing").path
    path.write_text(path.read_text().replace('"fee_rate_ppm":250', '"fee_rate_ppm":400'))
    told = without(without(snapshot(root), "channels", channel_id=PUBLIC), "routing", channel_id=PUBLIC)
    field, ended = told.ended["channels"]
    told = replace(told, ended={"channels": (field, ended | {"a1" * 32 + ":0"})})
    bring(root, told, "lnd")
    assert [one["channel_id"] for one in records(root, "channels")] == ["760x2x1", "765x3x0"]
    assert [one["channel_id"] for one in records(root, "routing")] == ["760x2x1"]
    assert sound(root) == []


def test_a_channel_that_is_merely_missing_stays_and_is_told(root: Path) -> None:
    bring(root, snapshot(root), "lnd")
    told = without(without(snapshot(root), "channels", channel_id=PUBLIC), "routing", channel_id=PUBLIC)
    field, ended = told.ended["channels"]
    told = replace(told, ended={"channels": (field, ended - {"a1" * 32 + ":0"})})
    brought = bring(root, told, "lnd")
    assert changes(brought) == {}
    assert f"{PUBLIC}: not listed any more, and not among what ended; it stays" in brought.notices


def test_a_channel_under_another_id_is_the_same_channel(root: Path) -> None:
    """Its funding tells: one that was known by an alias, and one that a splice moved."""
    earlier = changed(snapshot(root), "channels", channel_id="11111x1x1")
    bring(root, changed(earlier, "routing", channel_id="11111x1x1"), "lnd")
    brought = bring(root, snapshot(root), "lnd")
    assert changes(brought)["channels"] == (1, 0, 1)
    assert sound(root) == []


def test_a_splice_is_told_as_one(root: Path) -> None:
    """The 32 bytes of BOLT 2 stay, place and funding change; lightningd has the old ones until the new are locked."""

    def told(**fields: Any) -> SourceSnapshot:
        answers = read_cln(Recorded(ANSWERS / "cln", LIGHTNING_CLI), remembered(root), 1_764_400_000)
        channels = [one | fields if one["channel_id"] == "760x2x1" else one for one in answers.records["channels"]]
        routing = [one for one in answers.records["routing"] if not fields or one["channel_id"] != "760x2x1"]
        return replace(answers, records={**answers.records, "channels": channels, "routing": routing})

    bring(root, told(), "cln")
    before = (root / built_in("channels").path).read_bytes()
    spliced = told(channel_id="815x4x0", funding_outpoint="b2" * 32 + ":0", capacity_sat=800_000,
                   local_balance_sat=500_000)  # fmt: skip
    brought = bring(root, spliced, "cln")
    assert "channel 760x2x1 was spliced, and is 815x4x0 now" in brought.notices
    assert [one["channel_id"] for one in records(root, "routing")] == [PUBLIC]
    after = (root / built_in("channels").path).read_bytes()
    kind = built_in("channels")
    head, line = render(kind, kind.path, list(operations(kind, kind.path, before, after)))
    assert head == "channels/channels.json: 1 channel changed; balance +0.00300000 BTC; 1 spliced"
    assert '"quietone": spliced: ' in line
    assert "channel_id 760x2x1 → 815x4x0" in line
    assert sound(root) == []


def test_what_flaps_is_written_with_another_change_alone(root: Path) -> None:
    bring(root, snapshot(root), "lnd")
    before = files(root)
    told = without(changed(snapshot(root), "channels", is_active=False), "peers", alias="big-router")
    assert changes(bring(root, told, "lnd")) == {}
    assert files(root) == before
    seen = drift(root, told, "lnd")
    assert (seen.patches, dict(seen.ignored)) == ([], {("channels", "is_active"): 1, ("peers", "connected"): 1})
    paid = changed(told, "channels", is_active=False, local_balance_sat=590_000, remote_balance_sat=400_000)
    assert changes(bring(root, paid, "lnd")) == {"channels": (0, 1, 0)}
    assert records(root, "channels")[0]["is_active"] is False
    assert changes(bring(root, told, "lnd", volatile=True))["peers"] == (0, 1, 0)
    assert next(one for one in records(root, "peers") if one["alias"] == "big-router")["connected"] is False


def test_a_coin_that_is_not_listed_any_more_is_spent_by_somebody(root: Path) -> None:
    bring(root, snapshot(root), "lnd")
    told = without(snapshot(root), "utxos", txid="51" * 32)
    assert changes(bring(root, told, "lnd")) == {"utxos": (0, 0, 1)}
    assert sound(root) == []


def test_a_coin_that_another_source_told_is_not_the_nodes_to_remove(root: Path) -> None:
    bring(root, snapshot(root), "lnd")
    other = replace(without(snapshot(root), "utxos", txid="51" * 32), wallet="02" + "99" * 32)
    assert changes(bring(root, other, "other")) == {}
    assert len(records(root, "utxos")) == 4


def test_another_node_is_another_source(root: Path) -> None:
    bring(root, snapshot(root), "lnd")
    with pytest.raises(OtherWallet, match="another wallet"):
        bring(root, replace(snapshot(root), wallet="02" + "99" * 32), "lnd")
    assert not [name for name in os.listdir(root / ".git/gitbtc/sources") if name.endswith(".coming")]


def test_a_lease_reserves_its_coin_for_the_node(root: Path) -> None:
    bring(root, snapshot(root), "lnd")
    [event] = records(root, "execution")
    assert (event["agent"], event["outpoints"]) == ("lnd", ["54" * 32 + ":2"])
    assert changes(bring(root, snapshot(root), "lnd")) == {}
