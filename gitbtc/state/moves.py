"""Roots that moved: `git mv wallet network company/` takes nothing from anybody, and is judged as the move that it is.

A root has moved when it is gone, and one that was not there holds more than half of its records, and lists, or spends,
half of its coins. What it does not hold is judged there as ever: a move hides no loss. Two roots that changed places,
and whatever else moved file by file without a change of any, have moved too.
"""

from __future__ import annotations

from functools import lru_cache

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.frame import OBJECT
from gitbtc.kinds.registry import built_in, root_of
from gitbtc.spends import COINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.state.snapshot import Snapshot

    Files = Mapping[str, str]  # path within a root -> oid

_THE_TOP = "the top folder"
_NAMED = 3  # files in one line


def moves(before: Snapshot, after: Snapshot) -> dict[str, str]:
    """old root -> new root, of each that moved on the way from `before` to `after`."""
    differing = {path for path, _ in before.entries.items() ^ after.entries.items()}
    roots = {root_of(path) for path in differing if before.kind(path) or after.kind(path)}
    if len(roots) == 1 or not roots:
        return {}
    then, now = _files(before, roots), _files(after, roots)
    moved = _unchanged(then, now)
    left = then.keys() - now.keys() - moved.keys()
    free = now.keys() - then.keys() - {*moved.values()}
    shared = {(old, new): _shared(before, old, after, new) for old in left for new in free}
    for old, new in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        if shared[old, new] and old not in moved and new not in moved.values():
            moved[old] = new
    return moved


def each_in_place(
    snapshot_of: Callable[[str | None], Snapshot], other: Snapshot, bases: Sequence[Snapshot]
) -> Callable[[str | None], Snapshot]:
    """`snapshot_of`, each with its roots where `other` has them (see `in_place`), and worked out once."""
    return lru_cache(maxsize=None)(lambda revision: in_place(snapshot_of(revision), other, bases))


def in_place(side: Snapshot, other: Snapshot, bases: Sequence[Snapshot] = ()) -> Snapshot:
    """`side` with its roots where `other` has them: by what each of them did since a common ancestor, where they have
    one. Two that went different ways have less in common than with that.
    """
    for base in bases[:1]:
        here, there = moves(base, side), moves(base, other)
        places = {here.get(root, root): there.get(root, root) for root in base.roots()}
        side = side.moved({old: new for old, new in places.items() if old != new})
    return side.moved(moves(side, other))


def told(old: str, new: str) -> str:
    """What happened, in words."""
    return f"the state files of {old or _THE_TOP} moved to {new or _THE_TOP}, and are judged there as the same"


def doubled(bases: Iterable[Snapshot], heads: Sequence[Snapshot], result: Snapshot) -> list[str]:
    """A line for each root that a head moved away and that the merge `result` of the heads has in two places."""
    places: dict[str, set[str]] = {}
    for base in bases:
        for head in heads:
            for old, new in moves(base, head).items():
                places.setdefault(old, {old}).add(new)
    found = ((old, sorted(them & result.roots())) for old, them in sorted(places.items()))
    return [
        f"the state files of {old or _THE_TOP} were moved, and are in"
        f" {' and in '.join(one or _THE_TOP for one in them)} now: that makes two treasuries of one; keep one of them,"
        " with the records of both"
        for old, them in found
        if len(them) > 1
    ]


def elsewhere(path: str, before: Snapshot, after: Snapshot) -> str:
    """Of a state file that is gone and whose root did not move: the new file that has all its records; "" for none."""
    kind = before.kind(path)
    if kind is None or path in after.entries:
        return ""
    keys = _keys(kind, before.content(path))
    new = (other for other in after.state_paths() if other not in before.entries and after.kind(other) is kind)
    return next((other for other in new if keys and keys <= _keys(kind, after.content(other))), "")


def half(path: str, new: str, after: Snapshot) -> str:
    """What to do about it: `path` went to `new`, and others of its root did not."""
    stayed = [other for other in after.state_paths() if root_of(other) == root_of(path)]
    rest = f"; {', '.join(stayed[:_NAMED])}{' and others' if len(stayed) > _NAMED else ''} stayed" if stayed else ""
    return f"its records are in {new} now: a root moves as a whole, all of its state files in one commit{rest}"


def _files(side: Snapshot, roots: set[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path in side.state_paths():
        root = root_of(path)
        if root in roots:
            found.setdefault(root, {})[path.removeprefix(root).removeprefix("/")] = side.oid(path)
    return found


def _unchanged(then: Mapping[str, Files], now: Mapping[str, Files]) -> dict[str, str]:
    """Those whose files are all somewhere else as they were, and in the way of none that stayed."""
    moved: dict[str, str] = {}
    for old in sorted(then):
        places = (new for new in sorted(now) if now[new] == then[old] != then.get(new) and new not in moved.values())
        new = next(places, None)
        if new is not None and now.get(old) != then[old]:
            moved[old] = new
    while taken := [old for old, new in moved.items() if new in then and new not in moved]:
        for old in taken:
            del moved[old]
    return moved


def _shared(before: Snapshot, old: str, after: Snapshot, new: str) -> int:
    """How many records of a root another one holds; 0 where that does not make it the same one."""
    held: dict[str, tuple[set[Key], set[Key]]] = {}
    for path in before.state_paths():
        kind = before.kind(path)
        if kind is not None and root_of(path) == old and kind.frame is not OBJECT:  # whose members all roots have
            there = f"{new}/{kind.path}" if new else kind.path
            held[kind.path] = _keys(kind, before.content(path)), _keys(kind, after.content(there))
    total = sum(len(keys) for keys, _ in held.values())
    coins, listed = held.get(built_in(COINS).path, (set(), set()))
    arrived = (coins & listed) | _spent(after, new, coins - listed)
    shared = sum(len(keys & others) for keys, others in held.values()) + len(arrived - listed)
    return shared if 2 * shared > total and 2 * len(arrived) >= len(coins) else 0


def _spent(after: Snapshot, root: str, coins: set[Key]) -> set[Key]:
    """Those of `coins` that a transaction of the root spends."""
    try:
        claims = after.claims(root) if coins else None
        return {key for key in coins if claims and claims.claimants((str(key[0]), int(str(key[1]))))}
    except CannotWork:
        return set()


def _keys(kind: Kind, content: bytes) -> set[Key]:
    try:
        return {*codec.keyed(kind, content)}
    except codec.Malformed:
        return set()
