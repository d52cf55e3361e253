"""Members of JSON that are no secret by their form, taken out of a text before anything is looked for in it.

A state file is made of little else, and so is what a node answers: what is left to look at is what somebody wrote
freely. Each of these says by its name what it is, and is exactly that: a number of at most 16 digits, a truth value,
64 hex digits called a txid or a block's hash, what a label of BIP-329 is about, a SegWit address, the name of a script
type. None is a word of a phrase.
"""

from __future__ import annotations

from gitbtc.keys.lazily import compiled, replaced

_NUMBERS = (
    b"amount_sat|block_height|block_time|coinbase|confirmations|confirmed|created_at|fee_sat|size_bytes|spent|timestamp"
    b"|vout|weight"
)
_MEMBER = (
    rb'"(?:(?:' + _NUMBERS + rb')": ?(?:[0-9]{1,16}|null|true|false)'
    rb'|(?:txid|block_hash)": ?"[0-9a-f]{64}"'
    rb'|address": ?"(?:bc|tb|bcrt)1[02-9ac-hj-np-z]{38,87}"'
    rb'|type": ?"tx", ?"ref": ?"[0-9a-f]{64}"|type": ?"(?:in|out)put", ?"ref": ?"[0-9a-f]{64}:[0-9]{1,10}"'
    rb'|script_type": ?"(?:p2[a-z]{2,4}|p2sh-p2wpkh|op_return|unknown)")'
)
# One of them is in every text that has many.
_NAMES = (b'"txid":', b'"amount_sat":', b'"ref":', b'"block_hash":')
_END = rb"(?:, ?|(?=\}))"
# Several at a time, each with its comma or the end of its object. A quote comes first: elsewhere nothing is tried.
_TYPED = compiled(_MEMBER + _END + rb"(?:" + _MEMBER + _END + rb"){0,63}")


def without_typed(text: bytes) -> bytes:
    """`text` without them; the same lines."""
    if not any(name in text for name in _NAMES):
        return text
    return replaced(_TYPED, b"", text)  # no member goes over a line's end
