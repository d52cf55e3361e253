"""Where the records of each kind lie in each root, commit by commit: which files hold them.

Of a commit only what differs from the base is held: of ten thousand agents each has its own log beside all others.
"""

from __future__ import annotations

from collections import Counter

from gitbtc.errors import CannotWork
from gitbtc.kinds.layouts import WHOLE, folded, layout_faults, layout_named, layout_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from gitbtc.join.atoms import Token
    from gitbtc.join.base_files import BaseFiles
    from gitbtc.join.history import Node, Pair, Trees
    from gitbtc.kinds.layouts import Layout
    from gitbtc.kinds.registry import Kinds

_Apart = tuple[frozenset[str], frozenset[str]]  # files that came since the base, and files that went
_ALIKE: _Apart = frozenset(), frozenset()


class Lying:
    """How records lie at the commits that are taken in, parents before children, and first at the commit `base`."""

    def __init__(self, trees: Trees, kinds: Kinds, base_files: BaseFiles, base: Node | None) -> None:
        self._trees = trees
        self._kinds = kinds
        self._base_files = base_files
        self._apart: dict[str, Mapping[str, _Apart]] = {base.oid: {}} if base else {}  # by oid, and whole file's path
        self._at_base: dict[str, Counter[Layout]] = {}
        # By the whole file's path: when its records came to lie how, and whether they lay otherwise before.
        self._laid: dict[str, list[tuple[Token, Layout, bool]]] = {}

    def take(self, node: Node, groups: Mapping[str, Mapping[str, Pair]]) -> dict[str, tuple[bool, bool]]:
        """Take in a commit, given the files that differ from its parent's, or of a merge from the base's, by the whole
        file's path; whether there were such records before it, and after. CannotWork where they lie in two ways.
        """
        before = self._apart[node.parents[0]] if len(node.parents) == 1 else {}
        after = dict(before)
        were_there: dict[str, tuple[bool, bool]] = {}
        for whole, group in groups.items():
            kind = self._base_files.kind(whole)
            if kind is None or not kind.shards:
                continue
            was = self._layouts(whole, before.get(whole, _ALIKE)) if node.parents else {}
            after[whole] = _after(before.get(whole, _ALIKE), group)
            now = self._layouts(whole, after[whole])
            if len(now) > 1:
                self._refuse(node, whole)
            were_there[whole] = bool(was), bool(now)
            if len(node.parents) < 2:  # what a merge took over is its parents' doing
                self._note(node, whole, group, is_new=not was)
        self._apart[node.oid] = after
        return were_there

    def _layouts(self, whole: str, apart: _Apart) -> Counter[Layout]:
        """How many files hold the records at a path in each layout."""
        if whole not in self._at_base:
            self._at_base[whole] = Counter(map(self.layout_of_file, self._base_files.holding(whole)))
        if apart == _ALIKE:
            return self._at_base[whole]
        found = self._at_base[whole].copy()
        found.update(map(self.layout_of_file, apart[0]))
        found.subtract(map(self.layout_of_file, apart[1]))
        return +found

    def layout_of_file(self, path: str) -> Layout:
        """The layout in which there is a file of that path."""
        shard, kind = self._kinds.shard(path), self._base_files.kind(path)
        return layout_named(kind, shard[1]) if shard and kind else WHOLE

    def _refuse(self, node: Node, whole: str) -> None:
        for _, fault in layout_faults(self._kinds, self._files_in(node.tree, whole)):
            raise CannotWork(f"{node.oid[:12]}: a head has records in two layouts: {fault}")

    def _note(self, node: Node, whole: str, group: Mapping[str, Pair], *, is_new: bool) -> None:
        """Remember a commit that has the records lie otherwise."""
        came = {self.layout_of_file(path) for path, (old, new) in group.items() if old is None and new is not None}
        went = {self.layout_of_file(path) for path, (old, new) in group.items() if old is not None and new is None}
        others = came - went
        if others and (went or is_new):
            self._laid.setdefault(whole, []).append((node.token, min(others, key=str), bool(went)))

    def layout(self, path: str, tokens: Container[Token], tree: str | None) -> Layout:
        """How the records at `path` lie in the join of heads that reach the commits of `tokens` from a common one with
        that tree: as the newest says that had them lie otherwise, else as there, else as the newest that brought them.
        """
        laid = sorted((one for one in self._laid.get(path, ()) if one[0] in tokens), key=lambda one: one[0])
        changed = [layout for _, layout, is_change in laid if is_change]
        known = layout_of(folded(self._kinds, self._files_in(tree, path)).get(path)) if tree else None
        if changed or known is None:
            return (changed or [layout for _, layout, _ in laid] or [WHOLE])[-1]
        return known

    def _files_in(self, tree: str, whole: str) -> dict[str, tuple[str, str]]:
        """The files of a tree that hold the records at a path."""
        there = self._trees.folder(tree, whole.rpartition("/")[0])
        return {path: entry for path, entry in there.items() if self._kinds.whole(path) == whole}

    def moved(self, heads: Iterable[str], tokens: Container[Token]) -> set[str]:
        """The paths whose records lie in other files in one of the heads than at the base, or came to by one of the
        commits of `tokens`.
        """
        laid = {whole for whole, told in self._laid.items() if any(token in tokens for token, _, _ in told)}
        return laid.union(
            whole for oid in heads for whole, apart in self._apart.get(oid, {}).items() if apart != _ALIKE
        )

    def standing(self, heads: Sequence[str], whole: str, layout: Layout) -> set[str]:
        """The files that hold the records at a path in one of the heads, of one layout."""
        apart = [self._apart.get(oid, {}).get(whole, _ALIKE) for oid in heads]
        gone = frozenset.intersection(*(went for _, went in apart))
        there = frozenset(self._base_files.holding(whole)).difference(gone).union(*(came for came, _ in apart))
        return {path for path in there if self.layout_of_file(path) == layout}


def _after(before: _Apart, group: Mapping[str, Pair]) -> _Apart:
    came = {path for path, (old, new) in group.items() if old is None and new is not None}
    went = {path for path, (old, new) in group.items() if old is not None and new is None}
    if not came and not went:
        return before
    back = came & before[1]
    return (before[0] | came - back) - went, (before[1] - back) | went - before[0]
