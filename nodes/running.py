"""Nodes that are started and driven, in regtest, on loopback."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gitbtc.errors import GitbtcError
from gitbtc.sources.endpoints import Cookie, NodeAccess, read_url
from gitbtc.sources.http_rpc import HttpRpc

if TYPE_CHECKING:
    from pathlib import Path


# Most of what a wallet takes: it looks a thousand keys ahead, and waits for the disk with every block. Nothing in these
# wallets is worth that, and a node that is stopped has written all.
_SOON = ("-keypool=20", "-unsafesqlitesync=1")


class NodeFailed(GitbtcError):
    """A node did not do what it was told."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class RealNode:
    """A bitcoind with a data folder of its own."""

    programs: Path
    folder: Path
    rpc_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.rpc_port}"

    @property
    def cookie(self) -> Path:
        """Where it writes its password."""
        return self.folder / "regtest" / ".cookie"

    def start(self, *options: str, ready: bool = True) -> None:
        """Start it, and wait until it answers unless not `ready`."""
        self.folder.mkdir(exist_ok=True)
        command = [
            str(self.programs / "bitcoind"), "-regtest", f"-datadir={self.folder}", f"-rpcport={self.rpc_port}",
            f"-bind=127.0.0.1:{self.port}", "-fallbackfee=0.0002", "-acceptnonstdtxn=1", "-dnsseed=0", "-natpmp=0",
            "-listenonion=0", "-printtoconsole=0", *_SOON, *options,
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if ready:
            self.cli("-rpcwait", "-rpcwaittimeout=60", "getblockcount")

    def stop(self) -> None:
        """Stop it cleanly."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=60)
            self.process = None

    def restart(self, *options: str) -> None:
        """Stop and start."""
        self.stop()
        self.start(*options)

    def cli(self, *words: str, wallet: str | None = None) -> Any:
        """What bitcoin-cli answers, JSON read."""
        chosen = [] if wallet is None else [f"-rpcwallet={wallet}"]
        program = str(self.programs / "bitcoin-cli")
        command = [program, "-regtest", f"-datadir={self.folder}", f"-rpcport={self.rpc_port}", *chosen, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NodeFailed(f"bitcoin-cli {words[0]}: {done.stderr.strip()}")
        try:
            return json.loads(done.stdout, parse_float=Decimal)
        except ValueError:
            return done.stdout.strip()

    def address(self, wallet: str, label: str = "") -> str:
        """A new address."""
        return str(self.cli("getnewaddress", label, wallet=wallet))

    def mine(self, count: int = 1, wallet: str = "miner") -> None:
        """Find blocks."""
        self.cli("generatetoaddress", str(count), self.address(wallet))

    def pay(self, wallet: str, address: str, btc: str, *options: str) -> str:
        """Send a payment; its txid."""
        return str(self.cli("-named", "sendtoaddress", f"address={address}", f"amount={btc}", *options, wallet=wallet))

    def balance(self, wallet: str) -> int:
        """What the wallet says that it has, in satoshi."""
        parts = self.cli("getbalances", wallet=wallet)["mine"]
        return int(sum(amount for name, amount in parts.items() if name != "lastprocessedblock") * 10**8)

    def asker(self, wallet: str | None) -> HttpRpc:
        """The node as gitbtc asks it."""
        return HttpRpc(NodeAccess("treasury", read_url(self.url), Cookie(self.cookie), wallet))

    def copy_wallet(self, name: str, origin: RealNode) -> None:
        """Give this node the wallet that another one has, keys and all: for regtest, where they guard nothing."""
        self.cli("-named", "createwallet", f"wallet_name={name}", "blank=true")
        self._describe(name, origin.cli("listdescriptors", "true", wallet=name)["descriptors"])

    def watch_wallet(self, name: str, origin: RealNode, signer: str) -> None:
        """Make a wallet that sees what the wallet `signer` of a node has, and holds none of its keys."""
        self.cli("-named", "createwallet", f"wallet_name={name}", "disable_private_keys=true")
        self._describe(name, origin.cli("listdescriptors", wallet=signer)["descriptors"])

    def _describe(self, name: str, rows: list[dict[str, Any]]) -> None:
        told = [
            {"desc": row["desc"], "timestamp": 0, "active": True, "internal": row["internal"], "range": row["range"]}
            for row in rows
        ]
        for row in self.cli("importdescriptors", json.dumps(told), wallet=name):
            if not row["success"]:
                raise NodeFailed(f"importdescriptors: {row['error']['message']}")


# -- two of them -------------------------------------------------------------------------------------------------------


def meet(node: RealNode, other: RealNode) -> None:
    """Wait until both have the same tip."""
    for _ in range(300):
        if node.cli("getbestblockhash") == other.cli("getbestblockhash"):
            return
        time.sleep(0.1)
    raise NodeFailed("the nodes do not meet")


def part(node: RealNode, other: RealNode) -> None:
    """Cut both off."""
    node.cli("setnetworkactive", "false")
    other.cli("setnetworkactive", "false")


def rejoin(node: RealNode, other: RealNode) -> None:
    """Connect both again, and wait until one chain has won."""
    node.cli("setnetworkactive", "true")
    other.cli("setnetworkactive", "true")
    other.cli("addnode", f"127.0.0.1:{node.port}", "onetry")
    meet(node, other)
