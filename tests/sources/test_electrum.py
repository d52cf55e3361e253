"""Electrum servers: answers to records. Every amount is of the transactions themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.errors import CannotWork
from gitbtc.sources import electrum, electrum_server, esplora
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.asking import SourceMoved
from gitbtc.sources.esplora_server import FOLDER
from gitbtc.sources.raw_transactions import read_raw
from gitbtc.sources.recorded import Recorded
from tests.sources.chains import GENESIS, Electrum, Esplora, parsed
from tests.sources.worlds import BTC, LEGACY, STRANGER, TWO_PATHS, Direct, World, coins, script, transaction

if TYPE_CHECKING:
    from gitbtc.sources.asking import Call

pytestmark = pytest.mark.usefixtures("derived_once")

pytest.importorskip("bdkpython")

SERVERS = Path(__file__).parent / "servers"


@pytest.fixture
def world() -> World:
    return World()


def by_txid(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda one: str(one["txid"]))


def test_both_protocols_tell_the_same_of_one_chain(world: World) -> None:
    told = electrum.read_from(Direct(Electrum(world.chain)), world.descriptors)
    other = esplora.read_from(Direct(Esplora(world.chain)), world.descriptors)
    assert coins(told) == world.coins
    for kind in ("utxos", "transactions", "mempool"):
        assert by_txid(told.records[kind]) == by_txid(other.records[kind]), kind
    assert (told.chain, told.balance_sat, told.owned) == (other.chain, other.balance_sat, other.owned)
    assert told.records["descriptors"] == other.records["descriptors"]


def test_a_server_of_a_newer_protocol_is_asked_for_scripts(world: World) -> None:
    asker = Direct(Electrum(world.chain, by="scriptpubkey", version="1.6"))
    assert coins(electrum.read_from(asker, world.descriptors)) == world.coins
    assert "blockchain.scriptpubkey.get_balance" in asker.log


def test_script_hashes_are_those_of_the_protocols_page() -> None:
    """The example of `Script Hashes`: the legacy address of the first block."""
    reading = electrum._Reading(Direct(Electrum(World().chain)), [], [])
    call = reading._call("get_history", bytes.fromhex("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"))
    assert call.params == ("8b01df4e368ea28f8dc0423bcf7a4923e3a12d307c875e47a0cfbf90b5c39161",)


def test_a_header_is_a_block() -> None:
    block = electrum.read_header(GENESIS, 0, "made")
    assert block.hash == "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"
    assert block.time == 1_296_688_602
    for odd in (GENESIS[:-2], "zz" * 80, None, 7):
        with pytest.raises(BadAnswer, match="made: is no block header"):
            electrum.read_header(odd, 0, "made")


def test_fees_are_in_btc_for_a_thousand_bytes(world: World) -> None:
    [fees] = electrum.read_from(Direct(Electrum(world.chain)), world.descriptors).records["fees"]
    rates = [fees[f"target_{target}_block_sat_vbyte"] for target in (1, 6, 144)]
    assert rates == [101.079, 50, 1]
    assert fees["source"] == "server.test"


def test_a_rate_that_the_server_does_not_know_makes_no_record(world: World) -> None:
    snapshot = electrum.read_from(Direct(Electrum(world.chain, rates={1: -1, 6: -1, 144: 0.00001})), world.descriptors)
    assert "fees" not in snapshot.records
    assert snapshot.notices == ("server.test estimates no feerate for 1, 6 blocks; no fee record was made",)
    with pytest.raises(BadAnswer, match="the amount is negative"):
        electrum.read_from(Direct(Electrum(world.chain, rates={1: -0.5, 6: 1, 144: 1})), world.descriptors)


def test_unconfirmed_parents_show_in_the_height_and_make_no_block(world: World) -> None:
    child = world.chain.pay([(world.waiting, 0)], [(script(TWO_PATHS, 5), 4_900_000)])
    snapshot = electrum.read_from(Direct(Electrum(world.chain)), world.descriptors)
    assert transaction(snapshot, child)["block_height"] is None
    assert {one["txid"] for one in snapshot.records["mempool"]} == {world.waiting.txid, child.txid}


def test_what_others_put_in_is_known_by_the_transactions_that_made_it(world: World) -> None:
    asker = Direct(Electrum(world.chain))
    snapshot = electrum.read_from(asker, world.descriptors)
    assert transaction(snapshot, world.received)["fee_sat"] == BTC
    asked = asker.log.count("blockchain.transaction.get")
    again = Direct(Electrum(world.chain))
    told = electrum.read_from(again, world.descriptors, snapshot.records["transactions"])
    assert told.records == snapshot.records
    assert again.log.count("blockchain.transaction.get") == asked - 1  # what was told once is known


class Lying(Electrum):
    """Changes what it says to one method."""

    part: str = ""
    change: Any = None

    def result(self, method: str, params: list[Any]) -> Any:
        said = super().result(method, params)
        return self.change(said) if method.endswith(self.part) else said


def lying(world: World, part: str, change: Any, **more: Any) -> Direct:
    answers = Lying(world.chain, **more)
    answers.part, answers.change = part, change
    return Direct(answers)


def test_another_transaction_than_was_asked_for_is_refused(world: World) -> None:
    asker = lying(world, "transaction.get", lambda _: world.fund.hex)
    with pytest.raises(BadAnswer, match=r"made: blockchain\.transaction\.get: the transaction is another one than"):
        electrum.read_from(asker, world.descriptors)


def test_a_balance_that_is_another_is_refused(world: World) -> None:
    asker = lying(world, "get_balance", lambda told: told | {"unconfirmed": told["unconfirmed"] - 1})
    with pytest.raises(SourceMoved, match="3 times; try again"):
        electrum.read_from(asker, world.descriptors)


def test_two_blocks_of_one_transaction_are_read_again(world: World) -> None:
    asker = lying(world, "get_history", lambda rows: [row | {"height": row["height"] + len(rows)} for row in rows])
    with pytest.raises(SourceMoved, match=r"is in block \d, and in block \d|and the tip is 3"):
        electrum.read_from(asker, world.descriptors)


def test_the_network_is_that_of_the_first_header_and_of_what_it_says(world: World) -> None:
    asker = Direct(Electrum(world.chain, genesis="000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"))
    with pytest.raises(CannotWork, match="its first block is not the one that it names as such"):
        electrum.read_from(asker, world.descriptors)
    other = lying(world, "block.header", lambda told: told[:-2] + "01")
    with pytest.raises(CannotWork, match=r"not the one that it names|of no network that gitbtc knows"):
        electrum.read_from(other, world.descriptors)
    assert not any("scripthash" in method for method in asker.log + other.log)


def test_a_history_that_is_too_long_is_one_message(world: World) -> None:
    with pytest.raises(CannotWork, match=r"the script 0014.*: history too large; ask a server"):
        electrum.read_from(Direct(Electrum(world.chain, longest=1)), world.descriptors)


def test_what_is_evicted_between_two_answers_is_read_again(world: World) -> None:
    asker = Direct(Electrum(world.chain))

    def evicted(call: Call) -> None:
        if call.method == "blockchain.transaction.get" and world.waiting in world.chain.mempool:
            world.chain.mempool.remove(world.waiting)

    asker.before = evicted
    snapshot = electrum.read_from(asker, world.descriptors)
    assert len(coins(snapshot)) == 2


def test_what_a_payment_among_strangers_took_the_place_of_waits(world: World) -> None:
    before = electrum.read_from(Direct(Electrum(world.chain)), world.descriptors).records["transactions"]
    world.chain.mempool.clear()
    bumped = world.chain.pay([(world.legacy, 1)], [(STRANGER, 46 * BTC)])
    world.chain.mine(bumped)  # which pays nobody here: only what was told before knows that it spends the same
    now = electrum.read_from(Direct(Electrum(world.chain)), world.descriptors, before)
    assert transaction(now, world.waiting)["in_mempool"] is False
    assert coins(now) == {key: sat for key, sat in world.coins.items() if key[0] != world.waiting.txid}


def test_a_block_that_comes_while_it_is_read_is_read_again(world: World) -> None:
    asker = Direct(Electrum(world.chain))
    blocks = iter([True])

    def block_comes(call: Call) -> None:
        if call.method == "blockchain.estimatefee" and next(blocks, False):
            world.chain.mine(world.waiting)

    asker.before = block_comes
    snapshot = electrum.read_from(asker, world.descriptors)
    assert snapshot.chain["block_height"] == 4
    assert snapshot.records["mempool"] == []


# -- transactions in the form of the network ---------------------------------------------------------------------------


@pytest.mark.parametrize("witness", [True, False])
def test_a_raw_transaction_has_the_size_and_weight_of_bip_141(world: World, witness: bool) -> None:
    made = world.chain.pay([(world.waiting, 1), (world.spent, 0)], [(script(LEGACY, 0), 1)], witness=witness)
    seen = read_raw(made.hex, made.txid, "made")
    assert (seen.size_bytes, seen.weight) == (made.size, made.weight)
    assert (seen.inputs, seen.sequences, seen.outputs) == (made.spends, made.sequences, made.outputs)
    assert (seen.weight == 4 * seen.size_bytes) is not witness


def test_a_coinbase_spends_nothing() -> None:
    """The first of all blocks has this one."""
    text = (
        "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d6573"
        "2030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e"
        "6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4"
        "f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000"
    )
    txid = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
    seen = read_raw(text, txid, "made")
    assert (seen.coinbase, seen.inputs, seen.outputs[0][0]) == (True, [], 50 * BTC)
    assert parsed(text).txid == txid


@pytest.mark.parametrize("odd", [None, "", "zz", "00" * 10, 17])
def test_what_is_no_transaction_is_said(odd: Any) -> None:
    with pytest.raises(BadAnswer, match="made: "):
        read_raw(odd, "ab" * 32, "made")


def test_bytes_behind_a_transaction_are_refused(world: World) -> None:
    with pytest.raises(BadAnswer, match=r"is no transaction|is another one than"):
        read_raw(world.spent.hex + "00", world.spent.txid, "made")


# -- recorded answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["esplora", "mempool-electrum", "electrum-1.4", "electrum-1.6"])
def test_recorded_answers_of_each_program_are_one_wallet(world: World, folder: str) -> None:
    module, shell = (electrum, electrum_server.FOLDER) if folder.startswith("electrum") else (esplora, FOLDER)
    snapshot = module.read_from(Recorded(SERVERS / folder, shell), world.descriptors)
    assert coins(snapshot) == world.coins
    assert snapshot.chain["block_hash"] == world.chain.tip.hash
    assert ("prices" in snapshot.records) is (folder == "mempool-electrum")
