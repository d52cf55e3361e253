"""An excerpt is the same whether every transaction was read for it, or those that were looked up in what was kept."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.kinds import codec, layouts
from gitbtc.kinds.codec import content_id
from gitbtc.kinds.layouts import Layout
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.premerge.excerpts import Excerpts
from gitbtc.premerge.versions import Version, Versions
from gitbtc.spends import COINS, EXECUTION, MEMPOOL, TRANSACTIONS
from gitbtc.state.snapshot import of_contents
from tests.made_state import change_of, coin, mined, pending, spend

if TYPE_CHECKING:
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

State = dict[str, dict[str, dict[str, Any]]]  # kind -> name -> record
KINDS = Kinds()
TXIDS = [f"{at:x}" * 64 for at in range(16)]  # each in a shard of its own


def wallet(source: Random) -> State:
    """Transactions that are built on one another, contend, replace and were given up, in every way."""
    state: State = {kind: {} for kind in (COINS, TRANSACTIONS, MEMPOOL, EXECUTION)}
    for txid in TXIDS:
        made = [coin(0, parent) for parent in TXIDS if parent < txid] + [coin(vout) for vout in range(6)]
        paying = spend("x", *source.sample(made, source.choice((1, 1, 2)))) | {"txid": txid}
        put(source, state, mined(paying) if source.random() < 0.5 else paying)
    return state


def put(source: Random, state: State, paying: dict[str, Any]) -> None:
    txid, other = paying["txid"], source.choice(TXIDS)
    mark = source.choice(({}, {}, {}, {"abandoned": True}, {"replaced_by": other}))
    if source.random() < 0.8:
        state[TRANSACTIONS][txid] = paying | mark
    if source.random() < 0.2:
        state[MEMPOOL][txid] = pending(paying) | source.choice(({}, {"replaces": [other]}))
    if source.random() < 0.2:
        spent = paying["inputs"][0] if source.random() < 0.5 else coin(0, other)
        named = f"{spent['txid']}:{spent['vout']}"
        what = source.choice(("send", "reserve"))
        state[EXECUTION][txid] = {"timestamp": int(txid[0], 16), "event_type": what, "outpoints": [named],
                                  "txid": txid if what == "send" else None, "agent": "a"}  # fmt: skip
    if source.random() < 0.4:
        state[COINS][txid] = change_of(paying)


def later(source: Random, state: State) -> State:
    """The same after a few transactions became others, or are gone."""
    made = {kind: dict(records) for kind, records in state.items()}
    for txid in source.sample(TXIDS, source.choice((0, 1, 2))):
        for records in made.values():
            records.pop(txid, None)
        if source.random() < 0.7:
            put(source, made, spend("x", coin(source.randrange(6)), coin(0, source.choice(TXIDS))) | {"txid": txid})
    return made


class Stored:
    """States by the oids of their files."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.read: set[str] = set()

    def version(self, name: str, state: State) -> Version:
        """A state in shards."""
        files: dict[str, bytes] = {}
        for kind in map(built_in, state):
            layout = Layout(1 if kind.shards == "txid" else 0)
            shards = layouts.divided(kind, layout, codec.encode_file(kind, [*state[kind.name].values()]))
            files |= {layouts.shard_path(kind.path, shard): content for shard, content in shards.items()}
        self.blobs |= {content_id(content): content for content in files.values()}
        entries = {path: ("100644", content_id(content)) for path, content in files.items()}
        return Version(name, name, layouts.folded(KINDS, entries))

    def blob(self, oid: str) -> bytes:
        self.read.add(oid)
        return self.blobs[oid]


def evidence(stored: Stored, version: Version) -> Evidence:
    """What a state says, as what was kept does."""
    files = {place: stored.blobs[oid] for place, (_, oid) in layouts.unfolded(version.entries).items()}
    return of_contents(version.name, files, KINDS).evidence("")


def chosen(
    stored: Stored, versions: list[Version], outpoints: set[Outpoint], kept: Evidence | None
) -> dict[str, bytes]:
    """The excerpts of the versions, the first of which is the anchor."""
    stored.read.clear()
    excerpts = Excerpts(Versions(versions[0], KINDS, stored.blob), lambda _: kept)
    assert [excerpts.fault("", version) for version in versions] == [""] * len(versions)
    touched = {one for side in versions[1:] for one in excerpts.touched("", versions[0], side)}
    news = {one for side in versions[1:] for one in excerpts.news("", side, versions[0])}
    excerpts.concern("", outpoints | touched | news, versions)
    return {
        f"{version.oid} {path}": excerpts.content(version, path) for version in versions for path in version.entries
    }


@settings(max_examples=200)
@given(st.integers(0, 1 << 30))
def test_it_is_the_same(seed: int) -> None:
    source, stored = Random(seed), Stored()
    before = wallet(source)
    onto = later(source, before)
    versions = [stored.version("onto", onto), *(stored.version(name, later(source, onto)) for name in ("one", "two"))]
    made: list[Outpoint] = [(txid, 0) for txid in TXIDS] + [(coin(vout)["txid"], vout) for vout in range(6)]
    outpoints = set(source.sample(made, source.choice((0, 1, 2))))
    whole = chosen(stored, versions, outpoints, None)
    known = evidence(stored, stored.version("kept", before))
    assert chosen(stored, versions, outpoints, known) == whole
