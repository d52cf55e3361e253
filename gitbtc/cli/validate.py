"""`gitbtc validate`: records against their schemas."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitbtc import progress
from gitbtc.cli import left_out
from gitbtc.cli.arguments import complete_files, kinds_of_repository
from gitbtc.errors import CannotWork, UsageError, printable, printable_json
from gitbtc.judge.vetted import Vetted
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.near import A_FOLDER, guarded_by_nobody, misspelt, shadowed, shadows
from gitbtc.kinds.validate import Known, RecordViolation, validate_files
from gitbtc.repo.git import SYMBOLIC_LINK, Git
from gitbtc.repo.loose import blob_id
from gitbtc.repo.places import oid_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Self

    from gitbtc.kinds.kind import Kind, Record
    from gitbtc.kinds.registry import Kinds
    from gitbtc.kinds.validate import Files, Valid
    from gitbtc.repo.git import BlobReader, Entry

ROOT_KEY = "gitbtc.validate/v1"

_SHOWN = 20  # faults of one file in the text; --json has them all


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=complete_files)
@click.option("--staged", is_flag=True, help="Check what the next commit would change.")
@click.option("--rev", metavar="REV", help="Check the state files of a revision.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--all", "anew", is_flag=True, help="Look also at files that were looked at before.")
@left_out.allow_empty
def command(  # noqa: PLR0913 - each is an option
    paths: tuple[str, ...], rev: str | None, *, staged: bool, as_json: bool, anew: bool, allow_empty: bool
) -> int:
    """Check records against their schemas.

    Without arguments, all state files of the work tree; with PATH, that file, or the state files in that folder.
    Exit status 1 when a record breaks a rule, 3 where no state file is.

    In whose bytes this version of gitbtc found no fault is remembered in .git/gitbtc/vetted: without arguments, such a
    file is not looked at again while Git sees no change of it. --all looks at every record; so does PATH.
    """
    if (bool(paths) + staged + (rev is not None)) > 1:
        raise UsageError("give paths, or --staged, or --rev REV: one of them")
    kinds = kinds_of_repository()
    with ExitStack() as open_files:
        old, new, beside = _chosen(kinds, paths, rev, open_files, staged=staged)
        known = Remembered.here(Git(), beside, anew=anew) if not (paths or old) else None
        count = Count()
        found = list(validate_files(kinds, old, new, count.watch, known=known))
    if known is not None:
        known.keep()
    if as_json:
        click.echo(printable_json({ROOT_KEY: _document(found, count)}))
    else:
        for line in _lines(found, count):
            click.echo(printable(line))
    is_any = any(kinds.for_path(path) for path in new)
    return 1 if found else left_out.status(is_any=is_any, allowed=allow_empty)


def _chosen(
    kinds: Kinds, paths: tuple[str, ...], rev: str | None, open_files: ExitStack, *, staged: bool
) -> tuple[Files, Files, Files]:
    """The state files to compare with, those to check, and the versions that the index has of some."""
    if paths:
        return {}, _found(kinds, paths), {}
    git = Git()
    blobs = open_files.enter_context(git.blobs())
    if not (staged or rev is not None):
        return {}, *_work_tree(git, blobs, kinds)
    if rev is not None:
        return {}, _stored(blobs, git.tree_entries(rev)), {}
    head = git.find("HEAD")
    old = _stored(blobs, git.tree_entries(head)) if head else {}
    return old, {**_stored(blobs, git.index_entries()), **_unmerged(git)}, {}


class Remembered(Known):
    """What was found in files of this repository before; `anew`: nothing is asked of it."""

    def __init__(self, common: str, beside: Files, *, anew: bool) -> None:
        super().__init__(beside)
        self._vetted = Vetted(os.path.join(common, "gitbtc"))
        self._digits = oid_digits(common)
        self._anew = anew

    @classmethod
    def here(cls, git: Git, beside: Files, *, anew: bool) -> Self | None:
        """That of the repository where `git` runs; None where gitbtc is not set up, and keeps nothing."""
        common = git.common_dir()
        return cls(common, beside, anew=anew) if os.path.isdir(os.path.join(common, "gitbtc")) else None

    def version(self, content: bytes) -> str:
        """The oid."""
        return blob_id(content, self._digits)

    def of(self, path: str, version: str, kind: Kind) -> Valid | None:
        """What was found in the blob `version`, where it lay at `path`; None where nobody knows, as of no blob."""
        return None if self._anew else self._vetted.valid(path, version, kind)

    def add(self, path: str, version: str, kind: Kind, valid: Valid) -> None:
        """Remember it."""
        self._vetted.add_valid(path, version, kind, valid)

    def keep(self) -> None:
        """Write down what was added."""
        self._vetted.keep()


# -- where the files are ---------------------------------------------------------------------------------------------


def _stored(blobs: BlobReader, entries: Mapping[str, Entry]) -> Files:
    return {path: (oid, partial(_blob, blobs, mode, oid)) for path, (mode, oid) in entries.items()}


def _blob(blobs: BlobReader, mode: str, oid: str) -> bytes:
    if mode == SYMBOLIC_LINK:
        raise Malformed(_LINK)
    return blobs.read(oid)


_LINK = "a symbolic link stands in the place of a state file; put the file itself there"


def _unmerged(git: Git) -> Files:
    return dict.fromkeys(git.unmerged_entries(), ("unmerged", _conflicted))


def _conflicted() -> bytes:
    raise Malformed("the merge left this file in conflict; settle it and `git add` it (`gitbtc conflicts` lists what)")


def _work_tree(git: Git, blobs: BlobReader, kinds: Kinds) -> tuple[Files, Files]:
    """The state files there, each with its oid in the index where it is that one; and of the others the index's."""
    left_out.tell(git, kinds)
    top, paths, tracked = git.top_level(), git.work_tree_paths(), git.tracked_files()
    _tell_misspelt(kinds, paths)
    files: dict[str, tuple[str, Callable[[], bytes]]] = {}
    beside: dict[str, tuple[str, Callable[[], bytes]]] = {}
    for path in paths:
        place = os.path.join(top, path)
        oid, is_unchanged = tracked.get(path, ("", False))
        if is_unchanged or os.path.lexists(place):
            files[path] = oid if is_unchanged else place, partial(_read, place)
            if oid and not is_unchanged:
                beside[path] = oid, partial(blobs.read, oid)
    return files, beside


