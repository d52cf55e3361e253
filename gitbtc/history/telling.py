"""From the state files of two moments to what happened to coins between them."""

from __future__ import annotations

from gitbtc.history.events import Event
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS, EXECUTION, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import inputs, is_dead
from gitbtc.spends.reservations import named
from gitbtc.spends.testimony import FIXED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from gitbtc.history.moment import Claims, Moment
    from gitbtc.kinds.delta import Change
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint

# The kinds of state files that say something about coins.
TOLD = (COINS, TRANSACTIONS, MEMPOOL, EXECUTION)


class MomentDelta:
    """What differs between two moments of one root, found once."""

    def __init__(
        self, before: Moment, after: Moment, changed: Container[str],
        apart: Callable[[str], Sequence[bytes]] | None = None,
    ) -> None:  # fmt: skip
        """`changed`: the kinds whose files differ. `apart` answers such a kind with both files, or with parts of them
        that differ in the same records. Raises codec.Malformed.
        """
        self.before = before
        self.after = after
        read = apart or (lambda kind: (before.content(kind), after.content(kind)))
        self.changes: dict[str, list[Change]] = {
            kind: delta(built_in(kind), *read(kind)) if kind in changed else [] for kind in TOLD
        }
        coins = self.changes[COINS]
        self.came = {_outpoint(change): change.new_record for change in coins if change.old_record is None}
        self.gone = {_outpoint(change): change.old_record for change in coins if change.new_record is None}

    @property
    def balance_sat(self) -> int:
        """By how much the coins are worth more afterwards."""
        return sum(_worth(change.new_record) - _worth(change.old_record) for change in self.changes[COINS])

    def events(self, asked: Container[Outpoint] = ()) -> list[Event]:
        """What happened, in the order in which it is told.

        `asked`: coins of which every claim is told; of others only where a coin is listed or was claimed before, since
        most inputs of most transactions are not ours.
        """
        found = [*self._received(), *self._left(), *self._claims(asked), *self._reservations(), *self._edits()]
        return sorted([*found, *self._transactions()], key=lambda event: event.place)

    # -- coins that came and went --------------------------------------------------------------------------------------

    def _received(self) -> Iterator[Event]:
        known = self.before.claims(set(self.came))
        for outpoint, coin in self.came.items():
            spenders = known[outpoint]
            txid = self.before.spender(spenders) or min(spenders, default=None)
            yield Event("restored" if spenders else "received", COINS, outpoint, txid, coin=coin)

    def _left(self) -> Iterator[Event]:
        claims = self.after.claims(set(self.gone))
        for outpoint, coin in self.gone.items():
            spender = self.after.spender(claims[outpoint])
            if spender is not None:
                yield self._spent("spent", COINS, outpoint, spender, claims[outpoint], coin)
            elif self.after.is_dead(outpoint[0]):
                yield Event("lost", COINS, outpoint, outpoint[0], coin=coin)
            else:
                yield Event("removed", COINS, outpoint, coin=coin)

    def _spent(  # noqa: PLR0913, PLR0917 - what is known of one spend
        self, kind: str, file: str, outpoint: Outpoint, txid: str, claims: Claims, coin: Record | None
    ) -> Event:
        record = claims[txid].record
        transaction = record if "inputs" in record else None
        fee = record.get("fee_sat")
        details = {} if fee is None else {"fee_sat": fee}
        return Event(kind, file, outpoint, txid, self._agent(txid), coin, transaction, details)

    def _agent(self, txid: str) -> str:
        """Who did it, when the execution log's new events say so."""
        agents = {event.get("agent", "") for event in self._said() if event.get("txid") == txid} - {""}
        return min(agents, default="")

    # -- claims that move no coin --------------------------------------------------------------------------------------

    def _claims(self, asked: Container[Outpoint]) -> Iterator[Event]:
        wanted = self._claimed_otherwise() - self.came.keys() - self.gone.keys()
        earlier, now = self.before.claims(wanted), self.after.claims(wanted)
        for outpoint in wanted:
            old, new = self.before.spender(earlier[outpoint]), self.after.spender(now[outpoint])
            if new is None or old == new:
                continue
            coin = self.after.coin(outpoint)
            if coin or earlier[outpoint] or outpoint in asked:
                yield self._spent("claimed", "", outpoint, new, now[outpoint], coin)

    def _claimed_otherwise(self) -> set[Outpoint]:
        """What the changed records spend in one version and not in the other."""
        changes = [*self.changes[TRANSACTIONS], *self.changes[MEMPOOL]]
        old = {pair for change in changes for pair in _live_inputs(change.old_record)}
        new = {pair for change in changes for pair in _live_inputs(change.new_record)}
        events = (event for event in self._said() if event.get("txid") and event["event_type"] not in _RESERVING)
        return {outpoint for _, outpoint in old ^ new} | {outpoint for event in events for outpoint in named(event)}

    # -- reservations, and what changed in records that stayed ---------------------------------------------------------

    def _said(self) -> list[Record]:
        """The events that the execution log has more."""
        return [change.new_record for change in self.changes[EXECUTION] if change.new_record and not change.old_record]

    def _reservations(self) -> Iterator[Event]:
        for event in self._said():
            kind = _RESERVING.get(event["event_type"])
            details = {name: event[name] for name in ("expires_height", "note") if event.get(name) not in (None, "")}
            for outpoint in named(event) if kind else ():
                coin = self.after.coin(outpoint)
                yield Event(kind or "", EXECUTION, outpoint, None, event.get("agent", ""), coin, None, details)

    def _edits(self) -> Iterator[Event]:
        for change in self.changes[COINS]:
            old, new = change.old_record, change.new_record
            if old and new:
                for kind, names in _EDITS:
                    sides = {name: {"old": old.get(name), "new": new.get(name)} for name in names}
                    changed = {name: side for name, side in sides.items() if side["old"] != side["new"]}
                    if changed:
                        yield Event(kind, COINS, _outpoint(change), coin=new, details={"fields": changed})
        for change in self.changes[TRANSACTIONS]:
            old, new = change.old_record, change.new_record
            if old and new and old.get("label") != new.get("label"):
                fields = {"label": {"old": old.get("label"), "new": new.get("label")}}
                yield Event("relabelled", TRANSACTIONS, txid=new["txid"], details={"fields": fields})

    # -- transactions --------------------------------------------------------------------------------------------------

    def _transactions(self) -> Iterator[Event]:
        told = [event for change in self.changes[TRANSACTIONS] for event in self._fate(change)]
        yield from told
        known = {event.txid for event in told}
        for change in self.changes[COINS]:
            old, new = change.old_record, change.new_record
            if old and new and change.key[0] not in known:
                known.add(change.key[0])
                yield from _mined(COINS, change.key[0], old, new)

    def _fate(self, change: Change) -> Iterator[Event]:
        old, new = change.old_record, change.new_record
        if new is None:
            return
        txid = new["txid"]
        was_dead = old is not None and is_dead(old)
        if is_dead(new):
            if not was_dead:
                winner = new.get("replaced_by")
                details = {"replaced_by": winner} if winner else {}
                yield Event("replaced" if winner else "abandoned", TRANSACTIONS, txid=txid, details=details)
        elif was_dead:
            yield Event("revived", TRANSACTIONS, txid=txid)
        pending = old or self._was_pending(txid)
        if pending:
            yield from _mined(TRANSACTIONS, txid, pending, new)

    def _was_pending(self, txid: str) -> Record | None:
        return next((change.old_record for change in self.changes[MEMPOOL] if change.key == (txid,)), None)


_RESERVING = {"reserve": "reserved", "release": "released"}
_EDITS = (("relabelled", ("label",)), ("frozen", ("spendable",)), ("redescribed", FIXED))


def _mined(file: str, txid: str, old: Record, new: Record) -> Iterator[Event]:
    """Into a block, or out of one, as two versions of a record say."""
    was, is_now = (record.get("confirmed") is True or record.get("block_height") is not None for record in (old, new))
    if was != is_now:
        told = new if is_now else old
        yield Event("confirmed" if is_now else "unconfirmed", file, txid=txid,
                    details={"block_height": told.get("block_height")})  # fmt: skip


def _outpoint(change: Change) -> Outpoint:
    return change.key[0], change.key[1]


def _live_inputs(record: Record | None) -> set[tuple[str, Outpoint]]:
    return {(record["txid"], outpoint) for outpoint in inputs(record)} if record and not is_dead(record) else set()


def _worth(coin: Record | None) -> int:
    amount = coin.get("amount_sat") if coin else 0
    return amount if type(amount) is int else 0
