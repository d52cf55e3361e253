"""Two moments held together: opening + received - sent - fees + coinbase + shared + reorganised + adjusted = closing.

Opening and closing are counted from the lists of coins, everything between from transactions, so that the sum is a
proof and not a definition. Only what a block holds is counted; what is pending is told apart.
"""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.spends.evidence import inputs
from gitbtc.spends.reservable import first_spending_block, is_immature
from gitbtc.statement.books import Books, height_of
from gitbtc.statement.flows import COINBASE, SHARED, Flow, flow
from gitbtc.statement.ownership import Ownership

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint
    from gitbtc.statement.books import Listed
    from gitbtc.statement.ownership import Proofs

    Pair = tuple[Outpoint, int]  # a coin and what it is worth (sat)

# Why a coin came or went without a transaction of the period.
CAME, WENT, DIFFERS, FOUND_LATE = "came", "went", "differs", "found_late"
# What a record says that cannot be counted.
NO_AMOUNT, PAYS_TOO_MUCH = "no_amount", "pays_too_much"


class Adjustment(NamedTuple):
    """Money that no transaction of the period explains: `amount_sat` is signed. `txid` is "" unless it is a transaction
    of an earlier block that the opening did not know (`found_late`).
    """

    why: str
    amount_sat: int
    outpoint: Outpoint | None
    txid: str = ""


class Fault(NamedTuple):
    """What of a transaction cannot be counted."""

    why: str
    txid: str
    outpoint: Outpoint | None = None
    amount_sat: int | None = None


class Totals(NamedTuple):
    """The sums of a period (sat). `sent` and `fees` are what went, as positive numbers; the last three are signed."""

    opening: int
    received: int
    sent: int
    fees: int
    coinbase: int
    shared: int
    reorganised: int
    adjusted: int
    closing: int

    @property
    def difference(self) -> int:
        """By how much the sum misses the closing balance (sat): 0, or something is wrong."""
        came = self.opening + self.received + self.coinbase + self.shared + self.reorganised + self.adjusted
        return came - self.sent - self.fees - self.closing


