"""Small treasuries at random: a common past and two sides, each made of a few steps that agents and accidents take."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.made_state import change_of, coin, flagged, pending, spend

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.conftest import Repo

State = dict[str, dict[str, dict[str, Any]]]

PATHS = {
    "coins": "wallet/utxos.json",
    "transactions": "wallet/transactions.json",
    "mempool": "network/mempool.json",
    "log": "strategy/execution.json",
    "labels": "wallet/labels.json",
}
CHAIN = {"network": "regtest", "block_height": 110, "block_hash": "aa" * 32, "block_time": 1_700_000_000}


def past() -> State:
    """Four coins and nothing else."""
    state: State = {name: {} for name in (*PATHS, "chain")}
    state["coins"] = {str(vout): coin(vout) for vout in range(4)}
    state["chain"] = {"": dict(CHAIN)}
    return state


def copied(state: State) -> State:
    """A state that can be changed without the other."""
    copy: State = json.loads(json.dumps(state))
    return copy


def stepped(source: Random, state: State, steps: int) -> State:
    """A later state: so many steps on."""
    later = copied(state)
    for _ in range(steps):
        source.choice(_STEPS)(source, later)
    return later


def _any(source: Random, records: dict[str, dict[str, Any]]) -> Any:
    return source.choice(sorted(records)) if records else None


def _spend(source: Random, state: State) -> None:
    spent = [name for name in sorted(state["coins"]) if source.random() < 0.4][:2]
    name = source.choice("abcd")
    if not spent:
        return
    made = spend(name, *(state["coins"].pop(one) for one in spent), fee=source.choice((1000, 2000)))
    where = source.random()
    if where < 0.7:
        state["transactions"].setdefault(made["txid"], made)
    if where > 0.4:
        state["mempool"].setdefault(made["txid"], pending(made))
    if source.random() < 0.5:
        state["coins"][name] = change_of(made)


def _remove(source: Random, state: State) -> None:
    state["coins"].pop(_any(source, state["coins"]), None)


def _restore(source: Random, state: State) -> None:
    vout = source.randrange(4)
    state["coins"][str(vout)] = coin(vout)


def _confirm(source: Random, state: State) -> None:
    txid = _any(source, state["transactions"])
    if txid:
        height = source.choice((101, 102))
        state["transactions"][txid] |= {"confirmed": True, "block_height": height, "block_time": 1_700_000_000 + height}
        state["mempool"].pop(txid, None)


def _replace(source: Random, state: State) -> None:
    old, new = _any(source, state["transactions"]), _any(source, state["transactions"])
    if old and old != new:
        state["transactions"][old]["replaced_by"] = new
        state["mempool"].pop(old, None)


def _abandon(source: Random, state: State) -> None:
    txid = _any(source, state["transactions"])
    if txid:
        state["transactions"][txid]["abandoned"] = True
        state["mempool"].pop(txid, None)


def _label(source: Random, state: State) -> None:
    name = _any(source, state["coins"])
    if name:
        state["coins"][name]["label"] = source.choice(("rent", "salary"))


def _describe(source: Random, state: State) -> None:
    name = _any(source, state["coins"])
    if name and source.random() < 0.3:
        state["coins"][name]["amount_sat"] += source.choice((1, 2))


def _note(source: Random, state: State) -> None:
    outpoints = [f"{one['txid']}:{one['vout']}" for one in state["coins"].values() if source.random() < 0.4]
    moment = source.randrange(1000)
    event: dict[str, Any] = {"timestamp": 1_700_000_000 + moment, "event_type": "custom", "note": ""}
    event |= dict.fromkeys(("block_height", "txid", "amount_sat", "fee_sat"))
    if outpoints and source.random() < 0.5:
        event |= {"event_type": "reserve", "outpoints": outpoints, "agent": source.choice("xy"), "expires_height": 200}
    elif outpoints and state["transactions"]:
        event |= {"event_type": "consolidation", "txid": _any(source, state["transactions"])}
        event |= {"outpoints": outpoints[:1], "agent": source.choice("xy")}
    state["log"][str(moment)] = event


def _forget(source: Random, state: State) -> None:
    kind = source.choice(("log", "transactions", "mempool"))
    if source.random() < 0.3:
        state[kind].pop(_any(source, state[kind]), None)


def _mine(source: Random, state: State) -> None:
    height = state["chain"][""]["block_height"] + source.choice((1, 2))
    state["chain"][""] |= {"block_height": height, "block_hash": source.choice(("bb", "cc")) * 32}


def _switch(source: Random, state: State) -> None:
    if source.random() < 0.1:
        state["chain"][""]["network"] = "main"


_STEPS: tuple[Callable[[Random, State], None], ...] = (
    _spend, _spend, _spend, _spend, _remove, _restore, _confirm, _replace, _abandon, _label, _describe, _note, _forget,
    _mine, _switch,
)  # fmt: skip


def committed(repo: Repo, state: State, name: str, *parents: str, drop: str = "") -> str:
    """A commit of `state` with these parents, made without hooks, work tree or index; a branch of this name."""
    spenders = [*state["transactions"].values(), *state["mempool"].values()]
    for kind, path in PATHS.items():
        records = list(state[kind].values())
        made = flagged(*records, spenders=spenders) if kind in ("transactions", "mempool") else records
        repo.write(path, json.dumps(made))
    repo.write("network/chain.json", json.dumps(state["chain"][""]))
    if drop:
        (repo.path / drop).unlink()
    repo.git("add", "-A")
    tree = repo.git("write-tree").strip()
    links = [word for parent in parents for word in ("-p", parent)]
    oid = repo.git("commit-tree", tree, *links, "-m", name).strip()
    repo.git("update-ref", f"refs/heads/{name}", oid)
    return oid
