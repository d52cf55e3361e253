"""A live lightningd as somebody to ask: by its own socket, or by CLNRest over HTTP.

Written after doc/developers-guide/json-rpc.md and the plugin clnrest of Core Lightning: over the socket an answer ends
in two line ends, over HTTP the bare result is the body, and a rune says what one may ask. The client of the project,
pyln, waits without a deadline, so it is none for a program that must end.
"""

from __future__ import annotations

import json
import socket
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gitbtc.sources.answers import BadAnswer, decoded
from gitbtc.sources.asking import Call, LoginRefused, NodeError
from gitbtc.sources.http_exchange import MAX_ANSWER, Correspondent, HttpExchange, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gitbtc.sources.asking import Patience, Unreadable
    from gitbtc.sources.endpoints import Endpoint, SecretText

# All that is ever asked, with the names of the parameters. None of them changes anything. Of bookkeeper's nothing:
# bkpr-listbalances has taken lightningd down.
ALLOWED: dict[str, tuple[str, ...]] = {
    "getinfo": (), "listpeerchannels": (), "listfunds": (), "listpeers": (), "listnodes": ("id",),
}  # fmt: skip
_NO_METHOD, _PLUGIN_DIED = -32601, -4
_END = b"\n\n"
_ANSWER = 30  # seconds that an answer may take
_SOCKET = "is lightningd running for this network?"


class _Lightningd:
    """What is common to both doors."""

    live = True

    def __init__(self, name: str, patience: Patience | None, who: Correspondent) -> None:
        self.name = name
        self._seconds = min(_ANSWER, patience.answer) if patience else _ANSWER
        self._who = who
        self._dead: set[str] = set()

    def where(self, call: Call) -> str:
        """The method, and of whom it was asked."""
        return f"{self.name}: {call.method}"

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """The result of each call, or a NodeError in its place. Raises Unreadable."""
        results: list[Any] = []
        for call in calls:
            if call.method not in ALLOWED:
                raise ValueError(f"{call.method} is not among the methods that are asked")
            if call.method in self._dead:
                raise self._died(call)
            result = self._result(call, f"{len(results)} of {len(calls)} answers")
            if isinstance(result, NodeError):
                self._refuse_fatal(call, result)
            results.append(result)
        return results

    def _result(self, call: Call, come_to: str) -> Any:
        raise NotImplementedError

    def _refuse_fatal(self, call: Call, error: NodeError) -> None:
        """Raise Unreadable for an error that means that nothing can be read. A plugin that died is not asked again."""
        if error.code == _NO_METHOD:
            raise self._failed(f"lightningd has no method {call.method}: it is older than 23.02, or does not offer it")
        if error.code == _PLUGIN_DIED and "lugin terminated" in error.said:
            self._dead.add(call.method)
            raise self._died(call)

    def _died(self, call: Call) -> Unreadable:
        return self._failed(f"the plugin behind {call.method} died; look at lightningd's log")

    def _failed(self, why: str) -> Unreadable:
        return self._who.failed(why)

    @staticmethod
    def _params(call: Call) -> dict[str, Any]:
        return dict(zip(ALLOWED[call.method], call.params, strict=True))


