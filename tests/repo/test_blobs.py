"""Objects, read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.repo.blobs import LastRead
from gitbtc.repo.git import Git, GitFailed

if TYPE_CHECKING:
    from tests.conftest import Repo


def test_blobs_are_read_through_one_process_whatever_they_hold(repo: Repo) -> None:
    git = Git(repo.path)
    contents = [b"", b"\n", b"x" * 300_000, b"\0\n\xff", b"deadbeef blob 3\nabc\n"]
    oids = [git.write_blob(content) for content in contents]
    with git.blobs() as blobs:
        assert [blobs.read(oid) for oid in oids * 2] == contents * 2
        with pytest.raises(CannotWork, match=r"object 1{40} is missing"):
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


def test_an_object_of_any_type_is_written_if_it_is_one(repo: Repo) -> None:
    git = Git(repo.path)
    tree = git.write_object("tree", b"")
    assert tree == git.empty_tree()
    person = "a <a@example.org> 0 +0000"
    commit = git.write_object("commit", f"tree {tree}\nauthor {person}\ncommitter {person}\n\nx\n".encode())
    assert repo.git("log", "-1", "--format=%s", commit) == "x\n"
    with pytest.raises(GitFailed):
        git.write_object("commit", b"nothing of the sort")


def test_headers_tell_type_and_size_of_what_is_there(repo: Repo) -> None:
    git = Git(repo.path)
    blob, tree = git.write_blob(b"four"), git.write_object("tree", b"")
    assert git.headers([blob, "1" * 40, tree]) == {blob: ("blob", 4), tree: ("tree", 0)}
    assert git.headers([]) == {}


def test_a_tree_of_files_in_folders(repo: Repo) -> None:
    git = Git(repo.path)
    oid = git.write_blob(b"x")
    tree = git.write_tree({"wallet/ü.json": oid, "a": oid, "wallet/deep/b.json": oid})
    names = ("a", "wallet/deep/b.json", "wallet/ü.json")
    assert git.tree_entries(tree) == dict.fromkeys(names, ("100644", oid))
    assert git.write_tree({}) == git.empty_tree()


def test_small_blobs_are_held_and_of_large_ones_a_few() -> None:
    asked: list[str] = []

    def read(oid: str) -> bytes:
        asked.append(oid)
        return bytes(int(oid))

    held, small = LastRead(read, few=2), [str(size) for size in range(100)]
    for oid in small * 2:
        assert len(held(oid)) == int(oid)
    assert asked == small
    large = [str((40 << 20) + number) for number in range(3)]
    for oid in (large[0], large[1], large[0], large[2], large[0], large[1]):
        held(oid)
    assert asked[100:] == [large[0], large[1], large[2], large[1]]
    held("7")
    assert asked[-1] == "7"
