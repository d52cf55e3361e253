"""One record as a replicated value: which commits brought it, which values nobody has replaced, who took it out.

Nothing of this is stored. It follows from the commits: the commit that added a record is the token of the addition,
what a head has in its history is what it has seen, and a record that one head lacks was removed by it exactly if that
head has seen every commit that added it.
"""

from __future__ import annotations

from collections import Counter

from gitbtc.merge.records import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from gitbtc.join.atoms import Atom, Atoms, Token
    from gitbtc.kinds.kind import Record

# What a removal means. OBSERVED: it takes out what it has seen, no more. GROW_ONLY: nothing. TWO_PHASE: an outpoint is
# made once and spent once, so whoever has seen it and no longer lists it has seen it spent.
OBSERVED, GROW_ONLY, TWO_PHASE = "observed", "grow-only", "two-phase"


class Policy:
    """How the records of one kind join: the `removal` (see above), whether a change counts as an addition that a
    removal elsewhere has not seen (`change_adds`), and the `atoms`.
    """

    __slots__ = ("atoms", "change_adds", "removal")

    def __init__(self, atoms: Atoms, removal: str = OBSERVED, *, change_adds: bool = False) -> None:
        self.atoms = atoms
        self.removal = removal
        self.change_adds = change_adds

    @property
    def keeps(self) -> bool:
        """Whether what is known of a record outlives its removal."""
        return self.removal != OBSERVED


class Element:
    """The state of one record. Never changed once made.

    `present`: token of each live addition -> the record as that commit added it; `fields`: atom -> its live values, for
    atoms of which a value was replaced since; `seen`: the tokens of all commits that touched the record, those that
    removed it among them; `modes`: atoms that the commit asserts to be true; `gone`: the commits that took out a record
    of which more is kept; `back`: those of them after which somebody who had seen that put it in again.
    """

    __slots__ = ("_view", "back", "fields", "gone", "modes", "present", "seen")

    def __init__(  # noqa: PLR0913, PLR0917 - all that is known of a record
        self,
        present: Mapping[Token, Record],
        fields: Mapping[Atom, Mapping[Token, Any]],
        seen: frozenset[Token],
        modes: frozenset[Atom] = frozenset(),
        gone: frozenset[Token] = frozenset(),
        back: frozenset[Token] = frozenset(),
    ) -> None:
        self.present = present
        self.fields = fields
        self.seen = seen
        self.modes = modes
        self.gone = gone
        self.back = back
        self._view: Record | None = None

    def view(self, policy: Policy) -> Record | None:
        """The record that a reader sees; None when it is not there. For kept records: as if none were gone."""
        if self.present and self._view is None:
            self._view = _view(policy.atoms, self)
        return self._view

    def live(self, atoms: Atoms, atom: Atom) -> Mapping[Token, Any]:
        """The values of an atom that nobody has replaced."""
        explicit = self.fields.get(atom)
        if explicit is not None:
            return explicit
        added = ((token, atoms.apart(record)) for token, record in self.present.items())
        return {token: found[atom] for token, found in added if atom in found}

    def lists(self) -> bool:
        """Whether the record is in the file, as far as this record alone tells: nobody took it out, or everybody who
        did was followed by somebody who had seen that and put it in again.
        """
        return bool(self.present) and self.gone <= self.back


NOTHING = Element({}, {}, frozenset())


def added(policy: Policy, token: Token, record: Record) -> Element:
    """A record that the commit `token` added, and that was not there before."""
    return Element({token: record}, {}, frozenset([token]), policy.atoms.modes(record))


