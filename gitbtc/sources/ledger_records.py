"""The records of a wallet's coins and transactions, from its ledger: the same whichever program told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.sources.amounts import feerate
from gitbtc.views.terms import btc

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.snapshot import Outpoint
    from gitbtc.sources.wallet_ledger import Ledger, Output, Transaction


def coins(
    ledger: Ledger, locked: Collection[Outpoint] = (), txids: Collection[str] | None = None
) -> list[Record]:  # fmt: skip
    """The coins, of some `txids` or all; one that is locked in the wallet is not to be spent, of the others the wallet
    says nothing.
    """
    return [
        {**_coin(transaction, output), **({"spendable": False} if (transaction.txid, output.vout) in locked else {})}
        for transaction, output in ledger.coins() if txids is None or transaction.txid in txids
    ]  # fmt: skip


def _coin(transaction: Transaction, output: Output) -> Record:
    return {
        "txid": transaction.txid,
        "vout": output.vout,
        "amount_sat": output.amount_sat,
        "script_type": output.script_type,
        "address": output.address,
        "coinbase": transaction.coinbase,
        "label": next((row.label for row in transaction.rows if row.vout == output.vout and row.label), None),
        **_block(transaction),
    }


def _block(transaction: Transaction) -> Record:
    """Height and hash. Never confirmations: with them, every block would change every coin."""
    if not transaction.confirmed:
        return {"block_height": None}
    return {
        "block_height": transaction.answer.natural("blockheight"),
        "block_hash": transaction.answer.hash("blockhash"),
    }


def transactions(ledger: Ledger, txids: Collection[str] | None = None) -> list[Record]:
    """All transactions, the lost ones too, or some `txids`."""
    return [
        _transaction(ledger, transaction)
        for txid, transaction in ledger.transactions.items() if txids is None or txid in txids
    ]  # fmt: skip


def _transaction(ledger: Ledger, transaction: Transaction) -> Record:
    record = {
        "txid": transaction.txid,
        "block_time": transaction.answer.time("blocktime") if transaction.confirmed else None,
        **_flow(ledger, transaction),
        "fee_sat": ledger.fee_sat(transaction),
        "size_bytes": transaction.size_bytes,
        "weight": transaction.weight,
        "confirmed": transaction.confirmed,
        "label": _transaction_label(transaction),
        **_block(transaction),
    }
    if transaction.txid in ledger.lost:
        winner = ledger.lost[transaction.txid]
        record |= {"replaced_by": winner} if winner else {}
        # Without a known winner nothing else would say that the record claims nothing.
        record |= {"abandoned": True} if transaction.abandoned or not winner else {}
    elif transaction.outside:
        record["in_mempool"] = False
    return record


def _transaction_label(transaction: Transaction) -> str | None:
    """The wallet's comment; else the label of its addresses, where they have one label between them."""
    comment = transaction.answer.text_or_empty("comment")
    labels = {row.label for row in transaction.rows if row.label}
    return comment or (labels.pop() if len(labels) == 1 else None)


def _flow(ledger: Ledger, transaction: Transaction) -> Record:
    return {
        "inputs": [
            {"txid": txid, "vout": vout, "amount_sat": ledger.amounts.get((txid, vout))}
            for txid, vout in transaction.inputs
        ],
        "outputs": [
            {
                "vout": output.vout,
                "amount_sat": output.amount_sat,
                "address": output.address or None,
                "script_type": output.script_type,
                "spent": (transaction.txid, output.vout) in ledger.spent_by,
            }
            for output in transaction.outputs
        ],
    }


def pending(ledger: Ledger, transaction: Transaction, fee_sat: int, vsize: int, *, replaceable: bool) -> Record:
    """What waits in the mempool. `amount_sat` is the sum of the outputs, which every node sees alike."""
    replaced = {txid for txid, winner in ledger.lost.items() if winner == transaction.txid}
    if "replaces_txid" in transaction.answer:
        replaced.add(transaction.answer.hash("replaces_txid"))
    record = {
        "txid": transaction.txid,
        "amount_sat": sum(output.amount_sat for output in transaction.outputs),
        "fee_sat": fee_sat,
        "fee_rate_sat_vbyte": feerate(fee_sat, vsize),
        "size_bytes": transaction.size_bytes,
        "rbf_eligible": replaceable,
        "cpfp_eligible": bool(ledger.unspent(transaction)),
        **_flow(ledger, transaction),
    }
    return {**record, "replaces": sorted(replaced)} if replaced else record


def waiting(ledger: Ledger) -> list[Transaction]:
    """What no mempool holds and may yet be sent again."""
    return [transaction for transaction in ledger.live() if transaction.outside]


def waiting_notices(ledger: Ledger) -> list[str]:
    """Payments that no mempool holds are easily forgotten: they are no money, and what they spend is spent."""
    found = waiting(ledger)
    if not found:
        return []
    told = ", ".join(f"{one.txid} ({btc(sum(output.amount_sat for output in one.outputs))})" for one in found)
    count, it = (f"{len(found)} transactions are", "them") if found[1:] else ("1 transaction is", "it")
    return [f"{count} in the wallet but not in the mempool: {told}; rebroadcast or abandon {it}"]
