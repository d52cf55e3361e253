"""Weights against transactions that embit signs, and against the constants of Bitcoin Core."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from embit.bip32 import HDKey
from embit.descriptor import Descriptor
from embit.finalizer import finalize_psbt
from embit.psbt import PSBT, DerivationPath
from embit.script import Script
from embit.transaction import Transaction, TransactionInput, TransactionOutput
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.coins.feerate import Feerate
from gitbtc.coins.weights import InputWeights, dust_sat, output_weight, script_bytes
from gitbtc.errors import UsageError
from gitbtc.kinds.formats import descriptor_checksum
from gitbtc.sources.answers import Answer
from gitbtc.sources.core_descriptors import descriptor_record

# The seeds are made on the fly: no money has ever been near them.
ROOTS = [HDKey.from_seed(bytes([number]) * 32) for number in range(3)]
XPUBS = [root.to_public().to_base58() for root in ROOTS]
MULTI = f"sortedmulti(2,{','.join(f'{xpub}/0/*' for xpub in XPUBS)})"
DESCRIPTORS = {
    f"pkh({XPUBS[0]}/0/*)": ("p2pkh", 592),
    f"wpkh({XPUBS[0]}/0/*)": ("p2wpkh", 272),
    f"sh(wpkh({XPUBS[0]}/0/*))": ("p2sh", 364),
    f"wsh({MULTI})": ("p2wsh", 418),
    f"sh(wsh({MULTI}))": ("p2sh", 558),
    f"sh({MULTI})": ("p2sh", 1188),
    f"tr({XPUBS[0]}/0/*)": ("p2tr", 230),
}


def record(text: str) -> dict[str, Any]:
    """The descriptor as the import of Core's answer has it."""
    return descriptor_record(Answer({"desc": f"{text}#{descriptor_checksum(text)}", "range": [0, 999]}, "it"))


def signed(text: str) -> Transaction:
    """A transaction that spends two outputs of a descriptor, signed and complete."""
    descriptor = Descriptor.from_string(text)
    scripts = [descriptor.derive(index).script_pubkey() for index in range(2)]
    funding = Transaction(
        vin=[TransactionInput(b"\1" * 32, 0)], vout=[TransactionOutput(9_000, one) for one in scripts]
    )
    spent = [TransactionInput(funding.txid(), index) for index in range(2)]
    psbt = PSBT(Transaction(vin=spent, vout=[TransactionOutput(1_000, Script(b"\0\x14" + b"\2" * 20))]))
    for index, scope in enumerate(psbt.inputs):
        derived = descriptor.derive(index)
        scope.non_witness_utxo = funding
        if descriptor.is_segwit or descriptor.is_taproot:
            scope.witness_utxo = funding.vout[index]
        scope.redeem_script, scope.witness_script = derived.redeem_script(), derived.witness_script()
        for root in ROOTS[: len(derived.keys)]:
            key, path = root.derive([0, index]).to_public().key, DerivationPath(root.my_fingerprint, [0, index])
            if descriptor.is_taproot:
                scope.taproot_internal_key, scope.taproot_bip32_derivations[key] = key, ([], path)
            else:
                scope.bip32_derivations[key] = path
    for root in ROOTS[:2]:
        psbt.sign_with(root)
    final = finalize_psbt(psbt)
    assert final is not None
    return final


def weight_of(one: TransactionInput) -> int:
    """What an input weighs, from the bytes that embit writes."""
    witness = len(one.witness.serialize()) if one.witness and one.witness.items else 0
    return 4 * (40 + len(one.script_sig.serialize())) + witness


@pytest.mark.parametrize("text", DESCRIPTORS)
def test_no_signed_input_is_heavier_and_none_is_much_lighter(text: str) -> None:
    script_type, weight = DESCRIPTORS[text]
    assert InputWeights([record(text)]).of(script_type) == weight
    if text.startswith("sh(sorted"):  # embit does not finish these
        return
    signatures = 2 if "multi" in text else 1
    slack = (
        0 if script_type == "p2tr" else 2 * signatures * (4 if script_type == "p2pkh" else 1)
    )  # DER is short at times
    for one in signed(text).vin:
        assert weight - slack <= weight_of(one) <= weight


