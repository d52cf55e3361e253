"""Evidence for the merge driver: it sees one file, and whether a coin was spent twice stands in others."""

from __future__ import annotations

from gitbtc.gate.merging import Merging, announced
from gitbtc.gate.snapshot import of_revision
from gitbtc.kinds.codec import encode_record
from gitbtc.kinds.registry import Kinds, built_in, root_of
from gitbtc.merge.conflict import Conflict
from gitbtc.repo.git import Git
from gitbtc.spends import COINS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.verdicts import Case, judge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.kind import Key, Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.verdicts import Verdict


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
        sides = [of_revision(git, oid, blobs.read, kinds) for oid in merging.heads]
        root = root_of(path)
        stale = _spent(sides[1].claims(root), ours) | _spent(sides[0].claims(root), theirs)
        conflicts = {}
        if gone:
            bases = [of_revision(git, base, blobs.read, kinds).evidence(root) for base in merging.bases(0, 1)]
            conflicts = _conflicts(bases, [side.evidence(root) for side in sides], gone)
    candidates = {key for key, found in conflicts.items() if found.type == "double_spend_candidate"}
    if candidates and git.config("gitbtc.unattributed") == "allow":
        conflicts = {key: found for key, found in conflicts.items() if key not in candidates}
    return {**dict.fromkeys(stale), **conflicts}


def _spent(evidence: Evidence, added: set[Key]) -> set[Key]:
    return {key for key in added if evidence.spends((key[0], key[1]))}


def _conflicts(bases: list[Evidence], sides: list[Evidence], gone: dict[Key, bytes]) -> dict[Key, Conflict]:
    judged = {key: _contested(bases, sides[0], sides[1], key) for key in gone}
    return {key: spend_conflict(verdict) for key, verdict in judged.items() if verdict}


def _contested(bases: list[Evidence], ours: Evidence, theirs: Evidence, key: Key) -> Verdict | None:
    verdicts = [judge(Case((key[0], key[1]), base, ours, theirs)) for base in bases]
    return verdicts[0] if all(verdict.type for verdict in verdicts) else None


def spend_conflict(verdict: Verdict) -> Conflict:
    """The conflict that a verdict is."""
    case = verdict.case
    base, ours, theirs = (_line(view.coin) for view in (case.base, case.one, case.other))
    spend = {
        "outpoint": outpoint_text(verdict.outpoint),
        "amount_sat": case.amount_sat,
        "ours_txid": case.one.spender,
        "theirs_txid": case.other.spender,
    }
    return Conflict(verdict.type, verdict.outpoint, base, ours, theirs, case.redescribed, spend)


def _line(coin: Record | None) -> bytes | None:
    return None if coin is None else encode_record(built_in(COINS), dict(coin))
