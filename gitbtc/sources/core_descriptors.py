"""Bitcoin Core's `listdescriptors` as descriptor records: of one key, of many, of scripts and addresses without any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from gitbtc.errors import GitbtcError
from gitbtc.kinds.formats import check_format, read_address, spelled_descriptor, with_apostrophes
from gitbtc.sources.answers import BadAnswer

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record
    from gitbtc.sources.answers import Answer

# Fixed for ever: every node that watches the same keys must give the same id.
_NAMESPACE = UUID("6f0d7c1e-52c4-5b0a-9d1e-8a4b6e0f3c27")
# How a descriptor begins -> script_type, the longer beginning first. Of addr() it is the address's; else `unknown`.
_SCRIPT_TYPES = {
    "sh(wpkh(": "p2sh-p2wpkh",
    "sh(wsh(": "p2sh-p2wsh",
    "sh(": "p2sh",
    "pk(": "p2pk",
    "pkh(": "p2pkh",
    "wpkh(": "p2wpkh",
    "wsh(": "p2wsh",
    "tr(": "p2tr",
    "rawtr(": "p2tr",
    "combo(": "combo",
}
_BASE58 = "[1-9A-HJ-NP-Za-km-z]"
_ORIGIN = r"(?:\[(?P<fingerprint>[0-9a-f]{8})(?P<origin>(?:/\d+['h]?)*)\])?"
# The forms that have an id of their own making, from the time when no other had a record. Their ids stay as they are.
_FIRST_FORMS = re.compile(
    rf"(?P<script>pkh\(|sh\(wpkh\(|wpkh\(|wsh\(pkh?\(|tr\()"
    rf"{_ORIGIN}(?P<xpub>{_BASE58}{{100,120}})(?P<below>(?:/[0-9*<>;]+)*)\)+\Z"
)
# An extended key, or a public key in hex: 33 or 65 bytes, 32 in Taproot. 32 bytes behind sha256( or hash256( are none.
_KEY = re.compile(
    rf"(?<=[(,{{]){_ORIGIN}(?:(?P<xpub>{_BASE58}{{100,120}})"
    r"|(?P<pubkey>(?<!256\()(?:[0-9a-f]{130}|[0-9a-f]{66}|[0-9a-f]{64})))"
    r"(?=[/),}])"
)
_ONE_KEY = re.compile(r"(?:sh\(|wsh\(|sh\(wsh\()?(?:pk|pkh|wpkh|combo|tr|rawtr)\([^(){},]+\)+\Z")
_MULTISIG = re.compile(r"(?:sh\(|wsh\(|sh\(wsh\()?(?P<policy>sortedmulti|multi)\((?P<threshold>\d+),")
_KEYLESS = re.compile(r"(?P<form>addr|raw)\((?P<text>[^()]*)\)\Z")
_PRIVATE = re.compile(rf"(?<![0-9A-Za-z])(?:[A-Za-z]prv{_BASE58}{{40,}}|[5KLc9]{_BASE58}{{50,51}}(?![0-9A-Za-z]))")
_MAX_GAP = 10_000


class PrivateDescriptors(GitbtcError):
    """The answer holds private keys. The message never shows them."""


def read_descriptors(answer: Answer) -> list[Record]:
    """The records of a listdescriptors answer, one for each descriptor. Raises PrivateDescriptors."""
    rows = answer.children("descriptors")
    if any(_PRIVATE.search(row.text("desc")) for row in rows):
        raise PrivateDescriptors(
            f"{answer.where} holds private keys; delete it, and record `listdescriptors` without `true`"
        )
    # A node can list one descriptor twice, in both spellings of hardened steps.
    return list({record["id"]: record for record in map(descriptor_record, rows)}.values())


def descriptor_record(row: Answer) -> Record:
    """The record of one descriptor: `desc`, and where they are told `range` and `next_index`. Raises BadAnswer."""
    descriptor = row.text("desc")
    wrong = check_format("public-descriptor", descriptor)
    if wrong:
        raise BadAnswer(f"{row.where}: desc: {wrong}")
    body = spelled_descriptor(descriptor).rpartition("#")[0]
    keys = [] if _KEYLESS.match(body) else list(_KEY.finditer(body))
    alone = keys[0] if _ONE_KEY.match(body) and keys and keys[0]["xpub"] else None
    record = {
        "id": str(uuid5(_NAMESPACE, _told_apart_by(body))),
        "xpub": alone["xpub"] if alone else None,
        "script_type": _script_type(body),
        "derivation_path": _path(alone) if alone else None,
        "label": None,
        "gap_limit": _gap_limit(row),
        "descriptor": descriptor,
        **({} if alone else _composed(body, keys)),
    }
    next_index = _next_index(row)
    return record if next_index is None else {**record, "next_index": next_index}


def _told_apart_by(body: str) -> str:
    form = _FIRST_FORMS.match(body)
    return (
        f"{form['script']}[{form['fingerprint'] or ''}{form['origin'] or ''}]{form['xpub']}{form['below']}"
        if form
        else body
    )


def _script_type(body: str) -> str:
    keyless = _KEYLESS.match(body)
    if keyless:
        read = read_address(keyless["text"]) if keyless["form"] == "addr" else None
        return read[0] if read else "unknown"
    return next((kind for beginning, kind in _SCRIPT_TYPES.items() if body.startswith(beginning)), "unknown")


def _composed(body: str, keys: list[re.Match[str]]) -> Record:
    """What a descriptor that is not of one extended key consists of."""
    multisig = _MULTISIG.match(body)
    record: Record = {
        "keys": [_key(place, key) for place, key in enumerate(keys)],
        "threshold": int(multisig["threshold"]) if multisig else None,
    }
    if multisig:
        record["policy"] = multisig["policy"]
    elif body.startswith("tr("):
        record["policy"] = "tr"
    elif not _ONE_KEY.match(body) and not _KEYLESS.match(body):
        record["policy"] = "miniscript"
    return record


def _key(place: int, key: re.Match[str]) -> dict[str, Any]:
    """One key. `place` counts from 0: in a script, the order of the keys matters."""
    record: dict[str, Any] = {"place": place, "xpub": key["xpub"]}
    if key["pubkey"]:
        record["pubkey"] = key["pubkey"]
    if key["fingerprint"]:
        record |= {"fingerprint": key["fingerprint"], "derivation_path": _path(key)}
    return record


def _path(key: re.Match[str]) -> str:
    return "m" + with_apostrophes(key["origin"] or "")


def _next_index(row: Answer) -> int | None:
    """The next unused index; releases before 24.0 call it `next`. None when nobody told, or it is not ranged."""
    return next((row.natural(name) for name in ("next_index", "next") if name in row), None)


def _gap_limit(row: Answer) -> int:
    """How far Core looks ahead: its key pool reaches from the next unused index to the end of the range."""
    bounds = row.members.get("range")
    if not isinstance(bounds, list) or not bounds or type(bounds[-1]) is not int:
        return 1
    return min(max(bounds[-1] - (_next_index(row) or 0) + 1, 1), _MAX_GAP)
