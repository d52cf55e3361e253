"""`gitbtc log` on real repositories."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Repo
from tests.history.wallet import (
    A,
    commit,
    events,
    funded,
    log,
    merged,
    mined,
    outpoint,
    paid,
    pays,
    settled,
    without_oids,
)
from tests.made_state import WITHOUT_GITBTC, branch, coin, coins, mempool, policy, put, records, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter

PROGRAM = [sys.executable, "-E", "-P", "-m", "gitbtc"]


@once
def story(repo: Repo) -> None:
    """Received, reserved, spent on a branch, contested on another, merged, settled, confirmed, released."""
    settled(repo)
    repo.gitbtc("reserve", outpoint(coin(1)), "--blocks", "10", "--agent", "Agent B", "--note", "rent")
    commit(repo, "Reserve")
    repo.gitbtc("release", outpoint(coin(1)), "--agent", "Agent B")
    transactions(repo, *(mined(one) if one["txid"] == A["txid"] else one
                         for one in records(repo, "wallet/transactions.json")))  # fmt: skip
    mempool(repo)
    coins(repo, coin(1), coin(2, label="cold storage"), paid(A) | {"block_height": 105})
    commit(repo, "Block 105")


GOLDEN = """\
COMMIT  Ann Auditor  Block 105
  ~ 2.00000000 BTC  bcrt1qh77z…d7pdx0  f0f0f0f0:1  released by "Agent B"
  ~ 3.00000000 BTC  bcrt1qh77z…d7pdx0  f0f0f0f0:2  label "savings" → "cold storage"
  ~ 61616161  confirmed at height 105
COMMIT  Ann Auditor  Reserve
  ~ 2.00000000 BTC  bcrt1qh77z…d7pdx0  f0f0f0f0:1  reserved by "Agent B" until block 120: "rent"
COMMIT  Ann Auditor  Merge branch 'agent-b'
  1 coin restored, 1 lost; balance unchanged against the first parent
  ! 1.00000000 BTC  f0f0f0f0:0  contested (double spend), settled for 61616161 over 62626262
  + 2.00000000 BTC  bcrt1qh77z…d7pdx0  f0f0f0f0:1  a coin again, which 62626262 had spent
  - 2.99999000 BTC  bcrt1qsl0c…7gsw7t  62626262:0  lost with 62626262
  ~ 62626262  replaced by 61616161
COMMIT  agent-b  Pay agent-b
  1 coin received, 2 spent; balance −0.00001000 BTC
  −0.00001000  within the wallet  fee 1,000 sat (5.0 sat/vB)  62626262  change 2.99999000
COMMIT  agent-a  Pay agent-a
  1 coin received, 1 spent; balance −0.00001000 BTC
  −0.00001000  within the wallet  fee 1,000 sat (5.0 sat/vB)  61616161  change 0.99999000
COMMIT  Ann Auditor  Fund the treasury
  3 coins received; balance +6.00000000 BTC
  +3.00000000  bcrt1qh77z…d7pdx0  f0f0f0f0    2 coins  block 100
  +3.00000000  "savings"          f0f0f0f0:2  block 100
