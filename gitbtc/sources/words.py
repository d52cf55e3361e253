"""What a source says now, in the light of what it said last and of what is here: the three versions that are merged.

A source is silent about more than it denies. What it told once and does not tell now it has taken back only where it
answers for the whole kind; else its last word stands. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta, spliced
from gitbtc.kinds.kind import SOURCE
from gitbtc.merge.records import changed_fields, same
from gitbtc.merge.told import kept
from gitbtc.spends import COINS, LABELS, TRANSACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitbtc.kinds.kind import Key, Kind, Record
    from gitbtc.sources.snapshot import SourceSnapshot

    Records = dict[Key, Record]


@dataclass
class Words:
    """The files of one kind that are merged with the one here: `base`, what the source told last, and `theirs`, what it
    tells now; `told` is what is kept of that as its last word. `notices` say what of it is not heard.
    """

    base: bytes
    theirs: bytes
    told: bytes
    notices: list[str]


def words(  # noqa: PLR0913, PLR0917 - what an import knows of a file
    kind: Kind,
    before: bytes,
    here: bytes,
    now: bytes,
    snapshot: SourceSnapshot,
    is_gone: Callable[[Key], bool],
    *,
    volatile: bool = True,
) -> Words:
    """The words on `kind`, of which the snapshot tells `now`; `before` is what it told last and `here` the file here,
    each canonical, b"" for none. `is_gone`: whether a coin that is not listed here was spent, or never made, by what is
    known here. What changes by the minute is heard alone only if `volatile`.
    """
    if not kind.is_array:
        return Words(before if here else b"", now, now, [])
    if before == here == now:
        return Words(before, now, now, [])
    return _Listening(kind, before, here, now, snapshot, volatile=volatile).words(is_gone)


class _Listening:
    def __init__(  # noqa: PLR0913 - as `words`
        self, kind: Kind, before: bytes, here: bytes, now: bytes, snapshot: SourceSnapshot, *, volatile: bool
    ) -> None:
        self._kind = kind
        self._snapshot = snapshot
        self._volatile = frozenset() if volatile else kind.volatile
        self._ended_field, self._ended = snapshot.ended.get(kind.name, ("", frozenset()))
        self._files = before, here, now
        names = kind.identity if isinstance(kind.identity, tuple) else ()
        # The parts of the identity that are facts: what people name is one of several names of the same thing.
        self._facts = [place for place, name in enumerate(names) if kind.fields[name].told_by == SOURCE]
        self._names = [place for place in range(len(names)) if place not in self._facts]
        # What all three have alike has nothing to say, unless another name of the same thing has.
        self._before, self._here, self._now = (
            [_records(kind, content) for content in self._files] if self._names else _differing(kind, *self._files)
        )
        self._keys = {*self._before, *self._here, *self._now}
        self._facts_told = {self._fact(key) for key in self._now}
        self._notices: list[str] = []

    def words(self, is_gone: Callable[[Key], bool]) -> Words:
        self._hear_silence()
        unlisted = self._snapshot.unlisted.get(self._kind.name, {})
        told = self._now | {
            key: {**record, **unlisted} for key, record in self._before.items()
            if key not in self._now and key in self._here and not self._is_taken_back(key, record)
        }  # fmt: skip
        told = {key: self._without_noise(key, record) for key, record in told.items()}
        base = {key: record for key, record in self._before.items() if not self._has_no_base(key, told, is_gone)}
        theirs = {key: record for key, record in told.items() if not self._is_renamed_here(key)}
        if self._kind.append_only and self._kind.name in self._snapshot.complete:
            # Of what it has forgotten it says nothing: it is as it is here.
            for forgotten in (self._before.keys() & self._here.keys()) - self._now.keys():
                base[forgotten] = theirs[forgotten] = self._here[forgotten]
        for key in theirs.keys() & base.keys() & self._here.keys():
            # That one node has it in no mempool, said again, says nothing against another node that has it in one.
            if _waits(theirs[key]) and _waits(base[key]) and not _waits(self._here[key]):
                base[key], theirs[key] = _without_waiting(base[key]), _without_waiting(theirs[key])
        own = {key: self._own(key, record) for key, record in told.items()}
        before, _, now = self._files
        files = [self._file(content, records) for content, records in ((before, base), (now, theirs), (now, own))]
        return Words(files[0], files[1], files[2], self._notices)

    def _file(self, content: bytes, records: Records) -> bytes:
        """A file with these records in the place of those that were looked at."""
        kind, lines = self._kind, {key: codec.encode_record(self._kind, record) for key, record in records.items()}
        return spliced(kind, content or kind.frame.empty, {key: lines.get(key) for key in self._keys})

    def _own(self, key: Key, record: Record) -> Record:
        """A record as the source's last word: without a freeze that was here before the source spoke of it, so that it
        takes back only its own. A lock that a node keeps in memory is gone when it starts anew.
        """
        here, before = self._here.get(key, {}), self._before.get(key, {})
        earlier = [name for name, field in self._kind.fields.items() if field.merge == "freezing"
                   and record.get(name) is here.get(name) is False and before.get(name) is not False]  # fmt: skip
        return {name: value for name, value in record.items() if name not in earlier} if earlier else record

    def _hear_silence(self) -> None:
        """Fields in which the source says nothing have what is known."""
        is_whole = LABELS in self._snapshot.complete
        persons = [name for name, field in self._kind.fields.items() if field.told_by != SOURCE]
        for key, record in self._now.items():
            last = self._before.get(key, {})
            known = {name: last[name] for name in persons
                     if not is_whole and last.get(name) is not None and record.get(name, "") is None}  # fmt: skip
            here = self._here.get(key, {})
            if self._kind.name == TRANSACTIONS and _is_guessed(record, here):
                known["fee_sat"] = here["fee_sat"]
                if last and last["fee_sat"] is None:  # nobody says anything new of it
                    self._before[key] = last | {"fee_sat": here["fee_sat"]}
            if known:
                self._now[key] = record | known

    def _without_noise(self, key: Key, record: Record) -> Record:
        """A record with what changes by the minute as it is here, where nothing else of it is other."""
        here = self._here.get(key)
        if here is None or not self._volatile or not self._volatile.issuperset(changed_fields(here, record)):
            return record
        return record | {name: here[name] for name in self._volatile if name in here}

    def _is_taken_back(self, key: Key, record: Record) -> bool:
        """Whether the source has taken out a record that it told, and may: nobody here made it their own."""
        kind = self._kind
        if self._ended_field:
            if record.get(self._ended_field) in self._ended:
                return True
            self._notices.append(f"{' '.join(map(str, key))}: not listed any more, and not among what ended; it stays")
            return False
        answers = kind.name in self._snapshot.complete or (bool(self._names) and self._fact(key) in self._facts_told)
        if kind.append_only or not answers or (kind.name == COINS and not self._would_be_listed(key)):
            return False
        return kind.removal == "stands" or same(record, self._here[key])

    def _would_be_listed(self, key: Key) -> bool:
        """Whether the source would list a coin, were it one: its own, of a transaction that it has not forgotten. One
        that tells no transactions has no other word for a spend than to list the coin no more.
        """
        outpoint, owned = (key[0], key[1]), self._snapshot.owned
        if TRANSACTIONS not in self._snapshot.records:
            return outpoint in owned or not owned
        return outpoint in owned and key[0] in self._snapshot.txids

    def _fact(self, key: Key) -> tuple[Any, ...]:
        return tuple(key[place] for place in self._facts)

    def _has_no_base(self, key: Key, told: Mapping[Key, Record], is_gone: Callable[[Key], bool]) -> bool:
        """Whether it is as if the source had never told a record that is not here any more. It puts a fact back that it
        tells again; a name that people took away it does not.
        """
        if key in self._here:
            return False
        if key not in told:
            return True
        return not self._names and not (self._kind.name == COINS and is_gone(key))

    def _is_renamed_here(self, key: Key) -> bool:
        """Whether the source names something anew that people here have named: they took its name away, or had given
        one before it first spoke.
        """
        if not self._names or key in self._before or key in self._here:
            return False
        fact = self._fact(key)
        last = [one for one in self._before if self._fact(one) == fact]
        given = sorted(one for one in self._here if self._fact(one) == fact and one not in last)
        is_theirs = any(one not in self._here for one in last) if last else bool(given)
        for place in self._names if is_theirs else ():
            self._notices.append(kept(self._kind.identity[place], given[0][place] if given else None, key[place]))
        return is_theirs


def _waits(record: Record) -> bool:
    return record.get("in_mempool") is False


def _without_waiting(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "in_mempool"}


def _is_guessed(seen: Record, held: Record) -> bool:
    """Whether a fee is known here, and the wallet's own number is none: not all inputs are its own."""
    amounts = [spent["amount_sat"] for spent in seen["inputs"]]
    return held.get("fee_sat") is not None and None in amounts


def _differing(kind: Kind, before: bytes, here: bytes, now: bytes) -> tuple[Records, Records, Records]:
    """The records of three files that not all of them have alike."""
    first, second = ({one.key: one for one in delta(kind, *pair)} for pair in ((before, here), (here, now)))
    found: tuple[Records, Records, Records] = {}, {}, {}
    for key in sorted(first.keys() | second.keys()):
        one, other = first.get(key), second.get(key)
        held = one.new_record if one else other.old_record if other else None
        versions = one.old_record if one else held, held, other.new_record if other else held
        for records, version in zip(found, versions, strict=True):
            if version is not None:
                records[key] = version
    return found


def _records(kind: Kind, content: bytes) -> Records:
    lines = codec.keyed(kind, content) if content else {}
    return {key: codec.decode_line(kind, line) for key, line in lines.items()}
