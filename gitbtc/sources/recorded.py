"""A folder of recorded answers as somebody to ask.

`<method>.json` holds the answer to one call, `<method>.jsonl` one answer a line where a method is called for one thing
after the other. An answer is whole, `{"method", "params", "result"}` with `"error"` in the result's place when the call
failed, or bare, as `bitcoin-cli` prints it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitbtc.sources.answers import Answer, BadAnswer, decoded
from gitbtc.sources.asking import BITCOIN_CLI, Call, CommandLine, NodeError, NotAnswered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ENVELOPE = frozenset(["jsonrpc", "id", "method", "params", "result", "error"])
_NOT_IN_MEMPOOL = -5


class Recorded:
    """The answers in `folder`, named as `shell` has it. What is not there, or cannot be read, is told with the call
    that records it.
    """

    live = False

    def __init__(self, folder: Path, shell: CommandLine = BITCOIN_CLI) -> None:
        self.folder = folder
        self._shell = shell
        self._files: dict[str, Any] = {}
        self._rows: dict[str, dict[Any, tuple[Any, str]] | None] = {}

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """What the folder holds of each call."""
        return [self._answer(call) for call in calls]

    def where(self, call: Call) -> str:
        """The file, and the line where there is one."""
        name = self._shell.file_name(call)
        if call.method not in self._shell.keyed:
            return name
        rows = self._lines(call) or {}
        return rows[call.params[0]][1] if call.params[0] in rows else name

    def _answer(self, call: Call) -> Any:
        if call.method == "listsinceblock":
            return self._since(call)
        if call.method == "getrawmempool":
            return self._mempool(call)
        if call.method not in self._shell.keyed:
            return self._whole_file(call)
        rows = self._lines(call)
        if rows is None and call.method == "getmempoolentry":
            return self._from_mempool(call)
        if rows is not None and call.params[0] in rows:
            return rows[call.params[0]][0]
        lack = "is missing" if rows is None else "lacks an answer"
        return NotAnswered(f"{self.folder}: {self._shell.file_name(call)} {lack}; {self._recipe(call)}")

    def _recipe(self, call: Call) -> str:
        return f"record it with `{self._shell.typed(call)}`"

    def _since(self, call: Call) -> Any:
        """The transactions of every list of the folder: a list can lack one that the folder has the answer of."""
        told: dict[str, Any] = {}
        for other in (call, Call("listtransactions", ("*", 1_000_000))):
            answer = self._whole_file(other)
            if isinstance(answer, BadAnswer):
                continue
            where = self.where(other)
            rows = Answer(answer, where) if isinstance(answer, dict) else Answer({"transactions": answer}, where)
            told |= {row.hash("txid"): row.members for row in rows.children("transactions") if "txid" in row}
        answered = self._lines(Call("gettransaction", ("TXID", True, True)))
        if answered is None and not told:
            return NotAnswered(
                f"{self.folder}: gettransaction.jsonl is missing; record `gettransaction TXID true true`, one answer a "
                f"line, of every txid that `{self._shell.typed(call)}` names"
            )
        return {"transactions": [{"txid": txid} for txid in {**dict.fromkeys(answered or ()), **told}]}

    def _mempool(self, call: Call) -> Any:
        """The mempool; the wallet's own entries stand for it where they were recorded alone."""
        whole = self._whole_file(call)
        entries = self._lines(Call("getmempoolentry", ("TXID",))) if isinstance(whole, NotAnswered) else None
        if entries is None:
            return whole
        return {txid: entry for txid, (entry, _) in entries.items() if not isinstance(entry, NodeError)}

    def _from_mempool(self, call: Call) -> Any:
        """What `getrawmempool true` says of a transaction: it is the whole mempool, so what it lacks is not there."""
        whole = Call("getrawmempool", (True,))
        pool = self._whole_file(whole)
        if isinstance(pool, BadAnswer):
            return pool if isinstance(pool, NotAnswered) else NotAnswered(str(pool))
        if not isinstance(pool, dict):
            raise BadAnswer(f"{self._shell.file_name(whole)}: holds no entries; {self._recipe(whole)}")
        return pool.get(
            call.params[0], NodeError(self._shell.file_name(whole), _NOT_IN_MEMPOOL, "Transaction not in mempool")
        )

    # -- files -----------------------------------------------------------------------------------------------------

    def _whole_file(self, call: Call) -> Any:
        name = self._shell.file_name(call)
        if name not in self._files:
            content = self._content(name)
            if content is None:
                self._files[name] = NotAnswered(f"{self.folder}: {name} is missing; {self._recipe(call)}")
            else:
                self._files[name] = _unwrapped(self._decoded(content, name, call), name)
        return self._files[name]

    def _lines(self, call: Call) -> dict[Any, tuple[Any, str]] | None:
        """First parameter -> (result, where it stands), or None when there is no such file."""
        name = self._shell.file_name(call)
        if name not in self._rows:
            content = self._content(name)
            self._rows[name] = None if content is None else dict(self._keyed(content, call))
        return self._rows[name]

    def _keyed(self, content: str, call: Call) -> list[tuple[Any, tuple[Any, str]]]:
        rows = []
        for number, line in enumerate(content.split("\n"), start=1):
            if line.strip():
                where = f"{self._shell.file_name(call)} line {number}"
                value = self._decoded(line, where, call)
                result = _unwrapped(value, where)
                rows.append((_key(self._shell.keyed[call.method], value, result, where), (result, where)))
        return rows

    def _content(self, file_name: str) -> str | None:
        try:
            return (self.folder / file_name).read_bytes().decode()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise BadAnswer(f"{file_name}: not UTF-8 text") from None
        except OSError as error:
            raise BadAnswer(f"{file_name}: cannot be read: {error.strerror}") from None

    def _decoded(self, text: str, where: str, call: Call) -> Any:
        again = f"the call gave no answer (is {self._shell.daemon} running?); repeat `{self._shell.typed(call)}`"
        if not text.strip():
            raise BadAnswer(f"{where}: empty: {again}")
        try:
            return decoded(text, where)
        except BadAnswer as error:
            raise BadAnswer(f"{error}, perhaps cut short, or {again}") from None


def _key(field: str | None, value: Any, result: Any, where: str) -> Any:
    params = value.get("params") if isinstance(value, dict) else None
    if isinstance(params, list) and params and isinstance(params[0], str):
        return params[0]
    if isinstance(result, BadAnswer):
        raise result
    if field is None:
        raise BadAnswer(f"{where}: does not say what was asked; a line holds `params` beside the result")
    return Answer(result, where).hash(field)


def _unwrapped(value: Any, where: str) -> Any:
    """The result of an answer, whole or bare; a NodeError for an error."""
    if not (isinstance(value, dict) and value and value.keys() <= _ENVELOPE):
        return value
    error = value.get("error")
    if error is not None:
        return NodeError.of(where, error)
    if "result" not in value:
        raise BadAnswer(f"{where}: neither result nor error; a recording keeps the node's whole answer")
    return value["result"]
