"""How far a root is from what a source tells: what an import would change, without doing it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from gitbtc.diff.operations import operations
from gitbtc.diff.patch import FILE, Patch
from gitbtc.diff.source_drift import SourceDrift
from gitbtc.kinds import codec, registry
from gitbtc.merge.records import changed_fields
from gitbtc.sources.bringing import Bringing
from gitbtc.spends import CHAIN, COINS

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.diff.operations import Operation
    from gitbtc.sources.snapshot import SourceSnapshot

# What grows with each reading, and is no difference either.
_LOGS = frozenset(["fees", "prices"])


def drift(root: Path, snapshot: SourceSnapshot, name: str) -> SourceDrift:
    """Compare the files of `root` with what the source `name` tells; nothing is written, nor remembered.

    What people wrote and an import would keep is no drift, and a higher block alone is none. Raises as an import does.
    """
    with closing(Bringing(root, snapshot, name, volatile=True)) as step:
        return _compared(step, snapshot)


def _compared(step: Bringing, snapshot: SourceSnapshot) -> SourceDrift:
    ignored: dict[tuple[str, str], int] = {}
    patches = []
    for path, kind in step.kinds.items():
        before, after = step.here.get(path), step.after.get(path)
        if after is None or before == after or kind.name == CHAIN:
            continue
        place = registry.below(step.place, path)
        told = [one for one in operations(kind, place, before or b"", after) if not _is_ignored(one, ignored)]
        if told:
            patches.append(Patch(kind, place, told, FILE if before is not None else None, FILE))
    chain = step.here.get(registry.built_in(CHAIN).path)
    gone = [one.key for patch in patches if patch.kind.name == COINS for one in patch.operations if one.new is None]
    known = step.evidence
    spenders = {(txid, vout): known.record(by) for txid, vout in gone if (by := known.spender((txid, vout)))}
    here = codec.parse(registry.built_in(CHAIN), chain) if chain else None
    return SourceDrift(patches, here, dict(snapshot.as_of), ignored, spenders)


def _is_ignored(operation: Operation, ignored: dict[tuple[str, str], int]) -> bool:
    """Whether an operation is noise, which is counted."""
    kind = operation.kind.name
    if kind in _LOGS:
        noise = [""]
    elif operation.old is None or operation.new is None:
        return False
    else:
        noise = changed_fields(operation.old, operation.new)
        if not operation.kind.volatile.issuperset(noise):
            return False
    for name in noise:
        ignored[kind, name] = ignored.get((kind, name), 0) + 1
    return True
