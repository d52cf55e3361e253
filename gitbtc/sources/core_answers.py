"""What Bitcoin Core is asked for one read of a wallet, and whether its answers belong together."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gitbtc.errors import CannotWork
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.asking import BITCOIN_CLI, Call, Inconsistent, NodeError, NodeQuestions, NotAnswered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.sources.asking import Asker
    from gitbtc.sources.core_cursor import Cursor

_DEEPEST = 9_999_999  # confirmations
_POOL = ("getrawmempool", True)
NOT_KNOWN = -5  # a txid, a block, an address that the node does not know
TARGET = 6  # blocks: how deep a transaction must be so that it is not asked for again
_OLDEST = 250_000  # 25.0
_MAY_LAG = 2  # blocks
FEE_TARGETS = (1, 6, 144)


def since(block_hash: str) -> Call:
    """The call that lists what happened after a block; after none, everything.

    The last parameter is include_change: without it, a transaction that pays own change addresses alone is in no list.
    """
    return Call("listsinceblock", (block_hash, TARGET, True, True, True))


class CoreAnswers:
    """The answers of one read. What `cursor` has of an earlier one is not asked for again, where what is told shows
    whether something was missed; a node that lags behind is refused if `strict`.

    `listed` are the transactions that were asked for, by txid: all but those of the `cursor`, which is None where
    everything was asked for. `unspent` are the coins that these make, and `raw` says more of some of them. `book` maps
    an address to its label and purpose, and is None when the answers do not tell; `entries` maps an unconfirmed
    transaction to its mempool entry, and is None when the answers do not know the mempool. Raises Inconsistent for
    answers that do not belong together, BadAnswer for what cannot be read.
    """

    def __init__(self, asker: Asker, cursor: Cursor | None = None, *, strict: bool = False) -> None:
        self._questions = NodeQuestions(asker, Answer)
        self.live = asker.live
        self.info = self._questions.required(BITCOIN_CLI.first)
        self.wallet = self._questions.optional("getwalletinfo")
        self.cursor = cursor if cursor and not cursor.is_old(self.info.natural("blocks")) else None
        self._check_ready()
        self._questions.notices += lag(self.info, strict=strict)
        self.book = self._address_book()
        self.balances = self._questions.optional("getbalances")
        if self.book is None or self.balances is None:
            self.cursor = None
        self.next_block = ""
        self.listed = self._listed_transactions()
        self.entries = self._mempool_entries()
        self.raw = self._raw()
        self.unspent = self._unspent()
        self.locked = self._questions.optional_list("listlockunspent") or []
        self.descriptors = self._questions.optional("listdescriptors")
        self.fees = {target: self._questions.optional("estimatesmartfee", target) for target in FEE_TARGETS}
        self.peers = [] if self.live else self._questions.optional_list("getpeerinfo") or []
        self._check_still()
        self.notices = self._questions.notices

    def _check_ready(self) -> None:
        """Refuse a node that is too old, and a wallet that does not know its own transactions yet."""
        if self.live:
            check_release(self._questions)
        scanning = self.wallet.members.get("scanning") if self.wallet else None
        if isinstance(scanning, dict):
            done = scanning.get("progress")
            share = f": {int(done * 100)} %" if isinstance(done, int | Decimal) else ""
            raise CannotWork(f"the wallet is being rescanned{share}; wait")
        is_first = self.cursor is None  # of a source that is followed, it is said once
        if self.live and is_first and self.wallet and self.wallet.flag("private_keys_enabled"):
            self._questions.notices.append(
                "this wallet can sign; gitbtc only reads, but a watch-only copy is safer (exportwatchonlywallet from "
                "32 on)"
            )

    def _listed_transactions(self) -> dict[str, Answer]:
        """gettransaction of every transaction of the wallet that the cursor does not have, as many as the wallet
        counts.
        """
        listed = self._listed()
        self.next_block = listed.text_or_empty("lastblock")
        rows = [*listed.children("transactions"), *listed.children("removed")]
        txids = list(dict.fromkeys(row.hash("txid") for row in rows if "txid" in row))
        found = self._questions.each(Call("gettransaction", (txid, True, True)) for txid in txids)
        lacking = [answer for answer in found if isinstance(answer, NotAnswered)]
        if lacking:
            raise Inconsistent(f"{lacking[0]} (the lists beside it name {len(lacking)} such)")
        answers = {txid: told(answer) for txid, answer in zip(txids, found, strict=True)}
        kept = self.cursor.facts.count - len(self.cursor.known(answers)) if self.cursor else 0
        self._check_count(kept + len(answers))
        return answers

    def _listed(self) -> Answer:
        """The list of what happened after the cursor; of all, where the node does not know the cursor's block."""
        if self.cursor:
            call = since(self.cursor.facts.block_hash)
            result = self._questions.result(*call.words)
            if not isinstance(result, BadAnswer):
                return Answer(result, self._questions.asker.where(call))
            self.cursor = None
        return self._questions.required(*since("").words)

    def _check_count(self, count: int) -> None:
        counted = self.wallet.natural("txcount") if self.wallet and "txcount" in self.wallet else count
        if count != counted:
            raise Inconsistent(
                f"there are answers of {count} transactions, but getwalletinfo counts {counted} in the wallet "
                f"(txcount); ask gettransaction for every txid of `{BITCOIN_CLI.typed(since(''))}`: its last "
                "parameter, include_change, lists also what pays own change addresses alone, which listtransactions "
                "leaves out"
            )

    def _address_book(self) -> dict[str, tuple[str, str]] | None:
        labels = self._questions.optional_texts("listlabels")
        if labels is None:
            return None
        named = [label for label in labels if label]
        if not named and not self.live:  # recorded without the addresses, it may be of a wallet that keeps none
            return None
        found = self._questions.each(Call("getaddressesbylabel", (label,)) for label in named)
        if any(isinstance(answer, NotAnswered) for answer in found):
            return None
        book: dict[str, tuple[str, str]] = {}
        for label, addresses in zip(named, found, strict=True):
            if isinstance(addresses, NodeError):  # renamed in between
                raise Inconsistent(str(addresses))
            answer = told(addresses)
            book |= {address: (label, answer.child(address).text_or_empty("purpose")) for address in answer.members}
        return book

    @cached_property
    def _waiting(self) -> list[str]:
        return [txid for txid, answer in self.listed.items() if answer.integer("confirmations") == 0]

    def _mempool_entries(self) -> dict[str, Answer] | None:
        waiting = self._waiting
        if not waiting and not self.live and self._questions.optional(*_POOL) is None:
            return None
        found = self._questions.each(Call("getmempoolentry", (txid,)) for txid in waiting)
        unknown = [answer for answer in found if isinstance(answer, NotAnswered)]
        if unknown:
            self._questions.notices.append(
                f"which unconfirmed transactions are in the mempool is not told: {unknown[0]}"
            )
            return None
        pairs = zip(waiting, found, strict=True)
        return {txid: told(answer) for txid, answer in pairs if getattr(answer, "code", 0) != NOT_KNOWN}

    def _raw(self) -> dict[str, Answer]:
        """getrawtransaction of what has inputs of other wallets; a node that has pruned their block cannot tell."""
        parents = {txid: _parents(answer) for txid, answer in self.listed.items()}
        known = {*self.listed}
        if self.cursor:
            known |= self.cursor.known({one for found in parents.values() for one in found or ()} - known)
        calls = [
            Call("getrawtransaction", (txid, 2, *_block_of(self.listed[txid])))
            for txid, found in parents.items() if found is None or not found <= known
        ]  # fmt: skip
        found = [answer for answer in self._questions.each(calls) if isinstance(answer, Answer)]
        return {answer.hash("txid"): answer for answer in found}

    def _unspent(self) -> list[Answer]:
        """The coins of the transactions that are listed: none of them is deeper than these. All coins, where some
        transaction may have been given up without a word.
        """
        deepest = _DEEPEST
        is_outside = any(txid not in (self.entries or {}) for txid in self._waiting)
        if self.cursor and not is_outside:
            if not self.listed:
                return []
            deepest = max(0, *(answer.integer("confirmations") for answer in self.listed.values()))
        asked: tuple[Any, ...] = (0, deepest, [], True, {"include_immature_coinbase": True})
        return self._questions.optional_list("listunspent", *asked) or []

    def _check_still(self) -> None:
        """A wallet that a block or a transaction reached in between is read again: the answers are of two moments."""
        if not self.live or self.wallet is None:
            return
        again = self._questions.required("getwalletinfo")
        for name in ("lastprocessedblock", "txcount"):
            if again.members.get(name) != self.wallet.members.get(name):
                raise Inconsistent(f"getwalletinfo: {name} has changed")


