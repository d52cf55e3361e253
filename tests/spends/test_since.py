"""A state that is read through another one, or through what was kept of one, says what it says read whole."""

from __future__ import annotations

import copy
import json
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gitbtc.database import NotKept
from gitbtc.kinds import codec
from gitbtc.kinds.layouts import Layout, divided
from gitbtc.kinds.registry import built_in
from gitbtc.spends import CHAIN, COINS, EVIDENCE, EXECUTION, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.kept import KeptEvidence, Store
from gitbtc.spends.listing import CoinsInShards
from gitbtc.spends.rules import violations
from tests.oracle.histories import history

if TYPE_CHECKING:
    from pathlib import Path

Files = dict[str, Any]
LISTS = (COINS, TRANSACTIONS, MEMPOOL, EXECUTION)
ONE_DIGIT = Layout(1)


def states(seed: int, random: Random) -> list[Files]:
    """Some states of one treasury, of which each after the first may have been tampered with."""
    made = history(seed, heads=3)
    found = [_by_kind(files) for files in (made.base, *made.heads)]
    random.shuffle(found)
    for files in found[1:]:
        for _ in range(random.choice((0, 1, 1, 2))):
            _tampered(files, random)
    return found


def _by_kind(files: Files) -> Files:
    found = {kind: copy.deepcopy(files.get(built_in(kind).path, [])) for kind in LISTS}
    for at, one in enumerate([*found[TRANSACTIONS], *found[MEMPOOL]]):
        if at % 3 == 0:
            found[EXECUTION].append(_event(at, "reserve", [f"{one['txid']}:0"]))
    return found | {CHAIN: files.get(built_in(CHAIN).path, {})}


def _event(second: int, kind: str, outpoints: list[str], by: str | None = None) -> dict[str, Any]:
    return {"timestamp": second, "event_type": kind, "txid": by, "outpoints": outpoints, "agent": f"a{second % 2}"}


def _tampered(files: Files, random: Random) -> None:
    """Have some record say something else, or be gone."""
    kind = random.choice(LISTS)
    txids = sorted({one["txid"] for name in LISTS[:3] for one in files[name]})
    if files[kind] and txids:
        random.choice(_TAMPERING)(files, kind, txids, random)


def _take_out(files: Files, kind: str, _: list[str], random: Random) -> None:
    files[kind].remove(random.choice(files[kind]))


def _list_another(files: Files, _: str, txids: list[str], random: Random) -> None:
    if files[COINS]:
        files[COINS].append(random.choice(files[COINS]) | {"txid": random.choice(txids)})


def _mark(files: Files, _: str, txids: list[str], random: Random) -> None:
    marks = ({"replaced_by": random.choice(txids)}, {"abandoned": True}, {"in_mempool": False})
    if files[TRANSACTIONS]:
        random.choice(files[TRANSACTIONS]).update(random.choice(marks))


def _mine(files: Files, kind: str, _: list[str], random: Random) -> None:
    record = random.choice(files[kind])
    record |= {"block_height": random.choice((None, 90, 500)), "confirmed": random.random() < 0.5}


def _price(files: Files, kind: str, _: list[str], random: Random) -> None:
    record = random.choice(files[kind])
    one = random.choice([record, *record.get("outputs", ()), *record.get("inputs", ())])
    one["amount_sat"] = random.choice((1, 2_000_000))


def _flag(files: Files, kind: str, _: list[str], random: Random) -> None:
    for made in random.choice(files[kind]).get("outputs", ()):
        made["spent"] = random.random() < 0.5


def _spend_again(files: Files, kind: str, _: list[str], random: Random) -> None:
    record, other = random.choice(files[kind]), random.choice(files[kind])
    record["inputs"] = [*record.get("inputs", ()), *other.get("inputs", ())[:1]]


def _make_less(files: Files, kind: str, _: list[str], random: Random) -> None:
    record = random.choice(files[kind])
    record["outputs"] = record.get("outputs", [])[:-1]


def _move_the_tip(files: Files, _: str, __: list[str], random: Random) -> None:
    files[CHAIN] = files[CHAIN] | {"block_height": random.choice((50, 105, 200))}


def _log(files: Files, _: str, txids: list[str], random: Random) -> None:
    what, of = random.choice(("send", "release")), random.choice(txids)
    files[EXECUTION].append(_event(900, what, [f"{of}:0"], random.choice(txids)))


_TAMPERING = (
    _take_out, _list_another, _mark, _mine, _price, _flag, _spend_again, _make_less, _move_the_tip, _log,
)  # fmt: skip


def content(files: Files, kind: str) -> bytes:
    """The file of a kind, canonical; a later record of a key takes the place of an earlier one."""
    if kind == CHAIN:
        return json.dumps(files[CHAIN]).encode() if files[CHAIN] else b""
    lines = {codec.identity_text(built_in(kind), codec.keys_of(built_in(kind), [one])[0]): one for one in files[kind]}
    return codec.encode_file(built_in(kind), [*lines.values()])


def read(files: Files, known: Evidence | None = None) -> Evidence:
    return Evidence({kind: content(files, kind) for kind in EVIDENCE}.__getitem__, known)


