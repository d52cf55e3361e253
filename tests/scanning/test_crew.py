"""Several processes find what one finds, in the same order."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.repo.git import Git
from gitbtc.scanning import crew
from gitbtc.scanning.place import BLOB, FILE, NAME, Looked, Place
from tests.doors.test_hook import secret

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Sandbox


def files(folder: Path) -> list[Place]:
    for number in range(300):
        (folder / str(number)).write_text(secret() if number % 97 == 0 else "plain")
    places = [Place(FILE, str(number), disk=str(folder / str(number))) for number in range(300)]
    return [*places, Place(FILE, "gone", disk="/gone"), Place(NAME, secret())]


def test_many_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "cores", lambda: 2)
    places = files(tmp_path)
    together = list(crew.look(None, places))
    assert [looked.place for looked in together] == places
    assert together == list(crew.look(None, places, few=1000))
    assert [looked.place.path for looked in together if looked.findings][:-1] == ["0", "97", "194", "291"]


def test_each_reads_objects_for_itself(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "cores", lambda: 2)
    repo = sandbox.repo()
    oids = [repo.git("hash-object", "-w", "--stdin", stdin=text.encode()).strip() for text in ("plain", secret())]
    places = [Place(BLOB, "a", oids[number % 2]) for number in range(100)]
    found = [len(looked.findings) for looked in crew.look(Git.at(repo.path), places, few=10)]
    assert found == [0, 1] * 50


def test_a_process_that_is_killed_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "cores", lambda: 2)
    monkeypatch.setattr(crew, "_look", _die)
    with pytest.raises(CannotWork, match="it goes on where it was"):
        list(crew.look(None, [Place(NAME, "a")] * 100, few=10))


def _die(places: list[Place]) -> list[Looked]:
    os._exit(9)
