"""scantxoutset: the coins of descriptors, from the set of all coins of a Bitcoin Core node, which needs no wallet.

| call | gives |
|---|---|
| getblockchaininfo, getnetworkinfo | the network; whether the node has caught up |
| scantxoutset start [{"desc", "range"}] | coins, with the block that made each, as of one block |
| getblockheader | the time of that block |
| estimatesmartfee 1, 6, 144 | fees |

It knows what is unspent in a block, and nothing else: no history, nothing that is unconfirmed, nothing of what is spent
but that it is not there any more. It is one moment by itself: the node looks at one block's coins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gitbtc.coins.scripts import address_of, script_of, type_of
from gitbtc.errors import CannotWork
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.asking import NodeQuestions
from gitbtc.sources.bitcoin_core import fee_records, network_of
from gitbtc.sources.core_answers import FEE_TARGETS, check_release, lag
from gitbtc.sources.genesis import check_network
from gitbtc.sources.own_scripts import Branch, Underivable, Walked, branches
from gitbtc.sources.snapshot import SourceSnapshot

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gitbtc.kinds.kind import Record
    from gitbtc.sources.asking import Asker
    from gitbtc.sources.snapshot import Outpoint

SOURCE = "scan"
_LAST_STEP = re.compile(r"/(\d+)\]")  # of the path to a key, in the descriptor that the node names beside a coin
UNKNOWN = (
    "a scan knows coins that a block holds, and nothing else: no history, no payment that is unconfirmed, nor what "
    "spent a coin"
)


def read_from(
    asker: Asker, descriptors: Sequence[Record], earlier: Collection[Record] = (), *, strict: bool = False
) -> SourceSnapshot:
    """The coins of `descriptors` that the node's set of coins has; `earlier` are the coin records that this source told
    before. A node that lags behind is mentioned, or refused if `strict`. Raises BadAnswer, CannotWork, and what the
    asker raises.
    """
    questions = NodeQuestions(asker, Answer)
    info = questions.required("getblockchaininfo")
    network = network_of(info)
    check_network(network, descriptors, "the node")
    if asker.live:
        check_release(questions)
    notices = lag(info, strict=strict)
    scan = _Scan(questions, descriptors)
    header = questions.required("getblockheader", scan.answer.hash("bestblock"))
    chain = {"network": network, "block_height": scan.answer.natural("height"),
             "block_hash": scan.answer.hash("bestblock"), "block_time": header.time("time")}  # fmt: skip
    coins = [_coin(answer, network) for answer in scan.answer.children("unspents")]
    total, listed = scan.answer.sat("total_amount"), sum(coin["amount_sat"] for coin in coins)
    if total != listed:
        raise BadAnswer(f"{scan.answer.where}: the coins are worth {listed} sat, and total_amount is {total} sat")
    fees = {target: questions.optional("estimatesmartfee", target) for target in FEE_TARGETS}
    records: dict[str, Any] = {
        "chain": chain, "utxos": coins, "descriptors": scan.walked.descriptors(), **fee_records(fees, chain, notices)
    }  # fmt: skip
    owned = frozenset((coin["txid"], coin["vout"]) for coin in coins) | scan.covered(earlier)
    return SourceSnapshot(
        SOURCE,
        network,
        records,
        owned,
        (*questions.notices, *notices, *(() if earlier else (UNKNOWN,))),
        complete=frozenset(["utxos"] if owned else []),  # who owns nothing knows nothing of what is gone
        descriptors=frozenset(record["id"] for record in descriptors),
        balance_sat=total,
    )


class _Scan:
    """The scan that reaches as far as the gap limits say: again and further, while coins lie near the end."""

    def __init__(self, questions: NodeQuestions[Answer], descriptors: Sequence[Record]) -> None:
        self._questions = questions
        found = [Branch(record, text) for record in descriptors for text in branches(str(record["descriptor"]))]
        self.walked = Walked(found)
        self.walked.start()
        while True:
            ends = [self.walked.end(number) for number in range(len(found))]
            self.answer = self._asked(ends)
            self._find(ends)
            if ends == [self.walked.end(number) for number in range(len(found))]:
                break

    def _asked(self, ends: list[int]) -> Answer:
        objects = [
            {"desc": branch.text, "range": [0, end - 1]} if branch.is_ranged else branch.text
            for branch, end in zip(self.walked.branches, ends, strict=True)
        ]
        answer = self._questions.required("scantxoutset", "start", objects)
        if not answer.flag("success"):
            raise CannotWork(f"{answer.where}: somebody at the node broke the scan off; nothing was imported")
        return answer

    def _find(self, ends: list[int]) -> None:
        """Note at which index of which branch each coin lies, by the path that the node names and the script."""
        for coin in self.answer.children("unspents"):
            script = coin.text("scriptPubKey")
            steps = {int(step) for step in _LAST_STEP.findall(coin.text("desc"))}
            for number, branch in enumerate(self.walked.branches):
                for index in steps if branch.is_ranged else ():
                    if index < ends[number] and _derived(branch, index) == script:
                        self.walked.note_used(number, index)

    def covered(self, coins: Collection[Record]) -> frozenset[Outpoint]:
        """Those of the coins that the scan would have found: of a script of its descriptors. Of descriptors that cannot
        be derived here any may be one.
        """
        listed = {(coin.hash("txid"), coin.natural("vout")) for coin in self.answer.children("unspents")}
        gone = {(coin["txid"], coin["vout"]): script_of(coin["address"]) for coin in coins}
        gone = {outpoint: script for outpoint, script in gone.items() if outpoint not in listed}
        if not gone:
            return frozenset()
        scripts = {
            _derived(branch, index)
            for number, branch in enumerate(self.walked.branches)
            for index in range(self.walked.end(number))
        }
        return frozenset(one for one, script in gone.items() if "" in scripts or (script and script.hex() in scripts))


def _derived(branch: Branch, index: int) -> str:
    """The script in hex; "" of a descriptor that cannot be derived here."""
    try:
        return branch.derived(index).hex()
    except Underivable:
        return ""


def _coin(answer: Answer, network: str) -> Record:
    try:
        script = bytes.fromhex(answer.text("scriptPubKey"))
    except ValueError:
        raise BadAnswer(f"{answer.where}: scriptPubKey: is not hex") from None
    if "coinbase" not in answer:
        raise CannotWork(f"{answer.where}: whether the coin is a coinbase's is not told; the node is older than 25.0")
    return {
        "txid": answer.hash("txid"),
        "vout": answer.natural("vout"),
        "amount_sat": answer.sat("amount"),
        "script_type": type_of(script),
        "address": address_of(script, network),
        "coinbase": answer.flag("coinbase"),
        "label": None,
        "block_height": answer.natural("height"),
        **({"block_hash": answer.hash("blockhash")} if "blockhash" in answer else {}),
    }
