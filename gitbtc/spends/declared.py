"""What a commit message declares, and whether the records of the commit agree with it.

Anybody can write a trailer: it settles a contest only where it is of the contest's kind, and says what the records say.
"""

from __future__ import annotations

from gitbtc.spends.evidence import inputs, outpoint_text
from gitbtc.spends.testimony import FIXED
from gitbtc.spends.trailers import CONTESTED, DATA_ERROR, DOUBLE_SPEND, RESERVATION, REWRITE, UNATTRIBUTED, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
    from typing import Protocol

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.trailers import Trailer

    # Whether a trailer agrees with the records about a subject (`root::outpoint`).
    Check = Callable[[str, Trailer], bool]

    class Listed(Protocol):
        """The coins that a snapshot lists."""

        def get(self, outpoint: Outpoint, /) -> Record | None:
            """The coin's record, None when it is not listed."""

    class Known(Protocol):
        """What a snapshot knows of coins, as spends.evidence.Evidence tells it."""

        @property
        def transactions(self) -> Mapping[str, Record]:
            """Transaction records by txid."""

        @property
        def mempool(self) -> Mapping[str, Record]:
            """Mempool entries by txid."""

        @property
        def dead(self) -> Container[str]:
            """The txids of those that lost or were given up."""

        @property
        def coins(self) -> Listed:
            """The coins that are listed."""

        @property
        def reservations(self) -> Mapping[Outpoint, Mapping[str, object]]:
            """The reservations that nobody released, by coin and agent ("" without a name)."""

        def claimants(self, outpoint: Outpoint, /) -> Mapping[str, object]:
            """The live transactions that claim to spend a coin, by txid."""


# What settles a contest of these types; all others are about who spent the coin.
_KINDS = {"reservation": (RESERVATION,), "data_error": (DATA_ERROR, DOUBLE_SPEND)}
_CANDIDATE = "double_spend_candidate"
_UNNAMED = "unnamed"  # what stands in a trailer for an agent without a name


class Declared:
    """What a commit message declares: contests settled, by subject (`root::outpoint`), and
    whether the commit `rewrites` files that only grow, with a reason. A trailer settles the outpoint that it names, no
    other, and where there is a `check` only what that agrees to.
    """

    def __init__(self, message: str, check: Check | None = None) -> None:
        trailers = parse(message)
        self._check = check
        self._settled: dict[str, list[Trailer]] = {}
        for trailer in trailers:
            if trailer.outpoint and trailer.name != CONTESTED:
                self._settled.setdefault(outpoint_text(trailer.outpoint), []).append(trailer)
        self.rewrites = any(trailer.name == REWRITE for trailer in trailers)

    def line(self, subject: str) -> str | None:
        """The trailer that settles `subject`; None where none does."""
        return next((one.line for one in self.about(subject) if self._check is None or self._check(subject, one)), None)

    def vouches(self, outpoint: str) -> bool:
        """Whether it says of a coin, `txid:vout`, that it was spent, by a transaction that nobody knows."""
        return any(one.choice == UNATTRIBUTED for one in self.about(outpoint))

    def about(self, subject: str) -> list[Trailer]:
        """The trailers that name the coin of `subject`, whether they agree with the records or not."""
        return self._settled.get(subject.rpartition("::")[2], [])


def is_of_kind(trailer: Trailer, type_: str) -> bool:
    """Whether such a trailer can settle a contest of `type_` at all."""
    if trailer.choice == UNATTRIBUTED:
        return type_ == _CANDIDATE
    return trailer.name in _KINDS.get(type_, (DOUBLE_SPEND,))


def ends(later: Trailer, contest: Trailer) -> bool:
    """Whether a later trailer about the same coin settles what `contest` declared, or declares it anew.

    A coin that was reserved twice is settled too where somebody has decided who spent it.
    """
    is_spent = contest.choice == "reservation" and later.name == DOUBLE_SPEND and later.choice != UNATTRIBUTED
    return later.name == CONTESTED or is_spent or is_of_kind(later, contest.choice)


