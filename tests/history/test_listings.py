"""What is read of two moments over shards: less than all of it, and it tells the same."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.history.commits import path_of
from gitbtc.history.listings import Contents, Listings
from gitbtc.history.moment import Moment
from gitbtc.history.telling import TOLD, MomentDelta
from gitbtc.kinds import codec, layouts
from gitbtc.kinds.codec import Malformed, content_id
from gitbtc.kinds.layouts import WHOLE, Folded, Layout
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.repo.git import Git
from gitbtc.repo.libgit import LibgitObjects
from gitbtc.repo.plumbing import GitObjects
from tests.history.test_telling import linear_histories
from tests.made_state import coin, spend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitbtc.history.events import Event
    from gitbtc.repo.git import Entry
    from gitbtc.repo.objects import Objects

KINDS = Kinds()
UTXOS = "wallet/utxos.json"


class Store:
    """Blobs, which are counted when they are read."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.read: list[str] = []

    def put(self, content: bytes) -> Entry:
        oid = content_id(content)
        self.blobs[oid] = content
        return "100644", oid

    def blob(self, oid: str) -> bytes:
        self.read.append(oid)
        return self.blobs[oid]

    def laid_out(self, files: Mapping[str, bytes], layout: Layout) -> Mapping[str, Entry]:
        """Entries of the files of a root, by path; those of kinds that may lie in shards as `layout` says."""
        entries: dict[str, Entry] = {}
        for name, content in files.items():
            kind = built_in(name)
            if layout.is_whole or not (content and kind.shards):
                entries |= {kind.path: self.put(content)} if content else {}
                continue
            own = layout if kind.shards == "txid" else Layout(0)
            shards = layouts.divided(kind, own, content)
            entries |= {layouts.shard_path(kind.path, shard): self.put(part) for shard, part in shards.items()}
        return layouts.folded(KINDS, entries)


def moment(contents: Contents, entries: Mapping[str, Entry]) -> Moment:
    entry = {kind: entries.get(path_of("", kind)) for kind in (*TOLD, "chain")}
    return Moment(lambda kind: contents.of(entry[kind]), lambda kind, txids: contents.near(entry[kind], txids))


def step(
    store: Store, before: Mapping[str, Entry], after: Mapping[str, Entry], about: set[str] | None = None
) -> MomentDelta:
    """Between two moments, as the history of a repository reads it; `about` some transactions alone."""
    contents = Contents(store.blob)
    paths = {kind: path_of("", kind) for kind in TOLD}

    def apart(kind: str) -> list[bytes]:
        versions = before.get(paths[kind]), after.get(paths[kind])
        if about is None or kind == "execution":
            return contents.apart(*versions)
        return contents.about(built_in(kind), about, *versions, near=about if kind == "utxos" else None)

    changed = {kind for kind, path in paths.items() if before.get(path) != after.get(path)}
    return MomentDelta(moment(contents, before), moment(contents, after), changed, apart)


lain = st.sampled_from([WHOLE, Layout(1), Layout(2), Layout(4)])


@given(linear_histories(), lain, lain)
def test_a_step_over_shards_tells_what_it_tells_over_whole_files(
    moments: list[dict[str, bytes]], one: Layout, other: Layout
) -> None:
    for before, after in pairwise(moments):
        whole = MomentDelta(Moment(before.__getitem__), Moment(after.__getitem__), set(TOLD))
        store = Store()
        parts = step(store, store.laid_out(before, one), store.laid_out(after, other))
        assert (parts.events(), parts.balance_sat) == (whole.events(), whole.balance_sat)


@given(linear_histories(), lain, lain)
def test_of_one_transaction_a_step_tells_what_all_of_it_tells(
    moments: list[dict[str, bytes]], one: Layout, other: Layout
) -> None:
    for before, after in pairwise(moments):
        whole = MomentDelta(Moment(before.__getitem__), Moment(after.__getitem__), set(TOLD)).events()
        for txid in {event.outpoint[0] if event.outpoint else event.txid or "" for event in whole}:
            store = Store()
            parts = step(store, store.laid_out(before, one), store.laid_out(after, other), {txid}).events()
            assert of_transaction(parts, txid) == of_transaction(whole, txid)


def of_transaction(events: list[Event], txid: str) -> list[Event]:
    """What happened to a transaction, and to what it made."""
    return [one for one in events if (one.outpoint[0] if one.outpoint else one.txid) == txid]


@pytest.mark.parametrize("mark", [b"<<<<<<< ours\n", b"\n", b" "])
def test_a_file_that_is_not_a_record_a_line_is_read_whole(mark: bytes) -> None:
    store = Store()
    good = wallet()
    bad = good.replace(b"\n{", b"\n" + mark + b"{", 3)
    entries = [{UTXOS: store.put(content)} for content in (good, bad)]
    versions = [one[UTXOS] for one in entries]
    assert Contents(store.blob).about(built_in("utxos"), ["07" * 32], *versions, near=["07" * 32]) == [good, bad]


def wallet(*changed: tuple[int, str]) -> bytes:
    """Coins of 256 transactions, each in a shard of its own where those have two digits."""
    labels = dict(changed)
    return codec.encode_file(built_in("utxos"), [coin(0, f"{at:02x}" * 32, label=labels.get(at)) for at in range(256)])


