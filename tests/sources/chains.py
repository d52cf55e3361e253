"""Chains for tests, and what an Esplora, a mempool.space and an Electrum server answer of them.

A chain is made up (`MadeChain`) or read from a node (`NodeChain`). The answers have the shapes that the programs' own
pages show; `servers/README.md` names them.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from embit.script import Script, Witness
from embit.transaction import Transaction, TransactionInput, TransactionOutput

from gitbtc.coins.scripts import address_of, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nodes.running import RealNode

Named = Callable[[bytes], str]

# The first block of regtest (chainparams.cpp).
GENESIS = (
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51"
    "323a9fb8aa4b1e5e4adae5494dffff7f2002000000"
)
_NAMES = {  # of script types, as electrs has them
    "p2pkh": "p2pkh", "p2sh": "p2sh", "p2wpkh": "v0_p2wpkh", "p2wsh": "v0_p2wsh", "p2tr": "v1_p2tr",
    "op_return": "op_return", "unknown": "unknown",
}  # fmt: skip


@dataclass
class ChainTx:
    """A transaction of a chain; `spends` are outpoints, none for a coinbase."""

    hex: str
    txid: str
    spends: list[tuple[str, int]]
    sequences: list[int]
    outputs: list[tuple[int, bytes]]
    size: int
    weight: int
    block: ChainBlock | None = None


@dataclass
class ChainBlock:
    """A block with its header in hex."""

    height: int
    header: str
    txs: list[ChainTx] = field(default_factory=list)

    @property
    def hash(self) -> str:
        """By its header."""
        return double_sha(bytes.fromhex(self.header))[::-1].hex()

    @property
    def time(self) -> int:
        """By its header."""
        return int(struct.unpack("<I", bytes.fromhex(self.header)[68:72])[0])


def double_sha(raw: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(raw).digest()).digest()


def parsed(text: str) -> ChainTx:
    """A transaction by its bytes, as embit reads them."""
    raw = bytes.fromhex(text)
    read = Transaction.parse(raw)
    spends = [(one.txid.hex(), one.vout) for one in read.vin]
    stripped = Transaction(read.version, [TransactionInput(one.txid, one.vout, one.script_sig, one.sequence)
                                          for one in read.vin], read.vout, read.locktime)  # fmt: skip
    is_coinbase = spends[0][0] == "00" * 32
    return ChainTx(
        text,
        read.txid().hex(),
        [] if is_coinbase else spends,
        [] if is_coinbase else [one.sequence for one in read.vin],
        [(one.value, bytes(one.script_pubkey.data)) for one in read.vout],
        len(raw),
        3 * len(stripped.serialize()) + len(raw),
    )


class Chain:
    """Blocks from the first on, and a mempool."""

    def __init__(self) -> None:
        self.blocks: list[ChainBlock] = [ChainBlock(0, GENESIS)]
        self.mempool: list[ChainTx] = []
        self._indexed: tuple[Any, ...] = ()
        self._by_txid: dict[str, ChainTx] = {}
        self._touching: dict[bytes, list[ChainTx]] = {}

    def _index(self) -> None:
        state = (*(block.hash for block in self.blocks), *(one.txid for one in self.mempool))
        if state == self._indexed:
            return
        self._indexed, self._touching = state, {}
        self._by_txid = {one.txid: one for one in self.all()}
        for one in self.all():
            for script in {*(script for _, script in one.outputs), *self.spent_scripts(one)}:
                self._touching.setdefault(script, []).append(one)

    @property
    def tip(self) -> ChainBlock:
        return self.blocks[-1]

    def all(self) -> Iterable[ChainTx]:
        """The newest first: the mempool, then the chain backwards."""
        yield from reversed(self.mempool)
        for block in reversed(self.blocks):
            yield from reversed(block.txs)

    def find(self, txid: str) -> ChainTx | None:
        self._index()
        return self._by_txid.get(txid)

    def output(self, outpoint: tuple[str, int]) -> tuple[int, bytes] | None:
        made = self._by_txid.get(outpoint[0])
        return made.outputs[outpoint[1]] if made else None

    def history(self, name: str, named: Named) -> list[ChainTx]:
        """What touches the script that `named` gives this name; the newest first."""
        self._index()
        return next((found for script, found in self._touching.items() if named(script) == name), [])

    def spent_scripts(self, one: ChainTx) -> list[bytes]:
        return [made[1] for outpoint in one.spends if (made := self.output(outpoint))]

    def held(self, name: str, named: Named, txs: list[ChainTx]) -> tuple[int, int]:
        """What these transactions pay to a script, and what they take from it."""
        paid = sum(sat for one in txs for sat, script in one.outputs if named(script) == name)
        taken = sum(made[0] for one in txs for outpoint in one.spends
                    if (made := self.output(outpoint)) and named(made[1]) == name)  # fmt: skip
        return paid, taken

    def fee(self, one: ChainTx) -> int:
        """Inputs less outputs; 0 for a coinbase, and where a parent is unknown here."""
        self._index()
        spent = [self.output(outpoint) for outpoint in one.spends]
        if not spent or None in spent:
            return 0
        return sum(made[0] for made in spent if made) - sum(sat for sat, _ in one.outputs)


class MadeChain(Chain):
    """A chain in the making. Its blocks prove no work, and its signatures are none."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def mine(self, *txs: ChainTx, time: int | None = None) -> ChainBlock:
        """A block with these transactions; what it holds leaves the mempool, as does what it conflicts with."""
        self._count += 1
        before = double_sha(bytes.fromhex(self.tip.header))
        moment = 1_700_000_000 + 600 * len(self.blocks) if time is None else time
        merkle = hashlib.sha256(b"%d" % self._count).digest()
        header = struct.pack("<i", 4) + before + merkle + struct.pack("<III", moment, 0x207FFFFF, self._count)
        block = ChainBlock(len(self.blocks), header.hex(), list(txs))
        self.blocks.append(block)
        for one in txs:
            one.block = block
        spent = {outpoint for one in txs for outpoint in one.spends}
        self.mempool = [one for one in self.mempool if one not in txs and spent.isdisjoint(one.spends)]
        return block

    def reorganise(self, depth: int) -> list[ChainTx]:
        """Take the last blocks off; what they held."""
        taken = [one for block in self.blocks[-depth:] for one in block.txs]
        del self.blocks[-depth:]
        for one in taken:
            one.block = None
        return taken

    def coinbase(self, script: bytes, sat: int) -> ChainTx:
        """A transaction out of nothing."""
        self._count += 1
        spent = TransactionInput(bytes(32), 0xFFFFFFFF, Script(struct.pack("<I", self._count)))
        made = Transaction(2, [spent], [TransactionOutput(sat, Script(script))])
        return parsed(made.serialize().hex())

    def pay(self, spends: list[tuple[ChainTx, int]], outputs: list[tuple[bytes, int]], *, sequence: int = 0xFFFFFFFD,
            witness: bool = True) -> ChainTx:  # fmt: skip
        """A transaction that waits in the mempool."""
        inputs = [TransactionInput(bytes.fromhex(one.txid), vout, sequence=sequence) for one, vout in spends]
        for one in inputs if witness else ():
            one.witness = Witness([b"\x30" * 71, b"\x02" * 33])
        self._count += 1
        made = Transaction(2, inputs, [TransactionOutput(sat, Script(script)) for script, sat in outputs], self._count)
        found = parsed(made.serialize().hex())
        self.mempool.append(found)
        return found


