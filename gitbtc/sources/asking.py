"""The seam between what a program is asked and how: a reader asks an `Asker`, be it a folder of answers or a node.

Numbers with a point are Decimals in every answer; a float would lose satoshis.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from gitbtc.errors import CannotWork
from gitbtc.sources.answers import Answer, BadAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

T = TypeVar("T")
Form = TypeVar("Form", bound=Answer)
_READS = 3


class Call(NamedTuple):
    """One call: a method and its parameters, as JSON has them."""

    method: str
    params: tuple[Any, ...] = ()

    @property
    def words(self) -> tuple[Any, ...]:
        """The method and its parameters, one after the other."""
        return (self.method, *self.params)


@dataclass(frozen=True)
class CommandLine:
    """A program to ask `daemon` from a shell, and how a folder holds what it prints: the answer to a method as
    `<method>.json`; of those in `keyed`, which are called once for each thing, one answer a line in `<method>.jsonl`
    (the thing is told by the field of the result that stands there, or by `params`); of those in `numbered` as
    `<method>-<first parameter>.json`. `spelled` has what is typed for a method that is not typed as it is called.
    With `first` each read begins, where nothing of an earlier one may be left over.
    """

    name: str
    daemon: str
    keyed: Mapping[str, str | None] = field(default_factory=dict)
    numbered: frozenset[str] = frozenset()
    spelled: Mapping[str, str] = field(default_factory=dict)
    first: str = ""

    def typed(self, call: Call) -> str:
        """The call as one would type it: `bitcoin-cli gettransaction TXID true true`."""
        words = (word if isinstance(word, str) else json.dumps(word) for word in call.params)
        method = self.spelled.get(call.method, call.method)
        return " ".join([self.name, method, *(shlex.quote(word) for word in words)])

    def file_name(self, call: Call) -> str:
        """The file that holds the answer to a call."""
        if call.method in self.numbered:
            return f"{call.method}-{call.params[0]}.json"
        return f"{call.method}.json{'l' if call.method in self.keyed else ''}"


BITCOIN_CLI = CommandLine(
    "bitcoin-cli",
    "bitcoind",
    {"gettransaction": "txid", "getrawtransaction": "txid", "getmempoolentry": None, "getaddressesbylabel": None},
    frozenset(["estimatesmartfee"]),
    first="getblockchaininfo",
)


class NodeError(BadAnswer):
    """The program answered a call with an error; `code` is the error's number, 0 where it has none."""

    def __init__(self, where: str, code: int, said: str) -> None:
        super().__init__(f"{where} holds an error: {said}")
        self.code = code
        self.said = said

    @classmethod
    def of(cls, where: str, error: Any) -> NodeError:
        """What the member `error` of an answer says: by JSON-RPC an object with a code and a message."""
        code, said = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, error)
        return cls(where, code if type(code) is int else 0, str(said)[:200])


class NotAnswered(BadAnswer):
    """A recording has no answer to the call."""


class Inconsistent(BadAnswer):
    """Answers that are each right do not belong to one moment, or some are missing."""


class SourceMoved(BadAnswer):
    """The program went on while it was read, every time."""


class Unreadable(CannotWork):
    """The program cannot be asked, or its answers cannot be used."""


class LoginRefused(Unreadable):
    """The program refused what is to prove who asks."""


@dataclass(frozen=True)
class Patience:
    """How many seconds a program may take to start, and to answer one request."""

    start: float = 60
    answer: float = 60


class Asker(Protocol):
    """Whom a reader asks. `live`: the answers can change from one call to the next."""

    live: bool

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """The result of each call, in order; a NodeError or NotAnswered (not raised) in the place of one that has none.

        Raises another error when nothing can be asked at all.
        """
        ...

    def where(self, call: Call) -> str:
        """Where the answer to `call` stands, for a message."""
        ...


def answer_to(asker: Asker, call: Call) -> Any:
    """The result of one call. Raises NodeError or NotAnswered when there is none, and what the asker raises."""
    (result,) = asker.ask([call])
    if isinstance(result, BadAnswer):
        raise result
    return result


def at_one_moment(asker: Asker, read: Callable[[], T]) -> T:
    """What `read` gives, which raises Inconsistent where the program that `asker` asks went on meanwhile: a live one is
    asked again, three times at most. Raises SourceMoved.
    """
    if not asker.live:
        return read()
    for left in reversed(range(_READS)):
        try:
            return read()
        except Inconsistent as error:
            if not left:
                raise SourceMoved(
                    f"the program went on while it was read, {_READS} times; try again ({error})"
                ) from None
    raise AssertionError


class NodeQuestions(Generic[Form]):
    """What a reader asks of an asker, whose answers have the `form`. `notices` collects what was left out, for the
    user.
    """

    def __init__(self, asker: Asker, form: type[Form]) -> None:
        self.asker = asker
        self._form = form
        self.notices: list[str] = []

    def required(self, method: str, *params: Any) -> Form:
        """The result, an object. Raises NotAnswered or NodeError when there is none."""
        result = self.result(method, *params)
        if isinstance(result, BadAnswer):
            raise result
        return self._form(result, self.asker.where(Call(method, params)))

    def optional(self, method: str, *params: Any) -> Form | None:
        """The result, an object, or None when there is none; a notice tells of an error."""
        result = self._result_or_notice(method, params)
        return None if result is None else self._form(result, self.asker.where(Call(method, params)))

    def optional_list(self, method: str, *params: Any) -> list[Form] | None:
        """The result, a list of objects, or None when there is none."""
        result = self._result_or_notice(method, params)
        where = self.asker.where(Call(method, params))
        return None if result is None else self._form({method: result}, where).children(method)

    def optional_texts(self, method: str, *params: Any) -> list[str] | None:
        """The result, a list of texts, or None when there is none."""
        result = self._result_or_notice(method, params)
        if result is not None and not (isinstance(result, list) and all(isinstance(text, str) for text in result)):
            raise BadAnswer(f"{self.asker.where(Call(method, params))}: is not a list of texts")
        return result

    def result(self, method: str, *params: Any) -> Any:
        """The result of one call; a NodeError or NotAnswered when there is none."""
        return self.asker.ask([Call(method, params)])[0]

    def each(self, calls: Iterable[Call]) -> list[Form | BadAnswer]:
        """The result of each call, an object, or why there is none."""
        wanted = list(calls)
        return [
            result if isinstance(result, BadAnswer) else self._form(result, self.asker.where(call))
            for call, result in zip(wanted, self.asker.ask(wanted), strict=True)
        ]

    def _result_or_notice(self, method: str, params: tuple[Any, ...]) -> Any:
        result = self.result(method, *params)
        if isinstance(result, NodeError):
            self.notices.append(f"{result}; left out")
        return None if isinstance(result, BadAnswer) else result
