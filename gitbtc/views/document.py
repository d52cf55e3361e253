"""Changed state files as a JSON document, `gitbtc.diff/v1`."""

from __future__ import annotations

from gitbtc.diff.operations import PATCH, REPLACE
from gitbtc.diff.reading import ROOT
from gitbtc.views.tally import Tally

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from gitbtc.diff.patch import Patch
    from gitbtc.kinds.kind import Kind


def patch(told: Patch) -> dict[str, Any]:
    """A file's operations as one: `child_ops`, their `summary` with the gain in sat (null when unknown), and the file's
    `mode` (null where there is no file). It holds all that replaying it takes.
    """
    kind = told.kind
    tally = Tally(kind, told.operations)
    summary: dict[str, Any] = {"inserted": tally.came, "deleted": tally.went, "changed": tally.changed}
    if kind.balance:
        summary["balance_sat"] = tally.balance
    return {
        "op": PATCH,
        "address": told.path,
        "kind": kind.name,
        "notes": told.notes,
        "mode": {"old": told.old_mode, "new": told.new_mode},
        "summary": summary,
        "child_ops": [operation.document() for operation in told.operations],
    }


def unreadable(kind: Kind, path: str, fault: str, notes: Sequence[str] = ()) -> dict[str, Any]:
    """A file that changed but of which one version does not parse: only that it was replaced is known."""
    return {"op": REPLACE, "address": path, "kind": kind.name, "notes": list(notes), "fault": fault}


def document(files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The document of all changed files."""
    return {ROOT: {"operations": list(files)}}
