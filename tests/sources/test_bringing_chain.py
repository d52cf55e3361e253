"""What servers of the chain, and scans, tell over a wallet's life, brought into a root: each step holds together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.errors import GitbtcError
from gitbtc.sources import electrum, esplora
from gitbtc.sources.bringing import bring
from gitbtc.sources.descriptor_wallet import descriptors_of, told_before
from tests.sources.chains import Electrum, Esplora
from tests.sources.worlds import LEGACY, STRANGER, TAPROOT, TWO_PATHS, Direct, World, coins, script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("derived_once")

pytest.importorskip("bdkpython")

TEXTS = (TWO_PATHS, LEGACY, TAPROOT)
READERS: dict[str, tuple[Any, Any]] = {"esplora": (esplora, Esplora), "electrum": (electrum, Electrum)}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=READERS)
def brought(request: pytest.FixtureRequest, root: Path, world: World) -> Callable[[], dict[tuple[str, int], int]]:
    """What is listed once the server was imported."""
    module, answers = READERS[request.param]

    def imported() -> dict[tuple[str, int], int]:
        earlier = told_before(root, request.param, "transactions")
        snapshot = module.read_from(Direct(answers(world.chain)), descriptors_of(root, TEXTS), earlier)
        bring(root, snapshot, request.param)
        return {(one["txid"], one["vout"]): one["amount_sat"] for one in held(root, "wallet/utxos.json")}

    return imported


def held(root: Path, name: str) -> list[dict[str, Any]]:
    return list(json.loads((root / name).read_text()))


def test_a_life_with_replacements_evictions_and_reorganisations(
    root: Path, world: World, brought: Callable[[], dict[tuple[str, int], int]]
) -> None:
    assert brought() == world.coins
    rest = 20_000_000 + 5_000_000
    first = world.chain.pay([(world.spent, 1)], [(script(TWO_PATHS, 1, 1), 69_000_000)])
    assert brought()[first.txid, 0] == 69_000_000
    world.chain.mempool.remove(first)
    assert sum(brought().values()) == rest  # evicted: it may be sent again
    world.chain.mempool.append(first)
    assert sum(brought().values()) == 69_000_000 + rest
    world.chain.mempool.remove(first)
    second = world.chain.pay([(world.spent, 1)], [(script(TWO_PATHS, 1, 1), 68_000_000)])
    assert sum(brought().values()) == 68_000_000 + rest
    world.chain.mine(second, world.waiting)
    assert sum(brought().values()) == 68_000_000 + rest
    world.chain.reorganise(1)
    world.chain.mempool[:] = [second, world.waiting]
    world.chain.mine()
    assert sum(brought().values()) == 68_000_000 + rest
    records = {one["txid"]: one for one in held(root, "wallet/transactions.json")}
    assert records[first.txid]["replaced_by"] == second.txid
    assert (records[second.txid]["confirmed"], records[second.txid]["block_height"]) == (False, None)
    third = world.chain.pay([(world.spent, 1)], [(script(TWO_PATHS, 1, 1), 67_000_000)])
    world.chain.mine(third, world.waiting)  # what no replacement foretold
    assert sum(brought().values()) == 67_000_000 + rest
    before = {path: path.read_bytes() for path in root.rglob("*.json") if ".git" not in path.parts}
    brought()
    assert all(path.read_bytes() == content for path, content in before.items())


def test_the_next_unused_index_grows_and_finds_more(
    root: Path, world: World, brought: Callable[[], dict[tuple[str, int], int]]
) -> None:
    brought()
    far = world.chain.pay([(world.waiting, 1)], [(script(LEGACY, 20), 1_000)])
    assert brought()[far.txid, 0] == 1_000
    farther = world.chain.pay([(world.spent, 0)], [(script(LEGACY, 40), 2_000)])
    assert brought()[farther.txid, 0] == 2_000
    [legacy] = [one for one in held(root, "wallet/descriptors.json") if one["script_type"] == "p2pkh"]
    assert legacy["next_index"] == 41


def test_an_abandoned_payment_is_free_again_by_the_word_of_people(
    root: Path, world: World, brought: Callable[[], dict[tuple[str, int], int]]
) -> None:
    brought()
    sent = world.chain.pay([(world.spent, 1)], [(script(TWO_PATHS, 1, 1), 69_000_000)])
    brought()
    world.chain.mempool.remove(sent)
    brought()
    path = root / "wallet/transactions.json"
    records = json.loads(path.read_text())
    for one in records:
        if one["txid"] == sent.txid:
            del one["in_mempool"]
            one["abandoned"] = True
    path.write_text(json.dumps(records))
    assert brought()[world.spent.txid, 1] == 69_990_000


def test_a_root_of_another_network_is_refused(root: Path, world: World) -> None:
    snapshot = esplora.read_from(Direct(Esplora(world.chain)), World().descriptors)
    chain = {"network": "signet", "block_height": 1, "block_hash": "00" * 32, "block_time": 1}
    (root / "network").mkdir()
    (root / "network/chain.json").write_text(json.dumps(chain))
    with pytest.raises(GitbtcError, match="one root holds one network"):
        bring(root, snapshot, "esplora")


# -- any life ----------------------------------------------------------------------------------------------------------

OWN = [script(TWO_PATHS, 0), script(TWO_PATHS, 1, 1), script(LEGACY, 2), script(TAPROOT, 3)]
SCRIPTS = {*OWN, script(TWO_PATHS, 0, 1), script(LEGACY, 3), script(TAPROOT, 0)}
STEPS = st.lists(
    st.tuples(st.sampled_from(["receive", "send", "mine", "reorganise", "evict"]), st.integers(0, 3)),
    min_size=1, max_size=12,
)  # fmt: skip


def live(world: World, action: str, number: int) -> None:
    """One step of a life; what cannot be done is left out."""
    chain = world.chain
    if action in ("receive", "send"):
        held = replayed(world, {STRANGER} if action == "receive" else SCRIPTS)
        (txid, vout), sat = max(held.items(), key=lambda one: (one[1], one[0]))
        made = chain.find(txid)
        assert made is not None
        chain.pay([(made, vout)], [(OWN[number], sat // 3), (STRANGER, sat - sat // 3)])
    elif action == "mine":
        chain.mine(*chain.mempool)
    elif action == "reorganise" and len(chain.blocks) > 4:
        taken = chain.reorganise(1)
        chain.mempool[:0] = taken
    elif action == "evict" and chain.mempool:
        chain.mempool.pop()  # which nothing in it spends from


def replayed(world: World, scripts: set[bytes]) -> dict[tuple[str, int], int]:
    """The outputs of these scripts that nothing in the chain or the mempool spends."""
    txs = list(world.chain.all())
    spent = {outpoint for one in txs for outpoint in one.spends}
    return {
        (one.txid, vout): sat
        for one in txs
        for vout, (sat, paid) in enumerate(one.outputs)
        if paid in scripts and (one.txid, vout) not in spent
    }


@settings(max_examples=12)
@given(STEPS)
def test_coins_are_what_replaying_the_transactions_gives(steps: list[tuple[str, int]]) -> None:
    """Less what an evicted payment still claims, by either protocol, with all that was told before."""
    world = World()
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in READERS}
    for action, number in steps:
        live(world, action, number)
        wanted = replayed(world, SCRIPTS)
        for name, (module, answers) in READERS.items():
            snapshot = module.read_from(Direct(answers(world.chain)), world.descriptors, told[name])
            told[name] = snapshot.records["transactions"]
            claimed = {(one["txid"], one["vout"]) for record in told[name] if record.get("in_mempool") is False
                       for one in record["inputs"]}  # fmt: skip
            assert coins(snapshot) == {key: sat for key, sat in wanted.items() if key not in claimed}, name
            assert snapshot.balance_sat == sum(coins(snapshot).values())
