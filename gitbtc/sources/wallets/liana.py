"""A backup of Liana: its descriptor, and its labels.

What it calls `proprietary` is never looked at: it holds the configuration of the daemon, with the password of the node
in clear. Coins and transactions come from a node, which knows of each whether it was mined, and by what it was spent.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gitbtc.kinds.codec import Malformed, strict
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.core_descriptors import descriptor_record
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.sources.wallets.table import UnreadableFile
from gitbtc.spends import LABELS_329

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitbtc.kinds.kind import Record

SOURCE = "liana"
NEWEST = 0  # of `version`
_LEVELS = 32
_LOOK_AHEAD = [0, 19]  # it does not tell how far it looks; twenty unused addresses are what wallets agree on
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
    told = [Answer({"desc": text, "range": _LOOK_AHEAD}, f"account {number}")
            for number, account in enumerate(accounts, start=1) if (text := account.get("descriptor"))]  # fmt: skip
    try:
        descriptors = {record["id"]: record for record in map(descriptor_record, told)}
    except BadAnswer as error:
        raise UnreadableFile(str(error)) from None
    notice = "coins and transactions of a backup are not brought in: ask a node for them"
    records = {LABELS_329: labels, **({"descriptors": list(descriptors.values())} if descriptors else {})}
    return SourceSnapshot(SOURCE, own, records, notices=(notice,), read_at=int(time.time()))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _labels(account: dict[str, Any]) -> Iterator[Record]:
    """The labels of an account: a list of rows of BIP-329, whose `spendable` is a default and nobody's word."""
    for row in _list(account.get("labels")):
        if isinstance(row, dict) and all(isinstance(row.get(name), str) for name in ("type", "ref", "label")):
            yield {name: row[name] for name in ("type", "ref", "label")}
