"""The facade over the git program: what it tells, what it keeps of the environment, how it fails."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.repo.git import Changed, Git, GitFailed, environment, is_oid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

ODD = 'ta\tb "q" \n new\u00e9\u20bf.json'


def test_hook_variables_survive_and_dangerous_ones_do_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    kept = {"GIT_INDEX_FILE": "/x/index", "GIT_QUARANTINE_PATH": "/x/q", "GIT_CONFIG_COUNT": "0",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/a:/b", "GIT_AUTHOR_DATE": "1 +0000", "GIT_SSL_CAINFO": "/ca",
            "GITHEAD_abc": "topic"}  # fmt: skip
    dropped = ["GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_LITERAL_PATHSPECS", "GIT_PREFIX", "GIT_TRACE"]
    for name, value in {**kept, **dict.fromkeys(dropped, "1"), "GIT_DIR": ".git"}.items():
        monkeypatch.setenv(name, value)
    seen = environment()
    assert {name: seen.get(name) for name in kept} == kept
    assert not seen.keys() & set(dropped)
    assert seen["GIT_DIR"] == str(tmp_path / ".git")
    assert seen["LC_ALL"] == "C"


def test_another_folder_is_looked_at_whatever_repository_a_hook_speaks_of(
    repo: Repo, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sandbox.repo("other")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    assert Git(repo.path).git_dir() == str(other.path / ".git")
    assert Git.at(repo.path).git_dir() == str(repo.path / ".git")


def test_the_index_of_a_partial_commit_is_the_one_read(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("a", "1")
    repo.git("add", "a")
    monkeypatch.setenv("GIT_INDEX_FILE", str(repo.path / "other-index"))
    assert Git(repo.path).index_entries() == {}
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert list(Git(repo.path).index_entries()) == ["a"]


def test_places_are_absolute_from_any_folder(repo: Repo) -> None:
    (repo.path / "deep" / "er").mkdir(parents=True)
    git = Git(repo.path / "deep" / "er")
    dot_git = str(repo.path / ".git")
    assert (git.top_level(), git.git_dir(), git.common_dir()) == (str(repo.path), dot_git, dot_git)
    assert git.hooks_dir() == dot_git + "/hooks"
    assert not git.is_bare()


def test_a_linked_worktree_has_its_own_git_dir_and_shares_the_common_one(repo: Repo) -> None:
    repo.write("a", "1")
    repo.commit("one")
    repo.git("worktree", "add", "-q", "../linked")
    git = Git(repo.path.parent / "linked")
    assert git.common_dir() == str(repo.path / ".git")
    assert git.git_dir() == str(repo.path / ".git" / "worktrees" / "linked")
    assert git.hooks_dir() == str(repo.path / ".git" / "hooks")


def test_places_are_told_of_a_folder_with_a_line_end_in_its_name(sandbox: Sandbox) -> None:
    repo = sandbox.repo("two\nlines")
    git = Git(repo.path).at_top()
    assert (git.top_level(), git.git_dir()) == (str(repo.path), str(repo.path / ".git"))
    assert git.common_dir() == git.git_dir()


def test_places_are_those_of_the_work_tree_that_git_runs_in(repo: Repo) -> None:
    """What one of them told is not told of another."""
    repo.write("a", "1")
    repo.commit("one")
    repo.git("worktree", "add", "-q", "../linked")
    (repo.path / "deep").mkdir()
    places = [
        (git.git_dir(), git.common_dir()) for git in (Git(repo.path / "deep").at_top(), Git(repo.path / "../linked"))
    ]
    assert places[0] == (str(repo.path / ".git"), str(repo.path / ".git"))
    assert places[1] == (str(repo.path / ".git/worktrees/linked"), str(repo.path / ".git"))


def test_hooks_dir_knows_core_hookspath(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", "my hooks")
    assert Git(repo.path).hooks_dir() == str(repo.path / "my hooks")


def test_outside_a_repository_it_cannot_work(sandbox: Sandbox) -> None:
    with pytest.raises(CannotWork, match="not in a Git repository; `gitbtc init` makes one"):
        Git.at(sandbox.home).top_level()


def test_a_bare_repository_has_no_top_level(repo: Repo) -> None:
    repo.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Git(repo.path.parent / "bare.git")
    assert bare.is_bare()
    with pytest.raises(CannotWork, match="no work tree"):
        bare.top_level()


def test_a_missing_folder_and_a_missing_git_are_told_apart(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotWork, match="no such folder"):
        Git(repo.path / "gone").version()
    monkeypatch.setenv("PATH", str(repo.path))
    git = Git(repo.path)
    with pytest.raises(CannotWork, match="program git was not found"):
        git.version()
    with pytest.raises(CannotWork, match="program git was not found"), git.blobs() as blobs:
        blobs.read("0" * 40)


def test_a_failure_carries_the_command_and_what_git_said(repo: Repo) -> None:
    with pytest.raises(GitFailed, match=r"git cat-file -t nonsense failed: fatal: Not a valid object name"):
        Git(repo.path).run("cat-file", "-t", "nonsense")


def test_version_is_three_numbers(repo: Repo) -> None:
    assert Git(repo.path).version() >= (2, 30, 0)


def test_config_of_a_file_round_trips_any_value(repo: Repo) -> None:
    git, file = Git(repo.path), str(repo.path / "my config")
    value = ' "a" \\ $HOME # ; %P\t' + "it's\nnew \u20bf "
    git.set_config("merge.gitbtc-utxos.driver", value, file)
    assert git.config("merge.gitbtc-utxos.driver", file) == value
    assert git.config_entries(file) == [("merge.gitbtc-utxos.driver", value)]
    git.add_config("merge.gitbtc-utxos.driver", "two", file)
    assert git.config_values("merge.gitbtc-utxos.driver", file) == [value, "two"]
    assert git.config("merge.gitbtc-utxos.driver") is None


def test_resolve_takes_revisions_only(repo: Repo) -> None:
    git = Git(repo.path)
    assert git.find("HEAD") is None
    repo.write("a", "1")
    head = repo.commit("one")
    assert git.resolve("HEAD") == git.resolve("main") == head
    for wrong in ("nonsense", "--all", ""):
        with pytest.raises(CannotWork, match="no such revision"):
            git.resolve(wrong)


def test_several_revisions_are_told_at_once(repo: Repo) -> None:
    assert Git(repo.path).find_each("HEAD", "REVERT_HEAD") == [None, None]
    repo.write("a", "1")
    oid = repo.commit("one")
    repo.git("update-ref", "REVERT_HEAD", "HEAD")
    assert Git(repo.path).find_each("HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD") == [oid, None, oid]


def test_merge_bases_of_criss_cross_and_unrelated_histories(repo: Repo) -> None:
    git = Git(repo.path)
    repo.write("a", "1")
    base = repo.commit("base")
    repo.git("checkout", "-q", "-b", "other")
    repo.write("b", "1")
    left = repo.commit("left")
    repo.git("checkout", "-q", "main")
    repo.write("c", "1")
    right = repo.commit("right")
    assert git.merge_bases("main", "other") == [base]
    repo.git("merge", "-q", left)
    repo.git("checkout", "-q", "other")
    repo.git("merge", "-q", right)
    assert sorted(git.merge_bases("main", "other")) == sorted([left, right])
    repo.git("checkout", "-q", "--orphan", "alone")
    repo.commit("unrelated")
    assert git.merge_bases("main", "alone") == []
    assert git.commits("main", "^" + base)[0] == (left, [base]) or git.commits("main", "^" + base)[0] == (right, [base])
    assert git.commits("main")[-1] == (git.resolve("main"), [right, left])


def test_tree_and_index_tell_odd_paths_modes_and_oids(repo: Repo) -> None:
    git = Git(repo.path)
    repo.write(ODD, "odd")
    repo.write("tool", "x").chmod(0o755)
    (repo.path / "link").symlink_to("tool")
    repo.write(":(top)magic", "m")
    (repo.path / os.fsdecode(b"latin-\xe9")).write_bytes(b"l")
    repo.commit("one")
    expected = {
        ODD: ("100644", git.blob_id(b"odd")), "tool": ("100755", git.blob_id(b"x")),
        "link": ("120000", git.blob_id(b"tool")), "latin-\udce9": ("100644", git.blob_id(b"l")),
        ":(top)magic": ("100644", git.blob_id(b"m")),
    }  # fmt: skip
    assert git.tree_entries("HEAD") == expected
    assert git.index_entries() == expected
    assert Git(repo.path / ".." / repo.path.name).tree_entries("HEAD", ODD) == {ODD: expected[ODD]}
    with git.blobs() as blobs:
        assert blobs.read_path("HEAD", ODD) == b"odd"
        assert blobs.read_path("HEAD", "latin-\udce9") == b"l"
        assert blobs.read_path("HEAD", ":(top)magic") == b"m"
        assert blobs.read_path("HEAD", "*") is None


def test_the_whole_index_is_told_from_a_subfolder(repo: Repo) -> None:
    repo.write("top", "1")
    repo.write("sub/below", "2")
    repo.git("add", "-A")
    assert sorted(Git(repo.path / "sub").index_entries()) == ["sub/below", "top"]


def test_unmerged_paths_tell_their_stages(repo: Repo) -> None:
    git = Git(repo.path)
    entries = {stage: ("100644", git.write_blob(text)) for stage, text in ((1, b"base"), (2, b"ours"), (3, b"theirs"))}
    git.update_index({"a": entries, "b": entries[2], "c": entries[1]})
    assert git.unmerged_entries() == {"a": entries}
    assert git.index_entries() == {"b": entries[2], "c": entries[1]}
    assert git.staged_paths() == [Changed("a", None, None), Changed("b", None, entries[2]),
                                  Changed("c", None, entries[1])]  # fmt: skip
    git.update_index({"a": entries[3], "b": None, "c": {2: entries[2]}})
    assert git.index_entries() == {"a": entries[3]}
    assert git.unmerged_entries() == {"c": {2: entries[2]}}


def test_changes_between_revisions_index_and_work_tree(repo: Repo) -> None:
    git = Git(repo.path)
    blob = {text: ("100644", git.write_blob(text.encode())) for text in ("1", "2", "3", "gone")}
    repo.write("same", "1")
    repo.write("edited", "1")
    repo.write("gone", "gone")
    repo.commit("one")
    repo.write("edited", "2")
    repo.write(ODD, "gone")
    (repo.path / "gone").unlink()
    repo.git("add", "-A")
    expected = [Changed("edited", blob["1"], blob["2"]), Changed("gone", blob["gone"], None),
                Changed(ODD, None, blob["gone"])]  # fmt: skip
    assert git.staged_paths() == expected
    assert git.unstaged_paths() == []
    repo.write("same", "3")
    assert git.unstaged_paths() == [Changed("same", blob["1"], ("100644", "0" * 40))]
    repo.git("commit", "-q", "-m", "two")
    assert git.changed_paths("HEAD~1", "HEAD") == expected
    assert [change.path for change in git.changed_paths(git.empty_tree(), "HEAD~1")] == ["edited", "gone", "same"]
    assert git.staged_paths("HEAD~1") == expected


def test_octopus_merge_heads_are_all_told(repo: Repo) -> None:
    (repo.path / ".git" / "MERGE_HEAD").write_text("a" * 40 + "\n" + "b" * 40 + "\n")
    assert Git(repo.path).heads_in("MERGE_HEAD") == ["a" * 40, "b" * 40]
    assert Git(repo.path).heads_in("REVERT_HEAD") == []


def test_blobs_are_read_through_one_process_whatever_they_hold(repo: Repo) -> None:
    git = Git(repo.path)
    contents = [b"", b"\n", b"x" * 300_000, b"\0\n\xff", b"deadbeef blob 3\nabc\n"]
    oids = [git.write_blob(content) for content in contents]
    with git.blobs() as blobs:
        assert [blobs.read(oid) for oid in oids * 2] == contents * 2
        with pytest.raises(GitFailed, match=r"object 1{40} is missing"):
            blobs.read("1" * 40)
        assert blobs.read(oids[2]) == contents[2]


def test_a_blob_is_read_by_full_oid_only(repo: Repo) -> None:
    with Git(repo.path).blobs() as blobs, pytest.raises(GitbtcError, match="not a full object id"):
        blobs.read("HEAD\nHEAD")


def test_a_blob_is_written_without_filters(repo: Repo) -> None:
    repo.write(".gitattributes", "* text eol=lf\n")
    git = Git(repo.path)
    oid = git.write_blob(b"a\r\n")
    assert oid == git.blob_id(b"a\r\n")
    assert repo.git("cat-file", "blob", oid) == "a\r\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a" * 40, True), ("a" * 64, True), ("A" * 40, False), ("a" * 41, False), ("a" * 40 + "\n", False)],
)
def test_a_full_oid_is_forty_or_sixty_four_hex_digits(text: str, *, expected: bool) -> None:
    assert is_oid(text) is expected


def test_new_commits_are_those_that_nobody_knows_yet(repo: Repo) -> None:
    git, oids = Git(repo.path), []
    for number in range(3):
        repo.write("a", str(number))
        oids.append(repo.commit(str(number)))
    blob = git.write_blob(b"x")
    assert git.new_commits([oids[2]]) == oids
    assert git.new_commits([oids[2], oids[1], blob], f"^{oids[0]}") == oids[1:]
    assert git.new_commits([f"{oids[0]}..{oids[2]}"]) == oids[1:]
    assert git.new_commits([oids[2]], "--not", "--all") == []
    assert git.new_commits([]) == []


def test_what_is_stored_is_read_and_no_replacement_for_it(repo: Repo) -> None:
    git = Git(repo.path)
    one, other = git.write_blob(b"stored"), git.write_blob(b"shown")
    repo.git("replace", one, other)
    for reader, content in ((git, b"shown"), (git.as_stored(), b"stored")):
        with reader.blobs() as blobs:
            assert blobs.find(one) == ("blob", content)
            assert blobs.find("1" * 40) is None


def test_independent_commits_are_no_other_ones_parents(repo: Repo) -> None:
    listed = [repo.git("commit-tree", "-m", name, repo.git("write-tree").strip()).strip() for name in ("one", "two")]
    tree = repo.git("write-tree").strip()
    listed.append(repo.git("commit-tree", "-p", listed[0], "-m", "on one", tree).strip())
    assert sorted(Git.at(repo.path).independent(listed)) == sorted(listed[1:])


def test_a_refreshed_index_knows_the_files_that_are_as_it_has_them(repo: Repo) -> None:
    repo.write("a.txt", "a")
    git = Git.at(repo.path)
    git.update_index({"a.txt": ("100644", git.write_blob(b"a"))})
    assert repo.git("diff-files", "--name-only") == "a.txt\n"
    git.refresh_index()
    assert repo.git("diff-files", "--name-only") == ""
    repo.write("a.txt", "b")
    git.refresh_index()
    assert repo.git("diff-files", "--name-only") == "a.txt\n"
