"""The rows of the table of verdicts: what may come of a coin that several views see differently.

The table of docs/merging.md and `gitbtc explain` are printed from these.
"""

from __future__ import annotations


class Row:
    """One verdict. `number` and `name` are what people see of it: the name is the type of the conflict where somebody
    is asked (`asks`), else the word of the notice, "" where nothing is told. `when`, `follows` and `settled` say in
    words when it applies, what follows, and what settles it.
    """

    __slots__ = ("asks", "follows", "name", "number", "settled", "when")

    def __init__(  # noqa: PLR0913 - a row of a table has its columns
        self, number: int, name: str, *, asks: bool, when: str, follows: str, settled: str = ""
    ) -> None:
        self.number = number
        self.name = name
        self.asks = asks
        self.when = when
        self.follows = follows
        self.settled = settled

    def __repr__(self) -> str:
        return f"Row({self.number}, {self.name!r})"


_SIDE = "`gitbtc resolve OUTPOINT` with `--ours`, `--theirs` or `--base`"

SAME = Row(
    1, "", asks=False,
    when="Both sides name the same transaction",
    follows="clean; the stronger evidence stays",
)  # fmt: skip
UNATTRIBUTED = Row(
    2, "unattributed", asks=False,
    when="One side names the transaction, the other removed the coin without naming one",
    follows="clean; that transaction is taken for the spender",
)  # fmt: skip
CANDIDATE = Row(
    3, "double_spend_candidate", asks=True,
    when="Both removed the coin, and neither says which transaction spent it",
    follows="a conflict, or a notice where `git config gitbtc.unattributed allow` says so",
    settled=f"{_SIDE}: one payment that nobody recorded, or (base) no payment at all",
)  # fmt: skip
STALE = Row(
    4, "", asks=False,
    when="One side spent the coin, the other still has it and claims nothing",
    follows="clean: the other only has an older view",
)  # fmt: skip
CONFLICTED = Row(
    5, "conflicted", asks=False,
    when="Two transactions, one of them confirmed, or what was built on it",
    follows="clean: the confirmed one wins, and the other loses; wherever the loser stands: history, mempool, log",
)  # fmt: skip
REPLACED = Row(
    6, "replaced", asks=False,
    when="Two unconfirmed transactions, one replaces the other (`replaced_by`, or `replaces` in the mempool) and is "
    "known to pay a higher fee and a higher feerate",
    follows="clean: the replacement wins, and the other loses",
)  # fmt: skip
UNPROVEN = Row(
    7, "rbf_unproven", asks=True,
    when="The same, but a fee is unknown or not higher",
    follows="a conflict",
    settled=f"{_SIDE}; or complete the fees, so that the replacement is proven",
)  # fmt: skip
DOUBLE_SPEND = Row(
    8, "double_spend", asks=True,
    when="Two unconfirmed transactions, and nothing links them",
    follows="a conflict",
    settled=f"{_SIDE}: that side's transaction wins, or (base) neither",
)  # fmt: skip
REORG = Row(
    9, "reorg", asks=True,
    when="Two confirmed transactions in different blocks",
    follows="a conflict",
    settled=_SIDE,
)  # fmt: skip
IMPOSSIBLE = Row(
    9, "data_error", asks=True,
    when="Two confirmed transactions in one block",
    follows="a conflict",
    settled=_SIDE,
)  # fmt: skip
DESCENDANT = Row(
    10, "descendant", asks=True,
    when="The coin is of a transaction that one side knows to have lost, and the other side has spent it since; or it "
    "was spent by what was built on a contested transaction",
    follows="a conflict, where the sides disagree; else what was built on a transaction that lost has lost with it",
    settled=f"{_SIDE}: the child goes with its parent, or the parent lives after all",
)  # fmt: skip
CPFP = Row(
    11, "", asks=False,
    when="A child spends what its parent made (CPFP)",
    follows="clean",
)  # fmt: skip
BATCH = Row(
    12, "", asks=False,
    when="One transaction spends several coins, of which each side knows some",
    follows="clean; all of its inputs are spent",
)  # fmt: skip
RESTORED = Row(
    13, "restored", asks=False,
    when="Spent by a transaction that one side knows; the other side has the coin back, since the transaction was "
    "abandoned, replaced or forgotten",
    follows="clean: a coin again, unless the transaction is confirmed anywhere; who only kept what both started from "
    "has no news",
)  # fmt: skip
RESTORED_VS_SPENT = Row(
    13, "restored_vs_spent", asks=True,
    when="One side has the coin back, the other has news of a transaction that spends it",
    follows="a conflict",
    settled=f"{_SIDE}: spent after all, or given up",
)  # fmt: skip
DESCRIBED = Row(
    14, "data_error", asks=True,
    when="One side describes the coin with another amount, script or address",
    follows="a conflict",
    settled=f"{_SIDE}: the coin as that side describes it",
)  # fmt: skip
NETWORKS = Row(
    15, "network", asks=True,
    when="The sides are of different networks",
    follows="the merge is refused",
    settled="not at all: two networks never merge; give the merge up",
)  # fmt: skip
RESERVATION = Row(
    16, "reservation", asks=True,
    when="One agent reserved the coin, another reserved or spent it",
    follows="a conflict",
    settled=f"{_SIDE}: that side keeps the coin, the others release it or lose their transaction",
)  # fmt: skip

ROWS = (
    SAME, UNATTRIBUTED, CANDIDATE, STALE, CONFLICTED, REPLACED, UNPROVEN, DOUBLE_SPEND, REORG, IMPOSSIBLE, DESCENDANT,
    CPFP, BATCH, RESTORED, RESTORED_VS_SPENT, DESCRIBED, NETWORKS, RESERVATION,
)  # fmt: skip

# What is said of each verdict that decided something without asking anybody; docs and `gitbtc explain` say why.
_WORDS = {
    "unattributed": "one side removed it and names no transaction; it is spent in {spender}, as the other side says",
    "conflicted": "{spender} spends it and is confirmed, or better known, so {losers} and all built on it can never be",
    "replaced": "{spender} replaces {losers} and pays more; {losers} and all built on it is void",
    "restored": "one side has it back, but {spender}, which spends it, is confirmed: it is spent",
    "given up": "{losers}, which one side still knows, lost or was given up by the other: it does not spend the coin",
    "double_spend_candidate": "both sides removed it and neither names a transaction; gitbtc.unattributed allows that",
}


def words(row: Row, spender: str, losers: str) -> str:
    """What the notice of a row says of its coin. KeyError for a row that has none."""
    return _WORDS["given up" if row is RESTORED and losers else row.name].format(spender=spender, losers=losers)
