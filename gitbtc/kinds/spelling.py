"""One spelling for values that are equal in several: addresses, descriptors, derivation paths, hex, texts, numbers.

How a field is spelled follows from its `format`, from its type where that is `number`, and else from its annotation
`x-gitbtc-spelling`: `hex` (lower case), `text` (Unicode's normal form C), `reference` (what a label of BIP-329 is
about) or `origin` (a descriptor without keys). What has no other spelling that means the same, such as an address in
mixed case, is kept as it is, for validation to judge.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

from gitbtc.errors import CannotWork
from gitbtc.kinds.places import ELEMENT, places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from gitbtc.kinds.places import Path, Record

    Spell = Callable[[Any], Any]
    # Whether none of some values (no null among them) needs another spelling; TypeError when they are of no such type.
    Settled = Callable[[list[Any]], bool]

_EXACT_INTEGER = 2**53  # the integers that a float64 tells apart (RFC 8259, section 6)
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_ID_LENGTHS = frozenset([64, 66, 130])  # of a txid or an x-only key, of a public key, of an uncompressed one
_AT_ONCE = 4096  # records whose values are looked at together: few enough to stay in a processor's cache


# -- how one value is spelled ----------------------------------------------------------------------------------------


def _number(value: Any) -> Any:
    """5.0 is 5."""
    if type(value) is float and value.is_integer() and abs(value) < _EXACT_INTEGER:
        return int(value)
    return value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) and value.isascii() else value


def _text(value: Any) -> Any:
    if not isinstance(value, str) or value.isascii():
        return value
    from unicodedata import normalize

    return normalize("NFC", value)


def _address(value: Any) -> Any:
    """BC1Q… is bc1q… (BIP-173); no Base58 address begins with a letter in upper case, whatever network it is of."""
    if not isinstance(value, str) or not value[:1].isupper():
        return value
    from gitbtc.kinds import bech32

    return value.lower() if bech32.decode(value) else value


def _path(value: Any) -> Any:
    """m/84h is m/84'."""
    if not isinstance(value, str) or "h" not in value.lower():
        return value
    from gitbtc.kinds.formats import with_apostrophes

    return with_apostrophes(value)


