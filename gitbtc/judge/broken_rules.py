"""The rules that hold across the files of a root, held against a snapshot, and against the step that led to it."""

from __future__ import annotations

from functools import partial

from gitbtc.errors import CannotWork
from gitbtc.kinds.codec import Malformed
from gitbtc.spends import CHANNELS, EVIDENCE, LIMITS_PATH, ROUTING, channels, rules
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.spends.declared import Declared
    from gitbtc.spends.evidence import Evidence
    from gitbtc.state.snapshot import Snapshot


def broken_rules(
    snapshot: Snapshot, root: str, touched: set[str] | None = None, before: Snapshot | None = None
) -> Iterator[tuple[str, rules.Violation]]:
    """(path, violation) of each rule that a root breaks; only where `touched` files concern it.

    `before` was held to the rules itself: of the coins that it lists too, none is read again.
    """
    if _concerns(root, touched):
        known = _readable(before, root) if before else None
        for violation in rules.violations(snapshot.evidence(root, known), known):
            yield _located(snapshot, root, violation)
    if touched is None or any(path_in(root, kind) in touched for kind in (CHANNELS, ROUTING)):
        for violation in channels.violations(lambda kind: snapshot.of_kind(root, kind)):
            yield _located(snapshot, root, violation)
    if LIMITS_PATH in snapshot.entries and (touched is None or path_in(root, ROUTING) in touched):
        from gitbtc.routing import limits

        for violation in limits.violations(snapshot.content(LIMITS_PATH), snapshot.of_kind(root, ROUTING)):
            yield _located(snapshot, root, violation)


def broken_by_step(
    before: Sequence[Snapshot], after: Snapshot, root: str, bases: Sequence[Snapshot] = (),
    touched: set[str] | None = None,
) -> Iterator[tuple[str, rules.Violation]]:  # fmt: skip
    """The same of the rules about a step: from the states of a commit's parents (one of nothing before a first commit)
    to its own. A parent that nobody can read counts for nothing: the commit may be what mends it.
    """
    if not _concerns(root, touched):
        return
    from gitbtc.spends.steps import CoinStep

    parents, others = ([one for side in sides if (one := _readable(side, root))] for sides in (before, bases))
    if not any(parent.coins.content for parent in parents):
        return
    try:
        step = CoinStep(parents, after.evidence(root), others)
    except Malformed:
        return
    for violation in step.violations():
        yield _located(after, root, violation)


def _located(snapshot: Snapshot, root: str, violation: rules.Violation) -> tuple[str, rules.Violation]:
    """Its path, and the violation, which can then tell its line."""
    path = path_in(root, violation.kind)
    violation.line_of = partial(snapshot.line_of, path)
    return path, violation


def is_excused(violation: rules.Violation, declared: Declared) -> bool:
    """Whether the message of the commit answers for what the step does.

    It is a correction and says why, or it says that a coin was spent by nobody knows what.
    """
    from gitbtc.spends.steps import DATA_ERROR, LOST_COIN

    if violation.rule == DATA_ERROR:
        return declared.rewrites
    return violation.rule == LOST_COIN and declared.vouches(violation.identity)


def _concerns(root: str, touched: set[str] | None, kinds: tuple[str, ...] = EVIDENCE) -> bool:
    return touched is None or any(path_in(root, kind) in touched for kind in kinds)


def _readable(snapshot: Snapshot, root: str) -> Evidence | None:
    try:
        return snapshot.evidence(root)
    except CannotWork:
        return None
