from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.made_state import coin, coins, put, spend, transactions

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter


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


def test_no_such_revision_and_no_repository(treasury: Repo, sandbox: Sandbox) -> None:
    assert "nonsense" in treasury.gitbtc("check", "nonsense", ok=(3,)).stderr
    (sandbox.home / "elsewhere").mkdir()
    outside = treasury.run(sys.executable, "-E", "-P", "-m", "gitbtc", "check", cwd=sandbox.home / "elsewhere", ok=(3,))
    assert "not in a Git repository" in outside.stderr
