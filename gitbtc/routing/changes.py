"""Which commit changed a policy last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.repo.reading import objects_of
from gitbtc.spends import ROUTING
from gitbtc.state.snapshot import path_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitbtc.repo.git import BlobReader, Git
    from gitbtc.repo.objects import LoggedCommit


def last_changes(
    git: Git, blobs: BlobReader, head: str, root: str, channels: Collection[str]
) -> dict[str, LoggedCommit]:
    """channel_id -> the last commit up to `head` that gave the channel's policy in `root` the form that no parent of it
    has; channels whose policy no commit has are left out. A file that does not parse says nothing.
    """
    path, left = path_in(root, ROUTING), set(channels)
    found: dict[str, LoggedCommit] = {}
    objects = objects_of(git)
    for oid, parents in reversed(git.commits_on(path, head)):
        if not left:
            break
        after = _policies(git, blobs, oid, path)
        before = [_policies(git, blobs, parent, path) for parent in parents]
        changed = {name for name in left & after.keys() if all(one.get(name) != after[name] for one in before)}
        if changed:
            commit = next(objects.history(oid))
            found |= dict.fromkeys(changed, commit)
            left -= changed
    return found


def _policies(git: Git, blobs: BlobReader, oid: str, path: str) -> dict[str, bytes]:
    entry = git.tree_entries(oid, path).get(path)
    try:
        lines = codec.keyed(built_in(ROUTING), blobs.read(entry[1])) if entry else {}
    except codec.Malformed:
        return {}
    return {str(key[0]): line for key, line in lines.items()}
