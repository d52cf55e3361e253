"""A state kept for others to be read through, whatever its size is and whatever rule it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

from gitbtc.repo.reading import objects_of
from gitbtc.state import checkpoint
from gitbtc.state.checkpoint import Checkpoints
from gitbtc.state.snapshot import installed_kinds, of_revision

if TYPE_CHECKING:
    from gitbtc.repo.git import Git


def keep(git: Git, commit: str) -> None:
    """Keep what a commit says of the top folder's root."""
    checkpoints = Checkpoints(git)
    snapshot = of_revision(git, commit, objects_of(git).blob, installed_kinds(git), checkpoints)
    with patch.multiple(checkpoint, _LARGE=0, _FAR=-1):
        checkpoints.propose(snapshot, "", lambda _: True)
        checkpoints.settle()
