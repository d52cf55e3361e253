"""A merge that Git makes in memory: `git merge-tree`, `git replay`, `git history`. No hook looks at what comes out.

Observed on Git 2.39, 2.47 and 2.55: whatever merges into a work tree holds the index's lock while its drivers run
(merge, cherry-pick, revert, rebase, stash, `am -3`, `checkout -m`), and what merges in memory does not. Which commits
it merges, Git tells since 2.44, as the labels of the three sides: names that the user gave, or short object names, of a
picked commit's parent as `parent of NAME`. Before, or where a side is no commit, the driver knows nothing but its file.
"""

from __future__ import annotations

import os

from gitbtc.state.merging import CHERRY_PICK, REVERT, Merging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.kind import Kind
    from gitbtc.repo.git import Git

_PARENT = "parent of "


def is_in_memory() -> bool:
    """Whether the merge that Git runs us for leaves index and work tree alone. A lock that another process holds right
    now makes it look as if it did not: then the push is the first to see what came out.

    Git runs a driver in the root of the work tree, or in the folder of a bare repository. It is not asked where its
    folder is: a process for each file of each pick would cost more than the merge.
    """
    folder = os.environ.get("GIT_DIR") or ".git"
    if os.path.isfile(folder):  # of a linked work tree
        with open(folder, encoding="utf-8", errors="surrogateescape") as pointer:
            folder = pointer.read().removeprefix("gitdir: ").rstrip("\n")
    if not os.path.isdir(folder):
        # Elsewhere somebody runs the driver by hand.
        return os.path.isfile("HEAD") and os.path.isdir("objects")
    index = os.environ.get("GIT_INDEX_FILE") or os.path.join(folder, "index")
    return not os.path.exists(index + ".lock")


def merging_of(git: Git, base: str, ours: str, theirs: str) -> Merging | None:
    """What these labels say is merged; None where they name no commits."""
    heads = [_commit(git, ours), _commit(git, theirs)]
    if None in heads:
        return None
    found = [head for head in heads if head]
    if theirs.startswith(_PARENT):
        return Merging(git, found, REVERT, [_commit(git, base)])
    if base.startswith(_PARENT):
        return Merging(git, found, CHERRY_PICK, [_commit(git, base)])
    return Merging(git, found)


def _commit(git: Git, label: str) -> str | None:
    is_parent = label.startswith(_PARENT)
    # A picked commit's subject stands behind it, in brackets.
    name = label.removeprefix(_PARENT).partition(" (")[0]
    return git.find(f"{name}{'^' if is_parent else ''}^{{commit}}") if name and "%" not in name else None


def spent_twice(kind: Kind, merged: bytes, ours: bytes, theirs: bytes) -> Iterator[str]:
    """What can be told from one file alone: each coin that two live transactions of it spend, as on neither side."""
    from gitbtc.spends.evidence import Evidence, outpoint_text
    from gitbtc.spends.rules import double_spends

    def found(content: bytes) -> dict[tuple[str, int], list[str]]:
        return double_spends(Evidence(lambda name: content if name == kind.name else b""))

    now = found(merged)
    known = {**found(ours), **found(theirs)} if now else {}
    for outpoint, txids in now.items():
        if outpoint not in known:
            yield f"{outpoint_text(outpoint)} is spent by {' and by '.join(txids)}"