def step(policy: Policy, before: Element, record: Record | None, token: Token) -> Element:
    """The state after the commit `token`, which holds `record`, where its parents' join to `before`."""
    if record is None:
        return _removed(policy, before, token)
    modes = policy.atoms.modes(record)
    shown = before.view(policy)
    if shown is None:
        return Element({token: record}, {}, before.seen | {token}, modes)
    changed = _changed(policy.atoms, shown, record)
    if not changed:
        same = modes == before.modes and before.lists()
        return before if same else Element(before.present, before.fields, before.seen, modes, before.gone, before.gone)
    present = before.present
    fields = dict(before.fields)
    if policy.change_adds and not all(policy.atoms.is_measure(atom) for atom in changed):
        fields = {atom: before.live(policy.atoms, atom) for atom in _atoms(policy.atoms, before)}
        present = {token: record}
    fields |= {atom: {token: value} for atom, value in changed.items()}
    return Element(present, fields, before.seen | {token}, modes, before.gone, before.gone)


def _removed(policy: Policy, before: Element, token: Token) -> Element:
    if not before.lists():
        return before
    if policy.keeps:
        gone = before.gone | {token}
        return Element(before.present, before.fields, before.seen, gone=gone, back=before.back)
    return Element({}, {}, before.seen | {token})


def _changed(atoms: Atoms, shown: Record, record: Record) -> dict[Atom, Any]:
    old, new = atoms.apart(shown), atoms.apart(record)
    pairs = ((atom, old.get(atom, MISSING), new.get(atom, MISSING)) for atom in {**old, **new})
    return {atom: value for atom, was, value in pairs if atoms.differs(atom, was, value)}


def joined(policy: Policy, states: Sequence[Element]) -> Element:
    """What several heads' states of one record join to: commutative, associative, idempotent."""
    if len(states) == 1:
        return states[0]
    seen = Counter(token for state in states for token in state.seen)
    present = _present(policy, states, seen)
    atoms = policy.atoms
    fields = {
        atom: _survivors([state.live(atoms, atom) for state in states], seen)
        for atom in {atom for state in states for atom in state.fields}
    }
    modes = frozenset(mode for state in states for mode in state.modes)
    gone = frozenset(token for state in states for token in state.gone)
    back = frozenset(token for state in states for token in state.back)
    # Also of a record that is not there: what one head changed, and the one that took it out had not seen, is still to
    # meet a head that added it again.
    return Element(present, fields, frozenset(seen), modes, gone, back)


def _present(policy: Policy, states: Sequence[Element], seen: Counter[Token]) -> Mapping[Token, Record]:
    if policy.keeps:
        return {token: record for state in states for token, record in state.present.items()}
    return _survivors([state.present for state in states], seen)


def _survivors(lives: Sequence[Mapping[Token, Any]], seen: Counter[Token]) -> dict[Token, Any]:
    """What is live for everybody who has seen it."""
    held = Counter(token for live in lives for token in live)
    return {token: value for live in lives for token, value in live.items() if held[token] == seen[token]}


def _atoms(atoms: Atoms, state: Element) -> Iterable[Atom]:
    found: dict[Atom, Any] = dict(state.fields)
    for record in state.present.values():
        found |= atoms.apart(record)
    return found


def _view(atoms: Atoms, state: Element) -> Record:
    latest = state.present[max(state.present)]
    if len(state.present) == 1 and not state.fields and state.modes == atoms.modes(latest):
        return latest
    # What a removal took out of a record that a change has put back is as the change had it.
    fallback = atoms.apart(latest)
    values = {}
    for atom in _atoms(atoms, state):
        live = state.live(atoms, atom)
        values[atom] = atoms.resolve(atom, live) if live else fallback.get(atom, MISSING)
        if atoms.rule(atom) == "never-live":
            values[atom] = atom in state.modes
    return atoms.together({atom: value for atom, value in values.items() if value is not MISSING})


def contests(policy: Policy, state: Element) -> dict[Atom, str]:
    """The atoms of which a merge would have asked somebody, each with the type of the conflict."""
    if len(state.present) < 2 and all(len(live) < 2 for live in state.fields.values()):
        return {}
    atoms = policy.atoms
    lives = ((atom, state.live(atoms, atom)) for atom in _atoms(atoms, state))
    found = ((atom, atoms.contest(atom, live)) for atom, live in lives if live)
    return {atom: type_ for atom, type_ in found if type_}
