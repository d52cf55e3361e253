"""The demo's story on two real nodes of one wallet, cut off from each other, until a block decides.

After each step the coins that the repository lists are worth what the node says, to the satoshi.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gitbtc.demo.terminal import DemoFailed
from nodes.running import meet, part, rejoin

if TYPE_CHECKING:
    from gitbtc.demo.terminal import Terminal
    from nodes.running import RealNode

COINS = "wallet/utxos.json"
RECEIPTS = {"salary, January": "1.25", "salary, February": "1.25", "OTC desk": "3.5", "savings": "7"}  # label -> BTC
SIGNER, WATCHED, MINER = "signer", "treasury", "miner"  # the wallets of each node


def tell(terminal: Terminal, a: RealNode, b: RealNode) -> None:
    """The whole story, in the empty folder of `terminal`. DemoFailed where it does not go as told."""
    _fund(a, b)
    Story(terminal, a, b).tell()


def _fund(a: RealNode, b: RealNode) -> None:
    """Both nodes with one chain, one wallet and its copy without keys, which alone gitbtc is to see; then parted."""
    for wallet in (MINER, SIGNER):
        a.cli("createwallet", wallet)
    a.mine(103)
    labels = {a.address(SIGNER): label for label in RECEIPTS}
    for address, amount in zip(labels, RECEIPTS.values(), strict=True):
        a.pay(MINER, address, amount)
    a.mine()
    meet(a, b)
    for wallet in (MINER, SIGNER):
        b.copy_wallet(wallet, a)
    for node in (a, b):
        node.watch_wallet(WATCHED, a, SIGNER)
        for address, label in labels.items():
            node.cli("setlabel", address, label, wallet=WATCHED)
    part(a, b)


class Story:
    """The chapters. `node-a` and `node-b` are the nodes' names in the repository."""

    def __init__(self, terminal: Terminal, a: RealNode, b: RealNode) -> None:
        self._terminal = terminal
        self._a, self._b = a, b
        self._contested = ""
        self._by_a = self._by_b = ""

    def tell(self) -> None:
        """All of them."""
        for chapter in (
            self._treasury,
            self._agents,
            self._clean_merge,
            self._double_spend,
            self._settled,
            self._block,
        ):
            chapter()

    def _treasury(self) -> None:
        run = self._terminal.run
        self._terminal.chapter("1. A treasury in Git")
        self._terminal.say(
            "Two nodes of one regtest network were started for this, and cut off from each other. Each has the same "
            "wallet, without its keys. The repository names both; what a node tells, `gitbtc sync` brings in."
        )
        self._terminal.show_place()
        run("git init -q -b main")
        run("gitbtc init")
        self._name_sources()
        run("cat .gitbtc/sources.toml")
        run("git add .")
        run('git commit -q -m "Name the nodes"')
        run("gitbtc sync node-a --commit", shows=("committed",))
        run("gitbtc diff HEAD^ HEAD -- wallet/utxos.json", shows=(f"{len(RECEIPTS)} coins received", "OTC desk"))
        self._contested = self._coin("OTC desk")
        self._compare(self._a)

    def _agents(self) -> None:
        run = self._terminal.run
        self._terminal.chapter("2. Two agents, two nodes, two branches")
        self._terminal.say("Agent B makes two payments by node B, and node A hears nothing of them.")
        run("git switch -q -c agent-b")
        self._terminal.become("Agent B")
        self._by_b = _spend(self._b, self._contested, "3.1", fee_rate=25)
        _spend(self._b, self._coin("salary, January"), "0.4", fee_rate=8)
        run("gitbtc sync node-b --commit", shows=("committed",))
        self._compare(self._b)
        self._terminal.say("Agent A makes one by node A.")
        run("git switch -q -c agent-a main")
        self._terminal.become("Agent A")
        self._by_a = _spend(self._a, self._contested, "2", fee_rate=12)
        run("gitbtc sync node-a --commit", shows=("committed",))
        run("gitbtc diff HEAD^ HEAD -- wallet/utxos.json", shows=("fee", self._by_a[:8]))
        self._compare(self._a)

    def _clean_merge(self) -> None:
        run = self._terminal.run
        self._terminal.chapter("3. A clean merge")
        self._terminal.say(
            "On main, the auditor gives a coin another name. The merge takes that and agent A's payment."
        )
        run("git switch -q main")
        self._terminal.become("Auditor")
        run(f'gitbtc label {self._coin("savings")} "cold storage"')
        run('git commit -q -a -m "Name a coin"')
        self._terminal.become("Treasurer")
        run("git merge --no-edit agent-a", shows=("Merge made by",))
        run("gitbtc diff HEAD^2 HEAD -- wallet/utxos.json", shows=("cold storage",))
        self._compare(self._a)

    def _double_spend(self) -> None:
        run = self._terminal.run
        self._terminal.chapter("4. A double spend, refused")
        self._terminal.say(
            "Both agents spent the coin of the OTC desk. Each node has one of the two transactions in its mempool, and "
            "neither knows of the other. Git does."
        )
        run("gitbtc premerge agent-b", status=1, shows=("double spend", _short(self._contested)))
        run("git merge agent-b", status=1, shows=("double spend", self._by_a[:8], self._by_b[:8]))

    def _settled(self) -> None:
        run = self._terminal.run
        self._terminal.chapter("5. Settled")
        self._terminal.say("The treasurer decides for agent A. Agent B's other payment stays.")
        run(f"gitbtc resolve {self._contested} --ours")
        run("git add .")
        run("git commit -q")
        run("git log -1 --format=%B", shows=(f"Double-Spend: {self._contested} {self._by_a} over {self._by_b}",))
        run("gitbtc check")

    def _block(self) -> None:
        run = self._terminal.run
        self._terminal.chapter("6. The block that decides")
        self._terminal.say(
            "Now the nodes find each other, and two blocks: the first has agent A's payment, the second agent B's "
            "other one. What was settled in Git is what the chain says, and both nodes agree with the files to the "
            "satoshi."
        )
        self._a.mine()
        rejoin(self._a, self._b)
        self._b.mine()
        meet(self._a, self._b)
        run("gitbtc sync node-a --commit", shows=("committed",))
        run("gitbtc diff HEAD^ HEAD -- wallet/transactions.json", shows=(self._by_a[:8],))
        for node in (self._a, self._b):
            self._compare(node)
        run(f"gitbtc why {self._contested}", shows=("contested", "settled", "confirmed"))
        run("gitbtc check")
        self._terminal.say("The nodes are stopped now; .gitbtc/sources.toml names two that are gone.")

    # -- what is behind the scene --------------------------------------------------------------------------------------

    def _name_sources(self) -> None:
        path = self._terminal.place / ".gitbtc" / "sources.toml"
        path.parent.mkdir(exist_ok=True)
        tables = [
            f'[{name}]\nkind   = "bitcoin-core"\nurl    = "{node.url}"\nwallet = "{WATCHED}"\n'
            f"cookie = {json.dumps(str(node.cookie))}\n"
            for name, node in (("node-a", self._a), ("node-b", self._b))
        ]
        path.write_text("\n".join(tables), "utf-8")

    def _coins(self) -> list[dict[str, object]]:
        coins: list[dict[str, object]] = json.loads((self._terminal.place / COINS).read_text("utf-8"))
        return coins

    def _coin(self, label: str) -> str:
        """The outpoint of the coin of that label."""
        return next(f"{coin['txid']}:{coin['vout']}" for coin in self._coins() if coin["label"] == label)

    def _compare(self, node: RealNode) -> None:
        listed = sum(int(str(coin["amount_sat"])) for coin in self._coins())
        if listed != node.balance(WATCHED):
            raise DemoFailed(f"the coins are worth {listed} sat, and the node says {node.balance(WATCHED)} sat")


def _spend(node: RealNode, outpoint: str, btc: str, *, fee_rate: int) -> str:
    """Pay the miner from one coin; the txid."""
    txid, vout = outpoint.split(":")
    options = json.dumps({"inputs": [{"txid": txid, "vout": int(vout)}], "add_inputs": False, "fee_rate": fee_rate})
    words = (f'outputs={{"{node.address(MINER)}":{btc}}}', f"options={options}")
    return str(node.cli("-named", "send", *words, wallet=SIGNER)["txid"])


def _short(outpoint: str) -> str:
    txid, _, vout = outpoint.partition(":")
    return f"{txid[:8]}:{vout}"
