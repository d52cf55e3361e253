"""Exports that are tables: for spreadsheets, Koinly, CoinTracker and rotki.

Sources of the columns: CoinTracker's help ("Convert your transaction history to CoinTracker CSV": these eight, all of
them, dates as MM/DD/YYYY HH:MM:SS), rotki's importer of generic events (rotki_events.py), for Koinly its help on custom
files (a UTC date; label, description and TxHash are optional) and the universal table that converters write.
"""

from __future__ import annotations

import csv
import io
import time

from gitbtc.errors import harmless
from gitbtc.exporting.entries import coins
from gitbtc.statement.flows import COINBASE, INTERNAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.exporting.accounts import Accounts
    from gitbtc.exporting.entries import Entry, Export

COLUMNS = (
    "time_utc", "block_height", "block_hash", "txid", "type", "amount_sat", "fee_sat", "balance_sat", "label",
    "category", "agent", "counter_addresses", "root", "commit",
)  # fmt: skip
_KOINLY = (
    "Date", "Sent Amount", "Sent Currency", "Received Amount", "Received Currency", "Fee Amount", "Fee Currency",
    "Net Worth Amount", "Net Worth Currency", "Label", "Description", "TxHash",
)  # fmt: skip
_COINTRACKER = (
    "Date", "Received Quantity", "Received Currency", "Sent Quantity", "Sent Currency", "Fee Amount", "Fee Currency",
    "Tag",
)  # fmt: skip
_ROTKI = ("Type", "Location", "Currency", "Amount", "Fee", "Fee Currency", "Description", "Timestamp")
_PLACE = "external"  # a location that each version of rotki knows


def plain(export: Export, _: Accounts) -> str:
    """A row an entry, amounts in satoshi and signed: a row's amount and fee added to the balance above give its own."""
    return _table(COLUMNS, (_row(entry) for entry in export.entries))


def _row(entry: Entry) -> tuple[str | int, ...]:
    flow = entry.flow
    return (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry.time)), flow.height, flow.record.get("block_hash") or "",
        flow.txid, flow.type, entry.moved_sat, -flow.fee_sat, entry.balance_sat, harmless(entry.label), entry.category,
        harmless(entry.agent), ";".join(entry.counter_addresses), ";".join(root or "." for root in entry.roots),
        entry.commit,
    )  # fmt: skip


def koinly(export: Export, _: Accounts) -> str:
    """Koinly's universal table. What moved within the wallets is its fee alone."""
    return _table(_KOINLY, _rows_of_koinly(export.entries))


def _rows_of_koinly(entries: Iterable[Entry]) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        sent, received, fee = _parts(entry)
        if sent or received or fee:
            moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(entry.time))
            tag = "mining" if entry.flow.type == COINBASE else ""
            yield (
                moment,
                *_money(sent),
                *_money(received),
                *_money(fee),
                "",
                "",
                tag,
                harmless(entry.label),
                entry.flow.txid,
            )


def cointracker(export: Export, _: Accounts) -> str:
    """CoinTracker's table."""
    return _table(_COINTRACKER, _rows_of_cointracker(export.entries))


def _rows_of_cointracker(entries: Iterable[Entry]) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        sent, received, fee = _parts(entry)
        if sent or received or fee:
            moment = time.strftime("%m/%d/%Y %H:%M:%S", time.gmtime(entry.time))
            tag = "mined" if entry.flow.type == COINBASE else ""
            yield (moment, *_money(received), *_money(sent), *_money(fee), tag)


def rotki(export: Export, _: Accounts) -> str:
    """rotki's generic events. What moved within the wallets is its fee alone; times are in milliseconds."""
    return _table(_ROTKI, _rows_of_rotki(export.entries))


def _rows_of_rotki(entries: Iterable[Entry]) -> Iterator[tuple[str | int, ...]]:
    for entry in entries:
        sent, received, fee = _parts(entry)
        about = harmless(" ".join(text for text in (entry.label, entry.flow.txid) if text))
        event = [("Income", received, 0)] if received else [("Spend", sent, fee)] if sent else []
        if fee and not sent:
            event.append(("Spend", fee, 0))
        for type_, moved, cost in event:
            amount, currency = _money(moved)
            yield type_, _PLACE, currency, amount, *_money(cost), about, entry.time * 1000


def _parts(entry: Entry) -> tuple[int, int, int]:
    """What was sent, what was received, and the fee (sat)."""
    moved = 0 if entry.flow.type == INTERNAL else entry.moved_sat
    return max(-moved, 0), max(moved, 0), entry.flow.fee_sat


def _money(sat: int) -> tuple[str, str]:
    return (coins(sat), "BTC") if sat else ("", "")


def _table(columns: Iterable[str], rows: Iterable[Iterable[str | int]]) -> str:
    """RFC 4180, with LF for a line end."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
