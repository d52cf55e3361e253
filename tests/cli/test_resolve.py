"""`gitbtc resolve`, `conflicts` and `explain`: how conflicts are named, and many settled by one command."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.made_state import (
    FUNDING,
    WITHOUT_GITBTC,
    branch,
    change_of,
    coin,
    coins,
    mempool,
    pending,
    put,
    records,
    spend,
    transactions,
    txid,
)
from tests.prepared import once

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

COINS, TRANSACTIONS, LABELS = "wallet/utxos.json", "wallet/transactions.json", "wallet/labels.json"
CATEGORIES = {"": "unknown", "ours": "income", "theirs": "internal"}
ALIKE = ["abcd" + "0" * 60, "abcd" + "1" * 60]  # two txids that begin like each other


def is_open(repo: Repo, *names: str) -> list[str]:
    told = repo.gitbtc("conflicts", "--json", *names, ok=(0, 1)).stdout
    return [one["address"] for one in json.loads(told)["gitbtc.conflicts/v1"]["conflicts"]]


def stopped(repo: Repo, write: Callable[[str], None]) -> None:
    """A merge of what `write` makes of the base (`""`) on `ours` and on `theirs`, which does not go through."""
    write("")
    repo.unexamined("base")
    branch(repo, "theirs")
    write("theirs")
    repo.unexamined("theirs")
    repo.git("checkout", "-q", "main")
    write("ours")
    repo.unexamined("ours")
    repo.git("merge", "theirs", ok=(1,))


def everything(repo: Repo) -> tuple[object, ...]:
    """The work tree's files and the index."""
    tracked = repo.git("ls-files", "-z").split("\0")[:-1]
    return repo.git("ls-files", "--stage"), [repo.read(path) for path in sorted(set(tracked))]


def labelled(side: str, *transactions: str) -> list[dict[str, Any]]:
    """Two contested coins of each transaction, and one that only theirs has, once theirs is merged."""
    contested = [coin(vout, one, label=f"{side} {vout}") for one in transactions for vout in range(2)]
    return [*contested, *([coin(9, label="kept")] if side == "theirs" else [])]


def named(side: str, label: str) -> dict[str, Any]:
    return {"address": coin(0)["address"], "label": label, "category": CATEGORIES[side], "created_at": 1}


@pytest.fixture
def labels(treasury: Repo) -> Repo:
    """A merge with four contested coins, two of each of ALIKE, and two contested names of an address."""
    _label(treasury)
    return treasury


@once
def _label(repo: Repo) -> None:
    def write(side: str) -> None:
        coins(repo, *labelled(side, *ALIKE))
        put(repo, LABELS, *(named(side, text) for text in ("cold", "it's [old]")))

    stopped(repo, write)
    assert len(is_open(repo)) == 6


def chosen(repo: Repo) -> set[str]:
    """Whose label the contested coins bear, once nothing is in conflict any more."""
    repo.git("commit", "-q", "-m", "settled")
    assert coin(9, label="kept") in records(repo, COINS, "HEAD")  # what merged cleanly is there
    return {one["label"].split()[0] for one in records(repo, COINS, "HEAD")} - {"kept"}


# -- one conflict ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [f"{ALIKE[0]}:1", "abcd0:1", "abcd0…:1", "abcd0...:1", "ABCD00:1", f"{COINS}::abcd0:1", f"{COINS}::{ALIKE[0]}:1",
     f"{COINS}::abcd0…:1"],
)  # fmt: skip
def test_a_coin_is_named_by_its_outpoint_whatever_is_contested(labels: Repo, name: str) -> None:
    address = f"{COINS}::{ALIKE[0]}:1"
    assert is_open(labels, name) == [address]
    assert f"settled {COINS}::{ALIKE[0][:8]}:1: theirs" in labels.gitbtc("resolve", name, "--theirs").stdout
    assert address not in is_open(labels)
    assert len(is_open(labels)) == 5


@pytest.mark.parametrize(("name", "kind"), [("abcd:0", "coins"), (f"{COINS}::abcd:0", "coins"), ("abcd", "coins")])
def test_what_may_mean_two_coins_is_refused_with_both(labels: Repo, name: str, kind: str) -> None:
    before = everything(labels)
    said = labels.gitbtc("resolve", "abcd0:1", name, "--ours", ok=(2,)).stderr
    assert f"several {kind} begin like this:\n  {ALIKE[0]}:0\n" in said
    assert f"  {ALIKE[1]}:0" in said
    assert everything(labels) == before


