"""A folder of recorded answers as somebody to ask.

`<method>.json` holds the answer to one call, `<method>.jsonl` one answer a line where a method is called for one thing
after the other. An answer is whole, `{"method", "params", "result"}` with `"error"` in the result's place when the call
failed, or bare, as `bitcoin-cli` prints it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitbtc.sources.answers import Answer, BadAnswer, decoded
from gitbtc.sources.asking import Call, NodeError, NotAnswered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ENVELOPE = frozenset(["jsonrpc", "id", "method", "params", "result", "error"])
_NOT_IN_MEMPOOL = -5
# Called once for each thing; its first parameter is told by the line, by `params` or by the field of the result.
KEYED = {"gettransaction": "txid", "getrawtransaction": "txid", "getmempoolentry": None, "getaddressesbylabel": None}
# Called with a number that the file's name has.
NUMBERED = frozenset(["estimatesmartfee"])


class Recorded:
    """The answers in `folder`. What is not there, or cannot be read, is told with the call that records it."""

    live = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, Any] = {}
        self._rows: dict[str, dict[Any, tuple[Any, str]] | None] = {}

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """What the folder holds of each call."""
        return [self._answer(call) for call in calls]

    def where(self, call: Call) -> str:
        """The file, and the line where there is one."""
        if call.method not in KEYED:
            return file_name(call)
        rows = self._lines(call) or {}
        return rows[call.params[0]][1] if call.params[0] in rows else file_name(call)

    def _answer(self, call: Call) -> Any:
        if call.method == "listsinceblock":
            return self._since(call)
        if call.method == "getrawmempool":
            return self._mempool(call)
        if call.method not in KEYED:
            return self._whole_file(call)
        rows = self._lines(call)
        if rows is None and call.method == "getmempoolentry":
            return self._from_mempool(call)
        if rows is not None and call.params[0] in rows:
            return rows[call.params[0]][0]
        return NotAnswered(f"{self.folder}: {file_name(call)} {'is missing' if rows is None else 'lacks an answer'}; "
                           f"record it with `{call.typed}`")  # fmt: skip

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
                f"line, of every txid that `{call.typed}` names"
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
            raise BadAnswer(f"{file_name(whole)}: holds no entries; record it with `{whole.typed}`")
        return pool.get(call.params[0], NodeError(file_name(whole), _NOT_IN_MEMPOOL, "Transaction not in mempool"))

    # -- files -----------------------------------------------------------------------------------------------------

    def _whole_file(self, call: Call) -> Any:
        name = file_name(call)
        if name not in self._files:
            content = self._content(name)
            if content is None:
                self._files[name] = NotAnswered(f"{self.folder}: {name} is missing; record it with `{call.typed}`")
            else:
                self._files[name] = _unwrapped(_decoded(content, name, call), name)
        return self._files[name]

    def _lines(self, call: Call) -> dict[Any, tuple[Any, str]] | None:
        """First parameter -> (result, where it stands), or None when there is no such file."""
        name = file_name(call)
        if name not in self._rows:
            content = self._content(name)
            self._rows[name] = None if content is None else dict(self._keyed(content, call))
        return self._rows[name]

    def _keyed(self, content: str, call: Call) -> list[tuple[Any, tuple[Any, str]]]:
        rows = []
        for number, line in enumerate(content.split("\n"), start=1):
            if line.strip():
                where = f"{file_name(call)} line {number}"
                value = _decoded(line, where, call)
                result = _unwrapped(value, where)
                rows.append((_key(call.method, value, result, where), (result, where)))
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


def file_name(call: Call) -> str:
    """The file that holds the answer to a call."""
    if call.method in NUMBERED:
        return f"{call.method}-{call.params[0]}.json"
    return f"{call.method}.json{'l' if call.method in KEYED else ''}"


def _key(method: str, value: Any, result: Any, where: str) -> Any:
    field = KEYED[method]
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


def _decoded(text: str, where: str, call: Call) -> Any:
    again = f"the call gave no answer (is bitcoind running?); repeat `{call.typed}`"
    if not text.strip():
        raise BadAnswer(f"{where}: empty: {again}")
    try:
        return decoded(text, where)
    except BadAnswer as error:
        raise BadAnswer(f"{error}, perhaps cut short, or {again}") from None
