"""What is kept of a large wallet changes no answer, whoever tampered with it, and whatever became of its state."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from tests.made_state import chain, change_of, coin, coins, mined, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

COINS, TRANSACTIONS = "wallet/utxos.json", "wallet/transactions.json"
KINDS = {COINS: built_in("utxos"), TRANSACTIONS: built_in("transactions")}
# Some more than a megabyte.
MANY = [coin(0, hashlib.sha256(str(number).encode()).hexdigest(), block_height=90) for number in range(4_500)]
FIRST, SECOND = coin(0), coin(1)
PAID = mined(spend("paid", FIRST))
PENDING = spend("pending", SECOND)
LOST = spend("lost", coin(2), abandoned=True)


@once
def large(repo: Repo) -> None:
    """A large wallet with a payment in a block, one that was given up, and nothing kept of it."""
    coins(repo, *MANY, SECOND, coin(2), change_of(PAID))
    transactions(repo, PAID, LOST)
    chain(repo, 110)
    repo.unexamined("a large wallet")


@once
def large_in_shards(repo: Repo) -> None:
    """The same in shards."""
    large(repo)
    repo.gitbtc("reshard")


@once
def kept_of(repo: Repo, prepare: Callable[[Repo], None]) -> None:
    """What `prepare` makes, of which something is kept."""
    prepare(repo)
    rename(repo, 0, "first")
    repo.commit("a label")
    assert len(kept(repo)) == 1


@pytest.fixture(params=[large, large_in_shards], ids=["whole", "shards"])
def wallet(request: pytest.FixtureRequest, treasury: Repo) -> Repo:
    """Of which something is kept."""
    kept_of(treasury, request.param)
    return treasury


def kept(repo: Repo) -> list[Path]:
    return [*repo.path.glob(".git/gitbtc/checkpoint-*")]


def edit(repo: Repo, path: str, change: Callable[[list[dict[str, object]]], None]) -> None:
    """Change records where they lie."""
    folder = repo.path / path.removesuffix(".json")
    for place in [*folder.iterdir()] if folder.is_dir() else [repo.path / path]:
        records = json.loads(place.read_bytes())
        before = json.dumps(records)
        change(records)
        if json.dumps(records) != before:
            place.write_bytes(codec.encode_file(KINDS[path], records))
            repo.date(place)


def rename(repo: Repo, number: int, label: str) -> None:
    def change(records: list[dict[str, object]]) -> None:
        for one in records:
            if one["txid"] == MANY[number]["txid"]:
                one["label"] = label

    edit(repo, COINS, change)


def put(repo: Repo, path: str, *records: dict[str, object]) -> None:
    """Put records where they belong: into the shard of their txid, or into the file."""
    for record in records:
        folder = repo.path / path.removesuffix(".json")
        txid = str(record["txid"])
        digits = len(next(folder.iterdir()).stem) if folder.is_dir() else 0
        place = folder / f"{txid[:digits]}.json" if folder.is_dir() else repo.path / path
        held = json.loads(place.read_bytes()) if place.exists() else []
        others = (one for one in held if (one["txid"], one.get("vout")) != (txid, record.get("vout")))
        place.write_bytes(codec.encode_file(KINDS[path], [*others, record]))
        repo.date(place)


# What is put where, and the word of the rule that it breaks.
BROKEN = {
    "a coin that is spent": (COINS, FIRST, "is listed as a coin"),
    "a payment of a spent coin": (TRANSACTIONS, spend("again", FIRST), "is spent by"),
    "a payment whose coin stays": (TRANSACTIONS, PENDING, "is listed as a coin"),
    "on what was given up": (TRANSACTIONS, spend("child", change_of(LOST)), "is abandoned"),
    "a coin of what was given up": (COINS, change_of(LOST), "is abandoned"),
    "another amount": (COINS, change_of(PAID, amount_sat=7), "amount_sat is 7"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_rule_is_broken_with_what_is_kept_as_without(wallet: Repo, what: str) -> None:
    path, record, words = BROKEN[what]
    put(wallet, path, record)
    told_alike(wallet, words)


def test_a_lower_tip_concerns_what_did_not_change(wallet: Repo) -> None:
    chain(wallet, 80)
    told_alike(wallet, "the tip of chain.json is 80")


def told_alike(wallet: Repo, words: str) -> None:
    checked, with_it = checking(wallet, ok=(1,)), refused(wallet)
    kept(wallet)[0].unlink()
    assert refused(wallet) == with_it
    assert checking(wallet, "--all", ok=(1,)) == checked
    assert words in with_it
    assert words in checked


def checking(wallet: Repo, *revision: str, ok: tuple[int, ...] = (0,)) -> str:
    return wallet.gitbtc("check", *revision, ok=ok).stdout


@pytest.mark.parametrize("prepare", [large, large_in_shards])
def test_a_check_of_the_work_tree_keeps_what_it_was_made_from(treasury: Repo, prepare: Callable[[Repo], None]) -> None:
    prepare(treasury)
    for place in kept(treasury):
        place.unlink()
    rename(treasury, 3, "not committed")
    assert checking(treasury) == checking(treasury, "HEAD") == "1 root checked, 0 rules broken\n"
    assert len(kept(treasury)) == 1
    put(treasury, TRANSACTIONS, spend("again", FIRST))
    assert "is spent by" in checking(treasury, ok=(1,))
    assert checking(treasury, "HEAD") == "1 root checked, 0 rules broken\n"


def test_what_a_commit_broke_is_told_of_the_work_tree_again_and_never_kept(wallet: Repo) -> None:
    told = kept(wallet)[0].read_bytes()
    put(wallet, COINS, FIRST)
    wallet.unexamined("wrong")
    rename(wallet, 3, "not committed")
    for revision in ([], ["HEAD"], []):
        assert "is listed as a coin" in checking(wallet, *revision, ok=(1,))
    assert kept(wallet)[0].read_bytes() == told
    kept(wallet)[0].unlink()
    assert "is listed as a coin" in checking(wallet, ok=(1,))
    assert kept(wallet) == []


def test_a_coin_is_told_of_through_what_is_kept_as_without(wallet: Repo) -> None:
    for record in (FIRST, SECOND, coin(2), change_of(LOST), MANY[0]):
        name = f"{record['txid']}:{record['vout']}"
        ok = (0, 1)
        with_it = wallet.gitbtc("why", "--json", name, ok=ok).stdout
        place = kept(wallet)[0]
        content = place.read_bytes()
        place.unlink()
        assert wallet.gitbtc("why", "--json", name, ok=ok).stdout == with_it
        place.write_bytes(content)


def test_a_join_is_the_same_through_what_is_kept_as_without(wallet: Repo) -> None:
    for name in ("one", "two"):
        wallet.git("checkout", "-q", "-b", name, "main")
        put(wallet, TRANSACTIONS, spend(name, SECOND))
        edit(wallet, COINS, lambda records: _drop(records, SECOND))
        wallet.unexamined(name)
    wallet.git("checkout", "-q", "main")
    asked = ("join", "one", "two", "--into", "main", "--dry-run", "--json")
    with_it = wallet.gitbtc(*asked, ok=(1,)).stdout
    kept(wallet)[0].unlink()
    assert wallet.gitbtc(*asked, ok=(1,)).stdout == with_it
    assert "double_spend" in with_it


def refused(wallet: Repo) -> str:
    wallet.git("add", "-A")
    return wallet.run("git", "commit", "-qm", "wrong", ok=(1,)).stderr


def test_what_is_right_goes_on_and_is_kept_again_when_much_has_changed(wallet: Repo) -> None:
    put(wallet, TRANSACTIONS, PENDING)
    edit(wallet, COINS, lambda records: _drop(records, SECOND))
    wallet.commit("pays")
    told = kept(wallet)[0].read_bytes()
    for number in range(60):
        rename(wallet, number, "many")
    wallet.commit("many")
    assert kept(wallet)[0].read_bytes() != told
    put(wallet, TRANSACTIONS, spend("again", SECOND))
    assert "is spent by" in refused(wallet)


def _drop(records: list[dict[str, object]], coin: dict[str, object]) -> None:
    records[:] = [one for one in records if (one["txid"], one["vout"]) != (coin["txid"], coin["vout"])]


def test_the_state_that_is_kept_may_be_gone(wallet: Repo) -> None:
    made = set(wallet.git("rev-list", "--objects", "HEAD~1..HEAD").split())
    wallet.git("reset", "-q", "--hard", "HEAD~1")
    gone = [place for place in wallet.path.glob(".git/objects/??/*") if place.parent.name + place.name in made]
    assert gone
    for place in gone:
        place.unlink()
    rename(wallet, 0, "otherwise")
    wallet.commit("goes on")
    put(wallet, COINS, FIRST)
    assert "is listed as a coin" in refused(wallet)


@pytest.mark.parametrize("damage", ["text", "cut", "empty", "folder"])
def test_a_damaged_file_is_made_anew_or_told(wallet: Repo, damage: str) -> None:
    place = kept(wallet)[0]
    content = place.read_bytes()
    place.unlink()
    if damage == "folder":
        place.mkdir()
    else:
        place.write_bytes({"text": b"nothing\n" * 4096, "cut": content[: len(content) // 2], "empty": b""}[damage])
    put(wallet, COINS, FIRST)
    said = refused(wallet)
    assert "is listed as a coin" in said or "remove it" in said
    wallet.git("reset", "-q", "--hard")
    rename(wallet, 1, "goes on")
    if "remove it" in said:
        place.unlink()
    wallet.commit("goes on")


def test_nothing_of_it_is_left_behind(wallet: Repo) -> None:
    wallet.gitbtc("uninstall")
    assert kept(wallet) == []


def test_another_program_did_not_look(wallet: Repo) -> None:
    with sqlite3.connect(kept(wallet)[0]) as file:
        file.execute("UPDATE told SET value = 'another' WHERE name = 'program'")
        file.execute("DELETE FROM claims")
    put(wallet, TRANSACTIONS, spend("again", FIRST))
    assert "is spent by" in refused(wallet)


def test_a_server_keeps_its_own(wallet: Repo) -> None:
    bare = wallet.path.parent / "server.git"
    wallet.git("init", "-q", "--bare", str(bare))
    wallet.git("push", "-q", "--no-verify", str(bare), "main")
    wallet.gitbtc("install", "--server", cwd=bare)
    rename(wallet, 5, "pushed")
    wallet.unexamined("pushed")
    wallet.git("push", "-q", "--no-verify", str(bare), "main")
    assert [*bare.glob("gitbtc/checkpoint-*")]
    put(wallet, TRANSACTIONS, spend("again", FIRST))
    wallet.unexamined("wrong")
    said = wallet.run("git", "push", "-q", "--no-verify", str(bare), "main", ok=(1,)).stderr
    assert "double_spend" in said
