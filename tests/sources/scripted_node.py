"""A node on loopback that answers from a recording, and misbehaves as its script says."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from gitbtc.sources.asking import Call, NodeError, NotAnswered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitbtc.sources.recorded import Recorded

    Fault = Callable[["Handler", Any, bytes], None]

NETWORK = {"version": 290_100, "subversion": "/Satoshi:29.1.0/"}
USER = "__cookie__:" + "5f" * 32


@dataclass
class ScriptedNode:
    """`faults` has what befalls the next requests, one after the other; None is nothing. `overrides` maps a method to a
    result, to an error `(code, message)`, or to what makes one of the call's parameters. `log` has every method that
    was asked, `modern` is JSON-RPC 2.0.
    """

    recording: Recorded
    cookie: Path
    faults: list[Fault | None] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    modern: bool = True
    secret: str = USER
    url: str = ""

    def __enter__(self) -> Self:
        self.cookie.write_text(self.secret)
        handler = type("Bound", (Handler,), {"node": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def result(self, method: str, params: list[Any]) -> Any:
        """What the recording, or an override, says."""
        if method in self.overrides:
            said = self.overrides[method]
            return said(*params) if callable(said) else said
        if method == "getnetworkinfo":
            return NETWORK
        if method == "getaddressesbylabel":
            return self._addresses(params[0])
        (result,) = self.recording.ask([Call(method, tuple(params))])
        if isinstance(result, NodeError):
            return result.code, result.said
        return (-5, "not recorded") if isinstance(result, NotAnswered) else result

    def _addresses(self, label: str) -> dict[str, Any]:
        """The address book, as far as transactions show it."""
        (listed,) = self.recording.ask([Call("listsinceblock", ("",))])
        txids = [row["txid"] for row in listed["transactions"]]
        rows = [row for txid in txids for row in self.result("gettransaction", [txid])["details"]]
        return {row["address"]: {"purpose": "receive"} for row in rows if row.get("label") == label}


class Handler(BaseHTTPRequestHandler):
    """Serves one ScriptedNode."""

    node: ScriptedNode
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are sent apart: the client would wait 40 ms for each answer

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != "Basic " + b64encode(self.node.secret.encode()).decode():
            self.reply(401, b"")
            return
        calls = asked if isinstance(asked, list) else [asked]
        self.node.log += [call["method"] for call in calls]
        rows = [self._row(call) for call in calls]
        content = as_json(rows if isinstance(asked, list) else rows[0])
        fault = self.node.faults.pop(0) if self.node.faults else None
        if fault is not None:
            fault(self, rows, content)
            return
        failed = not isinstance(asked, list) and not self.node.modern and rows[0]["error"]
        self.reply(500 if failed else 200, content)

    def _row(self, call: dict[str, Any]) -> dict[str, Any]:
        result = self.node.result(call["method"], call["params"])
        if isinstance(result, tuple):
            answer = {"error": {"code": result[0], "message": result[1]}}
        else:
            answer = {"result": result}
        head = {"jsonrpc": "2.0"} if self.node.modern else {"result": None, "error": None}
        return {**head, **answer, "id": call["id"]}

    def reply(self, status: int, content: bytes, **headers: str) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:  # who asked waits no more
            self.close_connection = True

    def hang_up(self) -> None:
        """Close the connection as a node that dies does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def as_json(value: Any) -> bytes:
    """JSON with each Decimal as it is spelled."""
    marked = json.dumps(value, default=lambda number: f"@{number:f}@" if isinstance(number, Decimal) else number)
    return marked.replace('"@', "").replace('@"', "").encode()


# -- faults ------------------------------------------------------------------------------------------------------------


def status(code: int, content: bytes = b"", **headers: str) -> Fault:
    return lambda handler, _, __: handler.reply(code, content, **headers)


def cut_after(count: int) -> Fault:
    def fault(handler: Handler, _: Any, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:count])
        handler.wfile.flush()
        handler.hang_up()

    return fault


def drip(handler: Handler, _: Any, content: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    try:
        for place in range(len(content)):
            handler.wfile.write(content[place : place + 1])
            handler.wfile.flush()
            threading.Event().wait(0.05)  # a test may have taken the pauses out of time.sleep
    except OSError:
        handler.close_connection = True


def shuffled(handler: Handler, rows: Any, _: bytes) -> None:
    handler.reply(200, as_json(rows[::-1]) if len(rows) > 1 else as_json(rows[0]))


def one_missing(handler: Handler, rows: Any, _: bytes) -> None:
    handler.reply(200, as_json(rows[:-1]))


def huge(handler: Handler, _: Any, __: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(40 * 2**20))
    handler.end_headers()
    try:
        for _ in range(40):
            handler.wfile.write(b" " * 2**20)
    except OSError:
        handler.close_connection = True


def compressed(handler: Handler, _: Any, content: bytes) -> None:
    handler.reply(200, gzip.compress(content), Content_Encoding="gzip")
