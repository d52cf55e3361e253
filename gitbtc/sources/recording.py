"""The answers of a live node as a folder that `--from` reads, for a machine that has no node."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitbtc.errors import UsageError, not_written
from gitbtc.sources.answers import BadAnswer, encoded
from gitbtc.sources.asking import BITCOIN_CLI, CommandLine, NodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitbtc.sources.asking import Asker, Call


class Recorder:
    """An asker that remembers what another one answered, as files named as `shell` has it."""

    def __init__(self, asker: Asker, shell: CommandLine) -> None:
        self._asker = asker
        self._shell = shell
        self.live = asker.live
        self.files: dict[str, dict[str, str]] = {}

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """What the other asker answers."""
        results = self._asker.ask(calls)
        if calls and calls[0].method == self._shell.first:
            self.files.clear()  # what was answered before is of an earlier moment
        for call, result in zip(calls, results, strict=True):
            key = str(call.params[0]) if call.method in self._shell.keyed else ""
            self.files.setdefault(self._shell.file_name(call), {})[key] = _line(call, result)
        return results

    def where(self, call: Call) -> str:
        """Where the other asker has the answer."""
        return self._asker.where(call)


def record(asker: Asker, folder: Path, read: Callable[[Asker], Any], shell: CommandLine = BITCOIN_CLI) -> int:
    """Write what `read` asks of `asker` into `folder`, which must not be there yet; how many files.

    All or nothing: they are written into a new folder beside it, which gets the name when it is whole. Raises
    UsageError for a folder that is there, CannotWork for one that cannot be made, and what `read` raises.
    """
    if folder.exists():
        raise UsageError(f"{folder} is there already; name a new folder")
    recorder = Recorder(asker, shell)
    read(recorder)
    for name in shell.keyed:  # no line says as much as one: there is nothing of it
        recorder.files.setdefault(f"{name}.jsonl", {})
    try:
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
    except OSError as error:
        raise not_written(error, folder) from None
    try:
        for name, lines in recorder.files.items():
            (part / name).write_text("".join(line + "\n" for line in lines.values()))
        part.chmod(0o755)
        part.rename(folder)
    except OSError as error:
        raise not_written(error, folder) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return len(recorder.files)


def _line(call: Call, result: Any) -> str:
    """A whole answer, amounts as the node spelled them."""
    answer: dict[str, Any] = {"method": call.method, "params": list(call.params)}
    if isinstance(result, NodeError):
        answer["error"] = {"code": result.code, "message": result.said}
    elif isinstance(result, BadAnswer):
        answer["error"] = {"code": 0, "message": str(result)}
    else:
        answer["result"] = result
    return encoded(answer)
