"""A folder of recorded RPC answers, read with care.

`<name>.json` holds `{"method", "params", "result"}`, or `"error"` in the result's place; `<name>.jsonl` holds one bare
result a line. Fields that nobody asks for are ignored, whatever they are: every release of every node adds some.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, Self

from gitbtc.errors import GitbtcError
from gitbtc.sources.amounts import NotAnAmount, btc_to_sat

if TYPE_CHECKING:
    from pathlib import Path

_HASH = re.compile(r"[0-9a-f]{64}\Z")
_MISSING = object()


class BadAnswer(GitbtcError):
    """A recorded answer is missing, is an error, or is not what the method returns."""


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

    def natural(self, name: str) -> int:
        """An integer that is not negative."""
        number = self.integer(name)
        return number if number >= 0 else self._refuse(name, "is negative")

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


class Recording:
    """A folder of answers. `notices` collects what was left out, for the user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notices: list[str] = []

    def required(self, name: str, how: str) -> Answer:
        """The result of `<name>.json`, an object; `how` tells in an error which call records it."""
        result = self._result(name + ".json")
        if result is None:
            raise BadAnswer(f"{self.folder}: {name}.json is missing; record it with `{how}`")
        if isinstance(result, BadAnswer):
            raise result
        return Answer(result, name + ".json")

    def optional(self, name: str) -> Answer | None:
        """The result of `<name>.json`, an object, or None when it is not there or an error (a notice says so)."""
        result = self._result_or_notice(name)
        return None if result is None else Answer(result, name + ".json")

    def optional_list(self, name: str) -> list[Answer] | None:
        """The result of `<name>.json`, a list of objects, or None when it is not there or an error."""
        result = self._result_or_notice(name)
        return None if result is None else Answer({name: result}, f"{name}.json").children(name)

    def lines(self, name: str) -> list[Answer] | None:
        """The results of `<name>.jsonl`, one a line, or None when there is no such file."""
        content = self._content(name + ".jsonl")
        if content is None:
            return None
        rows = [(number, row) for number, row in enumerate(content.split("\n"), start=1) if row.strip()]
        return [_bare(_decoded(row, f"{name}.jsonl line {number}"), f"{name}.jsonl line {number}")
                for number, row in rows]  # fmt: skip

    def _result_or_notice(self, name: str) -> Any:
        result = self._result(name + ".json")
        if isinstance(result, BadAnswer):
            self.notices.append(f"{result}; left out")
            return None
        return result

    def _result(self, file_name: str) -> Any:
        content = self._content(file_name)
        if content is None:
            return None
        answer = Answer(_decoded(content, file_name), file_name).members
        if answer.get("error") is not None:
            return BadAnswer(f"{file_name} holds an error: {_said(answer['error'])}")
        if "result" not in answer:
            raise BadAnswer(f"{file_name}: neither result nor error; a recording keeps the node's whole answer")
        return answer["result"]

    def _content(self, file_name: str) -> str | None:
        try:
            return (self.folder / file_name).read_bytes().decode()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise BadAnswer(f"{file_name}: not UTF-8 text") from None
        except OSError as error:
            raise BadAnswer(f"{file_name}: cannot be read: {error.strerror}") from None


def _bare(value: object, where: str) -> Answer:
    """A line's result; a line that holds a whole answer is unwrapped."""
    answer = Answer(value, where)
    if answer.members.get("error") is not None:
        raise BadAnswer(f"{where} holds an error: {_said(answer.members['error'])}")
    return answer.child("result") if "result" in answer else answer


def _said(error: object) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return str(message)[:200]


def _decoded(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        raise BadAnswer(f"{where}: nested too deep") from None
    except (ValueError, ArithmeticError):  # the message may quote the text, and the text may be anything
        raise BadAnswer(f"{where}: not JSON") from None


def _no_constant(_: str) -> NoReturn:
    raise ValueError
