"""The rules that hold across the files of a root, held against a snapshot."""

from __future__ import annotations

from gitbtc.spends import CHANNELS, EVIDENCE, ROUTING, channels, rules
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.state.snapshot import Snapshot


def broken_rules(
    snapshot: Snapshot, root: str, touched: set[str] | None = None
) -> Iterator[tuple[str, rules.Violation]]:
    """(path, violation) of each rule that a root breaks; only where `touched` files concern it."""
    if touched is None or any(path_in(root, kind) in touched for kind in EVIDENCE):
        for violation in rules.violations(snapshot.evidence(root)):
            yield path_in(root, violation.kind), violation
    if touched is None or any(path_in(root, kind) in touched for kind in (CHANNELS, ROUTING)):
        for violation in channels.violations(lambda kind: snapshot.of_kind(root, kind)):
            yield path_in(root, violation.kind), violation
