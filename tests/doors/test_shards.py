"""What people, crashes and adversaries make of shards: at a commit, at a server that is pushed to past all hooks, and
how it is put right. Each is one finding, and no record is lost.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from tests.made_state import WITHOUT_GITBTC, chain, coin
from tests.prepared import once
from tests.resolve.test_relaying import COINS, files, lying

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.conftest import Repo

pytestmark = [pytest.mark.one_interpreter, pytest.mark.one_file]

A, B, C = coin(0, "a0" * 32), coin(1, "b0" * 32), coin(2, "c0" * 32)
AFTER_A = coin(3, "af" * 32)
SHARDS = "wallet/utxos"
KEY = "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA"  # the key 1, for tests


@once
def in_shards(repo: Repo) -> None:
    """Four coins in three shards, committed; the records lie in no other file."""
    chain(repo, 110)
    for name, records in (("a", [A, AFTER_A]), ("b", [B]), ("c", [C])):
        shard(repo.path / SHARDS / f"{name}.json", *records)
    repo.unexamined("begin")


def shard(place: Path, *records: dict[str, Any]) -> None:
    place.parent.mkdir(exist_ok=True, parents=True)
    place.write_bytes(codec.encode_file(built_in("utxos"), list(records)))


class Fault(NamedTuple):
    """`make` is given the folder of shards. `said` is told at the commit and by a server; `mends`: whether `gitbtc
    reshard` puts it right.
    """

    make: Callable[[Path], object]
    said: str
    mends: bool = True


def link(place: Path, target: str) -> None:
    place.rename(place.parent / target)
    place.symlink_to(target)


def folder(place: Path) -> None:
    place.unlink()
    shard(place / "x.json")


def pushed(repo: Repo, server: Repo) -> str:
    """What a server says that refuses what was brought past filter and hooks."""
    repo.git("remote", "add", "origin", str(server.path))
    return repo.run("git", *WITHOUT_GITBTC, "push", "-q", "origin", "main", ok=(1,)).stderr


def unfiltered(repo: Repo, path: str, content: bytes) -> None:
    """Stage and commit what the clean filter would not let through, or make canonical."""
    oid = repo.run("git", "hash-object", "-w", "--stdin", stdin=content).stdout.strip()
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{oid},{path}")
    made = repo.git("commit-tree", "-p", "HEAD", "-m", "by plumbing", repo.git("write-tree").strip())
    repo.git("update-ref", "HEAD", made.strip())


FAULTS = {
    "a record in another's shard": Fault(
        lambda at: shard(at / "b.json", B, C), "belongs in c.json"
    ),
    "a record in two shards": Fault(lambda at: shard(at / "b.json", B, AFTER_A), "belongs in a.json"),
    "one file beside its shards": Fault(
        lambda at: shard(at.with_suffix(".json"), A, AFTER_A, B, C), "lie beside each other"
    ),
    "two numbers of digits": Fault(lambda at: shard(at / "d0.json", coin(9, "d0" * 32)), "of 1 and of 2 digits"),
    "a shard under another name": Fault(lambda at: (at / "c.json").rename(at / "f.json"), "belongs in c.json"),
    "a name in capitals": Fault(lambda at: (at / "c.json").rename(at / "C.json"), "take this for", mends=False),
    "a twin where no case is told apart": Fault(
        lambda at: shutil.copy(at / "c.json", at / "C.json"), "take this for wallet/utxos/c.json", mends=False
    ),
    "a name of none": Fault(lambda at: shard(at / "deadbeef.json"), "among the shards of", mends=False),
    "a link in a shard's place": Fault(
        lambda at: link(at / "c.json", "../../elsewhere.json"), "a symbolic link stands", mends=False
    ),
    "a folder in a shard's place": Fault(lambda at: folder(at / "c.json"), "a folder stands", mends=False),
    "a link in the place of all": Fault(
        lambda at: link(at, "../elsewhere"), "in the place of a folder of state files", mends=False
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_one_finding_at_a_commit_and_at_a_server(treasury: Repo, server: Repo, name: str) -> None:
    in_shards(treasury)
    fault = FAULTS[name]
    fault.make(treasury.path / SHARDS)
    treasury.git("add", "-A")
    refused = treasury.run("git", "commit", "-q", "-m", "by hand", ok=(1,)).stderr
    assert fault.said in refused
    assert refused.count("gitbtc: ") == 1
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "past the hooks")
    told = pushed(treasury, server)
    assert fault.said in told
    assert told.count("gitbtc: ") == 1


def test_a_key_in_the_name_of_a_shard_is_refused_and_not_shown(treasury: Repo, server: Repo) -> None:
    in_shards(treasury)
    name = f"{SHARDS}/{KEY}.json"
    unfiltered(treasury, name, b"[]\n")
    told = pushed(treasury, server)
    assert "key: the name of a file: line 1: WIF private key" in told
    assert KEY not in told
    treasury.git("reset", "-q", "--soft", "HEAD^")
    refused = treasury.run("git", "commit", "-q", "-m", "by hand", ok=(1,)).stderr
    assert "private-key material" in refused
    assert KEY not in refused
    shard(treasury.path / name)
    assert "private-key material" in treasury.run("git", "add", "-A", ok=(128,)).stderr


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.mends])
def test_what_is_out_of_place_is_put_there_before_it_is_committed(treasury: Repo, name: str) -> None:
    in_shards(treasury)
    known = lying(treasury, COINS)
    FAULTS[name].make(treasury.path / SHARDS)
    treasury.git("add", "wallet/utxos")  # what is new elsewhere is not even staged
    assert "it is staged now" in treasury.gitbtc("reshard", "utxos").stdout
    treasury.gitbtc("validate")
    treasury.git("commit", "-q", "--allow-empty", "-m", "in its place")
    assert [one for one in lying(treasury, COINS) if one in known] == known
    assert {len(place) for place in files(treasury, COINS)} == {len("wallet/utxos/a.json")}
    assert not treasury.git("status", "--porcelain")


@pytest.mark.parametrize("left", [b"", b"\0" * 40])
def test_what_a_crash_leaves_of_a_shard_is_not_taken_for_its_records(treasury: Repo, server: Repo, left: bytes) -> None:
    in_shards(treasury)
    place = treasury.path / SHARDS / "c.json"
    place.write_bytes(left)
    assert "wallet/utxos/c.json: refused" in treasury.run("git", "add", "-A", ok=(128,)).stderr
    unfiltered(treasury, "wallet/utxos/c.json", left)
    assert "form: wallet/utxos/c.json: it holds " in pushed(treasury, server)
    assert "wallet/utxos/c.json" in treasury.gitbtc("reshard", "--whole", ok=(1,)).stderr
    assert files(treasury, COINS)


def test_an_order_of_its_own_is_refused_by_a_server_and_mended_by_the_filter(treasury: Repo, server: Repo) -> None:
    in_shards(treasury)
    first, last = (line.rstrip(b",") for line in (treasury.path / SHARDS / "a.json").read_bytes().splitlines()[1:-1])
    turned = b"[\n%s,\n%s\n]\n" % (last, first)
    (treasury.path / SHARDS / "a.json").write_bytes(turned)
    treasury.git("add", "-A")
    assert not treasury.git("status", "--porcelain")
    unfiltered(treasury, "wallet/utxos/a.json", turned)
    assert "form: wallet/utxos/a.json: not in canonical form" in pushed(treasury, server)


def test_two_records_of_one_name_are_left_to_people(treasury: Repo) -> None:
    in_shards(treasury)
    shard(treasury.path / SHARDS / "b.json", B, AFTER_A | {"label": "rent"})
    refused = treasury.gitbtc("reshard", "utxos", ok=(1,)).stderr
    assert "two files have" in refused
    assert "keep one of the two records" in refused
    assert "wallet/utxos/b.json" in treasury.git("status", "--porcelain")


def test_a_shard_that_no_record_is_left_in_stays_empty(treasury: Repo) -> None:
    in_shards(treasury)
    shard(treasury.path / SHARDS / "c.json")
    treasury.commit("spent")
    treasury.gitbtc("verify", "HEAD^..HEAD")
    assert "wallet/utxos/c.json" in files(treasury, COINS)
    assert lying(treasury, COINS) == [A, AFTER_A, B]


def test_a_sparse_checkout_leaves_no_record_behind_in_a_reshard(treasury: Repo) -> None:
    in_shards(treasury)
    treasury.git("sparse-checkout", "set", "--no-cone", "/*", "!/wallet/utxos/c.json")
    assert (
        "wallet/utxos/c.json: a sparse checkout leaves it out" in treasury.gitbtc("reshard", "--whole", ok=(3,)).stderr
    )
    assert not treasury.git("status", "--porcelain")
    treasury.git("sparse-checkout", "disable")
    treasury.gitbtc("reshard", "--whole")
    assert lying(treasury, COINS) == [A, AFTER_A, B, C]


def test_what_came_in_shards_is_put_into_the_file_that_head_has(treasury: Repo) -> None:
    chain(treasury, 110)
    shard(treasury.path / COINS, A, B)
    treasury.unexamined("begin")
    shard(treasury.path / SHARDS / "c.json", C)  # as a stash brings it
    assert "3 records in one file; it is staged now" in treasury.gitbtc("reshard", "utxos").stdout
    treasury.git("commit", "-q", "-m", "in its place")
    assert files(treasury, COINS) == [COINS]
    assert lying(treasury, COINS) == [A, B, C]
