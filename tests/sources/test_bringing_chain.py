"""What servers of the chain, and scans, tell over a wallet's life, brought into a root: each step holds together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.errors import GitbtcError
from gitbtc.sources import electrum, esplora
from gitbtc.sources.bringing import bring
from gitbtc.sources.descriptor_wallet import descriptors_of, told_before
from tests.sources.chains import Electrum, Esplora
from tests.sources.worlds import LEGACY, TAPROOT, TWO_PATHS, Direct, World, script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
