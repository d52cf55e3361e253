"""Several files of the work tree, and their entries in the index, replaced as one step that survives a kill.

What is to be done lies on disk before the first file is touched: the new contents beside their targets, and a journal
in the Git folder that says which file becomes which. Killed before the journal is there, nothing has happened; killed
after it, the rest is done by whoever comes next, and no commit is made meanwhile.
"""

from __future__ import annotations

import json
import shlex
from hashlib import sha256
from pathlib import Path

from gitbtc.errors import CannotWork, GitbtcError, not_written
from gitbtc.interrupts import undisturbed
from gitbtc.repo import files
from gitbtc.repo.lock import JOURNAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from gitbtc.repo.git import Entry, Git

ROOT_KEY = "gitbtc.replacing/v1"
WAY_ON = "`gitbtc apply --continue` does the rest"


class Replacement:
    """One file: its `path` from the top of the work tree, its bytes now and then (None where it does not exist), and
    the permission bits that it gets (None: those that it has).
    """

    __slots__ = ("after", "before", "mode", "path")

    def __init__(self, path: str, before: bytes | None, after: bytes | None, mode: int | None = None) -> None:
        self.path = path
        self.before = before
        self.after = after
        self.mode = mode


class Staged:
    """The entry of a path in the index, now and then; None where it has none."""

    __slots__ = ("after", "before", "path")

    def __init__(self, path: str, before: Entry | None, after: Entry | None) -> None:
        self.path = path
        self.before = before
        self.after = after


class AllOrNone:
    """Replaces files of the work tree at whose top `git` works, one replacement at a time."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._top = Path(git.cwd)
        self.journal = Path(git.git_dir()) / JOURNAL

    @property
    def interrupted(self) -> list[str]:
        """The paths of a replacement that was cut short; none when there is nothing to finish."""
        return [str(entry["path"]) for entry in self._plan()["files"]]

    @property
    def prepared(self) -> list[str]:
        """The paths of the files that wait to take another's place."""
        return [str(entry["prepared"]) for entry in self._plan()["files"] if entry["prepared"]]

    def replace(
        self, replacements: Sequence[Replacement], staged: Sequence[Staged] = (), *, are_known: bool = False
    ) -> None:
        """Do all of it, or nothing. Whatever was cut short has to be finished before. `are_known`: what is staged was
        looked at, and lies in the work tree as it is staged; so the filter need not say what it would make of it.

        Raises CannotWork when a file or an entry is no longer what it was before, or cannot be written.
        """
        waiting: dict[str, Path] = {}
        try:
            self._prepare(replacements, waiting)
            plan = _plan(self._top, replacements, staged, waiting)
            self._check(plan)
            with undisturbed():
                self._begin(plan)
                self._move(plan, are_known=are_known)
        except OSError as error:
            rest = f"; {WAY_ON}" if self.journal.exists() else ""
            raise CannotWork(f"{not_written(error)}{rest}") from None
        finally:
            if not self.journal.exists():
                for path in waiting.values():
                    path.unlink(missing_ok=True)

    def finish(self) -> list[str]:
        """Do the rest of a replacement that was cut short; the paths that it was about, none when there was none.

        Raises CannotWork when somebody has changed one of the files since: nothing is touched then.
        """
        plan = self._plan()
        if plan["files"]:
            try:
                self._check(plan)
            except CannotWork as error:
                raise CannotWork(
                    f"{error}; it belongs to a change that was cut short: put it back as it was, or give the rest of "
                    f"that change up with `rm {shlex.quote(str(self.journal))}`"
                ) from None
            with undisturbed():
                self._stage(plan)
                self._move(plan)
        return [str(entry["path"]) for entry in plan["files"]]

    def _plan(self) -> dict[str, Any]:
        content = files.read(self.journal)
        plan: dict[str, Any] = json.loads(content)[ROOT_KEY] if content else {"files": [], "index": []}
        return plan

    def _prepare(self, replacements: Sequence[Replacement], waiting: dict[str, Path]) -> None:
        for one in replacements:
            if one.after is not None:
                waiting[one.path] = Path(files.prepare(self._top / one.path, one.after, one.mode))
        for folder in {path.parent for path in waiting.values()}:
            files.flush_folder(folder)

    def _check(self, plan: Mapping[str, Any]) -> None:
        """That everything is as it was before, or done already."""
        for entry in plan["files"]:
            now, there = self._digest(entry["path"]), entry["prepared"]
            waits = there is None or self._digest(there) == entry["after"]
            if now != entry["after"] and not (now == entry["before"] and waits):
                raise CannotWork(f"{entry['path']}: the file was changed meanwhile")
        entries = self._git.index_entries() if plan["index"] else {}
        for entry in plan["index"]:
            if entries.get(entry["path"]) not in (_entry(entry["before"]), _entry(entry["after"])):
                raise CannotWork(f"{entry['path']}: its entry in the index was changed meanwhile")

    def _digest(self, path: str) -> str | None:
        return _digest(files.read(self._top / path))

    def _begin(self, plan: Mapping[str, Any]) -> None:
        """Write the journal, and change the index: another Git may have locked it, and then nothing has happened."""
        files.write(self.journal, json.dumps({ROOT_KEY: plan}).encode())
        files.flush_folder(self.journal.parent)
        try:
            self._stage(plan)
        except GitbtcError:
            self.journal.unlink()
            raise

    def _stage(self, plan: Mapping[str, Any]) -> None:
        if plan["index"]:
            now = self._git.index_entries()
            wanted = {entry["path"]: _entry(entry["after"]) for entry in plan["index"]}
            self._git.update_index({path: entry for path, entry in wanted.items() if now.get(path) != entry})

    def _move(self, plan: Mapping[str, Any], *, are_known: bool = False) -> None:
        moved = set()
        for entry in plan["files"]:
            target, there = self._top / entry["path"], entry["prepared"]
            if there is None:
                target.unlink(missing_ok=True)
            elif (self._top / there).exists():
                (self._top / there).replace(target)
            moved.add(target.parent)
        for folder in filter(Path.is_dir, sorted(moved)):
            files.flush_folder(folder)
        self.journal.unlink()
        if plan["index"]:
            self._git.refresh_index(filtered=not are_known)


def _plan(
    top: Path, replacements: Sequence[Replacement], staged: Sequence[Staged], waiting: Mapping[str, Path]
) -> dict[str, Any]:
    return {
        "files": [
            {
                "path": one.path,
                "before": _digest(one.before),
                "after": _digest(one.after),
                "prepared": str(waiting[one.path].relative_to(top)) if one.path in waiting else None,
            }
            for one in replacements
        ],
        "index": [{"path": one.path, "before": one.before, "after": one.after} for one in staged],
    }


def _digest(content: bytes | None) -> str | None:
    return None if content is None else sha256(content).hexdigest()


def _entry(told: Sequence[str] | None) -> Entry | None:
    return (told[0], told[1]) if told else None
