"""`gitbtc sync`, `watch` and `record` as a person calls them, beside what else is done in the repository."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from gitbtc.sources.core_cursor import loaded
from gitbtc.sources.recorded import Recorded
from tests.sources.scripted_node import ScriptedNode, cut_after, status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter


@pytest.fixture
def node(recordings: Path, tmp_path: Path) -> Iterator[ScriptedNode]:
    with ScriptedNode(Recorded(recordings / "1-agent-a"), tmp_path / ".cookie") as running:
        yield running


@pytest.fixture
def repo(treasury: Repo, node: ScriptedNode) -> Repo:
    """A repository that is set up and has the node as its source `treasury`."""
    table = f'[treasury]\nkind = "bitcoin-core"\nurl = "{node.url}"\ncookie = "{node.cookie}"\n'
    treasury.write(".gitbtc/sources.toml", table)
    treasury.git("add", "-A")
    treasury.git("commit", "-q", "-m", "begin")
    return treasury


def gitbtc(repo: Repo, *words: str, ok: int = 0) -> tuple[str, str]:
    done = repo.gitbtc(*words, ok=(ok,))
    return done.stdout, done.stderr


def state(repo: Repo) -> str:
    """HEAD and what differs from it."""
    return repo.git("rev-parse", "HEAD") + repo.git("status", "--porcelain")


def test_a_source_is_brought_in_and_committed_once(repo: Repo) -> None:
    out, _ = gitbtc(repo, "sync", "--commit")
    assert out.startswith("treasury: block 111, committed: wallet/utxos.json")
    assert repo.git("log", "-1", "--format=%s").strip() == "Sync treasury at block 111"
    before = state(repo)
    assert before.count("\n") <= 1
    assert gitbtc(repo, "sync", "--commit")[0] == "treasury: block 111, unchanged\n"
    assert state(repo) == before


def test_without_commit_the_next_round_goes_on_from_there(repo: Repo) -> None:
    assert "changed: wallet/utxos.json" in gitbtc(repo, "sync", "treasury")[0]
    assert "unchanged" in gitbtc(repo, "sync")[0]
    assert "committed" in gitbtc(repo, "sync", "--commit")[0]
    assert repo.git("status", "--porcelain") == ""


def test_what_somebody_is_at_is_neither_committed_nor_overwritten(repo: Repo) -> None:
    gitbtc(repo, "sync", "--commit")
    coins = json.loads((repo.path / "wallet/utxos.json").read_text())
    coins[0]["label"] = "mine"
    (repo.path / "wallet/utxos.json").write_text(json.dumps(coins))
    before = state(repo)
    _, err = gitbtc(repo, "sync", "--commit", ok=1)
    assert err == "treasury: skipped: wallet/utxos.json has changes that are not committed\n"
    repo.git("add", "-A")
    assert "something is staged" in gitbtc(repo, "sync", ok=1)[1]
    repo.git("reset", "-q")
    assert state(repo) == before


@pytest.mark.parametrize("kind", ["link", "module", "link/wallet", "module/wallet"])
def test_nothing_is_written_through_a_link_or_into_another_repository(repo: Repo, kind: str) -> None:
    """Neither where the root's folder is one, nor where that of its state files is."""
    elsewhere = repo.path.parent / "elsewhere"
    elsewhere.mkdir()
    place = repo.path / ("books/wallet" if "/" in kind else "books")
    place.parent.mkdir(exist_ok=True)
    if kind.startswith("link"):
        place.symlink_to(elsewhere)
    else:
        repo.run("git", "init", "-q", str(place))
    table = repo.read(".gitbtc/sources.toml").decode()
    repo.write(".gitbtc/sources.toml", table + 'root = "books"\n')
    before = sorted(repo.path.rglob("*.json")), repo.git("for-each-ref")
    out, err = gitbtc(repo, "sync", "--commit", ok=1 if "/" in kind else 2)
    assert (out, err.count("\n")) == ("", 1)
    assert "leads out of this work tree; put the folder itself there" in err
    assert (sorted(repo.path.rglob("*.json")), repo.git("for-each-ref")) == before
    assert list(elsewhere.iterdir()) == []


def test_a_round_that_was_killed_before_it_was_through_is_made_again(repo: Repo) -> None:
    """The files are there, and nobody has noted yet who brought them: they are not taken for somebody's."""
    gitbtc(repo, "sync", "--commit")
    wanted = state(repo).splitlines()[1:], repo.git("rev-parse", "HEAD^{tree}")
    repo.git("reset", "-q", "--hard", "HEAD~1")
    killed = (
        "import os\nfrom gitbtc.cli import run\nfrom gitbtc.sources.bringing import Bringing\n"
        "Bringing.remember = lambda _: os.kill(os.getpid(), 9)\nimport sys\nsys.argv[1:] = ['sync', '--commit']\nrun()"
    )
    repo.git("update-ref", "-d", "refs/gitbtc/sources/treasury")
    repo.run(sys.executable, "-E", "-c", killed, ok=(-9,))
    assert repo.git("status", "--porcelain", "wallet") != ""
    assert gitbtc(repo, "sync", "--commit")[0].startswith("treasury: block 111, committed")
    assert (state(repo).splitlines()[1:], repo.git("rev-parse", "HEAD^{tree}")) == wanted
    assert not list(repo.path.glob(".git/gitbtc/sources/*.coming"))


