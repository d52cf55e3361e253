from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitbtc.gate.free_text import free_fields, free_texts
from gitbtc.keys.scan import scan
from gitbtc.kinds import codec
from gitbtc.kinds.registry import BUILT_IN, built_in
from tests.strategies import array_kinds, files


def test_which_fields_of_the_built_in_kinds_are_free() -> None:
    free = {name: sorted(set(free_fields(built_in(name)))) for name in BUILT_IN.values()}
    assert {name: fields for name, fields in free.items() if fields} == {
        "utxos": ["label"],
        "transactions": ["label"],
        "labels": ["label"],
        "descriptors": ["label"],
        "channels": ["peer_alias"],
        "strategy": ["name"],
        "execution": ["agent", "note"],
        "prices": ["source"],
        "fees": ["source"],
        "peers": ["address", "alias"],
    }


@given(st.data(), array_kinds)
def test_every_free_text_is_there_in_order(data: st.DataObject, kind: Any) -> None:
    content = data.draw(files(kind))
    names = set(free_fields(kind))
    wanted = [
        record[name]
        for record in codec.parse(kind, content)
        for name in sorted(names & record.keys())
        if record[name] is not None
    ]
    assert json.loads(free_texts(kind, content)) == wanted


def test_a_log_that_says_one_word_over_and_over_is_no_mnemonic() -> None:
    """Twelve times "invest" has a valid checksum; eleven times "abandon" and then "about" is a phrase that is known."""
    kind = built_in("execution")
    event = {"block_height": None, "event_type": "custom", "txid": None, "amount_sat": None, "fee_sat": None}

    def log(*notes: str) -> bytes:
        return codec.encode_file(kind, [event | {"timestamp": at, "note": note} for at, note in enumerate(notes)])

    assert scan(b" ".join([b"invest"] * 12))
    assert not scan(free_texts(kind, log(*["invest"] * 40)))
    assert scan(free_texts(kind, log(*["abandon"] * 11, "about")))
