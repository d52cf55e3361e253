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
from gitbtc.statement.groups import Called
from gitbtc.statement.reckoning import Reckoning
from tests.exporting.programs import BEANCOUNT, HLEDGER, LEDGER, accepts
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