@pytest.mark.one_file
@pytest.mark.parametrize(
    "name", ["abc:0", "abcd0:7", "abcd0:01", "ffff:0", "wallet/utxos.json::ffff:0", "wallet/routing.json", "oracles",
             "'nothing*'", "wallet/peers.json::*", "", "..", "/", "wallet/utxos"],
)  # fmt: skip
def test_a_name_that_means_nothing_settles_nothing(labels: Repo, name: str) -> None:
    before = everything(labels)
    assert "no such conflict is open" in labels.gitbtc("resolve", COINS, name, "--ours", ok=(2,)).stderr
    assert everything(labels) == before
    assert is_open(labels, name) == []


def test_a_txid_names_the_records_of_the_transaction_first(treasury: Repo) -> None:
    made = spend("aa", coin(0))
    change = change_of(made)

    def write(side: str) -> None:
        transactions(treasury, made | {"label": side or None})
        mempool(treasury, pending(made) | {"fee_rate_sat_vbyte": len(side)})
        coins(treasury, change | {"label": side or None})

    stopped(treasury, write)
    contested = [f"{path}::{made['txid']}" for path in ("network/mempool.json", TRANSACTIONS)]
    assert sorted(is_open(treasury)) == [contested[0], contested[1], f"{COINS}::{made['txid']}:0"]
    treasury.gitbtc("resolve", made["txid"][:8] + "…", "--theirs")
    assert is_open(treasury) == [f"{COINS}::{made['txid']}:0"]
    treasury.gitbtc("resolve", made["txid"][:8], "--ours")  # nothing else is left of it
    treasury.git("commit", "-q", "-m", "settled")
    [transaction], [listed] = records(treasury, TRANSACTIONS, "HEAD"), records(treasury, COINS, "HEAD")
    assert (transaction["label"], listed["label"]) == ("theirs", "ours")


def test_a_coinbase_in_two_blocks_is_settled_by_its_outpoint(treasury: Repo) -> None:
    blocks = {"": None, "ours": "a" * 64, "theirs": "b" * 64}

    def write(side: str) -> None:
        block = blocks[side]
        found = [coin(0, coinbase=True, block_hash=block, block_height=100 + (side == "ours"))] if block else []
        coins(treasury, *found, coin(1))

    stopped(treasury, write)
    assert "reorg: " in treasury.gitbtc("conflicts", ok=(1,)).stdout
    treasury.gitbtc("resolve", f"{FUNDING[:6]}:0", "--theirs")
    treasury.git("commit", "-q", "-m", "settled")
    assert [one.get("block_hash") for one in records(treasury, COINS, "HEAD")] == ["b" * 64, None]


def test_an_outpoint_means_the_coin_in_every_root_and_an_address_that_of_one(treasury: Repo) -> None:
    def write(side: str) -> None:
        for root in ("", "cold/"):
            put(treasury, root + COINS, coin(0, label=side), coin(1, label=side))

    stopped(treasury, write)
    treasury.gitbtc("resolve", f"cold/{COINS}::{FUNDING[:4]}:1", "--theirs")
    treasury.gitbtc("resolve", f"{FUNDING[:4]}:0", f"{COINS}::{FUNDING[:4]}:1", "--ours")
    treasury.git("commit", "-q", "-m", "settled")
    assert [[one["label"] for one in records(treasury, path + COINS, "HEAD")] for path in ("", "cold/")] == [
        ["ours", "ours"], ["ours", "theirs"]
    ]  # fmt: skip


# -- many at once ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [["--all"], ["."], ["wallet/"], ["wallet"], [COINS, LABELS], ["wallet/*"], ["*.json"], ["*::*"], ["./wallet"],
     [f"{COINS}::*", f"{LABELS}::*"], [LABELS, "abcd0:0", "abcd0:1", f"{COINS}::abcd1*"], [".", COINS, "abcd0:1"]],
)  # fmt: skip
def test_many_are_settled_by_one_command(labels: Repo, names: list[str]) -> None:
    said = labels.gitbtc("resolve", *names, "--theirs").stdout.splitlines()
    assert len([line for line in said if line.startswith("gitbtc: settled ")]) == 6
    assert said[-1].startswith("gitbtc: nothing is open; `git commit` completes the merge")
    assert labels.git("ls-files", "--unmerged") == ""
    assert chosen(labels) == {"theirs"}


