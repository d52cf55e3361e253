"""A treasury's branches as a wallet would write them, and what a settled merge has to leave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.made_state import coins, mempool, pending, put, records, transactions

if TYPE_CHECKING:
    from tests.conftest import Repo


def state(repo: Repo, held: list[dict[str, Any]], known: list[dict[str, Any]] | None = None, **more: Any) -> None:
    """Write the state of a branch and commit it: what is unconfirmed and live waits in the mempool, coins are in the
    blocks of their transactions.
    """
    made = known or []
    blocks = {one["txid"]: one["block_height"] for one in made}
    coins(repo, *(one | {"block_height": blocks.get(one["txid"], one["block_height"])} for one in held))
    transactions(repo, *made)
    mempool(repo, *(pending(one) for one in made if not one["confirmed"] and not one.get("replaced_by")))
    files(repo, **more)


def files(repo: Repo, **contents: list[dict[str, Any]]) -> None:
    """Write these state files and commit."""
    for path, content in contents.items():
        put(repo, path.replace("_", "/") + ".json", *content)
    repo.unexamined("state")


def diverge(repo: Repo, base: Any, ours: Any, theirs: Any) -> None:
    """Two branches, main and theirs, from one ancestor."""
    base()
    repo.git("checkout", "-q", "-b", "theirs")
    theirs()
    repo.git("checkout", "-q", "main")
    ours()


def types(repo: Repo) -> dict[str, str]:
    """outpoint -> type of what `gitbtc conflicts` says is open."""
    found = json.loads(repo.gitbtc("conflicts", "--json", ok=(0, 1)).stdout)["gitbtc.conflicts/v1"]["conflicts"]
    return {one["outpoint"]: one["type"] for one in found}


def listed(repo: Repo) -> set[str]:
    return {f"{one['txid']}:{one['vout']}" for one in records(repo, "wallet/utxos.json", "HEAD")}


def waiting(repo: Repo) -> set[str]:
    return {one["txid"] for one in records(repo, "network/mempool.json", "HEAD")}


def transaction(repo: Repo, txid: str) -> dict[str, Any]:
    [found] = [one for one in records(repo, "wallet/transactions.json", "HEAD") if one["txid"] == txid]
    return dict(found)


def balance_is_a_replay(repo: Repo, *received: dict[str, Any]) -> None:
    """The coins are what the surviving transactions leave of all coins ever received."""
    live = [
        one
        for one in records(repo, "wallet/transactions.json", "HEAD")
        if not one.get("replaced_by") and not one.get("abandoned")
    ]
    spent = {(given["txid"], given["vout"]) for one in live for given in one["inputs"]}
    made = {(one["txid"], out["vout"]): out["amount_sat"] for one in live for out in one["outputs"]}
    every = {(one["txid"], one["vout"]): one["amount_sat"] for one in received} | made
    expected = {f"{txid}:{vout}" for txid, vout in every.keys() - spent}
    assert listed(repo) == expected
    assert sum(one["amount_sat"] for one in records(repo, "wallet/utxos.json", "HEAD")) == sum(
        amount for outpoint, amount in every.items() if outpoint not in spent
    )
    repo.gitbtc("check", "HEAD")
