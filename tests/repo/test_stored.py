"""Objects as they are stored: read whole, and refused where they are none that Git writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.git import Git
from gitbtc.repo.stored import Commit, NotHere, Stored, Unsound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Repo, Sandbox


@pytest.fixture
def stored(repo: Repo) -> Iterator[Stored]:
    with Git(repo.path).blobs() as blobs:
        yield Stored(blobs)


def tree(repo: Repo, content: bytes) -> str:
    return repo.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=content).strip()


def test_files_are_those_that_git_lists(repo: Repo, stored: Stored) -> None:
    repo.write("a", "1")
    repo.write("deep/er/b c", "2")
    repo.write("deep.txt", "3")
    (repo.path / "link").symlink_to("a")
    repo.commit("one")
    commit = stored.commit(repo.git("rev-parse", "HEAD").strip())
    assert stored.files(commit.tree) == Git(repo.path).tree_entries("HEAD")
    assert stored.files(commit.tree)["link"][0] == "120000"


def test_files_of_a_repository_with_longer_names_of_objects(sandbox: Sandbox, repo: Repo) -> None:
    other = repo.path.parent / "sha256"
    repo.git("init", "-q", "--object-format=sha256", str(other))
    repo.path = other
    repo.write("deep/a", "1")
    oid = repo.commit("one")
    with Git(other).blobs() as blobs:
        stored = Stored(blobs)
        assert stored.files(stored.commit(oid).tree) == Git(other).tree_entries("HEAD")


def test_a_commit_is_read_with_its_parents_and_its_message(repo: Repo, stored: Stored) -> None:
    repo.write("a", "1")
    first = repo.commit("one")
    repo.git("commit", "-q", "--allow-empty", "-m", "two\n\nbody \N{SNOWMAN}")
    commit = stored.commit(repo.git("rev-parse", "HEAD").strip())
    assert commit.parents == [first]
    assert commit.message == "two\n\nbody \N{SNOWMAN}\n"


def test_what_a_person_may_have_written_leaves_out_oids() -> None:
    commit = Commit(
        b"tree " + b"1" * 40 + b"\nparent " + b"2" * 40 + b"\nauthor Ann <a@example.com> 0 +0000\n"
        b"gpgsig -----BEGIN SSH SIGNATURE-----\n " + b"U1NIU0lH" * 8 + b"AAAAAA\n -----END SSH SIGNATURE-----\n"
        b"mergetag object " + b"3" * 40 + b"\n type commit\n \n read me\nx-note hidden\n\nsubject\n"
    )
    assert commit.parents == ["2" * 40]
    assert b"1111" not in commit.spoken
    assert all(part in commit.spoken for part in (b"Ann", b"read me", b"hidden", b"U1NIU0lH"))
    assert commit.spoken.startswith(b"subject\n")


@pytest.mark.parametrize(
    "header",
    [b"gpgsig hidden", b"gpgsigfoo hidden", b"gpgsig-sha256 hidden", b"encoding hidden", b"gpgsig\n hidden",
     b"gpgsig -----BEGIN PGP SIGNATURE-----\n hidden words\n -----END PGP SIGNATURE-----",
     b"gpgsig -----BEGIN PGP SIGNATURE-----\n -----END PGP SIGNATURE-----\n " + b"hidden" * 11],
)  # fmt: skip
def test_what_is_no_signature_is_read_under_its_name(header: bytes) -> None:
    assert b"hidden" in Commit(b"tree " + b"1" * 40 + b"\n" + header + b"\n\nsubject\n").spoken


def test_a_tag_is_read_with_its_target(repo: Repo, stored: Stored) -> None:
    repo.write("a", "1")
    target = repo.commit("one")
    repo.git("tag", "-a", "-m", "release", "v1")
    found, spoken = stored.tag(repo.git("rev-parse", "v1").strip())
    assert found == target
    assert spoken.startswith(b"release\n")
    assert target.encode() not in spoken


@pytest.mark.parametrize(
    "content",
    [
        b"100644 a\0" + b"\1" * 19,
        b"100644 a",
        b"100644\0" + b"\1" * 20,
        b"100644 \0" + b"\1" * 20,
        b"100644 a/b\0" + b"\1" * 20,
        b"100644 .GIT\0" + b"\1" * 20,
        b"100666 a\0" + b"\1" * 20,
        b"40000 a\0" + b"\1" * 20 + b"100644 a\0" + b"\1" * 20,
        b"100644 b\0" + b"\1" * 20 + b"100644 a\0" + b"\1" * 20,
        b"40000 a\0" + b"\1" * 20 + b"100644 a.b\0" + b"\1" * 20,
    ],
)
def test_a_malformed_tree_is_refused(repo: Repo, stored: Stored, content: bytes) -> None:
    with pytest.raises(Unsound, match="malformed"):
        stored.files(tree(repo, content))


def test_modes_of_old_are_read_as_git_reads_them(repo: Repo, stored: Stored) -> None:
    inner = tree(repo, b"100664 b\0" + b"\1" * 20)
    assert stored.files(tree(repo, b"040000 a\0" + bytes.fromhex(inner))) == {"a/b": ("100664", "01" * 20)}


def test_what_is_missing_and_what_is_of_another_type_is_told(repo: Repo, stored: Stored) -> None:
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"x").strip()
    with pytest.raises(Unsound, match="is a blob where a commit belongs"):
        stored.commit(blob)
    with pytest.raises(Unsound, match="is a blob where a tree belongs"):
        stored.files(blob)
    with pytest.raises(NotHere, match="1111"):
        stored.blob("1" * 40)
