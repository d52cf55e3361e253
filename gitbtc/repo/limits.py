"""How much a push may ask of whoever looks at it: bounds, each a setting of the repository.

docs/server.md has the table from here. Whoever pushes decides what lies in the repository; without bounds he would
decide as well how long a server is busy and how much memory it takes.
"""

from __future__ import annotations

import re

from gitbtc.errors import CannotWork, GitbtcError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from gitbtc.repo.git import Git

_FAMILY = "gitbtc.max"
_NUMBER = re.compile(r"(\d+)([kmg]?)\Z", re.IGNORECASE)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}  # as Git reads them


class Limit:
    """A bound: the setting, what holds where it is not set, and what it counts."""

    __slots__ = ("default", "of", "setting")

    def __init__(self, setting: str, default: int, of: str) -> None:
        self.setting = setting
        self.default = default
        self.of = of


class TooMuch(GitbtcError):
    """Something is larger than whoever keeps the repository wants looked at."""


class TooMuchAtOnce(TooMuch):
    """The push as a whole is; nothing more of it is looked at."""


SECONDS = Limit(f"{_FAMILY}Seconds", 600, "seconds that it takes to look at")
REFS = Limit(f"{_FAMILY}Refs", 10_000, "refs that are made, moved or deleted")
COMMITS = Limit(f"{_FAMILY}Commits", 100_000, "new commits")
UNPACKED = Limit(f"{_FAMILY}UnpackedBytes", 64 << 30, "bytes that are unpacked to look at it")
MESSAGE = Limit(f"{_FAMILY}MessageBytes", 1 << 20, "bytes of message, names and signatures")
FILES = Limit(f"{_FAMILY}Files", 1_000_000, "files and folders")
ROOTS = Limit(f"{_FAMILY}Roots", 1_000, "roots")
FILE = Limit(f"{_FAMILY}FileBytes", 256 << 20, "bytes in one file")
RECORDS = Limit(f"{_FAMILY}Records", 1_000_000, "records in one file")

OF_A_PUSH = (SECONDS, REFS, COMMITS, UNPACKED)
OF_ANY_COMMIT = (MESSAGE, FILES, ROOTS, FILE, RECORDS)
LIMITS = OF_A_PUSH + OF_ANY_COMMIT


class Limits:
    """The bounds as the configuration of a repository has them; 0 for none. CannotWork for what is no number, and for
    a bound that there is not: somebody meant to set one.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        known = {limit.setting.lower(): limit for limit in LIMITS}
        self._most = {limit: limit.default for limit in LIMITS}
        for name, value in settings.items():
            if not name.lower().startswith(_FAMILY.lower()):
                continue
            if name.lower() not in known:
                raise CannotWork(f"{name}: no such limit; there are {', '.join(limit.setting for limit in LIMITS)}")
            number = _NUMBER.match(value)
            if number is None:
                raise CannotWork(f"{known[name.lower()].setting}={value}: a whole number is wanted, as 500, 64k, 1g")
            self._most[known[name.lower()]] = int(number[1]) * _UNITS[number[2].lower()]

    @classmethod
    def of(cls, git: Git) -> Self:
        """Those of the repository that `git` works in."""
        return cls(dict(git.config_entries()))

    def __getitem__(self, limit: Limit) -> int:
        return self._most[limit]

    def check(self, limit: Limit, number: int, where: str) -> None:
        """TooMuch where `number` is above what `limit` allows; `where` has so many."""
        most = self._most[limit]
        if most and number > most:
            said = f"{where}: {number:,} {limit.of}; {most:,} are as many as are looked at here, by {limit.setting}"
            if limit in OF_A_PUSH:
                raise TooMuchAtOnce(f"{said}; push in parts, or ask whoever keeps the repository to raise it")
            raise TooMuch(said)
