"""What the money was for: flows by category and label, and by who made them."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.coins.names import UNCATEGORISED
from gitbtc.statement.flows import INTERNAL, SENT
from gitbtc.statement.lightning import moved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitbtc.coins.names import Names
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint
    from gitbtc.statement.books import Books
    from gitbtc.statement.flows import Flow, Part

CHANNEL = "channel"  # the category of what went into a channel of the roots' own


class Group(NamedTuple):
    """What one category and label ("" for none) adds up to: an amount (sat), of so many transactions."""

    category: str
    label: str
    amount_sat: int
    transactions: int


class AgentSum(NamedTuple):
    """What one agent ("" for nobody that the log names) spent (sat), in so many transactions."""

    agent: str
    transactions: int
    sent_sat: int
    fee_sat: int


class Called:
    """What the parts of flows are called, by the labels of some roots and the coins of some moments.

    `funding` maps the outpoint that funds a channel to the channel's name.
    """

    def __init__(self, names: Sequence[Names], moments: Sequence[Books], funding: Mapping[Outpoint, str]) -> None:
        self._names = names
        self._moments = moments
        self._funding = funding
        self._told: dict[Outpoint, tuple[str, str]] = {}

    def part(self, part: Part, record: Record) -> tuple[str, str]:
        """The category and the label of an output of a transaction."""
        if part.outpoint not in self._told:
            self._told[part.outpoint] = self._part(part, record)
        return self._told[part.outpoint]

    def _part(self, part: Part, record: Record) -> tuple[str, str]:
        if part.outpoint in self._funding:
            return CHANNEL, self._funding[part.outpoint]
        about = {"txid": part.outpoint[0], "vout": part.outpoint[1], "address": part.address, "label": None}
        own = next((coin.label for books in self._moments if (coin := books.listed.get(part.outpoint))), None)
        label = (
            own
            or next((text for names in self._names if (text := names.label(about))), "")
            or record.get("label")
            or ""
        )
        categories = (names.category(about) for names in self._names)
        return next((one for one in categories if one != UNCATEGORISED), UNCATEGORISED), label

    def flow(self, one: Flow) -> tuple[str, str]:
        """The category and the label of a whole flow; several of its parts in order."""
        told = [self.part(part, one.record) for part in what_for(one)]
        categories = sorted({category for category, _ in told} - {UNCATEGORISED})
        return " and ".join(categories) or UNCATEGORISED, " / ".join(sorted({label for _, label in told} - {""}))

    def is_of_channel(self, one: Flow) -> bool:
        """Whether a flow brought coins into a channel of the roots' own, or out of one."""
        return any(moved([one], self._funding))


def what_for(one: Flow) -> Sequence[Part]:
    """The parts of a flow that say what it was for: where it went, or else what came of it."""
    return [part for part in one.foreign if part.amount_sat] if one.type == SENT else one.own


def grouped(flows: Iterable[Flow], type_: str, called: Called) -> list[Group]:
    """The flows of a type by category and label, the largest first; their sum is that of the flows."""
    sums: dict[tuple[str, str], int] = {}
    txids: dict[tuple[str, str], set[str]] = {}
    for one in flows:
        for part in what_for(one) if one.type == type_ else ():
            about = called.part(part, one.record)
            sums[about] = sums.get(about, 0) + part.amount_sat
            txids.setdefault(about, set()).add(one.txid)
    found = [Group(*about, amount, len(txids[about])) for about, amount in sums.items()]
    return sorted(found, key=lambda group: (group.category, -group.amount_sat, group.label))


def by_agent(flows: Iterable[Flow], agents: Mapping[str, str]) -> list[AgentSum]:
    """What each agent spent, by name; what nobody is named for comes last."""
    sums: dict[str, AgentSum] = {}
    for one in flows:
        if one.type in (SENT, INTERNAL):
            agent = agents.get(one.txid, "")
            known = sums.get(agent, AgentSum(agent, 0, 0, 0))
            sums[agent] = AgentSum(
                agent, known.transactions + 1, known.sent_sat + one.sent_sat, known.fee_sat + one.fee_sat
            )
    return [sums[agent] for agent in sorted(sums, key=lambda name: (name == "", name))]
