"""The demo's treasury, asked for its history: prints what docs/history.md shows. `history_story.py EMPTY_FOLDER`."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

from gitbtc import resources
from gitbtc.demo.story import BY_AGENT_B, OTC_COIN, tell
from gitbtc.demo.terminal import NOON, Terminal

MINED_COIN = "461ab451"


def main(folder: str) -> None:
    """Tell it."""
    terminal = Terminal(Path(folder), Path(resources.folder("demo")) / "recordings")
    with redirect_stdout(io.StringIO()):
        tell(terminal)
    _reserve(terminal)
    terminal.chapter("1. A history")
    terminal.run("gitbtc log -n 5", shows=("reserved by", "settled for"))
    terminal.chapter("2. A life")
    terminal.run(f"gitbtc why {OTC_COIN[:8]}:0", shows=("spent by", "settled for", "now: spent by"))
    terminal.chapter("3. A loser")
    terminal.run(f"gitbtc why {BY_AGENT_B[:8]}", shows=("now: lost",))


def _reserve(terminal: Terminal) -> None:
    """What `gitbtc reserve` writes, but at a time that is the same on every run."""
    coins = json.loads((terminal.place / "wallet/utxos.json").read_bytes())
    [coin] = [coin for coin in coins if coin["txid"].startswith(MINED_COIN)]
    event = {
        "timestamp": NOON, "block_height": 111, "event_type": "reserve", "txid": None, "amount_sat": None,
        "fee_sat": None, "note": "salaries", "agent": "Agent C", "outpoints": [f"{coin['txid']}:{coin['vout']}"],
        "expires_height": 131,
    }  # fmt: skip
    path = terminal.place / "strategy/execution.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([event]), "utf-8")
    terminal.become("Agent C")
    terminal.ask("git", "add", ".")
    terminal.ask("git", "commit", "-q", "-m", "Reserve a coin for salaries")


if __name__ == "__main__":
    main(*sys.argv[1:])
