"""`gitbtc coins`: which may be spent, how old they are, what they are worth."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds.formats import descriptor_checksum
from tests.made_state import FUNDING, chain, coin, coins, put
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

KEY = "tpubD6NzVbkrYhZ4XgiXtGrdW5XDAPFCL9h7we1vwNCpn8tGbBcgfVYjXyhWo4E1xkh56hjod1RhGjxbaTLV3X4FyWuejifB9jusQ46QzG87VKp"


def told(repo: Repo, *arguments: str) -> list[dict[str, Any]]:
    """The coins of the only root of `gitbtc coins --json`."""
    [root] = json.loads(repo.gitbtc("coins", "--json", *arguments).stdout)["gitbtc.coins/v1"]["roots"]
    return list(root["coins"])


@once
def _fill(repo: Repo) -> None:
    coins(
        repo, coin(0, amount_sat=600, block_height=150), coin(1, amount_sat=680, block_height=None),
        coin(2, amount_sat=681, block_height=150, label="=1+1"), {**coin(3), "spendable": False},
        coin(4, amount_sat=290, block_height=51),
        coin(5, address="2MwACMHK3EzRu21u6q39DUkj5y8X6mspVcK", script_type="p2sh", block_height=149),
    )  # fmt: skip
    chain(repo, 150)


@pytest.fixture
def wallet(treasury: Repo) -> Repo:
    _fill(treasury)
    return treasury


def test_a_coin_is_worth_its_amount_without_its_input(wallet: Repo) -> None:
    worth = {one["outpoint"][-1]: one for one in told(wallet, "--feerate", "10")}
    assert {vout: one["effective_sat"] for vout, one in worth.items()} == {
        "0": -80, "1": 0, "2": 1, "3": 400_000_000 - 680, "4": -390, "5": None,
    }  # fmt: skip
    assert {vout: one["age_blocks"] for vout, one in worth.items()} == {
        "0": 1, "1": 0, "2": 1, "3": 51, "4": 100, "5": 2,
    }  # fmt: skip
    assert [vout for vout, one in worth.items() if one["dust"]] == ["4"]
    assert worth["5"]["input_weight"] is None
    # 68 vB at 0.1 sat/vB are 6.8 sat, of which a part of a satoshi cannot be paid.
    assert told(wallet, "--feerate", "0.1")[0]["effective_sat"] == 593


@pytest.mark.parametrize(("order", "vouts"), [
    ("outpoint", "012345"), ("amount", "532104"), ("age", "435021"), ("effective", "321045"),
])  # fmt: skip
def test_coins_are_sorted(wallet: Repo, order: str, vouts: str) -> None:
    found = told(wallet, "--feerate", "10", "--sort", order)
    assert "".join(one["outpoint"][-1] for one in found) == vouts


def test_free_coins_and_coins_below_their_cost(wallet: Repo) -> None:
    assert [one["outpoint"][-1] for one in told(wallet, "--free")] == ["0", "2", "4", "5"]
    assert [one["outpoint"][-1] for one in told(wallet, "--below-cost", "--feerate", "10")] == ["0", "1", "4"]
    assert told(wallet, "--below-cost", "--feerate", "0") == []
    shown = wallet.gitbtc("coins", "--below-cost", "--feerate", "10", "--free").stdout.splitlines()
    assert shown[1:2] + shown[4:] == ["  effective values at 10 sat/vB", "  2 coins, 0.00000890 BTC"]
    assert "below cost  dust" in shown[3]


def test_an_oracle_of_that_day_tells_the_feerate(wallet: Repo) -> None:
    day_before = 1_700_000_000 - 86_400
    reading = {"timestamp": day_before, "block_height": 149, "target_1_block_sat_vbyte": 20,
               "target_6_block_sat_vbyte": 10, "target_144_block_sat_vbyte": 0.1, "source": "desk"}  # fmt: skip
    put(wallet, "oracles/fees.json", reading, {**reading, "timestamp": day_before - 1})
    assert told(wallet)[0]["effective_sat"] == -80
    shown = wallet.gitbtc("coins").stdout
    assert "effective values at 10 sat/vB, for 6 blocks (desk, 2023-11-13 22:13:20Z)" in shown
    assert "of 1 coin nobody can say what spending costs" in shown
    put(wallet, "oracles/fees.json", {**reading, "timestamp": day_before - 1})
    assert told(wallet)[0]["effective_sat"] is None
    assert "effective" not in wallet.gitbtc("coins").stdout
    for asked in (("--sort", "effective"), ("--below-cost",)):
        assert "at which feerate?" in wallet.gitbtc("coins", *asked, ok=(2,)).stderr


def test_a_descriptor_tells_what_is_behind_a_script(wallet: Repo) -> None:
    body = f"sh(wpkh({KEY}/0/*))"
    record = {"id": "6f0d7c1e-52c4-5b0a-9d1e-8a4b6e0f3c27", "xpub": KEY, "script_type": "p2sh-p2wpkh",
              "derivation_path": "m", "label": None, "gap_limit": 20,
              "descriptor": f"{body}#{descriptor_checksum(body)}"}  # fmt: skip
    put(wallet, "wallet/descriptors.json", record)
    assert told(wallet, "--feerate", "10")[5]["effective_sat"] == 600_000_000 - 910


def test_a_table_holds_no_formula(wallet: Repo) -> None:
    table = wallet.gitbtc("coins", "--csv", "--feerate", "10").stdout
    assert "\r" not in table
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["outpoint"] for row in rows] == [f"{FUNDING}:{vout}" for vout in range(6)]
    assert [row["label"] for row in rows] == ["", "", "'=1+1", "", "", ""]
    assert [rows[place]["effective_sat"] for place in (0, 1, 5)] == ["-80", "0", ""]
    assert wallet.gitbtc("coins", "--csv", "--json", ok=(2,)).stdout == ""
    for rate in ("nan", "-1", "0.0001", "a"):
        assert "no feerate" in wallet.gitbtc("coins", "--feerate", rate, ok=(2,)).stderr


def test_a_recorded_treasury_fits_a_narrow_screen(recorded: Repo) -> None:
    shown = recorded.gitbtc("coins", "--sort", "amount").stdout
    assert shown.splitlines()[-1] == "  11 coins, 63.17796279 BTC"
    assert max(map(len, shown.splitlines())) <= 80
    assert '"client: Zürich Café"' in shown


@pytest.mark.parametrize("form", [[], ["--csv"], ["--json"], ["--sort", "amount"]])
def test_nothing_is_told_where_one_of_many_coins_is_none(treasury: Repo, form: list[str]) -> None:
    made = [coin(0, f"{number:064x}") for number in range(5_000)]
    coins(treasury, *made[:-1], made[-1] | {"amount_sat": -1})
    refused = treasury.gitbtc("coins", *form, ok=(3,))
    assert refused.stdout == ""
    assert "amount_sat" in refused.stderr


def test_a_reader_that_has_seen_enough_ends_it(treasury: Repo) -> None:
    coins(treasury, *(coin(0, f"{number:064x}") for number in range(5_000)))
    whole = treasury.gitbtc("coins", "--json").stdout
    assert len(json.loads(whole)["gitbtc.coins/v1"]["roots"][0]["coins"]) == 5_000
    command = [sys.executable, "-E", "-P", "-m", "gitbtc", "coins", "--json"]
    with subprocess.Popen(command, cwd=treasury.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as ran:
        assert ran.stdout
        assert ran.stderr
        assert ran.stdout.readline() == "{\n"
        ran.stdout.close()
        assert ran.stderr.read() == ""
    assert ran.returncode == 1
