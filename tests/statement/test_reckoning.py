"""What a statement counts is what happened, to the satoshi: on recordings, and in worlds where the truth is known."""

from __future__ import annotations

from functools import partial
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.sources import bitcoin_core
from gitbtc.sources.asking import Inconsistent
from gitbtc.statement.books import Books
from gitbtc.statement.derivation import derived
from gitbtc.statement.flows import COINBASE, INTERNAL, RECEIVED, SENT, SHARED
from gitbtc.statement.ownership import NoProofs
from gitbtc.statement.reckoning import CAME, DIFFERS, FOUND_LATE, NO_AMOUNT, PAYS_TOO_MUCH, WENT, Reckoning, Totals
from tests.made_state import ADDRESS, OTHER, change_of, coin, mined, spend, txid
from tests.statement.world import ROOTS, Descriptors, Snapshot, World

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitbtc.sources.snapshot import SourceSnapshot
    from gitbtc.statement.ownership import Proofs

RECORDED = Path(__file__).resolve().parents[2] / "gitbtc" / "demo" / "recordings"
OF_SOURCES = Path(__file__).resolve().parents[1] / "sources" / "recordings"
MORE = Path(__file__).resolve().parents[3] / "shared" / "data" / "node"  # beside the checkout, where they are
NOBODY = "bcrt1q5xtxpz0mu8gnqwgh68azwpsqpfvw4pelckfp6h"


# -- recordings --------------------------------------------------------------------------------------------------------


class OfDescriptors(NoProofs):
    """The proofs of a recorded wallet's own descriptors."""

    def __init__(self, *snapshots: SourceSnapshot) -> None:
        self._records = [record for snapshot in snapshots for record in snapshot.records.get("descriptors", ())]

    def derived(self, addresses: dict[str, str]) -> tuple[set[str], bool]:
        return derived(self._records, addresses)


def books(snapshot: SourceSnapshot) -> Books:
    def records(kind: str) -> list[dict[str, Any]]:
        found = snapshot.records.get(kind, [])
        return found if isinstance(found, list) else [found]

    return Books({"": records})


def stories() -> list[Path]:
    folders = [RECORDED, *(one for one in OF_SOURCES.iterdir() if one.name != "two-wallets")]
    return sorted(folder for folder in folders if any(folder.glob("*/listunspent.json")))


def read_all(story: Path) -> dict[str, SourceSnapshot]:
    found = {}
    for folder in sorted(story.iterdir()):
        try:
            found[folder.name] = bitcoin_core.read(folder)
        except Inconsistent:  # a recording that is there to be refused
            continue
    return found


@pytest.mark.parametrize("story", stories(), ids=lambda story: str(story.name))
def test_every_pair_of_recordings_adds_up(story: Path) -> None:
    told = read_all(story)
    assert told
    for first, last in product([None, *told], told):
        before = told[first] if first else None
        proofs = OfDescriptors(*(one for one in (before, told[last]) if one))
        reckoning = Reckoning(books(before) if before else None, books(told[last]), proofs)
        assert reckoning.totals.difference == 0, (first, last)
        assert reckoning.is_clean, (first, last, reckoning.adjusted, reckoning.faults)
        pending = sum(one.net_sat if makes else one.net_sat - sum(part.amount_sat for part in one.own)
                      for one, makes in reckoning.pending)  # fmt: skip
        listed = sum(record["amount_sat"] for record in told[last].records["utxos"])
        assert reckoning.totals.closing + pending == listed, (first, last)


def test_the_recorded_treasury_has_what_its_node_says() -> None:
    told = read_all(RECORDED)
    base, confirmed = told["0-base"], told["5-agent-a-confirmed"]
    assert Reckoning(books(base), books(confirmed), OfDescriptors(confirmed)).totals == Totals(
        opening=6_317_796_279, received=0, sent=200_000_000, fees=8_827, coinbase=0, shared=0, reorganised=0,
        adjusted=0, closing=6_117_787_452,
    )  # fmt: skip
    whole = Reckoning(None, books(confirmed), OfDescriptors(confirmed))
    assert whole.totals == Totals(
        opening=0, received=1_317_796_279, sent=200_000_000, fees=8_827, coinbase=5_000_000_000, shared=0,
        reorganised=0, adjusted=0, closing=6_117_787_452,
    )  # fmt: skip
    assert whole.ownership.concluded == set()
    assert [(amount, first) for _, amount, first in whole.immature] == [(5_000_000_000, 207)]


