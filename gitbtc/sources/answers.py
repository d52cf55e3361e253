"""Another program's answers, read with care.

Fields that nobody asks for are ignored, whatever they are: every release of every node adds some.
"""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, Self

from gitbtc.errors import CannotWork
from gitbtc.sources.amounts import NotAnAmount, btc_to_sat

if TYPE_CHECKING:
    from collections.abc import Container

_HASH = re.compile(r"[0-9a-f]{64}\Z")
_MISSING = object()
MOST = 2**53 - 1  # every reader of JSON knows integers up to it
_LAST_SECOND = 2**32 - 1  # a block's time has 32 bits


class BadAnswer(CannotWork):
    """An answer is missing, is an error, or is not what the method returns."""


class Answer:
    """One JSON object of an answer. Reading a field that is absent or of another type raises BadAnswer, naming it."""

    __slots__ = ("members", "where")

    def __init__(self, members: object, where: str) -> None:
        if not isinstance(members, dict):
            raise BadAnswer(f"{where}: expected a JSON object")
        self.members: dict[str, Any] = members
        self.where = where

    def __contains__(self, name: str) -> bool:
        return self.members.get(name) is not None

    def text(self, name: str) -> str:
        """A field of text."""
        return str(self._typed(name, str, "text"))

    def text_or_empty(self, name: str) -> str:
        """A field of text that may be absent."""
        return self.text(name) if name in self else ""

    def hash(self, name: str) -> str:
        """A txid or block hash: 64 lower-case hex digits."""
        return self._hash(self.text(name), name)

    def hashes(self, name: str) -> list[str]:
        """A list of hashes; empty when absent."""
        return [self._hash(value, name) for value in self._list(name)]

    def natural(self, name: str, most: int = MOST) -> int:
        """An integer that is not negative, and at most `most`."""
        number = self.integer(name)
        if number > most:
            self._refuse(name, f"is more than {most}")
        return number if number >= 0 else self._refuse(name, "is negative")

    def time(self, name: str) -> int:
        """Unix seconds, as a block can tell them."""
        return self.natural(name, _LAST_SECOND)

    def integer(self, name: str) -> int:
        """An integer."""
        return int(self._typed(name, int, "an integer"))

    def flag(self, name: str) -> bool:
        """A boolean; False when absent."""
        return name in self and bool(self._typed(name, bool, "true or false"))

    def sat(self, name: str) -> int:
        """An amount in BTC, as satoshi."""
        try:
            return btc_to_sat(self._present(name))
        except NotAnAmount as error:
            return self._refuse(name, str(error))

    def child(self, name: str) -> Self:
        """An object inside this one."""
        return type(self)(self._present(name), f"{self.where}: {name}")

    def children(self, name: str) -> list[Self]:
        """A list of objects; empty when absent."""
        return [type(self)(part, f"{self.where}: {name}[{at}]") for at, part in enumerate(self._list(name))]

    def _list(self, name: str) -> list[Any]:
        return list(self._typed(name, list, "a list")) if name in self else []

    def _hash(self, value: object, name: str) -> str:
        if not isinstance(value, str) or not _HASH.match(value):
            self._refuse(name, "is not 64 lower-case hex digits")
        return str(value)

    def _typed(self, name: str, wanted: type, words: str) -> Any:
        value = self._present(name)
        return value if type(value) is wanted else self._refuse(name, f"is not {words}")

    def _present(self, name: str) -> Any:
        value = self.members.get(name, _MISSING)
        return self._refuse(name, "is missing") if value is _MISSING else value

    def _refuse(self, name: str, why: str) -> NoReturn:
        raise BadAnswer(f"{self.where}: {name}: {why}")


def decoded(text: str, where: str, kept: Container[str] | None = None) -> Any:
    """The JSON value of `text`, numbers with a point as Decimals, and of objects only the members that are `kept`, or
    all (None). Raises BadAnswer, which never quotes the text.
    """
    only = None if kept is None else lambda pairs: {name: value for name, value in pairs if name in kept}
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=only)
        if _SURROGATE.search(text):  # half of a pair, which is no text, makes this a ValueError
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except RecursionError:
        raise BadAnswer(f"{where}: nested too deep") from None
    except (ValueError, ArithmeticError):  # the message may quote the text, and the text may be anything
        raise BadAnswer(f"{where}: not JSON") from None
    return value


def _no_constant(_: str) -> NoReturn:
    raise ValueError


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_MARK = secrets.token_hex(16)  # no answer can hold it


def encoded(value: Any) -> str:
    """JSON of one line, each Decimal with the digits that it has; `decoded` reads it back."""
    text = json.dumps(value, default=_marked, separators=(",", ":"))
    return text.replace(f'"{_MARK}', "").replace(f'{_MARK}"', "")


def _marked(number: object) -> str:
    if not isinstance(number, Decimal):
        raise TypeError
    return f"{_MARK}{number:f}{_MARK}"