class UnixRpc(_Lightningd):
    """A lightningd, asked by the socket at `path`. One connection serves all calls."""

    def __init__(self, name: str, path: Path, patience: Patience | None = None) -> None:
        super().__init__(name, patience, Correspondent(name, "lightningd", _SOCKET))
        self._path = path
        self._socket: socket.socket | None = None
        self._asked = 0

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _result(self, call: Call, come_to: str) -> Any:
        self._asked += 1
        number = f"gitbtc:{call.method}#{self._asked}"
        asked = {"jsonrpc": "2.0", "id": number, "method": call.method, "params": self._params(call)}
        content = self._exchanged(json.dumps(asked).encode() + _END, call, come_to)
        try:
            row = decoded(content.decode(), self.where(call))
        except (BadAnswer, UnicodeDecodeError):
            raise self._foreign("what it says is no JSON") from None
        if not isinstance(row, dict) or row.get("id") != number or not {"result", "error"} & row.keys():
            raise self._foreign("JSON that is no answer to the call")
        error = row.get("error")
        return row.get("result") if error is None else NodeError.of(self.where(call), error)

    def _exchanged(self, request: bytes, call: Call, come_to: str) -> bytes:
        """The answer to a request. A connection that was closed while it was idle is made anew."""
        reused = self._socket is not None
        until = time.monotonic() + self._seconds
        try:
            connection = self._connected(until)
            connection.sendall(request)
            return self._received(connection, until)
        except TimeoutError:
            self.close()
            raise self._failed(f"{self._path} gave no whole answer within {self._seconds:g} s") from None
        except TooLarge:
            self.close()
            raise self._failed(f"the answer to {call.method} is larger than {MAX_ANSWER // 2**20} MiB") from None
        except (EOFError, ConnectionError) as error:
            self.close()
            if reused and isinstance(error, ConnectionError):
                return self._exchanged(request, call, come_to)
            if isinstance(error, ConnectionRefusedError):
                raise self._failed(f"nobody listens at {self._path}; {_SOCKET}") from None
            raise self._failed(
                f"the connection broke off after {come_to}; is lightningd shutting down? nothing was imported"
            ) from None
        except OSError as error:
            self.close()
            raise self._failed(self._unreachable(error)) from None

    def _received(self, connection: socket.socket, until: float) -> bytes:
        content = bytearray()
        while not content.endswith(_END):
            connection.settimeout(max(0.001, until - time.monotonic()))
            part = connection.recv(1 << 16)
            if not part:
                raise EOFError if content else ConnectionResetError
            content += part
            if len(content) > MAX_ANSWER:
                raise TooLarge
        return bytes(content)

    def _connected(self, until: float) -> socket.socket:
        if self._socket is None:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            made.settimeout(max(0.001, until - time.monotonic()))
            self._socket = made
            made.connect(str(self._path))
        self._socket.settimeout(max(0.001, until - time.monotonic()))
        return self._socket

    def _unreachable(self, error: OSError) -> str:
        if isinstance(error, FileNotFoundError):
            return f"no socket at {self._path}; {_SOCKET}"
        return f"{self._path} cannot be asked: {error.strerror or error}"

    def _foreign(self, what: str) -> Unreadable:
        self.close()
        return self._failed(f"{self._path} does not answer as lightningd does: {what}")


class ClnRest(_Lightningd):
    """A lightningd, asked by its plugin clnrest. Only such calls are made as a rune may be restricted to:
    `method^list` or `method=getinfo`.
    """

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        rune: SecretText,
        certificate: Path | None,
        patience: Patience | None = None,
    ) -> None:
        hint = "is lightningd running, with clnrest-port set?"
        super().__init__(name, patience, Correspondent(name, "clnrest", hint))
        self._rune = rune
        self._http = HttpExchange(endpoint, self._who, self._login, self._seconds, certificate)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _result(self, call: Call, come_to: str) -> Any:
        self._http.come_to = come_to
        body = json.dumps(self._params(call)).encode()
        try:
            status, content = self._http.exchange("POST", f"/v1/{call.method}", body)
        except TooLarge:
            raise self._failed(f"the answer to {call.method} is larger than {MAX_ANSWER // 2**20} MiB") from None
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            enough = "one for method^list or method=getinfo allows all that is asked"
            raise LoginRefused(
                f"{self.name}: lightningd does not allow {call.method} by the {self._rune.origin}; {enough}"
            )
        answer = self._http.json_object(status, content)
        if status in (HTTPStatus.OK, HTTPStatus.CREATED):
            return answer
        return NodeError.of(self.where(call), answer.get("error", answer))

    def _login(self) -> dict[str, str]:
        return {"Rune": self._rune.read().decode("ascii", "replace").strip()}
