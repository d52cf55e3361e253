"""Every schedule of a few replicas, to a depth: `python -m tests.join.exhaustive --depth 8`.

A step is one replica's edit, or one replica's join of another. Whatever has happened, all replicas then join all of it,
in every order and grouping, and must agree. Commits are told apart by what they are, as in Git, so two schedules that
make the same heads are one; schedules that differ in the replicas' names alone are one too.

Beside the types that gitbtc joins by stand four that are wrong, and look right: each merges two heads against their
best common ancestor, as `git merge` does, and settles a conflict by a rule that has no order. The search must refute
each of them, or it would find nothing in the others either. It does so at depths 4 and 5; without the joins at the end,
looking only at replicas that happen to have seen the same edits, the same four fall at depths 7 and 8.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from itertools import permutations
from typing import TYPE_CHECKING, Any

from gitbtc.join.atoms import Atoms
from gitbtc.join.element import GROW_ONLY, NOTHING, OBSERVED, TWO_PHASE, Element, Policy, joined, step
from gitbtc.kinds.registry import built_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = 0


class Commits:
    """The commits of all schedules, by number. `parents`, `seen` (which commits it reaches, as bits), `token`."""

    def __init__(self) -> None:
        self.parents: list[tuple[int, ...]] = [()]
        self.seen = [1]
        self.token: list[tuple[int, str]] = [(0, "")]
        self._known: dict[tuple[object, ...], int] = {}
        self._bases: dict[tuple[int, int], list[int]] = {}

    def edit(self, head: int, replica: int) -> int:
        return self._made((head,), replica)

    def join(self, one: int, other: int) -> int:
        """The join of two heads, which is one of them where that contains the other."""
        if self.seen[one] >> other & 1:
            return one
        return other if self.seen[other] >> one & 1 else self._made((min(one, other), max(one, other)), -1)

    def _made(self, parents: tuple[int, ...], replica: int) -> int:
        name = (parents, replica)
        if name not in self._known:
            number = self._known[name] = len(self.parents)
            self.parents.append(parents)
            self.seen.append(1 << number | _united(self.seen[parent] for parent in parents))
            # Clocks that are wrong: the last replica's is far ahead, until the others have seen its work.
            date = max(self.token[parent][0] for parent in parents) + 1 + (5 if replica == 2 else 0)
            self.token.append((date, f"{replica}"))
        return self._known[name]

    def bases(self, one: int, other: int) -> list[int]:
        """The best common ancestors of two heads."""
        pair = (min(one, other), max(one, other))
        if pair not in self._bases:
            common = self.seen[one] & self.seen[other]
            found = []
            while common:
                best = common.bit_length() - 1  # numbers grow along the history
                found.append(best)
                common &= ~self.seen[best]
            self._bases[pair] = found
        return self._bases[pair]


def _united(masks: Iterator[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


class Type:
    """A type under test: what a reader sees at each commit of `commits`."""

    name = ""

    def __init__(self, commits: Commits) -> None:
        self.commits = commits
        self._values: dict[int, Any] = {}

    def value(self, commit: int) -> Any:
        """The state of the type at a commit."""
        if commit not in self._values:
            parents = self.commits.parents[commit]
            if commit == ROOT:
                self._values[commit] = self.start()
            elif len(parents) == 1:
                self._values[commit] = self.edited(self.value(parents[0]), self.commits.token[commit])
            else:
                self._values[commit] = self.joined(*parents)
        return self._values[commit]

    def shown(self, commit: int) -> Any:
        """What a reader sees."""
        return self.value(commit)

    def start(self) -> Any:
        raise NotImplementedError

    def edited(self, value: Any, token: tuple[int, str]) -> Any:
        raise NotImplementedError

    def joined(self, one: int, other: int) -> Any:
        raise NotImplementedError


class Right(Type):
    """A record of gitbtc's. An edit follows `steps`: from the record that is seen to the next one."""

    def __init__(self, commits: Commits, name: str, policy: Policy, steps: Callable[[Any, int], Any]) -> None:
        super().__init__(commits)
        self.name = name
        self._policy = policy
        self._steps = steps

    def start(self) -> Element:
        return NOTHING

    def edited(self, value: Element, token: tuple[int, str]) -> Element:
        seen = value.view(self._policy) if value.lists() else None
        return step(self._policy, value, self._steps(seen, token[0] * 3 + int(token[1])), token)

    def joined(self, one: int, other: int) -> Element:
        return joined(self._policy, [self.value(one), self.value(other)])

    def shown(self, commit: int) -> Any:
        value = self.value(commit)
        is_there = value.lists() or self._policy.removal == GROW_ONLY
        return json.dumps(value.view(self._policy), sort_keys=True) if is_there else None


class ThreeWay(Type):
    """A value merged against the best common ancestor, or against the merge of several; `rule` settles conflicts."""

    def __init__(self, commits: Commits, name: str, steps: Callable[[Any, int], Any],
                 rule: Callable[[Any, Any, Any], Any]) -> None:  # fmt: skip
        super().__init__(commits)
        self.name = name
        self._steps = steps
        self._rule = rule

    def start(self) -> Any:
        return 0

    def edited(self, value: Any, token: tuple[int, str]) -> Any:
        return self._steps(value, token[0] * 3 + int(token[1]))

    def joined(self, one: int, other: int) -> Any:
        base = self._base(self.commits.bases(one, other))
        ours, theirs = self.value(one), self.value(other)
        if ours == theirs:
            return ours if self.name != "counter" else self._rule(base, ours, theirs)
        if base in (ours, theirs):
            return theirs if base == ours else ours
        return self._rule(base, ours, theirs)

    def _base(self, bases: Sequence[int]) -> Any:
        found = self.value(bases[0])
        for other in bases[1:]:
            before = self._base(self.commits.bases(bases[0], other))
            value = self.value(other)
            found = (
                value if found == before else found if value in (before, found) else self._rule(before, found, value)
            )
        return found


