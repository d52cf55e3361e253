"""What a choice, or a trailer, means for an open question."""

from __future__ import annotations

from gitbtc.spends import rows
from gitbtc.spends.decision import Decision, listed
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.trailers import DATA_ERROR, DOUBLE_SPEND, RESERVATION, UNATTRIBUTED, read_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.spends.fates import Fates
    from gitbtc.spends.questions import Verdict
    from gitbtc.spends.sides import Sides


def chosen(verdict: Verdict, sides: Sides, fates: Fates, choice: str) -> Decision:
    """What `ours`, `theirs` or `base` means for an open question."""
    return _CHOSEN.get(verdict.row, _spender)(verdict, sides, fates, choice)


def _spender(verdict: Verdict, sides: Sides, _: Fates, choice: str) -> Decision:
    """The chosen side's transaction wins; with the base, nobody does."""
    winner = None if choice == "base" else sides.spender(choice)
    return Decision(verdict.outpoint, winner if winner in verdict.parties else None, verdict.parties)


def _restored(verdict: Verdict, sides: Sides, _: Fates, choice: str) -> Decision:
    """Spent after all, or given up."""
    [spender] = verdict.parties
    is_spent = choice != "base" and sides.coin(choice) is None
    return Decision(verdict.outpoint, spender if is_spent else None, [] if is_spent else [spender])


def _attributed(verdict: Verdict, sides: Sides, _: Fates, choice: str) -> Decision:
    """Both removals were one payment, or the coin was never spent."""
    trailer = f"{DOUBLE_SPEND}: {outpoint_text(verdict.outpoint)} {UNATTRIBUTED}"
    return listed(verdict.outpoint, sides.coin(choice), trailer)


def _described(verdict: Verdict, sides: Sides, _: Fates, choice: str) -> Decision:
    """The coin as one side describes it."""
    return listed(verdict.outpoint, sides.coin(choice), f"{DATA_ERROR}: {outpoint_text(verdict.outpoint)} {choice}")


def _descendant(verdict: Verdict, sides: Sides, _: Fates, choice: str) -> Decision:
    """The child goes with its parent; or the parent lives, and what took the parent's coins goes."""
    child = sides.spender(choice) if choice != "base" else None
    return Decision(verdict.outpoint, child if child in verdict.parties else None, verdict.parties)


def _reserved(verdict: Verdict, sides: Sides, fates: Fates, choice: str) -> Decision:
    """Who does not win releases the coin, or loses the transaction that spends it."""
    spender = sides.spender(choice) if choice != "base" else None
    spenders = set(fates.spenders(verdict.outpoint))
    reserved = fates.testimony.reserved(verdict.outpoint).keys()
    kept = set() if choice == "base" or spender else sides.holders(choice) & reserved
    lost = spenders - {spender}
    released = sorted(reserved - kept - {fates.testimony.agent(spender or "")})
    winners = [spender] if spender else sorted(kept)
    decision = Decision(verdict.outpoint, spender, lost)
    decision.events = [sides.release(agent) for agent in released]
    names = _names(winners), _names([*sorted(lost), *released])
    decision.trailer = f"{RESERVATION}: {outpoint_text(verdict.outpoint)} {names[0]} over {names[1]}"
    return decision


def _names(parties: list[str]) -> str:
    from urllib.parse import quote

    return " and ".join(quote(party, safe="") or "unnamed" for party in parties) or "none"


_CHOSEN: dict[rows.Row, Callable[[Verdict, Sides, Fates, str], Decision]] = {
    rows.CANDIDATE: _attributed,
    rows.DESCENDANT: _descendant,
    rows.RESTORED_VS_SPENT: _restored,
    rows.DESCRIBED: _described,
    rows.RESERVATION: _reserved,
}


# -- by what a commit declares -----------------------------------------------------------------------------------------


def declared(verdict: Verdict, line: str) -> Decision | None:
    """The decision about a coin that a trailer tells; None where it tells none about transactions."""
    trailer = read_line(line)
    if trailer is None or trailer.outpoint != verdict.outpoint:
        return None
    if trailer.name == DATA_ERROR or trailer.choice:
        decision = Decision(verdict.outpoint)
        decision.is_about_listing = True
    else:
        known = _is_txid if trailer.name == RESERVATION else bool
        winner = trailer.winner if trailer.winner and known(trailer.winner) else None
        decision = Decision(verdict.outpoint, winner, filter(known, trailer.losers))
    decision.trailer = line
    return decision


def _is_txid(name: str) -> bool:
    return len(name) == 64 and not set(name) - set("0123456789abcdef")
