"""What is found, judged: it refuses, it is only told, or the allow list lets it through.

The list is read only where something was found: most files hold nothing, and every door is to open fast.
"""

from __future__ import annotations

import os
import stat

from gitbtc.keys.allowed import ALLOW_LIST, LONGEST, AllowList
from gitbtc.keys.form import BLOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from gitbtc.keys.finding import KeyFinding

    ReadList = Callable[[], bytes | None]
    Again = Callable[[Container[str]], list[KeyFinding]]

# Stands for a list that cannot be read, and is told as one that is no TOML.
_UNREADABLE = b"-"


class JudgedKeys:
    """`refusing` findings, those that are only `told`, what the list `allowed`, and `remarks` on the list: why it does
    not let through what it names, or what it may have been meant to name.
    """

    __slots__ = ("allowed", "refusing", "remarks", "told")

    def __init__(self, found: Sequence[KeyFinding], listed: AllowList) -> None:
        self.allowed = [one for one in found if listed.admits(one)]
        others = [one for one in found if not listed.admits(one)]
        self.refusing = [one for one in others if one.severity == BLOCK]
        self.told = [one for one in others if one.severity != BLOCK]
        remarks = [remark for remark in map(listed.remark, others) if remark]
        remarks += [f"{ALLOW_LIST}: {fault}" for fault in listed.faults] if others else []
        self.remarks = list(dict.fromkeys(remarks))

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.refusing or self.told)


def judged(found: Sequence[KeyFinding], read: ReadList, again: Again | None = None) -> JudgedKeys | None:
    """None when nothing was found. `read` gives the list that counts, as it is stored; None where there is none.

    A scan ends after so many findings that one more makes no difference. `again` scans once more, and does not count
    those that the list allows.
    """
    if not found:
        return None
    allow_list = listed(read())
    verdict = JudgedKeys(found, allow_list)
    if again and verdict.allowed and not verdict.refusing:
        return JudgedKeys(again(allow_list.entries), allow_list)
    return verdict


def listed(content: bytes | None) -> AllowList:
    """The list as it counts today."""
    from datetime import UTC, datetime

    return AllowList(content or b"", datetime.now(UTC).date())


def in_work_tree(top: str) -> bytes | None:
    """The list as it lies in the work tree `top`; None where there is none. What is no file there allows nothing."""
    path = os.path.join(top, ALLOW_LIST)
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return _UNREADABLE
        with open(path, "rb") as file:
            return file.read(LONGEST + 1)
    except FileNotFoundError:
        return None
    except OSError:
        return _UNREADABLE
