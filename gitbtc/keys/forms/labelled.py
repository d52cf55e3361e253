"""Secrets without a form of their own, told by the name that stands before them.

16 to 64 bytes in hex or Base64 (a seed, a private key, a preimage, the root of a shachain) look like a hash. Where the
name of a member, a setting or a variable says that they are secret, they are; where 32 of them stand in what somebody
wrote freely (a label, a note), they may be a private key or the txid of something, and are told as a warning; anywhere
else they are left alone. A name is read as its words, whether they are joined by case, `_`, `-` or `.`: `hdSeed`,
`HSM_SECRET`, `wallet.privkey`. One that goes on to say that it is the public side, a hash or a place is none:
`private_key_path`, `preimageHash`, `seed_node`; neither is a value of zeros, which programs write for a secret that
they do not have.

Source of the names: keys.md of the project lists their stems; the rest are those of Bitcoin Core's, LND's, Core
Lightning's, LDK's, Electrum's and BDK's interfaces.
"""

from __future__ import annotations

from functools import lru_cache

from gitbtc.keys.form import WARN, Form
from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot

ANCHORS: tuple[bytes, ...] = ()

FORM = Form("secret, by the name it stands under", "keep it in a wallet, or name it for what it is if it is no secret")
POSSIBLE = Form(
    "32 bytes in a free text",
    "a private key looks like this; if it is a transaction or a hash, there is nothing to do",
    WARN,
)

# Searching one character class is several times faster by `translate` and `find` than by a regular expression.
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_CLASSES = bytes(ord("T") if byte in _LETTERS else ord(" ") for byte in range(256))
# 16 bytes in Base64, the shortest secret.
_LEAST = b"T" * 22
_LONGEST = 130

_HEX = b"0123456789abcdefABCDEF"
_SIZES = range(16, 65)
_KEY_SIZE = 32
_PLAIN_BASE64 = bytes.maketrans(b"-_", b"+/")
# Seeds, keys and hashes have whole words of 32 bits; WIF and other keys in Base58, read as Base64, never do.
_BASE64_SIZES = range(16, 65, 4)
# Base64 of random bytes changes between capitals, small letters, digits and signs at two in three of its letters, a
# name made of words at one in three.
_KINDS = bytes(
    ord("A")
    if chr(byte).isupper()
    else ord("a")
    if chr(byte).islower()
    else ord("0")
    if chr(byte).isdigit()
    else ord("+")
    for byte in range(128)
) + bytes(128)
_CHANGES = 0.4
# The hash of a block begins so, and by chance no secret does.
_BLOCK_HASH = b"00000000"

# What stands before a value, read from its end: a quote, a bracket, a call such as `bytes.fromhex(`, the sign, a remark
# such as `(hex)`, the index of an item, and the name: in quotes, or one word with up to three before it.
_BEFORE = compiled(
    rb"[\"'`]?[rbu]{0,2}[\[{ \t]{0,4}(?:\([\w.!]{1,32})?[ \t]{0,16}(?:=:|>=|[:=])[ \t]{0,16}"
    rb"(?:\)[\w ]{1,16}\([ ]?)?(?:\]\w{0,8}\[|\])?"
    rb"(?:[\"'`]([^\"'`\r\n]{1,64})[\"'`]|([\w.$-]{1,64}(?: [A-Za-z]{1,16}){0,3}))"
)
_REACH = 256
# The same for a string of which the value is a part.
_MEMBER = compiled(rb"\"\s{0,16}:\s{0,16}\"([\w -]{1,64})\"")

# What has a secret of its own in its query, and a family of its own.
_SCHEMES = (b"nostr+walletconnect:", b"bunker:")

