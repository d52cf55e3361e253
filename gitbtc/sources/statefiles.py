"""A snapshot into the state files of a root: all of them, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.kinds import codec, registry
from gitbtc.kinds.formats import ANY_NETWORK
from gitbtc.kinds.networks import claimed_in, networks_of
from gitbtc.kinds.validate import validate_change, violations
from gitbtc.repo import files
from gitbtc.sources.reconcile import reconcile

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.kinds.kind import Kind
    from gitbtc.sources.snapshot import SourceSnapshot


class OtherNetwork(CannotWork):
    """The snapshot is of another network than the records of the root."""


@dataclass(frozen=True)
class FileChange:
    """What an import did to one file; `path` is relative to the root. The counts are of records."""

    path: str
    kind: Kind
    added: int = 0
    changed: int = 0
    removed: int = 0
    made: bool = False

    @property
    def touched(self) -> bool:
        """Whether the file was written; `made`: it is new, and may have no records."""
        return bool(self.made or self.added or self.changed or self.removed)


def update(root: Path, snapshot: SourceSnapshot) -> tuple[list[FileChange], list[str]]:
    """Bring `snapshot` into the state files of `root`; what changed in each, and notices.

    A file whose records stay the same is not touched. Raises OtherNetwork, or GitbtcError for a file that does not
    parse or a record that is not valid; nothing is written then.
    """
    kinds = [registry.built_in(name) for name in registry.BUILT_IN.values()]
    contents = {kind.name: _content(root, kind) for kind in kinds}
    for kind in sorted(kinds, key=lambda kind: kind.is_array):  # chain.json, which names the network, first
        _check_network(root, kind, contents[kind.name], snapshot)
    held = {kind.name: _records(root, kind, contents[kind.name]) for kind in kinds if contents[kind.name]}
    after, notices = reconcile(held, snapshot)
    changes, contents_after = [], {}
    for kind in kinds:
        if kind.name in after:
            old, new = contents[kind.name], codec.encode_file(kind, after[kind.name])
            _check_new(kind, old, new, snapshot)
            changes.append(_change(kind, old, new))
            if old != new:
                contents_after[root / kind.path] = new
    _write(contents_after)
    return changes, notices


# -- reading -----------------------------------------------------------------------------------------------------------


def _content(root: Path, kind: Kind) -> bytes:
    """The state file in canonical form; empty when there is none."""
    path = root / kind.path
    try:
        if path.is_symlink():
            raise GitbtcError(f"{path}: a symbolic link stands in a state file's place; put the file there")
        return codec.canonical(kind, path.read_bytes())
    except FileNotFoundError:
        return b""
    except codec.Malformed as error:
        raise GitbtcError(f"{path}: {error}; nothing was imported") from None
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read: {error.strerror}") from None


def _records(root: Path, kind: Kind, content: bytes) -> Any:
    """The records of a file, which must be valid: the rules for bringing in a snapshot rely on every field."""
    records = codec.parse(kind, content)
    wrong = next(violations(kind, records if kind.is_array else [records]), None)
    if wrong is not None:
        raise GitbtcError(f"{root / kind.path}: {wrong.identity}: {wrong}; mend the file (`gitbtc validate`) first")
    return records


def _check_network(root: Path, kind: Kind, content: bytes, snapshot: SourceSnapshot) -> None:
    if not content:
        return
    named = networks_of(kind, codec.parse(kind, content)) if not kind.is_array else None
    for networks in [*claimed_in(kind, content), named or ANY_NETWORK]:
        if snapshot.network not in networks:
            raise OtherNetwork(
                f"{root / kind.path} holds records of {' or '.join(sorted(networks))}, the answers are of "
                f"{snapshot.network}; one root holds one network: choose another --root"
            )


def _check_new(kind: Kind, old: bytes, new: bytes, snapshot: SourceSnapshot) -> None:
    """Refuse what could not be committed, such as an address that is not of the network that the node claims."""
    wrong = next(validate_change(kind, old, new, frozenset([snapshot.network])), None)
    if wrong is not None:
        raise GitbtcError(f"the answers give no valid record of {kind.path}: {wrong.identity}: {wrong}")


# -- writing -----------------------------------------------------------------------------------------------------------


def _change(kind: Kind, old: bytes, new: bytes) -> FileChange:
    if not kind.is_array:
        return FileChange(kind.path, kind, added=int(not old), changed=int(bool(old) and old != new), made=not old)
    before, after = codec.keyed(kind, old), codec.keyed(kind, new)
    return FileChange(
        kind.path,
        kind,
        added=len(after.keys() - before.keys()),
        changed=sum(before[key] != line for key, line in after.items() if key in before),
        removed=len(before.keys() - after.keys()),
        made=not old,
    )


def _write(contents: dict[Path, bytes]) -> None:
    """Replace all files: each is written and flushed to disk beside its target before the first one is renamed."""
    prepared: dict[Path, Path] = {}
    try:
        for target, content in contents.items():
            prepared[target] = files.prepare(target, content)
        for target, written in prepared.items():
            written.replace(target)
            files.flush_folder(target.parent)
    except OSError as error:
        raise CannotWork(f"{error.filename}: cannot be written: {error.strerror}") from None
    finally:
        for written in prepared.values():
            written.unlink(missing_ok=True)
