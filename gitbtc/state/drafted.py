"""The state files that a merge of two states makes record by record, before anybody looked across files."""

from __future__ import annotations

from gitbtc.kinds.codec import Malformed
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style
from gitbtc.spends import EVIDENCE
from gitbtc.state.snapshot import Snapshot, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitbtc.kinds.registry import Kinds


def drafted(  # noqa: PLR0913, PLR0917 - three sides, and where
    base: Snapshot, ours: Snapshot, theirs: Snapshot, kinds: Kinds, known: Mapping[str, bytes], root: str
) -> Snapshot:
    """Ours, with the files of `root` that tell of coins merged, of which the `known` ones are merged already; what is
    contested takes the value of the base.
    """
    merged: dict[str, bytes] = {**known}
    for path in (path_in(root, name) for name in EVIDENCE):
        kind = kinds.for_path(path)
        if kind is None or path in known or theirs.oid(path) in (base.oid(path), ours.oid(path)):
            continue
        try:
            before, one, other = (side.content(path) for side in (base, ours, theirs))
            alone = ours.oid(path) == base.oid(path)
            options = Options(Style, into_ours=True, virtual=True)
            merged[path] = other if alone else merge_files(kind, before, one, other, options).content
        except Malformed:
            continue  # which the hook says
    return ours.overlaid(merged)