def test_a_step_reads_the_shards_that_differ_and_those_of_the_coins_that_it_asks_about() -> None:
    store = Store()
    one = store.laid_out({"utxos": wallet()}, Layout(2))
    other = store.laid_out({"utxos": wallet((7, "rent"), (200, "fee"))}, Layout(2))
    told = step(store, one, other)
    assert {event.outpoint for event in told.events()} == {("07" * 32, 0), ("c8" * 32, 0)}
    assert len(store.read) == 4
    assert told.after.coin(("41" * 32, 0)) == coin(0, "41" * 32)
    assert told.after.transaction("41" * 32) is None
    assert len(store.read) == 5


def test_who_spends_a_coin_is_looked_for_in_every_shard() -> None:
    """A transaction lies in the shard of its own txid, whatever it spends."""
    store = Store()
    spent, kept = coin(0, "07" * 32), coin(0, "41" * 32)
    paying = spend("zz", spent)
    before = {"utxos": codec.encode_file(built_in("utxos"), [spent, kept])}
    known = {"transactions": codec.encode_file(built_in("transactions"), [paying])}
    after = {"utxos": codec.encode_file(built_in("utxos"), [kept])}
    (event,) = step(store, store.laid_out(before | known, Layout(2)), store.laid_out(after | known, Layout(2))).events()
    assert (event.kind, event.txid) == ("spent", paying["txid"])


def test_a_broken_shard_stops_who_asks_for_what_is_in_it_and_nobody_else() -> None:
    store = Store()
    one, other = (dict(store.laid_out({"utxos": wallet(*edit)}, Layout(2))) for edit in ((), ((7, "rent"),)))
    for entries in (one, other):
        files = dict(entries[UTXOS][1].files)  # type: ignore[attr-defined]  # they are folded
        files["41"] = (files["41"][0], *store.put(b"[\n{broken\n]\n"))
        entries[UTXOS] = "100644", Folded.of(built_in("utxos"), UTXOS, files)
    told = step(store, one, other)
    assert [event.outpoint for event in told.events()] == [("07" * 32, 0)]
    with pytest.raises(Malformed, match=r"utxos/41\.json"):
        told.after.coin(("41" * 32, 0))


def test_what_is_no_layout_or_no_file_is_not_read_in_part() -> None:
    store = Store()
    one = store.laid_out({"utxos": wallet()}, Layout(2))
    files = {**one[UTXOS][1].files, "": (UTXOS, *store.put(wallet()))}  # type: ignore[attr-defined]  # it is folded
    both = {UTXOS: ("100644", Folded.of(built_in("utxos"), UTXOS, files))}
    for pair in ((one, both), (both, one)):
        with pytest.raises(Malformed, match="lie beside each other"):
            step(store, *pair)
    with pytest.raises(Malformed, match="symbolic link"):
        step(store, one, {UTXOS: ("120000", one[UTXOS][1])})


# -- the files of many commits -------------------------------------------------------------------------------------


class Listed:
    """A repository whose commits have these files: path -> content."""

    def __init__(self, folder: str, versions: list[dict[str, int]]) -> None:
        self.folder = folder
        self.objects: Objects = LibgitObjects(pygit2.init_repository(folder, bare=True))
        self.commits = [self._commit(files) for files in versions]

    def _commit(self, files: dict[str, int]) -> str:
        stored = {path: ("100644", self.objects.write_blob(b"%d" % content)) for path, content in files.items()}
        return self.objects.write_commit(self.objects.write_tree(None, stored), [], "made", ("a", "a@b", 1))

    @cached_property
    def whole(self) -> list[Mapping[str, Entry]]:
        """What each of them lists, read by itself."""
        return [Listings(self.objects, KINDS).of(commit) for commit in self.commits]


paths = st.sampled_from([
    "wallet/utxos.json", "wallet/utxos/0.json", "wallet/utxos/1.json", "wallet/utxos/01.json", "a/wallet/utxos/2.json",
    "wallet/utxos/README.md", "strategy/execution/_.json", "strategy/execution/bot.json", "wallet/labels.json", "x.txt",
])  # fmt: skip
versions = st.lists(st.dictionaries(paths, st.integers(0, 2), max_size=6), min_size=2, max_size=5)


def facts(entries: Mapping[str, Entry]) -> dict[str, object]:
    """All that is known of the entries."""
    folded = {path: oid for path, (_, oid) in entries.items() if isinstance(oid, Folded)}
    return {**entries, **{f"{path} in": (oid.files, oid.layout, oid.fault) for path, oid in folded.items()}}


@settings(max_examples=25)
@given(versions, st.lists(st.integers(0, 4), max_size=8))
def test_files_that_are_listed_by_what_differs_are_those_that_the_tree_has(
    tmp_path_factory: pytest.TempPathFactory, made: list[dict[str, int]], order: list[int]
) -> None:
    repository = Listed(str(tmp_path_factory.mktemp("listed")), made)
    listings = Listings(repository.objects, KINDS)
    for at in [one % len(made) for one in order]:
        assert facts(listings.of(repository.commits[at])) == facts(repository.whole[at])


def test_many_commits_are_listed_with_few_of_them_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = [{"wallet/utxos/0.json": at, "wallet/utxos/1.json": 0} for at in range(40)]
    repository = Listed(str(tmp_path_factory.mktemp("listed")), made)
    listings = Listings(repository.objects, KINDS, frozenset(["utxos"]))
    for at in [*range(40), *range(39, -1, -1)]:
        assert facts(listings.of(repository.commits[at])) == facts(repository.whole[at])
    with_git = Listings(GitObjects(Git(repository.folder)), KINDS, frozenset(["utxos"]))
    for at in (3, 0, 17):
        assert facts(with_git.of(repository.commits[at])) == facts(repository.whole[at])
