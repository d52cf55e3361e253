"""Random histories: replicas that commit, merge and join, with wrong clocks, criss-crosses and unrelated roots.

Everything is made through libgit2 in one repository, without a process, so that thousands fit in a minute. Records lie
in one file a kind, or, where a history is to be `sharded`, now in one and now in many, as its commits reshard them.
"""

from __future__ import annotations

import json
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any

from gitbtc.join.differences import Differences
from gitbtc.join.history import CommitGraph
from gitbtc.join.joining import Joining
from gitbtc.kinds import codec
from gitbtc.kinds.layouts import WHOLE, Folded, Layout, divided, folded, layout_of, read, shard_path
from gitbtc.kinds.registry import BUILT_IN, Kinds, built_in
from gitbtc.kinds.shards import TXID
from gitbtc.repo.git import Git
from tests.made_state import coin, pending, spend

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

    from gitbtc.join.coins import ContestedCoin
    from gitbtc.join.crdt import Replica
    from gitbtc.join.differences import File
    from gitbtc.join.history import Node, Read
    from gitbtc.repo.objects import Objects

# path -> key -> record; a strategy has one record, a plain file its text.
Files = dict[str, dict[str, Any]]

UTXOS, TRANSACTIONS, MEMPOOL = "wallet/utxos.json", "wallet/transactions.json", "network/mempool.json"
LABELS, CHANNELS, PEERS = "wallet/labels.json", "channels/channels.json", "network/peers.json"
LOG, STRATEGY, CHAIN, NOTE = "strategy/execution.json", "strategy/agent.json", "network/chain.json", "note.txt"
ARRAYS = (UTXOS, TRANSACTIONS, MEMPOOL, LABELS, CHANNELS, PEERS, LOG)
PUBKEY = "02" + "ab" * 32
KINDS = Kinds()
_numbers = count()


