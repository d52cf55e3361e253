"""What several views of one root say together: of each transaction the words that nobody who had heard them took back,
of each coin who lists it and who took it out.

Only what differs between the views is looked at; of all else every view says the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS
from gitbtc.spends.evidence import EVENT, Evidence
from gitbtc.spends.reservations import holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gitbtc.kinds.delta import Change
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.standing import Standing

# What the txid commits to: two values of one of these cannot both be true.
FIXED = ("amount_sat", "script_type", "address")


class Testimony(ABC):
    """What the view of a root is computed from. Views are numbered; BASE is what all of them come from."""

    BASE = -1

    @abstractmethod
    def txids(self) -> set[str]:
        """The transactions of which some view tells anything that the base does not."""

    @abstractmethod
    def outpoints(self) -> set[Outpoint]:
        """The coins that some view lists, claims or reserves otherwise than the base."""

    @abstractmethod
    def words(self, txid: str) -> list[tuple[int, Standing]]:
        """(view, its word on the transaction) for the words that stand; BASE where no view has another."""

    @abstractmethod
    def before(self, txid: str) -> Standing:
        """The base's word on a transaction."""

    @abstractmethod
    def record(self, txid: str) -> Record:
        """A transaction as its record, or its entry in the mempool, describes it; empty where only the log names it."""

    @abstractmethod
    def entry(self, txid: str) -> Record | None:
        """A transaction's entry in the mempool, in any view."""

    @abstractmethod
    def inputs(self, txid: str) -> list[Outpoint]:
        """What a transaction spends."""

    @abstractmethod
    def claimants(self, outpoint: Outpoint) -> dict[str, int]:
        """The transactions that some view takes for spenders of a coin, each with the strength of the evidence."""

    @abstractmethod
    def outputs_spent(self, txid: str) -> Iterable[Outpoint]:
        """The outputs of a transaction that others spend."""

    @abstractmethod
    def know_both(self, one: str, other: str) -> Iterable[int]:
        """The views, BASE among them, that know two transactions."""

    @abstractmethod
    def who_say(self, txid: str) -> Iterable[int]:
        """The views, BASE among them, that take a transaction for live."""

    @abstractmethod
    def replacements(self, txid: str) -> set[str]:
        """What took a transaction's place, by any view."""

    @abstractmethod
    def listing(self, outpoint: Outpoint) -> Record | None:
        """A coin as some view lists it."""

    @abstractmethod
    def listed_before(self, outpoint: Outpoint) -> bool:
        """Whether the base lists a coin."""

    @abstractmethod
    def listers(self, outpoint: Outpoint) -> set[int]:
        """The views that list a coin."""

    @abstractmethod
    def removals(self, outpoint: Outpoint) -> int:
        """How many times a coin was taken out of the list without a word on who spent it, each by somebody who had not
        seen the others.
        """

    @abstractmethod
    def is_described_twice(self, outpoint: Outpoint) -> bool:
        """Whether two views tell different fixed facts of a coin."""

    @abstractmethod
    def reserved(self, outpoint: Outpoint) -> dict[str, list[int]]:
        """The agents whose reservations of a coin stand, each with the views that know of it."""

    @abstractmethod
    def agent(self, txid: str) -> str:
        """Who made a transaction, by the log; "" where nobody says."""

    @abstractmethod
    def is_new_spend(self, txid: str, outpoint: Outpoint) -> bool:
        """Whether the base knew nothing of a transaction spending a coin."""

    @abstractmethod
    def was_spent(self, outpoint: Outpoint) -> bool:
        """Whether the base takes a coin for spent."""

    @abstractmethod
    def weight(self, view: int, txid: str) -> int:
        """How well a view knows a transaction: 3 by its record, 2 from the mempool, 1 from the log, 0 not at all."""

    def is_known(self, txid: str) -> bool:
        """Whether any view names a transaction."""
        return bool(list(self.know_both(txid, txid)))

    def fee_and_rate(self, txid: str) -> tuple[int | None, float | None]:
        """The fee (sat) and the feerate (sat/vB) of a transaction, as far as a view knows them."""
        record, entry = self.record(txid), self.entry(txid) or {}
        fee = record.get("fee_sat")
        fee = entry.get("fee_sat") if fee is None else fee
        rate = _rate(record)
        return fee, entry.get("fee_rate_sat_vbyte") if rate is None else rate