def test_what_descriptors_do_not_tell_is_not_guessed() -> None:
    bare = InputWeights([])
    assert [bare.of(name) for name in ("p2sh", "p2wsh", "unknown", "op_return")] == [None] * 4
    assert [bare.of(name) for name in ("p2pkh", "p2wpkh", "p2tr")] == [592, 272, 230]
    two = InputWeights([record(f"wsh({MULTI})"), record(f"wsh(multi(1,{XPUBS[0]}/0/*,{XPUBS[1]}/0/*))")])
    assert two.of("p2wsh") is None
    assert InputWeights([record(f"wsh({MULTI})"), record(f"wsh({MULTI.replace('/0/*', '/1/*')})")]).of("p2wsh") == 418
    miniscript = record(f"wsh(and_v(v:pk({XPUBS[0]}/0/*),older(144)))")
    assert InputWeights([miniscript]).of("p2wsh") is None
    assert InputWeights([record(f"tr({XPUBS[0]}/0/*,pk({XPUBS[1]}/0/*))")]).of("p2tr") is None
    assert InputWeights([record("addr(2MwACMHK3EzRu21u6q39DUkj5y8X6mspVcK)")]).of("p2sh") is None
    assert InputWeights([record(f"combo({XPUBS[0]}/0/*)")]).of("p2sh") == 364
    uncompressed = "04" + ROOTS[0].to_public().key.sec()[1:].hex() + "11" * 32
    assert (
        InputWeights([{"script_type": "p2pkh", "descriptor": "", "keys": [{"pubkey": uncompressed}]}]).of("p2pkh")
        is None
    )


@pytest.mark.parametrize(("script_type", "address", "least"), [
    ("p2pkh", "", 546), ("p2sh", "", 540), ("p2wpkh", "", 294), ("p2wsh", "", 330), ("p2tr", "", 330),
    ("unknown", "bc1pfeessrawgf", 240), ("unknown", "", None), ("op_return", "", None),
])  # fmt: skip
def test_dust_is_a_constant_of_each_type_of_output(script_type: str, address: str, least: int | None) -> None:
    """The constants of GetDustThreshold at 3 sat/vB, as policy.cpp's comments and transaction_tests.cpp have them."""
    assert dust_sat(script_type, address) == least


@pytest.mark.parametrize(
    ("script_type", "size"), [("p2pkh", 34), ("p2sh", 32), ("p2wpkh", 31), ("p2wsh", 43), ("p2tr", 43)]
)
def test_an_output_weighs_its_bytes(script_type: str, size: int) -> None:
    script = script_bytes(script_type)
    assert script is not None
    assert output_weight(script) == 4 * size == 4 * len(TransactionOutput(1, Script(b"\0" * script)).serialize())


@given(st.integers(0, 10**9), st.integers(1, 400_000))
def test_a_fee_is_never_below_the_feerate_and_less_than_a_satoshi_above(sat_per_kvb: int, weight: int) -> None:
    exact = Fraction(weight, 4) * Fraction(sat_per_kvb, 1000)
    assert 0 <= Feerate(sat_per_kvb).fee(weight) - exact < 1


@given(st.integers(0, 10**9))
def test_a_feerate_reads_back_as_it_is_shown(sat_per_kvb: int) -> None:
    rate = Feerate(sat_per_kvb)
    assert Feerate.read(str(rate)) == rate == Feerate.of(float(str(rate)))


@pytest.mark.parametrize(
    "text", ["", "x", "nan", "inf", "-1", "1e9", "0.0001", "12,1", "1_0", "\u0661", "1e2", "1.", ".5"]
)
def test_what_is_no_feerate_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no feerate"):
        Feerate.read(text)
