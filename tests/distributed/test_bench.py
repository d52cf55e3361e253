"""What a worker does, without an engine: partial joins of partial joins, done twice, by benches with nothing shared."""

from __future__ import annotations

import shutil
from functools import cache
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pygit2
import pytest

from gitbtc.distributed.bench import Bench, Run
from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.join.shares import groups
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from tests.join.graphs import UTXOS, Graph, join, tree

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.distributed.bench import PartialJoin


class _Fleet:
    """A remote with agents' branches, and benches on it."""

    def __init__(self, folder: Path, seed: int, *, sharded: bool = False, allows_filter: bool = True) -> None:
        self._folder = folder
        self.path = folder / "fleet.git"
        grown, self.heads, self.expected = _grown(seed, sharded=sharded)
        shutil.copytree(grown.name, self.path)
        pygit2.Repository(str(self.path)).config["uploadpack.allowFilter"] = allows_filter
        self.objects = objects_of(Git.at(self.path))
        self.run = Run("now", str(self.path))

    def bench(self, name: str) -> Bench:
        return Bench(str(self._folder / name), self.run)

    def parts(self, size: int, base: str | None) -> list[PartialJoin]:
        cut = groups(list(self.heads.items()), size)
        return [self.bench(f"bench {n % 2}").part(f"share-{n}", dict(one), base) for n, one in enumerate(cut)]


@cache
def _grown(seed: int, *, sharded: bool) -> tuple[TemporaryDirectory[str], dict[str, str], str]:
    """The remote, to be copied: its folder, its branches, and the tree that they join to."""
    folder = TemporaryDirectory()
    stored = pygit2.init_repository(folder.name, bare=True)
    objects = objects_of(Git.at(folder.name))
    graph = Graph(objects, Random(seed), replicas=9, sharded=sharded)
    graph.grow(40)
    heads = {f"refs/heads/agents/{number}": head for number, head in enumerate(graph.heads)}
    for ref, head in heads.items():
        stored.references.create(ref, pygit2.Oid(hex=head))
    return folder, heads, tree(objects, join(objects, list(heads.values())))


@pytest.mark.parametrize(("seed", "sharded"), [(0, False), (1, True), (2, False), (3, True)])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_partial_joins_join_to_the_same_tree_however_they_are_cut(
    tmp_path: Path, seed: int, size: int, *, sharded: bool
) -> None:
    fleet = _Fleet(tmp_path, seed, sharded=sharded)
    tokens = [fleet.bench("bench 0").base({ref: oid, **dict(list(fleet.heads.items())[:1])})
              for ref, oid in fleet.heads.items()]  # fmt: skip
    base = min(token for token in tokens if token)[1] if all(tokens) else None
    parts = fleet.parts(size, base)
    above = [fleet.bench("bench 1").part(f"group-{n}", {}, base, some) for n, some in enumerate(groups(parts, 2))]
    whole = fleet.bench("bench 2").whole(fleet.heads, above, None, "", most=2)
    assert tree(fleet.objects, whole.oid) == fleet.expected
    assert fleet.bench("bench 3").whole(fleet.heads, parts, None, "").oid == join(
        fleet.objects, list(fleet.heads.values())
    )


def test_partial_joins_are_the_same_where_the_remote_leaves_no_file_out(tmp_path: Path) -> None:
    fleet = _Fleet(tmp_path, 1, sharded=True, allows_filter=False)
    whole = fleet.bench("bench 2").whole(fleet.heads, fleet.parts(2, None), None, "")
    assert tree(fleet.objects, whole.oid) == fleet.expected


def _files_of_heads_in(fleet: _Fleet, bench: str) -> tuple[set[str], set[str]]:
    """The oids of the heads' files, and which of them a bench has."""
    oids = {oid for head in fleet.heads.values() for _, oid in fleet.objects.tree(head).values()}
    held = pygit2.Repository(str(fleet.path.parent / bench))
    return oids, {oid for oid in oids if oid in held}


def test_who_joins_the_whole_has_not_received_what_the_shares_have_read(tmp_path: Path) -> None:
    fleet = _Fleet(tmp_path, 3)
    base = fleet.bench("bench 0").base(fleet.heads)
    assert base is not None
    fleet.bench("bench 2").whole(fleet.heads, fleet.parts(3, base[1]), None, "")
    oids, held = _files_of_heads_in(fleet, "bench 2")
    assert len(held) < len(oids) / 2


def test_a_file_that_the_remote_does_not_have_any_more_stops_the_join(tmp_path: Path) -> None:
    fleet = _Fleet(tmp_path, 3)
    base = fleet.bench("bench 0").base(fleet.heads)
    assert base is not None
    parts = fleet.parts(3, base[1])
    gone = fleet.objects.tree(base[1])[UTXOS][1]
    (fleet.path / "objects" / gone[:2] / gone[2:]).unlink()
    with pytest.raises(GitbtcError, match=gone):
        fleet.bench("bench 2").whole(fleet.heads, parts, None, "")
    assert "refs/gitbtc/join/now/whole" not in fleet.objects.refs()


def test_the_partial_joins_are_the_parents_where_the_heads_are_too_many(tmp_path: Path) -> None:
    fleet = _Fleet(tmp_path, 1)
    parts = fleet.parts(3, None)
    whole = fleet.bench("bench 2").whole(fleet.heads, parts, None, "", most=2)
    assert whole.joined is not None
    assert set(whole.joined.parents) <= {part.oid for part in parts}


def test_doing_it_again_elsewhere_pushes_the_same(tmp_path: Path) -> None:
    fleet = _Fleet(tmp_path, 2)
    once, again = (fleet.bench(name).part("share-0", fleet.heads, None) for name in ("one", "other"))
    assert (once.ref, once.oid) == (again.ref, again.oid)
    assert fleet.objects.refs()[once.ref] == once.oid


def test_the_whole_reads_no_file_that_a_share_has_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = _Fleet(tmp_path, 3)
    base = fleet.bench("bench 0").base(fleet.heads)
    assert base is not None
    parts = fleet.parts(3, base[1])
    monkeypatch.setattr("gitbtc.repo.git.BlobReader.ask", _refuse)
    whole = fleet.bench("bench 2").whole(fleet.heads, parts, None, "")
    assert tree(fleet.objects, whole.oid) == fleet.expected


def _refuse(_: object, oid: str) -> None:
    raise AssertionError(f"{oid} is read again")


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_partial_join_is_the_join_of_its_heads_whatever_it_is_told_to_compare_with(
    tmp_path: Path, seed: int, *, sharded: bool
) -> None:
    fleet = _Fleet(tmp_path, seed, sharded=sharded)
    share = dict(list(fleet.heads.items())[:4])
    expected = tree(fleet.objects, join(fleet.objects, list(share.values())))
    for number, told in enumerate([None, *(one.oid for one in fleet.objects.ancestry(fleet.heads.values()))][:12]):
        part = fleet.bench("bench").part(f"share-{number}", share, told)
        assert tree(fleet.objects, part.oid) == expected


def test_workers_of_another_version_do_not_join(tmp_path: Path) -> None:
    with pytest.raises(CannotWork, match="same version"):
        Bench(str(tmp_path / "bench"), Run("now", "x", "0.0.1"))


def test_a_branch_that_was_rewritten_in_between_is_not_joined_as_something_else(tmp_path: Path) -> None:
    fleet = _Fleet(tmp_path, 1)
    gone = {"refs/heads/agents/0": "12" * 20}
    with pytest.raises(Exception, match="rewritten"):
        fleet.bench("bench 0").part("share-0", gone, None)