class NodeChain(Chain):
    """The chain of a node, and its mempool, as they are now."""

    def __init__(self, node: RealNode) -> None:
        super().__init__()
        self.blocks = []
        self._node = node
        self.refresh()

    def refresh(self) -> None:
        height = int(self._node.cli("getblockcount"))
        hashes = [self._node.cli("getblockhash", str(place)) for place in range(height + 1)]
        same = sum(1 for block, told in zip(self.blocks, hashes, strict=False) if block.hash == told)
        del self.blocks[same:]
        for place in range(same, height + 1):
            told = self._node.cli("getblock", hashes[place], "2")
            header = self._node.cli("getblockheader", hashes[place], "false")
            block = ChainBlock(place, str(header))
            block.txs = [_decoded(one, block) for one in told["tx"]] if place else []
            self.blocks.append(block)
        txids = self._node.cli("getrawmempool")
        self.mempool = [_decoded(self._node.cli("getrawtransaction", txid, "1"), None) for txid in txids]


def _decoded(told: dict[str, Any], block: ChainBlock | None) -> ChainTx:
    """What the node says of a transaction, not what its bytes say to us."""
    spends = [(one["txid"], one["vout"]) for one in told["vin"] if "coinbase" not in one]
    return ChainTx(
        told["hex"], told["txid"], spends, [one["sequence"] for one in told["vin"] if "coinbase" not in one],
        [(int(one["value"] * 10**8), bytes.fromhex(one["scriptPubKey"]["hex"])) for one in told["vout"]],
        told["size"], told["weight"], block,
    )  # fmt: skip


