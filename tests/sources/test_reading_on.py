"""Reading on from a cursor tells what a full read would tell, whatever happened to the wallet in between."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.kinds.registry import built_in
from gitbtc.sources import bitcoin_core
from gitbtc.sources.core_cursor import loaded, save
from gitbtc.sources.snapshot import SINCE_LAST, SinceLast
from tests.sources.made_wallet import MadeWallet

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.sources.snapshot import SourceSnapshot

Told = dict[str, dict[Any, Any]]


def by_key(kind: str, records: Any) -> dict[Any, Any]:
    names = built_in(kind).identity
    return {tuple(record[name] for name in names): record for record in records}


def told_by(snapshot: SourceSnapshot) -> Told:
    return {kind: by_key(kind, snapshot.records[kind]) for kind in SINCE_LAST}


def read_on(wallet: MadeWallet, file: Path, told: Told) -> Told:
    """What is told then: of all, of what is otherwise."""
    dated = {key: record["created_at"] for key, record in told.get("labels", {}).items()}
    whole = bitcoin_core.read_from(wallet, dated)
    with loaded(file) as cursor:
        part = bitcoin_core.read_from(wallet, dated, cursor)
        if part.coins_sat is None:
            now = told_by(part)
        else:
            now = {kind: {**told[kind]} for kind in SINCE_LAST}
            for kind in SINCE_LAST:
                records = part.records[kind]
                assert isinstance(records, SinceLast)
                for key, record in records.changed.items():
                    now[kind].pop(key, None)
                    now[kind] |= {key: record} if record else {}
            assert part.coins_sat == sum(coin["amount_sat"] for coin in now["utxos"].values())
            assert all((one in part.owned) is (one in whole.owned) for one in wallet.outpoints())
            assert all((txid in part.txids) is (txid in whole.txids) for txid in [*wallet.made, "0" * 64])
            assert told_by(part) == now  # all of it, made of what is kept
        assert now == told_by(whole)
        for kind in ("chain", "mempool"):
            assert sorted(map(str, part.records[kind])) == sorted(map(str, whole.records[kind]))
        assert sorted(part.notices) == sorted(whole.notices)
        assert part.cursor is not None
        save(file, part.cursor, "word", cursor)
    return now


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 6), min_size=2, max_size=14))
def test_what_is_told_since_is_what_a_full_read_tells(
    tmp_path_factory: Any, seed: int, steps: list[int]
) -> None:  # fmt: skip
    wallet = MadeWallet(Random(seed))
    file, told = tmp_path_factory.mktemp("kept") / "cursor", Told()
    for count in steps:
        for _ in range(count):
            wallet.happen()
        told = read_on(wallet, file, told)
