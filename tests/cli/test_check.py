from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import gitbtc
from gitbtc.views.rules import RULES
from tests.made_state import WITHOUT_GITBTC, change_of, coin, coins, put, spend, transactions

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter


@pytest.mark.both_layouts
def test_a_revision_and_the_work_tree_are_told_apart(treasury: Repo) -> None:
    coins(treasury, coin(0))
    treasury.commit("sound")
    transactions(treasury, spend("pay", coin(0)))
    assert "0 rules broken" in treasury.gitbtc("check", "HEAD").stdout
    assert "spent_coin" in treasury.gitbtc("check", ok=(1,)).stdout


def test_every_root_is_checked(treasury: Repo) -> None:
    for root in ("one", "two"):
        put(treasury, f"{root}/wallet/utxos.json", coin(0))
        put(treasury, f"{root}/wallet/transactions.json", spend("pay", coin(0)))
    document = json.loads(treasury.gitbtc("check", "--json", ok=(1,)).stdout)["gitbtc.check/v1"]
    assert document["roots"] == ["one", "two"]
    assert [(one["path"], one["rule"]) for one in document["violations"]] == [
        ("one/wallet/utxos.json", "spent_coin"),
        ("two/wallet/utxos.json", "spent_coin"),
    ]


def test_a_state_that_does_not_parse_cannot_be_checked(treasury: Repo) -> None:
    treasury.write("wallet/utxos.json", "[{")
    said = treasury.gitbtc("check", ok=(3,)).stderr
    assert "does not parse" in said
    assert "Traceback" not in said


def test_to_look_at_nothing_is_not_green(treasury: Repo) -> None:
    for command in (
        ("check",),
        ("check", "HEAD"),
        ("validate",),
        ("validate", "--rev", "HEAD"),
        ("validate", "."),
        ("drift",),
    ):
        done = treasury.gitbtc(*command, ok=(3,))
        assert "nothing was looked at" in done.stderr
        treasury.gitbtc(*command, "--allow-empty")
    coins(treasury, coin(0))
    treasury.commit("one")
    for command in (("check",), ("check", "HEAD"), ("validate",), ("validate", "--staged"), ("drift",)):
        treasury.gitbtc(*command)


def test_bisect_finds_the_commit_that_broke_a_rule_and_skips_what_nobody_can_judge(treasury: Repo) -> None:
    start = treasury.git("rev-parse", "HEAD").strip()
    made = [commit_past_the_gate(treasury, "sound", coin(0))]
    made += [
        commit_past_the_gate(treasury, name, coin(0), broken=name) for name in ("torn", "sound again", "spent", "after")
    ]
    treasury.git("bisect", "start", "HEAD", start)
    said = treasury.git("bisect", "run", treasury.python, "-E", "-P", "-m", "gitbtc", "check", "--bisect")
    assert re.search(f"{made[3]} is the first '?bad'? commit", said)  # Git 2.55 quotes the word
    treasury.git("bisect", "reset")


def commit_past_the_gate(repo: Repo, name: str, held: dict[str, Any], broken: str = "") -> str:
    """A commit that no hook looks at: of a file that does not parse, or of a coin that is spent and listed."""
    coins(repo, held)
    transactions(repo, *[spend("pay", held)] if broken in ("spent", "after") else [])
    if broken == "torn":
        repo.write("wallet/utxos.json", "[ x ]\n")
    repo.write("note", name)
    repo.git("add", "-A")
    repo.git(*WITHOUT_GITBTC, "commit", "-q", "-m", name)
    return repo.git("rev-parse", "HEAD").strip()


def test_nothing_is_wrong_where_nobody_can_ask_git(treasury: Repo, sandbox: Sandbox) -> None:
    """A partial clone whose remote is gone: what it lacks can be said by nobody."""
    for number in (0, 1):
        coins(treasury, coin(number))
        treasury.commit("coins")
    treasury.git("config", "uploadpack.allowFilter", "true")
    treasury.git("clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{treasury.path}", "../partial")
    treasury.path.rename(sandbox.home / "gone")
    partial = replace(treasury, path=sandbox.home / "partial")
    for command in (
        "check HEAD", "verify HEAD", "diff HEAD~1 HEAD", "drift", "log", "why f0f0:0", "premerge HEAD~1", "scan --all",
        "validate --rev HEAD",
    ):  # fmt: skip
        partial.gitbtc(*command.split(), ok=(3,))


def test_no_such_revision_and_no_repository(treasury: Repo, sandbox: Sandbox) -> None:
    assert "nonsense" in treasury.gitbtc("check", "nonsense", ok=(2,)).stderr
    (sandbox.home / "elsewhere").mkdir()
    outside = treasury.gitbtc("check", cwd=sandbox.home / "elsewhere", ok=(3,))
    assert "not in a Git repository" in outside.stderr


