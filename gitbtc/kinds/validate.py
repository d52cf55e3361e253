"""Whether records are what their kind says.

A record that the compiled acceptance test knows to be good is not looked at again; jsonschema, which is slow to import
and slow to run, finds the words for the others.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import lru_cache, partial
from itertools import chain

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.accept import acceptance
from gitbtc.kinds.delta import count, delta
from gitbtc.kinds.formats import ANY_NETWORK, CHECKS
from gitbtc.kinds.layouts import layout_faults, layout_named, no_shard, stranger
from gitbtc.kinds.networks import belongs_to_one, claims, network_of_root, network_said, said_in
from gitbtc.kinds.registry import root_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from gitbtc.kinds.accept import Test
    from gitbtc.kinds.formats import Networks
    from gitbtc.kinds.kind import Kind, Record
    from gitbtc.kinds.lines import Lines
    from gitbtc.kinds.registry import Kinds

    # path -> (what tells its versions apart: an oid, and how to read it). Equal versions are not read.
    Files = Mapping[str, tuple[str, Callable[[], bytes]]]
    Watch = Callable[[str, Iterable[Record], int], Iterable[Record]]

_NO_FILE = ("", bytes)


class RecordViolation:
    """One fault of a record.

    `identity` names the record (empty for a whole file), `order` its place in a log (`timestamp 1700000000`), `field`
    the place in the record (`outputs[1].amount_sat`, empty for the whole record), `value` what stands there, short and
    printable (empty where it must not be shown), `rule` what must stand there, in words. `record` is the record itself,
    and `line` the one of its file on which it begins, 0 where nobody looked, or its rule names it.
    """

    __slots__ = ("field", "identity", "line", "order", "record", "rule", "value")

    def __init__(  # noqa: PLR0913, PLR0917 - what is known of a fault
        self, identity: str, field: str, value: str, rule: str, order: str = "", record: Record | None = None
    ) -> None:
        self.identity = identity
        self.order = order
        self.field = field
        self.value = value
        self.rule = rule
        self.record = record
        self.line = 0

    def told_of(self, path: str) -> str:
        """It in one line: the address of the record in the file at `path`, its line, and what is wrong."""
        place = f"{path}::{self.identity}" if self.identity else path
        parts = [place + (f" ({self.order})" if self.order else ""), *([f"line {self.line}"] if self.line else [])]
        return ": ".join([*parts, str(self)])

    def __str__(self) -> str:
        subject = f"{self.field} {self.rule}" if self.field else self.rule
        return f"{subject}, not {self.value}" if self.value else subject


def violations(kind: Kind, records: Iterable[Record], networks: Networks = ANY_NETWORK) -> Iterator[RecordViolation]:
    """Every fault of `records` (of an object file: its one object), which must belong to one of `networks`.

    Raises CannotWork when the kind's schema cannot be used.
    """
    accepts = _acceptance(kind)
    checks = _checks(kind)
    belongs = networks != ANY_NETWORK and belongs_to_one(kind)
    for record in records:
        if not accepts(record):
            from gitbtc.kinds.explain import faults

            for field, value, rule in faults(kind, record):
                yield _violation(kind, record, field, value, rule)
        if isinstance(record, dict):
            for check in checks:
                for field, rule in check(record):
                    yield _violation(kind, record, field, "", rule)
            if belongs:
                for field, rule in _strangers(kind, record, networks):
                    yield _violation(kind, record, field, "", rule)


@lru_cache(maxsize=64)
def _acceptance(kind: Kind) -> Test:
    return acceptance(kind.record_schema)


def _checks(kind: Kind) -> list[Callable[[Record], Iterable[tuple[str, str]]]]:
    """The checks of fields against each other: those that the schema names, and the identity of inner elements."""
    named = kind.record_schema.get("x-gitbtc-check", ())
    unknown = [name for name in named if name not in CHECKS]
    if unknown:
        raise CannotWork(f"the schema of {kind.name}: no check of a record is called {unknown[0]!r}")
    lists = {field.name: field.identity for field in kind.fields.values() if field.identity}
    elements = [lambda record: _twice(record, lists)] if lists else []
    return [CHECKS[name] for name in named] + elements


def _twice(record: Record, lists: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name, identity in lists.items():
        seen: set[str] = set()
        value = record.get(name)
        for place, element in enumerate(value if isinstance(value, list) else ()):
            if isinstance(element, dict):
                key = json.dumps([element.get(part) for part in identity])
                if key in seen:
                    yield f"{name}[{place}]", f"must not have the {' and '.join(identity)} of another of the {name}"
                seen.add(key)


def _strangers(kind: Kind, record: Record, networks: Networks) -> Iterator[tuple[str, str]]:
    for field, claimed in claims(kind, record):
        if not claimed & networks:
            ours, theirs = (" or ".join(sorted(names)) for names in (networks, claimed))
            yield field, f"must belong to the network of its root ({ours}); it is of {theirs or 'several networks'}"


def _violation(kind: Kind, record: Record, field: str, value: str, rule: str) -> RecordViolation:
    named = record if isinstance(record, dict) else {}
    order = ", ".join(f"{name} {named[name]}" for name in kind.order if isinstance(named.get(name), int))
    return RecordViolation(_identity(kind, named, field), field, value, rule, order, named)


def _identity(kind: Kind, record: Any, field: str) -> str:
    if kind.identity == "record":
        return codec.content_id(codec.encode_record(kind, record))[:16]
    if isinstance(kind.identity, str):
        return field.partition(".")[0].partition("[")[0] if kind.identity == "member" else ""
    from gitbtc.kinds.explain import quoted

    return ":".join(quoted(record.get(name)) for name in kind.identity)


# -- files -----------------------------------------------------------------------------------------------------------


_TOO_LARGE = 64 << 20  # bytes


def records_of(kind: Kind, content: bytes) -> tuple[Iterable[Record], int]:
    """The records of a file, and how many they are; an object file is one record. Raises Malformed.

    Those of a very large canonical file are read while they are asked for, a second time: all of them at once would
    take many times its memory.
    """
    if kind.is_array and len(content) > _TOO_LARGE and codec.is_canonical(kind, content):
        return chain.from_iterable(codec.records_in_pieces(kind, content)), count(kind, content)
    records = codec.parse(kind, content)
    return (records, len(records)) if kind.is_array else ([records], 1)


def changed_records(kind: Kind, old: bytes, new: bytes) -> tuple[Iterable[Record], int]:
    """The records of `new` that `old` (empty: no file) does not have, and how many they are. Raises Malformed."""
    if not old or not kind.is_array:
        return records_of(kind, new)
    records = [change.new_record for change in delta(kind, old, new) if change.new_record is not None]
    return records, len(records)


def validate_change(kind: Kind, old: bytes, new: bytes, networks: Networks = ANY_NETWORK) -> Iterator[RecordViolation]:
    """The faults of the records in which `new` differs from `old` (empty: no file). Raises Malformed."""
    return violations(kind, changed_records(kind, old, new)[0], networks)


def _unwatched(_: str, records: Iterable[Record], __: int) -> Iterable[Record]:
    return records


class Valid:
    """What a look at all records of a file found that has no fault: `records`, how many they are (an object file is
    one); `networks`, those it was held to be of; `said`, what its values say of that (gitbtc.kinds.networks).
    """

    __slots__ = ("networks", "records", "said")

    def __init__(self, records: int, networks: Networks, said: Sequence[Networks]) -> None:
        self.records = records
        self.networks = networks
        self.said = said


class Known:
    """What is known of versions of files that were looked at before. `beside`: path -> another version of what lies
    there, and how to read it.
    """

    def __init__(self, beside: Files) -> None:
        self.beside = beside

    def version(self, content: bytes) -> str:
        """What tells the versions of files apart."""
        raise NotImplementedError

    def of(self, path: str, version: str, kind: Kind) -> Valid | None:
        """What was found in a version of the file at `path`, where it had no fault; None where nobody knows."""
        raise NotImplementedError

    def add(self, path: str, version: str, kind: Kind, valid: Valid) -> None:
        """Remember it."""
        raise NotImplementedError


def validate_files(
    kinds: Kinds, old: Files, new: Files, watch: Watch = _unwatched, *, known: Known | None = None
) -> Iterator[tuple[str, RecordViolation]]:
    """(path, fault) for the state files among `new`, looking at no record that `old` has already; or, where there is no
    `old`, at none that is `known` to be valid.

    `watch` is called with path, records and their number for each file, and yields the records on.
    """
    yield from _layouts(kinds, old, new)
    by_root: dict[str, dict[str, Kind]] = {}
    for path in sorted(new):
        kind = kinds.for_path(path)
        if kind:
            by_root.setdefault(root_of(kinds.whole(path)), {})[path] = kind
    for inside in by_root.values():
        if old and all(old.get(path, _NO_FILE)[0] == new[path][0] for path in inside):
            continue
        found = {path: known.of(path, new[path][0], kind) for path, kind in inside.items()} if known else {}
        networks = network_said(
            (kind, partial(_said, found.get(path), kind, new[path][1])) for path, kind in inside.items()
        )
        before = network_of_root((kind, old[path][1]) for path, kind in inside.items() if path in old)
        for path, kind in inside.items():
            # What was right for another network has to be looked at again.
            (was, read_old), (is_now, read_new) = old.get(path, _NO_FILE) if before == networks else _NO_FILE, new[path]
            valid = found.get(path)
            if was == is_now:
                continue
            if valid is not None and valid.networks == networks:
                watch(path, (), valid.records)
                continue
            looking = _Looking(kinds, networks, watch, known)
            yield from ((path, fault) for fault in looking.faults(path, kind, read_old, read_new))


class _Looking:
    """A look at the records of files of one root."""

    def __init__(self, kinds: Kinds, networks: Networks, watch: Watch, known: Known | None) -> None:
        self._kinds = kinds
        self._networks = networks
        self._watch = watch
        self._known = known

    def faults(
        self, path: str, kind: Kind, read_old: Callable[[], bytes], read_new: Callable[[], bytes]
    ) -> Iterator[RecordViolation]:
        """Those of a file; where there is none, it is known from now on."""
        shard = self._kinds.shard(path)
        is_valid = True
        try:
            content = read_new()
            _check_not_empty(kind, content)
            records, count = self._records(path, kind, read_old, content)
            found = _violations(kind, self._watch(path, records, count), self._networks, shard and shard[1])
            for violation in _placed(kind, content, found):
                is_valid = False
                yield violation
        except codec.Malformed as error:
            yield RecordViolation("", "", "", str(error))
            return
        if self._known and is_valid:
            said = said_in(kind, partial(bytes, content))
            self._known.add(path, self._known.version(content), kind, Valid(count, self._networks, said))

    def _records(
        self, path: str, kind: Kind, read_old: Callable[[], bytes], content: bytes
    ) -> tuple[Iterable[Record], int]:
        """The records to look at, and how many are told. Malformed."""
        if self._known is None:
            return _changed(kind, read_old, content)
        valid = self._known.of(path, self._known.version(content), kind)
        if valid is not None and valid.networks == self._networks:
            return (), valid.records
        version, read = self._known.beside.get(path, _NO_FILE)
        valid = self._known.of(path, version, kind) if kind.is_array else None
        if valid is not None and valid.networks == self._networks:
            with suppress(codec.Malformed):
                changes = delta(kind, read(), content)
                more = sum((one.old is None) - (one.new is None) for one in changes)
                return [one.new_record for one in changes if one.new_record is not None], valid.records + more
        return _changed(kind, read_old, content)


def _placed(kind: Kind, content: bytes, faults: Iterable[RecordViolation]) -> Iterator[RecordViolation]:
    """The faults of a file, each with its line; before them what another program's file is."""
    lines: Lines | None = None
    for violation in faults:
        if lines is None:
            from gitbtc.kinds.lines import Lines

            lines = Lines(kind, content)
            foreign = codec.foreign_words(kind, content)
            if foreign:
                yield RecordViolation("", "", "", foreign)
        violation.line = lines.of(violation.record or {}, violation.field)
        yield violation


