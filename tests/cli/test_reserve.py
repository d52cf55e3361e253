"""`gitbtc reserve`, `gitbtc release` and `gitbtc reservations` in a work tree."""

from __future__ import annotations

import json
import secrets
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import base58
from tests.made_state import FUNDING, branch, chain, coin, coins, put, records, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

LOG = "strategy/execution.json"
COINS = [f"{FUNDING}:{vout}" for vout in range(4)]


@pytest.fixture
def wallet(treasury: Repo) -> Repo:
    """Three coins, one of them a young coinbase output, at block 150."""
    _fund(treasury)
    return treasury


@once
def _fund(repo: Repo) -> None:
    coins(repo, coin(0), coin(1), coin(2, coinbase=True, block_height=100))
    chain(repo, 150)
    repo.unexamined("base")


def test_who_reserves_a_frozen_coin_is_told(wallet: Repo) -> None:
    coins(wallet, {**coin(0), "spendable": False}, coin(1))
    said = reserve(wallet, COINS[0], COINS[1])
    assert f"{COINS[0]} is frozen" in said
    assert f"{COINS[1]} is frozen" not in said
    frozen = [{"type": "output", "ref": ref, "spendable": False} for ref in (COINS[1], COINS[3])]
    wallet.write("wallet/labels.jsonl", "".join(json.dumps(row) + "\n" for row in frozen))
    said = reserve(wallet, COINS[1])
    assert f"{COINS[1]} is frozen" in said
    assert COINS[3] not in said


def listed(repo: Repo, *arguments: str) -> list[dict[str, Any]]:
    told = repo.gitbtc("reservations", "--json", *arguments).stdout
    found: list[dict[str, Any]] = json.loads(told)["gitbtc.reservations/v1"]["reservations"]
    return found


def reserve(repo: Repo, *arguments: str, agent: str = "ann", blocks: int = 10, ok: tuple[int, ...] = (0,)) -> str:
    done = repo.gitbtc("reserve", *arguments, "--blocks", str(blocks), "--agent", agent, ok=ok)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def refused(repo: Repo, *arguments: str, status: int = 1, agent: str = "ann") -> str:
    """What a reservation that is refused says; nothing was written."""
    log = repo.path / LOG
    before = log.read_bytes() if log.is_file() else None
    said = reserve(repo, *arguments, agent=agent, ok=(status,))
    assert (log.read_bytes() if log.is_file() else None) == before
    assert repo.git("status", "--porcelain", "--", LOG) == "" or before is not None
    return said


def test_a_reservation_is_an_event_in_the_work_tree_and_not_committed(wallet: Repo) -> None:
    said = reserve(wallet, COINS[1], COINS[0], "--note", "pay the rent")
    assert "ann reserved 2 coins (3.00000000 BTC) until block 160, 10 blocks from block 150" in said
    assert f"{LOG} is written, and not committed" in said
    (event,) = records(wallet, LOG)
    assert event.pop("timestamp") > 0
    assert event == {
        "agent": "ann", "amount_sat": None, "block_height": 150, "event_type": "reserve", "expires_height": 160,
        "fee_sat": None, "note": "pay the rent", "outpoints": COINS[:2], "seq": 1, "txid": None,
    }  # fmt: skip
    assert wallet.git("status", "--porcelain").strip() == "?? strategy/"
    written = wallet.read(LOG)
    wallet.commit("reserved")
    assert wallet.git("show", f"HEAD:{LOG}").encode() == written  # it was canonical already
    assert wallet.git("status", "--porcelain") == ""


def test_what_the_log_held_stays_in_it(wallet: Repo) -> None:
    event = {"timestamp": 1, "block_height": None, "event_type": "custom", "txid": None, "amount_sat": None,
             "fee_sat": None, "note": "é"}  # fmt: skip
    put(wallet, LOG, event, event | {"timestamp": 2**40})
    reserve(wallet, COINS[0])
    assert [one["event_type"] for one in records(wallet, LOG)] == ["custom", "reserve", "custom"]
    assert records(wallet, LOG)[0] == event


@pytest.mark.both_layouts
def test_one_of_two_agents_gets_the_coin(wallet: Repo) -> None:
    reserve(wallet, COINS[0])
    assert f"{COINS[0]} is reserved by ann until block 160" in refused(wallet, COINS[0], agent="bob")
    chain(wallet, 160)
    refused(wallet, COINS[0], agent="bob")
    chain(wallet, 161)
    reserve(wallet, COINS[0], agent="bob")
    assert [row["agent"] for row in listed(wallet)] == ["bob"]


