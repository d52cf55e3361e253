"""Private keys in armour."""

from __future__ import annotations

import base64

import ecdsa
import pytest

from gitbtc.keys.forms import pem

BODY = base64.b64encode(bytes(range(138))).decode()
LINES = [BODY[start : start + 64] for start in range(0, len(BODY), 64)]


def armour(label: str, end: str = "\n", headers: str = "") -> str:
    return end.join([f"-----BEGIN {label}-----", *([headers, ""] if headers else []), *LINES, f"-----END {label}-----"])


def found(text: str) -> list[tuple[int, str, bytes]]:
    return [(offset, form.name, secret) for offset, form, secret in pem.find(text.encode())]


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


@pytest.mark.parametrize("mark", ["// ", "//", "-", "+", " ", "; ", "-- ", "% ", " * ", "> ", "    "])
def test_marks_of_comments_and_patches_are_no_part_of_it(mark: str) -> None:
    for scalar in range(1, 33):
        plain = ecdsa.SigningKey.from_string(bytes([scalar]) * 32, curve=ecdsa.SECP256k1).to_pem().decode()
        marked = "\n".join(mark + line for line in plain.splitlines())
        assert [secret for _, _, secret in found("x\n" + marked)] == [bytes([scalar]).hex().encode() * 32]
        assert [secret for _, _, secret in found(plain)] == [bytes([scalar]).hex().encode() * 32]


def test_headers_may_stand_before_the_key() -> None:
    assert found(armour("RSA PRIVATE KEY", headers="Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011"))
    assert found(armour("PGP PRIVATE KEY BLOCK", headers="Version: 1\nComment: of a test"))


def test_armour_that_is_not_closed_is_found() -> None:
    assert found(armour("PRIVATE KEY").partition("-----END")[0])


def test_a_key_of_secp256k1_is_the_same_secret_as_in_der() -> None:
    scalar = bytes(range(1, 33))
    signing = ecdsa.SigningKey.from_string(scalar, curve=ecdsa.SECP256k1)
    for form in ("ssleay", "pkcs8"):
        ((_, _, secret),) = found(signing.to_pem(format=form).decode())
        assert secret == scalar.hex().encode()


def test_armour_of_four_dashes_is_found() -> None:
    text = armour("SSH2 ENCRYPTED PRIVATE KEY").replace("-----BEGIN", "---- BEGIN").replace("-----\n", " ----\n")
    assert [form for _, form, _ in found(text)] == ["PEM private key (SSH2 ENCRYPTED PRIVATE KEY)"]


def test_each_of_two_that_are_not_closed_has_its_own_content() -> None:
    first, second = (armour("PRIVATE KEY").partition("-----END")[0] for _ in range(2))
    assert [secret for _, _, secret in found(first + second)] == [BODY.rstrip("=").encode()] * 2


@pytest.mark.parametrize(
    "unit", ["-----BEGIN PRIVATE KEY-----", f"-----BEGIN PRIVATE KEY-----{BODY[:16]}", "-----BEGIN A A "]
)
def test_a_text_of_one_thing_repeated_is_read_to_its_end(unit: str) -> None:
    found(unit * (2**20 // len(unit)))


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


def test_two_armours_without_a_key_between_are_none() -> None:
    """Programs name the first line and the last, one behind the other."""
    lines = ["-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----", "aes256ctrhmacsha2x16"]
    assert found("".join(lines)) == found("\n".join(lines)) == []
