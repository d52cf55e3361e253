"""Text without its escapes: the other ways to write a character that strings, pages, addresses and mails have.

Undone in the order in which programs put them around one another, from the outside in: quoted-printable (RFC 2045,
6.7), a line that goes on behind a backslash, the escapes of strings (JSON, C, Python, shells), the references of HTML
and XML, and percent-encoding (RFC 3986, 2.1; a `+` is a blank in the values of a query). One behind the other, so that
an address in a page in a mail is read too. A character beyond ASCII may be written as its number or as its bytes in
UTF-8.

No escape becomes a line end or a quote, and no line end is lost: a line of the text without escapes is the same line of
the file, and a string the same string.
"""

from __future__ import annotations

import re
from operator import ne

from gitbtc.keys.lazily import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# An escape of JSON, C or Python behind any number of backslashes: JSON in the strings of JSON doubles them.
_ESCAPE = compiled(
    rb"\\(\\*)(?:u[dD]([89abAB][0-9a-fA-F]{2})\\{1,16}u[dD]([c-fC-F][0-9a-fA-F]{2})"
    rb"|(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2}))|([0-3][0-7]{2})"
    rb"|([nrtfb\"/]?))"
)
# Bytes beyond ASCII, two at least, in hex or octal.
_BYTES = compiled(rb"(?<!\\)(?:\\{1,16}(?:x[89a-fA-F][0-9a-fA-F]|[23][0-7]{2})){2,}")
# A backslash is found many times faster than one that none stands before.
_TWO_BYTES = compiled(rb"\\(?:x[89a-fA-F][0-9a-fA-F]|[23][0-7]{2})\\")
_BYTE = compiled(rb"\\+(?:x(..)|(...))")

# A reference by its number or by a name: those of accents, blanks and the signs that pages cannot hold otherwise.
_REFERENCE = compiled(rb"&(?:#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}))|([A-Za-z][A-Za-z0-9]{1,23}));")

# What a text has in one piece with such a code in it, from its beginning on.
_ENCODED = compiled(rb"(?<![^\s\"'<>])[^\s\"'<>%]*+%[^\s\"'<>]*+")
_PERCENT = compiled(rb"%(?:([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")
# An address in the query of an address in the query of one.
_DEEPEST = 3
# The values of a query with a blank: `+` stands for it, and for itself in Base64 that is not encoded.
_QUERY = compiled(rb"[?&][\w.~-]{1,64}=[^\s&\"'<>+]{1,256}\+[^\s&\"'<>]*+")

# Calendars, address books (RFC 5545, 3.1; RFC 6350, 3.2) and directories (RFC 2849) fold a line before a blank.
_FOLDING = (b"BEGIN:V", b"\ndn: ")
# Between strings that a program joins, the sign at a line's end or at its beginning.
_JOINED = compiled(rb"([\"'`])[ \t]{0,8}(?:\r?\n)?[ \t]{0,40}\+[ \t]{0,8}(?:\r?\n)?[ \t]{0,40}\1")
# What an address in an address has there, whose own `+` were encoded: then it may be one, but not between words.
_QUERY_OF_WORDS = compiled(rb"[?&][\w.~-]{1,64}=[A-Za-z\x80-\xff]{1,64}(?:\+[A-Za-z\x80-\xff]{1,64}){2,}+")
# What begins like an escape and may be the end of one word and the beginning of another.
# The sign comes first, which is seldomer than a letter.
_WITHIN_WORDS = compiled(
    rb"[=\\%\"'`](?<=[a-z\x80-\xff].)"
    rb"(?:(?<=[=\\])\r?\n|(?<=%)[0-9]?[a-f]{1,2}|(?<=[\"'`])\s{0,40}\+\s{0,40}[\"'`])[a-z\x80-\xff]",
    re.IGNORECASE,
)
# A line that goes on (RFC 2045, 6.7, rule 5), as long as programs make it: the padding of Base64 ends shorter ones.
_SOFT = compiled(rb"(?m)^[^\r\n]{56,75}=\r?$")
_PRINTABLE_CODE = compiled(rb"=([0-9A-F]{2})")

