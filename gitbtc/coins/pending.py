"""Transactions that wait for a block: what they pay alone and with their families, who contends with whom, and what it
takes to replace one or to have a child pay for it.
"""

from __future__ import annotations

from functools import cached_property

from gitbtc.coins.feerate import Feerate
from gitbtc.coins.weights import WU_PER_BYTE
from gitbtc.spends.evidence import inputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

# What a replacement pays for its own relay (BIP-125, rule 4): Bitcoin Core's incrementalrelayfee since 30.
_INCREMENTAL = Feerate(100)


class Pending:
    """The transactions of a view that no block holds and that are not given up, wherever they are recorded."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        known = {*evidence.mempool, *evidence.transactions}
        self.txids = sorted(txid for txid in known if evidence.standing(txid).is_live and not self._is_confirmed(txid))
        self._members = set(self.txids)

    def _is_confirmed(self, txid: str) -> bool:
        return bool(self._evidence.transactions.get(txid, {}).get("confirmed"))

    def record(self, txid: str) -> Record:
        """What is recorded of it, the mempool's entry first: it is what waits."""
        return self._evidence.mempool.get(txid) or self._evidence.transactions[txid]

    def fee_sat(self, txid: str) -> int | None:
        """Its fee (sat); None where it is not known."""
        told = (known.get(txid, {}).get("fee_sat") for known in (self._evidence.mempool, self._evidence.transactions))
        return next((fee for fee in told if fee is not None), None)

    def vsize(self, txid: str) -> int | None:
        """Its virtual size (vB): by its weight, else by fee and feerate of the mempool's entry; None: not known."""
        weight = self._evidence.transactions.get(txid, {}).get("weight")
        if weight:
            return -(-int(weight) // WU_PER_BYTE)
        entry = self._evidence.mempool.get(txid, {})
        rate = Feerate.of(entry.get("fee_rate_sat_vbyte", 0)).sat_per_kvb
        return max(round(entry["fee_sat"] * 1000 / rate), 1) if rate else None

    def feerate(self, txids: Iterable[str]) -> Feerate | None:
        """What some transactions pay together for a virtual byte; None where one's fee or size is not known."""
        pairs = [(self.fee_sat(txid), self.vsize(txid)) for txid in txids]
        fees, sizes = [fee for fee, _ in pairs if fee is not None], [size for _, size in pairs if size]
        if len(fees) < len(pairs) or len(sizes) < len(pairs):
            return None
        return Feerate.paid(sum(fees), sum(sizes))

    # -- families ------------------------------------------------------------------------------------------------------

    @cached_property
    def _parents(self) -> dict[str, set[str]]:
        return {txid: {maker for maker, _ in inputs(self.record(txid))} & self._members for txid in self.txids}

    @cached_property
    def _children(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {txid: set() for txid in self.txids}
        for txid, parents in self._parents.items():
            for parent in parents:
                found[parent].add(txid)
        return found

    def ancestors(self, txid: str) -> set[str]:
        """The transaction and all that have to be in a block before it."""
        return _reached(self._parents, txid)

    def descendants(self, txid: str) -> set[str]:
        """The transaction and all that are lost with it."""
        return _reached(self._children, txid)

    def rivals(self, txid: str) -> set[str]:
        """Those that spend a coin that it spends too."""
        claimed = (self._evidence.claimants(outpoint) for outpoint in inputs(self.record(txid)))
        return {other for claimants in claimed for other in claimants if other in self._members} - {txid}

    # -- what can be done ----------------------------------------------------------------------------------------------

    def replacement_sat(self, txid: str, vsize: int) -> int | None:
        """The least fee (sat) of a replacement of so many virtual bytes: what it throws out paid, and its own relay
        (BIP-125, rules 3 and 4); None where a fee is not known.
        """
        fees = [self.fee_sat(one) for one in self.descendants(txid)]
        known = [fee for fee in fees if fee is not None]
        return sum(known) + _INCREMENTAL.fee_of_vsize(vsize) if len(known) == len(fees) else None

    def child_fee_sat(self, txid: str, wanted: Feerate, vsize: int) -> int | None:
        """The fee (sat) with which a child of so many virtual bytes has it and what it waits for pay `wanted` together;
        None where a fee or a size is not known.
        """
        family = self.ancestors(txid)
        pairs = [(self.fee_sat(one), self.vsize(one)) for one in family]
        fees, sizes = [fee for fee, _ in pairs if fee is not None], [size for _, size in pairs if size]
        if len(fees) < len(pairs) or len(sizes) < len(pairs):
            return None
        return max(wanted.fee_of_vsize(sum(sizes) + vsize) - sum(fees), _INCREMENTAL.fee_of_vsize(vsize))


def _reached(steps: dict[str, set[str]], txid: str) -> set[str]:
    found, waiting = {txid}, [txid]
    while waiting:
        new = steps.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def free_outputs(evidence: Evidence, txid: str) -> list[Outpoint]:
    """The coins that are listed of a transaction's outputs: a child can spend them."""
    return [outpoint for outpoint in evidence.coins.of_any([txid]) if evidence.spender(outpoint) is None]
