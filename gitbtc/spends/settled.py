"""What the records of a result say that somebody decided: who edits files by hand has no other way to tell."""

from __future__ import annotations

from gitbtc.spends import rows
from gitbtc.spends.decision import Decision, listed
from gitbtc.spends.testimony import FIXED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.questions import Verdict
    from gitbtc.spends.testimony import Views


def told(verdict: Verdict, views: Views, result: Evidence) -> Decision | None:
    """The decision about an open question that `result`, with the knowledge of all `views` in it, holds; None for none.

    A mark counts that was made to settle this, not one that a view brought along.
    """
    return _TOLD.get(verdict.row, _loser_is_marked)(verdict, views, result)


def marked_by_hand(views: Views, result: Evidence) -> list[Decision]:
    """What somebody gave up in the result that no view had given up."""
    differing = result.differing(views.known)
    changed = set(result.transactions) if differing is None else differing
    marked = sorted(txid for txid in changed if _is_newly_marked(txid, views, result))
    known = ((txid, result.inputs(txid), result.standing(txid).detail) for txid in marked)
    return [Decision(inputs[0], str(by) if by else None, [txid]) for txid, inputs, by in known if inputs]


def _is_newly_marked(txid: str, views: Views, result: Evidence) -> bool:
    return result.standing(txid).is_given_up and not any(head.standing(txid).is_given_up for head in views.heads)


def _loser_is_marked(verdict: Verdict, views: Views, result: Evidence) -> Decision | None:
    """At most one of the transactions is live, and the record of every other says that it lost."""
    live = {txid for txid in verdict.parties if txid in result.claimants(verdict.outpoint)}
    lost = verdict.parties - live
    if len(live) > 1 or not all(_is_newly_marked(txid, views, result) for txid in lost):
        return None
    return Decision(verdict.outpoint, next(iter(live), None), lost)


def _is_proven(verdict: Verdict, views: Views, result: Evidence) -> Decision | None:
    """The same; or the fees that the sides did not know are known now, and the one that pays more is left."""
    decision = _loser_is_marked(verdict, views, result)
    winner = result.spender(verdict.outpoint)
    lost = verdict.parties - {winner}
    if decision is None and winner in verdict.parties and all(result.standing(txid).is_given_up for txid in lost):
        paid = [_fee(result, txid) for txid in (winner or "", *lost)]
        if None not in paid and all(paid[0] > fee for fee in paid[1:]):  # type: ignore[operator]  # none is None
            return Decision(verdict.outpoint, winner, lost)
    return decision


def _fee(result: Evidence, txid: str) -> tuple[int, float] | None:
    record = result.record(txid)
    fee, weight = record.get("fee_sat"), record.get("weight") or 4 * record.get("size_bytes", 0)
    return (fee, fee / weight) if fee is not None and weight else None


def _is_attributed(verdict: Verdict, _: Views, result: Evidence) -> Decision | None:
    """Somebody said which transaction spent the coin, or put it back."""
    coin = result.coins.get(verdict.outpoint)
    if coin is not None:
        decision = listed(verdict.outpoint, coin, "")
        decision.trailer = Decision(verdict.outpoint).trailer
        return decision
    spender = result.spender(verdict.outpoint)
    return Decision(verdict.outpoint, spender) if spender else None


def _child_or_parent_is_gone(verdict: Verdict, views: Views, result: Evidence) -> Decision | None:
    """What was built on a transaction that lost is gone too, or the mark is off the transaction."""
    if all(result.standing(txid).is_given_up for txid in verdict.parties):
        return Decision(verdict.outpoint, None, verdict.parties)
    parent = verdict.outpoint[0]
    was_marked = any(head.standing(parent).is_given_up for head in views.heads)
    if was_marked and result.standing(parent).is_live and len(verdict.parties) == 1:
        return Decision(verdict.outpoint, *verdict.parties)
    return None


def _is_given_up(verdict: Verdict, _: Views, result: Evidence) -> Decision | None:
    """The transaction that spent the coin was given up, and the coin is listed."""
    marked = all(result.standing(txid).is_given_up for txid in verdict.parties)
    return Decision(verdict.outpoint, None, verdict.parties) if marked and verdict.outpoint in result.coins else None


def _is_chosen(verdict: Verdict, views: Views, result: Evidence) -> Decision | None:
    """The facts are the base's again, or both sides had changed them, so that the choice was made between markers."""
    coins = [view.coins.get(verdict.outpoint) for view in (views.known, *views.heads, result)]
    base, *sides, chosen = [coin and [coin.get(name) for name in FIXED] for coin in coins]
    if chosen == base or (base not in sides and chosen in sides):
        return listed(verdict.outpoint, coins[-1], "")
    return None


def _one_party_is_left(verdict: Verdict, views: Views, result: Evidence) -> Decision | None:
    """The log, or the record of a transaction, says who gave way."""
    reserved = views.reserved(verdict.outpoint).keys() & result.reservations.get(verdict.outpoint, {}).keys()
    spenders = result.claimants(verdict.outpoint).keys()
    if len(reserved | {result.agents.get(txid) or txid for txid in spenders}) > 1:
        return None
    known = {txid for head in views.heads for txid in head.claimants(verdict.outpoint)}
    decision = Decision(verdict.outpoint, next(iter(spenders), None), known - spenders)
    decision.trailer = ""
    return decision


_TOLD: dict[rows.Row, Callable[[Verdict, Views, Evidence], Decision | None]] = {
    rows.CANDIDATE: _is_attributed,
    rows.UNPROVEN: _is_proven,
    rows.DESCENDANT: _child_or_parent_is_gone,
    rows.RESTORED_VS_SPENT: _is_given_up,
    rows.DESCRIBED: _is_chosen,
    rows.RESERVATION: _one_party_is_left,
}
