from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.diff.operations import operations
from gitbtc.diff.patch import Patch
from gitbtc.kinds import codec
from gitbtc.kinds.registry import Kinds
from gitbtc.views.document import document as document_of
from gitbtc.views.document import patch as patch_of
from tests import made_state as state
from tests.conftest import Repo
from tests.made_state import ADDRESS, branch, coin, pending, records, spend

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter

UTXOS, LABELS, TRANSACTIONS = "wallet/utxos.json", "wallet/labels.json", "wallet/transactions.json"
KINDS = Kinds()
A = spend("a", coin(0))
LABEL = {"address": ADDRESS, "label": "rent", "category": "expense", "created_at": 1_700_000_000}
# BIP-39's public test vector of sixteen equal bytes.
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def put(repo: Repo, path: str, *told: dict[str, Any]) -> None:
    repo.write(path, content(path, *told))


def content(path: str, *told: dict[str, Any]) -> bytes:
    kind = KINDS.for_path(path)
    assert kind is not None
    return codec.encode_file(kind, list(told))


def coins(repo: Repo, *told: dict[str, Any]) -> None:
    put(repo, UTXOS, *told)


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    """Canonical files in a repository where gitbtc is not set up: that costs no time, and is what must work too."""
    repo = sandbox.repo()
    coins(repo, coin(0), coin(1))
    put(repo, TRANSACTIONS)
    repo.unexamined("base")
    return repo


# From the same base, elsewhere: a coin is spent, one is renamed, a file is new.
ELSEWHERE = {
    LABELS: (b"", content(LABELS, LABEL)),
    TRANSACTIONS: (content(TRANSACTIONS), content(TRANSACTIONS, A)),
    UTXOS: (content(UTXOS, coin(0), coin(1)), content(UTXOS, coin(1, label="savings"))),
}


@pytest.fixture
def change() -> bytes:
    patches = [
        Patch(kind, path, operations(kind, path, old, new), "100644" if old else None)
        for path, (old, new) in ELSEWHERE.items()
        if (kind := KINDS.for_path(path))
    ]
    told = document_of([patch_of(patch) for patch in patches])
    return json.dumps(told).encode()


def files(repo: Repo) -> dict[str, tuple[int, bytes]]:
    """Everything in the work tree, with its mode; and the index."""
    paths = [path for path in repo.path.rglob("*") if path.is_file() and not path.is_relative_to(repo.path / ".git")]
    found = {str(path.relative_to(repo.path)): (path.stat().st_mode, path.read_bytes()) for path in paths}
    return {**found, "the index": (0, repo.git("ls-files", "--stage").encode())}


def refused(repo: Repo, told: bytes | dict[str, Any], *options: str, status: int = 1) -> str:
    """What is said of a document that is not applied, and that leaves everything as it was."""
    given = told if isinstance(told, bytes) else json.dumps(told).encode()
    before = files(repo)
    done = repo.gitbtc("apply", *options, stdin=given, ok=(status,))
    assert files(repo) == before
    assert done.stdout == ""
    assert done.stderr.startswith("gitbtc: ")
    assert "bug" not in done.stderr
    return done.stderr


def document(*patches: dict[str, Any]) -> dict[str, Any]:
    return {"gitbtc.diff/v1": {"operations": list(patches)}}


def patch(path: str, kind: str, *operations: dict[str, Any]) -> dict[str, Any]:
    return {"op": "patch", "address": path, "kind": kind, "child_ops": list(operations)}


def inserted(record: dict[str, Any], path: str = UTXOS) -> dict[str, Any]:
    return {"op": "insert", "address": f"{path}::{record['txid']}:{record['vout']}", "record": record}


# -- applied -----------------------------------------------------------------------------------------------------------


@pytest.mark.one_file
@pytest.mark.own_interpreters
def test_a_change_of_one_repository_is_made_in_another(treasury: Repo, sandbox: Sandbox) -> None:
    state.coins(treasury, coin(0), coin(1))
    treasury.commit("base")
    treasury.git("clone", "-q", ".", "../other")
    other = Repo(sandbox.home / "other", treasury.env, python=treasury.python)
    other.gitbtc("install")
    state.coins(treasury, coin(1, label="savings"))
    state.transactions(treasury, A)
    state.put(treasury, LABELS, LABEL)
    treasury.commit("elsewhere")
    done = other.gitbtc("apply", stdin=treasury.gitbtc("diff", "--json", "HEAD~1", "HEAD").stdout.encode())
    assert done.stdout.splitlines()[0] == " wallet/labels.json       | new file; 1 label added"
    other.commit("the same here")
    assert other.git("rev-parse", "HEAD^{tree}") == treasury.git("rev-parse", "HEAD^{tree}")