# -- what servers answer -----------------------------------------------------------------------------------------------


@dataclass
class Esplora:
    """The answers of an Esplora server; of mempool.space if `prices`, and of one with an Electrum server behind it if
    `electrum`, whose pages have ten transactions. `fees` are /fee-estimates, or /v1/fees/precise.
    """

    chain: Chain
    fees: dict[str, Any] = field(default_factory=lambda: {"6": 68.285, "1": 87.882, "144": 1.027, "1008": 1.027})
    prices: dict[str, Any] | None = None
    electrum: bool = False
    network: str = "regtest"
    null_prevouts: bool = False

    def answer(self, path: str) -> tuple[int, Any]:
        """Status, and JSON or text."""
        where, _, after = path.partition("?after_txid=")
        words = where.strip("/").split("/")
        if words[0] in ("address", "scripthash"):
            return self._of_script(words[0], words[1], words[2:], after)
        found: Any = None
        match words:
            case ["blocks", "tip", "hash"]:
                found = self.chain.tip.hash
            case ["block-height", height]:
                found = self.chain.blocks[int(height)].hash
            case ["block", told]:
                found = next((_block(block) for block in self.chain.blocks if block.hash == told), None)
            case ["tx", txid, "hex"]:
                found = made.hex if (made := self.chain.find(txid)) else None
            case ["fee-estimates"]:
                found = self.fees if self.prices is None else {}
            case ["v1", "fees", "precise"] if self.prices is not None:
                found = self.fees
            case ["v1", "prices"]:
                found = self.prices
        return (404, "<html><body>Not found</body></html>") if found is None else (200, found)

    def _of_script(self, form: str, name: str, rest: list[str], after: str) -> tuple[int, Any]:
        named: Named = self._address if form == "address" else lambda script: hashlib.sha256(script).hexdigest()
        history = self.chain.history(name, named)
        pending, confirmed = ([one for one in history if (one.block is None) is wanted] for wanted in (True, False))
        if not rest:
            return 200, {form: name, "chain_stats": self._stats(name, named, confirmed),
                         "mempool_stats": self._stats(name, named, pending)}  # fmt: skip
        if self.electrum:
            if rest[1:]:
                return 404, "Not found"
            begin = [one.txid for one in history].index(after) + 1 if after else 0
            return 200, [self._tx(one) for one in history[begin : begin + 10]]
        if rest[1:2] == ["chain"]:
            begin = next((place for place, one in enumerate(confirmed, 1) if one.txid == rest[2]), len(confirmed))
            return 200, [self._tx(one) for one in confirmed[begin : begin + 25]]
        return 200, [self._tx(one) for one in [*pending[:50], *confirmed[:25]]]

    def _address(self, script: bytes) -> str:
        return _address(script, self.network)

    def _stats(self, name: str, named: Any, txs: list[ChainTx]) -> dict[str, int]:
        paid, taken = self.chain.held(name, named, txs)
        return {"tx_count": len(txs), "funded_txo_count": 0, "funded_txo_sum": paid, "spent_txo_count": 0,
                "spent_txo_sum": taken}  # fmt: skip

    def _tx(self, one: ChainTx) -> dict[str, Any]:
        coinbase: dict[str, Any] = {"txid": "00" * 32, "vout": 0xFFFFFFFF, "is_coinbase": True, "prevout": None,
                                    "sequence": 0xFFFFFFFF}  # fmt: skip
        inputs: list[dict[str, Any]] = [
            {"txid": txid, "vout": vout, "prevout": self._prevout((txid, vout)), "is_coinbase": False,
             "sequence": sequence, "scriptsig": "", "witness": []}
            for (txid, vout), sequence in zip(one.spends, one.sequences, strict=True)
        ]  # fmt: skip
        status: dict[str, Any] = {"confirmed": False}
        if one.block is not None:
            status = {"confirmed": True, "block_height": one.block.height, "block_hash": one.block.hash,
                      "block_time": one.block.time}  # fmt: skip
        return {
            "txid": one.txid, "version": 2, "locktime": 0, "vin": inputs or [coinbase],
            "vout": [self._output(sat, script) for sat, script in one.outputs],
            "size": one.size, "weight": one.weight, "fee": self.chain.fee(one), "status": status,
        }  # fmt: skip

    def _prevout(self, outpoint: tuple[str, int]) -> dict[str, Any] | None:
        made = self.chain.output(outpoint)
        return None if made is None or self.null_prevouts else self._output(*made)

    def _output(self, sat: int, script: bytes) -> dict[str, Any]:
        address = self._address(script)
        return {"scriptpubkey": script.hex(), "scriptpubkey_asm": "", "scriptpubkey_type": _NAMES[type_of(script)],
                **({"scriptpubkey_address": address} if address else {}), "value": sat}  # fmt: skip


