"""Each push of the table is refused or taken rightly, by the examination that a server makes of what it receives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.doors.new_commits import Update
from gitbtc.doors.pushed import findings, replacing
from gitbtc.errors import GitbtcError
from gitbtc.repo.examined import Examined
from gitbtc.repo.git import Git
from tests.conftest import hermetic
from tests.doors.crafted import KEY, PUSHES, Push, World

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = {"maxFileBytes": "2m", "maxMessageBytes": "128k", "maxFiles": "20k", "maxRecords": "20k", "maxRoots": "100"}

Verdict = tuple[set[str], str]  # sorts of findings that refuse, or `cannot`; what is said


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Push], Verdict]:
    """What a server says of a push; all of them are to one server, which takes none in."""
    repo = hermetic(tmp_path_factory.mktemp("crafted") / "home").repo("server")
    for name, value in SETTINGS.items():
        repo.git("config", f"gitbtc.{name}", value)
    world = World(repo.path / ".git/objects")
    repo.git("update-ref", "refs/heads/main", world.base)
    git = Git.at(repo.path).as_stored()
    examined = Examined(git)
    examined.begin()

    def judged(push: Push) -> Verdict:
        updates = [Update(push.ref, push.old(world) if push.old else "0" * 40, push.make(world))]
        try:
            commits = examined.arriving([updates[0].new]).commits
            found = [*replacing(updates), *findings(git, updates, commits)]
        except GitbtcError as error:
            return {"cannot"}, str(error)
        return {finding.type for finding in found if finding.refuses}, "\n".join(map(str, found))

    return judged


@pytest.mark.parametrize("push", [pytest.param(push, id=push.name) for push in PUSHES])
def test_each_is_refused_or_taken_rightly(verdict: Callable[[Push], Verdict], push: Push) -> None:
    kinds, told = verdict(push)
    assert kinds & set(push.verdict.split()) if push.verdict else not kinds, told
    assert KEY.decode() not in told


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len(PUSHES) >= 200
    assert len({push.name for push in PUSHES}) == len(PUSHES)
