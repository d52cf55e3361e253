"""Private keys in armour."""

from __future__ import annotations

import base64

import pytest

from gitbtc.keys.forms import pem

BODY = base64.b64encode(bytes(range(138))).decode()
LINES = [BODY[start : start + 64] for start in range(0, len(BODY), 64)]


def armour(label: str, end: str = "\n", headers: str = "") -> str:
    return end.join([f"-----BEGIN {label}-----", *([headers, ""] if headers else []), *LINES, f"-----END {label}-----"])


def found(text: str) -> list[tuple[int, str, bytes]]:
    return list(pem.find(text.encode()))


@pytest.mark.parametrize(
    "label",
    ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
     "PGP PRIVATE KEY BLOCK"],
)  # fmt: skip
def test_any_armour_of_a_private_key_is_found(label: str) -> None:
    form = f"PEM private key ({label.removesuffix(' BLOCK')})"
    assert found("text\n" + armour(label) + "\nmore") == [(5, form, BODY.rstrip("=").encode())]


@pytest.mark.parametrize("end", ["\r\n", "\n    ", "\\n", "\\\\n", '",\n  "', '\\n" +\n  "', "\n# ", " "])
def test_the_lines_may_be_wrapped_in_any_way(end: str) -> None:
    ((_, _, secret),) = found(armour("PRIVATE KEY", end))
    assert secret == BODY.rstrip("=").encode()


def test_headers_may_stand_before_the_key() -> None:
    assert found(armour("RSA PRIVATE KEY", headers="Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011"))
    assert found(armour("PGP PRIVATE KEY BLOCK", headers="Version: 1\nComment: of a test"))


def test_armour_that_is_not_closed_is_found() -> None:
    assert found(armour("PRIVATE KEY").partition("-----END")[0])


@pytest.mark.parametrize(
    "text",
    [
        armour("PUBLIC KEY"),
        armour("CERTIFICATE"),
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n" + BODY,
        "Look for -----BEGIN EC PRIVATE KEY----- in the file, or for what comes instead.",
        'if b"-----BEGIN PRIVATE KEY-----" in content: refuse_the_whole_file(content)',
        "PRIVATE KEY\n" + BODY,
    ],
)
def test_public_armour_and_a_header_alone_are_no_key(text: str) -> None:
    assert found(text) == []
