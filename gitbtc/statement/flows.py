"""One transaction as a flow of the roots' money: what came, what went, what it cost."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.statement.books import height_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint

    Amounts = Callable[[Outpoint], int | None]  # sat

RECEIVED, SENT, INTERNAL, COINBASE, SHARED = "received", "sent", "internal", "coinbase", "shared"
TYPES = (RECEIVED, SENT, INTERNAL, COINBASE, SHARED)


class Part(NamedTuple):
    """One output as a part of a flow: where it lies, what it is worth (sat), its address ("" for none)."""

    outpoint: Outpoint
    amount_sat: int
    address: str


class Flow(NamedTuple):
    """What a transaction did to the roots' money.

    `type` is one of TYPES. Received, or mined: `own` are the outputs that came. Sent: `foreign` are the outputs that
    went, `fee_sat` is what the roots paid besides. Internal: only the fee went. Shared: inputs of others are among its
    inputs, so that nobody can say who paid the fee; only `net_sat` is told. `fee_sat` is 0 where no fee is claimed.
    `net_sat` is what the roots have more afterwards.
    """

    txid: str
    record: Record
    type: str
    own: tuple[Part, ...]
    foreign: tuple[Part, ...]
    spent: tuple[tuple[Outpoint, int], ...]
    fee_sat: int
    net_sat: int

    @property
    def height(self) -> int:
        """The height of its block; below all blocks while unconfirmed."""
        return height_of(self.record)

    @property
    def place(self) -> tuple[int, bytes]:
        """Where it stands among others: by height, then by the bytes of the txid."""
        return self.height, bytes.fromhex(self.txid)

    @property
    def received_sat(self) -> int:
        """What came from others (sat)."""
        return self.net_sat if self.type == RECEIVED else 0

    @property
    def sent_sat(self) -> int:
        """What went to others (sat), without the fee."""
        return sum(part.amount_sat for part in self.foreign) if self.type == SENT else 0

    @property
    def feerate_parts(self) -> tuple[int, int] | None:
        """Fee (sat) and weight (WU) where the roots paid the fee."""
        return (
            (self.fee_sat, self.record["weight"])
            if self.type in (SENT, INTERNAL) and self.record.get("weight")
            else None
        )


def flow(record: Record, own: Collection[Outpoint], amount_of: Amounts) -> Flow | None:
    """What a transaction did to the money of the roots whose outputs are `own`; None where it did nothing. `amount_of`
    says what an output is worth where the record of the one that spends it does not.

    LookupError, with the outpoint, where an own coin is spent of which nobody knows the amount; ValueError, with the
    amount (sat), for a payment out of own coins alone that pays out more than it spends.
    """
    txid = record["txid"]
    parts = [Part((txid, one["vout"]), one["amount_sat"], one["address"] or "") for one in record["outputs"]]
    own_parts = tuple(part for part in parts if part.outpoint in own)
    foreign = tuple(part for part in parts if part.outpoint not in own)
    spent = tuple(
        (outpoint, _worth(one, outpoint, amount_of))
        for one in record["inputs"]
        if (outpoint := (one["txid"], one["vout"])) in own
    )
    if not own_parts and not spent:
        return None
    came, went = sum(part.amount_sat for part in own_parts), sum(amount for _, amount in spent)
    name, fee = _named(record, len(spent), went - sum(part.amount_sat for part in parts), foreign)
    return Flow(txid, record, name, own_parts, foreign, spent, fee, came - went)


def _worth(spent: Record, outpoint: Outpoint, amount_of: Amounts) -> int:
    amount: int | None = spent["amount_sat"]
    amount = amount_of(outpoint) if amount is None else amount
    if amount is None:
        raise LookupError(outpoint)
    return amount


def _named(record: Record, own_inputs: int, over: int, foreign: tuple[Part, ...]) -> tuple[str, int]:
    """The type of a flow and its fee; `over`: the own inputs less all outputs (sat)."""
    if not record["inputs"]:
        return COINBASE, 0
    if own_inputs == 0:
        return RECEIVED, 0
    if own_inputs < len(record["inputs"]):
        return SHARED, 0
    if over < 0:
        raise ValueError(over)
    return (SENT if any(part.amount_sat for part in foreign) else INTERNAL), over
