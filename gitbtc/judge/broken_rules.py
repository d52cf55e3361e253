"""The rules that hold across the files of a root, held against a snapshot, and against the step that led to it."""

from __future__ import annotations

from functools import partial

from gitbtc.errors import CannotWork
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import root_of
from gitbtc.spends import CHANNELS, COINS, EVIDENCE, LIMITS_PATH, ROUTING, channels, rules
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gitbtc.spends.declared import Declared
    from gitbtc.spends.evidence import Evidence
    from gitbtc.state.snapshot import Snapshot


def roots_to_judge(after: Snapshot, touched: Collection[str]) -> list[str]:
    """The roots that a step to `after` may break a rule in: those of the state files that it `touched`, also of those
    that are gone; every one where it touched the limits, which count for the policies that stand in each.
    """
    roots = {root_of(path) for path in touched if after.kind(path)}
    return sorted(roots | after.roots() if LIMITS_PATH in touched else roots)


def broken_rules(
    snapshot: Snapshot, root: str, touched: set[str] | None = None, before: Snapshot | None = None
) -> Iterator[tuple[str, rules.Violation]]:
    """(path, violation) of each rule that a root breaks; only where `touched` files concern it.

    `before` was held to the rules itself: of the coins that it lists too, none is read again.
    """
    if tells_of_coins(root, touched):
        for violation in _of_coins(snapshot, root, _readable(before, root) if before else None):
            yield _located(snapshot, root, violation)
    if _concerns(root, touched, (CHANNELS, ROUTING)):
        for violation in channels.violations(lambda kind: snapshot.of_kind(root, kind)):
            yield _located(snapshot, root, violation)
    # Who lowers a limit answers for the policies that stand, as who raises a policy for the limits.
    is_limited = LIMITS_PATH in snapshot.entries
    if is_limited and (_concerns(root, touched, (ROUTING,)) or LIMITS_PATH in (touched or ())):
        from gitbtc.routing import limits

        for violation in limits.violations(snapshot.content(LIMITS_PATH), snapshot.of_kind(root, ROUTING)):
            yield _located(snapshot, root, violation)


def broken_anywhere(snapshot: Snapshot, root: str, before: Snapshot | None) -> Iterator[tuple[str, rules.Violation]]:
    """The same, whatever `before` was held to, which the snapshot has most records from. That one is looked at first:
    where it breaks no rule, what differs is all that is left, and the next look finds it kept (state/checkpoint.py).
    """
    yield from broken_rules(snapshot, root, None, before if before and _holds(before, root) else None)


def _holds(snapshot: Snapshot, root: str) -> bool:
    try:
        return path_in(root, COINS) in snapshot.entries and not _of_coins(snapshot, root, None)
    except CannotWork:
        return False


def _of_coins(snapshot: Snapshot, root: str, before: Evidence | None) -> list[rules.Violation]:
    """What a root breaks of the rules about coins; all of it is looked at without `before`, but for what is kept."""
    evidence = snapshot.evidence(root, before)
    known = before or evidence.base
    is_kept = known is not None and _is_sound(known)
    if not is_kept:
        known = before
    found = list(rules.violations(evidence, known, is_kept=is_kept))
    if not found:
        evidence.is_sound = is_kept or known is None or None  # of coins that were there before none was read
        snapshot.keep(root, is_sound=_is_sound_in_all)
    return found


def _is_sound(evidence: Evidence) -> bool:
    """Whether it is known to break no rule, as far as only that has to be looked at in which it differs from one that
    is.
    """
    if evidence.is_sound is None and evidence.base is not None and _is_sound(evidence.base):
        evidence.is_sound = not any(rules.violations(evidence, evidence.base, is_kept=True))
    return evidence.is_sound is True


def _is_sound_in_all(evidence: Evidence) -> bool:
    """The same, looking at everything where nothing is known."""
    if evidence.is_sound is None:
        evidence.is_sound = not any(rules.violations(evidence))
    return evidence.is_sound


def broken_by_step(
    before: Sequence[Snapshot], after: Snapshot, root: str, bases: Sequence[Snapshot] = (),
    touched: set[str] | None = None,
) -> Iterator[tuple[str, rules.Violation]]:  # fmt: skip
    """The same of the rules about a step: from the states of a commit's parents (one of nothing before a first commit)
    to its own. A parent that nobody can read counts for nothing: the commit may be what mends it.
    """
    if not tells_of_coins(root, touched):
        return
    from gitbtc.spends.steps import CoinStep

    parents, others = ([one for side in sides if (one := _readable(side, root))] for sides in (before, bases))
    if all(parent.coins.is_empty for parent in parents):
        return
    try:
        step = CoinStep(parents, after.evidence(root), others)
    except Malformed:
        return
    for violation in step.violations():
        yield _located(after, root, violation)


def _located(snapshot: Snapshot, root: str, violation: rules.Violation) -> tuple[str, rules.Violation]:
    """Its path, and the violation, which can then tell where it stands."""
    path = path_in(root, violation.kind)
    violation.place_of = partial(snapshot.place_of, path)
    return path, violation


def is_excused(violation: rules.Violation, declared: Declared) -> bool:
    """Whether the message of the commit answers for what the step does.

    It is a correction and says why, or it says that a coin was spent by nobody knows what.
    """
    from gitbtc.spends.steps import DATA_ERROR, LOST_COIN

    if violation.rule == DATA_ERROR:
        return declared.rewrites
    return violation.rule == LOST_COIN and declared.vouches(violation.identity)


def tells_of_coins(root: str, touched: set[str] | None) -> bool:
    """Whether one of the `touched` files (None: any) says who spent what in a root."""
    return _concerns(root, touched, EVIDENCE)


def _concerns(root: str, touched: set[str] | None, kinds: tuple[str, ...]) -> bool:
    return touched is None or any(path_in(root, kind) in touched for kind in kinds)


def _readable(snapshot: Snapshot, root: str) -> Evidence | None:
    try:
        return snapshot.evidence(root)
    except CannotWork:
        return None
