"""What was found clean is not looked at again, by the same scanner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.scanning.clean import FILE, Clean, scanner_name
from gitbtc.scanning.place import BLOB, COMMIT, NAME, Place

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = b"1" * 32, b"2" * 32


def blob(number: int, path: str = "a/b.txt") -> Place:
    return Place(BLOB, path, f"{number:040x}")


def remember(folder: Path, *places: Place, scanner: bytes = ONE) -> None:
    with Clean(str(folder), scanner) as clean:
        for place in places:
            clean.add(place)


def test_it_is_known_the_next_time_and_nothing_else_is(tmp_path: Path) -> None:
    remember(tmp_path, blob(1), Place(COMMIT, oid="1" * 40), Place(NAME, "x/y/z"))
    with Clean(str(tmp_path), ONE) as clean:
        assert all(place in clean for place in (blob(1), Place(COMMIT, oid="1" * 40), Place(NAME, "x/y/z")))
        assert blob(2) not in clean
        assert Place(BLOB, "", "1" * 40) not in clean
        assert Place(NAME, "other/y/z") not in clean


def test_a_blob_under_another_name_is_another_place(tmp_path: Path) -> None:
    remember(tmp_path, blob(1))
    with Clean(str(tmp_path), ONE) as clean:
        assert blob(1, "deep/er/a/b.txt") in clean
        assert blob(1, "a/hsm_secret") not in clean
        assert blob(1, "c/b.txt") not in clean


def test_another_scanner_begins_anew(tmp_path: Path) -> None:
    remember(tmp_path, blob(1))
    remember(tmp_path, blob(2), scanner=OTHER)
    for scanner, known in ((OTHER, blob(2)), (ONE, None)):
        with Clean(str(tmp_path), scanner) as clean:
            assert [place for place in (blob(1), blob(2)) if place in clean] == ([known] if known else [])


@pytest.mark.parametrize("cut", range(1, 17))
def test_an_identity_that_a_killed_scan_cut_short_does_not_count(tmp_path: Path, cut: int) -> None:
    remember(tmp_path, blob(1), blob(2))
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-cut])
    remember(tmp_path, blob(3))
    with Clean(str(tmp_path), ONE) as clean:
        assert [number for number in (1, 2, 3) if blob(number) in clean] == [1, 3]


def test_two_scans_at_a_time_both_remember(tmp_path: Path) -> None:
    with Clean(str(tmp_path), ONE) as first, Clean(str(tmp_path), ONE) as second:
        for number in range(600):
            (first if number % 2 else second).add(blob(number))
    with Clean(str(tmp_path), ONE) as clean:
        assert all(blob(number) in clean for number in range(600))


def test_what_an_older_scanner_still_finds_is_not_taken_for_the_new_ones(tmp_path: Path) -> None:
    with Clean(str(tmp_path), ONE) as old:
        remember(tmp_path, blob(1), scanner=OTHER)
        old.add(blob(2))
    with Clean(str(tmp_path), OTHER) as clean:
        assert [number for number in (1, 2) if blob(number) in clean] == [1]


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    remember(tmp_path / "file" / "gitbtc", blob(1))


def test_the_scanner_has_one_name() -> None:
    assert scanner_name() == scanner_name()
    assert len(scanner_name()) == 32
