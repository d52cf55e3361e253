"""The message of a commit in the making: what gitbtc writes into it, whatever Git takes for a comment in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doors.pushing import OUTPOINT, A, B, base, both_spend, keep, side
from tests.made_state import coin
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

LINE = f"Double-Spend: {OUTPOINT} {A['txid']} over {B['txid']}"
# Git's own reading, with nothing configured: what a server or a colleague finds.
PLAIN = ("-c", "core.commentChar=#", "-c", "trailer.separators=:", "log", "-1", "--format=%(trailers:only,unfold)")


@once
def settled(treasury: Repo) -> None:
    """A merge in progress, of two spends of one coin, that a person settled for ours."""
    both_spend(treasury)
    treasury.git("checkout", "-q", "ours")
    treasury.git("merge", "theirs", ok=(1,))
    treasury.gitbtc("resolve", OUTPOINT, "--ours")
    treasury.git("add", ".")


@pytest.mark.parametrize(
    ("sign", "editor", "options"),
    [
        ("#", "true", ()),
        (";", "true", ()),
        ("auto", "true", ("-v",)),
        ("D", "true", ()),
        ("D", ":", ()),
        (";", ":", ()),
        (";", "true", ("--no-edit",)),
        ("D", "true", ("--no-edit", "--no-verify")),
        (";", "true", ("-m", "Merge\n\n; a\n# b")),
        ("auto", "true", ("-m", "Merge\n\n#12 b", "--edit")),
        (";", "true", ("--cleanup=scissors",)),
    ],
)
def test_what_was_settled_is_a_trailer_whatever_a_comment_begins_with(
    treasury: Repo, sign: str, editor: str, options: tuple[str, ...]
) -> None:
    settled(treasury)
    treasury.git("config", "core.commentChar", sign)
    treasury.git("config", "trailer.separators", "=#")
    treasury.git("config", "trailer.ifmissing", "doNothing")
    treasury.run("git", "commit", "-q", *options, env={"GIT_EDITOR": editor})
    assert treasury.git(*PLAIN) == f"{LINE}\n\n"
    assert len(treasury.git("rev-parse", "HEAD^@").split()) == 2
    assert treasury.git("status", "--porcelain") == ""


def test_it_is_one_where_scissors_are_configured(treasury: Repo) -> None:
    settled(treasury)
    treasury.git("config", "commit.cleanup", "scissors")
    treasury.git("config", "core.commentChar", ";")
    treasury.run("git", "commit", "-q", "-v", env={"GIT_EDITOR": "true"})
    assert treasury.git(*PLAIN) == f"{LINE}\n\n"


def test_a_line_of_hyphens_in_the_message_does_not_end_it(treasury: Repo) -> None:
    settled(treasury)
    treasury.git("commit", "-q", "-m", "Merge", "-m", "---\nText")
    assert treasury.git("log", "-1", "--format=%B") == f"Merge\n\n---\nText\n\n{LINE}\n\n"


def test_a_merge_that_needs_nobody_says_it_behind_a_letter(treasury: Repo) -> None:
    """`git merge` runs no post-commit."""
    base(treasury)
    confirmed = A | {"confirmed": True, "block_height": 105, "block_time": 1_700_000_500}
    side(treasury, "ours", "main", wallet_utxos=[coin(1)], wallet_transactions=[confirmed])
    side(treasury, "theirs", "main", wallet_utxos=[coin(1)], wallet_transactions=[B])
    treasury.git("checkout", "-q", "ours")
    treasury.git("config", "core.commentChar", "D")
    done = treasury.run("git", "merge", "--edit", "theirs", env={"GIT_EDITOR": "true"}, ok=(0, 1))
    if done.returncode:
        treasury.run("git", "commit", "-q", env={"GIT_EDITOR": "true"})
    assert treasury.git(*PLAIN) == f"{LINE}\n\n"


def test_what_came_to_nothing_is_not_put_into_another_commit(treasury: Repo) -> None:
    settled(treasury)
    treasury.git("config", "core.commentChar", "D")
    treasury.run("git", "commit", "-q", env={"GIT_EDITOR": "false"}, ok=(1,))
    treasury.git("merge", "--abort")
    treasury.git("commit", "-q", "--allow-empty", "-m", "else")
    assert treasury.git("log", "-1", "--format=%B") == "else\n\n"


def rewriting(treasury: Repo, *options: str, ok: tuple[int, ...] = (0,), editor: str = "true") -> str:
    keep(treasury, "strategy/execution.json")
    treasury.git("add", "-A")
    env = {"GITBTC_ALLOW_REWRITE": "1", "GIT_EDITOR": editor}
    return treasury.run("git", "commit", "-q", *options, env=env, ok=ok).stderr


@pytest.fixture
def logged(treasury: Repo) -> Repo:
    event = {"timestamp": 1, "block_height": 100, "event_type": "consolidation", "txid": None, "amount_sat": None,
             "fee_sat": None, "note": "x"}  # fmt: skip
    keep(treasury, "strategy/execution.json", event)
    treasury.commit("base")
    return treasury


@pytest.mark.parametrize("sign", ["#", "G"])
def test_a_reason_is_one_where_it_is_a_trailer(logged: Repo, sign: str) -> None:
    logged.git("config", "core.commentChar", sign)
    rewriting(logged, "-m", "x", "-m", "Gitbtc-Rewrite: why")
    assert logged.git(*PLAIN) == "Gitbtc-Rewrite: why\n\n"


@pytest.mark.parametrize(
    "message", ["x\nGitbtc-Rewrite: why", "Gitbtc-Rewrite: why", "x\n\nGitbtc-Rewrite: why\n\nas he wrote"]
)
def test_a_reason_in_the_text_is_none(logged: Repo, message: str) -> None:
    assert "in the last paragraph" in rewriting(logged, "-m", message, ok=(1,))


def test_a_reason_is_read_among_the_comments_of_an_editor(logged: Repo) -> None:
    logged.git("config", "core.commentChar", ";")
    rewriting(logged, "-v", editor="sed -i '1s/.*/x\\n\\nGitbtc-Rewrite: why/'")
    assert logged.git(*PLAIN) == "Gitbtc-Rewrite: why\n\n"


def test_a_reason_that_is_a_comment_is_none(logged: Repo) -> None:
    edited = "sed -i '1s/.*/x\\n\\n# Gitbtc-Rewrite: why/'"
    assert "in the last paragraph" in rewriting(logged, editor=edited, ok=(1,))
