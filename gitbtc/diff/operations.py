"""The difference of two versions of a state file, as operations on its records.

* `insert`, `delete`: a record came or went.
* `mutate`: a record is the same one in both versions and its fields differ: `fields` names each that does, and `record`
  is the new one.
* `replace`: a member of an object file has another value.
* `patch`: the operations of one file, in one document.

Applying a file's operations to the old version gives the new one, in canonical form.
"""

from __future__ import annotations

from gitbtc.errors import GitbtcError
from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from gitbtc.kinds.delta import Buffer
    from gitbtc.kinds.kind import Key, Kind, Record

INSERT, DELETE, MUTATE, REPLACE, PATCH = "insert", "delete", "mutate", "replace", "patch"


class Operation:
    """What happened to one record. `old` and `new` are the record in the two versions, None where it does not exist;
    a member of an object file is a record of that one member.
    """

    __slots__ = ("key", "kind", "name", "new", "old", "path")

    def __init__(self, kind: Kind, path: str, key: Key, old: Record | None, new: Record | None) -> None:
        self.kind = kind
        self.path = path
        self.key = key
        self.old = old
        self.new = new
        self.name = _name(kind, old, new)

    @property
    def address(self) -> str:
        """`path::identity`."""
        return codec.address(self.path, self.kind, self.key)

    @property
    def content_id(self) -> str:
        """SHA-256 of the record's canonical line: of the new one, and for a delete of the old one."""
        return codec.content_id(_line(self.kind, self.record))

    @property
    def record(self) -> Record:
        """The record as it is now, and for a delete as it was."""
        return (self.old if self.new is None else self.new) or {}

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """The fields that differ, each with its `old` and `new` value; a side that lacks the field lacks the key."""
        old, new = self.old or {}, self.new or {}
        return {
            name: {side: record[name] for side, record in (("old", old), ("new", new)) if name in record}
            for name in changed_fields(old, new)
        }

    def document(self) -> dict[str, Any]:
        """The operation as JSON."""
        told: dict[str, Any] = {"op": self.name, "address": self.address, "content_id": self.content_id}
        if self.name == REPLACE:
            return told | self.fields[self.key[0]]
        if self.name == MUTATE:
            told["fields"] = self.fields
        return told | {"record": self.record}

    def inverse(self) -> Operation:
        """What undoes the operation."""
        return Operation(self.kind, self.path, self.key, self.new, self.old)


def _name(kind: Kind, old: Record | None, new: Record | None) -> str:
    if old is None:
        return INSERT
    if new is None:
        return DELETE
    return REPLACE if kind.identity == "member" else MUTATE


def _line(kind: Kind, record: Record) -> bytes:
    line = codec.encode_record(kind, record)
    return line[1:-1] if kind.identity == "member" else line


def changed_fields(old: Record, new: Record) -> list[str]:
    """The names of the fields whose JSON differs, in the order of the canonical line."""
    return sorted(name for name in old.keys() | new.keys() if not _same(old, new, name))


_PLAIN = frozenset([str, int, bool, type(None)])


def _same(old: Record, new: Record, name: str) -> bool:
    if name not in old or name not in new:
        return False
    one, other = old[name], new[name]
    if type(one) is not type(other) or one != other:
        return False
    # Within a list, 1 is True and 5 is 5.0 to Python; their JSON differs.
    return type(one) in _PLAIN or repr(one) == repr(other)


def operations(kind: Kind, path: str, old: Buffer, new: Buffer) -> list[Operation]:
    """What turns `old` into `new`, in key order; an empty buffer is a version without the file.

    Raises codec.Malformed when one of them does not parse.
    """
    if kind.identity == "file":
        before, after = (_register(kind, side[:]) for side in (old, new))
        same = not changed_fields(before, after)
        return [] if same else [Operation(kind, path, (kind.name,), before or None, after or None)]
    changes = delta(kind, old, new)
    return [Operation(kind, path, change.key, change.old_record, change.new_record) for change in changes]


def concatenated(first: Iterable[Operation], second: Iterable[Operation]) -> list[Operation]:
    """What `first` and then `second` do to one file, in one operation a record, in key order.

    Raises GitbtcError where `second` does not begin with what `first` ends with.
    """
    together: dict[Key, Operation] = {}
    for operation in (*first, *second):
        earlier = together.pop(operation.key, None)
        if earlier is None:
            together[operation.key] = operation
            continue
        if not _equal(earlier.new, operation.old):
            raise _misfit(operation, "is another one after the operations before it")
        if not _equal(earlier.old, operation.new):
            kind, path, key = operation.kind, operation.path, operation.key
            together[key] = Operation(kind, path, key, earlier.old, operation.new)
    return [together[key] for key in sorted(together)]


def _equal(one: Record | None, other: Record | None) -> bool:
    if one is None or other is None:
        return one is other
    return not changed_fields(one, other)


def _register(kind: Kind, content: bytes) -> Record:
    """The one record of an object file that only makes sense whole; an empty one when there is no file."""
    record: Record = codec.parse(kind, content)
    return record


def apply(kind: Kind, content: bytes, operations: Iterable[Operation]) -> bytes:
    """The canonical file that `operations` make of `content`.

    Raises codec.Malformed for content that does not parse, GitbtcError for an operation that does not fit it: the
    record is there already, or is not there, or has other values than those that the operation replaces.
    """
    if kind.identity == "file":
        record: Record | None = _register(kind, content) or None
        for operation in operations:
            record = _applied(operation, record)
        return codec.encode_file(kind, record or {})
    lines = codec.keyed(kind, content)
    for operation in operations:
        line = lines.pop(operation.key, None)
        outcome = _applied(operation, None if line is None else codec.decode_line(kind, line))
        if outcome is not None:
            lines[operation.key] = _line(kind, outcome)
    return codec.encode_lines(kind, (lines[key] for key in sorted(lines)))


def _applied(operation: Operation, now: Record | None) -> Record | None:
    """What becomes of a record, from what the operation's document says and nothing else."""
    if (now is None) != (operation.name == INSERT):
        raise _misfit(operation, "is there already" if now else "is not there")
    if now is None:
        return operation.record
    if operation.name == DELETE:
        if changed_fields(now, operation.record):
            raise _misfit(operation, "is another one")
        return None
    return _with_fields(operation, now)


def _with_fields(operation: Operation, now: Record) -> Record:
    changed = dict(now)
    for name, values in operation.fields.items():
        there = {"old": now[name]} if name in now else {}
        before = {"old": values["old"]} if "old" in values else {}
        if changed_fields(there, before):
            raise _misfit(operation, f"has another {name}")
        changed.pop(name, None)
        if "new" in values:
            changed[name] = values["new"]
    return changed


def _misfit(operation: Operation, found: str) -> GitbtcError:
    return GitbtcError(
        f"{operation.address}: the {operation.name} does not fit: the record {found}; "
        "apply the operations to the version that they were made from"
    )