def agrees(trailer: Trailer, type_: str, result: Known, parents: Sequence[Known]) -> bool:
    """Whether a trailer settles a contest of `type_` as the records of the commit (`result`) do: the winner lives, the
    losers are lost, and all have to do with the coin, by what the result or a parent knows.
    """
    outpoint = trailer.outpoint
    if outpoint is None or not is_of_kind(trailer, type_):
        return False
    if trailer.name == RESERVATION:
        return _gave_way(trailer, outpoint, result, parents)
    listed = [parent.coins.get(outpoint) for parent in parents]
    if trailer.name == DATA_ERROR:
        return any(listed) and _is_described(trailer.choice, result.coins.get(outpoint), listed)
    # Of a data error both are told: two descriptions of a coin, or two blocks that hold its spends.
    return (type_ != "data_error" or not any(listed)) and _is_spent(trailer, outpoint, result, parents)


def denies(trailer: Trailer, result: Known) -> bool:
    """Whether the records say the opposite of a trailer: a loser lives, or somebody else than the winner spends the
    coin. A winner that lost too, for another of its coins, is no such denial.
    """
    outpoint = trailer.outpoint or ("", 0)
    if trailer.name == RESERVATION:
        holding = {agent or _UNNAMED for agent in result.reservations.get(outpoint, {})}
        return any(party in holding or _is_left(party, result) for party in trailer.losers)
    rivals = {*trailer.losers, *result.claimants(outpoint)}.difference(trailer.winners)
    return trailer.name == DOUBLE_SPEND and any(_is_left(txid, result) for txid in rivals)


def _is_spent(trailer: Trailer, outpoint: Outpoint, result: Known, parents: Sequence[Known]) -> bool:
    """Whether of all that ever spent the coin nothing but the winner is left."""
    everyone = [result, *parents]
    claimants = {txid for one in everyone for txid in one.claimants(outpoint)}
    named = {*trailer.winners, *trailer.losers}
    if not named:
        return not claimants and (trailer.choice == UNATTRIBUTED or result.coins.get(outpoint) is not None)
    lost = claimants.union(trailer.losers).difference(trailer.winners)
    return (
        all(_spends(txid, outpoint, everyone) for txid in named)
        and result.claimants(outpoint).keys() >= {*trailer.winners}
        and not any(_is_left(txid, result) for txid in lost)
    )


def _spends(txid: str, outpoint: Outpoint, everyone: Iterable[Known]) -> bool:
    """Whether somebody knows that a transaction spends the coin, or would if it had not lost."""
    return any(
        txid in one.claimants(outpoint)
        or any(outpoint in inputs(records.get(txid, {})) for records in (one.transactions, one.mempool))
        for one in everyone
    )


def _is_left(txid: str, result: Known) -> bool:
    return txid in result.mempool or (txid in result.transactions and txid not in result.dead)


def _gave_way(trailer: Trailer, outpoint: Outpoint, result: Known, parents: Sequence[Known]) -> bool:
    """Whether the winners still hold the coin or spend it, and the losers, who did, no longer do."""
    everyone = [result, *parents]
    held = {agent or _UNNAMED for one in everyone for agent in one.reservations.get(outpoint, {})}
    holding = {agent or _UNNAMED for agent in result.reservations.get(outpoint, {})}
    named = {*trailer.winners, *trailer.losers}
    return (
        bool(named)
        and all(party in held or _spends(party, outpoint, everyone) for party in named)
        and holding.union(result.claimants(outpoint)).issuperset(trailer.winners)
        and not denies(trailer, result)
    )


def _is_described(choice: str, coin: Record | None, listed: Sequence[Record | None]) -> bool:
    """Whether the coin is described as by the chosen side (the base is not at hand), or is gone, as on a side."""
    if coin is None:
        return None in listed
    sides: Collection[Record | None] = {"ours": listed[:-1], "theirs": listed[1:]}.get(choice, [coin])
    return any(side is not None and all(side.get(name) == coin.get(name) for name in FIXED) for side in sides)
