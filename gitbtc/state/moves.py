"""Roots that moved: `git mv wallet network company/` takes nothing from anybody, and is judged as the move that it is.

A root has moved when it is gone, and one that was not there holds more than half of its records, and lists, or spends,
half of its coins. What it does not hold is judged there as ever: a move hides no loss. Where it was, another root may
be now: two can change places. What moved file by file without a change of any has moved too.
"""

from __future__ import annotations

from functools import lru_cache

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.frame import OBJECT
from gitbtc.kinds.registry import built_in, root_of
from gitbtc.repo.loose import blob_id
from gitbtc.spends import COINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gitbtc.kinds.kind import Key, Kind
    from gitbtc.state.snapshot import Snapshot

    Files = Mapping[str, str]  # path within a root -> oid

_THE_TOP = "the top folder"
_NAMED = 3  # files in one line
_SAMPLED = 32  # lines of a file


def moves(before: Snapshot, after: Snapshot) -> dict[str, str]:
    """old root -> new root, of each that moved on the way from `before` to `after`."""
    differing = {path for path, _ in before.entries.items() ^ after.entries.items()}
    roots = {root_of(path) for path in differing if before.kind(path) or after.kind(path)}
    if len(roots) == 1 or not roots:
        return {}
    then, now = _files(before, roots), _files(after, roots)
    moved = _unchanged(then, now)
    left = {old for old in then.keys() - moved.keys() if old not in now or not _stayed(before, after, old)}
    left -= {old for old in left & now.keys() if _shared(before, old, after, old)}  # though no line is as it was
    free = {new for new in now.keys() - {*moved.values()} if new not in then or new in left or new in moved}
    shared = {(old, new): _shared(before, old, after, new) for old in left for new in free if old != new}
    for old, new in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        if shared[old, new] and old not in moved and new not in moved.values():
            moved[old] = new
    return _whole(moved, then, left & now.keys())


def _whole(moved: dict[str, str], then: Mapping[str, Files], reoccupied: set[str]) -> dict[str, str]:
    """Those that are in the way of none that stayed, and whose own places, where files are that did not come along
    (`reoccupied`), are those of others now.
    """
    while wrong := [
        old for old, new in moved.items()
        if (new in then and new not in moved) or (old in reoccupied and old not in moved.values())
    ]:  # fmt: skip
        for old in wrong:
            del moved[old]
    return moved


def _stayed(before: Snapshot, after: Snapshot, root: str) -> bool:
    """Whether something is in a root as it was. That is asked of every commit that changes two roots, so no file is
    parsed: one that did not change tells it, or one of the first lines of one that did.
    """
    there = [path for path in before.state_paths() if root_of(path) == root]
    # The members of an object are those of all roots.
    paths = [path for path in there if (kind := before.kind(path)) and kind.frame is not OBJECT]
    if any(before.oid(path) == after.oid(path) not in _without_records() for path in paths):
        return True
    for path in paths:
        lines = (before.readable(path) or b"").split(b"\n", _SAMPLED)[:_SAMPLED]
        now = after.readable(path) or b""
        if any(len(line) > len(b"[]") and line.rstrip(b",") in now for line in lines):
            return True
    return False


@lru_cache(maxsize=1)
def _without_records() -> frozenset[str]:
    """How an empty array, and no file, are called: in repositories of either hash, and outside of one."""
    nothing = b"[]\n"
    return frozenset([blob_id(nothing, 40), blob_id(nothing, 64), codec.content_id(nothing), ""])


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
    return f"the state files of {_said(old)} moved to {_said(new)}, and are judged there as the same"


def doubled(bases: Iterable[Snapshot], heads: Sequence[Snapshot], result: Snapshot) -> list[str]:
    """A line for each root that a head moved away and that the merge `result` of the heads has in two places, or in one
    together with what came to its old one.
    """
    found: dict[str, None] = {}
    for base in bases:
        for old, there in _places(base, heads).items():
            holding = sorted(place for place in {old, *there} & result.roots() if _shared(base, old, result, place))
            if len(holding) > 1:
                found[
                    f"the state files of {_said(old)} were moved, and are in {' and in '.join(map(_said, holding))}"
                    " now: that makes two treasuries of one; keep one of them, with the records of both"
                ] = None
        for old, new, path in _mixed(base, heads, result):
            found[
                f"the state files of {_said(old)} moved to {_said(new)}, and what changed meanwhile where they were is"
                f" in {path} now, with those of another treasury; {_THE_SAME_FIRST}"
            ] = None
    return list(found)


