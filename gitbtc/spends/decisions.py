"""How a verdict on a coin ends: by itself, where the evidence decides, or by the side that a person chose."""

from __future__ import annotations

from gitbtc.spends.evidence import inputs, outpoint_text
from gitbtc.spends.settle import Settlement
from gitbtc.spends.trailers import DATA_ERROR, DOUBLE_SPEND, RESERVATION, UNATTRIBUTED, read_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.case import Case, View
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.verdicts import Verdict


class Decision:
    """What ends a contest: a `settlement` of transactions, `events` for the log, or, where no transaction is at stake,
    the side whose record of the coin is taken (`view`). `trailer` is the line that the commit carries.
    """

    __slots__ = ("events", "settlement", "trailer", "view")

    def __init__(
        self,
        trailer: str,
        settlement: Settlement | None = None,
        *,
        events: Iterable[Record] = (),
        view: View | None = None,
    ) -> None:
        self.trailer = trailer
        self.settlement = settlement
        self.events = list(events)
        self.view = view


def automatic(verdict: Verdict) -> Decision:
    """What follows from a verdict that needs nobody (`verdict.is_automatic`)."""
    return _between(verdict.case, verdict.winner, verdict.losers)


def chosen(verdict: Verdict, choice: str) -> Decision:
    """What `ours`, `theirs` or `base` means for a contest."""
    case = verdict.case
    view = {"ours": case.one, "theirs": case.other, "base": case.base}[choice]
    return _CHOSEN.get(verdict.row, _spender)(case, view, choice)


def declared(verdict: Verdict, line: str) -> Decision | None:
    """What the trailer `line` says of transactions: who won the contest, and who lost. None when it says nothing."""
    trailer = read_line(line)
    if trailer is None or trailer.name == DATA_ERROR or trailer.choice:
        return None
    spenders = verdict.case.spenders
    losers = set(trailer.losers) if trailer.name == DOUBLE_SPEND else spenders & set(trailer.losers)
    winner = trailer.winner if trailer.name == DOUBLE_SPEND or trailer.winner in spenders else None
    return _between(verdict.case, winner, losers) if losers or trailer.name == DOUBLE_SPEND else None


def _between(case: Case, winner: str | None, losers: Iterable[str]) -> Decision:
    """`winner` lives, with all that it was built on; what spends a coin of theirs goes, and so do `losers`."""
    coin = {case.outpoint}
    alive = _ancestry(case, winner) if winner else set()
    spent = {outpoint for txid in alive for outpoint in inputs(_record(case, txid))}
    rivals = {txid for side in _sides(case) for outpoint in spent for txid in side.claimants(outpoint)}
    revived = {txid for side in _sides(case) for txid in side.built_on(alive).values() if _is_lost(case, txid)}
    taken, freed = (coin, ()) if winner else ((), coin)
    pending = {txid: side.mempool[txid] for side in _sides(case) for txid in alive & side.mempool.keys()}
    settlement = Settlement(rivals.union(losers), alive, revived=revived, taken=taken, freed=freed, pending=pending)
    return Decision(_double_spend(case, winner, losers), settlement)


def _sides(case: Case) -> tuple[Evidence, Evidence]:
    return case.one.evidence, case.other.evidence


def _is_lost(case: Case, txid: str) -> bool:
    """Whether a side takes `txid` for lost or given up."""
    return any(txid in side.dead for side in _sides(case))


def _record(case: Case, txid: str) -> Record:
    found = (known.get(txid) for side in _sides(case) for known in (side.transactions, side.mempool))
    return next((record for record in found if record), {})


def _ancestry(case: Case, txid: str) -> set[str]:
    """`txid`, and the transactions it needs that a side takes for lost."""
    found: set[str] = set()
    waiting = [txid]
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting += {parent for parent, _ in inputs(_record(case, one)) if _is_lost(case, parent)} - found
    return found


def _double_spend(case: Case, winner: str | None, losers: Iterable[str]) -> str:
    lost = " and ".join(sorted(losers)) or "none"
    return f"{DOUBLE_SPEND}: {outpoint_text(case.outpoint)} {winner or 'none'} over {lost}"


def _spender(case: Case, view: View, _: str) -> Decision:
    """Rows 7, 8, 9: the chosen side's transaction wins; with the base, nobody does."""
    winner = None if view is case.base else view.spender
    return _between(case, winner, case.spenders - {winner})


def _restored(case: Case, view: View, _: str) -> Decision:
    """Row 13: spent after all, or given up."""
    spender = case.spending.spender
    return _between(case, None, {spender or ""}) if view is case.restoring else _between(case, spender, ())


def _attributed(case: Case, view: View, _: str) -> Decision:
    """Row 3: both removals were one payment, or the coin was never spent."""
    return Decision(f"{DOUBLE_SPEND}: {outpoint_text(case.outpoint)} {UNATTRIBUTED}", view=view)


def _described(case: Case, view: View, choice: str) -> Decision:
    """Row 14: the coin as one side describes it."""
    return Decision(f"{DATA_ERROR}: {outpoint_text(case.outpoint)} {choice}", view=view)


def _descendant(case: Case, view: View, _: str) -> Decision:
    """Row 10: the child goes with its parent; or the parent lives, and what took the parent's coins goes."""
    parent = case.outpoint[0]
    dead = next(side for side, _ in case.both_ways if parent in side.evidence.dead)
    alive = case.other if dead is case.one else case.one
    if view is not alive:
        return _between(case, None, case.spenders)
    return _between(case, alive.spender, case.spenders - {alive.spender})


def _reserved(case: Case, view: View, _: str) -> Decision:
    """Row 16: who does not win releases the coin, or loses the transaction that spends it."""
    spender = view.spender if view is not case.base else None
    kept = set() if view is case.base or spender else view.holders & case.holders
    lost = case.spenders - {spender}
    released = sorted(case.holders - kept - {view.evidence.agents.get(spender or "", "")})
    winners = [spender] if spender else sorted(kept)
    losers = [*sorted(lost), *released]
    trailer = f"{RESERVATION}: {outpoint_text(case.outpoint)} {_names(winners)} over {_names(losers)}"
    settlement = _between(case, spender, lost).settlement if lost else None
    return Decision(trailer, settlement, events=[_release(case, agent) for agent in released])


def _names(parties: list[str]) -> str:
    from urllib.parse import quote

    return " and ".join(quote(party, safe="") or "unnamed" for party in parties) or "none"


def _release(case: Case, agent: str) -> Record:
    """The event that ends an agent's reservation: just after it, by no clock, so that both sides write the same."""
    reservation = next(
        held for side in _sides(case) if (held := side.reservations.get(case.outpoint, {}).get(agent)) is not None
    )
    tips = [side.tip for side in _sides(case) if side.tip is not None]
    event: Record = {
        "timestamp": reservation.event["timestamp"] + 1, "block_height": max(tips, default=None),
        "event_type": "release", "txid": None, "amount_sat": None, "fee_sat": None, "note": "gave way in a merge",
        "outpoints": [outpoint_text(case.outpoint)],
    }  # fmt: skip
    return event | ({"agent": agent} if agent else {})


_CHOSEN: dict[int, Callable[[Case, View, str], Decision]] = {
    3: _attributed,
    10: _descendant,
    13: _restored,
    14: _described,
    16: _reserved,
}
