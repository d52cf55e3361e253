"""Files written whole or not at all. Every hook writes some: pathlib and tempfile would make each start slower."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from gitbtc.errors import not_written
from gitbtc.interrupts import undisturbed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    Place: TypeAlias = str | os.PathLike[str]

# How a file is called until it takes another's place. Only a killed process leaves one behind, and then nobody may
# stage it: the patterns are those of `info/exclude`. The last is of Git's own, which a killed merge leaves.
TEMPORARY = ".gitbtc-new"
LEFT_BEHIND = [f".*{TEMPORARY}", "/.merge_file_*"]


def read(path: Place) -> bytes | None:
    """The bytes of the file at `path`, None when there is none, also no folder where it would be."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def take(path: Place) -> bytes | None:
    """The same, and the file is gone: a note that counts once."""
    content = read(path)
    remove(path)
    return content


def remove(path: Place) -> None:
    """Take the file at `path` away, if there is one."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def way_out(top: str, path: str) -> str:
    """The folder on the way from `top` to `path` (with `/`, below it) that leads out of the work tree: a symbolic link,
    or another repository; "" for none.
    """
    parts = path.split("/")
    folders = ("/".join(parts[:length]) for length in range(1, len(parts)))
    leading = (one for one in folders if _leads_out(os.path.join(top, one)))
    return next(leading, "")


def way_out_to(top: str, folder: Place) -> str:
    """The same on the way to `folder`, as it is written from where we are; "" also where that is not below `top`."""
    path, there = os.path.abspath(folder), os.path.realpath(top)
    parts = path.split(os.sep)
    above = (os.sep.join(parts[:length]) or os.sep for length in range(1, len(parts)))
    start = next((one for one in above if os.path.realpath(one) == there), None)
    return way_out(start, os.path.relpath(path, start).replace(os.sep, "/") + "/") if start else ""


def led_away(top: str, path: str) -> str:
    """Why nothing may be read or written at `path` as at a state file of the work tree; "" where it may."""
    folder, place = way_out(top, path), os.path.join(top, path)
    if folder:
        return f"{folder} leads out of this work tree; put the folder itself there"
    link = os.path.islink(place)
    if link or (os.path.lexists(place) and not os.path.isfile(place)):
        kind = "a symbolic link, something else than a file," if link else "something else than a file"
        return f"{kind} stands in a state file's place; put the file there"
    return ""


def _leads_out(folder: str) -> bool:
    return os.path.islink(folder) or os.path.lexists(os.path.join(folder, ".git"))


def write(path: Place, content: bytes, mode: int | None = None) -> None:
    """Replace `path` by `content` in one step: temporary name, flushed to disk, renamed.

    `mode` is set when given; otherwise the file keeps the mode it has, and a new one has what the umask leaves of 666.
    A symbolic link stays: what it points at is replaced. So does what is no file, /dev/null or a pipe: it is written
    to. CannotWork, and the file is as it was, where it cannot be written.
    """
    if not _is_stream(path):
        write_all({os.path.realpath(path): content}, mode)
        return
    try:
        with open(path, "wb") as stream:
            stream.write(content)
    except OSError as error:
        raise not_written(error, path) from None


def _is_stream(path: Place) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def write_all(contents: Mapping[str, bytes], mode: int | None = None, first: Callable[[], None] | None = None) -> None:
    """The same of several files, by their real paths: each is on disk beside its target before `first` is done, and
    then the first of them renamed.
    """
    prepared: dict[str, str] = {}
    path = ""
    try:
        for path, content in contents.items():
            prepared[path] = prepare(path, content, mode)
        with undisturbed():
            if first is not None:
                first()
            for path, written in prepared.items():
                os.replace(written, path)
    except OSError as error:
        raise not_written(error, path) from None
    finally:
        for written in prepared.values():
            remove(written)


def prepare(path: Place, content: bytes, mode: int | None = None) -> str:
    """Where `content` lies, flushed to disk and with its mode (see `write`), beside `path`: renaming it is all that is
    left to do. CannotWork where it cannot be written.
    """
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder or ".", exist_ok=True)
    except OSError as error:
        error.strerror = f"{error.filename}: {error.strerror}"  # what is in the way
        raise not_written(error, path) from None
    try:
        return _prepared(path, content, mode)
    except OSError as error:
        raise not_written(error, path) from None


def _prepared(path: Place, content: bytes, mode: int | None) -> str:
    folder, name = os.path.split(path)
    prepared = os.path.join(folder, f".{name}.{os.urandom(6).hex()}{TEMPORARY}")
    # Nobody else reads it before it has its mode.
    handle = os.open(prepared, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            _flush(file.fileno())
        os.chmod(prepared, _mode_for(path) if mode is None else mode)
    except BaseException:
        remove(prepared)
        raise
    return prepared


def flush_folder(folder: Place) -> None:
    """A rename is on disk once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _flush(descriptor)
    finally:
        os.close(descriptor)


def _flush(descriptor: int) -> None:
    """To the disk. What fsync hands over macOS leaves in the drive's own cache, unless it is asked for more."""
    import fcntl

    further = getattr(fcntl, "F_FULLFSYNC", None)
    if further is not None:
        with suppress(OSError):  # a network's file system knows only fsync
            fcntl.fcntl(descriptor, further)
            return
    os.fsync(descriptor)


def _mode_for(path: Place) -> int:
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
