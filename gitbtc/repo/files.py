"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# How a file is called until it takes another's place. Only a killed process leaves one behind, and then nobody may
# stage it: the patterns are those of `info/exclude`. The last is of Git's own, which a killed merge leaves.
TEMPORARY = ".gitbtc-new"
LEFT_BEHIND = [f".*{TEMPORARY}", "/.merge_file_*"]


def read(path: Path) -> bytes | None:
    """The bytes of the file at `path`, None when there is none, also no folder where it would be."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def write(path: Path, content: bytes, mode: int | None = None) -> None:
    """Replace `path` by `content` in one step: temporary name, flushed to disk, renamed.

    `mode` is set when given; otherwise the file keeps the mode it has, and a new one has what the umask leaves of 666.
    A symbolic link stays: what it points at is replaced.
    """
    path = Path(os.path.realpath(path))
    prepared = prepare(path, content, mode)
    try:
        prepared.replace(path)
    except BaseException:
        prepared.unlink(missing_ok=True)
        raise


def prepare(path: Path, content: bytes, mode: int | None = None) -> Path:
    """Where `content` lies, flushed to disk and with its mode (see `write`), beside `path`: renaming it is all that is
    left to do.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_mode_for(path) if mode is None else mode)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def flush_folder(folder: Path) -> None:
    """A rename is on disk once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mode_for(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
