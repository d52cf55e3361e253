"""Journals of random wallets, with any text for a label: the programs that read them accept them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitbtc.coins.names import Names
from gitbtc.exporting.accounts import Accounts
from gitbtc.exporting.entries import export
from gitbtc.exporting.journals import beancount, hledger
from gitbtc.statement.books import Books
from gitbtc.statement.groups import Called
from gitbtc.statement.ownership import NoProofs
from gitbtc.statement.reckoning import Reckoning
from tests.exporting.programs import BEANCOUNT, HLEDGER, LEDGER, accepts
from tests.made_state import change_of
from tests.statement.months import receipt
from tests.statement.world import Descriptors, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitbtc.exporting.entries import Export

    Form = Callable[[Export, Accounts], str]

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
marks = st.sampled_from(
    [
        '"',
        "\\",
        ";",
        "|",
        "{1 USD}",
        "a  b",
        "@ 5",
        "=cmd",
        "(x)",
        "* y",
        "! z",
        "#tag",
        "^link",
        "a:b,",
        "\u202e",
        "\n",
    ]
)


@pytest.mark.parametrize(("form", "program"), [(hledger, HLEDGER), (hledger, LEDGER), (beancount, BEANCOUNT)])
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), labels=st.lists(texts | marks, min_size=8, max_size=8))
def test_journals_of_random_wallets_are_accepted(
    tmp_path: Path, form: Form, program: str, seed: int, labels: list[str]
) -> None:
    world = World(seed).run(60)
    last = world.snapshots[-1]
    owners = ("alice",)
    reckoning = Reckoning(None, last.books(owners), Descriptors(owners))
    rows = [
        {"type": "output", "ref": f"{one.txid}:{part.outpoint[1]}", "label": labels[place % len(labels)]}
        for place, one in enumerate(reckoning.flows)
        for part in (*one.own, *one.foreign)
    ]
    told = export(reckoning, Called([Names([], rows)], [reckoning.after], {}), {})
    assert accepts(program, form(told, Accounts(b"", owners)), tmp_path) == ""


def test_days_do_not_go_back_where_a_blocks_clock_does(tmp_path: Path) -> None:
    chain = {"network": "regtest", "block_height": 110, "block_hash": "aa" * 32, "block_time": 1_770_000_000}
    late = 1_769_990_400  # midnight
    clocks = {"one": late - 60, "two": late + 60, "three": late - 30, "four": late + 90}
    told = [receipt(name, 5000, 100 + place, time) for place, (name, time) in enumerate(clocks.items())]
    files = {"transactions": told, "utxos": [change_of(one) for one in told], "chain": [chain]}
    reckoning = Reckoning(None, Books({"": lambda kind: files.get(kind, [])}), NoProofs())
    found = export(reckoning, Called([Names([], [])], [reckoning.after], {}), {})
    assert [one.day - late for one in found.entries] == [-86_400, 0, 0, 0]
    assert [one.time - late for one in found.entries] == [-60, 60, -30, 90]
    for form, program in ((hledger, HLEDGER), (beancount, BEANCOUNT)):
        assert accepts(program, form(found, Accounts(b"", [""])), tmp_path) == ""
