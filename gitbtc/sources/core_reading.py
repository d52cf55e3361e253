"""What the answers of one read make of a wallet: all of it, or what may be otherwise than it was told last.

What lies deep does not change but by what is listed now: an output is spent, a label is given, a coin is locked. Such
transactions are taken up again with those beside them that say something of them, and nothing else is read.
"""

from __future__ import annotations

from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from gitbtc.sources import ledger_records
from gitbtc.sources.asking import Inconsistent
from gitbtc.sources.core_answers import TARGET
from gitbtc.sources.core_cursor import Came, Facts, Passing, Reached
from gitbtc.sources.core_labels import Sighting, category, label_records, left_out, sightings
from gitbtc.sources.snapshot import Asked, SinceLast
from gitbtc.sources.wallet_ledger import Ledger, read_transaction, told_amounts
from gitbtc.spends import COINS, LABELS, TRANSACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from gitbtc.kinds.kind import Key, Record
    from gitbtc.sources.answers import Answer
    from gitbtc.sources.core_answers import CoreAnswers
    from gitbtc.sources.core_cursor import Cursor, Deep
    from gitbtc.sources.snapshot import Outpoint
    from gitbtc.sources.wallet_ledger import Transaction


class WholeWallet:
    """The wallet by its `answers`, and by what was kept of earlier ones."""

    def __init__(self, answers: CoreAnswers) -> None:
        self._answers = answers
        kept = answers.cursor.all_deep() if answers.cursor else {}
        transactions = {txid: _kept(one, answers) for txid, one in kept.items()} | _listed(answers)
        self.ledger = _ledger(answers, transactions, kept)

    @cached_property
    def worth(self) -> int:
        """What all coins are worth (sat)."""
        return sum(output.amount_sat for _, output in self.ledger.coins())

    @property
    def owned(self) -> Container[Outpoint]:
        """All outputs of the wallet, spent, lost or not."""
        return self.ledger.owned()

    def records(
        self, dated: Mapping[tuple[str, str], int], chain: Record, notices: list[str]
    ) -> dict[str, list[Record]]:  # fmt: skip
        """The records of transactions, coins and labels. `dated`: see label_records."""
        seen = sightings(self.ledger.transactions.values())
        return {
            TRANSACTIONS: ledger_records.transactions(self.ledger),
            COINS: ledger_records.coins(self.ledger, _locked(self._answers)),
            LABELS: label_records(seen, self._answers.book or {}, dated, chain, notices),
        }

    def reached(self, descriptors: frozenset[str]) -> Reached | None:
        """From where to read on; None when there is no such block, or what is kept would not be whole."""
        amounts = {(one.txid, output.vout): output.amount_sat for one, output in self.ledger.coins()}
        return _reached(self._answers, self, descriptors, amounts)


