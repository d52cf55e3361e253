"""`gitbtc verify`: in any clone, with nothing set up, the findings of the gated server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Repo
from tests.doors.pushing import OUTPOINT, A, base, both_spend, gated, keep, refused, side
from tests.made_state import coin

if TYPE_CHECKING:
    from typing import Any

    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter


@pytest.fixture
def plain(sandbox: Sandbox) -> Repo:
    """A repository without gitbtc; `main` is sound, and `bad` lists a spent coin in the second of its three commits."""
    repo = sandbox.repo("plain")
    base(repo)
    side(repo, "bad", "main", network_mempool=[])
    side(repo, "bad", "bad", wallet_transactions=[A])
    side(repo, "bad", "bad", wallet_utxos=[coin(1)])
    return repo


def oid(repo: Repo, revision: str) -> str:
    return repo.git("rev-parse", revision).strip()


def findings(repo: Repo, *ranges: str) -> list[dict[str, Any]]:
    told = repo.gitbtc("verify", "--json", *ranges, ok=(0, 1))
    [found] = [document["findings"] for document in json.loads(told.stdout).values()]
    assert told.returncode == bool(found)
    return list(found)


@pytest.mark.one_file
def test_each_commit_of_a_range_is_examined_with_its_parents(plain: Repo) -> None:
    told = plain.gitbtc("verify", "main..bad", ok=(1,)).stdout.splitlines()
    assert told[0].startswith(
        f"{oid(plain, 'bad~1')[:12]}: spent_coin: wallet/utxos.json: line 2: {OUTPOINT} is listed"
    )
    assert told[1:] == ["3 commits verified, 1 finding"]


def test_a_revision_is_that_commit_alone(plain: Repo) -> None:
    plain.git("tag", "-a", "-m", "release", "v1", "bad")
    for revision in ("bad", "v1", "bad~2", "main"):
        assert plain.gitbtc("verify", revision).stdout == "1 commit verified, 0 findings\n"
    assert "1 commit verified, 1 finding" in plain.gitbtc("verify", "bad~1", ok=(1,)).stdout


def test_several_ranges_are_one_list(plain: Repo) -> None:
    assert "3 commits verified" in plain.gitbtc("verify", "main..bad~1", "main..bad", "bad", ok=(1,)).stdout
    assert "4 commits verified" in plain.gitbtc("verify", "main", "main..bad", ok=(1,)).stdout


@pytest.mark.parametrize(
    ("text", "count"),
    [("main..", 3), ("main...bad", 3), ("0" * 40 + "..bad", 4), ("bad~1..bad", 1)],
)
def test_ranges_are_what_git_means(plain: Repo, text: str, count: int) -> None:
    assert f"{count} commit" in plain.gitbtc("verify", text, ok=(0, 1)).stdout.splitlines()[-1]


@pytest.mark.one_file
def test_json_names_commit_type_and_path(plain: Repo) -> None:
    document = json.loads(plain.gitbtc("verify", "--json", "main..bad", ok=(1,)).stdout)
    assert list(document) == ["gitbtc.verify/v1"]
    assert document["gitbtc.verify/v1"]["commits"] == 3
    [found] = document["gitbtc.verify/v1"]["findings"]
    assert found.pop("text").startswith(f"wallet/utxos.json: line 2: {OUTPOINT}")
    assert found == {"commit": oid(plain, "bad~1"), "type": "spent_coin", "path": "wallet/utxos.json"}


def test_a_merge_is_judged_again_in_a_bare_clone(plain: Repo, sandbox: Sandbox) -> None:
    both_spend(plain)
    plain.git("checkout", "-q", "ours")
    plain.git("merge", "-q", "-s", "ours", "-m", "merged", "theirs")
    plain.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Repo(sandbox.home / "bare.git", sandbox.env, python=sandbox.python)
    types = {found["type"] for found in findings(bare, "main..ours")}
    assert types == {"double_spend", "append_only"}
    assert [path.name for path in bare.path.iterdir() if "gitbtc" in path.name] == []


@pytest.mark.own_interpreters
def test_it_says_what_the_server_says(plain: Repo, sandbox: Sandbox) -> None:
    server = gated(sandbox)
    plain.git("remote", "add", "origin", str(server.path))
    keep(plain, "channels/channels.json", {"channel_id": "x"})
    plain.commit("and a channel that is none")
    said = refused(plain, server, "bad")
    verified = plain.gitbtc("verify", "0" * 40 + "..bad", ok=(1,)).stdout.splitlines()[:-1]
    assert len(verified) > 1
    pushed = [line.removeprefix("remote: gitbtc: ").rstrip() for line in said.splitlines() if ": gitbtc: " in line]
    assert pushed == verified


def shallow(plain: Repo, sandbox: Sandbox, depth: int, branch: str) -> Repo:
    clone = sandbox.home / f"shallow-{depth}"
    plain.git("clone", "-q", f"--depth={depth}", "-b", branch, f"file://{plain.path}", str(clone))
    return Repo(clone, sandbox.env, python=sandbox.python)


def test_a_shallow_clone_verifies_what_it_can_and_says_what_it_lacks(plain: Repo, sandbox: Sandbox) -> None:
    clone = shallow(plain, sandbox, 2, "bad")
    assert clone.gitbtc("verify", "HEAD~1..HEAD").returncode == 0
    said = clone.gitbtc("verify", "HEAD~1", ok=(3,)).stderr
    assert oid(plain, "bad~1")[:12] in said
    assert "git fetch --unshallow" in said
    clone.git("fetch", "-q", "--unshallow")
    assert "spent_coin" in clone.gitbtc("verify", "HEAD~1", ok=(1,)).stdout


def test_a_shallow_clone_takes_no_other_ancestor_for_that_of_a_merge(plain: Repo, sandbox: Sandbox) -> None:
    """Ours and theirs are there, and where they parted is not: both would seem to have made the whole state."""
    both_spend(plain)
    plain.git("checkout", "-q", "ours")
    plain.git("merge", "-q", "-s", "ours", "-m", "merged", "theirs")
    clone = shallow(plain, sandbox, 2, "ours")
    assert "ends before their common ancestor" in clone.gitbtc("verify", "HEAD", ok=(3,)).stderr
    deeper = shallow(plain, sandbox, 3, "ours")
    assert "double_spend" in deeper.gitbtc("verify", "HEAD", ok=(1,)).stdout


@pytest.mark.parametrize(
    "text", ["nothing", "nothing..main", "main..nothing", "--output=x", "main^{tree}", "1" * 40 + "..main"]
)
def test_an_unknown_revision_is_told(plain: Repo, text: str) -> None:
    said = plain.gitbtc("verify", "--", text, ok=(2,)).stderr
    assert "no such commit in this repository" in said
    assert sorted(path.name for path in plain.path.iterdir()) == [".git", "network", "wallet"]


@pytest.mark.parametrize("text", ["..HEAD", "HEAD..", "main..main", "bad..main"])
def test_a_range_of_nothing_is_not_green(plain: Repo, text: str) -> None:
    plain.git("checkout", "-q", "main")
    assert "nothing was looked at" in plain.gitbtc("verify", text, ok=(2,)).stderr


def test_without_a_range_it_is_wrong_usage_and_without_a_repository_it_cannot_work(plain: Repo) -> None:
    plain.gitbtc("verify", ok=(2,))
    outside = Repo(plain.path.parent, plain.env, python=plain.python)
    assert "not in a Git repository" in outside.gitbtc("verify", "HEAD", ok=(3,)).stderr


@pytest.mark.one_file
def test_what_a_commit_says_cannot_write_to_the_terminal(plain: Repo) -> None:
    plain.write("\x1b[31m\n/wallet/utxos.json", "[ ]")
    plain.commit("x")
    said = plain.gitbtc("verify", "HEAD", ok=(1,)).stdout
    assert "\x1b" not in said
    assert len(said.splitlines()) == 2
