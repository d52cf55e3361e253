"""What every commit is examined for: keys, records, rules, and in a merge what it does to coins and logs.

The findings are data; the hooks print them and refuse.
"""

from __future__ import annotations

import os
from functools import cached_property, partial

from gitbtc.errors import printable
from gitbtc.judge import growth, order, simulation
from gitbtc.judge.additions import WAY_OUT, lost_in_merge, with_them
from gitbtc.judge.broken_rules import broken_by_step, broken_rules, roots_to_judge
from gitbtc.judge.content import NOT_CANONICAL, ChangedFiles
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.delta import remembered
from gitbtc.kinds.registry import built_in
from gitbtc.repo import files
from gitbtc.repo.lock import JOURNAL
from gitbtc.resolve.in_the_making import InTheMaking
from gitbtc.resolve.relaying import Relaying, is_merged_to
from gitbtc.spends import ALLOW_REWRITE, CHAIN, COINS
from gitbtc.spends.steps import DATA_ERROR, LOST_COIN
from gitbtc.state.in_progress import COMMIT
from gitbtc.state.merging import MERGE, Merging
from gitbtc.state.moves import doubled, elsewhere, half, told
from gitbtc.state.snapshot import Snapshot, apart, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitbtc.judge.spend_gate import SpendGate
    from gitbtc.repo.git import BlobReader, Git
    from gitbtc.spends.rules import Violation

_SHOWN = 20  # faults of records in one refusal
_ON_PURPOSE = f"To do it on purpose: {ALLOW_REWRITE}=1 git commit, naming why in a trailer: `Gitbtc-Rewrite: <reason>`."
_VOUCH = (
    "\n  Put it back, or record the transaction that spends it. Where nobody knows which one does, say so in a line of"
    " the commit's message:\n  Double-Spend: {} unattributed"
)


