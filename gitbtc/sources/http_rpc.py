"""A live Bitcoin Core node as somebody to ask: JSON-RPC over one HTTP connection, and every failure as one message.

Written after Bitcoin Core's httpserver.cpp, httprpc.cpp and rpc/request.cpp: 64 requests may queue, a batch takes one
place; an idle connection is closed after 30 seconds; an error comes as HTTP 200 in JSON-RPC 2.0 (from 28 on) and as
500, 404 or 400 before; a missing or wrong password is a 401 without a body.
"""

from __future__ import annotations

import base64
import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gitbtc import progress
from gitbtc.sources.answers import BadAnswer, decoded
from gitbtc.sources.asking import Call, LoginRefused, NodeError, Patience
from gitbtc.sources.http_exchange import MAX_ANSWER, Correspondent, HttpExchange, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitbtc.sources.asking import Unreadable
    from gitbtc.sources.endpoints import NodeAccess

# All that is ever asked. None of them changes anything in the node or its wallet.
ALLOWED = frozenset([
    "estimatesmartfee", "getaddressesbylabel", "getbalances", "getbestblockhash", "getblockchaininfo", "getblockheader",
    "getmempoolentry", "getnetworkinfo", "getrawtransaction", "gettransaction", "getwalletinfo", "listdescriptors",
    "listlabels", "listlockunspent", "listsinceblock", "listunspent", "listwalletdir", "listwallets", "scantxoutset",
    "waitfornewblock",
])  # fmt: skip
BATCH = 100
# Lists that are as long as the wallet is old, each in one answer, and what is read of their rows: of an answer that is
# larger than others may be, the rest is not kept.
_LISTS = {"listsinceblock": frozenset(["txid"]), "listunspent": frozenset(["txid", "vout", "amount"])}
MAX_LIST = 512 * 1024 * 1024  # bytes; some 500,000 transactions
_AROUND_ROWS = frozenset(
    ["jsonrpc", "id", "result", "error", "code", "message", "transactions", "removed", "lastblock"]
)
_PAUSES = (1, 2, 4, 8)  # seconds between tries while the node's queue is full
_WARMING_UP, _NO_WALLET, _WHICH_WALLET, _NO_METHOD, _WALLET_ERROR = -28, -18, -19, -32601, -4


