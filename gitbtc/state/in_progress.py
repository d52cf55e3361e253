"""What Git is in the middle of, told from the files that it leaves in the Git folder.

Observed on Git 2.39: a pick has CHERRY_PICK_HEAD, in a rebase too, but a squash or fixup of `rebase -i` has none, nor
has a pick of a rebase that had a conflict, and a clean revert stands nowhere but in its message.
"""

from __future__ import annotations

import os
import re

from gitbtc.errors import CannotWork
from gitbtc.repo.git import is_oid
from gitbtc.state.merging import CHERRY_PICK, REBASE, REVERT, SQUASH, Merging, announced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.repo.git import Changed, Git

COMMIT, AM = "commit", "am"

# How a person goes on after a refusal, and how not to.
WAYS_ON = {
    "merge": "`git commit` completes the merge, `git merge --abort` gives it up",
    "squash": "`git commit` completes the squash, `git reset --merge` gives it up",
    "cherry-pick": "`git cherry-pick --continue` goes on (`--skip` where nothing is left to commit), "
    "`git cherry-pick --abort` gives it up",
    "revert": "`git commit` completes the revert, `git reset --merge` gives it up",
    "rebase": "`git rebase --continue` goes on (`--skip` where nothing is left to commit, `--edit-todo` takes out what "
    "Git would pick again), `git rebase --abort` gives it up",
    "fixup": "`git commit --amend --no-edit`, then `git rebase --continue` goes on, `git rebase --abort` gives it up",
    "am": "`git am --continue` goes on, `git am --abort` gives it up",
    "commit": "`git commit`",
}

HALF_BEGUN = "MERGE_HEAD does not say which commits are merged: Git was cut short while it wrote it"
GIVEN_UP = "`git merge --abort` gives the merge up; then begin it again"

_REVERTED = re.compile(
    r"^This reverts commit ([0-9a-f]{7,64})\b(?:, reversing\s+changes made to ([0-9a-f]{7,64}))?", re.MULTILINE
)
_LISTED = re.compile(r"^commit ([0-9a-f]{40,64})$", re.MULTILINE)
# What tells one step of a rebase from the next; the first two are files only where refs are.
_REBASING = ("CHERRY_PICK_HEAD", "REBASE_HEAD", "rebase-apply/original-commit", "MERGE_MSG")
_FOLDING = ("squash", "fixup", "s", "f")


