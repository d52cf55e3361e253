"""What a commit message settles: exactly what gitbtc writes, and nothing that looks like it."""

from __future__ import annotations

import pytest

from gitbtc.spends.declared import Declared

COIN, OTHER = "f0" * 32 + ":0", "f0" * 32 + ":1"
A, B, C = "aa" * 32, "bb" * 32, "cc" * 32


@pytest.mark.parametrize(
    "line",
    [
        f"Double-Spend: {COIN} {A} over {B}",
        f"Double-Spend: {COIN} {A} over {B} and {C}",
        f"Double-Spend: {COIN} none over {B}",
        f"Double-Spend: {COIN} {A} over none",
        f"Double-Spend: {COIN} unattributed",
        f"Data-Error: {COIN} theirs",
        f"Reservation: {COIN} ann%20a over {B}",
        f"Double-Spend: {COIN} {A} over {B}\r",
    ],
)
def test_a_settlement(line: str) -> None:
    declared = Declared(f"subject\n\nbody\n\n{line}\nSigned-off-by: Ann\n")
    assert f"::{COIN}" in declared
    assert f"some/root::{COIN}" in declared
    assert f"::{OTHER}" not in declared
    assert not declared.rewrites


@pytest.mark.parametrize(
    "line",
    [
        f"Double-Spend: {COIN}",
        f"Double-Spend: {COIN} {A}",
        f"Double-Spend: {COIN} {A} over {B} and",
        f"Double-Spend: {COIN} {A} over {B} perhaps",
        f"Double-Spend: {COIN[:-2]} unattributed",
        f"double-spend: {COIN} unattributed",
        f"> Double-Spend: {COIN} unattributed",
        f"Data-Error: {COIN} mine",
        f"Reservation: {COIN} ann a over {B}",
    ],
)
def test_no_settlement(line: str) -> None:
    assert f"::{COIN}" not in Declared(f"subject\n\n{line}\n")


@pytest.mark.parametrize(
    ("line", "rewrites"),
    [
        ("Gitbtc-Rewrite: it was a test", True),
        ("Gitbtc-Rewrite:it was", True),
        ("Gitbtc-Rewrite: ", False),
        ("Gitbtc-Rewrite:\nnext line", False),
        ("See Gitbtc-Rewrite: x", False),
    ],
)
def test_a_rewrite_has_a_reason(line: str, rewrites: bool) -> None:
    assert Declared(f"subject\n\n{line}").rewrites is rewrites
