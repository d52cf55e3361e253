"""Keys that a line end, a patch or an invisible character cuts, and such as are written byte by byte or in groups."""

from __future__ import annotations

import base64
import hashlib
import textwrap
from itertools import pairwise

import ecdsa
import pytest

from gitbtc.keys.scan import scan
from gitbtc.kinds import base58
from tests.keys.carriers import BYTES
from tests.keys.conftest import FOUND


def found(text: str) -> list[str]:
    return [finding.form for finding in scan(text.encode())]


FOLDS = {
    "bare": "\n", "crlf": "\r\n", "mail": "\n> ", "quoted-printable": "=\n", "calendar": "\r\n ", "shell": "\\\n",
    "comment": "\n# ", "comment of C": "\n // ", "patch": "\n+", "strings": '"\n    "', "joined strings": "' +\n  '",
    "sql": "' || '", "php": "' . '", "lua": "' ..\n  '", "next line": "'\n  & '", "side by side": "' '",
    "bytes": "'\n  b'", "tags": "</b><b class='x'>",
    "soft hyphen": "\u00ad", "zero-width space": "\u200b", "wbr": "<wbr>", "entity": "&shy;",
}  # fmt: skip


@pytest.mark.parametrize("fold", FOLDS)
def test_a_key_that_is_cut_once_or_twice_is_found(fold: str, wif: str, xprv: str) -> None:
    for key, cuts in ((wif, [30]), (xprv, [60]), (xprv, [40, 80])):
        edges = [0, *cuts, len(key)]
        pieces = [key[start:end] for start, end in pairwise(edges)]
        quote = '"' if fold == "strings" else "'" if FOLDS[fold].startswith("'") else ""
        assert found(f"@@ -1 +1 @@\nkey: {quote}{FOLDS[fold].join(pieces)}{quote}\nmore\n") == found(key)


def test_lines_that_only_follow_one_another_are_no_key(xprv: str) -> None:
    assert found(f"{xprv[:60]}\n\nand\n{xprv[60:]}\n") == []
    assert found(f"{xprv[:60]}: {xprv[60:]}\n") == []


@pytest.mark.parametrize("sign", ["+", "-", " "])
def test_the_sign_of_a_patch_is_no_letter_of_a_key(sign: str, wif: str) -> None:
    hunk = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n"
    macaroon = "0201036c6e6402067265616465720000062012345678901234567890123456789012345678901234567890123456789012ab"
    for secret in (wif, macaroon, base64.b64encode(bytes.fromhex(macaroon)).decode()):
        assert found(f"{hunk}{sign}{secret}\n") == found(f"{secret}\n") != []


@pytest.mark.parametrize("size", range(40, 48))
@pytest.mark.parametrize("mark", ["", "    ", "> ", "+", "# "])
def test_base64_in_lines_is_read_to_its_padding(size: int, mark: str, wif: str) -> None:
    encoded = base64.b64encode(f"{'x' * size}\nwallet: {wif}\n".encode()).decode()
    lines = "".join(f"{mark}{encoded[start : start + 76]}\n" for start in range(0, len(encoded), 76))
    assert found(f"@@ -0,0 +1,4 @@\ndata:\n{lines}more: 1\n") == found(wif)


SECRETS = [
    vector.text
    for vector in FOUND
    if vector.kind in {"wif", "slip32", "nsec", "ncryptsec", "codex32", "rpcauth", "rpc-cookie", "lnd-macaroon-hex"}
    and 48 < len(vector.text) < 300
    and not vector.text.split()[1:]
]
CONNECTIONS = [
    f"nostr+walletconnect://{'ab' * 32}?relay=wss%3A%2F%2Frelay.example.org&secret={'71' * 32}",
    f"bunker://{'ab' * 32}?relay=wss%3A%2F%2Frelay.example.org&secret=0123456789abcdef",
    f"wpkh({'71' * 32})",
    f"__cookie__:{'71' * 32}",
]
MARKS = ["", "> ", "# ", "  // ", "+", "; ", "-- ", " * ", "> > "]


