"""Where the files that are not code lie: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = os.path.dirname(os.path.abspath(__file__))


def folder(name: str) -> str:
    """The absolute path of the shipped folder `name` (`schemas`, `hooks`)."""
    packaged = os.path.join(_HERE, name)
    return packaged if os.path.isdir(packaged) else os.path.join(os.path.dirname(_HERE), name)


def digest(*rooms: str) -> str:
    """A digest of the code of some rooms of the package, of the schemas and of Python: what comes of a look depends on
    no other code. By sizes and times of the files, none of which is read.
    """
    import json  # of what most who ask for a folder have no need

    from gitbtc.digest import sha256

    folders = [*(os.path.join(_HERE, room) for room in rooms), folder("schemas")]
    found = sorted(place for one in folders for place in _stats(one))
    return sha256(json.dumps([sys.version, *found]).encode()).hexdigest()


def _stats(folder: str) -> Iterator[tuple[str, int, int]]:
    """(path, size, moment) of each file below `folder` that is no compiled one."""
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from _stats(entry.path) if entry.name != "__pycache__" else ()
        else:
            stat = entry.stat()
            yield entry.path, stat.st_size, stat.st_mtime_ns
