"""What a source told last, in a ref of its own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.layouts import Layout
from gitbtc.kinds.registry import built_in
from gitbtc.repo.git import Git
from gitbtc.sources.told import OtherWallet, Pin, Source, Told
from tests.sources.test_bringing import bring, coin, commit, files, git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sources.conftest import Node

CHAIN = {"block_time": 1_700_000_000}


@pytest.mark.parametrize(
    ("one", "other", "another"),
    [
        (Pin("main", "a"), Pin("test", "a"), True),
        (Pin("main", "a"), Pin("main", "b"), True),
        (Pin("main", "a"), Pin("main"), False),
        (Pin("main", "a", frozenset("xy")), Pin("main", "renamed", frozenset("yz")), False),
        (Pin("main", "a", frozenset("x")), Pin("main", "a", frozenset("y")), True),
        (Pin("main", "a", frozenset("x")), Pin("main", "a"), False),
    ],
)
def test_which_wallet_it_is(one: Pin, other: Pin, *, another: bool) -> None:
    assert (one.is_another_than(other), other.is_another_than(one)) == (another, another)


def test_what_it_told_is_there_again(root: Path) -> None:
    pin = Pin("regtest", "Zürich", frozenset(["id"]))
    told = Told(pin, {"labels": b"[]\n", "chain": b'{\n"block_height":1\n}\n'}, {"wallet/labels.json": "0" * 40})
    source = Source(Git.at(root), "core", "")
    source.remember(source.store(told, CHAIN["block_time"]))
    source = Source(Git.at(root), "core", "")
    assert source.last() == told
    names = git(root, "ls-tree", "-r", "--name-only", "refs/gitbtc/sources/core").split()
    assert names == ["network/chain.json", "wallet/labels.json"]
    assert Source(Git.at(root), "other", "").last() is None
    assert Source(Git.at(root), "core", "cold").last() is None


def test_what_lies_in_shards_is_stored_by_those_that_differ(root: Path) -> None:
    kind, pin = built_in("utxos"), Pin("regtest")
    coins = [coin(f"{digit:x}" * 64) for digit in range(16)]
    lie = {"utxos": Layout(1)}

    def told(*coins: dict[str, object], lie: dict[str, Layout]) -> int:
        """Tell them; how many objects that made."""
        before = len(git(root, "cat-file", "--batch-all-objects", "--batch-check").splitlines())
        words = Told(pin, {"utxos": codec.encode_file(kind, [*coins]), "chain": b"{}\n"}, {})
        source = Source(Git.at(root), "core", "")
        source.remember(source.store(words, CHAIN["block_time"], lie))
        assert Source(Git.at(root), "core", "").last() == words
        return len(git(root, "cat-file", "--batch-all-objects", "--batch-check").splitlines()) - before

    assert told(*coins, lie={}) == 6  # two files, two folders, the top and a commit
    assert told(*coins, lie=lie) == 0  # the same words
    assert told(*coins[1:], lie=lie) == 15 + 4
    assert told(*coins[2:], lie=lie) == 1 + 4
    assert told(lie=lie) == 0 + 4
    assert told(*coins[:2], lie={}) == 1 + 3


def test_shards_of_what_was_told_that_hold_something_else_are_told(root: Path) -> None:
    source = Source(Git.at(root), "core", "")
    words = Told(Pin("regtest"), {"utxos": codec.encode_file(built_in("utxos"), [coin("a" * 64)])}, {})
    source.remember(source.store(words, CHAIN["block_time"], {"utxos": Layout(1)}))
    blob = git(root, "rev-parse", f"{source.ref}:wallet/utxos/a.json").strip()
    tree = Git.at(root).write_tree({"wallet/utxos/b.json": blob})
    content = git(root, "cat-file", "commit", source.ref)
    commit_oid = Git.at(root).write_object("commit", f"tree {tree}\n{content.partition(chr(10))[2]}".encode())
    git(root, "update-ref", source.ref, commit_oid)
    with pytest.raises(
        CannotWork, match=r"belongs in a\.json.*`git update-ref -d refs/gitbtc/sources/core` forgets it"
    ):
        Source(Git.at(root), "core", "").last()


def test_the_same_words_again_are_nothing_new(node: Node, root: Path) -> None:
    node.transaction("a", [("f", 0)], [5000], received=(0,))
    bring(root, node)
    oid = git(root, "rev-parse", "refs/gitbtc/sources/core")
    bring(root, node)
    commit(root)
    bring(root, node)
    assert git(root, "rev-parse", "refs/gitbtc/sources/core") == oid


def test_what_only_earlier_answers_said_of_the_wallet_still_counts(root: Path) -> None:
    source = Source(Git.at(root), "core", "")
    source.remember(source.store(Told(Pin("regtest", "a", frozenset("x")), {}, {}), CHAIN["block_time"]))
    assert Pin("regtest").with_what(Pin("regtest", "a", frozenset("x"))) == Pin("regtest", "a", frozenset("x"))
    assert str(Pin("regtest", "\x1b[2Ja")) == 'the wallet "[2Ja" (regtest)'


BLOCK, POOL, COINS = "network/chain.json", "network/mempool.json", "wallet/utxos/3.json"
EMPTY, ONE, TWO, THREE = range(4)


@pytest.mark.parametrize(
    ("words", "here", "last"),
    [
        ([{BLOCK: ONE, COINS: ONE}, {BLOCK: TWO, COINS: TWO}], {BLOCK: TWO, COINS: TWO}, 1),
        # Somebody changed what it brought: the rest says so.
        ([{BLOCK: ONE, COINS: ONE}, {BLOCK: TWO, COINS: TWO}], {BLOCK: TWO, COINS: THREE}, 1),
        ([{BLOCK: ONE, COINS: ONE}, {COINS: TWO, POOL: ONE}], {BLOCK: ONE, COINS: THREE, POOL: ONE}, 1),
        # A file is again what it was: only the others tell two words apart.
        ([{BLOCK: ONE, COINS: ONE}, {BLOCK: TWO, COINS: TWO}, {BLOCK: THREE, COINS: ONE}], {BLOCK: ONE, COINS: ONE}, 0),
        ([{BLOCK: ONE, POOL: ONE}, {POOL: EMPTY, COINS: ONE}, {POOL: ONE, COINS: TWO}], {BLOCK: ONE, POOL: ONE}, 0),
        ([{BLOCK: ONE, POOL: ONE}, {POOL: TWO, COINS: ONE}, {POOL: ONE}], {BLOCK: ONE, POOL: ONE}, 0),
        ([{BLOCK: ONE, POOL: ONE}, {POOL: TWO, COINS: ONE}, {POOL: ONE}], {BLOCK: ONE, POOL: ONE, COINS: ONE}, 2),
        ([{BLOCK: ONE, POOL: ONE}, {POOL: EMPTY}, {POOL: ONE}, {POOL: EMPTY}], {BLOCK: ONE, POOL: EMPTY}, 3),
        ([{BLOCK: ONE}, {BLOCK: TWO, COINS: EMPTY}], {BLOCK: THREE, COINS: EMPTY}, None),
        ([{COINS: ONE}, {COINS: TWO}], {COINS: THREE}, None),
    ],
)
@pytest.mark.parametrize("is_past", [False, True], ids=["now", "before"])
def test_which_words_a_branch_has_is_told_by_what_they_alone_brought(
    root: Path, words: list[dict[str, int]], here: dict[str, int], last: int | None, *, is_past: bool
) -> None:
    """Also where it was so in a commit, and all is otherwise now."""
    source = Source(Git.at(root), "core", "")
    for brought in words:
        source.remember(source.store(Told(Pin("regtest"), {}, source.blob_ids(contents(brought))), CHAIN["block_time"]))
        source = Source(Git.at(root), "core", "")
    names = git(root, "log", "--format=%H", "--reverse", source.ref).split()
    if is_past:
        for held in (contents(here), dict.fromkeys(here, b"{}\n")):
            for path, content in held.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(content)
            git(root, "add", ".")
            git(root, "commit", "-q", "--no-verify", "-m", "x")
    found = source.last_here({} if is_past else contents(here))
    assert (found.word if found else None) == (None if last is None else names[last])


def contents(versions: dict[str, int]) -> dict[str, bytes]:
    return {path: f'["{path} {version}"]\n'.encode() if version else b"[]\n" for path, version in versions.items()}


def test_a_ref_that_holds_something_else_is_told(node: Node, root: Path) -> None:
    git(root, "commit", "-q", "--allow-empty", "-m", "mine")
    git(root, "update-ref", "refs/gitbtc/sources/core", "HEAD")
    with pytest.raises(CannotWork, match=r"`git update-ref -d refs/gitbtc/sources/core` forgets it"):
        bring(root, node)


def test_it_is_known_in_every_work_tree_and_in_a_repository_of_sha256(node: Node, root: Path, tmp_path: Path) -> None:
    place = tmp_path / "sha256"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", place], check=True)
    node.transaction("a", [("f", 0)], [5000], received=(0,), label="rent")
    bring(place, node)
    commit(place)
    before = files(place)
    bring(place, node)
    git(place, "worktree", "add", "-q", str(tmp_path / "beside"), "-b", "beside")
    bring(tmp_path / "beside", node)
    assert files(place) == {name: content for name, content in files(tmp_path / "beside").items() if name != ".git"}
    assert files(place) == before


def test_another_network_is_another_wallet(node: Node, root: Path) -> None:
    bring(root, node)
    node.chain = "main"
    with pytest.raises(OtherWallet, match=r"a wallet \(main\), and this source is a wallet \(regtest\)"):
        bring(root, node)
