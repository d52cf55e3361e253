"""Evidence for the merge driver: it sees one file, and whether a coin was spent twice stands in others."""

from __future__ import annotations

from gitbtc.judge.spend_gate import on_every_base
from gitbtc.kinds.codec import encode_record
from gitbtc.kinds.registry import Kinds, built_in, root_of
from gitbtc.merge.conflict import Conflict
from gitbtc.repo.git import Git
from gitbtc.spends import COINS
from gitbtc.spends.evidence import EVENT, outpoint_text
from gitbtc.state.merging import Merging, announced
from gitbtc.state.snapshot import of_revision

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from gitbtc.kinds.kind import Key, Record
    from gitbtc.merge.files import Judge
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.verdicts import Verdict
    from gitbtc.state.snapshot import Snapshot


def judge_coins(path: str, gone: dict[Key, bytes], ours: set[Key], theirs: set[Key]) -> dict[Key, Conflict | None]:
    """What becomes of coins of the file at `path`: conflicts among those `gone` on both sides; None for those that
    `ours` alone or `theirs` alone added and a transaction that only the other side knows spends (a stale view).

    Nothing where Git does not say which commits it merges (rebase, cherry-pick, stash): the gate decides at the commit.
    """
    heads = announced()
    if len(heads) != 1:
        return {}
    git = Git()
    merging = Merging(git, [git.resolve("HEAD"), *heads])
    kinds = Kinds()
    with git.blobs() as blobs:

        def snapshot(oid: str | None) -> Snapshot:
            return of_revision(git, oid, blobs.read, kinds)

        sides = [snapshot(oid) for oid in merging.heads]
        judge = judge_of(
            root_of(path),
            lambda: map(snapshot, merging.bases(0, 1)),
            sides,
            lambda: git.config("gitbtc.unattributed") == "allow",
        )
        return judge(gone, ours, theirs)


def judge_of(
    root: str, bases: Callable[[], Iterable[Snapshot]], sides: Sequence[Snapshot], is_allowed: Callable[[], bool]
) -> Judge:
    """What `judge_coins` answers for the coins of a root, from snapshots of the sides, ours first, and of their common
    ancestors. `is_allowed`: whether a coin may go without a transaction that spends it.
    """

    def judge(gone: dict[Key, bytes], ours: set[Key], theirs: set[Key]) -> dict[Key, Conflict | None]:
        one, other = (side.claims(root) for side in sides)
        stale = _spent(other, one.dead, ours) | _spent(one, other.dead, theirs)
        conflicts = {}
        if gone:
            known = [base.evidence(root) for base in bases()]
            conflicts = _conflicts(known, [side.evidence(root, known[0]) for side in sides], gone)
        candidates = {key for key, found in conflicts.items() if found.type == "double_spend_candidate"}
        if candidates and is_allowed():
            conflicts = {key: found for key, found in conflicts.items() if key not in candidates}
        return {**dict.fromkeys(stale), **conflicts}

    return judge


def _spent(evidence: Evidence, dead: set[str], added: set[Key]) -> set[Key]:
    """Those of the coins that a transaction spends which the other side does not know to have lost (`dead`)."""
    claims = {key: evidence.claimants((key[0], key[1])) for key in added}
    return {
        key
        for key, claimants in claims.items()
        if any(strength > EVENT and txid not in dead for txid, strength in claimants.items())
    }


def _conflicts(bases: list[Evidence], sides: list[Evidence], gone: dict[Key, bytes]) -> dict[Key, Conflict]:
    """Judged with all the others, as the gate does: what becomes of one coin may decide about another."""
    judged = on_every_base(bases, sides[0], sides[1])
    return {
        verdict.outpoint: spend_conflict(verdict) for verdict in judged if verdict.type and verdict.outpoint in gone
    }


def spend_conflict(verdict: Verdict) -> Conflict:
    """The conflict that a verdict is."""
    case = verdict.case
    base, ours, theirs = (_line(view.coin) for view in (case.base, case.one, case.other))
    spend: dict[str, Any] = {
        "outpoint": outpoint_text(verdict.outpoint),
        "amount_sat": case.amount_sat,
        "ours_txid": case.one.spender,
        "theirs_txid": case.other.spender,
    }
    if verdict.row == 16:
        spend |= {"ours_reserved_by": sorted(case.one.holders), "theirs_reserved_by": sorted(case.other.holders)}
    if verdict.parent is not None:
        spend["depends_on"] = outpoint_text(verdict.parent.outpoint)
    return Conflict(verdict.type, verdict.outpoint, base, ours, theirs, case.redescribed, spend)


def _line(coin: Record | None) -> bytes | None:
    return None if coin is None else encode_record(built_in(COINS), dict(coin))
