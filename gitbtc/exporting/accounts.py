"""Which account an amount is booked on: a table that the user keeps in `.gitbtc/accounts.toml`, and what holds without
it.

"ACME retainer" = "income:consulting" [category] income = "income:bitcoin" [root] vault = "assets:bitcoin:vault" [own]
fees = "expenses:bank:network fees"
"""

from __future__ import annotations

import re
import tomllib
from typing import NamedTuple

from gitbtc.errors import UsageError, printable
from gitbtc.statement.flows import COINBASE, RECEIVED, SENT, SHARED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from gitbtc.exporting.entries import Entry

PATH = ".gitbtc/accounts.toml"
# What an account is to both hledger and beancount: parts of letters, digits and dashes, words with one space between.
_PART = r"[^\W_][\w-]*(?: [\w-]+)*"
_NAME = re.compile(rf"(?i:assets|liabilities|equity|income|revenues|expenses)(?::{_PART})+\Z")
# Where there is no account for a label or a category.
_UNNAMED = {
    RECEIVED: "income:bitcoin:unattributed",
    SENT: "expenses:bitcoin:unattributed",
    COINBASE: "income:bitcoin:mined",
    SHARED: "equity:bitcoin:shared",
}
_OWN = {
    "fees": "expenses:bitcoin:fees",
    "opening": "equity:bitcoin:opening",
    "gains": "income:bitcoin:gains",
}
_TABLES = ("category", "root", "own")


class Posting(NamedTuple):
    """An amount (sat, signed) on an account."""

    account: str
    amount_sat: int


class Accounts:
    """The accounts of an export. UsageError for a table that cannot be read, or that names what is no account."""

    def __init__(self, content: bytes, roots: Sequence[str]) -> None:
        table = _read(content)
        self._labels = {name: account for name, account in table.items() if name not in _TABLES}
        self._categories, self._roots, self._own = (table.get(name, {}) for name in _TABLES)
        self.asset = self._asset(roots)
        self.fees = self._own.get("fees", _OWN["fees"])
        self.opening = self._own.get("opening", _OWN["opening"])
        self.gains = self._own.get("gains", _OWN["gains"])

    def _asset(self, roots: Sequence[str]) -> str:
        """The account of the coins: that of the root, where there is one root."""
        root = roots[0] if len(roots) == 1 else ""
        words = re.sub(r"[^\w-]+", " ", root.replace("_", " ").rpartition("/")[2]).strip()
        plain = f"assets:bitcoin:{words or 'treasury'}"
        return str(self._roots.get(root or ".", plain if _NAME.match(plain) else "assets:bitcoin:treasury"))

    def counter(self, entry: Entry) -> str:
        """The account of what came or went, without the fee."""
        named = self._labels.get(entry.label) or self._categories.get(entry.category)
        return str(named or _UNNAMED[entry.flow.type])

    def postings(self, entry: Entry) -> list[Posting]:
        """An entry in accounts, the coins first; they sum to 0."""
        found = [Posting(self.asset, entry.flow.net_sat)]
        if entry.moved_sat:
            found.append(Posting(self.counter(entry), -entry.moved_sat))
        if entry.flow.fee_sat:
            found.append(Posting(self.fees, entry.flow.fee_sat))
        return found


def _read(content: bytes) -> Mapping[str, Any]:
    try:
        table = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{PATH}: {printable(str(error))}") from None
    for where, account in _accounts(table):
        if not isinstance(account, str) or not _NAME.match(account):
            raise UsageError(
                f"{PATH}: {printable(where)}: {printable(repr(account))} is no account; write one as "
                "income:consulting, beginning with assets, liabilities, equity, income, revenues or "
                "expenses, in letters and digits"
            )
    return table


def _accounts(table: Mapping[str, Any]) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in table.items():
        if name in _TABLES and isinstance(value, dict):
            found += [(f"{name}.{key}", account) for key, account in value.items()]
        else:
            found.append((name, value))
    return found
