"""`python -m nodes [DIR]`: the demo on two real nodes, which are got, started and stopped for it."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.demo.stage import play, terminal_in
from gitbtc.errors import CannotWork
from nodes.getting import PACKAGE, NoSuchPackage, cache, found, found_or_got
from nodes.running import RealNode
from nodes.story import tell

if TYPE_CHECKING:
    from gitbtc.demo.terminal import Terminal

_WAY_OUT = "put bitcoind and bitcoin-cli on the PATH, or leave --live out: recordings need no node"
_OPTIONS = ("-addresstype=bech32", "-changetype=bech32")  # whatever a release takes by itself


def main(arguments: list[str]) -> int:
    """Run the demo; the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # which stops the nodes on the way out
    return play(arguments, _on_nodes, usage="demo --live [DIR]")


def _on_nodes(place: Path) -> Terminal:
    programs = _programs()
    terminal = terminal_in(place)
    with tempfile.TemporaryDirectory(prefix="gitbtc-nodes-") as folder:
        a, b = (RealNode(programs, Path(folder) / name) for name in ("node-a", "node-b"))
        try:
            print("Starting two nodes.", flush=True)
            a.start(*_OPTIONS)
            b.start(*_OPTIONS, f"-addnode=127.0.0.1:{a.port}")
            tell(terminal, a, b)
        finally:
            a.stop()
            b.stop()
    return terminal


def _programs() -> Path:
    try:
        if found() is None:
            print(f"Fetching a node ({PACKAGE}) into {cache()}.", file=sys.stderr, flush=True)
        return found_or_got()
    except NoSuchPackage:
        why = f"no apt of this machine has {PACKAGE}"
    except subprocess.CalledProcessError as error:
        why = f"{PACKAGE} could not be fetched ({error.cmd[0]} exited {error.returncode})"
    except OSError as error:
        why = f"{PACKAGE} could not be fetched ({error})"
    raise CannotWork(f"no node: no bitcoind is installed, and {why}; {_WAY_OUT}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
