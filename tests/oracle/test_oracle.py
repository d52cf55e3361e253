from __future__ import annotations

import pytest

from tests.oracle.expected import Expected
from tests.oracle.records import txid
from tests.oracle.scenarios import TABLE, Scenario


@pytest.mark.parametrize("scenario", TABLE, ids=lambda scenario: scenario.name)
def test_the_oracle_agrees_with_what_was_worked_out_by_hand(scenario: Scenario) -> None:
    for order in (1, -1):
        base, heads = scenario.files()
        expected = Expected(base, heads[::order])
        parts = [*{id(part): part for part in expected.parts.values()}.values()]
        must = set().union(*(part.must for part in parts))
        may = set().union(*(part.may for part in parts))
        if scenario.coins is None:
            assert scenario.asked in must
            continue
        assert not must
        assert scenario.asked in may if scenario.asked else not may
        wanted = {(txid(text.split(":")[0]), int(text.split(":")[1])): sat for text, sat in scenario.coins.items()}
        assert expected.coins == wanted
        assert expected.is_possible(wanted)