class WalletSince:
    """What may be otherwise than it was told last, by `answers` that read on from `cursor`."""

    def __init__(self, answers: CoreAnswers, cursor: Cursor) -> None:
        self._answers = answers
        self._book = answers.book or {}
        self._cursor = cursor
        self._before = before = cursor.facts
        self._kept: dict[str, Deep] = {}
        self._transactions = _listed(answers)
        listed = [*self._transactions.values()]
        self._vanished = before.passing.keys() - answers.listed.keys()
        relabelled = {address for address, _ in self._book.items() ^ before.book.items()}
        parents = {parent for txid in self._vanished for parent in before.passing[txid].parents}
        self._add(parents | {parent for one in listed for parent, _ in one.inputs})
        self._add(cursor.children(parents) | cursor.spenders(outpoint for one in listed for outpoint in one.inputs))
        self._add(txid for txid, _ in _locked(answers) | before.locked)
        self._add(cursor.showing(relabelled))
        # Who took a lost one's place is told of what depends on it, too.
        self._add_all(lambda lost: cursor.children(one.txid for one in lost))
        self._txids = frozenset(self._transactions)  # which are told anew
        self._addresses = {  # whose labels are
            *relabelled, *left_out(self._book), *(row.address for one in listed for row in one.rows),
            *(address for txid in self._vanished for address in before.passing[txid].addresses),
        }  # fmt: skip
        self._add_what_tells_of_them()
        self.ledger = _ledger(answers, self._transactions, self._kept)

    def _add(self, txids: Iterable[str]) -> None:
        found = self._cursor.deep({*txids} - self._transactions.keys())
        self._kept |= found
        self._transactions |= {txid: _kept(one, self._answers) for txid, one in found.items()}

    def _add_what_tells_of_them(self) -> None:
        """Whose outputs they spend, who spends theirs; of what is in no block who stands against it."""
        self._add(parent for txid in self._txids for parent, _ in self._transactions[txid].inputs)
        self._add(self._cursor.children(self._txids))
        self._add_all(
            lambda lost: (
                {txid for one in lost for txid in (*one.rivals, *(parent for parent, _ in one.inputs))}
                | self._cursor.spenders(outpoint for one in lost for outpoint in one.inputs)
            )
        )

    def _add_all(self, beside: Callable[[list[Transaction]], Iterable[str]]) -> None:
        """Add what lies `beside` those that no block holds, and beside these."""
        count = 0
        while count < len(self._transactions):
            count = len(self._transactions)
            self._add(beside([one for one in self._transactions.values() if not one.confirmed]))

    @cached_property
    def _coins(self) -> dict[Outpoint, Record]:
        found = ledger_records.coins(self.ledger, _locked(self._answers), self._txids)
        return {(coin["txid"], coin["vout"]): coin for coin in found}

    @cached_property
    def _coins_before(self) -> dict[Outpoint, int]:
        return self._cursor.coins(self._txids | self._vanished)

    @cached_property
    def worth(self) -> int:
        """See WholeWallet."""
        now: int = sum(coin["amount_sat"] for coin in self._coins.values())
        return self._before.worth + now - sum(self._coins_before.values())

    @property
    def owned(self) -> Container[Outpoint]:
        """See WholeWallet."""
        return Asked(self._owns)

    def _owns(self, outpoint: Outpoint) -> bool:
        txid, vout = outpoint
        if txid in self._transactions:
            return vout in self._transactions[txid].ours
        return any(vout in one.ours for one in self._cursor.deep([txid]).values())

    @property
    def known(self) -> Container[str]:
        """The transactions of the wallet."""
        return Asked(lambda txid: txid in self._answers.listed or bool(self._cursor.known([txid])))

    def records(
        self, dated: Mapping[tuple[str, str], int], chain: Record, notices: list[str]
    ) -> dict[str, SinceLast]:  # fmt: skip
        """See WholeWallet."""
        transactions = ledger_records.transactions(self.ledger, self._txids)
        changes: dict[str, dict[Key, Record | None]] = {
            TRANSACTIONS: {
                **dict.fromkeys((txid,) for txid in self._vanished), **{(one["txid"],): one for one in transactions}
            },
            COINS: dict.fromkeys(self._coins_before) | self._coins,
            LABELS: self._labels(dated, chain, notices),
        }  # fmt: skip

        @cache
        def all_records() -> dict[str, list[Record]]:
            return WholeWallet(self._answers).records(dated, chain, [])

        def whole(name: str) -> list[Record]:
            return all_records()[name]

        return {name: SinceLast(self._before.word, changed, partial(whole, name)) for name, changed in changes.items()}

    def _labels(
        self, dated: Mapping[tuple[str, str], int], chain: Record, notices: list[str]
    ) -> dict[Key, Record | None]:  # fmt: skip
        before, now = ({address: book[address] for address in self._addresses & book.keys()}
                       for book in (self._before.book, self._book))  # fmt: skip
        first = self._cursor.first_shown(now).items()
        kept = [Sighting(time, txid, address, now[address][0], made) for address, (time, txid, made) in first]
        seen = [*kept, *sightings(self._transactions[txid] for txid in self._answers.listed)]
        records = {(one["address"], one["label"]): one for one in label_records(seen, now, dated, chain, notices)}
        return dict.fromkeys((address, label) for address, (label, _) in before.items()) | records

    def reached(self, descriptors: frozenset[str]) -> Reached | None:
        """See WholeWallet."""
        now = {outpoint: coin["amount_sat"] for outpoint, coin in self._coins.items()}
        before = self._coins_before
        apart = {one: now.get(one) for one in now.keys() | before.keys() if now.get(one) != before.get(one)}
        return _reached(self._answers, self, descriptors, apart)