def test_a_detached_head_a_lock_and_a_merge_are_waited_for(repo: Repo) -> None:
    repo.git("checkout", "-q", "--detach")
    assert "skipped: HEAD is detached" in gitbtc(repo, "sync", ok=1)[1]
    repo.git("checkout", "-q", "main")
    (repo.path / ".git" / "index.lock").touch()
    assert "skipped: another Git process is at work" in gitbtc(repo, "sync", ok=1)[1]
    (repo.path / ".git" / "index.lock").unlink()
    repo.git("checkout", "-q", "-b", "side")
    repo.git("commit", "-q", "--allow-empty", "-m", "side")
    repo.git("checkout", "-q", "main")
    repo.git("commit", "-q", "--allow-empty", "-m", "main")
    repo.git("merge", "-q", "--no-commit", "--no-ff", "side")
    assert "skipped: a merge is in progress" in gitbtc(repo, "sync", ok=1)[1]


def test_a_source_that_cannot_be_read_changes_nothing(repo: Repo, node: ScriptedNode) -> None:
    before = state(repo)
    node.faults = [None] * 7 + [cut_after(5000)]
    out, err = gitbtc(repo, "sync", "--commit", ok=3)
    assert (out, len(err.splitlines())) == ("", 1)
    assert state(repo) == before


def test_a_key_in_a_wallets_label_is_told_line_by_line_and_stored_nowhere(repo: Repo, node: ScriptedNode) -> None:
    key = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn"  # the private key 1, in every textbook
    first = node.result("listsinceblock", [""])["transactions"][0]["txid"]
    address = node.result("gettransaction", [first])["details"][0]["address"]
    node.overrides |= {"listlabels": [key], "getaddressesbylabel": {address: {"purpose": "receive"}}}
    before = state(repo)
    out, err = gitbtc(repo, "sync", "--commit", ok=1)
    assert (out, state(repo)) == ("", before)
    assert re.match(r"gitbtc: wallet/\w+\.json: refused: it holds private-key material\n  line ", err)
    assert key not in err


def test_a_repository_without_sources_says_so(sandbox: Sandbox) -> None:
    assert "names no source" in gitbtc(sandbox.repo("other"), "sync", ok=2)[1]


def test_watching_commits_each_new_block_and_says_a_failure_once(repo: Repo, node: ScriptedNode) -> None:
    node.overrides["getbestblockhash"] = "ab" * 32
    node.faults = [status(503, b"Request rejected during server shutdown")] * 2
    out, err = gitbtc(repo, "watch", "--rounds", "3")
    assert out.startswith("treasury: block 111, committed")
    assert err.splitlines()[0] == "treasury: the node is shutting down"
    assert err.count("shutting down") == 1


def test_watching_ends_with_a_wrong_password(repo: Repo, node: ScriptedNode) -> None:
    node.secret = "another:one"
    assert "refused the user and password" in gitbtc(repo, "watch", ok=3)[1]


def test_a_recorded_folder_gives_what_the_node_gives(repo: Repo, node: ScriptedNode, tmp_path: Path) -> None:
    gitbtc(repo, "sync", "--commit")
    place = ("--url", node.url, "--cookie", str(node.cookie))
    folder = tmp_path / "answers"
    assert gitbtc(repo, "record", "bitcoin-core", str(folder), *place)[0] == f"{folder}: 16 files\n"
    before = state(repo)
    gitbtc(repo, "import", "bitcoin-core", "--as", "treasury", "--from", str(folder))
    assert state(repo) == before
    assert "is there already" in gitbtc(repo, "record", "bitcoin-core", str(folder), *place, ok=2)[1]