def _block(block: ChainBlock) -> dict[str, Any]:
    return {"id": block.hash, "height": block.height, "version": 4, "timestamp": block.time, "tx_count": len(block.txs),
            "size": 1, "weight": 4}  # fmt: skip


class Refused(Exception):
    """An error of JSON-RPC."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Electrum:
    """The answers of an Electrum server. `by` is how it names scripts; `rates` are of estimatefee, −1 for none."""

    chain: Chain
    by: str = "scripthash"
    version: str = "1.4"
    rates: dict[int, Any] = field(default_factory=lambda: {1: 0.00101079, 6: 0.0005, 144: 0.00001})
    genesis: str | None = None
    longest: int = 1000  # transactions of a history

    def result(self, method: str, params: list[Any]) -> Any:
        """The result of a call. Raises Refused."""
        told: dict[str, Callable[..., Any]] = {
            "server.version": lambda *_: ["Made 1.0", self.version],
            "server.features": lambda: {"genesis_hash": self.genesis or self.chain.blocks[0].hash},
            "blockchain.headers.subscribe": lambda: {"height": self.chain.tip.height, "hex": self.chain.tip.header},
            "blockchain.block.header": lambda height: self.chain.blocks[height].header,
            "blockchain.transaction.get": self._raw,
            "blockchain.estimatefee": lambda target: self.rates[target],
            f"blockchain.{self.by}.get_balance": lambda name: self._of_script("get_balance", name),
            f"blockchain.{self.by}.get_history": lambda name: self._of_script("get_history", name),
        }
        if method not in told:
            raise Refused(-32601, f"unknown method {method}")
        return told[method](*params)

    def _raw(self, txid: str) -> str:
        made = self.chain.find(txid)
        if made is None:
            raise Refused(2, "daemon error: No such mempool or blockchain transaction")
        return made.hex

    def _of_script(self, method: str, name: str) -> Any:
        history = self.chain.history(name, self._named)
        confirmed = [one for one in reversed(history) if one.block]
        pending = [one for one in history if not one.block]
        if method == "get_balance":
            sides = {"confirmed": confirmed, "unconfirmed": pending}
            held = {side: self.chain.held(name, self._named, txs) for side, txs in sides.items()}
            return {side: paid - taken for side, (paid, taken) in held.items()}
        if len(history) > self.longest:
            raise Refused(1, "history too large")
        waiting = {one.txid for one in self.chain.mempool}
        return [
            *({"tx_hash": one.txid, "height": one.block.height} for one in confirmed if one.block),
            *({"tx_hash": one.txid, "height": -1 if any(txid in waiting for txid, _ in one.spends) else 0,
               "fee": self.chain.fee(one)} for one in pending),
        ]  # fmt: skip

    def _named(self, script: bytes) -> str:
        return hashlib.sha256(script).digest()[::-1].hex() if self.by == "scripthash" else script.hex()


@cache
def _address(script: bytes, network: str) -> str:
    return address_of(script, network)
