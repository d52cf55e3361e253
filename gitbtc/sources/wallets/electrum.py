"""Electrum's history as a table: one row a transaction, amounts in BTC.

A row without a transaction is a payment over Lightning, or stands for several: it has no name here. What waits in a
mempool is not listed at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.kinds.foreign import is_id
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.sources.wallets.table import Table, UnreadableFile, amount
from gitbtc.spends import LABELS_329

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitbtc.kinds.kind import Record

SOURCE = "electrum"
_TXID, _FEE = "oc_transaction_hash", "network_fee_bc"


def read(content: bytes, known: Mapping[str, Record], network: str, unit: str | None = None) -> SourceSnapshot:
    """What the file tells. Raises UnreadableFile, for the header of an older Electrum too."""
    del known, unit
    table = Table(content)
    if "network_fee_satoshi" in table.columns or _TXID not in table.columns:
        raise UnreadableFile(
            "it is of an older Electrum, whose columns mean something else; export it from a newer one"
        )
    table.need(_TXID, "label", _FEE)
    rows = [row for _, row in table]
    onchain = [row for row in rows if is_id(row[_TXID])]
    labels = [{"type": "tx", "ref": row[_TXID].lower(), "label": row["label"]} for row in onchain if row["label"]]
    paid = {row[_TXID].lower(): amount(row[_FEE], "btc") for row in onchain}
    fees = {txid: abs(sat) for txid, sat in paid.items() if sat}
    left = len(rows) - len(onchain)
    notices = (f"{left} row{'' if left == 1 else 's'} without a transaction left out",) if left else ()
    return SourceSnapshot(SOURCE, network, {LABELS_329: labels, "fees_paid": fees}, notices=notices)
