"""`gitbtc textconv`: what Git runs to show a state file in `git log -p`, `git show`, `git blame` and combined diffs.

It never fails, for Git would die: what cannot be read as records is printed as it is.
"""

from __future__ import annotations

import os
import sys

from gitbtc.errors import GitbtcError
from gitbtc.kinds.registry import Kinds
from gitbtc.progress import doing
from gitbtc.views import textconv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def main(arguments: list[str]) -> int:
    """Print the file that is named last; always 0."""
    *options, path = arguments[1:]
    given = dict(zip(options[::2], options[1::2], strict=False))
    with open(path, "rb") as file:
        content = file.read()
    try:
        with doing("reading records"):
            sys.stdout.buffer.writelines(_text(given, content))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The pager was closed. What is left in the buffer has to go somewhere when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _text(given: dict[str, str], content: bytes) -> Iterable[bytes]:
    try:
        return textconv.render(Kinds(given.get("--schemas")).load(given.get("--kind", "")), content)
    except (GitbtcError, OSError, MemoryError):
        return [content]
