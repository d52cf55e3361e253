"""A document `gitbtc.diff/v1` becomes the operations that it was written from.

What `gitbtc diff --json` writes holds everything that the operations do. It comes from somebody else, though: nothing
in it is believed that its own records do not bear out, and no path that leads elsewhere.
"""

from __future__ import annotations

from gitbtc.diff.operations import DELETE, INSERT, MUTATE, PATCH, REPLACE, Operation, changed_fields
from gitbtc.diff.patch import FILE, MODES, Patch
from gitbtc.errors import GitbtcError, UsageError
from gitbtc.kinds import codec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gitbtc.kinds.kind import Key, Kind, Record
    from gitbtc.kinds.registry import Kinds

ROOT = "gitbtc.diff/v1"

_ABOVE_RECORDS = 8  # levels of the document around a record
# Names that Git takes for no part of a path: they lead out of the work tree, or into the repository itself.
_NO_FOLDERS = frozenset(["", ".", "..", ".git", "git~1"])
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # what stands in a document for a path that is not UTF-8


class NotADocument(UsageError):
    """The bytes are no document that can be replayed."""


def read(content: bytes, kinds: Kinds) -> list[Patch]:
    """The patches of a document, one a file. Raises NotADocument; GitbtcError for a change that cannot be replayed:
    of a file that is no state file by `kinds`, or of one that the document could not read.
    """
    try:
        value = codec.strict(content, codec.MAX_DEPTH + _ABOVE_RECORDS)
    except codec.Malformed as error:
        raise NotADocument(f"no document {ROOT}: {error}") from None
    return patches(value, kinds)


def patches(document: Any, kinds: Kinds) -> list[Patch]:
    """The same from a document that is parsed."""
    if not isinstance(document, dict) or set(document) != {ROOT}:
        raise NotADocument(f"no document {ROOT}, which `gitbtc diff --json` writes")
    told = [_patch(entry, kinds) for entry in _list(_dict(document[ROOT], ROOT).get("operations"), "operations")]
    if len({patch.path for patch in told}) < len(told):
        raise NotADocument("the document has two patches of one file; apply one after the other")
    return told


def _patch(entry: Any, kinds: Kinds) -> Patch:
    told = _dict(entry, "an operation")
    path = _text(told.get("address"), "the address of an operation")
    kind = _kind(path, told, kinds)
    if told.get("op") != PATCH:
        why = told.get("fault") or f"the operation is no {PATCH}"
        raise GitbtcError(f"{path}: what changed in this file is not in the document: {why}")
    old_mode, new_mode = _modes(told, path)
    operations = [_operation(kind, path, child) for child in _list(told.get("child_ops"), f"{path}: child_ops")]
    return Patch(kind, path, operations, old_mode, new_mode)


def _kind(path: str, told: dict[str, Any], kinds: Kinds) -> Kind:
    if not {part.lower() for part in path.split("/")}.isdisjoint(_NO_FOLDERS) or "\0" in path or "\\" in path:
        raise GitbtcError(f"{path}: a path that leads out of the work tree, or into Git's own folder")
    kind = None if _UNKNOWN in path else kinds.for_path(path)
    if kind is None or kind.name != told.get("kind"):
        raise GitbtcError(f"{path}: no state file of that kind here; `gitbtc schema` lists the kinds and their paths")
    return kind


def _modes(told: dict[str, Any], path: str) -> tuple[str | None, str | None]:
    modes = _dict(told.get("mode", {}), f"{path}: mode")
    old, new = modes.get("old", FILE), modes.get("new", FILE)
    if not {old, new} <= {*MODES, None} or old is new is None:
        raise NotADocument(f"{path}: mode: a state file has one of {', '.join(MODES)}, or null when it is not there")
    return old, new


def _operation(kind: Kind, path: str, child: Any) -> Operation:
    told = _dict(child, f"{path}: an operation")
    address = _text(told.get("address"), f"{path}: the address of an operation")
    try:
        key, old, new = _READERS[told["op"]](kind, path, told)
    except (KeyError, TypeError):
        raise NotADocument(f"{address}: no operation that {kind.name} has, or one with a part missing") from None
    except codec.Malformed as error:
        raise NotADocument(f"{address}: {error}") from None
    operation = Operation(kind, path, key, old, new)
    claimed = (told["op"], address, told.get("content_id", operation.content_id))
    if claimed != (operation.name, operation.address, operation.content_id):
        raise NotADocument(f"{address}: the operation contradicts its own record; the document was changed")
    return operation


def _inserted(kind: Kind, path: str, told: dict[str, Any]) -> tuple[Key, Record | None, Record | None]:
    key, record = _record(kind, path, told)
    return key, None, record


def _deleted(kind: Kind, path: str, told: dict[str, Any]) -> tuple[Key, Record | None, Record | None]:
    key, record = _record(kind, path, told)
    return key, record, None


def _mutated(kind: Kind, path: str, told: dict[str, Any]) -> tuple[Key, Record | None, Record | None]:
    key, record = _record(kind, path, told)
    old = dict(record)
    for name, values in _dict(told["fields"], f"{path}: fields").items():
        sides = _dict(values, f"{path}: {name}")
        if changed_fields({"new": sides["new"]} if "new" in sides else {}, _only(record, name, "new")):
            raise codec.Malformed(f"the record has another {name} than the fields say")
        old.pop(name, None)
        if "old" in sides:
            old[name] = sides["old"]
    if not changed_fields(old, record) or _record(kind, path, {"record": old})[0] != key:
        raise codec.Malformed("a mutation changes a field, and none that tells the record from others")
    return key, old, record


def _only(record: Record, name: str, called: str) -> Record:
    return {called: record[name]} if name in record else {}


def _replaced(kind: Kind, path: str, told: dict[str, Any]) -> tuple[Key, Record | None, Record | None]:
    name = told["address"].removeprefix(f"{path}::")
    return (name,), _settled(kind, {name: told["old"]}), _settled(kind, {name: told["new"]})


_READERS = {INSERT: _inserted, DELETE: _deleted, MUTATE: _mutated, REPLACE: _replaced}


def _record(kind: Kind, path: str, told: dict[str, Any]) -> tuple[Key, Record]:
    record = _settled(kind, _dict(told["record"], f"{path}: record"))
    if kind.identity == "file":
        return (kind.name,), record
    if not kind.is_array:
        (name,) = record
        return (name,), record
    key = codec.read_line(kind, codec.encode_record(kind, record))[1]
    return key, record


def _settled(kind: Kind, record: Record) -> Record:
    """The record as its canonical line has it. Raises Malformed."""
    codec.encode_record(kind, record)
    return record


def _dict(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NotADocument(f"{what}: must be a JSON object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise NotADocument(f"{what}: must be a JSON array")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise NotADocument(f"{what}: must be text")
    return value
