"""Esplora and mempool.space: answers to records, with both programs' pages, limits and odd values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.errors import CannotWork
from gitbtc.kinds import registry
from gitbtc.kinds.validate import violations
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.asking import SourceMoved
from gitbtc.sources.esplora import read_from, seen_transaction
from tests.sources.chains import Esplora
from tests.sources.worlds import (
    BTC,
    LEGACY,
    STRANGER,
    TAPROOT,
    TWO_PATHS,
    Direct,
    World,
    coins,
    record,
    script,
    transaction,
)

if TYPE_CHECKING:
    from gitbtc.sources.asking import Call

pytestmark = pytest.mark.usefixtures("derived_once")

pytest.importorskip("bdkpython")

PRECISE = {"fastestFee": 2.004, "halfHourFee": 1.5, "hourFee": 1.1, "economyFee": 0.2, "minimumFee": 0.1}
MAIN = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
PRICES = {"time": 1_700_001_234, "USD": 64_123, "EUR": 60_000}


@pytest.fixture
def world() -> World:
    return World()


def test_the_wallet_is_what_its_scripts_have(world: World) -> None:
    snapshot = read_from(Direct(Esplora(world.chain)), world.descriptors)
    assert coins(snapshot) == world.coins
    assert snapshot.balance_sat == sum(world.coins.values())
    assert snapshot.complete == {"utxos", "transactions", "mempool"}
    tip = world.chain.tip
    assert snapshot.chain == {"network": "regtest", "block_height": 3, "block_hash": tip.hash, "block_time": tip.time}
    spent = transaction(snapshot, world.spent)
    assert (spent["fee_sat"], spent["weight"], spent["block_hash"]) == (10_000, world.spent.weight, tip.hash)
    assert [output["spent"] for output in transaction(snapshot, world.received)["outputs"]] == [True, True]
    [waiting] = snapshot.records["mempool"]
    vsize = -(-world.waiting.weight // 4)
    assert (waiting["txid"], waiting["fee_sat"]) == (world.waiting.txid, 95_000_000)
    assert waiting["fee_rate_sat_vbyte"] == round(95_000_000 / vsize, 3)
    assert waiting["rbf_eligible"] is True
    for name, records in snapshot.records.items():
        kind = registry.built_in(name)
        assert [str(one) for one in violations(kind, records if kind.is_array else [records])] == []


def test_own_and_foreign_outputs_are_told_apart_by_their_scripts(world: World) -> None:
    snapshot = read_from(Direct(Esplora(world.chain)), world.descriptors)
    assert snapshot.owned == {(world.received.txid, 0), *world.coins}


def test_fees_and_prices_have_their_source(world: World) -> None:
    for answers, rates in (
        (Esplora(world.chain), (87.882, 68.285, 1.027)),
        (
            Esplora(world.chain, fees={"2": 5, "6": 4.0004, "144": 1}),
            (5, 4, 1),
        ),  # an older one
        (Esplora(world.chain, fees=PRECISE, prices=PRICES), (2.004, 1.1, 0.2)),
    ):
        snapshot = read_from(Direct(answers), world.descriptors)
        [fees] = snapshot.records["fees"]
        assert tuple(fees[f"target_{target}_block_sat_vbyte"] for target in (1, 6, 144)) == rates
        assert (fees["source"], fees["timestamp"], fees["block_height"]) == ("server.test", world.chain.tip.time, 3)
        assert ("prices" in snapshot.records) is (answers.prices is not None)
    assert snapshot.records["prices"] == [
        {"timestamp": 1_700_001_234, "block_height": 3, "price_usd": 64_123, "source": "server.test"}
    ]


def test_what_no_server_estimates_makes_no_record(world: World) -> None:
    snapshot = read_from(Direct(Esplora(world.chain, fees={}, prices={"time": 1, "USD": -1})), world.descriptors)
    assert "fees" not in snapshot.records
    assert "prices" not in snapshot.records
    assert snapshot.notices == ("server.test estimates no feerate for 1, 6, 144 blocks; no fee record was made",)
    with pytest.raises(BadAnswer, match=r"fastestFee: the amount is negative"):
        read_from(Direct(Esplora(world.chain, fees={**PRECISE, "fastestFee": -1}, prices=PRICES)), world.descriptors)


@pytest.mark.parametrize("electrum", [False, True])
@pytest.mark.parametrize("count", [24, 25, 26, 51])
def test_long_histories_come_in_pages(electrum: bool, count: int) -> None:
    """Of 25 confirmed transactions, or of 10 of both kinds where there is an Electrum server behind mempool.space."""
    world = World()
    to = script(LEGACY, 3)
    paid = [world.chain.coinbase(to, 1000 + number) for number in range(count)]
    world.chain.mine(*paid)
    asker = Direct(Esplora(world.chain, electrum=electrum))
    snapshot = read_from(asker, world.descriptors)
    assert len(coins(snapshot)) == 3 + count
    assert all(transaction(snapshot, one)["fee_sat"] is None for one in paid)
    assert sum(coin["coinbase"] for coin in snapshot.records["utxos"]) == count
    assert ("address-more" in asker.log) is (electrum or count + 1 > 25)


def test_more_than_fifty_unconfirmed_of_an_address_cannot_be_listed(world: World) -> None:
    for number in range(51):
        made = world.chain.coinbase(script(LEGACY, 3), 1000 + number)
        world.chain.mempool.append(made)
    with pytest.raises(CannotWork, match="has 51 unconfirmed transactions, of which it lists 50"):
        read_from(Direct(Esplora(world.chain)), world.descriptors)


class Refusing(Esplora):
    """Refuses the histories of addresses."""

    refusal: tuple[int, str] = (0, "")

    def answer(self, path: str) -> tuple[int, Any]:
        return self.refusal if "/txs" in path else super().answer(path)


@pytest.mark.parametrize(("refusal", "words"), [
    ((400, "Too many history entries"), "has a longer history than it shows"),
    ((400, "Too many unspent outputs"), "has a longer history than it shows"),
    ((413, "The number of transactions on this address exceeds the Electrum server limit"), "longer history"),
    ((405, "Address lookups cannot be used with bitcoind as backend."), r"looks up no addresses \(HTTP 405\)"),
    ((404, "Not found"), "looks up no addresses"),
    ((400, "Invalid Bitcoin address"), "does not tell the history of bcrt1.*: Invalid Bitcoin address"),
])  # fmt: skip
def test_what_a_server_does_not_tell_is_one_message(world: World, refusal: tuple[int, str], words: str) -> None:
    answers = Refusing(world.chain)
    answers.refusal = refusal
    with pytest.raises(CannotWork, match=words):
        read_from(Direct(answers), world.descriptors)


def test_what_an_input_is_worth_may_be_unknown(world: World) -> None:
    snapshot = read_from(Direct(Esplora(world.chain, null_prevouts=True)), world.descriptors)
    assert coins(snapshot) == world.coins
    [foreign] = transaction(snapshot, world.received)["inputs"]
    assert foreign["amount_sat"] is None
    assert transaction(snapshot, world.received)["fee_sat"] == BTC  # which the server tells
    [own] = transaction(snapshot, world.spent)["inputs"]
    assert own["amount_sat"] == BTC


def test_a_script_without_an_address_is_asked_for_by_its_hash(world: World) -> None:
    text = "raw(51)"
    made = world.chain.pay([(world.waiting, 1)], [(b"\x51", 700), (STRANGER, 45 * BTC)])
    snapshot = read_from(Direct(Esplora(world.chain)), [*world.descriptors, record(text)])
    assert coins(snapshot) == {**world.coins, (made.txid, 0): 700}


# -- lies, moves -------------------------------------------------------------------------------------------------------


class Lying(Esplora):
    """Changes what it says of one path."""

    part: str = ""
    change: Any = None

    def answer(self, path: str) -> tuple[int, Any]:
        status, said = super().answer(path)
        return (status, self.change(said)) if self.part in path else (status, said)


def lying(world: World, part: str, change: Any) -> Direct:
    answers = Lying(world.chain)
    answers.part, answers.change = part, change
    return Direct(answers)


def test_an_amount_of_a_legacy_coin_is_held_against_the_transaction(world: World) -> None:
    """What signs it would not sign its amount: a server could have it burned as a fee."""

    def more(rows: Any) -> Any:
        for row in rows if isinstance(rows, list) else ():
            for output in row["vout"]:
                output["value"] += output["scriptpubkey"] == script(LEGACY, 3).hex()
        if isinstance(rows, dict) and rows["chain_stats"]["funded_txo_sum"] == 20_000_000:
            rows["chain_stats"]["funded_txo_sum"] += 1
        return rows

    with pytest.raises(BadAnswer, match=f"{world.legacy.txid} has other outputs than server.test told"):
        read_from(lying(world, "/address/", more), world.descriptors)


def test_a_raw_transaction_must_be_the_one_that_was_asked_for(world: World) -> None:
    with pytest.raises(BadAnswer, match="the transaction is another one than"):
        read_from(lying(world, "/hex", lambda _: world.spent.hex), world.descriptors)
    with pytest.raises(BadAnswer, match=r"is no transaction|is another one than"):
        read_from(lying(world, "/hex", lambda told: told[:-4]), world.descriptors)


def test_two_amounts_of_one_output_are_a_contradiction(world: World) -> None:
    def less(rows: Any) -> Any:
        for row in rows:
            for source in row["vin"]:
                if source["prevout"] and source["prevout"]["value"] == BTC:
                    source["prevout"]["value"] -= 1
        return rows

    with pytest.raises(BadAnswer, match=f"{world.received.txid}:0 is made with 100000000 sat, and spent with 99999999"):
        read_from(lying(world, "/txs", less), world.descriptors)


def test_a_balance_that_is_another_is_read_again_and_then_refused(world: World) -> None:
    def more(stats: Any) -> Any:
        if isinstance(stats, dict):
            stats["chain_stats"]["funded_txo_sum"] += 7
        return stats

    asker = lying(world, "/address/", more)
    with pytest.raises(SourceMoved, match=r"0\.94990000 BTC.*0\.9499002. BTC"):
        read_from(asker, world.descriptors)
    assert asker.log.count("block-height") == 3


def test_a_block_that_comes_while_it_is_read_is_read_again(world: World) -> None:
    asker = Direct(Esplora(world.chain))
    blocks = iter([True])

    def block_comes(call: Call) -> None:
        if call.method == "fees-precise" and next(blocks, False):
            world.chain.mine(world.waiting)

    asker.before = block_comes
    snapshot = read_from(asker, world.descriptors)
    assert asker.log.count("block-height") == 2
    assert snapshot.chain["block_height"] == 4
    assert snapshot.records["mempool"] == []
    asker.before = lambda call: world.chain.mine() if call.method == "fees-precise" else None
    with pytest.raises(SourceMoved, match="3 times; try again"):
        read_from(asker, world.descriptors)


def test_another_network_is_told_no_address(world: World) -> None:
    asker = lying(world, "/block-height/0", lambda _: MAIN)
    with pytest.raises(CannotWork, match=r"server\.test: it is of main, and the descriptor .* not told any address"):
        read_from(asker, world.descriptors)
    assert asker.log == ["server", "block-height"]
    with pytest.raises(CannotWork, match=r"begins with block abab.*of no network that gitbtc knows"):
        read_from(lying(world, "/block-height/0", lambda _: "ab" * 32), world.descriptors)


# -- what the server does not show any more ----------------------------------------------------------------------------


def again(world: World, before: Any) -> Any:
    return read_from(Direct(Esplora(world.chain)), world.descriptors, before.records["transactions"])


def test_what_was_evicted_waits_and_makes_no_coin(world: World) -> None:
    before = read_from(Direct(Esplora(world.chain)), world.descriptors)
    world.chain.mempool.clear()
    now = again(world, before)
    assert transaction(now, world.waiting)["in_mempool"] is False
    assert (world.waiting.txid, 0) not in coins(now)
    assert now.records["mempool"] == []
    assert "1 transaction is in the wallet but not in the mempool" in now.notices[-1]
    assert again(world, now).records == now.records
    world.chain.mempool.append(world.waiting)
    assert again(world, now).records == before.records


def test_an_own_payment_that_was_evicted_keeps_what_it_spends(world: World) -> None:
    """The server counts its input again; it may be sent again at any time."""
    sent = world.chain.pay([(world.spent, 1)], [(STRANGER, 60_000_000), (script(TWO_PATHS, 1, 1), 9_980_000)])
    before = read_from(Direct(Esplora(world.chain)), world.descriptors)
    world.chain.mempool.remove(sent)
    now = again(world, before)
    assert (world.spent.txid, 1) not in coins(now)
    assert now.balance_sat == sum(coins(now).values()) == 25_000_000


def test_what_was_replaced_names_what_took_its_place(world: World) -> None:
    before = read_from(Direct(Esplora(world.chain)), world.descriptors)
    child = world.chain.pay([(world.waiting, 0)], [(script(TWO_PATHS, 5), 4_900_000)])
    with_child = again(world, before)
    world.chain.mempool.clear()
    bumped = world.chain.pay([(world.legacy, 1)], [(script(TAPROOT, 0), 5_000_000), (STRANGER, 45 * BTC)])
    now = again(world, with_child)
    assert transaction(now, world.waiting)["replaced_by"] == bumped.txid
    assert transaction(now, child)["replaced_by"] == bumped.txid
    assert coins(now) == {**{key: sat for key, sat in world.coins.items() if key[0] != world.waiting.txid},
                          (bumped.txid, 0): 5_000_000}  # fmt: skip
    [waiting] = now.records["mempool"]
    assert waiting["replaces"] == sorted([world.waiting.txid, child.txid])


def test_what_a_reorganisation_took_back_waits(world: World) -> None:
    before = read_from(Direct(Esplora(world.chain)), world.descriptors)
    world.chain.reorganise(1)
    world.chain.mempool.clear()
    world.chain.mine()
    now = again(world, before)
    assert coins(now) == {}  # what it spent is claimed still
    assert {one.txid for one in (world.spent, world.legacy, world.waiting)} == {
        one["txid"] for one in now.records["transactions"] if one.get("in_mempool") is False
    }


def test_what_has_to_do_with_other_scripts_is_left_alone(world: World) -> None:
    """A descriptor that was taken out of the root is not asked for: of its transactions the server says nothing."""
    before = read_from(Direct(Esplora(world.chain)), world.descriptors)
    now = read_from(Direct(Esplora(world.chain)), [record(TAPROOT)], before.records["transactions"])
    assert [one["txid"] for one in now.records["transactions"]] == [world.waiting.txid]


# -- one transaction ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "words"), [
    ({"vout": [{"scriptpubkey": "zz", "value": 1}]}, "scriptpubkey: is not hex"),
    ({"vout": [{"scriptpubkey": "51", "value": 1.5}]}, "value: is not an integer"),
    ({"vout": [{"scriptpubkey": "51", "value": 21 * 10**14 + 1}]}, "value: is more than"),
    ({"vout": [{"scriptpubkey": "51", "value": -1}]}, "value: is negative"),
    ({"status": {"confirmed": True, "block_height": None}}, "block_height: is not an integer"),
    ({"txid": "abc"}, "txid: is not 64"),
])  # fmt: skip
def test_a_transaction_that_is_none_is_named(world: World, change: dict[str, Any], words: str) -> None:
    told = Esplora(world.chain)._tx(world.spent)
    with pytest.raises(BadAnswer, match=words):
        seen_transaction(Answer(told | change, "made"))


def test_nulls_stand_for_what_is_not_there(world: World) -> None:
    told = Esplora(world.chain)._tx(world.waiting)
    told["status"] |= {"block_height": None, "block_hash": None, "block_time": None}
    del told["fee"]
    seen = seen_transaction(Answer(told, "made"))
    assert (seen.block, seen.fee_sat) == (None, None)
