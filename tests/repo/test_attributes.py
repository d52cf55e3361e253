"""The marked block in a file of attributes: exact, reversible, and understood by Git."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.errors import GitbtcError
from gitbtc.repo.attributes import FILTER, filters_of, has_block, lines, up_to_date, with_block, without_block

if TYPE_CHECKING:
    from tests.conftest import Sandbox

PATHS = {"utxos": "wallet/utxos.json", "fees": "oracles/fees.json"}
LINES = [FILTER, *lines(PATHS, ["utxos"])]
USERS = [
    None,
    b"",
    b"*.png binary\n",
    b"*.png binary",
    b"*.png binary\r\n# mine\r\n",
    b"*.png binary\r\na -text",
    b"\n\n",
]


@pytest.mark.parametrize("before", USERS)
def test_the_block_goes_in_and_out_without_a_trace(before: bytes | None) -> None:
    block = with_block(before, LINES, "f")
    assert block.startswith(before or b"")
    assert has_block(block, "f")
    assert without_block(block, "f") == before


@given(st.binary().filter(lambda content: b"# gitbtc" not in content))
def test_any_file_is_restored_exactly(before: bytes) -> None:
    assert without_block(with_block(before, LINES, "f"), "f") == before


@pytest.mark.parametrize("before", USERS)
def test_twice_is_once(before: bytes | None) -> None:
    once = with_block(before, LINES, "f")
    assert with_block(once, LINES, "f") == once
    assert up_to_date(once, LINES, "f")


def test_what_was_added_around_the_block_stays() -> None:
    block = b"# above\n" + with_block(b"*.png binary", LINES, "f") + b"below -diff\n"
    assert without_block(block, "f") == b"# above\n*.png binary\nbelow -diff\n"
    assert with_block(block, LINES[:2], "f").endswith(b"# gitbtc ends here\nbelow -diff\n")


def test_a_new_kind_changes_the_block_in_its_place() -> None:
    before = with_block(b"a\n", LINES, "f") + b"b\n"
    grown = [FILTER, *lines({**PATHS, "vtxos": "ark/vtxos.json"}, ["utxos", "vtxos"])]
    assert not up_to_date(before, grown, "f")
    after = with_block(before, grown, "f")
    for place in (b"**/ark/vtxos.json", b"**/ark/vtxos/*.json", b"**/wallet/utxos/*.json"):
        assert place + b" text=auto eol=lf diff=gitbtc-" in after
    assert b"fees/*" not in after
    assert without_block(after, "f") == b"a\nb\n"


def test_a_file_that_git_converted_to_crlf_is_up_to_date() -> None:
    converted = with_block(b"a\n", LINES, "f").replace(b"\n", b"\r\n")
    assert up_to_date(converted, LINES, "f")
    assert without_block(converted, "f") == b"a\r\n"


def test_a_file_that_somebody_else_continued_is_not_deleted() -> None:
    assert without_block(with_block(None, LINES, "f") + b"mine\n", "f") == b"mine\n"


@pytest.mark.parametrize(
    "broken",
    [b"# gitbtc begins here\n* -text\n", b"# gitbtc ends here\n", b"# gitbtc ends here\n# gitbtc begins here\n"],
)
def test_half_a_block_is_refused_with_the_files_name(broken: bytes) -> None:
    with pytest.raises(GitbtcError, match=r"^some/file: .* not one pair"):
        with_block(broken, LINES, "some/file")
    with pytest.raises(GitbtcError, match="not one pair"):
        without_block(with_block(b"", LINES, "f") + broken, "f")


def test_git_takes_the_lines_at_the_top_and_at_any_depth(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.write(".gitattributes", with_block(b"*.json -diff merge=union\r\n", LINES, "f"))
    for path in ("wallet/utxos.json", "a b/c/wallet/utxos.json", "wallet/utxos/3f2.json", "r/wallet/utxos/3.json"):
        told = repo.git("check-attr", "diff", "merge", "filter", "text", "eol", "--", path)
        values = [line.rpartition(": ")[2] for line in told.splitlines()]
        assert values == ["gitbtc-utxos", "gitbtc-utxos", "gitbtc", "auto", "lf"]
    assert "filter: gitbtc" in repo.git("check-attr", "filter", "notes.txt")
    assert "merge: union" in repo.git("check-attr", "merge", "cold-wallet/utxos.json")
    assert len(LINES) == 4


@pytest.mark.one_file
def test_state_files_keep_their_line_feeds_whatever_autocrlf_says(sandbox: Sandbox) -> None:
    repo = sandbox.repo()
    repo.write(".gitattributes", "\n".join(LINES) + "\n")
    repo.git("config", "core.autocrlf", "true")
    repo.write("wallet/utxos.json", b"[\r\n]\r\n")
    repo.commit("by an editor, on a machine without gitbtc")
    assert repo.git("cat-file", "blob", "HEAD:wallet/utxos.json") == "[\n]\n"
    (repo.path / "wallet/utxos.json").unlink()
    repo.git("checkout", "--", ".")
    assert repo.read("wallet/utxos.json") == b"[\n]\n"


@pytest.mark.parametrize(
    "before",
    [
        b"*.bin filter=lfs diff=lfs merge=lfs -text\n",
        b"*.png binary\nsecrets/** filter=git-crypt diff=git-crypt",
        b"*.bin filter=lfs\r\n",
        b"raw/* -filter\n",
        b"[attr]hidden filter=git-crypt\n*.key hidden\n",
        b"*.bin\tfilter=lfs",
    ],
)
def test_the_line_for_every_file_stands_above_other_filters(before: bytes) -> None:
    block = with_block(before, LINES, "f")
    assert block.endswith(before)
    assert with_block(block, LINES, "f") == block
    assert without_block(block, "f") == before
    at_the_end = with_block(b"", LINES, "f")
    assert with_block(before + (b"" if before.endswith(b"\n") else b"\n") + at_the_end, LINES, "f").startswith(
        b"# gitbtc"
    )
    assert filters_of(before) == [line.decode() for line in before.splitlines() if b"filter" in line]


def test_lines_that_only_speak_of_filters_move_nothing() -> None:
    for before in (b"# x filter=lfs\n", b"filter text\n", b"*.x diff=filter\n"):
        assert with_block(before, LINES, "f").startswith(before)
        assert filters_of(before) == []


def test_a_block_without_that_line_stays_at_the_end() -> None:
    assert with_block(b"* filter=lfs\n", LINES[1:], "f").startswith(b"* filter=lfs\n")