@pytest.mark.parametrize("width", [24, 40, 60, 72])
@pytest.mark.parametrize("mark", MARKS)
def test_whatever_is_one_word_is_found_across_the_ends_of_lines(width: int, mark: str) -> None:
    for secret in [*SECRETS, *CONNECTIONS]:
        lines = textwrap.wrap(f"Some words before it and {secret}", width, break_on_hyphens=False)
        text = "first\n" + "".join(f"{mark}{line}\n" for line in lines)
        for behind in ("", "b: 2\n", "\nAnd more.\n"):
            assert set(found(text + behind)) >= set(found(secret)) != set(), (secret, behind)


def test_lines_of_programs_and_lists_are_no_key() -> None:
    hashes = "".join(f"{hashlib.sha256(bytes([number])).hexdigest()}\n" for number in range(40))
    listed = "".join(f"https://example.com/{number}/a-page-with-a-name:80\n" for number in range(40))
    code = "result = self.some_long_name_of_a_call(argument,\n    another_argument_there)\n" * 9
    assert found(hashes) == found(listed) == found(code) == []
    assert found("secret_hash_list:\n" + hashes) == found("public_keys_and_more_of_them\n" + hashes) == []


@pytest.mark.parametrize("way", BYTES)
def test_a_key_that_is_written_byte_by_byte_is_found(way: str, wif: str, words: str) -> None:
    for secret in [wif, words, *SECRETS]:
        assert set(found("first\n" + BYTES[way](secret.encode()) + "\n")) >= set(found(secret))


def test_a_raw_key_is_told_by_its_name_when_written_byte_by_byte() -> None:
    key = hashlib.sha256(b"key").digest()
    dump = f"Private-Key: (256 bit)\npriv:\n{BYTES['openssl'](key)}\npub:\n    {key[:16].hex(':')}\n"
    assert found(dump) == ["secret, by the name it stands under"]
    assert found(dump.replace("priv:", "hash:").replace("Private-Key", "Digest")) == []


def test_bytes_of_no_key_are_none() -> None:
    key = hashlib.sha256(b"key").digest() * 8
    for way in BYTES.values():
        assert found(f"table\n{way(key)}\n") == []
    assert found(" ".join(f"{number:02}" for number in range(60)) * 9) == []


@pytest.mark.parametrize("size", [4, 5, 6, 8, 10])
@pytest.mark.parametrize("between", [" ", "-"])
def test_a_key_in_groups_is_found(size: int, between: str, wif: str, xprv: str) -> None:
    for secret in [wif, xprv, *(secret for secret in SECRETS if secret.isalnum())]:
        groups = [secret[start : start + size] for start in range(0, len(secret), size)]
        lines = "\n  ".join(between.join(groups[at : at + 7]) for at in range(0, len(groups), 7))
        for text in (between.join(groups), lines):
            assert set(found(f"key: {text}\n")) >= set(found(secret))


def test_words_and_numbers_of_one_length_are_no_key() -> None:
    assert found("they said that this will come with more than what 2000 1234 5678 9abc def0 " * 20) == []
    assert found("ABCD 1234 EF56 7890 AAAA BBBB CCCC DDDD 1111 2222 " * 20) == []


@pytest.mark.parametrize("ahead", ["", "Savings", "none", "7", "cafe"])
@pytest.mark.parametrize("behind", ["", "m84h", "97", "face"])
def test_a_key_that_touches_the_next_column_is_found(ahead: str, behind: str, wif: str) -> None:
    """In a database and in a stored archive nothing stands between."""
    other = base58.encode_check(b"\xb0" + hashlib.sha256(b"key").digest() + b"\x01")
    structured = ecdsa.SigningKey.from_string(hashlib.sha256(b"key").digest(), curve=ecdsa.SECP256k1).to_der().hex()
    encoded = base64.b64encode(bytes.fromhex(structured)).decode()
    for secret in (wif, other, structured, encoded):
        touched = f"\0\x01\x17{ahead}{secret}{behind}\0\x02".encode()
        assert {finding.form for finding in scan(touched)} >= set(found(secret)) != set(), secret


def test_letters_that_touch_are_not_cut_off_in_a_text() -> None:
    other = base58.encode_check(b"\xb0" + hashlib.sha256(b"key").digest() + b"\x01")
    assert found(f"Savings{other}m84h") == []
