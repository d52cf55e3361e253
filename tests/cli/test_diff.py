from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import Repo, Sandbox
from tests.made_state import branch, coin, coins, put, spend, transactions, txid

pytestmark = pytest.mark.one_interpreter


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    """Three versions of the coins: committed, committed again, and in the work tree."""
    repo = sandbox.repo()
    repo.gitbtc("init")
    coins(repo, coin(0))
    repo.unexamined("one coin")
    coins(repo, coin(0), coin(1))
    repo.unexamined("two coins")
    coins(repo, coin(0), coin(1, label="rent"))
    return repo


def diff(repo: Repo, *arguments: str, **options: Any) -> str:
    return repo.gitbtc("diff", *arguments, **options).stdout


def document(repo: Repo, *arguments: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(diff(repo, "--json", *arguments))["gitbtc.diff/v1"]["operations"]
    return told


@pytest.mark.one_file
@pytest.mark.parametrize(
    "arguments",
    [
        [], ["HEAD"], ["HEAD~1"], ["HEAD~1", "HEAD"], ["HEAD", "HEAD~1"], ["HEAD~1..HEAD"], ["HEAD~1...HEAD"],
        ["HEAD~1", "--", "wallet"], ["HEAD~1", "wallet/utxos.json"], ["wallet"], ["--cached"], ["--staged", "HEAD~1"],
        ["HEAD~1", "HEAD", "--", ":(glob)**/*.json"], ["HEAD~1", "--", "elsewhere"],
    ],
)  # fmt: skip
def test_it_shows_what_git_diff_shows_for_the_same_arguments(repo: Repo, arguments: list[str]) -> None:
    # Git does not tell its driver which revision it compares.
    told = repo.git("diff", *arguments).replace(
        "its spender is not in the work tree: see `gitbtc diff`", "no transaction is known to spend it"
    )
    assert diff(repo, *arguments) == told


def test_of_another_revision_git_diff_does_not_say_that_nobody_spent_a_coin(repo: Repo) -> None:
    repo.git("checkout", "-q", ".")
    coins(repo, coin(0))
    transactions(repo, spend("a", coin(1)))
    repo.commit("paid")
    repo.git("checkout", "-q", "HEAD~1")
    assert "see `gitbtc diff`" in repo.git("diff", "main~1", "main", "--", "wallet/utxos.json")
    assert f"fee 1,000 sat  {txid('a')[:8]}" in " ".join(diff(repo, "main~1", "main").split("(5.0 sat/vB)  "))
    repo.git("checkout", "-q", "main")
    assert "see `gitbtc diff`" not in repo.git("diff", "main~1", "main", "--", "wallet/utxos.json")


@pytest.mark.one_file
def test_a_root_that_moved_is_told_as_git_tells_it(repo: Repo) -> None:
    repo.git("checkout", "-q", ".")
    put(repo, "wallet/labels.json")
    repo.commit("labels")
    (repo.path / "company").mkdir()
    repo.git("mv", "wallet", "company")
    repo.commit("moved")
    coins(repo, coin(0), coin(1), coin(2))
    (repo.path / "wallet/utxos.json").replace(repo.path / "company/wallet/utxos.json")
    assert diff(repo, "HEAD~1", "HEAD") == repo.git("diff", "HEAD~1", "HEAD")
    told = diff(repo, "HEAD~1").splitlines()
    assert told[:2] == [
        "company/wallet/labels.json: renamed from wallet/labels.json; no record changed",
        "company/wallet/utxos.json: renamed from wallet/utxos.json; 1 coin received; balance +3.00000000 BTC",
    ]
    assert diff(repo, "--stat", "HEAD~1").splitlines()[:3] == [
        " company/wallet/labels.json | renamed from wallet/labels.json; no record changed",
        " company/wallet/utxos.json  | renamed from wallet/utxos.json; 1 coin received; balance +3.00000000 BTC",
        " 2 files, 1 record changed",
    ]


@pytest.mark.one_file
def test_a_document_of_a_move_tells_it_and_can_be_replayed(repo: Repo) -> None:
    repo.git("checkout", "-q", ".")
    (repo.path / "company").mkdir()
    repo.git("mv", "wallet", "company")
    repo.commit("moved")
    made = {patch["address"]: patch for patch in document(repo, "HEAD~1", "HEAD")}
    assert made["company/wallet/utxos.json"]["moved_from"] == "wallet/utxos.json"
    assert made["wallet/utxos.json"]["moved_to"] == "company/wallet/utxos.json"
    assert [made[path]["notes"] for path in sorted(made)] == [["new file"], ["deleted file"]]
    change = repo.gitbtc("diff", "--json", "HEAD~1", "HEAD").stdout.encode()
    repo.git("checkout", "-q", "HEAD~1")
    repo.gitbtc("apply", "--index", "-", stdin=change)
    assert repo.git("diff", "--name-only", "--cached", "main") == ""


def test_files_of_no_kind_are_left_to_git(repo: Repo) -> None:
    repo.write("notes.txt", "not a state file\n")
    repo.commit("notes")
    assert diff(repo, "HEAD~1", "HEAD", "--", "notes.txt") == ""


def test_a_subfolder_takes_paths_from_where_one_stands(repo: Repo) -> None:
    told = repo.gitbtc("diff", "--stat", "--", "utxos.json", cwd=repo.path / "wallet").stdout
    assert "wallet/utxos.json | 1 coin changed" in told


def test_the_document_holds_the_operations_by_file(repo: Repo) -> None:
    (patch,) = document(repo, "HEAD~1", "HEAD")
    (inserted,) = patch.pop("child_ops")
    assert patch == {
        "op": "patch", "address": "wallet/utxos.json", "kind": "utxos", "notes": [],
        "mode": {"old": "100644", "new": "100644"},
        "summary": {"inserted": 1, "deleted": 0, "changed": 0, "balance_sat": 200_000_000},
    }  # fmt: skip
    assert (inserted["op"], inserted["record"]) == ("insert", coin(1))


def test_no_difference_is_an_empty_document(repo: Repo) -> None:
    assert document(repo, "HEAD", "HEAD") == []
    assert diff(repo, "HEAD", "HEAD") == diff(repo, "--stat", "HEAD", "HEAD") == ""


def test_the_layout_of_the_work_tree_is_no_difference(repo: Repo) -> None:
    put(repo, "wallet/utxos.json", coin(1), coin(0))
    assert diff(repo) == ""


def test_stat_is_one_line_a_file(repo: Repo) -> None:
    assert diff(repo, "--stat", "HEAD~1", "HEAD") == (
        " wallet/utxos.json | 1 coin received; balance +2.00000000 BTC\n 1 file, 1 record changed\n"
    )


def test_the_exit_status_tells_of_a_difference_when_asked(repo: Repo) -> None:
    assert repo.gitbtc("diff").returncode == 0
    assert repo.gitbtc("diff", "--exit-code", ok=(1,)).returncode == 1
    assert repo.gitbtc("diff", "--exit-code", "HEAD", "HEAD").returncode == 0


def test_the_spender_is_looked_up_in_the_new_revision(repo: Repo) -> None:
    repo.commit("labelled")
    coins(repo, coin(1, label="rent"))
    transactions(repo, spend("dca", coin(0)))
    for arguments in (["--", "wallet/utxos.json"], ["--cached"], ["HEAD~1", "HEAD"]):
        if arguments == ["--cached"]:
            repo.git("add", "-A")
        if arguments == ["HEAD~1", "HEAD"]:
            repo.git("commit", "-q", "-m", "spent")
        assert f"sat/vB)  {txid('dca')[:8]}" in diff(repo, *arguments)
    assert "sat/vB" not in diff(repo, "HEAD", "HEAD~3")


@pytest.mark.one_file
def test_a_side_that_does_not_parse_is_shown_as_text(repo: Repo) -> None:
    repo.write("wallet/utxos.json", "[\n{\n]\n")
    shown = diff(repo)
    assert "; shown as text\ndiff --git a/wallet/utxos.json" in shown
    assert "\n+{\n" in shown
    (replaced,) = document(repo)
    assert (replaced["op"], replaced["address"]) == ("replace", "wallet/utxos.json")
    assert replaced["fault"]
    assert repo.gitbtc("diff", "--exit-code", ok=(1,)).returncode == 1


@pytest.mark.one_file
def test_a_symbolic_link_is_not_followed(repo: Repo) -> None:
    repo.write("secret.json", "[]\n")
    (repo.path / "wallet/utxos.json").unlink()
    (repo.path / "wallet/utxos.json").symlink_to("../secret.json")
    assert "a symbolic link, which no state file can be" in diff(repo)


@pytest.mark.one_file
def test_an_unmerged_file_says_so(repo: Repo) -> None:
    repo.git("checkout", "-q", ".")
    branch(repo, "theirs", "HEAD~1")
    coins(repo, coin(0, label="b"))
    repo.commit("theirs")
    branch(repo, "ours", "main")
    coins(repo, coin(0, label="a"), coin(1))
    repo.commit("ours")
    repo.git("merge", "theirs", ok=(1,))
    assert "wallet/utxos.json: not merged yet; `gitbtc conflicts`" in diff(repo)
    assert "++<<<<<<<" in diff(repo)


def test_the_first_commit_and_a_bare_repository(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("init")
    coins(repo, coin(0))
    repo.git("add", "-A")
    assert "new file; 1 coin received" in diff(repo, "--cached")
    repo.commit("one")
    coins(repo, coin(0), coin(1))
    repo.commit("two")
    repo.git("clone", "-q", "--bare", ".", "../bare")
    shown = repo.gitbtc("diff", "HEAD~1", "HEAD", cwd=repo.path.parent / "bare")
    assert "1 coin received" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["nonsense"], 2), (["nonsense", "--"], 2), (["--json", "--stat"], 2), (["--nonsense"], 2)],
)
def test_wrong_usage_is_told_in_a_line(repo: Repo, arguments: list[str], status: int) -> None:
    done = repo.gitbtc("diff", *arguments, ok=(status,))
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_outside_of_a_repository_it_cannot_work(sandbox: Sandbox) -> None:
    repo = Repo(sandbox.home, sandbox.env, python=sandbox.python)
    done = repo.gitbtc("diff", ok=(3,))
    assert "not in a Git repository" in done.stderr


def test_a_terminal_gets_colours_through_the_pager_of_git(repo: Repo) -> None:
    ours, theirs = pty.openpty()
    environment = {**repo.env, "TERM": "xterm", "GIT_PAGER": "sed s/^/paged:/"}
    command = [sys.executable, "-E", "-P", "-m", "gitbtc", "diff"]
    subprocess.run(command, cwd=repo.path, env=environment, stdout=theirs, check=True)
    os.close(theirs)
    assert b"paged:\x1b[33m~" in os.read(ours, 65536)
    os.close(ours)


def test_it_imports_neither_pygit2_nor_jsonschema(repo: Repo) -> None:
    code = (
        "import sys; from gitbtc.cli import run; sys.argv = ['gitbtc', 'diff', 'HEAD~1'];"
        "status = run(); print(status, *sorted(sys.modules))"
    )
    status, *modules = repo.run(sys.executable, "-E", "-P", "-c", code).stdout.splitlines()[-1].split()
    assert status == "0"
    assert not {"pygit2", "jsonschema"} & set(modules)
