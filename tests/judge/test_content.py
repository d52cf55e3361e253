"""What a commit does to files, against one parent or several."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitbtc.judge.content import ChangedFiles
from gitbtc.kinds import codec
from gitbtc.kinds.registry import Kinds, built_in
from gitbtc.state.snapshot import Snapshot
from tests.made_state import coin

if TYPE_CHECKING:
    from typing import Any

KINDS = Kinds()
KEY = "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA"  # the scalar 1 on test networks
COINS = "wallet/utxos.json"


def wallet(*records: dict[str, Any]) -> bytes:
    return codec.canonical(built_in("utxos"), json.dumps(list(records)).encode())


def step(after: dict[str, bytes], *before: dict[str, bytes]) -> ChangedFiles:
    """The step from trees to a tree; a blob's name is its content."""

    def snapshot(files: dict[str, bytes]) -> Snapshot:
        entries = {path: ("100644", content.decode("latin-1")) for path, content in files.items()}
        return Snapshot("test", entries, lambda _, oid: oid.encode("latin-1"), KINDS)

    return ChangedFiles(KINDS, [*map(snapshot, before)], snapshot(after), lambda oid: oid.encode("latin-1"))


def test_a_merge_changes_what_no_parent_has_and_touches_what_some_parent_has_otherwise() -> None:
    ours = {"both": b"0", "ours": b"1", "theirs": b"0", "gone": b"0", COINS: b"[]\n"}
    theirs = {"both": b"0", "ours": b"0", "theirs": b"1", "gone": b"0"}
    files = step({"both": b"2", "ours": b"1", "theirs": b"1", "same": b"3", COINS: b"[]\n"}, ours, theirs)
    assert list(files.changed) == ["both", "same"]
    assert files.touched == {"both", "ours", "theirs", "gone", "same", COINS}
    assert files.state_paths() == [COINS]


def test_a_binary_file_among_state_files_is_refused() -> None:
    picture = b"\x89PNG\0\0"
    files = {COINS: b"[]\n", "wallet/seen.png": picture, "seen.png": picture, "wallet/read.me": b"text"}
    assert [path for path, fault in step(files, {}).form() if "binary" in fault] == ["wallet/seen.png"]
    assert list(step({**files, COINS: wallet(coin(0))}, files).form()) == []


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b" \n", b"\xef\xbb\xbf", b"[\n{", b"[\n\0\0"])
def test_a_file_of_nothing_is_damage(content: bytes) -> None:
    [(path, fault)] = step({COINS: content}, {COINS: wallet(coin(0))}).form()
    assert path == COINS
    assert "full disk" in fault


def test_a_file_of_lines_that_holds_none_is_damage_where_it_held_some() -> None:
    labels = "wallet/labels.jsonl"
    assert not list(step({labels: b""}, {}).form())
    assert list(step({labels: b""}, {labels: b'{"type":"tx","ref":"' + b"0" * 64 + b'","label":"x"}\n'}).form())


@pytest.mark.parametrize("path", ["Wallet/utxos.json", "a/wallet/UTXOS.json ", "wallet/utxos\u200d.json"])
def test_a_name_that_may_be_taken_for_a_state_files(path: str) -> None:
    assert [where for where, _ in step({path: b"x"}, {}).form()] == [path]


def test_a_key_is_looked_for_in_what_changed_alone() -> None:
    files = step({"old": KEY.encode(), "new": b"\n" + KEY.encode(), f"x/{KEY}": b""}, {"old": KEY.encode()})
    found = [(path, [key.where for key in keys.refusing]) for path, _, keys in files.key_material()]
    assert found == [("new", [2]), ("", [1])]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (wallet(coin(0), coin(1, label=KEY)), [3]),
        (wallet(coin(0, label=KEY)).replace(b",", b", "), [2]),
        (b"[\n" + KEY.encode(), [2]),
    ],
    ids=["canonical", "another layout", "no state file"],
)
def test_a_key_in_a_state_file_is_found_whatever_its_form(content: bytes, where: list[int]) -> None:
    [(path, shown, keys)] = step({COINS: content}, {}).key_material()
    assert path == shown == COINS
    assert [key.where for key in keys.refusing] == where


@pytest.mark.parametrize("twin", ["Company", "company.", "com\u200dpany"])
def test_two_roots_that_are_one_elsewhere_are_refused(twin: str) -> None:
    files = {f"company/{COINS}": b"[]\n"}
    [(path, fault)] = step({**files, f"{twin}/{COINS}": b"[]\n"}, files).form()
    assert path == f"{twin}/{COINS}"
    assert f"take this for company/{COINS}" in fault
    assert list(step({f"{twin}/{COINS}": b"[]\n"}, {}).form()) == []


def test_letters_in_two_forms_are_one_root_elsewhere() -> None:
    composed, apart = f"Z\u00fcrich/{COINS}", f"Zu\u0308rich/{COINS}"
    [(path, _)] = step({composed: b"[]\n", apart: b"[]\n"}, {composed: b"[]\n"}).form()
    assert path == apart


def test_a_misspelt_file_is_told_where_it_is_new() -> None:
    files = {COINS: b"[]\n", "wallet/utxo.json": b"[]\n"}
    [(path, said)] = step(files, {}).misspelt()
    assert path == "wallet/utxo.json"
    assert "almost wallet/utxos.json" in said
    assert list(step({**files, "wallet/utxo.json": b"[ ]\n"}, files).misspelt()) == []
    assert list(step(files, {}).form()) == []


def test_form_is_judged_where_something_changed() -> None:
    sound, layout, broken = wallet(coin(0)), b"[ ]", b"[{]"
    before = {"a/wallet/utxos.json": layout, "b/wallet/utxos.json": sound}
    after = {"a/wallet/utxos.json": layout, "b/wallet/utxos.json": layout, "c/wallet/utxos.json": broken, "d": broken}
    told = dict(step(after, before).form())
    assert list(told) == ["b/wallet/utxos.json", "c/wallet/utxos.json"]
    assert "canonical" in told["b/wallet/utxos.json"]
    assert "not JSON" in told["c/wallet/utxos.json"]


def test_what_is_canonical_may_follow_what_is_not() -> None:
    for before in (b"[ ]", b"[{", wallet(coin(1)), b""):
        assert list(step({COINS: wallet(coin(0))}, {COINS: before}).form()) == []


def test_a_record_is_judged_where_no_parent_has_it() -> None:
    bad, worse = coin(0, amount_sat=-1), coin(1, amount_sat=-2)
    old, new = {COINS: wallet(bad)}, {COINS: wallet(bad, worse)}
    for before in ([old], [old, {}], [{}, old], [old, {COINS: wallet(coin(3))}]):
        told = step(new, *before).records()
        assert [(path, violation.identity.rpartition(":")[2]) for path, violation in told] == [(COINS, "1")]
    assert step(new, new, {}).records() == []