def test_reserving_again_extends(wallet: Repo) -> None:
    reserve(wallet, COINS[0])
    chain(wallet, 155)
    reserve(wallet, COINS[0], blocks=20)
    reserve(wallet, COINS[0], blocks=30)
    assert [(row["expires_height"], row["blocks_left"]) for row in listed(wallet)] == [(185, 30)]
    times = [event["timestamp"] for event in records(wallet, LOG)]
    assert times == sorted(set(times))


def test_all_coins_or_none(wallet: Repo) -> None:
    said = refused(wallet, COINS[0], COINS[3])
    assert f"{COINS[3]} is not listed in wallet/utxos.json" in said
    assert "nothing was reserved" in said


def test_a_coin_that_is_spent_or_immature_is_refused(wallet: Repo) -> None:
    assert f"{COINS[2]} is a coinbase output, which block 200" in refused(wallet, COINS[2])
    spending = spend("aa", coin(0))
    coins(wallet, coin(1))
    transactions(wallet, spending)
    assert f"{COINS[0]} is spent by {spending['txid']}" in refused(wallet, COINS[0])


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), (f"{FUNDING}:01",), (f"{FUNDING}:4294967296",), (FUNDING,), (COINS[0], COINS[0])],
)
def test_a_malformed_or_repeated_outpoint_is_wrong_usage(wallet: Repo, arguments: tuple[str, ...]) -> None:
    refused(wallet, *arguments, status=2)


SHORT = [f"{FUNDING[:8]}:0", f"{FUNDING[:4]}…:0", f"{FUNDING[:5].upper()}...:0"]


@pytest.mark.parametrize("name", SHORT)
def test_an_outpoint_may_be_cut_short(wallet: Repo, name: str) -> None:
    assert "ann reserved 1 coin (1.00000000 BTC)" in reserve(wallet, name)
    assert [row["outpoint"] for row in listed(wallet)] == COINS[:1]
    assert "1 coin" in wallet.gitbtc("release", name, "--agent", "ann").stdout
    assert listed(wallet) == []


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["abcd:0"], f"several coins begin like this:\n  {'abcd' + '0' * 60}:0\n  {'abcd' + '1' * 60}:0"),
        (["ffff:0"], "no coin that is listed here begins like this"), ([SHORT[0], COINS[0]], "named twice"),
        ([f"{FUNDING[:3]}:0"], "at least the first four digits"), ([FUNDING[:8]], "which of its outputs"),
    ],
)  # fmt: skip
def test_a_short_name_that_means_no_coin_or_two_is_wrong_usage(wallet: Repo, names: list[str], told: str) -> None:
    coins(wallet, coin(0), *(coin(0, "abcd" + digit * 60) for digit in "01"))
    assert told in refused(wallet, *names, status=2)
    assert told in wallet.gitbtc("release", *names, "--agent", "ann", ok=(2,)).stderr


def test_of_two_coins_that_begin_alike_the_reserved_one_is_released(wallet: Repo) -> None:
    alike = ["abcd" + digit * 60 for digit in "01"]
    coins(wallet, *(coin(0, txid) for txid in alike))
    reserve(wallet, f"{alike[1]}:0")
    wallet.gitbtc("release", "abcd:0", "--agent", "ann")
    assert listed(wallet) == []


def test_coins_that_do_not_parse_are_told_and_not_searched(wallet: Repo) -> None:
    wallet.write("wallet/utxos.json", "[\n<<<<<<<\n]\n")
    assert "does not parse" in refused(wallet, SHORT[0], status=3)


@pytest.mark.parametrize("blocks", ["0", "-1", "1.5", "many"])
def test_blocks_are_counted(wallet: Repo, blocks: str) -> None:
    wallet.gitbtc("reserve", COINS[0], "--blocks", blocks, ok=(2,))


def test_without_a_chain_the_height_has_to_be_given(wallet: Repo) -> None:
    (wallet.path / "network/chain.json").unlink()
    said = refused(wallet, COINS[0])
    assert "network/chain.json" in said
    assert "gitbtc import" in said
    assert "--at" in said
    reserve(wallet, COINS[0], "--at", "700")
    assert [(row["expires_height"], row["blocks_left"], row["holds"]) for row in listed(wallet)] == [(710, None, True)]


def test_a_height_that_is_given_may_be_ahead_of_the_chain_and_not_behind(wallet: Repo) -> None:
    assert "is at block 150 already" in refused(wallet, COINS[0], "--at", "149", status=2)
    reserve(wallet, COINS[0], "--at", "155")
    assert [row["expires_height"] for row in listed(wallet)] == [165]