def check_release(questions: NodeQuestions[Answer]) -> None:
    """Refuse a node that is too old."""
    version = questions.required("getnetworkinfo").natural("version")
    if version < _OLDEST:
        raise CannotWork(f"Bitcoin Core {_OLDEST // 10_000} or later is needed; this is {_release(version)}")


def lag(info: Answer, *, strict: bool) -> list[str]:
    """What a node says that has not caught up is true, but old: a line that mentions that; refused if `strict`."""
    behind = max(0, info.natural("headers") - info.natural("blocks")) if "headers" in info else 0
    downloading = info.flag("initialblockdownload")
    if not downloading and behind <= _MAY_LAG:
        return []
    doing = "the node is still downloading the chain" if downloading else "the node lags"
    told = f"{doing}: it has block {info.natural('blocks')}, {behind} behind the headers that it knows"
    if strict:
        raise CannotWork(f"{told}; wait, or leave --strict out")
    return [told]


def _release(version: int) -> str:
    """290403 as 29.4; before 22.0, 210100 as 0.21.1."""
    major, minor = divmod(version // 100, 100)
    return f"{major}.{minor}" if version >= 220_000 else f"0.{major}.{minor}"


def told(answer: Answer | BadAnswer) -> Answer:
    """The answer, which must be there."""
    if isinstance(answer, BadAnswer):
        raise answer
    return answer


def _block_of(answer: Answer) -> tuple[str, ...]:
    """Where the transaction is: without an index of all transactions a node finds it only there."""
    return (answer.hash("blockhash"),) if "blockhash" in answer else ()


def _parents(answer: Answer) -> set[str] | None:
    """Whose outputs a transaction spends; None where that is not told."""
    if "decoded" not in answer:
        return None
    sources: Iterable[Answer] = answer.child("decoded").children("vin")
    return {source.hash("txid") for source in sources if "coinbase" not in source}
