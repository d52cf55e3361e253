from __future__ import annotations

from typing import Any

import pytest

from gitbtc.diff.operations import operations
from gitbtc.diff.patch import Patch
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.views import spenders, stat, text
from tests.made_state import ADDRESS, coin, spend, txid
from tests.strategies import STRATEGY

UTXOS, TRANSACTIONS, SETTINGS, CHAIN = (built_in(name) for name in ("utxos", "transactions", "strategy", "chain"))
MEMPOOL, EXECUTION, CHANNELS = (built_in(name) for name in ("mempool", "execution", "channels"))


def view(name: str, old: Any, new: Any, **options: Any) -> list[str]:
    kind = built_in(name)
    before, after = (b"" if side is None else codec.encode_file(kind, side) for side in (old, new))
    return list(text.render(kind, kind.path, operations(kind, kind.path, before, after), **options))


def test_received_spent_and_changed_coins() -> None:
    old = [coin(0), coin(1), coin(2)]
    new = [coin(0), coin(2, label="rent"), coin(3, label="zürich")]
    assert view("utxos", old, new) == [
        "wallet/utxos.json: 1 coin received, 1 spent, 1 changed; balance +2.00000000 BTC",
        "- f0f0f0f0…:1  2.00000000 BTC  bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0",
        "~ f0f0f0f0…:2  3.00000000 BTC  bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0: label null → rent",
        '+ f0f0f0f0…:3  4.00000000 BTC  bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0  "zürich"',
    ]


def test_a_spent_coin_names_its_spender() -> None:
    history = codec.encode_file(TRANSACTIONS, [spend("dca", coin(1), fee=1410, weight=561)])
    lines = view("utxos", [coin(0), coin(1)], [], spenders=lambda wanted: spenders.find([history], wanted))
    assert lines[1].endswith("bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0")
    assert lines[2].endswith(f"  spent by {txid('dca')[:8]}…, fee 0.00001410 BTC, 10.0 sat/vB")


def test_a_fee_is_told_once_however_many_coins_it_was_paid_for() -> None:
    records = [spend("dca", coin(0), coin(2), fee=1410), spend("rent", coin(1), fee=900)]
    history = codec.encode_file(TRANSACTIONS, records)
    lines = view("utxos", [coin(0), coin(1), coin(2)], [], spenders=lambda wanted: spenders.find([history], wanted))
    assert [line.partition("spent by ")[2].split(", fee ")[0] for line in lines[1:]] == [
        f"{txid(name)[:8]}…" for name in ("dca", "rent", "dca")
    ]
    assert ["fee 0.00001410" in lines[1], "fee 0.00000900" in lines[2], "fee" in lines[3]] == [True, True, False]


def test_spenders_are_not_looked_up_when_nothing_was_spent() -> None:
    def never(_: Any) -> Any:
        raise AssertionError

    assert len(view("utxos", [coin(0)], [coin(0), coin(1)], spenders=never)) == 2
    assert len(view("labels", [], [{"address": "a", "label": "b"}], spenders=never)) == 2


def test_uniform_changes_of_many_records_fold_and_others_do_not() -> None:
    old = [coin(number, confirmations=5) for number in range(1200)]
    new = [coin(number, confirmations=11) for number in range(1199)] + [coin(1199, confirmations=11, label="x")]
    assert view("utxos", old, new) == [
        "wallet/utxos.json: 1,200 coins changed; balance unchanged",
        "~ 1,199 coins: confirmations 5 → 11",
        f"~ f0f0f0f0…:1199  1200.00000000 BTC  {ADDRESS}: confirmations 5 → 11, label null → x",
    ]


def test_changes_of_one_field_to_different_values_fold_apart() -> None:
    old = [coin(number, confirmations=5) for number in range(8)]
    new = [coin(number, confirmations=11 + number % 2) for number in range(8)]
    assert view("utxos", old, new)[1:] == ["~ 4 coins: confirmations 5 → 11", "~ 4 coins: confirmations 5 → 12"]


def test_a_few_uniform_changes_are_shown_one_by_one() -> None:
    old, new = ([coin(number, label=label) for number in range(3)] for label in ("a", "b"))
    assert [line[:1] for line in view("utxos", old, new)] == ["w", "~", "~", "~"]


def test_a_change_within_a_list_is_named() -> None:
    old = spend("a", coin(0))
    new = {**old, "outputs": [{**old["outputs"][0], "spent": True}]}
    assert view("transactions", [old], [new])[1].endswith("fee 0.00001000 BTC: outputs[0].spent false → true")


