"""An Electrum server as somebody to ask: a line of JSON a call, over TCP or TLS, and every failure as one message.

Written after the protocol's own pages (electrum-protocol: basics, methods, changes). server.version is the first
message of a connection, and sent once; answers come in any order, between notifications; from 1.6 on the server may ask
for a ping itself.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any

from gitbtc import progress
from gitbtc.errors import CannotWork
from gitbtc.sources.answers import BadAnswer, decoded
from gitbtc.sources.asking import NodeError, Patience, Unreadable
from gitbtc.sources.chain_wallet import SERVER
from gitbtc.sources.electrum import ALLOWED, NUMBERS
from gitbtc.sources.http_exchange import Correspondent, not_secure, trusting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gitbtc.sources.asking import Call
    from gitbtc.sources.endpoints import Endpoint

VERSIONS = ("1.4", "1.6")
AT_ONCE = 50  # calls that are under way
MAX_ANSWER = 32 * 1024 * 1024  # bytes of one line
_CONNECT = 10  # seconds
_HELLO = 0  # the id of server.version


class ElectrumTcp:
    """A server, asked over one connection. `certificate` is a file of the certificates that it may show beside those
    that the system knows; `progress` is told in words what is going on.
    """

    live = True

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        certificate: Path | None = None,
        patience: Patience | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.name = name
        self._endpoint = endpoint
        self._certificate = certificate
        self._patience = patience or Patience()
        self._progress = progress
        self._who = Correspondent(name, "an Electrum server", "is an Electrum server running there?")
        self._socket: socket.socket | None = None
        self._read = b""
        self._next = _HELLO
        self._come_to = ""

    def where(self, call: Call) -> str:
        """The method, and of whom it was asked."""
        return f"{self.name}: {call.method}"

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """The result of each call, or a NodeError in its place. Raises Unreadable."""
        if list(calls) == [SERVER]:
            return [{"host": self._endpoint.host}]
        for call in calls:
            if call.method not in ALLOWED:
                raise ValueError(f"{call.method} is not among the methods that are asked")
        results: list[Any] = []
        with progress.doing(f"{self.name}: answers", len(calls)) as step:
            while len(results) < len(calls):
                step.done = len(results)
                self._come_to = f"{len(results)} of {len(calls)} answers"
                results += self._exchange(calls[len(results) : len(results) + AT_ONCE])
        return results

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._read = b""

    # -- one portion -------------------------------------------------------------------------------------------------

    def _exchange(self, calls: Sequence[Call]) -> list[Any]:
        """The results. A connection that was closed while it was idle is made anew."""
        reused = self._socket is not None
        until = time.monotonic() + self._patience.answer
        try:
            self._connect(until)
            return self._portion(calls, until)
        except TimeoutError:
            raise self._failed(f"{self._endpoint} gave no whole answer within {self._patience.answer:g} s") from None
        except ConnectionRefusedError:
            raise self._failed(f"nothing listens at {self._endpoint}; {self._who.hint}") from None
        except (ConnectionError, EOFError):
            self.close()
            if reused:
                return self._exchange(calls)
            raise self._failed(self._cut()) from None
        except ssl.SSLError as error:
            raise self._failed(not_secure(self._endpoint, self._certificate, error)) from None
        except CannotWork as error:
            self.close()
            raise error if isinstance(error, Unreadable) else self._failed(str(error)) from None
        except OSError as error:
            raise self._failed(f"{self._endpoint} cannot be asked: {error.strerror or error}") from None

    def _cut(self) -> str:
        tls = "with" if self._endpoint.secure else "without"
        why = f"the connection broke off after {self._come_to}; is the server up, and does it listen {tls} TLS there?"
        return f"{why} nothing was imported"

    def _portion(self, calls: Sequence[Call], until: float) -> list[Any]:
        first = self._next
        self._next += len(calls)
        self._send([(first + place, call.method, _params(call)) for place, call in enumerate(calls)], until)
        answers: dict[int, Any] = {}
        while len(answers) < len(calls):
            row = self._answer(until)
            if first <= row["id"] < first + len(calls):
                answers[row["id"] - first] = row
        return [self._result(call, answers[place]) for place, call in enumerate(calls)]

    def _result(self, call: Call, row: dict[str, Any]) -> Any:
        error = row.get("error")
        return row.get("result") if error is None else NodeError.of(self.where(call), error)

    def _connect(self, until: float) -> None:
        """Connect, and agree on a version of the protocol."""
        if self._socket is not None:
            return
        plain = socket.create_connection((self._endpoint.host, self._endpoint.port), timeout=_CONNECT)
        self._socket = plain
        if self._endpoint.secure:
            context = trusting(self._certificate)
            self._socket = context.wrap_socket(plain, server_hostname=self._endpoint.host)
        self._next = _HELLO + 1
        self._send([(_HELLO, "server.version", ("gitbtc", list(VERSIONS)))], until)
        row = self._answer(until)
        told = row.get("result")
        if row["id"] != _HELLO or not (isinstance(told, list) and len(told) == len(VERSIONS)):
            raise self._failed(f"it does not speak the protocol in version {' to '.join(VERSIONS)}: {_said(row)}")

    def _send(self, messages: list[tuple[int, str, Sequence[Any]]], until: float) -> None:
        lines = [
            json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)})
            for number, method, params in messages
        ]
        self._timed(until).sendall("".join(line + "\n" for line in lines).encode())

    def _answer(self, until: float) -> dict[str, Any]:
        """The next answer; notifications are skipped, and pings answered."""
        while True:
            row = self._message(until)
            if "method" in row:
                if row.get("id") is not None:
                    reply = json.dumps({"jsonrpc": "2.0", "id": row["id"], "result": None}) + "\n"
                    self._timed(until).sendall(reply.encode())
            elif type(row.get("id")) is int and ("result" in row or "error" in row):
                return row
            else:
                raise self._failed(f"it did not understand what it was asked: {_said(row)}")

    def _message(self, until: float) -> dict[str, Any]:
        line = self._line(until)
        try:
            row = decoded(line.decode(), self.name)
        except (BadAnswer, UnicodeDecodeError):
            row = None
        if not isinstance(row, dict):
            raise self._failed(f"{self._endpoint} does not answer as an Electrum server does: no line of JSON")
        return row

    def _line(self, until: float) -> bytes:
        parts, size = [self._read], len(self._read)
        while b"\n" not in parts[-1]:
            part = self._timed(until).recv(65536)
            if not part:
                raise EOFError
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER:
                raise self._failed(f"an answer is larger than {MAX_ANSWER // 2**20} MiB")
        line, _, self._read = b"".join(parts).partition(b"\n")
        return line

    def _timed(self, until: float) -> socket.socket:
        """The connection, which waits until a moment at most."""
        left = until - time.monotonic()
        if left <= 0 or self._socket is None:
            raise TimeoutError
        self._socket.settimeout(left)
        return self._socket

    def _failed(self, why: str) -> Unreadable:
        self.close()
        return self._who.failed(why)


def _params(call: Call) -> list[Any]:
    return [int(param) if call.method in NUMBERS else param for param in call.params]


def _said(row: dict[str, Any]) -> str:
    """What an answer says went wrong."""
    return "no reason given" if row.get("error") is None else NodeError.of("", row["error"]).said
