"""What a join left contested: a line with the command that settles it, and a document."""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.spends import COINS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.state.snapshot import path_in
from gitbtc.views.terms import with_short_ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gitbtc.spends.trailers import Trailer

# What settles a contest in which no transaction is named.
_NO_PARTIES = {"data_error": "listed", "double_spend_candidate": "unattributed"}


def line(root: str, contest: Trailer) -> str:
    """The coin, the type of the contest, between whom it is, and what settles it."""
    name = outpoint_text(contest.outpoint) if contest.outpoint else ""
    by = f" by {' and by '.join(contest.parties)}" if contest.parties else ""
    winner = "TXID" if contest.parties else _NO_PARTIES.get(contest.choice, "TXID")
    mend = f"gitbtc resolve {name} --winner {winner}"
    told = f"{path_in(root, COINS)}: contested: {name}: {contest.choice}{by}; settle it with: {mend}"
    return printable(with_short_ids(told))


def document(root: str, contest: Trailer) -> dict[str, Any]:
    """The same as JSON."""
    name = outpoint_text(contest.outpoint) if contest.outpoint else ""
    return {"path": path_in(root, COINS), "outpoint": name, "type": contest.choice, "parties": list(contest.parties)}