class Reckoning:
    """What happened between two moments, `before` (None: the beginning of everything) and `after`.

    `flows`: the period's, in order; `reorganised`: what `before` had confirmed and `after` has not, as it was counted
    then, and what a reorganisation brought below the opening block; `adjusted`, `faults`: what makes a statement
    unclean; `pending`: (flow, whether it makes coins) of what no block holds at the end; `opening`, `closing`: outpoint
    -> amount (sat) of the coins counted.
    """

    def __init__(self, before: Books | None, after: Books, proofs: Proofs) -> None:
        self.before = before or Books({})
        self.after = after
        self.ownership = Ownership([self.before, after], proofs)
        self.faults: list[Fault] = []
        self.opening = self._coins(self.before)
        self.closing = self._coins(after)
        self.is_reorganised = self._lost_blocks()
        self.flows: list[Flow] = []
        self.late: list[Flow] = []
        self._reorganised_in: list[Flow] = []
        self._sort_in()
        self._reorganised_out = self._flows(one for one in self.before.confirmed() if self._is_taken_back(one["txid"]))
        self.pending = self._pending()
        self.adjusted = self._adjustments()

    def worth(self, books: Books) -> int:
        """What the coins of another moment are worth that blocks hold (sat), by what is known here of outputs."""
        return sum(self._coins(books).values())

    # -- coins ---------------------------------------------------------------------------------------------------------

    def _coins(self, books: Books) -> dict[Outpoint, int]:
        """The coins of a moment that blocks hold: those listed, and those that only a pending payment spends."""
        found = {
            outpoint: coin.amount_sat
            for outpoint, coin in books.listed.items()
            if self._is_confirmed(books, outpoint, coin)
        }
        for record, _ in books.unconfirmed():
            for spent, outpoint in zip(record["inputs"], inputs(record), strict=True):
                if outpoint in self.ownership.own and books.is_confirmed(outpoint[0]) and outpoint not in books.listed:
                    amount = spent["amount_sat"]
                    amount = books.amount_of(outpoint) if amount is None else amount
                    if amount is not None:
                        found[outpoint] = amount
        if books.is_reckoned:
            found |= self._left(books)
        return found if len(books.tips) <= 1 else self._unspent(books, found)

    def _left(self, books: Books) -> dict[Outpoint, int]:
        """The own outputs of a moment that no list of coins tells."""
        own = self.ownership.own
        made = {
            outpoint: output["amount_sat"]
            for record in books.confirmed()
            for output in record["outputs"]
            if (outpoint := (record["txid"], output["vout"])) in own
        }
        spent = {outpoint for record in books.confirmed() for outpoint in inputs(record)}
        return {outpoint: amount for outpoint, amount in made.items() if outpoint not in spent}

    @staticmethod
    def _is_confirmed(books: Books, outpoint: Outpoint, coin: Listed) -> bool:
        if outpoint[0] in books.transactions:
            return books.is_confirmed(outpoint[0])
        return coin.block_height is not None

    @staticmethod
    def _unspent(books: Books, coins: dict[Outpoint, int]) -> dict[Outpoint, int]:
        """Without what a root still lists that another root, which has come further, saw spent in a block."""
        ahead = {
            outpoint
            for record in books.confirmed()
            for outpoint in inputs(record)
            if outpoint in coins
            and (coin := books.listed.get(outpoint)) is not None
            and coin.root not in books.holders[record["txid"]]
            and height_of(record) > books.tips[coin.root].height
        }
        return {outpoint: amount for outpoint, amount in coins.items() if outpoint not in ahead}

    # -- transactions --------------------------------------------------------------------------------------------------

    def _flows(self, records: Iterable[Record]) -> list[Flow]:
        """The flows of transactions, in order; what cannot be counted becomes a fault."""
        found: list[Flow] = []
        for record in records:
            try:
                one = flow(record, self.ownership.own, self._amount_of)
            except LookupError as error:
                self.faults.append(Fault(NO_AMOUNT, record["txid"], outpoint=error.args[0]))
            except ValueError as error:
                self.faults.append(Fault(PAYS_TOO_MUCH, record["txid"], amount_sat=-error.args[0]))
            else:
                found += [one] if one else []
        return sorted(found, key=lambda one: one.place)

    def _amount_of(self, outpoint: Outpoint) -> int | None:
        amount = self.after.amount_of(outpoint)
        return self.before.amount_of(outpoint) if amount is None else amount

    def _sort_in(self) -> None:
        """What `after` has confirmed and `before` had not: in a later block than the opening one, in one that took the
        place of an earlier block, or in an earlier block all along.
        """
        new = [one for one in self.after.confirmed() if not self.before.is_confirmed(one["txid"])]
        flows = self._flows(new)
        for one in flows:
            if self._is_after(one):
                self.flows.append(one)
            elif self.is_reorganised or one.txid in self.before.transactions:
                self._reorganised_in.append(one)
            else:
                self.late.append(one)

    def _is_after(self, one: Flow) -> bool:
        """Whether some root that tells a transaction had not come to its block at the opening."""
        tips = self.before.tips
        return any(root not in tips or one.height > tips[root].height for root in self.after.holders[one.txid])

    def _is_taken_back(self, txid: str) -> bool:
        """Whether a root that is still there does not have a transaction in a block any more."""
        return not self.after.is_confirmed(txid) and any(one in self.after.tips for one in self.before.holders[txid])

    def _lost_blocks(self) -> bool:
        """Whether blocks that the opening knew are not in the chain any more."""
        for root, tip in self.before.tips.items():
            now = self.after.tips.get(root)
            if now and now.height < tip.height:
                return True
            if now and now.height == tip.height and tip.block_hash not in ("", now.block_hash):
                return True
        return self._tip_is_another() or any(self._has_moved(record) for record in self.before.confirmed())

    def _tip_is_another(self) -> bool:
        """Whether a transaction is in another block of the height of an opening tip."""
        hashes = {tip.height: tip.block_hash for tip in self.before.tips.values() if tip.block_hash}
        return any(
            record.get("block_hash") not in (None, hashes.get(height_of(record), record.get("block_hash")))
            for record in self.after.confirmed()
        )

    def _has_moved(self, record: Record) -> bool:
        now = self.after.transactions.get(record["txid"])
        if now is None:
            return False
        hashes = record.get("block_hash"), now.get("block_hash")
        return height_of(now) != height_of(record) or (None not in hashes and hashes[0] != hashes[1])

    @property
    def reorganised(self) -> list[tuple[Flow, int]]:
        """(flow, +1 for what came or -1 for what went by it)."""
        return [*((one, -1) for one in self._reorganised_out), *((one, 1) for one in self._reorganised_in)]

    def _pending(self) -> list[tuple[Flow, bool]]:
        found = []
        for record, makes_coins in self.after.unconfirmed():
            found += [(one, makes_coins) for one in self._flows([{**record, "confirmed": False}])]
        return found

    # -- the sum -------------------------------------------------------------------------------------------------------

    def _adjustments(self) -> list[Adjustment]:
        """What the flows do not explain: coin by coin, what should be there against what is."""
        ledger = _Ledger(self.opening)
        ledger.make_late(self.late)
        steps, back = [*self._reorganised_in, *self.flows], self._reorganised_out
        ledger.make([*(pair for one in steps for pair in _made(one)), *(pair for one in back for pair in one.spent)])
        ledger.spend([*(pair for one in steps for pair in one.spent), *(pair for one in back for pair in _made(one))])
        ledger.spend_late(self.late)
        apart = (one for one in {*ledger.coins, *self.closing} if ledger.coins.get(one) != self.closing.get(one))
        others = (_adjustment(one, ledger.coins.get(one), self.closing.get(one)) for one in sorted(apart))
        return [*ledger.late(), *ledger.wrong, *others]

    @property
    def totals(self) -> Totals:
        """The sums."""
        flows = self.flows
        return Totals(
            opening=sum(self.opening.values()),
            received=sum(one.received_sat for one in flows),
            sent=sum(one.sent_sat for one in flows),
            fees=sum(one.fee_sat for one in flows),
            coinbase=sum(one.net_sat for one in flows if one.type == COINBASE),
            shared=sum(one.net_sat for one in flows if one.type == SHARED),
            reorganised=sum(sign * one.net_sat for one, sign in self.reorganised),
            adjusted=sum(one.amount_sat for one in self.adjusted),
            closing=sum(self.closing.values()),
        )

    @property
    def immature(self) -> list[tuple[Outpoint, int, int]]:
        """(outpoint, amount (sat), height of the first block that may spend it) of the coinbase outputs that the next
        block may not spend yet.
        """
        found = []
        for outpoint in sorted(self.closing):
            coin = self.after.listed.get(outpoint)
            record = coin._asdict() if coin and coin.coinbase else {}
            if coin and is_immature(record, self.after.tips[coin.root].height):
                found.append((outpoint, self.closing[outpoint], first_spending_block(record) or 0))
        return found

    @property
    def is_clean(self) -> bool:
        """Whether everything adds up by transactions alone."""
        return not self.adjusted and not self.faults and self.totals.difference == 0


