"""Findings and the messages that refuse a file."""

from __future__ import annotations

from hashlib import sha256

from gitbtc.keys.finding import KeyFinding, fingerprint, refusal, refusal_of_name
from gitbtc.keys.form import Form

WIF = Form("WIF private key", "keep the key in a wallet")
FIRST = KeyFinding(WIF, 3, "00112233aabbccdd")
SECOND = KeyFinding(Form("BIP-39 mnemonic (English)", "keep the words on paper"), 9, "ffeeddcc00112233")


def test_the_fingerprint_is_the_beginning_of_the_sha256() -> None:
    assert fingerprint(b"secret") == sha256(b"secret").hexdigest()[:16]


def test_the_refusal_names_file_form_line_fingerprint_and_how_to_go_on() -> None:
    assert refusal([FIRST, SECOND], "notes/a.md").splitlines() == [
        "gitbtc: notes/a.md: refused: it holds private-key material",
        "  line 3: WIF private key, fingerprint 00112233aabbccdd",
        "  line 9: BIP-39 mnemonic (English), fingerprint ffeeddcc00112233",
        "  keep the key in a wallet",
        "  keep the words on paper",
        "  Nothing of this file was stored. Take the key out of it, then add the file again.",
    ]


def test_the_refusal_of_many_says_how_many_more() -> None:
    message = refusal([FIRST] * 14, "a")
    assert message.count("line 3") == 10
    assert "  and 4 more\n" in message
    assert message.count("keep the key in a wallet") == 1


def test_a_path_cannot_rewrite_the_terminal() -> None:
    assert "\x1b" not in refusal([FIRST], "a\x1b[2Jb")
    assert refusal([FIRST], "a\nb").splitlines()[0] == "gitbtc: ab: refused: it holds private-key material"


def test_the_refusal_of_a_name_does_not_take_one() -> None:
    found = f"{FIRST.form}, fingerprint {FIRST.fingerprint}"
    assert refusal_of_name([FIRST]).splitlines() == [
        f"gitbtc: refused: the name of a file holds private-key material ({found})",
        "  Rename the file.",
    ]


def test_findings_are_told_apart_by_form_place_and_fingerprint() -> None:
    assert KeyFinding(Form("WIF private key", "other advice"), 3, "00112233aabbccdd") == FIRST
    assert len({FIRST, SECOND, KeyFinding(WIF, 4, "00112233aabbccdd")}) == 3
