"""What is kept beside a repository and can be made anew, in an SQLite file: a row is looked up by its key."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress

from gitbtc.errors import GitbtcError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    Put = Callable[[str, Iterable[Any]], object]

_TOLD = "CREATE TABLE told (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID"
_WAIT = 1.0  # seconds for another process that has the file


class NotKept(GitbtcError):
    """The file is none of ours, or cannot be read or written now, or what is to be kept does not fit into it."""

    status = 3

    def __init__(self, message: str, *, is_damaged: bool) -> None:
        super().__init__(message)
        self.is_damaged = is_damaged


class Database:
    """The file at `path`, with `tables` (as SQL makes them) beside what is told of them. Raises NotKept."""

    def __init__(self, path: str, tables: Sequence[str]) -> None:
        self._path = path
        self._tables = tables
        try:
            self._file = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
        except sqlite3.Error as error:
            raise self._not_kept(error) from None

    def _not_kept(self, error: Exception) -> NotKept:
        is_damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        return NotKept(
            f"{self._path}: what is kept there cannot be used ({error}); remove it, and it is made anew",
            is_damaged=is_damaged,
        )

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def rows(self, question: str, *values: Any) -> list[Any]:
        """What the database answers."""
        try:
            return self._file.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise self._not_kept(error) from None

    def open(self) -> dict[str, str]:
        """What is told of what is kept. From now on every answer is one of this moment, whoever writes meanwhile."""
        self.rows("BEGIN")
        return self._told()

    def _told(self) -> dict[str, str]:
        return dict(self.rows("SELECT name, value FROM told"))

    @contextmanager
    def writing(self, told: Mapping[str, str], since: Mapping[str, str] | None = None) -> Iterator[Put]:
        """Write within, by an SQL statement and its rows, and keep what is `told` of it: all of that or nothing. The
        tables are empty before, but where `since` is what is told of what they hold; another process may have written
        since then, which raises NotKept.
        """
        try:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")  # of what was read
            self._file.execute("BEGIN IMMEDIATE")
            try:
                self._empty() if since is None else self._check(since)
                yield self._file.executemany
                self._file.execute("DELETE FROM told")
                self._file.executemany("INSERT INTO told VALUES (?, ?)", told.items())
                self._file.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._file.execute("ROLLBACK")
                raise
        except (sqlite3.Error, ValueError, OverflowError) as error:
            raise self._not_kept(error) from None

    def _check(self, told: Mapping[str, str]) -> None:
        if self._told() != told:
            raise ValueError("another process has written meanwhile")

    def _empty(self) -> None:
        for (name,) in self._file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            self._file.execute(f'DROP TABLE "{name}"')
        for table in (_TOLD, *self._tables):
            self._file.execute(table)


def txid_bytes(txid: str) -> bytes:
    """A txid as a key. ValueError for what is none."""
    found = bytes.fromhex(txid)
    if found.hex() != txid:
        raise ValueError("no txid")
    return found