def _said(valid: Valid | None, kind: Kind, read: Callable[[], bytes]) -> Sequence[Networks]:
    """What a file says of the network of its root."""
    return valid.said if valid else said_in(kind, read)


def _layouts(kinds: Kinds, old: Files, new: Files) -> Iterator[tuple[str, RecordViolation]]:
    """What is wrong with how the records of a kind lie in a root, where that was not so before."""
    if old.keys() == new.keys():  # which is all that it depends on
        return
    before, now = ({path: ("", side[path][0]) for path in side} for side in (old, new))
    known = dict(layout_faults(kinds, before)) if before else {}
    for whole, fault in layout_faults(kinds, now):
        if known.get(whole) != fault:
            yield whole, RecordViolation("", "", "", fault)
    for path in sorted(new):
        whole = kinds.among_shards(path)
        if whole and new[path][0] != old.get(path, _NO_FILE)[0]:
            yield path, RecordViolation("", "", "", no_shard(kinds, whole))


def _violations(
    kind: Kind, records: Iterable[Record], networks: Networks, shard: str | None
) -> Iterator[RecordViolation]:
    """The faults of records, also of those that are in a shard where they do not belong."""
    if shard is None:
        yield from violations(kind, records, networks)
        return
    layout = layout_named(kind, shard)
    for record in records:
        found = list(violations(kind, [record], networks))
        yield from found
        if not found:
            line = codec.encode_record(kind, dict(record))
            why = stranger(kind, layout, shard, [(codec.key_of(kind, record, line), record)])
            if why:
                yield _violation(kind, record, "", "", why)


def _check_not_empty(kind: Kind, content: bytes) -> None:
    if kind.frame.empty and not (content[:64].strip() or content.strip()):
        raise codec.Malformed(f"the file is empty; without records it is {'[]' if kind.is_array else 'not there'}")


def _changed(kind: Kind, read_old: Callable[[], bytes], new: bytes) -> tuple[Iterable[Record], int]:
    try:
        return changed_records(kind, read_old(), new)
    except codec.Malformed:  # the old version may be the broken one
        return records_of(kind, new)
