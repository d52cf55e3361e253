"""Two branches that pay, and the state of a repository: what faults are put in the middle of."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from gitbtc.kinds.registry import Kinds
from tests.made_state import ADDRESS, OTHER, branch, coin, coins, mempool, pending, put, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo

KINDS = Kinds()
A, B = spend("aa", coin(0)), spend("bb", coin(0))
C, D = spend("cc", coin(2)), spend("dd", coin(3))
OUTPOINT = f"{coin(0)['txid']}:0"
LOG = "strategy/execution.json"
LABELS = "labels.jsonl"


def event(number: int, note: str) -> dict[str, Any]:
    return {"timestamp": 1_700_000_000 + number, "block_height": None, "event_type": "custom", "txid": None,
            "amount_sat": None, "fee_sat": None, "note": note}  # fmt: skip


class State:
    """The state files of a repository in its work tree, index (for each stage) and HEAD: name -> bytes."""

    def __init__(self, repo: Repo) -> None:
        found = (str(path.relative_to(repo.path)) for path in repo.path.rglob("*.json*"))
        self.work_tree: dict[str, bytes] = {}
        for path in filter(KINDS.for_path, found):
            # What a killed process was at may still take a file away: then it is not there.
            with contextlib.suppress(FileNotFoundError):
                self.work_tree[path] = repo.read(path)
        self.index = blobs(repo, "ls-files", "--stage")
        self.head = blobs(repo, "ls-tree", "-r", "HEAD")

    def contents(self) -> set[bytes]:
        return {content for files in (self.work_tree, self.index, self.head) for content in files.values()}

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it holds dicts


def blobs(repo: Repo, *listing: str) -> dict[str, bytes]:
    """What a listing of `<mode> … <oid> …<tab><path>` names."""
    oids = {}
    for line in repo.git(*listing).splitlines():
        head, _, path = line.partition("\t")
        if KINDS.for_path(path):
            oid, *stage = [word for word in head.split()[1:] if word != "blob"]
            oids[" ".join([path, *stage])] = oid
    said = repo.git("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in oids.values()).encode()).encode()
    found = {}
    for name in oids:
        header, _, rest = said.partition(b"\n")
        size = int(header.split()[2])
        found[name], said = rest[:size], rest[size + 1 :]
    return found


def base(repo: Repo) -> None:
    coins(repo, coin(0), coin(1), coin(2), coin(3))
    transactions(repo)
    mempool(repo)
    put(repo, LOG, event(0, "base"))
    repo.unexamined("base")


@once
def both_pay(repo: Repo) -> None:
    """Two branches that spend different coins, and write to the same logs."""
    base(repo)
    branch(repo, "theirs")
    _pay(repo, D, coin(0), coin(1), coin(2))
    repo.git("checkout", "-q", "main")
    _pay(repo, C, coin(0), coin(1), coin(3))


def _pay(repo: Repo, transaction: dict[str, Any], *left: dict[str, Any]) -> None:
    coins(repo, *left)
    transactions(repo, transaction)
    mempool(repo, pending(transaction))
    put(repo, LOG, event(0, "base"), event(transaction["fee_sat"], transaction["txid"]))
    repo.unexamined("pay")


def ahead(repo: Repo) -> None:
    """A branch that can be fast-forwarded to."""
    both_pay(repo)
    repo.git("reset", "-q", "--hard", "main~1")


def half_merged(repo: Repo) -> None:
    """A merge to be committed, that lacks all that theirs says."""
    both_pay(repo)
    repo.git("merge", "-q", "--no-commit", "-s", "ours", "theirs")


@once
def both_spend(repo: Repo) -> None:
    """A merge that stopped: two transactions spend one coin, and a label is contested in the coins' file."""
    base(repo)
    branch(repo, "theirs")
    _pay(repo, B, coin(1, label="theirs"), coin(2), coin(3))
    repo.git("checkout", "-q", "main")
    _pay(repo, A, coin(1), coin(2, label="ours"), coin(3))
    repo.git("merge", "theirs", ok=(1,))


@once
def settled(repo: Repo) -> None:
    both_spend(repo)
    repo.gitbtc("resolve", OUTPOINT, "--ours")
    repo.git("add", "-A")


def labelled(repo: Repo) -> None:
    """Two addresses with names, one of them in either file, and a file beside the repository that names it anew."""
    base(repo)
    row = {"type": "addr", "ref": ADDRESS, "label": "rent"}
    (repo.path.parent / LABELS).write_text(json.dumps(row) + "\n")
    repo.write("wallet/labels.jsonl", json.dumps({**row, "ref": OTHER}) + "\n")
    put(repo, "wallet/labels.json", {"address": ADDRESS, "label": "old", "category": "expense", "created_at": 1})
    repo.unexamined("label")
