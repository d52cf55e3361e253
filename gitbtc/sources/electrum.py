"""Electrum servers (electrs, Fulcrum, ElectrumX): read for the scripts of descriptors.

| call | gives |
|---|---|
| blockchain.block.header 0, server.features | the network, by the hash of its first block |
| blockchain.headers.subscribe | the block that all of it is as of; asked again at the end |
| blockchain.scripthash.get_history | which transactions there are, and in which blocks |
| blockchain.scripthash.get_balance | what the script holds: a check |
| blockchain.transaction.get | transactions, and those whose outputs they spend |
| blockchain.block.header | hash and time of a block |
| blockchain.estimatefee | fees, in BTC/kvB; −1 where the server knows none |

Every amount and every script is read from the transaction itself, whose hash is its txid, for coins of any type: of
these no server is believed. What the server is believed is that it shows all, and which block holds what. Servers of a
protocol where scripts are asked for themselves (blockchain.scriptpubkey.…) are asked so.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gitbtc.errors import CannotWork
from gitbtc.sources.amounts import MAX_SAT, NotAnAmount, sat_per_vbyte
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.asking import Call, Inconsistent, NodeError, NodeQuestions, at_one_moment
from gitbtc.sources.chain_wallet import Block, ChainWallet, host_of
from gitbtc.sources.genesis import network_of
from gitbtc.sources.own_scripts import look
from gitbtc.sources.raw_transactions import read_raw

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.asking import Asker
    from gitbtc.sources.chain_wallet import Seen
    from gitbtc.sources.snapshot import Outpoint, SourceSnapshot

SOURCE = "electrum"
_GENESIS = Call("blockchain.block.header", ("0",))
TIP = Call("blockchain.headers.subscribe")
NUMBERS = frozenset(["blockchain.block.header", "blockchain.estimatefee"])  # which are called with a number
# All that is ever asked, beside server.version, with which a connection begins, and server.ping.
ALLOWED = frozenset([
    "blockchain.block.header", "blockchain.estimatefee", "blockchain.headers.subscribe",
    "blockchain.scripthash.get_balance", "blockchain.scripthash.get_history", "blockchain.scriptpubkey.get_balance",
    "blockchain.scriptpubkey.get_history", "blockchain.transaction.get", "server.features",
])  # fmt: skip
_HEADER = 80  # bytes
_NO_METHOD = -32601
_TARGETS = (1, 6, 144)


def read_from(asker: Asker, descriptors: Sequence[Record], earlier: Collection[Record] = ()) -> SourceSnapshot:
    """What the server knows of the scripts of `descriptors`. `earlier` are the transaction records that it told before.
    Raises BadAnswer, SourceMoved, CannotWork, and what the asker raises.
    """

    def read() -> SourceSnapshot:
        return _Reading(asker, descriptors, earlier).wallet().snapshot()

    return at_one_moment(asker, read)


def read_header(text: Any, height: int, where: str) -> Block:
    """The block of a header in hex. Raises BadAnswer."""
    try:
        raw = bytes.fromhex(text)
    except (TypeError, ValueError):
        raw = b""
    if len(raw) != _HEADER:
        raise BadAnswer(f"{where}: is no block header")
    digest = hashlib.sha256(hashlib.sha256(raw).digest()).digest()
    return Block(height, digest[::-1].hex(), int.from_bytes(raw[68:72], "little"))


class _Reading:
    """One read."""

    def __init__(self, asker: Asker, descriptors: Sequence[Record], earlier: Collection[Record]) -> None:
        self._asker = asker
        self._questions = NodeQuestions(asker, Answer)
        self._descriptors = descriptors
        self._host = host_of(self._questions)
        self._earlier = earlier
        self._by = "scripthash"
        self._heights: dict[str, int] = {}  # by txid; of an unconfirmed one 0 or -1
        self._fees: dict[str, int] = {}  # of unconfirmed ones
        self._balance = 0

    def wallet(self) -> ChainWallet:
        """All of it."""
        network = self._network()
        tip = self._tip()
        walked = look(self._descriptors, self._used)
        blocks = self._blocks(tip)
        seen = [self._placed(one, blocks) for one in self._transactions(self._heights).values()]
        amounts = self._amounts(seen)
        oracles = self._oracles(tip)
        if self._tip() != tip:
            raise Inconsistent(f"a block came after {tip.hash}")
        return ChainWallet(
            SOURCE, network, tip, walked, seen, amounts, self._balance, self._earlier, oracles, self._questions.notices
        )

    def _network(self) -> str:
        """By the first header, and by what the server says of itself, where it says it."""
        features = self._questions.result("server.features")
        genesis = read_header(self._result(_GENESIS), 0, self._asker.where(_GENESIS)).hash
        if isinstance(features, dict) and features.get("genesis_hash", genesis) != genesis:
            raise CannotWork(f"{self._host}: its first block is not the one that it names as such (server.features)")
        return network_of(genesis, self._descriptors, self._host)

    def _tip(self) -> Block:
        answer = self._questions.required(TIP.method)
        return read_header(answer.text("hex"), answer.natural("height"), answer.where)

    def _result(self, call: Call) -> Any:
        result = self._questions.result(*call.words)
        if isinstance(result, BadAnswer):
            raise result
        return result

    # -- histories -------------------------------------------------------------------------------------------------

    def _used(self, scripts: Sequence[bytes]) -> list[bool]:
        """Whether each script was ever paid to; what its history names, and its balance, are kept."""
        histories = self._asked("get_history", scripts)
        if self._by == "scripthash" and any(_is_unknown(history) for history in histories):
            self._by = "scriptpubkey"
            histories = self._asked("get_history", scripts)
        for script, history in zip(scripts, histories, strict=True):
            self._note(self._rows(script, history))
        used = [script for script, history in zip(scripts, histories, strict=True) if history]
        for script, told in zip(used, self._asked("get_balance", used), strict=True):
            balance = Answer(_told(told), self._asker.where(self._call("get_balance", script)))
            self._balance += balance.natural("confirmed", MAX_SAT) + balance.integer("unconfirmed")
        return [bool(history) for history in histories]

    def _call(self, method: str, script: bytes) -> Call:
        name = script.hex() if self._by == "scriptpubkey" else hashlib.sha256(script).digest()[::-1].hex()
        return Call(f"blockchain.{self._by}.{method}", (name,))

    def _asked(self, method: str, scripts: Iterable[bytes]) -> list[Any]:
        return self._asker.ask([self._call(method, script) for script in scripts])

    def _rows(self, script: bytes, history: Any) -> list[Answer]:
        call = self._call("get_history", script)
        if isinstance(history, NodeError):
            why = f"it does not tell the history of the script {script.hex()}: {history.said}"
            raise CannotWork(f"{self._host}: {why}; ask a server of your own, or a node (gitbtc import scan)")
        return Answer({"history": _told(history)}, self._asker.where(call)).children("history")

    def _note(self, rows: list[Answer]) -> None:
        for row in rows:
            txid, height = row.hash("tx_hash"), row.integer("height")
            if self._heights.setdefault(txid, height) != height:
                raise Inconsistent(f"{txid} is in block {self._heights[txid]}, and in block {height}")
            if height <= 0 and "fee" in row:
                self._fees[txid] = row.natural("fee", MAX_SAT)

    # -- transactions and blocks -----------------------------------------------------------------------------------

    def _transactions(self, txids: Iterable[str]) -> dict[str, Seen]:
        calls = [Call("blockchain.transaction.get", (txid,)) for txid in txids]
        texts = self._asker.ask(calls)
        if any(isinstance(text, NodeError) for text in texts):  # evicted since its history was read
            raise Inconsistent(str(next(text for text in texts if isinstance(text, NodeError))))
        return {
            call.params[0]: read_raw(_told(text), call.params[0], self._asker.where(call))
            for call, text in zip(calls, texts, strict=True)
        }

    def _blocks(self, tip: Block) -> dict[int, Block]:
        heights = sorted({height for height in self._heights.values() if height > 0})
        if heights and heights[-1] > tip.height:
            raise Inconsistent(f"a transaction is in block {heights[-1]}, and the tip is {tip.height}")
        calls = [Call("blockchain.block.header", (str(height),)) for height in heights]
        texts = self._asker.ask(calls)
        return {
            height: read_header(_told(text), height, self._asker.where(call))
            for height, call, text in zip(heights, calls, texts, strict=True)
        }

    def _placed(self, seen: Seen, blocks: dict[int, Block]) -> Seen:
        return replace(seen, block=blocks.get(self._heights[seen.txid]), fee_sat=self._fees.get(seen.txid))

    def _amounts(self, seen: list[Seen]) -> dict[Outpoint, int]:
        """What the inputs of others are worth: by what was told before, else by the transactions that made them."""
        told = {
            (spent["txid"], spent["vout"]): spent["amount_sat"]
            for record in self._earlier for spent in record["inputs"] if spent["amount_sat"] is not None
        }  # fmt: skip
        own = {one.txid for one in seen}
        wanted = {outpoint for one in seen for outpoint in one.inputs if outpoint[0] not in own}
        parents = self._transactions(dict.fromkeys(txid for txid, _ in sorted(wanted - told.keys())))
        for txid, vout in wanted - told.keys():
            outputs = parents[txid].outputs
            if vout >= len(outputs):
                raise BadAnswer(f"{self._host}: {txid} has no output {vout}, which is spent")
            told[txid, vout] = outputs[vout][0]
        return {outpoint: told[outpoint] for outpoint in wanted}

    # -- oracles ---------------------------------------------------------------------------------------------------

    def _oracles(self, tip: Block) -> dict[str, list[Record]]:
        calls = [Call("blockchain.estimatefee", (str(target),)) for target in _TARGETS]
        rates = {target: rate for target, rate in zip(_TARGETS, self._asker.ask(calls), strict=True)
                 if not isinstance(rate, BadAnswer) and rate != -1}  # fmt: skip
        lacking = [str(target) for target in _TARGETS if target not in rates]
        if lacking:
            told = f"{self._host} estimates no feerate for {', '.join(lacking)} blocks; no fee record was made"
            self._questions.notices.append(told)
            return {}
        try:
            reading = {f"target_{target}_block_sat_vbyte": sat_per_vbyte(rate) for target, rate in rates.items()}
        except NotAnAmount as error:
            raise BadAnswer(f"{self._asker.where(calls[0])}: {error}") from None
        return {"fees": [{"timestamp": tip.time, "block_height": tip.height, "source": self._host, **reading}]}


def _told(result: Any) -> Any:
    if isinstance(result, BadAnswer):
        raise result
    return result


def _is_unknown(result: Any) -> bool:
    return isinstance(result, NodeError) and (result.code == _NO_METHOD or "unknown method" in result.said.lower())