# So many lines beside one that is shown are, too: of a text of so few, all.
_BESIDE, _FEW = 2, 16


def unescaped(content: bytes) -> bytes | None:
    """`content` with escapes undone, anywhere in it; None when it has none."""
    plain = content
    if any(sign in plain for sign in _FOLDING):
        plain = _continued(plain.replace(b"\r\n", b"\n"), b"\n ")
    if b"=3D" in plain or ((b"=\n" in plain or b"=\r\n" in plain) and _SOFT.search(plain)):
        plain = _PRINTABLE_CODE.sub(_coded, _continued(plain, b"=\n"))
    if b"+" in plain:
        plain = _JOINED.sub(_join, plain)
    if b"\\" in plain:
        plain = _backslashed(_continued(plain, b"\\\n"))
    if b"&" in plain:
        plain = _dereferenced(plain)
    if b"+" in plain and b"=" in plain:
        plain = _in_lines(plain, b"+", lambda line: _QUERY.sub(_spaced, line) if b"=" in line else line)
    if b"%" in plain and _PERCENT.search(plain):
        plain = _in_lines(plain, b"%", lambda line: _ENCODED.sub(_decoded, line) if _PERCENT.search(line) else line)
        plain = _in_lines(plain, b"+", lambda line: _QUERY_OF_WORDS.sub(_spaced, line))
    return None if plain is content or plain == content else plain


def hiding(content: bytes) -> Iterator[int]:
    """Where undoing the escapes of `content` may join or eat words that stand in it as they are."""
    return (found.start() for found in _WITHIN_WORDS.finditer(content))


def changed(content: bytes, plain: bytes) -> bytes:
    """Of `plain`, `content` without its escapes, the lines that are not as they were, and those beside them; a point
    stands for each of the others.
    """
    lines = plain.split(b"\n")
    differ = bytes(map(ne, content.split(b"\n"), lines))
    if len(lines) < _FEW:
        return plain
    shown = [b"."] * len(lines)
    at = differ.find(1)
    while at >= 0:
        shown[max(at - _BESIDE, 0) : at + _BESIDE + 1] = lines[max(at - _BESIDE, 0) : at + _BESIDE + 1]
        at = differ.find(1, at + 1)
    return b"\n".join(shown)


def around(content: bytes, places: Iterable[int], reach: int) -> bytes:
    """The lines of `content` within `reach` bytes of the `places`, which are in order; a point stands for each of the
    others.
    """
    pieces: list[bytes] = []
    done = 0
    for place in places:
        start = max(content.rfind(b"\n", done, max(place - reach, done)) + 1, done)
        end = content.find(b"\n", min(max(place + reach, done), len(content)))
        end = end + 1 if end >= 0 else len(content)
        if end > done:
            pieces += [b".\n" * content.count(b"\n", done, start), content[start:end]]
            done = end
    return b"".join(pieces)


def lines_with(content: bytes, sign: bytes) -> Iterator[tuple[int, int]]:
    """Where the lines begin and end that have `sign` in them."""
    at = content.find(sign)
    end = 0
    while at >= 0:
        start = content.rfind(b"\n", end, at) + 1 or end
        end = content.find(b"\n", at)
        end = end if end >= 0 else len(content)
        yield start, end
        at = content.find(sign, end)


def _in_lines(content: bytes, sign: bytes, mended: Callable[[bytes], bytes]) -> bytes:
    """The lines with `sign` in them mended: a search through all lines would take several times as long."""
    pieces: list[bytes] = []
    done = 0
    for start, end in lines_with(content, sign):
        line = content[start:end]
        plain = mended(line)
        if plain is not line:
            pieces += [content[done:start], plain]
            done = end
    return b"".join([*pieces, content[done:]]) if pieces else content


