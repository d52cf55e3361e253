"""The network that records belong to: every address and extended key under one root must be of one network."""

from __future__ import annotations

from functools import lru_cache, partial

from gitbtc.kinds import codec
from gitbtc.kinds.delta import NotCanonical, body
from gitbtc.kinds.formats import (
    ANY_NETWORK,
    MAIN,
    NOT_MAIN,
    REGTEST,
    TEST,
    address_networks,
    descriptor_networks,
    key_networks,
)
from gitbtc.kinds.places import ELEMENT, places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from gitbtc.kinds.formats import Networks
    from gitbtc.kinds.kind import Kind, Record

_NETWORKS: dict[str, Callable[[str], Networks]] = {
    "bitcoin-address": address_networks,
    "bitcoin-address-or-empty": address_networks,
    "extended-public-key": key_networks,
    "public-descriptor": descriptor_networks,
}

# How values of one network begin, so that a file's network is found without reading its records. Base58Check puts the
# version bytes in front: nothing else begins with these characters.
_ADDRESS_STARTS = {
    "bc1": MAIN, "BC1": MAIN, "1": MAIN, "3": MAIN, "tb1": TEST, "TB1": TEST, "bcrt1": REGTEST, "BCRT1": REGTEST,
    "m": NOT_MAIN, "n": NOT_MAIN, "2": NOT_MAIN,
}  # fmt: skip
_KEY_STARTS = {
    **{letter + "pub": MAIN for letter in "xyzYZ"},
    **{letter + "pub": NOT_MAIN for letter in "tuvUV"},
}
_STARTS = {
    "bitcoin-address": _ADDRESS_STARTS,
    "bitcoin-address-or-empty": _ADDRESS_STARTS,
    "extended-public-key": _KEY_STARTS,
}


def belongs_to_one(kind: Kind) -> bool:
    """Whether records of a kind can hold a value that belongs to a network."""
    return bool(_within(kind) or _places(kind))


def claims(kind: Kind, record: Record) -> Iterator[tuple[str, Networks]]:
    """(field path, the networks that its value can belong to) for each value of `record` that belongs to one."""
    named = ANY_NETWORK.intersection(value for value in (record.get(_within(kind)),) if isinstance(value, str))
    if named:
        yield _within(kind), named
    for path, format_ in _places(kind):
        for field, value in _values(record, path, ""):
            if isinstance(value, str) and value:
                yield field, _NETWORKS[format_](value)


def networks_of(kind: Kind, record: Record) -> Networks | None:
    """The networks that all of `record` can belong to: none of them when it mixes them, None when it does not tell."""
    networks = None
    for _, claimed in claims(kind, record):
        networks = claimed if networks is None else networks & claimed
    return networks


def _within(kind: Kind) -> str:
    """The field in which a register names its network; empty for other kinds."""
    return kind.register.get("within", "")


@lru_cache(maxsize=64)
def _places(kind: Kind) -> tuple[tuple[tuple[str, ...], str], ...]:
    """(path, format) of each field of a kind whose values belong to a network; `[]` stands for each element."""
    named = ((path, rules.get("format")) for path, rules in places(kind.record_schema))
    return tuple((path, format_) for path, format_ in named if isinstance(format_, str) and format_ in _NETWORKS)


def _values(value: Any, path: tuple[str, ...], field: str) -> Iterator[tuple[str, Any]]:
    if not path:
        yield field, value
    elif path[0] == ELEMENT:
        for place, element in enumerate(value if isinstance(value, list) else ()):
            yield from _values(element, path[1:], f"{field}[{place}]")
    elif isinstance(value, dict) and path[0] in value:
        yield from _values(value[path[0]], path[1:], f"{field}.{path[0]}" if field else path[0])


def claimed_in(kind: Kind, content: bytes) -> set[Networks]:
    """The sets of networks that the values of a file can belong to, from how they begin. Raises Malformed.

    In a canonical file a quotation mark inside a text is escaped, so no text can be taken for a field.
    """
    places = _places(kind)
    try:
        body(content)
    except NotCanonical:
        content = codec.canonical(kind, content) if places else b""
    named = {(path[-1], format_) for path, format_ in places}
    return {networks for name, format_ in named for networks in _begun(name, _STARTS.get(format_, {}), content)}


def _begun(name: str, starts: Mapping[str, Networks], content: bytes) -> Iterator[Networks]:
    """The networks of the values of the field `name`. None of `starts` begins with another one: once all values are
    counted, none is left to look for; and most begin as the first of them does.
    """
    field = f'"{name}":"'.encode()
    left = content.count(field) if starts else 0
    first = content.find(field) + len(field)
    likely_first = sorted(starts.items(), key=lambda one: not content.startswith(one[0].encode(), first))
    for start, networks in likely_first:
        counted = content.count(f'"{name}":"{start}'.encode()) if left else 0
        left -= counted
        if counted:
            yield networks


def network_of_root(files: Iterable[tuple[Kind, Callable[[], bytes]]]) -> Networks:
    """The networks that the records of a root have to belong to; `files` are its files, and how to read each.

    What a register such as chain.json names decides. Without one, files that agree decide; where they do not, the
    first of them does, so that the others are the ones reported. A file that does not parse has no say.
    """
    return network_said((kind, partial(said_in, kind, read)) for kind, read in files)


def network_said(files: Iterable[tuple[Kind, Callable[[], Sequence[Networks]]]]) -> Networks:
    """The same, given what each file says of it (`said_in`)."""
    networks = ANY_NETWORK
    for kind, said in sorted(files, key=lambda file: not _within(file[0])):
        claimed = said()
        if _within(kind) and claimed:
            return claimed[0]
        for some in claimed:
            networks = networks & some or networks
        if len(networks) == 1:  # which no other file can make another
            break
    return networks


def said_in(kind: Kind, read: Callable[[], bytes]) -> Sequence[Networks]:
    """What the values of a file say of the network, a register's in their order; nothing where it does not parse."""
    try:
        content = read()
        if not _within(kind):
            return sorted(claimed_in(kind, content), key=sorted)
        return [networks for _, networks in claims(kind, codec.parse(kind, content))]
    except codec.Malformed:
        return ()
