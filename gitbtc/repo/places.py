"""Where a repository's folders lie, read from the files that say so: who only needs that starts no git for it."""

from __future__ import annotations

import os

_POINTER = "gitdir: "
_REF = "ref: "
_DIGITS = frozenset("0123456789abcdef")


def is_oid(text: str) -> bool:
    """Whether `text` is a full object id, SHA-1 or SHA-256."""
    return len(text) in (40, 64) and _DIGITS.issuperset(text)


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


def plain_places(top: str) -> tuple[str, str, str] | None:
    """The work tree's root, its Git folder and the one that all work trees share, where `top` is the root of the main
    work tree and nothing says that the repository is elsewhere: what `git rev-parse` would tell. None otherwise.
    """
    folder = os.path.join(top, ".git")
    if not _SAYS_OTHERWISE.isdisjoint(os.environ) or os.path.islink(folder) or not _is_own(top, folder):
        return None
    given = os.environ.get("GIT_CONFIG_PARAMETERS", "").lower()  # git -c
    if any(name in given for name in _GIVEN):
        return None
    try:
        with open(os.path.join(folder, "config"), "rb") as file:
            settings = file.read().lower().translate(None, b" \t")
    except OSError:
        return None
    is_plain = b"\nbare=false\n" in settings and settings.count(b"bare=") == 1 and b"worktree" not in settings
    has_all = all(os.path.exists(os.path.join(folder, name)) for name in ("HEAD", "objects", "refs"))
    if not (is_plain and has_all) or os.path.lexists(os.path.join(folder, "commondir")):
        return None
    real = os.path.realpath(top)
    return real, os.path.join(real, ".git"), folder


_SAYS_OTHERWISE = frozenset([
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_CEILING_DIRECTORIES", "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY", "GIT_TEST_ASSUME_DIFFERENT_OWNER",
])  # fmt: skip
# Settings that say so, or may name a file that does.
_GIVEN = ("bare", "worktree", "include", "extensions", "safe.")


def _is_own(*folders: str) -> bool:
    """Whether whoever works here owns them: Git reads a repository of somebody else only if told to."""
    try:
        return all(os.stat(folder).st_uid == os.geteuid() and os.path.isdir(folder) for folder in folders)
    except OSError:
        return False


def heads(own: str, common: str, *names: str) -> list[str | None] | None:
    """The oids of HEAD, MERGE_HEAD and their like, None for one that does not exist; None for all where refs are no
    files, or one is written in a way that is Git's to read (gitrepository-layout(5), git-pack-refs(1)).
    """
    if not os.path.isdir(os.path.join(common, "refs", "heads")) or os.path.exists(os.path.join(common, "reftable")):
        return None
    found: list[str | None] = []
    for name in names:
        told = _line(os.path.join(own, name))
        if told is not None and told.startswith(_REF):
            told = _of_branch(common, told.removeprefix(_REF))
            if told == "":
                found.append(None)
                continue
        if os.path.islink(os.path.join(own, name)) or (told is not None and not is_oid(told)):
            return None
        found.append(told)
    return found


def _of_branch(common: str, branch: str) -> str | None:
    """What the branch points to, "" where it has no commit yet."""
    if not branch.startswith("refs/heads/") or "/." in branch:
        return "?"
    told = _line(os.path.join(common, branch))
    if told is not None:
        return told
    try:
        with open(os.path.join(common, "packed-refs"), encoding="utf-8", errors="surrogateescape") as file:
            return next((line[: line.index(" ")] for line in file if line.endswith(f" {branch}\n")), "")
    except FileNotFoundError:
        return ""


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
