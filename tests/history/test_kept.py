"""Through a state that was kept, history tells the same as without one, and reads less."""

from __future__ import annotations

from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.errors import GitbtcError
from gitbtc.history.commits import History, path_of
from gitbtc.history.listings import Contents
from gitbtc.history.lives import Search
from gitbtc.kinds import codec, layouts
from gitbtc.kinds.layouts import Layout
from gitbtc.kinds.registry import built_in
from gitbtc.repo.ahead import ReadAhead
from gitbtc.repo.git import Git
from gitbtc.repo.libgit import LibgitObjects
from gitbtc.spends import EVIDENCE
from gitbtc.spends.naming import Name
from tests.kept import keep
from tests.made_state import FUNDING, coin, mined, spend, txid
from tests.spends.test_since import content, states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitbtc.repo.objects import LoggedCommit
    from gitbtc.spends.listing import Outpoint

pytestmark = pytest.mark.one_interpreter

Files = dict[str, bytes]  # by kind


class Repository:
    """A bare one, in which each of some states of a root is a commit on the one before."""

    def __init__(self, folder: str, versions: list[tuple[Files, Layout]]) -> None:
        self.objects = LibgitObjects(pygit2.init_repository(folder, bare=True))
        self.git = Git(folder)
        self.commits: list[str] = []
        for files, layout in versions:
            self.commits.append(self._commit(dict(_laid_out(files, layout))))

    def _commit(self, files: Files) -> str:
        stored = {path: ("100644", self.objects.write_blob(made)) for path, made in files.items()}
        tree = self.objects.write_tree(None, stored)
        return self.objects.write_commit(tree, self.commits[-1:], "made", ("a", "a@b", len(self.commits)))

    def told(self, outpoints: list[Outpoint], *, through_kept: bool) -> tuple[list[object], int]:
        """What history tells of each commit, and who claims to spend each coin in it; how many files it reads for the
        last one.
        """
        found: list[object] = []
        counts: list[int] = []
        with self._history(through_kept=through_kept) as (history, read):
            for commit in self._newest_first():
                stories = history.told(commit)
                found += [(story.root, story.events, story.balance_sat) for story in stories]
                moment = history.moment("", history.entries(commit.oid))
                for outpoint in outpoints:
                    claims = moment.claims({outpoint})[outpoint]
                    found.append([(by, claim.strength, claim.record) for by, claim in claims.items()])
                counts.append(len(read))
        return found, counts[0]

    @contextmanager
    def _history(self, *, through_kept: bool) -> Iterator[tuple[History, set[str]]]:
        """The history, and the files of which it has asked for the bytes."""
        read: set[str] = set()
        with ReadAhead(self.git) as blobs:
            history = History(self.objects, blobs, git=self.git if through_kept else None)
            blob = history.contents.blob

            def spied(oid: str) -> bytes:
                read.add(oid)
                return blob(oid)

            history.contents = Contents(spied)
            yield history, read

    def _newest_first(self) -> list[LoggedCommit]:
        return list(self.objects.history(self.objects.commit(self.commits[-1])))

    def lives(self, name: str, *, through_kept: bool) -> tuple[list[Any], int]:
        """The lives of what is called so, or why there are none; how many files are read for them."""
        with self._history(through_kept=through_kept) as (history, read):
            search = Search(history, Name(name))
            list(search.look(self._newest_first()))
            try:
                found = [
                    (one.root, one.outpoint, one.coin, one.chapters, one.end and one.end.document())
                    for one in search.lives()
                ]
            except GitbtcError as error:
                return [str(error)], len(read)
        return list(found), len(read)


def _laid_out(files: Files, layout: Layout) -> Iterator[tuple[str, bytes]]:
    for name, made in files.items():
        kind, path = built_in(name), path_of("", name)
        if not made or layout.is_whole or not kind.shards:
            yield from [(path, made)] if made else []
            continue
        shards = layouts.divided(kind, layout if kind.shards == "txid" else Layout(0), made)
        yield from ((layouts.shard_path(path, shard), part) for shard, part in shards.items())


