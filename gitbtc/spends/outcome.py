"""What follows from the fates for the files of a root: coins, marks, pending transactions, `spent` flags.

Asked of a state that is merged record by record, it answers with what is to be otherwise there; of the state that a
single view is, with what is wrong in it. A loser's outputs were never paid, so they leave the coins, and so does all
that was built on them; what it spent is unspent again, unless another live transaction spends it; it leaves the
mempool; its record stays, and says why. A winner that one side had given up lives again, and what it made is there.
"""

from __future__ import annotations

from gitbtc.spends import COINS, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import is_marked
from gitbtc.spends.fates import PARENT
from gitbtc.spends.standing import CONFIRMED, REPLACED
from gitbtc.spends.testimony import is_weak

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.fates import Fates
    from gitbtc.spends.listing import Outpoint

    # A coin's record as some commit before the views listed it, or None.
    Remembered = Callable[[Outpoint], Record | None]
    # What becomes of each coin concerned: its record, None for no coin.
    Coins = dict[Outpoint, Record | None]
    # kind -> key -> the record as it is to be, None for one that is to go.
    Changes = dict[str, dict[tuple[Any, ...], Record | None]]


class Outcome:
    """What `fates` make of the state `result`. `remembered` is asked for coins that no view lists any more; `missed`
    are coins to look at besides those that the fates concern.
    """

    def __init__(
        self, fates: Fates, result: Evidence, remembered: Remembered = lambda _: None, missed: Iterable[Outpoint] = ()
    ) -> None:
        self._fates = fates
        self._testimony = fates.testimony
        self._result = result
        self._remembered = remembered
        self._txids = fates.concerned | fates.lost.keys() | fates.proven | fates.settled
        self._decisions = {decision.outpoint: decision for decision in fates.decisions}
        self._settled = self._with_children(fates.settled)
        # What transactions spent that some view takes, or all took, for live, and that lost.
        words = {txid: [self._testimony.before(txid), *(word for _, word in fates.words(txid))] for txid in fates.lost}
        losers = (txid for txid in fates.lost if any(word.is_live for word in words[txid]))
        self._given_back = {outpoint for txid in losers for outpoint in self._testimony.inputs(txid)}
        # Coins that the result has otherwise than any view, whoever took them out or put them in.
        self._missed = set(missed)

    def changes(self) -> Changes:
        """The records that are to be otherwise, by kind; kinds without any are left out."""
        coins = dict(self._coins())
        txids = sorted({*self._txids, *(txid for txid, _ in coins)})
        found: Changes = {
            COINS: {key: coin for key, coin in coins.items() if coin != self._result.coins.get(key)},
            TRANSACTIONS: dict(self._transactions(txids, coins)),
            MEMPOOL: dict(self._mempool(txids, coins)),
        }
        return {kind: records for kind, records in found.items() if records}

    # -- coins -----------------------------------------------------------------------------------------------------

    def outpoints(self) -> set[Outpoint]:
        """The coins that the transactions concerned spend and make, and those that some view has otherwise."""
        around = {outpoint for txid in self._txids for outpoint in self._testimony.inputs(txid)}
        made = {
            (txid, output["vout"]) for txid in self._txids for output in self._testimony.record(txid).get("outputs", ())
        }
        # Also of transactions whose outputs nobody tells.
        void = self._result.coins.of_any(self._fates.lost)
        return {*around, *made, *void, *self._testimony.outpoints(), *self._decisions, *self._missed}

    def _coins(self) -> Iterator[tuple[Outpoint, Record | None]]:
        for outpoint in sorted(self.outpoints()):
            decision = self._decisions.get(outpoint)
            held = self._result.coins.get(outpoint)
            if decision is not None and decision.is_about_listing:
                yield outpoint, decision.listing if decision.listing or not held else held
            elif self._is_coin(outpoint, held):
                coin = held or self._described(outpoint)
                if coin is not None:
                    yield outpoint, self._in_its_block(coin)
            else:
                yield outpoint, None

    def _is_coin(self, outpoint: Outpoint, held: Record | None) -> bool:
        maker = outpoint[0]
        if self._fates.is_lost(maker) or maker in self._fates.contested or self._fates.waits(maker):
            return False
        spenders = self._fates.spenders(outpoint)
        if spenders:
            return held is not None and self._is_only_announced(outpoint, spenders)
        if self._is_news_of_the_result(outpoint):
            return held is not None
        return held is not None or not self._testimony.removals(outpoint)

    def _is_news_of_the_result(self, outpoint: Outpoint) -> bool:
        """Whether the result knows a transaction, that makes or spends the coin, which no view knows."""
        around = (outpoint[0], *self._result.claimants(outpoint))
        return any(self._result.knows(txid) and not self._testimony.is_known(txid) for txid in around)

    def _is_only_announced(self, outpoint: Outpoint, spenders: list[str]) -> bool:
        """Whether no more than the log says that the coin is spent, and who wrote that lists it still."""
        strength = self._testimony.claimants(outpoint)
        if not all(is_weak(strength[txid]) for txid in spenders):
            return False
        listers = self._testimony.listers(outpoint) or {self._testimony.BASE}
        return any(self._testimony.weight(view, txid) for view in listers for txid in spenders)

    def _described(self, outpoint: Outpoint) -> Record | None:
        """A coin that the result lacks, from whatever describes it; None where nobody ever took it for a coin."""
        coin = self._testimony.listing(outpoint)
        if coin is not None:
            return coin
        lives_after_all = self._lives_after_all(outpoint[0])
        if outpoint not in self._given_back and not lives_after_all:
            return None
        was_spent = any(outpoint in self._testimony.inputs(txid) for txid in self._txids)
        return self._remembered(outpoint) or (self._as_made(outpoint) if was_spent else None)

    def _with_children(self, txids: Iterable[str]) -> set[str]:
        """The transactions, and what was built on them."""
        found = set(txids)
        waiting = sorted(found)
        while waiting:
            made = self._testimony.outputs_spent(waiting.pop())
            children = {child for outpoint in made for child in self._fates.spenders(outpoint)} - found
            found |= children
            waiting += children
        return found

    def _lives_after_all(self, txid: str) -> bool:
        """Whether a transaction makes its outputs although some view had given it up, or nobody could tell."""
        if txid in self._settled:
            return True
        return txid in self._fates.proven and any(word.is_given_up for _, word in self._fates.words(txid))

    def _as_made(self, outpoint: Outpoint) -> Record | None:
        """A coin as the transaction that made it tells: what came and went between two commits was never listed.

        Only for what a transaction of the wallet spent: of any other output nobody says whose it is. Without inputs it
        is a coinbase.
        """
        txid, vout = outpoint
        maker = self._result.record(txid)
        output = next((one for one in maker.get("outputs", ()) if one["vout"] == vout and one["address"]), None)
        if output is None:
            return None
        described: Record = {name: output[name] for name in ("amount_sat", "script_type", "address")}
        block: Record = {name: maker[name] for name in ("block_height", "block_hash") if name in maker}
        return {
            "txid": txid,
            "vout": vout,
            **described,
            "block_height": None,
            **block,
            "coinbase": not maker["inputs"],
            "label": None,
        }

    def _in_its_block(self, coin: Record) -> Record:
        """A coin stands in the block of its transaction, as far as that has a record."""
        maker = self._result.transactions.get(coin["txid"])
        if maker is None or coin["block_height"] == maker["block_height"]:
            return coin
        moved = {name: value for name, value in coin.items() if name != "block_hash"}
        moved["block_height"] = maker["block_height"]
        return moved | ({"block_hash": maker["block_hash"]} if "block_hash" in maker else {})

    # -- transactions ----------------------------------------------------------------------------------------------

    def _transactions(self, txids: Sequence[str], coins: Coins) -> Iterator[tuple[tuple[str], Record]]:
        for txid in txids:
            record = self._result.transactions.get(txid)
            if record is not None:
                changed = self._flagged(self._marked(record) if txid in self._txids else record, coins)
                if changed != record:
                    yield (txid,), changed

    def _marked(self, record: Record) -> Record:
        txid = record["txid"]
        if record.get("in_mempool") is False and not self._fates.waits(txid):
            record = _without(record, "in_mempool")
        if txid not in self._fates.lost:
            lives = is_marked(record) and self._fates.is_live(txid)
            return _without(record, "replaced_by", "abandoned") if lives else record
        loss = self._fates.lost[txid]
        held = bool(record.get("confirmed"))
        if is_marked(record) and not held and not self._is_marked_twice(txid):
            return record
        out = _unconfirmed(record) if held else record
        winner = loss.by if loss.why != PARENT else None
        if self._is_marked_twice(txid):
            spenders = {one for outpoint in self._testimony.inputs(txid) for one in self._fates.spenders(outpoint)}
            winner = min(spenders, default=winner)
        return {**out, "replaced_by": winner} if winner and winner != txid else {**out, "abandoned": True}

    def _is_marked_twice(self, txid: str) -> bool:
        """Whether two views say that different transactions replaced it."""
        return len({word.detail for _, word in self._fates.words(txid) if word.state == REPLACED}) > 1

    def _flagged(self, record: Record, coins: Coins) -> Record:
        """The `spent` flags of the outputs concerned; a bare removal leaves the flag as it is."""
        txid = record["txid"]
        outputs = [
            {**output, "spent": self._is_spent((txid, output["vout"]), coins, flag=output["spent"])}
            if (txid, output["vout"]) in coins else output
            for output in record["outputs"]
        ]  # fmt: skip
        return {**record, "outputs": outputs} if outputs != record["outputs"] else record

    def _is_spent(self, outpoint: Outpoint, coins: Coins, *, flag: bool) -> bool:
        if self._fates.spenders(outpoint):
            return True
        is_listed = outpoint in self._result.coins or coins[outpoint] is not None
        return flag and not is_listed and not self._testimony.claimants(outpoint)

    # -- mempool ---------------------------------------------------------------------------------------------------

    def _mempool(self, txids: Sequence[str], coins: Coins) -> Iterator[tuple[tuple[str], Record | None]]:
        for txid in txids:
            entry = self._result.mempool.get(txid)
            if entry is not None:
                fates = self._fates
                gone = fates.is_lost(txid) or bool(fates.says(txid, CONFIRMED)) or fates.waits(txid)
                flagged = None if gone else self._flagged(entry, coins)
                if flagged != entry:
                    yield (txid,), flagged
            elif txid in self._fates.settled and txid not in self._result.transactions:
                pending = self._testimony.entry(txid)
                if pending is not None:
                    yield (txid,), pending


def _without(record: Record, *names: str) -> Record:
    return {name: value for name, value in record.items() if name not in names}


def _unconfirmed(record: Record) -> Record:
    """The record of a transaction whose block is not in the chain after all."""
    return {**_without(record, "block_hash"), "confirmed": False, "block_height": None, "block_time": None}
