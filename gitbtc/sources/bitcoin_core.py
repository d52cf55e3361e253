"""Bitcoin Core: a folder of recorded RPC answers becomes a snapshot.

| file | needed | gives |
|---|---|---|
| getblockchaininfo.json | yes | chain |
| gettransaction.jsonl (`gettransaction TXID true true`, every transaction) | yes | transactions, utxos, labels |
| getrawtransaction.jsonl (`getrawtransaction TXID 2`) | no | what the inputs of other wallets are worth, fees |
| listunspent.json, listtransactions.json | no | a check that the recording is whole |
| getrawmempool.json (`getrawmempool true`) | no | mempool |
| listdescriptors.json | no | descriptors |
| estimatesmartfee-1.json, -6, -144 | no | fees |
| getwalletinfo.json | no | the block that the wallet has come to |
| getpeerinfo.json | no | nothing: Core tells peers apart by a number of its own, the records by a public key |

A kind whose answer is missing, or an error, is left alone. What a coinbase spends is no outpoint, so its record has no
inputs, and since it collects fees its `fee_sat` is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitbtc.sources.amounts import NotAnAmount, feerate, sat_per_vbyte
from gitbtc.sources.answers import Answer, BadAnswer, Recording
from gitbtc.sources.core_descriptors import read_descriptors
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.sources.wallet_ledger import RECEIVED, Ledger, Output, Transaction, base_fee, read_transaction

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.kinds.kind import Record

SOURCE = "bitcoin-core"
NETWORKS = frozenset(["main", "test", "testnet4", "signet", "regtest"])
FEE_TARGETS = (1, 6, 144)
_MAX_LABEL = 255


def read(folder: Path) -> SourceSnapshot:
    """The snapshot that the answers in `folder` hold. Raises BadAnswer, naming the file and what to record."""
    recording = Recording(folder)
    info = recording.required("getblockchaininfo", "bitcoin-cli getblockchaininfo")
    answers = recording.lines("gettransaction")
    if answers is None:
        raise BadAnswer(
            f"{folder}: gettransaction.jsonl is missing; record `gettransaction TXID true true`, one answer a line, of "
            "every txid that listtransactions names"
        )
    raw = {answer.hash("txid"): answer for answer in recording.lines("getrawtransaction") or []}
    pool = recording.optional("getrawmempool")
    entries = {} if pool is None else {txid: pool.child(txid) for txid in pool.members}
    unspent = recording.optional_list("listunspent") or []
    transactions = [read_transaction(answer, raw.get(answer.hash("txid")), entries) for answer in answers]
    ledger = Ledger(transactions, raw.values(), [(coin.hash("txid"), coin.natural("vout")) for coin in unspent])
    _check_whole(ledger, unspent, recording.optional_list("listtransactions") or [])
    chain = _chain(info, recording.optional("getwalletinfo"), answers)
    records: dict[str, Any] = {
        "chain": chain,
        "transactions": [_transaction(ledger, transaction) for transaction in ledger.transactions.values()],
        "utxos": [_coin(transaction, output) for transaction, output in ledger.coins()],
        "labels": _labels(ledger, recording.notices),
    }
    if pool is not None:
        records["mempool"] = [_pending(ledger, ledger.transactions[txid], entry)
                              for txid, entry in entries.items() if txid in ledger.transactions]  # fmt: skip
    _add_descriptors(records, recording)
    _add_fees(records, recording)
    _mention_peers(recording)
    complete = frozenset(records) & {"utxos", "mempool"}
    return SourceSnapshot(SOURCE, chain["network"], records, ledger.owned(), tuple(recording.notices), complete)


# -- the block ---------------------------------------------------------------------------------------------------------


def _chain(info: Answer, wallet: Answer | None, transactions: list[Answer]) -> Record:
    network = info.text("chain")
    if network not in NETWORKS:
        raise BadAnswer(f"{info.where}: chain: {network!r} is not a network that gitbtc knows")
    tip = {
        "network": network,
        "block_height": info.natural("blocks"),
        "block_hash": info.hash("bestblockhash"),
        "block_time": info.natural("time" if "time" in info else "mediantime"),
    }
    seen = _last_processed([*transactions, *([wallet] if wallet else [])])
    return tip if seen in (None, (tip["block_hash"], tip["block_height"])) else _lagging(tip, seen, transactions)


def _last_processed(answers: list[Answer]) -> tuple[str, int] | None:
    """The block that the wallet had come to, or None when the release does not tell."""
    blocks = [answer.child("lastprocessedblock") for answer in answers if "lastprocessedblock" in answer]
    seen = {(block.hash("hash"), block.natural("height")) for block in blocks}
    if len(seen) > 1:
        raise BadAnswer("the wallet's answers are as of different blocks: a block came in between; record them again")
    return next(iter(seen), None)


def _lagging(tip: Record, seen: tuple[str, int] | None, transactions: list[Answer]) -> Record:
    """As of the wallet's block where that is not the node's tip: what the wallet says is true of its block alone."""
    block_hash, height = seen or (tip["block_hash"], tip["block_height"])
    times = (answer.natural("blocktime") for answer in transactions if answer.text_or_empty("blockhash") == block_hash)
    time = next(times, None)
    if time is None:
        raise BadAnswer(
            f"the wallet is at block {height}, the node at block {tip['block_height']}; wait until the wallet has "
            "caught up, and record the answers again"
        )
    return {**tip, "block_height": height, "block_hash": block_hash, "block_time": time}


# -- the wallet --------------------------------------------------------------------------------------------------------


def _check_whole(ledger: Ledger, unspent: list[Answer], rows: list[Answer]) -> None:
    """Refuse answers that do not belong together: a coin or transaction would go missing without a word."""
    missing = {row.hash("txid") for row in rows if "txid" in row} - ledger.transactions.keys()
    if missing:
        raise BadAnswer(f"gettransaction.jsonl lacks transactions of listtransactions.json: {len(missing)}, such as "
                        f"{min(missing)}; record `gettransaction TXID true true` for them too")  # fmt: skip
    coins = {(transaction.txid, output.vout): output.amount_sat for transaction, output in ledger.coins()}
    for coin in unspent:
        if coins.get((coin.hash("txid"), coin.natural("vout"))) != coin.sat("amount"):
            raise BadAnswer(f"{coin.where}: by gettransaction.jsonl, {coin.hash('txid')}:{coin.natural('vout')} is not "
                            "a coin of that amount; record both again, at one moment")  # fmt: skip


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


def _transaction(ledger: Ledger, transaction: Transaction) -> Record:
    record = {
        "txid": transaction.txid,
        "block_time": transaction.answer.natural("blocktime") if transaction.confirmed else None,
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


def _labels(ledger: Ledger, notices: list[str]) -> list[Record]:
    """One record an address and label, dated and categorised by the first transaction that shows it."""
    found: dict[tuple[str, str], Record] = {}
    for transaction in sorted(ledger.transactions.values(), key=lambda one: (one.time, one.txid)):
        for row in transaction.rows:
            if row.label and row.address:
                record = {"address": row.address, "label": row.label, "category": _category(transaction, row.address),
                          "created_at": transaction.time}  # fmt: skip
                found.setdefault((row.address, row.label), record)
    long = [key for key in found if len(key[1]) > _MAX_LABEL]
    if long:
        notices.append(f"labels of more than {_MAX_LABEL} characters left out: {len(long)}")
    return [record for key, record in found.items() if key not in long]


def _category(transaction: Transaction, address: str) -> str:
    """Money that comes in is income, money that goes out an expense, from the wallet to itself internal."""
    categories = {row.category for row in transaction.rows if row.address == address}
    if "send" not in categories:
        return "income"
    return "internal" if categories & RECEIVED else "expense"


# -- the mempool -------------------------------------------------------------------------------------------------------


def _pending(ledger: Ledger, transaction: Transaction, entry: Answer) -> Record:
    """`amount_sat` is the sum of the outputs, which every node sees alike."""
    fee = base_fee(entry)
    vsize = entry.natural("vsize")
    if vsize == 0:
        raise BadAnswer(f"{entry.where}: vsize: is zero")
    replaced = sorted(txid for txid, winner in ledger.lost.items() if winner == transaction.txid)
    record = {
        "txid": transaction.txid,
        "amount_sat": sum(output.amount_sat for output in transaction.outputs),
        "fee_sat": fee,
        "fee_rate_sat_vbyte": feerate(fee, vsize),
        "size_bytes": transaction.size_bytes,
        "rbf_eligible": _replaceable(transaction, entry),
        "cpfp_eligible": bool(ledger.unspent(transaction)),
        **_flow(ledger, transaction),
    }
    return {**record, "replaces": replaced} if replaced else record


def _replaceable(transaction: Transaction, entry: Answer) -> bool:
    """What the node says; releases that say nothing any more replace by BIP-125's signal, or without it."""
    if "bip125-replaceable" in entry:
        return entry.flag("bip125-replaceable")
    return transaction.answer.text_or_empty("bip125-replaceable") == "yes" or transaction.signals_replacement


