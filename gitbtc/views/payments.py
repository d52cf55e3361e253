"""Coins that came and went, as payments: what a transaction spends, its change and its fee are one line.

The amount of a line is what the wallet has more or less by it, a payment's fee within, so that the lines add up to the
change of the balance. Whether an output that nobody lists is the wallet's own cannot be seen in the files. So a
transaction that spends what another one of the same change made is told in one line with it: their sum is known.
"""

from __future__ import annotations

from gitbtc.views import terms
from gitbtc.views.beside import feerate, made_by, spent_by, total
from gitbtc.views.table import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from gitbtc.kinds.kind import Record
    from gitbtc.views.beside import Beside, Outpoint

    Coins = Mapping[Outpoint, Record]

MOST_ALIKE = 3  # as many receipts with one label are shown one by one
MOST_UNNAMED = 5  # as many without any are, where a view tells a long history
_ELSEWHERE = "its spender is not in the work tree: see `gitbtc diff`"
MONEY = frozenset([1])  # the column of amounts


class Movement:
    """Coins that came and went together. `transactions`: what moved them, as far as it is known, in the order in which
    one spends the other.
    """

    __slots__ = ("came", "gone", "transactions")

    def __init__(self, gone: Coins, came: Coins, transactions: Sequence[Record]) -> None:
        self.gone = gone
        self.came = came
        self.transactions = transactions

    @property
    def sat(self) -> int | None:
        """By how much the balance changes; None where an amount is no whole number."""
        came = total(coin.get("amount_sat") for coin in self.came.values())
        gone = total(coin.get("amount_sat") for coin in self.gone.values())
        return None if came is None or gone is None else came - gone

    @property
    def is_payment(self) -> bool:
        """Whether a transaction is known that spends coins of the wallet."""
        return bool(self.gone and self.transactions)

    @property
    def seconds(self) -> int | None:
        """When a block confirmed it; None where that is not known."""
        times = [record.get("block_time") for record in self.transactions]
        return max((time for time in times if type(time) is int), default=None)

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it stands among others: by time, what no block has dated last."""
        heights = [record.get("block_height") for record in (*self.transactions, *self.came.values())]
        height = max((height for height in heights if type(height) is int), default=None)
        first = min((*self.gone, *self.came))
        return height is None and self.seconds is None, height or 0, self.seconds or 0, not self.gone, first


def movements(gone: Coins, came: Coins, beside: Beside) -> list[Movement]:
    """What moved the coins, sorted by time."""
    spenders = beside.spenders(set(gone))
    makers = beside.transactions({txid for txid, _ in came})
    records = {record["txid"]: record for record in spenders.values()} | makers
    together = _together(spenders, makers, records, came, beside)
    found: dict[Any, tuple[dict[Outpoint, Record], dict[Outpoint, Record]]] = {}
    for outpoint, coin in gone.items():
        spender = spenders.get(outpoint)
        found.setdefault(together[spender["txid"]] if spender else outpoint, ({}, {}))[0][outpoint] = coin
    for outpoint, coin in came.items():
        group = together.get(outpoint[0])
        found.setdefault(group or (outpoint[0], coin.get("label")), ({}, {}))[1][outpoint] = coin
    members: dict[Any, list[str]] = {}
    for txid, group in together.items():
        members.setdefault(group, []).append(txid)
    told = []
    for group, (out, into) in found.items():
        # Who made a coin says nothing of who spent it.
        named = members.get(group) or [txid for txid, _ in list(into)[:1]]
        told.append(Movement(out, into, [records[txid] for txid in named if txid in records]))
    return sorted(told, key=lambda movement: movement.place)


def _together(
    spenders: Coins, makers: Mapping[str, Record], records: dict[str, Record], came: Coins, beside: Beside
) -> dict[str, str]:
    """txid -> the first transaction of those that it is told with, for each that spends coins of the wallet."""
    first = {record["txid"]: record["txid"] for record in spenders.values()}
    parents = _parents(first, records, came, beside) if first and makers.keys() - first.keys() else {}
    for txid in sorted(makers.keys() & parents.keys() - first.keys()):
        above = _above(txid, parents)
        groups = {first[one] for one in above if one in first}
        joined = min(groups)
        first |= {one: joined for one, at in list(first.items()) if at in groups}
        first |= dict.fromkeys((one for one in above if one not in first), joined)
    return first


def _parents(first: Iterable[str], records: dict[str, Record], came: Coins, beside: Beside) -> dict[str, set[str]]:
    """txid -> the transactions whose outputs, listed nowhere, it spends; from those `first` on. Adds to `records`."""
    parents: dict[str, set[str]] = {}
    ahead = set(first)
    while ahead:
        made = {outpoint: txid for txid in ahead for outpoint in made_by(records[txid]) if outpoint not in came}
        ahead = set()
        for outpoint, record in beside.spenders(set(made)).items():
            if record["txid"] not in parents:
                ahead.add(record["txid"])
            records.setdefault(record["txid"], record)
            parents.setdefault(record["txid"], set()).add(made[outpoint])
    return parents


def _above(txid: str, parents: Mapping[str, set[str]]) -> list[str]:
    """The transaction, after those that it comes from."""
    found, ahead = [txid], [txid]
    while ahead:
        more = sorted(parents.get(ahead.pop(), set()) - set(found))
        found += more
        ahead += more
    return found[::-1]


# -- words -------------------------------------------------------------------------------------------------------------


class Page:
    """The rows of some movements: date, amount, what for, fee, id, and what else there is to say.

    `beyond` answers what a coin that came has to say besides, `length` to how many characters ids are cut, `year` is
    the one that a reader knows; in `full`, many alike receipts are not told as one.
    """

    def __init__(  # noqa: PLR0913 - what a view knows and how it is to look
        self, told: Sequence[Movement], beside: Beside, *, length: int, beyond: Callable[[Record], list[str]],
        year: int | None = None, is_history: bool = False, full: bool = False,
    ) -> None:  # fmt: skip
        self._told = told
        self._full = full
        self._is_certain = beside.is_certain
        self._is_history = is_history
        self._length = length
        self._beyond = beyond
        self._labels = beside.labels({address for movement in told for address in _addresses(movement)})
        times = [movement.seconds for movement in told]
        self.days = terms.days(time for time in times if time is not None)
        # A headline has the year, unless there are several.
        years = {terms.day(time)[-4:] for time in times if time is not None}
        self._in_one_year = len(years) == 1 if year is None else years == {str(year)}

    def rows(self) -> Iterator[Row]:
        """A row a movement; receipts with one label share one where they are many."""
        return (row for _, row in self.rows_of())

    def rows_of(self) -> Iterator[tuple[Movement, Row]]:
        """The rows, each with the movement that it is about, or with the first of them."""
        alike: dict[str | None, list[Movement]] = {}
        for movement in self._told:
            if self._can_fold(movement):
                alike.setdefault(_name(movement), []).append(movement)
        for movement in self._told:
            many = alike.get(_name(movement), []) if self._can_fold(movement) else []
            if len(many) <= (MOST_ALIKE if _name(movement) else MOST_UNNAMED):
                yield movement, self._row(movement)
            elif movement is many[0]:
                yield movement, self._folded(many)

    def _can_fold(self, movement: Movement) -> bool:
        """Whether it can be counted together with others of its name: it is a receipt, and there is no more to say."""
        is_named = bool(_name(movement)) or self._is_history
        return not (self._full or movement.gone) and is_named and not any(map(self._beyond, movement.came.values()))

    def _folded(self, many: Sequence[Movement]) -> Row:
        sat = total(movement.sat for movement in many)
        period = terms.days(time for movement in many if (time := movement.seconds) is not None)
        label = _name(many[0])
        what = terms.quoted(label) if label else ""
        number = terms.counted(len(many), ("receipt", "receipts"))
        return Row("+", ["", _signed(sat), what, "", number, period], ["", _signed(sat), what, number])

    def _row(self, movement: Movement) -> Row:
        role = "+" if not movement.gone else "-"
        sat = movement.sat
        if movement.is_payment and sat is not None and sat >= 0:
            role = "+"
        head = [self._day(movement), _signed(sat), self._what(movement)]
        tail = [self._ids(movement), *self._more(movement)]
        cells, brief = ([*head, _fee(movement, with_rate=rate), *tail] for rate in (True, False))
        return Row(role, cells, brief)

    def _day(self, movement: Movement) -> str:
        """The day of its block; empty where nobody dated that."""
        return terms.day(movement.seconds, year=not self._in_one_year) if movement.seconds is not None else ""

    def _what(self, movement: Movement) -> str:
        labels = [self._label(movement, record) for record in movement.transactions]
        if movement.is_payment:
            return ", ".join(dict.fromkeys(label for label in labels if label)) or _whereto(movement)
        coins = (*movement.came.values(), *movement.gone.values())
        own = [terms.quoted(coin["label"]) for coin in coins if type(coin.get("label")) is str]
        named = own or [label for label in labels if label] or self._called(coins)
        if named:
            return ", ".join(dict.fromkeys(named))
        if any(coin.get("coinbase") is True for coin in coins):
            return "mined"
        places = {str(coin["address"]) for coin in coins if coin.get("address")}
        return terms.short_address(places.pop()) if len(places) == 1 else ""

    def _label(self, movement: Movement, record: Record) -> str:
        """What a transaction is for: as it is called, or as those are called whom it pays."""
        label = record.get("label")
        if type(label) is str and label:
            return terms.quoted(label)
        paid = _paid(movement, record) if movement.is_payment else []
        return ", ".join(dict.fromkeys(self._called(paid)))

    def _called(self, places: Iterable[Record]) -> list[str]:
        """The labels of addresses."""
        known = (self._labels.get(str(place.get("address"))) for place in places)
        return [terms.quoted(label) for label in known if label is not None]

    def _ids(self, movement: Movement) -> str:
        if movement.is_payment:
            return ", ".join(terms.short(record["txid"], self._length) for record in movement.transactions)
        outpoints = [*movement.came, *movement.gone]
        txid, vout = outpoints[0]
        return terms.short(txid, self._length) + (f":{vout}" if len(outpoints) == 1 else "")

    def _more(self, movement: Movement) -> list[str]:
        coins = list(movement.came.values())
        beyond = [text for coin in coins for text in self._beyond(coin)]
        if not movement.is_payment:
            if movement.gone and not movement.transactions:
                return ["no transaction is known to spend it" if self._is_certain else _ELSEWHERE]
            number = [terms.counted(len(coins), ("coin", "coins"))] if len(coins) > 1 else []
            return ["  ".join([*number, *self._depth(movement), *beyond])]
        change = total(coin.get("amount_sat") for coin in coins)
        amount = [terms.money(change)] if change is not None else []
        several = [f"in {len(coins)} coins"] if len(coins) > 1 else []
        labels = [terms.quoted(coin["label"]) for coin in coins if type(coin.get("label")) is str and coin["label"]]
        words = ["change", *amount, *several, *dict.fromkeys(labels)] if coins else []
        return ["  ".join([" ".join(words), *beyond] if words else beyond)]

    def _depth(self, movement: Movement) -> list[str]:
        """The height of a receipt that no day tells of, and that there is none."""
        if movement.seconds is not None:
            return []
        heights = [height for coin in movement.came.values() if type(height := coin.get("block_height")) is int]
        return [f"block {max(heights)}"] if heights else ["unconfirmed"]


def _name(movement: Movement) -> str | None:
    """How the first coin that came is called."""
    label = next(iter(movement.came.values()), {}).get("label")
    return label if type(label) is str and label else None


def _signed(sat: int | None) -> str:
    return "?" if sat is None else terms.money(sat, signed=True)


def _fee(movement: Movement, *, with_rate: bool) -> str:
    """What the transactions of a payment pay the miner; empty where that is not known of each."""
    fees = [record.get("fee_sat") for record in movement.transactions]
    fee = total(fees)
    if not movement.is_payment or fee is None:
        return ""
    rate = feerate(movement.transactions[0]) if with_rate and len(fees) == 1 else ""
    return f"fee {terms.sats(fee)}" + (f" ({rate})" if rate else "")


def _paid(movement: Movement, record: Record) -> list[Record]:
    """The outputs that did not come to the wallet, and that nothing else of the movement spends."""
    made = record.get("outputs")
    named = set(made_by(record)) - movement.came.keys() - _spent_within(movement)
    listed = made if type(made) is list else []
    return [one for one in listed if type(one) is dict and (record["txid"], one.get("vout")) in named]


def _spent_within(movement: Movement) -> set[Outpoint]:
    return {outpoint for record in movement.transactions for outpoint in spent_by(record)}


def _whereto(movement: Movement) -> str:
    """The addresses that are paid, for a payment that nobody gave a name."""
    if not all(made_by(record) for record in movement.transactions):
        return ""
    paid = [one for record in movement.transactions for one in _paid(movement, record)]
    places = list(dict.fromkeys(str(one.get("address")) for one in paid if one.get("address")))
    if len(places) > 1:
        return f"to {len(places)} addresses"
    return f"to {terms.short_address(places[0])}" if places else "" if paid else "within the wallet"


def _addresses(movement: Movement) -> Iterator[str]:
    for coin in (*movement.came.values(), *movement.gone.values()):
        yield str(coin.get("address"))
    for record in movement.transactions:
        yield from (str(one.get("address")) for one in _paid(movement, record))
