"""Nodes that tests start and drive, in regtest, on loopback."""

from __future__ import annotations

import json
import socket
import subprocess
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gitbtc.sources.endpoints import Cookie, Node, read_url
from gitbtc.sources.http_rpc import HttpRpc

if TYPE_CHECKING:
    from pathlib import Path


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
        return f"http://127.0.0.1:{self.rpc_port}"

    @property
    def cookie(self) -> Path:
        return self.folder / "regtest" / ".cookie"

    def start(self, *options: str, ready: bool = True) -> None:
        """Start it, and wait until it answers unless not `ready`."""
        self.folder.mkdir(exist_ok=True)
        command = [
            str(self.programs / "bitcoind"), "-regtest", f"-datadir={self.folder}", f"-rpcport={self.rpc_port}",
            f"-bind=127.0.0.1:{self.port}", "-fallbackfee=0.0002", "-acceptnonstdtxn=1", "-dnsseed=0", "-natpmp=0",
            "-listenonion=0", "-printtoconsole=0", *options,
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
        assert done.returncode == 0, f"{words}: {done.stderr}"
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
        return HttpRpc(Node("treasury", read_url(self.url), Cookie(self.cookie), wallet))
