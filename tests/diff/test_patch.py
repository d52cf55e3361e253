from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.diff.operations import operations
from gitbtc.diff.patch import FILE, Patch, chained, inverse, replay
from gitbtc.errors import GitbtcError
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from tests.made_state import coin
from tests.strategies import RECORDS, files, histories, kinds

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

    Files = dict[str, bytes | None]

UTXOS, LABELS = built_in("utxos"), built_in("labels")
COINS = "wallet/utxos.json"


def patch(kind: Kind, old: bytes | None, new: bytes | None) -> Patch:
    modes = [None if side is None else FILE for side in (old, new)]
    return Patch(kind, kind.path, operations(kind, kind.path, old or b"", new or b""), *modes)


def after(patches: list[Patch], files: Files) -> Files:
    return {**files, **replay(patches, files.get)}


def coins(*records: dict[str, object]) -> bytes:
    return codec.encode_file(UTXOS, list(records))


# -- laws ------------------------------------------------------------------------------------------------------------


@st.composite
def roots(draw: st.DrawFn) -> tuple[Files, Files, Files]:
    """Three versions of two files, any of which may not be there."""
    chosen = draw(st.lists(kinds, min_size=2, max_size=2, unique_by=lambda kind: kind.name))
    drawn = {kind.path: draw(histories(kind)) for kind in chosen}
    there = {path: [draw(st.booleans() | st.just(value=True)) for _ in range(3)] for path in drawn}
    old, new, newest = (
        {path: drawn[path][number] if there[path][number] else None for path in drawn} for number in range(3)
    )
    return old, new, newest


def between(old: Files, new: Files) -> list[Patch]:
    kinds = {kind.path: kind for kind in map(built_in, [*RECORDS, "strategy"])}
    return [patch(kinds[path], old[path], new[path]) for path in sorted(old) if old[path] != new[path]]


@given(roots())
def test_a_change_leads_from_the_old_files_to_the_new_ones_and_its_inverse_back(versions: tuple[Files, ...]) -> None:
    old, new, _ = versions
    made = between(old, new)
    assert after(made, old) == new
    assert after(inverse(made), new) == old


@given(roots())
def test_two_changes_in_one_do_what_they_do_one_after_the_other(versions: tuple[Files, ...]) -> None:
    old, new, newest = versions
    both = chained(between(old, new), between(new, newest))
    assert after(both, old) == newest
    assert [each.path for each in both] == [each.path for each in between(old, newest)]
    assert chained(between(old, new), inverse(between(old, new))) == []


@given(roots())
def test_what_is_there_already_is_no_change_unless_nothing_shows_it(versions: tuple[Files, ...]) -> None:
    old, new, _ = versions
    made = between(old, new)
    if any(each.leaves_a_trace for each in made):
        assert replay(made, new.get) == {}
    elif any(each.operations for each in made):
        with pytest.raises(GitbtcError, match="not there"):
            replay(made, new.get)


# -- what fits -------------------------------------------------------------------------------------------------------


def test_other_records_and_other_fields_do_not_matter() -> None:
    made = [patch(UTXOS, coins(coin(0), coin(1)), coins(coin(0, label="rent")))]
    there = coins(coin(0, block_height=None), coin(1), coin(2))
    assert replay(made, {COINS: there}.get) == {COINS: coins(coin(0, block_height=None, label="rent"), coin(2))}


@pytest.mark.parametrize(
    ("old", "new", "there", "why"),
    [
        ([], [coin(0)], [coin(0, label="x")], "is there already"),
        ([coin(0)], [], [], "is not there"),
        ([coin(0)], [], [coin(0, label="x")], "is another one"),
        ([coin(0)], [coin(0, label="x")], [coin(0, label="y")], "has another label"),
        ([coin(0)], [coin(0, label="x")], [], "is not there"),
        ([], [coin(0), coin(1)], [coin(0)], "is there already"),
    ],
)
def test_what_does_not_fit_is_refused(
    old: list[dict[str, object]], new: list[dict[str, object]], there: list[dict[str, object]], why: str
) -> None:
    with pytest.raises(GitbtcError, match=why):
        replay([patch(UTXOS, coins(*old), coins(*new))], {COINS: coins(*there)}.get)


def test_one_file_that_does_not_fit_keeps_the_others_from_being_changed() -> None:
    label = {"address": "a", "label": "b", "category": "fee", "created_at": 5}
    made = [patch(LABELS, None, codec.encode_file(LABELS, [label])), patch(UTXOS, coins(coin(0)), coins())]
    with pytest.raises(GitbtcError, match=COINS):
        replay(made, {COINS: coins()}.get)


def test_a_file_that_is_to_go_must_hold_nothing_else() -> None:
    with pytest.raises(GitbtcError, match="records that it does not know"):
        replay([patch(UTXOS, coins(coin(0)), None)], {COINS: coins(coin(0), coin(1))}.get)


def test_a_new_file_may_be_there_with_other_records() -> None:
    made = [patch(UTXOS, None, coins(coin(0)))]
    assert replay(made, {COINS: coins(coin(1))}.get) == {COINS: coins(coin(0), coin(1))}
    assert replay(made, {COINS: coins(coin(0), coin(1))}.get) == {}


def test_a_file_that_does_not_parse_is_named() -> None:
    with pytest.raises(GitbtcError, match=f"{COINS}: line 3: .*mend the file"):
        replay([patch(UTXOS, coins(), coins(coin(0)))], {COINS: b"[\n{\n]"}.get)


def test_two_changes_that_do_not_meet_are_not_put_together() -> None:
    one, other = patch(UTXOS, coins(), coins(coin(0))), patch(UTXOS, coins(coin(0, label="x")), coins())
    with pytest.raises(GitbtcError, match="another one"):
        chained([one], [other])
    with pytest.raises(GitbtcError, match="does not begin"):
        chained([patch(UTXOS, coins(), None)], [one])


@given(st.data(), kinds)
def test_a_change_of_nothing_is_none(data: st.DataObject, kind: Kind) -> None:
    content = data.draw(files(kind))
    assert replay([patch(kind, content, content)], {kind.path: content}.get) == {}