def kept(store: Store, files: Files) -> KeptEvidence:
    """What `store` keeps, and the records of `files`, in shards."""
    shards = {kind: divided(built_in(kind), ONE_DIGIT, content(files, kind)) for kind in (COINS, TRANSACTIONS, MEMPOOL)}
    coins = CoinsInShards({name: lambda one=shard: one for name, shard in shards[COINS].items()})  # type: ignore[misc]  # a loop's value
    return KeptEvidence(
        store, lambda kind: content(files, kind), lambda kind, txid: shards[kind].get(txid[:1], b""), coins
    )


def said(evidence: Evidence, txids: set[str]) -> dict[str, Any]:
    """All that it answers."""
    outpoints = [(txid, vout) for txid in txids for vout in range(3)]
    return {
        "txids": evidence.txids(),
        "standing": [evidence.standing(txid) for txid in sorted(txids)],
        "records": [evidence.record(txid) for txid in sorted(txids)],
        "inputs": [(evidence.inputs(txid), evidence.every_input(txid)) for txid in sorted(txids)],
        "claims": {one: evidence.claimants(one) for one in outpoints},
        "all claims": {one: evidence.claims[one] for one in evidence.claims},
        "spent": {txid: sorted(evidence.outputs_spent(txid)) for txid in txids},
        "lost": {one: evidence.lost_spenders(one) for one in outpoints},
        "dead": {*evidence.dead},
        "waiting": {*evidence.waiting},
        "agents": {txid: evidence.agents.get(txid, "") for txid in txids},
        "reserved": {one: {*held} for one, held in evidence.reservations.items() if held},
        "coins": ({*evidence.coins}, [evidence.coins.get(one) for one in outpoints], evidence.coins.of_any(txids)),
        "chain": (evidence.network, evidence.tip),
    }


def told(evidence: Evidence, before: Evidence | None = None) -> list[tuple[str, str, str]]:
    found = violations(evidence, before, is_kept=before is not None)
    return [(one.rule, one.identity, one.text) for one in found]


def _txids(some: list[Files]) -> set[str]:
    made = {one["txid"] for files in some for kind in LISTS[:3] for one in files[kind]}
    return made | {spent["txid"] for files in some for one in files[TRANSACTIONS] for spent in one.get("inputs", ())}


@given(st.integers(0, 1 << 30))
@settings(max_examples=100)
def test_states_read_through_each_other_say_what_they_say_alone(seed: int) -> None:
    some = states(seed, Random(seed))
    txids = _txids(some)
    through = None
    for files in some:
        whole, through = read(files), read(files, through)
        assert said(through, txids) == said(whole, txids)
        assert through.reserves_as(through)


@given(st.integers(0, 1 << 30))
@settings(max_examples=100)
def test_where_a_state_keeps_the_rules_what_changed_tells_whether_the_next_does(seed: int) -> None:
    others = states(seed, Random(seed))
    before = next((files for files in others if told(read(files)) == []), None)
    assume(before is not None)
    known = read(before or {})
    for files in others:
        between = read(files, known)
        assert told(between, known) == told(read(files))
        for last in others:
            if told(between) == []:
                assert told(read(last, between), between) == told(read(last))


@given(st.integers(0, 1 << 30))
@settings(max_examples=60)
def test_what_is_kept_of_a_state_says_what_it_says(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    first, second, third, _ = states(seed, Random(seed))
    txids = _txids([first, second, third])
    path = str(tmp_path_factory.mktemp("kept") / "file")
    with closing(Store(path)) as store:
        store.write(read(first), {"state": "first"})
    with closing(Store(path)) as store:
        assert store.open() == {"state": "first"}
        known = kept(store, first)
        assert said(known, txids) == said(read(first), txids)
        after = read(second, known)
        assert said(after, txids) == said(read(second), txids)
        if told(known) == []:
            assert told(after, known) == told(read(second))
        store.write(after, {"state": "second"}, (known, {"state": "first"}) if after.is_read_through(known) else None)
    with closing(Store(path)) as store:
        assert store.open() == {"state": "second"}
        known = kept(store, second)
        assert said(known, txids) == said(read(second), txids)
        assert said(read(third, known), txids) == said(read(third), txids)


def test_what_another_process_wrote_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    first, second, third, _ = states(7, Random(7))
    path = str(tmp_path / "file")
    with closing(Store(path)) as mine, closing(Store(path)) as yours:
        mine.write(read(first), {"state": "first"})
        known = kept(mine, first)
        yours.write(read(second), {"state": "second"})
        with pytest.raises(NotKept, match="another process"):
            mine.write(read(third, known), {"state": "third"}, (known, {"state": "first"}))
        assert yours.open() == {"state": "second"}


@pytest.mark.parametrize("damaged", [b"", b"no database at all, and long enough to be looked at as one" * 20])
def test_a_file_that_is_none_is_told_with_the_way_on(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(damaged)
    with closing(Store(str(path))) as store, pytest.raises(NotKept, match="remove it"):
        store.open()
