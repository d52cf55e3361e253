"""Transactions in the form that the network sends them (BIP-144), for servers that show no other.

What they say needs no believing: their txid is the hash of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitbtc.sources.amounts import MAX_SAT
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.chain_wallet import Seen

if TYPE_CHECKING:
    from gitbtc.sources.snapshot import Outpoint

_NO_OUTPOINT: Outpoint = ("00" * 32, 0xFFFFFFFF)  # what a coinbase spends


def read_raw(text: Any, txid: str, where: str) -> Seen:
    """The transaction that hex digits hold, which is `txid`. Raises BadAnswer for another one, and for none."""
    from embit.transaction import Transaction

    try:
        raw = bytes.fromhex(text)
        read = Transaction.parse(raw)
        whole = read.serialize()
    except Exception:  # noqa: BLE001 - embit raises what Python raises where bytes are not what it expects
        raise BadAnswer(f"{where}: is no transaction") from None
    if whole != raw or read.txid().hex() != txid:
        raise BadAnswer(f"{where}: the transaction is another one than {txid}")
    inputs = [(spent.txid.hex(), spent.vout) for spent in read.vin]
    is_coinbase = inputs == [_NO_OUTPOINT]
    outputs = [(_amount(paid.value, where), bytes(paid.script_pubkey.data)) for paid in read.vout]
    stripped = len(raw) - (_witness_size(read) if read.is_segwit else 0)
    return Seen(
        txid,
        [] if is_coinbase else inputs,
        [] if is_coinbase else [spent.sequence for spent in read.vin],
        is_coinbase,
        outputs,
        len(raw),
        3 * stripped + len(raw),
    )


def _witness_size(read: Any) -> int:
    """Bytes of marker, flag and witnesses, of which each weighs one and not four."""
    return 2 + sum(len(spent.witness.serialize()) for spent in read.vin)


def _amount(sat: int, where: str) -> int:
    if sat > MAX_SAT:
        raise BadAnswer(f"{where}: an output is worth more than 21 million BTC")
    return sat
