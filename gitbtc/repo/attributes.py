"""The attributes that tell Git which driver serves which path: a marked block in a file that is otherwise the user's.

The same block stands in `.gitattributes`, which is committed and so reaches every clone, and in `info/attributes` of
the common directory: Git reads attributes from the branch that is merged *into*, so an old branch without the file
would otherwise be merged as text in silence. The block goes to the end, where it wins over the lines above it. A block
of the same make, in `info/exclude`, keeps what killed processes leave from being staged.

One line is for every file: `* filter=gitbtc`. A path has one filter, so this line must yield to any other (git-crypt,
Git LFS), or what was encrypted would be stored in clear. It is not in `info/attributes`, which outranks all files of
the tree, but in a file that `core.attributesFile` names, which they all outrank; and a block that has it stands above
every line of its file that names a filter.

State files are `text=auto eol=lf`. The canonical form is bytes with LF, and so it lies in the work tree too, also with
`core.autocrlf=true`; and where gitbtc is not installed, an editor that writes CRLF cannot bring it into a commit. One
that was committed with CRLF is left alone until it changes, which `text` without `auto` would not do. (Git converts
line ends after the clean filter and before the smudge filter: the filter sees the file as the editor left it.)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_BEGIN = "# gitbtc begins here: kept up to date by `gitbtc install`, taken out by `gitbtc uninstall`"
_END = "# gitbtc ends here"

# How the file was before the block came, where that cannot be seen from what stands around it.
_NEW_FILE = "; there was no file"
_OPEN_LINE = "; the line above had no line end"

_BLOCK = re.compile(
    rb"^# gitbtc begins here[^\n]*?(?P<before>%b|%b)?\r?\n(?:(?!# gitbtc (?:begins|ends) here).*\n)*"
    rb"# gitbtc ends here\r?(?:\n|\Z)" % (re.escape(_NEW_FILE.encode()), re.escape(_OPEN_LINE.encode())),
    re.MULTILINE,
)
_MARKER = re.compile(rb"^# gitbtc (?:begins|ends) here", re.MULTILINE)


FILTER = "* filter=gitbtc"

_NAMES_A_FILTER = re.compile(rb"^(?!#)[^\n]*[ \t][-!]?filter(?:[=\s]|\Z)", re.MULTILINE)


def lines(paths: Mapping[str, str], sharded: Collection[str]) -> list[str]:
    """The attribute lines for `paths`: kind -> the last two parts of its files' paths, and for those of them that may
    lie in shards (`sharded`, their names). `**/` matches at the top too.
    """
    return [line for kind, path in paths.items() for line in _lines(kind, path, in_shards=kind in sharded)]


def _lines(kind: str, path: str, *, in_shards: bool) -> Iterator[str]:
    drivers = f"text=auto eol=lf diff=gitbtc-{kind} merge=gitbtc-{kind}"
    yield f"**/{path} {drivers}"
    if in_shards:
        stem, dot, ending = path.rpartition(".")
        yield f"**/{stem}/*{dot}{ending} {drivers}"


def filters_of(content: bytes) -> list[str]:
    """The lines of `content`, a file of attributes, that name a filter."""
    return [line.decode("utf-8", "surrogateescape") for line in content.splitlines() if _NAMES_A_FILTER.search(line)]


def with_block(content: bytes | None, wanted: Sequence[str], where: str) -> bytes:
    """`content` (None: no such file) with the block of the lines `wanted`, in its place or else at the end.

    One that has the line for every file goes above all others where another filter stands above it. All other bytes
    stay. The block's lines end like the file's first line. GitbtcError, naming `where`, when the
    markers are not one pair.
    """
    found = _find(content or b"", where)
    above = (content or b"")[: found.start() if found else None]
    if content is not None and FILTER in wanted and _NAMES_A_FILTER.search(above):
        others = without_block(content, where) or b""
        return _block(wanted, "", _line_end(others)) + others
    if content is None or found is None:
        before, note = content or b"", _note(content)
        line_end = _line_end(before)
        return before + (line_end if note == _OPEN_LINE else b"") + _block(wanted, note, line_end)
    note = (found["before"] or b"").decode()
    return content[: found.start()] + _block(wanted, note, _line_end(content)) + content[found.end() :]


def without_block(content: bytes, where: str) -> bytes | None:
    """`content` as it was before the block came; None when there was no file and nothing else has been added.

    GitbtcError, naming `where`, when the markers are not one pair.
    """
    found = _find(content, where)
    if found is None:
        return content
    before, after, note = content[: found.start()], content[found.end() :], (found["before"] or b"").decode()
    if note == _OPEN_LINE and not after:
        before = before.removesuffix(_line_end(found[0]))
    return None if note == _NEW_FILE and not before + after else before + after


def has_block(content: bytes | None, where: str) -> bool:
    """Whether a block stands in `content`. GitbtcError, naming `where`, when the markers are not one pair."""
    return content is not None and _find(content, where) is not None


def up_to_date(content: bytes | None, wanted: Sequence[str], where: str) -> bool:
    """Whether `content` holds the block of the lines `wanted`; whether they end in LF or CRLF makes no difference."""
    if not has_block(content, where) or content is None:
        return False
    return with_block(content, wanted, where).replace(b"\r\n", b"\n") == content.replace(b"\r\n", b"\n")


def _find(content: bytes, where: str) -> re.Match[bytes] | None:
    found = _BLOCK.search(content)
    if len(_MARKER.findall(content)) != (2 if found else 0):
        raise GitbtcError(
            f"{where}: the lines `# gitbtc begins here` and `# gitbtc ends here` are not one pair any more;"
            " delete them and what stands between them, then run `gitbtc install`"
        )
    return found


def _note(content: bytes | None) -> str:
    if content is None:
        return _NEW_FILE
    return _OPEN_LINE if content and not content.endswith(b"\n") else ""


def _block(wanted: Sequence[str], note: str, line_end: bytes) -> bytes:
    return b"".join(line.encode() + line_end for line in [_BEGIN + note, *wanted, _END])


def _line_end(content: bytes) -> bytes:
    return b"\r\n" if content.partition(b"\n")[0].endswith(b"\r") else b"\n"