FUNDED = spend("in", coin(5))
GOT = change_of(FUNDED)


def test_a_lost_coin_is_found_in_the_work_tree_and_in_a_revision_until_the_message_vouches_for_it(
    treasury: Repo,
) -> None:
    transactions(treasury, FUNDED)
    coins(treasury, GOT, coin(1))
    treasury.commit("base")
    coins(treasury, coin(1))
    assert "lost_coin" in treasury.gitbtc("check", ok=(1,)).stdout
    treasury.git("add", "-A")
    name = f"{GOT['txid']}:0"
    said = treasury.run("git", "commit", "-m", "x", ok=(1,)).stderr
    assert f"Double-Spend: {name} unattributed" in said
    treasury.run("git", "commit", "-m", "x", "--no-verify", ok=(1,))
    treasury.git("commit", "-q", "-m", f"x\n\nDouble-Spend: {name} unattributed")
    assert "0 rules broken" in treasury.gitbtc("check", "HEAD").stdout
    treasury.gitbtc("verify", "HEAD")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "--amend", "-m", "x")
    assert "lost_coin" in treasury.gitbtc("check", "HEAD", ok=(1,)).stdout
    assert "lost_coin" in treasury.gitbtc("verify", "HEAD", ok=(1,)).stdout


def test_another_trailer_vouches_for_no_lost_coin(treasury: Repo) -> None:
    transactions(treasury, FUNDED)
    coins(treasury, GOT)
    treasury.commit("base")
    coins(treasury)
    treasury.git("add", "-A")
    for trailer in (f"Double-Spend: {'1' * 64}:0 unattributed", "Gitbtc-Rewrite: it is gone",
                    f"Double-Spend: {GOT['txid']}:0 none over {'1' * 64}"):  # fmt: skip
        treasury.run("git", "commit", "-m", f"x\n\n{trailer}", ok=(1,))


def test_a_coin_is_corrected_by_a_commit_that_says_why(treasury: Repo) -> None:
    """A state of before these rules: the coin has another amount than its transaction, and both were committed."""
    transactions(treasury, FUNDED)
    coins(treasury, GOT | {"amount_sat": 5})
    treasury.git("add", "-A")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "an old state")
    assert "coin_output" in treasury.gitbtc("check", ok=(1,)).stdout
    coins(treasury, GOT)
    treasury.git("add", "-A")
    assert "GITBTC_ALLOW_REWRITE=1" in treasury.run("git", "commit", "-m", "mended", ok=(1,)).stderr
    allowed = {**treasury.env, "GITBTC_ALLOW_REWRITE": "1"}
    treasury.run("git", "commit", "-m", "mended", env=allowed, ok=(1,))
    treasury.run("git", "commit", "-q", "-m", "mended\n\nGitbtc-Rewrite: mistyped", env=allowed)
    assert "0 rules broken" in treasury.gitbtc("check", "HEAD").stdout
    treasury.gitbtc("verify", "HEAD")


def test_marks_and_flags_are_mended_by_a_plain_commit(treasury: Repo) -> None:
    transactions(treasury, FUNDED | {"replaced_by": FUNDED["txid"]})
    flag = FUNDED["outputs"][0] | {"spent": True}
    treasury.write("network/mempool.json", "[]")
    treasury.git("add", "-A")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "an old state")
    transactions(treasury, FUNDED | {"outputs": [flag]})
    treasury.commit("mended")
    assert "0 rules broken" in treasury.gitbtc("check", "HEAD").stdout


def test_every_rule_is_explained(treasury: Repo) -> None:
    listed = treasury.gitbtc("check", "--explain").stdout
    for rule, words in RULES.items():
        assert re.search(rf"^{rule} +{re.escape(words.splitlines()[0])}$", listed, re.MULTILINE)
        assert treasury.gitbtc("check", "--explain", rule).stdout == words + "\n"
    assert "no such rule" in treasury.gitbtc("check", "--explain", "nonsense", ok=(2,)).stderr


def test_every_rule_that_is_told_is_explained() -> None:
    source = "".join(
        (Path(gitbtc.__file__).parent / "spends" / name).read_text() for name in ("rules.py", "steps.py", "channels.py")
    )
    named = {*re.findall(r'Violation\(\s*"(\w+)"', source), *re.findall(r'yield "(\w+)"', source)}
    named |= {*re.findall(r'^    \("(\w+)", _', source, re.MULTILINE), *re.findall(r' \("(\w+)", _', source)}
    named |= {
        "spent_flag",
        "lost_coin",
        "data_error",
        "coin_from_nowhere",
        "channel_twice",
        "routing_orphan",
        "policy_limit",
    }
    assert named == RULES.keys()
