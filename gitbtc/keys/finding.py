"""A finding: that a key is there, where, and by which fingerprint to speak of it. Never the key."""

from __future__ import annotations

from gitbtc.errors import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 10


class Finding:
    """Private-key material in a text.

    `form` names it, `where` is the line (from 1) it begins on, `fingerprint` the first 16 hex digits of the SHA-256 of
    the normalised secret, `advice` what to do with it instead. A JSON pointer would be built from member names, and a
    member's name can be the key itself: the place is therefore always a line.
    """

    __slots__ = ("advice", "fingerprint", "form", "where")

    def __init__(self, form: str, where: int, fingerprint: str, advice: str) -> None:
        self.form = form
        self.where = where
        self.fingerprint = fingerprint
        self.advice = advice

    def __repr__(self) -> str:
        return f"Finding({self.form!r}, line {self.where}, {self.fingerprint})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Finding) and self._value() == other._value()

    def __hash__(self) -> int:
        return hash(self._value())

    def _value(self) -> tuple[str, int, str]:
        return self.form, self.where, self.fingerprint


def fingerprint(secret: bytes) -> str:
    """The 16 hex digits that stand for the normalised `secret`."""
    from hashlib import sha256

    return sha256(secret).hexdigest()[:16]


def refusal(findings: Sequence[Finding], path: str) -> str:
    """The message that refuses the file `path` for its `findings`, with how to go on; it ends without a line end."""
    name = printable(path)
    lines = [f"gitbtc: {name}: refused: it holds private-key material"]
    lines += [f"  line {found.where}: {found.form}, fingerprint {found.fingerprint}" for found in findings[:_SHOWN]]
    if len(findings) > _SHOWN:
        lines.append(f"  and {len(findings) - _SHOWN} more")
    lines += [f"  {advice}" for advice in dict.fromkeys(found.advice for found in findings[:_SHOWN])]
    lines.append("  Nothing of this file was stored. Take the key out of it, then add the file again.")
    return "\n".join(lines)


def refusal_of_name(findings: Sequence[Finding]) -> str:
    """The message that refuses a file whose name is or holds a key; the name is not repeated."""
    found = ", ".join(f"{found.form}, fingerprint {found.fingerprint}" for found in findings[:_SHOWN])
    return f"gitbtc: refused: the name of a file holds private-key material ({found})\n  Rename the file."