# -- what does not come from the wallet's transactions -----------------------------------------------------------------


def _add_descriptors(records: dict[str, Any], recording: Recording) -> None:
    answer = recording.optional("listdescriptors")
    if answer is not None:
        records["descriptors"], notices = read_descriptors(answer)
        recording.notices += notices


def _add_fees(records: dict[str, Any], recording: Recording) -> None:
    answers = {target: recording.optional(f"estimatesmartfee-{target}") for target in FEE_TARGETS}
    if not any(answers.values()):
        return
    rates = {target: _estimate(answer) for target, answer in answers.items()}
    if None in rates.values():
        targets = ", ".join(str(target) for target, rate in rates.items() if rate is None)
        recording.notices.append(f"the node estimates no feerate for {targets} blocks; no fee record was made")
        return
    chain = records["chain"]
    reading = {f"target_{target}_block_sat_vbyte": rate for target, rate in rates.items()}
    records["fees"] = [
        {"timestamp": chain["block_time"], "block_height": chain["block_height"], "source": SOURCE, **reading}
    ]


def _estimate(answer: Answer | None) -> int | float | None:
    if answer is None or "feerate" not in answer:
        return None
    try:
        return sat_per_vbyte(answer.members["feerate"])
    except NotAnAmount as error:
        raise BadAnswer(f"{answer.where}: feerate: {error}") from None


def _mention_peers(recording: Recording) -> None:
    peers = recording.optional_list("getpeerinfo")
    if peers:
        recording.notices.append(
            f"peers left out: {len(peers)}; a peer record needs a public key, and Bitcoin Core's peers have none"
        )
