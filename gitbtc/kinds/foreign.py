"""What a file of another program looks like: by its header, or by the members that its JSON has.

Cold: asked when a file is none of the kind that its path says, and by commands that take files of several programs.
Nothing of a file's content is ever part of an answer.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SPARROW, ELECTRUM_HISTORY, ELECTRUM_LABELS = "sparrow-csv", "electrum-csv", "electrum-labels"
SPECTER, LIANA, BIP329 = "specter-csv", "liana", "bip329"

_LABELS = "`gitbtc labels import FILE` reads it"
_IMPORT = "`gitbtc import FILE` reads it"
_NODE = "`gitbtc import bitcoin-core` reads a folder of such answers"
_LARGEST = 1 << 26  # bytes: JSON that is larger is not looked at
_LOOKED_AT = 20  # lines
_HEX64 = 64


class Foreign:
    """A format: its `name`, `what` it is in words, and how gitbtc `reads` it (empty where it does not)."""

    __slots__ = ("name", "reads", "what")

    def __init__(self, name: str, what: str, reads: str = "") -> None:
        self.name = name
        self.what = what
        self.reads = reads

    def __str__(self) -> str:
        return f"this is {self.what}" + (f"; {self.reads}" if self.reads else "")


# -- text ------------------------------------------------------------------------------------------------------------

# The columns that a table begins with, or must have, and what it then is.
_HEADERS: list[tuple[Callable[[list[str]], bool], Foreign]] = [
    (
        lambda columns: columns[:5] == ["Date (UTC)", "Label", "Value", "Balance", "Fee"],
        Foreign(SPARROW, "Sparrow's table of transactions", _IMPORT),
    ),
    (
        lambda columns: columns[0] in ("oc_transaction_hash", "transaction_hash") and "label" in columns,
        Foreign(ELECTRUM_HISTORY, "Electrum's history", _IMPORT),
    ),
    (
        lambda columns: {"TxID", "Address", "Block Height", "Timestamp"} <= {*columns},
        Foreign(SPECTER, "Specter's table of transactions", _IMPORT),
    ),
]

_BIP329 = Foreign(BIP329, "a file of labels of BIP-329", _LABELS)


def header(content: bytes) -> list[str]:
    """The columns that the first line of a table of commas names."""
    first = content.removeprefix(BOM_UTF8).split(b"\n", 1)[0].strip(b"\r\n ")
    return [name.strip().strip('"') for name in first.decode("utf-8", "replace").split(",")]


def _as_text(content: bytes) -> Foreign | None:
    columns = header(content)
    return next((foreign for fits, foreign in _HEADERS if len(columns) > 1 and fits(columns)), None)


def _as_lines(content: bytes) -> Foreign | None:
    """BIP-329: each line an object that has a type and a ref."""
    lines = [line for line in content.removeprefix(BOM_UTF8).split(b"\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]
    found = [value for line in lines if (value := _json(line)) is not None]
    return _BIP329 if any(map(_is_label, found)) else None


def _is_label(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str) and isinstance(value.get("ref"), str)


# -- JSON --------------------------------------------------------------------------------------------------------------


def _answer(program: str, command: str, reads: str = "") -> Foreign:
    return Foreign(command, f"an answer of {program} ({command})", reads)


_LND, _CLN, _CORE = "LND", "Core Lightning", "Bitcoin Core"
_ESPLORA, _MEMPOOL = "an Esplora server", "mempool.space"

# Where an object stands in the document ("" at the top, "[]" in a list there, a name: in the list of that member), the
# members that it has, and what the document then is. The first that fits counts.
_SHAPES: list[tuple[str, str, Foreign]] = [
    ("accounts", "descriptor", Foreign(LIANA, "a backup of Liana", _IMPORT)),
    ("channels", "close_type", _answer(_LND, "lncli closedchannels")),
    ("channels", "remote_pubkey channel_point", _answer(_LND, "lncli listchannels")),
    ("channels", "peer_id state", _answer(_CLN, "lightning-cli listpeerchannels")),
    ("channels", "source destination", _answer(_CLN, "lightning-cli listchannels")),
    ("edges", "node1_pub", _answer(_LND, "lncli describegraph")),
    ("channel_fees", "base_fee_msat", _answer(_LND, "lncli feereport")),
    ("channel_fees", "fee_per_mil", _answer(_LND, "lncli feereport")),
    ("", "pending_open_channels", _answer(_LND, "lncli pendingchannels")),
    ("utxos", "outpoint", _answer(_LND, "lncli listunspent")),
    ("transactions", "tx_hash", _answer(_LND, "lncli listchaintxns")),
    ("peers", "pub_key", _answer(_LND, "lncli listpeers")),
    ("peers", "id", _answer(_CLN, "lightning-cli listpeers")),
    ("outputs", "txid output", _answer(_CLN, "lightning-cli listfunds")),
    ("nodes", "nodeid", _answer(_CLN, "lightning-cli listnodes")),
    ("transactions", "hash rawtx", _answer(_CLN, "lightning-cli listtransactions")),
    ("transactions", "txid bc_value", Foreign("electrum-json", "Electrum's history in JSON")),
    ("", "seed_version", Foreign("electrum-wallet", "a wallet file of Electrum")),
    ("", "lastblock transactions", _answer(_CORE, "listsinceblock", _NODE)),
    ("", "wallet_name descriptors", _answer(_CORE, "listdescriptors", _NODE)),
    ("", "chain blocks", _answer(_CORE, "getblockchaininfo", _NODE)),
    ("", "walletname txcount", _answer(_CORE, "getwalletinfo", _NODE)),
    ("", "unspents txouts", _answer(_CORE, "scantxoutset")),
    ("", "feerate blocks", _answer(_CORE, "estimatesmartfee", _NODE)),
    ("[]", "txid vout scriptPubKey", _answer(_CORE, "listunspent", _NODE)),
    ("[]", "category amount confirmations", _answer(_CORE, "listtransactions", _NODE)),
    ("[]", "addr subver", _answer(_CORE, "getpeerinfo")),
    ("{}", "vsize ancestorcount", _answer(_CORE, "getrawmempool true", _NODE)),
    ("[]", "txid vin vout status", _answer(_ESPLORA, "its transactions")),
    ("[]", "txid vout value status", _answer(_ESPLORA, "its coins")),
    ("", "fastestFee", _answer(_MEMPOOL, "its fees")),
    ("", "time USD", _answer(_MEMPOOL, "its prices")),
    ("[]", "type ref", _BIP329),
]
_ELECTRUM_LABELS = Foreign(ELECTRUM_LABELS, "a file of Electrum's labels", _LABELS)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text.removeprefix(BOM_UTF8))
    except (ValueError, RecursionError):
        return None


def _as_json(document: Any) -> Foreign | None:
    if isinstance(document, dict) and document.keys() <= {"result", "error", "id", "method", "params"}:
        document = document.get("result")  # as a node wraps it
    for place, members, foreign in _SHAPES:
        found = _object_at(document, place)
        if isinstance(found, dict) and {*members.split()} <= found.keys():
            return foreign
    return _ELECTRUM_LABELS if is_flat_labels(document) else None


def _object_at(document: Any, place: str) -> Any:
    """The object, or the first of a list of them."""
    if place == "":
        return document
    if place == "{}":
        return next(iter(document.values()), None) if isinstance(document, dict) else None
    listed = document if place == "[]" else document.get(place) if isinstance(document, dict) else None
    return listed[0] if isinstance(listed, list) and listed else None


def is_flat_labels(document: Any) -> bool:
    """Whether a document maps nothing but transaction ids and addresses to texts, as Electrum's labels do."""
    if not isinstance(document, dict) or not document:
        return False
    from gitbtc.kinds.formats import read_address

    named = [name for name in document if is_id(name) or read_address(name)]
    return all(isinstance(text, str) for text in document.values()) and len(named) * 2 >= len(document)


def is_id(text: str) -> bool:
    """Whether a text is 32 bytes in hex."""
    return len(text) == _HEX64 and frozenset(text) <= frozenset("0123456789abcdefABCDEF")


def recognised(content: bytes) -> Foreign | None:
    """What the file looks like; None for anything that has no place here, and for JSON that is too large to look at."""
    document = _json(content) if len(content) <= _LARGEST else None
    if document is not None and not _is_label(document):
        return _as_json(document)
    return _as_text(content) or _as_lines(content)
