"""What an agent may reserve: why a coin is not to be had."""

from __future__ import annotations

from gitbtc.spends.reservations import holds, until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

# A coinbase output may be spent in the 100th block after its own (consensus: COINBASE_MATURITY).
COINBASE_MATURITY = 100


def obstacle(evidence: Evidence, outpoint: Outpoint, agent: str, tip: int) -> str | None:
    """Why `agent` may not reserve a coin at the height `tip`, in words that follow the coin's name; None: it may."""
    return next((told for why in _OBSTACLES if (told := why(evidence, outpoint, agent, tip))), None)


def _spent(evidence: Evidence, outpoint: Outpoint, _: str, __: int) -> str | None:
    spender = evidence.spender(outpoint)
    return f"is spent by {spender}" if spender else None


def _not_listed(evidence: Evidence, outpoint: Outpoint, _: str, __: int) -> str | None:
    return None if outpoint in evidence.coins else "is not listed in wallet/utxos.json"


def _reserved(evidence: Evidence, outpoint: Outpoint, agent: str, tip: int) -> str | None:
    held = [
        f"{other or 'an agent without a name'} {until(reservation.expires_height)}"
        for other, reservation in sorted(evidence.reservations.get(outpoint, {}).items())
        if other != agent and holds(reservation, tip)
    ]
    return f"is reserved by {' and by '.join(held)}" if held else None


def _immature(evidence: Evidence, outpoint: Outpoint, _: str, tip: int) -> str | None:
    coin = evidence.coins.get(outpoint) or {}
    if not is_immature(coin, tip):
        return None
    first = first_spending_block(coin)
    if first is None:
        return "is a coinbase output that no block holds"
    return f"is a coinbase output, which block {first} may spend at the earliest"


def is_immature(coin: Record, tip: int | None) -> bool:
    """Whether the block after `tip` may not spend a coin; where no tip is known, nobody can tell that it may."""
    if not coin.get("coinbase"):
        return False
    first = first_spending_block(coin)
    # What is signed at `tip` can be in the next block at the earliest.
    return first is None or tip is None or tip + 1 < first


def first_spending_block(coin: Record) -> int | None:
    """The height of the first block that may spend a coinbase output; None while no block holds it."""
    height: int | None = coin.get("block_height")
    return None if height is None else height + COINBASE_MATURITY


_OBSTACLES: tuple[Callable[[Evidence, Outpoint, str, int], str | None], ...] = (
    _spent,
    _not_listed,
    _reserved,
    _immature,
)
