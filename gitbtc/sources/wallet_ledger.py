"""A wallet's transactions: which are live, which outputs are the wallet's, which of them are coins.

`listunspent` leaves out locked and immature coins, so coins are derived: the wallet's outputs of live transactions that
no live transaction spends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitbtc.sources.answers import Answer, BadAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitbtc.sources.snapshot import Outpoint

# scriptPubKey.type -> script_type. Every other type (pubkey, multisig, anchor, …) is `unknown`.
SCRIPT_TYPES = {
    "pubkeyhash": "p2pkh",
    "scripthash": "p2sh",
    "witness_v0_keyhash": "p2wpkh",
    "witness_v0_scripthash": "p2wsh",
    "witness_v1_taproot": "p2tr",
    "nulldata": "op_return",
}
RECEIVED = frozenset(["receive", "generate", "immature", "orphan"])
_SIGNALS_REPLACEMENT_BELOW = 0xFFFFFFFE  # BIP-125


@dataclass(frozen=True)
class Output:
    """One output, as the transaction has it."""

    vout: int
    amount_sat: int
    address: str
    script_type: str


@dataclass(frozen=True)
class LedgerRow:
    """One line of gettransaction's `details`: what the wallet says of an output."""

    vout: int
    category: str
    address: str
    label: str


@dataclass
class Transaction:
    """A wallet transaction, from gettransaction, getrawtransaction and the mempool together."""

    answer: Answer
    txid: str
    confirmations: int
    time: int
    coinbase: bool
    inputs: list[Outpoint]
    sequences: list[int]
    outputs: list[Output]
    rows: list[LedgerRow]
    size_bytes: int
    weight: int
    fee_sat: int | None
    abandoned: bool
    rivals: list[str]
    in_mempool: bool | None
    ours: set[int] = field(default_factory=set)

    @property
    def confirmed(self) -> bool:
        """It is in a block of the best chain."""
        return self.confirmations > 0

    @property
    def signals_replacement(self) -> bool:
        """It says that it may be replaced (BIP-125)."""
        return any(sequence < _SIGNALS_REPLACEMENT_BELOW for sequence in self.sequences)

    @property
    def outside(self) -> bool:
        """It waits in no mempool, so far as is known: evicted, expired, never sent. It may yet be sent again.

        It claims what it spends and makes no coin.
        """
        return self.in_mempool is False and not self.confirmed and not self.given_up

    @property
    def given_up(self) -> bool:
        """The wallet itself says that it will not happen.

        Abandoned; a block (confirmations below 0) or the mempool holds another spend of its inputs; or the block that a
        coinbase belongs to is not on the best chain.
        """
        if self.confirmed:
            return False
        contested = "mempoolconflicts" in self.answer and bool(self.answer.hashes("mempoolconflicts"))
        return self.abandoned or self.confirmations < 0 or self.coinbase or contested


def read_transaction(
    answer: Answer,
    raw: Answer | None,
    mempool: Mapping[str, Answer] | None,
    book: Mapping[str, tuple[str, str]] | None = None,
) -> Transaction:
    """The transaction of one gettransaction answer, `raw` being its getrawtransaction answer if there is one.

    `mempool` has the entries of unconfirmed transactions, `book` the label and purpose of addresses, which may have
    changed since the answer was given. Either is None when nobody told.
    """
    txid = answer.hash("txid")
    body = _body(answer, raw, txid)
    sources = body.children("vin")
    spends = [source for source in sources if "coinbase" not in source]
    details = answer.children("details")
    return Transaction(
        answer=answer,
        txid=txid,
        confirmations=answer.integer("confirmations"),
        time=answer.time("time"),
        coinbase=len(spends) < len(sources),
        inputs=[(source.hash("txid"), source.natural("vout")) for source in spends],
        sequences=[source.natural("sequence") for source in spends if "sequence" in source],
        outputs=[_output(output) for output in body.children("vout")],
        rows=[_row(row, book) for row in details],
        size_bytes=body.natural("size"),
        weight=body.natural("weight"),
        fee_sat=_stated_fee(raw, (mempool or {}).get(txid)),
        abandoned=answer.flag("abandoned") or any(row.flag("abandoned") for row in details),
        rivals=_rivals(answer),
        in_mempool=None if mempool is None else txid in mempool,
        ours=set(),
    )


