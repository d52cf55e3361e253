"""Joins that somebody else made, judged by making them again.

A join depends on its parents alone, so a commit that says it is one either is the same, byte for byte, and declares
every coin that it leaves contested, or is judged like any other merge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError
from gitbtc.join.joining import Joining
from gitbtc.repo.reading import objects_of
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.message import trailers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitbtc.repo.git import Entry, Git
    from gitbtc.repo.stored import Commit


class Rejoined:
    """A commit that says it is a join. `fault`: why it is none, "" when it is; `contested`: the outpoints that it
    leaves contested, and says so.
    """

    def __init__(self, git: Git, commit: Commit, files: Mapping[str, Entry]) -> None:
        self.contested: frozenset[str] = frozenset()
        try:
            self.fault = self._compared(git, commit, files)
        except GitbtcError as error:
            self.fault = f"its parents cannot be joined: {error}"

    def _compared(self, git: Git, commit: Commit, files: Mapping[str, Entry]) -> str:
        joining = Joining(objects_of(git), git, {oid: oid for oid in commit.parents})
        if joining.present() is not None:
            return "one of its parents is the join already"
        joining.read()
        expected, joined = joining.again(commit.tree)
        if expected != dict(files):
            differing = sorted({path for path, _ in expected.items() ^ dict(files).items()})
            return f"it is not the join of its parents: {', '.join(differing[:3])} is otherwise"
        silent = sorted(set(joined.trailers()) - {f"{token}: {value}" for token, value in trailers(commit.message)})
        if silent:
            return f"it does not declare what it leaves contested or settles; its message lacks: {silent[0]}"
        self.contested = frozenset(outpoint_text(one.outpoint) for one in joined.contested)
        return ""
