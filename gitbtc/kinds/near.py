"""Names that are no state file's, and that a file system or a person takes for one."""

from __future__ import annotations

from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.registry import Kinds

A_FOLDER = "a folder stands in a state file's place; put the file there"

_OTHER = 2  # letters
_ALIKE = 0.93  # of difflib: two letters of `wallet/utxos.json` missing, or two that changed places; no other word


def plain(path: str) -> str:
    """A path as a file system may have it that knows no case (NTFS, APFS), ignores what cannot be seen (HFS+) and the
    points and blanks at the end of a name (NTFS), or takes a backslash for `/`. Git guards `.git` against the same.
    """
    folder, slash, file = path.rpartition("/")
    return _plain(folder) + slash + _plain.__wrapped__(file)


@lru_cache(maxsize=64)
def _plain(path: str) -> str:
    if not path.isascii():
        from unicodedata import category, normalize

        path = "".join(letter for letter in normalize("NFKC", path) if category(letter) != "Cf")
    return "/".join(part.rstrip(" .") for part in path.casefold().replace("\\", "/").split("/"))


def shadowed(kinds: Kinds, path: str) -> str:
    """The state file that some file systems have at `path` too, which is none; else ""."""
    meant = plain(path)
    return meant if meant != path and kinds.for_path(meant) else ""


def is_in_its_place(kinds: Kinds, path: str) -> bool:
    """Whether the file at `path` lies in a folder that has the name of a state file."""
    folders = path.split("/")[:-1]
    return any(kinds.for_path("/".join(folders[:depth])) for depth in range(2, len(folders) + 1))


def misspelt(kinds: Kinds, path: str) -> str:
    """The state file that `path`, which is none, may have been meant to be: `wallet/utxo.json`; else ""."""
    folders, tail = path.split("/")[:-2], "/".join(path.split("/")[-2:])
    if ".js" not in tail or "/" not in tail or kinds.for_path(path):
        return ""
    near = [one for one in kinds.paths() if abs(len(one) - len(tail)) <= _OTHER and len({*one} ^ {*tail}) <= 2 * _OTHER]
    if not near:  # as of most of ten thousand files
        return ""
    from difflib import get_close_matches

    close = get_close_matches(tail, near, n=1, cutoff=_ALIKE)
    return "/".join([*folders, *close]) if close else ""


def shadows(meant: str) -> str:
    """What to say of a name that stands for another one elsewhere."""
    return f"other file systems, and people, take this for {meant}; name it so, or otherwise"


def guarded_by_nobody(meant: str) -> str:
    """What to say of a misspelt one."""
    return f"no state file, and nobody guards it, though its name is almost {meant}; rename it if it is meant to be one"