"""


@pytest.mark.both_layouts
def test_the_whole_story(treasury: Repo) -> None:
    story(treasury)
    assert without_oids(treasury.gitbtc("log").stdout) == GOLDEN


def test_the_document_says_who_what_and_when(treasury: Repo) -> None:
    oid = funded(treasury)
    [told] = log(treasury)
    parent = treasury.git("rev-parse", "HEAD~1").strip()
    assert {name: told[name] for name in ("commit", "parents", "author", "time", "subject")} == {
        "commit": oid, "parents": [parent], "author": {"name": "Ann Auditor", "email": "ann@example.com"},
        "time": 1_767_323_045, "subject": "Fund the treasury",
    }  # fmt: skip
    [root] = told["roots"]
    assert (root["root"], root["balance_sat"]) == ("", 600_000_000)
    assert root["events"][0] == {
        "event": "received", "outpoint": outpoint(coin(0)), "amount_sat": 100_000_000, "file": "utxos"
    }  # fmt: skip


def test_the_events_of_a_history_without_merges_sum_up_to_the_coins(treasury: Repo) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    coins(treasury, coin(0), coin(1))
    transactions(treasury, A | {"abandoned": True})
    mempool(treasury)
    commit(treasury, "Give up")
    sums: dict[str, int] = {}
    for one in log(treasury):
        for event in one["roots"][0]["events"]:
            effect = {"received": 1, "restored": 1, "spent": -1, "lost": -1, "removed": -1}.get(event["event"], 0)
            sums[event.get("outpoint", "")] = sums.get(event.get("outpoint", ""), 0) + effect
    assert {name for name, total in sums.items() if total} == {outpoint(coin(0)), outpoint(coin(1))}
    assert set(sums.values()) == {0, 1}


def test_ranges_and_how_many(treasury: Repo) -> None:
    story(treasury)
    subjects = [one["subject"] for one in log(treasury)]
    assert [one["subject"] for one in log(treasury, "-n", "2")] == subjects[:2]
    assert log(treasury, "-n", "0") == []
    assert [one["subject"] for one in log(treasury, "HEAD~2..HEAD")] == ["Block 105", "Reserve"]
    assert [one["subject"] for one in log(treasury, "HEAD~2..")] == ["Block 105", "Reserve"]
    assert {one["subject"] for one in log(treasury, "agent-a...agent-b")} == {"Pay agent-a", "Pay agent-b"}
    assert {one["subject"] for one in log(treasury, "agent-a")} == {"Pay agent-a", "Fund the treasury"}


def test_paths_and_roots_cut_it_down(treasury: Repo) -> None:
    put(treasury, "one/wallet/utxos.json", coin(0))
    commit(treasury, "One")
    put(treasury, "two/wallet/utxos.json", coin(0))
    put(treasury, "wallet/utxos.json", coin(5))
    commit(treasury, "Two and the top")
    assert [root["root"] for one in log(treasury) for root in one["roots"]] == ["", "two", "one"]
    assert [root["root"] for one in log(treasury, "--root", "two/") for root in one["roots"]] == ["two"]
    assert [root["root"] for one in log(treasury, "--root", ".") for root in one["roots"]] == [""]
    assert [one["subject"] for one in log(treasury, "--", "one")] == ["One"]
    assert [one["subject"] for one in log(treasury, "HEAD", "--", "two/wallet/utxos.json", "one")] == [
        "Two and the top", "One"
    ]  # fmt: skip
    assert log(treasury, "--", "one/wallet/transactions.json", "elsewhere") == []
    told = treasury.gitbtc("log", "--", "wallet", cwd=treasury.path / "two").stdout
    assert "two: 1 coin received; balance +1.00000000 BTC" in told
    assert "  2 coins" not in told
    assert "outside of the repository" in treasury.gitbtc("log", "--", "../x", ok=(2,)).stderr


def test_labels_policies_and_the_strategy_are_told_and_by_whom(treasury: Repo) -> None:
    put(treasury, "channels/routing.json", policy("798700x1234x0", fee_rate_ppm=120))
    put(treasury, "oracles/prices.json", {"timestamp": 5, "block_height": 1, "price_usd": 90000, "source": "x"})
    commit(treasury, "Open", "bob", hooks=False)
    put(treasury, "channels/routing.json", policy("798700x1234x0", fee_rate_ppm=400))
    put(
        treasury, "wallet/labels.json", *({"address": str(one), "label": "x", "category": "income"} for one in range(9))
    )
    commit(treasury, "Dearer", "ada", hooks=False)
    told = without_oids(treasury.gitbtc("log").stdout).splitlines()
    assert told[:4] == [
        "COMMIT  ada  Dearer",
        "  channels/routing.json: 1 policy changed",
        "  ~ base fee 1000.000 msat".replace("1000.000 msat", "1.000 sat")
        + "  time lock delta 40  798700x1234x0: fee_rate_ppm 120 ppm → 400 ppm",
        "  wallet/labels.json: new file; 9 labels added",
    ]
    assert not any("prices" in line for line in told)
    assert [one["subject"] for one in log(treasury, "--", "channels/routing.json")] == ["Dearer", "Open"]
    assert [one["subject"] for one in log(treasury, "--", "oracles/prices.json")] == ["Open"]
    assert log(treasury, "--", "oracles") == []
    [change] = log(treasury, "-1", "--", "channels")[0]["roots"][0]["changes"]
    assert (change["address"], change["child_ops"][0]["op"]) == ("channels/routing.json", "mutate")


@pytest.mark.both_layouts
def test_a_merge_tells_of_other_files_what_it_decided_itself(treasury: Repo) -> None:
    put(treasury, "channels/routing.json", policy("1x1x1"), policy("2x2x2"))
    commit(treasury, "Open")
    branch(treasury, "other")
    put(treasury, "channels/routing.json", policy("1x1x1", fee_rate_ppm=7), policy("2x2x2"))
    commit(treasury, "One")
    treasury.git("checkout", "-q", "main")
    put(treasury, "channels/routing.json", policy("1x1x1"), policy("2x2x2", fee_rate_ppm=8))
    commit(treasury, "Two")
    merged(treasury, "other")
    assert [one["subject"] for one in log(treasury)] == ["Two", "One", "Open"]


def test_a_coin_that_is_frozen_and_a_transaction_that_gets_a_name_are_told(treasury: Repo) -> None:
    coins(treasury, coin(0))
    transactions(treasury, A)
    commit(treasury, "Before", hooks=False)
    coins(treasury, coin(0, spendable=False))
    transactions(treasury, A | {"label": "rent"})
    commit(treasury, "After", hooks=False)
    told = without_oids(treasury.gitbtc("log", "-1").stdout)
    assert "  ! 1.00000000 BTC  bcrt1qh77z…d7pdx0  f0f0f0f0:0  frozen (was spendable)\n" in told
    assert '  ~ 61616161  label null → "rent"\n' in told


def test_the_habits_of_git_log_are_taken(treasury: Repo) -> None:
    story(treasury)
    subjects = [one["subject"] for one in log(treasury)]
    assert [one["subject"] for one in log(treasury, "-2")] == subjects[:2]
    assert [one["subject"] for one in log(treasury, "--author=agent-b")] == ["Pay agent-b"]
    assert [one["subject"] for one in log(treasury, "--author", "^agent-. <")] == ["Pay agent-b", "Pay agent-a"]
    times = {one["subject"]: one["time"] for one in log(treasury)}
    assert log(treasury, f"--until={min(times.values()) - 1}") == []
    assert len(log(treasury, "--since=1999-01-01")) == len(subjects)
    assert log(treasury, "--since=2099-01-01") == []
    for wrong in (["--since", "nonsense"], ["--author", "("], ["-p", "--json"]):
        assert treasury.gitbtc("log", *wrong, ok=(2,)).stderr


def test_with_patches_each_commit_has_what_git_diff_tells(treasury: Repo) -> None:
    story(treasury)
    shown = treasury.gitbtc("log", "-p", "-2").stdout
    told = treasury.gitbtc("diff", "HEAD~1", "HEAD").stdout
    assert shown.startswith(treasury.gitbtc("log", "-1").stdout.splitlines()[0] + "\n" + told)
    assert "new file" in treasury.gitbtc("log", "-p", "main~3", "--", "wallet/utxos.json").stdout
    assert "mempool.json" not in treasury.gitbtc("log", "-p", "--", "wallet/utxos.json").stdout


def test_many_alike_events_are_one_line(treasury: Repo) -> None:
    coins(treasury, *(coin(vout, str(vout) * 64) for vout in range(9)), coin(9, label="ten", block_height=101))
    commit(treasury, "Many")
    told = without_oids(treasury.gitbtc("log").stdout).splitlines()
    assert told[1:] == [
        "  10 coins received; balance +55.00000000 BTC",
        "  +45.00000000         9 receipts",
        '  +10.00000000  "ten"  f0f0f0f0:9  block 101',
    ]
    assert len(log(treasury)[0]["roots"][0]["events"]) == 10


def test_a_commit_that_did_nothing_to_coins_is_left_out(treasury: Repo) -> None:
    treasury.write("notes.txt", "n")
    commit(treasury, "Notes")
    assert (treasury.gitbtc("log").stdout, log(treasury)) == ("", [])


@pytest.mark.one_file
def test_a_commit_with_a_file_that_does_not_parse_is_told_in_one_line(treasury: Repo) -> None:
    funded(treasury)
    treasury.git("rm", "-q", "--cached", ".gitattributes")
    treasury.write("wallet/utxos.json", "[\n{\n]\n")
    coins_before = records(treasury, "wallet/utxos.json", "HEAD")
    treasury.git("-c", "core.attributesFile=/dev/null", "add", "wallet/utxos.json", ok=(0, 1, 128))
    blob = treasury.git("hash-object", "-w", "--no-filters", "wallet/utxos.json").strip()
    treasury.git("update-index", "--cacheinfo", f"100644,{blob},wallet/utxos.json")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "Broken")
    treasury.git("checkout", "-q", "HEAD~1", "--", ".gitattributes")
    coins(treasury, *coins_before)
    commit(treasury, "Mended", hooks=False)
    coins(treasury, *coins_before[:2])
    commit(treasury, "Later")
    told = without_oids(treasury.gitbtc("log").stdout).splitlines()
    assert told[1] == "  1 coin removed; balance −3.00000000 BTC"
    broken = [line for line in told if "not told" in line]
    assert [line.partition(", line")[0] for line in broken] == [
        "  ! not told: wallet/utxos.json: before this commit", "  ! not told: wallet/utxos.json: in this commit"
    ]  # fmt: skip
    assert told.count("  balance unknown") == 2
    assert told[-1].startswith("  +3.0")


def test_records_that_do_not_follow_their_schema_are_told_in_one_line(treasury: Repo) -> None:
    treasury.write("wallet/transactions.json", f'[\n{{"inputs":5,"txid":"{A["txid"]}"}}\n]\n')
    commit(treasury, "Misshapen", hooks=False)
    assert "not told: records do not follow their schema" in treasury.gitbtc("log").stdout


def test_a_symbolic_link_is_not_followed(treasury: Repo) -> None:
    treasury.write("elsewhere.json", "[]")
    (treasury.path / "wallet").mkdir()
    (treasury.path / "wallet/utxos.json").symlink_to("../elsewhere.json")
    commit(treasury, "Link", hooks=False)
    told = without_oids(treasury.gitbtc("log").stdout).splitlines()
    assert told[-1] == "  ! not told: wallet/utxos.json: in this commit, a symbolic link, which no state file can be"


def test_a_shallow_clone_says_where_its_history_is_cut(treasury: Repo, sandbox: Sandbox) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    coins(treasury, coin(2), paid(A))
    commit(treasury, "Lose one")
    treasury.git("clone", "-q", "--depth", "2", f"file://{treasury.path}", str(sandbox.home / "shallow"))
    run = treasury.gitbtc("log", cwd=sandbox.home / "shallow").stdout
    told = without_oids(run).splitlines()
    assert "  1 coin removed; balance −2.00000000 BTC" in told
    assert sum(line.endswith("listed already where the history is cut") for line in told) == 3
    assert "received" not in run
    assert told[-1].startswith("history is cut at ")
    assert "git fetch --unshallow" in told[-1]
    document = json.loads(treasury.gitbtc("log", "--json", cwd=sandbox.home / "shallow").stdout)
    assert document["gitbtc.log/v1"]["cut_at"] == [treasury.git("rev-parse", "HEAD~1").strip()]


def test_a_bare_repository_and_a_linked_work_tree_have_the_same_history(treasury: Repo, sandbox: Sandbox) -> None:
    settled(treasury)
    treasury.git("clone", "-q", "--bare", str(treasury.path), str(sandbox.home / "bare.git"))
    treasury.git("worktree", "add", "-q", str(sandbox.home / "linked"))
    here = treasury.gitbtc("log").stdout
    for place in ("bare.git", "linked"):
        assert treasury.gitbtc("log", "--", "wallet", "network", cwd=sandbox.home / place).stdout == here


def test_no_text_of_a_commit_or_a_record_reaches_the_terminal_as_it_is(treasury: Repo) -> None:
    coins(treasury, coin(0, label="evil\x1b[31m\u202e"))
    commit(treasury, "Sub\x1b]0;ject\u202e", "E\x1b[1mve")
    told = treasury.gitbtc("log").stdout
    assert not {"\x1b", "\u202e"} & set(told)
    assert '"evil\\u001b[31m\\u202e"' in told
    assert "E[1mve  Sub]0;ject" in told


def test_a_reader_that_has_seen_enough_is_no_error(treasury: Repo) -> None:
    coins(treasury, *(coin(vout, label=f"{vout} " + 2000 * "x") for vout in range(200)))
    commit(treasury, "Long")
    command = f"{' '.join(PROGRAM)} log --json | head -n 1"
    done = subprocess.run(["sh", "-c", command], cwd=treasury.path, env=treasury.env, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"{\n", b"")


def test_a_terminal_gets_the_pager_and_colours(treasury: Repo) -> None:
    funded(treasury)
    primary, secondary = pty.openpty()
    environment = treasury.env | {"GIT_PAGER": "sed s/^/paged:/", "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen([*PROGRAM, "log"], cwd=treasury.path, env=environment, stdout=secondary) as process:
        os.close(secondary)
        seen = b""
        while chunk := _read(primary):
            seen += chunk
    assert process.returncode == 0
    assert seen.startswith(b"paged:\x1b[1m")
    assert b"paged:\x1b[32m  +3.0" in seen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end was closed
        return b""


@pytest.mark.parametrize(
    ("arguments", "status"), [(["nonsense"], 2), (["a", "b"], 2), (["-n", "-1"], 2), (["main..nonsense"], 2)]
)
def test_what_it_cannot_take_is_told(treasury: Repo, arguments: list[str], status: int) -> None:
    said = treasury.gitbtc("log", *arguments, ok=(status,)).stderr
    assert said
    assert "Traceback" not in said
    assert "bug" not in said


def test_before_the_first_commit_and_outside_of_a_repository(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    assert "no commit here yet" in repo.gitbtc("log", ok=(2,)).stderr
    outside = repo.gitbtc("log", cwd=sandbox.home, ok=(3,))
    assert "not in a Git repository" in outside.stderr


def test_rebased_and_reverted_payments(treasury: Repo) -> None:
    """A rebase leaves one copy of each event in the line; a revert on purpose gives the coin back."""
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    treasury.git("checkout", "-q", "main")
    treasury.write("notes.txt", "n")
    commit(treasury, "Notes")
    treasury.git("checkout", "-q", "agent-a")
    treasury.git("rebase", "-q", "main")
    treasury.git(*WITHOUT_GITBTC, "revert", "--no-edit", "HEAD")
    told = events(log(treasury))
    assert told == [
        ('Revert "Pay agent-a"', "restored", "fund:0"), ('Revert "Pay agent-a"', "removed", "A:0"),
        ("Pay agent-a", "received", "A:0"), ("Pay agent-a", "spent", "fund:0"),
        *(("Fund the treasury", "received", f"fund:{vout}") for vout in range(3)),
    ]  # fmt: skip


def test_a_picked_payment_is_told_on_each_branch(treasury: Repo) -> None:
    funded(treasury)
    pays(treasury, "agent-a", A, coin(1), coin(2, label="savings"))
    branch(treasury, "copy")
    treasury.write("notes.txt", "n")
    commit(treasury, "Notes")
    treasury.git(*WITHOUT_GITBTC, "cherry-pick", "agent-a")
    merged(treasury, "agent-a")
    assert [one for one in events(log(treasury)) if one[1] == "spent"] == [("Pay agent-a", "spent", "fund:0")] * 2


def test_what_a_partial_clone_cannot_fetch_is_told_and_is_no_finding(treasury: Repo) -> None:
    treasury.git("config", "uploadpack.allowFilter", "true")
    for number in range(2):
        coins(treasury, coin(0, label=str(number)))
        treasury.commit(str(number))
    treasury.git("clone", "-q", "--filter=blob:none", f"file://{treasury.path}", "../partial")
    partial = Repo(treasury.path.parent / "partial", treasury.env, treasury.clock, treasury.python)
    assert partial.gitbtc("log", "--json").stdout == treasury.gitbtc("log", "--json").stdout
    partial.git("clone", "-q", "--filter=blob:none", f"file://{treasury.path}", "../offline")
    offline = Repo(treasury.path.parent / "offline", treasury.env, treasury.clock, treasury.python)
    offline.git("config", "remote.origin.url", "file:///nowhere")
    for command in (["log"], ["why", f"{coin(0)['txid']}:0"], ["diff", "HEAD~1", "HEAD"], ["premerge", "HEAD~1"]):
        said = offline.gitbtc(*command, ok=(0, 3))
        assert said.returncode == 3 or command[0] == "premerge", command
        assert not said.returncode or "partial clone" in said.stderr
