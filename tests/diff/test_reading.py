from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.diff.operations import operations
from gitbtc.diff.patch import Patch, replay
from gitbtc.diff.reading import ROOT, NotADocument, read
from gitbtc.errors import GitbtcError
from gitbtc.kinds import codec
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.views import document
from tests.made_state import coin
from tests.strategies import STRATEGY, histories, kinds

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

UTXOS, CHAIN = built_in("utxos"), built_in("chain")
KINDS = Kinds()
TIP = {"network": "regtest", "block_height": 5, "block_hash": "ab" * 32, "block_time": 1_700_000_000}


def written(*patches: Patch) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps(document.document([document.patch(patch) for patch in patches])))
    return told


def through_json(kind: Kind, path: str, old: bytes, new: bytes) -> list[Patch]:
    return read(json.dumps(written(Patch(kind, path, operations(kind, path, old, new)))).encode(), KINDS)


@given(st.data(), kinds)
def test_a_document_read_again_says_what_it_was_written_from(data: st.DataObject, kind: Kind) -> None:
    old, new = data.draw(histories(kind, 1))
    path = f"a::b/{kind.path}"
    told = written(Patch(kind, path, operations(kind, path, old, new)))
    again = read(json.dumps(told).encode(), KINDS)
    assert written(*again) == told
    assert replay(again, {path: old}.get) == ({path: new} if old != new else {})


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        (CHAIN, TIP, {**TIP, "block_height": 6}),
        (built_in("strategy"), STRATEGY, {**STRATEGY, "dca_amount_sat": 5}),
        (built_in("strategy"), STRATEGY, {name: value for name, value in STRATEGY.items() if name != "name"}),
        (built_in("prices"), [{"timestamp": 1, "price_usd": 1e16}], [{"timestamp": 1, "price_usd": 1e-7}]),
        (built_in("fees"), [], [{"timestamp": 1, "target_1_block_sat_vbyte": 2**70}]),
    ],
)
def test_numbers_and_members_of_every_form_come_back(kind: Kind, old: Any, new: Any) -> None:
    before, after = codec.encode_file(kind, old), codec.encode_file(kind, new)
    assert replay(through_json(kind, kind.path, before, after), {kind.path: before}.get) == {kind.path: after}


def change(**changes: Any) -> dict[str, Any]:
    """A document of one changed coin, with members of its operation replaced."""
    before, after = (codec.encode_file(UTXOS, [coin(0, label=label)]) for label in ("a", "b"))
    told = written(Patch(UTXOS, UTXOS.path, operations(UTXOS, UTXOS.path, before, after)))
    told[ROOT]["operations"][0]["child_ops"][0] |= changes
    return told


def patched(**changes: Any) -> dict[str, Any]:
    told = change()
    told[ROOT]["operations"][0] |= changes
    return told


def without(name: str) -> dict[str, Any]:
    told = change()
    del told[ROOT]["operations"][0]["child_ops"][0][name]
    return told


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ([], ROOT),
        ({}, ROOT),
        ({"gitbtc.diff/v2": {"operations": []}}, ROOT),
        ({ROOT: []}, "object"),
        ({ROOT: {}}, "operations"),
        ({ROOT: {"operations": [5]}}, "object"),
        ({ROOT: {"operations": [{}]}}, "address"),
        (patched(child_ops=None), "child_ops"),
        (patched(mode={"old": "120000"}), "mode"),
        (patched(mode={"old": None, "new": None}), "mode"),
        (change(op="rename"), "no operation"),
        (change(op=5), "no operation"),
        (change(op=[]), "no operation"),
        (change(op="replace"), "part missing"),
        (change(record=None), "object"),
        (change(record={}), "must be text"),
        (change(record={**coin(0), "label": "c"}), "another label"),
        (change(record=coin(1, label="b")), "contradicts"),
        (change(fields={}), "changes a field"),
        (change(fields={"label": {"old": "b", "new": "b"}}), "changes a field"),
        (change(fields={"vout": {"old": 5, "new": 0}}), "none that tells"),
        (change(fields={"label": 5}), "object"),
        (change(content_id="00" * 32), "contradicts"),
        (change(address="wallet/utxos.json::x"), "contradicts"),
        (without("record"), "part missing"),
        (without("fields"), "part missing"),
    ],
)
def test_what_is_no_document_is_told(told: Any, why: str) -> None:
    with pytest.raises(NotADocument, match=why):
        read(json.dumps(told).encode(), KINDS)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b'{"gitbtc.diff/v1":{},"gitbtc.diff/v1":{}}', b"NaN", b"[" * 100_000, b"9" * 5000],
)
def test_what_is_not_json_is_told_without_quoting_it(content: bytes) -> None:
    with pytest.raises(NotADocument, match=f"no document {ROOT}"):
        read(content, KINDS)


def test_a_record_may_be_as_deep_as_in_a_file() -> None:
    def nested(depth: int) -> Any:
        return {"k": nested(depth - 1)} if depth else 5

    before, after = (codec.encode_file(CHAIN, {"a": nested(depth)}) for depth in (2, codec.MAX_DEPTH - 1))
    assert replay(through_json(CHAIN, CHAIN.path, before, after), {CHAIN.path: before}.get) == {CHAIN.path: after}


@pytest.mark.parametrize(
    "path",
    [
        "/wallet/utxos.json", "../wallet/utxos.json", "a/../../wallet/utxos.json", ".git/wallet/utxos.json",
        "a/.GIT/wallet/utxos.json", "./wallet/utxos.json", "a//wallet/utxos.json", "GIT~1/wallet/utxos.json",
        "a\0/wallet/utxos.json", "a\\..\\wallet/utxos.json",
    ],
)  # fmt: skip
def test_a_path_leads_nowhere_else(path: str) -> None:
    with pytest.raises(GitbtcError, match="leads out"):
        read(json.dumps(patched(address=path)).encode(), KINDS)


@pytest.mark.parametrize("path", ["notes.txt", "wallet/labels.json", "\N{REPLACEMENT CHARACTER}/wallet/utxos.json"])
def test_a_path_is_one_of_a_state_file_of_its_kind(path: str) -> None:
    with pytest.raises(GitbtcError, match="no state file of that kind"):
        read(json.dumps(patched(address=path)).encode(), KINDS)


def test_a_change_that_the_document_could_not_read_is_refused() -> None:
    told = document.document([document.unreadable(UTXOS, UTXOS.path, "line 2: not JSON")])
    with pytest.raises(GitbtcError, match="not in the document: line 2"):
        read(json.dumps(told).encode(), KINDS)


def test_a_file_is_named_once() -> None:
    told = change()
    told[ROOT]["operations"] *= 2
    with pytest.raises(NotADocument, match="two patches"):
        read(json.dumps(told).encode(), KINDS)


@pytest.mark.parametrize("member", ["mode", "notes", "summary"])
def test_what_only_people_need_may_be_missing(member: str) -> None:
    told = change()
    del told[ROOT]["operations"][0][member]
    (patch,) = read(json.dumps(told).encode(), KINDS)
    assert (patch.old_mode, patch.new_mode, len(patch.operations)) == ("100644", "100644", 1)
