"""How the record lines of a file are held together: a JSON array, a JSON object, or nothing but line ends."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Frame:
    """What stands before, between and after the record lines of a canonical file; `end` is what ends each but the last.

    `opening` and `closing` are empty for a file that is its lines and no more; without records that file is empty.
    """

    __slots__ = ("closing", "empty", "end", "opening")

    def __init__(self, opening: bytes, closing: bytes, end: bytes) -> None:
        self.opening = opening
        self.closing = closing
        self.end = end
        self.empty = opening + closing + b"\n" if opening else b""

    @property
    def has_commas(self) -> bool:
        """Whether a comma ends each line but the last."""
        return self.end != b"\n"

    @property
    def head(self) -> bytes:
        """What stands before the first line."""
        return self.opening and self.opening + b"\n"

    @property
    def foot(self) -> bytes:
        """What stands behind the last line's end."""
        return self.closing and self.closing + b"\n"

    def file(self, lines: Iterable[bytes]) -> bytes:
        """The canonical file of record lines in order: no part of it is copied twice."""
        held = list(lines)
        if not held:
            return self.empty
        held[0] = self.head + held[0]
        held[-1] += b"\n" + self.foot
        return self.end.join(held)

    def split(self, content: bytes) -> list[bytes] | None:
        """The lines of a file that looks canonical; None for one that does not, and for one without records."""
        if not content.startswith(self.head + b"{") or not content.endswith(b"}\n" + self.foot):
            return None
        return content[len(self.head) : len(content) - len(self.foot) - 1].split(self.end)


ARRAY = Frame(b"[", b"]", b",\n")
OBJECT = Frame(b"{", b"}", b",\n")
LINES = Frame(b"", b"", b"\n")
FRAMES = {"array": ARRAY, "object": OBJECT, "lines": LINES}
