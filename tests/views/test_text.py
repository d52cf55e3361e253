from __future__ import annotations

from typing import Any

import pytest

from gitbtc.diff.operations import operations
from gitbtc.diff.patch import Patch
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.views import stat, text
from gitbtc.views.beside import Beside, Spenders
from tests.made_state import OTHER, change_of, coin, mined, pending, spend, txid
from tests.strategies import STRATEGY

UTXOS, TRANSACTIONS, SETTINGS, CHAIN = (built_in(name) for name in ("utxos", "transactions", "strategy", "chain"))
MEMPOOL, EXECUTION, CHANNELS = (built_in(name) for name in ("mempool", "execution", "channels"))


def view(name: str, old: Any, new: Any, **options: Any) -> list[str]:
    kind = built_in(name)
    before, after = (b"" if side is None else codec.encode_file(kind, side) for side in (old, new))
    return list(text.render(kind, kind.path, operations(kind, kind.path, before, after), **options))


def beside(**files: list[dict[str, Any]]) -> Beside:
    """The files of a root, by kind."""
    contents = {name: codec.encode_file(built_in(name), records) for name, records in files.items()}
    return Beside(lambda kind: contents.get(kind, b""))


def test_received_spent_and_changed_coins() -> None:
    old = [coin(0), coin(1), coin(2)]
    new = [coin(0), coin(2, label="rent"), coin(3, label="zürich")]
    assert view("utxos", old, new) == [
        "wallet/utxos.json: 1 coin received, 1 spent, 1 changed; balance +2.00000000 BTC",
        '+4.00000000  "zürich"           f0f0f0f0:3  block 100',
        "−2.00000000  bcrt1qh77z…d7pdx0  f0f0f0f0:1  no transaction is known to spend it",
        '~ 3.00000000 BTC  bcrt1qh77z…d7pdx0  f0f0f0f0:2: label null → "rent"',
    ]


def test_a_payment_is_one_line_however_many_coins_it_takes_and_makes() -> None:
    paid = spend("dca", coin(0), coin(2), fee=1410, weight=561, label="Payroll 03/03")
    paid["outputs"] = [{**paid["outputs"][0], "amount_sat": 100_000_000}, {**paid["outputs"][0], "vout": 1}]
    came = [coin(1, txid("dca"), amount_sat=299_998_590)]
    lines = view("utxos", [coin(0), coin(2)], came, beside=beside(transactions=[paid]))
    assert lines == [
        "wallet/utxos.json: 1 coin received, 2 spent; balance −1.00001410 BTC",
        f'−1.00001410  "Payroll 03/03"  fee 1,410 sat (10.0 sat/vB)  {txid("dca")[:8]}  change 2.99998590',
    ]


def test_a_payment_without_a_name_says_whom_it_pays() -> None:
    paid = spend("dca", coin(0))
    told = {"transactions": [paid]}
    assert "  to bcrt1qsl0c…gsw7t" not in view("utxos", [coin(0)], [], beside=beside(**told))[1]
    assert "  to bcrt1qsl0c…" in view("utxos", [coin(0)], [], beside=beside(**told))[1]
    called = [{"address": OTHER, "label": "ACME", "category": "expense", "created_at": 1}]
    assert '  "ACME"  ' in view("utxos", [coin(0)], [], beside=beside(**told, labels=called))[1]
    joined = view("utxos", [coin(0), coin(1)], [change_of(joins := spend("all", coin(0), coin(1)))],
                  beside=beside(transactions=[joins]))  # fmt: skip
    assert joined[1].startswith("−0.00001000  within the wallet  fee 1,000 sat ")


def test_payments_that_spend_each_others_change_are_one_line_that_adds_up() -> None:
    first = spend("one", coin(4), fee=1000)
    second = spend("two", change_of(first), fee=500)
    lines = view("utxos", [coin(4)], [change_of(second)], beside=beside(transactions=[first, second]))
    assert lines[0].endswith("balance −0.00001500 BTC")
    assert lines[1:] == [
        f"−0.00001500  within the wallet  fee 1,500 sat  {txid('one')[:8]}, {txid('two')[:8]}  change 4.99998500"
    ]


def test_who_made_a_coin_is_not_taken_for_who_spent_it() -> None:
    made, paid = spend("made", coin(0)), spend("paid", coin(5), label="rent")
    old, new = [coin(0, made["txid"]), coin(5)], [coin(1, made["txid"])]
    lines = view("utxos", old, new, beside=beside(transactions=[made, paid]))
    assert [line.endswith("no transaction is known to spend it") for line in lines[1:]].count(True) == 1
    assert sum("fee" in line for line in lines) == 1


