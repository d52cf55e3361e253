"""More heads than one commit has parents: they are joined in groups."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitbtc.join.joining import MOST_PARENTS
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from tests.conftest import Repo
from tests.doors.pushing import accepted, clone, gated, refused
from tests.made_state import coin, spend

if TYPE_CHECKING:
    from tests.conftest import Sandbox

UTXOS, TRANSACTIONS, LOG = "wallet/utxos.json", "wallet/transactions.json", "strategy/execution.json"


def fleet(repo: Repo, agents: int, wanting: int) -> None:
    """Agents that each log something, of which the first `wanting` spend the same coin."""
    records: dict[str, list[dict[str, Any]]] = {UTXOS: [coin(0), coin(1)], TRANSACTIONS: [], LOG: []}
    stream = [commit("main", "", records)]
    for number in range(agents):
        records = {LOG: [event(number)]}
        if number < wanting:
            records |= {UTXOS: [coin(1)], TRANSACTIONS: [spend(f"{number:02x}", coin(0))]}
        stream.append(commit(f"agents/{number:04}", "refs/heads/main", records))
    repo.git("fast-import", "--quiet", stdin=b"".join(stream))


def event(number: int) -> dict[str, Any]:
    known = {"timestamp": 1_700_000_000 + number, "event_type": "custom", "note": f"agent {number}"}
    return known | dict.fromkeys(("block_height", "txid", "amount_sat", "fee_sat"))


def commit(branch: str, start: str, files: dict[str, list[dict[str, Any]]]) -> bytes:
    text = f"commit refs/heads/{branch}\ncommitter a <a@example.com> 1700000000 +0000\ndata 0\n"
    text += f"from {start}\n" if start else ""
    stream = text.encode()
    for path, records in files.items():
        content = codec.encode_file(built_in(path.split("/")[1].removesuffix(".json")), records)
        stream += f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
    return stream + b"\n"


def joined(repo: Repo, *arguments: str, ok: tuple[int, ...]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(repo.gitbtc("join", "--json", *arguments, ok=ok).stdout)["gitbtc.join/v1"]
    return found


def parents(repo: Repo, commit: str) -> list[str]:
    return repo.git("rev-list", "--parents", "-1", commit).split()[1:]


def test_more_heads_than_a_commit_has_parents_are_joined_in_groups(sandbox: Sandbox) -> None:
    """The groups hide nothing: rivals of different groups are found, and joining one group more changes nothing."""
    agents = MOST_PARENTS + 3
    repo = Repo(sandbox.home / "fleet", sandbox.env, python=sandbox.python)
    repo.path.mkdir()
    repo.git("init", "-q", "-b", "main", "--bare")
    fleet(repo, agents, agents)
    said = joined(repo, "agents/*", "--into", "all", ok=(1,))
    assert len(said["heads"]) == agents
    [contest] = said["contested"]
    assert len(contest["parties"]) == len({spend(f"{number:02x}", coin(0))["txid"] for number in range(agents)})
    groups = parents(repo, "all")
    assert sorted(len(parents(repo, group)) for group in groups) == [3, MOST_PARENTS]
    assert {parent for group in groups for parent in parents(repo, group)} == set(said["heads"])
    logged = json.loads(repo.git("cat-file", "blob", f"all:{LOG}"))
    assert [one["note"] for one in logged] == [f"agent {number}" for number in range(agents)]
    assert joined(repo, "all", groups[1], "agents/0007", "--into", "all", ok=(0,))["commit"] == said["commit"]
    other = joined(repo, *groups, "--into", "other", ok=(1,))
    assert other["tree"] == said["tree"]


def test_a_server_makes_a_join_of_many_heads_again(sandbox: Sandbox) -> None:
    """More than 64 parents: what the server asks Git about them does not fit into one question."""
    server = gated(sandbox)
    repo = clone(sandbox, server)
    fleet(repo, 70, 2)
    accepted(repo, "main", "refs/heads/agents/*:refs/heads/agents/*")
    joined(repo, "agents/*", "--into", "all", ok=(1,))
    hidden = repo.git("log", "-1", "--format=%B", "all").replace("Contested", "Hidden")
    tree = repo.git("rev-parse", "all^{tree}").strip()
    given = [word for parent in parents(repo, "all") for word in ("-p", parent)]
    oid = repo.git("commit-tree", tree, *given, "-m", hidden).strip()
    assert "does not declare" in refused(repo, server, f"{oid}:refs/heads/hidden")
    accepted(repo, "all")
