"""A large file is read some megabytes at a time: what is found so is what all of it read at once gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gitbtc.kinds import codec, validate
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import built_in
from tests.strategies import coins, labels

if TYPE_CHECKING:
    import pytest

KINDS = {"utxos": coins(), "labels329": labels.map(lambda text: {"type": "tx", "ref": "ab" * 32, "label": text or ""})}


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file that is canonical, or nearly."""
    name = draw(st.sampled_from(sorted(KINDS)))
    kind = built_in(name)
    records: list[dict[str, Any]] = draw(st.lists(KINDS[name], max_size=9))
    try:
        if not kind.frame.opening:
            records = [{**one, "ref": f"{number:064x}"} for number, one in enumerate(records)]
        content = codec.encode_file(kind, records)
    except Malformed:  # two of them are one
        content = codec.encode_file(kind, records[:1])
    lines = content.split(b"\n")
    place = draw(st.integers(0, len(lines) - 1))
    scar = draw(st.sampled_from(["", "", "twice", "gone", "swap", "blank", "comma", "spaced", "cut"]))
    if scar == "twice":
        lines.insert(place, lines[place])
    elif scar == "gone":
        del lines[place]
    elif scar == "swap":
        lines[place - 1], lines[place] = lines[place], lines[place - 1]
    elif scar == "blank":
        lines.insert(place, b"")
    elif scar == "comma":
        lines[place] = lines[place].removesuffix(b",") if lines[place].endswith(b",") else lines[place] + b","
    elif scar == "spaced":
        lines[place] = lines[place].replace(b":", b": ", 1)
    made = b"\n".join(lines)
    return name, made[: len(made) * 2 // 3] if scar == "cut" else made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files(), st.integers(0, 900))
@example(("utxos", b"[\n]\n"), 0)
def test_pieces_tell_what_the_whole_tells(monkeypatch: pytest.MonkeyPatch, file: tuple[str, bytes], size: int) -> None:
    monkeypatch.setattr(codec, "_PIECE", size)
    kind, content = built_in(file[0]), file[1]
    whole = codec.read_at_once(kind, content)
    assert codec.is_canonical(kind, content) == (whole is not None)
    if whole is not None:
        assert [one for piece in codec.records_in_pieces(kind, content) for one in piece] == whole.records
        assert codec.canonical(kind, content) is content
        assert codec.parse(kind, content) == whole.records
        monkeypatch.setattr(codec, "_MOST_SHARED", 2)
        assert codec.parse(kind, content) == whole.records


def test_what_many_records_say_alike_is_held_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = built_in("utxos")
    coin = {"txid": "ab" * 32, "amount_sat": 1000, "script_type": "p2wpkh", "label": "rent", "coinbase": False,
            "address": "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0", "block_height": 7}  # fmt: skip
    content = codec.encode_file(kind, [{**coin, "vout": vout} for vout in range(40)])
    monkeypatch.setattr(codec, "_PIECE", 1000)
    assert {len({id(one[name]) for one in codec.parse(kind, content)}) for name in ("address", "label")} == {1}


def test_a_very_large_file_has_the_records_and_the_faults_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = built_in("utxos")
    coin = {"txid": "ab" * 32, "vout": 0, "amount_sat": 1000, "script_type": "p2wpkh", "label": None, "coinbase": False,
            "address": "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0", "block_height": 7}  # fmt: skip
    content = codec.encode_file(kind, [{**coin, "vout": vout, "amount_sat": vout - 1} for vout in range(40)])
    expected = [str(one) for one in validate.violations(kind, json.loads(content))]
    monkeypatch.setattr(validate, "_TOO_LARGE", 100)
    monkeypatch.setattr(codec, "_PIECE", 1000)
    records, count = validate.records_of(kind, content)
    assert count == 40
    assert [str(one) for one in validate.violations(kind, records)] == expected != []
