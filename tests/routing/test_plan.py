"""A change of policies as commands, fees of a payment, and limits."""

from __future__ import annotations

from typing import Any

import pytest

from gitbtc.errors import GitbtcError
from gitbtc.routing.fees import inbound_msat, local_share, outbound_msat
from gitbtc.routing.limits import KEYS, beyond, read
from gitbtc.routing.plan import CLN, LND, Step, steps
from gitbtc.views.channels import plan_lines

POLICY = {"channel_id": "1x2x3", "base_fee_msat": 1000, "fee_rate_ppm": 250, "time_lock_delta": 80,
          "min_htlc_msat": 1000, "max_htlc_msat": 990_000_000}  # fmt: skip
CHANNELS: dict[str, Any] = {"1x2x3": {"channel_id": "1x2x3", "funding_outpoint": "ab" * 32 + ":0",
                                      "peer_alias": "big-router"}}  # fmt: skip


def step(program: str, *, old: dict[str, Any] | None = POLICY, limits: dict[str, int] | None = None,
         channels: dict[str, Any] | None = None, **fields: Any) -> Step:  # fmt: skip
    before = {"1x2x3": old} if old else {}
    [only] = steps(before, {"1x2x3": {**POLICY, **fields}}, CHANNELS if channels is None else channels, limits or {},
                   program)  # fmt: skip
    return only


LNCLI = (
    "lncli updatechanpolicy --base_fee_msat 1000 --fee_rate_ppm {} --time_lock_delta {}{} --chan_point "
    + "ab" * 32
    + ":0"
)


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ({"fee_rate_ppm": 400}, LNCLI.format(400, 80, "")),
        ({"time_lock_delta": 144}, LNCLI.format(250, 144, "")),
        ({"max_htlc_msat": 5}, LNCLI.format(250, 80, " --max_htlc_msat 5")),
        ({"min_htlc_msat": 5}, LNCLI.format(250, 80, " --min_htlc_msat 5")),
        (
            {"inbound_fee_rate_ppm": -100},
            LNCLI.format(250, 80, " --inbound_base_fee_msat 0 --inbound_fee_rate_ppm -100"),
        ),
    ],
)
def test_lncli_sets_fees_and_time_lock_together(fields: dict[str, Any], command: str) -> None:
    assert step(LND, **fields).command == command


def test_inbound_fees_that_were_taken_out_are_set_to_nothing() -> None:
    old = {**POLICY, "inbound_base_fee_msat": -5, "inbound_fee_rate_ppm": -100}
    assert " --inbound_base_fee_msat 0 --inbound_fee_rate_ppm 0 " in step(LND, old=old).command


def test_a_new_policy_sets_everything() -> None:
    assert step(LND, old=None).command == LNCLI.format(250, 80, " --min_htlc_msat 1000 --max_htlc_msat 990000000")


def test_lightning_cli_sets_what_it_knows_by_channel() -> None:
    assert step(CLN, fee_rate_ppm=400) == Step(
        "1x2x3", POLICY, {**POLICY, "fee_rate_ppm": 400},
        "lightning-cli setchannel -k id=1x2x3 feebase=1000msat feeppm=400",
    )  # fmt: skip
    only = step(CLN, max_htlc_msat=7, min_htlc_msat=6, time_lock_delta=1, inbound_fee_rate_ppm=-1)
    assert only.command.endswith("feeppm=250 htlcmin=6msat htlcmax=7msat")
    assert [note.partition(" ")[0] for note in only.notes] == ["lightningd", "lightningd"]


def test_what_cannot_be_set_has_no_command() -> None:
    assert step(LND, channels={}, fee_rate_ppm=1).obstacle == "no channel of channels.json has this id"
    without = {"1x2x3": {"channel_id": "1x2x3", "peer_alias": None}}
    assert "funding_outpoint is not known" in step(LND, channels=without, fee_rate_ppm=1).obstacle
    assert step(LND, limits={"max_ppm": 300}, fee_rate_ppm=301).obstacle == (
        "1x2x3 has a fee_rate_ppm of 301, .gitbtc/limits.toml has max_ppm = 300"
    )
    assert step(LND, limits={"max_ppm": 300}, fee_rate_ppm=300).command
    [gone] = steps({"1x2x3": POLICY}, {}, CHANNELS, {}, LND)
    assert (gone.command, gone.obstacle) == ("", "")
    assert list(steps({"1x2x3": POLICY}, {"1x2x3": dict(POLICY)}, CHANNELS, {}, LND)) == []


@pytest.mark.parametrize("alias", ["a\nrm -rf ~", "$(reboot)", "a\u2028b\r\ncurl", "`x`"])
def test_an_alias_never_leaves_its_comment(alias: str) -> None:
    channels = {"1x2x3": {**CHANNELS["1x2x3"], "peer_alias": alias}}
    comment, command = plan_lines([step(LND, channels=channels, fee_rate_ppm=400)], channels)
    assert comment.startswith("# 1x2x3  ")
    assert comment.endswith(": fee_rate_ppm 250 → 400")
    assert len(comment.splitlines()) == 1
    assert command == LNCLI.format(400, 80, "")


def test_fees_of_a_payment() -> None:
    """A base, and millionths of the amount, rounded down; inbound fees may be negative, and are rounded to zero."""
    assert outbound_msat(POLICY, 100_000_000) == 26_000
    assert outbound_msat(POLICY, 999) == 1000
    inbound = {**POLICY, "inbound_base_fee_msat": -500, "inbound_fee_rate_ppm": -100}
    assert inbound_msat(inbound, 100_000_000) == -10_500
    assert inbound_msat(inbound, 9_999) == -500
    assert inbound_msat(POLICY, 100_000_000) == 0


@pytest.mark.parametrize(("ours", "theirs", "share"), [(0, 0, None), (1, 2, 33), (0, 5, 0), (5, 0, 100)])
def test_the_share_that_is_ours(ours: int, theirs: int, share: int | None) -> None:
    assert local_share({"local_balance_sat": ours, "remote_balance_sat": theirs}) == share


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"max_pmm = 5", "unknown key max_pmm; it takes max_ppm, min_ppm"),
        (b"max_ppm = 5.0", "max_ppm must be an integer"),
        (b"max_ppm = true", "max_ppm must be an integer"),
        (b"[limits]\nmax_ppm = 5", "unknown key limits"),
        (b"max_ppm =", "not TOML"),
        (b"\xff", "not TOML"),
    ],
)
def test_limits_that_would_hold_nothing_are_an_error(content: bytes, said: str) -> None:
    with pytest.raises(GitbtcError, match=said) as refused:
        read(content)
    assert str(refused.value).startswith(".gitbtc/limits.toml: ")


@pytest.mark.parametrize("key", KEYS)
def test_a_limit_is_allowed_itself(key: str) -> None:
    fields = dict.fromkeys(("base_fee_msat", "fee_rate_ppm", "time_lock_delta", "inbound_base_fee_msat",
                            "inbound_fee_rate_ppm"), 7)  # fmt: skip
    policy = {**POLICY, **fields}
    assert list(beyond(policy, {key: 7})) == []
    assert len(list(beyond(policy, {key: 6 if key.startswith("max") else 8}))) == 1
