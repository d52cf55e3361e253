"""The state files of a root as an import reads them, labels too, and as it writes them: all of them, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta
from gitbtc.kinds.formats import ANY_NETWORK
from gitbtc.kinds.layouts import WHOLE, layout_of
from gitbtc.kinds.lines import Lines
from gitbtc.kinds.networks import claimed_in, networks_of
from gitbtc.kinds.validate import validate_change
from gitbtc.repo import files
from gitbtc.state.on_disk import OnDisk

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from gitbtc.kinds.kind import Kind
    from gitbtc.kinds.layouts import Layout
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


# -- reading -----------------------------------------------------------------------------------------------------------


def content(root: Path, kind: Kind, known: bytes = b"") -> bytes:
    """The state file in canonical form, of shards what they make; empty when there is none. What is `known` to be
    canonical is not parsed.
    """
    held = _held(root, kind)
    return held if held == known else _opened(root, kind, held)[0]


def opened(root: Path, kind: Kind, txids: Collection[str] | None = None) -> tuple[bytes, Any]:
    """The same, and its records (of an object file, one); of shards by txid those in which some `txids` can lie."""
    return _opened(root, kind, _held(root, kind, txids))


def _opened(root: Path, kind: Kind, held: bytes) -> tuple[bytes, Any]:
    try:
        content, records = codec.opened(kind, held)
    except codec.Malformed as error:
        raise GitbtcError(f"{root / kind.path}: {error}; nothing was changed") from None
    return content if held else held, records


def _held(root: Path, kind: Kind, txids: Collection[str] | None = None) -> bytes:
    try:
        return OnDisk(str(root), kind).content(txids)
    except codec.Malformed as error:
        raise GitbtcError(f"{root / kind.path}: {error}; nothing was changed") from None


def files_of(root: Path, kind: Kind) -> dict[str, bytes]:
    """The files that hold the records, as they lie: path from the root -> bytes."""
    there = OnDisk(str(root), kind)
    return {path: there.file(path) for path in there.paths}


def layout(root: Path, kind: Kind) -> Layout:
    """How the records lie; in one file where there are none."""
    return layout_of(OnDisk(str(root), kind).entry) or WHOLE


def replaced(root: Path, kind: Kind, before: bytes, after: bytes) -> dict[str, bytes]:
    """The files that have to become others for the records of `kind`, which are those of `before`, to be those of
    `after`, as they lie: path from the root -> bytes.
    """
    return OnDisk(str(root), kind).replaced(before, after)


def check_records(root: Path, kind: Kind, content: bytes, known: bytes = b"") -> None:
    """Refuse a file whose records, but for those of a `known` one, are not valid: merging relies on every field."""
    wrong = next(validate_change(kind, known, content), None)
    if wrong is not None:
        lines = {
            path: Lines(kind, held).of(wrong.record or {}, wrong.field) for path, held in files_of(root, kind).items()
        }
        place, wrong.line = next(((path, line) for path, line in lines.items() if line), (kind.path, 0))
        raise GitbtcError(f"{wrong.told_of(str(root / place))}; mend the file (`gitbtc validate`) first")


def check_network(root: Path, kind: Kind, content: bytes, snapshot: SourceSnapshot) -> None:
    """Raise OtherNetwork where a file holds records of another network than the snapshot."""
    if not content:
        return
    named = networks_of(kind, codec.parse(kind, content)) if not kind.is_array else None
    for networks in [*claimed_in(kind, content), named or ANY_NETWORK]:
        if snapshot.network not in networks:
            raise OtherNetwork(
                f"{root / kind.path} holds records of {' or '.join(sorted(networks))}, the answers are of "
                f"{snapshot.network}; one root holds one network: choose another --root"
            )


def check_new(kind: Kind, old: bytes, new: bytes, snapshot: SourceSnapshot) -> None:
    """Refuse what could not be committed, such as an address that is not of the network that the node claims."""
    wrong = next(validate_change(kind, old, new, frozenset([snapshot.network])), None)
    if wrong is not None:
        raise GitbtcError(f"the answers give no valid record of {kind.path}: {wrong.identity}: {wrong}")


# -- writing -----------------------------------------------------------------------------------------------------------


def change(kind: Kind, old: bytes, new: bytes) -> FileChange:
    """What became of a file; `old` is empty where there was none."""
    if not kind.is_array:
        return FileChange(kind.path, kind, added=int(not old), changed=int(bool(old) and old != new), made=not old)
    changes = delta(kind, old, new) if old != new else []
    added, removed = (sum(getattr(one, side) is None for one in changes) for side in ("old", "new"))
    return FileChange(
        kind.path, kind, added=added, changed=len(changes) - added - removed, removed=removed,
        made=not old and bool(new),
    )  # fmt: skip


def write(contents: dict[Path, bytes]) -> None:
    """Replace all files: each is written and flushed to disk beside its target before the first one is renamed."""
    files.write_all({str(target): content for target, content in contents.items()})
    for folder in {target.parent for target in contents}:
        files.flush_folder(folder)
