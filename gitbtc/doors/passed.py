"""What one hook of a commit leaves for the next: that it looked at this very commit, and found nothing against it.

`git commit` runs pre-commit and then prepare-commit-msg, which is the only one to see a cherry-pick, a revert, the
commits of a rebase and `--no-verify`: it looks at what nobody has looked at.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.doors.commit import Examination

FILE = "passed.json"
_ROOT_KEY = "gitbtc.passed/v1"


def leave(folder: str, examination: Examination) -> None:
    """Write it down in `folder`, gitbtc's in the Git directory, with the trailers that the commit is to carry."""
    from gitbtc.repo.files import write

    document = {_ROOT_KEY: {"commit": _name(examination), "trailers": examination.trailers()}}
    write(Path(folder, FILE), json.dumps(document).encode())


def take(folder: str, examination: Examination) -> list[str] | None:
    """The trailers of the commit in the making if it has been looked at, else None. It says so once."""
    path = Path(folder, FILE)
    try:
        content = path.read_bytes()
        path.unlink()
        kept = json.loads(content)[_ROOT_KEY]
        known, trailers = kept["commit"], [str(line) for line in kept["trailers"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return trailers if known == _name(examination) else None


def _name(examination: Examination) -> str:
    """A digest of all that the outcome of an examination depends on."""
    merging = examination.merging
    parts = [
        examination.head,
        examination.in_progress.name,
        merging.identity() if merging else None,
        sorted(examination.index.entries.items()),
        sorted(examination.settlements().trailers.items()),
        examination.is_rewriting,
        examination.unattributed_allowed,
        _schemas(examination.schemas),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _schemas(folder: str) -> list[tuple[str, int, int]]:
    """The kinds that a person added: name, size and moment of each file."""
    if not os.path.isdir(folder):
        return []
    found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    return [(entry.name, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in found]