class InProgress:
    """What the next commit would be part of.

    `merging` is None where no two lines of state come together. `message` is the file of the commit's message; None
    outside of hooks, where what Git left for a message counts.
    """

    def __init__(self, git: Git, message: str | None = None) -> None:
        self._git = git
        self._folder = git.git_dir()
        self._message = message
        self._folds = False
        self.head, self._picked, self._reverted = git.find_each("HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")
        self.merging = self._find(self.head) if self.head else None

    @property
    def name(self) -> str:
        """What Git calls it: one of the names of a Merging, `am`, or `commit` for nothing in particular."""
        if self.merging is not None:
            return self.merging.name
        return AM if self._has("rebase-apply/applying") else COMMIT

    @property
    def is_rebase(self) -> bool:
        """Whether Git picks commit after commit by itself, and this one is not folded into the one before."""
        return self._has("rebase-merge") and not self._folds

    @property
    def way_on(self) -> str:
        """What to do after a refusal, and how to give it up."""
        return WAYS_ON["fixup" if self._folds else REBASE if self._has("rebase-merge") else self.name]

    def _find(self, head: str) -> Merging | None:
        if is_half_begun(self._git):
            raise CannotWork(f"{HALF_BEGUN}: {GIVEN_UP}")
        theirs = self._git.heads_in("MERGE_HEAD") or list(announced())
        if theirs:
            return Merging(self._git, [head, *theirs], began=self._began("MERGE_HEAD"))
        for find in (self._rebase, self._cherry_pick, self._revert, self._squash):
            found = find(head)
            if found is not None:
                return found
        return None

    # -- picks -----------------------------------------------------------------------------------------------------

    def _rebase(self, head: str) -> Merging | None:
        picked = None
        if self._has("rebase-merge"):
            picked = self._picked or self._folded() or self._conflicted()
        elif self._has("rebase-apply/rebasing"):
            picked = self._git.find("REBASE_HEAD")
        return self._pick(head, picked, REBASE, self._began(*_REBASING)) if picked else None

    def _folded(self) -> str | None:
        """The commit that a squash or fixup folds into HEAD: what Git does once more because a hook had refused it, or
        the last thing done.
        """
        stopped = self._text("rebase-merge/stopped-sha").strip()
        done, todo = (self._text(f"rebase-merge/{name}").splitlines() for name in ("done", "git-rebase-todo"))
        again, last = _to_fold(todo[:1]), _to_fold(done[-1:])
        picked = again if again and again == stopped else last
        self._folds = picked is not None
        return picked

    def _conflicted(self) -> str | None:
        """The commit whose pick had a conflict. Once it is committed, its message is gone; where a todo list says
        `edit`, it is committed before Git stops.
        """
        stopped = self._has("rebase-merge/stopped-sha") and not self._has("rebase-merge/amend")
        return self._git.find("REBASE_HEAD") if stopped and self._has("MERGE_MSG") else None

    def _cherry_pick(self, head: str) -> Merging | None:
        began = self._began("CHERRY_PICK_HEAD", "MERGE_MSG")
        return self._pick(head, self._picked, CHERRY_PICK, began) if self._picked else None

    def _pick(self, head: str, picked: str, name: str, began: str) -> Merging:
        return Merging(self._git, [head, picked], name, [self._mainline(head, picked)], began)

    def _mainline(self, head: str, picked: str) -> str | None:
        """The parent that a pick starts from. Of a merge Git does not tell which one `-m` named: it is the one from
        which the merge changed most nearly the files that the index changes in HEAD.
        """
        parents = self._parents(picked)
        if len(parents) < 2:
            return parents[0] if parents else None
        made = _paths(self._git.staged_paths(head))
        return min(parents, key=lambda parent: len(made ^ _paths(self._git.changed_paths(parent, picked))))

    def _parents(self, oid: str) -> list[str]:
        [(_, parents)] = self._git.commits("--no-walk", oid)
        return parents

    # -- reverts and squashes --------------------------------------------------------------------------------------

    def _revert(self, head: str) -> Merging | None:
        marked = self._reverted
        told = _REVERTED.search(self._said(head, marked))
        reverted = marked or (self._git.find(f"{told[1]}^{{commit}}") if told else None)
        if reverted is None:
            return None
        parents = self._parents(reverted)
        named = self._git.find(f"{told[2]}^{{commit}}") if told and told[2] else None
        restored = named if named in parents else next(iter(parents), None)
        if restored is None:  # a first commit: what was before it claims nothing
            return None
        return Merging(self._git, [head, restored], REVERT, [reverted], self._began("REVERT_HEAD", "MERGE_MSG"))

    def _squash(self, head: str) -> Merging | None:
        listed = _LISTED.findall(self._text("SQUASH_MSG"))
        theirs = self._git.independent(listed) if listed else []
        return Merging(self._git, [head, *theirs], SQUASH, began=self._began("SQUASH_MSG")) if theirs else None

    # -- the Git folder --------------------------------------------------------------------------------------------

    def _has(self, name: str) -> bool:
        return os.path.exists(os.path.join(self._folder, name))

    def _began(self, *names: str) -> str:
        """When Git wrote the first of these files that is there. Where refs are tables, those that are refs are none; a
        step that began has a message.
        """
        place = next((os.path.join(self._folder, name) for name in names if self._has(name)), None)
        return str(os.stat(place).st_mtime_ns) if place else ""

    def _text(self, name: str) -> str:
        path = os.path.join(self._folder, name)
        return _read(path) if os.path.exists(path) else ""

    def _said(self, head: str, marked: str | None) -> str:
        """What may say that a commit is reverted. MERGE_MSG stays behind when Git finds nothing to revert, so without a
        mark only the commit's own message counts, or, for who is told none, a message with something staged for it.
        """
        if self._message is not None and not marked:
            return _read(self._message)
        return self._text("MERGE_MSG") if marked or self._git.staged_paths(head) else ""


def is_half_begun(git: Git) -> bool:
    """Whether Git was cut short while it wrote which commits are merged: what is committed then is no merge (observed
    on 2.39, when the disk is full).
    """
    heads = git.heads_in("MERGE_HEAD")
    return not all(map(is_oid, heads)) or (not heads and os.path.exists(os.path.join(git.git_dir(), "MERGE_HEAD")))


def _to_fold(lines: list[str]) -> str | None:
    """The commit that a line of a todo list folds into the one before."""
    words = lines[0].split() if lines else []
    return next((word for word in words if is_oid(word)), None) if words[:1] and words[0] in _FOLDING else None


def _paths(changes: list[Changed]) -> set[str]:
    return {changed.path for changed in changes}


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()
