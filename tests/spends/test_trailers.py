"""The trailers of commit messages: what is read of them, and what says nothing."""

from __future__ import annotations

import pytest

from gitbtc.spends.trailers import parse
from tests.made_state import FUNDING, txid

COIN, A, B, C = f"{FUNDING}:7", txid("a"), txid("b"), txid("c")


@pytest.mark.parametrize(
    ("line", "winner", "losers", "choice"),
    [
        (f"Double-Spend: {COIN} {A} over {B}", A, (B,), ""),
        (f"Double-Spend: {COIN} {A} over {B} and {C}", A, (B, C), ""),
        (f"Double-Spend: {COIN} none over {B}", None, (B,), ""),
        (f"Double-Spend: {COIN} {A} over none", A, (), ""),
        (f"Double-Spend: {COIN} unattributed", None, (), "unattributed"),
        (f"Data-Error: {COIN} theirs", None, (), "theirs"),
        (f"Reservation: {COIN} Agent%20A over {B}", "Agent A", (B,), ""),
        (f"Reservation: {COIN} Z%C3%BCrich over over and and", "Zürich", ("over", "and"), ""),
    ],
)
def test_each_form_of_the_grammar_is_read(line: str, winner: str | None, losers: tuple[str, ...], choice: str) -> None:
    (trailer,) = parse(f"Merge branch 'x'\n\n{line} \n")
    assert trailer.outpoint == (FUNDING, 7)
    assert (trailer.winner, trailer.losers, trailer.choice) == (winner, losers, choice)


def test_a_rewrite_gives_its_reason() -> None:
    (trailer,) = parse("Mend\n\nGitbtc-Rewrite: the node told\ttwo heights\n")
    assert (trailer.outpoint, trailer.reason) == (None, "the node told\ttwo heights")


@pytest.mark.parametrize(
    "line",
    [
        f" Double-Spend: {COIN} unattributed", f"double-spend: {COIN} unattributed",
        f"Double-Spend {COIN} unattributed",
        f"Double-Spend: {COIN}", f"Double-Spend: {FUNDING}:01 unattributed", f"Double-Spend: {FUNDING} unattributed",
        f"Double-Spend: {COIN} {A} over", f"Double-Spend: {COIN} {A} over {B} and", f"Double-Spend: {COIN} {A} and {B}",
        f"Double-Spend: {COIN} {A} over {B} {C}", f"Double-Spend: {COIN} {A} over {B} or {C}",
        f"Double-Spend: {COIN} agent over {B}", f"Double-Spend: {COIN} {A} over agent",
        f"Data-Error: {COIN} mine", f"Data-Error: {COIN}", f"Data-Error: {COIN} ours theirs",
        f"Reservation: {COIN} Agent A over {B}", f"Reservation: {COIN} unattributed", "Gitbtc-Rewrite: ",
    ],
)  # fmt: skip
def test_what_does_not_follow_the_grammar_says_nothing(line: str) -> None:
    assert parse(f"Merge\n\n{line}\n") == []


def test_they_are_read_in_the_order_of_the_message() -> None:
    lines = [f"Data-Error: {FUNDING}:{vout} ours" for vout in (3, 1, 2)]
    found = [trailer.outpoint for trailer in parse("\n".join(["Merge", "", *lines]))]
    assert found == [(FUNDING, 3), (FUNDING, 1), (FUNDING, 2)]
