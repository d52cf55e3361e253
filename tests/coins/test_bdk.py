"""Choices of coins against those of bdk, on the same pools."""

from __future__ import annotations

from typing import Any

import pytest
from embit.bip32 import HDKey
from embit.descriptor import Descriptor
from embit.script import Script
from embit.transaction import Transaction, TransactionInput, TransactionOutput
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.coins.feerate import Feerate
from gitbtc.coins.pool import Rates
from gitbtc.coins.selection import Goal, Lacking, _Search, select
from tests.coins.test_selection import candidates

bdk = pytest.importorskip("bdkpython")

KEY = HDKey.from_seed(b"\5" * 32).to_public()  # made on the fly: no money has ever been near it
TO = Script(b"\0\x14" + b"\2" * 20)


def wallet(amounts: list[int]) -> Any:
    """A wallet of bdk with a coin of each amount, at the place that the amount has in the list."""
    text = f"wpkh({KEY.to_base58(version=bytes.fromhex('043587cf'))}/0/*)"
    script = Descriptor.from_string(text).derive(0).script_pubkey()
    outputs = [TransactionOutput(amount, script) for amount in amounts]
    funding = Transaction(vin=[TransactionInput(b"\1" * 32, 0)], vout=outputs)
    descriptor = bdk.Descriptor(text, bdk.NetworkKind.TEST)
    made = bdk.Wallet.create_single(descriptor, bdk.Network.REGTEST, bdk.Persister.new_in_memory())
    made.reveal_next_address(bdk.KeychainKind.EXTERNAL)
    made.apply_unconfirmed_txs([bdk.UnconfirmedTx(tx=bdk.Transaction(funding.serialize()), last_seen=1)])
    return made


def chosen(made: Any, algorithm: Any, paid: int, rate: int) -> set[int] | None:
    """Which outputs bdk spends; None where it finds them too few."""
    builder = bdk.TxBuilder().add_recipient(bdk.Script(TO.data), bdk.Amount.from_sat(paid))
    builder = builder.fee_rate(bdk.FeeRate.from_sat_per_vb(rate)).coin_selection(algorithm)
    try:
        psbt = builder.finish(made)
    except (bdk.CreateTxError.CoinSelection, bdk.CreateTxError.InsufficientFunds):
        return None
    return {one.previous_output.vout for one in psbt.extract_tx().input()}


@settings(max_examples=40)
@given(st.lists(st.integers(5_000, 300_000), min_size=1, max_size=9), st.integers(1_000, 900_000), st.integers(10, 60))
def test_bdk_finds_nothing_less_wasteful_and_funds_no_more(amounts: list[int], paid: int, rate: int) -> None:
    made = wallet(amounts)
    rates = Rates(Feerate(rate * 1000), Feerate(10_000))
    coins = candidates([(amount, "p2wpkh") for amount in amounts], rates)
    goal = Goal([(22, paid)], *rates, "p2wpkh", 272)
    found = select(coins, goal)
    for algorithm in (bdk.CoinSelectionAlgorithm.BRANCH_AND_BOUND, bdk.CoinSelectionAlgorithm.LARGEST_FIRST):
        spent = chosen(made, algorithm, paid, rate)
        if spent is None or isinstance(found, Lacking):
            lacking = found.lacking_sat if isinstance(found, Lacking) else 0
            assert spent is None or lacking <= rate  # a virtual byte that is begun
            assert isinstance(found, Lacking) or found.change_sat is None
            continue
        theirs = [one for one in coins if one.outpoint[1] in spent]
        sound = list(_Search(coins, goal, ()).finished("bdk", theirs))
        assert found.waste_sat <= min((one.waste_sat for one in sound), default=found.waste_sat)
