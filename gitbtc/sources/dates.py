"""When an address got its label, as far as the repository remembers: no answer of a wallet tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.kinds import codec, registry
from gitbtc.repo import files

if TYPE_CHECKING:
    from pathlib import Path


def label_dates(root: Path) -> dict[tuple[str, str], int]:
    """(address, label) -> created_at, in Unix seconds, of the labels that `root` holds; nothing of a broken file."""
    kind = registry.built_in("labels")
    content = files.read(root / kind.path)
    try:
        records = codec.parse(kind, content) if content else []
    except codec.Malformed:  # whoever brings the answers in says so
        return {}
    return {
        (record["address"], record["label"]): record["created_at"]
        for record in records
        if isinstance(record, dict) and type(record.get("created_at")) is int
        and isinstance(record.get("address"), str) and isinstance(record.get("label"), str)
    }  # fmt: skip
