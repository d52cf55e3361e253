"""`gitbtc select`: which coins pay for something, on a recorded treasury."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.made_state import chain, coin, coins, put

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

STRANGER = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"
OTC, SALARY, COLD = "6d0cc27c:0", "01624a89:1", "a94340cd:1"


def told(repo: Repo, *arguments: str, ok: tuple[int, ...] = (0,)) -> dict[str, Any]:
    return dict(json.loads(repo.gitbtc("select", *arguments, "--json", ok=ok).stdout)["gitbtc.selection/v1"])


def chosen(repo: Repo, *arguments: str) -> list[str]:
    """The short names of the coins that are chosen; what they make adds up."""
    found = told(repo, *arguments)
    selection = found["selection"]
    brought = sum(one["amount_sat"] for one in selection["inputs"])
    paid = sum(one["amount_sat"] for one in found["payments"])
    assert brought == paid + (selection["change_sat"] or 0) + selection["fee_sat"]
    return [f"{one['outpoint'][:8]}:{one['outpoint'][-1]}" for one in selection["inputs"]]


def test_a_payment_is_told_in_lines(recorded: Repo) -> None:
    shown = recorded.gitbtc("select", f"{STRANGER}=0.75", "p2wpkh=75000sat", "--feerate", "12.1").stdout
    assert shown.splitlines() == [
        f"pay     0.75000000 BTC  {STRANGER}",
        "pay     0.00075000 BTC  p2wpkh",
        'in      3.50000000 BTC  6d0cc27c:0  "OTC desk"',
        "change  2.74922761 BTC  p2tr",
        "fee     2,239 sat, 12.102 sat/vB, 185 vB at the most when it is signed",
        "found by largest first among 8 coins; waste 1,217 sat",
        "to keep others from them: gitbtc reserve 6d0cc27c:0 --blocks 6",
    ]


def test_reserved_and_frozen_coins_are_left_alone(recorded: Repo) -> None:
    assert chosen(recorded, "p2tr=1.0", "--feerate", "20") == [OTC]
    assert chosen(recorded, "p2tr=1.0", "--feerate", "20", "--exclude", OTC) == [SALARY]
    recorded.gitbtc("reserve", OTC, "--blocks", "6", "--agent", "bob")
    for agent in ("bob", "ann"):
        assert chosen(recorded, "p2tr=1.0", "--feerate", "20", "--agent", agent) == [SALARY]
    assert OTC in chosen(recorded, "p2tr=1.0", "--feerate", "20", "--include", OTC, "--agent", "bob")
    for name, agent, why in ((OTC, "ann", "reserved by others"), (COLD, "bob", "frozen")):
        done = recorded.gitbtc("select", "p2tr=1.0", "--feerate", "20", "--include", name, "--agent", agent, ok=(1,))
        assert f"may not be spent: {why}" in done.stderr


def test_a_coin_is_included_or_excluded(recorded: Repo) -> None:
    asked = ("p2tr=1.0", "--feerate", "20", "--include", OTC)
    assert "both --include and --exclude" in recorded.gitbtc("select", *asked, "--exclude", OTC, ok=(2,)).stderr
    assert "begins like this" in recorded.gitbtc("select", *asked, "--exclude", "abcdef:0", ok=(2,)).stderr


def test_what_is_lacking_and_what_is_held_back_is_told(recorded: Repo) -> None:
    recorded.gitbtc("reserve", SALARY, "--blocks", "6", "--agent", "bob")
    found = told(recorded, "p2tr=6.0", "--feerate", "10", ok=(1,))
    assert found["selection"] is None
    # Around the inputs there are 42 WU and an output of 172, and up to 3 more to the next whole byte: 543 sat.
    inputs = sum(-(-weight * 10 // 4) for weight in (230, 4 * 272, 364 + 1, 592 + 1))
    assert found["lacking_sat"] == 600_000_000 + 543 + inputs - (617_796_278 - 125_000_000 - 600)
    assert {one["why"]: one["amount_sat"] for one in found["held_back"]} == {
        "reserved": 125_000_000, "frozen": 700_000_001, "immature": 5_000_000_000, "below cost": 600,
    }  # fmt: skip
    shown = recorded.gitbtc("select", "p2tr=6.0", "--feerate", "10", ok=(1,)).stdout
    assert shown.startswith("not enough: 1.07")
    assert "  held back: 1 coin, 1.25000000 BTC: reserved by others" in shown


def test_own_change_is_spent_only_when_that_is_meant(recorded: Repo, recordings: Path) -> None:
    recorded.gitbtc("import", "bitcoin-core", "--from", str(recordings / "1-agent-a"))
    assert told(recorded, "p2tr=2.0", "--feerate", "10", ok=(1,))["lacking_sat"] > 0
    assert "f28f95d2:0" in chosen(recorded, "p2tr=2.0", "--feerate", "10", "--unconfirmed")
    recorded.gitbtc("reserve", "f28f95d2:0", "--blocks", "6", "--agent", "bob")
    for agent in ("bob", "ann"):
        asked = ("p2tr=2.0", "--feerate", "10", "--unconfirmed", "--agent", agent)
        assert "reserved" in [one["why"] for one in told(recorded, *asked, ok=(1,))["held_back"]]
    included = ("--include", "f28f95d2:0", "--unconfirmed", "--agent", "bob")
    assert "f28f95d2:0" in chosen(recorded, "p2tr=2.0", "--feerate", "10", *included)


def test_a_coin_of_unknown_weight_is_not_guessed(treasury: Repo) -> None:
    coins(treasury, coin(0), coin(1, address="2MwACMHK3EzRu21u6q39DUkj5y8X6mspVcK", script_type="p2sh"))
    chain(treasury, 150)
    found = told(treasury, "p2tr=2.0", "--feerate", "10", ok=(1,))
    assert {one["why"]: one["coins"] for one in found["held_back"]} == {"unknown weight": 1}
    assert (
        "what spending such change"
        in treasury.gitbtc("select", "p2tr=0.5", "--feerate", "10", "--change", "p2sh", ok=(2,)).stderr
    )


@pytest.mark.parametrize(("payment", "said"), [
    ("p2tr", "whom, and how much?"), ("p2tr=1", "no amount"), ("p2tr=0.0", "no amount"), ("p2tr=-1.0", "no amount"),
    ("p2tr=1.000000001", "no amount"), ("p2tr=99999999.0", "no amount"), ("p2tr=329sat", "dust"),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4=1.0", "another network"), ("x=1.0", "no address"),
    ("1BoatSLRHtKNngkdXEeobR76b53LETtpyX=1.0", "no address"), ("p2tr=1e3sat", "no amount"),
])  # fmt: skip
def test_a_payment_that_nobody_can_mean_is_refused(recorded: Repo, payment: str, said: str) -> None:
    done = recorded.gitbtc("select", payment, "--feerate", "10", ok=(2,))
    assert said in done.stderr
    assert (done.stdout, len(done.stderr.splitlines())) == ("", 1)


def test_one_root_pays(treasury: Repo) -> None:
    put(treasury, "a/wallet/utxos.json", coin(0))
    put(treasury, "b/wallet/utxos.json", coin(1))
    assert "choose by --root" in treasury.gitbtc("select", "p2tr=0.5", "--feerate", "1", ok=(2,)).stderr
    assert told(treasury, "p2tr=1.5", "--feerate", "1", "--root", "b")["selection"]["inputs"]
