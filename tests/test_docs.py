"""The commands in docs/ci.md, docs/server.md and docs/key-gate.md do what these pages say."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc.keys.finding import fingerprint
from gitbtc.keys.scan import scan
from gitbtc.repo.limits import LIMITS, Limits
from tests.conftest import Repo
from tests.doors.pushing import A, accepted, base, both_spend, clone, refused, side
from tests.doors.test_doors import MATRIX as DOORS
from tests.doors.test_doors import UNSEEN
from tests.doors.test_hook import secret
from tests.doors.test_key_doors import MATRIX
from tests.keys.conftest import FOUND

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Sandbox

    Run = Callable[..., str]

DOCS = Path(__file__).resolve().parents[1] / "docs"
NULL = "0" * 40
# The variables of each example that the forge sets, and in which of them it says where the new commits begin.
FORGES = {"GitHub Actions": ("BASE",), "GitLab CI": ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "CI_COMMIT_BEFORE_SHA")}


def example(forge: str) -> list[str]:
    """The lines of the YAML example for a forge."""
    section = (DOCS / "ci.md").read_text().partition(f"## {forge}\n")[2].partition("\n## ")[0]
    return section.partition("```yaml\n")[2].partition("```")[0].splitlines()


def command(forge: str) -> str:
    """The shell command that the example verifies with."""
    [line] = [line for line in example(forge) if "gitbtc verify" in line]
    return line.strip().removeprefix("- ").removeprefix("run: ")


@pytest.fixture
def run(sandbox: Sandbox) -> Run:
    """Run a shell script with `gitbtc` on the path; its output."""
    program = sandbox.home / "bin/gitbtc"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -E -P -m gitbtc "$@"\n')
    program.chmod(0o755)

    def shell(repo: Repo, script: str, status: int = 0, **variables: str) -> str:
        env = {"PATH": f"{program.parent}:{repo.env['PATH']}", **variables}
        done = repo.run("sh", "-ec", script, env=env, ok=(status,))
        return done.stdout + done.stderr

    return shell


def test_the_manual_names_every_form_that_the_public_vectors_have() -> None:
    table = (DOCS / "key-gate.md").read_text().partition("<!-- forms -->")[2].partition("<!-- end of forms -->")[0]
    found = {key.form.partition(" (")[0] for vector in FOUND for key in scan(vector.text.encode())}
    assert len(found) > 15
    assert [form for form in sorted(found) if form not in table] == []


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("place", [0, -1])
def test_the_example_takes_sound_commits_and_refuses_a_double_spend(
    sandbox: Sandbox, run: Run, forge: str, place: int
) -> None:
    repo = sandbox.repo()
    both_spend(repo)
    begin = {FORGES[forge][place]: repo.git("rev-parse", "main").strip()}
    repo.git("checkout", "-q", "ours")
    assert "1 commit verified, 0 findings" in run(repo, command(forge), **begin)
    repo.git("merge", "-q", "-s", "ours", "-m", "by the forge", "theirs")
    assert "double_spend" in run(repo, command(forge), 1, **begin)


@pytest.mark.parametrize("forge", FORGES)
def test_the_example_knows_a_new_branch(sandbox: Sandbox, run: Run, forge: str) -> None:
    repo = sandbox.repo()
    base(repo)
    assert "1 commit verified" in run(repo, command(forge), **{FORGES[forge][-1]: NULL})


def test_the_example_examines_everything_where_no_base_is_named(sandbox: Sandbox, run: Run) -> None:
    repo = sandbox.repo()
    both_spend(repo)
    for forge, nothing in (("GitHub Actions", ""), ("GitLab CI", NULL)):
        assert "1 commit verified" in run(repo, command(forge), **{FORGES[forge][-1]: nothing})


def test_no_example_names_a_release_or_a_package_that_is_not_there() -> None:
    for page in (*DOCS.glob("*.md"), DOCS.parent / "README.md"):
        text = page.read_text()
        assert not re.findall(r"(?:rev: |gitbtc(?:@|==))v?[0-9].*", text), page
        assert not re.findall(r"pip(?:x)? install '?gitbtc(?! @)\b.*", text), page


@pytest.mark.parametrize("forge", FORGES)
def test_the_example_fetches_everything_and_sets_what_it_uses(forge: str) -> None:
    lines = [line.strip().removeprefix("- ") for line in example(forge)]
    assert lines.count("fetch-depth: 0") + lines.count('GIT_DEPTH: "0"') == 1
    assert any("pip install" in line for line in lines)
    used = set(re.findall(r"\$\{?([A-Z_]+)", command(forge)))
    assert used == set(FORGES[forge])
    assert all(name.startswith("CI_") or f"{name}:" in "\n".join(lines) for name in used)


def scripts(page: str) -> list[str]:
    """The indented blocks of a page that are commands."""
    blocks = re.findall(r"(?:^ {4}.*\n)+", (DOCS / page).read_text(), re.MULTILINE)
    return [block for block in blocks if block.lstrip().startswith(("git", "gitbtc"))]


def test_a_server_is_set_up_as_its_page_says(sandbox: Sandbox, run: Run) -> None:
    set_up, history = scripts("server.md")
    assert "BROKEN" not in run(Repo(sandbox.home, sandbox.env), set_up)
    server = Repo(sandbox.home / "treasury.git", sandbox.env)
    repo = clone(sandbox, server)
    base(repo)
    accepted(repo, "main")
    assert "1 commit verified, 0 findings" in run(server, history)
    side(repo, "main", "main", wallet_transactions=[A])
    assert "spent_coin" in refused(repo, server, "main")


def test_the_ranges_of_the_page_are_ones_that_it_takes(sandbox: Sandbox, run: Run) -> None:
    [block] = scripts("ci.md")
    repo = sandbox.repo()
    first = base(repo)
    side(repo, "topic", "main", network_mempool=[])
    repo.git("update-ref", "refs/remotes/origin/main", first)
    for name in "ABCD":
        repo.git("tag", name, "topic" if name in "BD" else "main")
    assert run(repo, block).count("1 commit verified, 0 findings") == 2


# -- docs/key-gate.md --------------------------------------------------------------------------------------------------


def test_the_scans_of_the_page_are_ones_that_it_takes(sandbox: Sandbox, run: Run) -> None:
    block = next(block for block in scripts("key-gate.md") if "--staged" in block)
    repo = sandbox.repo()
    repo.git("tag", "A", base(repo))
    side(repo, "main", "main", network_mempool=[])
    repo.git("tag", "B")
    lines = [line.partition("#")[0].strip().replace("PATH...", "wallet") for line in block.splitlines()]
    assert len(lines) == 6
    for line in lines:
        assert "no findings" in run(repo, line)


def test_the_page_allows_as_it_says(sandbox: Sandbox, run: Run) -> None:
    repo = sandbox.repo()
    block = next(block for block in scripts("key-gate.md") if "--allow" in block)
    shown = (DOCS / "key-gate.md").read_text().partition("```toml\n")[2].partition("```")[0]
    key = secret()
    repo.write("vector.txt", key)
    run(repo, block.replace("0b3442c634898149", fingerprint(key.encode())))
    assert (
        repo.read(".gitbtc/allow.toml").decode().endswith(shown.replace("0b3442c634898149", fingerprint(key.encode())))
    )
    assert "1 allowed" in run(repo, "gitbtc scan")


def test_the_ci_examples_of_the_page_find_a_key(sandbox: Sandbox, run: Run) -> None:
    page = (DOCS / "key-gate.md").read_text()
    commands = re.findall(r"^ +- (?:run: )?(gitbtc scan .*)$", page, re.MULTILINE)
    assert commands == ["gitbtc scan --all --sarif > gitbtc.sarif", "gitbtc scan --all"]
    repo = sandbox.repo()
    repo.write("a.txt", secret())
    repo.commit("leak")
    for line in commands:
        run(repo, line, 1)
    assert '"level": "error"' in repo.read("gitbtc.sarif").decode()


def test_the_page_names_the_hooks_that_there_are() -> None:
    there = re.findall(r"^- id: (.*)$", (DOCS.parent / ".pre-commit-hooks.yaml").read_text(), re.MULTILINE)
    assert re.findall(r"- id: (gitbtc.*)$", (DOCS / "key-gate.md").read_text(), re.MULTILINE) == there


def test_the_table_of_key_doors_is_that_of_the_tests() -> None:
    rows = re.findall(r"^\| (.*?) \| `.*` \| (.*?) \|$", (DOCS / "key-gate.md").read_text(), re.MULTILINE)
    assert rows == [(row.path, row.door) for row in MATRIX]


# -- docs/doors.md -----------------------------------------------------------------------------------------------------


def test_the_tables_of_doors_are_those_of_the_tests() -> None:
    page = (DOCS / "doors.md").read_text()
    stopped = page.partition("<!-- doors -->")[2].partition("<!-- end of doors -->")[0]
    assert re.findall(r"^\| (.*?) \| `.*?` \| (\S*?) \|", stopped, re.MULTILINE) == [
        (one.path, one.door) for one in DOORS
    ]
    past = page.partition("<!-- unseen -->")[2].partition("<!-- end of unseen -->")[0]
    rows = re.findall(r"^\| (.*?) \| `(.*?)` \| pre-push", past, re.MULTILINE)
    assert rows == [(one.path, one.command) for one in UNSEEN]


# -- docs/server.md ----------------------------------------------------------------------------------------------------


def test_the_table_of_limits_is_that_of_the_program() -> None:
    rows = re.findall(
        r"^\| `(gitbtc\.max\w+)` \| (\S*) \| [\w ]+: (.*?) \|$", (DOCS / "server.md").read_text(), re.MULTILINE
    )
    there = Limits({name: number.replace(",", "") for name, number, _ in rows})
    assert [(name, of) for name, _, of in rows] == [(limit.setting, limit.of) for limit in LIMITS]
    assert [there[limit] for limit in LIMITS] == [limit.default for limit in LIMITS]
