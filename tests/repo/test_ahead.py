"""Blobs read ahead: the same bytes as one by one, whatever was expected and in whatever order they are wanted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.repo.ahead import _KEPT, ReadAhead
from gitbtc.repo.git import Git

if TYPE_CHECKING:
    from tests.conftest import Sandbox


@pytest.mark.parametrize("most", [1, 200_000, 1 << 30])
def test_what_is_read_is_what_is_stored(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """However little is kept."""
    monkeypatch.setattr("gitbtc.repo.ahead._KEPT_BYTES", most)
    git = Git(sandbox.repo().path)
    contents = {git.write_blob(text): text for text in (b"%d" % number * 50_000 for number in range(_KEPT + 4))}
    oids = [*contents, *contents]
    random.Random(1).shuffle(oids)
    with ReadAhead(git) as blobs:
        for place, oid in enumerate(oids):
            blobs.expect(oids[place : place + 5])
            assert blobs.read(oid) == contents[oid]
            assert blobs._size() <= max(most, len(contents[oid]))


def test_blobs_that_were_expected_and_never_read_hold_nothing_up(sandbox: Sandbox) -> None:
    git = Git(sandbox.repo().path)
    large = [git.write_blob(b"%d" % number * 500_000) for number in range(6)]
    with ReadAhead(git) as blobs:
        blobs.expect(large)


def test_a_blob_that_is_not_there_is_an_error_and_the_others_are_read(sandbox: Sandbox) -> None:
    git = Git(sandbox.repo().path)
    oid = git.write_blob(b"here")
    with ReadAhead(git) as blobs:
        blobs.expect(["0" * 40, oid])
        with pytest.raises(CannotWork, match="missing"):
            blobs.read("0" * 40)
        assert blobs.read(oid) == b"here"
