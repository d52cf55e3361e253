"""A join shared out: which heads go together, and what a share has read that nobody need read again.

Heads are joined in shares, and the partial joins of the shares like heads: a join does not depend on how its heads are
grouped. A partial join is taken apart again into the commits that it joined, so that by itself it saves no work; what
its share has read of their files does, wherever it was compared with the same version of the file.
"""

from __future__ import annotations

from hashlib import sha256

from gitbtc.join.differences import MANY, Differences, as_stored
from gitbtc.join.history import CommitGraph
from gitbtc.join.joining import MOST_PARENTS, Joining
from gitbtc.kinds.registry import BUILT_IN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeVar

    from gitbtc.join.atoms import Token
    from gitbtc.join.differences import Difference, File
    from gitbtc.join.history import Read
    from gitbtc.repo.git import Git
    from gitbtc.repo.objects import Objects

    Anchor = tuple[str, bytes]  # the path of a file; the fingerprint of what its versions are compared with
    Bring = Callable[[Sequence[str]], None]  # has files come here, by their oids
    Part = TypeVar("Part")

# Shares a worker: some are quicker than others, and one whose worker dies is done again from its start.
_SHARES = 4
# Partial joins that are joined at a time; more are joined in groups first.
MOST_PARTS = 100


def shares(heads: Mapping[str, str], workers: int) -> list[dict[str, str]]:
    """`heads` (ref -> oid) in shares of neighbours: some a worker, none with more heads than a commit has parents."""
    size = max(1, min(MOST_PARENTS, -(-len(heads) // (workers * _SHARES))))
    return [dict(share) for share in groups(sorted(heads.items()), size)]


def groups(parts: Sequence[Part], most: int) -> list[Sequence[Part]]:
    """The parts, in their order, in groups of at most so many."""
    return [parts[at : at + most] for at in range(0, len(parts), most)]


def shared_base(commits: Iterable[Read], heads: Sequence[str]) -> Token | None:
    """The token of the newest commit that `heads` have in common; None when there is none.

    Of shares that all have one head in common, the oldest answer is what all the heads have in common: each answer lies
    on every way from that head to the first commits, and there the dates tell which comes first.
    """
    history = CommitGraph(commits)
    base = history.common(history.frontier(heads))
    return history.nodes[base].token if base else None


class Comparisons:
    """What was read of the files of some shares: it can be taken elsewhere. `parts`: what others have read."""

    def __init__(self, parts: Iterable[Comparisons] = ()) -> None:
        self._read: dict[Anchor, dict[str, Difference]] = {}  # -> oid of a version -> how it differs
        for part in parts:
            for anchor, found in part._read.items():  # noqa: SLF001 - of the same class
                self._read.setdefault(anchor, {}).update(found)

    def differences(
        self, git: Git, schemas: Mapping[str, bytes], anchors: Mapping[str, bytes], files: Sequence[File], bring: Bring
    ) -> Differences:
        """The differences of `files`, of which those are read that nobody has read yet, and brought here by `bring`."""
        found = Differences(schemas, anchors)
        known = {path: self._of(schemas, path, content) for path, content in anchors.items()}
        found.take((file, known[file[0]][file[1]]) for file in files if file[1] in known[file[0]])
        unread = [file for file in files if file not in found]
        bring([oid for _, oid in unread])
        with git.blobs() as reader:
            found.read(reader, as_stored(git, unread) if len(unread) > MANY else unread)
        for path, oid in unread:
            known[path][oid] = found[path, oid]
        return found

    def _of(self, schemas: Mapping[str, bytes], path: str, content: bytes) -> dict[str, Difference]:
        return self._read.setdefault((path, _fingerprint(schemas, path, content)), {})


def _fingerprint(schemas: Mapping[str, bytes], path: str, content: bytes) -> bytes:
    """Of what a difference depends on beside the version itself: the anchor, and for an added kind the schemas."""
    is_built_in = "/".join(path.rsplit("/", 2)[-2:]) in BUILT_IN
    return sha256(repr(() if is_built_in else sorted(schemas.items())).encode() + b"\0" + content).digest()


class ShareJoining(Joining):
    """A join that reads nothing again that `comparisons` has, and adds what it reads.

    `within`: a commit that the heads are to be compared with where they all come from it, though they may have a newer
    one in common.
    """

    def __init__(
        self, objects: Objects, git: Git, names: Mapping[str, str], comparisons: Comparisons, within: str | None = None
    ) -> None:
        super().__init__(objects, git, names)
        self._comparisons = comparisons
        self._within = [within] if within in self.history.nodes and within else []

    def _base(self) -> str | None:
        return self.history.common([*self._frontier, *self._within])

    def _read_all(self, anchors: Mapping[str, bytes], files: Sequence[File]) -> Differences:
        return self._comparisons.differences(self._git, self._schemas, anchors, files, self._bring)

    def _expect(self, oids: Sequence[str]) -> None:
        self._bring(oids)

    def _bring(self, oids: Sequence[str]) -> None:
        if self._objects.bring is not None:
            self._objects.bring(oids)
