"""A sync of a wallet in which nothing has happened: what it asks of the node, and what it costs beside asking.

The node is a server on loopback in this process, which answers a made-up wallet from memory. CPU seconds are those of
`gitbtc sync` and the git processes that it starts.
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
from typing import Any

import coins
from paired import arguments, report, rounds
from treasury import GITBTC

SIZES = (500, 5_000)
HEIGHT = 10_000
TIP = "aa" * 32
INTERPRETER = "the bare interpreter"
SYNC, FULL = "`gitbtc sync`, nothing new", "`gitbtc sync --full`, nothing new"


def main() -> None:
    """Measure on wallets of several sizes."""
    options = arguments(__doc__, default_rounds=5, sizes=SIZES)
    with tempfile.TemporaryDirectory() as folder:
        texts = [_measure(Path(folder), count, options.rounds) for count in options.sizes]
    report(__file__, texts, record=options.record)


def _measure(folder: Path, count: int, turns: int) -> str:
    node = Node(count)
    treasury = Repository(folder / str(count), node.url)
    commands = {
        INTERPRETER: (GITBTC[0], "-E", "-P", "-c", ""),
        SYNC: (*GITBTC, "sync", "--commit"),
        FULL: (*GITBTC, "sync", "--commit", "--full"),
    }
    treasury.cpu_seconds(commands[SYNC])
    asked: dict[str, tuple[int, int]] = {}

    def contender(what: str) -> dict[str, float]:
        node.requests = 0
        node.asked.clear()
        seconds = treasury.cpu_seconds(commands[what])
        asked[what] = sum(node.asked.values()), node.requests
        return {what: seconds}

    times = rounds(turns, {what: partial(contender, what) for what in commands})
    node.stop()
    lines = [f"**{count:,} transactions** (median of {turns} rounds)", "",
             "| | CPU seconds | calls | requests |", "|---|---:|---:|---:|"]  # fmt: skip
    lines += [f"| {what} | {median(times[what]):.2f} | {asked[what][0]} | {asked[what][1]} |" for what in commands]
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
    """A wallet of `count` receipts, all deep in the chain. `asked` counts the calls, by method."""

    def __init__(self, count: int) -> None:
        made = [_Received(json.loads(line)) for line in coins.wallet(count)]
        self._received = {one.txid: one.answer for one in made}
        total = sum(one.sat for one in made)
        self._answers = _answers(count, total)
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

    def result(self, method: str, params: list[Any]) -> str:
        """What the node answers, as JSON."""
        self.asked[method] += 1
        if method == "gettransaction":
            return self._received[params[0]]
        if method == "listsinceblock":
            rows = [] if params[0] else [{"txid": txid} for txid in self._received]
            return json.dumps({"transactions": rows, "removed": [], "lastblock": TIP})
        return self._answers[method]


class _Received:
    """The answer of gettransaction for a payment that made a coin: from nowhere, for the node tells no more of it."""

    def __init__(self, coin: dict[str, Any]) -> None:
        self.txid, self.sat = coin["txid"], coin["amount_sat"]
        amount, vout, address = _btc(self.sat), 0, coin["address"]
        body = {
            "txid": self.txid, "size": 222, "weight": 561,
            "vin": [{"coinbase": "00", "sequence": 0}],
            "vout": [{"n": vout, "value": amount, "scriptPubKey": {"type": "witness_v0_keyhash", "address": address}}],
        }  # fmt: skip
        row = {"category": "generate", "vout": vout, "address": address, "label": ""}
        height = coin["block_height"]
        self.answer = _spelled({
            "txid": self.txid, "confirmations": HEIGHT - height + 1, "time": 1_700_000_000, "blockheight": height,
            "blockhash": coin["block_hash"], "blocktime": 1_700_000_000, "details": [row], "decoded": body,
            "lastprocessedblock": {"hash": TIP, "height": HEIGHT},
        })  # fmt: skip


def _answers(count: int, sat: int) -> dict[str, str]:
    """What is asked of the node and the wallet as a whole."""
    answers: dict[str, Any] = {
        "getblockchaininfo": {"chain": "regtest", "blocks": HEIGHT, "headers": HEIGHT, "bestblockhash": TIP,
                              "time": 1_700_000_000, "initialblockdownload": False},
        "getnetworkinfo": {"version": 300_000},
        "getwalletinfo": {"walletname": "treasury", "txcount": count, "private_keys_enabled": False,
                          "lastprocessedblock": {"hash": TIP, "height": HEIGHT}, "scanning": False},
        "listlabels": [],
        "listunspent": [],
        "listlockunspent": [],
        "listdescriptors": {"descriptors": []},
        "estimatesmartfee": {"errors": ["Insufficient data"], "blocks": 2},
        "getbalances": {"mine": {"trusted": _btc(sat), "untrusted_pending": _btc(0), "immature": _btc(0)}},
    }  # fmt: skip
    return {method: _spelled(answer) for method, answer in answers.items()}


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
