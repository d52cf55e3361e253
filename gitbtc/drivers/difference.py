"""What of a file the clean filter has to look at: all of it, or only what a version lacks that was looked at already.

Git has a file filtered for every `git add`, `git diff`, `git stash` and often again for `git commit`, each time all of
it. One that came through before passes by its name and its oid; of a state file whose version in the index is vetted,
what is new is looked at, and the rest compared. Whatever is found then, and whatever is not canonical, the filter
judges as if nothing was known.
"""

from __future__ import annotations

import os
from functools import cached_property

from gitbtc.judge.vetted import Vetted, unseen
from gitbtc.repo.places import common_folder, oid_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from gitbtc.kinds.kind import Kind

_WORTH = 1 << 14  # bytes; a smaller file is looked at sooner than its other version is fetched


class Difference:
    """The file `content` of `kind` (None: no state file), which is to be stored as `path`."""

    def __init__(self, kept: Kept, kind: Kind | None, path: str, content: bytes) -> None:
        self.kept = kept
        self._kind = kind
        self._path = path
        self._content = content

    def passes(self) -> bool:
        """Whether the file is canonical and holds no key, told by what was looked at before: False says nothing."""
        if self._is_vetted(self._oid):
            return True
        staged = self.staged
        passes = staged is not None and self._is_vetted(staged[0]) and self._adds_nothing(staged[1], self._content)
        if passes:
            self._add(self._oid)
        return passes

    def vet(self) -> None:
        """Remember the file, which is canonical and in which nothing was found; and the staged one, if that is so of
        what it has more: a checkout brings files that nobody has looked at here.
        """
        from gitbtc.keys.scan import may_hold_own

        if may_hold_own(self._content):
            return  # whether that is a key depends on what the repository holds elsewhere
        self._add(self._oid)
        staged = self.staged
        if staged is not None and not self._is_vetted(staged[0]) and self._adds_nothing(self._content, staged[1]):
            self._add(staged[0])

    def _is_vetted(self, oid: str) -> bool:
        return self.kept.vetted.holds(self._path, oid, self._kind)

    def _add(self, oid: str) -> None:
        self.kept.vetted.add(self._path, oid, self._kind)

    @cached_property
    def _oid(self) -> str:
        from gitbtc.repo.loose import blob_id

        return blob_id(self._content, self.kept.digits)

    @cached_property
    def staged(self) -> tuple[str, bytes] | None:
        """The oid and the bytes of the file in the index; None where it is not there, or is not worth fetching."""
        if self._kind is None or not self._kind.is_array or len(self._content) < _WORTH:
            return None
        from gitbtc.errors import GitbtcError
        from gitbtc.repo.git import Git

        try:
            with Git().without_fetching().blobs() as blobs:
                return blobs.staged(self._path)
        except GitbtcError:
            return None

    def _adds_nothing(self, vetted: bytes, other: bytes) -> bool:
        """Whether `other` is canonical, and holds no key where it is otherwise than a vetted version."""
        from gitbtc.keys.scan import holds_a_part_of_a_phrase, may_hold_own, scan
        from gitbtc.kinds.damage import damage
        from gitbtc.kinds.delta import NotCanonical, walk

        kind = self._kind
        if kind is None or damage(kind, other):
            return False
        try:
            new = unseen(kind, walk(kind, vetted, other), other)
        except NotCanonical:
            return False
        return not (may_hold_own(new) or holds_a_part_of_a_phrase(new) or scan(new, self._path))


class Kept:
    """What is vetted in the repository whose common Git folder is `common`."""

    def __init__(self, common: str) -> None:
        self.vetted = Vetted(os.path.join(common, "gitbtc"))
        self.digits = oid_digits(common)

    @classmethod
    def here(cls) -> Iterator[Self]:
        """That of the repository whose work tree's root is the current folder; none where nobody can say."""
        common = common_folder()
        if common:
            yield cls(common)
