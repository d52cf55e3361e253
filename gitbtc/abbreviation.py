"""To how many characters the ids on a screen are cut.

What starts a process for somebody who looks says where that is asked; it is asked once, when the first id is shown.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

USUAL = 8
SHORTEST = 4  # what Git allows, and what a name that is typed needs
WHOLE = 64

_ask: Callable[[], int] = lambda: USUAL  # noqa: E731 - replaced by `ask_for`
_told = 0


def ask_for(ask: Callable[[], int]) -> None:
    """Have `ask` say how many characters there are to be, once somebody wants to know."""
    global _ask, _told
    _ask, _told = ask, 0


def length() -> int:
    """How many characters of an id are shown, from SHORTEST to WHOLE."""
    global _told  # noqa: PLW0603 - see above
    if not _told:
        _told = _ask()
    return _told


def of_setting(value: str | None) -> int:
    """What git's core.abbrev asks for (None: it is not set): a number, `no`; anything else, `auto` too, is USUAL."""
    if value is None:
        return USUAL
    if value.lower() in ("no", "off", "false"):
        return WHOLE
    number = int(value) if value.isascii() and value.isdecimal() else 0
    return min(number, WHOLE) if number >= SHORTEST else USUAL
