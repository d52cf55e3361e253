"""Bitcoin Core: what a node answers, or a folder of its recorded answers, becomes a snapshot.

| call | needed | gives |
|---|---|---|
| getblockchaininfo | yes | chain |
| listsinceblock "" 6 true true true | of a node | which transactions there are |
| gettransaction TXID true true, of every transaction | yes | transactions, utxos, labels |
| getrawtransaction TXID 2 BLOCK | no | what the inputs of other wallets are worth, fees |
| getmempoolentry TXID, or getrawmempool true | no | mempool; which unconfirmed transactions are money |
| getwalletinfo | no | the block that the wallet has come to, how many transactions it has |
| listlockunspent | no | which coins are frozen |
| listunspent, getbalances | no | checks that the answers are whole |
| listlabels, getaddressesbylabel LABEL | no | labels; without them those that transactions show |
| listdescriptors | no | descriptors |
| estimatesmartfee 1, 6, 144 | no | fees |
| getpeerinfo | no | nothing: Core tells peers apart by a number of its own, the records by a public key |

A kind whose answer is missing, or an error, is left alone. What a coinbase spends is no outpoint, so its record has no
inputs, and since it collects fees its `fee_sat` is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitbtc.sources import ledger_records
from gitbtc.sources.amounts import NotAnAmount, sat_per_vbyte, signed_btc_to_sat
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.asking import Inconsistent, SourceMoved
from gitbtc.sources.core_answers import CoreAnswers
from gitbtc.sources.core_descriptors import read_descriptors
from gitbtc.sources.core_reading import WalletSince, WholeWallet
from gitbtc.sources.recorded import Recorded
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.sources.wallet_ledger import base_fee
from gitbtc.views.terms import btc

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.asking import Asker
    from gitbtc.sources.core_cursor import Cursor
    from gitbtc.sources.wallet_ledger import Ledger, Transaction

SOURCE = "bitcoin-core"
NETWORKS = frozenset(["main", "test", "testnet4", "signet", "regtest"])
# What a wallet's balance is made of. The last is negative: what transactions outside the mempool spend (from 31 on;
# earlier releases have taken it off already).
_BALANCE_PARTS = ("trusted", "untrusted_pending", "immature", "used", "nonmempool")
# Kinds of which an answer tells all. Of labels it is the address book that does, not the transactions.
_COMPLETE = frozenset(["utxos", "transactions", "mempool", "descriptors", "labels"])
_READS = 3


def read(folder: Path) -> SourceSnapshot:
    """The snapshot that the answers in `folder` hold. Raises BadAnswer, naming the file and what to record."""
    return read_from(Recorded(folder))


def read_from(
    asker: Asker,
    dated: Mapping[tuple[str, str], int] | None = None,
    cursor: Cursor | None = None,
    *,
    strict: bool = False,
) -> SourceSnapshot:
    """The snapshot of what `asker` answers; what moves while it is read is read again, three times at most.

    `dated` maps (address, label) to when the label was first seen, in Unix seconds: no answer tells it.
    With the `cursor` of an earlier snapshot only what is new is asked for, unless that does not come out even: then all
    is. A node that lags behind is mentioned, or refused if `strict`. Raises BadAnswer, SourceMoved, and what the asker
    raises.
    """
    if not asker.live:
        return snapshot_of(CoreAnswers(asker, strict=strict), dated or {})
    for left in reversed(range(_READS)):
        try:
            answers = CoreAnswers(asker, cursor, strict=strict)
            snapshot = snapshot_of(answers, dated or {}, is_last=not left)
            if answers.cursor is None or answers.cursor.facts.descriptors == snapshot.descriptors:
                return snapshot
            moved = Inconsistent("the wallet's descriptors have changed")
        except Inconsistent as error:
            moved = error
        except BadAnswer as error:
            if cursor is None:
                raise
            moved = Inconsistent(str(error))  # which what was kept may be the cause of
        cursor = None
    raise SourceMoved(f"the wallet changed while it was read, {_READS} times; try again ({moved})")


def snapshot_of(
    answers: CoreAnswers, dated: Mapping[tuple[str, str], int], *, is_last: bool = True
) -> SourceSnapshot:  # fmt: skip
    """The records that the answers of one read give. Raises Inconsistent for answers of different moments: a payment
    that came between two of them shows in the balance. At the last try that passes: a difference that stays is refused
    by who brings the snapshot in.
    """
    notices = list(answers.notices)
    chain = _chain(answers.info, answers.wallet, [*answers.listed.values()])
    part = WalletSince(answers, answers.cursor) if answers.cursor else None
    read = part or WholeWallet(answers)
    balance = _balance(answers.balances)
    if balance not in (None, read.worth) and not is_last:
        raise Inconsistent(f"the coins are worth {btc(read.worth)}, the balance is another")
    records: dict[str, Any] = {"chain": chain}
    records |= read.records(dated, chain, notices)
    if answers.entries is not None:
        records["mempool"] = [_pending(read.ledger, read.ledger.transactions[txid], entry)
                              for txid, entry in answers.entries.items()]  # fmt: skip
    if answers.descriptors is not None:
        records["descriptors"] = read_descriptors(answers.descriptors)
    records |= fee_records(answers.fees, chain, notices)
    _mention_peers(answers, notices)
    notices += ledger_records.waiting_notices(read.ledger)
    descriptors = frozenset(record["id"] for record in records.get("descriptors", ()))
    return SourceSnapshot(
        SOURCE,
        chain["network"],
        records,
        read.owned,
        tuple(notices),
        complete=frozenset(records) & _COMPLETE - (frozenset() if answers.book is not None else {"labels"}),
        wallet=answers.wallet.text_or_empty("walletname") if answers.wallet else "",
        descriptors=descriptors,
        balance_sat=balance,
        cursor=read.reached(descriptors) if answers.live else None,
        known=part.known if part else None,
        coins_sat=part.worth if part else None,
    )


# -- the block ---------------------------------------------------------------------------------------------------------


def network_of(info: Answer) -> str:
    """The network that getblockchaininfo tells."""
    network = info.text("chain")
    if network not in NETWORKS:
        raise BadAnswer(f"{info.where}: chain: {network!r} is not a network that gitbtc knows")
    return network


def _chain(info: Answer, wallet: Answer | None, transactions: list[Answer]) -> Record:
    tip = {
        "network": network_of(info),
        "block_height": info.natural("blocks"),
        "block_hash": info.hash("bestblockhash"),
        "block_time": info.time("time" if "time" in info else "mediantime"),
    }
    seen = _last_processed([*transactions, *([wallet] if wallet else [])])
    return tip if seen in (None, (tip["block_hash"], tip["block_height"])) else _lagging(tip, seen, transactions)


def _last_processed(answers: list[Answer]) -> tuple[str, int] | None:
    """The block that the wallet had come to, or None when the release does not tell."""
    blocks = [answer.child("lastprocessedblock") for answer in answers if "lastprocessedblock" in answer]
    seen = {(block.hash("hash"), block.natural("height")) for block in blocks}
    if len(seen) > 1:
        raise Inconsistent(
            "the wallet's answers are as of different blocks: a block came in between; record them again"
        )
    return next(iter(seen), None)


def _lagging(tip: Record, seen: tuple[str, int] | None, transactions: list[Answer]) -> Record:
    """As of the wallet's block where that is not the node's tip: what the wallet says is true of its block alone."""
    block_hash, height = seen or (tip["block_hash"], tip["block_height"])
    times = (answer.time("blocktime") for answer in transactions if answer.text_or_empty("blockhash") == block_hash)
    time = next(times, None)
    if time is None:
        raise Inconsistent(
            f"the wallet is at block {height}, the node at block {tip['block_height']}; wait until the wallet has "
            "caught up, and record the answers again"
        )
    return {**tip, "block_height": height, "block_hash": block_hash, "block_time": time}


# -- the wallet --------------------------------------------------------------------------------------------------------


def _balance(answer: Answer | None) -> int | None:
    """What the wallet says that it has, in satoshi; None when it does not say. `watchonly` is of releases before 30."""
    if answer is None:
        return None
    sides = [answer.child(side) for side in ("mine", "watchonly") if side in answer]
    return sum(_signed_sat(side, part) for side in sides for part in _BALANCE_PARTS if part in side)


def _signed_sat(side: Answer, part: str) -> int:
    try:
        return signed_btc_to_sat(side.members[part])
    except NotAnAmount as error:
        raise BadAnswer(f"{side.where}: {part}: {error}") from None


# -- the mempool -------------------------------------------------------------------------------------------------------


def _pending(ledger: Ledger, transaction: Transaction, entry: Answer) -> Record:
    vsize = entry.natural("vsize")
    if vsize == 0:
        raise BadAnswer(f"{entry.where}: vsize: is zero")
    replaceable = _replaceable(transaction, entry)
    return ledger_records.pending(ledger, transaction, base_fee(entry), vsize, replaceable=replaceable)


def _replaceable(transaction: Transaction, entry: Answer) -> bool:
    """What the node says; releases that say nothing any more replace by BIP-125's signal, or without it."""
    if "bip125-replaceable" in entry:
        return entry.flag("bip125-replaceable")
    return transaction.answer.text_or_empty("bip125-replaceable") == "yes" or transaction.signals_replacement


