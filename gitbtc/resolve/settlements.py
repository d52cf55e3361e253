"""What `gitbtc resolve` settled in the merge in progress: kept until the commit, then written as its trailers.

One JSON file in the git directory of the work tree. It names the commits of the merge, so that a settlement is never
taken for that of another merge.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

FILE = "settled.json"
_ROOT_KEY = "gitbtc.settled/v1"


class Settlements:
    """The settlements of one merge, by root and subject (an outpoint, or the address of a record)."""

    def __init__(self, folder: str, heads: Iterable[str]) -> None:
        """`folder`: gitbtc's in the git directory; `heads`: what tells the merge from others, its sides' oids first."""
        self._path = os.path.join(folder, FILE)
        self._heads = list(heads)
        self.trailers: dict[str, str] = {}
        kept = _kept(self._path)
        if kept.get("heads") == self._heads:
            self.trailers = dict(kept["trailers"])

    def __contains__(self, subject: object) -> bool:
        return subject in self.trailers

    def line(self, subject: str) -> str | None:
        """The trailer that settles it; None when it is open."""
        return self.trailers.get(subject)

    def add(self, subject: str, trailer: str) -> None:
        """Remember that `subject` is settled; `trailer` is the line that the commit will carry."""
        self.trailers[subject] = trailer

    def save(self) -> None:
        """Write the file in one step."""
        from gitbtc.repo.files import write

        document = {_ROOT_KEY: {"heads": self._heads, "trailers": self.trailers}}
        write(self._path, json.dumps(document, indent=1, sort_keys=True).encode() + b"\n")


def kept_for(folder: str) -> list[str]:
    """What tells the merge whose settlements `folder` keeps, as `Settlements` was given it; nothing without any."""
    return list(_kept(os.path.join(folder, FILE)).get("heads", ()))


def _kept(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            kept: dict[str, Any] = json.load(file)[_ROOT_KEY]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return kept