def apart(bases: Iterable[Snapshot], heads: Sequence[Snapshot]) -> dict[str, str]:
    """root -> a line, for each that the heads took where no merge brings it together: to different places, or to that
    of another root, which a head changed where it was. Git follows files only to where none was.
    """
    found: dict[str, str] = {}
    for base in bases:
        for old, there in _places(base, heads).items():
            if len(there) > 1:
                places = " and to ".join(map(_said, sorted(there)))
                found[old] = f"one side each moved the state files of {_said(old)} to {places}; {_THE_SAME_FIRST}"
        for old, new, head in _crossing(base, heads):
            if old not in found and _differs(base, head, old, new):
                found[old] = (
                    f"the state files of {_said(old)} moved to {_said(new)}, where those of another root were, and the"
                    f" other side changed what was there; {_THE_SAME_FIRST}"
                )
    return found


_THE_SAME_FIRST = "make the same move on both branches first, in a commit of its own, then merge"


def _said(root: str) -> str:
    return root or _THE_TOP


def _places(base: Snapshot, heads: Sequence[Snapshot]) -> dict[str, set[str]]:
    """old root -> where the heads moved it."""
    places: dict[str, set[str]] = {}
    for head in heads:
        for old, new in moves(base, head).items():
            places.setdefault(old, set()).add(new)
    return dict(sorted(places.items()))


def _crossing(base: Snapshot, heads: Sequence[Snapshot]) -> Iterator[tuple[str, str, Snapshot]]:
    """(old, new, head) of each root that one head moved to where another was, or from where another is now, for each
    other head, which did not.
    """
    moved = [moves(base, head) for head in heads]
    for one, made in zip(heads, moved, strict=True):
        crossing = {old: new for old, new in made.items() if new in base.roots() or old in one.roots()}
        if not crossing:
            continue
        for other, others in zip(heads, moved, strict=True):
            yield from ((old, new, other) for old, new in crossing.items() if others.get(old) != new)


def _differs(base: Snapshot, head: Snapshot, *roots: str) -> bool:
    changed = {path for path, _ in base.entries.items() ^ head.entries.items()}
    return any(root_of(path) in roots and base.kind(path) for path in changed)


def _mixed(base: Snapshot, heads: Sequence[Snapshot], result: Snapshot) -> Iterator[tuple[str, str, str]]:
    """(old, new, path) where the result has records at the old place of a root, beside another one's, that a head wrote
    there for the one which moved.
    """
    for old, new, head in _crossing(base, heads):
        for path in head.state_paths():
            kind = head.kind(path)
            if kind is None or root_of(path) != old or kind.frame is OBJECT or base.oid(path) == head.oid(path):
                continue
            news = _keys(kind, head.readable(path) or b"") - _keys(kind, base.readable(path) or b"")
            moved = [_keys(kind, one.readable(path) or b"") for one in heads if one is not head]
            if (news & _keys(kind, result.readable(path) or b"")).difference(*moved):
                yield old, new, path


def elsewhere(path: str, before: Snapshot, after: Snapshot) -> str:
    """Of a state file that is gone and whose root did not move: the new file that has all its records; "" for none."""
    kind = before.kind(path)
    if kind is None or path in after.entries:
        return ""
    keys = _keys(kind, before.readable(path) or b"")
    new = (other for other in after.state_paths() if other not in before.entries and after.kind(other) is kind)
    return next((other for other in new if keys and keys <= _keys(kind, after.readable(other) or b"")), "")


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
    """Those whose files are all somewhere else as they were."""
    moved: dict[str, str] = {}
    for old in sorted(then):
        places = (new for new in sorted(now) if now[new] == then[old] != then.get(new) and new not in moved.values())
        new = next(places, None)
        if new is not None and now.get(old) != then[old]:
            moved[old] = new
    return moved


def _shared(before: Snapshot, old: str, after: Snapshot, new: str) -> int:
    """How many records of a root another one holds; 0 where that does not make it the same one."""
    held: dict[str, tuple[set[Key], set[Key]]] = {}
    for path in before.state_paths():
        kind = before.kind(path)
        if kind is not None and root_of(path) == old and kind.frame is not OBJECT:  # whose members all roots have
            there = f"{new}/{kind.path}" if new else kind.path
            held[kind.path] = _keys(kind, before.readable(path) or b""), _keys(kind, after.readable(there) or b"")
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
