"""Folders of `Base Ours Theirs Expected`: what three versions of one file come to, merged and joined.

A folder may have `ExpectedOfJoin`, where joining, which asks nobody, comes to something else, and `ExpectedIdeally`:
what we would rather have, which is not so yet.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc.api import join
from gitbtc.kinds.registry import built_in
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import Style

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

CASES = sorted(folder.parent for folder in Path(__file__).with_name("cases").rglob("Base"))
_KINDS = {"coins": "utxos"}


def kind_of(case: Path) -> Kind:
    return built_in(_KINDS.get(case.parent.name, case.parent.name))


def name(case: Path) -> str:
    return f"{case.parent.name}: {case.name}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_merged(case: Path) -> None:
    sides = [(case / side).read_bytes() for side in ("Base", "Ours", "Theirs")]
    merged = merge_files(kind_of(case), *sides, Options(Style)).content
    assert merged == (case / "Expected").read_bytes()
    if (case / "ExpectedIdeally").exists():
        assert merged != (case / "ExpectedIdeally").read_bytes(), "it is as it should be: make that what is expected"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_joined(case: Path, tmp_path: Path) -> None:
    """Theirs is the later commit."""
    path = kind_of(case).path
    subprocess.run(["git", "init", "-q", "--bare", tmp_path], check=True)
    commits = []
    for number, side in enumerate(("Base", "Ours", "Theirs")):
        content = (case / side).read_bytes()
        parent = "" if side == "Base" else "from refs/heads/Base\n"
        commits.append(
            f"commit refs/heads/{side}\ncommitter Ann <ann@example.com> {1_700_000_000 + number} +0000\ndata 0\n"
            f"{parent}M 100644 inline {path}\ndata {len(content)}\n".encode()
            + content
            + b"\n"
        )
    subprocess.run(["git", "fast-import", "--quiet"], input=b"".join(commits), cwd=tmp_path, check=True)
    joined = join("Ours", "Theirs", repository=tmp_path).state.files[path]
    wanted = case / "ExpectedOfJoin"
    assert joined == (wanted if wanted.exists() else case / "Expected").read_bytes()