def test_what_a_reorganisation_took_back_is_told_as_that() -> None:
    told = read_all(RECORDED)
    before, after = told["5-agent-a-confirmed"], told["7-agent-a-reorged"]
    reckoning = Reckoning(books(before), books(after), OfDescriptors(after))
    assert reckoning.totals.reorganised == 200_008_827
    assert [sign for _, sign in reckoning.reorganised] == [-1, -1]
    assert reckoning.flows == []
    assert [one.type for one, _ in reckoning.pending] == [INTERNAL, SENT]


@pytest.mark.skipif(not MORE.is_dir(), reason="the recordings are not here")
@pytest.mark.parametrize("story", ["change-only", "evicted", "foreign-input", "vault", "wallet-anew"])
def test_every_pair_of_more_recordings_adds_up(story: str) -> None:
    test_every_pair_of_recordings_adds_up(MORE / story)


# -- worlds ------------------------------------------------------------------------------------------------------------


def truth(world: World, first: Snapshot | None, last: Snapshot, owners: Collection[str]) -> Totals:
    """What happened, by who owns what."""
    known = first.confirmed if first else {}
    tip = first.height if first else -1
    new = [world.transactions[one] for one in last.confirmed if one not in known]
    in_period = [one for one in new if last.confirmed[one.txid] > tip and one.net(owners) is not None]
    early = [one for one in new if last.confirmed[one.txid] <= tip]
    back = [world.transactions[one] for one in known if one not in last.confirmed]
    sums = dict.fromkeys(Totals._fields, 0)
    for one in in_period:
        ours = [owner in owners for _, _, owner in one.inputs]
        if not one.inputs:
            sums["coinbase"] += one.net(owners)
        elif all(ours):
            gone = sum(amount for amount, owner, _ in one.outputs if owner not in owners)
            sums["sent"] += gone
            sums["fees"] += -one.net(owners) - gone
        elif any(ours):
            sums["shared"] += one.net(owners)
        else:
            sums["received"] += one.net(owners)
    sums["reorganised"] = sum(one.net(owners) for one in early) - sum(one.net(owners) for one in back)
    key = frozenset(owners)
    return Totals(**{**sums, "opening": first.balance[key] if first else 0, "closing": last.balance[key]})


def check(world: World, *, is_proven: bool) -> None:
    for first, last in [*pairwise([None, *world.snapshots]), (world.snapshots[0], world.snapshots[-1])]:
        assert last is not None
        for owners in (ROOTS, *((root,) for root in ROOTS)):
            proofs: Proofs = Descriptors(owners) if is_proven else NoProofs()
            reckoning = Reckoning(first.books(owners) if first else None, last.books(owners), proofs)
            assert reckoning.totals.difference == 0
            if is_proven:
                told, wanted = reckoning.totals, truth(world, first, last, owners)
                # What new blocks below the old tip brought cannot always be told from what was found late.
                late = sum(one.amount_sat for one in reckoning.adjusted if one.why == FOUND_LATE)
                assert told.adjusted == late
                assert told._replace(adjusted=0, reorganised=told.reorganised + late) == wanted
                assert reckoning.faults == []


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 60))
def test_random_wallets_add_up_and_are_told_truly(seed: int, steps: int) -> None:
    check(World(seed).run(steps), is_proven=True)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 40))
def test_random_wallets_add_up_also_where_nothing_is_proven(seed: int, steps: int) -> None:
    check(World(seed).run(steps), is_proven=False)


# -- by hand -----------------------------------------------------------------------------------------------------------