def test_release_frees_the_coin_for_another_agent(wallet: Repo) -> None:
    reserve(wallet, *COINS[:2])
    assert "bob" in wallet.gitbtc("release", COINS[0], "--agent", "bob", ok=(1,)).stderr
    assert "1 coin" in wallet.gitbtc("release", COINS[0], "--agent", "ann").stdout
    reserve(wallet, COINS[0], agent="bob")
    assert {row["outpoint"]: row["agent"] for row in listed(wallet)} == {COINS[0]: "bob", COINS[1]: "ann"}
    before = wallet.read(LOG)
    said = wallet.gitbtc("release", COINS[1], COINS[0], "--agent", "ann", ok=(1,)).stderr
    assert f"{COINS[0]} is not reserved by ann" in said
    assert wallet.read(LOG) == before


def test_a_spent_coin_and_an_expired_reservation_can_be_released(wallet: Repo) -> None:
    reserve(wallet, COINS[0])
    coins(wallet, coin(1))
    chain(wallet, 900)
    wallet.gitbtc("release", COINS[0], "--agent", "ann")
    assert listed(wallet, "--all") == []


def test_the_agent_is_named_or_configured(wallet: Repo) -> None:
    wallet.gitbtc("reserve", COINS[0], "--blocks", "1")
    assert [row["agent"] for row in listed(wallet)] == ["Ann Auditor"]
    wallet.git("config", "gitbtc.agent", "robot")
    assert "Ann Auditor" in wallet.gitbtc("reserve", COINS[0], "--blocks", "1", ok=(1,)).stderr
    wallet.gitbtc("reserve", COINS[1], "--blocks", "1")
    assert [row["agent"] for row in listed(wallet)] == ["Ann Auditor", "robot"]


def test_the_environment_names_the_agent_and_blanks_are_no_part_of_a_name(wallet: Repo) -> None:
    wallet.git("config", "gitbtc.agent", "robot")
    wallet.gitbtc("reserve", COINS[0], "--blocks", "1", env={"GITBTC_AGENT": " ada\u00a0"})
    wallet.gitbtc("reserve", COINS[1], "--blocks", "1", "--agent", "ada ")
    assert [row["agent"] for row in listed(wallet)] == ["ada", "ada"]


def test_work_trees_of_one_clone_are_agents_of_their_own(wallet: Repo) -> None:
    for number, options in enumerate((["-b", "agents/ada"], ["--detach"])):
        folder = wallet.path.parent / f"tree{number}"
        wallet.git("worktree", "add", "-q", *options, str(folder))
        wallet.gitbtc("reserve", COINS[number], "--blocks", "1", cwd=folder)
        [row] = json.loads((folder / "strategy/execution.json").read_text())
        assert row["agent"] == ("ada", "tree1")[number]


def test_what_is_of_one_work_tree_alone_names_its_agent_before_what_all_of_them_share(wallet: Repo) -> None:
    """A shared name is last, or two work trees of one clone would be one agent."""
    wallet.git("config", "gitbtc.agent", "shared")
    wallet.git("config", "extensions.worktreeConfig", "true")
    names = {"agents/ada/fees": "ada", "topic": "shared", "agents/bob": "carol"}
    for number, (on, expected) in enumerate(names.items()):
        folder = wallet.path.parent / f"tree{number}"
        wallet.git("worktree", "add", "-q", "-b", on, str(folder))
        if expected == "carol":
            wallet.run("git", "config", "--worktree", "gitbtc.agent", "carol", cwd=folder)
        wallet.gitbtc("reserve", COINS[0], "--blocks", "1", cwd=folder)
        [row] = json.loads((folder / "strategy/execution.json").read_text())
        assert row["agent"] == expected


def test_a_name_that_all_agents_of_a_person_have_is_told(wallet: Repo) -> None:
    assert '"Ann Auditor" is user.name here' in wallet.gitbtc("reserve", COINS[0], "--blocks", "1").stderr
    assert not wallet.gitbtc("reserve", COINS[1], "--blocks", "1", "--agent", "Ann Auditor").stderr


@pytest.mark.parametrize("agent", ["", "  ", "a\nb", "a\u202eb", "\x1b[31m", "x" * 256])
def test_a_name_that_is_none_is_wrong_usage(wallet: Repo, agent: str) -> None:
    refused(wallet, COINS[0], agent=agent, status=2)