def test_elements_that_come_and_go_are_named() -> None:
    old = spend("a", coin(0))
    new = {**old, "inputs": [{"txid": "ab" * 32, "vout": 1, "amount_sat": None}]}
    assert view("transactions", [old], [new])[1].endswith(
        f'inputs[{"f0" * 32}:0] removed: {{"amount_sat":100000000,"txid":"{"f0" * 32}","vout":0}}, '
        f'inputs[{"ab" * 32}:1] added: {{"amount_sat":null,"txid":"{"ab" * 32}","vout":1}}'
    )


def test_another_order_of_elements_shows() -> None:
    old = spend("a", coin(0), coin(1))
    swapped = old["inputs"][::-1]
    assert "inputs [{" in view("transactions", [old], [{**old, "inputs": swapped}])[1]
    swapped[0] = {**swapped[0], "amount_sat": None}
    assert "inputs [{" in view("transactions", [old], [{**old, "inputs": swapped}])[1]


def test_settings_are_shown_by_name_with_their_unit() -> None:
    new = {**STRATEGY, "max_fee_rate_sat_vbyte": 12.5, "dca_amount_sat": 150_000, "new setting": 1}
    del new["min_confirmations"]
    assert view("strategy", STRATEGY, new) == [
        "strategy/agent.json: 1 setting added, 1 removed, 2 changed",
        "~ dca_amount_sat null → 0.00150000 BTC",
        "~ max_fee_rate_sat_vbyte 5 sat/vB → 12.5 sat/vB",
        "- min_confirmations 1",
        '+ "new setting" 1',
    ]


def test_a_register_is_shown_as_one_record() -> None:
    tip = {"network": "regtest", "block_height": 5, "block_hash": "ab" * 32, "block_time": 1_700_000_000}
    assert view("chain", tip, {**tip, "block_height": 6, "block_time": 1_700_000_600}) == [
        "network/chain.json: 1 chain tip changed",
        "~ regtest  abababab…: block_height 5 → 6, block_time 2023-11-14 22:13:20Z → 2023-11-14 22:23:20Z",
    ]


def test_a_log_entry_is_shown_with_every_field() -> None:
    event = {"timestamp": 1_700_000_000, "block_height": None, "event_type": "dca_buy", "txid": None,
             "amount_sat": 5, "fee_sat": 1, "note": "weekly buy"}  # fmt: skip
    assert view("execution", [], [event])[1] == (
        '+ 2023-11-14 22:13:20Z  dca_buy  0.00000005 BTC  "weekly buy"  block_height=null  fee_sat=1  txid=null'
    )


def test_ids_are_as_long_as_it_takes_to_tell_them_apart() -> None:
    lines = view("utxos", [coin(0, "ab" * 32)], [coin(0, "ab" * 31 + "ac")])
    assert lines[1][2:66] != lines[2][2:66]


def test_a_text_can_neither_colour_nor_break_nor_reorder_its_line() -> None:
    hostile = "a\x1b[31m\n\u202eb\u200b\x9b"
    lines = view("utxos", [], [coin(0, label=hostile, address=hostile)])
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert r"\u001b[31m\n\u202eb\u200b\u009b" in lines[1]


def test_notes_stand_in_the_headline() -> None:
    assert view("utxos", [coin(0)], [coin(0)], notes=["mode 100644 → 100755"]) == [
        "wallet/utxos.json: mode 100644 → 100755; no record changed"
    ]


def test_colours_wrap_whole_lines() -> None:
    lines = view("utxos", [coin(0)], [coin(0, label="a"), coin(1)], colour=True)
    assert [line[:5] for line in lines] == ["\x1b[1mw", "\x1b[33m", "\x1b[32m"]
    assert all(line.endswith("\x1b[m") for line in lines)


@pytest.mark.parametrize("amount", ["1", None, 1.5])
def test_a_balance_that_cannot_be_known_is_not_made_up(amount: Any) -> None:
    assert view("utxos", [], [coin(0, amount_sat=amount)])[0].endswith("; balance unknown")


def test_the_balance_of_a_channel_is_what_is_ours() -> None:
    channel = {"channel_id": "1x2x3", "capacity_sat": 1000, "local_balance_sat": 600}
    assert view("channels", [channel], [{**channel, "local_balance_sat": 100}])[0] == (
        "channels/channels.json: 1 channel changed; balance -0.00000500 BTC"
    )


def test_stat_has_a_line_a_file_and_one_with_the_sum() -> None:
    made = operations(UTXOS, "p", b"", codec.encode_file(UTXOS, [coin(0), coin(1)]))
    patch = Patch(UTXOS, "wallet/utxos.json", made, old_mode=None)
    files = [stat.counted(patch), ("wallet/labels.json", "broken", 0)]
    assert list(stat.render(files)) == [
        " wallet/utxos.json  | new file; 2 coins received; balance +3.00000000 BTC",
        " wallet/labels.json | broken",
        " 2 files, 2 records changed",
    ]
    assert list(stat.render([])) == []
