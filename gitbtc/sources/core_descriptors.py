"""Bitcoin Core's `listdescriptors` as descriptor records."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from gitbtc.errors import GitbtcError
from gitbtc.kinds.formats import check_format, with_apostrophes
from gitbtc.sources.answers import BadAnswer

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record
    from gitbtc.sources.answers import Answer

# Fixed for ever: every node that watches the same keys must give the same id.
_NAMESPACE = UUID("6f0d7c1e-52c4-5b0a-9d1e-8a4b6e0f3c27")
# How a descriptor of one key begins -> script_type. A multisig has no single xpub, so it has no record.
_SCRIPT_TYPES = {
    "pkh(": "p2pkh",
    "sh(wpkh(": "p2sh-p2wpkh",
    "wpkh(": "p2wpkh",
    "wsh(pk(": "p2wsh",
    "wsh(pkh(": "p2wsh",
    "tr(": "p2tr",
}
_BASE58 = "[1-9A-HJ-NP-Za-km-z]"
_SINGLE_KEY = re.compile(
    rf"(?P<script>pkh\(|sh\(wpkh\(|wpkh\(|wsh\(pkh?\(|tr\()"
    rf"(?:\[(?P<fingerprint>[0-9a-f]{{8}})(?P<origin>(?:/\d+['h]?)*)\])?"
    rf"(?P<xpub>{_BASE58}{{100,120}})"
    rf"(?P<below>(?:/[0-9*<>;]+)*)\)+\Z"
)
_PRIVATE = re.compile(rf"[A-Za-z]prv{_BASE58}{{40,}}|(?<![0-9A-Za-z])[5KLc9]{_BASE58}{{50,51}}(?![0-9A-Za-z])")
_MAX_GAP = 10_000


class PrivateDescriptors(GitbtcError):
    """The recording holds private keys. The message never shows them."""


def read_descriptors(answer: Answer) -> tuple[list[Record], list[str]]:
    """The records of a listdescriptors answer, and notices for what has none. Raises PrivateDescriptors."""
    rows = answer.children("descriptors")
    if any(_PRIVATE.search(row.text("desc")) for row in rows):
        raise PrivateDescriptors(
            f"{answer.where} holds private keys; delete it, and record `listdescriptors` without `true`"
        )
    found = [_record(row) for row in rows]
    records = [record for record in found if record is not None]
    left_out = len(found) - len(records)
    notice = f"descriptors without a single extended key (multisig, raw scripts, addresses) left out: {left_out}"
    return records, [notice] if left_out else []


def _record(row: Answer) -> Record | None:
    descriptor = row.text("desc")
    form = _SINGLE_KEY.match(descriptor.partition("#")[0])
    if form is None:
        return None
    wrong = check_format("public-descriptor", descriptor)
    if wrong:
        raise BadAnswer(f"{row.where}: desc: {wrong}")
    origin = with_apostrophes(form["origin"] or "")
    key = f"{form['script']}[{form['fingerprint'] or ''}{origin}]{form['xpub']}{form['below']}"
    return {
        "id": str(uuid5(_NAMESPACE, key)),
        "xpub": form["xpub"],
        "script_type": _SCRIPT_TYPES[form["script"]],
        "derivation_path": "m" + origin,
        "label": None,
        "gap_limit": _gap_limit(row),
        "descriptor": descriptor,
        "next_index": _next_index(row),
    }


def _next_index(row: Answer) -> int:
    """The next unused index; releases before 24.0 call it `next`. 0 for a descriptor that is not ranged."""
    return next((row.natural(name) for name in ("next_index", "next") if name in row), 0)


def _gap_limit(row: Answer) -> int:
    """How far Core looks ahead: its key pool reaches from the next unused index to the end of the range."""
    bounds = row.members.get("range")
    if not isinstance(bounds, list) or not bounds or type(bounds[-1]) is not int:
        return 1
    return min(max(bounds[-1] - _next_index(row) + 1, 1), _MAX_GAP)