class _Reader:
    """Blobs through libgit2: quick for small ones."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._asked: deque[str] = deque()

    def ask(self, oid: str) -> None:
        self._asked.append(oid)

    def answer(self) -> tuple[str, bytes]:
        return "blob", self._objects.blob(self._asked.popleft())


class _Joining(Joining):
    """The same, without a process to read through."""

    def _read_all(self, anchors: Mapping[str, bytes], files: Sequence[File]) -> Differences:
        differences = Differences(self._schemas, anchors)
        differences.read(_Reader(self._objects), files)
        return differences


class _History(CommitGraph):
    """The same, to which a join is a commit like any other."""

    def add(self, read: Read) -> Node:
        node = super().add(read)
        node.is_join = False
        return node


class _Whole(_Joining):
    """Takes no join apart."""

    history_of = _History


def join(objects: Objects, heads: Sequence[str], *, apart: bool = True) -> str:
    """The join of these commits: its oid. Unless `apart`, joins among them are not taken apart: what they hold has to
    follow from their own states.
    """
    named = {str(number): oid for number, oid in enumerate(heads)}
    joining = (_Joining if apart else _Whole)(objects, Git.at("."), named)
    if (present := joining.present()) is not None:
        return present
    joining.read()
    return joining.commit("")[0]


class _Within(_Joining):
    """The same, compared with a commit that is older than what the heads have in common."""

    within = ""

    def _base(self) -> str | None:
        return self.history.common([*self._frontier, self.within])


def compared(objects: Objects, heads: Sequence[str], within: str) -> tuple[str, dict[str, bytes]] | None:
    """The tree of the join, and what it is told to be without a commit, compared with what the heads and a commit that
    one of them reaches have in common; None where a head is the join already.
    """
    joining = _Within(objects, Git.at("."), {str(number): oid for number, oid in enumerate(heads)})
    joining.within = within
    if joining.present() is not None:
        return None
    joining.read()
    return tree(objects, joining.commit("")[0]), joining.files()[0]


def state_files(objects: Objects, found: str) -> dict[str, bytes]:
    """path -> content of the state files of a tree, as they lie."""
    return {path: objects.blob(oid) for path, (_, oid) in objects.tree(found).items() if KINDS.for_path(path)}


def contested(objects: Objects, heads: Sequence[str]) -> list[ContestedCoin]:
    """The coins that a join of these commits leaves contested."""
    joining = _Joining(objects, Git.at("."), {str(number): oid for number, oid in enumerate(heads)})
    joining.read()
    return joining.files()[1].contested if joining.present() is None else []


def replica(objects: Objects, heads: Sequence[str]) -> Replica:
    """The state of these commits without Git."""
    joining = _Joining(objects, Git.at("."), {str(number): oid for number, oid in enumerate(heads)})
    joining.read(whole=True)
    return joining.replica()


def tree(objects: Objects, commit: str) -> str:
    [found] = list(objects.ancestry([commit]))[-1:]
    return found.tree


def files(objects: Objects, commit: str) -> dict[str, Any]:
    """path -> the records of the file, or its text; of shards, those of all together."""
    found = {}
    for path, (_, oid) in folded(KINDS, objects.tree(commit)).items():
        kind = KINDS.for_path(path)
        content = read(oid, lambda _, blob: objects.blob(blob)) if isinstance(oid, Folded) else objects.blob(oid)
        found[path] = codec.parse(kind, content) if kind else content.decode()
    return found


def layouts(objects: Objects, commit: str) -> dict[str, Layout]:
    """path -> how the records lie."""
    return {
        path: layout for path, entry in folded(KINDS, objects.tree(commit)).items()
        if KINDS.for_path(path) and (layout := layout_of(entry))
    }  # fmt: skip


class Graph:
    """A history in the making: `heads` are the replicas' commits; `commits` all that were made."""

    numbers: Iterator[int] = _numbers

    def __init__(
        self, objects: Objects, source: Random, replicas: int = 3, *, sharded: bool = False, lying: Random | None = None
    ) -> None:
        self.objects = objects
        self.source = source
        self.sharded = sharded
        self.lying = lying or source
        roots = 2 if source.random() < 0.1 else 1
        starts = [self.commit(_start(source) if source.random() < 0.8 else {}, []) for _ in range(roots)]
        self.heads = [source.choice(starts) for _ in range(replicas)]
        self.commits = list(starts)

    def grow(self, steps: int) -> None:
        for _ in range(steps):
            replica = self.source.randrange(len(self.heads))
            self.heads[replica] = self._step(replica)
            self.commits.append(self.heads[replica])

    def edits_only(self, steps: int) -> None:
        """The same, by replicas that each go their own way."""
        for _ in range(steps):
            replica = self.source.randrange(len(self.heads))
            self.heads[replica] = self._edit(self.heads[replica])

    def _step(self, replica: int) -> str:
        head, chance = self.heads[replica], self.source.random()
        if chance < 0.55:
            return self._edit(head)
        other = self.source.choice(self.heads if self.source.random() < 0.7 else self.commits)
        if chance < 0.85:
            return join(self.objects, [head, other])
        if chance < 0.9:
            return join(self.objects, [*self.source.choices(self.commits, k=3), head])
        return self._merge(head, other)

    def _edit(self, head: str) -> str:
        state = load(self.objects, head)
        for _ in range(self.source.randrange(1, 3)):
            self.source.choice(EDITS)(self.source, state)
        return self.commit(state, [head])

    def _merge(self, head: str, other: str) -> str:
        """A merge as somebody may have made it: one side whole, a join, or something else altogether."""
        if head == other:
            return head
        state = load(self.objects, self.source.choice([head, other, join(self.objects, [head, other])]))
        if self.source.random() < 0.5:
            self.source.choice(EDITS)(self.source, state)
        return self.commit(state, [head, other])

    def commit(self, state: Files, parents: list[str]) -> str:
        lies = self._layouts(state, parents)
        entries = {
            place: ("100644", self.objects.write_blob(content))
            for path, found in state.items()
            for place, content in _laid(path, _content(path, found), lies.get(path, WHOLE)).items()
        }
        who = ("Ann", "ann@example.com", 1_700_000_000 + self.seconds())
        return self.objects.write_commit(self.objects.write_tree(None, entries), parents, f"{next(self.numbers)}", who)

    def seconds(self) -> int:
        """What a clock shows that may be wrong."""
        return next(self.numbers) % 50 + self.source.choice((0, 0, 0, -5000, 5000))

    def _layouts(self, state: Files, parents: list[str]) -> dict[str, Layout]:
        """How the records of a commit lie: as in a parent, but for what is new and what it reshards."""
        if not self.sharded:
            return {}
        lies = layouts(self.objects, self.lying.choice(parents)) if parents else {}
        for path in state:
            kind = KINDS.for_path(path)
            if kind and kind.shards and (path not in lies or self.lying.random() < _RESHARDED):
                lies[path] = self.lying.choice(
                    (WHOLE, Layout(1), Layout(2)) if kind.shards == TXID else (WHOLE, Layout(0))
                )
        return lies


