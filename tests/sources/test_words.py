"""What a source says, heard from the records that differ, is what all records give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.kinds import codec
from gitbtc.sources import words as module
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.sources.words import words
from gitbtc.spends import COINS, LABELS, TRANSACTIONS
from tests.strategies import array_kinds, histories

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitbtc.kinds.kind import Key, Kind


def everything(kind: Kind, *files: bytes) -> list[Mapping[Key, Any]]:
    return [module._records(kind, content) for content in files]


@given(st.data(), array_kinds)
def test_the_records_that_differ_tell_what_all_of_them_tell(data: st.DataObject, kind: Kind) -> None:
    before, here, now = data.draw(histories(kind, 2))
    records = {kind.name: codec.parse(kind, now) if now else []}
    owned = {(coin["txid"], coin["vout"]) for coin in records.get(COINS, ()) if data.draw(st.booleans())}
    snapshot = SourceSnapshot(
        "bitcoin-core", "regtest", records, frozenset(owned),
        complete=frozenset(data.draw(st.sets(st.sampled_from([kind.name, LABELS, TRANSACTIONS])))),
    )  # fmt: skip
    gone = data.draw(st.booleans())
    now = codec.encode_file(kind, records[kind.name])

    def said() -> module.Words:
        return words(kind, before, here, now, snapshot, lambda _: gone, volatile=volatile)

    volatile = data.draw(st.booleans())
    told = said()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_differing", everything)
        assert said() == told
