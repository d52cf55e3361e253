"""What one hook of a commit leaves for the next: that it looked at this very commit, and found nothing against it but
what the message may answer for.

`git commit` runs pre-commit and then prepare-commit-msg, which is the only one to see a cherry-pick, a revert, the
commits of a rebase and `--no-verify`: it looks at what nobody has looked at. commit-msg sees the message as it is left.
"""

from __future__ import annotations

import json
import os

from gitbtc.digest import sha256
from gitbtc.doors.plain_message import UNVOUCHED
from gitbtc.repo import files
from gitbtc.repo.callers import git_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gitbtc.doors.commit import Examination

FILE = "passed.json"
# What the script of prepare-commit-msg reads: the process that asked, and how the index ended that was looked at.
PROCESS, ENDING = "passed.by", "passed.index"
_ROOT_KEY = "gitbtc.passed/v1"
_UNVOUCHED_KEY = "gitbtc.unvouched/v1"


class Passed:
    """What was found: the `trailers` that the commit is to carry, and the coins that its message has to vouch for, by
    outpoint, each with what to say where it does not.
    """

    def __init__(self, trailers: list[str], unvouched: dict[str, str]) -> None:
        self.trailers = trailers
        self.unvouched = unvouched


def leave(folder: str, examination: Examination, index: bytes) -> None:
    """Write it down in `folder`, gitbtc's in the Git directory, with the trailers that the commit is to carry. `index`
    is how the file of the index ended before it was read.
    """
    trailers = examination.trailers()
    document = {_ROOT_KEY: {"commit": _name(examination), "trailers": trailers, "unvouched": examination.unvouched}}
    _leave_for_shell(folder, is_silent=not (trailers or examination.unvouched), index=index)
    files.write(os.path.join(folder, FILE), json.dumps(document).encode())


def _leave_for_shell(folder: str, *, is_silent: bool, index: bytes) -> None:
    """For the script of prepare-commit-msg: which process looked at which index, where the commit is to carry nothing
    and its message to vouch for nothing. It starts no Python then.
    """
    process, began = git_process()
    if is_silent and process and index.strip(b"\0"):
        files.write(os.path.join(folder, ENDING), index)
        files.write(os.path.join(folder, PROCESS), f"{process} {began}\n".encode())
    else:
        _forget(folder)


def _forget(folder: str) -> None:
    for name in (PROCESS, ENDING):
        files.remove(os.path.join(folder, name))


def take(folder: str, examination: Examination) -> Passed | None:
    """What was found of the commit in the making if it has been looked at, else None. It says so once."""
    _forget(folder)
    try:
        kept = _once(folder, FILE)[_ROOT_KEY]
        known, found = kept["commit"], Passed(list(map(str, kept["trailers"])), dict(kept["unvouched"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if known == _name(examination) else None


def leave_unvouched(folder: str, unvouched: dict[str, str]) -> None:
    """For commit-msg, which runs next: the coins that the message has to vouch for, of this commit and no other."""
    path = os.path.join(folder, UNVOUCHED)
    if unvouched:
        files.write(path, json.dumps({_UNVOUCHED_KEY: unvouched}).encode())
    else:
        files.remove(path)


def take_unvouched(folder: str) -> dict[str, str]:
    """These coins, each with what to say where the message does not; it says so once."""
    try:
        return {str(name): str(line) for name, line in _once(folder, UNVOUCHED)[_UNVOUCHED_KEY].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _once(folder: str, name: str) -> Any:
    return json.loads(files.take(os.path.join(folder, name)) or b"{}")


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
        merging and examination.unattributed_allowed,
        _schemas(examination.schemas),
    ]
    return sha256(json.dumps(parts).encode()).hexdigest()


def _schemas(folder: str) -> list[tuple[str, int, int]]:
    """The kinds that a person added: name, size and moment of each file."""
    if not os.path.isdir(folder):
        return []
    found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    return [(entry.name, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in found]
