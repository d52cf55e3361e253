"""One place: read whatever it is, in pieces where it is large."""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING

import pytest

from gitbtc.scanning import examiner
from gitbtc.scanning.examiner import Examiner, in_pieces
from gitbtc.scanning.place import FILE, Place
from tests.doors.test_hook import secret

if TYPE_CHECKING:
    from pathlib import Path


def look(path: Path) -> tuple[list[int], str, bool]:
    looked = Examiner().look(Place(FILE, path.name, disk=str(path)))
    return [found.where for found in looked.findings], looked.problem, looked.harmless


def test_a_binary_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0\xff\n" + secret().encode() + b"\0")
    assert look(tmp_path / "a") == ([2], "", False)


def test_a_link_is_read_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(secret())
    (tmp_path / "plain").symlink_to("key")
    (tmp_path / "spoken").symlink_to(secret())
    assert look(tmp_path / "plain") == ([], "", False)
    assert look(tmp_path / "spoken") == ([1], "", False)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert look(tmp_path / "pipe") == ([], examiner.SPECIAL, True)
    assert look(tmp_path / "gone") == ([], "No such file or directory", False)


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: str) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", closed)
    assert look(tmp_path) == ([], "Permission denied", False)


def test_a_large_file_is_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examiner, "PIECE", 1000)
    (tmp_path / "a").write_bytes(b"x" * 2000 + b"\n" + secret().encode())
    assert look(tmp_path / "a") == ([2], "", False)


@pytest.mark.parametrize(
    "line", [b"x" * 7 + b"\n", b"x" * 200 + b"\n", b"x\0"], ids=["lines", "long lines", "no lines"]
)
def test_no_key_is_cut_by_a_piece_and_its_line_is_right(line: bytes) -> None:
    key = secret().encode()
    for ahead in range(880, 1010, 7):
        content = (line * 1000)[:ahead] + b"\n " + key + b"\n" + line * 200
        [found] = in_pieces(content, "a", piece=1000, overlap=200)
        assert found.where == content[: content.index(key)].count(b"\n") + 1


def test_a_key_in_the_overlap_is_one_finding_and_all_keys_are_found() -> None:
    keys = [secret() for _ in range(30)]
    content = "\n".join(f"{'.' * 40}\n{key}" for key in keys).encode()
    found = in_pieces(content, "", piece=700, overlap=300)
    assert [one.where for one in found] == list(range(2, 61, 2))


def test_a_mapped_file_is_read_like_bytes(tmp_path: Path) -> None:
    content = b".\n" * 900 + secret().encode()
    (tmp_path / "a").write_bytes(content)
    with (tmp_path / "a").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert in_pieces(mapped, "a", piece=500, overlap=100) == in_pieces(content, "a")
