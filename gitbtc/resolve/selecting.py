"""Which of the open conflicts a person means: by address, coin, transaction, file, folder or pattern.

A name is read in that order, and the first reading that fits an open conflict counts. Paths and patterns are seen from
the folder where the command runs, as Git's are; an address is also taken as screens show it, from the top.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

from gitbtc.errors import UsageError, printable
from gitbtc.spends.naming import name_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitbtc.resolve.open_conflicts import Open
    from gitbtc.spends.naming import Name

NOBODY = "none"
_WILDCARDS = frozenset("*?[")


class Selection:
    """The conflicts `found`, as they are called in `folder`: its path from `top`, the work tree's root, or `""`."""

    def __init__(self, found: Iterable[Open], folder: str, top: str) -> None:
        self._found = list(found)
        self._folder = folder
        self._top = top

    def each(self, names: Sequence[str]) -> list[Open]:
        """The conflicts called `names`, each once; UsageError when one of the names means none."""
        chosen: dict[Open, None] = {}
        for name in names:
            meant = self.called(name)
            if not meant:
                raise UsageError(f"{name}: no such conflict is open; `gitbtc conflicts` lists those that are")
            _refuse_to_drop(one for one in meant if one.path not in self._places(name))
            chosen |= dict.fromkeys(meant)
        return list(chosen)

    def all(self) -> list[Open]:
        """Every conflict; UsageError when none is open."""
        if not self._found:
            raise UsageError("--all: no conflict is open")
        _refuse_to_drop(self._found)
        return self._found

    def called(self, name: str) -> list[Open]:
        """The conflicts that `name` means; UsageError for a name that may mean two different records."""
        for reading in (self._addressed, self._on_subject, self._in_path, self._on_subject_in_path, self._alike):
            meant = reading(name)
            if meant:
                return meant
        return []

    def _addressed(self, name: str) -> list[Open]:
        """An address as it is, or as a screen shows it: without what a terminal would obey or hide."""
        exactly = [open_ for open_ in self._found if open_.address == name]
        shown = [open_ for open_ in self._found if printable(open_.address) == name]
        if not exactly and len(shown) > 1:
            raise UsageError(
                f"{name}: {len(shown)} conflicts look like this; name them by a pattern, or settle by hand"
            )
        return exactly or shown

    def _on_subject(self, text: str) -> list[Open]:
        name = name_in(text)
        return [] if name is None else _about(name, self._found)

    def _on_subject_in_path(self, text: str) -> list[Open]:
        """`wallet/utxos.json::6d0cc27c:0`."""
        path, _, called = text.partition("::")
        name = name_in(called)
        return [] if name is None else _about(name, [one for one in self._found if one.path in self._places(path)])

    def _in_path(self, name: str) -> list[Open]:
        """Every conflict in a file, or in the files below a folder."""
        place = self._from_top(name)
        return [
            one
            for one in self._found
            if place in ("", one.path, one.file) or one.path.startswith(f"{place}/") or one.file.startswith(f"{place}/")
        ]

    def _alike(self, name: str) -> list[Open]:
        """Those whose address, or path, the pattern `name` matches; a path without wildcards as screens show it too."""
        path, _, identity = name.partition("::")
        if _WILDCARDS & set(path):
            patterns = [self._from_top(name)]
        else:
            patterns = list(self._places(name)) if _WILDCARDS & set(identity) else []
        matched = ([one for one in self._found if _matches(one, pattern)] for pattern in patterns)
        return next((meant for meant in matched if meant), [])

    def _places(self, name: str) -> Iterator[str]:
        """Where `name` may lie, from the top: seen from the folder, then as screens show it."""
        yield self._from_top(name)
        yield name

    def _from_top(self, name: str) -> str:
        """The path from the top of what is called `name` in the folder; `""` for the top, `..` and more for outside."""
        if not name:
            return ".."
        if os.path.isabs(name):
            path = os.path.relpath(os.path.realpath(name), os.path.realpath(self._top))
        else:
            path = os.path.normpath(os.path.join(self._folder, name))
        return "" if path == "." else path.replace(os.sep, "/")


def _refuse_to_drop(unnamed: Iterable[Open]) -> None:
    """Of a file that Git merged as text, a side is only taken by its name: that drops what the other side has in it."""
    for open_ in unnamed:
        if open_.is_text:
            raise UsageError(
                f"{open_.path}: merged as text, so that taking a side drops all that the other changed in the file; "
                "settle it by hand, or by the file's own name to take it whole"
            )


def side_of(open_: Open, winner: str) -> str:
    """The side of a contested spend whose transaction is called `winner`; `none`: that of the base, no spender wins.
    UsageError when neither is.
    """
    spend = open_.conflict.spend or {}
    sides = {str(spend[f"{side}_txid"]): side for side in ("ours", "theirs") if spend.get(f"{side}_txid")}
    if not sides:
        raise UsageError(f"{printable(open_.address)}: no transaction is contested; take a side")
    if winner == NOBODY:
        return "base"
    name = name_in(winner)
    meant = name.meant((txid,) for txid in sides) if name else []
    if not meant:
        raise UsageError(f"{printable(open_.address)}: --winner is one of {', '.join([*sides, NOBODY])}")
    return sides[meant[0][0]]


def _matches(open_: Open, pattern: str) -> bool:
    return fnmatchcase(open_.address, pattern) or fnmatchcase(open_.path, pattern)


def _about(name: Name, found: list[Open]) -> list[Open]:
    """The conflicts about one coin, in whichever root lists it; of a txid alone those on records of the transaction,
    or, when there are none, on the coins that it made.
    """
    subjects = {open_: open_.subject for open_ in found if open_.subject is not None}
    meant = name.meant(subjects.values())
    fewest = min(map(len, meant), default=0)
    return [open_ for open_, subject in subjects.items() if subject in meant and len(subject) == fewest]
