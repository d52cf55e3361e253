"""Sparrow's table of transactions: `Date (UTC),Label,Value,Balance,Fee[,Value (CUR)],Txid`.

Whether amounts are BTC or satoshi is a setting of the program, which the file does not tell. An amount of a transaction
that is known here does: it is right in one of the two units alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.kinds.foreign import is_id
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.sources.wallets.table import UNITS, Table, UnreadableFile, amount
from gitbtc.spends import LABELS_329

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitbtc.kinds.kind import Record

SOURCE = "sparrow"


def read(content: bytes, known: Mapping[str, Record], network: str, unit: str | None = None) -> SourceSnapshot:
    """What the file tells. `known`: the transactions of the root by txid; `unit`: `btc` or `sat` where somebody says.

    Raises UnreadableFile, also where nothing proves the unit.
    """
    table = Table(content)
    table.need("Label", "Value", "Fee", "Txid")
    rows = [row for _, row in table if is_id(row["Txid"])]
    labels = [{"type": "tx", "ref": row["Txid"].lower(), "label": row["Label"]} for row in rows if row["Label"]]
    paid = {row["Txid"].lower(): row["Fee"] for row in rows if row["Fee"]}
    unit = unit or _proved(rows, known)
    fees = {txid: abs(sat) for txid, text in paid.items() if (sat := amount(text, unit))}
    return SourceSnapshot(SOURCE, network, {LABELS_329: labels, "fees_paid": fees}, notices=(f"amounts are {unit}",))


def _proved(rows: list[dict[str, str]], known: Mapping[str, Record]) -> str:
    """The unit in which amounts of known transactions are right."""
    proofs = dict.fromkeys(UNITS, 0)
    for row in rows:
        transaction = known.get(row["Txid"].lower())
        for unit in UNITS if transaction is not None else ():
            value = amount(row["Value"], unit)
            proofs[unit] += bool(value) and abs(value or 0) in _moved(transaction or {})
    proving = [unit for unit, count in proofs.items() if count]
    if len(proving) != 1:
        raise UnreadableFile(
            "whether its amounts are BTC or satoshi depends on a setting of Sparrow, and no transaction that is known "
            "here tells; say --unit btc or --unit sat"
        )
    return proving[0]


def _moved(transaction: Record) -> set[int]:
    """What a transaction can have moved for a wallet (sat): an output, or all that it spends but one, or the fee."""
    outputs = [output["amount_sat"] for output in transaction["outputs"]]
    spent = [source["amount_sat"] for source in transaction["inputs"]]
    fee = {transaction["fee_sat"]} - {None}
    if None in spent or not spent:
        return {*outputs, sum(outputs)} | fee
    return {*outputs, sum(outputs), sum(spent), *(sum(spent) - one for one in outputs)} | fee
