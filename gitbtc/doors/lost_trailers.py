"""Trailers that Git takes for comments: `core.commentChar` may be the letter that they begin with.

Git takes comments out after the last hook that could write into the message. So what may be lost is written down, and
put into the commit once it is made, before anybody has it.
"""

from __future__ import annotations

import json
import os

from gitbtc.repo import files
from gitbtc.spends.message import trailers, with_trailers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.repo.git import Git

FILE = "lost.json"
_ROOT_KEY = "gitbtc.lost/v1"


def leave(folder: str, head: str | None, lines: Iterable[str]) -> None:
    """Write down in `folder`, gitbtc's in the Git directory, what the commit on `head` is to say; nothing of one before
    it that came to nothing is left.
    """
    lines, path = list(lines), os.path.join(folder, FILE)
    if not lines:
        files.remove(path)
        return
    files.write(path, json.dumps({_ROOT_KEY: {"head": head, "trailers": lines}}).encode())


def put_back(git: Git, folder: str) -> str:
    """Give the commit just made the trailers that were written down for it and are not in its message. What a person is
    to do instead, where the commit is signed; else "".
    """
    head, lines = _taken(os.path.join(folder, FILE))
    oid = git.find("HEAD") if lines else None
    if oid is None:
        return ""
    commit = git.commit_content(oid)
    header, _, message = commit.partition(b"\n\n")
    text = message.decode("utf-8", "surrogateescape")
    kept = {f"{token}: {value}" for token, value in trailers(text)}
    missing = [line for line in lines if line not in kept]
    if not missing or _first_parent(header) != head:
        return ""
    if b"\ngpgsig" in header:
        mend = "the commit is signed, so add it with `git commit --amend --cleanup=verbatim`"
        return f"gitbtc: note: Git took a trailer for a comment (core.commentChar): {missing[0]}; {mend}"
    said = with_trailers(text, missing).encode("utf-8", "surrogateescape")
    new = git.write_object("commit", header + b"\n\n" + said)
    git.move_head(new, oid, "gitbtc: trailers that Git took for comments")
    return ""


def _taken(path: str) -> tuple[str | None, list[str]]:
    try:
        kept = json.loads(files.take(path) or b"{}")[_ROOT_KEY]
        return kept["head"], [str(line) for line in kept["trailers"]]
    except (ValueError, KeyError, TypeError):
        return None, []


def _first_parent(header: bytes) -> str | None:
    parents = (line.removeprefix(b"parent ") for line in header.split(b"\n") if line.startswith(b"parent "))
    return next((parent.decode("ascii", "replace") for parent in parents), None)