@pytest.mark.one_file
def test_it_reads_a_file_or_standard_input(repo: Repo, change: bytes, tmp_path: Path) -> None:
    (tmp_path / "change.json").write_bytes(change)
    repo.gitbtc("apply", str(tmp_path / "change.json"))
    repo.gitbtc("apply", "-R", "-", stdin=change)
    assert repo.git("status", "--porcelain") == ""
    assert "No such file" in refused(repo, b"", str(tmp_path / "none.json"), status=2)


def test_the_records_that_it_is_not_about_stay(repo: Repo, change: bytes) -> None:
    coins(repo, coin(0), coin(1, block_height=101), coin(2))
    repo.gitbtc("apply", stdin=change)
    assert records(repo, UTXOS) == [coin(1, block_height=101, label="savings"), coin(2)]


def test_check_writes_nothing(repo: Repo, change: bytes) -> None:
    before = files(repo)
    told = repo.gitbtc("apply", "--check", "--index", stdin=change).stdout
    assert files(repo) == before
    assert repo.gitbtc("apply", stdin=change).stdout == told


@pytest.mark.one_file
def test_index_stages_it_too(repo: Repo, change: bytes) -> None:
    repo.gitbtc("apply", "--index", stdin=change)
    assert repo.git("status", "--porcelain").splitlines() == [f"A  {LABELS}", f"M  {TRANSACTIONS}", f"M  {UTXOS}"]
    assert {path: repo.git("show", f":{path}").encode() for path in ELSEWHERE} == {
        path: new for path, (_, new) in ELSEWHERE.items()
    }
    repo.gitbtc("apply", "--index", "--reverse", stdin=change)
    assert repo.git("status", "--porcelain") == ""


@pytest.mark.one_file
def test_index_wants_the_index_to_hold_what_the_file_does(repo: Repo, change: bytes) -> None:
    coins(repo, coin(0), coin(1), coin(2))
    assert f"{UTXOS}: the index holds another version" in refused(repo, change, "--index")
    repo.write(UTXOS, json.dumps([coin(1), coin(0)]))  # another layout is the same version
    repo.gitbtc("apply", "--index", stdin=change)
    assert repo.git("status", "--porcelain").splitlines() == [f"A  {LABELS}", f"M  {TRANSACTIONS}", f"M  {UTXOS}"]


def test_what_is_there_already_is_told_and_fine(repo: Repo, change: bytes) -> None:
    repo.gitbtc("apply", stdin=change)
    before = files(repo)
    for told in (change, json.dumps(document()).encode()):
        done = repo.gitbtc("apply", stdin=told)
        assert (done.stdout, done.stderr.startswith("nothing to change")) == ("", True)
    assert files(repo) == before


@pytest.mark.one_file
def test_the_mode_of_a_file_comes_along(repo: Repo) -> None:
    place = repo.path / UTXOS
    place.chmod(0o755)
    repo.commit("executable")
    told = repo.gitbtc("diff", "--json", "HEAD~1", "HEAD").stdout.encode()
    repo.gitbtc("apply", "-R", "--index", stdin=told)
    assert place.stat().st_mode & 0o111 == 0
    assert repo.git("diff", "--cached", "--stat", "HEAD~1") == ""
    repo.gitbtc("apply", stdin=told)
    assert place.stat().st_mode & 0o111


@pytest.mark.one_file
def test_a_change_of_records_leaves_the_mode_alone(repo: Repo, change: bytes) -> None:
    (repo.path / UTXOS).chmod(0o755)
    repo.commit("executable here")
    repo.gitbtc("apply", "--index", stdin=change)
    assert "mode change" not in repo.git("diff", "HEAD", "--summary")
    assert (repo.path / UTXOS).stat().st_mode & 0o777 == 0o755


