"""What premerge foresees, held against what Git, the driver and the hooks then do."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.judge.spend_gate import SpendGate
from gitbtc.kinds import codec, layouts
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.premerge.branches import Premerge
from gitbtc.premerge.versions import Version, Versions
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from gitbtc.state.merging import Merging
from gitbtc.state.snapshot import installed_kinds, of_revision
from tests.made_state import ADDRESS, WITHOUT_GITBTC, change_of, coin, pending, spend
from tests.premerge.worlds import PATHS, State, committed, copied, past, stepped

if TYPE_CHECKING:
    from gitbtc.judge.spend_gate import RootVerdict
    from gitbtc.spends.listing import Coins
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

Known = set[tuple[str, str]]  # (type, address)
# Whole-file conflicts, which have no records to show.
WHOLE = ("modify_delete", "unreadable")


def foreseen(repo: Repo, *branches: str, onto: str = "ours") -> dict[str, Any]:
    told = repo.gitbtc("premerge", *branches, "--onto", onto, "--json", ok=(0, 1)).stdout
    document: dict[str, Any] = json.loads(told)["gitbtc.premerge/v1"]
    return document


def split(conflicts: list[dict[str, Any]]) -> tuple[Known, Known]:
    """What is to be settled, and what the hooks would refuse for another reason."""
    settled = {(one["type"], one["address"]) for one in conflicts if "ours" in one or one["type"] in WHOLE}
    return settled, {(one["type"], one["address"]) for one in conflicts} - settled


def merged(repo: Repo) -> tuple[Known, bool]:
    """What `git merge` leaves to settle, and whether it is refused; a repair that the hook staged is committed."""
    repo.git("checkout", "-q", "-f", "ours")
    repo.git("reset", "-q", "--hard", "ours")
    refused = repo.run("git", "merge", "--no-edit", "theirs", ok=(0, 1, 2, 128)).returncode != 0
    told = (
        repo.gitbtc("conflicts", "--json", ok=(0, 1)).stdout if refused else '{"gitbtc.conflicts/v1":{"conflicts":[]}}'
    )
    found = {(one["type"], one["address"]) for one in json.loads(told)["gitbtc.conflicts/v1"]["conflicts"]}
    for _ in range(2):
        if refused and not found:
            refused = repo.run("git", "commit", "--no-edit", ok=(0, 1, 128)).returncode != 0
    return found, refused


def agree(repo: Repo) -> tuple[Known, Known]:
    """Hold premerge against the merge of theirs into ours."""
    told = split(foreseen(repo, "theirs")["branches"][0]["conflicts"])
    found, refused = merged(repo)
    assert told[0] == found
    assert bool(told[0] or told[1]) == refused
    return told


def fork(repo: Repo, seed: int, *sides: str, steps: int = 3) -> dict[str, str]:
    """Random sides off a random past; their oids."""
    source = Random(seed)
    base = stepped(source, past(), steps - 2)
    start = committed(repo, base, "base")
    return {side: committed(repo, stepped(source, base, steps), side, start) for side in sides}


@pytest.mark.parametrize("first", [0, 3, 6])
def test_it_says_what_a_merge_then_does(treasury: Repo, first: int) -> None:
    for seed in range(first, first + 3):
        fork(treasury, seed, "ours", "theirs")
        agree(treasury)


def edited(state: State, **records: Any) -> State:
    """A later state: kind_name=record puts it in, kind_name=None takes it out."""
    later = copied(state)
    for place, record in records.items():
        kind, _, name = place.partition("_")
        if record is None:
            del later[kind][name]
        else:
            later[kind][name] = record
    return later


A, B = spend("aa", coin(0)), spend("bb", coin(0))
OUTPOINT = f"{coin(0)['txid']}:0"
COINS, LOG = PATHS["coins"], PATHS["transactions"]
BY_A: dict[str, Any] = {"coins_0": None, "transactions_A": A}
BY_B: dict[str, Any] = {"coins_0": None, "transactions_B": B}


def event(**changes: Any) -> dict[str, Any]:
    return {"timestamp": 1_700_000_000, "block_height": None, "event_type": "custom", "txid": None, "amount_sat": None,
            "fee_sat": None, "note": "", **changes}  # fmt: skip


def both(repo: Repo, ours: dict[str, Any], theirs: dict[str, Any], base: dict[str, Any] | None = None) -> None:
    before = edited(past(), **(base or {}))
    start = committed(repo, before, "base")
    committed(repo, edited(before, **ours), "ours", start)
    committed(repo, edited(before, **theirs), "theirs", start)


D = spend("dd", change_of(A))
CHAIN = {"network": "regtest", "block_height": 101, "block_hash": "bb" * 32, "block_time": 1_700_000_600}
PUZZLES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], Known]] = {
    "two spenders": ({}, BY_A, BY_B, {("double_spend", f"{COINS}::{OUTPOINT}")}),
    "two spenders, told by different files": (
        {},
        BY_A,
        {"coins_0": None, "mempool_B": pending(B)},
        {("double_spend", f"{COINS}::{OUTPOINT}")},
    ),
    "neither names a transaction": (
        {},
        {"coins_0": None},
        {"coins_0": None},
        {("double_spend_candidate", f"{COINS}::{OUTPOINT}")},
    ),
    "a label each": (
        {},
        {"coins_1": coin(1, label="rent")},
        {"coins_1": coin(1, label="salary")},
        {("edit", f"{COINS}::{coin(1)['txid']}:1")},
    ),
    "another amount on one side": (
        {},
        {"coins_1": coin(1, label="rent")},
        {"coins_0": coin(0, amount_sat=7)},
        {("data_error", f"{COINS}::{OUTPOINT}")},
    ),
    "an amount that both corrected alike": (
        {},
        {"coins_0": coin(0, amount_sat=7), "coins_1": None, "transactions_C": spend("cc", coin(1))},
        {"coins_0": coin(0, amount_sat=7)},
        set(),
    ),
    "a record gone from a file that only grows": (
        {"log_a": event(note="a")},
        {"log_b": event(note="b")},
        {"log_a": None, "log_c": event(note="c")},
        {("append_only", "?")},
    ),
    "a child of a contested transaction": (
        {"coins_0": None, "coins_a": change_of(A)},
        {"transactions_A": A, "coins_a": None, "transactions_D": D},
        {"transactions_B": B, "coins_a": None},
        {("double_spend", f"{COINS}::{OUTPOINT}"), ("descendant", f"{COINS}::{A['txid']}:0")},
    ),
    "a coin that one agent reserved and the other spends": (
        {},
        {"log_r": event(event_type="reserve", agent="x", outpoints=[OUTPOINT], expires_height=200)},
        {**BY_A, "log_s": event(event_type="consolidation", agent="y", outpoints=[OUTPOINT], txid=A["txid"])},
        {("reservation", f"{COINS}::{OUTPOINT}")},
    ),
    "a grandchild that was there before": (
        {"transactions_D": D, "transactions_E": spend("ee", change_of(D))},
        BY_A,
        BY_B,
        {("double_spend", f"{COINS}::{OUTPOINT}"), ("descendant", f"{COINS}::{A['txid']}:0"),
         ("descendant", f"{COINS}::{D['txid']}:0")},
    ),
    "another amount on our side": (
        {},
        {"coins_0": coin(0, amount_sat=7)},
        {"coins_1": coin(1, label="rent")},
        {("data_error", f"{COINS}::{OUTPOINT}")},
    ),
    "a stale view": ({}, BY_A, {"coins_1": coin(1, label="rent")}, set()),
    "the same transaction": ({}, BY_A, BY_A, set()),
    "two networks": (
        {},
        {"chain_": CHAIN},
        {"chain_": CHAIN | {"network": "main"}},
        {("network", "network/chain.json::chain")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PUZZLES)
def test_it_says_what_a_merge_does_of(treasury: Repo, name: str) -> None:
    base, ours, theirs, expected = PUZZLES[name]
    both(treasury, ours, theirs, base)
    told, refused = agree(treasury)
    if expected == {("append_only", "?")}:
        assert [type_ for type_, _ in told] == ["append_only"]
    else:
        assert told == expected
    assert refused == set()


@pytest.mark.one_file
def test_a_state_file_that_one_side_deleted(treasury: Repo) -> None:
    start = committed(treasury, past(), "base")
    committed(treasury, edited(past(), mempool_A=pending(A), coins_0=None), "ours", start)
    committed(treasury, past(), "theirs", start, drop="network/mempool.json")
    assert agree(treasury) == ({("modify_delete", "network/mempool.json")}, set())


def test_a_spend_gate_verdict_that_needs_nobody_is_a_notice(treasury: Repo) -> None:
    confirmed = A | {"confirmed": True, "block_height": 105, "block_time": 1_700_000_500}
    both(treasury, {"coins_0": None, "transactions_A": confirmed}, BY_B)
    [branch] = foreseen(treasury, "theirs")["branches"]
    assert branch["conflicts"] == []
    [notice] = branch["notices"]
    assert (notice["type"], notice["address"]) == ("conflicted", f"{COINS}::{OUTPOINT}")
    assert A["txid"] in notice["text"]
    agree(treasury)


def test_what_the_hooks_would_refuse_is_told_of_the_branch(treasury: Repo) -> None:
    """Theirs was committed without gitbtc: a record breaks its schema, another one has other facts than before."""
    both(treasury, {"coins_1": None}, {"transactions_A": A | {"size_bytes": 7}}, {"transactions_A": A, "coins_0": None})
    assert agree(treasury) == (set(), {("append_only", f"{LOG}::{A['txid']}")})
    both(treasury, {"coins_1": None}, {"transactions_A": A | {"size_bytes": "many"}}, {"coins_0": None})
    assert agree(treasury) == (set(), {("record", f"{LOG}::{A['txid']}")})
    both(treasury, {"coins_1": None}, {"transactions_A": A | {"fee_sat": 5}}, {"coins_0": None})
    assert agree(treasury) == (set(), {("fee", f"{LOG}::{A['txid']}")})


def test_a_branch_that_does_not_parse_is_told_and_hides_no_other(treasury: Repo) -> None:
    both(treasury, BY_A, BY_B)
    treasury.git("checkout", "-q", "-f", "-b", "broken", "base")
    treasury.write(LOG, "[{]")
    treasury.git("add", "-A")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "broken")
    broken, theirs = foreseen(treasury, "broken", "theirs")["branches"]
    assert split(broken["conflicts"])[0] == {("unreadable", LOG)}
    assert split(theirs["conflicts"])[0] == {("double_spend", f"{COINS}::{OUTPOINT}")}


def test_a_state_that_cannot_be_read_where_the_branches_go_is_told_of_each(treasury: Repo) -> None:
    both(treasury, BY_A, BY_B)
    treasury.git("checkout", "-q", "-f", "ours")
    treasury.write(COINS, "[{]")
    treasury.git("add", "-A")
    treasury.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "broken")
    assert ("unreadable", ".") in split(foreseen(treasury, "theirs")["branches"][0]["conflicts"])[0]


def test_unrelated_histories_have_nothing_as_their_base(treasury: Repo) -> None:
    committed(treasury, edited(past(), **BY_A), "ours")
    committed(treasury, edited(past(), **BY_B), "theirs")
    [branch] = foreseen(treasury, "theirs")["branches"]
    assert branch["merge"] == "merge"
    assert ("double_spend", f"{COINS}::{OUTPOINT}") in split(branch["conflicts"])[0]


def test_what_one_of_several_common_ancestors_settled_is_no_conflict(treasury: Repo) -> None:
    """A criss-cross: each side merged the other's first commit, one of which had already spent the coin."""
    start = committed(treasury, past(), "base")
    one = committed(treasury, edited(past(), **BY_A), "one", start)
    other = committed(treasury, edited(past(), coins_1=coin(1, label="rent")), "other", start)
    joined = edited(past(), coins_1=coin(1, label="rent"), **BY_A)
    committed(treasury, edited(joined, coins_2=coin(2, label="a")), "ours", one, other)
    committed(treasury, edited(joined, coins_2=coin(2, label="b")), "theirs", other, one)
    assert len(treasury.git("merge-base", "--all", "ours", "theirs").split()) == 2
    assert agree(treasury)[0] == {("edit", f"{COINS}::{coin(2)['txid']}:2")}


