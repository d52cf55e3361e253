"""Made-up chains with two wallets and strangers in which it is known of every output whose it is."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from gitbtc.statement.books import Books

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitbtc.spends.listing import Outpoint

ROOTS = ("alice", "bob")
STRANGER = ""
_START, _FUNDS = 100, 50_000_000


@dataclass
class Transaction:
    """`inputs`: (outpoint, sat, owner); `outputs`: (sat, owner, address)."""

    txid: str
    inputs: list[tuple[Outpoint, int, str]]
    outputs: list[tuple[int, str, str]]
    height: int | None = None
    is_dead: bool = False

    def net(self, owners: Collection[str]) -> int:
        came = sum(amount for amount, owner, _ in self.outputs if owner in owners)
        return came - sum(amount for _, amount, owner in self.inputs if owner in owners)


@dataclass
class Snapshot:
    """What is true at a moment, and what the wallets' files say."""

    height: int
    fork: int
    confirmed: dict[str, int]
    balance: dict[frozenset[str], int]
    files: dict[str, dict[str, list[dict[str, Any]]]]

    def books(self, roots: Collection[str]) -> Books:
        return Books({root: partial(self._records, root) for root in roots})

    def _records(self, root: str, kind: str) -> list[dict[str, Any]]:
        return self.files[root].get(kind, [])


