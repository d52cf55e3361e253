"""Which coins a payment can be made with, and why the others are held back."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.coins.balance import Sum
from gitbtc.coins.holdings import SPENDABLE
from gitbtc.coins.selection import Candidate
from gitbtc.coins.weights import empty_witness

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from gitbtc.coins.feerate import Feerate
    from gitbtc.coins.holdings import Holding
    from gitbtc.coins.weights import InputWeights
    from gitbtc.spends.listing import Outpoint

# Why a spendable coin is not chosen.
BELOW_COST, UNKNOWN_WEIGHT, EXCLUDED = "below cost", "unknown weight", "excluded"


class Rates(NamedTuple):
    """What an input costs now, and what it will cost if it is spent another time."""

    now: Feerate
    long_term: Feerate


class Pool(NamedTuple):
    """The coins that can be chosen, and those that cannot: why -> coins; why is (class, detail), or one of the words
    above and "".
    """

    candidates: list[Candidate]
    held_back: dict[tuple[str, str], Sum]


def pool(
    holdings: Iterable[Holding],
    weights: InputWeights,
    rates: Rates,
    excluded: Container[Outpoint] = (),
    *,
    unconfirmed: bool = False,
) -> Pool:
    """The spendable coins that are not `excluded`; also own change that no block holds, if `unconfirmed`."""
    found = Pool([], {})
    for holding in holdings:
        why = reason(holding, excluded, unconfirmed=unconfirmed)
        one = None if why else candidate(holding, weights, rates)
        if not why and one is None:
            why = (UNKNOWN_WEIGHT, "")
        elif one is not None and one.effective_sat <= 0:
            why = (BELOW_COST, "")
        if why:
            found.held_back[why] = found.held_back.get(why, Sum()).with_one(holding)
        elif one is not None:
            found.candidates.append(one)
    return found


def reason(holding: Holding, excluded: Container[Outpoint], *, unconfirmed: bool) -> tuple[str, str] | None:
    """Why a coin may not be chosen, whatever it is worth; None: it may."""
    about = holding.about(unconfirmed=unconfirmed)
    if about != (SPENDABLE, ""):
        return about
    return (EXCLUDED, "") if holding.outpoint in excluded else None


def candidate(holding: Holding, weights: InputWeights, rates: Rates) -> Candidate | None:
    """A coin with what its input costs; None where nobody knows what it weighs."""
    script_type = holding.coin["script_type"]
    weight = weights.of(script_type)
    if weight is None:
        return None
    beside = weight + empty_witness(script_type)  # also beside an input that has a witness, it pays for itself
    now, later = rates.now.fee(beside), rates.long_term.fee(beside)
    return Candidate(holding.outpoint, holding.amount_sat, script_type, weight, holding.amount_sat - now, now - later)