def test_the_lines_of_coins_add_up_to_the_balance() -> None:
    history = [spend("a", coin(0), coin(1), fee=700), spend("b", coin(2)), spend("c", coin(9, txid("x")), fee=5)]
    came = [change_of(history[0]), change_of(history[2]), coin(7, label="in"), coin(8, label="in")]
    lines = view("utxos", [coin(0), coin(1), coin(2), coin(3)], came, beside=beside(transactions=history))
    amounts = [int(line.split()[0].replace("−", "-").replace(".", "")) for line in lines[1:]]
    stated = lines[0].split("balance ")[1].split()[0].replace("−", "-").replace(".", "")
    assert sum(amounts) == int(stated)


def test_coins_are_sorted_by_time_and_dated() -> None:
    dates = {"late": 1_772_500_000, "early": 1_769_904_000}
    history = [spend(name, confirmed=True, block_height=at // 600, block_time=at) for name, at in dates.items()]
    came = [coin(0, txid(name), label=name) for name in ("late", "early")] + [coin(0, "aa" * 32, block_height=None)]
    lines = view("utxos", [], came, beside=beside(transactions=history))
    assert lines[0].endswith("; 01 Feb – 03 Mar 2026")
    assert [line[:6] for line in lines[1:]] == ["01 Feb", "03 Mar", "      "]
    history[1] |= {"block_time": 1_700_000_000}
    lines = view("utxos", [], came, beside=beside(transactions=history))
    assert [line[:11] for line in lines[1:3]] == ["14 Nov 2023", "03 Mar 2026"]


def test_many_receipts_of_one_name_share_a_line() -> None:
    came = [coin(1, f"{number:064x}", label="subscriptions") for number in range(5)] + [coin(0, label="rent")]
    lines = view("utxos", [], came)
    assert len(lines) == 3
    assert '+10.00000000  "subscriptions"  5 receipts' in lines
    assert len(view("utxos", [], came, look=text.Look(full=True))) == 7
    frozen = [coin(1, f"{number:064x}", label="subscriptions", spendable=False) for number in range(5)]
    assert [line.endswith("  block 100  frozen") for line in view("utxos", [], frozen)[1:]] == [True] * 5


def test_the_coins_of_one_transaction_share_a_line() -> None:
    assert view("utxos", [], [coin(0, label="a"), coin(1, label="a"), coin(2, label="b")])[1:] == [
        '+3.00000000  "a"  f0f0f0f0    2 coins  block 100',
        '+3.00000000  "b"  f0f0f0f0:2  block 100',
    ]


def test_a_narrow_terminal_gets_narrow_lines() -> None:
    paid = spend("dca", coin(0), label="a name of many words that does not fit beside the rest of it at all")
    for width in (40, 60, 80):
        lines = view("utxos", [coin(0)], [change_of(paid)], beside=beside(transactions=[paid]),
                     look=text.Look(width=width))  # fmt: skip
        assert max(map(len, lines)) <= width
        assert f"fee 1,000 sat  {txid('dca')[:8]}" in " ".join(" ".join(lines).split("    ")).replace("   ", "  ") or (
            width == 40
        )
    short = spend("dca", coin(0), label="rent")
    lines = view("utxos", [coin(0)], [change_of(short)], beside=beside(transactions=[short]), look=text.Look(width=70))
    assert "sat/vB" not in lines[1]


def test_a_mark_that_follows_from_a_transaction_that_is_told_folds_away() -> None:
    funding = spend("in", coin(0))
    spending = spend("out", change_of(funding))
    marked = {**funding, "outputs": [{**funding["outputs"][0], "spent": True}]}
    alone = view("transactions", [funding], [marked, spending])
    assert alone[0] == "wallet/transactions.json: 1 transaction added; 1 output spent"
    assert len(alone) == 2
    assert "outputs[0].spent false → true" in view("transactions", [funding], [marked])[1]
    other = {**marked, "label": "x"}
    assert "outputs[0].spent false → true" in "".join(view("transactions", [funding], [other, spending]))
    back = view("transactions", [marked, spending], [funding, spending | {"abandoned": True}])
    assert back[0].endswith("1 transaction changed; 1 output not spent any more")
    assert len(view("transactions", [funding], [marked, spending], look=text.Look(full=True))) == 3


def test_a_transaction_that_the_coins_tell_is_only_named() -> None:
    funding = spend("in", coin(0))
    spending = spend("out", change_of(funding))
    marked = {**funding, "outputs": [{**funding["outputs"][0], "spent": True}]}
    around = beside(transactions=[marked, spending], utxos=[coin(7)])
    assert view("transactions", [funding], [marked, spending], beside=around) == [
        f"wallet/transactions.json: 1 transaction added; 1 output spent; {txid('out')[:8]} told with its coins"
    ]
    assert view("mempool", [], [pending(spending)], beside=around)[1:] != []
    listed = beside(transactions=[marked, spending], utxos=[change_of(spending)])
    assert view("mempool", [], [pending(spending)], beside=listed)[1:] == []
    assert "fee 1,000 sat" in view("transactions", [], [spend("old", coin(5))], beside=around)[1]
    dead = spending | {"abandoned": True}
    assert "abandoned=true" in view("transactions", [funding], [funding, dead], beside=listed)[1].replace(" ", "=")


def test_the_next_address_folds_away_only_forwards() -> None:
    old = {"id": "a", "next_index": 4}
    assert view("descriptors", [old], [old | {"next_index": 9}]) == ["wallet/descriptors.json: next_index 4 → 9"]
    assert view("descriptors", [old], [old | {"next_index": 3}])[1].endswith("next_index 4 → 3")
    both = view("descriptors", [old], [old | {"next_index": 9, "gap_limit": 2}])
    assert "next_index 4 → 9" in both[1]


def test_that_a_block_confirmed_a_transaction_is_told_by_height_and_day() -> None:
    paid = spend("dca", coin(0), block_hash=None)
    assert view("transactions", [paid], [mined(paid) | {"block_hash": "ab" * 32}])[1].endswith(
        f"{txid('dca')[:8]}: confirmed in block 105 (14 Nov 2023)"
    )
    assert view("utxos", [coin(0)], [coin(0, block_height=None)])[1].endswith("no longer confirmed, was in block 100")
    assert "block_height 100 → 101" in view("utxos", [coin(0)], [coin(0, block_height=101)])[1]


def test_nothing_is_looked_up_when_no_coin_came_or_went() -> None:
    def never(_: str) -> bytes:
        raise AssertionError

    assert len(view("utxos", [coin(0)], [coin(0, label="x")], beside=Beside(never))) == 2
    assert len(view("labels", [], [{"address": "a", "label": "b"}], beside=Beside(never))) == 2


def test_spenders_that_are_known_need_no_file() -> None:
    paid = spend("dca", coin(0))
    assert "fee 1,000 sat" in view("utxos", [coin(0)], [], beside=Spenders({(coin(0)["txid"], 0): paid}))[1]


def test_uniform_changes_of_many_records_fold_and_others_do_not() -> None:
    old = [coin(number, confirmations=5) for number in range(1200)]
    new = [coin(number, confirmations=11) for number in range(1199)] + [coin(1199, confirmations=11, label="x")]
    assert view("utxos", old, new) == [
        "wallet/utxos.json: 1,200 coins changed; balance unchanged",
        "~ 1,199 coins: confirmations 5 → 11",
        '~ 1200.00000000 BTC  bcrt1qh77z…d7pdx0  f0f0f0f0:1199: confirmations 5 → 11, label null → "x"',
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
    assert view("transactions", [old], [new])[1].endswith("61616161: outputs[0].spent false → true")


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
        "~ regtest  abababab: block_height 5 → 6, block_time 2023-11-14 22:13:20Z → 2023-11-14 22:23:20Z",
    ]


def test_a_log_entry_is_shown_with_every_field() -> None:
    event = {"timestamp": 1_700_000_000, "block_height": None, "event_type": "dca_buy", "txid": None,
             "amount_sat": 5, "fee_sat": 1, "note": "weekly buy"}  # fmt: skip
    assert view("execution", [], [event])[1] == (
        '+ 2023-11-14 22:13:20Z  0.00000005 BTC  dca_buy  "weekly buy"  block_height=null  fee_sat=1  txid=null'
    )


def test_ids_are_as_long_as_it_takes_to_tell_them_apart() -> None:
    lines = view("utxos", [coin(0, "ab" * 32)], [coin(0, "ab" * 31 + "ac")])
    assert [len(line.split()[2]) for line in lines[1:]] == [66, 66]


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
    lines = view("utxos", [coin(0)], [coin(0, label="a"), coin(1)], look=text.Look(colour=True))
    assert [line[:5] for line in lines] == ["\x1b[1mw", "\x1b[32m", "\x1b[33m"]
    assert all(line.endswith("\x1b[m") for line in lines)


@pytest.mark.parametrize("amount", ["1", None, 1.5])
def test_a_balance_that_cannot_be_known_is_not_made_up(amount: Any) -> None:
    assert view("utxos", [], [coin(0, amount_sat=amount)])[0].endswith("; balance unknown")


def test_the_balance_of_a_channel_is_what_is_ours() -> None:
    channel = {"channel_id": "1x2x3", "capacity_sat": 1000, "local_balance_sat": 600}
    assert view("channels", [channel], [{**channel, "local_balance_sat": 100}])[0] == (
        "channels/channels.json: 1 channel changed; balance −0.00000500 BTC"
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
