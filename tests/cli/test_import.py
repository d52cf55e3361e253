"""`gitbtc import` as a person calls it."""

from __future__ import annotations

import json
import re
import shutil
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from gitbtc.sources.recorded import Recorded
from tests.sources.scripted_node import ScriptedNode, cut_after, status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    """A repository without gitbtc set up: import only writes files."""
    return sandbox.repo()


def core(repo: Repo, folder: Path, *more: str, ok: tuple[int, ...] = (0,), cwd: Path | None = None) -> tuple[str, str]:
    done = repo.gitbtc("import", "bitcoin-core", "--from", str(folder), *more,
                    ok=ok, cwd=cwd)  # fmt: skip
    return done.stdout, done.stderr


def test_it_tells_what_it_did_to_each_file(repo: Repo, recordings: Path) -> None:
    out, err = core(repo, recordings / "0-base")
    assert out.splitlines() == [
        f"bitcoin-core: regtest at block 111, into {repo.path}",
        "  wallet/utxos.json         11 coins added",
        "  wallet/transactions.json  11 transactions added",
        "  wallet/labels.json        11 labels added",
        "  wallet/descriptors.json   8 descriptors added",
        "  network/mempool.json      no pending transactions",
        "  network/chain.json        1 chain tip added",
    ]
    assert "note: peers left out: 1;" in err
    out, _ = core(repo, recordings / "1-agent-a")
    assert "  wallet/utxos.json         1 coin added, 2 coins removed\n" in out
    assert "  wallet/labels.json        unchanged\n" in out


def test_the_second_time_nothing_changes(repo: Repo, recordings: Path) -> None:
    core(repo, recordings / "0-base")
    repo.commit("first")
    out, _ = core(repo, recordings / "0-base")
    assert [line.split()[1] for line in out.splitlines()[1:]] == ["unchanged"] * 6
    assert repo.git("status", "--porcelain") == ""


def test_json_for_programs(repo: Repo, recordings: Path) -> None:
    out, err = core(repo, recordings / "1-agent-a", "--json")
    document = json.loads(out)["gitbtc.import/v1"]
    assert err == ""
    assert (document["source"], document["root"]) == ("bitcoin-core", str(repo.path))
    assert (document["chain"]["network"], document["chain"]["block_height"]) == ("regtest", 111)
    assert {"path": "wallet/utxos.json", "kind": "utxos", "added": 10, "changed": 0, "removed": 0} in document["files"]
    assert document["notices"] == ["the node estimates no feerate for 1, 6, 144 blocks; no fee record was made"]


def test_from_a_subfolder_it_writes_at_the_top(repo: Repo, recordings: Path) -> None:
    (repo.path / "deep/down").mkdir(parents=True)
    core(repo, recordings / "0-base", cwd=repo.path / "deep/down")
    assert (repo.path / "wallet/utxos.json").exists()


def test_a_root_is_relative_to_where_one_stands(repo: Repo, recordings: Path) -> None:
    (repo.path / "deep").mkdir()
    core(repo, recordings / "0-base", "--root", "cold storage", cwd=repo.path / "deep")
    assert (repo.path / "deep/cold storage/wallet/utxos.json").exists()
    assert not (repo.path / "wallet").exists()


@pytest.mark.parametrize("root", ["link", "module", "link/deep"])
def test_a_root_that_leads_out_of_the_work_tree_is_refused(
    repo: Repo, recordings: Path, tmp_path: Path, root: str
) -> None:
    (tmp_path / "elsewhere/deep").mkdir(parents=True)
    (repo.path / "link").symlink_to(tmp_path / "elsewhere")
    repo.run("git", "init", "-q", "module")
    _, err = core(repo, recordings / "0-base", "--root", root, ok=(2,))
    assert err.startswith(f"gitbtc: --root {root}: {root.partition('/')[0]} leads out of this work tree")
    assert list(tmp_path.glob("elsewhere/**/*.json")) == list(repo.path.glob("module/**/*.json")) == []


def test_outside_of_a_repository_it_refuses(repo: Repo, recordings: Path, tmp_path: Path) -> None:
    place = tmp_path / "nowhere"
    place.mkdir()
    for more in ([], ["--root", "."]):
        _, err = core(repo, recordings / "0-base", *more, ok=(3,), cwd=place)
        assert "not in a Git repository" in err
    assert list(place.iterdir()) == []


def test_another_name_is_another_source(repo: Repo, recordings: Path) -> None:
    core(repo, recordings / "0-base")
    core(repo, recordings / "0-base", "--as", "cold")
    refs = repo.git("for-each-ref", "--format=%(refname)", "refs/gitbtc/sources").split()
    assert refs == ["refs/gitbtc/sources/bitcoin-core", "refs/gitbtc/sources/cold"]
    core(repo, recordings / "0-base", "--as", "a/b", ok=(2,))


