"""What differs between states, and what is done about it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from gitbtc.api.state import State, snapshot, state_of
from gitbtc.diff import reading
from gitbtc.diff.operations import operations
from gitbtc.diff.patch import FILE, Patch, replay
from gitbtc.kinds.registry import Kinds
from gitbtc.repo.git import Git
from gitbtc.repo.install import SCHEMAS
from gitbtc.views import document as written
from gitbtc.worktree.applying import WorkTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def diff(old: State | str, new: State | str, *, repository: str | Path = ".") -> list[Patch]:
    """What leads from `old` to `new`: a patch for each file that differs, with the operations on its records, by path.

    Either may be the name of a revision of `repository`. Applying the patches to `old` gives the records of `new`; how
    they lie, in one file or in shards, is no difference.
    """
    before, after = (state_of(side, repository) for side in (old, new))
    paths = sorted(before.whole.keys() | after.whole.keys())
    return [_patch(path, before, after) for path in paths if before.whole.get(path) != after.whole.get(path)]


def _patch(path: str, before: State, after: State) -> Patch:
    sides = [state.whole.get(path) for state in (before, after)]
    kind = (after if path in after.whole else before).kind(path)
    modes = [None if side is None else FILE for side in sides]
    return Patch(kind, path, operations(kind, path, *(side or b"" for side in sides)), *modes)


def apply(patches: Sequence[Patch], state: State | str, *, repository: str | Path = ".") -> State:
    """The state that `patches` make of another one; the same one where all that they do is there already.

    They need not have been made from it: each record that they change has to be as they say it was, in the fields that
    they change. Raises GitbtcError for what does not fit; what they make is not validated.
    """
    before = state_of(state, repository)
    return before.replaced(replay(patches, before.whole.get))


def apply_to_work_tree(
    patches: Sequence[Patch], *, repository: str | Path = ".", check: bool = False, index: bool = False
) -> list[str]:
    """Apply `patches` to the files of the work tree, and with `index` to the index too, as `gitbtc apply` does: all or
    none, and nothing that could not be committed. The paths of the files that changed; `check` changes none.

    Raises GitbtcError for what does not fit, or breaks a rule; CannotWork for what cannot be written.
    """
    git = Git.at(repository).at_top()
    return WorkTree(git, _kinds(git)).apply(patches, check=check, index=index)


def drift(revision: str = "HEAD", *, repository: str | Path = ".") -> list[Patch]:
    """What leads from a commit to the work tree as it lies there; empty when nothing has drifted. Files that a sparse
    checkout leaves out have not.
    """
    left_out = Git.at(repository).at_top().sparse_paths()
    before, after = snapshot(revision, repository=repository), snapshot(repository=repository)
    there = {path: content for path, content in before.files.items() if path in after.files or path not in left_out}
    return diff(State(there, before.kinds), after)


def document(patches: Iterable[Patch]) -> dict[str, Any]:
    """Patches as JSON, in the form gitbtc.diff/v1 that `gitbtc diff --json` writes and `gitbtc apply` reads."""
    return written.document([written.patch(patch) for patch in patches])


def read_document(told: bytes | str | dict[str, Any], *, repository: str | Path | None = None) -> list[Patch]:
    """The patches of a document gitbtc.diff/v1, as text or parsed; of the built-in kinds, and of those that
    `repository` adds when one is named. UsageError for what is no such document.
    """
    kinds = Kinds() if repository is None else _kinds(Git.at(repository).at_top())
    text = json.dumps(told) if isinstance(told, dict) else told
    return reading.read(text.encode() if isinstance(text, str) else text, kinds)


def _kinds(git: Git) -> Kinds:
    return Kinds(os.path.join(git.cwd, SCHEMAS))
