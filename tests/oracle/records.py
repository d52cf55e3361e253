"""State files written by hand: transactions by name, amounts in satoshi, addresses of regtest (BIP-173)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]
Outpoint = tuple[str, int]  # name or txid, vout
UTXOS, TRANSACTIONS = "wallet/utxos.json", "wallet/transactions.json"
MEMPOOL, EXECUTION, CHAIN = "network/mempool.json", "strategy/execution.json", "network/chain.json"

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_names: dict[str, str] = {}


def txid(name: str) -> str:
    """The txid that stands for a name."""
    made = hashlib.sha256(b"oracle " + name.encode()).hexdigest()
    _names[made] = name
    return made


def named(text: str) -> str:
    """`text` with names in place of the txids that were made of them."""
    for made, name in _names.items():
        text = text.replace(made, name)
    return text


def address(outpoint: Outpoint) -> str:
    """A P2WPKH address of its own for each output."""
    bits = "".join(f"{byte:08b}" for byte in hashlib.sha256(repr(outpoint).encode()).digest()[:20])
    program = [0, *(int(bits[at : at + 5], 2) for at in range(0, 160, 5))]
    checksum = 1
    for value in [3, 3, 3, 3, 0, 2, 3, 18, 20, *program, 0, 0, 0, 0, 0, 0]:  # "bcrt", expanded
        top, checksum = checksum >> 25, (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            checksum ^= generator if top >> bit & 1 else 0
    checksum ^= 1
    return "bcrt1" + "".join(_CHARSET[five] for five in (*program, *(checksum >> 5 * (5 - at) & 31 for at in range(6))))


def block_hash(height: int, fork: str = "") -> str:
    """The hash of a block of the chain that everybody knows, or of a fork."""
    return "0" * 8 + hashlib.sha256(f"block {height} {fork}".encode()).hexdigest()[8:]


def chain(height: int, fork: str = "") -> Record:
    """`network/chain.json`."""
    return {"network": "regtest", "block_height": height, "block_hash": block_hash(height, fork),
            "block_time": _time(height)}  # fmt: skip


def _time(height: int) -> int:
    return 1_700_000_000 + 600 * height


@dataclass(frozen=True)
class Payment:
    """A transaction, which is the same wherever it is known.

    `inputs`: outpoint -> sat, None where nobody here knows it; `outputs`: their amounts, of which `own` are the
    wallet's. `fee` is what a mempool says; a record has it where all inputs are known. `vsize` in vbytes.
    """

    name: str
    inputs: tuple[tuple[Outpoint, int | None], ...]
    outputs: tuple[int, ...]
    own: frozenset[int] = frozenset({0})
    fee: int = 1000
    vsize: int = 140
    replaces: tuple[str, ...] = ()
    coinbase: bool = False

    @property
    def spent(self) -> set[Outpoint]:
        return {outpoint for outpoint, _ in self.inputs}

    @property
    def is_fee_known(self) -> bool:
        return bool(self.inputs) and all(sat is not None for _, sat in self.inputs)


@dataclass(frozen=True)
class Word:
    """What a view has of a transaction: in which files it stands, its block, and the marks of its record."""

    record: bool = False
    mempool: bool = False
    log: bool = False
    height: int | None = None
    fork: str = ""
    abandoned: bool = False
    replaced_by: str | None = None
    waits: bool = False

    @property
    def is_live(self) -> bool:
        return not self.abandoned and self.replaced_by is None

    @property
    def is_confirmed(self) -> bool:
        return self.height is not None


def coin(outpoint: Outpoint, sat: int, word: Word | None = None, **more: Any) -> Record:
    """A row of utxos.json. Without a word, of block 100."""
    height, fork = (100, "") if word is None else (word.height, word.fork)
    made = {"txid": txid(outpoint[0]), "vout": outpoint[1], "amount_sat": sat, "script_type": "p2wpkh",
            "address": address(outpoint), "block_height": height, "coinbase": False, "label": None}  # fmt: skip
    return made | ({} if height is None else {"block_hash": block_hash(height, fork)}) | more


def _sides(payment: Payment, spent: set[Outpoint]) -> Record:
    return {
        "inputs": [{"txid": txid(o[0]), "vout": o[1], "amount_sat": sat} for o, sat in payment.inputs],
        "outputs": [
            {"vout": vout, "amount_sat": sat, "address": address((payment.name, vout)), "script_type": "p2wpkh",
             "spent": (payment.name, vout) in spent}
            for vout, sat in enumerate(payment.outputs)
        ],
        "size_bytes": payment.vsize,
    }  # fmt: skip


def transaction(payment: Payment, word: Word, spent: set[Outpoint]) -> Record:
    """A record of transactions.json, in a view in which `spent` outputs are spent."""
    block: Record = {"block_height": None, "block_time": None, "confirmed": False}
    if word.height is not None:
        block = {"block_height": word.height, "block_time": _time(word.height), "confirmed": True,
                 "block_hash": block_hash(word.height, word.fork)}  # fmt: skip
    marks: Record = {"abandoned": True} if word.abandoned else {}
    marks |= {"replaced_by": txid(word.replaced_by)} if word.replaced_by else {}
    marks |= {"in_mempool": False} if word.waits else {}
    fee = payment.fee if payment.is_fee_known else None
    return {"txid": txid(payment.name), "fee_sat": fee, "weight": 4 * payment.vsize, "label": None,
            **_sides(payment, spent), **block, **marks}  # fmt: skip


def entry(payment: Payment, spent: set[Outpoint]) -> Record:
    """A record of mempool.json."""
    more = {"replaces": [txid(name) for name in payment.replaces]} if payment.replaces else {}
    return {"txid": txid(payment.name), "amount_sat": sum(payment.outputs), "fee_sat": payment.fee,
            "fee_rate_sat_vbyte": round(payment.fee / payment.vsize, 3), "rbf_eligible": True, "cpfp_eligible": True,
            **_sides(payment, spent), **more}  # fmt: skip


def event(payment: Payment) -> Record:
    """An event of execution.json that names the transaction and what it spends."""
    outpoints = [f"{txid(name)}:{vout}" for (name, vout), _ in payment.inputs]
    return {"timestamp": 1_700_000_001, "block_height": 100, "event_type": "custom", "txid": txid(payment.name),
            "amount_sat": None, "fee_sat": None, "note": "", "agent": "agent", "outpoints": outpoints}  # fmt: skip
