"""How wide a text is on a terminal, and lines that are no wider than that."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_INDENT = 4  # of what goes on in the next line
_DOUBLE = "WF"  # East Asian Width (Unicode Standard Annex 11) of what takes two columns


def columns(text: str) -> int:
    """How many columns a text takes: two a letter of East Asian scripts, none a mark that combines with one."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in _DOUBLE else 1 for letter in text)


def padded(text: str, width: int, side: str = "<") -> str:
    """The text with blanks up to `width` columns: at its left side for `>`, at its right one for `<`."""
    blanks = " " * (width - columns(text))
    return blanks + text if side == ">" else text + blanks


def cut(text: str, width: int) -> str:
    """As much of the beginning as has room in `width` columns."""
    if text.isascii():
        return text[:width]
    while columns(text) > width:
        text = text[:-1]
    return text


def wrapped(line: str, width: int, indent: int | None = None) -> list[str]:
    """The line in pieces of at most `width` columns (0: any), broken between words only: a word, a number, an id, an
    amount with its unit stays whole, and is then wider by itself. What goes on is indented by `indent`, which is four
    more than the line itself unless it is said.
    """
    if not width or columns(line) <= width:
        return [line]
    start = len(line) - len(line.lstrip(" "))
    pieces, now = [], " " * start
    ahead = " " * (start + _INDENT if indent is None else indent)
    for word, gap in _words(line[start:]):
        if now.strip() and columns(now) + columns(word) > width:
            pieces.append(now.rstrip())
            now = ahead
        now += word + gap
    return [*pieces, now.rstrip()]


_UNITS = ("BTC", "sat", "sat/vB", "vB", "WU", "ppm", "USD")


def _words(line: str) -> Iterator[tuple[str, str]]:
    """Each word, a number with the unit that follows it, a day with its time, and the blanks after it."""
    at = 0
    while at < len(line):
        end = _end(line, at)
        while line[end : end + 1] == " " and _belongs(line[at:end], line[end + 1 : _end(line, end + 1)]):
            end = _end(line, end + 1)
        after = end
        while line[after : after + 1] == " ":
            after += 1
        yield line[at:end], line[end:after]
        at = after


def _end(line: str, at: int) -> int:
    end = line.find(" ", at)
    return len(line) if end < 0 else end


def _belongs(word: str, following: str) -> bool:
    """Whether the next word is the unit of a number, or the time of a day (`2026-03-01 12:00:00Z`)."""
    if word[-1:].isdecimal() and following.rstrip(".,;:)") in _UNITS:
        return True
    return following[2:3] == ":" and following[:2].isdecimal() and word[-3:-2] == "-"
