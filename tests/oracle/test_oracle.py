from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.oracle.doors import Doors
from tests.oracle.expected import Expected
from tests.oracle.histories import History, history
from tests.oracle.judging import Outcome
from tests.oracle.long import of_history
from tests.oracle.records import named, txid
from tests.oracle.scenarios import TABLE, Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from tests.oracle.expected import Part


@pytest.mark.parametrize("scenario", TABLE, ids=lambda scenario: scenario.name)
def test_the_oracle_agrees_with_what_was_worked_out_by_hand(scenario: Scenario) -> None:
    base, heads = scenario.files()
    for order in (heads, heads[::-1]):
        expected = Expected(base, order)
        must = {type_ for part in parts(expected) for type_ in part.must}
        may = {type_ for part in parts(expected) for type_ in part.may}
        if scenario.coins is None:
            assert scenario.asked in must
            continue
        assert not must
        assert scenario.asked in may if scenario.asked else not may
        wanted = {(txid(text.split(":")[0]), int(text.split(":")[1])): sat for text, sat in scenario.coins.items()}
        assert expected.coins == wanted
        assert expected.is_possible(wanted)


@pytest.mark.parametrize("seed", range(100))
def test_the_oracle_takes_a_view_alone_for_what_it_says(seed: int) -> None:
    """Which says as much of the histories: each view is consistent."""
    made = history(seed, 3)
    for head in (made.base, *made.heads):
        for heads in ([head], [head, made.base], [made.base, head]):
            expected = Expected(made.base, heads)
            assert not any(part.must for part in parts(expected)), made
            assert expected.coins.items() == Outcome([], head).coins.items(), made


@pytest.mark.parametrize("seed", range(100))
def test_the_oracle_knows_no_order_and_makes_no_money(seed: int) -> None:
    made = history(seed, 3)
    orders = [Expected(made.base, heads) for heads in (made.heads, made.heads[::-1], made.heads[1:] + made.heads[:1])]
    assert len({repr(sorted(told(part) for part in parts(expected))) for expected in orders}) == 1
    settled = {o: sat for part in parts(orders[0]) if not (part.must or part.is_open) for o, sat in part.coins.items()}
    assert orders[0].is_possible(settled)


def parts(expected: Expected) -> list[Part]:
    return [*{id(part): part for part in expected.parts.values()}.values()]


def told(part: Part) -> str:
    sets = (part.nodes, part.must, part.may, part.coins.items(), part.optional)
    return repr([sorted(map(str, one)) for one in sets])


def test_merges_of_the_scenarios_come_to_what_the_oracle_says() -> None:
    made = [History(number, *scenario.files(), [scenario.name]) for number, scenario in enumerate(TABLE)]
    faults = [f"{one.story[0]}: {named(str(fault))}" for one in made for fault in of_history(one)]
    assert not faults, "\n".join(faults)


def test_merges_come_to_what_the_oracle_says() -> None:
    faults = [f"seed {seed}: {named(str(fault))}" for seed in range(150) for fault in of_history(history(seed))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("first", range(2))
def test_every_door_comes_to_the_same(first: int, tmp_path: Path) -> None:
    """A part of the table; `python -m tests.oracle.long --scenarios` takes all of it through all doors."""
    doors = Doors(tmp_path)
    made = [History(number, *TABLE[number].files(), [TABLE[number].name]) for number in range(first, len(TABLE), 9)]
    faults = [f"{one.story[0]}: {named(str(fault))}" for one in made for fault in doors.of_every_door(one)]
    assert not faults, "\n".join(faults)


def test_git_merge_and_join_come_to_what_the_oracle_says(tmp_path: Path) -> None:
    doors = Doors(tmp_path)
    made = [history(0), history(3), history(10, 3)]
    faults = [f"seed {one.seed}: {named(str(fault))}" for one in made for fault in doors.faults(one)]
    assert not faults, "\n".join(faults)
