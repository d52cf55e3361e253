"""A month of a treasury, from the first import to the books: prints what docs/treasurer.md shows.

`treasurer_story.py EMPTY_FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gitbtc import resources
from gitbtc.demo.terminal import Terminal

MONTH = "2026-11"


def main(folder: str) -> None:
    """Tell it."""
    terminal = Terminal(Path(folder), Path(resources.folder("demo")) / "recordings")
    for chapter in (_begin, _name, _look, _add_up, _hand_over):
        chapter(terminal)


def _begin(terminal: Terminal) -> None:
    terminal.chapter("1. Begin")
    terminal.ask("git", "init", "-q", "-b", "main")
    terminal.ask("gitbtc", "init")
    terminal.run("gitbtc import bitcoin-core --from $RECORDINGS/0-base --root .", shows=("11 coins added",))
    terminal.run("git add .")
    terminal.run('git commit -q -m "The treasury at block 111"')
    terminal.run("gitbtc balance", shows=("spendable", "immature"))


def _name(terminal: Terminal) -> None:
    terminal.chapter("2. Name")
    terminal.run('gitbtc label 770cce3f:0 "ACME retainer" --category income')
    terminal.run("git diff wallet/utxos.json", shows=("ACME retainer",))
    terminal.run('git commit -q -a -m "ACME pays a retainer"')


def _look(terminal: Terminal) -> None:
    terminal.chapter("3. Look")
    terminal.run("gitbtc import bitcoin-core --from $RECORDINGS/5-agent-a-confirmed --root .")
    terminal.run('gitbtc label b07a6bcc "Rent 11/2026"')
    terminal.run("git diff wallet/utxos.json", shows=("Rent", "fee 7,960 sat"))
    terminal.run('git commit -q -a -m "November"')
    terminal.run("gitbtc log -n 1", shows=("Rent",))


def _add_up(terminal: Terminal) -> None:
    terminal.chapter("4. Add up")
    terminal.run(f"gitbtc statement {MONTH}", shows=("closing", "61.17787452", "gitbtc check: nothing to say"))


def _hand_over(terminal: Terminal) -> None:
    terminal.chapter("5. Hand over")
    terminal.run(f"gitbtc export {MONTH} --format hledger --output november.journal")
    terminal.run("tail -n 6 november.journal", shows=("61.17787452",))
    terminal.run("gitbtc report", shows=("61.17787452",))


if __name__ == "__main__":
    main(*sys.argv[1:])
