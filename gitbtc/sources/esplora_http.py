"""An Esplora or mempool.space server as somebody to ask, over HTTP; every failure as one message.

Redirects are not followed: what is asked tells the addresses of a wallet, and the user has said whom. Too many requests
(429) are not sent again: the public servers count them, and shut out who goes on.
"""

from __future__ import annotations

import base64
import http.client
import time
from typing import TYPE_CHECKING, Any

from gitbtc import progress
from gitbtc.sources.answers import BadAnswer, decoded
from gitbtc.sources.asking import LoginRefused, NodeError, Patience
from gitbtc.sources.chain_wallet import SERVER
from gitbtc.sources.esplora import OPTIONAL, PATHS, TEXTS
from gitbtc.sources.http_exchange import MAX_ANSWER, Correspondent, HttpExchange, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gitbtc.sources.asking import Call
    from gitbtc.sources.endpoints import Credentials, Endpoint

_PAUSES = (1, 2, 4, 8)  # seconds between tries while the server is overloaded, or starts
_BUSY = (http.client.BAD_GATEWAY, http.client.SERVICE_UNAVAILABLE, http.client.GATEWAY_TIMEOUT)
_REDIRECTS = range(300, 400)
_LONGEST_TEXT = 200  # characters of what a server says went wrong


class EsploraHttp:
    """A server whose paths begin with `base`. `login` is of a server behind a password; `certificate` a file of the
    certificates that it may show; `progress` is told in words what is going on.
    """

    live = True

    def __init__(  # noqa: PLR0913, PLR0917 - what reaches a server
        self,
        name: str,
        endpoint: Endpoint,
        base: str = "",
        login: Credentials | None = None,
        certificate: Path | None = None,
        patience: Patience | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.name = name
        self._base = base
        self._login = login
        self._progress = progress
        self._who = Correspondent(name, "an Esplora server", "is an Esplora or mempool.space server running there?")
        seconds = (patience or Patience()).answer
        self._http = HttpExchange(endpoint, self._who, self._headers, seconds, certificate)
        self._asked = 0

    def where(self, call: Call) -> str:
        """The path, and of whom it was asked."""
        return f"{self.name}: {PATHS.get(call.method, call.method).format(*call.params)}"

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """The result of each call, or a NodeError in its place, whose code is the HTTP status. Raises Unreadable."""
        asked = progress.counted(f"{self.name}: questions", calls, len(calls))
        return [{"host": self._http.endpoint.host} if call == SERVER else self._answer(call) for call in asked]

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _headers(self) -> Mapping[str, str]:
        if self._login is None:
            return {}
        return {"Authorization": "Basic " + base64.b64encode(self._login.read()).decode()}

    def _answer(self, call: Call) -> Any:
        self._asked += 1
        self._http.come_to = f"{self._asked - 1} answers"
        path = self._base + PATHS[call.method].format(*call.params)
        pauses = iter(_PAUSES)
        while True:
            status, content = self._exchange(path)
            pause = next(pauses, None) if status in _BUSY and call.method not in OPTIONAL else None
            if pause is None:
                return self._result(call, status, content)
            self._progress(f"{self.name}: the server is busy (HTTP {status}); asking again in {pause} s")
            time.sleep(pause)

    def _exchange(self, path: str) -> tuple[int, bytes]:
        try:
            return self._http.exchange("GET", path)
        except TooLarge:
            raise self._who.failed(f"an answer is larger than {MAX_ANSWER // 2**20} MiB") from None

    def _result(self, call: Call, status: int, content: bytes) -> Any:
        if status == http.client.OK:
            return self._read(call, content)
        if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
            raise LoginRefused(f"{self.name}: {self._refused(status)}")
        if status == http.client.TOO_MANY_REQUESTS:
            raise self._who.failed("it was asked too much (HTTP 429); try later, or ask a server of your own")
        if status in _REDIRECTS:
            raise self._who.failed(f"it sends elsewhere (HTTP {status}); write the url that this leads to")
        if status in _BUSY and call.method not in OPTIONAL:
            raise self._who.failed(f"the server is out of order (HTTP {status}); try later")
        said = content.decode("utf-8", "replace").strip()
        if "<html" in said.lower() and call.method not in OPTIONAL:
            raise self._http.foreign(f"HTTP {status} with a page; the url must be that of its API")
        return NodeError(self.where(call), status, said[:_LONGEST_TEXT] or f"HTTP {status}")

    def _refused(self, status: int) -> str:
        if self._login is None:
            return f'it asks for a login (HTTP {status}); name one: auth = "env:NAME", --auth env:NAME'
        return f"it refused the user and password from {self._login.origin} (HTTP {status})"

    def _read(self, call: Call, content: bytes) -> Any:
        try:
            text = content.decode()
            if call.method not in TEXTS:
                return decoded(text, self.where(call))
        except (BadAnswer, UnicodeDecodeError):
            if call.method in OPTIONAL:  # a page that stands for all paths that a server does not know
                return NodeError(self.where(call), http.client.OK, "no JSON")
            raise self._http.foreign(f"{PATHS[call.method].format(*call.params)} gives no JSON") from None
        if "<" in text:
            raise self._http.foreign(f"{PATHS[call.method].format(*call.params)} gives a page")
        return text.strip()