def by_hand(tip: int = 110, **files: Any) -> Books:
    chain = {"network": "regtest", "block_height": tip, "block_hash": f"{tip:064x}", "block_time": 1_700_000_000}
    return Books({"": lambda kind: files.get(kind, [chain] if kind == "chain" else [])})


def reckon(before: Books | None, after: Books) -> Reckoning:
    return Reckoning(before, after, NoProofs())


def receipt(name: str, amount: int, height: int = 105) -> dict[str, Any]:
    return mined(spend(name, coin(0, txid(f"{name} payer"), amount_sat=amount + 500), fee=500), height) | {
        "outputs": [{"vout": 0, "amount_sat": amount, "address": ADDRESS, "script_type": "p2wpkh", "spent": False}]
    }


def test_each_transaction_has_its_type() -> None:
    funds, other = receipt("funds", 5000), receipt("other", 7000)
    first, second = change_of(funds), change_of(other)
    paid = mined(spend("paid", first, fee=200), 106)
    moved = mined(spend("moved", second, fee=100), 106) | {
        "outputs": [{"vout": 0, "amount_sat": 6900, "address": ADDRESS, "script_type": "p2wpkh", "spent": False}]
    }
    stranger = coin(0, txid("stranger"), amount_sat=9000)
    joined = mined(spend("joined", change_of(moved), stranger, fee=1000), 107)
    joined["outputs"] = [
        {"vout": 0, "amount_sat": 6000, "address": ADDRESS, "script_type": "p2wpkh", "spent": False},
        {"vout": 1, "amount_sat": 8900, "address": NOBODY, "script_type": "p2wpkh", "spent": False},
    ]
    minted = mined(spend("minted", fee=0), 108) | {
        "outputs": [{**moved["outputs"][0], "amount_sat": 5000}],
        "fee_sat": None,
    }
    coins = [
        coin(0, joined["txid"], amount_sat=6000),
        coin(0, minted["txid"], amount_sat=5000, coinbase=True, block_height=108),
    ]
    after = by_hand(transactions=[funds, other, paid, moved, joined, minted], utxos=coins)
    reckoning = reckon(by_hand(100), after)
    types = {one.txid: one.type for one in reckoning.flows}
    assert types == {funds["txid"]: RECEIVED, other["txid"]: RECEIVED, paid["txid"]: SENT, moved["txid"]: INTERNAL,
                     joined["txid"]: SHARED, minted["txid"]: COINBASE}  # fmt: skip
    assert reckoning.totals == Totals(
        opening=0, received=12_000, sent=4_800, fees=300, coinbase=5_000, shared=-900, reorganised=0, adjusted=0,
        closing=11_000,
    )  # fmt: skip


def test_a_coin_that_no_transaction_made_is_named() -> None:
    lone = coin(3)
    reckoning = reckon(by_hand(100), by_hand(utxos=[lone]))
    assert [(one.why, one.amount_sat, one.outpoint) for one in reckoning.adjusted] == [
        (CAME, 400_000_000, (lone["txid"], 3))
    ]
    assert reckoning.totals.difference == 0
    assert not reckoning.is_clean
    back = reckon(by_hand(utxos=[lone]), by_hand(120))
    assert [(one.why, one.amount_sat) for one in back.adjusted] == [(WENT, -400_000_000)]


def test_a_coin_that_is_listed_at_another_amount_is_named() -> None:
    funds = receipt("funds", 5000)
    reckoning = reckon(by_hand(100), by_hand(transactions=[funds], utxos=[change_of(funds, amount_sat=5001)]))
    assert [(one.why, one.amount_sat) for one in reckoning.adjusted] == [(DIFFERS, 1)]
    assert (reckoning.totals.difference, reckoning.totals.received) == (0, 5000)


def test_what_an_earlier_block_held_and_nobody_knew_is_named() -> None:
    late = receipt("late", 5000, height=90)
    reckoning = reckon(by_hand(100), by_hand(transactions=[late], utxos=[change_of(late)]))
    assert [(one.why, one.txid, one.amount_sat) for one in reckoning.adjusted] == [(FOUND_LATE, late["txid"], 5000)]