def _locked(answers: CoreAnswers) -> frozenset[Outpoint]:
    return frozenset((coin.hash("txid"), coin.natural("vout")) for coin in answers.locked)


def _listed(answers: CoreAnswers) -> dict[str, Transaction]:
    return {
        txid: read_transaction(answer, answers.raw.get(txid), answers.entries, answers.book)
        for txid, answer in answers.listed.items()
    }


def _kept(one: Deep, answers: CoreAnswers) -> Transaction:
    return read_transaction(one.answer, one.raw, answers.entries, answers.book)


def _ledger(answers: CoreAnswers, transactions: Mapping[str, Transaction], kept: Mapping[str, Deep]) -> Ledger:
    raw = [*(one.raw for one in kept.values() if one.raw is not None), *answers.raw.values()]
    listed = {(coin.hash("txid"), coin.natural("vout")) for coin in answers.unspent}
    ours = [(txid, vout) for txid, one in kept.items() for vout in one.ours]
    for transaction in transactions.values():
        # That somebody gave it up stands in its rows, and what pays own change alone has none: it spends what is a coin
        # all the same.
        transaction.abandoned |= transaction.outside and not listed.isdisjoint(transaction.inputs)
    ledger = Ledger(transactions.values(), told_amounts(raw), [*listed, *ours])
    _check_coins(ledger, answers.unspent, is_part=answers.cursor is not None)
    return ledger


def _check_coins(ledger: Ledger, unspent: list[Answer], *, is_part: bool) -> None:
    """Refuse answers that do not belong together: a coin would go missing without a word. Of a part, only what that
    knows is looked at.
    """
    coins = {(transaction.txid, output.vout): output.amount_sat for transaction, output in ledger.coins()}
    for coin in unspent:
        outpoint = coin.hash("txid"), coin.natural("vout")
        if outpoint[0] not in ledger.transactions and is_part:
            continue
        if coins.get(outpoint) != coin.sat("amount"):
            raise Inconsistent(
                f"{coin.where}: by gettransaction, {outpoint[0]}:{outpoint[1]} is not a coin of that "
                "amount; record both again, at one moment"
            )


def _reached(
    answers: CoreAnswers,
    read: WholeWallet | WalletSince,
    descriptors: frozenset[str],
    coins: Mapping[Outpoint, int | None],
) -> Reached | None:
    if not answers.next_block or answers.book is None:
        return None
    cursor = answers.cursor
    listed = {txid: read.ledger.transactions[txid] for txid in answers.listed}
    deep = {txid: one for txid, one in listed.items() if abs(one.confirmations) >= TARGET and "decoded" in one.answer}
    gone = cursor.known(listed) if cursor else set()
    facts = Facts(
        block_hash=answers.next_block,
        full_height=cursor.facts.full_height if cursor else answers.info.natural("blocks"),
        descriptors=descriptors,
        count=(cursor.facts.count if cursor else 0) - len(gone) + len(deep),
        worth=read.worth,
        book=answers.book,
        passing={txid: _passing(one) for txid, one in listed.items() if txid not in deep},
        locked=_locked(answers),
    )
    came = {txid: _came(one, answers) for txid, one in deep.items()}
    return Reached(facts, came, coins, frozenset(gone), cursor)


def _passing(one: Transaction) -> Passing:
    return Passing(sorted({parent for parent, _ in one.inputs}), _addresses(one))


def _came(one: Transaction, answers: CoreAnswers) -> Came:
    raw = answers.raw.get(one.txid)
    shown = {address: category(one, address) for address in _addresses(one)}
    return Came(one.answer.members, raw.members if raw else None, one.ours, one.inputs, shown)


def _addresses(one: Transaction) -> list[str]:
    return sorted({row.address for row in one.rows if row.address})