def rights(commits: Commits) -> list[Type]:
    """The types that gitbtc joins by."""
    whole, labels = Atoms(None), Atoms(built_in("labels"))
    chain = Atoms(built_in("chain"))
    return [
        Right(commits, "observed-remove set", Policy(whole), lambda seen, _: None if seen else {"oid": 1}),
        Right(commits, "add-wins map", Policy(labels, OBSERVED, change_adds=True), _labelled),
        Right(commits, "map whose removals stand", Policy(labels), _labelled),
        Right(commits, "grow-only map", Policy(labels, GROW_ONLY), _labelled),
        Right(commits, "two-phase set of coins", Policy(labels, TWO_PHASE), _labelled),
        Right(commits, "register, later clock", Policy(whole), lambda _, number: {"oid": number}),
        Right(commits, "register, highest block", Policy(chain), lambda _, number: _block(number)),
    ]


def _labelled(seen: Any, number: int) -> Any:
    """Comes, is changed, goes."""
    if seen is None:
        return {"address": "a", "label": "b", "category": "fee", "created_at": 9}
    return None if seen["created_at"] < 9 else {**seen, "category": str(number), "created_at": 5}


def _block(number: int) -> dict[str, Any]:
    return {"network": "regtest", "block_height": number % 3, "block_hash": str(number)}


def wrongs(commits: Commits) -> list[Type]:
    """Types that look as good, and are none."""
    return [
        ThreeWay(commits, "three-way set", lambda value, _: 1 - value, lambda base, ours, theirs: max(ours, theirs)),
        ThreeWay(commits, "add-wins map without tokens", _toggled, lambda base, ours, theirs: max(ours, theirs)),
        ThreeWay(
            commits, "max register", lambda value, number: number % 3, lambda base, ours, theirs: max(ours, theirs)
        ),
        ThreeWay(commits, "counter", lambda value, _: value + 1, lambda base, ours, theirs: ours + theirs - base),
    ]


def _toggled(value: int, number: int) -> int:
    return 0 if value else number


class Search:
    """All schedules of `replicas` to growing depths; `refuted`: name of a type -> the depth at which it was."""

    def __init__(self, replicas: int, types: Callable[[Commits], list[Type]]) -> None:
        self.commits = Commits()
        self.types = types(self.commits)
        self.refuted: dict[str, int] = {}
        self.schedules = Counter({(ROOT,) * replicas: 1})
        self.examined = 0
        self._seen = set(self.schedules)

    def deepen(self, depth: int) -> None:
        """One step further, in every way."""
        found: Counter[tuple[int, ...]] = Counter()
        for heads, ways in self.schedules.items():
            for later in self._steps(heads):
                found[later] += ways
        self.schedules = found
        for heads in found:
            if heads not in self._seen:
                self._seen.add(heads)
                self._examine(heads, depth)

    def _steps(self, heads: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        # A replica that has done nothing is like any other such: only the first of them begins.
        idle = next((replica for replica, head in enumerate(heads) if head == ROOT), len(heads))
        for replica, head in enumerate(heads):
            if replica <= idle:
                yield (*heads[:replica], self.commits.edit(head, replica), *heads[replica + 1 :])
                for other in set(heads) - {head}:
                    joined = self.commits.join(head, other)
                    if joined != head:
                        yield (*heads[:replica], joined, *heads[replica + 1 :])

    def _examine(self, heads: tuple[int, ...], depth: int) -> None:
        """All replicas join everything, each in an order of its own."""
        self.examined += 1
        ends = {self._all(order) for order in permutations(set(heads))} | set(self._criss_cross(heads))
        for type_ in self.types:
            if type_.name not in self.refuted and len({type_.shown(end) for end in ends}) > 1:
                self.refuted[type_.name] = depth

    def _all(self, order: Sequence[int]) -> int:
        head = order[0]
        for other in order[1:]:
            head = self.commits.join(head, other)
        return head

    def _criss_cross(self, heads: tuple[int, ...]) -> Iterator[int]:
        for one, other, third in set(permutations(heads, 3)):
            yield self.commits.join(self.commits.join(one, other), self.commits.join(other, third))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=8)
    parser.add_argument("--replicas", type=int, default=3)
    chosen = parser.parse_args()
    faults = 0
    for title, types, is_wrong in (("right", rights, False), ("wrong", wrongs, True)):
        search, began = Search(chosen.replicas, types), time.process_time()
        for depth in range(1, chosen.depth + 1):
            search.deepen(depth)
            ways = sum(search.schedules.values())
            print(f"{title}: depth {depth}: {ways:,} schedules, {search.examined:,} states so far, refuted: "
                  f"{search.refuted or 'none'}, {time.process_time() - began:.1f} CPU s", flush=True)  # fmt: skip
            if is_wrong and len(search.refuted) == len(search.types):
                break
        faults += len(search.types) - len(search.refuted) if is_wrong else len(search.refuted)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
