"""What stands between each coin and its being spent: every coin is in exactly one class.

The classes are asked for in one order, so that they add up: contested, immature, unconfirmed, frozen, reserved; what
none of them holds back is spendable.
"""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.spends.evidence import inputs
from gitbtc.spends.reservable import is_immature
from gitbtc.spends.reservations import holds
from gitbtc.spends.standing import CONFIRMED
from gitbtc.state.sound import is_frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

    # Answers (class, detail) where a coin is in the class, else None.
    Rule = Callable[["Circumstances", "Outpoint", "Record"], tuple[str, str] | None]

CONTESTED, IMMATURE, UNCONFIRMED, FROZEN, RESERVED, SPENDABLE = (
    "contested", "immature", "unconfirmed", "frozen", "reserved", "spendable",
)  # fmt: skip
# What an unconfirmed coin is: change of what this wallet paid itself, or a payment that somebody else can replace.
OWN, FOREIGN = "own", "foreign"
# Who has reserved a coin.
MINE, OTHERS = "mine", "others"
# Every class with its details, the nearest to being spent first.
CLASSES = (
    (SPENDABLE, ""), (RESERVED, MINE), (RESERVED, OTHERS), (FROZEN, ""), (UNCONFIRMED, OWN), (UNCONFIRMED, FOREIGN),
    (IMMATURE, ""), (CONTESTED, ""),
)  # fmt: skip


class Circumstances(NamedTuple):
    """What decides on a coin besides its record. `agent`: who asks (None: nobody); `frozen`: the outpoints, as texts,
    that labels say are not to be spent; `contested`: those that a join left contested; `ours`: whether an output was
    this wallet's; `txid`: a transaction that is asked about, so that its own claims do not count ("": none is).
    """

    evidence: Evidence
    agent: str | None
    frozen: Container[str]
    contested: Container[Outpoint]
    ours: Callable[[Outpoint], bool]
    txid: str = ""

    def rivals(self, outpoint: Outpoint) -> list[str]:
        """The transactions that claim to spend a coin, but for the one that is asked about."""
        return sorted(self.evidence.claimants(outpoint).keys() - {self.txid})


class Holding(NamedTuple):
    """A coin, its class, and the class's detail ("" where it has none). `once_confirmed`: the class and detail that an
    unconfirmed one will have; None for the others.
    """

    outpoint: Outpoint
    coin: Record
    name: str
    detail: str
    once_confirmed: tuple[str, str] | None = None

    @property
    def amount_sat(self) -> int:
        """What it is worth (sat)."""
        amount: int = self.coin["amount_sat"]
        return amount

    @property
    def is_free(self) -> bool:
        """Whether nothing holds it back."""
        return self.name == SPENDABLE

    def about(self, *, unconfirmed: bool) -> tuple[str, str]:
        """Its class and detail for who spends own change that no block holds, too, if `unconfirmed`."""
        if unconfirmed and (self.name, self.detail) == (UNCONFIRMED, OWN) and self.once_confirmed:
            return self.once_confirmed
        return self.name, self.detail


def holdings(coins: Iterable[Record], known: Circumstances) -> list[Holding]:
    """Each of `coins` in its class, by outpoint."""
    return sorted(classified(coins, known), key=_outpoint)


def classified(coins: Iterable[Record], known: Circumstances) -> Iterator[Holding]:
    """The same, in the order of `coins`, one at a time."""
    for coin in coins:
        outpoint = coin["txid"], coin["vout"]
        name, detail = _first(_RULES, known, outpoint, coin)
        later = _first(_OF_THE_OWNER, known, outpoint, coin) if name == UNCONFIRMED else None
        yield Holding(outpoint, coin, name, detail, later)


def _first(rules: Iterable[Rule], known: Circumstances, outpoint: Outpoint, coin: Record) -> tuple[str, str]:
    for rule in rules:
        answer = rule(known, outpoint, coin)
        if answer:
            return answer
    return SPENDABLE, ""


def _outpoint(holding: Holding) -> Outpoint:
    return holding.outpoint


def _contested(known: Circumstances, outpoint: Outpoint, _: Record) -> tuple[str, str] | None:
    """A join left it so; or a transaction, or the log, spends what is listed, or what made it is lost."""
    evidence = known.evidence
    is_contested = outpoint in known.contested or known.rivals(outpoint) or evidence.standing(outpoint[0]).makes_no_coin
    return (CONTESTED, "") if is_contested else None


def _immature(known: Circumstances, _: Outpoint, coin: Record) -> tuple[str, str] | None:
    return (IMMATURE, "") if is_immature(coin, known.evidence.tip) else None


def _unconfirmed(known: Circumstances, outpoint: Outpoint, coin: Record) -> tuple[str, str] | None:
    if coin["block_height"] is not None:
        return None
    return UNCONFIRMED, OWN if pays_itself(outpoint[0], known) else FOREIGN


def pays_itself(txid: str, known: Circumstances) -> bool:
    """Whether an unconfirmed transaction spends nothing but outputs of this wallet, through any depth of unconfirmed
    ones: nobody else can take it back. The rule of Bitcoin Core's CachedTxIsTrusted.
    """
    waiting, seen = [txid], {txid}
    while waiting:
        spent = inputs(known.evidence.record(waiting.pop()))
        if not spent or not all(map(known.ours, spent)):
            return False
        makers = {maker for maker, _ in spent if known.evidence.standing(maker).state != CONFIRMED} - seen
        waiting += makers
        seen |= makers
    return True


def _frozen(known: Circumstances, _: Outpoint, coin: Record) -> tuple[str, str] | None:
    return (FROZEN, "") if is_frozen(coin, known.frozen) else None


def _reserved(known: Circumstances, outpoint: Outpoint, _: Record) -> tuple[str, str] | None:
    held = holders(known.evidence, outpoint)
    if not held:
        return None
    return RESERVED, MINE if held == [known.agent] else OTHERS


def holders(evidence: Evidence, outpoint: Outpoint) -> list[str]:
    """The agents whose reservation of a coin holds at the tip, sorted; "" for one that gave no name."""
    agents = evidence.reservations.get(outpoint, {})
    return sorted(agent for agent, reservation in agents.items() if holds(reservation, evidence.tip))


# What people say of a coin, whatever the chain says.
_OF_THE_OWNER: tuple[Rule, ...] = (_frozen, _reserved)
_RULES: tuple[Rule, ...] = (_contested, _immature, _unconfirmed, *_OF_THE_OWNER)