def _tell_misspelt(kinds: Kinds, paths: Iterable[str]) -> None:
    """Say on standard error which files are none that is checked, and may have been meant to be."""
    for path in dict.fromkeys(map(kinds.whole, paths)):
        shadow = shadowed(kinds, path)
        meant = misspelt(kinds, path)
        if shadow or meant:
            said = shadows(shadow) if shadow else guarded_by_nobody(meant)
            click.echo(printable(f"gitbtc: {path}: {said}"), err=True)


def _found(kinds: Kinds, paths: Iterable[str]) -> Files:
    try:
        top = Path(Git().top_level())
    except CannotWork:
        top = Path.cwd()
    return {_told(file, top): _file(file) for path in paths for file in _state_files(kinds, Path(path))}


def _state_files(kinds: Kinds, path: Path) -> Iterator[Path]:
    if path.is_dir():
        for folder, folders, names in os.walk(path.resolve()):
            folders[:] = sorted(name for name in folders if name != ".git")
            inside = (Path(folder, name) for name in sorted(names))
            yield from (file for file in inside if _is_state(kinds, file))
        return
    file = path.parent.resolve() / path.name
    shards = file.with_suffix("")
    if not os.path.lexists(file) and (kind := kinds.for_path(file.as_posix())) and kind.shards and shards.is_dir():
        yield from (one for one in sorted(shards.iterdir()) if _is_state(kinds, one))
        return
    if not os.path.lexists(file):
        raise UsageError(f"{path}: no such file or folder")
    if kinds.for_path(file.as_posix()) is None:
        raise UsageError(f"{path}: not a state file; `gitbtc schema` lists the paths that are")
    yield file


def _is_state(kinds: Kinds, file: Path) -> bool:
    """Whether the file is one, or lies among shards as if it were."""
    return kinds.for_path(file.as_posix()) is not None or bool(kinds.among_shards(file.as_posix()))


def _told(file: Path, top: Path) -> str:
    """The path in the repository, which is how a record is addressed; outside of one, the path as it is."""
    return (file.relative_to(top) if file.is_relative_to(top) else file).as_posix()


def _file(path: Path) -> tuple[str, Callable[[], bytes]]:
    return str(path), partial(_read, str(path))


def _read(place: str) -> bytes:
    if os.path.islink(place):
        raise Malformed(_LINK)
    try:
        with open(place, "rb") as file:
            return file.read()
    except IsADirectoryError:
        raise Malformed(A_FOLDER) from None
    except OSError as error:
        raise CannotWork(f"{place}: {error.strerror}") from None


# -- what is told ----------------------------------------------------------------------------------------------------


class Count:
    """Counts what was checked."""

    def __init__(self) -> None:
        self.files = 0
        self.records = 0

    def watch(self, path: str, records: Iterable[Record], count: int) -> Iterable[Record]:
        """`records`, counted, and whoever waits told of them."""
        self.files += 1
        self.records += count
        return progress.counted(f"{path}: records checked", records, count)


def _address(path: str, violation: RecordViolation) -> str:
    return f"{path}::{violation.identity}" if violation.identity else path


def _lines(found: list[tuple[str, RecordViolation]], count: Count) -> Iterator[str]:
    told: dict[str, int] = {}
    for path, violation in found:
        told[path] = told.get(path, 0) + 1
        if told[path] <= _SHOWN:
            yield violation.told_of(path)
    for path, faults in told.items():
        if faults > _SHOWN:
            yield f"{path}: {faults - _SHOWN} more; --json lists them all"
    checked = f"{_counted(count.files, 'file')}, {_counted(count.records, 'record')} checked"
    yield (
        f"{checked}: {_counted(len(found), 'fault')} in {_counted(len(told), 'file')}" if found else f"{checked}: valid"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _document(found: list[tuple[str, RecordViolation]], count: Count) -> dict[str, Any]:
    faults = [
        {
            "path": path,
            "address": _address(path, violation),
            "identity": violation.identity,
            "line": violation.line,
            "field": violation.field,
            "value": violation.value,
            "rule": violation.rule,
        }
        for path, violation in found
    ]
    return {"files": count.files, "records": count.records, "violations": faults}
