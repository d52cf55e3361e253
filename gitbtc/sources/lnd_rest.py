"""A live LND as somebody to ask: its REST interface, in the words and shapes of `lncli`.

What lncli prints in another shape than REST answers is brought to lncli's: the door tells how bytes are written, Base64
here and hex there. Written after lnrpc/rest-annotations.yaml, lnrpc/state.go and rpcperms/interceptor.go of LND: until
the server is active each call is refused in words, a macaroon that is none too, and an error has a code of gRPC.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gitbtc.errors import CannotWork
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.asking import Call, LoginRefused, NodeError, Patience
from gitbtc.sources.http_exchange import MAX_ANSWER, Correspondent, HttpExchange, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gitbtc.sources.asking import Unreadable
    from gitbtc.sources.endpoints import Endpoint, SecretText

_EVERY_OUTPUT = {"min_confs": 0, "max_confs": 2**31 - 1}
# All that is ever asked: the method and path of each call, and what is posted. None of them changes anything; the three
# that are posted are questions whose parameters stand in a body.
ALLOWED: dict[str, tuple[str, str, Any]] = {
    "state": ("GET", "/v1/state", None),
    "getinfo": ("GET", "/v1/getinfo", None),
    "listchannels": ("GET", "/v1/channels?peer_alias_lookup=true", None),
    "pendingchannels": ("GET", "/v1/channels/pending", None),
    "closedchannels": ("GET", "/v1/channels/closed", None),
    "getnodeinfo": ("GET", "/v1/graph/node/{}?include_channels=true", None),
    "getnode": ("GET", "/v1/graph/node/{}", None),
    "getchaninfo": ("GET", "/v1/graph/edge/{}", None),
    "feereport": ("GET", "/v1/fees", None),
    "listpeers": ("GET", "/v1/peers", None),
    "listunspent": ("POST", "/v2/wallet/utxos", _EVERY_OUTPUT),
    "listleases": ("POST", "/v2/wallet/utxos/leases", {}),
}
_ACTIVE = "SERVER_ACTIVE"
_STARTING = frozenset(["UNLOCKED", "RPC_ACTIVE"])
_LOCKED = "its wallet is locked; unlock it (lncli unlock)"
_LEADER = "lnd waits to become leader of its cluster"
# What /v1/state says of an lnd that does not answer, nor will by being waited for.
_SILENT = {
    "NON_EXISTING": "it has no wallet yet (lncli create)", "LOCKED": _LOCKED, "WAITING_TO_START": _LEADER,
}  # fmt: skip
# Parts of an error's message -> what is meant.
_REFUSED = ("cannot determine data format", "verification failed", "expected 1 macaroon", "cannot get macaroon",
            "macaroon")  # fmt: skip
_PAUSE = 0.5  # seconds between looks at an lnd that starts


class LndRest:
    """An lnd, asked over one connection. `progress` is told in words what is going on."""

    live = True

    def __init__(  # noqa: PLR0913, PLR0917 - where it is, how it is proved, and how it is waited for
        self,
        name: str,
        endpoint: Endpoint,
        macaroon: SecretText,
        certificate: Path | None,
        patience: Patience | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.name = name
        self._macaroon = macaroon
        self._patience = patience or Patience()
        self._progress = progress
        self._who = Correspondent(name, "lnd", "is lnd running, and is this its REST port (restlisten)?")
        self._http = HttpExchange(endpoint, self._who, self._login, self._patience.answer, certificate)
        self._is_active = False

    def where(self, call: Call) -> str:
        """The method, and of whom it was asked."""
        return f"{self.name}: {call.method}"

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """The result of each call, or a NodeError in its place. Raises Unreadable."""
        results: list[Any] = []
        for call in calls:
            self._http.come_to = f"{len(results)} of {len(calls)} answers"
            self._wait_until_active()
            results.append(self._result(call))
        return results

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _wait_until_active(self) -> None:
        """Ask for nothing before it answers. Releases before 0.13 have no state to tell."""
        until = time.monotonic() + self._patience.start
        told = ""
        while not self._is_active:
            answer = self._answer(Call("state"))
            state = answer.get("state", _ACTIVE) if isinstance(answer, dict) else _ACTIVE
            if state in _SILENT:
                raise self._failed(_SILENT[state])
            if state not in _STARTING:
                self._is_active = True
            elif time.monotonic() >= until:
                raise self._failed(f"it is still starting ({state})")
            else:
                if state != told:
                    told = state
                    self._progress(f"{self.name}: it is starting ({state})")
                time.sleep(min(_PAUSE, self._patience.start))

    def _result(self, call: Call) -> Any:
        answer = self._answer(call)
        if isinstance(answer, NodeError):
            self._refuse_fatal(call, answer)
            return answer
        return _as_lncli(call.method, answer)

    def _answer(self, call: Call) -> Any:
        if call.method not in ALLOWED:
            raise ValueError(f"{call.method} is not among the methods that are asked")
        method, path, posted = ALLOWED[call.method]
        body = None if posted is None else json.dumps(posted).encode()
        place = path.format(*(quote(str(part), safe="") for part in call.params))
        try:
            status, content = self._http.exchange(method, place, body)
        except TooLarge:
            raise self._failed(f"the answer to {call.method} is larger than {MAX_ANSWER // 2**20} MiB") from None
        answer = self._http.json_object(status, content)
        if status == HTTPStatus.OK:
            return answer
        error = answer.get("error", answer)  # of a stream the error is one member
        return NodeError.of(self.where(call), error if isinstance(error, dict) else answer)

    def _refuse_fatal(self, call: Call, error: NodeError) -> None:
        """Raise Unreadable for an error that means that nothing can be read."""
        said = error.said
        if "wallet locked" in said:
            raise self._failed(_LOCKED)
        if "in the process of starting up" in said:
            self._is_active = False
            raise self._failed("it is still starting")
        if "waiting to start" in said:
            raise self._failed(_LEADER)
        if "permission denied" in said:
            raise LoginRefused(f"{self.name}: lnd does not allow {call.method} by the {self._macaroon.origin}; "
                               "readonly.macaroon allows all that is asked")  # fmt: skip
        if any(words in said for words in _REFUSED):
            raise LoginRefused(f"{self.name}: lnd refused the {self._macaroon.origin}")

    def _login(self) -> dict[str, str]:
        return {"Grpc-Metadata-macaroon": _hex(self._macaroon)}

    def _failed(self, why: str) -> Unreadable:
        return self._who.failed(why)


def _hex(macaroon: SecretText) -> str:
    """The macaroon in hex, as it is sent; a file of lnd's holds its bytes."""
    content = macaroon.read()
    try:
        return bytes.fromhex(content.decode().strip()).hex()
    except ValueError:
        if macaroon.path is None:
            raise CannotWork(f"the {macaroon.origin} is not hex") from None
        return content.hex()