def test_nobody_is_asked_to_be_nobody(wallet: Repo) -> None:
    (wallet.path.parent / ".gitconfig").write_text("[user]\n\temail = x@example.com\n")
    said = wallet.gitbtc("reserve", COINS[0], "--blocks", "1", ok=(2,)).stderr
    assert "git config gitbtc.agent" in said


def test_a_private_key_is_not_written_and_not_shown(wallet: Repo) -> None:
    key = base58.encode_check(b"\xef" + secrets.token_bytes(32) + b"\x01")
    for arguments, agent in (((COINS[0], "--note", f"use {key}"), "ann"), ((COINS[0],), key)):
        said = refused(wallet, *arguments, agent=agent)
        assert "WIF" in said
        assert key not in said


# -- roots -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_roots(treasury: Repo) -> Repo:
    for root, held in (("hot", [coin(0), coin(1)]), ("cold/deep", [coin(1), coin(2)])):
        put(treasury, f"{root}/wallet/utxos.json", *held)
        tip = {"network": "regtest", "block_height": 150, "block_hash": "0" * 64, "block_time": 1}
        treasury.write(f"{root}/network/chain.json", json.dumps(tip))
    treasury.unexamined("two roots")
    return treasury


def test_the_root_is_the_one_that_lists_the_coin(two_roots: Repo) -> None:
    assert f"hot/{LOG} is written" in reserve(two_roots, COINS[0])
    assert f"cold/deep/{LOG} is written" in reserve(two_roots, COINS[2])
    assert f"hot/{LOG} is written" in reserve(two_roots, COINS[0], COINS[1])
    assert "no root lists it" in refused(two_roots, COINS[3])


def test_an_ambiguous_root_has_to_be_named(two_roots: Repo) -> None:
    for chosen in ([COINS[1]], [COINS[0], COINS[2]]):
        assert "--root" in refused(two_roots, *chosen, status=2)
    assert f"cold/deep/{LOG} is written" in reserve(two_roots, COINS[1], "--root", "cold/deep")
    assert "no state file" in refused(two_roots, COINS[1], "--root", "cold", status=2)
    assert "outside" in refused(two_roots, COINS[1], "--root", "..", status=2)
    assert "cold/deep" in two_roots.gitbtc("reservations").stdout
    two_roots.gitbtc("release", COINS[1], "--agent", "ann")
    assert listed(two_roots) == []


def test_a_root_is_seen_from_the_current_folder(two_roots: Repo) -> None:
    two_roots.gitbtc("reserve", COINS[1], "--blocks", "1", "--root", "deep", cwd=two_roots.path / "cold")
    assert [row["root"] for row in listed(two_roots)] == ["cold/deep"]


# -- what must not be lost ---------------------------------------------------------------------------------------------