class Examination(InTheMaking):
    """The judgement of a commit in the making.

    `messages` are the findings, one line or more each; none: the commit may be made. `notices` are then what was
    decided on the way that a person may want to know. `unvouched` are the coins that it loses, by outpoint, each with a
    line: the commit's message may say that somebody spent them.
    """

    def __init__(self, git: Git, blobs: BlobReader, message: str | None = None) -> None:
        super().__init__(git, blobs, message)
        self.notices: list[str] = []
        # Whether what speaks against it is no more than that gitbtc staged what nobody has to decide.
        self.is_only_repaired = False
        self.unvouched: dict[str, str] = {}
        self._decided: list[str] = []

    @cached_property
    def files(self) -> ChangedFiles:
        """The files that the commit adds or changes."""
        return ChangedFiles(self.kinds, [self.before], self.index, self._read)

    def messages(self) -> Iterator[str]:
        """Everything that speaks against the commit, the worst first. What a merge is repaired to, the rules judge when
        that is committed.
        """
        checks: dict[str, Callable[[], Iterable[str]]] = {
            order.WHOLE: self._whole, order.KEYS: self._keys, order.FORM: self._form, order.RECORDS: self._records,
            order.GROWTH: self._growth, order.MODES: self._modes, order.MERGE: self._merge, order.RULES: self._rules,
            order.STEPS: self._steps,
        }  # fmt: skip
        repaired = (order.MODES, order.MERGE)
        with remembered():
            yield from order.in_order(checks, bool, {order.RULES: repaired, order.STEPS: repaired})

    def settle(self) -> None:
        """Have what was looked at make the next look shorter. Nothing can be asked after that."""
        self._checkpoints.settle()

    def _whole(self) -> Iterator[str]:
        """While an application of changes is cut short, what is staged may be one half of it."""
        if os.path.exists(os.path.join(self._git.git_dir(), JOURNAL)):
            from gitbtc.repo.all_or_none import WAY_ON, AllOrNone

            half = ", ".join(map(printable, AllOrNone(self._git).interrupted))
            yield f"gitbtc: a change of {half} was cut short; {WAY_ON}"
        if self.merging is not None:
            yield from self._relaid()

    def _relaid(self) -> Iterator[str]:
        """What the sides of a merge have in different layouts, brought together and staged where it is not yet."""
        relaying = Relaying(self._git, self)
        relaying.check()
        if all(is_merged_to(relaying, path, self.index) for path in relaying.pending):
            return
        if self._git.unmerged_entries():
            yield "gitbtc: the sides have records in different layouts: `gitbtc resolve` brings them together"
            return
        yield from (f"gitbtc: {line}; it is staged now" for line in relaying.carry_out())
        self.is_only_repaired = True

    def _does_something(self) -> bool:
        """Whether a merge has anything to look at: a step that leaves all as it is takes nothing from its side."""
        return bool(self.merging and self.merging.into_ours) or bool(self.files.touched)

    def _keys(self) -> Iterator[str]:
        from gitbtc.keys.finding import STAGED, THE_NAME, notices, refusal, refusal_of_name

        for _, shown, found in self.files.key_material():
            self.notices += notices(found.told, shown)
            if found.refusing and shown == THE_NAME:
                yield refusal_of_name(found.refusing, found.remarks)
            elif found.refusing:
                yield refusal(found.refusing, shown, STAGED, found.remarks)

    def _form(self) -> Iterator[str]:
        self.notices += [f"gitbtc: {printable(told(old, new))}" for old, new in sorted(self.files.moves.items())]
        self.notices += [f"gitbtc: {printable(path)}: {printable(said)}" for path, said in self.files.misspelt()]
        faults = list(self.files.form())
        filters = self._git.other_filters([path for path, _ in faults]) if faults else {}
        for path, fault in faults:
            yield f"gitbtc: {printable(path)}: {fault}{_form_mend(fault, filters.get(path, 'unset'))}"

    def _records(self) -> Iterator[str]:
        found = self.files.records()
        for path, violation in found[:_SHOWN]:
            yield f"gitbtc: {printable(violation.told_of(path))}"
        if len(found) > _SHOWN:
            yield f"gitbtc: {len(found) - _SHOWN} faults more; `gitbtc validate --staged` lists them"

    def _growth(self) -> Iterator[str]:
        if not self.is_rewriting:
            for path, lost in self.rewrites():
                new = elsewhere(path, self.before, self.index)
                yield _growth_message(path, lost, half(path, new, self.index) if new else "")

    def rewrites(self) -> Iterator[tuple[str, list[str]]]:
        """(path, lost or rewritten records) of each file that only grows and would not.

        In a merge, the records that a side rewrote since the common ancestor; what the merge lost is repaired.
        """
        merging = self.merging if self.merging and self.merging.into_ours else None
        before = self.side(merging.bases(0, 1)[0] if merging else self.head)
        removed = {path for path in before.state_paths() if path not in self.index.entries}
        for path in sorted({*self.files.touched, *removed}):
            kind = self.kinds.for_path(path)
            if kind is None or not kind.append_only:
                continue
            found = growth.rewritten(kind, *apart(path, [before, self.index]))
            lost = [
                f"{codec.identity_text(kind, key)} {what}" for key, what in found if what != "removed" or not merging
            ]
            if lost:
                yield path, lost

    def _modes(self) -> Iterator[str]:
        """A branch that simulates stays so, unless a person says otherwise."""
        if self.in_progress.name == COMMIT:
            for path, why, way_on in simulation.not_alone(self._past(self.head), self.index):
                yield simulation.refused(path, why, way_on)
            return
        picked = [self.side(head) for head in self.merging.heads[1:]] if self.merging else []
        step = simulation.Step(self.in_progress.name, self._past(self.head).in_place(self.index), self.index, picked)
        for path, content, why in step.repairs():
            self._stage(path, content)
            yield simulation.stays(path, why)

    def amended(self) -> list[str]:
        """What speaks against putting the commit in HEAD's place: it is then judged against HEAD's parents."""
        [(_, parents)] = self._git.commits("--no-walk", self.head) if self.head else [("", [])]
        first = self._past(parents[0] if parents else None)
        found = simulation.faults(first, self.index, merges=len(parents) > 1)
        told = [f"gitbtc: {printable(text)}" for _, _, text in found]
        if len(parents) > 1:
            merging = Merging(self._git, parents)
            lost = lost_in_merge(
                self.kinds, merging, self.side, self.index,
                lambda root: self.spend_gate(merging, root).is_over(root, self.index),
            )  # fmt: skip
            told += [f"gitbtc: lost_addition: {printable(f'{one}; {WAY_OUT}')}" for one in lost]
        return told

    def _past(self, revision: str | None) -> simulation.Past:
        return simulation.Past.of(self._git, revision, self.snapshot)

    def _rules(self) -> Iterator[str]:
        from gitbtc.judge.contested import is_known_contest

        touched = self.files.touched
        for root in roots_to_judge(self.index, touched):
            for path, violation in broken_rules(self.index, root, touched, self.side(self.head)):
                if self.head and is_known_contest(self._git, [self.before], violation, [self.head]):
                    continue
                yield f"gitbtc: {path}: {printable(violation.told_of(path))}"

    def _steps(self) -> Iterator[str]:
        for path, violation in self._step():
            line = f"gitbtc: {path}: {printable(violation.told_of(path))}"
            if violation.rule == LOST_COIN:
                self.unvouched[violation.identity] = f"{line}{_VOUCH.format(violation.identity)}"
            elif violation.rule != DATA_ERROR:
                yield line
            elif not self.is_rewriting:
                yield f"{line}\n  {_ON_PURPOSE}"

    def _step(self) -> Iterator[tuple[str, Violation]]:
        """What the step from HEAD, in a merge from all of its heads, breaks."""
        merge = self.merging if self.merging and self.merging.name == MERGE else None
        before = [self.side(head) for head in (merge.heads if merge else [self.head])]
        bases = [self.side(base) for base in merge.all_bases()] if merge else []
        for root in roots_to_judge(self.index, self.files.touched):
            yield from broken_by_step(before, self.index, root, bases, self.files.touched)

    def corrections(self) -> Iterator[str]:
        """The coins of which it tells other facts than the commit before."""
        return (violation.identity for _, violation in self._step() if violation.rule == DATA_ERROR)

    def trailers(self) -> list[str]:
        """What was settled, and what the evidence decided between transactions, as lines of the commit message."""
        return sorted({*self.settlements().trailers.values(), *self._decided})

    def _merge(self) -> Iterator[str]:
        if self.merging is not None and self._does_something():
            yield from self._of_merge(self.merging)

    def _of_merge(self, merging: Merging) -> Iterator[str]:
        from gitbtc.views.conflicts import conflict_line, spend_notice

        bases, heads = map(self.snapshot, merging.all_bases()), [*map(self.snapshot, merging.heads)]
        if in_two := doubled(bases, heads, self.index):
            yield from (f"gitbtc: {printable(line)}" for line in in_two)
            return
        gate, repair = self.spend_gate(merging), self.united(merging)
        unsettled = gate.unsettled(repair.result, self.settlements())
        if not unsettled:
            repair.follow(gate, self.settlements())
        for path, content in repair.contents.items():
            self._stage(path, content)
        yield from (f"{message} now" for message in repair.messages)
        for clash in gate.clashes:
            where = path_in(clash.root, CHAIN)
            yield f"gitbtc: {printable(where)}: network: {clash.one} and {clash.other} never merge; abort this merge"
        self.notices += [spend_notice(path_in(told.root, COINS), told.verdict) for told in gate.notices]
        self._decided = gate.declared()
        for contest in unsettled:
            yield conflict_line(path_in(contest.root, COINS), built_in(COINS), contest.conflict())
        lost = list(self._put_back(merging, gate, repair.result)) if merging.into_ours and not unsettled else []
        yield from lost
        self.is_only_repaired = bool(repair.messages) and not (gate.clashes or unsettled or lost)

    def _put_back(self, merging: Merging, gate: SpendGate, result: Snapshot) -> Iterator[str]:
        """What the merge lacks of the sets of either side, staged; a person sees it, since the commit is not made."""
        is_over = partial(gate.is_over, result=result, settlements=self.settlements())
        lost = list(lost_in_merge(self.kinds, merging, self.side, result, is_over))
        for path, content in with_them(lost, result).items():
            self._stage(path, content)
        for one in lost[:_SHOWN]:
            said = f"{one}; it is staged now. Who means it removes it in a commit of its own"
            yield f"gitbtc: lost_addition: {printable(said)}"
        if len(lost) > _SHOWN:
            yield f"gitbtc: lost_addition: {len(lost) - _SHOWN} records more; they are staged now"

    def _stage(self, path: str, content: bytes) -> None:
        """Put the repaired file, or those of its shards that are repaired, in the index, and in the work tree where
        that held what the index did.
        """
        for place, made in self.index.laid_out({path: content}, self.before).items():
            self._stage_file(place, made)
        self._git.refresh_index()  # else `git merge --abort` would find a file changed that is not

    def _stage_file(self, path: str, content: bytes) -> None:
        mode, staged = self.index.files.get(path, ("100644", ""))[0], self.index.file(path)
        top = self._git.top_level()
        in_work_tree = os.path.join(top, path)
        if not files.led_away(top, path):
            held = files.read(in_work_tree)
            if held is None or self._as_staged(path, held) == staged:
                files.write(in_work_tree, content)
        self._git.update_index({path: (mode, self._git.write_blob(content))})

    def _as_staged(self, path: str, content: bytes) -> bytes:
        kind = self.kinds.for_path(path)
        try:
            return codec.canonical(kind, content) if kind else content
        except Malformed:
            return content


def _form_mend(fault: str, other_filter: str) -> str:
    """What to do about a file that is not as a state file is; `other_filter` is the one that it has instead of ours."""
    if other_filter != "unset":
        return f"; so the filter {printable(other_filter)} stores it: a state file can have none but gitbtc's"
    if fault == NOT_CANONICAL:
        return "; `git add --renormalize` makes it so (is the filter installed? `gitbtc doctor` tells)"
    return ""


def _growth_message(path: str, lost: list[str], hint: str) -> str:
    if hint:
        return f"gitbtc: {printable(path)}: this file only grows, and is gone; {printable(hint)}\n  {_ON_PURPOSE}"
    shown = "\n".join(f"  {printable(line)}" for line in lost[:10])
    more = f"\n  and {len(lost) - 10} more" if len(lost) > 10 else ""
    return (
        f"gitbtc: {printable(path)}: this file only grows, and the commit would lose or rewrite records:\n"
        f"{shown}{more}\n"
        f"  {_ON_PURPOSE}"
    )