def _as_lncli(method: str, answer: dict[str, Any]) -> Any:
    """An answer as lncli prints it: bytes in hex, outpoints in one word, of the leases the list alone."""
    if method == "listunspent":
        return {**answer, "utxos": [_with_outpoint(row) for row in _rows(answer, "utxos")]}
    if method == "listleases":
        return [{**_with_outpoint(row), "id": _hexed(row.get("id"))} for row in _rows(answer, "locked_utxos")]
    return answer


def _rows(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = answer.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadAnswer(f"{name}: is not a list of objects")
    return rows


def _with_outpoint(row: dict[str, Any]) -> dict[str, Any]:
    parts = row.get("outpoint")
    if not isinstance(parts, dict):
        return row
    txid = parts.get("txid_str") or _reversed(parts.get("txid_bytes"))
    return {**row, "outpoint": f"{txid}:{parts.get('output_index', 0)}"}


def _reversed(text: Any) -> str:
    """A txid from its bytes, which lie the other way round than it is written."""
    try:
        return base64.b64decode(text or "", validate=True)[::-1].hex()
    except (binascii.Error, ValueError, TypeError):
        return ""


def _hexed(text: Any) -> str:
    try:
        return base64.b64decode(text or "", validate=True).hex()
    except (binascii.Error, ValueError, TypeError):
        return ""