def test_two_roots_have_a_source_each(repo: Repo, recordings: Path) -> None:
    core(repo, recordings / "0-base", "--root", "a.b/c~ d")
    core(repo, recordings / "0-base")
    refs = repo.git("for-each-ref", "--format=%(refname)", "refs/gitbtc/sources").split()
    assert refs == ["refs/gitbtc/sources/bitcoin-core", "refs/gitbtc/sources/bitcoin-core@a%2Eb%2Fc%7E%20d"]


def test_wrong_usage_ends_with_2(repo: Repo, tmp_path: Path) -> None:
    _, err = core(repo, tmp_path / "missing", ok=(2,))
    assert "does not exist" in err
    repo.gitbtc("import", "bitcoin-core", ok=(2,))
    repo.gitbtc("import", "dogecoin", "--from", str(tmp_path), ok=(2,))


def test_a_folder_without_answers_ends_with_one_line(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    out, err = core(repo, tmp_path / "empty", ok=(3,))
    assert (out, len(err.splitlines())) == ("", 1)
    assert "getblockchaininfo.json is missing; record it with `bitcoin-cli getblockchaininfo`" in err


def test_another_network_ends_with_3(repo: Repo, recordings: Path) -> None:
    chain = {"network": "main", "block_height": 1, "block_hash": "00" * 32, "block_time": 1}
    repo.write("network/chain.json", json.dumps(chain))
    _, err = core(repo, recordings / "0-base", ok=(3,))
    assert "holds records of main, the answers are of regtest" in err
    assert not (repo.path / "wallet").exists()


def test_an_error_of_the_node_cannot_write_on_the_terminal(repo: Repo, recordings: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(recordings / "0-base", tmp_path / "answers")
    (folder / "getrawmempool.json").write_text(json.dumps({"error": {"code": 1, "message": "\x1b[2J\u202eevil\nline"}}))
    out, err = core(repo, folder)
    assert "\x1b" not in out + err
    assert "\u202e" not in err
    assert "note: getrawmempool.json holds an error: [2Jevilline; left out\n" in err


def test_a_node_that_fails_changes_nothing(repo: Repo, recordings: Path, tmp_path: Path) -> None:
    with ScriptedNode(Recorded(recordings / "1-agent-a"), tmp_path / ".cookie") as node:

        def imported(status: int) -> str:
            where = ("--url", node.url, "--cookie", str(node.cookie))
            return repo.gitbtc("import", "bitcoin-core", *where, ok=(status,)).stderr

        node.faults = [None] * 7 + [cut_after(5000)]
        assert "nothing was imported" in imported(3)
        assert [path.name for path in repo.path.iterdir() if path.name != ".git"] == []
        imported(0)
        before = {
            path: path.read_bytes() for folder in ("wallet", "network") for path in (repo.path / folder).iterdir()
        }
        assert len(before) > 4
        node.faults = [status(200, b"<html>")]
        assert len(imported(3).splitlines()) == 1
        assert before == {path: path.read_bytes() for path in before}


def test_a_node_is_asked_for_what_is_new_alone_unless_for_all(repo: Repo, recordings: Path, tmp_path: Path) -> None:
    with ScriptedNode(Recorded(recordings / "1-agent-a"), tmp_path / ".cookie") as node:
        listed = node.result("listsinceblock", [""])

        def since(block: str, *_: object) -> object:
            rows = listed["transactions"] if not block else []
            return {"transactions": [row for row in rows if row["confirmations"] >= 6], "lastblock": "ab" * 32}

        node.overrides["getwalletinfo"] = {}
        listed["transactions"] = [
            {**row, **node.result("gettransaction", [row["txid"]])} for row in listed["transactions"]
        ]
        node.overrides |= {"listsinceblock": since, "listunspent": [], "getbalances": (-1, "not told")}
        where = ("--url", node.url, "--root", "deep", "--cookie", str(node.cookie))
        asked = []
        for more in ((), (), ("--full",)):
            node.log.clear()
            repo.gitbtc("import", "bitcoin-core", *where, *more)
            asked.append(node.log.count("gettransaction"))
            coins = json.loads((repo.path / "deep/wallet/utxos.json").read_text())
            sat = sum(coin["amount_sat"] for coin in coins)
            node.overrides["getbalances"] = {"mine": {"trusted": Decimal(sat) / 10**8}}
    assert asked[0] == asked[2] > asked[1] == 0
    assert (repo.path / ".git/gitbtc/sources/bitcoin-core@deep.sqlite").exists()


@pytest.mark.parametrize("options", [(), ("--from", ".", "--url", "http://127.0.0.1"), ("--url", "http://127.0.0.1")])
def test_one_place_to_read_from_is_named(repo: Repo, options: tuple[str, ...]) -> None:
    done = repo.gitbtc("import", "bitcoin-core", *options, ok=(2,))
    assert re.search("name (either|one of)", done.stderr)
