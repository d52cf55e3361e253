"""`gitbtc channels` and `channels plan`, limits at a commit, and an operator's day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.prepared import once
from tests.sources.scripted_lightning import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter
ROUTING = "channels/routing.json"


@once
def _imported(repo: Repo) -> None:
    repo.gitbtc("init")
    repo.gitbtc("import", "lnd", "--from", str(ANSWERS / "lnd-cli"))
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "What the node says")


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    repo = sandbox.repo()
    _imported(repo)
    return repo


def change(repo: Repo, name: str, change: Callable[[list[dict[str, Any]]], None]) -> None:
    path = repo.path / name
    records = json.loads(path.read_bytes())
    change(records)
    path.write_text(json.dumps(records))


def rate(ppm: int) -> Callable[[list[dict[str, Any]]], None]:
    return lambda policies: policies[0].update(fee_rate_ppm=ppm)


def test_the_channels_with_their_fees_and_who_changed_them(repo: Repo) -> None:
    change(repo, ROUTING, rate(400))
    repo.git("commit", "-qam", "big-router 400 ppm", "--author", "Olive <olive@example.org>")
    told = repo.gitbtc("channels").stdout.splitlines()
    assert told[0] == ".  fees of a payment of 100,000 sat, in sat"
    [big] = [line for line in told if "754x1x0" in line]
    assert '754x1x0  "big-router"' in big
    assert "61%" in big
    assert "400 ppm + 1.000" in big
    assert "41.000" in big
    assert "\N{MINUS SIGN}10.500" in big
    assert big.endswith(f"Olive {repo.git('rev-parse', '--short=8', 'HEAD').strip()}")
    [quiet] = [line for line in told if "760x2x1" in line]
    assert "private, inactive" in quiet
    assert "Olive" not in quiet
    [silent] = [line for line in told if "765x3x0" in line]
    assert "no policy" in silent
    assert told[-1] == "  3 channels, 0.01600000 BTC of 0.03500000 BTC ours"
    assert "250 ppm + 1.000" in repo.gitbtc("channels", "HEAD~1").stdout
    repo.git("branch", "plan", "HEAD~1")
    assert repo.gitbtc("channels", "show", "plan").stdout == repo.gitbtc("channels", "HEAD~1").stdout
    document = json.loads(repo.gitbtc("channels", "--json").stdout)["gitbtc.channels/v1"]["roots"][0]
    assert document["channels"][0]["fee_of_100k_sat_msat"] == 41_000
    assert document["channels"][0]["inbound_fee_of_100k_sat_msat"] == -10_500
    assert document["channels"][0]["policy_changed"]["author"] == "Olive"


def test_a_plan_is_printed_and_nothing_is_run(repo: Repo) -> None:
    change(repo, ROUTING, rate(400))
    line = (
        "lncli updatechanpolicy --base_fee_msat 1000 --fee_rate_ppm 400 --time_lock_delta 80 --inbound_base_fee_msat "
        f"-500 --inbound_fee_rate_ppm -100 --chan_point {'a1' * 32}:0"
    )
    told = f'# 754x1x0  "big-router": fee_rate_ppm 250 → 400\n{line}\n'
    assert "754x1x0: fee_rate_ppm 250 ppm → 400 ppm" in repo.git("diff")
    assert '~ "big-router"  ' in repo.git("diff")
    assert repo.gitbtc("channels", "plan").stdout == told
    repo.git("commit", "-qam", "big-router 400 ppm")
    assert repo.gitbtc("channels", "plan").stdout == ""
    assert repo.gitbtc("channels", "plan", "HEAD~1..HEAD").stdout == told
    assert repo.gitbtc("channels", "plan", "HEAD~1").stdout == told
    assert "feeppm=400" in repo.gitbtc("channels", "plan", "--for", "cln", "HEAD~1..").stdout


def test_limits_stop_a_commit_a_plan_and_a_check(repo: Repo) -> None:
    limits = repo.path / ".gitbtc/limits.toml"
    limits.parent.mkdir(exist_ok=True)
    limits.write_text("max_ppm = 1000\nmin_time_lock_delta = 40\n")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "limits")
    change(repo, ROUTING, rate(4000))
    said = "754x1x0 has a fee_rate_ppm of 4000, .gitbtc/limits.toml has max_ppm = 1000"
    assert f"policy_limit: line 1: {said}" in repo.gitbtc("check", ok=(1,)).stdout
    planned = repo.gitbtc("channels", "plan", ok=(1,))
    assert (planned.stdout, planned.stderr) == ("", f"gitbtc: 754x1x0: {said}\n")
    refused = repo.run("git", "commit", "-qam", "too much", ok=(1,))
    assert said in refused.stderr
    change(repo, ROUTING, rate(1000))
    repo.git("commit", "-qam", "as much as may be")
    limits.write_text("max_ppm = 999\n")
    lowered = repo.run("git", "commit", "-qam", "less than there is", ok=(1,)).stderr
    assert "gitbtc: channels/routing.json: line 2: 754x1x0 has a fee_rate_ppm of 1000" in lowered
    assert "max_ppm = 999" in lowered
    limits.write_text("max_pmm = 1000\n")
    assert "unknown key max_pmm" in repo.gitbtc("check", ok=(1,)).stderr
    assert "unknown key max_pmm" in repo.run("git", "commit", "-qam", "misspelt", ok=(1,)).stderr
    limits.write_text("max_ppm = 1000\n")
    repo.git("commit", "-qam", "what there is")


def test_a_policy_without_its_channel_is_told(repo: Repo) -> None:
    change(repo, ROUTING, lambda policies: policies[0].update(channel_id="9x9x9"))
    assert "! the policy of 9x9x9 is of no channel that is there" in repo.gitbtc("channels", ok=(1,)).stdout
    planned = repo.gitbtc("channels", "plan", ok=(1,))
    assert "gitbtc: 9x9x9: no channel of channels.json has this id" in planned.stderr
    assert "routing_orphan" in repo.gitbtc("check", ok=(1,)).stdout


def test_where_nothing_is_listed_the_way_there_is_named(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.gitbtc("init")
    assert "`gitbtc import lnd`" in repo.gitbtc("channels", ok=(2,)).stderr
