"""Files are written whole or not at all."""

from __future__ import annotations

import fcntl
import os
import signal
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.repo import files

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_file_gets_its_folder_and_the_usual_mode(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        files.write(tmp_path / "new" / "file", b"x")
    finally:
        os.umask(mask)
    assert files.read(tmp_path / "new" / "file") == b"x"
    assert (tmp_path / "new" / "file").stat().st_mode & 0o777 == 0o640


def test_a_file_keeps_its_mode_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o600)
    files.write(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o600
    files.write(path, b"new", mode=0o755)
    assert path.stat().st_mode & 0o777 == 0o755


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    files.write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_what_is_no_file_is_written_to_and_stays(tmp_path: Path) -> None:
    """As root a rename would put a file in the place of /dev/null, for every program of the machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    files.write(pipe, b"x")
    assert os.read(reader, 10) == b"x"
    os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_bytes(b"")
    with pytest.raises(CannotWork, match="folder: cannot be written: Is a directory"):
        files.write(tmp_path / "folder", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_missing_file_reads_as_none(tmp_path: Path) -> None:
    assert files.read(tmp_path / "none") is None


@pytest.mark.parametrize("command", [fcntl.F_GETFL, 1 << 20])
def test_where_the_system_knows_more_than_fsync_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: int
) -> None:
    """As macOS does; a file system that does not know it is flushed as anywhere else."""
    flushed: list[int] = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", command, raising=False)
    monkeypatch.setattr(os, "fsync", flushed.append)
    files.write(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"
    assert bool(flushed) == (command != fcntl.F_GETFL)


def test_a_folder_is_looked_for_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies beyond a link, or in another repository, is not in this work tree; how one came to its top is free."""
    top = tmp_path / "top"
    for folder in ("plain/inner", "module/.git", "module/inner"):
        (top / folder).mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (top / "link").symlink_to("../elsewhere")
    (tmp_path / "way").symlink_to("top")
    monkeypatch.chdir(top)
    for place in (top, tmp_path / "way", "."):
        base = os.path.join(place, "")
        assert files.way_out_to(str(top), base) == files.way_out_to(str(top), f"{base}plain/inner") == ""
        assert files.way_out_to(str(top), f"{base}new") == ""
        assert files.way_out_to(str(top), f"{base}link") == files.way_out_to(str(top), f"{base}link/deep") == "link"
        assert files.way_out_to(str(top), f"{base}module/inner") == "module"
    assert files.way_out_to(str(top), tmp_path / "elsewhere") == ""


def test_ctrl_c_waits_until_all_files_of_a_step_are_in_their_places(tmp_path: Path) -> None:
    wanted = {str(tmp_path / name): name.encode() for name in "abc"}
    with pytest.raises(KeyboardInterrupt):
        files.write_all(wanted, first=lambda: os.kill(os.getpid(), signal.SIGINT))
    assert {str(path): path.read_bytes() for path in tmp_path.iterdir()} == wanted


def test_of_several_files_none_is_written_where_one_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    done: list[int] = []
    with pytest.raises(CannotWork, match="a/inside: cannot be written"):
        files.write_all({str(tmp_path / "a"): b"new", str(tmp_path / "a/inside"): b"new"}, first=lambda: done.append(1))
    assert done == []
    assert (tmp_path / "a").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]
