"""A join, as lines and as a JSON document, `gitbtc.join/v1`."""

from __future__ import annotations

from gitbtc.merge.conflict import TYPES
from gitbtc.spends import COINS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.state.snapshot import path_in
from gitbtc.views import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Protocol

    from gitbtc.join.coins import ContestedCoin, Settled
    from gitbtc.join.drafts import Decided
    from gitbtc.join.joining import JoinCommit

    class JoinOutcome(Protocol):
        """What a join has to say."""

        contested: list[ContestedCoin]
        settled: list[Settled]
        decided: list[Decided]


ROOT = "gitbtc.join/v1"
_SHOWN = 20  # records of one sort


def document(
    oid: str, branch: str, heads: Sequence[str], joined: JoinCommit | None, *, dry_run: bool
) -> dict[str, Any]:
    """`commit` is the join, or the head that is it already (`created` false); `contested` is left to settle, `settled`
    was settled by evidence, `decided` by the later clock.
    """
    return {
        ROOT: {
            "branch": branch,
            "commit": oid,
            "tree": joined.tree if joined else None,
            "created": joined is not None,
            "dry_run": dry_run,
            "heads": list(heads),
            **findings(joined),
        }
    }


def findings(joined: JoinOutcome | None) -> dict[str, Any]:
    """What a join left open and decided, the members `contested`, `settled` and `decided`."""
    return {
        "contested": [_contested(one) for one in (joined.contested if joined else ())],
        "settled": [
            {"path": path_in(one.root, COINS), "outpoint": outpoint_text(one.outpoint), "notice": one.notice,
             "winner": one.winner, "losers": one.losers}
            for one in (joined.settled if joined else ())
        ],
        "decided": [
            {"path": one.path, "address": _address(one), "type": one.type, "fields": one.fields}
            for one in (joined.decided if joined else ())
        ],
    }  # fmt: skip


def _contested(one: ContestedCoin) -> dict[str, Any]:
    path, outpoint = path_in(one.root, COINS), outpoint_text(one.outpoint)
    return {"path": path, "address": f"{path}::{outpoint}", "type": one.type, "outpoint": outpoint,
            "amount_sat": one.amount_sat, "parties": one.parties}  # fmt: skip


def _address(one: Decided) -> str:
    return f"{one.path}::{one.identity}" if one.identity else one.path


def new_branch(branch: str, *, dry_run: bool) -> str:
    """That there was no branch of the name, which may be a slip."""
    return f"{branch}: a new branch, which {'would be' if dry_run else 'was'} made: none had that name"


def lines(oid: str, branch: str, heads: Sequence[str], joined: JoinCommit | None, *, dry_run: bool) -> Iterator[str]:
    """What a person reads: ids are cut."""
    yield from map(terms.with_short_ids, _lines(oid, branch, heads, joined, dry_run=dry_run))


def _lines(oid: str, branch: str, heads: Sequence[str], joined: JoinCommit | None, *, dry_run: bool) -> Iterator[str]:
    if joined is None:
        yield f"{branch}: {'would be' if dry_run else 'is'} at {terms.short(oid)}, which has all of it"
        return
    for one in joined.contested:
        by = f": {' and '.join(one.parties)}" if one.parties else ""
        name = f"{path_in(one.root, COINS)}::{outpoint_text(one.outpoint)}"
        yield f"contested: {one.type}: {name}: {TYPES[one.type]}{by}"
    for settled in joined.settled:
        name = f"{path_in(settled.root, COINS)}::{outpoint_text(settled.outpoint)}"
        yield f"settled: {settled.notice}: {name}: {settled.winner} over {' and '.join(settled.losers)}"
    for decided in joined.decided[:_SHOWN]:
        fields = f" ({', '.join(name for name in decided.fields if name)})" if any(decided.fields) else ""
        yield f"decided: {decided.type}: {_address(decided)}{fields}"
    if len(joined.decided) > _SHOWN:
        yield f"decided: {len(joined.decided) - _SHOWN} more"
    counts = f"{len(heads)} heads, {len(joined.contested)} contested, {len(joined.decided)} decided by the later clock"
    yield f"{branch}: {'would be' if dry_run else 'is'} at {terms.short(oid)}: {counts}"
