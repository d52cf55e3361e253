"""Lightning nodes on loopback that answer from a folder, and misbehave as their script says."""

from __future__ import annotations

import json
import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from tests.self_signed import self_signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    Fault = Callable[["LndHandler"], None]
    SocketFault = Callable[["SocketHandler", bytes], None]

ANSWERS = Path(__file__).parent / "lightning"
MACAROON = bytes(range(40)) * 3
RUNE = "bWFkZSB1cCBmb3IgdGVzdHMsIGFuZCBubyBydW5lIGF0IGFsbA=="
# Path and query of a GET, or path of a POST -> the file that answers; {} stands for what the path names.
_PLACES = [
    (r"GET /v1/state", "state"),
    (r"GET /v1/getinfo", "getinfo"),
    (r"GET /v1/channels\?peer_alias_lookup=true", "listchannels"),
    (r"GET /v1/channels/pending", "pendingchannels"),
    (r"GET /v1/channels/closed", "closedchannels"),
    (r"GET /v1/graph/node/([0-9a-f]{66})\?include_channels=true", "getnodeinfo"),
    (r"GET /v1/graph/node/([0-9a-f]{66})", "getnode-{}"),
    (r"GET /v1/graph/edge/([0-9]+)", "getchaninfo-{}"),
    (r"GET /v1/fees", "feereport"),
    (r"GET /v1/peers", "listpeers"),
    (r"POST /v2/wallet/utxos", "listunspent"),
    (r"POST /v2/wallet/utxos/leases", "listleases"),
]


class _Quiet(ThreadingHTTPServer):
    """A server that says nothing of who hung up, or trusts it not."""

    def handle_error(self, *_: object) -> None:
        """Nothing on the terminal."""


