"""A wallet of Bitcoin Core to which anything may happen, answering as a node does that runs.

A transaction is in a block, in the mempool, waiting outside of it, or will not happen: a block or the mempool has
another spend of its inputs, or somebody gave it up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from gitbtc.kinds.bech32 import witness_address
from gitbtc.sources.asking import Call, NodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

Outpoint = tuple[str, int]
START = 1_700_000_000
FOREIGN = 70_000  # sat: what each output of somebody else is worth


def digest(*words: object) -> str:
    """A txid, or a block hash."""
    return sha256(repr(words).encode()).hexdigest()


def address(name: str) -> str:
    """The address that is called so."""
    return witness_address("bcrt", 0, sha256(name.encode()).digest()[:20])


def btc(sat: int) -> Decimal:
    """An amount as an answer has it."""
    return Decimal(sat) / 10**8


@dataclass
class Made:
    """A transaction: outputs are satoshis and an address; `own` are those of the wallet, `change` some of them."""

    txid: str
    time: int
    inputs: list[Outpoint]
    outputs: list[tuple[int, str]]
    own: set[int]
    change: set[int] = field(default_factory=set)
    coinbase: bool = False
    pooled: bool = True
    abandoned: bool = False
    replaced_by: str = ""


@dataclass(frozen=True)
class Block:
    """A block that holds some transactions of the wallet."""

    height: int
    hash: str
    txids: tuple[str, ...]


class MadeWallet:
    """The wallet, a chain, and a mempool. It is an Asker."""

    live = True

    def __init__(self, random: Random) -> None:
        self.random = random
        self._count = 0
        self.chain: list[Block] = []
        self._stale: dict[str, Block] = {}
        self.made: dict[str, Made] = {}
        self.book: dict[str, tuple[str, str]] = {}
        self.locked: set[Outpoint] = set()
        self.asked: list[Call] = []
        self.mine(3)

    # -- what happens ----------------------------------------------------------------------------------------------

    def happen(self) -> None:
        """Something."""
        self.random.choice([
            self.receive, self.receive, self.pay, self.pay, self.pay, self.bump, self.mine, self.mine_many,
            self.reorganise, self.evict, self.abandon, self.label, self.label, self.lock, self.unlock,
            self.find_coinbase, self.lose,
        ])()  # fmt: skip

    def receive(self) -> None:
        """Somebody pays; sometimes to an address that was used."""
        self._add([(self._new(), 0)], [(self.random.choice([1000, 2500, 40_000]), self._address())], own={0})

    def find_coinbase(self) -> None:
        """The wallet mines a block."""
        one = self._add([], [(50_000, self._address())], own={0}, coinbase=True, pooled=False)
        self.mine(1, [one.txid])

    def pay(self) -> None:
        """Some coins are spent, with change and to somebody, to an own address, or to nobody else."""
        coins = sorted(self.coins() - self.locked)
        spent = self.random.sample(coins, min(len(coins), self.random.choice([1, 1, 2])))
        if not spent:
            return
        spent += [(self._new(), 0)] if self.random.random() < 0.2 else []
        outputs = [(self._worth(spent) // 2, address(f"change-{self._new()}"))]
        own, change = {0}, {0}
        if self.random.random() < 0.8:
            to_self = self.random.random() < 0.3
            payee = self._address() if to_self else address(f"theirs-{self._count % 5}")
            outputs.append((self._worth(spent) // 4, payee))
            own |= {1} if to_self else set()
        self._add(spent, outputs, own, change)

    def bump(self) -> None:
        """A payment that waits is replaced by another with the same inputs, or one of them."""
        waiting = [one for one in self._waiting() if one.pooled and not one.coinbase and not self._children(one)]
        if not waiting:
            return
        old = self.random.choice(waiting)
        new = self._add(
            old.inputs[:1], [(self._worth(old.inputs[:1]) // 3, address(f"bumped-{self._new()}"))], own={0} & old.own,
            change={0} & old.change,
        )  # fmt: skip
        old.pooled, old.replaced_by = False, new.txid

    def lose(self) -> None:
        """A block holds another spend of the inputs of a payment that waits."""
        waiting = [one for one in self._waiting() if one.inputs and not self._waits(one.inputs[-1][0])]
        if waiting:
            lost = self.random.choice(waiting)
            rival = self._add(
                lost.inputs[-1:], [(self._worth(lost.inputs[-1:]) // 3, self._address())], own={0}, pooled=False
            )  # fmt: skip
            self.mine(1, [rival.txid])

    def mine(self, blocks: int = 1, txids: Sequence[str] = ()) -> None:
        """Add blocks. The first has these transactions, or what the mempool has."""
        for _ in range(blocks):
            self._count += 1
            pooled = [*txids] or [one.txid for one in self._waiting() if one.pooled]
            txids = ()
            self.chain.append(Block(len(self.chain), digest("block", self._count), tuple(pooled)))
            for one in self.made.values():
                if self._is_beaten(one):
                    one.pooled = False

    def mine_many(self) -> None:
        """So many blocks that what is there lies deep."""
        self.mine(self.random.choice([5, 6, 7]))

    def reorganise(self) -> None:
        """The last blocks are not on the chain any more. What they held waits, or is mined again."""
        depth = self.random.choice([1, 2, 8])
        for block in self.chain[-depth:]:
            if block.height > 2:
                self._stale[block.hash] = block
                self.chain.remove(block)
                for txid in block.txids:
                    self.made[txid].pooled = not self.made[txid].coinbase and self.random.random() < 0.8
        for one in self.made.values():
            if any(self._is_gone(parent) for parent, _ in one.inputs):
                one.pooled = False
        self.mine(self.random.choice([1, depth + 1]))

    def evict(self) -> None:
        """The mempool forgets a payment, and what depends on it."""
        waiting = [one for one in self._waiting() if one.pooled]
        if waiting:
            self._leave(self.random.choice(waiting))

    def _leave(self, one: Made) -> None:
        one.pooled = False
        for child in self._children(one):
            self._leave(child)

    def abandon(self) -> None:
        """Somebody gives up what no mempool has."""
        for one in self._waiting():
            if not one.pooled and not self._children(one):
                one.abandoned = True

    def label(self) -> None:
        """An address gets a label, another one, or none; also one that is not used yet, or a stranger's."""
        theirs = address(f"theirs-{self._count % 5}")
        named = self.random.choice([*self._addresses(), address(f"unused-{self._count % 4}"), theirs])
        text = self.random.choice(["", "rent", "wages", "a gift", "x" * 300])
        self.book.pop(named, None)
        if text:
            self.book[named] = text, "send" if named == theirs else "receive"

    def lock(self) -> None:
        """A coin is locked."""
        coins = sorted(self.coins())
        self.locked |= {self.random.choice(coins)} if coins else set()

    def unlock(self) -> None:
        """The node starts anew."""
        self.locked.clear()

    def _add(
        self, inputs: list[Outpoint], outputs: list[tuple[int, str]], own: set[int], change: set[int] | None = None, *,
        coinbase: bool = False, pooled: bool = True,
    ) -> Made:  # fmt: skip
        made = Made(self._new(), START + self._count, inputs, outputs, own, change or set(), coinbase, pooled)
        self.made[made.txid] = made
        return made

    def _new(self) -> str:
        self._count += 1
        return digest("transaction", self._count)

    def _worth(self, outpoints: Sequence[Outpoint]) -> int:
        """What outputs are worth (sat)."""
        return sum(self.made[txid].outputs[vout][0] if txid in self.made else FOREIGN for txid, vout in outpoints)

    def _address(self) -> str:
        used = self.random.random() < 0.5
        return address(f"own-{self.random.randrange(6)}" if used else f"own-{self._new()}")

    def _addresses(self) -> list[str]:
        return sorted({payee for one in self.made.values() for _, payee in one.outputs})

    # -- what is so ------------------------------------------------------------------------------------------------

    def _block(self, txid: str) -> Block | None:
        return next((block for block in self.chain if txid in block.txids), None)

    def _rivals(self, one: Made) -> list[Made]:
        return [other for other in self.made.values() if other is not one and {*one.inputs} & {*other.inputs}]

    def _beaten_by(self, one: Made) -> Block | None:
        """The block that holds a spend of its inputs, or of those of what it depends on."""
        if self._block(one.txid):
            return None
        for other in self._rivals(one):
            if block := self._block(other.txid):
                return block
        parents = (self.made[parent] for parent, _ in one.inputs if parent in self.made)
        return next((block for parent in parents if (block := self._beaten_by(parent))), None)

    def _is_beaten(self, one: Made) -> bool:
        return self._beaten_by(one) is not None

    def _in_pool(self, one: Made) -> bool:
        return one.pooled and not self._block(one.txid)

    def _conflicts(self, one: Made) -> list[str]:
        return [] if self._block(one.txid) else [other.txid for other in self._rivals(one) if self._in_pool(other)]

    def _waits(self, txid: str) -> bool:
        return txid in self.made and not self._block(txid)

    def _is_gone(self, txid: str) -> bool:
        """Whether it makes nothing: it is in no block, and in no mempool."""
        one = self.made.get(txid)
        return one is not None and not self._block(txid) and not one.pooled

    def _is_dead(self, one: Made) -> bool:
        if self._block(one.txid):
            return False
        dead = one.abandoned or one.coinbase or bool(self._conflicts(one)) or self._is_beaten(one)
        return dead or any(self._is_dead(self.made[parent]) for parent, _ in one.inputs if parent in self.made)

    def _waiting(self) -> list[Made]:
        return [one for one in self.made.values() if not self._block(one.txid) and not self._is_dead(one)]

    def _children(self, one: Made) -> list[Made]:
        return [other for other in self.made.values() if any(parent == one.txid for parent, _ in other.inputs)]

    def coins(self) -> set[Outpoint]:
        """The unspent outputs of the wallet, of what is in a block or in the mempool."""
        live = [one for one in self.made.values() if not self._is_dead(one)]
        spent = {outpoint for one in live for outpoint in one.inputs}
        return {
            (one.txid, vout) for one in live for vout in one.own
            if (self._block(one.txid) or one.pooled) and (one.txid, vout) not in spent
        }  # fmt: skip

    def _depth(self, one: Made) -> int:
        block = self._block(one.txid)
        if block:
            return len(self.chain) - block.height
        beaten = self._beaten_by(one)
        return beaten.height - len(self.chain) if beaten else 0

    def outpoints(self) -> list[Outpoint]:
        """All outputs of all transactions."""
        return [(one.txid, vout) for one in self.made.values() for vout in range(len(one.outputs))]

    # -- what it answers -------------------------------------------------------------------------------------------

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """See Asker."""
        self.asked += calls
        return [self._answers(call) for call in calls]

    def ask_one(self, method: str, *params: Any) -> Any:
        """The answer to one call."""
        return self._answers(Call(method, params))

    def where(self, call: Call) -> str:
        """See Asker."""
        return call.method

    def _answers(self, call: Call) -> Any:
        answer: Callable[..., Any] = getattr(self, f"_{call.method}")
        return answer(*call.params)

    def _getblockchaininfo(self) -> Any:
        tip = self.chain[-1]
        return {"chain": "regtest", "blocks": tip.height, "headers": tip.height, "bestblockhash": tip.hash,
                "time": START + self._count, "initialblockdownload": False}  # fmt: skip

    def _getnetworkinfo(self) -> Any:
        return {"version": 300_000}

    def _getwalletinfo(self) -> Any:
        tip = {"hash": self.chain[-1].hash, "height": self.chain[-1].height}
        return {"walletname": "w", "txcount": len(self.made), "lastprocessedblock": tip, "scanning": False}

    def _listsinceblock(self, block_hash: str, target: int, *_: object) -> Any:
        on = next((block.height for block in self.chain if block.hash == block_hash), None)
        removed: list[str] = []
        if block_hash and on is None:
            stale = self._stale.get(block_hash)
            if stale is None:
                return NodeError("listsinceblock", -5, "Block not found")
            # The chain has forked below it; what the blocks from there on held is told.
            on = max(block.height for block in self.chain if block.height < self._fork(stale))
            removed = [
                txid for block in self._stale.values() if on < block.height <= stale.height for txid in block.txids
            ]
        depth = len(self.chain) - on if on is not None else None
        listed = [one.txid for one in self.made.values() if depth is None or abs(self._depth(one)) < depth]
        last = self.chain[max(0, len(self.chain) - target)].hash
        return {"transactions": [{"txid": one} for one in listed], "removed": [{"txid": one} for one in removed],
                "lastblock": last}  # fmt: skip

    def _fork(self, stale: Block) -> int:
        """A height below which the chain is as it was when `stale` was on it."""
        return min(block.height for block in self._stale.values() if block.height <= stale.height)

    def _gettransaction(self, txid: str, *_: object) -> Any:
        one = self.made[txid]
        depth, block = self._depth(one), self._block(txid)
        pays = any(outpoint in self._own() for outpoint in one.inputs)
        received = "generate" if one.coinbase and block else "orphan" if one.coinbase else "receive"
        rows = []
        for vout, (__, payee) in enumerate(one.outputs):
            label = self.book.get(payee, ("", ""))[0]
            base = {"vout": vout, "address": payee, "label": label, "abandoned": one.abandoned}
            if pays and vout not in one.change:
                rows.append({**base, "category": "send"})
            if vout in one.own - one.change:
                rows.append({**base, "category": received})
        tip = self._getwalletinfo()["lastprocessedblock"]
        answer: dict[str, Any] = {
            "txid": txid, "confirmations": depth, "time": one.time, "details": rows,
            "walletconflicts": [other.txid for other in self._rivals(one)], "mempoolconflicts": self._conflicts(one),
            "decoded": self._decoded(one), "hex": "00", "lastprocessedblock": tip,
        }  # fmt: skip
        answer |= {"fee": btc(0)} if pays else {}
        answer |= {"replaced_by_txid": one.replaced_by} if one.replaced_by else {}
        replaced = [other.txid for other in self.made.values() if other.replaced_by == txid]
        answer |= {"replaces_txid": replaced[0]} if replaced else {}
        if block:
            answer |= {"blockhash": block.hash, "blockheight": block.height, "blocktime": START + block.height}
        return answer

    def _own(self) -> set[Outpoint]:
        return {(one.txid, vout) for one in self.made.values() for vout in one.own}

    def _decoded(self, one: Made) -> Any:
        sources: list[Any] = [{"txid": txid, "vout": at, "sequence": 0xFFFFFFFD} for txid, at in one.inputs]
        outputs = [{"n": vout, "value": btc(sat), "scriptPubKey": {"type": "witness_v0_keyhash", "address": payee}}
                   for vout, (sat, payee) in enumerate(one.outputs)]  # fmt: skip
        sources = sources or [{"coinbase": "00", "sequence": 0}]
        return {"txid": one.txid, "size": 200, "weight": 500, "vin": sources, "vout": outputs}

    def _getrawtransaction(self, txid: str, *_: object) -> Any:
        body = self._decoded(self.made[txid])
        for source in body["vin"]:
            if "txid" in source:
                source["prevout"] = {"value": btc(self._worth([(source["txid"], source["vout"])]))}
        return body

    def _getmempoolentry(self, txid: str) -> Any:
        if not self._in_pool(self.made[txid]):
            return NodeError("getmempoolentry", -5, "Transaction not in mempool")
        one = self.made[txid]
        fee = self._worth(one.inputs) - sum(sat for sat, _ in one.outputs)
        return {"fees": {"base": btc(fee)}, "vsize": 125, "bip125-replaceable": True}

    def _listunspent(self, least: int, most: int, *_: object) -> Any:
        found = [(one, vout) for txid, vout in self.coins() - self.locked for one in (self.made[txid],)]
        return [{"txid": one.txid, "vout": vout, "amount": btc(one.outputs[vout][0])}
                for one, vout in found if least <= self._depth(one) <= most]  # fmt: skip

    def _listlockunspent(self) -> Any:
        return [{"txid": txid, "vout": vout} for txid, vout in sorted(self.locked & self.coins())]

    def _listdescriptors(self) -> Any:
        return {"descriptors": []}

    def _listlabels(self) -> Any:
        return sorted({label for label, _ in self.book.values()})

    def _getaddressesbylabel(self, label: str) -> Any:
        return {named: {"purpose": purpose} for named, (one, purpose) in self.book.items() if one == label}

    def _estimatesmartfee(self, blocks: int) -> Any:
        return {"blocks": blocks, "errors": ["Insufficient data"]}

    def _getbalances(self) -> Any:
        return {"mine": {"trusted": btc(sum(self.made[txid].outputs[vout][0] for txid, vout in self.coins()))}}