def _rate(record: Record) -> float | None:
    """From the weight: a virtual byte is four weight units, rounded up (BIP-141)."""
    fee, weight = record.get("fee_sat"), record.get("weight")
    return fee / ((weight + 3) // 4) if fee is not None and weight else None


class Views(Testimony):
    """The views of some heads, and of their common ancestors: `bases(one, other)` answers with those of two heads, by
    their places. Without heads to compare it is one view alone, that of `known`.
    """

    def __init__(
        self, known: Evidence, heads: Sequence[Evidence], bases: Callable[[int, int], Sequence[Evidence]] | None = None
    ) -> None:
        self.known = known
        self.heads = heads
        self._bases = bases or (lambda _, __: [known])
        self._changes: list[list[Change]] | None = None
        self._all = [*heads, known]  # the last one by BASE, too

    # -- what differs ----------------------------------------------------------------------------------------------

    def _deltas(self) -> list[list[Change]]:
        if self._changes is None:
            kind, before = built_in(COINS), self.known.coins.content
            self._changes = [delta(kind, before, head.coins.content) for head in self.heads]
        return self._changes

    def txids(self) -> set[str]:
        found: set[str] = set()
        for head in self.heads:
            derived = head.base is self.known and head.changed is not None
            found |= head.changed or set() if derived else _changed(self.known, head)
        return found

    def outpoints(self) -> set[Outpoint]:
        listed = {(change.key[0], change.key[1]) for changes in self._deltas() for change in changes}
        known = self.known.reservations
        reserved = {
            outpoint
            for head in self.heads
            for outpoint in {*known, *head.reservations}
            if known.get(outpoint, {}).keys() != head.reservations.get(outpoint, {}).keys()
        }
        claimed = (outpoint for txid in self.txids() for outpoint in self.inputs(txid))
        return {*listed, *reserved, *claimed}

    # -- transactions ----------------------------------------------------------------------------------------------

    def words(self, txid: str) -> list[tuple[int, Standing]]:
        said = [head.standing(txid) for head in self.heads]
        before = self.before(txid)
        if all(word == before for word in said):
            return [(self.BASE, before)]
        return [
            (view, word)
            for view, word in enumerate(said)
            if not any(self._takes_back(txid, other, view) for other in range(len(said)))
        ]

    def _takes_back(self, txid: str, view: int, of: int) -> bool:
        """Whether `view` has another word than the one of `of`, which it had heard, and `of` had not heard that."""
        new, old = self.heads[view].standing(txid), self.heads[of].standing(txid)
        if view == of or new == old:
            return False
        before = {base.standing(txid) for base in self._bases(*sorted((view, of)))}
        return old in before and new not in before

    def before(self, txid: str) -> Standing:
        return self.known.standing(txid)

    def record(self, txid: str) -> Record:
        found: Record = {}
        for view in self._all:
            record = view.record(txid)
            if record and (not found or (found.get("fee_sat") is None and record.get("fee_sat") is not None)):
                found = record
        return found

    def entry(self, txid: str) -> Record | None:
        return next((view.mempool[txid] for view in self._all if txid in view.mempool), None)

    def inputs(self, txid: str) -> list[Outpoint]:
        told = [view.inputs(txid) for view in self._all if view.record(txid)]
        return told[0] if told else sorted({outpoint for view in self._all for outpoint in view.inputs(txid)})

    def claimants(self, outpoint: Outpoint) -> dict[str, int]:
        found: dict[str, int] = {}
        for view in self.heads or self._all:
            for txid, strength in view.claimants(outpoint).items():
                found[txid] = max(strength, found.get(txid, 0))
        return found

    def outputs_spent(self, txid: str) -> Iterable[Outpoint]:
        return {outpoint for view in self.heads or self._all for outpoint in view.outputs_spent(txid)}

    def know_both(self, one: str, other: str) -> Iterable[int]:
        return [view for view, known in self._numbered() if known.knows(one) and known.knows(other)]

    def who_say(self, txid: str) -> Iterable[int]:
        return [view for view, known in self._numbered() if known.standing(txid).is_live]

    def _numbered(self) -> list[tuple[int, Evidence]]:
        return [*enumerate(self.heads), (self.BASE, self.known)]

    def replacements(self, txid: str) -> set[str]:
        return {newer for view in self._all for newer in view.replacements(txid)}

    # -- coins -----------------------------------------------------------------------------------------------------

    def listing(self, outpoint: Outpoint) -> Record | None:
        return next((coin for view in self._all if (coin := view.coins.get(outpoint))), None)

    def listed_before(self, outpoint: Outpoint) -> bool:
        return outpoint in self.known.coins

    def listers(self, outpoint: Outpoint) -> set[int]:
        return {view for view, head in enumerate(self.heads) if outpoint in head.coins}

    def removals(self, outpoint: Outpoint) -> int:
        bare = [view for view in range(len(self.heads)) if self._took_out(view, outpoint)]
        apart: list[int] = []
        for view in bare:
            if all(self._had(outpoint, view, other) for other in apart):
                apart.append(view)
        return len(apart)

    def _had(self, outpoint: Outpoint, one: int, other: int) -> bool:
        """Whether two heads came from states that listed a coin."""
        return all(outpoint in base.coins for base in self._bases(*sorted((one, other))))

    def _took_out(self, view: int, outpoint: Outpoint) -> bool:
        head, txid = self.heads[view], outpoint[0]
        if outpoint in head.coins or head.claimants(outpoint):
            return False
        others = (other for other in range(len(self.heads)) if other != view)
        if not any(self._had(outpoint, view, other) for other in others):
            return False
        # Who takes the coin's transaction for lost, or has forgotten it, took out what was never made.
        return not head.standing(txid).is_given_up and (head.knows(txid) or not self.known.knows(txid))

    def is_described_twice(self, outpoint: Outpoint) -> bool:
        coins = [coin for view in self._all if (coin := view.coins.get(outpoint))]
        return any(len({repr(coin.get(name)) for coin in coins}) > 1 for name in FIXED)

    # -- reservations ----------------------------------------------------------------------------------------------

    def reserved(self, outpoint: Outpoint) -> dict[str, list[int]]:
        tip = max((head.tip for head in self.heads if head.tip is not None), default=None)
        by_view = [
            {agent for agent, held in view.reservations.get(outpoint, {}).items() if holds(held, tip)}
            for view in self._all
        ]
        *heads, before = by_view
        kept = before.intersection(*heads)
        released = before - kept if heads else set()
        return {
            agent: [view for view, agents in enumerate(heads) if agent in agents]
            for agent in sorted(set().union(*heads) - released)
        }

    def agent(self, txid: str) -> str:
        return next((agent for view in self._all if (agent := view.agents.get(txid, ""))), "")

    def is_new_spend(self, txid: str, outpoint: Outpoint) -> bool:
        return txid not in self.known.claimants(outpoint)

    def was_spent(self, outpoint: Outpoint) -> bool:
        if self.known.claimants(outpoint):
            return True
        made = self.known.transactions.get(outpoint[0], {}).get("outputs", ())
        return any(output["vout"] == outpoint[1] and output["spent"] for output in made)

    def weight(self, view: int, txid: str) -> int:
        known = self._all[view]
        return 3 if txid in known.transactions else 2 if txid in known.mempool else int(known.knows(txid))


def _changed(base: Evidence, head: Evidence) -> set[str]:
    """The transactions on which two views have different words, where neither was derived from the other."""
    txids = base.txids() | head.txids()
    return {txid for txid in txids if _story(base, txid) != _story(head, txid)}


def _story(view: Evidence, txid: str) -> tuple[object, ...]:
    return view.standing(txid), txid in view.mempool, view.record(txid)


def is_weak(strength: int) -> bool:
    """Whether no more than an event of the log says so."""
    return strength <= EVENT