def test_a_recording_that_breaks_off_leaves_no_folder(repo: Repo, node: ScriptedNode, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    node.faults = [None] * 7 + [cut_after(5000)]
    gitbtc(
        repo, "record", "bitcoin-core", str(tmp_path / "answers"), "--url", node.url, "--cookie", str(node.cookie), ok=3
    )
    assert sorted(tmp_path.iterdir()) == before


def test_drift_from_a_source_is_told_and_changes_nothing(repo: Repo, node: ScriptedNode) -> None:
    before = state(repo)
    out, _ = gitbtc(repo, "drift", "treasury", ok=1)
    assert "treasury: block 111" in out
    assert "here: nothing yet" in out
    assert state(repo) == before
    gitbtc(repo, "sync", "--commit")
    assert "nothing has drifted" in gitbtc(repo, "drift", "treasury")[0]
    assert json.loads(gitbtc(repo, "drift", "treasury", "--json")[0])["gitbtc.diff/v1"]["source"] == "treasury"
    node.faults = [status(403)]
    assert "rpcwhitelist" in gitbtc(repo, "drift", "treasury", ok=3)[1]


def test_the_next_sync_asks_for_what_is_new_alone(repo: Repo, node: ScriptedNode) -> None:
    listed = node.result("listsinceblock", [""])
    node.overrides["listsinceblock"] = {**listed, "lastblock": "ab" * 32}
    gitbtc(repo, "sync", "--commit")
    with loaded(repo.path / ".git/gitbtc/sources/treasury.sqlite") as cursor:
        assert cursor is not None
        deep = cursor.all_deep()
    node.overrides["listsinceblock"] = {
        "transactions": [row for row in listed["transactions"] if row["txid"] not in deep], "lastblock": "ab" * 32
    }  # fmt: skip
    node.log.clear()
    assert "unchanged" in gitbtc(repo, "sync", "--commit")[0]
    asked = node.log.count("gettransaction")
    assert asked < len(deep)
    node.overrides["listsinceblock"] = {**listed, "lastblock": "ab" * 32}
    gitbtc(repo, "sync", "--full")
    assert node.log.count("gettransaction") == asked + len({row["txid"] for row in listed["transactions"]})


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"headers": 114}, "the node lags: it has block 111, 3 behind the headers that it knows"),
        ({"initialblockdownload": True}, "the node is still downloading the chain: it has block 111, 0 behind"),
    ],
)
def test_a_node_that_lags_is_mentioned_and_with_strict_refused(
    repo: Repo, node: ScriptedNode, told: dict[str, object], said: str
) -> None:
    node.overrides["getblockchaininfo"] = {**node.result("getblockchaininfo", []), **told}
    before = state(repo)
    out, err = gitbtc(repo, "sync", "--commit", "--strict", ok=3)
    assert (out, err.startswith(f"gitbtc: {said}"), len(err.splitlines())) == ("", True, 1)
    place = ("--url", node.url, "--cookie", str(node.cookie))
    assert said in gitbtc(repo, "import", "bitcoin-core", *place, "--strict", ok=3)[1]
    assert state(repo) == before
    assert f"note: {said}" in gitbtc(repo, "sync", "--commit")[1]


def test_two_headers_ahead_are_no_lag(repo: Repo, node: ScriptedNode) -> None:
    node.overrides["getblockchaininfo"] = {**node.result("getblockchaininfo", []), "headers": 113}
    assert "lags" not in gitbtc(repo, "sync", "--strict")[1]


def test_watching_waits_at_a_node_of_release_30_for_the_block_after_the_one_it_knows(
    repo: Repo, node: ScriptedNode
) -> None:
    tips = ["ab" * 32, "cd" * 32]

    def waited(milliseconds: int, known: str) -> object:
        """As release 30 answers: at once where the tip is another than the one that the caller knows."""
        assert (milliseconds, known) == (30_000, tips[0])
        node.overrides["getbestblockhash"] = tips[1]
        return {"hash": tips[1], "height": 112}

    node.overrides |= {"getbestblockhash": tips[0], "getnetworkinfo": {"version": 300_000}, "waitfornewblock": waited}
    out, _ = gitbtc(repo, "watch", "--rounds", "2")
    assert [line.split(",")[0] for line in out.splitlines() if ": " in line] == ["treasury: block 111"] * 2
    assert node.log.count("waitfornewblock") == 1
    assert node.log.count("getbestblockhash") == 2


@pytest.mark.parametrize("stopping", [signal.SIGTERM, signal.SIGINT])
def test_watching_ends_at_once_while_it_waits_for_a_block(
    repo: Repo, node: ScriptedNode, stopping: signal.Signals
) -> None:
    asked, over = threading.Event(), threading.Event()

    def waited(*_: object) -> object:
        asked.set()
        over.wait(60)
        return {"hash": "ab" * 32, "height": 111}

    node.overrides |= {"getbestblockhash": "ab" * 32, "getnetworkinfo": {"version": 300_000}, "waitfornewblock": waited}
    watching = subprocess.Popen((sys.executable, "-E", "-m", "gitbtc", "watch"), cwd=repo.path, env=repo.env,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    try:
        assert asked.wait(60)
        watching.send_signal(stopping)
        out, err = watching.communicate(timeout=50)  # while the node would have it wait on
    finally:
        over.set()
        watching.kill()
    assert out.count(b"committed") == 1
    assert b"bug" not in err
    assert watching.returncode == (0 if stopping is signal.SIGTERM else 130)


def test_watching_says_once_what_is_in_the_way_and_asks_older_nodes_again_and_again(
    repo: Repo, node: ScriptedNode
) -> None:
    node.overrides["getbestblockhash"] = "ab" * 32
    repo.git("checkout", "-q", "--detach")
    looked: list[int] = []

    def tip(*_: object) -> object:
        looked.append(1)
        if len(looked) == 3:
            repo.git("checkout", "-q", "main")
        return "ab" * 32

    node.overrides["getbestblockhash"] = tip
    out, err = gitbtc(repo, "watch", "--rounds", "3")
    assert err.count("treasury: waiting: HEAD is detached") == 1
    assert out.startswith("treasury: block 111, committed")
    assert "waitfornewblock" not in node.log
