"""The story of a wallet in a real repository, told by commits of several people."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.made_state import WITHOUT_GITBTC, branch, chain, coin, coins, mempool, pending, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from tests.conftest import Repo

A, B = spend("aa", coin(0)), spend("bb", coin(0), coin(1))


def outpoint(record: dict[str, Any]) -> str:
    return f"{record['txid']}:{record['vout']}"


def paid(transaction: dict[str, Any]) -> dict[str, Any]:
    """The coin that `transaction` pays to its one output."""
    output = transaction["outputs"][0]
    named = {name: output[name] for name in ("amount_sat", "address", "script_type")}
    return {**coin(0, transaction["txid"]), **named, "block_height": None}


def mined(record: dict[str, Any], height: int = 105) -> dict[str, Any]:
    """A transaction in a block."""
    return record | {"confirmed": True, "block_height": height, "block_time": 1_700_000_000 + height}


def commit(repo: Repo, message: str, author: str = "Ann Auditor", *, hooks: bool = True) -> str:
    """Commit all, as `author`, on a day that is the same on every run."""
    repo.git("add", "-A")
    name = ["-c", f"user.name={author}", *(() if hooks else WITHOUT_GITBTC)]
    repo.git(*name, "commit", "-q", "--allow-empty", "--date=2026-01-02T03:04:05Z", "-m", message)
    return repo.git("rev-parse", "HEAD").strip()


def funded(repo: Repo) -> str:
    """Three coins, a tip."""
    coins(repo, coin(0), coin(1), coin(2, label="savings"))
    transactions(repo)
    mempool(repo)
    chain(repo, 110)
    return commit(repo, "Fund the treasury")


def pays(repo: Repo, name: str, transaction: dict[str, Any], *left: dict[str, Any], start: str = "main") -> str:
    """A branch on which an agent pays `transaction`; `left` are the coins of the funding that it does not spend."""
    branch(repo, name, start)
    coins(repo, *left, paid(transaction))
    transactions(repo, transaction)
    mempool(repo, pending(transaction))
    return commit(repo, f"Pay {name}", name)


def merged(repo: Repo, name: str, *options: str, ok: tuple[int, ...] = (0,)) -> None:
    repo.git("merge", "-q", "--no-ff", "--no-edit", *options, name, ok=ok)


@once
def settled(repo: Repo) -> None:
    """Two agents spend the first coin; the one whose branch was merged first keeps it."""
    funded(repo)
    pays(repo, "agent-a", A, coin(1), coin(2, label="savings"))
    pays(repo, "agent-b", B, coin(2, label="savings"))
    repo.git("checkout", "-q", "main")
    merged(repo, "agent-a")
    merged(repo, "agent-b", ok=(1,))
    repo.gitbtc("resolve", outpoint(coin(0)), "--ours")
    repo.git("add", "-A")
    repo.git("commit", "-q", "--no-edit")


def without_oids(text: str) -> str:
    """A text without what differs from run to run: the commits' names, and the day of those that Git made."""
    return re.sub(r"^[0-9a-f]{8}  \d{4}-\d\d-\d\d", "COMMIT", text, flags=re.MULTILINE)


def log(repo: Repo, *arguments: str) -> list[dict[str, Any]]:
    """The commits of `gitbtc log --json`."""
    told: list[dict[str, Any]] = json.loads(repo.gitbtc("log", "--json", *arguments).stdout)["gitbtc.log/v1"]["commits"]
    return told


def why(repo: Repo, *arguments: str) -> list[dict[str, Any]]:
    """The coins of `gitbtc why --json`."""
    told: list[dict[str, Any]] = json.loads(repo.gitbtc("why", "--json", *arguments).stdout)["gitbtc.why/v1"]["coins"]
    return told


def events(commits: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """(subject, event, coin or transaction by its first letters) of each event of a log."""
    return [
        (commit["subject"], event["event"], _about(event))
        for commit in commits
        for root in commit.get("roots", [commit])
        for event in root["events"]
    ]


def _about(event: dict[str, Any]) -> str:
    name = event.get("outpoint", event.get("txid", ""))
    for known, words in ((coin(0)["txid"], "fund"), (A["txid"], "A"), (B["txid"], "B")):
        name = name.replace(known, words)
    return str(name)
