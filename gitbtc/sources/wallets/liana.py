"""A backup of Liana: its labels.

What it calls `proprietary` is never looked at: it holds the configuration of the daemon, with the password of the node
in clear. Coins and transactions come from a node, which knows of each whether it was mined, and by what it was spent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitbtc.kinds.codec import Malformed, strict
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.sources.wallets.table import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitbtc.kinds.kind import Record

SOURCE = "liana"
NEWEST = 0  # of `version`
_LEVELS = 32
NETWORKS = {"bitcoin": "main", "testnet": "test", "testnet4": "testnet4", "signet": "signet", "regtest": "regtest"}


def read(content: bytes, known: Mapping[str, Record], network: str, unit: str | None = None) -> SourceSnapshot:
    """What the file tells. Raises UnreadableFile for a newer version, and for another network than the root's."""
    del known, unit
    try:
        backup = strict(content, _LEVELS)
    except Malformed as error:
        raise UnreadableFile(str(error)) from None
    version = backup.get("version")
    if type(version) is not int or version > NEWEST:
        raise UnreadableFile(f"its version is {version if type(version) is int else 'not told'}, which is not known")
    own = NETWORKS.get(str(backup.get("network")), "")
    if network and own != network:
        raise UnreadableFile(f"it is of {own or 'a network that is not known'}, this root of {network}")
    accounts = [account for account in _list(backup.get("accounts")) if isinstance(account, dict)]
    labels = [row for account in accounts for row in _labels(account)]
    notice = "coins, transactions and descriptors of a backup are not brought in: ask a node for them"
    return SourceSnapshot(SOURCE, own, {"labels329": labels}, notices=(notice,))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _labels(account: dict[str, Any]) -> Iterator[Record]:
    """The labels of an account: a list of rows of BIP-329, whose `spendable` is a default and nobody's word."""
    for row in _list(account.get("labels")):
        if isinstance(row, dict) and all(isinstance(row.get(name), str) for name in ("type", "ref", "label")):
            yield {name: row[name] for name in ("type", "ref", "label")}