class _Ledger:
    """The coins that should be there: `coins` maps outpoint to amount (sat); `wrong` is what was to come and was there
    already, or was to go and was not there. All that is made comes before all that is spent, so that the order of
    transactions within a block does not matter.
    """

    def __init__(self, coins: dict[Outpoint, int]) -> None:
        self.coins = dict(coins)
        self.wrong: list[Adjustment] = []
        self._late: dict[str, int] = {}

    def make(self, made: Iterable[Pair]) -> None:
        """Put coins in."""
        for outpoint, amount in made:
            if outpoint in self.coins:
                self.wrong.append(Adjustment(WENT, -amount, outpoint))
            self.coins[outpoint] = amount

    def spend(self, spent: Iterable[Pair]) -> None:
        """Take coins out."""
        for outpoint, amount in spent:
            if self.coins.pop(outpoint, None) is None:
                self.wrong.append(Adjustment(CAME, amount, outpoint))

    def make_late(self, flows: Iterable[Flow]) -> None:
        """Put in what transactions of earlier blocks made, where the opening does not have it already: then their
        records alone were not there.
        """
        for one in flows:
            for outpoint, amount in _made(one):
                if outpoint not in self.coins:
                    self.coins[outpoint] = amount
                    self._late[one.txid] = self._late.get(one.txid, 0) + amount

    def spend_late(self, flows: Iterable[Flow]) -> None:
        """Take out what they spent, where it is still there."""
        for one in flows:
            for outpoint, _ in one.spent:
                self._late[one.txid] = self._late.get(one.txid, 0) - self.coins.pop(outpoint, 0)

    def late(self) -> list[Adjustment]:
        """What transactions of earlier blocks changed."""
        return [Adjustment(FOUND_LATE, amount, None, txid) for txid, amount in sorted(self._late.items()) if amount]


def _made(one: Flow) -> list[Pair]:
    return [(part.outpoint, part.amount_sat) for part in one.own]


def _adjustment(outpoint: Outpoint, expected: int | None, found: int | None) -> Adjustment:
    why = CAME if expected is None else WENT if found is None else DIFFERS
    return Adjustment(why, (found or 0) - (expected or 0), outpoint)
