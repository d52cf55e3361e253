"""What opens the RPC interface of a node.

Source of the rule: Bitcoin Core's httprpc.cpp and rpc/request.cpp: the cookie is `__cookie__:` and 32 bytes in hex;
`rpcpassword` is an option, on the command line with one dash or two, in bitcoin.conf without; `rpcauth` is
`USER:SALT$HASH`, the HMAC-SHA256 of the password. Other programs that talk to a node keep the same password as
`rpcpass`, `rpc_password` or under a section of their own.

A password has no checksum. What stands there is none when it is empty, or a place that a person or a program fills in:
in brackets, a variable (`$X`, `%s`), an expression of a program, one character repeated, or a word such as `password`,
`your_password` or `changeme`. Everything else is taken for one.
"""

from __future__ import annotations

import re

from gitbtc.keys.form import Form

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot

ANCHORS = (b"__cookie__:", b"rpcpass", b"rpc_pass", b"rpc-pass", b"rpcauth")

_ADVICE = "keep what opens the node outside the repository, and change it where it has been seen"

COOKIE = Form("RPC cookie", _ADVICE)
PASSWORD = Form("RPC password", _ADVICE)
AUTH = Form("RPC user's salted password (rpcauth)", _ADVICE)

_OPTION = b"rpc"
_SIGN = rb"[\"']?[ \t]{0,8}(?:=|:(?!=|:))[ \t]{0,8}"
_COOKIE = re.compile(rb"__cookie__:([0-9a-fA-F]{64})(?![0-9a-zA-Z])")
_PASSWORD = re.compile(
    rb"(?<![a-z])rpc[_-]?pass(?:word|wd|phrase)?"
    + _SIGN
    + rb"(?:\"([^\"\r\n]{1,256})|'([^'\r\n]{1,256})|([^\s\0-\x1f\"'`\\]{1,256}))",
    re.IGNORECASE,
)
_AUTH = re.compile(
    rb"rpcauth" + _SIGN + rb"[\"']?([^\s:\"'$]{1,64}:[0-9a-fA-F]{2,64}\$[0-9a-fA-F]{64})(?![0-9a-zA-Z])", re.IGNORECASE
)

_WORD = rb"(?:(?:your|my|some|the|a|an|rpc|bitcoin|bitcoind|core|node|strong|secure|random|long|super)[ _-]?)*"
_PLACEHOLDER = re.compile(
    rb"[<{\[(].*|\$[\w{(].*|%[sdr({].*|%\w+%|&lt;.*|\.\.+|\*+|\xe2\x80\xa6|!(?:secret|vault|env|ref).*"
    rb"|(.)\1*"  # one character repeated
    rb"|.*[<{][^<>{}]*[>}].*"
    rb"|[a-z_][\w.]*(?:[(\[].*|[,;)\]>]+)"  # a call, an item, an argument
    rb"|[a-z_][\w.]*\.\w*(?:pass|pw|secret)\w*[,;)\]]*"  # a member of something
    rb"|(?:none|null|nil|true|false|str|string|&str|undefined)[,;)]*"
    rb"|"
    + _WORD
    + rb"(?:pass|password|passwd|passphrase|pw|secret|changeme|change[_-]me|example|placeholder|redacted)[,;)]*",
    re.IGNORECASE | re.DOTALL,
)


def find(text: bytes) -> Iterator[Spot]:
    """Every cookie, password and rpcauth in `text`: its offset, the form, the secret."""
    for cookie in _COOKIE.finditer(text):
        yield cookie.start(), COOKIE, cookie[1].lower()
    for start in _options(text):
        option = _PASSWORD.match(text, start)
        password = option and (option[1] or option[2] or option[3])
        if password and not _PLACEHOLDER.fullmatch(password):
            yield start, PASSWORD, password
        user = _AUTH.match(text, start)
        if user:
            yield start, AUTH, user[1]


def _options(text: bytes) -> Iterator[int]:
    """Where options of RPC can begin: searched without an expression, which would be many times slower."""
    lowered = text.lower()
    start = lowered.find(_OPTION)
    while start >= 0:
        yield start
        start = lowered.find(_OPTION, start + 1)
