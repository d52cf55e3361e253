from __future__ import annotations

import shlex
from typing import Any

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.merge.conflict import Conflict, Notice, Party
from gitbtc.views.conflicts import conflict_document, conflict_line, notice_line, told_line
from tests.made_state import FUNDING, coin

UTXOS, LABELS, CHAIN = built_in("utxos"), built_in("labels"), built_in("chain")
KEY = (FUNDING, 0)
SPEND = {"outpoint": f"{FUNDING}:0", "amount_sat": 350_000_000, "ours_txid": "aa" * 32, "theirs_txid": "bb" * 32}


def line(**changes: Any) -> bytes:
    return codec.encode_record(UTXOS, coin(0, **changes))


def test_an_edit_names_the_field_and_both_values() -> None:
    conflict = Conflict("edit", KEY, line(), line(label="rent"), line(label="salary 1"), ("label",))
    told = conflict_line("wallet/utxos.json", UTXOS, conflict)
    assert told == (
        f"gitbtc: edit: wallet/utxos.json::{FUNDING}:0 (1.00000000 BTC): "
        'both sides changed the same field to different values: label: ours "rent", theirs "salary 1"; '
        f"settle it with: gitbtc resolve 'wallet/utxos.json::{FUNDING}:0' --ours (or --theirs, --base)"
    )


def test_a_double_spend_is_told_in_parts() -> None:
    conflict = Conflict("double_spend", KEY, line(label="OTC desk"), None, None, (), SPEND)
    record = {"fee_sat": 2388, "weight": 792}
    conflict.parties = {
        "ours": Party(record, "mempool", lambda: ("ab" * 20, "One payment")),
        "theirs": Party({}, "log alone", lambda: None),
    }
    assert conflict_line("wallet/utxos.json", UTXOS, conflict).splitlines() == [
        'gitbtc: double spend: 3.50000000 BTC  "OTC desk"  f0f0f0f0:0',
        '  ours    aaaaaaaa  abababab "One payment"  2,388 sat (12.1 sat/vB)  mempool',
        "  theirs  bbbbbbbb                                                   log alone",
        "  settle it with: gitbtc resolve f0f0f0f0:0 --ours (or --theirs, --base)",
    ]
    assert "  f0f0f0f0:0  in cold/wallet/utxos.json\n" in conflict_line("cold/wallet/utxos.json", UTXOS, conflict)
    assert told_line("wallet/utxos.json", UTXOS, conflict).startswith(
        f"double_spend: wallet/utxos.json::{FUNDING}:0 (3.5"
    )


def test_a_spend_without_a_transaction_says_so_and_where_more_is_told() -> None:
    conflict = Conflict("double_spend_candidate", KEY, line(), None, None, (), {**SPEND, "ours_txid": None})
    told = conflict_line("wallet/utxos.json", UTXOS, conflict).splitlines()
    assert told[0].startswith("gitbtc: double spend candidate: 3.50000000 BTC  f0f0f0f0:0: both sides removed the coin")
    assert told[1:3] == ["  ours    removed it and names no transaction", f"  theirs  spends it in {'bb' * 32}"]
    assert told[-1] == "  more about it: gitbtc explain double_spend_candidate"


def test_a_removal_tells_what_the_other_side_changed() -> None:
    conflict = Conflict("remove_change", KEY, line(), None, line(label="x"), ("label",))
    assert 'ours removed it, theirs changed label from null to "x"' in conflict_line("p", UTXOS, conflict)


def test_a_record_that_only_one_side_kept() -> None:
    conflict = Conflict("append_only", KEY, line(), None, line())
    assert "ours removed it, theirs holds it" in conflict_line("p", UTXOS, conflict)


def test_a_register_is_settled_whole() -> None:
    sides = [b'"block_hash":"%s",\n"block_height":5' % (sign * 64) for sign in (b"a", b"b")]
    conflict = Conflict("reorg", ("chain",), None, sides[0], sides[1], ("block_hash",))
    told = conflict_line("network/chain.json", CHAIN, conflict)
    assert f"block_hash: ours {'a' * 40}…, theirs {'b' * 40}…" in told
    assert "'network/chain.json::chain'" in told


def test_the_command_survives_the_shell() -> None:
    key = ("bc1q", "it's; rm -rf $HOME")
    conflict = Conflict("edit", key, None, b'{"category":"a"}', b'{"category":"b"}', ("category",))
    command = conflict_line("wallet/labels.json", LABELS, conflict).split("settle it with: ")[1]
    assert shlex.split(command)[2] == "wallet/labels.json::bc1q:it's; rm -rf $HOME"


def test_lines_are_safe_to_print() -> None:
    conflict = Conflict("edit", KEY, None, line(label="\x1b[2J"), line(label="a\u202e\nb"), ("label",))
    assert conflict_line("p\x1b", UTXOS, conflict).isprintable()
    assert notice_line("p::x", Notice(KEY, "removed\x1b[31m")) == "gitbtc: note: p::x: removed[31m"


def test_the_document_holds_the_three_records() -> None:
    conflict = Conflict("edit", KEY, None, line(), line(label="x"), ("label",))
    assert conflict_document("wallet/utxos.json", UTXOS, conflict) == {
        "path": "wallet/utxos.json", "address": f"wallet/utxos.json::{FUNDING}:0", "type": "edit", "fields": ["label"],
        "base": None, "ours": coin(0), "theirs": coin(0, label="x"),
    }  # fmt: skip


@pytest.mark.parametrize("name", list(SPEND))
def test_the_document_of_a_spend_names_it(name: str) -> None:
    document = conflict_document("p", UTXOS, Conflict("double_spend", KEY, line(), None, None, (), SPEND))
    assert document[name] == SPEND[name]
