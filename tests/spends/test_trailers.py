"""The trailers of commit messages: what is read of them, and what says nothing."""

from __future__ import annotations

import pytest

from gitbtc.spends.trailers import parse, read_line
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


def test_a_reservation_may_have_several_winners() -> None:
    (trailer,) = parse(f"Merge\n\nReservation: {COIN} ann and over over bob and {A}\n")
    assert (trailer.winners, trailer.losers) == (("ann", "over"), ("bob", A))
    assert parse(f"Merge\n\nDouble-Spend: {COIN} {A} and {B} over {C}\n") == []


LINE = f"Double-Spend: {COIN} unattributed"


@pytest.mark.parametrize(
    "message",
    [
        f"Merge\n\n{LINE}\n", f"Merge\n\n{LINE}\n\n# Conflicts:\n#\twallet/utxos.json\n",
        f"Merge\n\nBody\n\nAcked-by: A\n{LINE}\n", f"Merge\n\n{LINE}\nquoted\nSigned-off-by: A <a@b>\n",
        f"Merge\n\nDouble-Spend: {COIN}\n  unattributed\n", f"Merge\n\n{LINE}\r\n", f"Merge\n\n---\n\n{LINE}\n",
    ],
)  # fmt: skip
def test_a_trailer_is_read_where_git_finds_it(message: str) -> None:
    assert [trailer.choice for trailer in parse(message)] == ["unattributed"]


@pytest.mark.parametrize(
    "message",
    [
        LINE, f"{LINE}\n", f"Merge\n{LINE}\n", f"\n{LINE}\n", f"Merge\n\n{LINE}\n\nas he wrote\n",
        f"Merge\n\nHe wrote\n{LINE}\n", f"Merge\0\n\n{LINE}\n", f"Merge\n\nText\0\n\n{LINE}\n", f"Merge\n\n> {LINE}\n",
        f"Merge\n\n# ------------------------ >8 ------------------------\n{LINE}\n", f"Merge\n\nA: b\n {LINE}\n",
    ],
)  # fmt: skip
def test_a_line_that_is_no_trailer_to_git_says_nothing(message: str) -> None:
    assert parse(message) == []


def test_a_line_by_itself_is_read_wherever_it_stands() -> None:
    trailer = read_line(f"Double-Spend: {COIN} {A} over {B}")
    assert trailer
    assert (trailer.winner, trailer.losers) == (A, (B,))
    assert read_line("Fix it") is None


def test_they_are_read_in_the_order_of_the_message() -> None:
    lines = [f"Data-Error: {FUNDING}:{vout} ours" for vout in (3, 1, 2)]
    found = [trailer.outpoint for trailer in parse("\n".join(["Merge", "", *lines]))]
    assert found == [(FUNDING, 3), (FUNDING, 1), (FUNDING, 2)]
