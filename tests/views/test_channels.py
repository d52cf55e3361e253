"""The channels of a root as lines, on a wide and on a narrow terminal."""

from __future__ import annotations

from typing import Any

from gitbtc.repo.objects import LoggedCommit
from gitbtc.views.channels import Told, document, lines

CHANNEL = {
    "channel_id": "754x1x0", "peer_alias": "big-router", "capacity_sat": 1_000_000, "local_balance_sat": 600_000,
    "remote_balance_sat": 390_000, "is_public": True, "is_active": False,
}  # fmt: skip
POLICY = {"channel_id": "754x1x0", "base_fee_msat": 0, "fee_rate_ppm": 400, "inbound_fee_rate_ppm": -100}
COMMIT = LoggedCommit("ab" * 20, "", [], "Olive \x1b[2J", "", 1_767_268_800, 0, "", False)


def told(**policies: dict[str, Any]) -> Told:
    return Told("", [CHANNEL], policies or {"754x1x0": POLICY}, {"754x1x0": COMMIT})


def test_a_channel_is_a_line() -> None:
    _, head, line, total = lines(told())
    assert head.split() == ["channel", "ours", "capacity", "out", "100k", "out", "100k", "in", "changed"]
    assert line.split("  ")[1:3] == ["754x1x0", '"big-router"']
    assert "400 ppm  40.000 sat  \N{MINUS SIGN}10.000 sat  inactive  01 Jan 2026 " in line
    assert line.endswith(" abababab")
    assert "\x1b" not in line
    assert total == "  1 channel, 0.00600000 BTC of 0.01000000 BTC ours"


def test_a_narrow_terminal_shows_the_fees() -> None:
    shown = list(lines(told(), 80))
    assert max(map(len, shown)) <= 80
    assert "400 ppm" in shown[2]
    assert "abababab" not in "\n".join(shown)


def test_a_policy_of_no_channel_is_named_and_one_that_lacks_is_said() -> None:
    shown = list(lines(told(**{"9x9x9": {**POLICY, "channel_id": "9x9x9"}})))
    assert "no policy" in shown[2]
    assert shown[-1] == "  ! the policy of 9x9x9 is of no channel that is there"


def test_the_document_has_every_number() -> None:
    [root] = document([told()])["gitbtc.channels/v1"]["roots"]
    [channel] = root["channels"]
    assert (channel["local_percent"], channel["fee_of_100k_sat_msat"]) == (61, 40_000)
    assert channel["inbound_fee_of_100k_sat_msat"] == -10_000
    assert channel["policy_changed"]["commit"] == "ab" * 20