def _body(answer: Answer, raw: Answer | None, txid: str) -> Answer:
    body = answer.child("decoded") if "decoded" in answer else raw
    if body is None:
        raise BadAnswer(
            f"{answer.where}: transaction {txid} has no `decoded`; record it with `gettransaction {txid} true true`"
        )
    if body.hash("txid") != txid:
        raise BadAnswer(f"{body.where}: the decoded transaction is another one than {txid}")
    return body


def _output(output: Answer) -> Output:
    script = output.child("scriptPubKey")
    return Output(
        output.natural("n"),
        output.sat("value"),
        script.text_or_empty("address"),
        SCRIPT_TYPES.get(script.text("type"), "unknown"),
    )


def _row(row: Answer, book: Mapping[str, tuple[str, str]] | None) -> LedgerRow:
    address = row.text_or_empty("address")
    label = row.text_or_empty("label") if book is None else book.get(address, ("", ""))[0]
    return LedgerRow(row.natural("vout"), row.text("category"), address, label)


def _stated_fee(raw: Answer | None, entry: Answer | None) -> int | None:
    """The fee that the chain or the mempool tells.

    Not the wallet's own `fee`: that is its inputs less all outputs, which is no fee where an input is not its own.
    """
    if raw is not None and "fee" in raw:
        return raw.sat("fee")
    return None if entry is None else base_fee(entry)


def base_fee(entry: Answer) -> int:
    """The fee in satoshi of a mempool entry."""
    return entry.child("fees").sat("base")


def _rivals(answer: Answer) -> list[str]:
    """Transactions that the wallet names as this one's replacement or rival, the surest first."""
    named = [answer.hash("replaced_by_txid")] if "replaced_by_txid" in answer else []
    return [*named, *answer.hashes("mempoolconflicts"), *answer.hashes("walletconflicts")]