@pytest.mark.one_file
@pytest.mark.parametrize(
    ("names", "left"),
    [([COINS], 2), ([f"{COINS}::*:0"], 4), ([f"{COINS}::abcd0*"], 4), ([LABELS], 4), (["*it's*"], 5), (["abcd1"], 4)],
)
def test_what_is_not_named_stays_open(labels: Repo, names: list[str], left: int) -> None:
    named = is_open(labels, *names)
    assert len(named) == 6 - left
    labels.gitbtc("resolve", *names, "--ours")
    assert not set(named) & set(is_open(labels))
    assert len(is_open(labels)) == left
    assert (COINS in labels.git("ls-files", "--unmerged")) == (names != [COINS])


@pytest.mark.parametrize(
    ("folder", "name", "settled"),
    [
        ("wallet", "utxos.json", 4), ("wallet", ".", 6), ("wallet", "..", 6), ("wallet", "utxos.json::*", 4),
        ("wallet", f"{COINS}::*", 4), ("wallet", "utxos.json::abcd0:0", 1), ("wallet", f"{COINS}::abcd0:0", 1),
        ("strategy", "../wallet", 6), ("strategy", ".", 0), ("strategy", "*", 0), ("strategy", "wallet", 0),
    ],
)  # fmt: skip
def test_paths_are_seen_from_where_the_command_runs(labels: Repo, folder: str, name: str, settled: int) -> None:
    place = labels.path / folder
    place.mkdir(exist_ok=True)
    labels.gitbtc("resolve", name, "--ours", cwd=place, ok=(0 if settled else 2,))
    assert len(is_open(labels)) == 6 - settled


def test_an_absolute_path(labels: Repo) -> None:
    labels.gitbtc("resolve", str(labels.path / COINS), "--ours")
    assert len(is_open(labels)) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--all"], "which side"), (["--ours"], "say what to settle"), ([], "say what to settle"),
        (["--all", COINS, "--ours"], "say what to settle"), (["--all", "--winner", "none"], "which side"),
    ],
)  # fmt: skip
def test_what_to_settle_and_for_whom_has_to_be_said(labels: Repo, arguments: list[str], told: str) -> None:
    assert told in labels.gitbtc("resolve", *arguments, ok=(2,)).stderr
    assert len(is_open(labels)) == 6


def test_all_of_nothing_is_wrong_usage(treasury: Repo) -> None:
    assert "no conflict is open" in treasury.gitbtc("resolve", "--all", "--ours", ok=(2,)).stderr


@pytest.mark.parametrize("choice", ["ours", "theirs", "base"])
def test_spends_and_the_records_they_hang_on_are_settled_together(treasury: Repo, choice: str) -> None:
    """Two contested coins, a child of each side's transaction, and a label of one of the transactions in the base."""
    old = spend("old", coin(7))
    spent = {side: spend(side, coin(0), coin(1)) for side in ("ours", "theirs")}
    change = {
        side: coin(0, one["txid"], amount_sat=one["outputs"][0]["amount_sat"], block_height=None)
        for side, one in spent.items()
    }
    children = {side: spend(f"child {side}", change[side]) for side in spent}

    def write(side: str) -> None:
        own = [spent[side], children[side]] if side else []
        transactions(treasury, old | {"label": side or None}, *own)
        coins(treasury, *([] if side else [coin(0), coin(1)]), coin(2, label=side or None), coin(3))

    stopped(treasury, write)
    assert {f"{COINS}::{FUNDING}:{vout}" for vout in (0, 1, 2)} < set(is_open(treasury))
    treasury.gitbtc("resolve", "--all", f"--{choice}")
    assert is_open(treasury) == []
    treasury.git("commit", "-q", "-m", "settled")
    treasury.gitbtc("check", "HEAD")
    live = {one["txid"] for one in records(treasury, TRANSACTIONS, "HEAD")
            if not one.get("abandoned") and not one.get("replaced_by")}  # fmt: skip
    own = {"base": [], **{side: [spent[side], children[side]] for side in spent}}[choice]
    assert live == {old["txid"], *(one["txid"] for one in own)}
    label = None if choice == "base" else choice
    back = [coin(0), coin(1)] if choice == "base" else []
    assert records(treasury, COINS, "HEAD") == [*back, coin(2, label=label), coin(3)]


def test_one_that_cannot_be_settled_leaves_all_as_it_was(labels: Repo) -> None:
    labels.git("checkout", "-q", "--ours", "--", LABELS)  # no markers in it any more, and settled by nobody
    before = everything(labels)
    assert "holds no conflict markers" in labels.gitbtc("resolve", "--all", "--theirs", ok=(1,)).stderr
    assert everything(labels) == before


