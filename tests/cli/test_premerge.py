"""`gitbtc premerge` as agents and people call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds.codec import encode_file
from gitbtc.kinds.registry import built_in
from tests.conftest import Repo
from tests.made_state import coin, spend, txid
from tests.premerge.worlds import PATHS, State, committed, copied, past
from tests.prepared import once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter

OUTPOINT = f"{coin(0)['txid']}:0"


def spent(vout: int, name: str) -> State:
    """The past, after the transaction `name` spent a coin."""
    state = copied(past())
    made = spend(name, state["coins"].pop(str(vout)))
    state["transactions"][name] = made
    return state


@pytest.fixture
def agents(treasury: Repo) -> Repo:
    """main, and three agents off it: ada and bob spend one coin, cy another."""
    _send_out(treasury)
    return treasury


@once
def _send_out(repo: Repo) -> None:
    start = committed(repo, past(), "base")
    committed(repo, past(), "main", start)
    for name, vout in (("ada", 0), ("bob", 0), ("cy", 1)):
        committed(repo, spent(vout, name), f"agents/{name}", start)
    repo.git("checkout", "-q", "-f", "main")
    repo.git("reset", "-q", "--hard")


def told(repo: Repo, *arguments: str, ok: tuple[int, ...] = (0, 1)) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(repo.gitbtc("premerge", "--json", *arguments, ok=ok).stdout)
    assert list(document) == ["gitbtc.premerge/v1"]
    return dict(document["gitbtc.premerge/v1"])


def test_a_branch_that_merges_cleanly(agents: Repo) -> None:
    said = agents.gitbtc("premerge", "agents/cy").stdout
    assert said == "agents/cy  1 payment −2.00000000  merge\n"
    document = told(agents, "agents/cy", ok=(0,))
    oid = agents.git("rev-parse", "agents/cy").strip()
    assert document == {
        "onto": agents.git("rev-parse", "main").strip(),
        "branches": [
            {
                "name": "agents/cy",
                "oid": oid,
                "merge": "merge",
                "conflicts": [],
                "notices": [],
                "brings": {"payments": 1, "receipts": 0, "balance_sat": -200_000_000},
            },
        ],
        "collisions": [],
    }


def test_a_conflict_is_told_in_parts_and_with_what_settles_it_when_merged(agents: Repo) -> None:
    said = agents.gitbtc("premerge", "agents/bob", "--onto", "agents/ada", ok=(1,)).stdout.splitlines()
    assert said[0] == "agents/bob  1 payment −1.00000000  merge, 1 conflict"
    subjects = {name: agents.git("log", "-1", "--format=%h %s", "--abbrev=8", f"agents/{name}").strip().partition(" ")
                for name in ("ada", "bob")}  # fmt: skip
    quoted = {name: f'{oid} "{subject}"' for name, (oid, _, subject) in subjects.items()}
    assert said[1:] == [
        f"  double spend: 1.00000000 BTC  {OUTPOINT[:8]}:0",
        f"    here        {txid('ada')[:8]}  {quoted['ada']}  1,000 sat (5.0 sat/vB)  unconfirmed",
        f"    agents/bob  {txid('bob')[:8]}  {quoted['bob']}  1,000 sat (5.0 sat/vB)  unconfirmed",
        f"    settle when merged: gitbtc resolve {OUTPOINT[:8]}:0 --winner {txid('ada')[:8]} (or {txid('bob')[:8]})",
    ]


def test_the_winner_that_is_printed_settles_the_merge(agents: Repo) -> None:
    agents.git("switch", "-q", "agents/ada")
    agents.git("merge", "-q", "--no-edit", "agents/bob", ok=(1,))
    coin_ = f"{OUTPOINT[:8]}:0"
    for winner, why in (("abcdef", f"--winner is one of {txid('ada')}, {txid('bob')}, none"), ("x", "is one of")):
        assert why in agents.gitbtc("resolve", coin_, "--winner", winner, ok=(2,)).stderr
    assert agents.gitbtc("resolve", coin_, "--winner", txid("bob")[:8]).stdout.splitlines()[0] == (
        f"gitbtc: settled wallet/utxos.json::{coin_}: theirs, {txid('bob')[:8]}"
    )
    agents.git("commit", "-q", "--no-edit")
    agents.git("reset", "-q", "--hard", "HEAD~1")
    agents.git("merge", "-q", "--no-edit", "agents/bob", ok=(1,))
    assert ": base" in agents.gitbtc("resolve", coin_, "--winner", "none").stdout


def test_a_pattern_stands_for_local_and_remote_tracking_branches(sandbox: Sandbox, agents: Repo) -> None:
    agents.git("update-ref", "refs/remotes/origin/agents/dan", "agents/cy")
    agents.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/agents/dan")
    agents.git("tag", "agents/tagged", "agents/cy")
    names = [branch["name"] for branch in told(agents, "agents/*", "origin/*", "agents/a?a")["branches"]]
    assert names == ["agents/ada", "agents/bob", "agents/cy", "origin/agents/dan"]


def test_any_revision_will_do(agents: Repo) -> None:
    oid = agents.git("rev-parse", "agents/cy").strip()
    branches = told(agents, oid, "agents/cy~1", "--onto", "main", ok=(0,))["branches"]
    assert [(branch["name"], branch["merge"]) for branch in branches] == [(oid, "merge"), ("agents/cy~1", "up-to-date")]


def test_fast_forward_and_up_to_date(agents: Repo) -> None:
    said = agents.gitbtc("premerge", "agents/cy", "base", "--onto", "base").stdout
    assert said == "agents/cy  1 payment −2.00000000  fast forward\nbase  nothing new\n"


def test_what_speaks_against_a_fast_forward_is_a_note(agents: Repo) -> None:
    state = spent(0, "eve")
    state["coins"]["0"] = coin(0)
    committed(agents, state, "agents/eve", "base")
    [branch] = told(agents, "agents/eve", "--onto", "base", ok=(0,))["branches"]
    assert [notice["type"] for notice in branch["notices"]] == ["spent_coin"]
    assert "  note: spent_coin: " in agents.gitbtc("premerge", "agents/eve", "--onto", "base").stdout


@pytest.mark.parametrize(
    "arguments", [("nobody",), ("nobody/*",), ("agents/cy", "--onto", "nobody"), ("agents/ada", "HEAD~9")]
)
def test_an_unknown_revision_is_wrong_usage(agents: Repo, arguments: tuple[str, ...]) -> None:
    done = agents.gitbtc("premerge", *arguments, ok=(2,))
    assert done.stdout == ""
    assert "no such revision" in done.stderr


def imported(number: int) -> bytes:
    """The commit of one of many branches, as `git fast-import` takes it."""
    state, stream = spent(2, f"n{number}"), [f"commit refs/heads/many/{number:02}\n"]
    stream += [f"committer ann <ann> {1_700_000_000 + number} +0000\ndata 0\nfrom refs/heads/base\n"]
    for kind, name in (("coins", "utxos"), ("transactions", "transactions")):
        content = encode_file(built_in(name), list(state[kind].values())).decode()
        stream += [f"M 100644 inline {PATHS[kind]}\ndata {len(content)}\n{content}\n"]
    return "".join(stream).encode()


@pytest.mark.one_file
def test_branches_that_contend_for_one_coin_are_told_together(agents: Repo) -> None:
    """Thirty branches are 435 pairs, and one coin."""
    many = [f"many/{number:02}" for number in range(30)]
    agents.run("git", "fast-import", "--quiet", stdin=b"".join(map(imported, range(30))))
    done = agents.gitbtc("premerge", "many/*", "agents/cy", ok=(1,))
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:31]] == [*many, "agents/cy"]
    assert lines[31] == "DOUBLE SPEND  3.00000000 BTC  f0f0f0f0:2: 30 branches collide"
    assert [line.split()[0] for line in lines[32:-1]] == many
    assert all(line.endswith("  1,000 sat (5.0 sat/vB)  unconfirmed") for line in lines[32:-1])
    assert lines[-1].endswith("settle when merged: gitbtc resolve f0f0f0f0:2 --winner 6e306e30 (or another)")
    assert len(told(agents, "many/*")["collisions"]) == 435


def test_a_collision_without_a_spend_names_the_branches(agents: Repo) -> None:
    for name in ("rent", "salary"):
        state = copied(past())
        state["coins"]["3"]["label"] = name
        committed(agents, state, f"label/{name}", "base")
    said = agents.gitbtc("premerge", "label/*", ok=(1,)).stdout.splitlines()
    address = f"wallet/utxos.json::{coin(3)['txid']}:3"
    assert said[2:] == [f"edit: {address} (4.00000000 BTC): 2 branches collide", "  label/rent", "  label/salary"]


def test_nothing_is_touched(agents: Repo) -> None:
    agents.write("notes.txt", "not committed")
    agents.write("wallet/utxos.json", "[]")

    def everything() -> dict[Path, tuple[int, bytes]]:
        """Work tree, index, refs and objects: every file, when it was written, what it holds."""
        files = (path for path in agents.path.rglob("*") if path.is_file())
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = everything()
    agents.gitbtc("premerge", "agents/*", ok=(1,))
    agents.gitbtc("premerge", "agents/*", "--json", ok=(1,))
    assert everything() == before


def test_a_bare_repository_will_do(sandbox: Sandbox, agents: Repo) -> None:
    server = sandbox.home / "server.git"
    agents.git("clone", "-q", "--bare", str(agents.path), str(server))
    bare = Repo(server, agents.env, python=agents.python)
    collisions = told(bare, "agents/*", "--onto", "main", ok=(1,))["collisions"]
    assert [collision["branches"] for collision in collisions] == [["agents/ada", "agents/bob"]]


def test_a_linked_work_tree_has_its_own_head(sandbox: Sandbox, agents: Repo) -> None:
    agents.git("worktree", "add", "-q", str(sandbox.home / "linked"), "agents/ada")
    linked = Repo(sandbox.home / "linked", agents.env, python=agents.python)
    assert told(linked, "agents/bob", ok=(1,))["onto"] == agents.git("rev-parse", "agents/ada").strip()


def test_unattributed_removals_may_be_allowed(agents: Repo) -> None:
    for name in ("one", "two"):
        state = copied(past())
        del state["coins"]["3"]
        state["coins"]["2"]["label"] = "x" if name == "one" else None
        committed(agents, state, f"bare/{name}", "base")
    assert told(agents, "bare/*", ok=(1,))["collisions"]
    agents.git("config", "gitbtc.unattributed", "allow")
    assert told(agents, "bare/*", ok=(0,))["collisions"] == []


def test_a_name_cannot_write_to_the_terminal(agents: Repo) -> None:
    agents.git("update-ref", "refs/heads/agents/\N{RIGHT-TO-LEFT OVERRIDE}zed", "agents/cy")
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in agents.gitbtc("premerge", "agents/*z*").stdout


def test_without_a_branch_it_says_how_it_is_called(agents: Repo) -> None:
    assert "BRANCH" in agents.gitbtc("premerge", ok=(2,)).stderr
