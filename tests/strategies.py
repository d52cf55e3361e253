"""Made-up records for property tests, from a universe small enough for versions to collide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

ADDRESS = "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0"
HASHES = [f"{number:064x}" for number in range(10, 15)]
TXIDS = [f"{number:064x}" for number in range(6)]

hashes = st.sampled_from(HASHES)
txids = st.sampled_from(TXIDS)
amounts = st.integers(0, 21_000_000 * 100_000_000)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
labels = st.none() | st.sampled_from(["rent", "Café"]) | texts
heights = st.none() | st.integers(100, 103)
times = st.integers(1_700_000_000, 1_700_000_009)


def _coin(txid: str, vout: int) -> dict[str, Any]:
    """What the txid commits to is a function of the outpoint, as on the chain."""
    return {"txid": txid, "vout": vout, "amount_sat": 1000 * (int(txid, 16) + 1) + vout, "script_type": "p2wpkh",
            "address": ADDRESS, "coinbase": False}  # fmt: skip


@st.composite
def coins(draw: st.DrawFn) -> dict[str, Any]:
    """A coin; its block and its label vary."""
    height = draw(heights)
    coin = _coin(draw(txids), draw(st.integers(0, 2))) | {"block_height": height, "label": draw(labels)}
    if height is not None and draw(st.booleans()):
        coin["block_hash"] = draw(hashes)
    if draw(st.booleans()):
        coin["confirmations"] = draw(st.integers(0, 9))
    return coin


@st.composite
def transactions(draw: st.DrawFn) -> dict[str, Any]:
    """A transaction; its inputs and outputs are a function of its txid."""
    txid = draw(txids)
    number = int(txid, 16)
    height = draw(heights)
    return {
        "txid": txid, "block_height": height, "block_time": None if height is None else 1_700_000_000 + height,
        "inputs": [{"txid": TXIDS[(number + 1) % 6], "vout": 0, "amount_sat": 5000}],
        "outputs": [{"vout": 0, "amount_sat": 4000, "address": ADDRESS, "script_type": "p2wpkh",
                     "spent": draw(st.booleans())}],
        "fee_sat": draw(st.sampled_from([None, 1000])), "size_bytes": 222, "weight": 561,
        "confirmed": height is not None, "label": draw(labels),
    }  # fmt: skip


def events() -> st.SearchStrategy[dict[str, Any]]:
    """An event of the execution log."""
    return st.fixed_dictionaries({
        "timestamp": times, "block_height": st.none(), "event_type": st.sampled_from(["dca_buy", "custom"]),
        "txid": st.none() | txids, "amount_sat": st.none() | amounts, "fee_sat": st.none(), "note": texts,
    })  # fmt: skip


def label_records() -> st.SearchStrategy[dict[str, Any]]:
    """A label of an address."""
    return st.fixed_dictionaries({
        "address": st.sampled_from([ADDRESS, "n3fdDmgnbwsKCnqsXoq3Rdnt5DQbQy6Dv1"]),
        "label": st.sampled_from(["a", "b", "Zürich"]), "category": st.sampled_from(["income", "expense"]),
        "created_at": times,
    })  # fmt: skip


def label_rows() -> st.SearchStrategy[dict[str, Any]]:
    """A label of BIP-329: of few things, so that both sides name one of them."""
    return st.fixed_dictionaries(
        {"type": st.sampled_from(["tx", "output"]), "ref": st.sampled_from(["aa", "bb"])},
        optional={
            "label": st.sampled_from(["a", "b", "c", ""]), "spendable": st.booleans(),
            "origin": st.sampled_from(["wpkh([d34db33f/84h])", "wpkh([D34DB33F/84'])"]), "own": st.integers(0, 2),
        },
    )  # fmt: skip


STRATEGY: dict[str, Any] = {
    "name": "dca", "max_fee_rate_sat_vbyte": 5, "min_confirmations": 1, "utxo_consolidation_threshold": 10,
    "dca_amount_sat": None, "dca_interval_blocks": None, "lightning_rebalance_threshold": 0.5,
    "coin_selection": "random", "simulation_mode": True,
}  # fmt: skip


def strategies() -> st.SearchStrategy[dict[str, Any]]:
    """An agent's strategy."""
    return st.fixed_dictionaries({
        **{name: st.just(value) for name, value in STRATEGY.items()},
        "max_fee_rate_sat_vbyte": st.integers(0, 3) | st.floats(0, 10, allow_nan=False),
        "min_confirmations": st.integers(0, 3), "simulation_mode": st.booleans(),
    })  # fmt: skip


RECORDS = {
    "utxos": coins(),
    "transactions": transactions(),
    "execution": events(),
    "labels": label_records(),
    "labels329": label_rows(),
}


@st.composite
def files(draw: st.DrawFn, kind: Kind, most: int = 8) -> bytes:
    """A canonical file of `kind`."""
    if not kind.is_array:
        return codec.encode_file(kind, draw(strategies()))
    records = draw(st.lists(RECORDS[kind.name], max_size=most))
    unique = {codec.key_of(kind, record, codec.encode_record(kind, record)): record for record in records}
    return codec.encode_file(kind, list(unique.values()))


kinds = st.sampled_from([*RECORDS, "strategy"]).map(built_in)
array_kinds = st.sampled_from(list(RECORDS)).map(built_in)


@st.composite
def versions(draw: st.DrawFn, kind: Kind, base: bytes) -> bytes:
    """A later version of `base`: some records gone, some replaced, some new."""
    if not kind.is_array:
        return draw(files(kind))
    kept = {key: line for key, line in codec.keyed(kind, base).items() if draw(st.integers(0, 3))}
    fresh = codec.keyed(kind, draw(files(kind, 4)))
    together = {**kept, **fresh}
    return codec.encode_lines(kind, [together[key] for key in sorted(together)])


@st.composite
def histories(draw: st.DrawFn, kind: Kind, sides: int = 2) -> list[bytes]:
    """A base and `sides` later versions of it."""
    base = draw(files(kind))
    return [base, *(draw(versions(kind, base)) for _ in range(sides))]