_RESHARDED = 0.25


def _laid(path: str, content: bytes, layout: Layout) -> dict[str, bytes]:
    kind = KINDS.for_path(path)
    if kind is None or layout.is_whole:
        return {path: content}
    return {shard_path(path, name): shard for name, shard in divided(kind, layout, content).items()}


def _content(path: str, found: dict[str, Any]) -> bytes:
    kind = KINDS.for_path(path)
    if kind is None:
        return str(found["text"]).encode()
    return codec.encode_file(kind, list(found.values()) if kind.is_array else found)


def load(objects: Objects, commit: str) -> Files:
    state: Files = {}
    for path, found in files(objects, commit).items():
        if isinstance(found, str):
            state[path] = {"text": found}
        else:
            state[path] = {json.dumps(one, sort_keys=True): one for one in found} if isinstance(found, list) else found
    return state


def _start(source: Random) -> Files:
    state: Files = {path: {} for path in ARRAYS if source.random() < 0.8}
    state[UTXOS] = {str(vout): coin(vout) for vout in range(3)}
    state[CHAIN] = {"network": "regtest", "block_height": 100, "block_hash": "aa" * 32, "block_time": 1_700_000_000}
    if source.random() < 0.5:
        state[STRATEGY] = _strategy()
    return state


def _strategy() -> dict[str, Any]:
    return {"name": "dca", "max_fee_rate_sat_vbyte": 5, "min_confirmations": 1, "utxo_consolidation_threshold": 9,
            "dca_amount_sat": None, "dca_interval_blocks": None, "lightning_rebalance_threshold": 0.5,
            "coin_selection": "random", "simulation_mode": True}  # fmt: skip


# -- edits -------------------------------------------------------------------------------------------------------------


def _put(state: Files, path: str, name: str, record: dict[str, Any]) -> None:
    kind = built_in(BUILT_IN[path])
    key = codec.key_of(kind, record, codec.encode_record(kind, record))
    found = state.setdefault(path, {})
    for old, one in list(found.items()):
        if codec.key_of(kind, one, codec.encode_record(kind, one)) == key:
            del found[old]
    found[name] = record


def _any(source: Random, state: Files, path: str) -> Any:
    found = state.get(path)
    return source.choice(sorted(found)) if found else None


def _see(source: Random, state: Files) -> None:
    vout = source.randrange(4)
    _put(state, UTXOS, f"new {vout}", coin(vout, block_height=source.choice((None, 100))))


def _spend(source: Random, state: Files) -> None:
    name = _any(source, state, UTXOS)
    if name:
        made = spend(source.choice("abc"), state[UTXOS].pop(name), fee=source.choice((1000, 2000)))
        if source.random() < 0.8:
            _put(state, TRANSACTIONS, made["txid"], made)
        if source.random() < 0.4:
            _put(state, MEMPOOL, made["txid"], pending(made))


