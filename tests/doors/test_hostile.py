"""Pushes that mean harm: what is hidden, what is named to deceive, what ends a rule, what does not end."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.doors.deadline import deadline
from gitbtc.errors import CannotWork
from gitbtc.repo.git import Git
from tests.doors.pushing import A, B, accepted, base, keep, refused
from tests.made_state import coin

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

EXTRA, SCHEMA = "wallet/extra.json", ".gitbtc/schemas/extra.schema.json"
BOTH, ONE = '[\n{"id":"a"},\n{"id":"b"}\n]\n', '[\n{"id":"b"}\n]\n'


def double_spend(repo: Repo) -> str:
    keep(repo, "wallet/transactions.json", A, B)
    keep(repo, "wallet/utxos.json", coin(1))
    return repo.commit("both")


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
    assert "symbolic link" in said
    assert not list((treasury.path.parent / "elsewhere").iterdir())


def test_other_names_and_links_are_nobodys_business(plain: Repo) -> None:
    base(plain)
    plain.write("docs/Wallet.md", "x")
    os.symlink("Wallet.md", plain.path / "docs/network")
    plain.commit("docs")
    accepted(plain, "main")


def test_a_push_that_does_not_end_is_ended(plain: Repo) -> None:
    """The clock is the system's: what it would say in ten minutes is said now."""
    with pytest.raises(CannotWork, match=r"longer than 600 s"), deadline(Git.at(plain.path)):
        os.kill(os.getpid(), signal.SIGALRM)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