class Ledger:
    """The transactions of a wallet, settled.

    `lost` maps a transaction that will not happen to the one that took its place (None when the wallet does not know
    it); `spent_by` maps an outpoint to the live transaction that spends it, `amounts` one to its satoshis, where one of
    the transactions makes it or it is `told`.
    """

    def __init__(
        self, transactions: Iterable[Transaction], told: Mapping[Outpoint, int], unspent: Iterable[Outpoint]
    ) -> None:
        self.transactions = {transaction.txid: transaction for transaction in transactions}
        self.amounts = {**_made_amounts(self.transactions.values()), **told}
        listed = set(unspent)
        for transaction in self.transactions.values():
            transaction.ours = _ours(transaction, listed)
        self.lost: dict[str, str | None] = {}
        self.spent_by: dict[Outpoint, str] = {}
        self._settle()

    def _settle(self) -> None:
        """At most one transaction keeps an outpoint: the confirmed one, the one in the mempool, the latest one."""
        ranked = sorted(self.transactions.values(), key=_rank, reverse=True)
        out = {transaction.txid for transaction in ranked if transaction.given_up}
        while True:
            self.spent_by = {}
            beaten = {one.txid for one in ranked if one.txid not in out and self._yields(one)}
            children = {one.txid for one in ranked if any(parent in out for parent, _ in one.inputs)}
            if (beaten | children) <= out:
                break
            out |= beaten | children
        self.lost = dict.fromkeys(sorted(out))
        self._name_winners()

    def _yields(self, transaction: Transaction) -> bool:
        """Whether a transaction of higher rank holds one of its inputs; if none does, it holds them all."""
        if any(outpoint in self.spent_by for outpoint in transaction.inputs):
            return True
        self.spent_by |= dict.fromkeys(transaction.inputs, transaction.txid)
        return False

    def _name_winners(self) -> None:
        """Who took a lost transaction's place: who holds its inputs, whom the wallet names, who beat its parent."""
        winners = {txid: self._rival(self.transactions[txid]) for txid in self.lost}
        while winners != self.lost:
            self.lost = winners
            winners = {txid: winner or self._winner_over_parent(txid) for txid, winner in self.lost.items()}

    def _rival(self, transaction: Transaction) -> str | None:
        holders = (self.spent_by[outpoint] for outpoint in transaction.inputs if outpoint in self.spent_by)
        named = (rival for rival in transaction.rivals if rival not in self.lost)
        return next(holders, None) or next(named, None)

    def _winner_over_parent(self, txid: str) -> str | None:
        return next((winner for parent, _ in self.transactions[txid].inputs if (winner := self.lost.get(parent))), None)

    def live(self) -> list[Transaction]:
        """The transactions that are in a block or may yet be."""
        return [transaction for transaction in self.transactions.values() if transaction.txid not in self.lost]

    def coins(self) -> list[tuple[Transaction, Output]]:
        """The wallet's unspent outputs, locked and immature ones too, of what is in a block or in the mempool."""
        present = [transaction for transaction in self.live() if not transaction.outside]
        return [(transaction, output) for transaction in present for output in self.unspent(transaction)]

    def unspent(self, transaction: Transaction) -> list[Output]:
        """The wallet's outputs of a live transaction that are not spent."""
        return [
            output
            for output in transaction.outputs
            if output.vout in transaction.ours and (transaction.txid, output.vout) not in self.spent_by
        ]

    def owned(self) -> frozenset[Outpoint]:
        """All outputs of the wallet, spent, lost or not."""
        return frozenset((txid, vout) for txid, transaction in self.transactions.items() for vout in transaction.ours)

    def fee_sat(self, transaction: Transaction) -> int | None:
        """The fee in satoshi: inputs less outputs where all inputs are known, else what is told.

        None for a coinbase, which collects fees and pays none.
        """
        if transaction.coinbase:
            return None
        amounts = [self.amounts.get(outpoint) for outpoint in transaction.inputs]
        known = [amount for amount in amounts if amount is not None]
        if len(known) < len(amounts):
            return transaction.fee_sat
        fee = sum(known) - sum(output.amount_sat for output in transaction.outputs)
        if fee < 0:
            raise BadAnswer(f"{transaction.answer.where}: transaction {transaction.txid} pays out more than it spends")
        return fee


def _rank(transaction: Transaction) -> tuple[bool, bool, int, str]:
    return transaction.confirmed, bool(transaction.in_mempool), transaction.time, transaction.txid


def _ours(transaction: Transaction, unspent: set[Outpoint]) -> set[int]:
    """Which outputs are the wallet's.

    What `details` calls received; what listunspent lists; and change: of a transaction that spends the wallet's coins
    (it has a `fee`), `details` has a row for every output except the wallet's own change.
    """
    told = {row.vout for row in transaction.rows}
    received = {row.vout for row in transaction.rows if row.category in RECEIVED}
    pays = "fee" in transaction.answer
    change = {output.vout for output in transaction.outputs if pays and output.vout not in told}
    listed = {output.vout for output in transaction.outputs if (transaction.txid, output.vout) in unspent}
    return received | change | listed


def _made_amounts(transactions: Iterable[Transaction]) -> dict[Outpoint, int]:
    return {
        (transaction.txid, output.vout): output.amount_sat
        for transaction in transactions
        for output in transaction.outputs
    }


def told_amounts(raw: Iterable[Answer]) -> dict[Outpoint, int]:
    """What the inputs are worth of which getrawtransaction tells."""
    spent = (source for answer in raw for source in answer.children("vin") if "prevout" in source)
    return {(source.hash("txid"), source.natural("vout")): source.child("prevout").sat("value") for source in spent}
