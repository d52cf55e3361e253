"""`.gitbtc/sources.toml`: the programs that a repository is read from.

It is committed, so it names no secret, only where one is.

    [treasury]
    kind   = "bitcoin-core"
    url    = "http://127.0.0.1:8332"
    wallet = "treasury"
    root   = "."
    cookie = "~/.bitcoin/.cookie"    # outside of the work tree; or auth = "env:TREASURY_RPC"
    every  = 3600                    # seconds: `gitbtc watch` reads it once an hour at the most
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gitbtc.errors import CannotWork, UsageError
from gitbtc.repo import files
from gitbtc.sources.programs import PROGRAMS, reader

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.sources.programs import Program, Reader

PATH = ".gitbtc/sources.toml"
_COMMON = ("insecure", "every")  # what every kind of source takes besides, and is no text


@dataclass(frozen=True)
class Configured:
    """One source: the program that is asked, of which `kind`, and the root whose state files it tells of. Whoever
    follows it reads it once in so many seconds at the most (`every`).
    """

    name: str
    program: Program
    root: Path
    kind: str = ""
    every: int = 0


def read(top: Path) -> dict[str, Configured]:
    """The sources of the repository at `top` by name, in the file's order; none without it. Raises UsageError,
    and CannotWork where the file cannot be read.
    """
    try:
        content = files.read(top / PATH)
    except OSError as error:
        raise CannotWork(f"{PATH}: cannot be read: {error.strerror}") from None
    if content is None:
        return {}
    try:
        tables = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):  # the message may quote the file
        raise UsageError(f"{PATH}: not TOML") from None
    return {name: _source(name, table, top) for name, table in tables.items()}


def chosen(top: Path, names: tuple[str, ...]) -> list[Configured]:
    """The sources of these names, all when none is named. Raises UsageError where there is none, or none of a name."""
    sources = read(top)
    if not sources:
        raise UsageError(f"{PATH} names no source; docs/importing.md shows what stands in it")
    unknown = [name for name in names if name not in sources]
    if unknown:
        raise UsageError(f"{PATH} has no source {unknown[0]}; it has {', '.join(sources)}")
    return [sources[name] for name in names or sources]


def _source(name: str, table: Any, top: Path) -> Configured:
    if not isinstance(table, dict):
        raise UsageError(f"{PATH}: {name}: is not a table; write [{name}] above what belongs to it")
    try:
        module = _program(table)
        _check(table, ("kind", *module.KEYS, "root"), module.NEEDED)
        program = module.configured(name, table, partial(_outside, top))
        root = _inside(top, table.get("root", "."))
    except UsageError as error:
        raise UsageError(f"{PATH}: {name}: {error}") from None
    return Configured(name, program, root, table["kind"], table.get("every", 0))


def _program(table: dict[str, Any]) -> Reader:
    kind = table.get("kind")
    if kind is None:
        raise UsageError("kind is missing")
    if not isinstance(kind, str) or kind not in PROGRAMS:
        raise UsageError(f"kind must be {' or '.join(PROGRAMS)}")
    return reader(kind)


def _check(table: dict[str, Any], known: tuple[str, ...], needed: frozenset[str]) -> None:
    unknown = [key for key in table if key not in (*known, *_COMMON)]
    if unknown:
        secret = "; no secret belongs into this file" if _is_secret(unknown[0]) else ""
        raise UsageError(f"unknown key {unknown[0]}{secret}; it takes {', '.join((*known, *_COMMON))}")
    if type(table.get("every", 0)) is not int or table.get("every", 0) < 0:
        raise UsageError("every must be a number of seconds")
    missing = sorted(needed - table.keys())
    if missing:
        raise UsageError(f"{missing[0]} is missing")
    texts = {key: table.get(key, "") for key in known}
    wrong = [key for key, value in texts.items() if not isinstance(value, str) or "\0" in value]
    if wrong or type(table.get("insecure", False)) is not bool:
        raise UsageError(f"{wrong[0]} must be text" if wrong else "insecure must be true or false")


def _is_secret(key: str) -> bool:
    return any(word in key.lower() for word in ("pass", "macaroon", "rune", "token", "secret", "user"))


def _inside(top: Path, root: str) -> Path:
    away = files.way_out_to(str(top), top / root)
    if away:
        raise UsageError(f"root: {away} leads out of this work tree; put the folder itself there")
    path = (top / root).resolve()
    if not path.is_relative_to(top.resolve()):
        raise UsageError("root is not in this repository")
    return path


def _outside(top: Path, secret: Path, what: str) -> Path:
    """The path of a secret, relative to the repository. One in the work tree would be committed one day."""
    path = (top / secret).resolve()
    if path.is_relative_to(top.resolve()):
        raise UsageError(f"the {what} lies in the work tree; a secret has no place in it")
    return path