# -- lines that go on ----------------------------------------------------------------------------------------------


def _continued(content: bytes, end: bytes) -> bytes:
    """The lines that end in `end` with the next one, and behind that as many line ends."""
    other = end.replace(b"\n", b"\r\n")
    if end not in content and other not in content:
        return content
    pieces = content.replace(other, end).split(end)
    joined, owed = [pieces[0]], 0
    for piece in pieces[1:]:
        owed += 1
        line, newline, rest = piece.partition(b"\n")
        joined.append(line)
        if newline:
            joined += [b"\n" * owed, newline, rest]
            owed = 0
    return b"".join([*joined, b"\n" * owed])


def _join(between: re.Match[bytes]) -> bytes:
    """What stands between two strings that a program joins, as the end of a line that goes on."""
    return b"\\\n" * between[0].count(b"\n")


# -- characters ----------------------------------------------------------------------------------------------------


def _backslashed(content: bytes) -> bytes:
    if _TWO_BYTES.search(content):
        content = _in_lines(content, b"\\", lambda line: _BYTES.sub(_together, line))
    plain = _ESCAPE.sub(_plain, content)
    # A backslash may have been written as an escape in its turn.
    return _ESCAPE.sub(_plain, plain) if b"\\u" in plain or b"\\x" in plain else plain


def _together(escapes: re.Match[bytes]) -> bytes:
    """Bytes beyond ASCII that are characters together; else as they stand, to be read as one character each."""
    digits = _BYTE.findall(escapes[0])
    encoded = bytes(int(hexadecimal, 16) if hexadecimal else int(octal, 8) for hexadecimal, octal in digits)
    try:
        encoded.decode("utf-8")
    except UnicodeDecodeError:
        return escapes[0]
    return encoded


def _plain(escape: re.Match[bytes]) -> bytes:
    others, high, low, *codes, octal, mark = escape.groups()
    if high:
        return _character(0x10000 + (int(high, 16) - 0x800 << 10) + int(low, 16) - 0xC00)
    code = next(filter(None, codes), None)
    if code:
        return _character(int(code, 16))
    if octal:
        return _character(int(octal, 8))
    if mark == b'"':
        return b' "' if len(others) % 2 else b"'"
    if mark == b"/":
        return mark
    # One backslash before any other letter is none of these escapes; two are one that was escaped.
    return b" " if mark or others else b"\\"


def _dereferenced(content: bytes) -> bytes:
    plain = _REFERENCE.sub(_referred, content)
    # A page that is shown in a page has its `&` as `&amp;`.
    return _REFERENCE.sub(_referred, plain) if plain != content and b"&" in plain else plain


def _referred(reference: re.Match[bytes]) -> bytes:
    hexadecimal, decimal, name = reference.groups()
    if not name:
        return _character(int(hexadecimal, 16) if hexadecimal else int(decimal))
    from html.entities import html5

    characters = html5.get(name.decode("ascii") + ";")
    if characters == '"':
        return b"'"
    return reference[0] if characters is None else b"".join(map(_character, map(ord, characters)))


def _coded(code: re.Match[bytes]) -> bytes:
    """A byte in two hex digits, or a character in four."""
    number = int(next(filter(None, code.groups())), 16)
    return bytes([number]) if len(code[0]) == 3 and number > 0x7F else _character(number)


def _decoded(encoded: re.Match[bytes]) -> bytes:
    plain = encoded[0]
    for _ in range(_DEEPEST):
        if not _PERCENT.search(plain):
            break
        plain = _PERCENT.sub(_coded, _QUERY.sub(_spaced, plain))
    return plain


def _spaced(query: re.Match[bytes]) -> bytes:
    return query[0].replace(b"+", b" ")


def _character(number: int) -> bytes:
    if number > 0x10FFFF or chr(number) in '\n"':
        return b" "
    return chr(number).encode("utf-8", "replace")
