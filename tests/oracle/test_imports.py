from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.oracle.imports import Imported, imported
from tests.oracle.scenarios import BOTH, TABLE, Scenario, at, pay

if TYPE_CHECKING:
    from pathlib import Path

# Where an import comes to something else than a merge of the same three, with what `here` is.
OTHERWISE = {
    # A source's word counts, also one that it says again against what is here.
    ("waits outside every mempool here, pending there as before", 0): Imported({"T1:0": 99000}, ""),
    ("16 spent here, evicted there", 1): Imported({"T1:0": 98000}, ""),
    ("evicted here, written down there", 0): Imported({"T1:0": 99000}, ""),
    # What a person settled here stays settled.
    ("21 a replacement whose fee is unknown", 1): Imported({"B:0": 91000}, ""),
    # Source and repository agree that it is gone.
    ("taken from both lists, and nobody says why", 0): Imported({}, ""),
    ("taken from both lists, and nobody says why", 1): Imported({}, ""),
    # No node says so: the child is in a block, and the parent pending.
    ("the child in a block proves the parent that its own side has only seen pending", 0): Imported({}, "refused"),
    # The block that is here the source, which has come further, does not know.
    ("given up in the base, confirmed here, spent otherwise there", 0): Imported({}, "double_spend"),
}
# A source tells no log: these have nothing in them that it could tell.
OF_THE_LOG = {("04 a loser that only the log names", 0)}


@pytest.mark.parametrize("here", [0, 1])
@pytest.mark.parametrize("scenario", TABLE, ids=lambda scenario: scenario.name)
def test_an_import_comes_to_what_a_merge_comes_to(scenario: Scenario, here: int, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    base, heads = scenario.files()
    came = imported(tmp_path, base, heads[here], heads[1 - here])
    known = OTHERWISE.get((scenario.name, here))
    if known:
        assert came == known
    elif (scenario.name, here) not in OF_THE_LOG:
        assert came.asked in ("", scenario.asked) if scenario.coins is not None else came.asked == scenario.asked
        assert came.asked or came.coins == scenario.coins


def test_a_block_that_is_here_stays_where_the_source_has_forgotten_the_payment(tmp_path: Path) -> None:
    """And has seen another payment of the coin: what it had said of the first before is no word of today."""
    rivals = [pay("T1", "C 100000", out=99000), pay("T2", "C 100000", out=98500)]
    views = Scenario("", rivals, {"T1": BOTH}, [{"T1": at(111)}, {"T2": BOTH}], {})
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    base, (here, now) = views.files()
    assert imported(tmp_path, base, here, now) == Imported({"T1:0": 99000}, "")
    first, second = json.loads((tmp_path / "wallet/transactions.json").read_text())
    assert {one["block_height"] for one in (first, second)} == {111, None}
