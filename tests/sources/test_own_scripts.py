"""The scripts of descriptors, derived by two implementations, and how far they are looked at."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import pytest
from embit.script import address_to_scriptpubkey

from gitbtc.errors import CannotWork
from gitbtc.sources import own_scripts
from gitbtc.sources.own_scripts import Branch, Underivable, branches, look
from tests.sources.worlds import LEGACY, TAPROOT, TPUB, TWO_PATHS, record, script

if TYPE_CHECKING:
    from collections.abc import Sequence

pytest.importorskip("bdkpython")

OTHER = TPUB  # of several keys, the same one again is a key too
FORMS = [
    f"pkh({TPUB}/0/*)", f"wpkh({TPUB}/0/*)", f"sh(wpkh({TPUB}/0/*))", f"tr({TPUB}/0/*)", f"wpkh({TPUB}/0)",
    f"wsh(sortedmulti(2,{TPUB}/0/*,{OTHER}/1/*))", f"sh(wsh(multi(2,{TPUB}/0/*,{OTHER}/1/*)))",
    f"wsh(or_d(pk({TPUB}/0/*),and_v(v:pkh({OTHER}/1/*),older(65535))))",
    f"tr({TPUB}/0/*,{{pk({OTHER}/1/*),multi_a(2,{TPUB}/2/*,{OTHER}/3/*)}})",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMS)
def test_two_implementations_derive_the_same(text: str) -> None:
    branch = Branch(record(text), text)
    for index in (0, 5) if branch.is_ranged else (0,):
        assert branch.script(index) == script(text, index) == branch.derived(index)


@pytest.mark.parametrize("text", [
    f"combo({TPUB}/0/*)", f"pk({TPUB}/0/*)", f"wpkh({TPUB}/0/*h)", f"wpkh({TPUB}/1h/*)",
    f"tr({TPUB}/0/*,sortedmulti_a(1,{TPUB}/1/*,{OTHER}/2/*))",
])  # fmt: skip
def test_what_cannot_be_derived_is_named_and_left_out(text: str) -> None:
    """A hardened step below a public key ends the process in one of the two: it must not get so far."""
    with pytest.raises(Underivable):
        Branch({"id": "x"}, text).script(0)
    row = {**record(LEGACY), "id": "0b6e", "descriptor": text}
    walked = look([row], lambda scripts: [False] * len(scripts))
    assert walked.branches == []
    assert [text.partition("(")[0] in told and "0b6e" in told for told in walked.left_out] == [True]


def test_addresses_and_scripts_are_descriptors_too() -> None:
    address = "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0"
    assert Branch({"id": "x"}, f"addr({address})").script(0) == bytes(address_to_scriptpubkey(address).data)
    assert Branch({"id": "x"}, "raw(6a0141)").script(0) == b"\x6a\x01\x41"
    with pytest.raises(Underivable):
        Branch({"id": "x"}, "addr(nobody)").script(0)


def test_two_that_differ_stop_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    branch = Branch(record(TAPROOT), TAPROOT)
    monkeypatch.setattr(own_scripts, "made", lambda *_: iter([b"\x51\x20" + b"\7" * 32]))
    with pytest.raises(CannotWork, match="two implementations derive different scripts at index 3"):
        branch.script(3)


def test_branches_are_those_of_bip_389() -> None:
    assert branches(f"{TWO_PATHS}#abcdefgh") == [TWO_PATHS.replace("<0;1>", step) for step in "01"]
    assert branches("wsh(multi(1,a/<0;1>/*,b/<2;3>/*))") == ["wsh(multi(1,a/0/*,b/2/*))", "wsh(multi(1,a/1/*,b/3/*))"]
    assert branches("wpkh(a/0/*)") == ["wpkh(a/0/*)"]
    with pytest.raises(Underivable, match="different lengths"):
        branches("wsh(multi(1,a/<0;1>/*,b/<2;3;4>/*))")


class Used:
    """Answers which scripts are used, and notes which were asked for."""

    def __init__(self, *used: bytes) -> None:
        self.used = set(used)
        self.asked: list[bytes] = []

    def __call__(self, scripts: Sequence[bytes]) -> list[bool]:
        self.asked += scripts
        return [one in self.used for one in scripts]


@pytest.mark.parametrize(("used", "end", "following"), [
    ([], 20, 0),
    ([0], 21, 1),
    ([19], 40, 20),
    ([19, 39], 60, 40),
    ([20], 20, 0),  # behind the gap: nobody can know of it
])  # fmt: skip
def test_scripts_are_looked_at_until_the_gap(used: list[int], end: int, following: int) -> None:
    asked = Used(*(script(LEGACY, index) for index in used))
    walked = look([record(LEGACY)], asked)
    assert asked.asked == [script(LEGACY, index) for index in range(end)]
    assert walked.descriptors()[0]["next_index"] == following


def test_the_gap_is_the_records_and_twenty_at_least() -> None:
    for gap, end in ((1, 20), (33, 33), (250, 250)):
        asked = Used()
        look([record(LEGACY, gap)], asked)
        assert len(asked.asked) == end


def test_what_is_known_to_be_used_counts_and_next_index_never_falls() -> None:
    asked = Used(script(TWO_PATHS, 2, 1))
    walked = look([record(TWO_PATHS, next_index=30)], asked)
    assert len(asked.asked) == 2 * 50
    assert walked.descriptors()[0]["next_index"] == 30
    assert walked.places[script(TWO_PATHS, 2, 1)] == (1, 2)


def test_an_index_that_is_used_takes_nothing_back() -> None:
    walked = look([record(LEGACY, next_index=30)], Used(script(LEGACY, 2)))
    assert walked.last_used == {0: 29}
    assert walked.descriptors()[0]["next_index"] == 30


def test_both_branches_are_walked_and_the_larger_index_counts() -> None:
    walked = look([record(TWO_PATHS)], Used(script(TWO_PATHS, 4), script(TWO_PATHS, 9, 1)))
    assert walked.last_used == {0: 4, 1: 9}
    assert walked.descriptors()[0]["next_index"] == 10


def test_a_server_that_says_that_all_are_used_is_not_followed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_scripts, "_MOST", 60)
    with pytest.raises(CannotWork, match="more than 60 addresses are said to be used"):
        look([record(LEGACY)], lambda scripts: [True] * len(scripts))


def test_without_bdkpython_the_way_to_get_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "bdkpython":
            raise ImportError
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(CannotWork, match="`pip install bdkpython`, or gitbtc with its extra"):
        Branch(record(LEGACY), LEGACY).script(0)
