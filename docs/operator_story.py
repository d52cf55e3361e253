"""An operator's week with the fees of a Lightning node: prints what docs/operator.md shows.

`operator_story.py EMPTY_FOLDER`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitbtc.demo.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

# What lncli prints, in the shapes that the tests are held against.
PRINTED = Path(__file__).resolve().parents[1] / "tests" / "sources" / "lightning" / "lnd-cli"


def main(folder: str) -> None:
    """Tell it."""
    home = Path(folder)
    place = home / "node"
    place.mkdir()
    _, tuesday = (_answers(home / day) for day in ("monday", "tuesday"))
    terminal = Terminal(place)
    terminal.become("Olive")
    terminal.ask("git", "init", "-q", "-b", "main")
    terminal.ask("gitbtc", "init")
    terminal.chapter("1. What the node says")
    terminal.run("gitbtc import lnd --from ../monday", shows=("channels/channels.json",))
    terminal.run("git add .")
    terminal.run("git commit -q -m 'What the node says'")
    terminal.run("gitbtc channels", shows=("big-router", "250 ppm"))
    terminal.chapter("2. A fee, within limits")
    (place / ".gitbtc").mkdir(exist_ok=True)
    (place / ".gitbtc/limits.toml").write_text("max_ppm       = 2000\nmax_base_msat = 5000\n")
    terminal.run("cat .gitbtc/limits.toml")
    terminal.run("git add .gitbtc")
    terminal.run("git commit -q -m 'What a policy may ask for'")
    terminal.run('sed -i s/\\"fee_rate_ppm\\":250/\\"fee_rate_ppm\\":4000/ channels/routing.json')
    terminal.run("git commit -q -a -m 'big-router 4000 ppm'", status=1, shows=("max_ppm = 2000",))
    terminal.run('sed -i s/\\"fee_rate_ppm\\":4000/\\"fee_rate_ppm\\":400/ channels/routing.json')
    terminal.run("git diff", shows=("big-router", "250 ppm"))
    terminal.run("git commit -q -a -m 'big-router 400 ppm'")
    terminal.chapter("3. What the node has to be told")
    terminal.run("gitbtc channels plan HEAD~1..HEAD", shows=("lncli updatechanpolicy",))
    terminal.chapter("4. The day after")
    _change(tuesday, "getnodeinfo", _at_400)
    _change(tuesday, "feereport", lambda report: report["channel_fees"][0].update(fee_per_mil="400"))
    _change(tuesday, "listchannels", _paid)
    _change(tuesday, "getinfo", lambda info: info.update(
        block_height=956, block_hash="00000000" + "7f" * 28, best_header_timestamp="1764486400"))  # fmt: skip
    _change(tuesday, "listpeers", lambda found: found["peers"].pop())
    _change(tuesday, "listleases", lambda leases: leases.clear())
    _change(tuesday, "listunspent", _later)
    terminal.run("gitbtc import lnd --from ../tuesday", shows=("unchanged",))
    terminal.run("git diff channels", shows=("big-router",))
    terminal.run("git commit -q -a -m Tuesday")
    terminal.run("gitbtc channels", shows=("400 ppm", "Olive"))


def _answers(folder: Path) -> Path:
    """A folder of what lncli prints of a node with two channels, one that closes, and some coins."""
    folder.mkdir()
    for path in PRINTED.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    _change(folder, "listchannels", _two)
    _change(folder, "pendingchannels", lambda found: found.update(pending_open_channels=[], waiting_close_channels=[]))
    _change(folder, "listpeers", lambda found: found["peers"].pop())
    return folder


def _two(found: dict[str, Any]) -> None:
    found["channels"] = found["channels"][:2]
    found["channels"][1]["peer_alias"] = "quiet-one"


def _at_400(info: dict[str, Any]) -> None:
    info["channels"][0]["node1_policy"]["fee_rate_milli_msat"] = "400"


def _paid(found: dict[str, Any]) -> None:
    """A payment went out, and the other peer hung up meanwhile."""
    _two(found)
    found["channels"][0].update(
        local_balance="480000", remote_balance="515000", unsettled_balance="0", pending_htlcs=[]
    )


def _later(found: dict[str, Any]) -> None:
    for one in found["utxos"]:
        one["confirmations"] += 144


def _change(folder: Path, name: str, change: Callable[[Any], object]) -> None:
    path = folder / f"{name}.json"
    answer = json.loads(path.read_bytes())
    change(answer)
    path.write_text(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
