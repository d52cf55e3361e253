"""Another repository, read and written."""

from __future__ import annotations

import pytest

from gitbtc.repo.git import Git, GitFailed
from gitbtc.repo.remotes import Remote
from tests.conftest import Repo, Sandbox


@pytest.fixture
def server(repo: Repo, sandbox: Sandbox) -> Repo:
    """A bare repository, the remote `origin` of `repo`."""
    repo.git("clone", "-q", "--bare", ".", str(sandbox.home / "server.git"))
    repo.git("remote", "add", "origin", str(sandbox.home / "server.git"))
    return Repo(sandbox.home / "server.git", sandbox.env)


@pytest.fixture
def commits(repo: Repo, server: Repo) -> list[str]:
    """Two commits, of which the server has neither."""
    made = []
    for number in range(2):
        repo.write("a", str(number))
        made.append(repo.commit(str(number)))
    return made


def test_the_address_is_the_one_that_git_would_use(repo: Repo) -> None:
    repo.git("config", "url.https://example.org/.insteadOf", "ex:")
    repo.git("remote", "add", "far", "ex:treasury.git")
    assert Remote(Git(repo.path), "far").url() == "https://example.org/treasury.git"
    assert Remote(Git(repo.path), "../there").url() == "../there"


def test_refs_are_told_by_pattern_and_branches_alone(repo: Repo, server: Repo, commits: list[str]) -> None:
    there = Remote(Git(repo.path), "origin")
    for ref in ("refs/heads/agents/a", "refs/gitbtc/claims/x"):
        there.push(commits[0], ref)
    assert there.refs() == dict.fromkeys(("refs/heads/agents/a", "refs/gitbtc/claims/x"), commits[0])
    assert there.refs("refs/gitbtc/*") == {"refs/gitbtc/claims/x": commits[0]}
    assert there.refs(branches=True) == {"refs/heads/agents/a": commits[0]}
    with pytest.raises(GitFailed):
        Remote(Git(repo.path), "nowhere").refs()


def test_what_is_fetched_leaves_nothing_but_objects_and_what_was_asked_for(
    repo: Repo, server: Repo, commits: list[str], sandbox: Sandbox
) -> None:
    Remote(Git(repo.path), "origin").push(commits[0], "refs/heads/a")
    Remote(Git(repo.path), "origin").push(commits[1], "refs/heads/b")
    clone = sandbox.repo("clone")
    clone.git("remote", "add", "origin", str(server.path))
    here = Git(clone.path)
    Remote(here, "origin").fetch(["refs/heads/a", "+refs/heads/b:refs/kept/b"])
    assert here.find_each(*commits) == commits
    assert here.refs() == [(commits[1], "commit", "refs/kept/b")]
    assert here.heads_in("FETCH_HEAD") == []
    with pytest.raises(GitFailed):
        Remote(here, "origin").fetch(["refs/heads/gone"])


def test_a_ref_is_pushed_wherever_it_pointed_and_deleted(repo: Repo, server: Repo, commits: list[str]) -> None:
    there = Remote(Git(repo.path), "origin")
    there.push(commits[1], "refs/heads/a")
    there.push(commits[0], "refs/heads/a")
    assert there.refs() == {"refs/heads/a": commits[0]}
    there.delete(["refs/heads/a"])
    assert there.refs() == {}


def test_a_push_of_several_refs_is_made_as_a_whole_or_not(repo: Repo, server: Repo, commits: list[str]) -> None:
    there = Remote(Git(repo.path), "origin")
    one, two = "refs/gitbtc/claims/1", "refs/gitbtc/claims/2"
    assert there.push_all_or_none({one: ("", commits[0])}) is None
    assert there.push_all_or_none({one: ("", commits[1]), two: ("", commits[1])}) is not None
    assert there.refs() == {one: commits[0]}
    assert there.push_all_or_none({one: (commits[0], ""), two: ("", commits[1])}) is None
    assert there.refs() == {two: commits[1]}


def test_a_push_that_a_hook_refuses_tells_what_the_hook_said(repo: Repo, server: Repo, commits: list[str]) -> None:
    hook = server.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not for you >&2\nexit 1\n")
    hook.chmod(0o755)
    said = Remote(Git(repo.path), "origin").push_all_or_none({"refs/heads/a": ("", commits[0])})
    assert said is not None
    assert said.startswith("remote: not for you; ")
