"""`gitbtc why` on real repositories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.history.wallet import (
    A,
    B,
    commit,
    events,
    funded,
    mined,
    outpoint,
    paid,
    pays,
    settled,
    why,
    without_oids,
)
from tests.made_state import branch, chain, coin, coins, mempool, records, spend, transactions, txid

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

COIN = outpoint(coin(0))


@pytest.mark.both_layouts
def test_the_life_of_a_contested_coin(treasury: Repo) -> None:
    settled(treasury)
    told = without_oids(treasury.gitbtc("why", COIN).stdout).splitlines()
    assert told == [
        f"{COIN}  1.00000000 BTC  bcrt1qh77z…d7pdx0",
        "COMMIT  Ann Auditor  Fund the treasury",
        "  + received at height 100",
        "COMMIT  agent-a  Pay agent-a",
        "  - spent by 61616161, fee 1,000 sat (5.0 sat/vB)",
        "COMMIT  agent-b  Pay agent-b",
        "  - spent by 62626262, fee 1,000 sat (5.0 sat/vB)",
        "COMMIT  Ann Auditor  Merge branch 'agent-b'",
        "  ! contested (double spend), settled for 61616161 over 62626262",
        "  ~ 62626262  replaced by 61616161",
        "now: spent by 61616161, in the mempool",
    ]


def test_a_coin_is_headed_by_its_name_of_today(treasury: Repo) -> None:
    for name in ("rent", "deposit"):
        coins(treasury, coin(0, label=name))
        treasury.commit(name)
    head, *story = treasury.gitbtc("why", COIN).stdout.splitlines()
    assert head.endswith('  "deposit"')
    assert any("rent" in line for line in story)
    coins(treasury)
    transactions(treasury, spend("aa", coin(0)))
    treasury.commit("spent")
    assert treasury.gitbtc("why", COIN).stdout.splitlines()[0] == head


def test_the_life_of_a_coin_that_came_back(treasury: Repo) -> None:
    settled(treasury)
    [told] = why(treasury, outpoint(coin(1)))
    assert [event for _, event, _ in events(told["story"])] == ["received", "spent", "restored", "replaced"]
    assert told["now"] == {
        "state": "unspent", "listed": True, "txids": [], "block_height": 100, "replaced_by": None, "in_mempool": False,
        "reservations": [],
    }  # fmt: skip


def test_the_life_of_a_coin_that_its_transaction_took_along(treasury: Repo) -> None:
    settled(treasury)
    told = treasury.gitbtc("why", f"{B['txid']}:0").stdout
    assert told.splitlines()[-1] == "now: lost, since 62626262 was replaced by 61616161"


def test_a_spend_is_followed_until_it_is_confirmed(treasury: Repo) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    transactions(treasury, mined(A))
    mempool(treasury)
    held = records(treasury, "wallet/utxos.json")
    coins(
        treasury,
        *(one | {"block_height": mined(A)["block_height"]} if one["txid"] == A["txid"] else one for one in held),
    )
    commit(treasury, "Mined")
    told = without_oids(treasury.gitbtc("why", COIN).stdout).splitlines()
    assert told[-3:] == [
        "COMMIT  Ann Auditor  Mined", "  ~ 61616161  confirmed at height 105",
        "now: spent by 61616161, confirmed at height 105",
    ]  # fmt: skip


@pytest.mark.both_layouts
def test_a_replacement_is_told(treasury: Repo) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    bumped = spend("cc", coin(0), fee=9000)
    coins(treasury, coin(1), coin(2, label="savings"), paid(bumped))
    transactions(treasury, A | {"replaced_by": bumped["txid"]}, bumped)
    mempool(treasury)
    commit(treasury, "Bump the fee")
    [told] = why(treasury, COIN)
    assert [(event["event"], event["txid"]) for event in told["story"][-1]["events"]] == [
        ("claimed", bumped["txid"]), ("replaced", A["txid"])
    ]  # fmt: skip
    assert (told["now"]["state"], told["now"]["txids"]) == ("spent", [bumped["txid"]])


def test_reservations_are_told_while_they_hold(treasury: Repo) -> None:
    funded(treasury)
    treasury.gitbtc("reserve", COIN, "--blocks", "10", "--agent", "bot")
    commit(treasury, "Reserve")
    assert treasury.gitbtc("why", COIN).stdout.splitlines()[-2:] == [
        "now: unspent, confirmed at height 100", "reserved by bot until block 120"
    ]  # fmt: skip
    chain(treasury, 121)
    commit(treasury, "Blocks")
    assert treasury.gitbtc("why", COIN).stdout.splitlines()[-1] == "now: unspent, confirmed at height 100"
    [told] = why(treasury, COIN, "--rev", "HEAD~1")
    assert told["now"]["reservations"] == [{"agent": "bot", "expires_height": 120}]
    assert [event for _, event, _ in events(told["story"])] == ["received", "reserved"]


def test_what_was_attributed_later_is_told(treasury: Repo) -> None:
    funded(treasury)
    coins(treasury, coin(1), coin(2, label="savings"))
    commit(treasury, "Gone")
    transactions(treasury, A)
    commit(treasury, "By whom")
    [told] = why(treasury, COIN)
    assert events(told["story"])[1:] == [("Gone", "removed", "fund:0"), ("By whom", "claimed", "fund:0")]


def test_a_label_and_a_wrong_amount(treasury: Repo) -> None:
    funded(treasury)
    coins(treasury, coin(0, label="rent"), coin(1), coin(2, label="savings"))
    commit(treasury, "Name it")
    coins(treasury, coin(0, label="rent", amount_sat=1), coin(1), coin(2, label="savings"))
    commit(treasury, f"Mend\n\nData-Error: {COIN} theirs", hooks=False)
    told = without_oids(treasury.gitbtc("why", COIN).stdout).splitlines()
    assert told[3:] == [
        "COMMIT  Ann Auditor  Name it", '  ~ label null → "rent"',
        "COMMIT  Ann Auditor  Mend", "  ! contested (data error), settled: theirs",
        "  ~ amount_sat 1.00000000 BTC → 0.00000001 BTC",
        "now: unspent, confirmed at height 100",
    ]  # fmt: skip


def test_a_settled_reservation_names_the_agents(treasury: Repo) -> None:
    funded(treasury)
    commit(treasury, f"Merge\n\nReservation: {COIN} Agent%20A over bot and {A['txid']}")
    told = treasury.gitbtc("why", COIN).stdout
    assert '  ! contested (reservation), settled for "Agent A" over bot and 61616161' in told


def test_a_rewrite_is_told_where_it_concerns_the_coin(treasury: Repo) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    coins(treasury, coin(0), coin(1), coin(2, label="savings"))
    transactions(treasury)
    mempool(treasury)
    commit(treasury, "Undo\n\nGitbtc-Rewrite: it was never signed", hooks=False)
    told = without_oids(treasury.gitbtc("why", COIN).stdout)
    assert (
        '  ! records rewritten on purpose: "it was never signed"\n  + a coin again, which 61616161 had spent\n' in told
    )
    assert "rewritten" not in treasury.gitbtc("why", outpoint(coin(1))).stdout


@pytest.mark.parametrize("asked", [COIN, "f0f0f0f0…:0", "f0f0f0f0:0", "F0F0:0"])
def test_an_outpoint_may_be_cut_short(treasury: Repo, asked: str) -> None:
    funded(treasury)
    [told] = why(treasury, asked)
    assert told["outpoint"] == COIN


def test_a_transaction_alone_means_all_its_outputs_that_were_coins(treasury: Repo) -> None:
    funded(treasury)
    assert [told["outpoint"] for told in why(treasury, "f0f0")] == [outpoint(coin(vout)) for vout in range(3)]


def test_an_abbreviation_that_means_several_transactions_names_them(treasury: Repo) -> None:
    coins(treasury, *(coin(0, f"abcd{number:060x}") for number in range(12)))
    commit(treasury, "Many")
    said = treasury.gitbtc("why", "abcd:0", ok=(2,)).stderr
    assert said.startswith("gitbtc: abcd:0: several coins begin like this:\n  abcd0000")
    assert said.splitlines()[-1] == "  and 2 more"
    assert len(said.splitlines()) == 12


@pytest.mark.parametrize("asked", [f"{txid('zz')}:0", f"{coin(0)['txid']}:9", txid("zz")])
def test_a_coin_that_was_never_listed_is_told_as_such(treasury: Repo, asked: str) -> None:
    funded(treasury)
    done = treasury.gitbtc("why", asked, ok=(1,))
    assert (done.stdout, done.stderr) == ("", f"gitbtc: {asked}: no commit of this history lists such a coin\n")


@pytest.mark.parametrize("arguments", [["nonsense"], ["f0f"], [], [COIN, COIN], [f"{COIN}x"]])
def test_what_is_no_outpoint_is_wrong_usage(treasury: Repo, arguments: list[str]) -> None:
    assert treasury.gitbtc("why", *arguments, ok=(2,)).stderr


def test_no_such_revision(treasury: Repo) -> None:
    assert "no such revision" in treasury.gitbtc("why", COIN, "--rev", "nonsense", ok=(2,)).stderr


def test_a_coin_is_told_as_of_a_revision(treasury: Repo) -> None:
    settled(treasury)
    [told] = why(treasury, COIN, "--rev", "agent-b")
    assert told["now"]["txids"] == [B["txid"]]
    assert len(told["story"]) == 2


def test_a_shallow_clone_does_not_pretend(treasury: Repo, sandbox: Sandbox) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    treasury.git("clone", "-q", "--depth", "1", f"file://{treasury.path}", str(sandbox.home / "shallow"))
    told = treasury.gitbtc("why", outpoint(coin(1)), cwd=sandbox.home / "shallow").stdout
    assert "  + listed already where the history is cut\n" in told
    assert told.splitlines()[-1].startswith("history is cut at ")
    said = treasury.gitbtc("why", COIN, cwd=sandbox.home / "shallow", ok=(1,)).stderr
    assert "no commit of what a shallow clone holds of this history lists such a coin" in said


def test_a_bare_repository(treasury: Repo, sandbox: Sandbox) -> None:
    settled(treasury)
    treasury.git("clone", "-q", "--bare", str(treasury.path), str(sandbox.home / "bare.git"))
    there = treasury.gitbtc("why", "f0f0", cwd=sandbox.home / "bare.git").stdout
    assert there == treasury.gitbtc("why", "f0f0").stdout


def test_a_last_commit_that_does_not_parse_is_not_guessed_at(treasury: Repo) -> None:
    funded(treasury)
    treasury.write("wallet/transactions.json", f'[\n{{"inputs":5,"txid":"{A["txid"]}"}}\n]\n')
    commit(treasury, "Misshapen", hooks=False)
    told = treasury.gitbtc("why", COIN).stdout
    assert told.splitlines()[-1] == "now: not known, since a state file of the last commit does not parse"
    assert json.loads(treasury.gitbtc("why", "--json", COIN).stdout)["gitbtc.why/v1"]["coins"][0]["now"] is None


def test_one_file_in_two_roots_is_two_lives(treasury: Repo) -> None:
    for root in ("one", "two"):
        treasury.write(f"{root}/wallet/utxos.json", json.dumps([coin(0)]))
    commit(treasury, "Two wallets")
    assert [told["root"] for told in why(treasury, COIN)] == ["one", "two"]
    assert treasury.gitbtc("why", COIN).stdout.startswith(f"one: {COIN}  1.00000000 BTC")


@pytest.mark.one_file
def test_files_in_another_layout_are_read_too(treasury: Repo) -> None:
    (treasury.path / ".gitattributes").unlink()
    treasury.git("config", "--unset-all", "include.path", ok=(0, 5))
    treasury.write("wallet/utxos.json", json.dumps([coin(0)], indent=2))
    commit(treasury, "Loose", hooks=False)
    treasury.write("wallet/utxos.json", "[ ]")
    commit(treasury, "Gone", hooks=False)
    assert b"\n  {" in treasury.git("show", "HEAD~1:wallet/utxos.json").encode()
    assert [event for _, event, _ in events(why(treasury, COIN)[0]["story"])] == ["received", "removed"]


def test_branches_that_tell_nothing_of_the_coin_are_not_in_its_story(treasury: Repo) -> None:
    funded(treasury)
    branch(treasury, "other")
    coins(treasury, coin(0), coin(1), coin(2, label="cold"))
    commit(treasury, "Something else")
    assert [one["subject"] for one in why(treasury, COIN)[0]["story"]] == ["Fund the treasury"]