@dataclass
class ScriptedLnd:
    """`faults` has what befalls the next requests, one after the other; None is nothing. `overrides` maps the name of
    an answer to another one, or to `(status, answer)`. `log` has every request as it came.
    """

    folder: Path
    faults: list[Fault | None] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    macaroon: bytes = MACAROON
    url: str = ""

    def __enter__(self) -> Self:
        self.certificate, key = self_signed(self.folder)
        self.macaroon_file = self.folder / "readonly.macaroon"
        self.macaroon_file.write_bytes(MACAROON)
        handler = type("Bound", (LndHandler,), {"node": self})
        self._server = _Quiet(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def refusal(self, place: str, headers: Message) -> tuple[int, Any] | None:
        """What is answered to who may not ask."""
        if place.endswith("/state") or headers.get("Grpc-Metadata-macaroon") == self.macaroon.hex():
            return None
        return 500, {"code": 2, "message": "verification failed: signature mismatch", "details": []}

    def answer(self, request: str) -> tuple[int, Any]:
        """Status and JSON of a request."""
        for pattern, name in _PLACES:
            found = re.fullmatch(pattern, request)
            if found:
                named = name.format(*found.groups())
                said = self.overrides.get(named, self.overrides.get(name))
                if said is not None:
                    return said if isinstance(said, tuple) else (200, said)
                path = ANSWERS / "lnd-rest" / f"{named}.json"
                if path.exists():
                    return 200, json.loads(path.read_bytes())
                return 404, {"code": 5, "message": "unable to find node", "details": []}
        return 404, {"code": 5, "message": "Not Found", "details": []}


@dataclass
class ScriptedClnRest(ScriptedLnd):
    """A lightningd behind clnrest, which answers from the folder `cln`. `log` has the methods with their parameters."""

    def refusal(self, place: str, headers: Message) -> tuple[int, Any] | None:
        """A rune that is none."""
        del place
        return None if headers.get("Rune") == RUNE else (401, {"code": 1501, "message": "Not authorized: Invalid rune"})

    def answer(self, request: str) -> tuple[int, Any]:
        """A call is what is posted to its method."""
        method, _, params = request.removeprefix("POST /v1/").partition(" ")
        said = cln_answer(method, json.loads(params), self.overrides)
        return (500, said["error"]) if "error" in said else (201, said["result"])


def cln_answer(method: str, params: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """The result or the error of a call of lightningd, from the folder or a test's own."""
    name = "-".join([method, *params.values()])
    if method in overrides:
        said = overrides[method]
        return {"error": {"code": said[0], "message": said[1]}} if isinstance(said, tuple) else {"result": said}
    path = ANSWERS / "cln" / f"{name}.json"
    if not path.exists():
        return {"result": {"nodes": []}} if method == "listnodes" else {"error": {"code": -32601, "message": "Unknown"}}
    return {"result": json.loads(path.read_bytes())}


@dataclass
class ScriptedLightningd:
    """A lightningd behind the socket at `path`. `faults` are bytes in the place of the next answers, after which it
    hangs up, where they are no callable; `log` has every call.
    """

    path: Path
    faults: list[SocketFault | None] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        handler = type("Bound", (SocketHandler,), {"node": self})
        self._server = socketserver.ThreadingUnixStreamServer(str(self.path), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class SocketHandler(socketserver.StreamRequestHandler):
    """Serves one ScriptedLightningd."""

    node: ScriptedLightningd

    def handle(self) -> None:
        while line := self.rfile.readline():
            if not line.strip():
                continue
            asked = json.loads(line)
            self.node.log.append(asked["method"])
            said = cln_answer(asked["method"], asked["params"], self.node.overrides)
            answer = {"jsonrpc": "2.0", "id": asked["id"], **said}
            fault = self.node.faults.pop(0) if self.node.faults else None
            try:
                if fault is not None:
                    fault(self, json.dumps(answer).encode())
                    return
                self.wfile.write(json.dumps(answer, indent=1).encode() + b"\n\n")
            except OSError:  # who asked waits no more
                return


class LndHandler(BaseHTTPRequestHandler):
    """Serves one ScriptedLnd."""

    node: ScriptedLnd
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # as in scripted_node.py

    def do_GET(self) -> None:
        self._serve(self.path)

    def do_POST(self) -> None:
        posted = self.rfile.read(int(self.headers["Content-Length"])).decode()
        json.loads(posted)
        path = urlsplit(self.path).path
        self._serve(f"{path} {posted}" if isinstance(self.node, ScriptedClnRest) else path)

    def _serve(self, place: str) -> None:
        request = f"{self.command} {place}"
        self.node.log.append(request)
        fault = self.node.faults.pop(0) if self.node.faults else None
        if fault is not None:
            fault(self)
            return
        status, answer = self.node.refusal(place, self.headers) or self.node.answer(request)
        self.reply(status, json.dumps(answer).encode())

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

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


# -- faults ------------------------------------------------------------------------------------------------------------


def refusing(code: int, message: str, status: int = 500) -> Fault:
    """An error as grpc-gateway writes it."""
    content = json.dumps({"code": code, "message": message, "details": []}).encode()
    return lambda handler: handler.reply(status, content)


def page(handler: LndHandler) -> None:
    handler.reply(200, b"<html><body>Please log in</body></html>", Content_Type="text/html")


def login(handler: LndHandler) -> None:
    """What a proxy in front asks for."""
    handler.reply(401, b"<html><body>Who are you?</body></html>", WWW_Authenticate='Basic realm="hub"')


def compressed(handler: LndHandler) -> None:
    handler.reply(200, b"\x1f\x8b", Content_Encoding="gzip")


def cut(handler: LndHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"channels": [')
    handler.wfile.flush()
    handler.close_connection = True


def hang(handler: LndHandler) -> None:
    threading.Event().wait(1)
    handler.close_connection = True


def drip(handler: LndHandler) -> None:
    """A header that never ends."""
    try:
        for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 400:
            handler.wfile.write(bytes([letter]))
            handler.wfile.flush()
            threading.Event().wait(0.05)  # a test may have taken the pauses out of time.sleep
    except OSError:
        pass
    handler.close_connection = True


def huge(handler: LndHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(40 * 2**20))
    handler.end_headers()
    try:
        for _ in range(40):
            handler.wfile.write(b" " * 2**20)
    except OSError:
        pass
    handler.close_connection = True


# -- faults of a socket ------------------------------------------------------------------------------------------------


def saying(content: bytes) -> SocketFault:
    """Something else, and the end of the connection."""
    return lambda handler, _: handler.wfile.write(content)  # type: ignore[return-value] # how much was written


def cut_off(handler: SocketHandler, answer: bytes) -> None:
    handler.wfile.write(answer[: len(answer) // 2])


def silent(handler: SocketHandler, answer: bytes) -> None:
    del handler, answer
    threading.Event().wait(1)


def dripping(handler: SocketHandler, answer: bytes) -> None:
    for letter in answer:
        handler.wfile.write(bytes([letter]))
        threading.Event().wait(0.05)  # a test may have taken the pauses out of time.sleep


def endless(handler: SocketHandler, answer: bytes) -> None:
    del answer
    for _ in range(40):
        handler.wfile.write(b" " * 2**20)
