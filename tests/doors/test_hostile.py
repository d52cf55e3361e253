"""Pushes that mean harm: what is hidden, what is named to deceive, what ends a rule, what does not end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.doors.watched import watched
from gitbtc.errors import CannotWork
from gitbtc.repo import limits
from tests.conftest import Repo
from tests.doors.pushing import A, B, accepted, base, keep, refused
from tests.made_state import coin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitbtc.repo.limits import Limit
    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter

EXTRA, SCHEMA = "wallet/extra.json", ".gitbtc/schemas/extra.schema.json"
BOTH, ONE = '[\n{"id":"a"},\n{"id":"b"}\n]\n', '[\n{"id":"b"}\n]\n'


def double_spend(repo: Repo) -> str:
    keep(repo, "wallet/transactions.json", A, B)
    keep(repo, "wallet/utxos.json", coin(1))
    return repo.unexamined("both")


def replaced(repo: Repo) -> tuple[str, str]:
    """A commit on a double spend, and a harmless one that is to be shown in its place."""
    start = base(repo)
    double_spend(repo)
    over = repo.git("commit-tree", "-p", "HEAD", "-m", "child", f"{start}^{{tree}}").strip()
    harmless = repo.git("commit-tree", "-p", start, "-m", "harmless", f"{start}^{{tree}}").strip()
    return over, harmless


def test_a_replacement_does_not_come_in(plain: Repo, server: Repo) -> None:
    over, harmless = replaced(plain)
    assert "replacement" in refused(plain, server, f"{harmless}:refs/replace/{over}")
    assert not server.git("for-each-ref")


def test_a_replacement_that_is_there_hides_nothing(plain: Repo, server: Repo) -> None:
    over, harmless = replaced(plain)
    accepted(plain, f"{harmless}:refs/heads/other")
    server.git("update-ref", f"refs/replace/{over}", harmless)
    assert "double_spend" in refused(plain, server, f"{over}:refs/heads/main")
    plain.git("update-ref", f"refs/replace/{over}", harmless)
    found = plain.gitbtc("verify", f"{harmless}~1..{over}", ok=(1,)).stdout
    assert "double_spend" in found


def test_a_graft_hides_nothing(plain: Repo, server: Repo) -> None:
    over, _ = replaced(plain)
    (server.path / "info/grafts").write_text(f"{over}\n")
    assert "double_spend" in refused(plain, server, f"{over}:refs/heads/main")
    plain.gitbtc("install")
    (plain.path / ".git/info/grafts").write_text(f"{over}\n")
    said = plain.run("git", "push", "origin", f"{over}:refs/heads/main", ok=(1,)).stderr
    assert "double_spend" in said
    assert "pre-receive" not in said


def test_borrowed_objects_are_examined_as_all_others(plain: Repo, server: Repo) -> None:
    """No object is sent: the server has them, from a repository in which nobody examined anything."""
    double_spend(plain)
    (server.path / "objects/info/alternates").write_text(f"{plain.path}/.git/objects\n")
    assert "double_spend" in refused(plain, server, "main")


def test_a_shallow_clone_pushes_what_can_be_judged(plain: Repo, server: Repo, sandbox: Sandbox) -> None:
    base(plain)
    accepted(plain, "main")
    double_spend(plain)
    plain.git("commit", "-q", "--allow-empty", "-m", "on top")
    plain.git("clone", "-q", "--depth", "1", f"file://{plain.path}", "../shallow")
    shallow = Repo(sandbox.home / "shallow", plain.env)
    push = ("git", "push", str(server.path), "main:cut")
    for allowed, said in (("false", "shallow"), ("true", "cannot be judged")):
        server.git("config", "receive.shallowUpdate", allowed)
        assert said in shallow.run(*push, ok=(1,)).stderr
    assert server.git("for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]
    assert not (server.path / "shallow").exists()
    shallow.git("clone", "-q", "--depth", "1", f"file://{server.path}", "../sound")
    sound = Repo(sandbox.home / "sound", plain.env)
    sound.write("notes.txt", "sound")
    sound.commit("what is built on what the server has")
    accepted(sound, "main")


def test_a_schema_that_names_another_document(plain: Repo, server: Repo) -> None:
    made = extra("set")
    made["items"]["$ref"] = "http://127.0.0.1:9/x"
    plain.write(SCHEMA, json.dumps(made))
    plain.write(EXTRA, ONE)
    plain.commit("x")
    assert "nothing is fetched" in refused(plain, server, "main")


def extra(growth: str) -> dict[str, Any]:
    return {
        "x-gitbtc-kind": "extra", "x-gitbtc-path": EXTRA, "x-gitbtc-identity": ["id"], "x-gitbtc-growth": growth,
        "type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
    }  # fmt: skip


@pytest.mark.parametrize("step", ["a record goes", "it grows no more", "the schema goes", "all of it goes"])
def test_what_only_grows_does_so_by_the_schema_that_it_had(plain: Repo, server: Repo, step: str) -> None:
    plain.write(SCHEMA, json.dumps(extra("append-only")))
    plain.write(EXTRA, BOTH)
    plain.commit("two")
    accepted(plain, "main")
    plain.write(EXTRA, "[]\n" if step == "the schema goes" else ONE)
    if step == "it grows no more":
        plain.write(SCHEMA, json.dumps(extra("set")))
    elif step == "the schema goes":
        plain.git("rm", "-q", SCHEMA)
    elif step == "all of it goes":
        plain.git("rm", "-q", "-f", SCHEMA, EXTRA)
    plain.commit("less")
    assert "append_only" in refused(plain, server, "main")


NAMES = [
    "Wallet/transactions.json", "wallet/Utxos.json", "wallet/utxos\u200d.json", "wallet/utxos.json.",
    "wallet/utxos.json ", "wallet\\utxos.json", "fund/WALLET/UTXOS.JSON",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_taken_for_a_state_files(plain: Repo, server: Repo, name: str) -> None:
    base(plain)
    plain.write(name, "garbage")
    plain.commit("x")
    assert "take this for" in refused(plain, server, "main")


def test_a_link_in_the_place_of_a_folder_of_state_files(
    plain: Repo, server: Repo, treasury: Repo, recordings: Path
) -> None:
    for repo in (plain, treasury):
        os.symlink("../elsewhere", repo.path / "wallet")
    (treasury.path.parent / "elsewhere").mkdir()
    plain.commit("x")
    assert "symbolic link" in refused(plain, server, "main")
    treasury.git("add", "-A")
    assert "symbolic link" in treasury.run("git", "commit", "-m", "x", ok=(1,)).stderr
    said = treasury.gitbtc("import", "bitcoin-core", "--from", str(recordings / "0-base"), ok=(1, 3)).stderr
    assert "wallet leads out of this work tree" in said
    assert not list((treasury.path.parent / "elsewhere").iterdir())


def test_other_names_and_links_are_nobodys_business(plain: Repo) -> None:
    base(plain)
    plain.write("docs/Wallet.md", "x")
    os.symlink("Wallet.md", plain.path / "docs/network")
    plain.commit("docs")
    accepted(plain, "main")


def test_a_push_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is the system's: what it would say in ten minutes is said now. Nothing that takes errors for findings
    keeps it from ending.
    """
    begun = time.monotonic()

    def look_for_ever() -> None:
        os.kill(os.getpid(), signal.SIGALRM)  # too early
        monkeypatch.setattr(time, "monotonic", lambda: begun + 601)
        with suppress(Exception):
            os.kill(os.getpid(), signal.SIGALRM)

    with pytest.raises(CannotWork, match=r"longer than 600 s"), watched(600):
        look_for_ever()
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_push_of_somebody_who_has_gone_is_not_looked_at(server: Repo) -> None:
    """Git's own end does not reach a hook that it started: only the pipe for errors is closed. What is to be looked at
    would never come, here.
    """
    command = [sys.executable, "-E", "-P", "-m", "gitbtc", "hook", "pre-receive"]
    for is_there in (True, False):
        with subprocess.Popen(
            command, cwd=server.path, env=server.env, stdin=subprocess.PIPE, stderr=subprocess.PIPE
        ) as hook:
            assert hook.stdin
            assert hook.stderr
            if is_there:
                hook.stdin.close()
                assert (hook.wait(), hook.stderr.read()) == (0, b"")
            else:
                hook.stderr.close()
                assert hook.wait() != 0


