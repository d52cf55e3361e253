"""Tests over both layouts. Where one runs over shards, the state files that it writes lie in shards, and what it reads
of one is what its shards make.

A test says nothing of it: it writes and reads `wallet/utxos.json` as ever, through `Repo`. With `pytest --layout
shards` every test runs over shards, but for those marked `one_file`, which look at the file itself. What is marked
`both_layouts` runs over both in every run.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from gitbtc.kinds import layouts
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import Folded, Layout
from gitbtc.kinds.registry import Kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gitbtc.kinds.kind import Kind

WHOLE, SHARDS = "whole", "shards"
ONE_FILE, BOTH = "one_file", "both_layouts"  # marks
KINDS = Kinds()
DIGITS = 1
_now = WHOLE


def choose(layout: str) -> None:
    """Have what is written from now on lie so."""
    global _now  # noqa: PLW0603 - one test at a time runs in a process
    _now = layout


def in_shards() -> bool:
    """Whether what is written now is to lie in shards."""
    return _now == SHARDS


def _kind(path: str) -> Kind | None:
    kind = KINDS.for_path(path)
    return kind if kind is not None and kind.shards and KINDS.whole(path) == path else None


def write(top: Path, path: str, content: bytes) -> list[Path] | None:
    """Write the records at `path` as shards, where they can lie so: the files that were written. What is no state file
    is written whole, and nothing beside it.
    """
    kind = _kind(path) if in_shards() else None
    if kind is None:
        return None
    folder = (top / path).with_suffix("")
    try:
        shards = layouts.divided(kind, Layout(DIGITS if kind.shards == "txid" else 0), content)
    except Malformed:
        if folder.is_dir():
            shutil.rmtree(folder)
        return None
    if not content:
        return None
    made = {top / layouts.shard_path(path, name): shard for name, shard in shards.items()}
    folder.mkdir(parents=True, exist_ok=True)
    (top / path).unlink(missing_ok=True)
    made |= {other: b"[]\n" for other in folder.glob("*.json") if other not in made}
    for place, shard in made.items():
        if not place.exists() or place.read_bytes() != shard:
            place.write_bytes(shard)
    return list(made)


def folder_of(top: Path, path: str) -> str:
    """The folder of the shards of `path`, from the top, where they lie there; "" where they do not."""
    kind = _kind(path)
    folder = path.rpartition(".")[0]
    is_there = kind is not None and (top / folder).is_dir() and not (top / path).exists()
    return folder if is_there else ""


def joined(path: str, places: Iterable[str], read: Callable[[str], bytes]) -> bytes:
    """The records at `path` as one file, from those of `places` that are shards of it; FileNotFoundError for none."""
    entries = {place: ("100644", "") for place in places if KINDS.whole(place) == path}
    entry = layouts.folded(KINDS, entries).get(path)
    if entry is None:
        raise FileNotFoundError(path)
    return layouts.read(entry[1], lambda place, _: read(place)) if isinstance(entry[1], Folded) else read(path)
