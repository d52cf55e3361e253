"""pre-push: what the gated server would refuse does not even leave, as far as this clone knows what the other has."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from gitbtc.kinds import base58
from tests.conftest import Repo
from tests.doors.pushing import STRATEGY, A, base, everything, side, strategy
from tests.made_state import WITHOUT_GITBTC, coin, switch_off_hooks, switch_on_hooks

if TYPE_CHECKING:
    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter


@pytest.fixture
def there(sandbox: Sandbox, treasury: Repo) -> Repo:
    """A server without a gate, the remote `origin` of the treasury."""
    server = Repo(sandbox.home / "server.git", sandbox.env, python=sandbox.python)
    treasury.git("init", "-q", "--bare", "-b", "main", str(server.path))
    treasury.git("remote", "add", "origin", str(server.path))
    base(treasury)
    treasury.git("push", "-q", "origin", "main")
    return server


def unsound(repo: Repo, name: str = "bad") -> None:
    """A branch whose one commit lists a spent coin; no hook looked at it."""
    switch_off_hooks(repo)
    side(repo, name, "main", wallet_transactions=[A])
    switch_on_hooks(repo)


def kept_back(repo: Repo, there: Repo, *arguments: str) -> str:
    before = everything(there)
    said = repo.run("git", "push", *arguments, ok=(1,)).stderr
    assert everything(there) == before
    assert "Traceback" not in said
    return said


@pytest.mark.own_interpreters
def test_an_unsound_commit_does_not_leave(treasury: Repo, there: Repo) -> None:
    unsound(treasury)
    assert "gitbtc: " in kept_back(treasury, there, "origin", "bad")
    assert "spent_coin" in kept_back(treasury, there, str(there.path), "main", "bad:refs/heads/x")
    treasury.git("push", "-q", "origin", "main:refs/heads/other")


def test_what_the_remote_has_is_not_examined_again(treasury: Repo, there: Repo) -> None:
    unsound(treasury)
    treasury.git(*WITHOUT_GITBTC, "push", "-q", "origin", "bad")
    treasury.git("push", "-q", "origin", "bad:refs/heads/again")
    treasury.git("checkout", "-q", "bad")
    side(treasury, "bad", "bad", wallet_utxos=[coin(1)])
    treasury.git("push", "-q", str(there.path), "bad")


def test_a_deletion_sends_nothing(treasury: Repo, there: Repo) -> None:
    treasury.git("push", "-q", "origin", "main:refs/heads/other")
    unsound(treasury)
    treasury.git("push", "-q", "origin", ":other")


def test_a_tag_is_examined_with_its_message(treasury: Repo, there: Repo) -> None:
    key = base58.encode_check(b"\xef" + secrets.token_bytes(32) + b"\x01")
    treasury.git("tag", "-a", "-m", f"see {key}", "v1")
    said = kept_back(treasury, there, "origin", "v1")
    assert "the tag's message: line 1: " in said
    assert key not in said


def test_names_of_any_letters_are_taken(treasury: Repo, there: Repo) -> None:
    treasury.git("push", "-q", "origin", "main:refs/heads/caf\u00e9\u2028\u0085x")
    assert "caf\u00e9" in there.git("for-each-ref", "--format=%(refname)")


def test_a_fast_forward_is_only_warned_about(treasury: Repo, there: Repo) -> None:
    unsound(treasury)
    treasury.git("checkout", "-q", "main")
    said = treasury.run("git", "merge", "--ff-only", "bad").stderr
    assert "spent_coin" in said
    assert "already merged" in said


def test_a_live_history_is_not_sent_to_a_branch_that_simulates(treasury: Repo, there: Repo) -> None:
    """As far as this clone has what the remote has."""
    strategy(treasury, simulating=True)
    treasury.commit("base")
    treasury.git("push", "-q", "origin", "main")
    treasury.git("checkout", "-q", "--orphan", "orphan")
    strategy(treasury, simulating=False)
    treasury.commit("live from the start")
    treasury.git("merge", "-q", "--no-edit", "--allow-unrelated-histories", "-s", "ours", "main")
    assert f"live: {STRATEGY}: the branch is not live at" in kept_back(treasury, there, "origin", "orphan:main")
    treasury.git("push", "-q", "origin", "orphan")
    treasury.git("checkout", "-q", "main")
    strategy(treasury, simulating=False)
    treasury.commit("live")
    treasury.git("push", "-q", "origin", "main")
