"""What a worker does for a join: in a bare repository of its own, which keeps what was fetched from task to task.

Each task can be done again, by any worker: it depends on its arguments alone, and pushing what is there already changes
nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gitbtc import __version__
from gitbtc.distributed.remote import PREFIX, JoinRemote
from gitbtc.errors import CannotWork
from gitbtc.join.joining import MOST_PARENTS
from gitbtc.join.shares import Comparisons, ShareJoining, shared_base
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitbtc.join.atoms import Token
    from gitbtc.join.joining import JoinCommit
    from gitbtc.repo.objects import Objects


_WHOLE = "whole"


class Run:
    """One run of a distributed join: its name, the address of the remote, and the version of gitbtc that plans it."""

    __slots__ = ("name", "url", "version")

    def __init__(self, name: str, url: str, version: str = __version__) -> None:
        self.name = name
        self.url = url
        self.version = version

    @property
    def prefix(self) -> str:
        """What the names of its refs begin with."""
        return f"{PREFIX}{self.name}/"


class PartialJoin:
    """A partial join: the ref that it was pushed to, the oid of its commit, and what was read for it."""

    __slots__ = ("comparisons", "oid", "ref")

    def __init__(self, ref: str, oid: str, comparisons: Comparisons) -> None:
        self.ref = ref
        self.oid = oid
        self.comparisons = comparisons


class Whole:
    """The join of all heads. `joined` is None when the head `oid` is it already; `heads`: those that no other contains,
    the oldest first.
    """

    __slots__ = ("heads", "joined", "oid", "ref")

    def __init__(self, ref: str, oid: str, heads: Sequence[str], joined: JoinCommit | None) -> None:
        self.ref = ref
        self.oid = oid
        self.heads = list(heads)
        self.joined = joined


class Bench:
    """A worker's repository in `folder`, which is made when it is not there. A share's files come with its commits, as
    differences from each other; whoever joins shares gets none that they read, where the remote can leave them out.
    """

    def __init__(self, folder: str, run: Run) -> None:
        if run.version != __version__:
            raise CannotWork(f"a worker has gitbtc {__version__}, and the join was planned by {run.version}: "
                             "the same version must be everywhere")  # fmt: skip
        self._run = run
        os.makedirs(folder, exist_ok=True)
        self._git = Git.at(folder)
        # What a worker that was killed here has begun is completed: `git init` can be done again.
        self._git.init_bare()
        self._remote = JoinRemote(self._git, run.url)

    def base(self, heads: Mapping[str, str]) -> Token | None:
        """What `heads` (ref -> oid) have in common, as gitbtc/join/shares.py tells it."""
        objects, heads = self._fetched(heads, files=True)
        return shared_base(objects.ancestry(heads.values()), list(heads.values()))

    def part(
        self, name: str, heads: Mapping[str, str], base: str | None, parts: Sequence[PartialJoin] = ()
    ) -> PartialJoin:
        """The join of `heads` and of `parts`, pushed. `base`: a commit that all heads of the run come from."""
        objects, heads = self._fetched({**heads, **_refs(parts)}, files=not parts)
        comparisons = Comparisons(part.comparisons for part in parts)
        joining = ShareJoining(objects, self._git, heads, comparisons, base)
        oid = joining.present() or _made(joining)[0]
        return PartialJoin(self._pushed(name, oid), oid, comparisons)

    def whole(
        self,
        heads: Mapping[str, str],
        parts: Sequence[PartialJoin],
        tip: str | None,
        message: str,
        most: int = MOST_PARENTS,
    ) -> Whole:
        """The join of all `heads`, pushed; the commit `tip` of them is its first parent. `parts`: partial joins of all
        but the tip, which are its parents where there are more than `most` heads.
        """
        # The parts bring their heads along; what else there is, is fetched after them.
        grouped = self._fetched(_refs(parts), files=False)[1]
        objects, heads = self._fetched(heads, files=not parts)
        comparisons = Comparisons(part.comparisons for part in parts)
        joining = named = ShareJoining(objects, self._git, heads, comparisons)
        if len(named.heads) > most:
            grouped |= {ref: oid for ref, oid in heads.items() if oid == tip}
            joining = ShareJoining(objects, self._git, grouped, comparisons)
        present = named.present(tip)
        if present is not None:
            return Whole(self._pushed(_WHOLE, present), present, named.heads, None)
        # A partial join that is the whole already declares nothing in the caller's name.
        oid, joined = _made(joining if joining.present() is None else named, message, tip)
        return Whole(self._pushed(_WHOLE, oid), oid, named.heads, joined)

    def _fetched(self, refs: Mapping[str, str], *, files: bool) -> tuple[Objects, dict[str, str]]:
        """The objects here, with what `refs` (ref -> oid) reach, and ref -> oid of the commit, whatever leads to it."""
        self._remote.fetch(refs, keep=True, files=files)
        objects = objects_of(self._git)
        objects.bring = self._remote.bring
        return objects, {ref: objects.commit(oid) for ref, oid in refs.items()}

    def _pushed(self, name: str, oid: str) -> str:
        ref = self._run.prefix + name
        self._remote.push(oid, ref)
        return ref


def _refs(parts: Sequence[PartialJoin]) -> dict[str, str]:
    return {part.ref: part.oid for part in parts}


def _made(joining: ShareJoining, message: str = "", tip: str | None = None) -> tuple[str, JoinCommit]:
    joining.read()
    return joining.commit(message, tip)