# -- branches with each other ------------------------------------------------------------------------------------------


def test_two_branches_that_are_both_fine_may_collide(treasury: Repo) -> None:
    both(treasury, BY_A, BY_B)
    document = foreseen(treasury, "ours", "theirs", onto="base")
    assert [branch["conflicts"] for branch in document["branches"]] == [[], []]
    [collision] = document["collisions"]
    assert collision["branches"] == ["ours", "theirs"]
    [conflict] = collision["conflicts"]
    assert (conflict["type"], conflict["outpoint"]) == ("double_spend", OUTPOINT)
    assert (conflict["ours_txid"], conflict["theirs_txid"]) == (A["txid"], B["txid"])


def test_what_two_branches_both_touched_collides_as_it_would_in_a_merge(treasury: Repo) -> None:
    found: Known = set()
    for seed in range(15):
        fork(treasury, seed, "ours", "theirs")
        collisions = foreseen(treasury, "ours", "theirs", onto="base")["collisions"]
        together = split([one for collision in collisions for one in collision["conflicts"]])[0]
        merge = split(foreseen(treasury, "theirs")["branches"][0]["conflicts"])[0]
        assert together <= merge
        # The rest is what one of the two does alone.
        alone = {type_ for type_, _ in merge - together}
        assert alone <= {"data_error", "append_only", "reservation", "restored_vs_spent"}
        found |= together
    assert found


