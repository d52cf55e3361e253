"""What can happen to a coin in a commit, as a table of kinds of events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gitbtc.spends.evidence import outpoint_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint


class Sort(NamedTuple):
    """A kind of event: how a line of it begins, what it does to the list of coins (+1 a coin comes, -1 one goes), and
    what it means.
    """

    sign: str
    effect: int
    meaning: str


# In the order in which a commit's events are told.
KINDS: dict[str, Sort] = {
    "settled": Sort("!", 0, "it was contested, and the commit says how that ended"),
    "rewritten": Sort("!", 0, "a file that only grows was rewritten on purpose"),
    "known": Sort("+", +1, "listed already where the history is cut, by commits that are not here"),
    "received": Sort("+", +1, "listed as a coin, and no transaction that was known had spent it"),
    "restored": Sort("+", +1, "a coin again: the transaction that was known to spend it does so no more"),
    "spent": Sort("-", -1, "left the coins, and a live transaction spends it"),
    "lost": Sort("-", -1, "left the coins, because the transaction that made it lost or was given up"),
    "removed": Sort("-", -1, "left the coins, and no transaction is named"),
    "claimed": Sort("~", 0, "another transaction is known to spend it than before; the list of coins stayed as it was"),
    "reserved": Sort("~", 0, "an agent said that it is about to spend it"),
    "released": Sort("~", 0, "an agent gave its reservation back"),
    "relabelled": Sort("~", 0, "its label changed, or that of the transaction"),
    "frozen": Sort("!", 0, "its owner froze it, or set it free again"),
    "redescribed": Sort("~", 0, "its amount, script or address changed, which a transaction fixes for good"),
    "confirmed": Sort("~", 0, "a block holds the transaction now"),
    "unconfirmed": Sort("~", 0, "no block holds the transaction any more"),
    "replaced": Sort("~", 0, "another transaction took the transaction's place"),
    "abandoned": Sort("~", 0, "the transaction was given up"),
    "revived": Sort("~", 0, "a transaction that had lost or was given up lives again"),
    "unreadable": Sort("!", 0, "a state file does not parse, so nobody can say what happened in it"),
}
_ORDER = {kind: place for place, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `outpoint`: the coin, None for what happens to a transaction or a file. `txid`: the transaction that
    it is about: the spender, the one that was confirmed or lost. `file`: the kind of state file that tells it; "" for
    what a commit message, or several files together, tell. `coin` and `transaction` are the records, where they are
    known. `agent`: who did it, as the execution log says. `details` are the rest, by the names of the JSON document.
    """

    kind: str
    file: str = ""
    outpoint: Outpoint | None = None
    txid: str | None = None
    agent: str = ""
    coin: Record | None = None
    transaction: Record | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def effect(self) -> int:
        """What it does to the list of coins: +1, 0 or -1."""
        return KINDS[self.kind].effect

    @property
    def sign(self) -> str:
        """How its line begins."""
        return KINDS[self.kind].sign

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two events of two comparisons the same one."""
        return self.kind, self.file, self.outpoint, self.txid, self.agent, repr(self.details)

    @property
    def amount_sat(self) -> int | None:
        """What the coin is worth, where that is known."""
        amount = self.coin.get("amount_sat") if self.coin else None
        return amount if type(amount) is int else None

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it stands among the events of its commit."""
        return _ORDER[self.kind], self.outpoint or ("", 0), self.txid or "", self.agent

    def document(self) -> dict[str, Any]:
        """The event as JSON; what is not known is left out."""
        told: dict[str, Any] = {"event": self.kind}
        if self.outpoint:
            told["outpoint"] = outpoint_text(self.outpoint)
        facts = {"amount_sat": self.amount_sat, "txid": self.txid}
        facts |= {"agent": self.agent or None, "file": self.file or None}
        return told | {name: fact for name, fact in facts.items() if fact is not None} | self.details