def _descriptor(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    from gitbtc.kinds.formats import spelled_descriptor

    return spelled_descriptor(value)


def _reference(value: Any) -> Any:
    """Ids and outpoints in lower case, addresses as `_address` has them; an extended key has no other spelling."""
    if not isinstance(value, str) or value.islower():
        return value
    digits = value.partition(":")[0]
    if len(digits) in _ID_LENGTHS and frozenset(digits) <= _HEX_DIGITS:
        return value.lower()
    return _address(value)


@lru_cache(maxsize=256)  # a file of a hundred thousand labels is of a wallet or two
def _origin(value: str) -> str:
    """`wsh(sortedmulti(2,[A],[B]))` with fingerprints in lower case, `'`, and the keys of one script in order."""
    import re

    found = re.findall(r"\[([^\]]*)\]", value)
    origins = iter(sorted(_origin_of_key(text) for text in found))
    return re.sub(r"\[[^\]]*\]", lambda _: f"[{next(origins)}]", value)


def _origin_of_key(text: str) -> str:
    fingerprint, slash, path = text.partition("/")
    return fingerprint.lower() + slash + path.replace("h", "'").replace("H", "'")


# -- whether any of many values needs to be looked at ------------------------------------------------------------------


def _no_whole_floats(values: list[Any]) -> bool:
    return not any(type(value) is float and value.is_integer() for value in values)


def _no_capitals(values: list[Any]) -> bool:
    together = "".join(values)
    return together.lower() == together


def _no_initial_capitals(values: list[Any]) -> bool:
    return _no_capitals([*{value[:1] for value in values}])


def _composed(values: list[Any]) -> bool:
    from unicodedata import is_normalized

    return is_normalized("NFC", '"'.join(values))  # a quotation mark is composed with nothing


def _no_h(values: list[Any]) -> bool:
    return "h" not in "".join(values).lower()


def _if_text(spell: Spell) -> Spell:
    return lambda value: spell(value) if isinstance(value, str) else value


def _all_as(spell: Spell) -> Settled:
    return lambda values: all(spell(value) == value for value in values)


def _each_as(spell: Spell) -> Settled:
    """The same where few values are written again and again."""
    return lambda values: all(spell(value) == value for value in set(values))


def _settled_references(values: list[Any]) -> bool:
    return _no_capitals(values) or all(_reference(value) == value for value in values)


_NUMBER, _TEXT = "number", "text"
_SPELLINGS: dict[str, tuple[Spell, Settled]] = {
    _NUMBER: (_number, _no_whole_floats),
    _TEXT: (_text, _composed),
    "hex": (_lower, _no_capitals),
    "uuid": (_lower, _no_capitals),
    "outpoint": (_lower, _no_capitals),
    "bitcoin-address": (_address, _no_initial_capitals),
    "bitcoin-address-or-empty": (_address, _no_initial_capitals),
    "derivation-path": (_path, _no_h),
    "public-descriptor": (_descriptor, _all_as(_descriptor)),
    "reference": (_reference, _settled_references),
    "origin": (_if_text(_origin), _each_as(_origin)),
}


def spelling_called(name: str, where: str) -> Spell:
    """How a value of the spelling `name` is written. CannotWork where there is none."""
    if name not in _SPELLINGS:
        raise CannotWork(f"{where}: no spelling is called {name!r}")
    return _SPELLINGS[name][0]


def _named(rules: dict[str, Any], where: str) -> str | None:
    """The spelling of a field, if it has one."""
    named = rules.get("x-gitbtc-spelling")
    if named is not None:
        spelling_called(named, where)
    types = rules.get("type", ())
    is_number = _NUMBER in ([types] if isinstance(types, str) else types)
    return next((name for name in (named, rules.get("format"), _NUMBER if is_number else None) if name in _SPELLINGS),
                None)  # fmt: skip


# -- the values of records ---------------------------------------------------------------------------------------------


class Spellings:
    """How the values of a kind's records are spelled, by the schema of a record. CannotWork for one that it breaks."""

    __slots__ = ("_flat", "_inner", "_looks")

    def __init__(self, schema: dict[str, Any], where: str) -> None:
        named = [(path, name) for path, rules in places(schema) if (name := _named(rules, where))]
        self._flat = tuple((path[0], _SPELLINGS[name][0]) for path, name in named if len(path) == 1)
        self._inner = tuple((path, _SPELLINGS[name][0]) for path, name in named if len(path) > 1)
        self._looks = tuple((path, name == _TEXT, _SPELLINGS[name][1]) for path, name in named)

    def settle(self, record: Record) -> None:
        """Write each value of `record` in the one spelling that it has."""
        for name, spell in self._flat:
            value = record.get(name)
            if value is not None:
                record[name] = spell(value)
        for path, spell in self._inner:
            _settle(record, path, spell)

    def are_settled(self, records: list[Record], *, is_ascii: bool) -> bool:
        """Whether all values are seen at a glance to be so spelled; False: some may not be. `is_ascii`: all texts are.

        A million records have no time for a look at each.
        """
        looks = [(path, settled) for path, is_text, settled in self._looks if not (is_text and is_ascii)]
        try:
            return all(
                settled(_column(records[start : start + _AT_ONCE], path))
                for start in range(0, len(records), _AT_ONCE)
                for path, settled in looks
            )
        except (AttributeError, TypeError):  # some are not what the schema says
            return False


def _column(records: list[Record], path: Path) -> list[Any]:
    """The values at `path`, without null; AttributeError or TypeError where records are built otherwise."""
    values: list[Any] = records
    for step in path:
        if step == ELEMENT:
            values = list(chain.from_iterable(values))
        else:
            values = [value for holder in values if (value := holder.get(step)) is not None]
    return values


def _settle(holder: Any, path: Path, spell: Spell) -> None:
    step, *rest = path
    for place in _slots(holder, step):
        if rest:
            _settle(holder[place], tuple(rest), spell)
        else:
            holder[place] = spell(holder[place])


def _slots(holder: Any, step: str) -> Iterator[Any]:
    """The places in `holder` that a step of a path stands for."""
    if step == ELEMENT:
        yield from range(len(holder)) if isinstance(holder, list) else ()
    elif isinstance(holder, dict) and step in holder:
        yield step
