"""How far a root is from what a source tells, in words and as a document."""

from __future__ import annotations

from gitbtc.diff.reading import ROOT
from gitbtc.kinds.registry import built_in
from gitbtc.views import document, terms, text
from gitbtc.views.beside import Spenders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gitbtc.diff.source_drift import SourceDrift
    from gitbtc.kinds.kind import Record


def lines(name: str, drift: SourceDrift, now: int, look: text.Look = text.PLAIN) -> Iterator[str]:
    """The lines for the source `name`, without line ends: both blocks and their age at `now` (Unix seconds), each
    record that differs, and what was ignored.
    """
    beside = Spenders(drift.spenders)
    here = _block(drift.here, now) if drift.here else "nothing yet"
    yield f"{terms.escaped(name)}: {_block(drift.there, now)}; here: {here}"
    for patch in drift.patches:
        yield from text.render(patch.kind, patch.path, patch.operations, notes=patch.notes, beside=beside, look=look)
    if not drift.patches:
        yield "nothing has drifted"
    if drift.ignored:
        yield "ignored as volatile: " + ", ".join(_noise(*key, count) for key, count in sorted(drift.ignored.items()))


def of_source(name: str, drift: SourceDrift) -> dict[str, Any]:
    """The document gitbtc.diff/v1 of what leads from here to the source, with `source`, `as_of` (the two blocks, as
    records of chain.json) and what was `ignored`.
    """
    told = document.document([document.patch(patch) for patch in drift.patches])
    told[ROOT] |= {
        "source": name,
        "as_of": {"here": drift.here, "source": drift.there},
        "ignored": [
            {"kind": kind, "field": field or None, "count": count}
            for (kind, field), count in sorted(drift.ignored.items())
        ],
    }
    return told


def _block(chain: Record, now: int) -> str:
    return f"block {chain['block_height']} ({terms.utc(chain['block_time'])}, {terms.ago(now - chain['block_time'])})"


def _noise(kind: str, field: str, count: int) -> str:
    one, many = built_in(kind).noun
    return f"{count} {one if count == 1 else many}: {field}" if field else f"{count} new {one if count == 1 else many}"
