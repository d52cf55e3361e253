"""What a signer asks before signing, while two agents have branches of their own: prints what docs/signer.md shows.

`signer_story.py EMPTY_FOLDER`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from embit.psbt import PSBT
from embit.script import Script
from embit.transaction import Transaction, TransactionInput, TransactionOutput

from gitbtc import resources
from gitbtc.coins.scripts import script_of
from gitbtc.demo.story import BY_AGENT_A, BY_AGENT_B, OTC_COIN
from gitbtc.demo.terminal import Terminal

PAYEE = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"
FREE, TAKEN = "770cce3f", "01624a89"  # the second one is spent on Bob's branch
FEE = 3_000  # sat


def main(folder: str) -> None:
    """Tell it."""
    terminal = Terminal(Path(folder), Path(resources.folder("demo")) / "recordings")
    _two_agents(terminal)
    terminal.chapter("1. The branches")
    terminal.run("gitbtc premerge 'agents/*'", status=1, shows=(OTC_COIN[:8], BY_AGENT_A[:8], BY_AGENT_B[:8]))
    terminal.chapter("2. What is free")
    terminal.run("gitbtc coins --free", shows=(FREE,))
    terminal.chapter("3. A transaction to sign")
    _write(terminal, "rent.psbt", FREE)
    terminal.run("gitbtc psbt rent.psbt", shows=("nothing speaks against it",))
    _write(terminal, "invoice.psbt", TAKEN)
    terminal.run("gitbtc psbt invoice.psbt", status=1, shows=("agents/bob",))


def _two_agents(terminal: Terminal) -> None:
    """A treasury, and two agents who work from nodes that were cut off from each other."""
    for command in ("git init -q -b main", "gitbtc init", "gitbtc import bitcoin-core --from $RECORDINGS/0-base",
                    "git add .", "git commit -q -m Treasury"):  # fmt: skip
        terminal.ask(*command.split())
    for agent, recording, what in (("Ada", "1-agent-a", "One payment"), ("Bob", "2-agent-b", "Two payments")):
        name = agent.lower()
        terminal.become(agent)
        terminal.ask("git", "switch", "-q", "-c", f"agents/{name}", "main")
        recorded = f"gitbtc import bitcoin-core --from $RECORDINGS/{recording} --as {name}"
        terminal.ask(*recorded.split())
        terminal.ask("git", "commit", "-q", "-a", "-m", what)
    terminal.become("Signer")
    terminal.ask("git", "switch", "-q", "main")


def _write(terminal: Terminal, name: str, txid: str) -> None:
    """A transaction that nobody has signed: a coin, without the fee, to the payee."""
    coins = json.loads((terminal.place / "wallet/utxos.json").read_bytes())
    [coin] = [coin for coin in coins if coin["txid"].startswith(txid)]
    paid = TransactionOutput(coin["amount_sat"] - FEE, Script(script_of(PAYEE)))
    psbt = PSBT(Transaction(vin=[TransactionInput(bytes.fromhex(coin["txid"]), coin["vout"])], vout=[paid]))
    psbt.inputs[0].witness_utxo = TransactionOutput(coin["amount_sat"], Script(script_of(coin["address"])))
    (terminal.place / name).write_text(psbt.to_base64(), "ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
