"""Merges whose sides have the same records in different layouts: the records decide, and lie as ours has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds.registry import Kinds
from tests.layouts import joined
from tests.made_state import WITHOUT_GITBTC, chain, coin, mined, spend
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

COINS, TRANSACTIONS = "wallet/utxos.json", "wallet/transactions.json"
# Of three shards of one digit, and of four of two.
BEFORE = [coin(0, "a0" * 32), coin(1, "af" * 32), coin(2, "b0" * 32), coin(3, "c0" * 32)]
NEW = coin(4, "d0" * 32)
WHOLE, ONE, TWO = "--whole", "1", "2"


def files(repo: Repo, path: str, revision: str = "HEAD") -> list[str]:
    """The files in which the records at `path` lie."""
    listed = repo.git("ls-tree", "-r", "--name-only", revision).splitlines()
    return [place for place in listed if Kinds().whole(place) == path]


def lying(repo: Repo, path: str, revision: str = "HEAD") -> list[dict[str, Any]]:
    """The records at `path`, however they lie; refused where they do not lie in one way."""
    found = {
        place: repo.run("git", "show", f"{revision}:{place}").stdout.encode() for place in files(repo, path, revision)
    }
    content: list[dict[str, Any]] = json.loads(joined(path, found, found.__getitem__))
    return content


def put(repo: Repo, *records: dict[str, Any]) -> None:
    """Have the coins be these, lying as they do."""
    there = files(repo, COINS)
    for place in there:
        shard = place.removeprefix("wallet/utxos/").removesuffix(".json")
        own = [one for one in records if place == COINS or one["txid"].startswith(shard)]
        (repo.path / place).write_text(json.dumps(own))
    for one in [] if there == [COINS] else records:
        digits = len(there[0]) - len("wallet/utxos/.json")
        place = f"wallet/utxos/{one['txid'][:digits]}.json"
        if place not in there:
            others = [two for two in records if two["txid"][:digits] == one["txid"][:digits]]
            (repo.path / place).write_text(json.dumps(others))


def reshard(repo: Repo, layout: str) -> None:
    repo.gitbtc("reshard", "utxos", *([layout] if layout == WHOLE else ["--digits", layout]))


@once
def begun(repo: Repo, layout: str) -> None:
    (repo.path / "wallet").mkdir()
    (repo.path / COINS).write_text(json.dumps(BEFORE))
    chain(repo, 110)
    repo.commit("begin")
    if layout != WHOLE:
        reshard(repo, layout)
    repo.git("branch", "theirs")


def labelled(one: dict[str, Any], label: str) -> dict[str, Any]:
    return one | {"label": label}


# The layouts of the base, of ours and of theirs.
ACROSS = [
    (WHOLE, ONE, WHOLE), (WHOLE, WHOLE, ONE), (WHOLE, ONE, TWO), (WHOLE, ONE, ONE), (ONE, WHOLE, ONE), (ONE, ONE, TWO),
    (TWO, ONE, WHOLE), (ONE, TWO, WHOLE), (ONE, WHOLE, WHOLE),
]  # fmt: skip


def parted(repo: Repo, layouts: tuple[str, str, str], ours: list[Any], theirs: list[Any]) -> None:
    """Two branches from one commit, each with its layout and its records; the work tree is that of ours."""
    base, one, other = layouts
    begun(repo, base)
    for branch, layout, coins in (("theirs", other, theirs), ("main", one, ours)):
        repo.git("checkout", "-q", branch)
        if layout != base:
            reshard(repo, layout)
        put(repo, *coins)
        repo.git("add", "-A")
        repo.git("commit", "-q", "--allow-empty", "-m", f"on {branch}")


@pytest.mark.parametrize("layouts", ACROSS, ids="-".join)
def test_what_both_sides_did_is_merged_and_lies_as_ours(treasury: Repo, layouts: tuple[str, str, str]) -> None:
    a, b, c, d = BEFORE
    parted(treasury, layouts, [labelled(a, "rent"), b, c, d], [a, labelled(b, "fees"), c, labelled(d, "tax"), NEW])
    before = files(treasury, COINS)
    treasury.gitbtc("merge", "theirs")
    assert lying(treasury, COINS) == [labelled(a, "rent"), labelled(b, "fees"), c, labelled(d, "tax"), NEW]
    assert set(before) <= set(files(treasury, COINS))
    assert (files(treasury, COINS) == [COINS]) == (before == [COINS])
    assert not treasury.git("status", "--porcelain")
    assert len(treasury.git("rev-list", "--parents", "-1", "HEAD").split()) == 3
    treasury.gitbtc("verify", "theirs^..HEAD")


@pytest.mark.parametrize("layouts", ACROSS[:3], ids="-".join)
def test_git_merge_stops_and_resolve_brings_it_together(treasury: Repo, layouts: tuple[str, str, str]) -> None:
    a, b, c, d = BEFORE
    parted(treasury, layouts, [labelled(a, "rent"), b, c, d], [a, labelled(b, "fees"), c, d])
    treasury.git("merge", "-q", "theirs", ok=(1,))
    told = treasury.gitbtc("conflicts", ok=(1,)).stdout
    assert (
        told
        == f"gitbtc: {COINS}: the sides have it in different layouts: `gitbtc resolve` merges it record by record\n"
    )
    assert "nothing is open" in treasury.gitbtc("resolve").stdout
    treasury.git("commit", "-q", "--no-edit")
    assert lying(treasury, COINS) == [labelled(a, "rent"), labelled(b, "fees"), c, d]


@pytest.mark.parametrize("layouts", ACROSS[:3], ids="-".join)
def test_a_contested_record_is_left_to_settle_in_the_layout_of_ours(
    treasury: Repo, layouts: tuple[str, str, str]
) -> None:
    a, b, c, d = BEFORE
    parted(treasury, layouts, [labelled(a, "rent"), b, c, d], [labelled(a, "wages"), labelled(b, "fees"), c, d])
    treasury.gitbtc("merge", "theirs", ok=(1,))
    assert f"{COINS}::{a['txid']}:0" in treasury.gitbtc("conflicts", ok=(1,)).stdout
    treasury.gitbtc("resolve", "--theirs", f"{a['txid'][:8]}:0")
    treasury.git("commit", "-q", "--no-edit")
    assert lying(treasury, COINS) == [labelled(a, "wages"), labelled(b, "fees"), c, d]


@pytest.mark.parametrize("layouts", ACROSS[:3], ids="-".join)
def test_a_coin_that_theirs_spent_is_gone_in_any_layout(treasury: Repo, layouts: tuple[str, str, str]) -> None:
    a, b, c, d = BEFORE
    payment = mined(spend("pays", d), 105)
    parted(treasury, layouts, [labelled(a, "rent"), b, c, d], [a, b, c])
    treasury.git("checkout", "-q", "theirs")
    (treasury.path / TRANSACTIONS).write_text(json.dumps([payment]))
    treasury.git("add", "-A")
    treasury.git("commit", "-q", "--amend", "--no-edit")
    treasury.git("checkout", "-q", "main")
    treasury.gitbtc("merge", "theirs")
    assert lying(treasury, COINS) == [labelled(a, "rent"), b, c]
    assert [one["txid"] for one in lying(treasury, TRANSACTIONS)] == [payment["txid"]]


@pytest.mark.parametrize("layouts", [(WHOLE, ONE, WHOLE), (ONE, WHOLE, ONE)], ids="-".join)
def test_a_commit_is_picked_into_another_layout(treasury: Repo, layouts: tuple[str, str, str]) -> None:
    a, b, c, d = BEFORE
    parted(treasury, layouts, [labelled(a, "rent"), b, c, d], [a, labelled(b, "fees"), c, d])
    treasury.git("cherry-pick", "theirs", ok=(1,))
    treasury.gitbtc("resolve")
    treasury.git("-c", "core.editor=true", "cherry-pick", "--continue")
    assert lying(treasury, COINS) == [labelled(a, "rent"), labelled(b, "fees"), c, d]


def test_a_merge_that_git_took_for_clean_is_looked_at_once(treasury: Repo) -> None:
    """Theirs has a shard more, and changed none: Git adds it beside the one file of ours."""
    parted(treasury, (ONE, WHOLE, ONE), [labelled(BEFORE[0], "rent"), *BEFORE[1:]], [*BEFORE, NEW])
    refused = treasury.run("git", "merge", "-q", "theirs", ok=(1, 2)).stderr
    assert f"gitbtc: {COINS}: the sides have it in different layouts; merged record by record as one file" in refused
    treasury.git("commit", "-q", "--no-edit")
    assert lying(treasury, COINS) == [labelled(BEFORE[0], "rent"), *BEFORE[1:], NEW]
    assert files(treasury, COINS) == [COINS]


def test_no_clone_without_gitbtc_brings_in_two_layouts(treasury: Repo) -> None:
    parted(treasury, (ONE, WHOLE, ONE), BEFORE, [*BEFORE, NEW])
    treasury.git(*WITHOUT_GITBTC, "merge", "-q", "--no-edit", "theirs")
    assert "lie beside each other" in treasury.gitbtc("verify", "HEAD^..HEAD", ok=(1,)).stdout
    assert "lie beside each other" in treasury.gitbtc("validate", ok=(1,)).stdout
    assert "lie beside each other" in treasury.gitbtc("balance", ok=(1, 3)).stderr
    treasury.gitbtc("reshard", "utxos")
    assert lying(treasury, COINS) == [*BEFORE, NEW]


def test_an_octopus_across_layouts_is_refused(treasury: Repo) -> None:
    parted(treasury, (ONE, WHOLE, ONE), BEFORE, [*BEFORE, NEW])
    treasury.git("branch", "third", "theirs^")
    treasury.git("checkout", "-q", "third")
    put(treasury, *BEFORE, coin(7, "e0" * 32))
    treasury.commit("third")
    treasury.git("checkout", "-q", "main")
    refused = treasury.run("git", "merge", "-q", "theirs", "third", ok=(1, 2, 128)).stderr
    assert "merge them one at a time" in refused


def test_a_shard_that_one_side_took_away_is_no_conflict_of_files(treasury: Repo) -> None:
    a, b, c, d = BEFORE
    parted(treasury, (ONE, ONE, ONE), [a, b, c, d], [labelled(a, "rent"), b, c, labelled(d, "tax")])
    treasury.git("rm", "-q", "wallet/utxos/b.json")
    (treasury.path / TRANSACTIONS).write_text(json.dumps([mined(spend("pays", c), 105)]))
    treasury.commit("spent, by hand")
    treasury.git("checkout", "-q", "theirs")
    put(treasury, labelled(a, "rent"), b, labelled(c, "old"), labelled(d, "tax"))
    treasury.commit("also b")
    treasury.git("checkout", "-q", "main")
    treasury.git("merge", "-q", "theirs", ok=(1,))
    told = treasury.gitbtc("conflicts", ok=(1,)).stdout
    assert f"{COINS}: one side took away a shard that the other changed: `gitbtc resolve`" in told
    treasury.gitbtc("resolve")
    treasury.git("commit", "-q", "--no-edit")
    assert lying(treasury, COINS) == [labelled(a, "rent"), b, labelled(d, "tax")]
