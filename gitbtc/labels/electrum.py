"""Electrum's labels: one flat JSON object that maps transaction ids, addresses and other keys to texts.

What a key is has to be told from its form alone. 64 hex digits are a transaction or the hash of a Lightning payment.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8

from gitbtc.kinds.codec import Malformed, strict
from gitbtc.kinds.foreign import is_flat_labels, is_id
from gitbtc.kinds.formats import read_address
from gitbtc.labels.label_file import LabelFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.kind import Record

_LEVELS = 4


def flat_labels(content: bytes) -> LabelFile | None:
    """The labels of such a file; None for any other."""
    try:
        document = strict(content.removeprefix(BOM_UTF8), _LEVELS)
    except Malformed:
        return None
    if not is_flat_labels(document):
        return None
    file = LabelFile()
    for number, (ref, text) in enumerate(document.items(), start=1):
        type_ = "tx" if is_id(ref) else "addr" if read_address(ref) else ""
        if not type_:
            file.rejected.append((number, "neither a transaction nor an address; such a key means nothing elsewhere"))
        elif not text:
            file.silent += 1
        else:
            file.records.append({"type": type_, "ref": ref.lower() if type_ == "tx" else ref, "label": text})
    return file


def as_flat(records: Iterable[Record]) -> bytes:
    """The labels of transactions and addresses as Electrum writes them; several of one thing in one text."""
    labels: dict[str, dict[str, None]] = {}  # ref -> its texts, each once, in order
    for record in records:
        if record["type"] in ("tx", "addr") and record.get("label"):
            labels.setdefault(record["ref"], {})[record["label"]] = None
    flat = {ref: ", ".join(texts) for ref, texts in labels.items()}
    return json.dumps(flat, indent=4, sort_keys=True).encode() + b"\n"