@pytest.mark.both_layouts
def test_an_uncommitted_change_is_carried_over(repo: Repo, sandbox: Sandbox) -> None:
    repo.git("clone", "-q", ".", "../other")
    coins(repo, coin(0, label="rent"), coin(1))
    told = repo.gitbtc("drift", "--json", ok=(1,)).stdout.encode()
    other = Repo(sandbox.home / "other", repo.env, python=repo.python)
    other.gitbtc("apply", stdin=told)
    assert records(other, UTXOS) == records(repo, UTXOS)


# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("here", "why"),
    [
        ([coin(1)], "the delete does not fit: the record is not there"),
        ([coin(0, label="x"), coin(1)], "the delete does not fit: the record is another one"),
        ([coin(0), coin(1, label="x")], "the mutate does not fit: the record has another label"),
        ([coin(0)], "the mutate does not fit: the record is not there"),
        ([coin(1, label="savings")], "the record is not there"),
    ],
)
def test_one_record_that_does_not_fit_stops_all_of_it(
    repo: Repo, change: bytes, here: list[dict[str, Any]], why: str
) -> None:
    coins(repo, *here)
    told = refused(repo, change)
    assert why in told
    assert told.count("\n") == 1


def test_a_record_that_is_there_and_different_is_not_overwritten(repo: Repo, change: bytes) -> None:
    put(repo, LABELS, {**LABEL, "category": "fee"})
    assert "the insert does not fit: the record is there already" in refused(repo, change)


def test_a_change_that_only_removes_is_not_taken_for_made(repo: Repo) -> None:
    told = document(patch(UTXOS, "utxos", {**inserted(coin(7)), "op": "delete"}))
    assert "is not there" in refused(repo, told)


@pytest.mark.parametrize("given", [b"", b"{", b"[]", b'{"gitbtc.check/v1":{}}', b"\x00" * 100])
def test_what_is_no_document_is_wrong_usage(repo: Repo, given: bytes) -> None:
    assert "no document gitbtc.diff/v1" in refused(repo, given, status=2)


