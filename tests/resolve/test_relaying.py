"""Merges whose sides have the same records in different layouts: the records decide, and lie as ours has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.layouts import Layout, divided, shard_path
from gitbtc.kinds.registry import Kinds, built_in
from tests.layouts import joined
from tests.made_state import WITHOUT_GITBTC, chain, coin, mined, spend
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = [pytest.mark.one_interpreter, pytest.mark.one_file]  # each chooses its layouts itself

COINS, TRANSACTIONS = "wallet/utxos.json", "wallet/transactions.json"
# Of three shards of one digit, and of four of two.
BEFORE = [coin(0, "a0" * 32), coin(1, "af" * 32), coin(2, "b0" * 32), coin(3, "c0" * 32)]
NEW = coin(4, "d0" * 32)
WHOLE, ONE, TWO = "whole", "1", "2"
UTXOS = built_in("utxos")


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
    """The commit that `gitbtc reshard` makes, made by hand."""
    content = codec.encode_file(UTXOS, lying(repo, COINS))
    shards = {} if layout == WHOLE else divided(UTXOS, Layout(int(layout)), content)
    for place in files(repo, COINS):
        (repo.path / place).unlink()
    folder = repo.path / "wallet/utxos"
    folder.rmdir() if layout == WHOLE else folder.mkdir(exist_ok=True)
    for place, made in ({shard_path(COINS, name): shard for name, shard in shards.items()} or {COINS: content}).items():
        (repo.path / place).write_bytes(made)
    repo.unexamined(f"Reshard: {layout}")


@once
def begun(repo: Repo, layout: str) -> None:
    (repo.path / "wallet").mkdir()
    (repo.path / COINS).write_text(json.dumps(BEFORE))
    chain(repo, 110)
    repo.unexamined("begin")
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


@once
def parted(repo: Repo, layouts: tuple[str, str, str], ours: list[Any], theirs: list[Any]) -> None:
    """Two branches from one commit, each with its layout and its records; the work tree is that of ours."""
    base, one, other = layouts
    begun(repo, base)
    for branch, layout, coins in (("theirs", other, theirs), ("main", one, ours)):
        repo.git("checkout", "-q", branch)
        if layout != base:
            reshard(repo, layout)
        put(repo, *coins)
        repo.unexamined(f"on {branch}")


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


def third(repo: Repo) -> None:
    """A branch `third` from where theirs began, with a coin more."""
    repo.git("checkout", "-q", "-b", "third", "theirs^")
    put(repo, *BEFORE, coin(7, "e0" * 32))
    repo.commit("third")
    repo.git("checkout", "-q", "main")


def test_an_octopus_across_layouts_that_git_takes_for_clean_is_refused(treasury: Repo) -> None:
    parted(treasury, (ONE, WHOLE, ONE), BEFORE, [*BEFORE, NEW])
    third(treasury)
    refused = treasury.run("git", "merge", "-q", "theirs", "third", ok=(1, 2, 128)).stderr
    assert "merge them one at a time" in refused


def test_gitbtc_merge_takes_heads_of_different_layouts_one_at_a_time(treasury: Repo) -> None:
    a, b, c, d = BEFORE
    parted(treasury, (ONE, WHOLE, ONE), [labelled(a, "rent"), b, c, d], [a, labelled(b, "fees"), c, d])
    third(treasury)
    treasury.git("branch", "words")  # a word of the message is no head
    assert "one at a time" in treasury.gitbtc("merge", "-m", "words", "theirs", "third").stderr
    assert lying(treasury, COINS) == [labelled(a, "rent"), labelled(b, "fees"), c, d, coin(7, "e0" * 32)]
    assert files(treasury, COINS) == [COINS]
    assert treasury.git("log", "--format=%s", "-2", "--first-parent") == "words\nwords\n"
    treasury.gitbtc("verify", "theirs^..HEAD")


def test_what_is_open_in_the_first_of_several_heads_comes_first(treasury: Repo) -> None:
    a, b, c, d = BEFORE
    parted(treasury, (ONE, WHOLE, ONE), [labelled(a, "rent"), b, c, d], [labelled(a, "wages"), b, c, d])
    third(treasury)
    assert "1 more to merge" in treasury.gitbtc("merge", "theirs", "third", ok=(1,)).stderr
    treasury.gitbtc("resolve", "--ours", "--all")
    treasury.git("commit", "-q", "--no-edit")
    treasury.gitbtc("merge", "theirs", "third")
    assert lying(treasury, COINS) == [labelled(a, "rent"), b, c, d, coin(7, "e0" * 32)]


@pytest.mark.parametrize(("before", "after"), [(WHOLE, ONE), (ONE, WHOLE), (ONE, TWO)])
def test_a_reshard_of_theirs_is_taken_where_ours_changed_nothing(treasury: Repo, before: str, after: str) -> None:
    begun(treasury, before)
    treasury.git("checkout", "-q", "theirs")
    reshard(treasury, after)
    treasury.git("checkout", "-q", "main")
    chain(treasury, 111)
    treasury.commit("another file")
    treasury.git("merge", "-q", "--no-edit", "theirs")
    assert files(treasury, COINS) == files(treasury, COINS, "theirs")
    assert lying(treasury, COINS) == BEFORE
    treasury.gitbtc("verify", "theirs^..HEAD")


@pytest.mark.parametrize(
    ("before", "after"), [(WHOLE, ONE), (ONE, WHOLE), (ONE, TWO), (TWO, ONE)]
)  # fmt: skip
def test_a_stash_is_popped_into_another_layout(treasury: Repo, before: str, after: str) -> None:
    a, b, c, d = BEFORE
    begun(treasury, before)
    put(treasury, labelled(a, "rent"), labelled(b, "fees"), c, d)
    treasury.git("stash", "-q")
    reshard(treasury, after)
    layout = files(treasury, COINS)
    treasury.git("stash", "pop", "-q", ok=(1,))
    assert "in different layouts: `gitbtc resolve`" in treasury.gitbtc("conflicts", ok=(1,)).stdout
    assert "nothing is open" in treasury.gitbtc("resolve").stdout
    treasury.git("commit", "-q", "-m", "popped")
    assert lying(treasury, COINS) == [labelled(a, "rent"), labelled(b, "fees"), c, d]
    assert files(treasury, COINS) == layout


def test_what_a_stash_and_ours_contest_is_left_open_and_what_is_new_comes_along(treasury: Repo) -> None:
    a, b, c, d = BEFORE
    begun(treasury, ONE)
    put(treasury, labelled(a, "rent"), b, c, d, NEW)
    treasury.git("add", "-A")
    treasury.git("stash", "-q")
    reshard(treasury, WHOLE)
    put(treasury, labelled(a, "wages"), b, c, d)
    treasury.commit("named")
    treasury.git("stash", "pop", "-q", "--index", ok=(0, 1))
    treasury.git("stash", "pop", "-q", ok=(1,))
    assert "1 left to settle" in treasury.gitbtc("resolve").stdout
    treasury.gitbtc("resolve", "--theirs", "--all")
    treasury.git("commit", "-q", "-m", "popped")
    assert lying(treasury, COINS) == [labelled(a, "rent"), b, c, d, NEW]
    assert files(treasury, COINS) == [COINS]


@pytest.mark.parametrize("layouts", [(ONE, WHOLE, ONE), (WHOLE, ONE, WHOLE)], ids="-".join)
@pytest.mark.parametrize("option", ["-Xtheirs", "-Xours", "-sours"])
def test_no_option_of_git_loses_what_a_side_did(treasury: Repo, layouts: tuple[str, str, str], option: str) -> None:
    """None of them can tell records apart across layouts: these are merged all the same, which is said."""
    a, b, c, d = BEFORE
    parted(treasury, layouts, [labelled(a, "rent"), b, c, d], [a, labelled(b, "fees"), c, d, NEW])
    layout = files(treasury, COINS)
    assert "merged record by record as" in treasury.gitbtc("merge", option, "theirs").stderr
    assert lying(treasury, COINS) == [labelled(a, "rent"), labelled(b, "fees"), c, d, NEW]
    assert {*layout} <= {*files(treasury, COINS)}


@pytest.mark.parametrize("layouts", [(WHOLE, ONE, WHOLE), (ONE, WHOLE, ONE), (WHOLE, ONE, TWO)], ids="-".join)
def test_a_branch_is_rebased_onto_another_layout(treasury: Repo, layouts: tuple[str, str, str]) -> None:
    a, b, c, d = BEFORE
    parted(treasury, layouts, [labelled(a, "rent"), b, c, d], [a, labelled(b, "fees"), c, d])
    treasury.git("rebase", "-q", "theirs", ok=(0, 1))
    for _ in range(3):
        if not (treasury.path / ".git/rebase-merge").exists():
            break
        treasury.gitbtc("resolve", ok=(0, 2))  # 2 where Git picked it, and a hook had staged the rest
        treasury.git("-c", "core.editor=true", "rebase", "--continue", ok=(0, 1))
    assert treasury.git("symbolic-ref", "HEAD") == "refs/heads/main\n"
    assert lying(treasury, COINS) == [labelled(a, "rent"), labelled(b, "fees"), c, d]
    treasury.gitbtc("validate")


@pytest.mark.parametrize("reverted", ["HEAD", "HEAD^"])
def test_a_reshard_and_what_was_before_it_are_reverted(treasury: Repo, reverted: str) -> None:
    a, b, c, d = BEFORE
    begun(treasury, WHOLE)
    put(treasury, labelled(a, "rent"), b, c, d)
    treasury.commit("named")
    reshard(treasury, ONE)
    treasury.git("revert", "--no-edit", reverted, ok=(0, 1))
    if reverted == "HEAD^":
        treasury.gitbtc("resolve")
        treasury.git("commit", "-q", "--no-edit")
    assert lying(treasury, COINS) == ([labelled(a, "rent")] if reverted == "HEAD" else [a]) + [b, c, d]
    assert (files(treasury, COINS) == [COINS]) == (reverted == "HEAD")
    treasury.gitbtc("validate")


@pytest.mark.parametrize("layouts", [(WHOLE, WHOLE, ONE), (WHOLE, ONE, TWO), (ONE, ONE, ONE)], ids="-".join)
def test_premerge_says_where_git_stops_over_layouts(treasury: Repo, layouts: tuple[str, str, str]) -> None:
    a, b, c, d = BEFORE
    parted(treasury, layouts, [labelled(a, "rent"), b, c, d], [a, labelled(b, "fees"), c, d])
    told = treasury.gitbtc("premerge", "theirs").stdout
    stops = treasury.run("git", "merge", "-q", "--no-edit", "theirs", ok=(0, 1)).returncode
    assert bool(stops) == (f"note: layout: {COINS}: the sides have it in different layouts: Git stops" in told)
    assert bool(stops) == (len({*layouts}) > 1)


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
    foreseen = treasury.gitbtc("premerge", "theirs", ok=(0, 1)).stdout
    assert f"note: layout: {COINS}: one side took away a shard that the other changed: Git stops" in foreseen
    treasury.git("merge", "-q", "theirs", ok=(1,))
    told = treasury.gitbtc("conflicts", ok=(1,)).stdout
    assert f"{COINS}: one side took away a shard that the other changed: `gitbtc resolve`" in told
    treasury.gitbtc("resolve")
    treasury.git("commit", "-q", "--no-edit")
    assert lying(treasury, COINS) == [labelled(a, "rent"), b, labelled(d, "tax")]
