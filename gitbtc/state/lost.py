"""Files that a history had and has no longer: what they were when they were last there."""

from __future__ import annotations

from gitbtc.kinds.registry import built_in
from gitbtc.repo.stored import NotHere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.repo.git import Git
    from gitbtc.state.snapshot import Snapshot


def lost_files(
    git: Git, head: str | None, kind: str, snapshot: Callable[[str | None], Snapshot]
) -> list[tuple[str, Snapshot, str]]:
    """(commit, its files, path) of each file of the built-in `kind`, in whatever root, that the history of `head` had
    and `head` has not: as it was last there, on each line of the history that lost it. None is before the first commit.

    NotHere where the history ends too soon to tell.
    """
    if head is None:
        return []
    now = snapshot(head).entries
    paths = [path for path in git.lost_paths(f"**/{built_in(kind).path}", head) if path not in now]
    lost = [(oid, snapshot(oid), path) for path in paths for oid in _last_with(git, path, head, snapshot)]
    ends = set(git.heads_in("shallow"))
    if not lost and ends and ends & set(git.new_commits([head])):
        raise NotHere(
            f"whether the history of {head[:12]} ever had a {kind} cannot be told: this is a shallow clone, which ends"
            " before it. Fetch the rest: `git fetch --unshallow`"
        )
    return lost


def _last_with(git: Git, path: str, head: str, snapshot: Callable[[str | None], Snapshot]) -> list[str]:
    """The commits from which every way to `head`, which has no file `path`, goes through commits that have none."""
    parents = dict(git.commits_on(path, head))
    found: dict[str, None] = {}
    waiting, seen = list(parents)[-1:], set()
    while waiting:
        oid = waiting.pop()
        for parent in parents.get(oid, []):
            if path in snapshot(parent).entries:
                found[parent] = None
            elif parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return list(found)
