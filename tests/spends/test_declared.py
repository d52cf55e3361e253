"""What a commit message settles: exactly what gitbtc writes, and only where the records agree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.spends.declared import Declared, agrees, denies, ends, is_of_kind
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.trailers import read_line
from tests.made_state import FUNDING, coin, pending, spend

if TYPE_CHECKING:
    from gitbtc.spends.trailers import Trailer

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
    assert declared.line(f"::{COIN}")
    assert declared.line(f"some/root::{COIN}")
    assert not declared.line(f"::{OTHER}")
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
    assert not Declared(f"subject\n\n{line}\n").line(f"::{COIN}")


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


# -- checked against the records -------------------------------------------------------------------------------------

TOUCHED = coin(0)
ONE, TWO, NEVER = spend("aa", TOUCHED), spend("bb", TOUCHED), spend("cc", coin(1))
T1, T2, T3 = ONE["txid"], TWO["txid"], NEVER["txid"]
POINT = f"{FUNDING}:0"
LOST = {"replaced_by": T1}
ABANDONED = {"abandoned": True}


def evidence(**files: Any) -> Evidence:
    """What a state says: `utxos`, `transactions`, `mempool`, `execution` (records)."""
    return Evidence(lambda kind: json.dumps(files[kind]).encode() if kind in files else b"")


OURS, THEIRS = evidence(transactions=[ONE]), evidence(transactions=[TWO])
WON = evidence(transactions=[ONE, TWO | LOST])
NEITHER = evidence(transactions=[ONE | ABANDONED, TWO | ABANDONED], utxos=[TOUCHED])
BARE = evidence(utxos=[coin(1)])
HELD = evidence(utxos=[TOUCHED])


def checked(line: str, type_: str, result: Evidence, *parents: Evidence) -> bool:
    trailer = read_line(line)
    assert trailer
    return agrees(trailer, type_, result, parents)


SPENT_TWICE = ("double_spend", "reorg", "rbf_unproven", "descendant", "restored_vs_spent")


@pytest.mark.parametrize("type_", [*SPENT_TWICE, "data_error"])
@pytest.mark.parametrize(
    ("said", "result", "right"),
    [
        (f"{T1} over {T2}", WON, True),
        (f"{T1} over {T2}", evidence(transactions=[ONE]), True),
        (f"{T1} over {T2}", evidence(mempool=[pending(ONE)], transactions=[TWO | LOST]), True),
        (f"{T1} over none", WON, True),
        (f"none over {T1} and {T2}", NEITHER, True),
        (f"{T2} over {T1}", WON, False),
        (f"{T1} over {T2}", evidence(transactions=[ONE, TWO]), False),
        (f"{T1} over {T2}", NEITHER, False),
        (f"{T1} over {T2}", BARE, False),
        (f"{T1} over none", evidence(transactions=[ONE], mempool=[pending(TWO)]), False),
        (f"{T1} over {T2} and {T3}", WON, False),
        (f"{T3} over {T2}", evidence(transactions=[NEVER, ONE | ABANDONED, TWO | ABANDONED]), False),
        (f"none over {T1}", WON, False),
        (f"none over {T2}", WON, False),
        ("none over none", NEITHER, False),
        ("unattributed", WON, False),
    ],
)
def test_a_winner_lives_and_the_losers_are_lost(type_: str, said: str, result: Evidence, *, right: bool) -> None:
    assert checked(f"Double-Spend: {POINT} {said}", type_, result, OURS, THEIRS) is right


@pytest.mark.parametrize(
    ("line", "type_", "result", "parents", "right"),
    [
        (f"Double-Spend: {POINT} unattributed", "double_spend_candidate", BARE, (BARE, BARE), True),
        (f"Double-Spend: {POINT} unattributed", "double_spend", BARE, (BARE, BARE), False),
        (f"Double-Spend: {POINT} unattributed", "double_spend_candidate", BARE, (BARE, OURS), False),
        (f"Double-Spend: {POINT} {T1} over {T2}", "double_spend_candidate", BARE, (BARE, BARE), False),
        (f"Double-Spend: {POINT} {T1} over none", "double_spend_candidate", OURS, (BARE, BARE), True),
        (f"Double-Spend: {POINT} none over none", "double_spend_candidate", BARE, (BARE, BARE), False),
        (f"Double-Spend: {POINT} none over none", "double_spend_candidate", HELD, (BARE, BARE), True),
        (f"Reservation: {POINT} {T1} over {T2}", "double_spend", WON, (OURS, THEIRS), False),
        (f"Data-Error: {POINT} ours", "double_spend", WON, (OURS, THEIRS), False),
        (f"Data-Error: {POINT} ours", "data_error", WON, (OURS, THEIRS), False),
        (f"Double-Spend: {POINT} {T1} over {T2}", "reservation", WON, (OURS, THEIRS), False),
    ],
)  # fmt: skip
def test_a_trailer_settles_a_contest_of_its_kind(
    line: str, type_: str, result: Evidence, parents: tuple[Evidence, ...], *, right: bool
) -> None:
    assert checked(line, type_, result, *parents) is right


@pytest.mark.parametrize(
    ("side", "amount", "right"),
    [("ours", 1, True), ("theirs", 2, True), ("base", 3, True), ("ours", 2, False), ("theirs", 1, False),
     ("ours", 3, False), ("theirs", None, False)],
)  # fmt: skip
def test_a_coin_is_described_as_the_side_says(side: str, amount: int | None, *, right: bool) -> None:
    ours, theirs, result = (evidence(utxos=[coin(0, amount_sat=sat)] if sat else []) for sat in (1, 2, amount))
    assert checked(f"Data-Error: {POINT} {side}", "data_error", result, ours, theirs) is right


def reserved(*agents: str, released: tuple[str, ...] = (), transactions: tuple[dict[str, Any], ...] = ()) -> Evidence:
    event: dict[str, Any] = {"block_height": 100, "txid": None, "amount_sat": None, "fee_sat": None, "note": None,
                             "outpoints": [POINT]}  # fmt: skip
    events = [
        {**event, "timestamp": at, "event_type": type_, "agent": agent}
        for at, type_, named in ((1, "reserve", agents), (2, "release", released))
        for agent in named
    ]
    return evidence(execution=events, transactions=list(transactions))


@pytest.mark.parametrize(
    ("said", "result", "right"),
    [
        ("ann over bob", reserved("ann", "bob", released=("bob",)), True),
        ("none over ann and bob", reserved("ann", "bob", released=("ann", "bob")), True),
        ("ann over bob", reserved("ann", "bob"), False),
        ("ann over bob", reserved("ann", "bob", released=("ann",)), False),
        ("ann over eve", reserved("ann", "bob", released=("bob",)), False),
        (f"{T1} over bob", reserved("ann", "bob", released=("bob",), transactions=(ONE,)), True),
        (f"ann over {T1}", reserved("ann", "bob", transactions=(ONE | ABANDONED,)), True),
        (f"ann over {T1}", reserved("ann", "bob", transactions=(ONE,)), False),
        ("none over none", reserved("ann", "bob"), False),
    ],
)
def test_who_loses_a_reservation_gives_way(said: str, result: Evidence, *, right: bool) -> None:
    assert checked(f"Reservation: {POINT} {said}", "reservation", result, reserved("ann"), reserved("bob")) is right


def test_only_what_the_check_agrees_to_is_declared() -> None:
    asked = []

    def check(subject: str, trailer: Trailer) -> bool:
        asked.append((subject, trailer.winner))
        return bool(trailer.winner == T1)

    message = f"Merge\n\nDouble-Spend: {POINT} {T2} over {T1}\nDouble-Spend: {POINT} {T1} over {T2}\n"
    assert Declared(message, check).line(f"a::{POINT}")
    assert asked == [(f"a::{POINT}", T2), (f"a::{POINT}", T1)]
    assert not Declared(message.replace(f"{T1} over {T2}", f"none over {T2}"), check).line(f"a::{POINT}")


@pytest.mark.parametrize(
    ("line", "result", "denied"),
    [
        (f"Double-Spend: {POINT} {T2} over {T1}", WON, True),
        (f"Double-Spend: {POINT} {T1} over {T2}", WON, False),
        (f"Double-Spend: {POINT} {T3} over {T2}", WON, True),
        (f"Double-Spend: {POINT} none over {T2}", WON, True),
        (f"Double-Spend: {POINT} unattributed", WON, True),
        (f"Double-Spend: {POINT} unattributed", BARE, False),
        (f"Double-Spend: {POINT} {T1} over {T2}", NEITHER, False),
        (f"Data-Error: {POINT} ours", WON, False),
    ],
)
def test_records_that_say_the_opposite_deny_a_trailer(line: str, result: Evidence, *, denied: bool) -> None:
    trailer = read_line(line)
    assert trailer
    assert denies(trailer, result) is denied


@pytest.mark.parametrize(
    ("later", "contest", "right"),
    [
        ("unattributed", "double_spend_candidate", True),
        ("unattributed", f"double_spend {T1} and {T2}", False),
        (f"{T1} over {T2}", f"double_spend {T1} and {T2}", True),
        (f"{T1} over {T2}", "reservation ann and bob", True),
        ("unattributed", "reservation ann and bob", False),
    ],
)
def test_a_contest_of_a_join_ends_by_a_trailer_of_its_kind(later: str, contest: str, *, right: bool) -> None:
    one, other = read_line(f"Double-Spend: {POINT} {later}"), read_line(f"Contested: {POINT} {contest}")
    assert one
    assert other
    assert ends(one, other) is right
    assert not is_of_kind(read_line(f"Data-Error: {POINT} ours") or one, "reservation")
