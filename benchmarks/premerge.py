"""Looking ahead at a hundred branches: `gitbtc premerge` beside `git merge-tree`, which merges each of them as text.

The branches leave one commit of a wallet of 10,000 coins and 5,000 transactions. Each spends coins of its own in two
commits; every tenth also spends one coin that they all want. They lie in the object store as their commits left them
there (loose), or as `git gc` packs them.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import coins
from paired import arguments, ratio, report, rounds, table, timed
from treasury import GITBTC

ADDRESS = "bcrt1qsl0cr0fry3w67cqmnc7fjsxd82uep4hd7gsw7t"
SIZES = (10_000,)
BRANCHES = 100
SPENT = 3  # coins a branch
EVERY = 10  # of so many branches one wants the coin that all want
ASKED = ("--onto", "main", "agents/*")
PREMERGE, MERGE_TREE = "`gitbtc premerge`", "`git merge-tree` of each"


def main() -> None:
    """Measure both ways to store them."""
    options = arguments(__doc__, default_rounds=3, sizes=SIZES)
    results = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            made = Branches(Path(folder), size)
            results.append(_measure(made, f"{size:,} coins, {BRANCHES} branches, loose objects", options.rounds))
            made.git("gc", "--quiet")
            results.append(_measure(made, f"{size:,} coins, {BRANCHES} branches, packed", options.rounds))
    report(__file__, results, record=options.record)


def _measure(made: Branches, title: str, count: int) -> str:
    def premerge() -> dict[str, float]:
        return {PREMERGE: timed(*GITBTC, "premerge", *ASKED, cwd=made.path, env=made.env, at_most=1)}

    def merge_tree() -> dict[str, float]:
        asked = (("git", "merge-tree", "--write-tree", "main", f"agents/{number}") for number in range(BRANCHES))
        return {MERGE_TREE: sum(timed(*command, cwd=made.path, env=made.env, at_most=1) for command in asked)}

    times = rounds(count, {PREMERGE: premerge, MERGE_TREE: merge_tree})
    made.check()
    verdict = f"`gitbtc premerge` takes {ratio(times, PREMERGE, MERGE_TREE):.2f} of what {MERGE_TREE} takes."
    return table(title, times, MERGE_TREE) + f"\n\n{verdict}"


class Branches:
    """The repository, made in `folder`: main, and agents/0 to agents/99."""

    def __init__(self, folder: Path, count: int) -> None:
        self.path = folder / f"branches-{count}"
        self.path.mkdir()
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
        self.env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        self._coins = {_outpoint(line): line for line in coins.wallet(count)}
        self._held = sorted(self._coins)
        self._transactions = {name: encoded(record) for name, record in history(count // 2)}
        self.git("init", "--quiet", "--initial-branch=main")
        unpacked = ["git", "-c", "fastimport.unpackLimit=1000000", "fast-import", "--quiet"]
        with subprocess.Popen(unpacked, cwd=self.path, env=self.env, stdin=subprocess.PIPE) as importing:
            if importing.stdin is not None:
                importing.stdin.writelines(self._stream())

    def git(self, *arguments: str) -> None:
        """Run git."""
        subprocess.run(["git", *arguments], cwd=self.path, env=self.env, check=True)

    def _stream(self) -> list[bytes]:
        ours = {name: line for name, line in self._coins.items() if name != self._held[1]}
        stream = _commit("base", "", {"wallet/utxos.json": self._coins, "wallet/transactions.json": self._transactions})
        stream += _commit("main", "refs/heads/base", {"wallet/utxos.json": ours})
        for number in range(BRANCHES):
            at = 2 + number * SPENT
            spent = [*self._held[at : at + SPENT], *(self._held[:1] if number % EVERY == 0 else ())]
            record = transaction(f"{number:04x}" * 16, [json.loads(self._coins[name]) for name in spent])
            kept = {name: line for name, line in self._coins.items() if name not in spent}
            known = self._transactions | {(record["txid"], 0): encoded(record)}
            stream += _commit(f"agents/{number}", "refs/heads/base", {"wallet/utxos.json": kept})
            stream += _commit(f"agents/{number}", "", {"wallet/transactions.json": known})
        return stream

    def check(self) -> None:
        """That the answer is right: one coin, that every tenth branch wants."""
        done = subprocess.run(
            [*GITBTC, "premerge", "--json", *ASKED], cwd=self.path, env=self.env, capture_output=True, check=False
        )
        found = json.loads(done.stdout)["gitbtc.premerge/v1"]
        wanting = BRANCHES // EVERY
        if len(found["collisions"]) != wanting * (wanting - 1) // 2 or any(
            one["conflicts"] for one in found["branches"]
        ):
            raise SystemExit("gitbtc premerge does not find what the branches were made for")


Lines = dict[tuple[str, int], bytes]


def _commit(branch: str, start: str, files: dict[str, Lines]) -> list[bytes]:
    head = f"commit refs/heads/{branch}\ncommitter bench <bench> 1700000000 +0000\ndata 0\n"
    stream = [head.encode(), f"from {start}\n".encode() if start else b""]
    for path, lines in files.items():
        content = coins.content([lines[name] for name in sorted(lines)])
        stream += [f"M 100644 inline {path}\ndata {len(content)}\n".encode(), content, b"\n"]
    return stream


def history(count: int) -> list[tuple[tuple[str, int], dict[str, Any]]]:
    """Confirmed transactions that spent coins which are long gone."""
    source = random.Random(7)
    records = []
    for _ in range(count):
        parents = [{"txid": source.randbytes(32).hex(), "vout": 0, "amount_sat": 50_000_000} for _ in range(2)]
        record = transaction(source.randbytes(32).hex(), parents)
        records.append(
            ((record["txid"], 0), record | {"confirmed": True, "block_height": 5, "block_time": 1_600_000_000})
        )
    return records


def transaction(txid: str, spent: list[dict[str, Any]]) -> dict[str, Any]:
    """An unconfirmed transaction that spends coins."""
    amount = sum(int(str(coin["amount_sat"])) for coin in spent)
    return {"txid": txid, "block_height": None, "block_time": None, "confirmed": False, "fee_sat": 500, "label": None,
            "inputs": [{name: coin[name] for name in ("txid", "vout", "amount_sat")} for coin in spent],
            "outputs": [{"vout": 0, "amount_sat": amount - 500, "address": ADDRESS, "script_type": "p2wpkh",
                         "spent": False}],
            "size_bytes": 200, "weight": 800}  # fmt: skip


def encoded(record: dict[str, Any]) -> bytes:
    """The line of a record, as it is stored."""
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def _outpoint(line: bytes) -> tuple[str, int]:
    record = json.loads(line)
    return record["txid"], record["vout"]


if __name__ == "__main__":
    main()
