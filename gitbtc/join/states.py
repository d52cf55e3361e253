"""The states of all records at each commit of a history, computed in one walk from the oldest commit to the newest.

Only what some commit touched is held; everything else is as the common base has it.
"""

from __future__ import annotations

from collections import Counter

from gitbtc.join.element import NOTHING, Element, joined, step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gitbtc.join.atoms import Token
    from gitbtc.join.element import Policy
    from gitbtc.kinds.kind import Key, Record

    # The path of a file and the key of a record in it; None stands for the file itself, () for all that it holds.
    Name = tuple[str, Key | None]
    Changes = Mapping[Name, Record | None]


class Base:
    """The state that all heads have in common: the records of one commit, whose `token` stands for all before it.

    `record` answers what it holds; `token` is None where the heads have nothing in common.
    """

    def __init__(self, token: Token | None, record: Callable[[Name], Record | None]) -> None:
        self.token = token
        self.record = record
        self._elements: dict[Name, Element] = {}

    def element(self, policy: Policy, name: Name) -> Element:
        """The state of one record at the base."""
        if self.token is None:
            return NOTHING
        if name not in self._elements:
            record = self.record(name)
            seen = frozenset([self.token])
            added = {self.token: record} if record is not None else {}
            modes = policy.atoms.modes(record) if record is not None else frozenset()
            self._elements[name] = Element(added, {}, seen, modes)
        return self._elements[name]


class HeadState:
    """The state of the records that a history touched: `own` over `shared`, which other states may hold too."""

    __slots__ = ("own", "shared")

    def __init__(self, own: dict[Name, Element], shared: dict[Name, Element]) -> None:
        self.own = own
        self.shared = shared

    def get(self, name: Name) -> Element | None:
        """The state of one record; None when it is that of the base."""
        return self.own.get(name) or self.shared.get(name)

    def names(self) -> Iterable[Name]:
        """The records that were touched."""
        return {**self.shared, **self.own}


_MOST_OWN = 256  # records, copied for each commit


class States:
    """Computes states: `policy_of` answers how the records of a path join."""

    def __init__(self, base: Base, policy_of: Callable[[str], Policy]) -> None:
        self._base = base
        self._policy_of = policy_of
        self.start = HeadState({}, {})

    def element(self, state: HeadState, name: Name) -> Element:
        """The state of one record."""
        return state.get(name) or self._base.element(self._policy_of(name[0]), name)

    def after(self, parent: HeadState, token: Token, changes: Changes) -> HeadState:
        """The state after an ordinary commit that changed these records (name -> record, or None for removed)."""
        own = dict(parent.own)
        shared = parent.shared
        for name, record in changes.items():
            own[name] = step(self._policy_of(name[0]), self.element(parent, name), record, token)
        if len(own) > _MOST_OWN:
            own, shared = {}, {**shared, **own}
        return HeadState(own, shared)

    def after_merge(self, parents: Sequence[HeadState], token: Token, differing: Changes) -> HeadState:
        """The state after a commit with several parents, whose tree differs from the base's in `differing`.

        What the tree has as the parents' states join is not the commit's doing; the rest is.
        """
        state = self.join(parents)
        for name in {**state.shared, **state.own, **dict.fromkeys(differing)}:
            record = differing[name] if name in differing else self._base.record(name)
            before = self.element(state, name)
            after = step(self._policy_of(name[0]), before, record, token)
            if after is not before:
                state.own[name] = after
        return HeadState({}, {**state.shared, **state.own})

    def join(self, heads: Sequence[HeadState]) -> HeadState:
        """What the states of several heads join to."""
        groups: dict[int, list[HeadState]] = {}
        for head in heads:
            groups.setdefault(id(head.shared), []).append(head)
        known: dict[Name, _Known] = {}
        for group in groups.values():
            for head in group:
                for name, element in head.own.items():
                    known.setdefault(name, _Known()).add(element, 1)
            if len(groups) > 1:
                _add_shared(known, group)
        shared = heads[0].shared if len(groups) == 1 else {}
        return HeadState({name: self._joined(name, told, len(heads), shared) for name, told in known.items()}, shared)

    def _joined(self, name: Name, known: _Known, heads: int, shared: dict[Name, Element]) -> Element:
        policy = self._policy_of(name[0])
        if known.heads < heads:  # to the others it is as what they share has it
            known.add(shared.get(name) or self._base.element(policy, name), heads - known.heads)
        return joined(policy, list(known.elements.values()))


class _Known:
    """The different states of one record, and how many heads they are of."""

    __slots__ = ("elements", "heads")

    def __init__(self) -> None:
        self.elements: dict[int, Element] = {}
        self.heads = 0

    def add(self, element: Element, heads: int) -> None:
        self.elements[id(element)] = element
        self.heads += heads


def _add_shared(known: dict[Name, _Known], group: Sequence[HeadState]) -> None:
    """What the heads of a group share, for as many of them as know nothing newer."""
    owned = Counter(name for head in group for name in head.own)
    for name, element in group[0].shared.items():
        if owned[name] < len(group):
            known.setdefault(name, _Known()).add(element, len(group) - owned[name])
