"""What no step from one state to the next may do to coins: lose one, change one, or have one from nowhere."""

from __future__ import annotations

from gitbtc.spends import COINS, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.rules import Violation, fee_fault, is_same_fact, output_of
from gitbtc.spends.testimony import FIXED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

    # The coins that a parent lists otherwise: as they were there, and as they are; None for one that is not listed.
    Changes = Mapping[Outpoint, tuple[Record | None, Record | None]]

LOST_COIN, DATA_ERROR, FROM_NOWHERE = "lost_coin", "data_error", "coin_from_nowhere"


class CoinStep:
    """The step from `before`, the states of a commit's parents, to `after`; Malformed where one cannot be read.

    `bases` are the states that the parents of a merge come from: what all of them took out may be a coin again. It is
    read through what differs: of the coins that are as they were, nothing is asked.
    """

    def __init__(self, before: Sequence[Evidence], after: Evidence, bases: Sequence[Evidence] = ()) -> None:
        self._before = before
        self._after = after
        self._bases = bases
        self._changes = [after.coins.changes(parent.coins) for parent in before]
        self._touched = sorted({outpoint for changes in self._changes for outpoint in changes})

    def violations(self) -> Iterator[Violation]:
        """Every rule about steps that this one breaks."""
        for outpoint in self._touched:
            for rule, text in (*self._lost(outpoint), *self._redescribed(outpoint), *self._appeared(outpoint)):
                yield Violation(rule, COINS, outpoint_text(outpoint), f"{outpoint_text(outpoint)} {text}")
            yield from self._spent_for_another_amount(outpoint)

    def _lost(self, outpoint: Outpoint) -> Iterator[tuple[str, str]]:
        """What every parent lists. A merge of two that have it otherwise is the spend gate's."""
        after, txid = self._after, outpoint[0]
        changes = [changes.get(outpoint) for changes in self._changes]
        is_gone = all(change is not None and change[0] is not None and change[1] is None for change in changes)
        is_made = txid in after.transactions and not after.standing(txid).makes_no_coin
        if is_gone and is_made and not after.claimants(outpoint):
            amount = next(change[0] for change in changes if change and change[0])["amount_sat"]
            yield (
                LOST_COIN,
                f"({amount} sat) is listed no more, its transaction is live, and nothing spends it: it is lost",
            )

    def _redescribed(self, outpoint: Outpoint) -> Iterator[tuple[str, str]]:
        """Facts that no parent, of those that list the coin, tells so."""
        coin = self._after.coins.get(outpoint)
        listed = [self._listed(changes, outpoint, coin) for changes in self._changes]
        told = [one for one in listed if one is not None]
        for name in (*FIXED, "coinbase") if coin is not None and told else ():
            now = coin[name] if coin else None
            if not any(is_same_fact(name, one[name], now) for one in told):
                was = " and ".join(sorted({str(one[name]) for one in told}))
                yield DATA_ERROR, f"has the {name} {now}, and had {was}: the txid commits to it"

    def _listed(self, changes: Changes, outpoint: Outpoint, coin: Record | None) -> Record | None:
        """A coin as a parent lists it, whose `changes` these are."""
        return changes[outpoint][0] if outpoint in changes else coin

    def _appeared(self, outpoint: Outpoint) -> Iterator[tuple[str, str]]:
        """A merge brings together what its parents know. A coin that is received is a commit of its own."""
        changes = [changes.get(outpoint) for changes in self._changes]
        is_new = all(change is not None and change[0] is None for change in changes)
        if len(changes) > 1 and is_new and not self._is_known(outpoint):
            yield (
                FROM_NOWHERE,
                "is a coin that no parent of the merge lists, and that no transaction makes: it is from nowhere",
            )

    def _is_known(self, outpoint: Outpoint) -> bool:
        views = (*self._before, *self._bases, self._after)
        is_spent = any(view.lost_spenders(outpoint) for view in views)
        return is_spent or any(
            view.claimants(outpoint) or output_of(view, outpoint) or view.coins.get(outpoint)
            for view in views if view is not self._after
        ) or output_of(self._after, outpoint) is not None  # fmt: skip

    def _spent_for_another_amount(self, outpoint: Outpoint) -> Iterator[Violation]:
        """An input of a coin that a parent listed is worth what the coin was."""
        found = (changes[outpoint] for changes in self._changes if outpoint in changes)
        amounts = sorted({old["amount_sat"] for old, new in found if old and not new})
        for txid in sorted(self._after.claimants(outpoint)) if amounts else ():
            record = self._after.record(txid)
            kind = TRANSACTIONS if txid in self._after.transactions else MEMPOOL
            text = _paid_otherwise(record, outpoint, amounts) or fee_fault(record, self._worth)
            if text:
                yield Violation(DATA_ERROR, kind, txid, f"{txid}: {text}")

    def _worth(self, outpoint: Outpoint) -> int | None:
        """What a coin is worth, as its transaction tells or as a parent listed it."""
        output = output_of(self._after, outpoint)
        listed = (changes[outpoint][0] for changes in self._changes if outpoint in changes)
        coin = output or next((one for one in listed if one is not None), None)
        amount: int | None = coin["amount_sat"] if coin else None
        return amount


def _paid_otherwise(record: Record, outpoint: Outpoint, amounts: list[int]) -> str:
    for spent in record.get("inputs", ()):
        if (spent["txid"], spent["vout"]) == outpoint and spent.get("amount_sat") not in (None, *amounts):
            listed = " and ".join(map(str, amounts))
            return (
                f"its input {outpoint_text(outpoint)} is worth {spent['amount_sat']} sat, and the coin was {listed} sat"
            )
    return ""
