"""Named situations, and what must come of them: worked out by hand, to hold the oracle itself against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.oracle.histories import Wallet, World
from tests.oracle.records import Outpoint, Payment, Word

if TYPE_CHECKING:
    from tests.oracle.evidence import Files

# How a wallet knows a transaction.
POOL, BOTH, LOG = Word(mempool=True), Word(record=True, mempool=True), Word(log=True)
RECORD, GIVEN_UP = Word(record=True), Word(record=True, abandoned=True)


def at(height: int) -> Word:
    """In a block."""
    return Word(record=True, height=height)


def by(name: str) -> Word:
    """Replaced."""
    return Word(record=True, replaced_by=name)


def pay(name: str, *inputs: str, out: int, fee: int = 1000, **more: Any) -> Payment:
    """`inputs` as `name:vout sat`; without an amount it is unknown, and the mempool says the `fee`. One output of `out`
    sat, to the wallet.
    """
    spent = tuple(_input(text) for text in inputs)
    amounts = [sat for _, sat in spent if sat is not None]
    return Payment(name, spent, (out,), fee=sum(amounts) - out if len(amounts) == len(spent) else fee, **more)


def _input(text: str) -> tuple[Outpoint, int | None]:
    outpoint, _, sat = text.partition(" ")
    name, _, vout = outpoint.partition(":")
    return (name, int(vout or 0)), int(sat) if sat else None


@dataclass
class Scenario:
    """`base` and `heads` say of each transaction how the view knows it; `found` are the coins of unknown origin.

    `coins`: what is listed when nobody is asked, `None` where somebody must be, of which question `asked` says; with
    both, asking is allowed beside.
    """

    name: str
    payments: list[Payment]
    base: dict[str, Word]
    heads: list[dict[str, Word]]
    coins: dict[str, int] | None
    asked: str = ""
    found: tuple[str, ...] = ("C",)
    removed: tuple[tuple[str, ...], ...] = ((), (), ())
    tips: tuple[int, int, int] = (110, 112, 113)

    def files(self) -> tuple[Files, list[Files]]:
        """The state files of the base, and of the heads."""
        payments = {payment.name: payment for payment in self.payments}
        world = World(random=None, payments=payments)  # type: ignore[arg-type]  # nothing is left to chance
        views = [
            Wallet(world, "", words, {(name, 0): 100_000 for name in self.found}, {(name, 0) for name in removed},
                   tip=tip).files()
            for words, removed, tip in zip((self.base, *self.heads), self.removed, self.tips, strict=False)
        ]  # fmt: skip
        return views[0], views[1:]


F = "foreign:3"
OUTSIDE = Word(record=True, waits=True)
T1, T2 = pay("T1", "C 100000", out=99000), pay("T2", "C 100000", out=98500)
BUMP = pay("U", "C 100000", out=91000, replaces=("T1",))
TABLE = [
    Scenario("01 a loser that only the mempool names", [T1, T2], {}, [{"T1": at(111)}, {"T2": POOL}], {"T1:0": 99000}),
    Scenario(
        "02 a fee bump between two mempools",
        [T1, BUMP], {}, [{"T1": POOL}, {"U": POOL}], {"U:0": 91000},
    ),
    Scenario("03 rivals of a mempool, unlinked", [T1, T2], {}, [{"T1": BOTH}, {"T2": POOL}], None, "double_spend"),
    Scenario("waits outside every mempool here, pending there as before", [T1], {"T1": BOTH},
             [{"T1": OUTSIDE}, {"T1": BOTH}], {}),
    Scenario("waits outside every mempool here, in a block there", [T1], {"T1": BOTH},
             [{"T1": OUTSIDE}, {"T1": at(111)}], {"T1:0": 99000}),
    Scenario("waits outside every mempool here, in one again there", [T1], {"T1": OUTSIDE},
             [{"T1": OUTSIDE}, {"T1": BOTH}], {"T1:0": 99000}),
    Scenario("waits outside every mempool here, given up there", [T1], {"T1": BOTH},
             [{"T1": OUTSIDE}, {"T1": GIVEN_UP}], {"C:0": 100000}, "double_spend"),
    Scenario("a rival of what waits outside every mempool", [T1, T2], {},
             [{"T1": OUTSIDE}, {"T2": POOL}], None, "double_spend"),
    Scenario("04 a loser that only the log names", [T1, T2], {}, [{"T1": at(111)}, {"T2": LOG}], {"T1:0": 99000}),
    Scenario(
        "05 the child of a loser in the mempool",
        [T1, T2, pay("T3", "T2 98500", out=97000)], {}, [{"T1": at(111)}, {"T2": POOL, "T3": POOL}], {"T1:0": 99000},
    ),
    Scenario(
        "06 what a loser spent beside",
        [T1, pay("T2", "C 100000", "D 100000", out=199000)], {}, [{"T1": at(111)}, {"T2": POOL}],
        {"T1:0": 99000, "D:0": 100000}, found=("C", "D"),
    ),
    Scenario(
        "07 an incoming payment with a confirmed rival",
        [pay("R1", F, out=99000, fee=500), pay("R2", F, out=98000)], {}, [{"R1": POOL}, {"R2": at(111)}],
        {"R2:0": 98000, "D:0": 100000}, found=("D",),
    ),
    Scenario(
        "07 an incoming payment bumped by its sender",
        [pay("R1", F, out=99000, fee=500), pay("R2", F, out=98000, fee=1500, replaces=("R1",))], {},
        [{"R1": POOL}, {"R2": POOL}], {"R2:0": 98000, "D:0": 100000}, found=("D",),
    ),
    Scenario("08 evicted here, confirmed there", [T1], {"T1": POOL}, [{}, {"T1": at(111)}], {"T1:0": 99000}),
    Scenario(
        "08 evicted and spent anew here, confirmed there",
        [T1, T2], {"T1": POOL}, [{"T2": POOL}, {"T1": at(111)}], {"T1:0": 99000},
    ),
    Scenario(
        "09 spent here, orphaned and given up there",
        [pay("P", "X 100000", out=99000), pay("T1", "P 99000", out=98000)], {"P": at(105)},
        [{"P": at(105), "T1": BOTH}, {"P": GIVEN_UP}], None, "descendant", found=("X",),
    ),
    Scenario(
        "09 spent here, given up there where the log knows the child",
        [pay("P", "X 100000", out=99000), pay("T1", "P 99000", out=98000)], {"P": BOTH},
        [{"P": BOTH, "T1": BOTH}, {"P": GIVEN_UP, "T1": LOG}], {"X:0": 100000}, "descendant", found=("X",),
    ),
    Scenario(
        "10 an orphaned coinbase that was spent",
        [Payment("CB", (), (5_000_000_000,), fee=0, coinbase=True),
         pay("T1", "CB 5000000000", "C 100000", out=5_000_099_000)],
        {"CB": at(5)}, [{"CB": at(5), "T1": BOTH}, {"CB": GIVEN_UP}], None, "descendant",
    ),
    Scenario(
        "11 given up here, in a block there",
        [pay("P", F, out=99000, fee=700)], {"P": POOL}, [{"P": GIVEN_UP}, {"P": at(111)}],
        {"P:0": 99000, "D:0": 100000}, found=("D",),
    ),
    Scenario(
        "12 spent by an event here, its parent given up there and confirmed here",
        [pay("P", "X 100000", out=99000), pay("T1", "P 99000", out=98000, own=frozenset())], {"P": BOTH},
        [{"P": at(111), "T1": LOG}, {"P": GIVEN_UP}], {"D:0": 100000}, found=("D", "X"),
    ),
    Scenario(
        "12 taken from the list here, its parent given up there and confirmed here",
        [pay("P", "X 100000", out=99000)], {"P": BOTH}, [{"P": at(111)}, {"P": GIVEN_UP}],
        {"D:0": 100000}, "double_spend_candidate", found=("D", "X"), removed=((), ("P",), ()),
    ),
    Scenario("13 bumped, and written down meanwhile", [T1, BUMP], {"T1": POOL}, [{"T1": BOTH}, {"U": BOTH}],
             {"U:0": 91000}),
    Scenario(
        "14 only one side has news: the parent given up",
        [pay("P", "X 100000", out=99000), pay("T1", "P 99000", "E 100000", out=198000)], {"P": BOTH, "T1": POOL},
        [{"P": BOTH, "T1": POOL}, {"P": GIVEN_UP}], {"X:0": 100000, "D:0": 100000, "E:0": 100000},
        found=("D", "E", "X"),
    ),
    Scenario(
        "14 only one side has news: a confirmed rival of the parent",
        [pay("P", "X 100000", out=99000), pay("T1", "P 99000", "E 100000", out=198000),
         pay("R", "X 100000", out=97000)], {"P": BOTH, "T1": POOL},
        [{"R": at(111), "P": by("R")}, {"P": BOTH, "T1": POOL}], {"R:0": 97000, "D:0": 100000, "E:0": 100000},
        found=("D", "E", "X"),
    ),
    Scenario(
        "15 a chain that lost to a confirmed rival",
        [T1, pay("T2", "T1 99000", out=98500), pay("U1", "C 100000", out=98000), pay("U2", "U1 98000", out=97000)], {},
        [{"T1": BOTH, "T2": BOTH}, {"U1": at(111), "U2": BOTH}], {"U2:0": 97000},
    ),
    Scenario(
        "16 spent here, given up there",
        [pay("R1", F, out=99000, fee=700), pay("T1", "R1 99000", out=98000)], {"R1": POOL},
        [{"R1": POOL, "T1": POOL}, {"R1": GIVEN_UP}], None, "descendant", found=(),
    ),
    Scenario(
        "16 spent here, evicted there",
        [pay("R1", F, out=99000, fee=700), pay("T1", "R1 99000", out=98000)], {"R1": POOL},
        [{"R1": POOL, "T1": POOL}, {}], None, "descendant", found=(),
    ),
    Scenario("20 given up here, spent there", [T1], {}, [{"T1": GIVEN_UP}, {"T1": BOTH}], {"C:0": 100000},
             "restored_vs_spent"),
    Scenario(
        "21 a replacement whose fee is unknown",
        [T1, pay("B", "C 100000", F, out=91000)], {}, [{"T1": BOTH}, {"T1": by("B"), "B": RECORD}], None,
        "rbf_unproven",
    ),
    Scenario("22 confirmed against unconfirmed", [T1, T2], {}, [{"T1": at(111)}, {"T2": BOTH}], {"T1:0": 99000}),
    Scenario("22 replaced, pays more", [T1, BUMP], {}, [{"T1": BOTH}, {"T1": by("U"), "U": BOTH}], {"U:0": 91000}),
    Scenario("22 two unconfirmed", [T1, T2], {}, [{"T1": BOTH}, {"T2": BOTH}], None, "double_spend"),
    Scenario("22 one withdrew it, the other kept it", [T1], {"T1": BOTH}, [{"T1": GIVEN_UP}, {"T1": BOTH}],
             {"C:0": 100000}),
    Scenario("23 a stale listing", [T1], {}, [{"T1": at(111)}, {}], {"T1:0": 99000, "D:0": 100000},
             found=("C", "D")),
    Scenario(
        "23 the parent bumped, the child given up, the other kept both",
        [T1, pay("B", "T1 99000", out=98000), BUMP], {"T1": BOTH, "B": BOTH},
        [{"T1": by("U"), "B": GIVEN_UP, "U": BOTH}, {"T1": BOTH, "B": BOTH}], {"U:0": 91000, "D:0": 100000},
        found=("C", "D"),
    ),
    # Beyond the recorded cases.
    Scenario("taken from both lists, and nobody says why", [], {}, [{}, {}], None, "double_spend_candidate",
             removed=((), ("C",), ("C",))),
    Scenario("taken from one list, spent on the other", [T1], {}, [{}, {"T1": POOL}], {"T1:0": 99000},
             removed=((), ("C",), ())),
    Scenario("two blocks hold rivals", [T1, T2], {}, [{"T1": at(111)}, {"T2": at(112)}], None, "reorg"),
    Scenario("out of the block here, kept there", [T1], {"T1": at(105)}, [{"T1": BOTH}, {"T1": at(105)}],
             {"T1:0": 99000}, tips=(110, 130, 110)),
    Scenario("given up in the base, confirmed here", [T1], {"T1": GIVEN_UP}, [{"T1": at(111)}, {"T1": GIVEN_UP}],
             {"T1:0": 99000}),
    Scenario("given up in the base, confirmed here, spent otherwise there", [T1, T2], {"T1": GIVEN_UP},
             [{"T1": at(111)}, {"T1": GIVEN_UP, "T2": BOTH}], {"T1:0": 99000}),
    Scenario("given up in the base, pending again here, spent otherwise there", [T1, T2], {"T1": GIVEN_UP},
             [{"T1": BOTH}, {"T1": GIVEN_UP, "T2": BOTH}], None, "double_spend"),
    Scenario("a bump that pays less", [T1, pay("U", "C 100000", out=99500, replaces=("T1",))], {},
             [{"T1": POOL}, {"U": POOL}], None, "rbf_unproven"),
    Scenario(
        "a proven bump whose winner loses to a block",
        [T1, pay("U", "C 100000", "D 100000", out=191000, replaces=("T1",)), pay("R", "D 100000", out=99000)],
        {}, [{"T1": BOTH, "R": at(111)}, {"U": BOTH}], {"T1:0": 99000, "R:0": 99000}, found=("C", "D"),
    ),
    Scenario("evicted here, written down there", [T1], {"T1": POOL}, [{}, {"T1": BOTH}], {"C:0": 100000},
             "restored_vs_spent"),
    Scenario("evicted on both sides", [T1], {"T1": POOL}, [{}, {}], {"C:0": 100000}),
    Scenario(
        "the child in a block proves the parent that was given up",
        [T1, pay("K", "T1 99000", out=98000)], {"T1": BOTH},
        [{"T1": GIVEN_UP}, {"T1": at(111), "K": at(112)}], {"K:0": 98000},
    ),
    Scenario(
        "the child in a block proves the parent that its own side has only seen pending",
        [T1, pay("K", "T1 99000", out=98000)], {"T1": BOTH},
        [{"T1": GIVEN_UP}, {"T1": BOTH, "K": at(112)}], {"K:0": 98000}, "reorg",
    ),
    Scenario(
        "what a loser spent is described by nothing but the transaction that made it",
        [T1, pay("K", "T1 99000", "D 100000", out=198000), pay("R", "D 100000", out=99000)], {},
        [{"T1": at(111), "K": BOTH}, {"R": at(111)}], {"T1:0": 99000, "R:0": 99000}, found=("C", "D"),
    ),
]  # fmt: skip
