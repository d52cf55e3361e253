"""Common ancestors of many branches off one commit, without a walk through the history for every two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.errors import CannotWork

if TYPE_CHECKING:
    from gitbtc.repo.objects import Objects


class Ancestry:
    """The best common ancestors of commits, given by oid, most of which left the history of `onto` a while ago."""

    def __init__(self, objects: Objects, onto: str) -> None:
        self._objects = objects
        self._onto = onto
        self._known: dict[tuple[str, str], list[str]] = {}
        self._own: dict[str, set[str]] = {}

    def bases(self, one: str, other: str) -> list[str]:
        """All best common ancestors of two commits; none for unrelated histories. CannotWork where a shallow clone ends
        before one: Git refuses to merge there.
        """
        if one == other:
            return [one]
        pair = (one, other) if one < other else (other, one)
        if pair not in self._known:
            self._known[pair] = self._found(*pair)
            if not self._known[pair] and self._objects.is_shallow:
                raise CannotWork(
                    f"{one[:12]} and {other[:12]} have no common ancestor in what this shallow clone holds; `git fetch "
                    "--unshallow` brings the history"
                )
        return self._known[pair]

    def _found(self, one: str, other: str) -> list[str]:
        if self._onto not in (one, other) and self._own_commits(one).isdisjoint(self._own_commits(other)):
            # What they share, they share with onto; so the answer lies among what each of them shares with it.
            here, there = self.bases(self._onto, one), self.bases(self._onto, other)
            if here == there or not (here and there):
                return here if here == there else []
            if len(here) == len(there) == 1 and (one, other) != (*here, *there):
                return self.bases(*here, *there)
        return self._objects.merge_bases(one, other)

    def _own_commits(self, oid: str) -> set[str]:
        if oid not in self._own:
            self._own[oid] = set(self._objects.beyond(oid, self._onto))
        return self._own[oid]