def _unlist(source: Random, state: Files) -> None:
    state.get(UTXOS, {}).pop(_any(source, state, UTXOS), None)


def _end(source: Random, state: Files) -> None:
    name = _any(source, state, TRANSACTIONS)
    if name:
        change = source.choice(({"abandoned": True}, {"confirmed": True, "block_height": 101, "block_time": 5}))
        state[TRANSACTIONS][name] = state[TRANSACTIONS][name] | change
        state.get(MEMPOOL, {}).clear()


def _rename(source: Random, state: Files) -> None:
    path = source.choice((UTXOS, TRANSACTIONS))
    name = _any(source, state, path)
    if name:
        state[path][name] = state[path][name] | {"label": source.choice(("rent", "salary", None))}


def _mark(source: Random, state: Files) -> None:
    label = source.choice(("rent", "salary"))
    record = {"address": coin(0)["address"], "label": label, "category": source.choice(("income", "fee")),
              "created_at": source.randrange(3)}  # fmt: skip
    _put(state, LABELS, "new", record)


def _open(source: Random, state: Files) -> None:
    record = {"channel_id": source.choice(("1x1x1", "2x2x2")), "peer_pubkey": PUBKEY, "peer_alias": None,
              "capacity_sat": 1000, "local_balance_sat": source.randrange(500), "remote_balance_sat": 100,
              "is_active": source.random() < 0.5, "is_public": True, "local_reserve_sat": 1, "remote_reserve_sat": 1,
              "unsettled_balance_sat": 0, "htlc_count": 0}  # fmt: skip
    _put(state, CHANNELS, "new", record)


def _meet(source: Random, state: Files) -> None:
    record = {"pubkey": PUBKEY, "alias": source.choice((None, "bob")), "address": source.choice(("a:1", "b:2")),
              "connected": True, "sync_height": source.choice((None, 1, 2, 3))}  # fmt: skip
    _put(state, PEERS, "new", record)


def _note(source: Random, state: Files) -> None:
    event: dict[str, Any] = {"timestamp": source.randrange(4), "event_type": "custom", "note": source.choice("xy")}
    event |= dict.fromkeys(("block_height", "txid", "amount_sat", "fee_sat"))
    if source.random() < 0.3:
        event |= {"event_type": "reserve", "agent": source.choice("xy"), "outpoints": ["f0" * 32 + ":0"]}
    _put(state, LOG, json.dumps(event), event)


def _drop(source: Random, state: Files) -> None:
    path = source.choice(ARRAYS)
    state.get(path, {}).pop(_any(source, state, path), None)


def _decide(source: Random, state: Files) -> None:
    found = state.setdefault(STRATEGY, _strategy())
    state[STRATEGY] = found | source.choice(
        ({"simulation_mode": source.random() < 0.5}, {"min_confirmations": source.randrange(3)}, {"name": "hodl"})
    )


def _mine(source: Random, state: Files) -> None:
    height = source.randrange(99, 104)
    state[CHAIN] = {"network": "regtest", "block_height": height, "block_hash": source.choice(("bb", "cc")) * 32,
                    "block_time": 1_700_000_000}  # fmt: skip


def _write(source: Random, state: Files) -> None:
    state.pop("docs", None), state.pop("docs/a.txt", None), state.pop(NOTE, None)
    path = source.choice(("docs", "docs/a.txt", NOTE, NOTE, ""))
    if path:
        state[path] = {"text": source.choice("pqr")}


def _delete(source: Random, state: Files) -> None:
    state.pop(source.choice((*ARRAYS, STRATEGY)), None)


EDITS = (_see, _see, _spend, _spend, _spend, _unlist, _end, _rename, _mark, _mark, _open, _open, _meet, _meet, _note,
         _note, _drop, _drop, _decide, _mine, _write, _delete)  # fmt: skip
