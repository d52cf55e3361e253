"""Random treasuries through random operations of real Git, against the model."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import lru_cache
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model import doing
from tests.model.world import Clone, Template

numbers = st.integers(0, 11)
several = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=3)
BRANCHES = ("main", "b1", "b2", "b3")


@lru_cache(maxsize=1)
def template() -> Template:
    """The repositories that every run begins with; they go with the process."""
    return Template(tempfile.TemporaryDirectory(prefix="treasury-model-"))


class Treasury(RuleBasedStateMachine):
    """A rule is an operation. `who` is one of the two clones with gitbtc."""

    operations: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.world = template().world()

    def teardown(self) -> None:
        shutil.rmtree(self.world.place)

    def _clone(self, who: int) -> Clone:
        type(self).operations += 1
        return self.world.bob if who % 4 == 3 else self.world.ann

    def _branch(self, clone: Clone, number: int) -> str:
        names = clone.branches()
        return names[number % len(names)]

    @initialize(ours=several, theirs=several)
    def begin(self, ours: list[tuple[int, int]], theirs: list[tuple[int, int]]) -> None:
        """Two branches that differ."""
        ann = self.world.ann
        self.branch_off(0, "b1", theirs)
        ann.git("switch", "-q", "main")
        self.change(0, ours)

    @rule(who=numbers, changes=several)
    def change(self, who: int, changes: list[tuple[int, int]]) -> None:
        """Payments, labels, notes."""
        for what, number in changes:
            doing.commit(self._clone(who), what, number)

    @rule(who=numbers, name=st.sampled_from(BRANCHES), changes=st.lists(st.tuples(numbers, numbers), max_size=2))
    def branch_off(self, who: int, name: str, changes: list[tuple[int, int]]) -> None:
        """A branch from here, and something on it."""
        clone = self._clone(who)
        clone.git("switch", "-q", *(("-C", name) if name != "main" else (name,)))
        for what, number in changes:
            doing.commit(self._clone(who), what, number)

    @rule(who=numbers, here=several, there=several, how=numbers, ending=numbers)
    def part_and_meet(
        self, who: int, here: list[tuple[int, int]], there: list[tuple[int, int]], how: int, ending: int
    ) -> None:
        """Two changes side by side, and a merge of them: what collides most."""
        clone = self._clone(who)
        name = clone.ask("branch", "--show-current").strip()
        self.branch_off(who, "b3" if name != "b3" else "b2", there)
        clone.git("switch", "-q", name)
        self.change(who, here)
        doing.merge(self._clone(who), ["b3" if name != "b3" else "b2"], how, ending)

    @rule(who=numbers, number=numbers)
    def switch(self, who: int, number: int) -> None:
        """Another branch."""
        clone = self._clone(who)
        clone.git("switch", "-q", self._branch(clone, number))

    @rule(who=numbers, other=numbers, how=numbers, ending=numbers)
    def merge(self, who: int, other: int, how: int, ending: int) -> None:
        """A merge of another branch, in one of many ways."""
        clone = self._clone(who)
        doing.merge(clone, [self._branch(clone, other)], how, ending)

    @rule(who=numbers, first=numbers, second=numbers, ending=numbers)
    def octopus(self, who: int, first: int, second: int, ending: int) -> None:
        """Two branches at once."""
        clone = self._clone(who)
        doing.merge(clone, [self._branch(clone, first), self._branch(clone, second)], 0, ending)

    @rule(who=numbers, other=numbers, ending=numbers)
    def squash(self, who: int, other: int, ending: int) -> None:
        """A merge that leaves no parent."""
        clone = self._clone(who)
        doing.squash(clone, self._branch(clone, other), ending)

    @rule(who=numbers, what=numbers, number=numbers)
    def amend(self, who: int, what: int, number: int) -> None:
        """One more change in the last commit."""
        clone = self._clone(who)
        if clone.known.get(clone.head()):  # not what the treasury was born with
            doing.commit(clone, what, number, "--amend")

    @rule(who=numbers, what=numbers, number=numbers)
    def break_a_rule(self, who: int, what: int, number: int) -> None:
        """State that must not be committed."""
        doing.commit_broken(self._clone(who), what, number)

    @rule(who=numbers, which=st.integers(0, 40), ending=numbers)
    def cherry_pick(self, who: int, which: int, ending: int) -> None:
        """Some commit again."""
        clone = self._clone(who)
        self._pick(clone, "cherry-pick", [oid for oid, parents in clone.known.items() if parents], which, ending)

    @rule(who=numbers, which=st.integers(0, 40), ending=numbers)
    def revert(self, who: int, which: int, ending: int) -> None:
        """The opposite of a commit."""
        clone = self._clone(who)
        earlier = [oid for oid in clone.ask("rev-list", "HEAD").split() if clone.known[oid]]
        self._pick(clone, "revert --no-edit", earlier, which, ending)

    def _pick(self, clone: Clone, verb: str, oids: list[str], which: int, ending: int) -> None:
        if oids:
            doing.pick(clone, verb, oids[which % len(oids)], ending)

    @rule(who=numbers, onto=numbers, backend=st.sampled_from(["--merge", "--apply"]), ending=numbers)
    def rebase(self, who: int, onto: int, backend: str, ending: int) -> None:
        """The current branch, on another one."""
        clone = self._clone(who)
        doing.rebase(clone, self._branch(clone, onto), backend, ending)

    @rule(who=numbers)
    def push(self, who: int) -> None:
        """To the server."""
        doing.push(self._clone(who))

    @rule(who=numbers, name=st.sampled_from(BRANCHES), how=numbers, ending=numbers)
    def pull(self, who: int, name: str, how: int, ending: int) -> None:
        """From the server."""
        doing.pull(self._clone(who), name, how, ending)

    @rule(name=st.sampled_from(BRANCHES), ending=numbers, changes=st.lists(st.tuples(numbers, numbers), max_size=2))
    def without_gitbtc(self, name: str, ending: int, changes: list[tuple[int, int]]) -> None:
        """Somebody without gitbtc commits, merges as text, and pushes what came out."""
        type(self).operations += 1
        plain = self.world.plain
        for what, number in changes:
            doing.commit(plain, what, number)
        if ending == 0:
            doing.commit_broken(plain, ending, ending)
        doing.pull(plain, name, 0, ending)
        doing.push(plain)
        plain.git("switch", "-q", "-C", "main", "origin/main")


# A failing run is long enough to read: it is not made shorter, which would take an hour.
Treasury.TestCase.settings = settings(
    max_examples=int(os.environ.get("GITBTC_MODEL_EXAMPLES", "4")), stateful_step_count=30, deadline=None,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck), database=None, derandomize=True,
)  # fmt: skip
TestTreasury = Treasury.TestCase
