"""What was begun in a repository and not ended, and what to do next: for `gitbtc doctor`.

Git tells some of it in `git status`. It does not tell what a process left that was killed, nor whether what is in the
way of the next commit is a conflict, a repair to be committed, or a marker that was staged.
"""

from __future__ import annotations

import fnmatch
import os
import shlex
from pathlib import Path

from gitbtc.errors import CannotWork
from gitbtc.merge.markers import hunks
from gitbtc.repo.all_or_none import WAY_ON, AllOrNone
from gitbtc.repo.doctor import Check
from gitbtc.repo.files import LEFT_BEHIND
from gitbtc.state.in_progress import COMMIT, GIVEN_UP, HALF_BEGUN, WAYS_ON, InProgress, is_half_begun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitbtc.repo.git import Git
    from gitbtc.resolve.open_conflicts import Conflicts

# What stands in the Git folder between the steps of something that takes several, also where no step is being taken.
_SEQUENCES = {
    "rebase-merge": "rebase",
    "rebase-apply/rebasing": "rebase",
    "rebase-apply/applying": "am",
    "sequencer": "cherry-pick",
}
# Git locks what it is about to replace by a file of that name; these are of the folder that holds them.
_LOCKED = ("index", "HEAD", "ORIG_HEAD", "MERGE_HEAD", "config", "packed-refs", "shallow")
_SHOWN = 5


def examine_unfinished(git: Git) -> list[Check]:
    """One check for each thing that is unfinished; none where nothing is, and in a bare repository only of locks."""
    if git.is_bare():
        return list(_locks(git))
    git = git.at_top()
    if is_half_begun(git):
        return [Check("in progress", HALF_BEGUN, GIVEN_UP), *_locks(git)]
    return [check for find in _FINDERS for check in find(git)]


# -- in progress -------------------------------------------------------------------------------------------------------


def _in_progress(git: Git) -> Iterator[Check]:
    """A merge, a pick, a rebase: what is open in it, and how to go on."""
    from gitbtc.resolve.open_conflicts import Conflicts

    in_progress = InProgress(git)
    name = in_progress.name if in_progress.name != COMMIT else _sequence(git)
    if name is None:
        return
    way_on = in_progress.way_on if in_progress.name != COMMIT else WAYS_ON[name]
    with git.blobs() as blobs:
        try:
            found, first = _open(git, Conflicts(git, blobs))
        except CannotWork:  # markers were staged, which has a check of its own
            found, first = "what is open in it cannot be told before the files parse", ""
    yield Check("in progress", f"a {name}: {found}", f"{first}{way_on}")


def _sequence(git: Git) -> str | None:
    folder = git.git_dir()
    return next((name for place, name in _SEQUENCES.items() if os.path.exists(os.path.join(folder, place))), None)


def _open(git: Git, conflicts: Conflicts) -> tuple[str, str]:
    """What is open, and what is to be done before anything else."""
    count = conflicts.count()
    if count:
        return _counted(count, "conflict") + " open", "`gitbtc conflicts` lists them, `gitbtc resolve` settles; then "
    paths = sorted(conflicts.unmerged)
    marked = [path for path in paths if _is_marked(Path(git.cwd, path))]
    if marked:  # of no state file
        return f"nothing is open, but text markers are left in {_some(marked)}", "choose the lines in an editor; then "
    if paths:
        return f"nothing is open, but not staged: {_some(paths)}", f"`git add -- {_quoted(paths)}`; then "
    if git.staged_paths():
        return "nothing is open; what is staged waits to be committed", ""
    return "nothing is open", ""


# -- markers -----------------------------------------------------------------------------------------------------------


def _markers(git: Git) -> Iterator[Check]:
    """Conflict markers that no conflict of the index accounts for: nothing will tell of them before the commit."""
    unmerged = git.unmerged_entries()
    marked = [path for path in _changed_state(git) if path not in unmerged and _is_marked(Path(git.cwd, path))]
    if not marked:
        return
    quoted = _quoted(marked)
    again = f"`git checkout -m -- {quoted}` makes the conflict again" if _sequence_or_merge(git) else ""
    mend = again or f"choose the lines in an editor, or take the committed version: `git checkout HEAD -- {quoted}`"
    yield Check("markers", f"conflict markers in {_some(marked)}, which Git takes for merged", mend)


