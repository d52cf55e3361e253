"""One HTTP connection to a program, bounded in time and in size; every failure is one message.

It is what all that are asked over HTTP have in common: JSON-RPC (http_rpc.py) and REST.
"""

from __future__ import annotations

import http.client
import math
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitbtc.errors import CannotWork
from gitbtc.sources.answers import BadAnswer, decoded
from gitbtc.sources.asking import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gitbtc.sources.endpoints import Endpoint

MAX_ANSWER = 32 * 1024 * 1024  # bytes
_CONNECT = 10  # seconds


class TooLarge(Exception):
    """The answer is larger than what is taken."""


@dataclass(frozen=True)
class Correspondent:
    """Who is asked, for messages: `name` of the source, the program (`daemon`), and what to look at where nothing
    listens (`hint`).
    """

    name: str
    daemon: str
    hint: str

    def failed(self, why: str) -> Unreadable:
        """The error that says so."""
        return Unreadable(f"{self.name}: {why}")


class HttpExchange:
    """Requests to one endpoint, over one connection while it lasts. Raises Unreadable.

    `headers` are asked for anew with every connection, since what proves a login can change; `certificate` is a file of
    the certificates that an endpoint may show beside those that the system knows. `come_to` is said where the
    connection breaks off.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        correspondent: Correspondent,
        headers: Callable[[], Mapping[str, str]],
        seconds: float,
        certificate: Path | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.come_to = ""
        self._who = correspondent
        self._read_headers = headers
        self._seconds = seconds
        self._certificate = certificate
        self._connection: http.client.HTTPConnection | None = None
        self._headers: Mapping[str, str] = {}

    def exchange(self, method: str, path: str, body: bytes | None = None, most: int = MAX_ANSWER) -> tuple[int, bytes]:
        """Status and body of the answer. A connection that was closed while it was idle is made anew.

        Raises TooLarge for a body of more than `most` bytes.
        """
        reused = self._connection is not None
        until = time.monotonic() + self._seconds
        try:
            return self._once(method, path, body, until, most)
        except (ConnectionError, http.client.BadStatusLine) as error:
            self.close()
            if isinstance(error, ConnectionRefusedError):
                raise self._who.failed(f"nothing listens at {self.endpoint}; {self._who.hint}") from None
            if not reused:
                raise self._cut() from None
            return self.exchange(method, path, body, most)
        except TimeoutError:
            self.close()
            raise self._who.failed(f"{self.endpoint} gave no whole answer within {self._seconds:g} s") from None
        except http.client.IncompleteRead:
            self.close()
            raise self._cut() from None
        except ssl.SSLError as error:
            self.close()
            raise self._who.failed(not_secure(self.endpoint, self._certificate, error)) from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            reason = getattr(error, "strerror", None) or "not HTTP"
            raise self._who.failed(f"{self.endpoint} cannot be asked: {reason}") from None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def json_object(self, status: int, content: bytes) -> dict[str, Any]:
        """The body of an answer, which is one JSON object as a REST interface answers."""
        try:
            answer = decoded(content.decode(), f"{self._who.name}: HTTP {status}")
        except (BadAnswer, UnicodeDecodeError):
            raise self.foreign(f"HTTP {status} without JSON") from None
        if not isinstance(answer, dict):
            raise self.foreign("JSON that is no answer to a call")
        return answer

    def foreign(self, what: str) -> Unreadable:
        """The error for an answer that is not the program's."""
        self.close()
        return self._who.failed(f"{self.endpoint} does not answer as {self._who.daemon} does (a proxy's page?): {what}")

    def _cut(self) -> Unreadable:
        after = f" after {self.come_to}" if self.come_to else ""
        return self._who.failed(f"the connection broke off{after}; is the node shutting down? nothing was imported")

    # -- one request -----------------------------------------------------------------------------------------------

    def _once(self, method: str, path: str, body: bytes | None, until: float, most: int) -> tuple[int, bytes]:
        connection = self._connected(until)
        kind = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, body, {**self._headers, **kind, "Accept-Encoding": "identity"})
        response = connection.getresponse()
        content = self._body(response, until, most)
        if response.will_close:
            self.close()
        if response.getheader("Content-Encoding", "identity").lower() != "identity":
            raise self.foreign("it compresses its answers")
        return response.status, content

    def _body(self, response: http.client.HTTPResponse, until: float, most: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := response.read1(65536):
            parts.append(part)
            size += len(part)
            if size > most:
                self.close()
                raise TooLarge
            if time.monotonic() > until:
                raise TimeoutError
        missing = response.length
        response.close()  # the connection may be used again; read1 leaves the response open
        if missing:  # and ends without a word where the other side hung up
            raise http.client.IncompleteRead(b"", missing)
        return b"".join(parts)

    def _connected(self, until: float) -> http.client.HTTPConnection:
        if self._connection is None:
            try:
                self._headers = self._read_headers()
                self._connection = self._made()
            except CannotWork as error:
                raise self._who.failed(str(error)) from None
            self._connection.connect()
        self._connection.sock.settimeout(max(0.01, until - time.monotonic()))
        if isinstance(self._connection.sock, _Timed | _TimedSecure):
            self._connection.sock.until = until
        return self._connection

    def _made(self) -> http.client.HTTPConnection:
        host, port = self.endpoint.host, self.endpoint.port
        if not self.endpoint.secure:
            return _Plain(host, port, timeout=_CONNECT)
        context = trusting(self._certificate)
        context.sslsocket_class = _TimedSecure
        return http.client.HTTPSConnection(host, port, timeout=_CONNECT, context=context)


def trusting(certificate: Path | None) -> ssl.SSLContext:
    """What takes a server for proved that shows one of the certificates in a file, or one that the system knows. Raises
    CannotWork for a file that has none.
    """
    try:
        return ssl.create_default_context(cafile=certificate)
    except OSError as error:  # ssl.SSLError, of what is no certificate, is one too
        why = error.strerror if not isinstance(error, ssl.SSLError) and error.strerror else "it holds none"
        raise CannotWork(f"no certificate can be read from {certificate}: {why}") from None


def not_secure(endpoint: Endpoint, certificate: Path | None, error: ssl.SSLError) -> str:
    """What went wrong with TLS, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        known = f"by {certificate}" if certificate else "by what this system trusts"
        why = getattr(error, "verify_message", "") or "unknown"
        return f"the certificate of {endpoint} is not proved {known}: {why}"
    return f"{endpoint} does not speak TLS as it should ({error.reason or 'no reason given'})"


class _Timed(socket.socket):
    """A socket that reads until a moment, however slowly what it reads drips in."""

    until = math.inf

    def recv_into(self, *arguments: Any) -> int:
        """What socket.recv_into does. Raises TimeoutError when the time is up."""
        self.settimeout(max(0.001, self.until - time.monotonic()))
        return super().recv_into(*arguments)


class _TimedSecure(ssl.SSLSocket):
    """The same with TLS."""

    until = math.inf

    def recv_into(self, *arguments: Any) -> int:
        """What ssl.SSLSocket.recv_into does. Raises TimeoutError when the time is up."""
        self.settimeout(max(0.001, self.until - time.monotonic()))
        return super().recv_into(*arguments)


class _Plain(http.client.HTTPConnection):
    """A connection without TLS, over such a socket."""

    def connect(self) -> None:
        """Connect."""
        super().connect()
        timeout = self.sock.gettimeout()
        self.sock = _Timed(fileno=self.sock.detach())
        self.sock.settimeout(timeout)
