"""The wallet of a root's descriptors, from transactions that a server of the chain showed.

A server knows no wallet, so two things are worked out here. What it showed last time and does not show now was thrown
out of its mempool: it is replaced, if something that the server shows spends the same, else it waits, claims what it
spends and makes no coin. And whose an output is, its script tells: the scripts are those that were asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitbtc.coins.scripts import address_of, type_of
from gitbtc.sources import ledger_records
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.asking import Call, Inconsistent
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.sources.wallet_ledger import Ledger, Output, Transaction
from gitbtc.views.terms import btc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.asking import NodeQuestions
    from gitbtc.sources.own_scripts import Walked
    from gitbtc.sources.snapshot import Outpoint

_COMPLETE = frozenset(["utxos", "transactions", "mempool"])


# With it each read begins. No server is asked: the asker itself tells which one it is, so that a recording has it too.
SERVER = Call("server")


def host_of(questions: NodeQuestions[Answer]) -> str:
    """The host that is asked: what its readings of feerates and prices name as their source."""
    return questions.required(SERVER.method).text("host")


@dataclass(frozen=True)
class Block:
    """A block: its height, its hash, and its time in Unix seconds."""

    height: int
    hash: str
    time: int


@dataclass(frozen=True)
class Seen:
    """A transaction as a server shows it; `outputs` are (satoshis, script). `fee_sat` is None where nobody tells, and
    `block` where none holds it.
    """

    txid: str
    inputs: list[Outpoint]
    sequences: list[int]
    coinbase: bool
    outputs: list[tuple[int, bytes]]
    size_bytes: int
    weight: int
    fee_sat: int | None = None
    block: Block | None = None


@dataclass
class ChainWallet:
    """All that one read of a server gave. `amounts` are those of outputs that are spent, `balance_sat` what the
    server says that the scripts hold, `oracles` records of fees and prices, `earlier` the transaction records that this
    source told before.
    """

    source: str
    network: str
    tip: Block
    walked: Walked
    seen: list[Seen]
    amounts: Mapping[Outpoint, int]
    balance_sat: int
    earlier: Iterable[Record] = ()
    oracles: Mapping[str, list[Record]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    def snapshot(self) -> SourceSnapshot:
        """The snapshot. Raises Inconsistent where the coins are not worth the balance: something moved in between;
        BadAnswer where the server contradicts itself.
        """
        self._check()
        owned = {
            (one.txid, vout) for one in self.seen for vout, (_, script) in enumerate(one.outputs) if self._owns(script)
        }
        gone = self._gone(owned)
        ledger = Ledger([*map(self._transaction, self.seen), *gone], self._amounts(gone), owned | self._made_by(gone))
        listed = sum(output.amount_sat for _, output in ledger.coins())
        balance = self.balance_sat - self._claimed(ledger)
        if listed != balance:
            raise Inconsistent(
                f"the transactions make {btc(listed)}, and the balance of the addresses is {btc(balance)}"
            )
        records: dict[str, Any] = {
            "chain": {"network": self.network, "block_height": self.tip.height, "block_hash": self.tip.hash,
                      "block_time": self.tip.time},
            "transactions": ledger_records.transactions(ledger),
            "utxos": ledger_records.coins(ledger),
            "mempool": self._pending(ledger),
            "descriptors": self.walked.descriptors(),
            **self.oracles,
        }  # fmt: skip
        return SourceSnapshot(
            self.source,
            self.network,
            records,
            ledger.owned(),
            (*self.walked.left_out, *self.notices, *ledger_records.waiting_notices(ledger)),
            complete=_COMPLETE,
            descriptors=frozenset(record["id"] for record in records["descriptors"]),
            balance_sat=balance,
        )

    def _check(self) -> None:
        made = {(one.txid, vout): sat for one in self.seen for vout, (sat, _) in enumerate(one.outputs)}
        for outpoint, sat in self.amounts.items():
            if made.get(outpoint, sat) != sat:
                name = f"{outpoint[0]}:{outpoint[1]}"
                raise BadAnswer(f"{self.source}: {name} is made with {made[outpoint]} sat, and spent with {sat} sat")
        for one in self.seen:
            if one.block is not None and one.block.height > self.tip.height:
                raise Inconsistent(f"{one.txid} is in block {one.block.height}, and the tip is {self.tip.height}")

    def _owns(self, script: bytes) -> bool:
        return script in self.walked.places

    def _transaction(self, seen: Seen) -> Transaction:
        """What the ledger settles: as deep as its block, or in the mempool."""
        block = seen.block
        told = {} if block is None else {"blockheight": block.height, "blockhash": block.hash, "blocktime": block.time}
        outputs = [
            Output(vout, amount, address_of(script, self.network), type_of(script))
            for vout, (amount, script) in enumerate(seen.outputs)
        ]
        return Transaction(
            answer=Answer(told, f"{self.source}: {seen.txid}"),
            txid=seen.txid,
            confirmations=0 if block is None else self.tip.height - block.height + 1,
            time=0 if block is None else block.time,
            coinbase=seen.coinbase,
            inputs=seen.inputs,
            sequences=seen.sequences,
            outputs=outputs,
            rows=[],
            size_bytes=seen.size_bytes,
            weight=seen.weight,
            fee_sat=seen.fee_sat,
            abandoned=False,
            rivals=[],
            in_mempool=block is None,
        )

    # -- what the server does not show any more ----------------------------------------------------------------------

    def _gone(self, owned: set[Outpoint]) -> list[Transaction]:
        """What was told before, has to do with the scripts that were asked for, and is not shown now."""
        shown = {one.txid for one in self.seen}
        earlier = [record for record in self.earlier if record["txid"] not in shown]
        addresses = {address_of(script, self.network) for script in self.walked.places} - {""}
        mine = owned | {(record["txid"], output["vout"]) for record in earlier for output in record["outputs"]
                        if output["address"] in addresses}  # fmt: skip
        made = {txid for txid, _ in mine}
        return [
            _of_record(self.source, record)
            for record in earlier
            if record["txid"] in made or any((one["txid"], one["vout"]) in mine for one in record["inputs"])
        ]

    def _made_by(self, gone: list[Transaction]) -> set[Outpoint]:
        addresses = {address_of(script, self.network) for script in self.walked.places} - {""}
        return {(one.txid, output.vout) for one in gone for output in one.outputs if output.address in addresses}

    def _amounts(self, gone: list[Transaction]) -> dict[Outpoint, int]:
        txids = {one.txid for one in gone}
        told = {
            (spent["txid"], spent["vout"]): spent["amount_sat"]
            for record in self.earlier if record["txid"] in txids
            for spent in record["inputs"] if spent["amount_sat"] is not None
        }  # fmt: skip
        return told | dict(self.amounts)

    def _claimed(self, ledger: Ledger) -> int:
        """What waits in no mempool spends of the coins that the server lists."""
        claimed = {outpoint for one in ledger_records.waiting(ledger) for outpoint in one.inputs}
        present = {one.txid: one for one in ledger.live() if not one.outside}
        return sum(
            output.amount_sat
            for txid, one in present.items()
            for output in one.outputs
            if output.vout in one.ours and (txid, output.vout) in claimed
        )

    # -- the mempool -------------------------------------------------------------------------------------------------

    def _pending(self, ledger: Ledger) -> list[Record]:
        """What waits in the server's mempool; of which nobody tells the fee, that has no record."""
        records = []
        for one in ledger.live():
            fee = ledger.fee_sat(one)
            if not one.confirmed and one.in_mempool and fee is not None:
                vsize = -(-one.weight // 4)  # BIP-141
                replaceable = one.signals_replacement
                records.append(ledger_records.pending(ledger, one, fee, vsize, replaceable=replaceable))
        return records


def _of_record(source: str, record: Record) -> Transaction:
    """What was told before of a transaction that the server does not show any more."""
    return Transaction(
        answer=Answer({}, f"{source}: {record['txid']}"),
        txid=record["txid"],
        confirmations=0,
        time=0,
        coinbase=not record["inputs"],
        inputs=[(spent["txid"], spent["vout"]) for spent in record["inputs"]],
        sequences=[],
        outputs=[
            Output(output["vout"], output["amount_sat"], output["address"] or "", output["script_type"])
            for output in record["outputs"]
        ],
        rows=[],
        size_bytes=record["size_bytes"],
        weight=record["weight"],
        fee_sat=record["fee_sat"],
        abandoned=False,
        rivals=[],
        in_mempool=False,
    )
