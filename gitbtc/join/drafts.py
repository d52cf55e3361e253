"""The files of a join in the making: the base's, with the records that the heads touched as they join."""

from __future__ import annotations

from gitbtc.errors import CannotWork
from gitbtc.join.element import GROW_ONLY, OBSERVED, contests
from gitbtc.kinds import codec
from gitbtc.kinds.layouts import shard_of_key, shard_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gitbtc.join.atoms import Token
    from gitbtc.join.element import Element
    from gitbtc.join.reading import Reading
    from gitbtc.join.states import HeadState, Name, States
    from gitbtc.kinds.kind import Key, Kind, Record
    from gitbtc.kinds.layouts import Layout


class Decided:
    """A record about which a merge would have asked: the `type` of the conflict, and the contested `fields`."""

    __slots__ = ("fields", "identity", "path", "type")

    def __init__(self, path: str, identity: str, type_: str, fields: Sequence[str] = ()) -> None:
        self.path = path
        self.identity = identity
        self.type = type_
        self.fields = sorted(set(fields))


class Draft:
    """The joined files of the heads whose states are `heads`; `state` is what they join to. `parted` is the newest
    commit that all of them come from, where that is not the base.
    """

    def __init__(
        self, reading: Reading, states: States, heads: Sequence[HeadState], parted: Token | None = None
    ) -> None:
        self.reading = reading
        self.states = states
        self.heads = heads
        self._parted = parted
        self.state = states.join(heads)
        self.decided: list[Decided] = []
        # Records as they are in the joined files where the base has them otherwise, by path; None: not there.
        self._records: dict[str, dict[Key | None, Record | None]] = {}
        for name in self.state.names():
            self._take(name, states.element(self.state, name))
        self.decided.sort(key=lambda one: (one.path, one.identity, one.type))

    def _take(self, name: Name, element: Element) -> None:
        path, key = name
        policy = self.reading.policy(path)
        record = element.view(policy)
        if not element.lists() and (policy.removal != GROW_ONLY or self._is_past(element)):
            record = None
        self._records.setdefault(path, {})[key] = record
        if key is not None:
            self._report(name, element, record)

    def _report(self, name: Name, element: Element, record: Record | None) -> None:
        path, key = name
        kind, policy = self.reading.kind(path), self.reading.policy(path)
        identity = codec.identity_text(kind, key) if kind and kind.is_array and key else ""
        by_type: dict[str, list[str]] = {}
        for atom, type_ in contests(policy, element).items() if record is not None else ():
            by_type.setdefault(type_, []).append(atom[1] if len(atom) > 1 else "")
        for type_, fields in by_type.items():
            self.decided.append(Decided(path, identity, type_, fields))
        if policy.removal == OBSERVED and policy.change_adds and record is not None and self._removed(name, element):
            self.decided.append(Decided(path, identity, "remove_change"))
        elif policy.removal == GROW_ONLY and record is not None and not element.lists():
            self.decided.append(Decided(path, identity, "append_only"))

    def _removed(self, name: Name, element: Element) -> bool:
        """Whether the base has a record that one of the heads no longer has."""
        base = self.reading.base
        if base.token in element.present or base.record(name) is None:
            return False
        return any(not self.states.element(head, name).present for head in self.heads)

    def _is_past(self, element: Element) -> bool:
        """Whether a record of a file that only grows was gone when the heads parted: what went since, they cannot take
        from each other.
        """
        return self._parted is not None and any(token <= self._parted for token in element.gone - element.back)

    def refuse_networks(self) -> None:
        """CannotWork where the heads are of different networks."""
        for path in self.paths():
            kind = self.reading.kind(path)
            if kind is not None and kind.register:
                policy = self.reading.policy(path)
                views = (self.states.element(head, (path, ())).view(policy) for head in self.heads)
                networks = sorted({str(view.get(kind.register["within"])) for view in views if view})
                if len(networks) > 1:
                    raise CannotWork(f"{path}: heads of different networks never join: {', '.join(networks)}")

    # -- files -----------------------------------------------------------------------------------------------------

    def put(self, path: str, records: Mapping[Key, Record | None]) -> None:
        """Have records in a file as they are given here."""
        self._records.setdefault(path, {}).update(records)

    def paths(self) -> Iterable[str]:
        """The files that a head touched."""
        return list(self._records)

    def record(self, path: str, key: Key) -> Record | None:
        """A record as it is in the joined file."""
        touched = self._records.get(path, {})
        return touched[key] if key in touched else self.reading.base.record((path, key))

    def touched(self, path: str) -> Mapping[Key | None, Record | None]:
        """The records of a file that a head touched."""
        return self._records.get(path, {})

    def changes(self, path: str) -> Iterator[tuple[Record | None, Record | None]]:
        """The records of a file that are not as the base has them: before, and now."""
        for key, record in self.touched(path).items():
            if key is not None and record != (before := self.reading.base.record((path, key))):
                yield before, record

    def content(self, path: str) -> bytes | None:
        """The joined state file; None when there is none."""
        kind = self.reading.kind(path)
        if kind is None or path not in self._records:
            return self.reading.base_files.content(path) or None
        touched = self._records[path]
        if not kind.is_array:
            record = touched[()]
            return None if record is None else codec.encode_file(kind, record)
        return self._array(path, kind, touched)

    def _array(self, path: str, kind: Kind, touched: Mapping[Key | None, Record | None]) -> bytes | None:
        lines = _over(self.reading.base_files.lines(path), kind, touched)
        exists = touched[None] is not None if None in touched else self.reading.base_files.entry(path) is not None
        return codec.encode_lines(kind, [lines[key] for key in sorted(lines)]) if lines or exists else None

    def shards(self, path: str, layout: Layout) -> dict[str, bytes] | None:
        """path -> content of the shards in which a head touched a record, where the base's records lie in that layout;
        None where they do not, or all of them are needed to tell.
        """
        shards, touched = self.reading.base_files.shards(path), self.touched(path)
        if shards is None or shards.layout != layout or None in touched:
            return None
        by_name: dict[str, dict[Key | None, Record | None]] = {}
        for key, record in touched.items():
            name = None if key is None else shard_of_key(shards.kind, layout, key)
            if name is None:
                return None
            by_name.setdefault(name, {})[key] = record
        made: dict[str, bytes] = {}
        for name, records in by_name.items():
            place = shard_path(path, name)
            lines = _over(self.reading.base_files.lines(place), shards.kind, records)
            made[place] = codec.encode_lines(shards.kind, [lines[key] for key in sorted(lines)])
        return made

    def entries(self) -> Mapping[str, tuple[str, str] | None]:
        """The entries of the touched files that are no state files; None where there is no file."""
        found = {path: records[()] for path, records in self._records.items() if self.reading.kind(path) is None}
        return {path: (record["mode"], record["oid"]) if record else None for path, record in found.items()}


def _over(base: Mapping[Key, bytes], kind: Kind, touched: Mapping[Key | None, Record | None]) -> dict[Key, bytes]:
    """The lines of a file whose base has other ones, where records are as given."""
    lines = dict(base)
    for key, record in touched.items():
        if key is not None and record is None:
            lines.pop(key, None)
        elif key is not None and record is not None:
            lines[key] = codec.encode_record(kind, record)
    return lines
