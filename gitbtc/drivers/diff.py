"""`gitbtc diff-driver`: what `git diff` runs for each state file that changed.

Git passes PATH OLD-FILE OLD-OID OLD-MODE NEW-FILE NEW-OID NEW-MODE, after a rename also NEW-PATH and the header lines
that tell of it, and for an unmerged path PATH alone; a side that does not exist is /dev/null. The exit status is
always 0, else `git diff` dies. `git difftool` puts its tool in GIT_EXTERNAL_DIFF, and Git still runs this driver, which
hands over to it.
"""

from __future__ import annotations

import os
import sys

from gitbtc.diff.operations import operations
from gitbtc.drivers import opened
from gitbtc.errors import printable
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import Kinds, built_in, root_of
from gitbtc.progress import Paused, doing
from gitbtc.repo.colours import wants_colour
from gitbtc.views import terms, text
from gitbtc.views.beside import Beside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING = "/dev/null"
_OPTIONS = ("--kind", "--schemas")


class DiffCall:
    """What Git asked for; `old` and `new` are the files to compare, `path` is where the new one belongs."""

    __slots__ = (
        "forwarded", "is_of_work_tree", "kind", "modes", "new", "old", "old_path", "path", "schemas", "unmerged"
    )  # fmt: skip

    def __init__(self, arguments: list[str]) -> None:
        self.kind = self.schemas = ""
        rest = list(arguments)
        while rest and rest[0] in _OPTIONS:
            setattr(self, rest[0][2:], rest[1])
            rest = rest[2:]
        self.forwarded = rest
        self.unmerged = len(rest) == 1
        self.old_path = rest[0]
        self.path = rest[7] if len(rest) > 7 else rest[0]
        self.old, self.new = (NOTHING, NOTHING) if self.unmerged else (rest[1], rest[4])
        self.modes = ("", "") if self.unmerged else (rest[3], rest[6])
        # Git names no blob for a file of the work tree.
        self.is_of_work_tree = not self.unmerged and not rest[5].strip("0")

    def notes(self) -> list[str]:
        """What happened to the file besides its records."""
        if self.old == NOTHING:
            return ["new file"]
        if self.new == NOTHING:
            return ["deleted file"]
        notes = [f"renamed from {terms.escaped(self.old_path)}"] if self.old_path != self.path else []
        return notes + ([f"mode {self.modes[0]} → {self.modes[1]}"] if self.modes[0] != self.modes[1] else [])


def main(arguments: list[str]) -> int:
    """Show one file; always 0."""
    call = DiffCall(arguments[1:])
    try:
        with doing(f"comparing {call.path}"):
            _hand_over(call) if os.environ.get("GIT_EXTERNAL_DIFF") else _show(call)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The pager was closed. What is left in the buffer has to go somewhere when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _hand_over(call: DiffCall) -> None:
    """To the user's tool, called as Git would have called it."""
    import subprocess

    tool = os.environ["GIT_EXTERNAL_DIFF"]
    with Paused():
        subprocess.run(["sh", "-c", f'{tool} "$@"', tool, *call.forwarded], check=False)


def _show(call: DiffCall) -> None:
    if call.unmerged:
        _print([f"* Unmerged path {terms.escaped(call.path)}; `gitbtc conflicts` lists what is left to settle"])
        return
    colour = wants_colour(seen=sys.stdout.isatty() or _is_paged())
    try:
        lines = _view(call, text.Look(colour=colour, width=_width()))
    except Exception as error:  # noqa: BLE001 - whatever it is, Git's own view is still there, and a failure kills git diff
        message = str(error) if isinstance(error, Malformed) else f"cannot be shown as records: {error}"
        _print([f"{terms.escaped(call.path)}: {printable(message)}; shown as text"])
        _show_as_text(call, colour=colour)
    else:
        _print(lines)


def _view(call: DiffCall, look: text.Look) -> list[str]:
    kind = Kinds(call.schemas or None).load(call.kind)
    changes = operations(kind, call.path, opened(call.old), opened(call.new))
    # Git counts the files that differ, but does not say which they are.
    beside = Beside(lambda name: _of_root(call.path, name), is_alone=os.environ.get("GIT_DIFF_PATH_TOTAL") == "1",
                    is_certain=call.is_of_work_tree)  # fmt: skip
    return list(text.render(kind, call.path, changes, notes=call.notes(), beside=beside, look=look))


def _of_root(path: str, kind: str) -> bytes:
    """The file of a kind in the same root of the work tree. Git does not tell which revision it compares; that a
    transaction spends an outpoint is so in each.
    """
    from gitbtc.errors import GitbtcError
    from gitbtc.state.on_disk import OnDisk

    try:
        return OnDisk(root_of(path), built_in(kind)).content()
    except (GitbtcError, OSError):
        return b""


def _show_as_text(call: DiffCall, *, colour: bool) -> None:
    from gitbtc.repo.diffing import text_diff
    from gitbtc.repo.git import Git

    sys.stdout.buffer.write(text_diff(Git(), ["--no-index", "--", call.old, call.new], colour=colour))


def _width() -> int:
    """Of the terminal, in characters; 0 where none is. Git tells it before it starts a pager."""
    if _is_paged():
        told = os.environ.get("COLUMNS", "")
        return int(told) if told.isdecimal() else 0
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 0
    except OSError:
        return 0


def _is_paged() -> bool:
    return os.environ.get("GIT_PAGER_IN_USE", "") in ("true", "1")


def _print(lines: Iterable[str]) -> None:
    sys.stdout.buffer.writelines(line.encode("utf-8", "backslashreplace") + b"\n" for line in lines)
