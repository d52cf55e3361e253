"""What opens the RPC interface of a node.

Source of the rule: Bitcoin Core's httprpc.cpp and rpc/request.cpp: the cookie is `__cookie__:` and 32 bytes in hex;
`rpcpassword` is an option, on the command line with one dash or two, in bitcoin.conf without; `rpcauth` is
`USER:SALT$HASH`, the HMAC-SHA256 of the password. Other programs that talk to a node keep the same password as
`rpcpass`, `rpc_password` or under a section of their own; as `auth = "USER:PASSWORD"` beside the node's `addr`, as
Liana and electrs do; or in a URL (RFC 3986, 3.2.1).

A password has no checksum. What stands there is none when it is empty, or a place that a person or a program fills in:
in brackets, a variable (`$X`, `%s`), an expression of a program, one character repeated, or a word such as `password`,
`your_password` or `changeme`; nor where a program only names the option, in quotes that end behind it. Everything else
is taken for one.
"""

from __future__ import annotations

import re

from gitbtc.keys.form import Form
from gitbtc.keys.lazily import compiled
from gitbtc.keys.tokens import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot


_ADVICE = "keep what opens the node outside the repository, and change it where it has been seen"

COOKIE = Form("RPC cookie", _ADVICE)
PASSWORD = Form("RPC password", _ADVICE)
AUTH = Form("RPC user's salted password (rpcauth)", _ADVICE)

URL = Form("password in a URL", _ADVICE)

_OPTION, _LIANAS = b"rpc", b"auth"
_SIGN = rb"[\"']?[ \t]{0,8}(?:=|:(?!=|:))[ \t]{0,8}"
# Letters that are no hex may stand behind it: in a database the next column's do.
_COOKIE = compiled(rb"__cookie__:([0-9a-fA-F]{64})(?![0-9a-fA-F])")
_PASSWORD = compiled(
    rb"(?<![a-z])rpc[_-]?pass(?:word|wd|phrase)?"
    + _SIGN
    + rb"(?:\"([^\"\r\n]{1,256})|'([^'\r\n]{1,256})|([^\s\0-\x1f\"'`\\]{1,256}))",
    re.IGNORECASE,
)
_AUTH = compiled(
    rb"rpcauth" + _SIGN + rb"[\"']?([^\s:\"'$]{1,64}:[0-9a-fA-F]{2,64}\$[0-9a-fA-F]{64})(?![0-9a-fA-F])", re.IGNORECASE
)

# The user and the password of a node's address, as far as a URL may be long.
_USERINFO = compiled(rb":(?:\\?/){2}([^\s/@:\"'<>\\]{1,64}):([^\s/@\"'<>\\]{1,256})@[\w\[.-]")
_SLASHES = (b"://", b":\\/\\/")
_LIANA = compiled(rb"\bauth[\"']?\s{0,8}[:=]\s{0,8}[\"']([^\s:\"']{1,64}):([^\s\"']{1,256})[\"']", re.IGNORECASE)
# Liana keeps it in the table, or in the object, of the node's address.
_BESIDE = compiled(rb"[\"']?\b(?:\w{1,32}_)?addr[\"']?\s{0,8}[:=]", re.IGNORECASE)
_NEAR = 256

_WORD = rb"(?:(?:your|my|some|the|a|an|rpc|bitcoin|bitcoind|core|node|strong|secure|random|long|super)[ _-]?)*"
_PLACEHOLDER = compiled(
    rb"[<{\[(].*|\$[\w{(].*|%[({].*|%[a-z](?:\W.*)?|%\w+%|\W+|\.\*.*|&lt;.*|\.\.+|\*+|\xe2\x80\xa6|!(?:secret|vault|env|ref).*"
    rb"|(.)\1*"  # one character repeated
    rb"|.*[<{][^<>{}]*[>}].*"
    rb"|[a-z_][\w.]*(?:[(\[].*|[,;)\]>]+)"  # a call, an item, an argument
    rb"|[a-z_][\w.]*\.\w*(?:pass|pw|secret)\w*[,;)\]]*"  # a member of something
    rb"|[a-z_.]*pass(?:word|wd|phrase)?"  # a variable that says what it holds
    rb"|(?:none|null|nil|true|false|str|string|&str|undefined)[,;)]*"
    rb"|"
    + _WORD
    + rb"(?:pass|password|passwd|passphrase|pw|secret|change[_-]?me|replace[_-]?me|fill[_-]?me[_-]?in|example|todo"
    + rb"|placeholder|redacted)[,;)]*",
    re.IGNORECASE | re.DOTALL,
)


def find(text: bytes) -> Iterator[Spot]:
    """Every cookie, password and rpcauth in `text`: its offset, the form, the secret."""
    for cookie in _COOKIE.finditer(text):
        yield cookie.start(), COOKIE, cookie[1].lower()
    lowered = text.lower()
    for start in places(lowered, _OPTION):
        option = _PASSWORD.match(text, start)
        password = option and (option[1] or option[2] or option[3])
        if option and password and not _is_none(password) and not _is_closed(text, start, option):
            yield start, PASSWORD, password
        user = _AUTH.match(text, start)
        if user:
            yield start, AUTH, user[1]
    for start in (place for slashes in _SLASHES for place in places(text, slashes)):
        given = _USERINFO.match(text, start)
        if given and given[1] != b"__cookie__" and not _is_none(given[2]):
            yield start, URL, given[2]
    for start in places(lowered, _LIANAS):
        auth = _LIANA.match(text, start)
        if auth and _BESIDE.search(text[max(start - _NEAR, 0) : auth.end() + _NEAR]) and not _is_none(auth[2]):
            yield start, PASSWORD, auth[2]


def _is_none(password: bytes) -> bool:
    return _PLACEHOLDER.fullmatch(password) is not None


def _is_closed(text: bytes, start: int, option: re.Match[bytes]) -> bool:
    """Whether the quote behind the option's sign ends the string that the option stands in, as where a program puts the
    line together, or looks for it.
    """
    group = 1 if option[1] else 2 if option[2] else 0
    behind = option.start(group) - 1
    quote = text[behind : behind + 1]
    if not group or quote in text[start:behind]:
        return False
    return text[text.rfind(b"\n", 0, start) + 1 : start][-_NEAR:].count(quote) % 2 == 1
