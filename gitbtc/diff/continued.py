"""Records that went and came under another identity, and are one thing: a channel that was spliced."""

from __future__ import annotations

from gitbtc.diff.operations import DELETE, INSERT, Operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def continued(operations: Sequence[Operation]) -> tuple[list[Operation], list[Operation]]:
    """The operations of one file, those of a record that went and one that came as one change where both have the same
    value of the field that the kind `continues` by; and these changes alone.
    """
    field = operations[0].kind.continues[0] if operations and operations[0].kind.continues else ""
    if not field:
        return list(operations), []
    gone = {one.record[field]: one for one in operations if one.name == DELETE and field in one.record}
    pairs = {
        id(one): (gone[one.record[field]], one) for one in operations
        if one.name == INSERT and one.record.get(field) in gone
    }  # fmt: skip
    ended = {id(before) for before, _ in pairs.values()}
    changes = {
        number: Operation(now.kind, now.path, now.key, before.old, now.new) for number, (before, now) in pairs.items()
    }
    left = [changes.get(id(one), one) for one in operations if id(one) not in ended]
    return left, list(changes.values())
