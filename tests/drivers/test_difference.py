"""What the clean filter knows already: whatever it then passes without a look at all of it, a look would pass too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.drivers.difference import Difference, Kept
from gitbtc.judge import vetted as vetted_versions
from gitbtc.judge.vetted import FILE, Vetted, unseen
from gitbtc.keys.scan import scan
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.damage import damage
from gitbtc.kinds.delta import walk
from gitbtc.kinds.registry import built_in
from gitbtc.repo.loose import blob_id

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo

PATH = "wallet/utxos.json"
KIND = built_in("utxos")
# Bitcoin Core, src/test/data/key_io_valid.json.
WIF = "L5nJeqKmpHp4P7F8ZYyjwc5a7P4d8EabuGAzfGJk7yC1BJyzNaEd"
WORDS = ["legal", "winner", "thank", "year", "wave", "sausage", "worth", "useful", "legal", "winner", "thank", "yellow"]
HASH = "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456"
ADDRESS = "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0"


def coin(number: int, **changes: Any) -> dict[str, Any]:
    """One of many coins, in the order of their numbers."""
    return {"txid": f"{number:08x}" * 8, "vout": 0, "amount_sat": 1000 + number, "script_type": "p2wpkh",
            "address": ADDRESS, "coinbase": False, "block_height": 7, "label": None} | changes  # fmt: skip


def wallet(*coins: dict[str, Any]) -> bytes:
    """Their file in canonical form."""
    return codec.canonical(KIND, json.dumps(list(coins)).encode())


COINS = [coin(number) for number in range(120)]
BASE = wallet(*COINS)


def difference(folder: Path, content: bytes, staged: bytes | None = BASE, *, vetted: bool = True) -> Difference:
    """What the filter knows of `content` where the index has `staged`, which was vetted."""
    made = Difference(Kept(str(folder)), KIND, PATH, content)
    oid = blob_id(staged, 40) if staged is not None else ""
    made.staged = None if staged is None else (oid, staged)
    if vetted and staged is not None:
        made.kept.vetted.add(PATH, oid, KIND)
    return made


def looked_at(content: bytes) -> bool:
    """Whether a look at all of it finds it canonical and without a key."""
    try:
        return not damage(KIND, content) and codec.canonical(KIND, content) == content and not scan(content, PATH)
    except Malformed:
        return False


spoken = st.none() | st.sampled_from(["rent", WIF, WIF[:20], WIF[20:], *WORDS[:3], HASH, "legal winner"])
edits = st.dictionaries(st.integers(0, 140), spoken | st.just("gone"), max_size=6)
scars = st.sampled_from(["", "", "", "swap", "twice", "cut", "nul", "space", "empty", "key below"])


def edited(labels: dict[int, str | None], scar: str) -> bytes:
    """The wallet with other labels, without coins, with further ones; and something that no canonical file has."""
    numbers = sorted({*range(120), *labels} - {number for number, label in labels.items() if label == "gone"})
    content = wallet(*(coin(number, label=labels.get(number)) for number in numbers))
    lines = content.split(b"\n")
    if scar == "swap":
        lines[3], lines[4] = lines[4], lines[3]
    if scar == "twice":
        lines.insert(60, lines[60])
    if scar == "space":
        lines[70] = lines[70].replace(b":", b": ", 1)
    made = b"\n".join(lines)
    return {"cut": made[:-40], "nul": made[:500] + b"\0" + made[501:], "empty": b"",
            "key below": made + WIF.encode()}.get(scar, made)  # fmt: skip


@settings(max_examples=40)
@given(edits, scars)
def test_what_passes_by_its_difference_passes_by_a_look_at_all_of_it(
    tmp_path_factory: pytest.TempPathFactory, labels: dict[int, str | None], scar: str
) -> None:
    content = edited(labels, scar)
    if difference(tmp_path_factory.getbasetemp() / "none", content).passes():
        assert looked_at(content)


@settings(max_examples=40)
@given(st.dictionaries(st.integers(0, 140), st.sampled_from([None, "gone", "invoice 7"]), max_size=6))
def test_an_everyday_change_passes(tmp_path_factory: pytest.TempPathFactory, labels: dict[int, str | None]) -> None:
    assert difference(tmp_path_factory.getbasetemp() / "none", edited(labels, "")).passes()


@settings(max_examples=40)
@given(edits)
def test_all_that_is_new_stands_in_what_is_looked_at(labels: dict[int, str | None]) -> None:
    after = edited(labels, "")
    changes = walk(KIND, BASE, after)
    looked = unseen(KIND, changes, after)
    lines = codec.canonical(KIND, looked).splitlines()
    assert looked in {codec.canonical(KIND, looked), KIND.frame.empty}
    assert {change.new for change in changes if change.new} <= {line.removesuffix(b",") for line in lines}
    assert {line.removesuffix(b",") for line in lines} - {b"[]"} <= {
        line.removesuffix(b",") for line in after.splitlines()
    }


def test_a_key_that_begins_in_a_record_that_was_there_is_seen(tmp_path: Path) -> None:
    """The label before it is old; alone neither is a key."""
    base = wallet(*(coin(number, label=WIF[:20] if number == 60 else None) for number in range(120)))
    after = wallet(*(coin(n, label={60: WIF[:20], 61: WIF[20:]}.get(n)) for n in range(120)))
    assert looked_at(base)
    assert not looked_at(after)
    assert not difference(tmp_path, after, base).passes()


def test_a_phrase_of_which_one_word_is_new_is_seen(tmp_path: Path) -> None:
    """A word to a label, far from one another: eleven are none."""
    words = dict(zip(range(0, 120, 10), WORDS, strict=True))
    base = wallet(*(coin(number, label=words.get(number) if number else None) for number in range(120)))
    after = wallet(*(coin(number, label=words.get(number)) for number in range(120)))
    assert looked_at(base)
    assert not looked_at(after)
    assert not difference(tmp_path, after, base).passes()


def test_a_version_that_nobody_looked_at_vouches_for_nothing(tmp_path: Path) -> None:
    base = wallet(*(coin(number, label=WIF if number == 100 else None) for number in range(120)))
    after = wallet(*(coin(number, label={1: "rent", 100: WIF}.get(number)) for number in range(120)))
    assert not difference(tmp_path, after, base, vetted=False).passes()


def test_what_came_through_is_known_in_the_next_process_and_the_staged_version_with_it(tmp_path: Path) -> None:
    after = edited({7: "invoice 7"}, "")
    looked = difference(tmp_path, after, vetted=False)
    assert not looked.passes()
    looked.vet()
    looked.kept.vetted.keep()
    assert difference(tmp_path, after, None).passes()
    assert difference(tmp_path, edited({8: "invoice 8"}, ""), vetted=False).passes()


@pytest.mark.parametrize(
    "staged", [b"", wallet(*COINS[:60], coin(60, label=WIF), *COINS[61:]), BASE.replace(b'":', b'": ')],
    ids=["empty", "with a key", "another layout"],
)  # fmt: skip
def test_a_staged_version_with_a_fault_is_not_vetted_with_what_takes_its_place(tmp_path: Path, staged: bytes) -> None:
    looked = difference(tmp_path, BASE, staged, vetted=False)
    looked.vet()
    assert not looked.kept.vetted.holds(PATH, blob_id(staged, 40), KIND)


def test_what_may_turn_out_to_be_a_key_of_ours_is_never_vetted(tmp_path: Path) -> None:
    """32 bytes in hex are held against the public keys that the repository has by then."""
    content = wallet(*COINS[:60], coin(60, seen_in=HASH), *COINS[61:])
    assert looked_at(content)
    looked = difference(tmp_path, content, None)
    looked.vet()
    assert not looked.passes()
    assert not difference(tmp_path, content).passes()


def test_nothing_is_vetted_for_another_program_or_by_a_torn_file(tmp_path: Path) -> None:
    oid = blob_id(BASE, 40)
    vetted = Vetted(str(tmp_path))
    vetted.add(PATH, oid, KIND)
    vetted.keep()
    assert Vetted(str(tmp_path)).holds(PATH, oid, KIND)
    assert not Vetted(str(tmp_path)).holds("other/wallet/utxos.json", oid, KIND)
    kept = (tmp_path / FILE).read_bytes()
    for content in (bytes([kept[0] ^ 1]) + kept[1:], kept[:-9], b"\0" * 200):
        (tmp_path / FILE).write_bytes(content)
        assert not Vetted(str(tmp_path)).holds(PATH, oid, KIND)


def test_the_file_of_vetted_versions_stays_small_and_keeps_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vetted_versions, "_MOST", 1 << 16)
    for start in range(0, 3000, 500):
        vetted = Vetted(str(tmp_path))
        for number in range(start, start + 500):
            vetted.add(PATH, f"{number:040x}", KIND)
        vetted.keep()
    assert (tmp_path / FILE).stat().st_size <= 1 << 16
    assert Vetted(str(tmp_path)).holds(PATH, f"{2999:040x}", KIND)


def test_a_key_that_a_clone_without_gitbtc_committed_is_found_at_the_next_change(treasury: Repo) -> None:
    """The version in the index is canonical, and large enough to be compared; but nobody here looked at it."""
    held = wallet(*(coin(number, label=WIF if number == 100 else None) for number in range(120)))
    treasury.write(PATH, held)
    treasury.git("-c", "filter.gitbtc.process=", "-c", "filter.gitbtc.clean=", "-c", "filter.gitbtc.required=false",
                 "add", PATH)  # fmt: skip
    treasury.git("-c", "core.hooksPath=none", "commit", "-q", "-m", "from elsewhere")
    treasury.write(PATH, held.replace(b'"label":null', b'"label":"rent"', 1))
    assert "refused" in treasury.run("git", "add", PATH, ok=(1, 128)).stderr


@pytest.mark.one_file
def test_a_change_of_a_large_wallet_is_refused_by_what_it_brings_and_told_with_its_line(treasury: Repo) -> None:
    treasury.write(PATH, BASE)
    treasury.git("add", PATH)
    treasury.git("commit", "-q", "-m", "a wallet")
    assert b"wallet/utxos.json" in treasury.read(".git/gitbtc/vetted")
    treasury.write(PATH, wallet(*COINS[:90], coin(90, label=WIF), *COINS[91:]))
    assert "line 92: WIF private key" in treasury.run("git", "add", PATH, ok=(1, 128)).stderr
    treasury.write(PATH, wallet(*COINS[:90], coin(90, label="rent"), *COINS[91:]))
    treasury.git("add", PATH)
    assert b'"label":"rent"' in treasury.git("cat-file", "blob", f":{PATH}").encode()
