"""The coins of one root at one moment, each in its class."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

from gitbtc.coins.balance import Balance, added_up
from gitbtc.coins.holdings import Circumstances, Holding, classified, holdings
from gitbtc.coins.names import Names
from gitbtc.coins.scripts import OwnScripts, script_of
from gitbtc.errors import CannotWork, UsageError
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import CHAIN, COINS, LABELS, LABELS_329, TRANSACTIONS
from gitbtc.spends.evidence import inputs
from gitbtc.spends.rules import output_of
from gitbtc.state.snapshot import path_in
from gitbtc.state.sound import claims, frozen_by_label, records_in_pieces, records_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from typing import TypeVar

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Coins, Outpoint
    from gitbtc.state.snapshot import Snapshot

    T = TypeVar("T")
    # root, an outpoint that it does not list now -> whether an earlier state of it did
    ListedBefore = Callable[[str, Outpoint], bool]


class Asking(NamedTuple):
    """Who asks, and what is known beyond the files. `contested`: root -> the coins that joins left contested."""

    agent: str | None
    contested: Mapping[str, Collection[Outpoint]]
    listed_before: ListedBefore


def _addresses(coins: Iterable[Record]) -> set[str]:
    """Of coins that need not be what their schema says."""
    return {address for coin in coins if isinstance(address := coin.get("address"), str)}


class Wallet:
    """What a root holds. CannotWork where its files do not say."""

    def __init__(self, snapshot: Snapshot, root: str, asking: Asking) -> None:
        self.root = root
        self.asking = asking
        self._snapshot = snapshot
        self.evidence: Evidence = claims(snapshot, root)
        self.chain: Record = next(iter(records_of(snapshot, root, CHAIN)), {})
        self.contested = set(asking.contested.get(root, ()))
        frozen = frozen_by_label(snapshot, root)
        self.known = Circumstances(self.evidence, asking.agent, frozen, self.contested, self.was_ours)

    @cached_property
    def holdings(self) -> list[Holding]:
        """Its coins in their classes, by outpoint."""
        return holdings(self._coins, self.known)

    @cached_property
    def balance(self) -> Balance:
        """Its coins added up."""
        return self._over_coins(lambda coins: added_up(classified(coins, self.known), self.tip))

    @cached_property
    def _coins(self) -> list[Record]:
        shared = codec.SharedTexts(built_in(COINS))
        found: list[Record] = []
        with suppress(codec.Malformed):
            for records in records_in_pieces(self._snapshot, self.root, COINS):
                shared.take(records)
                found += records
            return found
        return records_of(self._snapshot, self.root, COINS)

    def _over_coins(self, of: Callable[[Iterable[Record]], T], *, again: bool = False) -> T:
        """What `of` makes of the coins, in order. A million take much more memory than their file: unless they are held
        anyway, or the file is not canonical, a few megabytes of it are read at a time. `again`: whether they are what
        their schema says, is looked at elsewhere.
        """
        if "_coins" not in self.__dict__:
            with suppress(codec.Malformed):
                return of(self._read(again=again))
        return of(self._coins)

    def _read(self, *, again: bool) -> Iterator[Record]:
        pieces = records_in_pieces(self._snapshot, self.root, COINS, again=again)
        return (coin for records in pieces for coin in records)

    def classified(self, in_order: Callable[[Iterable[Record]], Iterable[Record]] = iter) -> Iterator[Holding]:
        """Its coins in their classes one at a time, by outpoint or as `in_order` puts them, for whoever has no need of
        all at once; after `balance`, which looks at all of them.
        """
        _ = self.balance
        coins = self._coins if "_coins" in self.__dict__ else self._read(again=True)
        return classified(in_order(coins), self.known)

    @property
    def tip(self) -> int | None:
        """The height of the chain's tip (blocks); None where no chain.json says it."""
        return self.evidence.tip

    @cached_property
    def names(self) -> Names:
        """What its coins are called."""
        return Names(*(records_of(self._snapshot, self.root, kind) for kind in (LABELS, LABELS_329)))

    @cached_property
    def scripts(self) -> OwnScripts:
        """The scripts that are its own."""
        return OwnScripts(self.records("descriptors"), self._over_coins(_addresses, again=True))

    def coin(self, outpoint: Outpoint) -> Record | None:
        """The record of a coin; None where it is not listed."""
        return self._listing.get(outpoint)

    @cached_property
    def _listing(self) -> Coins:
        return self._snapshot.coins(self.root)

    def records(self, kind: str) -> list[Record]:
        """The records of one of its other files."""
        return records_of(self._snapshot, self.root, kind)

    def was_ours(self, outpoint: Outpoint) -> bool:
        """Whether an output is, or was, a coin of this root; without proof it was not."""
        if self.coin(outpoint) is not None:
            return True
        # Without its transaction nobody knows whose it was: a stranger's coins mostly come from such ones.
        output = output_of(self.evidence, outpoint)
        if output is None:
            return False
        script = script_of(output["address"] or "")
        return (script is not None and self.scripts.has(script)) or self.asking.listed_before(self.root, outpoint)

    def not_listed(self) -> list[tuple[Outpoint, int | None]]:
        """The contested coins that are not listed until somebody settles them, and their amounts (sat)."""
        found = []
        for outpoint in sorted(one for one in self.contested if self.coin(one) is None):
            output = output_of(self.evidence, outpoint)
            amount = output["amount_sat"] if output else self._spent_amount(outpoint)
            found.append((outpoint, amount))
        return found

    def _spent_amount(self, outpoint: Outpoint) -> int | None:
        """What the inputs that claim a coin say that it is worth."""
        for txid in sorted(self.evidence.claimants(outpoint)):
            record = self.evidence.record(txid)
            for spent, given in zip(inputs(record), record.get("inputs", ()), strict=True):
                if spent == outpoint and given.get("amount_sat") is not None:
                    return int(given["amount_sat"])
        return None


def wallets(snapshot: Snapshot, asking: Asking, root: str | None = None, *, added: bool = False) -> list[Wallet]:
    """The wallets of a moment by root, or that of one `root`. CannotWork where none lists coins, or where a root has
    transactions and no list of coins: what is not there is not worth nothing. `added`: nobody asks for each coin, but
    for their sums.
    """
    roots = sorted(snapshot.roots())
    if root is not None and root not in roots:
        raise UsageError(f"--root {root or '.'}: no state file lies there")
    chosen = roots if root is None else [root]
    listing = [one for one in chosen if path_in(one, COINS) in snapshot.entries]
    lacking = [one for one in chosen if one not in listing and path_in(one, TRANSACTIONS) in snapshot.entries]
    if lacking or not listing:
        missing = path_in(lacking[0] if lacking else root or "", COINS)
        raise CannotWork(f"{snapshot.name} has no {missing}, so nobody can say what there is")
    found = [Wallet(snapshot, one, asking) for one in listing]
    for wallet in found:  # whose coins are looked at now, before anything is told
        _ = wallet.balance if added else wallet.holdings
    return found
