"""A repository that reads on holds what one holds that asks for everything each time, whatever people do in between."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any, cast

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.registry import BUILT_IN, built_in
from gitbtc.state.on_disk import OnDisk
from tests.sources.made_wallet import MadeWallet
from tests.sources.scripted_node import ScriptedNode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gitbtc.sources.recorded import Recorded
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter


class Pair:
    """Two repositories of one wallet: `on` reads on, `anew` asks for everything. What people do is done in both."""

    def __init__(self, sandbox: Sandbox, wallet: MadeWallet, tmp_path: Path, random: Random) -> None:
        self.wallet = wallet
        self.node = ScriptedNode(cast("Recorded", wallet), tmp_path / ".cookie")
        self.node.overrides = {
            "getaddressesbylabel": lambda label: wallet.ask_one("getaddressesbylabel", label),
        }
        self._random = random
        self.on, self.anew = (self._repo(sandbox, name) for name in ("on", "anew"))

    def _repo(self, sandbox: Sandbox, name: str) -> Repo:
        repo = sandbox.repo(name)
        repo.gitbtc("init")
        return repo

    def begin(self) -> None:
        """Tell both of the node, which runs now."""
        table = f'[w]\nkind = "bitcoin-core"\nurl = "{self.node.url}"\ncookie = "{self.node.cookie}"\n'
        for repo in (self.on, self.anew):
            (repo.path / ".gitbtc").mkdir(exist_ok=True)
            (repo.path / ".gitbtc" / "sources.toml").write_text(table)
            repo.git("add", "-A")
            repo.git("commit", "-q", "-m", "begin")

    def sync(self) -> None:
        """In both, and compare."""
        told = [self.on.gitbtc("sync", "--commit").stdout, self.anew.gitbtc("sync", "--commit", "--full").stdout]
        assert self.state(self.on) == self.state(self.anew)
        assert sorted(told[0].split(":", 1)[1].splitlines()[1:]) == sorted(told[1].split(":", 1)[1].splitlines()[1:])
        assert self.on.git("status", "--porcelain") == ""

    def state(self, repo: Repo) -> dict[str, bytes]:
        """All records, whatever their layout."""
        held = {path: OnDisk(str(repo.path), built_in(kind)).content() for path, kind in BUILT_IN.items()}
        return {path: codec.canonical(built_in(BUILT_IN[path]), content) for path, content in held.items() if content}

    def edit(self) -> None:
        """Somebody changes a record, or takes one out, and commits that."""
        kind = built_in(self._random.choice(["utxos", "transactions", "labels"]))
        changes: list[Callable[[dict[str, Any]], object]] = [
            lambda record: record.update(label="mine"),
            lambda record: record.pop("spendable", None) if kind.name == "utxos" else None,
            lambda record: record.update(spendable=False) if kind.name == "utxos" else None,
        ]
        change, at = self._random.choice(changes), self._random.random()
        for repo in (self.on, self.anew):
            there = OnDisk(str(repo.path), kind)
            records = codec.parse(kind, there.content() or b"[]\n")
            if records:
                change(records[int(at * len(records))])
                if kind.name == "labels":
                    records = sorted({(one["address"], one["label"]): one for one in records}.values(),
                                     key=lambda one: (one["address"], one["label"]))  # fmt: skip
                for path, content in there.laid_out(json.dumps(records).encode()).items():
                    (repo.path / path).write_bytes(content)
                repo.git("commit", "-qam", "by hand", "--allow-empty")

    def switch(self) -> None:
        """Somebody goes back to the commit before, on a branch."""
        name = f"b{self._random.randrange(10**9)}"
        for repo in (self.on, self.anew):
            repo.git("checkout", "-q", "-b", name, "HEAD~1")


@pytest.fixture
def pair(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Iterator[Pair]:
    random = Random(request.param)
    made = Pair(sandbox, MadeWallet(random), tmp_path, random)
    with made.node:
        made.begin()
        yield made


@pytest.mark.parametrize(("pair", "in_shards"), [(0, True), (1, True), (2, True), (3, False)], indirect=["pair"])
def test_whatever_happens_both_hold_the_same(pair: Pair, in_shards: bool) -> None:
    for step in range(7):
        for _ in range(pair.wallet.random.randrange(5)):
            pair.wallet.happen()
        pair.sync()
        if in_shards and step == 1:
            pair.on.gitbtc("reshard", "utxos", "transactions")
        if step in {2, 4}:
            pair.edit()
        if step == 5:
            pair.switch()
