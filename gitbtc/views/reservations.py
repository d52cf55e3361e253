"""Reservations as lines for people and as rows for programs."""

from __future__ import annotations

from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.reservations import holds, until
from gitbtc.views import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.reservations import Reservation

    Row = dict[str, Any]


def rows_of(root: str, evidence: Evidence) -> list[Row]:
    """What is known of each reservation in a root, expired ones too."""
    return [
        {"root": root, **held(reservation, evidence), "note": reservation.event["note"]}
        for _, agents in sorted(evidence.reservations.items())
        for _, reservation in sorted(agents.items())
    ]


def held(reservation: Reservation, evidence: Evidence | None) -> Row:
    """What is known of a reservation or a claim; amounts in sat, heights in blocks, null where nothing is known."""
    coin = evidence.coins.get(reservation.outpoint) if evidence else None
    tip, end = evidence.tip if evidence else None, reservation.expires_height
    return {
        "outpoint": outpoint_text(reservation.outpoint),
        "agent": reservation.agent,
        "amount_sat": coin and coin["amount_sat"],
        "spent_by": evidence.spender(reservation.outpoint) if evidence else None,
        "expires_height": end,
        "blocks_left": None if end is None or tip is None else max(0, end - tip),
        "holds": holds(reservation, tip),
    }


def whole_line(row: Row) -> str:
    """A row of `rows_of` in words, with its root and its note."""
    where = f"{terms.word(row['root'])}: " if row["root"] else ""
    note = f": {terms.quoted(row['note'])}" if row["note"] else ""
    return f"{where}{line(row)}{note}"


def line(row: Row) -> str:
    """A reservation in words."""
    worth = [terms.btc(row["amount_sat"])] if row["amount_sat"] is not None else []
    spent = [f"spent by {terms.short(row['spent_by'])}"] if row["spent_by"] else []
    who = terms.word(row["agent"]) if row["agent"] else "an agent without a name"
    parts = [terms.with_short_ids(row["outpoint"]), *worth, who, f"{until(row['expires_height'])}{_left(row)}", *spent]
    return ", ".join(parts)


def _left(row: Row) -> str:
    if not row["holds"]:
        return " (expired)"
    left = row["blocks_left"]
    return "" if left is None else f" ({terms.counted(left, ('block', 'blocks'))} left)"