class HttpRpc:
    """A node, asked over one connection. `progress` is told in words what is going on."""

    live = True

    def __init__(
        self, node: NodeAccess, patience: Patience | None = None, progress: Callable[[str], None] = lambda _: None
    ) -> None:
        self.name = node.name
        self.wallet = node.wallet
        self._credentials = node.credentials
        self._patience = patience or Patience()
        self._progress = progress
        self._who = Correspondent(node.name, "bitcoind", "is bitcoind running, with server=1?")
        self._http = HttpExchange(node.endpoint, self._who, self._login, self._patience.answer)
        self._batch = BATCH

    def where(self, call: Call) -> str:
        """The method, and of whom it was asked."""
        return f"{self.name}: {call.method}"

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """The result of each call, or a NodeError in its place. Raises Unreadable."""
        results: list[Any] = []
        with progress.doing(f"{self.name}: answers", len(calls)) as step:
            while len(results) < len(calls):
                step.done = len(results)
                self._http.come_to = f"{len(results)} of {len(calls)} answers"
                part = calls[len(results) : len(results) + self._batch]
                try:
                    results += self._warm(part, self._path())
                except TooLarge:
                    if len(part) == 1:
                        size = _limit(part) // 2**20
                        raise self._failed(f"the answer to {part[0].method} is larger than {size} MiB") from None
                    self._batch = max(1, len(part) // 2)
        return results

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    # -- what an answer means --------------------------------------------------------------------------------------

    def _path(self) -> str:
        return "/" if self.wallet is None else "/wallet/" + quote(self.wallet, safe="")

    def _warm(self, calls: Sequence[Call], path: str) -> list[Any]:
        """The results, from a node that may have to finish its start first."""
        until = time.monotonic() + self._patience.start
        told = ""
        while True:
            results = self._request(calls, path)
            errors = [result for result in results if isinstance(result, NodeError)]
            starting = next((error for error in errors if error.code == _WARMING_UP), None)
            if starting is None:
                self._refuse_fatal(calls, results)
                return results
            if time.monotonic() >= until:
                raise self._failed(f"the node is still starting: {starting.said}")
            if starting.said != told:
                told = starting.said
                self._progress(f"{self.name}: the node is starting: {told}")
            time.sleep(min(0.5, self._patience.start))

    def _refuse_fatal(self, calls: Sequence[Call], results: list[Any]) -> None:
        """Raise Unreadable for an error that means that nothing can be read."""
        for call, error in zip(calls, results, strict=True):
            if not isinstance(error, NodeError):
                continue
            if error.code == _NO_METHOD:
                raise self._failed(f"the node has no method {call.method}: no wallet support, or older than 25.0")
            if error.code == _NO_WALLET:
                raise self._failed(self._no_wallet())
            if error.code == _WHICH_WALLET:
                raise self._failed(f"several wallets are loaded: {self._names('listwallets')}; name one "
                                   '(wallet = "…", --wallet)')  # fmt: skip
            if error.code == _WALLET_ERROR and "already being loaded" in error.said:
                raise self._failed(f"the wallet is being loaded: {error.said}; wait")

    def _no_wallet(self) -> str:
        loaded = self._names("listwallets")
        if self.wallet is None:
            return "no wallet is loaded"
        here = self._known_wallets()
        exists = (
            "" if here is None else "; the node has it, not loaded" if self.wallet in here else "; it has no such one"
        )
        return f'no wallet "{self.wallet}" is loaded{exists}; loaded: {loaded or "none"}'

    def _names(self, method: str) -> str:
        (result,) = self._request([Call(method)], "/")
        return ", ".join(f'"{name}"' if not name else str(name) for name in result) if isinstance(result, list) else "?"

    def _known_wallets(self) -> set[str] | None:
        (result,) = self._request([Call("listwalletdir")], "/")
        rows = result.get("wallets") if isinstance(result, dict) else None
        return {str(row.get("name")) for row in rows if isinstance(row, dict)} if isinstance(rows, list) else None

    # -- one request -----------------------------------------------------------------------------------------------

    def _request(self, calls: Sequence[Call], path: str) -> list[Any]:
        """The result, or the NodeError, of each call of one request."""
        for call in calls:
            if call.method not in ALLOWED:
                raise ValueError(f"{call.method} is not among the methods that are asked")
        asked = [{"jsonrpc": "2.0", "id": place, "method": call.method, "params": list(call.params)}
                 for place, call in enumerate(calls)]  # fmt: skip
        body = json.dumps(asked if len(asked) > 1 else asked[0]).encode()
        status, content = self._patiently(path, body, calls)
        return self._matched(calls, self._json(status, content, calls))

    def _patiently(self, path: str, body: bytes, calls: Sequence[Call]) -> tuple[int, bytes]:
        """The answer, asked for again while the queue is full, and once more with the cookie of a new start."""
        pauses = iter(_PAUSES)
        refused = False
        while True:
            status, content = self._http.exchange("POST", path, body, _limit(calls))
            if status == HTTPStatus.UNAUTHORIZED and not refused:
                refused = True
                self.close()  # with the next connection the cookie is read again
            elif status == HTTPStatus.UNAUTHORIZED:
                why = f"the node refused the user and password from {self._credentials.origin}"
                raise LoginRefused(f"{self.name}: {why}")
            elif status == HTTPStatus.FORBIDDEN:
                methods = ", ".join(sorted({call.method for call in calls}))
                raise self._failed("the node does not allow this address (rpcallowip) or one of these methods "
                                   f"(rpcwhitelist): {methods}")  # fmt: skip
            elif status == HTTPStatus.SERVICE_UNAVAILABLE:
                self._rest(content, pauses)
            else:
                return status, content

    def _rest(self, content: bytes, pauses: Any) -> None:
        if b"shutdown" in content.lower():
            raise self._failed("the node is shutting down")
        pause = next(pauses, None)
        if pause is None:
            raise self._failed("the node is busy (its queue of rpcworkqueue=64 is full); try later")
        self._progress(f"{self.name}: the node is busy; asking again in {pause} s")
        time.sleep(pause)

    def _json(self, status: int, content: bytes, calls: Sequence[Call]) -> Any:
        kept = _LISTS[calls[0].method] | _AROUND_ROWS if len(content) > MAX_ANSWER else None
        try:
            return decoded(content.decode(), f"{self.name}: HTTP {status}", kept)
        except (BadAnswer, UnicodeDecodeError):
            raise self._http.foreign(f"HTTP {status} without JSON") from None

    def _matched(self, calls: Sequence[Call], answers: Any) -> list[Any]:
        """The answers in the order of the calls: a batch may be answered in any."""
        rows = answers if isinstance(answers, list) else [answers]
        if not all(isinstance(row, dict) and ("result" in row or "error" in row) for row in rows):
            raise self._http.foreign("JSON that is no answer to a call")
        if isinstance(answers, dict) and len(calls) > 1:  # one error for the whole batch
            rows = [{**answers, "id": place} for place in range(len(calls))]
        by_place = {row.get("id"): row for row in rows if type(row.get("id")) is int}
        if isinstance(answers, dict) and not by_place:  # an error before the request was understood has no id
            by_place = {0: answers}
        missing = len(calls) - sum(place in by_place for place in range(len(calls)))
        if missing:
            raise self._failed(f"{missing} of {len(calls)} answers are missing; nothing was imported")
        return [self._result(call, by_place[place]) for place, call in enumerate(calls)]

    def _result(self, call: Call, row: dict[str, Any]) -> Any:
        error = row.get("error")
        return row.get("result") if error is None else NodeError.of(self.where(call), error)

    def _login(self) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(self._credentials.read()).decode()}

    def _failed(self, why: str) -> Unreadable:
        return self._who.failed(why)


def _limit(calls: Sequence[Call]) -> int:
    """How many bytes the answer to a request may have."""
    return MAX_LIST if len(calls) == 1 and calls[0].method in _LISTS else MAX_ANSWER
