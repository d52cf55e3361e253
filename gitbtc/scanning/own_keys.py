"""What the repository says publicly of its own keys, read from its state files where a scan asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError
from gitbtc.keys.own import public_texts
from gitbtc.kinds.registry import Kinds
from gitbtc.state.snapshot import installed_kinds, of_revision, of_work_tree

if TYPE_CHECKING:
    from gitbtc.repo.git import BlobReader, Git
    from gitbtc.state.snapshot import Snapshot


class OwnKeys:
    """Addresses and public keys of the state files in the work tree, or of HEAD's in a bare repository.

    Called as `gitbtc.keys.scan.scan` wants it. `was_asked`: what was scanned since that was last set to False may hold
    a key of the repository, and whether it does is decided by today's state files.
    """

    def __init__(self, git: Git, blobs: BlobReader) -> None:
        self._git = git
        self._blobs = blobs
        self._texts: frozenset[bytes] | None = None
        self.was_asked = False

    def __call__(self) -> frozenset[bytes]:
        """The texts, read at the first call."""
        self.was_asked = True
        if self._texts is None:
            state = self._state()
            self._texts = public_texts(map(state.file, state.state_files()))
        return self._texts

    def _state(self) -> Snapshot:
        kinds = self._kinds()
        if self._git.is_bare():
            return of_revision(self._git, self._git.find("HEAD"), self._blobs.read, kinds)
        return of_work_tree(self._git.at_top(), kinds)

    def _kinds(self) -> Kinds:
        try:
            return installed_kinds(self._git)
        except GitbtcError:  # a broken schema: the built-in kinds hold the coins
            return Kinds()
