"""A finding: that a key is there, where, and by which fingerprint to speak of it. Never the key."""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.keys.form import NOTICE, WARN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitbtc.keys.form import Form

# What is said in the place of a name that must not be shown, and of where something in a name was found.
KEY_FOR_A_NAME = "a file whose name holds a key"
THE_NAME = "the name of a file"

_SHOWN = 10
_CALLED = {WARN: "warning", NOTICE: "note"}


class KeyFinding:
    """Private-key material in a text.

    `form` names it, `where` is the line (from 1) it begins on, `fingerprint` the first 16 hex digits of the SHA-256 of
    the normalised secret, `advice` what to do with it instead, `severity` what it does: `form.BLOCK`, `WARN` or
    `NOTICE`. A JSON pointer would be built from member names, and a member's name can be the key itself: the place is
    therefore always a line.
    """

    __slots__ = ("_form", "fingerprint", "where")

    def __init__(self, form: Form, where: int, fingerprint: str) -> None:
        self._form = form
        self.where = where
        self.fingerprint = fingerprint

    @property
    def form(self) -> str:
        """The form's name."""
        return self._form.name

    @property
    def advice(self) -> str:
        """What to do with it."""
        return self._form.advice

    @property
    def severity(self) -> str:
        """BLOCK, WARN or NOTICE."""
        return self._form.severity

    def moved(self, lines: int) -> KeyFinding:
        """The same, so many lines further down."""
        return KeyFinding(self._form, self.where + lines, self.fingerprint)

    def __repr__(self) -> str:
        return f"KeyFinding({self.form!r}, line {self.where}, {self.fingerprint})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyFinding) and self._value() == other._value()

    def __hash__(self) -> int:
        return hash(self._value())

    def _value(self) -> tuple[Form, int, str]:
        return self._form, self.where, self.fingerprint


def fingerprint(secret: bytes) -> str:
    """The 16 hex digits that stand for the normalised `secret`."""
    from hashlib import sha256

    return sha256(secret).hexdigest()[:16]


# How to go on after a refusal, at the doors that refuse a file.
NOT_STORED = "Nothing of this file was stored. Take the key out of it, then add the file again."
STAGED = "Take the key out of it, add the file again, and commit; `git gc --prune=now` drops what was staged."
RENAME = "Rename the file."
# Behind the refusal of a filter Git names the file that it failed for, whatever the filter does.
RENAME_AND_CLEAR = (
    f"{RENAME} Git prints its name in the next line: clear it from the screen, and from a log that keeps it."
)
NOT_WRITTEN = "Nothing was written. Take the key out of it first."
MESSAGE = "Nothing was committed. Write the message again, without the key."


def refusal(findings: Sequence[KeyFinding], path: str, way_on: str = NOT_STORED, remarks: Sequence[str] = ()) -> str:
    """The message that refuses the file `path` for its `findings`; it ends without a line end.

    `way_on` says how to go on, `remarks` what speaks against entries of the allow list.
    """
    lines = [f"gitbtc: {printable(path)}: refused: it holds private-key material"]
    lines += [f"  line {found.where}: {found.form}, fingerprint {found.fingerprint}" for found in findings[:_SHOWN]]
    if len(findings) > _SHOWN:
        lines.append(f"  and {len(findings) - _SHOWN} more")
    advice = dict.fromkeys(found.advice for found in findings[:_SHOWN])
    return "\n".join([*lines, *(f"  {line}" for line in (*advice, *remarks, way_on))])


def committed_already(findings: Sequence[KeyFinding], place: str) -> str:
    """The line that tells of key material in a file that is as it was committed: staging it stores nothing."""
    told = ", ".join(
        f"line {found.where}: {found.form}, fingerprint {found.fingerprint}" for found in findings[:_SHOWN]
    )
    return (
        f"gitbtc: warning: {printable(place)}: holds private-key material ({told}), and is as it was committed; "
        "who has the history has the key: move the funds, and take it out"
    )


def refusal_of_name(findings: Sequence[KeyFinding], remarks: Sequence[str] = (), way_on: str = RENAME) -> str:
    """The message that refuses a file whose name is or holds a key; the name is not repeated."""
    named = ", ".join(f"{found.form}, fingerprint {found.fingerprint}" for found in findings[:_SHOWN])
    first = f"gitbtc: refused: the name of a file holds private-key material ({named})"
    return "\n".join([first, *(f"  {line}" for line in (*remarks, way_on))])


def notices(findings: Sequence[KeyFinding], place: str) -> list[str]:
    """One line for each of the `findings` that refuse nothing; `place` is a path, or in words."""
    lines = [
        f"gitbtc: {_CALLED[found.severity]}: {printable(place)}: line {found.where}: {found.form}, fingerprint"
        f" {found.fingerprint}; {found.advice}"
        for found in findings[:_SHOWN]
    ]
    more = len(findings) - _SHOWN
    return [*lines, f"gitbtc: {printable(place)}: {more} more of this sort"] if more > 0 else lines
