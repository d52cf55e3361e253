"""Esplora and mempool.space: the REST interface of a server of the chain, read for the scripts of descriptors.

| path | gives |
|---|---|
| /block-height/0 | the network |
| /blocks/tip/hash, /block/HASH | the block that all of it is as of; asked for again at the end |
| /address/A/txs, …/txs/chain/TXID | transactions, pages of them; whether an address was ever used |
| /address/A | how many there are, and what the address holds: checks |
| /tx/TXID/hex | of a coin with a legacy script, whose amount no signature proves, the transaction itself |
| /v1/fees/precise, else /fee-estimates | fees |
| /v1/prices | prices |

A script that has no address is asked for by /scripthash/HASH. The two programs differ in the last two rows, in what a
page is (25 transactions, or 10 where mempool.space has an Electrum server behind it) and in how the next one is asked
for (…/txs?after_txid=TXID). All amounts are satoshi, feerates sat/vB.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from gitbtc.coins.scripts import address_of, type_of
from gitbtc.errors import CannotWork
from gitbtc.sources.amounts import MAX_SAT, NotAnAmount, told_feerate
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.asking import Call, Inconsistent, NodeError, NodeQuestions, at_one_moment
from gitbtc.sources.chain_wallet import Block, ChainWallet, Seen, host_of
from gitbtc.sources.genesis import network_of
from gitbtc.sources.own_scripts import look
from gitbtc.sources.raw_transactions import read_raw

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from decimal import Decimal

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.asking import Asker
    from gitbtc.sources.snapshot import Outpoint, SourceSnapshot

SOURCE = "esplora"
_GENESIS = Call("block-height", ("0",))
# All that is ever asked: method -> path.
PATHS = {
    "address": "/address/{}",
    "address-more": "/address/{}",  # a name, and which page of its history
    "address-txs": "/address/{}/txs",
    "block": "/block/{}",
    "block-height": "/block-height/{}",
    "fee-estimates": "/fee-estimates",
    "fees-precise": "/v1/fees/precise",
    "prices": "/v1/prices",
    "scripthash": "/scripthash/{}",
    "scripthash-more": "/scripthash/{}",
    "scripthash-txs": "/scripthash/{}/txs",
    "tip": "/blocks/tip/hash",
    "tx-hex": "/tx/{}/hex",
}
TEXTS = frozenset(["block-height", "tip", "tx-hex"])  # whose answer is no JSON
OPTIONAL = frozenset(["fee-estimates", "fees-precise", "prices"])  # which not every server has
_MEMPOOL_LISTED = 50  # unconfirmed transactions of an address that are listed at the most
_PAGES = ("/txs/chain/{}", "/txs?after_txid={}")
_MOST = 500_000  # transactions of an address
_LEGACY = frozenset(["p2pkh", "p2sh", "unknown"])  # what signs an input of these does not sign its amount
_TARGETS = {1: "fastestFee", 6: "hourFee", 144: "economyFee"}  # blocks -> what mempool.space calls it
# Of an own Esplora the first target is one block, of an older one two.
_ESTIMATES = {1: ("1", "2"), 6: ("6",), 144: ("144",)}
_TOO_LONG = ("too many", "too long", "exceed")  # in what a server says of an address with a long history


def read_from(asker: Asker, descriptors: Sequence[Record], earlier: Collection[Record] = ()) -> SourceSnapshot:
    """What the server knows of the scripts of `descriptors`. `earlier` are the transaction records that it told before.
    Raises BadAnswer, SourceMoved, CannotWork, and what the asker raises.
    """

    def read() -> SourceSnapshot:
        return _Reading(asker, descriptors, earlier).wallet().snapshot()

    return at_one_moment(asker, read)


class _Reading:
    """One read."""

    def __init__(self, asker: Asker, descriptors: Sequence[Record], earlier: Collection[Record]) -> None:
        self._asker = asker
        self._questions = NodeQuestions(asker, Answer)
        self._descriptors = descriptors
        self._host = host_of(self._questions)
        self._earlier = earlier
        self._answers: dict[str, Answer] = {}  # by txid
        self._balances: dict[str, int] = {}  # by what a script is called
        self._network = ""

    def wallet(self) -> ChainWallet:
        """All of it."""
        self._network = network_of(self._text(_GENESIS), self._descriptors, self._host)
        tip = self._tip()
        walked = look(self._descriptors, self._used)
        seen = {txid: seen_transaction(answer) for txid, answer in self._answers.items()}
        balance = sum(self._balances.values())
        self._check_legacy(seen, walked.places)
        oracles = self._oracles(tip)
        if self._text(Call("tip")) != tip.hash:
            raise Inconsistent(f"a block came after {tip.hash}")
        amounts = {outpoint: sat for answer in self._answers.values() for outpoint, sat in _spent(answer).items()}
        return ChainWallet(
            SOURCE, self._network, tip, walked, list(seen.values()), amounts, balance, self._earlier, oracles,
            self._questions.notices,
        )  # fmt: skip

    def _text(self, call: Call) -> str:
        result = self._questions.result(*call.words)
        if isinstance(result, BadAnswer):
            raise result
        return str(result)

    def _tip(self) -> Block:
        block = self._questions.required("block", self._text(Call("tip")))
        return Block(block.natural("height"), block.hash("id"), block.time("timestamp"))

    # -- histories -------------------------------------------------------------------------------------------------

    def _used(self, scripts: Sequence[bytes]) -> list[bool]:
        """Whether each script was ever paid to; the transactions of those that were are kept."""
        names = [self._named(script) for script in scripts]
        pages = self._asker.ask([Call(f"{form}-txs", (name,)) for form, name in names])
        for (form, name), page in zip(names, pages, strict=True):
            rows = self._rows(Call(f"{form}-txs", (name,)), page)
            if rows:
                self._read_history(form, name, rows)
        return [bool(page) for page in pages]

    def _named(self, script: bytes) -> tuple[str, str]:
        """What a script is called: by its address, or by the hash of it."""
        address = address_of(script, self._network)
        return ("address", address) if address else ("scripthash", hashlib.sha256(script).hexdigest())

    def _rows(self, call: Call, page: Any) -> list[Answer]:
        """The transactions of a page."""
        if isinstance(page, NodeError):
            raise self._no_history(call, page)
        if isinstance(page, BadAnswer):
            raise page
        return Answer({"txs": page}, self._asker.where(call)).children("txs")

    def _no_history(self, call: Call, error: NodeError) -> CannotWork:
        name = call.params[0]
        if _is_too_long(error):
            way = "ask a server of your own with a higher limit, or a node (gitbtc import scan)"
            return CannotWork(f"{self._host}: {name} has a longer history than it shows ({error.said}); {way}")
        if error.code in (404, 405, 501):
            why = "there is no index behind it, or the url is not that of its API"
            return CannotWork(f"{self._host}: it looks up no addresses (HTTP {error.code}): {why}")
        return CannotWork(f"{self._host}: it does not tell the history of {name}: {error.said}")

    def _read_history(self, form: str, name: str, rows: list[Answer]) -> None:
        """All pages of a history, until there are as many transactions as the address has."""
        stats = self._questions.required(form, name)
        sides = [stats.child(side) for side in ("chain_stats", "mempool_stats")]
        counted = sum(side.natural("tx_count", _MOST) for side in sides)
        found = {row.hash("txid"): row for row in rows}
        while len(found) < counted:
            last = list(found)[-1]
            more = self._more(form, name, last, found)
            if not more:
                break
            found |= more
        self._check_count(name, found, counted, sides[1].natural("tx_count"))
        self._answers |= found
        self._balances[name] = sum(side.natural("funded_txo_sum") - side.natural("spent_txo_sum") for side in sides)

    def _more(self, form: str, name: str, last: str, found: dict[str, Answer]) -> dict[str, Answer]:
        """The transactions of the next page that are not found yet, by either way to ask for it."""
        for page_after in _PAGES:
            call = Call(f"{form}-more", (name + page_after.format(last),))
            (page,) = self._asker.ask([call])
            if isinstance(page, NodeError) and not _is_too_long(page):
                continue  # it takes another way, or knows no page after this one
            new = {row.hash("txid"): row for row in self._rows(call, page)}
            if not new.keys() <= found.keys():
                return {txid: row for txid, row in new.items() if txid not in found}
        return {}

    def _check_count(self, name: str, found: dict[str, Answer], counted: int, pending: int) -> None:
        if len(found) == counted:
            return
        listed = sum(not row.child("status").flag("confirmed") for row in found.values())
        if listed >= _MEMPOOL_LISTED and listed < pending:
            lists = f"{name} has {pending} unconfirmed transactions, of which it lists {listed}"
            raise CannotWork(f"{self._host}: {lists}; wait for blocks, or ask an Electrum server")
        raise Inconsistent(f"{self._host} lists {len(found)} transactions of {name}, and counts {counted}")

    # -- checks and oracles ----------------------------------------------------------------------------------------

    def _check_legacy(self, seen: dict[str, Seen], own: Collection[bytes]) -> None:
        """Hold what makes a coin with a legacy script against the transaction itself."""
        spent = {outpoint for one in seen.values() for outpoint in one.inputs}
        txids = [
            txid for txid, one in seen.items()
            if any(script in own and type_of(script) in _LEGACY and (txid, vout) not in spent
                   for vout, (_, script) in enumerate(one.outputs))
        ]  # fmt: skip
        calls = [Call("tx-hex", (txid,)) for txid in txids]
        for txid, call, text in zip(txids, calls, self._asker.ask(calls), strict=True):
            where = self._asker.where(call)
            if isinstance(text, BadAnswer):
                raise text
            if read_raw(text, txid, where).outputs != seen[txid].outputs:
                raise BadAnswer(f"{where}: {txid} has other outputs than {self._host} told")

    def _oracles(self, tip: Block) -> dict[str, list[Record]]:
        moment = {"block_height": tip.height, "source": self._host}
        oracles: dict[str, list[Record]] = {}
        rates = self._feerates()
        if rates is not None:
            reading = {f"target_{target}_block_sat_vbyte": rate for target, rate in rates.items()}
            oracles["fees"] = [{**moment, "timestamp": tip.time, **reading}]
        prices = self._optional("prices")
        price = prices.members.get("USD") if prices else None
        if prices and type(price) is int and price > 0:  # -1 where the server knows none
            oracles["prices"] = [{**moment, "timestamp": prices.time("time"), "price_usd": price}]
        return oracles

    def _feerates(self) -> dict[int, int | float] | None:
        """Feerates by target in blocks; None, and a notice, where not all of them are told."""
        answer = self._optional("fees-precise")
        names = {target: (name,) for target, name in _TARGETS.items()} if answer else _ESTIMATES
        answer = answer or self._optional("fee-estimates")
        if answer is None:
            return None
        found = {target: next((name for name in tried if name in answer), None) for target, tried in names.items()}
        if None in found.values():
            lacking = ", ".join(str(target) for target, name in found.items() if name is None)
            self._questions.notices.append(
                f"{self._host} estimates no feerate for {lacking} blocks; no fee record was made"
            )
            return None
        return {target: _rate(answer, str(name)) for target, name in found.items()}

    def _optional(self, method: str) -> Answer | None:
        result = self._questions.result(method)
        return None if isinstance(result, BadAnswer) else Answer(result, self._asker.where(Call(method)))


def _is_too_long(error: NodeError) -> bool:
    return any(words in error.said.lower() for words in _TOO_LONG)


def _rate(answer: Answer, name: str) -> int | float:
    rate: Decimal | int = answer.members[name]
    try:
        return told_feerate(rate)
    except NotAnAmount as error:
        raise BadAnswer(f"{answer.where}: {name}: {error}") from None


# -- a transaction -----------------------------------------------------------------------------------------------------


def seen_transaction(answer: Answer) -> Seen:
    """The transaction of one answer. Raises BadAnswer."""
    sources = answer.children("vin")
    spends = [source for source in sources if not source.flag("is_coinbase")]
    return Seen(
        answer.hash("txid"),
        [_outpoint(source) for source in spends],
        [source.natural("sequence") for source in spends],
        len(spends) < len(sources),
        [(output.natural("value", MAX_SAT), _script(output)) for output in answer.children("vout")],
        answer.natural("size"),
        answer.natural("weight"),
        answer.natural("fee", MAX_SAT) if "fee" in answer else None,
        _block(answer.child("status")),
    )


def _outpoint(source: Answer) -> Outpoint:
    return source.hash("txid"), source.natural("vout")


def _script(output: Answer) -> bytes:
    try:
        return bytes.fromhex(output.text("scriptpubkey"))
    except ValueError:
        raise BadAnswer(f"{output.where}: scriptpubkey: is not hex") from None


def _block(status: Answer) -> Block | None:
    """The block of a transaction; of one that is in none the rest of `status` is absent or null."""
    if not status.flag("confirmed"):
        return None
    return Block(status.natural("block_height"), status.hash("block_hash"), status.time("block_time"))


def _spent(answer: Answer) -> dict[Outpoint, int]:
    """What the inputs are worth, as far as it is told: `prevout` is null for a coinbase, and may be so for others."""
    told = [source for source in answer.children("vin") if not source.flag("is_coinbase") and "prevout" in source]
    return {_outpoint(source): source.child("prevout").natural("value", MAX_SAT) for source in told}
