"""A sync of a wallet in shards: what it asks of the node, and what it costs, where nothing happened or little did.

The node is a server on loopback in this process, which answers a made-up wallet from memory. CPU seconds are those of
`gitbtc sync` and the git processes that it starts. Beside them stands what a bare interpreter takes for the one answer
that tells of every coin, to receive and parse it: no sync can be cheaper.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections import Counter
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import coins
from paired import arguments, report, rounds
from treasury import GITBTC

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (1_000, 20_000, 100_000)
HEIGHT = 10_000
_DEEP = 6  # blocks
_BLOCKS, _TRADES = 10, 10
INTERPRETER, ANSWER = "the bare interpreter", "the same, and `listunspent` received and parsed"
NOTHING, BLOCKS = "`gitbtc sync`, nothing new", f"`gitbtc sync`, {_BLOCKS} blocks later"
TRADES, FULL = f"`gitbtc sync`, {_TRADES} coins came and {_TRADES} were spent", "`gitbtc sync --full`, nothing new"
_ASK = """
import json, sys, urllib.request
from decimal import Decimal
body = json.dumps({"id": 0, "method": "listunspent", "params": []}).encode()
with urllib.request.urlopen(urllib.request.Request(sys.argv[1], body)) as answer:
    json.loads(answer.read(), parse_float=Decimal)
