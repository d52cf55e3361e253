"""The rows of the table that decide between transactions, end to end: real branches, a real merge, what comes out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.doors.wallets import (
    balance_is_a_replay,
    diverge,
    files,
    listed,
    state,
    transaction,
    types,
    waiting,
)
from tests.made_state import change_of, coin, mined, pending, records, spend

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

OUTPOINT = f"{coin(0)['txid']}:0"
A, B = spend("aa", coin(0), coin(1)), spend("bb", coin(0))
BUMP = spend("bump", coin(0), fee=3000)


def completes(repo: Repo, told: str) -> None:
    """A merge that only has to be carried out: done in one go where Git ran the drivers; else it stops, says why, and a
    plain commit completes it.
    """
    merge = repo.run("git", "merge", "--no-edit", "theirs", ok=(0, 1))
    if merge.returncode:
        assert told in merge.stderr
        assert "git commit" in merge.stderr
        assert types(repo) == {}
        repo.git("commit", "-q", "--no-edit")
    assert len(repo.git("rev-list", "--parents", "-1", "HEAD").split()) == 3
    assert repo.git("status", "--porcelain") == ""


@pytest.mark.parametrize("ours_is_confirmed", [True, False])
def test_1_what_is_confirmed_does_not_wait_any_more(treasury: Repo, ours_is_confirmed: bool) -> None:
    """Base knew B; one side saw it in a block, the other only now saw it wait."""
    confirmed = lambda: state(treasury, [change_of(B)], [mined(B)])  # noqa: E731 - two states, either side
    seen = lambda: files(treasury, network_mempool=[pending(B)])  # noqa: E731
    diverge(
        treasury,
        lambda: files(treasury, wallet_utxos=[change_of(B)], wallet_transactions=[B], network_mempool=[]),
        *((confirmed, seen) if ours_is_confirmed else (seen, confirmed)),
    )
    completes(treasury, "network/mempool.json")
    assert waiting(treasury) == set()
    balance_is_a_replay(treasury, coin(0))


@pytest.mark.parametrize("strategy", ["ours", "resolve"])
def test_4_a_coin_that_a_merge_lost_is_put_back(treasury: Repo, strategy: str) -> None:
    """Theirs paid, and got change; ours named another coin. Somebody took the whole file of one side."""
    diverge(
        treasury,
        lambda: state(treasury, [coin(0), coin(1)]),
        lambda: state(treasury, [coin(0), coin(1, label="x")]),
        lambda: state(treasury, [coin(1), change_of(B)], [B]),
    )
    treasury.git("merge", "-s", strategy, "theirs", ok=(1,))
    treasury.git("checkout", "-q", "--ours", "--", ".", ok=(0, 1))
    treasury.git("add", "-A")
    for _ in range(3):  # each refusal has staged a repair
        if treasury.run("git", "commit", "-q", "-m", "merged", ok=(0, 1)).returncode == 0:
            break
    assert listed(treasury) == {f"{coin(1)['txid']}:1", f"{B['txid']}:0"}
    balance_is_a_replay(treasury, coin(0), coin(1))


@pytest.mark.parametrize("ours_is_confirmed", [True, False])
def test_5_the_confirmed_one_wins(treasury: Repo, ours_is_confirmed: bool) -> None:
    """B spends only the contested coin; A, which loses, spent another one that is back, and had a child."""
    child = spend("child", change_of(A), coin(2))
    winner = lambda: state(treasury, [coin(1), coin(2), change_of(B)], [mined(B)])  # noqa: E731 - two states, either side
    loser = lambda: state(treasury, [change_of(child)], [A, child])  # noqa: E731
    sides = (winner, loser) if ours_is_confirmed else (loser, winner)
    diverge(treasury, lambda: state(treasury, [coin(0), coin(1), coin(2)]), *sides)
    completes(treasury, f"conflicted: wallet/utxos.json::{OUTPOINT}")
    assert listed(treasury) == {f"{coin(1)['txid']}:1", f"{coin(2)['txid']}:2", f"{B['txid']}:0"}
    assert transaction(treasury, A["txid"])["replaced_by"] == B["txid"]
    assert transaction(treasury, child["txid"])["abandoned"] is True
    assert waiting(treasury) == set()
    balance_is_a_replay(treasury, coin(0), coin(1), coin(2))


def test_5_a_transaction_that_lost_one_of_its_coins_has_lost_them_all(treasury: Repo) -> None:
    """A spends two coins; theirs has another transaction for each, one of them confirmed. Nothing is left to ask."""
    mined_one, other = mined(spend("mined", coin(0))), spend("other", coin(1))
    diverge(
        treasury,
        lambda: state(treasury, [coin(0), coin(1)]),
        lambda: state(treasury, [change_of(A)], [A]),
        lambda: state(treasury, [change_of(mined_one), change_of(other)], [mined_one, other]),
    )
    completes(treasury, "conflicted")
    assert listed(treasury) == {f"{mined_one['txid']}:0", f"{other['txid']}:0"}
    balance_is_a_replay(treasury, coin(0), coin(1))


def test_5_a_replaced_transaction_that_was_mined_after_all(treasury: Repo) -> None:
    """Base knew B; ours replaced it, theirs saw it in a block: B lives again, and its change is back."""
    diverge(
        treasury,
        lambda: state(treasury, [change_of(B)], [B]),
        lambda: state(treasury, [change_of(BUMP)], [B | {"replaced_by": BUMP["txid"]}, BUMP]),
        lambda: state(treasury, [change_of(B)], [mined(B)]),
    )
    completes(treasury, "conflicted")
    assert listed(treasury) == {f"{B['txid']}:0"}
    assert "replaced_by" not in transaction(treasury, B["txid"])
    assert transaction(treasury, BUMP["txid"])["replaced_by"] == B["txid"]
    balance_is_a_replay(treasury, coin(0))


@pytest.mark.parametrize("ours_replaces", [True, False])
def test_6_a_replacement_that_pays_more_wins(treasury: Repo, ours_replaces: bool) -> None:
    replaced = lambda: state(  # noqa: E731 - two states, either side
        treasury, [change_of(BUMP)], [B | {"replaced_by": BUMP["txid"]}, BUMP]
    )
    still = lambda: state(treasury, [change_of(B, label="change")], [B])  # noqa: E731
    sides = (replaced, still) if ours_replaces else (still, replaced)
    diverge(treasury, lambda: state(treasury, [coin(0)]), *sides)
    told = treasury.run("git", "merge", "--no-edit", "theirs", ok=(0, 1))
    assert "replaced" in told.stderr
    if told.returncode:
        treasury.git("commit", "-q", "--no-edit")
    assert listed(treasury) == {f"{BUMP['txid']}:0"}
    assert waiting(treasury) == {BUMP["txid"]}
    assert transaction(treasury, B["txid"])["replaced_by"] == BUMP["txid"]
    balance_is_a_replay(treasury, coin(0))


@pytest.mark.parametrize("choice", ["--ours", "--theirs"])
def test_7_a_replacement_that_does_not_pay_more_is_asked_about(treasury: Repo, choice: str) -> None:
    cheap = spend("cheap", coin(0), fee=500)
    diverge(
        treasury,
        lambda: state(treasury, [coin(0)]),
        lambda: state(treasury, [change_of(cheap)], [B | {"replaced_by": cheap["txid"]}, cheap]),
        lambda: state(treasury, [change_of(B)], [B]),
    )
    said = treasury.run("git", "merge", "theirs", ok=(1,)).stderr
    assert f"rbf unproven: 1.00000000 BTC  {OUTPOINT[:8]}:0: " in said
    assert types(treasury) == {OUTPOINT: "rbf_unproven"}
    treasury.gitbtc("resolve", OUTPOINT, choice)
    treasury.git("commit", "-q", "-m", "settled")
    winner, loser = (cheap, B) if choice == "--ours" else (B, cheap)
    assert listed(treasury) == {f"{winner['txid']}:0"}
    trailer = f"Double-Spend: {OUTPOINT} {winner['txid']} over {loser['txid']}"
    assert trailer in treasury.git("log", "-1", "--format=%B").splitlines()
    balance_is_a_replay(treasury, coin(0))


@pytest.mark.parametrize(("height", "type_"), [(106, "reorg"), (105, "data_error")])
def test_9_two_confirmed_transactions(treasury: Repo, height: int, type_: str) -> None:
    diverge(
        treasury,
        lambda: state(treasury, [coin(0), coin(1)]),
        lambda: state(treasury, [change_of(A)], [mined(A)]),
        lambda: state(treasury, [coin(1), change_of(B)], [mined(B, height)]),
    )
    said = treasury.run("git", "merge", "theirs", ok=(1,)).stderr
    assert f"{type_.replace('_', ' ')}: 1.00000000 BTC  {OUTPOINT[:8]}:0: " in said
    assert f"gitbtc explain {type_}\n" in said
    assert types(treasury) == {OUTPOINT: type_}
    treasury.gitbtc("resolve", OUTPOINT, "--theirs")
    treasury.git("commit", "-q", "-m", "settled")
    assert listed(treasury) == {f"{coin(1)['txid']}:1", f"{B['txid']}:0"}
    balance_is_a_replay(treasury, coin(0), coin(1))


@pytest.mark.parametrize("choice", ["--ours", "--theirs", "--base"])
def test_10_a_payment_from_the_change_of_a_contested_transaction(treasury: Repo, choice: str) -> None:
    child = spend("child", change_of(A))
    diverge(
        treasury,
        lambda: state(treasury, [coin(0), coin(1)]),
        lambda: state(treasury, [change_of(child)], [A, child]),
        lambda: state(treasury, [coin(1), change_of(B)], [B]),
    )
    said = treasury.run("git", "merge", "theirs", ok=(1,)).stderr
    hangs = f"{A['txid']}:0"
    assert f"double spend: 1.00000000 BTC  {OUTPOINT[:8]}:0\n" in said
    assert types(treasury) == {OUTPOINT: "double_spend", hangs: "descendant"}
    treasury.gitbtc("resolve", hangs, choice)  # settles what it hangs on
    assert types(treasury) == {}
    treasury.git("commit", "-q", "-m", "settled")
    assert (
        listed(treasury)
        == {
            "--ours": {f"{child['txid']}:0"},
            "--theirs": {f"{coin(1)['txid']}:1", f"{B['txid']}:0"},
            "--base": {f"{coin(1)['txid']}:1", OUTPOINT},
        }[choice]
    )
    balance_is_a_replay(treasury, coin(0), coin(1))


@pytest.mark.parametrize("choice", ["--ours", "--theirs"])
def test_10_a_payment_from_the_change_of_a_transaction_that_lost_meanwhile(treasury: Repo, choice: str) -> None:
    """Ours replaced B; theirs, which does not know, paid with its change."""
    child = spend("child", change_of(B))
    diverge(
        treasury,
        lambda: state(treasury, [change_of(B)], [B]),
        lambda: state(treasury, [change_of(BUMP)], [B | {"replaced_by": BUMP["txid"]}, BUMP]),
        lambda: state(treasury, [change_of(child)], [B, child]),
    )
    hangs = f"{B['txid']}:0"
    assert f"descendant: 0.99999000 BTC  {hangs[:8]}:0: " in treasury.run("git", "merge", "theirs", ok=(1,)).stderr
    assert types(treasury) == {hangs: "descendant"}
    treasury.gitbtc("resolve", hangs, choice)
    treasury.git("commit", "-q", "-m", "settled")
    assert listed(treasury) == {f"{(BUMP if choice == '--ours' else child)['txid']}:0"}
    balance_is_a_replay(treasury, coin(0))


def test_13_back_in_the_set_where_the_other_side_has_no_news(treasury: Repo) -> None:
    """B only waited in the mempool; ours dropped it, theirs still has it as both started with it."""
    payment = B | {"outputs": [B["outputs"][0] | {"amount_sat": 99_999_000}]}
    diverge(
        treasury,
        lambda: files(treasury, network_mempool=[pending(payment)], wallet_utxos=[]),
        lambda: files(treasury, network_mempool=[], wallet_utxos=[coin(0)]),
        lambda: files(treasury, wallet_labels=[]),
    )
    treasury.git("merge", "-q", "--no-edit", "theirs")
    assert listed(treasury) == {OUTPOINT}
    assert waiting(treasury) == set()


@pytest.mark.parametrize("ours_gave_up", [True, False])
def test_13_given_up_on_one_side_and_made_on_both(treasury: Repo, ours_gave_up: bool) -> None:
    """Base knows nothing of B: neither the coin that it spent may be lost, nor its change be listed."""
    gave_up = lambda: state(treasury, [coin(0)], [B | {"abandoned": True, "replaced_by": None}])  # noqa: E731
    made = lambda: state(treasury, [change_of(B)], [B])  # noqa: E731
    diverge(treasury, lambda: state(treasury, [coin(0)]), *((gave_up, made) if ours_gave_up else (made, gave_up)))
    told = treasury.run("git", "merge", "--no-edit", "theirs", ok=(0, 1))
    if told.returncode:
        treasury.git("commit", "-q", "--no-edit")
    assert listed(treasury) == {OUTPOINT}
    balance_is_a_replay(treasury, coin(0))


@pytest.mark.parametrize("confirmed", [True, False])
def test_13_decided_by_what_became_of_the_transaction(treasury: Repo, confirmed: bool) -> None:
    given_up = B | {"abandoned": True}
    diverge(
        treasury,
        lambda: state(treasury, [change_of(B)], [B]),
        lambda: files(treasury, wallet_utxos=[coin(0)], wallet_transactions=[given_up], network_mempool=[]),
        lambda: state(treasury, [change_of(B, label="x")], [mined(B) if confirmed else B | {"label": "rent"}]),
    )
    told = treasury.run("git", "merge", "--no-edit", "theirs", ok=(0, 1))
    if told.returncode:
        treasury.git("commit", "-q", "--no-edit")
    assert listed(treasury) == {f"{B['txid']}:0" if confirmed else OUTPOINT}
    assert transaction(treasury, B["txid"]).get("abandoned", False) is not confirmed
    balance_is_a_replay(treasury, coin(0))


def event(agent: str, event_type: str, minute: int, txid: str | None = None, **more: Any) -> dict[str, Any]:
    return {"timestamp": 1_700_000_000 + minute, "block_height": 100, "event_type": event_type, "txid": txid,
            "amount_sat": None, "fee_sat": None, "note": "", "agent": agent, "outpoints": [OUTPOINT],
            **more}  # fmt: skip


RESERVED = event("ann", "reserve", 1, expires_height=110)


@pytest.mark.parametrize("choice", ["--ours", "--theirs"])
def test_16_reserved_by_one_and_spent_by_another(treasury: Repo, choice: str) -> None:
    diverge(
        treasury,
        lambda: state(treasury, [coin(0)]),
        lambda: state(treasury, [coin(0)], strategy_execution=[RESERVED]),
        lambda: state(treasury, [change_of(B)], [B]),
    )
    said = treasury.run("git", "merge", "theirs", ok=(1,)).stderr
    assert f"reservation: 1.00000000 BTC  {OUTPOINT[:8]}:0: " in said
    assert "  ours    reserved it for ann\n" in said
    treasury.gitbtc("resolve", OUTPOINT, choice)
    treasury.git("commit", "-q", "-m", "settled")
    message = treasury.git("log", "-1", "--format=%B").splitlines()
    if choice == "--ours":
        assert f"Reservation: {OUTPOINT} ann over {B['txid']}" in message
        assert listed(treasury) == {OUTPOINT}
    else:
        assert f"Reservation: {OUTPOINT} {B['txid']} over ann" in message
        assert listed(treasury) == {f"{B['txid']}:0"}
        assert [one["event_type"] for one in records(treasury, "strategy/execution.json", "HEAD")] == [
            "reserve",
            "release",
        ]
    balance_is_a_replay(treasury, coin(0))


def test_16_reserved_by_two(treasury: Repo) -> None:
    diverge(
        treasury,
        lambda: state(treasury, [coin(0)]),
        lambda: state(treasury, [coin(0)], strategy_execution=[RESERVED]),
        lambda: state(treasury, [coin(0)], strategy_execution=[event("bob", "reserve", 2, expires_height=110)]),
    )
    assert "  theirs  reserved it for bob\n" in treasury.run("git", "merge", "theirs", ok=(1,)).stderr
    treasury.gitbtc("resolve", OUTPOINT, "--theirs")
    treasury.git("commit", "-q", "-m", "settled")
    log = records(treasury, "strategy/execution.json", "HEAD")
    assert [one["event_type"] for one in log if one["agent"] == "ann"] == ["reserve", "release"]
    assert [one["event_type"] for one in log if one["agent"] == "bob"] == ["reserve"]


def test_16_who_reserved_it_may_spend_it(treasury: Repo) -> None:
    paid = event("ann", "custom", 3, B["txid"])
    diverge(
        treasury,
        lambda: state(treasury, [coin(0), coin(1)], strategy_execution=[RESERVED]),
        lambda: state(treasury, [coin(0), coin(1, label="x")], strategy_execution=[RESERVED]),
        lambda: state(treasury, [coin(1), change_of(B)], [B], strategy_execution=[RESERVED, paid]),
    )
    treasury.git("merge", "-q", "--no-edit", "theirs")


def test_16_a_reservation_ends_with_its_height(treasury: Repo) -> None:
    def at(height: int, held: list[dict[str, Any]], known: list[dict[str, Any]]) -> None:
        chain = {"network": "regtest", "block_height": height, "block_hash": "aa" * 32, "block_time": 1_700_000_000}
        treasury.write("network/chain.json", json.dumps(chain))
        state(treasury, held, known)

    diverge(
        treasury,
        lambda: at(100, [coin(0)], []),
        lambda: state(treasury, [coin(0)], strategy_execution=[RESERVED]),
        lambda: at(111, [change_of(B)], [B]),
    )
    treasury.git("merge", "-q", "--no-edit", "theirs")


def test_every_word_that_a_merge_says_is_explained(treasury: Repo) -> None:
    from gitbtc.merge.conflict import TYPES
    from gitbtc.spends.rows import ROWS
    from gitbtc.views.conflicts import WHOLE

    words = {*TYPES, *WHOLE, *(row.name for row in ROWS)} - {""}
    listing = treasury.gitbtc("explain").stdout
    for word in words:
        assert word in listing
        assert len(treasury.gitbtc("explain", word).stdout.splitlines()) > 2
    assert "no such type" in treasury.gitbtc("explain", "nothing", ok=(2,)).stderr