@dataclass
class World:
    """A chain that is moved by random steps."""

    seed: int
    height: int = _START
    fork: int = 0
    transactions: dict[str, Transaction] = field(default_factory=dict)
    snapshots: list[Snapshot] = field(default_factory=list)
    listed: set[Outpoint] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.addresses = 0

    # -- what moves it -------------------------------------------------------------------------------------------------

    def run(self, steps: int) -> World:
        moves = (self.receive, self.receive, self.pay, self.pay, self.consolidate, self.transfer, self.join, self.mint,
                 self.faucet, self.give_back, self.mine, self.mine, self.mine, self.reorganise, self.look,
                 self.look)  # fmt: skip
        self.look()
        for _ in range(steps):
            self.random.choice(moves)()
        self.mine()
        self.look()
        return self

    def receive(self) -> None:
        amount = self.random.randint(1000, _FUNDS)
        self._put([self._strange(amount + 500)], [(amount, self._root()), (400, STRANGER)])

    def pay(self) -> None:
        root = self._root()
        spent = self._coins(root, self.random.randint(1, 3))
        total = sum(amount for _, amount, _ in spent)
        if total > 3000:
            paid = self.random.randint(1000, total - 1000)
            change = total - paid - 700
            outputs = [(paid, STRANGER), *([(change, root)] if change > 300 else [])]
            self._put(spent, self._shuffled(outputs))

    def consolidate(self) -> None:
        root = self._root()
        spent = self._coins(root, 4)
        total = sum(amount for _, amount, _ in spent)
        if total > 2000:
            self._put(spent, [(total - 900, root)])

    def transfer(self) -> None:
        root = self._root()
        spent = self._coins(root, 2)
        total = sum(amount for _, amount, _ in spent)
        if total > 5000:
            self._put(spent, self._shuffled([(total // 2, self._other(root)), (total - total // 2 - 300, root)]))

    def join(self) -> None:
        """A coinjoin: a stranger's input beside an own one."""
        spent = self._coins(self._root(), 1)
        if spent and spent[0][1] > 2000:
            [(outpoint, amount, owner)] = spent
            stranger = self._strange(self.random.randint(2000, _FUNDS))
            outputs = [(amount - 500, owner), (stranger[1] - 300, STRANGER)]
            self._put([(outpoint, amount, owner), stranger], self._shuffled(outputs))

    def mint(self) -> None:
        self._put([], [(self.random.randint(1, 50) * 1_000_000, self._root())], height=self._next_block())

    def faucet(self) -> None:
        """A stranger pays us out of the change of an earlier payment to us."""
        change = self._coins(STRANGER, 1, of_payers_of_us=True)
        if change and change[0][1] > 5000:
            amount = change[0][1]
            self._put(change, self._shuffled([(amount // 3, self._root()), (amount - amount // 3 - 300, STRANGER)]))

    def give_back(self) -> None:
        """Whoever we paid pays us out of that coin."""
        coins = self._coins(STRANGER, 1, paid_by_us=True)
        if coins and coins[0][1] > 3000:
            self._put(coins, [(coins[0][1] - 300, self._root())])

    def mine(self) -> None:
        """A block with some of what waits, parents first."""
        height = self._next_block()
        for one in list(self.transactions.values()):
            ready = all(self._is_final(parent) for (parent, _), _, _ in one.inputs)
            if one.height is None and not one.is_dead and ready and self.random.random() < 0.8:
                one.height = height

    def reorganise(self) -> None:
        """The last blocks go; as many and one more take their place."""
        depth = self.random.randint(1, 2)
        gone = [
            one for one in self.transactions.values() if one.height is not None and one.height > self.height - depth
        ]
        for one in gone:
            one.height = None
            one.is_dead = not one.inputs  # a coinbase goes with its block
        self.height = max(self.height - depth, _START)
        self.fork += 1
        for _ in range(self.random.randint(0, depth + 1)):
            self.mine()

    # -- what is true --------------------------------------------------------------------------------------------------

    def look(self) -> None:
        confirmed = {one.txid: one.height for one in self.transactions.values() if one.height is not None}
        asked = [frozenset(ROOTS), *(frozenset([root]) for root in ROOTS)]
        balance = {owners: sum(self._worth(owners)) for owners in asked}
        files = {root: self._files(root) for root in ROOTS}
        self.listed |= {(coin["txid"], coin["vout"]) for told in files.values() for coin in told["utxos"]}
        self.snapshots.append(Snapshot(self.height, self.fork, confirmed, balance, files))

    def _worth(self, owners: Collection[str]) -> list[int]:
        spent = {place for one in self.transactions.values() if one.height is not None for place, _, _ in one.inputs}
        return [
            amount
            for one in self.transactions.values()
            if one.height is not None
            for vout, (amount, owner, _) in enumerate(one.outputs)
            if owner in owners and (one.txid, vout) not in spent
        ]

    def _files(self, root: str) -> dict[str, list[dict[str, Any]]]:
        concerning = [one for one in self.transactions.values() if self._concerns(one, root)]
        live_spends = {place for one in concerning if not one.is_dead for place, _, _ in one.inputs}
        coins = [
            {"txid": one.txid, "vout": vout, "amount_sat": amount, "script_type": "p2wpkh", "address": address,
             "block_height": one.height, "coinbase": not one.inputs, "label": None}
            for one in concerning if not one.is_dead
            for vout, (amount, owner, address) in enumerate(one.outputs)
            if owner == root and (one.txid, vout) not in live_spends
        ]  # fmt: skip
        tip = {"network": "regtest", "block_height": self.height, "block_hash": f"{self.fork:032x}{self.height:032x}",
               "block_time": 1_700_000_000 + 600 * self.height}  # fmt: skip
        return {"utxos": coins, "transactions": [self._record(one, live_spends) for one in concerning], "chain": [tip]}

    def _record(self, one: Transaction, spent: set[Outpoint]) -> dict[str, Any]:
        known = {amount for _, amount, owner in one.inputs if owner}
        fee = sum(amount for _, amount, _ in one.inputs) - sum(amount for amount, _, _ in one.outputs)
        return {
            "txid": one.txid, "block_height": one.height, "confirmed": one.height is not None,
            "block_time": None if one.height is None else 1_700_000_000 + 600 * one.height,
            "inputs": [{"txid": txid, "vout": vout, "amount_sat": amount if owner else None}
                       for (txid, vout), amount, owner in one.inputs],
            "outputs": [{"vout": vout, "amount_sat": amount, "address": address, "script_type": "p2wpkh",
                         "spent": (one.txid, vout) in spent} for vout, (amount, _, address) in enumerate(one.outputs)],
            "fee_sat": fee if one.inputs and known else None, "size_bytes": 200, "weight": 800, "label": None,
            **({"abandoned": True} if one.is_dead else {}),
        }  # fmt: skip

    # -- the means -----------------------------------------------------------------------------------------------------

    def _next_block(self) -> int:
        self.height += 1
        return self.height

    def _put(
        self, inputs: list[tuple[Outpoint, int, str]], outputs: list[tuple[int, str]], height: int | None = None
    ) -> None:
        txid = f"{self.random.getrandbits(256):064x}"
        made = [(amount, owner, self._address(owner)) for amount, owner in outputs]
        self.transactions[txid] = Transaction(txid, inputs, made, height)

    def _address(self, owner: str) -> str:
        self.addresses += 1
        return f"{owner or 'stranger'}-{self.addresses}"

    def _strange(self, amount: int) -> tuple[Outpoint, int, str]:
        return (f"{self.random.getrandbits(256):064x}", 0), amount, STRANGER

    def _coins(
        self, owner: str, most: int, *, of_payers_of_us: bool = False, paid_by_us: bool = False
    ) -> list[tuple[Outpoint, int, str]]:
        """Unspent outputs, of pending transactions too, but for those of a coinbase, which a reorganisation may end."""
        spent = {place for one in self.transactions.values() if not one.is_dead for place, _, _ in one.inputs}
        found = [
            ((one.txid, vout), amount, owner)
            for one in self.transactions.values()
            if one.inputs and not one.is_dead
            and (not of_payers_of_us or not any(spender for _, _, spender in one.inputs))
            and (not paid_by_us or all(spender for _, _, spender in one.inputs))
            for vout, (amount, held_by, _) in enumerate(one.outputs)
            if held_by == owner and (one.txid, vout) not in spent
        ]  # fmt: skip
        return self.random.sample(found, min(most, len(found)))

    def _is_final(self, txid: str) -> bool:
        one = self.transactions.get(txid)
        return one is None or one.height is not None

    @staticmethod
    def _concerns(one: Transaction, root: str) -> bool:
        return any(owner == root for _, _, owner in one.inputs) or any(owner == root for _, owner, _ in one.outputs)

    def _root(self) -> str:
        return self.random.choice(ROOTS)

    @staticmethod
    def _other(root: str) -> str:
        return next(one for one in ROOTS if one != root)

    def _shuffled(self, outputs: list[tuple[int, str]]) -> list[tuple[int, str]]:
        return self.random.sample(outputs, len(outputs))


class Descriptors:
    """The proofs that a wallet's descriptors give: the addresses of `owners`."""

    def __init__(self, owners: Collection[str]) -> None:
        self._owners = tuple(f"{owner}-" for owner in owners)

    def listed(self, _: set[Outpoint]) -> set[Outpoint]:
        return set()

    def derived(self, addresses: dict[str, str]) -> tuple[set[str], bool]:
        return {address for address in addresses if address.startswith(self._owners)}, True

    def received(self) -> set[str]:
        return set()