def test_agents_that_reserve_at_once_in_one_work_tree_lose_no_event(wallet: Repo) -> None:
    coins(wallet, *(coin(vout) for vout in range(8)))
    program = [wallet.python, "-E", "-P", "-m", "gitbtc", "reserve", "--blocks", "5"]
    started = [
        subprocess.Popen([*program, f"{FUNDING}:{vout}", "--agent", agent], cwd=wallet.path, env=wallet.env,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for vout in range(4) for agent in ("ann", "bob")
    ]  # fmt: skip
    assert sorted(process.wait() for process in started) == [0] * 4 + [1] * 4
    assert sorted(row["outpoint"] for row in listed(wallet)) == COINS


@pytest.mark.one_file
@pytest.mark.parametrize("content", ["[\n<<<<<<< ours\n", "{}", '[{"a":1}]', "[1]", '[{"timestamp":1}]'])
def test_a_log_that_does_not_parse_is_left_alone(wallet: Repo, content: str) -> None:
    wallet.write(LOG, content)
    assert LOG in refused_here(wallet)
    assert wallet.read(LOG).decode() == content


def refused_here(repo: Repo) -> str:
    said = reserve(repo, COINS[0], ok=(3,))
    assert "a bug of gitbtc" not in said
    assert "a bug of gitbtc" not in repo.gitbtc("reservations", ok=(0, 3)).stderr
    return said


def test_records_of_the_wrong_shape_are_named(wallet: Repo) -> None:
    reserve(wallet, COINS[0])
    (event,) = records(wallet, LOG)
    for wrong in ({"agent": ["bob"]}, {"expires_height": "x"}, {"outpoints": 5}, {"outpoints": [5]}):
        put(wallet, LOG, event | wrong)
        assert "validate" in refused_here(wallet)
    put(wallet, LOG)
    coins(wallet, coin(0, coinbase=True, block_height="x"))
    assert "validate" in refused_here(wallet)


def test_a_log_that_is_a_link_or_ignored_is_refused(wallet: Repo) -> None:
    elsewhere = wallet.write("elsewhere.json", "[]\n")
    (wallet.path / "strategy").mkdir()
    (wallet.path / LOG).symlink_to(elsewhere)
    assert "symbolic link" in refused_here(wallet)
    (wallet.path / LOG).unlink()
    (wallet.path / "strategy").rename(wallet.path / "inside")
    (wallet.path / "strategy").symlink_to("inside")
    assert "strategy leads out of this work tree" in refused_here(wallet)
    assert not [*(wallet.path / "inside").iterdir()]
    (wallet.path / "strategy").unlink()
    wallet.write(".gitignore", "strategy/\n")
    assert "ignores" in refused_here(wallet)
    assert elsewhere.read_text() == "[]\n"


def test_a_log_that_cannot_be_written_says_so(wallet: Repo) -> None:
    wallet.write("strategy", "a file in the folder's place")
    assert LOG in refused_here(wallet)


def test_outside_of_a_repository_there_is_nothing_to_reserve(wallet: Repo) -> None:
    for command in (("reserve", COINS[0], "--blocks", "1"), ("release", COINS[0]), ("reservations",)):
        assert "Traceback" not in wallet.gitbtc(*command, cwd=wallet.path.parent, ok=(3,)).stderr


# -- listing -----------------------------------------------------------------------------------------------------------


def test_the_list_says_who_which_coin_how_much_and_for_how_long(wallet: Repo) -> None:
    reserve(wallet, COINS[0], "--note", "rent")
    line = f'{COINS[0][:8]}:0, 1.00000000 BTC, ann, until block 160 (10 blocks left): "rent"\n'
    assert wallet.gitbtc("reservations").stdout == line
    wallet.commit("reserved")
    wallet.gitbtc("release", COINS[0], "--agent", "ann")
    assert wallet.gitbtc("reservations").stdout == "gitbtc: nothing is reserved\n"
    assert wallet.gitbtc("reservations", "HEAD").stdout == line
    assert "no such revision" in wallet.gitbtc("reservations", "nowhere", ok=(2,)).stderr


def test_expired_ones_are_listed_on_demand(wallet: Repo) -> None:
    reserve(wallet, COINS[0])
    chain(wallet, 161)
    assert wallet.gitbtc("reservations").stdout == "gitbtc: nothing is reserved\ngitbtc: 1 expired; --all lists them\n"
    assert "(expired)" in wallet.gitbtc("reservations", "--all").stdout
    assert [(row["holds"], row["blocks_left"]) for row in listed(wallet, "--all")] == [(False, 0)]


def test_a_reserved_coin_that_is_spent_says_by_what(wallet: Repo) -> None:
    reserve(wallet, COINS[0])
    spending = spend("aa", coin(0))
    coins(wallet, coin(1))
    transactions(wallet, spending)
    assert f"spent by {spending['txid'][:8]}" in wallet.gitbtc("reservations").stdout
    assert [(row["amount_sat"], row["spent_by"]) for row in listed(wallet)] == [(None, spending["txid"])]


def test_a_note_cannot_rewrite_the_terminal(wallet: Repo) -> None:
    reserve(wallet, COINS[0])
    (event,) = records(wallet, LOG)
    put(wallet, LOG, event | {"note": "\x1b[2J\u202ex", "agent": "\x1b[31mbob"})
    said = wallet.gitbtc("reservations").stdout
    assert "\x1b" not in said
    assert "\u202e" not in said


@pytest.mark.own_interpreters
def test_reservations_of_two_branches_are_united(wallet: Repo) -> None:
    branch(wallet, "theirs")
    reserve(wallet, COINS[1], agent="bob")
    wallet.commit("bob")
    wallet.git("checkout", "-q", "main")
    reserve(wallet, COINS[0])
    wallet.commit("ann")
    wallet.git("merge", "-q", "theirs")
    assert {row["outpoint"]: row["agent"] for row in listed(wallet, "HEAD")} == {COINS[0]: "ann", COINS[1]: "bob"}


def test_uninstalling_takes_what_the_commands_left_too(treasury: Repo) -> None:
    coins(treasury, coin(0))
    chain(treasury, 100)
    treasury.commit("base")
    treasury.gitbtc("reserve", f"{coin(0)['txid']}:0", "--blocks", "3", "--agent", "ann")
    assert (treasury.path / ".git/gitbtc/reserving.lock").exists()
    treasury.gitbtc("uninstall")
    assert not (treasury.path / ".git/gitbtc").exists()