_BREAK = compiled(rb"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
_SECRET = compiled(
    rb"priv(?!ac|il)|secret(?!ar|s ?manager)|seed(?!er|ing|ling)|entropy|pre ?image|\bhsm\b|hsm ?secret|shachain"
    rb"|mnemonic|pass ?phrase|\bsec ?key|\bprv\b|prv ?key|\bsk\b|\bwif\b|(?:signing|deployer|blinding) ?key"
)
# Said after the secret, or before it: it is not the secret itself.
_NOT_ITSELF = compiled(
    rb"pub|hash|sha ?[0-9]|digest|md5|check ?sum|finger ?print|commitment|signature|encoding"
    rb"|\b(?:id|ids|uuid|guid|name|names|path|paths|file|files|filename|dir|url|uri|arn|ref|refs|node|nodes|peer|peers|host"
    rb"|hosts|server|servers|address|addresses|addr|addrs|point|points|version|type|kind|script|descriptor|txid|outpoint"
    rb"|sig|alias|label|salt|nonce|iv|algorithm|algo|policy|manager)\b"
)
_OF_A_SECRET = compiled(
    rb"hashed|(?:hash|digest|check ?sum|finger ?print|sha ?[0-9]+|md5) of\b|\b(?:sha ?[0-9]+|md5)\b|hash ?seed"
)
_PUBLIC = compiled(rb"\b[a-z]{0,4}pub(?:lic|key)?\b")
# How prose goes on after naming a secret.
_ITSELF = frozenset([b"key", b"keys", b"hex", b"bytes", b"base64", b"phrase", b"exponent", b"scalar"])
_FREE = frozenset([b"label", b"note", b"alias", b"source", b"name"])


def find(text: bytes) -> Iterator[Spot]:
    """Every such secret in `text`: its offset, FORM or POSSIBLE, its bytes in hex."""
    shape = text.translate(_CLASSES)
    start = shape.find(_LEAST)
    while start >= 0:
        end = shape.find(b" ", start)
        end = len(text) if end < 0 else end
        if end - start <= _LONGEST:
            yield from _judged(text, start, end)
        start = shape.find(_LEAST, end)


def _judged(text: bytes, start: int, end: int) -> Iterator[Spot]:
    secret = _decoded(text[start:end])
    if secret is None or not any(secret):
        return
    form = _form(text, start, end, secret)
    if form:
        yield start, form, secret.hex().encode("ascii")


def _decoded(token: bytes) -> bytes | None:
    """The 16 to 64 bytes that `token` is in hex or in Base64, or None."""
    digits = token[2:] if token[:2] in {b"0x", b"0X"} else token
    if not digits.translate(None, _HEX):
        return bytes.fromhex(digits.decode("ascii")) if len(digits) % 2 == 0 and len(digits) // 2 in _SIZES else None
    if token.islower() or token.isupper():
        return None
    return _from_base64(token)


def _from_base64(token: bytes) -> bytes | None:
    from binascii import a2b_base64, b2a_base64

    plain = token.translate(_PLAIN_BASE64)
    if len(plain) % 4 == 1 or len(plain) * 3 // 4 not in _BASE64_SIZES or not _is_mixed(plain):
        return None
    decoded = a2b_base64(plain + b"=" * (-len(plain) % 4))
    # The bits that are left over are zero.
    return decoded if b2a_base64(decoded, newline=False).rstrip(b"=") == plain else None


def _is_mixed(token: bytes) -> bool:
    kinds = token.translate(_KINDS)
    changes = sum(map(int.__ne__, kinds, kinds[1:]))
    return changes > _CHANGES * len(token)


def _form(text: bytes, start: int, end: int, secret: bytes) -> Form | None:
    ahead = text[max(start - _REACH, 0) : start]
    said = _BEFORE.match(ahead[::-1])
    name = (said[1] or said[2])[::-1] if said else b""
    is_quoted = said is not None and said[1] is not None
    if _is_secret(name, is_quoted) and not any(scheme in ahead for scheme in _SCHEMES):
        return FORM
    if len(secret) != _KEY_SIZE or text.startswith(_BLOCK_HASH, start) or text[end : end + 1] == b".":
        return None
    is_free = (is_quoted and _is_free(name)) if said else _is_in_free_text(ahead)
    return POSSIBLE if is_free else None


def _is_in_free_text(ahead: bytes) -> bool:
    """Whether the string that `ahead` breaks off in is the value of a member for free text."""
    quote = ahead.rfind(b'"')
    member = _MEMBER.match(ahead[quote::-1]) if quote >= 0 else None
    return member is not None and _is_free(member[1][::-1])


def _is_free(name: bytes) -> bool:
    return _words(name).rpartition(b" ")[2] in _FREE


def _words(name: bytes) -> bytes:
    return _BREAK.sub(b" ", name).lower().strip()


@lru_cache(maxsize=4096)
def _is_secret(name: bytes, is_quoted: bool) -> bool:  # noqa: FBT001 - a cached function's arguments stand by place
    """Whether `name` is that of a secret; one without quotes may be the end of a sentence."""
    words = _words(name)
    stem = _SECRET.search(words)
    if stem and not stem[0].startswith(b"priv") and _PUBLIC.search(words, 0, stem.start()):
        return False  # whose passphrase it belongs to
    if not stem or _NOT_ITSELF.search(words, stem.end()) or _OF_A_SECRET.search(words):
        return False
    last = _words(name.rpartition(b" ")[2])
    return is_quoted or bool(_SECRET.search(last)) or last in _ITSELF