# -- what does not come from the wallet's transactions -----------------------------------------------------------------


def fee_records(fees: Mapping[int, Answer | None], chain: Record, notices: list[str]) -> dict[str, list[Record]]:
    """The record, by its kind, of what estimatesmartfee says for each target; none, and a notice, where it says not all
    of it.
    """
    if not any(fees.values()):
        return {}
    rates = {target: _estimate(answer) for target, answer in fees.items()}
    if None in rates.values():
        targets = ", ".join(str(target) for target, rate in rates.items() if rate is None)
        notices.append(f"the node estimates no feerate for {targets} blocks; no fee record was made")
        return {}
    reading = {f"target_{target}_block_sat_vbyte": rate for target, rate in rates.items()}
    return {
        "fees": [{"timestamp": chain["block_time"], "block_height": chain["block_height"], "source": SOURCE, **reading}]
    }


def _estimate(answer: Answer | None) -> int | float | None:
    if answer is None or "feerate" not in answer:
        return None
    try:
        return sat_per_vbyte(answer.members["feerate"])
    except NotAnAmount as error:
        raise BadAnswer(f"{answer.where}: feerate: {error}") from None


def _mention_peers(answers: CoreAnswers, notices: list[str]) -> None:
    if answers.peers:
        notices.append(
            f"peers left out: {len(answers.peers)}; a peer record needs a public key, and Bitcoin Core's peers have "
            "none"
        )
