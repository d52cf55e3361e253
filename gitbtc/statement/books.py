"""What the files of some roots say together at one moment, as a statement needs it."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.spends import CHAIN, COINS, EXECUTION, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import inputs
from gitbtc.spends.standing import LIVE, WAITING, standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint

    # The records of a root's file of a kind; of an object file one, none without the file. A coin may come twice.
    Records = Callable[[str], Iterable[Record]]

_NOT_YET = -1  # the height of what knows no block


class Tip(NamedTuple):
    """The block that a root is as of: height (blocks), hash, time (Unix seconds; None where nobody says)."""

    height: int
    block_hash: str = ""
    time: int | None = None
    network: str = ""


class Listed(NamedTuple):
    """What is needed of the record of a coin, in a quarter of its memory: amount (sat), the height of its block (None:
    no block holds it), whether a block's first transaction made it, its label and its address; and which root lists it.
    """

    amount_sat: int
    block_height: int | None
    coinbase: bool
    label: str | None
    address: str
    root: str


class Books:
    """Some roots at one moment, taken as one purse.

    `transactions`: txid -> record, the confirmed one where two roots tell one transaction differently; `holders`: txid
    -> the roots that tell it; `listed`: outpoint -> the coin, as the first root lists it; `tips`: root -> its block;
    `agents`: txid -> who made it, by the log ("" unknown); `is_reckoned`: whether the moment is reckoned from a later
    one, so that its list of coins is not whole.

    Reading raises KeyError or TypeError for records that are not as their schemas say, as far as it matters here:
    nothing is added up that is no whole number of satoshi.
    """

    def __init__(self, roots: Mapping[str, Records]) -> None:
        self.transactions: dict[str, Record] = {}
        self.holders: dict[str, list[str]] = {}
        self.listed: dict[Outpoint, Listed] = {}
        self.tips: dict[str, Tip] = {}
        self.agents: dict[str, str] = {}
        self.is_reckoned = False
        self._entries: dict[str, Record] = {}
        for root, records in roots.items():
            self._learn(root, records)

    def _learn(self, root: str, records: Records) -> None:
        highest = _NOT_YET
        for record in records(TRANSACTIONS):
            _check(record)
            txid = record["txid"]
            known = self.transactions.get(txid)
            if known is None or (record["confirmed"] and not known["confirmed"]):
                self.transactions[txid] = record
            self.holders.setdefault(txid, []).append(root)
            highest = max(highest, height_of(record))
        for coin in records(COINS):
            _amount(coin["amount_sat"])
            height = coin["block_height"]
            told = Listed(
                coin["amount_sat"], height, bool(coin.get("coinbase")), coin.get("label"), coin["address"], root
            )
            self.listed.setdefault((coin["txid"], coin["vout"]), told)
            highest = max(highest, _height(height))
        self._entries |= {entry["txid"]: entry for entry in records(MEMPOOL)}
        for event in records(EXECUTION):
            if event["txid"] and event["event_type"] not in ("reserve", "release"):
                self.agents[event["txid"]] = event.get("agent") or self.agents.get(event["txid"], "")
        self.tips[root] = _tip(records(CHAIN), highest)

    def is_confirmed(self, txid: str) -> bool:
        """Whether a block holds the transaction."""
        record = self.transactions.get(txid)
        return record is not None and record["confirmed"] is True

    def confirmed(self) -> Iterator[Record]:
        """The transactions that a block holds."""
        return (record for record in self.transactions.values() if record["confirmed"] is True)

    def unconfirmed(self) -> list[tuple[Record, bool]]:
        """Each transaction that no block holds and that has not lost, by txid, and whether it makes coins: one that
        waits outside every mempool claims what it spends, and is no money yet.
        """
        waiting = {txid for txid, record in self.transactions.items() if record["confirmed"] is not True}
        found = []
        for txid in sorted(waiting | (self._entries.keys() - self.transactions.keys())):
            record = self.transactions.get(txid)
            state = standing(record, self._entries.get(txid), is_named=False).state
            if state in (LIVE, WAITING):
                found.append((record or self._entries[txid], state == LIVE))
        return found

    def amount_of(self, outpoint: Outpoint) -> int | None:
        """What an output is worth (sat): by the list of coins, or by the transaction that made it; None: not known."""
        coin = self.listed.get(outpoint)
        if coin is not None:
            return coin.amount_sat
        made = self.transactions.get(outpoint[0], {}).get("outputs", ())
        return next((output["amount_sat"] for output in made if output["vout"] == outpoint[1]), None)

    def up_to(self, height: int) -> Books:
        """The moment at which the tip was at `height`, as far as these books tell it: what later blocks hold is not
        there yet, and nothing is pending. For a moment of which there is no commit.
        """
        past = Books({})
        past.is_reckoned = True
        past.transactions = {
            txid: one for txid, one in self.transactions.items() if _NOT_YET < height_of(one) <= height
        }
        past.holders = {txid: self.holders[txid] for txid in past.transactions}
        past.agents = self.agents
        spent = {outpoint for record in past.transactions.values() for outpoint in inputs(record)}
        for outpoint, coin in self.listed.items():
            if self._is_there(outpoint, coin, height) and outpoint not in spent:
                past.listed[outpoint] = coin
        past.tips = {root: Tip(min(height, tip.height), network=tip.network) for root, tip in self.tips.items()}
        return past

    def _is_there(self, outpoint: Outpoint, coin: Listed, height: int) -> bool:
        """Whether a coin was there at `height`; of one that knows no block and no transaction nobody can tell."""
        record = self.transactions.get(outpoint[0])
        found = height_of(record) if record else _height(coin.block_height)
        return _NOT_YET < found <= height


def height_of(record: Record) -> int:
    """The height of the block that holds a transaction, below all blocks where none does."""
    return _height(record.get("block_height")) if record["confirmed"] is True else _NOT_YET


def _height(given: int | None) -> int:
    return _NOT_YET if given is None else given


def _check(record: Record) -> None:
    """Raise TypeError or KeyError for a transaction that cannot be counted."""
    height = record["block_height"]
    if type(record["confirmed"]) is not bool or (record["confirmed"] and type(height) is not int):
        raise TypeError(f"{record['txid']}: confirmed, block_height")
    for output in record["outputs"]:
        _amount(output["amount_sat"])
    for spent in record["inputs"]:
        if spent["amount_sat"] is not None:
            _amount(spent["amount_sat"])


def _amount(amount: object) -> None:
    if type(amount) is not int or amount < 0:
        raise TypeError(f"amount_sat: {amount!r}")


def _tip(chain: Iterable[Record], highest: int) -> Tip:
    """The block that a root names, or the highest that its records name."""
    for one in chain:
        return Tip(one["block_height"], one["block_hash"], one["block_time"], one["network"])
    return Tip(highest)
