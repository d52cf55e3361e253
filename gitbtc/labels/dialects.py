"""Labels as the programs that read them need them; docs/labels.md tells what each of them does."""

from __future__ import annotations

import json

from gitbtc.errors import UsageError
from gitbtc.kinds import codec
from gitbtc.kinds.foreign import is_id
from gitbtc.kinds.formats import check_format, read_address, read_extended_key
from gitbtc.kinds.registry import built_in
from gitbtc.labels.electrum import as_flat
from gitbtc.labels.label_file import KIND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from gitbtc.kinds.kind import Record

    Dialect = Callable[[Sequence[Record]], bytes]

_LONGEST_LABEL = 255  # BIP-329 suggests it
_KEY_LENGTHS = (64, 66, 130)  # hex digits of public keys


def _lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows
    )  # fmt: skip


def _own(records: Sequence[Record]) -> bytes:
    return codec.encode_file(built_in(KIND), list(records))


def _sparrow(records: Sequence[Record]) -> bytes:
    """A blank label is skipped there, so a row without one is only good for what it says of spending."""
    return _own([record for record in records if record.get("label") or "spendable" in record])


def _nunchuk(records: Sequence[Record]) -> bytes:
    """It compares `spendable` with the text "true", unfreezes where there is none, and throws without a label."""
    rows = []
    for record in records:
        if record["type"] in ("tx", "output"):
            row = {"type": record["type"], "ref": record["ref"], "label": record.get("label", "")}
            if record["type"] == "output":
                row["spendable"] = "false" if record.get("spendable") is False else "true"
            rows.append(row)
    return _lines(rows)


def _labelled(types: Sequence[str]) -> Dialect:
    """Type, ref and label, one row a label, of these types alone."""

    def written(records: Sequence[Record]) -> bytes:
        rows = [{name: record[name] for name in ("type", "ref", "label")} for record in records
                if record["type"] in types and record.get("label")]  # fmt: skip
        return _lines([row for number, row in enumerate(rows) if row not in rows[max(number - 9, 0) : number]])

    return written


def _trezor(records: Sequence[Record]) -> bytes:
    """One bad line rejects the whole file there, and a file is of one account."""
    if len({record["origin"] for record in records if record.get("origin")}) > 1:
        raise UsageError("trezor: a file is of one account; say which with --origin")
    return _own([record for record in records if _is_valid(record)])


def _is_valid(record: Record) -> bool:
    check = _REFS.get(record["type"])
    return check is not None and check(record["ref"]) and 0 < len(record.get("label", "")) <= _LONGEST_LABEL


def _is_key(text: str) -> bool:
    return len(text) in _KEY_LENGTHS and frozenset(text) <= frozenset("0123456789abcdef")


_REFS: dict[str, Callable[[str], bool]] = {
    "tx": is_id,
    "addr": lambda ref: read_address(ref) is not None,
    "pubkey": _is_key,
    "input": lambda ref: check_format("outpoint", ref) is None,
    "output": lambda ref: check_format("outpoint", ref) is None,
    "xpub": lambda ref: not isinstance(read_extended_key(ref), str),
}

DIALECTS: dict[str, Dialect] = {
    "sparrow": _sparrow,
    "nunchuk": _nunchuk,
    "liana": _labelled(("tx", "addr", "output")),
    "btcpay": _labelled(("tx", "addr", "output")),
    "trezor": _trezor,
    "electrum": as_flat,
}


def exported(records: Sequence[Record], program: str | None, origin: str | None = None) -> bytes:
    """The file for `program` (a name of DIALECTS; None: as it is here), of the wallet `origin` and of none in
    particular where one is given. UsageError for what the program cannot take.
    """
    compared = built_in(KIND).compared["origin"]
    if origin is not None:
        wanted = compared(origin)
        records = [record for record in records if compared(record.get("origin", wanted)) == wanted]
    return DIALECTS[program](records) if program else _own(records)


def holds_keys(records: Sequence[Record]) -> bool:
    """Whether what is written shows whole wallets to whoever reads it: extended keys, or keys that scan."""
    return any(record["type"] in ("xpub", "spscan") for record in records)
