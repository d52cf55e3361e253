"""What several views of one root say together: of each transaction the words that nobody who had heard them took back,
of each coin who lists it and who took it out.

Only what differs between the views is looked at; of all else every view says the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from gitbtc.spends.evidence import EVENT, Evidence
from gitbtc.spends.reservations import holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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
    def is_news(self, outpoint: Outpoint, txids: Iterable[str]) -> bool:
        """Whether only the views together hold that all of these transactions spend a coin."""

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
        self._all = [*heads, known]  # the last one by BASE, too
        self._replacing: dict[str, set[str]] | None = None
        self._children: dict[str, list[Outpoint]] | None = None
        self._changed: dict[int, set[str]] = {}  # by head
        self._by_txid: dict[str, list[int]] | None = None
        self._by_outpoint: dict[Outpoint, list[int]] | None = None

    # -- what differs ----------------------------------------------------------------------------------------------

    def _who_differ(self, txid: str) -> list[int]:
        """The heads that tell of a transaction otherwise than the base; all others say what that says."""
        if self._by_txid is None:
            self._by_txid = {}
            for view in range(len(self.heads)):
                for changed in self._changed_in(view):
                    self._by_txid.setdefault(changed, []).append(view)
        return self._by_txid.get(txid, [])

    def _who_list_otherwise(self, outpoint: Outpoint) -> list[int]:
        """The heads that list, claim or reserve a coin otherwise than the base."""
        if self._by_outpoint is None:
            self._by_outpoint = {}
            for view, head in enumerate(self.heads):
                claimed = {
                    coin for txid in self._changed_in(view) for coin in {*head.inputs(txid), *self.known.inputs(txid)}
                }
                for changed in {*head.coins.differing(self.known.coins), *self._reserved_otherwise(head), *claimed}:
                    self._by_outpoint.setdefault(changed, []).append(view)
        return self._by_outpoint.get(outpoint, [])

    def _changed_in(self, view: int) -> set[str]:
        if view not in self._changed:
            differing = self.heads[view].differing(self.known)
            self._changed[view] = _changed(self.known, self.heads[view]) if differing is None else differing
        return self._changed[view]

    def _reserved_otherwise(self, head: Evidence) -> set[Outpoint]:
        if head.reserves_as(self.known):
            return set()
        known, now = self.known.reservations, head.reservations
        return {one for one in {*known, *now} if known.get(one, {}).keys() != now.get(one, {}).keys()}

    def txids(self) -> set[str]:
        if not self.heads:
            return self.known.txids()
        self._who_differ("")
        return set(self._by_txid or ())

    def outpoints(self) -> set[Outpoint]:
        if not self.heads:
            return set(self.known.claims)
        self._who_list_otherwise(("", 0))
        return set(self._by_outpoint or ())

    def _speakers(self, views: Iterable[int]) -> list[tuple[int, Evidence]]:
        """Those heads, and the base, which speaks for all others."""
        return [*((view, self.heads[view]) for view in views), (self.BASE, self.known)]

    # -- transactions ----------------------------------------------------------------------------------------------

    def words(self, txid: str) -> list[tuple[int, Standing]]:
        before = self.before(txid)
        views = self._who_speak_of(txid)
        said = {view: self.heads[view].standing(txid) for view in views}
        if all(word == before for word in said.values()):
            return [(self.BASE, before)]
        return [
            (view, word)
            for view, word in said.items()
            if not any(self._takes_back(txid, other, view) for other in views)
        ]

    def _who_speak_of(self, txid: str) -> list[int]:
        """The heads that differ about a transaction, and those that differ about what another says replaced it."""
        views = set(self._who_differ(txid))
        winners = {self.heads[view].standing(txid).detail for view in views}
        return sorted(views.union(*(self._who_differ(winner) for winner in winners if isinstance(winner, str))))

    def _takes_back(self, txid: str, view: int, of: int) -> bool:
        """Whether `view` has another word than the one of `of`, which it had heard, and `of` had not heard that."""
        new, old = self.heads[view].standing(txid), self.heads[of].standing(txid)
        if view == of or new == old or self._is_opposite(txid, view, of):
            return False
        before = {base.standing(txid) for base in self._bases(*sorted((view, of)))}
        return old in before and new not in before

    def _is_opposite(self, txid: str, view: int, of: int) -> bool:
        """Whether two heads settled one coin in two ways: each says that its transaction took the other's place.
        Neither has heard the other then, whatever both came from.
        """
        winner = self.heads[view].standing(txid).detail
        return isinstance(winner, str) and self.heads[of].standing(winner).detail == txid

    def before(self, txid: str) -> Standing:
        return self.known.standing(txid)

    def record(self, txid: str) -> Record:
        told = (view.record(txid) for _, view in self._speakers(self._who_differ(txid)))
        return max(told, key=_fullness)

    def entry(self, txid: str) -> Record | None:
        speakers = self._speakers(self._who_differ(txid))
        return next((view.mempool[txid] for _, view in speakers if txid in view.mempool), None)

    def inputs(self, txid: str) -> list[Outpoint]:
        views = [view for _, view in self._speakers(self._who_differ(txid))]
        told = [view.inputs(txid) for view in views if view.record(txid)]
        return told[0] if told else sorted({outpoint for view in views for outpoint in view.inputs(txid)})

    def claimants(self, outpoint: Outpoint) -> dict[str, int]:
        found: dict[str, int] = {}
        views = self._who_list_otherwise(outpoint)
        for view, told in self._speakers(views):
            if view == self.BASE and len(views) == len(self.heads) and views:
                continue
            for txid, strength in told.claimants(outpoint).items():
                found[txid] = max(strength, found.get(txid, 0))
        return found

    def outputs_spent(self, txid: str) -> Iterable[Outpoint]:
        if self._children is None:
            self._children = {}
            for outpoint in self.outpoints() if self.heads else ():
                self._children.setdefault(outpoint[0], []).append(outpoint)
        spent = {*self._children.get(txid, ()), *self.known.outputs_spent(txid)}
        return [outpoint for outpoint in spent if self.claimants(outpoint)]

    def know_both(self, one: str, other: str) -> Iterable[int]:
        views = self._speakers({*self._who_differ(one), *self._who_differ(other)})
        return [view for view, known in views if known.knows(one) and known.knows(other)]

    def who_say(self, txid: str) -> Iterable[int]:
        return [view for view, told in self._speakers(self._who_differ(txid)) if told.standing(txid).is_live]

    def replacements(self, txid: str) -> set[str]:
        told = (view.transactions.get(txid, {}) for _, view in self._speakers(self._who_differ(txid)))
        named = {str(record["replaced_by"]) for record in told if record.get("replaced_by")}
        return named | self._newer().get(txid, set())

    def _newer(self) -> dict[str, set[str]]:
        """What took the place of a transaction, by the mempool of any view."""
        if self._replacing is None:
            self._replacing = {}
            for newer in {*self.txids(), *self.known.mempool}:
                for _, told in self._speakers(self._who_differ(newer)):
                    for older in told.mempool.get(newer, {}).get("replaces", ()):
                        self._replacing.setdefault(older, set()).add(newer)
        return self._replacing

    # -- coins -----------------------------------------------------------------------------------------------------

    def listing(self, outpoint: Outpoint) -> Record | None:
        views = self._speakers(self._who_list_otherwise(outpoint))
        return next((coin for _, view in views if (coin := view.coins.get(outpoint))), None)

    def listed_before(self, outpoint: Outpoint) -> bool:
        return outpoint in self.known.coins

    def listers(self, outpoint: Outpoint) -> set[int]:
        listed = {view for view in self._who_list_otherwise(outpoint) if outpoint in self.heads[view].coins}
        is_whole = len(self._who_list_otherwise(outpoint)) == len(self.heads)
        return listed if is_whole or outpoint not in self.known.coins else listed | {self.BASE}

    def removals(self, outpoint: Outpoint) -> int:
        bare = [view for view in self._who_list_otherwise(outpoint) if self._took_out(view, outpoint)]
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
        # Who takes the coin's transaction for lost, or knows no mempool with it, or has forgotten it, took out what is
        # not made.
        return not head.standing(txid).makes_no_coin and (head.knows(txid) or not self.known.knows(txid))

    def is_described_twice(self, outpoint: Outpoint) -> bool:
        views = self._who_list_otherwise(outpoint)
        listed = [coin for view in views if (coin := self.heads[view].coins.get(outpoint))]
        before = self.known.coins.get(outpoint)
        # What all heads corrected alike, the base alone has otherwise.
        coins = listed if before is None or len(listed) == len(self.heads) else [*listed, before]
        return any(len({repr(coin.get(name)) for coin in coins}) > 1 for name in FIXED)

    # -- reservations ----------------------------------------------------------------------------------------------

    def reserved(self, outpoint: Outpoint) -> dict[str, list[int]]:
        tip = max((head.tip for head in self.heads if head.tip is not None), default=None)
        holding = {
            view: {agent for agent, held in told.reservations.get(outpoint, {}).items() if holds(held, tip)}
            for view, told in self._speakers(self._who_list_otherwise(outpoint))
        }
        before = holding.pop(self.BASE)
        agents = before.intersection(*holding.values()).union(*(found - before for found in holding.values()))
        return {
            agent: [*(view for view in holding if agent in holding[view]), *([self.BASE] if agent in before else [])]
            for agent in sorted(agents)
        }

    def agent(self, txid: str) -> str:
        views = self._speakers(self._who_differ(txid))
        return next((agent for _, view in views if (agent := view.agents.get(txid, ""))), "")

    def is_new_spend(self, txid: str, outpoint: Outpoint) -> bool:
        return txid not in self.known.claimants(outpoint)

    def is_news(self, outpoint: Outpoint, txids: Iterable[str]) -> bool:
        del outpoint  # what the base has live together, it has of any coin
        return not all(self.before(txid).is_live for txid in txids)

    def was_spent(self, outpoint: Outpoint) -> bool:
        if self.known.claimants(outpoint):
            return True
        made = self.known.transactions.get(outpoint[0], {}).get("outputs", ())
        return any(output["vout"] == outpoint[1] and output["spent"] for output in made)

    def weight(self, view: int, txid: str) -> int:
        known = self._all[view]
        return 3 if txid in known.transactions else 2 if txid in known.mempool else int(known.knows(txid))


def _fullness(record: Record) -> tuple[bool, bool, bool, bool, int]:
    """What one description of a transaction is better by than another; the fuller the greater."""
    height = record.get("block_height")
    return (
        bool(record), record.get("confirmed") is True, record.get("fee_sat") is not None, "confirmed" in record,
        height if height is not None else -1,
    )  # fmt: skip


def _changed(base: Evidence, head: Evidence) -> set[str]:
    """The transactions on which two views have different words, where neither was derived from the other."""
    txids = base.txids() | head.txids()
    return {txid for txid in txids if _story(base, txid) != _story(head, txid)}


def _story(view: Evidence, txid: str) -> tuple[object, ...]:
    return view.standing(txid), txid in view.mempool, view.record(txid)


def is_weak(strength: int) -> bool:
    """Whether no more than an event of the log says so."""
    return strength <= EVENT
