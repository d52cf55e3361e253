"""Where `git merge` with gitbtc's driver and hooks is clean, a join comes to the same tree."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from tests.join.graphs import join, tree
from tests.premerge.worlds import committed, past, stepped

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter


def merged(repo: Repo, ours: str, theirs: str) -> str:
    """The tree of a clean `git merge`; "" where it was not clean, or was completed by a hook that asked for a look."""
    repo.git("checkout", "-q", "-f", "--detach", ours)
    done = repo.run("git", "merge", "--no-edit", "-q", theirs, ok=(0, 1, 2, 128))
    if done.returncode and repo.run("git", "diff", "--name-only", "--diff-filter=U").stdout == "":
        done = repo.run("git", "commit", "-q", "--no-edit", ok=(0, 1, 128))
    if done.returncode:
        repo.git("reset", "-q", "--hard")
        return ""
    return repo.git("rev-parse", "HEAD^{tree}").strip()


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_two_sides_and_three_come_to_what_git_merge_does(treasury: Repo, seed: int) -> None:
    source = Random(seed)
    start = past()
    base = committed(treasury, start, "base", "HEAD")
    sides = [committed(treasury, stepped(source, start, 2), name, base) for name in ("one", "two", "three")]
    treasury.git("checkout", "-q", "-f", "one")
    objects = objects_of(Git.at(treasury.path))
    both = merged(treasury, sides[0], sides[1])
    if both:
        assert tree(objects, join(objects, sides[:2])) == both
        all_ = merged(treasury, treasury.git("rev-parse", "HEAD").strip(), sides[2])
        if all_:
            assert tree(objects, join(objects, sides)) == all_
