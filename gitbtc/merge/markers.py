"""Conflict markers around single records: written by the merge driver, read back when a conflict is settled."""

from __future__ import annotations

from gitbtc.kinds.codec import Malformed, encode_lines, keyed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.frame import Frame
    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.merge.conflict import Conflict


class Style:
    """How markers look: their length, whether the base is shown (`merge.conflictStyle` diff3 or zdiff3), the names."""

    __slots__ = ("base_name", "ours_name", "show_base", "size", "theirs_name")

    def __init__(self, size: int = 7, *, show_base: bool = True, ours: str = "ours", base: str = "base",
                 theirs: str = "theirs") -> None:  # fmt: skip
        self.size = size
        self.show_base = show_base
        self.ours_name = ours
        self.base_name = base
        self.theirs_name = theirs


def render(conflict: Conflict, style: Style, frame: Frame) -> bytes:
    """The conflict as it stands in the file. The base is always shown when both sides are empty: it is all there is."""
    show_base = style.show_base or (conflict.ours is None and conflict.theirs is None)
    ours, base, theirs = (
        b"" if line is None else line + frame.end for line in (conflict.ours, conflict.base, conflict.theirs)
    )
    parts = [_marker(b"<", style.size, style.ours_name), ours]
    if show_base:
        parts += [_marker(b"|", style.size, style.base_name), base]
    parts += [_marker(b"=", style.size, ""), theirs, _marker(b">", style.size, style.theirs_name)]
    return b"".join(parts)


def _marker(sign: bytes, size: int, name: str) -> bytes:
    return sign * size + (b" " + name.encode() if name else b"") + b"\n"


class Hunk:
    """One conflict as it stands in a file: the lines of each side, and where the hunk begins and ends in the text."""

    __slots__ = ("base", "end", "ours", "start", "theirs")

    def __init__(self, start: int) -> None:
        self.start = start
        self.end = start
        self.ours: list[bytes] = []
        self.base: list[bytes] = []
        self.theirs: list[bytes] = []


def hunks(content: bytes) -> Iterator[Hunk]:
    """The conflicts that stand in `content`, whatever the length of their markers. An unclosed one ends it."""
    hunk: Hunk | None = None
    side: list[bytes] = []
    size, offset = 0, 0
    for line in content.splitlines(keepends=True):
        sign, length = line[:1], len(line) - len(line.lstrip(line[:1]))
        if hunk is None and sign == b"<" and length >= 7:
            hunk, size = Hunk(offset), length
            side = hunk.ours
        elif hunk is not None and length == size and sign in (b"|", b"=", b">"):
            side = {b"|": hunk.base, b"=": hunk.theirs, b">": []}[sign]
            if sign == b">":
                hunk.end = offset + len(line)
                yield hunk
                hunk = None
        elif hunk is not None:
            side.append(line.rstrip(b"\n"))
        offset += len(line)


class MarkedFile:
    """A state file that may hold conflicts: its settled records by key, and each open conflict by its record's key.

    Raises Malformed for a file whose conflicts are not around single records: those are settled by hand.
    """

    def __init__(self, kind: Kind, content: bytes) -> None:
        self.kind = kind
        self.open: dict[Key, bytes] = {}
        settled, done = [], 0
        for hunk in hunks(content):
            settled.append(content[done : hunk.start])
            self.open[self._key(hunk)] = content[hunk.start : hunk.end]
            done = hunk.end
        settled.append(content[done:])
        rest = b"".join(settled)
        self.lines: dict[Key, bytes] = keyed(kind, rest) if rest.strip() else {}

    def _key(self, hunk: Hunk) -> Key:
        if self.kind.identity == "file":
            return (self.kind.name,)
        sides = {key for line in (*hunk.ours, *hunk.theirs) for key in self._keys(line)}
        keys = sides.union(key for line in hunk.base for key in self._keys(line))
        things = {key[:-1] for key in keys} if self.kind.renames else keys
        if len(things) != 1:
            raise Malformed("a conflict is not around one record; settle it by hand, then `git add` the file")
        return min(sides or keys)

    def _keys(self, line: bytes) -> list[Key]:
        """The key of the record on a line of a conflict, if there is one."""
        frame, line = self.kind.frame, line.strip(b" \t\r,")
        return list(keyed(self.kind, frame.opening + line + frame.closing)) if line else []

    def settle(self, key: Key, *lines: bytes | None) -> None:
        """Put `lines` (None: nothing) in the place of the record `key`, whether it was in conflict or not."""
        self.open.pop(key, None)
        self.lines.pop(key, None)
        for line in lines:
            if line is None:
                continue
            if self.kind.identity == "file":
                self.lines = keyed(self.kind, b"{" + line + b"}")
            else:
                self.lines[self._keys(line)[0] if self.kind.renames else key] = line

    def content(self) -> bytes:
        """The file as it now stands: canonical once no conflict is open."""
        if not self.open:
            return encode_lines(self.kind, [self.lines[key] for key in sorted(self.lines)])
        frame = self.kind.frame
        entries = {key: line + frame.end for key, line in self.lines.items()} | self.open
        return frame.head + b"".join(entries[key] for key in sorted(entries)) + frame.foot
