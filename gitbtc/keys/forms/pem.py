"""Private keys in textual armour.

Source of the rule: RFC 7468 (PKCS #8, and the older `RSA`, `EC`, `DSA` labels of RFC 1421 style), the `OPENSSH` label
of OpenSSH's PROTOCOL.key, RFC 9580's `PGP PRIVATE KEY BLOCK`, and the four dashes and spaces of RFC 4716, in which
SSH.com wrote private keys too. A header alone is no key (programs and manuals name it): Base64 must follow it. One of
secp256k1 is the same secret as in DER, and has the same fingerprint.
"""

from __future__ import annotations

from gitbtc.keys.form import Form
from gitbtc.keys.forms import der
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


_ADVICE = "keep the key file outside the repository, or name it in .gitignore"

_HEADER = compiled(rb"----(?:-| )BEGIN ((?:[A-Z0-9](?:-?[A-Z0-9]){0,15} ){0,4})PRIVATE KEY(?: BLOCK)?(?:-| )----")
# No line of Base64 and no header has it: the footer begins with it, or where there is none, another armour.
_END = b"----"
# What a comment or a patch begins its lines with, as far as it is no white space, quote or letter of Base64.
_MARK = rb"(?<=\n)[ \t]{0,40}(?://+|--?(?!-)|[+;%!])"
# What can stand between the header and the Base64: line ends (also as escapes, in quotes, quoted or commented out) and
# headers such as `Proc-Type: 4,ENCRYPTED`.
_BODY = compiled(
    rb"(?:"
    + _MARK
    + rb"|[\s\"'`,;|>#*()\[\]{}+\0]|\\+[nrt]?|[A-Za-z][A-Za-z-]{0,30}: [^\r\n\"\\]{0,200})*+[A-Za-z0-9+/]{16}"
)
_MARKED = compiled(rb"[ \t]*\r?\n" + _MARK)
_MARKS = compiled(_MARK)
_NOT_BASE64 = compiled(rb"\\+[nrt]|(?<=[\s\"'])\+(?=[\s\"'])|[^A-Za-z0-9+/]")
# Enough for an RSA key of 16384 bits.
_LONGEST = 16384
_PREAMBLE = 2048


def find(text: bytes) -> Iterator[Spot]:
    """Every armoured private key in `text`: its offset, the form, the key."""
    for header in _HEADER.finditer(text):
        start = header.end()
        if _BODY.match(text, start, start + _PREAMBLE):
            end = text.find(_END, start, start + _LONGEST)
            body = text[start : end if end >= 0 else start + _LONGEST]
            label = header[1].decode("ascii")
            yield header.start(), Form(f"PEM private key ({label}PRIVATE KEY)", _ADVICE), _normalised(body)


def _normalised(body: bytes) -> bytes:
    """The key of secp256k1 in the armour, as it is written in DER, or else its Base64 without the line ends."""
    from binascii import a2b_base64

    # Without a mark on its first line, the key's own letters begin the others.
    letters = _NOT_BASE64.sub(b"", _MARKS.sub(b"", body) if _MARKED.match(body) else body)
    # A last letter alone encodes no whole byte.
    whole = letters[: len(letters) - (len(letters) % 4 == 1)]
    content = a2b_base64(whole + b"=" * (-len(whole) % 4))
    return next((key for _, _, key in der.find(content)), letters)