# -- more than anybody wants to look at --------------------------------------------------------------------------------


def large_file(repo: Repo) -> None:
    repo.write("notes.bin", b"x" * 3000)


def many_records(repo: Repo) -> None:
    keep(repo, "wallet/utxos.json", coin(0), coin(1))


def long_message(repo: Repo) -> None:
    repo.write("message", "x" * 3000)
    repo.git("commit", "-q", "--allow-empty", "-F", "message")


def many_files(repo: Repo) -> None:
    for number in range(4):
        repo.write(f"deep/{number}/file", f"{number}")


def many_roots(repo: Repo) -> None:
    for root in ("one", "two", "three"):
        keep(repo, f"{root}/network/mempool.json")


def many_commits(repo: Repo) -> None:
    for _ in range(3):
        repo.git("commit", "-q", "--allow-empty", "-m", "x")


TOO_MUCH: dict[str, tuple[Limit, int, Callable[[Repo], None]]] = {
    "bytes": (limits.FILE, 2000, large_file),
    "records": (limits.RECORDS, 3, many_records),
    "message": (limits.MESSAGE, 2000, long_message),
    "files": (limits.FILES, 9, many_files),
    "roots": (limits.ROOTS, 2, many_roots),
    "commits": (limits.COMMITS, 2, many_commits),
    "unpacked": (limits.UNPACKED, 2000, large_file),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_more_than_the_server_wants_to_look_at(plain: Repo, server: Repo, name: str) -> None:
    limit, most, make = TOO_MUCH[name]
    plain.write("notes", "a first commit")
    plain.commit("first")
    accepted(plain, "main")
    make(plain)
    plain.git("add", "-A")
    plain.git("commit", "-q", "--allow-empty", "-m", "more")
    server.git("config", limit.setting, str(most))
    said = refused(plain, server, "main")
    assert f"{limit.of}; {most:,} are as many as are looked at here, by {limit.setting}" in said
    server.git("config", limit.setting, "0")
    accepted(plain, "main")


def test_more_refs_than_the_server_wants_to_look_at(plain: Repo, server: Repo) -> None:
    base(plain)
    server.git("config", "gitbtc.maxRefs", "2")
    many = [f"main:refs/heads/{number}" for number in range(3)]
    assert "gitbtc.maxRefs" in refused(plain, server, *many)
    accepted(plain, *many[1:])


def test_a_tag_of_a_long_message(plain: Repo, server: Repo) -> None:
    base(plain)
    server.git("config", "gitbtc.maxMessageBytes", "1k")
    plain.git("tag", "-a", "-m", "x" * 2000, "long")
    assert "limit: tag" in refused(plain, server, "long")
    accepted(plain, "main")


@pytest.mark.parametrize("setting", ["gitbtc.maxFiles=many", "gitbtc.maxFiles=-1", "gitbtc.maxFiels=5"])
def test_a_limit_that_says_nothing_lets_nothing_in(plain: Repo, server: Repo, setting: str) -> None:
    base(plain)
    server.git("config", *setting.split("="))
    assert setting.split("=", maxsplit=1)[0].lower() in refused(plain, server, "main").lower()
    assert any(
        "limits" in line and "gitbtc.max" in line for line in server.gitbtc("doctor", ok=(1,)).stdout.splitlines()
    )