def test_a_record_that_comes_after_its_coin_changes_nothing() -> None:
    late = receipt("late", 5000, height=90)
    reckoning = reckon(by_hand(100, utxos=[change_of(late)]), by_hand(transactions=[late], utxos=[change_of(late)]))
    assert (reckoning.adjusted, reckoning.is_clean) == ([], True)


def test_a_block_that_took_the_place_of_another_brings_what_it_holds() -> None:
    funds = receipt("funds", 5000, height=100)
    waiting = {**funds, "confirmed": False, "block_height": None, "block_time": None}
    before = by_hand(100, transactions=[waiting], utxos=[change_of(waiting)])
    reckoning = reckon(before, by_hand(101, transactions=[funds], utxos=[change_of(funds)]))
    assert (reckoning.totals.opening, reckoning.totals.reorganised, reckoning.totals.closing) == (0, 5000, 5000)
    assert reckoning.is_clean


def test_what_waits_outside_every_mempool_is_neither_money_nor_spent() -> None:
    funds = receipt("funds", 5000)
    paid = {**spend("paid", change_of(funds), fee=200), "in_mempool": False}
    reckoning = reckon(by_hand(100), by_hand(transactions=[funds, paid], utxos=[]))
    # Nothing proves whose the coin is, but that the payment would not be here otherwise.
    assert (reckoning.totals.received, reckoning.totals.closing) == (5000, 5000)
    assert [(one.type, makes) for one, makes in reckoning.pending] == [(SENT, False)]


def test_what_cannot_be_counted_is_named() -> None:
    funds = receipt("funds", 5000)
    unknown = mined(spend("paid", {**change_of(funds), "txid": txid("gone")}, fee=200), 106)
    unknown["inputs"][0]["amount_sat"] = None
    lost = coin(0, txid("gone"))
    much = mined(spend("much", change_of(funds), fee=-1), 106)
    first = by_hand(100, utxos=[{**lost, "amount_sat": 5000}])
    reckoning = reckon(first, by_hand(transactions=[funds, much], utxos=[]))
    assert [(one.why, one.amount_sat) for one in reckoning.faults] == [(PAYS_TOO_MUCH, 1)]
    assert not reckoning.is_clean
    assert NO_AMOUNT not in {one.why for one in reckoning.faults}


def test_a_moment_without_a_commit_is_reckoned_from_a_later_one() -> None:
    funds, later = receipt("funds", 5000, height=100), receipt("later", 7000, height=105)
    paid = mined(spend("paid", change_of(funds), fee=200), 106)
    after = by_hand(transactions=[funds, later, paid], utxos=[change_of(later)])
    reckoning = reckon(after.up_to(103), after)
    assert reckoning.totals == Totals(
        opening=5000, received=7000, sent=4800, fees=200, coinbase=0, shared=0, reorganised=0, adjusted=0, closing=7000
    )
    assert reckoning.is_clean


def test_a_payment_between_two_roots_is_internal_where_both_are_asked_for() -> None:
    funds = receipt("funds", 5000)
    moved = mined(spend("moved", change_of(funds), fee=100), 106)
    chain = {"network": "regtest", "block_height": 110, "block_hash": "aa" * 32, "block_time": 1_700_000_000}
    alice = {"transactions": [funds, moved], "utxos": [], "chain": [chain]}
    bob = {"transactions": [moved], "utxos": [change_of(moved)], "chain": [chain]}
    both = Books({"alice": lambda kind: alice.get(kind, []), "bob": lambda kind: bob.get(kind, [])})
    reckoning = reckon(None, both)
    assert [one.type for one in reckoning.flows] == [RECEIVED, INTERNAL]
    assert (reckoning.totals.fees, reckoning.totals.closing, reckoning.is_clean) == (100, 4900, True)
    alone = reckon(None, Books({"bob": lambda kind: bob.get(kind, [])}))
    assert [one.type for one in alone.flows] == [RECEIVED]
    assert OTHER in {part.address for one in alone.flows for part in one.own}


