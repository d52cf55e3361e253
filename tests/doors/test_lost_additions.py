"""A merge that lacks what one side added to a set is stopped where it is made, and where it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.doors.pushing import accepted, base, clone, gated, keep, refused, side
from tests.made_state import ADDRESS, WITHOUT_GITBTC, channel, coin, pending, put, records, spend

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

LABELS = "wallet/labels.json"
LABEL: dict[str, Any] = {"address": ADDRESS, "label": "rent", "category": "income", "created_at": 1}
LOST = f"{LABELS}::{ADDRESS}:rent is missing"


def apart(repo: Repo) -> str:
    """`ours`, checked out, has another file; `theirs` a label. The oid of theirs."""
    base(repo)
    keep(repo, LABELS)
    repo.unexamined("no labels")
    theirs = side(repo, "theirs", "main", wallet_labels=[LABEL])
    repo.git("checkout", "-q", "-B", "ours", "main")
    repo.write("notes.txt", "ours")
    repo.unexamined("notes")
    return theirs


@pytest.mark.both_layouts
def test_a_merge_that_leaves_out_a_label_stops_and_stages_it(treasury: Repo) -> None:
    theirs = apart(treasury)
    said = treasury.run("git", "merge", "--no-edit", "-s", "ours", "theirs", ok=(1,)).stderr
    assert f"gitbtc: lost_addition: {LOST}, which {theirs[:12]} added and nobody removed" in said
    assert "it is staged now" in said
    assert "git merge --abort" in said
    treasury.git("commit", "-q", "--no-edit")
    assert records(treasury, LABELS, "HEAD") == [LABEL]
    put(treasury, LABELS)
    treasury.commit("it is meant")


def test_a_merge_whose_index_was_locked_stops(treasury: Repo) -> None:
    theirs = apart(treasury)
    treasury.write(".git/MERGE_HEAD", f"{theirs}\n")
    assert LOST in treasury.run("git", "commit", "-m", "go on", ok=(1,)).stderr
    treasury.git("commit", "-q", "-m", "go on")
    assert records(treasury, LABELS, "HEAD") == [LABEL]


def test_what_was_removed_before_the_merge_is_not_asked_about(treasury: Repo) -> None:
    apart(treasury)
    side(treasury, "theirs", "theirs", wallet_labels=[])
    treasury.git("checkout", "-q", "ours")
    treasury.git("merge", "-q", "--no-edit", "-s", "ours", "theirs")


def test_a_squash_that_leaves_it_out_stops(treasury: Repo) -> None:
    apart(treasury)
    treasury.git("merge", "-q", "--squash", "theirs")
    put(treasury, LABELS)
    treasury.git("add", "-A")
    assert LOST in treasury.run("git", "commit", "--no-edit", ok=(1,)).stderr


def test_an_amended_merge_is_a_merge(treasury: Repo) -> None:
    apart(treasury)
    treasury.git("merge", "-q", "--no-edit", "theirs")
    put(treasury, LABELS)
    treasury.git("add", "-A")
    assert LOST in treasury.run("git", "commit", "--amend", "--no-edit", ok=(1,)).stderr
    treasury.git("commit", "-q", "-m", "in a commit of its own")


def test_a_renamed_file_is_not_a_lost_one(treasury: Repo) -> None:
    apart(treasury)
    treasury.write("cold/keep.txt", "here")
    treasury.git("mv", "wallet", "cold/wallet")
    treasury.run("git", *WITHOUT_GITBTC, "commit", "-qam", "move")
    treasury.run("git", *WITHOUT_GITBTC, "merge", "-q", "--no-edit", "theirs")
    assert records(treasury, "cold/wallet/labels.json", "HEAD") == [LABEL]
    said = treasury.gitbtc("verify", "HEAD^..HEAD", ok=(0, 1)).stdout
    assert "lost_addition" not in said


@pytest.mark.parametrize(
    ("path", "record"),
    [
        (LABELS, LABEL),
        ("channels/channels.json", channel("1x1x1")),
        ("network/mempool.json", pending(spend("dd", coin(7)))),
    ],
)
def test_a_server_takes_no_merge_that_leaves_it_out(sandbox: Sandbox, path: str, record: dict[str, Any]) -> None:
    server = gated(sandbox)
    plain = clone(sandbox, server)
    base(plain)
    theirs = side(plain, "theirs", "main", **{path.removesuffix(".json").replace("/", "_"): [record]})
    plain.git("checkout", "-q", "-B", "ours", "main")
    plain.write("notes.txt", "ours")
    plain.commit("notes")
    plain.git("merge", "-q", "--no-edit", "-s", "ours", "theirs")
    said = refused(plain, server, "ours")
    assert f"lost_addition: {path}::" in said
    assert f"which {theirs[:12]} added" in said
    plain.git("reset", "-q", "--hard", "HEAD^")
    plain.git("merge", "-q", "--no-edit", "theirs")
    accepted(plain, "ours")
    keep(plain, path)
    plain.commit("gone, in a commit of its own")
    accepted(plain, "ours")