"""


def main() -> None:
    """Measure on wallets of several sizes."""
    options = arguments(__doc__, default_rounds=5, sizes=SIZES)
    texts = []
    for count in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            texts.append(_measure(Path(folder), count, options.rounds))
    report(__file__, texts, record=options.record)


def _measure(folder: Path, count: int, turns: int) -> str:
    node = Node(count)
    treasury = Repository(folder / str(count), node.url)
    sync = (*GITBTC, "sync", "--commit")
    contenders: dict[str, tuple[tuple[str, ...], Callable[[], None] | None]] = {
        INTERPRETER: ((GITBTC[0], "-E", "-P", "-c", ""), None),
        ANSWER: ((GITBTC[0], "-E", "-P", "-c", _ASK, node.url), None),
        NOTHING: (sync, None),
        BLOCKS: (sync, partial(node.mine, _BLOCKS)),
        TRADES: (sync, partial(node.trade, _TRADES)),
        FULL: ((*sync, "--full"), None),
    }
    treasury.cpu_seconds(sync)
    treasury.cpu_seconds((*GITBTC, "reshard", "utxos", "transactions"))
    asked: dict[str, tuple[int, int]] = {}

    def contender(what: str) -> dict[str, float]:
        command, happen = contenders[what]
        if happen is not None:
            happen()
        node.requests = 0
        node.asked.clear()
        seconds = treasury.cpu_seconds(command)
        asked[what] = sum(node.asked.values()), node.requests
        return {what: seconds}

    times = rounds(turns, {what: partial(contender, what) for what in contenders})
    node.stop()
    lines = [f"**{count:,} transactions** (median of {turns} rounds)", "",
             "| | CPU seconds | calls | requests |", "|---|---:|---:|---:|"]  # fmt: skip
    lines += [f"| {what} | {median(times[what]):.2f} | {asked[what][0]} | {asked[what][1]} |" for what in contenders]
    return "\n".join(lines)


class Repository:
    """A repository whose one source is the node. Git sees no configuration but its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self._env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
        self._env |= {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "bench" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        self._top = folder / "treasury"
        (self._top / ".gitbtc").mkdir(parents=True)
        (folder / "cookie").write_text("user:made-up")
        table = f'[node]\nkind = "bitcoin-core"\nurl = "{url}"\ncookie = {json.dumps(str(folder / "cookie"))}\n'
        (self._top / ".gitbtc" / "sources.toml").write_text(table)
        for command in (("git", "init", "--quiet"), (*GITBTC, "init"), ("git", "add", "."),
                        ("git", "commit", "--quiet", "--message", "begin")):  # fmt: skip
            self.cpu_seconds(command)

    def cpu_seconds(self, command: tuple[str, ...]) -> float:
        """Run a command here; what it and all that it starts cost."""
        before = os.times()
        done = subprocess.run(command, cwd=self._top, env=self._env, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{command} exited {done.returncode}\n{done.stdout}{done.stderr}")
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system


class Node:
    """A wallet of `count` receipts, all deep in the chain, to which more can happen. `asked` counts the calls, by
    method.
    """

    def __init__(self, count: int) -> None:
        made = [json.loads(line) for line in coins.wallet(count)]
        self._height = HEIGHT
        self._unspent = {coin["txid"]: coin for coin in made}
        self._answers = {coin["txid"]: _receipt(coin) for coin in made}
        self._heights = {coin["txid"]: coin["block_height"] for coin in made}
        self._spare = iter([json.loads(line) for line in coins.wallet(1_000, seed=7)])
        self._tell()
        self.asked: Counter[str] = Counter()
        self.requests = 0
        handler = type("Bound", (Handler,), {"node": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()

    def mine(self, blocks: int) -> None:
        """Add blocks to the chain, in which nothing of the wallet is."""
        self._height += blocks
        self._tell()

    def trade(self, count: int) -> None:
        """Add a block in which so many payments came in, and so many coins of the wallet were spent."""
        self._height += 1
        for spent in [*self._unspent.values()][:: max(1, len(self._unspent) // count)][:count]:
            del self._unspent[spent["txid"]]
            self._confirm(spent["txid"][::-1], _payment(spent))
            came = next(self._spare) | {"block_height": self._height, "block_hash": _hash(self._height)}
            self._unspent[came["txid"]] = came
            self._confirm(came["txid"], _receipt(came))
        self._tell()

    def _confirm(self, txid: str, answer: dict[str, Any]) -> None:
        self._answers[txid] = answer | {"blockheight": self._height, "blockhash": _hash(self._height)}
        self._heights[txid] = self._height

    def _tell(self) -> None:
        """What is answered to who asks of the node, and of the wallet as a whole."""
        tip = {"hash": _hash(self._height), "height": self._height}
        sat = sum(coin["amount_sat"] for coin in self._unspent.values())
        answers: dict[str, Any] = {
            "getblockchaininfo": {"chain": "regtest", "blocks": self._height, "headers": self._height,
                                  "bestblockhash": tip["hash"], "time": 1_700_000_000 + self._height,
                                  "initialblockdownload": False},
            "getnetworkinfo": {"version": 300_000},
            "getwalletinfo": {"walletname": "treasury", "txcount": len(self._answers), "private_keys_enabled": False,
                              "lastprocessedblock": tip, "scanning": False},
            "listlabels": [],
            "listunspent": [_unspent(coin, self._height) for coin in self._unspent.values()],
            "listlockunspent": [],
            "listdescriptors": {"descriptors": []},
            "estimatesmartfee": {"errors": ["Insufficient data"], "blocks": 2},
            "getbalances": {"mine": {"trusted": _btc(sat), "untrusted_pending": _btc(0), "immature": _btc(0)}},
        }  # fmt: skip
        self._told = {method: _spelled(answer) for method, answer in answers.items()}

    def result(self, method: str, params: list[Any]) -> str:
        """What the node answers, as JSON."""
        self.asked[method] += 1
        if method == "gettransaction":
            tip = {"hash": _hash(self._height), "height": self._height}
            deep = self._height - self._heights[params[0]] + 1
            return _spelled(self._answers[params[0]] | {"confirmations": deep, "lastprocessedblock": tip})
        if method == "listsinceblock":
            since = int(params[0], 16) if params[0] else -1
            rows = [{"txid": txid} for txid, height in self._heights.items() if height > since]
            return json.dumps({"transactions": rows, "removed": [], "lastblock": _hash(self._height - _DEEP + 1)})
        if method == "listunspent" and params and params[1] < self._height:
            new = [one for one in self._unspent.values() if self._height - one["block_height"] < params[1]]
            return _spelled([_unspent(coin, self._height) for coin in new])
        return self._told[method]


def _receipt(coin: dict[str, Any]) -> dict[str, Any]:
    """What gettransaction tells of a payment that made a coin: from nowhere, for the node tells no more of it."""
    outputs = [{"n": at, "value": _btc(coin["amount_sat"]), "scriptPubKey": _script(coin["address"])}
               for at in range(coin["vout"] + 1)]  # fmt: skip
    row = {"category": "generate", "vout": coin["vout"], "address": coin["address"], "label": ""}
    return _wallets(coin, [{"coinbase": "00", "sequence": 0}], outputs, row)


def _payment(coin: dict[str, Any]) -> dict[str, Any]:
    """The same of a payment that spends a coin, and leaves no change."""
    spent = {"txid": coin["txid"], "vout": coin["vout"], "sequence": 0xFFFFFFFF}
    outputs = [{"n": 0, "value": _btc(coin["amount_sat"] - 200), "scriptPubKey": _script(coin["address"])}]
    row = {"category": "send", "vout": 0, "address": coin["address"], "label": ""}
    return _wallets(coin | {"txid": coin["txid"][::-1]}, [spent], outputs, row) | {"fee": "@-0.00000200@"}


def _wallets(coin: dict[str, Any], inputs: list[Any], outputs: list[Any], row: dict[str, Any]) -> dict[str, Any]:
    body = {"txid": coin["txid"], "size": 222, "weight": 561, "vin": inputs, "vout": outputs}
    return {
        "txid": coin["txid"], "time": 1_700_000_000, "blockheight": coin["block_height"],
        "blockhash": coin["block_hash"], "blocktime": 1_700_000_000, "details": [row], "decoded": body,
    }  # fmt: skip


def _unspent(coin: dict[str, Any], height: int) -> dict[str, Any]:
    """A coin as listunspent tells it."""
    return {
        "txid": coin["txid"], "vout": coin["vout"], "address": coin["address"], "label": "",
        "scriptPubKey": f"0014{coin['txid'][:40]}", "amount": _btc(coin["amount_sat"]),
        "confirmations": height - coin["block_height"] + 1, "spendable": True, "solvable": True,
        "desc": f"wpkh([{coin['txid'][:8]}/84h/1h/0h/0/7]02{coin['txid']})#qqqqqqqq",
        "parent_descs": [f"wpkh([{'00' * 4}/84h/1h/0h]tpub{'A' * 107}/0/*)#qqqqqqqq"], "safe": True,
    }  # fmt: skip


def _script(address: str) -> dict[str, str]:
    return {"type": "witness_v0_keyhash", "address": address}


def _hash(height: int) -> str:
    """The hash of the block at a height of the chain as it grows."""
    return f"{height:064x}"


def _btc(sat: int) -> str:
    """An amount as Core spells it; `_spelled` takes the quotes away."""
    return f"@{sat // 10**8}.{sat % 10**8:08d}@"


def _spelled(answer: Any) -> str:
    return json.dumps(answer).replace('"@', "").replace('@"', "")


class Handler(BaseHTTPRequestHandler):
    """Answers for one Node, whoever asks."""

    node: Node
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """One call, or a batch."""
        self.node.requests += 1
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        rows = [f'{{"jsonrpc":"2.0","id":{call["id"]},"result":{self.node.result(call["method"], call["params"])}}}'
                for call in (asked if isinstance(asked, list) else [asked])]  # fmt: skip
        content = (f"[{','.join(rows)}]" if isinstance(asked, list) else rows[0]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


if __name__ == "__main__":
    main()