def test_what_could_not_be_committed_is_not_written(repo: Repo) -> None:
    for wrong, why in (
        ({"amount_sat": -1}, "amount_sat must be at least 0"),
        ({"colour": "blue"}, "colour"),
        ({"address": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"}, "network"),
    ):
        told = refused(repo, document(patch(UTXOS, "utxos", inserted(coin(5, **wrong)))))
        assert why in told
        assert "it would leave" in told


def test_a_double_spend_is_not_written(repo: Repo) -> None:
    coins(repo, coin(1))
    put(repo, TRANSACTIONS, A)
    repo.commit("spent")
    other = spend("b", coin(0))
    told = document(patch(TRANSACTIONS, "transactions", {
        "op": "insert", "address": f"{TRANSACTIONS}::{other['txid']}", "record": other,
    }))  # fmt: skip
    assert f"{A['txid']} and by {other['txid']}" in refused(repo, told)
    put(repo, "network/mempool.json", pending(other))  # where it is broken already, the rest can still be mended
    relabel = {"op": "mutate", "address": f"{UTXOS}::{'f0' * 32}:1", "record": coin(1, label="x"),
               "fields": {"label": {"old": None, "new": "x"}}}  # fmt: skip
    repo.gitbtc("apply", stdin=json.dumps(document(patch(UTXOS, "utxos", relabel))).encode())


def test_no_document_makes_a_strategy_live(repo: Repo) -> None:
    from tests.strategies import STRATEGY

    repo.write("strategy/agent.json", json.dumps(STRATEGY))
    repo.commit("simulating")
    path = "strategy/agent.json"
    live = {"op": "replace", "address": f"{path}::simulation_mode", "old": True, "new": False}
    assert "a person does that" in refused(repo, document(patch(path, "strategy", live)))


def test_key_material_is_neither_written_nor_shown(repo: Repo) -> None:
    for told in (
        document(patch(UTXOS, "utxos", inserted(coin(5, label=PHRASE)))),
        document(patch(LABELS, "labels", {"op": "delete", "address": f"{LABELS}::{ADDRESS}:{PHRASE}",
                                          "record": {**LABEL, "label": PHRASE}})),
    ):  # fmt: skip
        said = refused(repo, told)
        assert "private-key material" in said
        assert "sausage" not in said


@pytest.mark.one_file
def test_a_key_that_only_the_whole_file_shows_is_refused(repo: Repo) -> None:
    coins(repo, coin(0, label=PHRASE.rsplit(" ", 6)[0]), coin(2))
    told = document(patch(UTXOS, "utxos", inserted(coin(1, label=" ".join(PHRASE.split()[6:])))))
    said = refused(repo, told)
    assert f"{UTXOS}: refused" in said
    assert "sausage" not in said


@pytest.mark.parametrize("place", ["link/wallet", "wallet", "module/wallet"])
def test_a_path_does_not_lead_out_of_the_work_tree(repo: Repo, tmp_path: Path, place: str) -> None:
    outside = tmp_path / "outside"
    (outside / "wallet").mkdir(parents=True)
    if place == "link/wallet":
        (repo.path / "link").symlink_to(outside)
    elif place == "wallet":
        (repo.path / "wallet").rename(outside / "old")
        (repo.path / "wallet").symlink_to(outside / "wallet")
    else:
        repo.git("init", "-q", "module")
    path = f"{place}/utxos.json"
    assert "leads out of this work tree" in refused(repo, document(patch(path, "utxos", inserted(coin(5), path))))
    assert not (outside / "wallet/utxos.json").exists()


@pytest.mark.one_file
def test_a_link_in_a_files_place_is_not_followed(repo: Repo, change: bytes) -> None:
    (repo.path / UTXOS).rename(repo.path / "elsewhere.json")
    (repo.path / UTXOS).symlink_to("../elsewhere.json")
    assert "something else than a file" in refused(repo, change)


@pytest.mark.one_file
def test_a_file_in_conflict_is_left_alone(repo: Repo, change: bytes) -> None:
    branch(repo, "theirs", "main")
    coins(repo, coin(0), coin(1, label="b"))
    repo.commit("theirs")
    repo.git("checkout", "-q", "main")
    coins(repo, coin(0), coin(1, label="a"))
    repo.commit("ours")
    repo.git("merge", "theirs", ok=(1,))
    assert f"{UTXOS}: line 3: a conflict marker is left" in refused(repo, change)


def test_a_locked_index_leaves_the_files_alone(repo: Repo, change: bytes) -> None:
    lock = repo.path / ".git/index.lock"
    lock.touch()
    assert "index.lock" in refused(repo, change, "--index", status=3)
    lock.unlink()
    repo.gitbtc("apply", "--index", stdin=change)


def test_a_folder_that_cannot_be_made_leaves_the_files_alone(repo: Repo) -> None:
    repo.write("desk", "a file")
    path = "desk/wallet/utxos.json"
    label = {"op": "insert", "address": f"{LABELS}::{ADDRESS}:rent", "record": LABEL}
    told = document(patch(LABELS, "labels", label), patch(path, "utxos", inserted(coin(5), path)))
    assert "desk" in refused(repo, told, status=3)


@pytest.mark.parametrize("options", [["--continue", "--check"], ["--continue", "-"], ["--nonsense"], ["a", "b"]])
def test_wrong_usage_is_told_in_a_line(repo: Repo, options: list[str]) -> None:
    assert repo.gitbtc("apply", *options, ok=(2,)).stdout == ""


def test_a_repository_without_a_work_tree_is_none_to_apply_in(repo: Repo, change: bytes, sandbox: Sandbox) -> None:
    repo.git("clone", "-q", "--bare", ".", "../bare")
    bare = Repo(sandbox.home / "bare", repo.env, python=repo.python)
    assert "no work tree" in bare.gitbtc("apply", stdin=change, ok=(3,)).stderr


def test_two_at_once_do_not_mix(repo: Repo, change: bytes) -> None:
    command = [repo.python, "-E", "-P", "-m", "gitbtc", "apply"]
    both = [subprocess.Popen(command, cwd=repo.path, env=repo.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE) for _ in range(2)]  # fmt: skip
    said = [process.communicate(change) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(b"nothing to change" in stderr for _, stderr in said) == 1
    assert records(repo, UTXOS) == [coin(1, label="savings")]
    assert not [name for name in os.listdir(repo.path / "wallet") if name.endswith("-new")]
