"""A commit message as Git reads it: which of its lines are trailers, and where more of them go.

The rules are those of `git log --format='%(trailers:only,unfold)'` where nothing is configured, which are those of `git
interpret-trailers --parse --no-divider`: the last paragraph, if it is not the first, in which each line is a trailer,
or one is Git's own and at least a quarter are trailers. Comments, blank lines and the old list of conflicts at its end
do not count, nor does what follows a line of scissors or a NUL. Someone's `trailer.separators` or `core.commentChar`
does not change what a commit says: whoever reads it must find the same.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COMMENT = "#"
SCISSORS = f" {'-' * 24} >8 {'-' * 24}"  # after the sign of a comment
_GITS_OWN = ("Signed-off-by: ", "(cherry picked from commit ")
_CONFLICTS = "Conflicts:"  # files follow, each behind a tab
_SPACE = " \t\r\n"  # to Git, in whatever locale
_WHITE = tuple(_SPACE)
_TRAILER = re.compile(r"([0-9A-Za-z-]+)[ \t]*:")
_FOLD = re.compile(r"\n[ \t\r\n]*")


def trailers(message: str) -> list[tuple[str, str]]:
    """(token, value) of each trailer of a stored message, in its order; a value that was folded is one line."""
    lines = _shown(message)
    lines = lines[: _end(lines, COMMENT)]
    found: list[tuple[str, str]] = []
    open_ = False  # whether a line that begins with white space belongs to a trailer
    for line in lines[_begin(lines, COMMENT) :]:
        if open_ and line.startswith(_WHITE):
            token, value = found[-1]
            found[-1] = token, f"{value}\n{line}"
            continue
        match = _TRAILER.match(line)
        open_ = match is not None
        if match:
            found.append((match[1], line[match.end() :]))
    return [(token, _FOLD.sub(" ", value.strip(_SPACE)).strip(_SPACE)) for token, value in found]


def with_trailers(text: str, added: Iterable[str], comment: str = COMMENT) -> str:
    """`text`, a message or the file of one in the making, with the lines of `added` that are not there yet among its
    trailers; lines that begin with `comment` stay behind them.
    """
    lines = text.split("\n")
    end = _end(lines, comment)
    body, rest = lines[:end], lines[end:]
    begin = _begin(body, comment)
    gap = [] if begin < end else [""]
    new = [line for line in dict.fromkeys(added) if line not in body[begin:]]
    return "\n".join([*body, *gap, *new, *(rest or [""])]) if new else text


def without_comments(text: str, comment: str) -> str:
    """What Git's `--cleanup=strip` leaves of the file of a message, but for the blank lines."""
    lines = text.split("\n")
    return "\n".join(line for line in lines[: _cut(lines, comment)] if not line.startswith(comment))


# -- lines -------------------------------------------------------------------------------------------------------------


def _shown(message: str) -> list[str]:
    """The lines of a stored message that Git shows: none behind a NUL, and no blank ones above the title."""
    lines = message.partition("\0")[0].split("\n")
    first = next((at for at, line in enumerate(lines) if not _is_blank(line)), len(lines))
    return lines[first:]


def _is_blank(line: str) -> bool:
    return not line.strip(_SPACE)


def _cut(lines: Sequence[str], comment: str) -> int:
    """How many lines stand before the scissors."""
    scissors = comment + SCISSORS
    return lines.index(scissors) if scissors in lines[:-1] else len(lines)


def _end(lines: Sequence[str], comment: str) -> int:
    """How many lines are left without the comments, blank lines and conflicts that end a message."""
    cut = _cut(lines, comment)
    begin, in_conflicts = 0, False  # of the run that ends at the line looked at; 0: there is none
    for at, line in enumerate(lines[:cut]):
        is_heading = line == _CONFLICTS and at + 1 < len(lines)  # with its line end
        in_conflicts = in_conflicts or is_heading
        if not line or line.startswith(comment) or is_heading:
            begin = begin or at
        elif begin and not (in_conflicts and line.startswith("\t")):
            begin, in_conflicts = 0, False
    return begin or cut


def _begin(lines: Sequence[str], comment: str) -> int:
    """Where the trailers begin in the lines of a message without its end; behind the last line when it has none."""
    title = next((at for at, line in enumerate(lines) if _is_blank(line) and not line.startswith(comment)), len(lines))
    trailers = others = folded = 0
    has_gits_own = has_begun = False
    for at in range(len(lines) - 1, title - 1, -1):
        line = lines[at]
        if line.startswith(comment):
            others, folded = others + folded, 0  # what was folded hangs on nothing
            continue
        if _is_blank(line) and has_begun:
            others += folded
            is_block = trailers * 3 >= others if has_gits_own else trailers and not others
            return at + 1 if is_block else len(lines)
        if _is_blank(line):
            continue
        has_begun = True
        if line.startswith(_GITS_OWN) or _TRAILER.match(line):
            trailers, folded = trailers + 1, 0
            has_gits_own = has_gits_own or line.startswith(_GITS_OWN)
        elif line.startswith(_WHITE):
            folded += 1
        else:
            others, folded = others + folded + 1, 0
    return len(lines)
