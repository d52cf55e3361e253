"""The days of the people whom gitbtc is for, typed from begin to end, and what they see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitbtc.sources.recorded import Recorded
from tests.cli.test_psbt import OTC, paying
from tests.sources.scripted_node import ScriptedNode

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter


def typed(repo: Repo, *command: str, ok: int = 0, stdin: bytes | None = None) -> list[str]:
    """The lines that a command shows."""
    return repo.gitbtc(*command, ok=(ok,), stdin=stdin).stdout.splitlines()


def read(repo: Repo, recording: Path, cookie: Path) -> list[str]:
    """`gitbtc sync` with a node that is where the recording is."""
    with ScriptedNode(Recorded(recording), cookie) as node:
        table = f'[vault]\nkind = "bitcoin-core"\nurl = "{node.url}"\ncookie = "{node.cookie}"\n'
        repo.write(".gitbtc/sources.toml", table)
        repo.git("add", ".gitbtc")
        repo.git("commit", "-q", "-m", "The node")
        return typed(repo, "sync")


def test_a_treasurer_keeps_the_books_of_a_month(sandbox: Sandbox, recordings: Path, tmp_path: Path) -> None:
    repo = sandbox.repo()
    repo.gitbtc("init")
    assert read(repo, recordings / "0-base", tmp_path / ".cookie")[-1] == (
        "vault  4 types of script   11 transactions   11 coins   63.17796279 BTC at block 111 (23 Nov 2026)"
    )
    assert typed(repo, "label", "770cce3f:0", "ACME retainer", "--category", "income") == [
        '770cce3f:0  0.12345678  "client: Zürich Café" → "ACME retainer"  (coin, transaction, address)'
    ]
    repo.commit("Opening")
    repo.git("tag", "opening")
    read(repo, recordings / "5-agent-a-confirmed", tmp_path / ".cookie")
    assert typed(repo, "label", "b07a6bcc", "Rent 11/2026") == ['b07a6bcc  "Rent 11/2026"  (transaction)']
    repo.commit("November 2026")
    assert typed(repo, "statement", "opening..HEAD")[:7] == [
        "23 Nov 2026 – 23 Nov 2026 · regtest              BTC",
        "    opening       11 coins               63.17796279",
        "  + received      0 payments              0.00000000",
        '  − paid          1 payment              −2.00000000   "Rent 11/2026"',
        "  − network fees  2 transactions         −0.00008827",
        "    closing       9 coins                61.17787452   = coins listed, checked against their transactions",
        "  immature 50.00000000 BTC, to be spent from block 207 on",
    ]
    shown = repo.git("log", "-p", "-1", "--", "wallet/utxos.json").splitlines()
    assert [line.split("  #")[0] for line in shown if line.endswith(("7DIC3ro", "g2NlPlGzaiM", "a5rb/EXCYBQ"))] == [
        '-3.50000000  "OTC desk"  6d0cc27c:0',
        "+2.74992040  bcrt1q29x4…ssy8zt  b07a6bcc:1",
    ]
    assert [line.split("  ", 2)[2] for line in typed(repo, "log", "-p", "-1", "--", "wallet/utxos.json")[:1]] == [
        "Ann Auditor  November 2026"
    ]
    named = '"consolidation"'
    assert typed(repo, "log", "-p", "-1", "--", "wallet/utxos.json")[1:] == [
        "wallet/utxos.json: 3 coins received, 5 spent; balance −2.00008827 BTC; 23 Nov 2026",
        f"23 Nov  −0.00000867  {named}  fee 867 sat (3.0 sat/vB)     a7869267  change 0.00449133 in 2 coins {named}",
        '23 Nov  −2.00007960  "Rent 11/2026"   fee 7,960 sat (40.2 sat/vB)  b07a6bcc  change 2.74992040',
        "",
    ]


def test_a_signer_looks_before_signing(recorded: Repo, recordings: Path) -> None:
    for agent, recording, what in (("ada", "1-agent-a", "One payment"), ("bob", "2-agent-b", "Two payments")):
        recorded.git("switch", "-q", "-c", agent, "main")
        recorded.gitbtc("import", "bitcoin-core", "--from", str(recordings / recording), "--as", agent)
        recorded.commit(what)
        recorded.git("update-ref", f"refs/remotes/origin/agents/{agent}", "HEAD")
    for agent in ("cy", "dan"):
        recorded.git("update-ref", f"refs/remotes/origin/agents/{agent}", "main")
    recorded.git("switch", "-q", "main")
    recorded.git("branch", "-q", "-D", "ada", "bob")
    assert typed(recorded, "premerge", "origin/agents/*", ok=1) == [
        "origin/agents/ada  1 payment −2.00002388   fast forward",
        "origin/agents/bob  2 payments −1.40004403  fast forward",
        "origin/agents/cy, origin/agents/dan  nothing new",
        'DOUBLE SPEND  3.50000000 BTC  "OTC desk"  6d0cc27c:0',
        '  origin/agents/ada  f28f95d2  "One payment"   2,388 sat (12.1 sat/vB)  mempool',
        '  origin/agents/bob  1b76774a  "Two payments"  3,275 sat (25.2 sat/vB)  mempool',
        "  settle when merged: gitbtc resolve 6d0cc27c:0 --winner f28f95d2 (or 1b76774a)",
    ]
    recorded.git("merge", "-q", "origin/agents/ada")
    recorded.git("merge", "-q", "--no-edit", "origin/agents/bob", ok=(1,))
    assert typed(recorded, "resolve", "6d0cc27c:0", "--winner", "f28f95d2") == [
        "gitbtc: settled wallet/utxos.json::6d0cc27c:0: ours, f28f95d2",
        "gitbtc: nothing is open; `git commit` completes the merge, `git merge --abort` gives it up",
    ]
    recorded.git("commit", "-q", "--no-edit")
    assert typed(recorded, "check")[-1] == "1 root checked, 0 rules broken"


def test_a_signer_sees_what_a_transaction_does_and_who_reserved_its_coins(recorded: Repo) -> None:
    recorded.gitbtc("reserve", OTC, "--blocks", "6", "--agent", "ada")
    psbt = paying(recorded, OTC)
    told = typed(recorded, "psbt", "-", "--agent", "ada", stdin=psbt.serialize())
    assert [line.rsplit("  ", 1)[0] if line.startswith("out") else line for line in told] == [
        'in   6d0cc27c:0  3.50000000  "OTC desk"  reserved by ada (this one)  ok',
        "out  to others   1.75000000",
        "out  ours        1.74997000",
        "fee  3,000 sat, 21.126 sat/vB, 142 vB at the most when it is signed",
        "nothing speaks against it: 1 input free",
    ]


def test_ids_are_as_long_as_git_is_told_to_cut_them(recorded: Repo) -> None:
    recorded.git("config", "core.abbrev", "12")
    assert typed(recorded, "coins")[1].split()[0] == "01624a89b9fb:1"
    oid = recorded.git("rev-parse", "HEAD").strip()
    assert typed(recorded, "log", "-1")[0].split()[0] == oid[:12]
    assert "  01624a89b9fb:1  #" in recorded.git("show", "HEAD", "--", "wallet/utxos.json")
    whole = "\n".join(typed(recorded, "log", "--full"))
    assert oid in whole
    assert "01624a89b9fb" in whole
    assert "receipts" not in whole
    assert "two forms" in recorded.gitbtc("log", "--full", "--json", ok=(2,)).stderr