lain = st.sampled_from([Layout(1), Layout(1), Layout(1), Layout(2), layouts.WHOLE])


@settings(max_examples=40)
@given(st.integers(0, 1 << 30), st.integers(0, 3), st.lists(lain, min_size=4, max_size=4))
def test_it_tells_the_same_whichever_state_is_kept(
    tmp_path_factory: pytest.TempPathFactory, seed: int, at: int, how: list[Layout]
) -> None:
    some = states(seed, Random(seed))
    versions = [{kind: content(files, kind) for kind in EVIDENCE} for files in some]
    repository = Repository(str(tmp_path_factory.mktemp("kept")), list(zip(versions, how, strict=True)))
    outpoints = [(one["txid"], vout) for files in some for one in files["transactions"] for vout in range(2)]
    outpoints += [(spent["txid"], spent["vout"]) for files in some for one in files["transactions"]
                  for spent in one.get("inputs", ())]  # fmt: skip
    keep(repository.git, repository.commits[at])
    wanted = sorted(set(outpoints))
    assert repository.told(wanted, through_kept=True)[0] == repository.told(wanted, through_kept=False)[0]
    for maker, vout in Random(seed).sample(wanted, min(len(wanted), 3)):
        for name in (f"{maker}:{vout}", maker[:5]):
            assert repository.lives(name, through_kept=True)[0] == repository.lives(name, through_kept=False)[0]


def written(*transactions: dict[str, object], coins: list[dict[str, object]]) -> Files:
    records = {"utxos": coins, "transactions": list(transactions)}
    return {kind: codec.encode_file(built_in(kind), made) for kind, made in records.items()}


@pytest.mark.parametrize("at", [0, 1])
def test_who_spends_a_coin_is_looked_for_where_somebody_can(tmp_path: Path, at: int) -> None:
    spent, other = coin(0), coin(1)
    payment, lost = mined(spend("zz", spent)), spend("yy", other, abandoned=True)
    more = [mined(spend(name, coin(0, txid(name + "x")))) for name in "abcdefghijklmno"]
    first = written(*more, lost, coins=[spent, other])
    second = written(*more, lost, payment, coins=[other])
    repository = Repository(str(tmp_path), [(first, Layout(2)), (second, Layout(2))])
    wanted = [(one["txid"], one["vout"]) for one in (spent, other)]
    told, every = repository.told(wanted, through_kept=False)
    assert every == len([*more, lost, payment]) + 2  # shards of coins: before and after
    keep(repository.git, repository.commits[at])
    assert repository.told(wanted, through_kept=True) == (told, 4)  # both of them, and both spenders'


@pytest.mark.parametrize("name", [f"{FUNDING}:0", FUNDING[:5]])
@pytest.mark.parametrize("is_mined", [True, False])
@pytest.mark.parametrize("at", [0, 1])
def test_the_life_of_a_coin_is_read_where_its_transactions_can_lie(
    tmp_path: Path, name: str, at: int, *, is_mined: bool
) -> None:
    spent, other = coin(0), coin(0, txid("other"))
    payment, lost = spend("zz", spent), spend("yy", spent, abandoned=True)
    more = [mined(spend(one, coin(0, txid(one + "x")))) for one in "abcdefghijklmno"]
    first = written(*more, lost, coins=[spent, other])
    second = written(
        *more, lost, mined(payment) if is_mined else payment, coins=[other, *([] if is_mined else [spent])]
    )
    repository = Repository(str(tmp_path), [(first, Layout(2)), (second, Layout(2))])
    told, every = repository.lives(name, through_kept=False)
    assert len(told[0][3]) == 2
    assert every > len(more)
    keep(repository.git, repository.commits[at])
    # The coin's shard, and those of what spends it.
    assert repository.lives(name, through_kept=True) == (told, 3)
