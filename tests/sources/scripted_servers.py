"""Servers of a chain on loopback, with and without TLS, that misbehave as their script says."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from tests.self_signed import self_signed
from tests.sources.chains import Electrum, Esplora, Refused
from tests.sources.scripted_node import Handler, as_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sources.scripted_node import Fault

    Mischief = Callable[["LineHandler", list[bytes]], None]


class _QuietHttp(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that hangs up, or does not trust the certificate, is what is tested."""


class _QuietTcp(socketserver.ThreadingTCPServer):
    def handle_error(self, *_: Any) -> None:
        """As above."""


@dataclass
class EsploraServer:
    """`faults` has what befalls the next requests; None is nothing. `log` has every path that was asked, without the
    `base`. With `tls`, a folder for its certificate, it speaks HTTPS.
    """

    answers: Esplora
    base: str = ""
    faults: list[Fault | None] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    login: str | None = None
    tls: Path | None = None
    url: str = ""
    certificate: str = ""
    before: Callable[[str], None] = lambda _: None

    def __enter__(self) -> Self:
        self._server = _QuietHttp(("127.0.0.1", 0), type("Bound", (EsploraHandler,), {"server_of": self}))
        self._server.daemon_threads = True
        if self.tls is not None:
            self.certificate = str(self_signed(self.tls).certificate)
            self._server.socket = _secured(self._server.socket, self.tls)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        scheme = "http" if self.tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}{self.base}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _secured(listening: Any, folder: Path) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.cert", folder / "tls.key")
    return context.wrap_socket(listening, server_side=True, do_handshake_on_connect=False)


class EsploraHandler(Handler, BaseHTTPRequestHandler):
    """Serves one EsploraServer."""

    server_of: EsploraServer

    def do_GET(self) -> None:
        server = self.server_of
        path = self.path.removeprefix(server.base)
        server.log.append(path)
        server.before(path)
        if server.login is not None and self.headers.get("Authorization") != server.login:
            self.reply(401, b"<html>Who are you?</html>")
            return
        status, said = server.answers.answer(path)
        content = said.encode() if isinstance(said, str) else as_json(said)
        fault = server.faults.pop(0) if server.faults else None
        if fault is not None:
            fault(self, [], content)
        else:
            self.reply(status, content)


@dataclass
class ElectrumServer:
    """`faults` has what befalls the next portions of answers; `log` every call that was answered."""

    answers: Electrum
    faults: list[Mischief | None] = field(default_factory=list)
    log: list[tuple[str, list[Any]]] = field(default_factory=list)
    tls: Path | None = None
    url: str = ""
    certificate: str = ""
    before: Callable[[str], None] = lambda _: None

    def __enter__(self) -> Self:
        self._server = _QuietTcp(("127.0.0.1", 0), type("Bound", (LineHandler,), {"server_of": self}))
        self._server.daemon_threads = True
        if self.tls is not None:
            self.certificate = str(self_signed(self.tls).certificate)
            self._server.socket = _secured(self._server.socket, self.tls)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"{'tcp' if self.tls is None else 'ssl'}://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class LineHandler(socketserver.StreamRequestHandler):
    """Serves one ElectrumServer: what has come in at once is answered at once, each call by a line."""

    server_of: ElectrumServer

    def handle(self) -> None:
        buffered = b""
        try:
            while part := self.connection.recv(1 << 20):
                *lines, buffered = (buffered + part).split(b"\n")
                answers = [self._answer(json.loads(line)) for line in lines]
                fault = self.server_of.faults.pop(0) if self.server_of.faults and answers else None
                if fault is not None:
                    fault(self, answers)
                else:
                    self.connection.sendall(b"".join(answers))
        except OSError:
            pass  # the client has hung up, as it does on a fault

    def _answer(self, asked: dict[str, Any]) -> bytes:
        if "method" not in asked:  # to a ping of ours
            self.server_of.log.append(("answer", [asked["id"]]))
            return b""
        self.server_of.log.append((asked["method"], asked["params"]))
        self.server_of.before(asked["method"])
        try:
            answer: dict[str, Any] = {"result": self.server_of.answers.result(asked["method"], asked["params"])}
        except Refused as error:
            answer = {"error": {"code": error.code, "message": str(error)}}
        return as_json({"jsonrpc": "2.0", "id": asked["id"], **answer}) + b"\n"


# -- what befalls an Electrum server -----------------------------------------------------------------------------------


def says(content: bytes) -> Mischief:
    return lambda handler, _: handler.connection.sendall(content)


def cut_after(count: int) -> Mischief:
    def fault(handler: LineHandler, answers: list[bytes]) -> None:
        handler.connection.sendall(b"".join(answers)[:count])
        handler.connection.shutdown(2)

    return fault


def drip(handler: LineHandler, answers: list[bytes]) -> None:
    for place in range(len(content := b"".join(answers))):
        handler.connection.sendall(content[place : place + 1])
        threading.Event().wait(0.05)


def hang(handler: LineHandler, _: list[bytes]) -> None:
    handler.connection.recv(1)  # until the client has had enough


def shuffled(handler: LineHandler, answers: list[bytes]) -> None:
    noise = b'{"jsonrpc":"2.0","method":"blockchain.headers.subscribe","params":[{}]}\n'
    ping = b'{"jsonrpc":"2.0","id":"from-the-server","method":"server.ping","params":[]}\n'
    handler.connection.sendall(noise + ping + b"".join(reversed(answers)))


def one_missing(handler: LineHandler, answers: list[bytes]) -> None:
    handler.connection.sendall(b"".join(answers[:-1]))


def huge(handler: LineHandler, answers: list[bytes]) -> None:
    del answers
    for _ in range(40):
        handler.connection.sendall(b" " * 2**20)
