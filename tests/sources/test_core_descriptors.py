"""listdescriptors: public keys become records, private ones a refusal that shows nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import registry
from gitbtc.kinds.formats import descriptor_checksum
from gitbtc.kinds.validate import violations
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.asking import NodeQuestions
from gitbtc.sources.core_descriptors import PrivateDescriptors, read_descriptors
from gitbtc.sources.recorded import Recorded

if TYPE_CHECKING:
    from pathlib import Path

TPUB = "tpubDCbswZhW389kHzZHzambeYkfkYkXtav6wMt1TSXK1xkxzQnfbdQBfTAwabmT83KpGnKrYmZkw6WfgR1hsFSrRfTUjkgXKqdrpBMf9W7Be75"
OTHER = (
    "tpubDCpLSsmvDCL3NKuKZDq1313GYCgkoGVN8uQiNxoncjvEBjPmEGQi952x2R3R55mGKxXv2cXHyUY5pg4PJ5ebS6Wf6FUJTx8PuW76sqUwJ4a"
)
# BIP-32, test vector 1, master key.
XPRV = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
# Bitcoin's first published example of the wallet import format.
WIF = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"


def answer_of(*bodies: str, **more: Any) -> Answer:
    rows = [{"desc": f"{body}#{descriptor_checksum(body)}", **more} for body in bodies]
    return Answer({"descriptors": rows}, "listdescriptors.json")


def only_record(answer: Answer) -> dict[str, Any]:
    (record,) = read_descriptors(answer)
    assert list(violations(registry.built_in("descriptors"), [record], frozenset(["regtest"]))) == []
    return record


def test_a_ranged_descriptor_becomes_a_record() -> None:
    record = only_record(answer_of(f"wpkh([f9578447/84h/1h/0h]{TPUB}/0/*)", range=[0, 1006], next=7, next_index=7))
    assert record.pop("id")
    assert record == {
        "xpub": TPUB,
        "script_type": "p2wpkh",
        "derivation_path": "m/84'/1'/0'",
        "label": None,
        "gap_limit": 1000,
        "descriptor": f"wpkh([f9578447/84h/1h/0h]{TPUB}/0/*)#w7zmukcx",
        "next_index": 7,
    }


@pytest.mark.parametrize(
    ("body", "script_type", "path"),
    [
        (f"pkh([f9578447/44h/1h/0h]{TPUB}/0/*)", "p2pkh", "m/44'/1'/0'"),
        (f"sh(wpkh([f9578447/49'/1'/0']{TPUB}/1/*))", "p2sh-p2wpkh", "m/49'/1'/0'"),
        (f"tr([f9578447/86h/1h/0h]{TPUB}/<0;1>/*)", "p2tr", "m/86'/1'/0'"),
        (f"wsh(pk([f9578447]{TPUB}/0/*))", "p2wsh", "m"),
        (f"wpkh({TPUB})", "p2wpkh", "m"),
    ],
)
def test_script_types_and_paths(body: str, script_type: str, path: str) -> None:
    record = only_record(answer_of(body))
    assert (record["script_type"], record["derivation_path"]) == (script_type, path)


def test_the_id_is_of_the_keys_not_of_how_they_are_spelled() -> None:
    spelled = [f"wpkh([f9578447/84h/1h/0h]{TPUB}/0/*)", f"wpkh([f9578447/84'/1'/0']{TPUB}/0/*)"]
    ids = {only_record(answer_of(body, range=[0, 20 + place]))["id"] for place, body in enumerate(spelled)}
    assert ids == {only_record(answer_of(spelled[0]))["id"]}
    others = [f"wpkh([f9578447/84h/1h/0h]{TPUB}/1/*)", f"pkh([f9578447/84h/1h/0h]{TPUB}/0/*)", f"wpkh({OTHER}/0/*)"]
    assert len(ids | {only_record(answer_of(body))["id"] for body in others}) == 4


def test_an_id_never_changes() -> None:
    """It is stored: another way to make it would give every treasury a second set of descriptors."""
    known = only_record(answer_of(f"wpkh([f9578447/84h/1h/0h]{TPUB}/0/*)"))["id"]
    assert known == "5b4422af-2f56-5c04-9461-d05a5cea6438"


def test_two_nodes_give_the_same_ids(recordings: Path) -> None:
    def ids(moment: str) -> set[str]:
        answer = NodeQuestions(Recorded(recordings / moment), Answer).required("listdescriptors")
        return {record["id"] for record in read_descriptors(answer)}

    assert ids("5-agent-a-confirmed") == ids("6-agent-b-conflicted")
    assert len(ids("0-base")) == 8


@pytest.mark.parametrize(
    "private",
    [
        f"wpkh({XPRV}/0/*)#aaaaaaaa",
        f"wpkh([f9578447/84h]{XPRV.replace('xprv', 'tprv')}/*)",
        f"pkh({WIF})#aaaaaaaa",
        WIF,
    ],
)
def test_private_descriptors_are_refused_and_never_shown(private: str) -> None:
    answer = Answer({"descriptors": [{"desc": f"wpkh({TPUB})#x"}, {"desc": private}]}, "listdescriptors.json")
    with pytest.raises(PrivateDescriptors) as refused:
        read_descriptors(answer)
    assert "listdescriptors.json holds private keys" in str(refused.value)
    assert not any(secret[8:40] in str(refused.value) for secret in (XPRV, WIF))


def test_a_public_key_may_spell_how_a_private_one_begins() -> None:
    """One in thousands does: TPUB with such a chain code."""
    end = "mgCCFkQprvMkP4xeNiAHtCDUSJhjekSV7wFQDXpfy33M1YGKBsPCjnxFWQfjVbBubjacPZKxriQkAJUP4FwbxQixZntqv4"
    spelt = f"{TPUB[:17]}{end}"
    assert only_record(answer_of(f"wpkh([f9578447/84h/1h/0h]{spelt}/0/*)"))["xpub"] == spelt


PUBKEY = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
X_ONLY = PUBKEY[2:]
ADDRESS = "bcrt1qhhfjm2whvm00pmeeptt8396lahmplw7pmklagw"


def test_a_multisig_keeps_its_keys_and_how_many_must_sign() -> None:
    body = f"wsh(sortedmulti(1,[f9578447/48h/1h/0h/2h]{TPUB}/0/*,{OTHER}/0/*))"
    record = only_record(answer_of(body, range=[0, 1000], next_index=3))
    assert record.pop("id")
    assert record == {
        "xpub": None, "script_type": "p2wsh", "derivation_path": None, "label": None, "gap_limit": 998,
        "descriptor": f"{body}#{descriptor_checksum(body)}", "next_index": 3, "threshold": 1, "policy": "sortedmulti",
        "keys": [{"place": 0, "xpub": TPUB, "fingerprint": "f9578447", "derivation_path": "m/48'/1'/0'/2'"},
                 {"place": 1, "xpub": OTHER}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "script_type", "policy", "threshold", "keys"),
    [
        (f"multi(2,{PUBKEY},{TPUB}/0/*)", "unknown", "multi", 2, [PUBKEY, TPUB]),
        (f"sh(multi(2,{TPUB}/<0;1>/*,{OTHER}/<0;1>/*))", "p2sh", "multi", 2, [TPUB, OTHER]),
        (f"sh(wsh(sortedmulti(2,{TPUB}/*,{OTHER}/*)))", "p2sh-p2wsh", "sortedmulti", 2, [TPUB, OTHER]),
        (f"wsh(and_v(v:pk({TPUB}/0/*),older(144)))", "p2wsh", "miniscript", None, [TPUB]),
        (f"wsh(or_d(pk({TPUB}/*),and_v(v:pkh({OTHER}/*),sha256({X_ONLY}))))", "p2wsh", "miniscript", None,
         [TPUB, OTHER]),
        (f"tr({X_ONLY},{{pk({TPUB}/0/*),multi_a(1,{OTHER}/0/*,{X_ONLY})}})", "p2tr", "tr", None,
         [X_ONLY, TPUB, OTHER, X_ONLY]),
        (f"tr(musig({TPUB},{OTHER})/0/*)", "p2tr", "tr", None, [TPUB, OTHER]),
        (f"pkh({PUBKEY})", "p2pkh", None, None, [PUBKEY]),
        (f"rawtr([f9578447/86h]{X_ONLY})", "p2tr", None, None, [X_ONLY]),
        (f"addr({ADDRESS})", "p2wpkh", None, None, []),
        (f"raw({PUBKEY})", "unknown", None, None, []),
    ],
)  # fmt: skip
def test_every_other_form_has_a_record(
    body: str, script_type: str, policy: str | None, threshold: int | None, keys: list[str]
) -> None:
    record = only_record(answer_of(body))
    assert (record["xpub"], record["derivation_path"]) == (None, None)
    assert (record["script_type"], record.get("policy"), record["threshold"]) == (script_type, policy, threshold)
    assert [key["xpub"] or key["pubkey"] for key in record["keys"]] == keys


@pytest.mark.parametrize(
    ("body", "script_type"),
    [(f"pk({TPUB}/0/*)", "p2pk"), (f"combo([f9578447/44h]{TPUB}/<0;1>/*)", "combo"), (f"sh(pk({TPUB}))", "p2sh")],
)
def test_the_other_forms_of_one_key_have_its_xpub(body: str, script_type: str) -> None:
    record = only_record(answer_of(body))
    assert (record["xpub"], record["script_type"]) == (TPUB, script_type)
    assert "keys" not in record


def test_no_two_forms_share_an_id() -> None:
    bodies = [f"addr({ADDRESS})", f"combo({TPUB})", f"pkh({TPUB})"]
    bodies += [f"wsh(sortedmulti({n},{a}/{b}/*,{c}/{b}/*))" for n in (1, 2) for b in (0, 1)
               for a, c in ((TPUB, OTHER), (OTHER, TPUB))]  # fmt: skip
    assert len({record["id"] for record in read_descriptors(answer_of(*bodies))}) == len(bodies)


def test_of_one_descriptor_in_two_spellings_there_is_one_record() -> None:
    spelled = [f"wsh(multi(1,[f9578447/48{mark}]{TPUB}/*,{OTHER}/*))" for mark in "h'"]
    assert len(read_descriptors(answer_of(*spelled))) == 1


def test_an_index_that_nobody_told_is_absent() -> None:
    assert "next_index" not in only_record(answer_of(f"addr({ADDRESS})"))


def test_a_wrong_checksum_is_refused() -> None:
    answer = Answer({"descriptors": [{"desc": f"wpkh({TPUB}/0/*)#aaaaaaaa"}]}, "listdescriptors.json")
    with pytest.raises(BadAnswer, match="checksum"):
        read_descriptors(answer)


@pytest.mark.parametrize(
    ("range_", "next_index", "gap"),
    [
        ([0, 1000], 1, 1000),
        ([0, 999], 0, 1000),
        ([0, 19], 5, 15),
        ([0, 5], 99, 1),
        ([0, 99_999], 0, 10_000),
        (None, 0, 1),
    ],
)
def test_the_gap_is_what_is_watched_beyond_the_next_index(range_: list[int] | None, next_index: int, gap: int) -> None:
    more = {"next_index": next_index} | ({"range": range_} if range_ else {})
    assert only_record(answer_of(f"wpkh({TPUB}/0/*)", **more))["gap_limit"] == gap


def test_releases_before_24_spell_the_next_index_next() -> None:
    assert only_record(answer_of(f"wpkh({TPUB}/0/*)", next=3, range=[0, 10]))["next_index"] == 3


def test_the_recordings_are_records_as_they_stand(recordings: Path) -> None:
    stored = json.loads((recordings / "0-base" / "listdescriptors.json").read_text())["result"]["descriptors"]
    records = read_descriptors(NodeQuestions(Recorded(recordings / "0-base"), Answer).required("listdescriptors"))
    assert [record["descriptor"] for record in records] == [row["desc"] for row in stored]
    assert [record["next_index"] for record in records] == [row["next_index"] for row in stored]
