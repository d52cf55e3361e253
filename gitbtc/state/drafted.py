"""The state files that a merge of two states makes record by record, before anybody looked across files."""

from __future__ import annotations

from gitbtc.kinds.codec import Malformed
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style
from gitbtc.spends import EVIDENCE
from gitbtc.state.snapshot import Snapshot, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.registry import Kinds


def drafted(base: Snapshot, ours: Snapshot, theirs: Snapshot, kinds: Kinds, root: str) -> Snapshot:
    """The files of `root` that tell of coins, merged; what is contested takes the value of the base."""
    merged: dict[str, bytes] = {}
    for name in EVIDENCE:
        path = path_in(root, name)
        kind = kinds.for_path(path)
        if kind is None or theirs.oid(path) in (base.oid(path), ours.oid(path)):
            continue
        before, one, other = (side.content(path) for side in (base, ours, theirs))
        try:
            alone = ours.oid(path) == base.oid(path)
            options = Options(Style, into_ours=True, virtual=True)
            merged[path] = other if alone else merge_files(kind, before, one, other, options).content
        except Malformed:
            continue  # which the hook says
    return ours.overlaid(merged)