# -- whole files -------------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(treasury: Repo) -> Repo:
    """A merge with a side of the coins that does not parse, and a contested label in another file."""
    _break(treasury)
    return treasury


@once
def _break(repo: Repo) -> None:
    def labelling(side: str) -> None:
        put(repo, "cold/" + COINS, coin(1, label=side))

    coins(repo, coin(0))
    labelling("")
    repo.unexamined("base")
    branch(repo, "theirs")
    labelling("theirs")
    repo.git("add", "-A")
    blob = repo.git("hash-object", "-w", "--stdin", "--no-filters", stdin=b'[\n{"broken\n]\n').strip()
    repo.git("update-index", "--cacheinfo", f"100644,{blob},{COINS}")
    repo.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "broken")
    repo.git("checkout", "-q", "-f", "main")
    coins(repo, coin(0, label="a"))
    labelling("ours")
    repo.unexamined("ours")
    repo.git("merge", "theirs", ok=(1,))


@pytest.mark.one_file
@pytest.mark.parametrize("names", [["--all"], ["."], ["wallet"], ["*"], ["cold", "wallet/*"]])
def test_a_file_that_was_merged_as_text_is_taken_whole_only_by_its_name(broken: Repo, names: list[str]) -> None:
    before = everything(broken)
    assert f"{COINS}: merged as text" in broken.gitbtc("resolve", *names, "--ours", ok=(2,)).stderr
    assert everything(broken) == before
    broken.gitbtc("resolve", COINS, "cold", "--ours")
    assert broken.git("ls-files", "--unmerged") == ""
    assert records(broken, COINS) == [coin(0, label="a")]


@pytest.mark.one_file
def test_a_side_that_does_not_parse_is_not_taken(broken: Repo) -> None:
    before = everything(broken)
    said = broken.gitbtc("resolve", "cold", COINS, "--theirs", ok=(1,)).stderr
    assert f"{COINS}: theirs does not parse" in said
    assert everything(broken) == before


@once
def _delete(repo: Repo) -> None:
    def write(side: str) -> None:
        put(repo, LABELS, named(side, "x"))
        coins(repo, coin(0, label="a" if side == "ours" else None))
        if side == "theirs":
            (repo.path / COINS).unlink()

    stopped(repo, write)


@pytest.mark.one_file
@pytest.mark.parametrize(("choice", "kept"), [("ours", [coin(0, label="a")]), ("theirs", None), ("base", [coin(0)])])
@pytest.mark.parametrize("name", ["--all", COINS, "wallet"])
def test_a_deleted_file_is_one_conflict_among_others(
    treasury: Repo, name: str, choice: str, kept: list[dict[str, Any]] | None
) -> None:
    _delete(treasury)
    treasury.gitbtc("resolve", name, *([LABELS] if name == COINS else []), f"--{choice}")
    assert treasury.git("ls-files", "--unmerged") == ""
    assert (records(treasury, COINS) if kept else (treasury.path / COINS).exists()) == (kept or False)


# -- what is printed ---------------------------------------------------------------------------------------------------


def pasted(repo: Repo, line: str, place: Path) -> None:
    """Run what `conflicts` says settles a conflict, as a shell reads it."""
    command = line.partition("settle it with: ")[2].partition("\n")[0]
    assert repo.run("bash", "-n", "-c", command, ok=(2,)).stderr  # no side is taken by accident
    words = shlex.split(command.partition(" (")[0])
    assert words[0] == "gitbtc"
    repo.gitbtc(*words[1:], cwd=place)


@pytest.mark.parametrize("folder", ["", "wallet"])
def test_what_conflicts_prints_can_be_pasted_until_nothing_is_open(labels: Repo, folder: str) -> None:
    for line in labels.gitbtc("conflicts", ok=(1,)).stdout.splitlines():
        pasted(labels, line, labels.path / folder)
    assert is_open(labels) == []
    assert chosen(labels) == {"ours"}


@pytest.mark.one_file
def test_what_conflicts_prints_of_a_whole_file_can_be_pasted(broken: Repo) -> None:
    for line in broken.gitbtc("conflicts", ok=(1,)).stdout.splitlines():
        pasted(broken, line, broken.path / "cold")
    assert is_open(broken) == []


