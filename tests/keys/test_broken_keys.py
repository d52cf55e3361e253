"""Keys that a line end, a patch or an invisible character cuts."""

from __future__ import annotations

import base64
from itertools import pairwise

import pytest

from gitbtc.keys.scan import scan


def found(text: str) -> list[str]:
    return [finding.form for finding in scan(text.encode())]


FOLDS = {
    "bare": "\n", "crlf": "\r\n", "mail": "\n> ", "quoted-printable": "=\n", "calendar": "\r\n ", "shell": "\\\n",
    "comment": "\n# ", "comment of C": "\n // ", "patch": "\n+", "strings": '"\n    "', "joined strings": "' +\n  '",
    "soft hyphen": "\u00ad", "zero-width space": "\u200b", "wbr": "<wbr>", "entity": "&shy;",
}  # fmt: skip


@pytest.mark.parametrize("fold", FOLDS)
def test_a_key_that_is_cut_once_or_twice_is_found(fold: str, wif: str, xprv: str) -> None:
    for key, cuts in ((wif, [30]), (xprv, [60]), (xprv, [40, 80])):
        edges = [0, *cuts, len(key)]
        pieces = [key[start:end] for start, end in pairwise(edges)]
        quote = {"strings": '"', "joined strings": "'"}.get(fold, "")
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
