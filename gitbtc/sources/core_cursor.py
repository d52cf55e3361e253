"""From where to read a wallet on: the block that was read up to, and what the node said of what lies deeper.

It belongs to one node and one clone: it lies in the Git folder, and is never versioned. Lost, broken or of another
wallet, it means a full read, and is never an error.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitbtc.errors import CannotWork
from gitbtc.repo import files
from gitbtc.sources.answers import BadAnswer, decoded, encoded

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
_FULL_EVERY = 1000  # blocks
# What is read of an answer; the rest of it is not kept.
_FIELDS = (
    "txid", "confirmations", "time", "blockheight", "blockhash", "blocktime", "comment", "fee", "abandoned",
    "replaced_by_txid", "replaces_txid", "mempoolconflicts", "walletconflicts", "bip125-replaceable",
)  # fmt: skip
_BODY = ("txid", "size", "weight")


@dataclass(frozen=True)
class Cursor:
    """`answers` are gettransaction's of all transactions that lie as deep as the block or deeper, `raw`
    getrawtransaction's of some of them, both by txid and cut to what is read. `full_height` is where everything was
    last asked for.
    """

    block_hash: str
    full_height: int
    descriptors: frozenset[str]
    answers: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)

    def is_old(self, height: int) -> bool:
        """Whether it is time to ask for everything again: after many blocks, or where the chain is now shorter."""
        return not 0 <= height - self.full_height < _FULL_EVERY


def load(path: Path) -> Cursor | None:
    """The cursor in a file; None when there is none that can be used."""
    try:
        content = files.read(path)
        held = decoded(content.decode(), "cursor") if content else {}
        if held.get("version") != VERSION:
            return None
        return Cursor(
            str(held["block_hash"]), int(held["full_height"]), frozenset(held["descriptors"]), dict(held["answers"]),
            dict(held["raw"]),
        )  # fmt: skip
    except (OSError, BadAnswer, UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError):
        return None


def save(path: Path, cursor: Cursor) -> None:
    """Keep the cursor in a file, where that can be written: without one the next read is a full one."""
    held = {"version": VERSION, "block_hash": cursor.block_hash, "full_height": cursor.full_height,
            "txcount": len(cursor.answers), "descriptors": sorted(cursor.descriptors), "answers": cursor.answers,
            "raw": cursor.raw}  # fmt: skip
    with suppress(OSError, CannotWork):
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, encoded(held).encode())


def cut(answer: dict[str, Any]) -> dict[str, Any]:
    """A gettransaction answer with what is read of it."""
    body = answer["decoded"]
    outputs = [
        _some(output, "n", "value") | {"scriptPubKey": _some(output["scriptPubKey"], "type", "address")}
        for output in body.get("vout") or ()
    ]
    inputs = [_some(source, "txid", "vout", "sequence", "coinbase") for source in body.get("vin") or ()]
    rows = [_some(row, "vout", "category", "address", "label", "abandoned") for row in answer.get("details") or ()]
    decoded_body = {**_some(body, *_BODY), "vin": inputs, "vout": outputs}
    return {**_some(answer, *_FIELDS), "details": rows, "decoded": decoded_body}


def cut_raw(answer: dict[str, Any]) -> dict[str, Any]:
    """A getrawtransaction answer with what is read of it beside the other."""
    inputs = [
        {"txid": source["txid"], "vout": source["vout"], "prevout": {"value": source["prevout"]["value"]}}
        for source in answer.get("vin") or () if source.get("prevout") is not None
    ]  # fmt: skip
    return {**_some(answer, "txid", "fee"), "vin": inputs}


def _some(members: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: members[name] for name in names if name in members}