def test_conflicts_lists_those_that_are_named(labels: Repo) -> None:
    assert len(labels.gitbtc("conflicts", "wallet", "abcd0:0", ok=(1,)).stdout.splitlines()) == 6
    assert ALIKE[0] in labels.gitbtc("conflicts", "abcd0:0", ok=(1,)).stdout
    assert labels.gitbtc("conflicts", "oracles").stdout == "gitbtc: no such conflict is open\n"


def test_a_conflict_is_explained_by_its_name(labels: Repo) -> None:
    said = labels.gitbtc("explain", "abcd0…:0").stdout
    assert said.startswith(f"gitbtc: edit: {COINS}::{ALIKE[0]}:0")
    assert said.endswith(labels.gitbtc("explain", "edit").stdout)
    assert "no such conflict is open" in labels.gitbtc("explain", "ffff:0", ok=(2,)).stderr


def test_the_shell_completes_what_is_open(labels: Repo) -> None:
    def offered(*words: str) -> list[str]:
        asked = {"_GITBTC_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["gitbtc", *words]), "COMP_CWORD": "2"}
        said = labels.gitbtc(env=asked).stdout
        return [line.removeprefix("plain,") for line in said.split()]

    assert offered("resolve", "abcd0") == [f"{ALIKE[0]}:0", f"{ALIKE[0]}:1"]
    assert offered("resolve", "wallet/u") == [COINS, *(f"{COINS}::{one}:{vout}" for one in ALIKE for vout in range(2))]
    labels.gitbtc("resolve", "--all", "--ours")
    assert offered("reserve", "abcd1") == [f"{ALIKE[1]}:0", f"{ALIKE[1]}:1"]
    assert offered("resolve", "abcd0") == []


# -- what a join left --------------------------------------------------------------------------------------------------


def test_what_a_join_left_is_named_in_short_forms_too(treasury: Repo) -> None:
    """Two coins between the same two transactions, and another between two others."""
    spends = {"a": [spend("aa", coin(0), coin(1)), spend("cc", coin(2))],
              "b": [spend("bb", coin(0), coin(1)), spend("dd", coin(2))]}  # fmt: skip
    coins(treasury, *(coin(vout) for vout in range(3)))
    transactions(treasury)
    treasury.commit("base")
    for name, own in spends.items():
        branch(treasury, name)
        coins(treasury)
        transactions(treasury, *own)
        treasury.commit(name)
    treasury.git("checkout", "-q", "main")
    treasury.gitbtc("join", "a", "b", ok=(0, 1))
    short = FUNDING[:4]
    before = treasury.git("rev-parse", "HEAD")
    treasury.gitbtc("resolve", "ffff:0", "--winner", "none", ok=(2,))
    treasury.gitbtc("resolve", f"{short}:0", "--winner", "eeee", ok=(2,))
    treasury.gitbtc("resolve", f"{short}:0", f"{short}:2", "--winner", txid("aa")[:8], ok=(2,))
    assert treasury.git("rev-parse", "HEAD") == before
    treasury.gitbtc("resolve", f"{short}…:0", f"{short}:1", "--winner", txid("aa")[:8])
    treasury.gitbtc("resolve", f"{COINS}::{short}:2", "--winner", txid("dd")[:4].upper() + "…")
    treasury.gitbtc("check", "HEAD")
    lost = {one["txid"] for one in records(treasury, TRANSACTIONS, "HEAD") if one.get("replaced_by")}
    assert lost == {txid("bb"), txid("cc")}


@pytest.mark.one_file
@pytest.mark.parametrize("kind", ["link", "module"])
def test_nothing_is_settled_through_a_link_or_in_another_repository(treasury: Repo, kind: str) -> None:
    def write(side: str) -> None:
        coins(treasury, coin(0, label=side or None), coin(1))

    stopped(treasury, write)
    wallet, moved = treasury.path / "wallet", treasury.path.parent / "moved"
    if kind == "link":
        wallet.rename(moved)
        wallet.symlink_to(moved)
    else:
        treasury.run("git", "init", "-q", cwd=wallet)
    held, index = (
        (wallet / "utxos.json").read_bytes(),
        treasury.git("ls-files", "--stage", "--", "wallet/utxos.json", "."),
    )
    said = treasury.gitbtc("resolve", "--all", "--ours", ok=(3,)).stderr
    assert said == "gitbtc: wallet/utxos.json: wallet leads out of this work tree; put the folder itself there\n"
    assert (wallet / "utxos.json").read_bytes() == held
    assert treasury.git("ls-files", "--stage", "--", "wallet/utxos.json", ".") == index