def _sequence_or_merge(git: Git) -> bool:
    return InProgress(git).name != COMMIT or _sequence(git) is not None


def _changed_state(git: Git) -> list[str]:
    """The state files that differ from HEAD, staged or not."""
    from gitbtc.state.snapshot import installed_kinds

    kinds = installed_kinds(git)
    changed = {change.path for change in (*git.staged_paths(), *git.unstaged_paths())}
    return sorted(path for path in changed if kinds.for_path(path))


def _is_marked(path: Path) -> bool:
    return path.is_file() and any(hunks(path.read_bytes()))


# -- what killed processes leave ---------------------------------------------------------------------------------------


def _locks(git: Git) -> Iterator[Check]:
    """Locks: of a Git that works now, or of one that was killed."""
    folders = dict.fromkeys([git.git_dir(), git.common_dir()])
    found = [place for folder in folders for place in _locks_in(folder)]
    if found:
        mend = (
            "if no Git works in this repository now (`pgrep -a git` lists them; a commit that waits for its editor is "
            f"one), the one that made it was killed: `rm -- {_quoted(found)}`"
        )
        yield Check("locks", f"locked: {_some(found)}", mend)


def _locks_in(folder: str) -> Iterator[str]:
    yield from (place for name in _LOCKED if os.path.exists(place := os.path.join(folder, f"{name}.lock")))
    for kept in ("refs", "reftable"):
        for inside, _, names in os.walk(os.path.join(folder, kept)):
            yield from (os.path.join(inside, name) for name in sorted(names) if name.endswith(".lock"))


def _half_applied(git: Git) -> Iterator[Check]:
    """A change of several files that was cut short: some are as they are to be, some as they were."""
    half = AllOrNone(git).interrupted
    if half:
        yield Check("half applied", f"a change of {_some(half)} was cut short", WAY_ON)


def _left_behind(git: Git) -> Iterator[Check]:
    """Files that were to take the place of others, and that nothing waits for."""
    patterns = [pattern.lstrip("/") for pattern in LEFT_BEHIND]
    own = os.path.join(git.git_dir(), "gitbtc")
    inside = [os.path.join(own, name) for name in (os.listdir(own) if os.path.isdir(own) else ())]
    needed = AllOrNone(git).prepared
    found = [
        path
        for path in [*git.ignored_paths(LEFT_BEHIND), *sorted(inside)]
        if path not in needed
        if any(fnmatch.fnmatch(os.path.basename(path), pattern) for pattern in patterns)
    ]
    if found:
        mend = (
            "if no gitbtc or Git works here now, run the command that was cut short once more (`gitbtc import`, "
            f"`gitbtc resolve`, the merge), then delete them: `rm -- {_quoted(found)}`"
        )
        yield Check("left behind", f"a process was killed while it wrote: {_some(found)}", mend)


def _settlements(git: Git) -> Iterator[Check]:
    """What was settled in a merge that was given up, or lost with a killed process."""
    from gitbtc.resolve.settlements import FILE, kept_for

    folder = os.path.join(git.git_dir(), "gitbtc")
    merge = kept_for(folder)
    if git.find("HEAD") in merge and InProgress(git).merging is None:
        place = shlex.quote(os.path.join(folder, FILE))
        found = "`gitbtc resolve` settled conflicts of a merge that was neither made nor is in progress"
        yield Check("settlements", found, f"no other merge takes them: begin that one again, or `rm -- {place}`")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _some(names: list[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _quoted(paths: list[str]) -> str:
    return shlex.join(paths)


_FINDERS: tuple[Callable[[Git], Iterator[Check]], ...] = (
    _in_progress,
    _markers,
    _locks,
    _half_applied,
    _left_behind,
    _settlements,
)
