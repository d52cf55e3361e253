"""Changed state files in one line each, as `gitbtc diff --stat` shows them."""

from __future__ import annotations

from gitbtc.views import terms
from gitbtc.views.tally import Tally
from gitbtc.views.width import columns, padded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.diff.patch import Patch

    Counted = tuple[str, str, int]  # path, what happened to its records, how many they are


def counted(patch: Patch, notes: Sequence[str] = ()) -> Counted:
    """What the line of one file says; `notes` are what else happened to it."""
    tally = Tally(patch.kind, patch.operations)
    words = [tally.counts(), tally.gain()] if patch.operations else ["no record changed"]
    return patch.path, "; ".join(text for text in (*notes, *patch.notes, *words) if text), len(patch.operations)


def render(files: Sequence[Counted]) -> Iterator[str]:
    """A line a file, and one with the totals; no line when there is no file."""
    paths = [terms.escaped(path) for path, _, _ in files]
    width = max(map(columns, paths), default=0)
    for path, (_, words, _) in zip(paths, files, strict=True):
        yield f" {padded(path, width)} | {words}"
    if files:
        records = terms.counted(sum(number for _, _, number in files), ("record", "records"))
        yield f" {terms.counted(len(files), ('file', 'files'))}, {records} changed"
