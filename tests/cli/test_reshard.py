"""`gitbtc reshard` and `gitbtc init --shards`: the same records, and every command says the same of them."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from gitbtc.judge.vetted import Vetted
from gitbtc.kinds import codec
from gitbtc.kinds.registry import Kinds, built_in
from tests.conftest import Repo
from tests.layouts import joined
from tests.made_state import branch, chain, change_of, coin, coins, mined, spend, transactions
from tests.prepared import move_config, once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Sandbox

pytestmark = [pytest.mark.one_interpreter, pytest.mark.one_file]  # each chooses its layouts itself

COINS = "wallet/utxos.json"
FIRST, SECOND, THIRD = coin(0, "0a" * 32), coin(1, "a0" * 32, label="rent"), coin(2, "af" * 32)
PAYMENT = mined(spend("pays", FIRST))


@once
def told(repo: Repo) -> None:
    """A coin comes, one is spent, and two branches go on."""
    coins(repo, FIRST, SECOND)
    transactions(repo)
    chain(repo, 110)
    repo.commit("received")
    coins(repo, change_of(PAYMENT), SECOND)
    transactions(repo, PAYMENT)
    repo.commit("paid")
    branch(repo, "agents/a")
    coins(repo, change_of(PAYMENT), SECOND, THIRD)
    repo.commit("more")
    branch(repo, "agents/b")
    coins(repo, change_of(PAYMENT), SECOND | {"label": "tax"})
    repo.commit("named")
    repo.git("checkout", "-q", "main")


def files(repo: Repo, revision: str = "HEAD") -> list[str]:
    return repo.git("ls-tree", "-r", "--name-only", revision, "wallet").splitlines()


def records(repo: Repo, revision: str, path: str = COINS) -> bytes:
    found = {place: repo.run("git", "show", f"{revision}:{place}").stdout.encode() for place in files(repo, revision)}
    return joined(path, found, found.__getitem__)


READ = [
    ("balance",), ("coins",), ("check",), ("why", "0a0a0a0a:0"), ("status",), ("drift",),
    ("validate", "--json", "--rev", "HEAD"),
]  # fmt: skip


def said(repo: Repo) -> list[str]:
    """What commands say of the treasury, without names of commits, and how many files there are."""
    answers = (repo.gitbtc(*words, ok=(0, 1)) for words in READ)
    return [re.sub(r'\b[0-9a-f]{7,40}\b(?!:)|"files": [0-9]+', "", answer.stdout + answer.stderr) for answer in answers]


@pytest.mark.parametrize(("label", "is_vetted"), [("rent", True), ("5d" * 32, False)])
def test_what_was_looked_at_in_one_file_is_not_looked_at_again_in_shards(
    treasury: Repo, label: str, *, is_vetted: bool
) -> None:
    """Whether a hash is a key, other files say: so what has one is looked at each time."""
    treasury.write(COINS, codec.encode_file(built_in("utxos"), [FIRST, SECOND | {"label": label}]))
    treasury.commit("received")
    treasury.gitbtc("reshard", "utxos")
    path = "wallet/utxos/a.json"
    vetted = Vetted(str(treasury.path / ".git/gitbtc"))
    assert vetted.holds(path, treasury.git("rev-parse", f"HEAD:{path}").strip(), built_in("utxos")) is is_vetted


def test_every_command_says_the_same_before_and_after(treasury: Repo) -> None:
    told(treasury)
    before, brought = said(treasury), treasury.git("rev-parse", "--short=8", "HEAD").strip()
    history = treasury.gitbtc("log").stdout
    content = records(treasury, "HEAD")
    assert f"gitbtc: {COINS}: 2 records in 2 shards\n" in treasury.gitbtc("reshard").stdout
    assert files(treasury) == ["wallet/transactions/7.json", "wallet/utxos/7.json", "wallet/utxos/a.json"]
    assert records(treasury, "HEAD") == content
    assert not treasury.git("status", "--porcelain")
    assert treasury.gitbtc("diff", "HEAD~1", "HEAD").stdout.splitlines() == [
        "wallet/transactions.json: lies in one shard now; no record changed",
        "wallet/utxos.json: lies in 2 shards now; no record changed",
    ]
    assert said(treasury) == before
    assert treasury.gitbtc("log").stdout == history
    assert "nothing to do" in treasury.gitbtc("reshard").stdout
    treasury.gitbtc("verify", "HEAD~1..HEAD")
    blamed = treasury.git("blame", "-C", "-C", "--abbrev=7", "wallet/utxos/7.json")
    assert f"{brought} wallet/utxos.json" in blamed
    named = treasury.gitbtc("diff", "--stat", "HEAD~1", "HEAD", "--", COINS).stdout
    assert "wallet/utxos.json | lies in 2 shards now" in named
    across = treasury.gitbtc("diff", "--stat", "HEAD", "agents/b").stdout
    assert "wallet/utxos.json        | lies in one file now; 1 coin changed" in across
    treasury.gitbtc("reshard", "--whole")
    assert records(treasury, "HEAD") == content
    assert treasury.git("rev-parse", "HEAD:wallet") == treasury.git("rev-parse", "HEAD~2:wallet")


def test_a_join_of_heads_that_lie_otherwise_lies_as_the_newest_reshard(treasury: Repo) -> None:
    told(treasury)
    treasury.gitbtc("join", "agents/a", "agents/b", "--into", "plain")
    treasury.git("checkout", "-q", "agents/a")
    treasury.gitbtc("reshard", "utxos", "--digits", "2")
    treasury.gitbtc("join", "agents/a", "agents/b", "--into", "joined")
    assert records(treasury, "joined") == records(treasury, "plain")
    assert [path for path in files(treasury, "joined") if "utxos" in path] == [
        "wallet/utxos/70.json", "wallet/utxos/a0.json", "wallet/utxos/af.json"
    ]  # fmt: skip
    treasury.gitbtc("verify", "main..joined")
    treasury.gitbtc("join", "agents/b", "agents/a", "--into", "turned")
    assert treasury.git("rev-parse", "turned^{tree}") == treasury.git("rev-parse", "joined^{tree}")


def test_what_lies_in_two_layouts_is_put_in_its_place(treasury: Repo) -> None:
    told(treasury)
    treasury.gitbtc("reshard", "utxos", "--digits", "1")
    content = records(treasury, "HEAD")
    treasury.git("mv", "wallet/utxos/a.json", "wallet/utxos/f.json")
    refused = treasury.run("git", "commit", "-q", "-m", "moved", ok=(1,)).stderr
    assert "wallet/utxos/f.json::" in refused
    assert "belongs in a.json; `gitbtc reshard utxos`" in refused
    treasury.git("commit", "-q", "--no-verify", "-m", "moved", ok=(0, 1))
    treasury.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "--allow-empty", "-m", "moved all the same")
    assert "belongs in" in treasury.gitbtc("validate", ok=(1,)).stdout
    assert "gitbtc reshard utxos" in treasury.gitbtc("balance", ok=(1, 3)).stderr
    treasury.gitbtc("reshard", "utxos")
    assert records(treasury, "HEAD") == content


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--whole", "--digits", "2"), "choose one"),
        (("chain",), "no shards of them"),
        (("--digits", "5"), "range"),
    ],
)
def test_what_makes_no_layout_is_refused(treasury: Repo, words: tuple[str, ...], why: str) -> None:
    told(treasury)
    assert why in treasury.gitbtc("reshard", *words, ok=(1, 2)).stderr


def test_records_that_only_lie_otherwise_are_looked_at_for_another_network(treasury: Repo) -> None:
    told(treasury)
    treasury.gitbtc("reshard", "utxos")
    treasury.git("reset", "-q", "--soft", "HEAD~1")
    place = treasury.path / "network/chain.json"
    treasury.write("network/chain.json", place.read_text().replace('"regtest"', '"main"'))
    treasury.git("add", "network/chain.json")
    refused = treasury.run("git", "commit", "-q", "-m", "elsewhere", ok=(1,)).stderr
    assert f"wallet/utxos/a.json::{'a0' * 32}:1: line 2: address must belong to the network of its root" in refused


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"label":"rent"', '"label": "rent"', "wallet/utxos/a.json: not in canonical form"),
        ('"label":"rent"', '"label":5', "wallet/utxos/a.json::"),
        ('"txid":"a0a0', '"txid":"b0a0', "belongs in b.json"),
    ],
)
def test_shards_that_hold_something_else_are_looked_at(treasury: Repo, old: str, new: str, why: str) -> None:
    told(treasury)
    treasury.gitbtc("reshard", "utxos")
    treasury.git("reset", "-q", "--soft", "HEAD~1")
    shard = (treasury.path / "wallet/utxos/a.json").read_text()
    assert old in shard
    oid = treasury.run("git", "hash-object", "-w", "--stdin", stdin=shard.replace(old, new).encode()).stdout.strip()
    treasury.git("update-index", "--cacheinfo", f"100644,{oid},wallet/utxos/a.json")
    assert why in treasury.run("git", "commit", "-q", "-m", "relaid", ok=(1,)).stderr


def test_nothing_else_gets_into_the_commit(treasury: Repo) -> None:
    told(treasury)
    coins(treasury, SECOND)
    assert "commit that first" in treasury.gitbtc("reshard", ok=(3,)).stderr
    assert files(treasury) == ["wallet/transactions.json", COINS]


def test_a_new_treasury_may_begin_in_shards(treasury: Repo) -> None:
    begun = treasury.gitbtc("init", "--shards").stdout
    assert f"{COINS} will lie in shards: wallet/utxos/00.json is the first\n" in begun
    for path in Kinds().sharded():
        assert path in begun
    treasury.commit("begin")
    assert "no coin" in treasury.gitbtc("balance", ok=(0, 1, 3)).stdout or treasury.gitbtc("check").stdout
    assert treasury.gitbtc("validate").stdout == "6 files, 0 records checked: valid\n"
    assert "will lie" not in treasury.gitbtc("init", "--shards").stdout


def test_an_import_brings_the_same_into_shards(treasury: Repo, sandbox: Sandbox, recordings: Path) -> None:
    bring = ("import", "bitcoin-core", "--from")
    treasury.gitbtc(*bring, str(recordings / "0-base"))
    treasury.unexamined("base")
    whole = Repo(sandbox.home / "whole", treasury.env, treasury.clock, treasury.python)
    shutil.copytree(treasury.path, whole.path, symlinks=True)
    move_config(whole, treasury.path)
    treasury.gitbtc("reshard", "--digits", "2")
    said = [repo.gitbtc(*bring, str(recordings / "1-agent-a")).stdout for repo in (whole, treasury)]
    assert said[0].replace(str(whole.path), str(treasury.path)) == said[1]
    kept = {path: whole.read(path) for path in (COINS, "wallet/transactions.json")}
    for repo in (whole, treasury):
        repo.commit("brought")
    assert {path: records(treasury, "HEAD", path) for path in kept} == kept
    assert not any(path.count("/") == 1 and path in kept for path in files(treasury))
