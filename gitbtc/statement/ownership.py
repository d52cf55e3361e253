"""Whose an output is: what the records prove, and what is left to conclude.

A transaction's record does not say which of its outputs are the wallet's. Proven is: what a list of coins ever listed,
what pays to the address of such a coin, and what pays to an address of the root's descriptors. Only for an output that
came and was spent between two commits may there be no proof; then what is known of its two transactions decides, and
the statement says so.
"""

from __future__ import annotations

from gitbtc.spends.evidence import inputs
from gitbtc.statement.books import height_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint
    from gitbtc.statement.books import Books

    class Proofs(Protocol):
        """What else is known of outputs."""

        def listed(self, outpoints: set[Outpoint]) -> set[Outpoint]:
            """Those that some earlier list of coins holds."""

        def derived(self, addresses: dict[str, str]) -> tuple[set[str], bool]:
            """Those of the addresses (-> script type) that descriptors give, and whether every descriptor was asked:
            then the others are foreign.
            """

        def received(self) -> set[str]:
            """The addresses that labels call ones at which money comes in."""


class NoProofs:
    """Nothing else is known."""

    def listed(self, _: set[Outpoint]) -> set[Outpoint]:
        """None."""
        return set()

    def derived(self, _: dict[str, str]) -> tuple[set[str], bool]:
        """None, and nobody was asked."""
        return set(), False

    def received(self) -> set[str]:
        """None."""
        return set()


class Ownership:
    """Whose the outputs are: `own`: the outpoints that are the roots'; `concluded`: the outpoints, own or not, of which
    there is no proof.
    """

    def __init__(self, moments: Iterable[Books], proofs: Proofs) -> None:
        moments = list(moments)
        self.own: set[Outpoint] = {outpoint for books in moments for outpoint in books.listed}
        self.concluded: set[Outpoint] = set()
        self._transactions: dict[str, Record] = {}
        for books in moments:
            self._transactions |= books.transactions
        self._addresses = {coin.address for books in moments for coin in books.listed.values()} - {""}
        self._take(self._addresses)
        self._place(moments, proofs)

    def _take(self, addresses: set[str]) -> None:
        """Every output that pays to one of `addresses` is own."""
        self.own.update(
            (txid, output["vout"])
            for txid, record in self._transactions.items()
            for output in record["outputs"]
            if output["address"] in addresses
        )

    def _place(self, moments: list[Books], proofs: Proofs) -> None:
        """Find out about the outputs that transactions spend and no list of these moments has."""
        left = self._open(moments)
        if not left:
            return
        listed = proofs.listed(left)
        self.own |= listed
        self._take({output["address"] for _, output in self._outputs(listed) if output["address"]})
        left -= self.own
        types = {output["address"]: output["script_type"] for _, output in self._outputs(left) if output["address"]}
        derived, is_sure = proofs.derived(types) if types else (set(), False)
        self._take(derived)
        left -= self.own
        if left and not is_sure:
            self.concluded = set(left)
            _Conclusion(self._transactions, self.own, left, proofs.received()).draw()

    def _open(self, moments: list[Books]) -> set[Outpoint]:
        """The outputs of which it matters whose they are, and that are not known to be own: a transaction here spends
        them, unless every moment knows both its maker and its spender as confirmed: then they are past.
        """
        settled = set.intersection(*({one["txid"] for one in books.confirmed()} for books in moments))
        return {
            outpoint
            for txid, record in self._transactions.items()
            for outpoint in inputs(record)
            if outpoint not in self.own
            and outpoint[0] in self._transactions
            and not (txid in settled and outpoint[0] in settled)
        }

    def _outputs(self, outpoints: set[Outpoint]) -> list[tuple[Outpoint, Record]]:
        txids = {txid for txid, _ in outpoints}
        made = [
            (txid, output) for txid in txids & self._transactions.keys() for output in _made(self._transactions, txid)
        ]
        return [((txid, output["vout"]), output) for txid, output in made if (txid, output["vout"]) in outpoints]


class _Conclusion:
    """What follows for the outputs `left` from what is known: each transaction of a wallet concerns the wallet."""

    def __init__(
        self, transactions: dict[str, Record], own: set[Outpoint], left: set[Outpoint], received: set[str]
    ) -> None:
        self._transactions = transactions
        self._own = own
        self._left = set(left)
        self._received = received
        spenders = ((outpoint, one["txid"]) for one in transactions.values() for outpoint in inputs(one))
        self._spender = {outpoint: txid for outpoint, txid in spenders if outpoint in left}

    def draw(self) -> None:
        """Decide on each, by the surest rule that says anything."""
        rules = (self._is_labelled, self._is_spent_with_own, self._must_be, self._is_change, self._may_be)
        while any(self._apply(rule) for rule in rules):
            pass

    def _apply(self, rule: Callable[[Outpoint], bool]) -> bool:
        """Whether a rule finds any; what it finds first counts for the next."""
        before = len(self._left)
        for outpoint in self._in_order():
            if rule(outpoint):
                self._own.add(outpoint)
                self._left.remove(outpoint)
        return len(self._left) < before

    def _in_order(self) -> list[Outpoint]:
        return sorted(self._left, key=lambda one: (height_of(self._transactions[one[0]]), one))

    def _is_labelled(self, outpoint: Outpoint) -> bool:
        """Its address is one at which money comes in."""
        made = _made(self._transactions, outpoint[0])
        return any(output["vout"] == outpoint[1] and output["address"] in self._received for output in made)

    def _is_spent_with_own(self, outpoint: Outpoint) -> bool:
        """Whoever spends it spends something that is own as well."""
        return self._spends_own(self._spender[outpoint])

    def _must_be(self, outpoint: Outpoint) -> bool:
        """One of its two transactions can concern the wallet by nothing else."""
        return any(
            not self._concerns(txid) and self._places(txid) & self._left == {outpoint}
            for txid in (outpoint[0], self._spender[outpoint])
        )

    def _is_change(self, outpoint: Outpoint) -> bool:
        """The wallet itself made it, and made no other output for itself."""
        return self._spends_own(outpoint[0]) and not self._makes_own(outpoint[0])

    def _may_be(self, outpoint: Outpoint) -> bool:
        """One of its two transactions does not concern the wallet otherwise, and something of it must."""
        return not self._concerns(outpoint[0]) or not self._concerns(self._spender[outpoint])

    def _places(self, txid: str) -> set[Outpoint]:
        """What a transaction spends and makes."""
        made = {(txid, output["vout"]) for output in _made(self._transactions, txid)}
        return made.union(inputs(self._transactions[txid]))

    def _concerns(self, txid: str) -> bool:
        return self._spends_own(txid) or self._makes_own(txid)

    def _spends_own(self, txid: str) -> bool:
        return not self._own.isdisjoint(inputs(self._transactions[txid]))

    def _makes_own(self, txid: str) -> bool:
        return any((txid, output["vout"]) in self._own for output in _made(self._transactions, txid))


def _made(transactions: dict[str, Record], txid: str) -> list[Record]:
    outputs: list[Record] = transactions[txid]["outputs"]
    return outputs
