from __future__ import annotations

from tests.join.exhaustive import Search, rights, wrongs


def test_what_gitbtc_joins_by_agrees_after_every_schedule() -> None:
    search = Search(3, rights)
    for depth in range(1, 7):
        search.deepen(depth)
    assert search.refuted == {}
    assert search.examined > 1000


def test_types_that_only_look_right_are_refuted() -> None:
    search = Search(3, wrongs)
    for depth in range(1, 6):
        search.deepen(depth)
    assert search.refuted.keys() == {"three-way set", "add-wins map without tokens", "max register", "counter"}
