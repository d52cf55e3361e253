"""`gitbtc labels` and `gitbtc label` in real repositories: in, out, and what both sides changed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.cli.label import CATEGORIES
from gitbtc.kinds.registry import built_in
from tests.made_state import ADDRESS, FUNDING, OTHER, coin, coins, put, spend, transactions

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

LABELS = "wallet/labels.jsonl"
ORIGIN = "wpkh([d34db33f/84'/0'/0'])"
WIF = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn"  # the private key 1, in every textbook
MAIN = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


def row(type_: str, ref: str, label: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": type_, "ref": ref, **({} if label is None else {"label": label}), **more}


def jsonl(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)


def rows(repo: Repo) -> list[dict[str, Any]]:
    return [json.loads(line) for line in repo.read(LABELS).splitlines()]


def labels_of(repo: Repo) -> dict[str, str]:
    return {one["ref"]: one.get("label", "") for one in rows(repo)}


@pytest.fixture
def wallet(treasury: Repo) -> Repo:
    coins(treasury, coin(0), coin(1))
    treasury.unexamined("coins")
    return treasury


def bring(repo: Repo, *lines: dict[str, Any], name: str = "export.jsonl", more: tuple[str, ...] = (),
          ok: tuple[int, ...] = (0,)) -> str:  # fmt: skip
    place = repo.path.parent / name
    place.write_text(jsonl(*lines), "utf-8")
    done = repo.gitbtc("labels", "import", str(place), *more, ok=ok)
    return done.stdout + done.stderr


# -- in --------------------------------------------------------------------------------------------------------------


def test_labels_come_in_once_and_coins_without_a_name_get_theirs(wallet: Repo) -> None:
    lines = [row("output", f"{FUNDING}:0", "rent"), row("addr", ADDRESS), row("tx", FUNDING, "Café")]
    said = bring(wallet, *lines)
    assert "2 added" in said
    assert "1 without a label left out" in said
    assert labels_of(wallet) == {f"{FUNDING}:0": "rent", FUNDING: "Café"}
    assert [one["label"] for one in json.loads(wallet.read("wallet/utxos.json"))] == ["rent", None]
    wallet.commit("labels")
    assert "nothing new" in bring(wallet, *lines)
    assert wallet.git("status", "--porcelain") == ""


@pytest.mark.one_file
def test_a_link_in_the_place_of_a_state_folder_is_not_followed(wallet: Repo) -> None:
    outside = wallet.path.parent / "outside"
    (wallet.path / "wallet").rename(outside)
    (wallet.path / "wallet").symlink_to(outside)
    before = {path: path.read_bytes() for path in outside.iterdir()}
    assert "wallet leads out of this work tree" in bring(wallet, row("tx", FUNDING, "rent"), ok=(1,))
    for command in (("label", f"{FUNDING}:0", "rent"), ("labels", "export")):
        assert "wallet leads out of this work tree" in wallet.gitbtc(*command, ok=(1,)).stderr
    assert {path: path.read_bytes() for path in outside.iterdir()} == before


def test_an_old_export_does_not_undo_what_was_named_here_since(wallet: Repo) -> None:
    lines = [row("tx", FUNDING, "rent"), row("addr", OTHER, "Bob")]
    bring(wallet, *lines)
    wallet.write(LABELS, wallet.read(LABELS).replace(b"rent", b"salary"))
    bring(wallet, *lines)
    assert labels_of(wallet)[FUNDING] == "salary"
    bring(wallet, row("tx", FUNDING, "rent"), row("addr", OTHER, "Bobby"))
    assert labels_of(wallet) == {FUNDING: "salary", OTHER: "Bobby"}


def test_an_import_that_was_thrown_away_brings_its_rows_again(wallet: Repo) -> None:
    bring(wallet, row("tx", FUNDING, "rent"))
    wallet.commit("labels")
    later = [row("tx", FUNDING, "salary"), row("addr", OTHER, "Bob")]
    for _ in range(2):
        bring(wallet, *later)
        assert labels_of(wallet) == {FUNDING: "salary", OTHER: "Bob"}
        wallet.git("checkout", "-q", "--", LABELS)
    bring(wallet, *later)
    wallet.write(LABELS, wallet.read(LABELS).replace(b"Bob", b"Robert"))
    bring(wallet, *later)
    assert labels_of(wallet) == {FUNDING: "salary", OTHER: "Robert"}
    bring(wallet, row("tx", FUNDING, "wage"), row("addr", OTHER, "Bob"))
    assert labels_of(wallet) == {FUNDING: "wage", OTHER: "Robert"}


def test_another_branch_has_not_got_what_was_imported_on_this_one(wallet: Repo) -> None:
    wallet.git("checkout", "-q", "-b", "here")
    bring(wallet, row("tx", FUNDING, "rent"), row("addr", OTHER, "Bob"))
    wallet.commit("labels")
    wallet.git("checkout", "-q", "-b", "there", "HEAD~1")
    wallet.write(LABELS, jsonl(row("addr", ADDRESS, "Ann")))
    bring(wallet, row("tx", FUNDING, "rent"), row("addr", OTHER, "Bob"))
    assert labels_of(wallet) == {FUNDING: "rent", OTHER: "Bob", ADDRESS: "Ann"}
    wallet.commit("the same here")
    wallet.write(LABELS, jsonl(row("addr", ADDRESS, "Ann")))  # people took two of them away
    wallet.commit("away")
    bring(wallet, row("tx", FUNDING, "rent"), row("addr", OTHER, "Bob"))
    assert labels_of(wallet) == {ADDRESS: "Ann"}


@pytest.mark.parametrize(("choice", "kept"), [("ours", ["mine"]), ("theirs", ["yours"]), ("both", ["mine", "yours"])])
def test_two_new_names_are_a_conflict_that_a_side_settles(wallet: Repo, choice: str, kept: list[str]) -> None:
    bring(wallet, row("tx", FUNDING, "rent"))
    wallet.write(LABELS, wallet.read(LABELS).replace(b"rent", b"mine"))
    before = wallet.read(LABELS)
    said = bring(wallet, row("tx", FUNDING, "yours"), ok=(1,))
    assert "conflict: label" in said
    assert wallet.read(LABELS) == before
    bring(wallet, row("tx", FUNDING, "yours"), more=(f"--{choice}",))
    assert [one["label"] for one in rows(wallet)] == kept


def test_without_a_base_what_differs_is_listed_and_left(wallet: Repo) -> None:
    wallet.write(LABELS, jsonl(row("tx", FUNDING, "rent")))
    said = bring(wallet, row("tx", FUNDING, "salary"), row("addr", OTHER, "Bob"))
    assert "“rent” here, “salary” in the file" in said
    assert labels_of(wallet) == {FUNDING: "rent", OTHER: "Bob"}


def test_what_a_program_leaves_out_it_does_not_delete(wallet: Repo) -> None:
    bring(wallet, row("tx", FUNDING, "rent"), row("addr", OTHER, "Bob"), row("addr", ADDRESS, "Ann"))
    bring(wallet, row("addr", OTHER, "Bob"))
    assert labels_of(wallet) == {FUNDING: "rent", OTHER: "Bob"}


def test_freezing_is_shown_and_needs_the_exact_number(wallet: Repo) -> None:
    frozen = [row("output", f"{FUNDING}:{vout}", spendable=False) for vout in (0, 1, 7)]
    said = bring(wallet, *frozen, ok=(1,))
    assert f"! {FUNDING[:8]}:1  2.00000000 BTC  frozen (was spendable)" in said
    assert "unknown output" in said
    assert "--freeze 2" in said
    assert not (wallet.path / LABELS).exists()
    bring(wallet, *frozen, more=("--freeze", "3"), ok=(1,))
    bring(wallet, *frozen, more=("--freeze", "2"))
    assert [one["spendable"] for one in json.loads(wallet.read("wallet/utxos.json"))] == [False, False]
    assert wallet.gitbtc("diff").stdout.splitlines()[1].startswith("! ")
    wallet.commit("frozen")
    assert "frozen → " not in bring(wallet, *frozen)


def test_a_default_that_a_program_invents_is_nobodys_word(wallet: Repo) -> None:
    lines = [row("tx", FUNDING, "rent"), row("output", f"{FUNDING}:0", "a", spendable=True)]
    assert "not said" in bring(wallet, *lines)
    assert all("spendable" not in one for one in rows(wallet))
    bring(wallet, *lines, name="other.jsonl", more=("--trust-spendable",))
    assert rows(wallet)[0]["spendable"] is True


def test_truth_as_text_is_read_with_a_notice(wallet: Repo) -> None:
    lines = [row("output", f"{FUNDING}:0", "a", spendable="false"), row("output", f"{FUNDING}:1", "", spendable="true")]
    assert "wrote spendable as text" in bring(wallet, *lines, more=("--freeze", "1"))
    assert [one["spendable"] for one in rows(wallet)] == [False, True]


def test_a_line_that_cannot_be_read_is_named_and_strict_takes_none(wallet: Repo) -> None:
    place = wallet.path.parent / "bad.jsonl"
    place.write_bytes(
        b'\xef\xbb\xbf{"type":"tx","ref":"%b","label":"x"}\r\n\r\nnot json\r\n{"type":"tx"}\r\n[1]\r\n'
        b'{"type":"tx","ref":"a","ref":"b"}\n{"type":"output","ref":"a:0","spendable":1}' % FUNDING.encode()
    )
    assert "line 3" in wallet.gitbtc("labels", "import", str(place), "--strict", ok=(1,)).stderr
    assert not (wallet.path / LABELS).exists()
    done = wallet.gitbtc("labels", "import", str(place))
    assert [f"line {number}" in done.stderr for number in range(1, 9)] == [False, False, *[True] * 5, False]
    assert labels_of(wallet) == {FUNDING: "x"}


def test_a_file_of_which_no_line_is_a_label_brings_in_nothing(wallet: Repo) -> None:
    place = wallet.path.parent / "wide.jsonl"
    place.write_bytes(jsonl(row("tx", FUNDING, "rent")).encode("utf-16"))
    said = wallet.gitbtc("labels", "import", str(place), ok=(1,)).stderr
    assert "line 1: not UTF-8 text" in said
    assert "nothing was imported (no line of it is a label)" in said
    assert wallet.git("for-each-ref", "refs/gitbtc/sources") == ""  # and is no base for the next one


def test_a_thing_of_thousands_of_names(wallet: Repo) -> None:
    bring(wallet, *(row("addr", ADDRESS, f"name {number}") for number in range(3000)))
    place = wallet.path.parent / "export.jsonl"
    assert wallet.gitbtc("labels", "export", "--like", str(place)).stdout == place.read_text()
    wallet.gitbtc("labels", "sync", "--from", "labels.jsonl")
    assert len(json.loads(wallet.read("wallet/labels.json"))) == 3000
    wallet.gitbtc("label", ADDRESS, "one")
    assert labels_of(wallet) == {ADDRESS: "one"}
    assert len(json.loads(wallet.read("wallet/labels.json"))) == 1


def test_a_private_key_and_addresses_of_another_network_stay_outside(wallet: Repo) -> None:
    said = bring(wallet, row("tx", FUNDING, WIF), ok=(1,))
    assert "WIF" in said
    assert WIF not in said
    assert "1 address of another network left out" in bring(wallet, row("addr", MAIN, "x"), row("tx", FUNDING, "y"))
    assert labels_of(wallet) == {FUNDING: "y"}


def test_electrums_labels_and_other_programs_files(wallet: Repo) -> None:
    place = wallet.path.parent / "electrum.json"
    place.write_text(json.dumps({FUNDING: "rent", ADDRESS: "Bob", "xyz": "?"}))
    assert "line 3" in wallet.gitbtc("labels", "import", str(place)).stderr
    assert labels_of(wallet) == {FUNDING: "rent", ADDRESS: "Bob"}
    place.write_text("Date (UTC),Label,Value,Balance,Fee,Txid\n")
    assert "Sparrow" in wallet.gitbtc("labels", "import", str(place), ok=(2,)).stderr


# -- through git -----------------------------------------------------------------------------------------------------


def branches(repo: Repo, base: str, ours: str, theirs: str, path: str = LABELS) -> None:
    for branch, content in (("main", base), ("theirs", theirs), ("ours", ours)):
        repo.git("switch", "-q", *(["-C", branch, "main"] if branch != "main" else ["main"]))
        repo.write(path, content)
        repo.unexamined(branch)


def test_two_names_conflict_in_a_merge_and_both_can_be_kept(wallet: Repo) -> None:
    branches(wallet, *(jsonl(row("tx", FUNDING, name), row("addr", OTHER, "Bob")) for name in ("a", "b", "c")))
    said = wallet.run("git", "merge", "--no-edit", "theirs", ok=(1,)).stderr
    assert 'label: ours "b", theirs "c"' in said
    (found,) = json.loads(wallet.gitbtc("conflicts", "--json", ok=(1,)).stdout)["gitbtc.conflicts/v1"]["conflicts"]
    assert (found["type"], found["fields"], found["base"]["label"]) == ("edit", ["label"], "a")
    wallet.gitbtc("resolve", found["address"], "--both")
    wallet.git("commit", "--no-edit", "-q")
    assert [one["label"] for one in rows(wallet)] == ["Bob", "b", "c"]


def test_two_names_are_foreseen(wallet: Repo) -> None:
    branches(wallet, *(jsonl(row("tx", FUNDING, name), row("addr", OTHER, "Bob")) for name in ("a", "b", "c")))
    said = wallet.gitbtc("premerge", "theirs", ok=(1,)).stdout
    assert 'label: ours "b", theirs "c"' in said


def test_a_join_keeps_both_names_and_what_is_frozen(wallet: Repo) -> None:
    one = row("output", f"{FUNDING}:0", "coin")
    named = [row("tx", FUNDING, name) for name in ("a", "b", "c")]
    spendable = [{**one, "spendable": True}, {**one, "spendable": False}]
    branches(wallet, jsonl(named[0], one), jsonl(named[1], spendable[0]), jsonl(named[2], spendable[1]))
    wallet.git("switch", "-q", "main")
    wallet.gitbtc("join", "ours", "theirs")
    assert rows(wallet) == [spendable[1], named[1], named[2]]


def test_freezing_wins_in_a_merge_and_is_told(wallet: Repo) -> None:
    one = row("output", f"{FUNDING}:0", "a")
    branches(wallet, jsonl(one), jsonl({**one, "label": "b"}), jsonl({**one, "spendable": False}))
    said = wallet.run("git", "merge", "--no-edit", "theirs").stderr
    assert "frozen (was spendable)" in said
    assert rows(wallet) == [{**one, "label": "b", "spendable": False}]


def test_a_coin_that_a_merge_freezes_is_told_with_its_amount_and_first(wallet: Repo) -> None:
    here = [coin(0, label="before"), coin(1)]
    frozen = {**coin(1), "spendable": False}
    base, ours, theirs = (json.dumps(one) for one in (here, [{**here[0], "label": "mine"}, here[1]], [here[0], frozen]))
    branches(wallet, base, ours, theirs, path="wallet/utxos.json")
    said = wallet.run("git", "merge", "--no-edit", "theirs").stderr
    assert re.search(r"^gitbtc: ! 2\.00000000 BTC.*  \S+:1  frozen \(was spendable\)$", said, re.MULTILINE)


def test_the_file_in_any_spelling_is_stored_in_one(treasury: Repo) -> None:
    written = '{"ref": "REF", "type": "tx", "label": "B\\u0027s", "rate": {"USD": 90000.00}}\r\n'
    treasury.write(LABELS, written.replace("REF", FUNDING.upper()))
    treasury.commit("labels")
    stored = treasury.git("show", f"HEAD:{LABELS}")
    assert stored == f'{{"type":"tx","ref":"{FUNDING}","label":"B\'s","rate":{{"USD":90000.00}}}}\n'
    assert treasury.gitbtc("validate").returncode == 0


def test_a_key_that_is_private_is_refused_whatever_it_says_it_is(treasury: Repo) -> None:
    private = (  # of BIP-32's own test vectors: its first
        "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
    )
    treasury.write(LABELS, jsonl(row("xpub", private, "cold")))
    said = treasury.run("git", "add", "-A", ok=(1, 128)).stderr
    assert "refused" in said
    assert private not in said


# -- out -------------------------------------------------------------------------------------------------------------

EVERYTHING = [
    row("tx", FUNDING, "rent", origin=ORIGIN),
    row("addr", ADDRESS, "Bob & Söhne"),
    row("output", f"{FUNDING}:0", "coin"),
    row("output", f"{FUNDING}:1", spendable=False),
    row("mystery", "x", "kept", field=[1, 2]),
]


@pytest.mark.parametrize("program", [None, "sparrow", "nunchuk", "liana", "btcpay", "trezor", "electrum"])
def test_what_is_written_comes_in_and_goes_out_byte_for_byte(wallet: Repo, program: str | None) -> None:
    wallet.write(LABELS, jsonl(*EVERYTHING))
    arguments = ["labels", "export", *(["--for", program] if program else [])]
    first = wallet.gitbtc(*arguments).stdout
    (wallet.path / LABELS).unlink()
    place = wallet.path.parent / "out"
    place.write_text(first, "utf-8")
    freezes = ("--freeze", "1") if '"spendable":' in first and "false" in first else ()
    wallet.gitbtc("labels", "import", str(place), *freezes)
    assert wallet.gitbtc(*arguments).stdout == first


def test_each_program_gets_what_it_can_read(wallet: Repo) -> None:
    wallet.write(LABELS, jsonl(*EVERYTHING))

    def lines(program: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in wallet.gitbtc("labels", "export", "--for", program).stdout.splitlines()]

    nunchuk = lines("nunchuk")
    assert [one.get("spendable") for one in nunchuk] == ["true", "false", None]
    assert all("label" in one for one in nunchuk)
    assert {one["type"] for one in lines("liana")} == {"tx", "addr", "output"}
    assert not any("spendable" in one for one in lines("liana"))
    assert not any("origin" in one for one in lines("btcpay"))
    assert "mystery" not in {one["type"] for one in lines("trezor")}
    assert json.loads(wallet.gitbtc("labels", "export", "--for", "electrum").stdout) == {
        FUNDING: "rent", ADDRESS: "Bob & Söhne",
    }  # fmt: skip


def test_one_wallet_of_two_goes_out_by_its_origin(wallet: Repo) -> None:
    other = "wpkh([AAAAAAAA/84h/0h/0h])"
    wallet.write(LABELS, jsonl(row("tx", FUNDING, "mine", origin=ORIGIN), row("tx", FUNDING, "theirs", origin=other)))
    assert "--origin" in wallet.gitbtc("labels", "export", "--for", "trezor", ok=(2,)).stderr
    done = wallet.gitbtc("labels", "export", "--origin", "wpkh([aaaaaaaa/84'/0'/0'])")
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == ["theirs"]


def test_a_file_is_written_back_in_its_own_spelling(wallet: Repo) -> None:
    place = wallet.path.parent / "sparrow.jsonl"
    escaped = ORIGIN.replace("'", "\\u0027")
    text = (
        f'{{"type":"tx","ref":"{FUNDING}","label":"Bob\\u0027s","origin":"{escaped}","height":100,"rate":{{"USD":9.50}}}}\r\n'
        f'{{"type":"addr","ref":"{ADDRESS}","origin":"{escaped}","keypath":"/0/1"}}\r\n'
        f'{{"type":"output","ref":"{FUNDING}:0","label":"","origin":"{escaped}"}}'
    )
    place.write_bytes(text.encode())
    wallet.gitbtc("labels", "import", str(place))
    out = wallet.path.parent / "back.jsonl"
    wallet.gitbtc("labels", "export", "--like", str(place), "-o", str(out))
    assert out.read_bytes() == text.encode()
    wallet.gitbtc("label", FUNDING[:8], "Ann's")
    wallet.gitbtc("labels", "export", "--like", str(place), "-o", str(out))
    assert out.read_bytes() == text.replace("Bob", "Ann").encode()


def test_the_line_that_nothing_ends_may_be_another_one(wallet: Repo) -> None:
    sample = "\r\n".join(jsonl(row(type_, ref, "x")).rstrip("\n") for type_, ref in (("tx", FUNDING), ("addr", OTHER)))
    bring(wallet, row("tx", FUNDING, "x"), row("addr", OTHER, "x"))
    place = wallet.path.parent / "sample.jsonl"
    place.write_text(sample, newline="")

    def like() -> str:
        wallet.gitbtc("labels", "export", "--like", str(place), "-o", "../written.jsonl")
        return (wallet.path.parent / "written.jsonl").read_bytes().decode()

    assert like() == sample
    wallet.gitbtc("label", OTHER, "")
    assert like() == sample.partition("\r\n")[0]
    wallet.gitbtc("label", FUNDING, "rent")
    bring(wallet, row("addr", OTHER, "x"), row("addr", ADDRESS, "new"), name="other.jsonl")
    first, second = sample.replace('"x"', '"rent"', 1).split("\r\n")
    assert like() == "\r\n".join([first, second, second.replace(OTHER, ADDRESS).replace('"x"', '"new"')])


def test_extended_keys_are_not_written_where_a_hook_would_publish_them(wallet: Repo) -> None:
    xpub = "tpubD6NzVbkrYhZ4XgiXtGrdW5XDAPFCL9h7we1vwNCpn8tGbBcgfVYjXyhWo4E1xkh56hjod1RhGjxbaTLV3X4FyWuejif"
    xpub += "B9jusQ46QzG87VKp"
    wallet.write(LABELS, jsonl(row("xpub", xpub, "cold")))
    assert "--force" in wallet.gitbtc("labels", "export", "-o", str(wallet.path / "x.jsonl"), ok=(1,)).stderr
    wallet.gitbtc("labels", "export", "--force", "-o", str(wallet.path / "x.jsonl"))
    wallet.gitbtc("labels", "export", "-o", str(wallet.path.parent / "x.jsonl"))


def test_a_label_that_was_cleared_here_is_told_to_who_exports_for_sparrow(wallet: Repo) -> None:
    bring(wallet, row("tx", FUNDING, "rent"), row("addr", OTHER, "Bob"))
    wallet.gitbtc("label", FUNDING, "")
    done = wallet.gitbtc("labels", "export", "--for", "sparrow")
    assert "1 label was cleared here" in done.stderr


# -- one name --------------------------------------------------------------------------------------------------------


@pytest.fixture
def named(treasury: Repo) -> Repo:
    """One name that stands in four files."""
    coins(treasury, coin(0, label="dca 1"), coin(1, address=OTHER, label="other"))
    funding = {**spend("in", coin(9, "ab" * 32)), "txid": FUNDING, "label": "dca 1"}
    funding["outputs"] = [{"vout": 0, "amount_sat": 100_000_000, "address": ADDRESS, "script_type": "p2wpkh",
                           "spent": False}]  # fmt: skip
    transactions(treasury, funding)
    put(treasury, "wallet/labels.json",
        {"address": ADDRESS, "label": "dca 1", "category": "income", "created_at": 1})  # fmt: skip
    treasury.write(LABELS, jsonl(row("output", f"{FUNDING}:0", "dca 1"), row("addr", ADDRESS, "dca 1")))
    return treasury


@pytest.mark.parametrize("thing", [f"{FUNDING}:0", f"{FUNDING[:8]}:0", FUNDING, FUNDING[:6], ADDRESS])
def test_a_name_is_set_everywhere_it_stands(named: Repo, thing: str) -> None:
    named.gitbtc("label", thing, "rent")
    assert [one["label"] for one in json.loads(named.read("wallet/utxos.json"))] == ["rent", "other"]
    assert [one["label"] for one in json.loads(named.read("wallet/transactions.json"))] == ["rent"]
    (address,) = json.loads(named.read("wallet/labels.json"))
    assert (address["label"], address["category"]) == ("rent", "income")
    assert {one["label"] for one in rows(named)} == {"rent"}
    assert "label_drift" not in named.gitbtc("check", ok=(0, 1)).stdout


def test_what_stands_in_a_label_alone_is_named_by_its_first_digits(treasury: Repo) -> None:
    strange = row("output", "no outpoint:x", "kept")
    treasury.write(
        LABELS, jsonl(row("tx", FUNDING, "a"), row("tx", FUNDING, "b"), row("output", f"{FUNDING}:7"), strange)
    )
    treasury.gitbtc("label", FUNDING[:8], "rent")
    treasury.gitbtc("label", f"{FUNDING[:8]}:7", "deposit")
    named = {f"{FUNDING}:7": "deposit", FUNDING: "rent", strange["ref"]: "kept"}
    assert labels_of(treasury) == named
    assert len(rows(treasury)) == len(named)


def test_what_is_named_has_to_be_known_and_be_one_thing(named: Repo) -> None:
    assert "nothing here" in named.gitbtc("label", "abcd1234:0", "x", ok=(2,)).stderr
    assert "not an outpoint" in named.gitbtc("label", "no such thing", "x", ok=(2,)).stderr
    before = named.read("wallet/utxos.json")
    assert "WIF" in named.gitbtc("label", f"{FUNDING}:0", WIF, ok=(1,)).stderr
    assert named.read("wallet/utxos.json") == before


def test_names_that_cannot_be_read_do_not_keep_check_from_telling_the_rest(named: Repo) -> None:
    named.write("wallet/labels.json", "[{")
    assert "1 root checked" in named.gitbtc("check", ok=(0, 1)).stdout


def test_two_files_that_differ_are_told_and_one_is_written_into_the_other(named: Repo) -> None:
    put(named, "wallet/labels.json",
        {"address": ADDRESS, "label": "income", "category": "income", "created_at": 1})  # fmt: skip
    assert f"label_drift: {ADDRESS}" in named.gitbtc("check", ok=(0, 1)).stdout
    document = json.loads(named.gitbtc("check", "--json", ok=(0, 1)).stdout)["gitbtc.check/v1"]
    assert [one["type"] for one in document["notices"]] == ["label_drift"]
    named.gitbtc("labels", "sync", ok=(2,))
    named.gitbtc("labels", "sync", "--from", "labels.jsonl")
    assert [one["label"] for one in json.loads(named.read("wallet/labels.json"))] == ["dca 1"]
    put(named, "wallet/labels.json",
        {"address": ADDRESS, "label": "again", "category": "income", "created_at": 1})  # fmt: skip
    named.gitbtc("labels", "sync", "--from", "labels.json")
    assert labels_of(named)[ADDRESS] == "again"
    assert "say the same" in named.gitbtc("labels", "sync", "--from", "labels.json").stdout


def test_a_label_puts_the_address_into_a_category(wallet: Repo) -> None:
    wallet.gitbtc("label", f"{FUNDING}:0", "ACME", "--category", "income")
    (label,) = json.loads(wallet.read("wallet/labels.json"))
    assert (label["address"], label["label"], label["category"]) == (ADDRESS, "ACME", "income")
    assert [one["label"] for one in json.loads(wallet.read("wallet/utxos.json"))] == ["ACME", None]
    wallet.gitbtc("label", ADDRESS, "ACME GmbH")
    (label,) = json.loads(wallet.read("wallet/labels.json"))
    assert (label["label"], label["category"]) == ("ACME GmbH", "income")
    assert "goes with a name" in wallet.gitbtc("label", ADDRESS, "", "--category", "fee", ok=(2,)).stderr


def test_a_transaction_of_several_addresses_has_no_category_of_its_own(wallet: Repo) -> None:
    put(wallet, "wallet/utxos.json", coin(0), coin(1, address=OTHER))
    before = wallet.read("wallet/utxos.json")
    assert "one of an address" in wallet.gitbtc("label", FUNDING, "x", "--category", "fee", ok=(2,)).stderr
    assert wallet.read("wallet/utxos.json") == before


def test_the_categories_are_those_of_the_schema() -> None:
    assert list(CATEGORIES) == built_in("labels").record_schema["properties"]["category"]["enum"]
