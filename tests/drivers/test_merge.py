"""The merge driver as Git runs it: a process for a file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style, hunks
from tests.made_state import WITHOUT_GITBTC, branch, coin, coins, pending, put, records, spend, transactions
from tests.strategies import histories, kinds

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

UTXOS = built_in("utxos")


def labelled(number: int, label: str | None = None) -> dict[str, Any]:
    return coin(number, label=label)


def fork(repo: Repo, base: Any, ours: Any, theirs: Any) -> None:
    """Three versions of wallet/utxos.json: the last commit of main, and of a branch `theirs`."""
    if base is not None:
        coins(repo, *base)
    repo.unexamined("base")
    branch(repo, "theirs")
    for name, side in (("theirs", theirs), ("main", ours)):
        repo.git("checkout", "-q", name)
        coins(repo, *side)
        repo.unexamined(name)


def merged(repo: Repo) -> dict[int, str | None]:
    return {record["vout"]: record["label"] for record in records(repo, "wallet/utxos.json")}


# -- the driver as a process -----------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=kinds)
def test_the_process_does_what_the_function_does(data: st.DataObject, kind: Any, tmp_path: Path) -> None:
    sides = data.draw(histories(kind))
    for name, content in zip("OAB", sides, strict=True):
        (tmp_path / name).write_bytes(content)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT")}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, env=environment, check=True)
    done = subprocess.run(
        [sys.executable, "-E", "-P", "-m", "gitbtc", "merge-driver", "--kind", kind.name, "-L", "7", "-P", kind.path,
         "-S", "base", "-X", "ours", "-Y", "theirs", "O", "A", "B"],
        cwd=tmp_path, capture_output=True, check=False, env=environment,
    )  # fmt: skip
    wanted = merge_files(kind, sides[0], sides[1], sides[2], Options(lambda: Style(show_base=False)))
    assert done.stdout == b""
    if kind is UTXOS and any(c.type.startswith("double") for c in wanted.conflicts):
        return
    assert done.returncode == (1 if wanted.conflicts else 0), done.stderr
    assert (tmp_path / "A").read_bytes() == wanted.content
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "A", "B", "O"]


def test_a_clean_merge_imports_neither_click_nor_pygit2_nor_jsonschema(tmp_path: Path) -> None:
    for name, record in (("O", labelled(0)), ("A", labelled(0, "x")), ("B", labelled(0) | {"block_height": 101})):
        (tmp_path / name).write_bytes(codec.encode_file(UTXOS, [record]))
    code = (
        "import sys; from gitbtc.drivers.merge import main;"
        "status = main(['merge-driver', '--kind', 'utxos', '-P', 'wallet/utxos.json', 'O', 'A', 'B']);"
        "print(status, *sorted(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-E", "-P", "-c", code], cwd=tmp_path, capture_output=True, check=True, text=True
    )
    status, *modules = told.stdout.split()
    assert status == "0"
    assert not {"click", "pygit2", "jsonschema", "subprocess", "hashlib"} & set(modules)


@pytest.mark.parametrize("arguments", [[], ["--kind", "utxos", "O"], ["--kind", "nonsense", "O", "A", "B"]])
def test_a_wrong_call_fails_without_touching_anything(tmp_path: Path, arguments: list[str]) -> None:
    for name in "OAB":
        (tmp_path / name).write_bytes(b"[]\n")
    done = subprocess.run([sys.executable, "-E", "-P", "-m", "gitbtc", "merge-driver", *arguments], cwd=tmp_path,
                          capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 129
    assert b"Traceback" not in done.stderr
    assert (tmp_path / "A").read_bytes() == b"[]\n"


def test_an_unexpected_failure_touches_nothing_and_shows_no_record(treasury: Repo) -> None:
    """Git asks for markers of a size that is no number, once there is a conflict to mark."""
    sides = {
        name: codec.encode_file(UTXOS, [labelled(0, label)]) for name, label in (("O", "x"), ("A", "y"), ("B", "z"))
    }
    for name, content in sides.items():
        treasury.write(name, content)
    arguments = ("merge-driver", "--kind", "utxos", "-L", "many", "-P", "wallet/utxos.json", "O", "A", "B")
    done = treasury.gitbtc(*arguments, ok=(129,))
    assert "unexpected ValueError" in done.stderr
    assert "Traceback" not in done.stderr
    assert "many" not in done.stderr
    assert treasury.read("A") == sides["A"]


# -- through git merge -----------------------------------------------------------------------------------------------


@pytest.mark.own_interpreters
def test_changes_beside_each_other_come_together(treasury: Repo) -> None:
    fork(treasury, [labelled(0), labelled(1)], [labelled(0, "a"), labelled(1)], [labelled(0), labelled(1, "b")])
    treasury.git("merge", "-q", "theirs")
    assert merged(treasury) == {0: "a", 1: "b"}


@pytest.mark.one_file
def test_a_contested_record_stands_between_markers_and_the_rest_is_merged(treasury: Repo) -> None:
    fork(
        treasury,
        [labelled(0), labelled(1)],
        [labelled(0, "rent"), labelled(1, "x")],
        [labelled(0, "salary"), labelled(1)],
    )
    stopped = treasury.run("git", "merge", "theirs", ok=(1,))
    [hunk] = hunks(treasury.read("wallet/utxos.json"))
    assert b"rent" in hunk.ours[0]
    assert b"salary" in hunk.theirs[0]
    assert hunk.base == []  # the default style
    assert b"<<<<<<< main (ours)\n" in treasury.read("wallet/utxos.json")
    assert b">>>>>>> theirs\n" in treasury.read("wallet/utxos.json")
    assert b'"label":"x"' in treasury.read("wallet/utxos.json")
    assert "edit: wallet/utxos.json::" in stopped.stderr
    assert "gitbtc resolve" in stopped.stderr


@pytest.mark.parametrize(
    ("given", "named"),
    [("%X", b"main (ours)"), ("HEAD", b"main (ours)"), ("a1b2c3 (Fix)", b"a1b2c3 (Fix) (ours)"), ("ours", b"ours")],
)
def test_markers_are_named_as_git_names_the_sides(treasury: Repo, given: str, named: bytes) -> None:
    for name, label in (("O", "x"), ("A", "y"), ("B", "z")):
        treasury.write(name, codec.encode_file(UTXOS, [labelled(0, label)]))
    sides = ("-X", given, "-Y", "theirs", "O", "A", "B")
    treasury.gitbtc("merge-driver", "--kind", "utxos", "-L", "7", "-P", "wallet/utxos.json", *sides, ok=(1,))
    assert b"<<<<<<< " + named + b"\n" in treasury.read("A")
    assert b">>>>>>> theirs\n" in treasury.read("A")


@pytest.mark.one_file
@pytest.mark.parametrize("style", ["diff3", "zdiff3"])
def test_markers_have_the_configured_style_and_size(treasury: Repo, style: str) -> None:
    treasury.git("config", "merge.conflictStyle", style)
    with (treasury.path / ".gitattributes").open("a") as attributes:
        attributes.write("wallet/* conflict-marker-size=11\n")
    fork(treasury, [labelled(0)], [labelled(0, "a")], [labelled(0, "b")])
    treasury.git("merge", "theirs", ok=(1,))
    content = treasury.read("wallet/utxos.json")
    assert b"\n" + b"<" * 11 + b" main" in content
    # From 2.44 on Git says which commit the base is.
    assert re.search(rb"\n\|{11} (?:base|[0-9a-f]{7,40} \(base\))\n", content)


def test_both_sides_add_the_file(treasury: Repo) -> None:
    fork(treasury, None, [labelled(0, "a"), labelled(1)], [labelled(0, "a"), labelled(2)])
    treasury.git("merge", "-q", "theirs")
    assert merged(treasury) == {0: "a", 1: None, 2: None}


def test_unrelated_histories(treasury: Repo) -> None:
    coins(treasury, labelled(0))
    treasury.commit("ours")
    treasury.git("checkout", "-q", "--orphan", "other")
    coins(treasury, labelled(1))
    treasury.commit("theirs")
    treasury.git("checkout", "-q", "main")
    treasury.git("merge", "-q", "--allow-unrelated-histories", "other")
    assert merged(treasury) == {0: None, 1: None}


def test_a_root_that_one_side_moved_is_merged_at_its_new_place(treasury: Repo) -> None:
    base = [labelled(number) for number in range(9)]
    coins(treasury, *base)
    treasury.commit("base")
    branch(treasury, "theirs")
    (treasury.path / "desk").mkdir()
    treasury.git("mv", "wallet", "desk/wallet")
    treasury.commit("theirs")
    treasury.git("checkout", "-q", "main")
    coins(treasury, labelled(0, "a"), *base[1:])
    treasury.commit("ours")
    treasury.git("merge", "-q", "theirs")
    [first, *_] = records(treasury, "desk/wallet/utxos.json")
    assert first["label"] == "a"


@pytest.mark.one_file
def test_a_checkout_with_crlf_merges_like_any_other(treasury: Repo) -> None:
    treasury.git("config", "core.autocrlf", "true")
    fork(treasury, [labelled(0), labelled(1)], [labelled(0, "a"), labelled(1)], [labelled(0), labelled(1, "b")])
    treasury.git("merge", "-q", "theirs")
    assert b"\r" not in treasury.run("git", "show", "HEAD:wallet/utxos.json").stdout.encode()
    assert merged(treasury) == {0: "a", 1: "b"}


@pytest.mark.one_file
def test_a_side_with_other_line_ends_and_layout_is_understood(treasury: Repo) -> None:
    """A clone without gitbtc committed it: neither filter nor hook ran."""
    fork(treasury, [labelled(0), labelled(1)], [labelled(0, "a"), labelled(1)], [labelled(0), labelled(1)])
    treasury.git("checkout", "-q", "theirs")
    foreign = json.dumps([labelled(1, "b"), labelled(0)], indent=4).replace("\n", "\r\n").encode()
    blob = treasury.git("hash-object", "-w", "--stdin", "--no-filters", stdin=foreign).strip()
    treasury.git("update-index", "--cacheinfo", f"100644,{blob},wallet/utxos.json")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "foreign")
    treasury.git("checkout", "-q", "-f", "main")
    treasury.git("merge", "-q", "theirs")
    assert merged(treasury) == {0: "a", 1: "b"}


@pytest.mark.one_file
def test_modify_delete_is_gits_own_conflict_and_is_explained(treasury: Repo) -> None:
    fork(treasury, [labelled(0)], [labelled(0, "a")], [labelled(0)])
    treasury.git("checkout", "-q", "theirs")
    treasury.git("rm", "-q", "wallet/utxos.json")
    treasury.git("commit", "-q", "-m", "gone")
    treasury.git("checkout", "-q", "main")
    treasury.git("merge", "theirs", ok=(1,))
    assert "modify_delete: wallet/utxos.json" in treasury.gitbtc("conflicts", ok=(1,)).stdout
    treasury.gitbtc("resolve", "wallet/utxos.json", "--theirs")
    assert not (treasury.path / "wallet/utxos.json").exists()
    assert "D  wallet/utxos.json" in treasury.git("status", "--porcelain")


@pytest.mark.one_file
def test_what_does_not_parse_is_merged_as_text_and_left_open(treasury: Repo) -> None:
    fork(treasury, [labelled(0)], [labelled(0, "a")], [labelled(0)])
    treasury.git("checkout", "-q", "theirs")
    blob = treasury.git("hash-object", "-w", "--stdin", "--no-filters", stdin=b'[\n{"broken\n]\n').strip()
    treasury.git("update-index", "--cacheinfo", f"100644,{blob},wallet/utxos.json")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "broken")
    treasury.git("checkout", "-q", "-f", "main")
    stopped = treasury.run("git", "merge", "theirs", ok=(1,))
    assert "merged as text" in stopped.stderr
    assert b"<<<<<<<" in treasury.read("wallet/utxos.json")
    assert "unreadable" in treasury.gitbtc("conflicts", ok=(1,)).stdout


def test_the_attributes_hold_on_a_branch_that_does_not_have_them(treasury: Repo) -> None:
    fork(treasury, [labelled(0), labelled(1)], [labelled(0, "a"), labelled(1)], [labelled(0), labelled(1, "b")])
    treasury.git("rm", "-q", ".gitattributes")
    treasury.git("commit", "-q", "-m", "no attributes here")
    treasury.git("merge", "-q", "theirs")
    assert merged(treasury) == {0: "a", 1: "b"}


def strategy(repo: Repo, *, simulating: bool, **changes: Any) -> None:
    record = {"name": "dca", "max_fee_rate_sat_vbyte": 5, "min_confirmations": 1, "utxo_consolidation_threshold": 10,
              "dca_amount_sat": None, "dca_interval_blocks": None, "lightning_rebalance_threshold": 0.5,
              "coin_selection": "random", "simulation_mode": simulating, **changes}  # fmt: skip
    repo.write("strategy/agent.json", json.dumps(record))


@pytest.mark.parametrize("ours_simulates", [True, False])
@pytest.mark.parametrize("command", ["merge", "cherry-pick", "rebase", "stash"])
def test_no_command_makes_a_simulating_branch_live(treasury: Repo, ours_simulates: bool, command: str) -> None:
    strategy(treasury, simulating=True)
    treasury.commit("base")
    branch(treasury, "theirs")
    strategy(treasury, simulating=not ours_simulates, min_confirmations=3)
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-a", "-m", "theirs")
    treasury.git("checkout", "-q", "main")
    strategy(treasury, simulating=ours_simulates, name="cold")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-a", "-m", "ours")
    if command == "rebase":
        treasury.git("rebase", "-q", "theirs", ok=(0, 1))
    elif command == "stash":
        treasury.git("checkout", "-q", "theirs")
        strategy(treasury, simulating=not ours_simulates, min_confirmations=4)
        treasury.git("stash", "-q")
        treasury.git("checkout", "-q", "main")
        treasury.git("stash", "pop", "-q", ok=(0, 1))
    else:
        treasury.git(command, *(["-q"] if command == "merge" else []), "theirs", ok=(0, 1))
    live = b'"simulation_mode":false' in treasury.read("strategy/agent.json")
    assert live is (command == "merge" and not ours_simulates)


@pytest.mark.one_file
def test_a_criss_cross_gives_neither_markers_in_the_base_nor_a_lost_conflict(treasury: Repo) -> None:
    coins(treasury, labelled(0), labelled(1))
    treasury.commit("base")
    branch(treasury, "theirs")
    coins(treasury, labelled(0, "b"), labelled(1, "only b"))
    treasury.commit("b")
    treasury.git("checkout", "-q", "main")
    coins(treasury, labelled(0, "a"), labelled(1))
    treasury.commit("a")
    heads = treasury.git("rev-parse", "main", "theirs").split()
    for name, other, kept in (("main", heads[1], "a"), ("theirs", heads[0], "b")):
        treasury.git("checkout", "-q", name)
        treasury.git("merge", "-q", other, ok=(1,))
        coins(treasury, labelled(0, kept), labelled(1, "only b"))
        treasury.commit(f"merge on {name}")
    assert len(treasury.git("merge-base", "--all", "main", "theirs").split()) == 2
    treasury.git("checkout", "-q", "main")
    treasury.git("merge", "theirs", ok=(1,))
    [hunk] = hunks(treasury.read("wallet/utxos.json"))
    assert b'"label":"a"' in hunk.ours[0]
    assert b'"label":"b"' in hunk.theirs[0]
    assert b'"label":"only b"' in treasury.read("wallet/utxos.json")


def test_a_path_with_spaces_and_quotes(treasury: Repo) -> None:
    root = 'it\'s a "desk" $HOME %P'
    put(treasury, f"{root}/wallet/utxos.json", labelled(0), labelled(1))
    treasury.commit("base")
    branch(treasury, "theirs")
    put(treasury, f"{root}/wallet/utxos.json", labelled(0), labelled(1, "b"))
    treasury.commit("theirs")
    treasury.git("checkout", "-q", "main")
    put(treasury, f"{root}/wallet/utxos.json", labelled(0, "a"), labelled(1))
    treasury.commit("ours")
    treasury.git("merge", "-q", "theirs")
    assert [record["label"] for record in records(treasury, f"{root}/wallet/utxos.json")] == ["a", "b"]


def test_the_same_transaction_on_both_sides_is_no_conflict(treasury: Repo) -> None:
    payment = spend("pay", coin(0))
    fork(treasury, [coin(0), coin(1), coin(2)], [coin(1), coin(2)], [coin(1), coin(2)])
    for name, extra in (("theirs", [coin(1)]), ("main", [coin(2)])):
        treasury.git("checkout", "-q", name)
        transactions(treasury, payment)
        put(treasury, "network/mempool.json", pending(payment))
        coins(treasury, *extra)
        if name == "theirs":
            transactions(treasury, payment, spend("two", coin(2)))
        else:
            transactions(treasury, payment, spend("one", coin(1)))
        treasury.commit(name)
    treasury.git("merge", "-q", "theirs")
    assert records(treasury, "wallet/utxos.json") == []


def test_a_merge_with_mergetool(treasury: Repo) -> None:
    fork(
        treasury, [labelled(0), labelled(1)], [labelled(0, "a"), labelled(1, "c")], [labelled(0, "b"), labelled(1, "d")]
    )
    treasury.git("merge", "theirs", ok=(1,))
    treasury.git("mergetool", "--no-prompt", "--tool=gitbtc", stdin=b"theirs\nours\n")
    assert merged(treasury) == {0: "b", 1: "c"}
    treasury.git("commit", "-q", "-m", "merged")
