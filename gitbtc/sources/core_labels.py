"""The labels of a Bitcoin Core wallet: its address book, dated by the transactions that show its addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitbtc.sources.wallet_ledger import RECEIVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.wallet_ledger import Transaction

    Book = Mapping[str, tuple[str, str]]  # address -> label, purpose

_MAX_LABEL = 255
_LABEL_SHOWN = 40  # characters of a label that is left out


class Sighting(NamedTuple):
    """A transaction (its time in Unix seconds) that shows an address with its label; what it makes of it."""

    time: int
    txid: str
    address: str
    label: str
    category: str


def sightings(transactions: Iterable[Transaction]) -> Iterator[Sighting]:
    """Of each labelled address in each transaction."""
    for one in transactions:
        for row in one.rows:
            if row.label and row.address:
                yield Sighting(one.time, one.txid, row.address, row.label, category(one, row.address))


def category(transaction: Transaction, address: str) -> str:
    """Money that comes in is income, money that goes out an expense, from the wallet to itself internal."""
    categories = {row.category for row in transaction.rows if row.address == address}
    if "send" not in categories:
        return "income"
    return "internal" if categories & RECEIVED else "expense"


def label_records(
    seen: Iterable[Sighting], book: Book, dated: Mapping[tuple[str, str], int], chain: Record, notices: list[str]
) -> list[Record]:
    """One record an address and label, dated and categorised by the first transaction that shows it.

    An address of the book that no transaction shows is dated by `dated`, else by the block that the answers are as of.
    A label that does not fit into a record is left out; a notice says whose it is.
    """
    found: dict[tuple[str, str], Record] = {}
    for one in sorted(seen):
        record = {"address": one.address, "label": one.label, "category": one.category, "created_at": one.time}
        found.setdefault((one.address, one.label), record)
    for address, (label, purpose) in book.items():
        record = {"address": address, "label": label, "category": "expense" if purpose == "send" else "income",
                  "created_at": dated.get((address, label), chain["block_time"])}  # fmt: skip
        found.setdefault((address, label), record)
    notices += [
        f"the label of {address} is longer than {_MAX_LABEL} characters, and was left out of the labels: "
        f'"{label[:_LABEL_SHOWN]}…"'
        for address, label in found if len(label) > _MAX_LABEL
    ]  # fmt: skip
    return [record for record in found.values() if len(record["label"]) <= _MAX_LABEL]


def left_out(book: Book) -> set[str]:
    """The addresses whose labels do not fit into a record."""
    return {address for address, (label, _) in book.items() if len(label) > _MAX_LABEL}
