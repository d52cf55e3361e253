"""Channels that are sound on each of two branches, and one channel twice where they come together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doors.pushing import accepted, base, gated, keep, refused, side
from tests.made_state import channel, policy, put, records

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

PATH = "channels/channels.json"
FUNDING = f"{'a' * 64}:0"
ALIAS, REAL = (channel(name, funding_outpoint=FUNDING) for name in ("16000000x5x0", "820000x12x0"))


def under_both_ids(repo: Repo) -> None:
    """`ours` is checked out and has the channel under its alias, `theirs` under its own id."""
    base(repo)
    side(repo, "theirs", "main", channels_channels=[REAL])
    side(repo, "ours", "main", channels_channels=[ALIAS])


def test_a_merge_asks_which_of_two_records_is_the_channel(treasury: Repo) -> None:
    under_both_ids(treasury)
    said = treasury.run("git", "merge", "--no-edit", "theirs", ok=(1,)).stderr
    assert f"gitbtc: {PATH}: line 3: 16000000x5x0 and 820000x12x0 are one channel" in said
    assert "remove the record under its alias 16000000x5x0" in said
    put(treasury, PATH, REAL)
    treasury.git("add", "-A")
    treasury.git("commit", "-q", "--no-edit")
    assert records(treasury, PATH, "HEAD") == [REAL]
    assert len(treasury.git("rev-parse", "HEAD^@").split()) == 2


def test_a_join_leaves_it_to_the_next_commit(sandbox: Sandbox, treasury: Repo) -> None:
    server = gated(sandbox)
    treasury.git("remote", "add", "origin", str(server.path))
    under_both_ids(treasury)
    treasury.gitbtc("join", "theirs")
    accepted(treasury, "ours")
    assert "channel_twice" in treasury.gitbtc("check", ok=(1,)).stdout
    put(treasury, PATH, REAL)
    treasury.commit("the alias is gone")
    treasury.gitbtc("check")
    accepted(treasury, "ours")


def test_a_server_holds_new_limits_against_the_policies_that_stand(plain: Repo, server: Repo) -> None:
    """The file is of no root, and counts in each."""
    keep(plain, "channels/channels.json", REAL)
    keep(plain, "node/channels/routing.json", policy("820000x12x0", fee_rate_ppm=400))
    plain.write(".gitbtc/limits.toml", "max_ppm = 400\n")
    plain.unexamined("a policy that keeps to the limit")
    accepted(plain, "main")
    plain.write(".gitbtc/limits.toml", "max_ppm = 399\n")
    plain.unexamined("the limit alone")
    said = refused(plain, server, "main")
    assert "policy_limit: node/channels/routing.json: line 2: 820000x12x0 has a fee_rate_ppm of 400" in said
    plain.git("reset", "-q", "--hard", "HEAD~1")
    plain.write(".gitbtc/limits.toml", "max_ppm = 401\n")
    plain.unexamined("a limit that all keep to")
    accepted(plain, "main")