def test_a_branch_and_one_that_was_built_on_it_do_not_collide(treasury: Repo) -> None:
    start = committed(treasury, past(), "base")
    one = committed(treasury, edited(past(), **BY_A), "one", start)
    committed(treasury, edited(past(), **BY_B), "two", one)
    assert foreseen(treasury, "one", "two", onto="base")["collisions"] == []


def test_branches_that_left_at_different_times_are_compared_from_their_own_ancestor(treasury: Repo) -> None:
    """The older one does not collide with what its own ancestor's history did between."""
    start = committed(treasury, past(), "base")
    committed(treasury, edited(past(), coins_3=coin(3, label="early")), "early", start)
    later = edited(past(), **BY_A)
    main = committed(treasury, later, "main2", start)
    committed(treasury, edited(later, coins_1=None, transactions_C=spend("cc", coin(1))), "late", main)
    committed(treasury, edited(later, coins_1=None, transactions_D=spend("dd", coin(1))), "later", main)
    collisions = foreseen(treasury, "early", "late", "later", onto="main2")["collisions"]
    assert [collision["branches"] for collision in collisions] == [["late", "later"]]


# -- excerpts ----------------------------------------------------------------------------------------------------------


def test_an_excerpt_is_judged_as_the_whole_snapshot_is(treasury: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in treasury.env.items():
        monkeypatch.setenv(name, value)
    git, judged = Git.at(treasury.path), 0
    kinds = installed_kinds(git)
    for seed in range(20):
        onto, *others = fork(treasury, 1000 + seed, "ours", "one", "two", "three", steps=5).values()
        with git.blobs() as blobs:
            premerge = Premerge(git, objects_of(Git.at(treasury.path)), blobs.read, onto, {oid: oid for oid in others})
            premerge.judge()
            for branch in premerge.branches:
                whole = SpendGate(
                    Merging(git, [onto, branch.version.oid]), lambda oid: of_revision(git, oid, blobs.read, kinds)
                )
                gate = premerge._judged(premerge._onto, branch.version).gate
                assert verdicts(gate.contests) == verdicts(whole.contests)
                assert verdicts(gate.notices) == verdicts(whole.notices)
                assert [clash.root for clash in gate.clashes] == [clash.root for clash in whole.clashes]
                judged += len(whole.contests) + len(whole.notices)
    assert judged > 20


def verdicts(contests: list[RootVerdict]) -> list[tuple[Any, ...]]:
    """All that a verdict says, and what is shown of it."""
    told = [(contest, contest.conflict()) for contest in contests]
    return [
        (one.root, one.verdict.row, one.verdict.winner, one.verdict.losers, shown.type, shown.spend, shown.base)
        for one, shown in told
    ]


@pytest.mark.one_file
def test_each_file_is_read_once_and_one_that_no_branch_changed_not_at_all(
    treasury: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in treasury.env.items():
        monkeypatch.setenv(name, value)
    label = {"address": ADDRESS, "label": "rent", "category": "other", "created_at": 1_700_000_000}
    start = committed(treasury, edited(past(), labels_x=label), "base")
    branches = [committed(treasury, edited(past(), labels_x=label, **deed), name, start) for name, deed in
                (("one", BY_A), ("two", BY_B), ("three", {"coins_1": None}))]  # fmt: skip
    git, objects = Git.at(treasury.path), objects_of(Git.at(treasury.path))
    read: list[str] = []

    def reading(oid: str) -> bytes:
        read.append(oid)
        return objects.blob(oid)

    premerge = Premerge(git, objects, reading, start, {oid: oid for oid in branches})
    assert len(premerge.judge()) == 1
    large = [oid for oid in read if objects.blob(oid) != b"[]\n"]
    assert len(large) == len(set(large))
    assert objects.tree(start)[PATHS["labels"]][1] not in read


def test_shards_that_were_sound_are_read_when_they_are_asked_about() -> None:
    kind, path, blobs = built_in("utxos"), PATHS["coins"], dict[str, bytes]()
    read: list[str] = []

    def entry(*labelled: int, broken: str = "") -> tuple[str, str]:
        listed = [coin(0, f"{at:02x}" * 32, label="x" if at in labelled else None) for at in range(256)]
        shards = layouts.divided(kind, layouts.Layout(2), codec.encode_file(kind, listed))
        stored = {layouts.shard_path(path, name): shard for name, shard in shards.items()}
        stored |= {broken: b"[\n{broken\n]\n"} if broken else {}
        blobs.update((codec.content_id(content), content) for content in stored.values())
        entries = {place: ("100644", codec.content_id(content)) for place, content in stored.items()}
        return layouts.folded(Kinds(), entries)[path]

    def reading(oid: str) -> bytes:
        read.append(oid)
        return blobs[oid]

    def coins(anchor: tuple[str, str], sound: tuple[str, str] | None) -> Coins:
        read.clear()
        return Versions(Version("onto", "1", {path: anchor}), Kinds(), reading).coins(path, sound)

    held = coins(entry(7, 200), entry())
    assert len(read) == 2
    assert (held.get(("41" * 32, 0)), held.get(("41" * 32, 1))) == (coin(0, "41" * 32), None)
    assert len(read) == 3
    assert [*coins(entry(7), None)] == [*held]
    broken = entry(7, broken="wallet/utxos/aa.json")
    for sound in (entry(), None):  # what is broken was not sound
        with pytest.raises(Malformed, match=r"utxos/aa\.json"):
            coins(broken, sound)