def test_a_root_that_lags_behind_is_told_of_what_another_saw_spent() -> None:
    """Both pay together; bob's wallet has not come to that block yet, and lists his coin still."""
    first, second = receipt("first", 5000, height=90), receipt("second", 7000, height=90)
    paid = mined(spend("paid", change_of(first), change_of(second), fee=300), 106)
    tips = [{"network": "regtest", "block_height": height, "block_hash": f"{height:064x}", "block_time": 1_700_000_000}
            for height in (110, 100)]  # fmt: skip
    alice = {"transactions": [first, paid], "utxos": [], "chain": tips[:1]}
    bob = {"transactions": [second], "utxos": [change_of(second)], "chain": tips[1:]}
    both = Books({"alice": lambda kind: alice.get(kind, []), "bob": lambda kind: bob.get(kind, [])})
    reckoning = reckon(None, both)
    assert [one.type for one in reckoning.flows] == [RECEIVED, RECEIVED, SENT]
    assert (reckoning.totals.sent, reckoning.totals.fees, reckoning.totals.closing) == (11_700, 300, 0)
    assert reckoning.is_clean


def test_another_block_of_the_opening_height_shows_a_reorganisation() -> None:
    """Nothing that the opening knew has moved; but what is new is in a block that is not the opening tip."""
    funds = receipt("funds", 5000, height=100) | {"block_hash": "bb" * 32}
    reckoning = reckon(by_hand(100), by_hand(101, transactions=[funds], utxos=[change_of(funds)]))
    assert (reckoning.totals.reorganised, reckoning.is_clean) == (5000, True)
    same = funds | {"block_hash": f"{100:064x}"}
    late = reckon(by_hand(100), by_hand(101, transactions=[same], utxos=[change_of(same)]))
    assert [one.why for one in late.adjusted] == [FOUND_LATE]


def test_what_pays_to_the_address_of_a_listed_coin_is_own() -> None:
    """It came and was spent between two commits, and both of its transactions would concern the wallet without it."""
    passing = receipt("passing", 7000, 105)
    passing["outputs"].append({**passing["outputs"][0], "vout": 1, "amount_sat": 100})
    moved = mined(spend("moved", coin(0, passing["txid"], amount_sat=7000), fee=300), 108)
    moved["outputs"].append({**passing["outputs"][0], "vout": 1, "amount_sat": 200})
    moved["outputs"][0]["amount_sat"] = 6500
    listed = [coin(1, passing["txid"], amount_sat=100), coin(1, moved["txid"], amount_sat=200)]
    reckoning = reckon(by_hand(100), by_hand(transactions=[passing, moved], utxos=listed))
    assert reckoning.ownership.concluded == set()
    assert (reckoning.totals.received, reckoning.totals.sent, reckoning.totals.fees) == (7100, 6500, 300)


def of_roots(**files: dict[str, list[dict[str, Any]]]) -> Books:
    return Books({root: partial(_told, told) for root, told in files.items()})


def _told(files: dict[str, list[dict[str, Any]]], kind: str) -> list[dict[str, Any]]:
    return files.get(kind, [])


def test_a_block_that_one_root_has_seen_counts_for_both() -> None:
    funds = receipt("funds", 5000)
    waiting = {**funds, "confirmed": False, "block_height": None, "block_time": None}
    for first, second in ((funds, waiting), (waiting, funds)):
        both = of_roots(alice={"transactions": [first]}, bob={"transactions": [second], "utxos": [change_of(funds)]})
        assert reckon(None, both).totals.received == 5000


def test_what_one_root_had_not_come_to_is_of_the_period() -> None:
    funds = receipt("funds", 5000)
    tips = [{"network": "regtest", "block_height": height, "block_hash": "", "block_time": 1} for height in (110, 100)]
    before = of_roots(alice={"chain": tips[:1]}, bob={"chain": tips[1:]})
    after = of_roots(alice={"transactions": [funds], "chain": tips[:1]},
                     bob={"transactions": [funds], "utxos": [change_of(funds)], "chain": tips[:1]})  # fmt: skip
    assert (reckon(before, after).totals.received, reckon(before, after).is_clean) == (5000, True)
