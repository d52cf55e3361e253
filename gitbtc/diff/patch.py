"""What happened to whole state files, replayed: on the files of another repository, or backwards.

A change fits where every record that it removes or changes is as the change says it was, field by field, and no record
that it adds is there. Other records do not matter, and other fields of a changed record do not either.
"""

from __future__ import annotations

from gitbtc.diff.operations import apply, concatenated
from gitbtc.errors import GitbtcError
from gitbtc.kinds import codec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gitbtc.diff.operations import Operation
    from gitbtc.kinds.kind import Kind

    # Answers with the bytes of the file at a path, None when there is none.
    ReadFile = Callable[[str], bytes | None]

FILE, EXECUTABLE = "100644", "100755"
MODES = (FILE, EXECUTABLE)


class Patch:
    """What happened to the state file at `path` (with `/`): the operations on its records, and the mode that Git has
    for it before and after (of `MODES`; None where the file does not exist).
    """

    __slots__ = ("kind", "new_mode", "old_mode", "operations", "path")

    def __init__(
        self,
        kind: Kind,
        path: str,
        operations: Sequence[Operation],
        old_mode: str | None = FILE,
        new_mode: str | None = FILE,
    ) -> None:
        self.kind = kind
        self.path = path
        self.operations = list(operations)
        self.old_mode = old_mode
        self.new_mode = new_mode

    @property
    def notes(self) -> list[str]:
        """What happened to the file besides its records."""
        if self.old_mode is None or self.new_mode is None:
            return ["new file" if self.old_mode is None else "deleted file"]
        return [f"mode {self.old_mode} → {self.new_mode}"] if self.old_mode != self.new_mode else []

    def inverse(self) -> Patch:
        """What undoes it."""
        undone = [operation.inverse() for operation in reversed(self.operations)]
        return Patch(self.kind, self.path, undone, self.new_mode, self.old_mode)

    def then(self, later: Patch) -> Patch:
        """The patch and `later`, of the same file, as one. GitbtcError where `later` begins with something else."""
        if later.path != self.path or (later.old_mode is None) != (self.new_mode is None):
            raise GitbtcError(f"{later.path}: the second change does not begin with the file that the first one leaves")
        operations = concatenated(self.operations, later.operations)
        return Patch(self.kind, self.path, operations, self.old_mode, later.new_mode)

    def applied(self, content: bytes | None) -> bytes | None:
        """The canonical file that the patch makes of `content`; None for no file. A missing file has no records.

        Raises GitbtcError when the patch does not fit, or `content` does not parse.
        """
        if content is None and self.old_mode is not None and not self.operations:
            raise GitbtcError(f"{self.path}: the change is one of a file that is not there")
        made = self._made(content, self.operations)
        if self.new_mode is not None:
            return made
        if made != codec.canonical(self.kind, b""):
            raise GitbtcError(f"{self.path}: the change deletes the file, which holds records that it does not know")
        return None

    def _made(self, content: bytes | None, operations: Iterable[Operation]) -> bytes:
        try:
            return apply(self.kind, content or b"", operations)
        except codec.Malformed as error:
            raise GitbtcError(f"{self.path}: {error}; mend the file first") from None

    def is_there(self, content: bytes | None) -> bool:
        """Whether `content` is what the patch leads to: what undoes it would fit."""
        if (content is None) != (self.new_mode is None):
            return False
        try:
            self._made(content, self.inverse().operations)
        except GitbtcError:
            return False
        return True

    @property
    def leaves_a_trace(self) -> bool:
        """Whether one can see that it was applied; a removed record might never have been there."""
        return any(operation.new is not None for operation in self.operations)


def inverse(patches: Iterable[Patch]) -> list[Patch]:
    """What undoes `patches`, each of a file of its own."""
    return [patch.inverse() for patch in patches]


def chained(first: Iterable[Patch], second: Iterable[Patch]) -> list[Patch]:
    """What `first` and then `second` do, in one patch a file, by path. GitbtcError where they do not meet."""
    together = {patch.path: patch for patch in first}
    for patch in second:
        earlier = together.get(patch.path)
        together[patch.path] = earlier.then(patch) if earlier else patch
    return [patch for _, patch in sorted(together.items()) if not _is_nothing(patch)]


def _is_nothing(patch: Patch) -> bool:
    return not patch.operations and patch.old_mode == patch.new_mode


def replay(patches: Sequence[Patch], read: ReadFile) -> dict[str, bytes | None]:
    """path -> content (None: no file) of every file that `patches`, each of a file of its own, change.

    All of them fit, or none is taken: GitbtcError then. Where everything that they do is there already, and at least
    one record shows it, nothing changes and the answer is empty.
    """
    before = {patch.path: read(patch.path) for patch in patches}
    try:
        after = {patch.path: patch.applied(before[patch.path]) for patch in patches}
    except GitbtcError:
        if _are_there(patches, before):
            return {}
        raise
    return {path: content for path, content in after.items() if content != before[path]}


def _are_there(patches: Sequence[Patch], files: dict[str, bytes | None]) -> bool:
    shown = any(patch.leaves_a_trace for patch in patches)
    return shown and all(patch.is_there(files[patch.path]) for patch in patches)
