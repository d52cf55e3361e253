"""Where a repository's folders lie, read from the files that say so: who only needs that starts no git for it."""

from __future__ import annotations

import os

_POINTER = "gitdir: "


def own_folder(top: str = ".") -> str | None:
    """The Git folder of the work tree whose root is `top`, by gitrepository-layout(5) and the variables that Git hands
    to what it starts; None where only Git can say.
    """
    told = os.environ.get("GIT_DIR")
    place = told or os.path.join(top, ".git")
    if not told and os.path.isfile(place):
        place = os.path.join(top, (_line(place) or "").removeprefix(_POINTER))
    return os.path.abspath(place) if os.path.isfile(os.path.join(place, "HEAD")) else None


def common_folder(top: str = ".") -> str | None:
    """The same of the Git folder that all work trees of a repository share."""
    own = own_folder(top)
    if own is None:
        return None
    told = os.environ.get("GIT_COMMON_DIR") or _line(os.path.join(own, "commondir"))
    place = os.path.normpath(os.path.join(own, told)) if told else own
    return place if os.path.isdir(os.path.join(place, "objects")) else None


def oid_digits(common: str) -> int:
    """How many digits an oid has in the repository of that common folder: 40, or 64 where its format is SHA-256."""
    try:
        with open(os.path.join(common, "config"), "rb") as file:
            return 64 if b"sha256" in file.read().lower() else 40
    except OSError:
        return 40


def _line(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().removesuffix("\n")
    except OSError:
        return None
