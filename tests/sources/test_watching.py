"""Following sources block by block: what is in the way is said once, a signal ends it between two rounds."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.git import Git
from gitbtc.sources import watching
from gitbtc.sources.configured import PATH, read
from gitbtc.sources.recorded import Recorded
from gitbtc.sources.watching import Watch
from tests.sources.scripted_node import ScriptedNode, status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitbtc.sources.syncing import Synced

STARTING = status(503, b"Request rejected during server shutdown")
OLD = {"version": 290_100, "subversion": "/Satoshi:29.1.0/"}  # waitfornewblock knows no tip there


@pytest.fixture
def node(recordings: Path, tmp_path: Path) -> Iterator[ScriptedNode]:
    with ScriptedNode(Recorded(recordings / "1-agent-a"), tmp_path / ".cookie") as running:
        running.overrides |= {"getbestblockhash": "ab" * 32, "getnetworkinfo": OLD}
        yield running


@pytest.fixture
def signals() -> Iterator[None]:
    """The handlers as they were."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Followed:
    """A watch over sources of one node, and what it told and did."""

    def __init__(self, root: Path, node: ScriptedNode, *names: str) -> None:
        place = root.parent / "secrets"
        place.mkdir()
        cookie = node.cookie.rename(place / "cookie")
        tables = [f'[{name}]\nkind = "bitcoin-core"\nurl = "{node.url}"\ncookie = "{cookie}"\nroot = "{name}"\n'
                  for name in names]  # fmt: skip
        (root / PATH).parent.mkdir()
        (root / PATH).write_text("\n".join(tables))
        self.told: list[str] = []
        self.done: list[str] = []
        git = Git.at(root).at_top()
        self.watch = Watch(list(read(root).values()), git, commit=False, told=self.told.append, done=self._done)

    def _done(self, name: str, _: Synced) -> None:
        self.done.append(name)


@pytest.mark.usefixtures("signals")
def test_a_trouble_is_said_once_until_it_is_another_or_over(
    root: Path, node: ScriptedNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = Followed(root, node, "cold")
    monkeypatch.setattr(followed.watch._stop, "wait", lambda _: None)  # pauses cost nothing
    broken = status(500, b"")
    node.faults = [STARTING, STARTING, STARTING, broken, broken, STARTING]
    followed.watch.run(7)
    assert [line.partition(":")[0] for line in followed.told] == ["cold"] * 3
    assert followed.told[0] == followed.told[2] == "cold: the node is shutting down"
    assert followed.told[1] != followed.told[0]
    assert followed.done == ["cold"]
    node.faults = [STARTING]  # over, and then once more
    followed.watch.run(1)
    assert followed.told[3:] == ["cold: the node is shutting down"]


@pytest.mark.usefixtures("signals")
def test_where_nothing_can_be_written_it_is_said_once_and_tried_again(
    root: Path, node: ScriptedNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = Followed(root, node, "cold")
    in_the_way = root / ".git/gitbtc/sources"
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_bytes(b"")
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            in_the_way.unlink()

    monkeypatch.setattr(followed.watch._stop, "wait", wait)
    followed.watch.run(3)
    [line] = followed.told
    assert "cannot be written" in line
    assert (followed.done, pauses) == (["cold"], [1, 2])


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("names", [("cold",), ("cold", "hot")])
def test_where_a_node_cannot_be_waited_at_it_is_asked_again_and_again(
    root: Path, node: ScriptedNode, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    """One of an older release, and any where there are several sources: a round for each new tip, and no other."""
    followed = Followed(root, node, *names)
    tips = ["ab" * 32, "ab" * 32, "cd" * 32]
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        node.overrides["getbestblockhash"] = tips[len(pauses)]

    monkeypatch.setattr(followed.watch._stop, "wait", wait)
    followed.watch.run(3)
    assert followed.done == [*names, *names]
    assert pauses == [watching._POLL] * 2
    assert "waitfornewblock" not in node.log


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", ["listsinceblock", "getnetworkinfo"])
def test_a_signal_ends_it_after_the_round_and_between_two_at_once(
    root: Path, node: ScriptedNode, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, moment: str
) -> None:
    """In the middle of reading, and just before it pauses."""
    monkeypatch.setattr(watching, "_POLL", 600)
    followed = Followed(root, node, "cold")
    answer = {"listsinceblock": node.result("listsinceblock", [""]), "getnetworkinfo": OLD}[moment]

    def ending(*_: object) -> object:
        if moment == "listsinceblock" or followed.done:  # it is asked for its version while it is read, too
            os.kill(os.getpid(), number)
        return answer

    node.overrides[moment] = ending
    if number is signal.SIGINT:
        with pytest.raises(KeyboardInterrupt):
            followed.watch.run()
    else:
        followed.watch.run()
    assert (followed.done, followed.told) == (["cold"], [])
    assert (root / "cold/wallet/utxos.json").exists()
    assert list(root.rglob("*.gitbtc-new")) == []
