"""What is read without git is what git would have said, or is left to git."""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.repo.git import Git
from gitbtc.repo.loose import IndexRow, Loose, index_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

ODD = 'ta\tb "q" \n new\u00e9\u20bf.json'


@pytest.fixture
def filled(repo: Repo) -> Repo:
    """A commit with folders in folders, and odd names, modes and lengths of names."""
    for name in (ODD, "a", "b/c/d", "b/c.x", "b-", "n" * 200, *(f"long/{'x' * length}" for length in range(1, 12))):
        repo.write(name, name)
    repo.write("tool", "x").chmod(0o755)
    (repo.path / "link").symlink_to("tool")
    (repo.path / os.fsdecode(b"latin-\xe9")).write_bytes(b"l")
    repo.commit("one")
    return repo


def loose_of(repo: Repo) -> Loose:
    """What is read without git; there is something here."""
    found = Git(repo.path).loose
    if found is None:
        pytest.skip("refs are in no files here")
    return found


def index_of(repo: Repo) -> list[IndexRow] | None:
    """The index, read without git."""
    return index_rows(str(repo.path / ".git" / "index"), len(repo.git("rev-parse", "HEAD").strip()))


def test_a_tree_and_the_index_are_read_as_git_lists_them(filled: Repo) -> None:
    head = filled.git("rev-parse", "HEAD").strip()
    files = loose_of(filled).files(head)
    told = {os.fsencode(path): entry for path, entry in (files or {}).items()}
    assert len(told) == 20
    assert told == {os.fsencode(path): entry for path, entry in Git(filled.path).tree_entries("HEAD").items()}
    assert loose_of(filled).files(filled.git("rev-parse", "HEAD^{tree}").strip()) == files
    rows = index_of(filled)
    assert rows is not None
    assert {row.path: row.entry for row in rows} == files
    assert {row.stage for row in rows} == {0}


def test_an_object_that_is_packed_is_left_to_git(filled: Repo) -> None:
    head = filled.git("rev-parse", "HEAD").strip()
    blob = filled.git("rev-parse", "HEAD:a").strip()
    assert loose_of(filled).find(blob) == ("blob", b"a")
    filled.git("repack", "-adq")
    assert loose_of(filled).find(blob) is None
    assert loose_of(filled).files(head) is None
    assert Git(filled.path).tree_entries(head)["a"] == ("100644", blob)
    with Git(filled.path).blobs() as blobs:
        assert blobs.read(blob) == b"a"


def test_a_folder_that_is_packed_leaves_the_tree_to_git(filled: Repo) -> None:
    filled.git("repack", "-adq")
    filled.write("new", "new")
    filled.commit("two")
    head = filled.git("rev-parse", "HEAD").strip()
    assert loose_of(filled).find(head) is not None
    assert loose_of(filled).files(head) is None
    assert {"b/c/d", "new"} <= Git(filled.path).tree_entries(head).keys()


@pytest.mark.parametrize("packed", [False, True])
def test_what_another_object_stands_for_is_left_to_git(filled: Repo, *, packed: bool) -> None:
    old, new = (filled.git("rev-parse", f"HEAD:{name}").strip() for name in ("a", "b-"))
    filled.git("replace", old, new)
    if packed:
        filled.git("pack-refs", "--all")
    git = Git(filled.path)
    assert git.loose is None
    with git.blobs() as blobs:
        assert blobs.read(old) == b"b-"
    with git.as_stored().blobs() as blobs:
        assert blobs.read(old) == b"a"


def test_an_object_store_of_its_own_is_left_to_git(filled: Repo, tmp_path: Path) -> None:
    assert Git(filled.path).apart(str(tmp_path)).loose is None


def damaged(content: bytes) -> list[bytes]:
    """What a disk may make of an object's file."""
    return [
        content[: len(content) // 2], b"", b"no zlib",
        *map(zlib.compress, (b"blob 1\0b", b"blob 2\0a", b"tree 1\0a", b"blob 1 a", b"blob x\0a")),
    ]  # fmt: skip


def test_an_object_that_is_damaged_is_never_taken_for_it(filled: Repo) -> None:
    blob = filled.git("rev-parse", "HEAD:a").strip()
    place = filled.path / ".git" / "objects" / blob[:2] / blob[2:]
    place.chmod(0o644)
    for content in damaged(place.read_bytes()):
        place.write_bytes(content)
        assert loose_of(filled).find(blob) is None
    with Git(filled.path).blobs() as blobs, pytest.raises(CannotWork):
        blobs.read(blob)


def test_what_is_too_large_is_told_before_it_is_read(filled: Repo) -> None:
    def check(kind: str, size: int) -> None:
        raise CannotWork(f"{kind} {size}")

    with pytest.raises(CannotWork, match="blob 2"):
        loose_of(filled).find(filled.git("rev-parse", "HEAD:b-").strip(), check)


def as_version(number: int) -> Callable[[Repo], object]:
    return lambda repo: repo.git("update-index", "--index-version", str(number))


def split(repo: Repo) -> None:
    repo.git("update-index", "--split-index")


def announced(repo: Repo) -> None:
    repo.write("later", "later")
    repo.git("add", "--intent-to-add", "later")


@pytest.mark.parametrize("otherwise", [as_version(4), split, announced])
def test_an_index_that_says_more_is_left_to_git(filled: Repo, otherwise: Callable[[Repo], object]) -> None:
    before = Git(filled.path).index_entries()
    otherwise(filled)
    assert index_of(filled) is None
    assert Git(filled.path).index_entries() == before


def test_an_index_that_is_cut_short_is_left_to_git(filled: Repo) -> None:
    index = filled.path / ".git" / "index"
    content = index.read_bytes()
    for size in (0, 11, 13, 80, len(content) - 1, len(content) - 30):
        index.write_bytes(content[:size])
        assert index_of(filled) is None
    index.unlink()
    assert index_of(filled) == []


def test_a_repository_of_the_longer_hash_is_read_too(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    (repo.path / ".git").rename(repo.path / ".git-of-another")
    repo.git("init", "-q", "--object-format=sha256")
    repo.write("a", "a")
    repo.git("add", "a")
    repo.git("commit", "-q", "-m", "one")
    long = Git(repo.path)
    head = long.resolve("HEAD")
    assert len(head) == 64
    assert long.loose is not None
    assert long.loose.files(head) == long.index_entries() == {"a": ("100644", long.blob_id(b"a"))}


def test_what_git_knows_to_be_unchanged_is_known_without_a_look(filled: Repo) -> None:
    git = Git(filled.path)
    ordinary = {path for path, (mode, _) in git.index_entries().items() if mode != "120000"}
    assert "a" in git.unchanged()
    index = filled.path / ".git" / "index"
    os.utime(index, (0, 0))
    assert git.unchanged() == {}  # as if the files were written after it
    filled.date(*(filled.path / path for path in ordinary))
    assert git.unchanged() == {}  # Git has not seen them so
    filled.git("update-index", "--refresh")
    assert git.unchanged() == {path: git.index_entries()[path] for path in ordinary}
    filled.git("update-index", "--assume-unchanged", "a")
    (filled.path / "b-").chmod(0o755)
    (filled.path / "b/c.x").unlink()
    (filled.path / "b/c.x").symlink_to("d")
    (filled.path / "b/c/d").unlink()
    assert ordinary - git.unchanged().keys() == {"a", "b-", "b/c.x", "b/c/d"}
    written = filled.path / "tool"
    moment = written.stat().st_mtime
    written.write_text("y")
    os.utime(written, (moment, moment))
    assert "tool" not in git.unchanged()
    as_version(4)(filled)
    assert git.unchanged() == {}
