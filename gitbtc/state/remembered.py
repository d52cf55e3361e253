"""Coins that no view lists any more, as the last commit before the views that listed them had them."""

from __future__ import annotations

from gitbtc.spends import COINS
from gitbtc.spends.listing import Coins
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitbtc.kinds.kind import Record
    from gitbtc.repo.git import Git
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.outcome import Remembered
    from gitbtc.state.snapshot import Snapshot


def remembered_by(
    git: Git | None, revisions: Sequence[str], snapshot_of: Callable[[str], Snapshot]
) -> Callable[[str], Remembered]:
    """root -> how a coin is looked up in the commits before `revisions`; without a repository nothing is known."""

    def of_root(root: str) -> Remembered:
        path = path_in(root, COINS)

        def remembered(outpoint: Outpoint) -> Record | None:
            return None if git is None else last_listed(git, revisions, snapshot_of, path, outpoint)

        return remembered

    return of_root


def last_listed(
    git: Git, revisions: Sequence[str], snapshot_of: Callable[[str], Snapshot], path: str, outpoint: Outpoint
) -> Record | None:
    """A coin as the last commit before `revisions` that listed it in the file `path` had it."""
    ends_in = f'{outpoint[0]}","vout":{outpoint[1]}}}'
    places = (path, path.rpartition(".")[0])  # the file, and the folder of its shards
    before = (snapshot_of(oid) for oid in git.last_with(ends_in, places, revisions))
    return next((coin for one in before if (coin := Coins(one.content(path)).get(outpoint))), None)
