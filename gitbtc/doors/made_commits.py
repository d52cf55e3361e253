"""Commits that are already made, whatever made them: pushed, received, fast-forwarded to, or looked at in CI.

A rebase, a cherry-pick, another program's merge or a clone without gitbtc puts state into the history that no hook of
the person who made it looked at. Here each commit is read as it is stored, with its parents; what kinds there are, its
own tree says. Whoever made it may have meant harm: what cannot be judged is a finding too.
"""

from __future__ import annotations

from functools import lru_cache, partial

from gitbtc.errors import GitbtcError
from gitbtc.join.history import is_join
from gitbtc.judge import growth, order, simulation
from gitbtc.judge.additions import WAY_OUT, lost_in_merge
from gitbtc.judge.broken_rules import broken_by_step, broken_rules, is_excused, roots_to_judge, tells_of_coins
from gitbtc.judge.content import ChangedFiles
from gitbtc.judge.contested import DOUBLE_SPEND, is_known_contest
from gitbtc.judge.findings import Finding, content_checks, limited, spoken_keys, told_refuses
from gitbtc.judge.spend_gate import SpendGate
from gitbtc.keys.allowed import ALLOW_LIST
from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.delta import remembered
from gitbtc.kinds.registry import SUFFIX, Kinds, built_in
from gitbtc.repo.blobs import LastRead
from gitbtc.repo.git import SUBMODULE
from gitbtc.repo.limits import RECORDS, ROOTS, Limits, TooMuch, TooMuchAtOnce
from gitbtc.repo.stored import NotHere, Stored, Unsound
from gitbtc.spends import CHAIN, COINS, MEMPOOL, TRANSACTIONS
from gitbtc.spends.channels import JOINED_AS_THEY_ARE
from gitbtc.spends.declared import Declared, agrees, denies
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.trailers import REWRITE
from gitbtc.state.checkpoint import Checkpoints
from gitbtc.state.merging import Merging
from gitbtc.state.moves import doubled, each_in_place, elsewhere, half
from gitbtc.state.snapshot import Snapshot, apart, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    from gitbtc.doors.rejoined import Rejoined
    from gitbtc.judge.findings import Told
    from gitbtc.judge.spend_gate import RootVerdict
    from gitbtc.repo.git import Entry, Git
    from gitbtc.repo.stored import Commit
    from gitbtc.spends.outcome import Changes, Remembered
    from gitbtc.spends.trailers import Trailer

_SCHEMAS = ".gitbtc/schemas/"
_MOST_PARENTS = 64  # every two of them are a merge


class MadeCommits:
    """The commits of the repository that `git` works in; use it in a `with`."""

    def __init__(self, git: Git, settings: Mapping[str, str] | None = None) -> None:
        self._git = git.as_stored()
        self._blobs = self._git.blobs()
        settings = dict(self._git.config_entries()) if settings is None else settings
        self._limits = Limits(settings)
        self._stored = Stored(self._blobs, self._limits)
        # A commit is its children's parent, and most of its files are theirs.
        self._read = LastRead(self._stored.blob, few=16)
        self._commit = lru_cache(maxsize=64)(self._stored.commit)
        self._snapshot = lru_cache(maxsize=8)(self._read_snapshot)
        self._kinds = lru_cache(maxsize=8)(self._read_kinds)
        self._allowed = settings.get("gitbtc.unattributed") == "allow"
        self._checkpoints = Checkpoints(git)

    def __enter__(self) -> Self:
        self._blobs.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._blobs.__exit__(kind, error, traceback)

    def settle(self) -> None:
        """Have what was looked at make the next look shorter. Nothing can be asked after that."""
        self._checkpoints.settle()

    # -- reading ---------------------------------------------------------------------------------------------------

    def _files(self, oid: str | None) -> dict[str, Entry]:
        return self._stored.files(self._commit(oid).tree) if oid else {}

    def _read_snapshot(self, oid: str | None) -> Snapshot:
        return self._snapshot_of(oid[:12] if oid else "nothing", self._files(oid))

    def _snapshot_of(self, name: str, files: Mapping[str, Entry]) -> Snapshot:
        kinds = self._kinds_in(files)
        return Snapshot(name, files, lambda _, blob: self._read(blob), kinds, self._checkpoints)

    def _kinds_in(self, files: Mapping[str, Entry]) -> Kinds:
        added = [path for path, (mode, _) in files.items() if _is_schema(path) and mode != SUBMODULE]
        return self._kinds(tuple((path, files[path][1]) for path in sorted(added)))

    def _read_kinds(self, schemas: tuple[tuple[str, str], ...]) -> Kinds:
        return Kinds.of({path: self._read(oid) for path, oid in schemas})

    def _parents(self, oid: str, rejoined: Rejoined | None) -> list[Snapshot]:
        parents = self._commit(oid).parents
        if rejoined and not rejoined.fault:
            parents = parents[:_MOST_PARENTS]  # what a join has of the others was looked at with them
        if len(parents) > _MOST_PARENTS:
            raise Unsound(f"it has {len(parents)} parents; {_MOST_PARENTS} are as many as gitbtc looks at")
        before: list[str | None] = [*parents]
        try:
            return [self._snapshot(parent) for parent in before or [None]]
        except NotHere as error:
            raise _too_shallow(oid, str(error)) from None

    # -- examining -------------------------------------------------------------------------------------------------

    def findings(self, oid: str) -> Iterator[Finding]:
        """Everything that speaks against the commit `oid`. NotHere when what it is judged by is not here."""
        with remembered():
            yield from self._told(oid, self._examine(oid))

    def tip_findings(self, oid: str) -> Iterator[Finding]:
        """What speaks against what a ref points to and is no commit: key material in tags, in a file, in a tree."""
        return self._told(oid, self._examine_tip(oid))

    def name_findings(self, oid: str, name: str) -> Iterator[Finding]:
        """What speaks against the name of a ref that points to `oid`."""
        spoken = name.encode("utf-8", "surrogateescape")
        return self._told(oid, spoken_keys(spoken, "the name of a ref", partial(self._allow_list, oid)))

    def moved_findings(self, old: str, new: str) -> Iterator[Finding]:
        """What speaks against moving a branch from the commit `old` to `new`, and against none of the commits alone:
        nothing where `old` is not here, which whoever pushes need not have.
        """
        return self._told(new, self._examine_move(old, new))

    def _examine_move(self, old: str, new: str) -> Iterator[Told]:
        if simulation.is_any_live(self._snapshot(new)) and self._git.find_each(old) != [None]:
            line = dict(self._git.commits("--ancestry-path", f"{old}..{new}"))
            yield from simulation.unannounced(old, new, line, self._past)

    def _past(self, oid: str | None) -> simulation.Past:
        return simulation.Past.of(self._git, oid, self._snapshot)

    def _told(self, oid: str, told: Iterator[Told]) -> Iterator[Finding]:
        try:
            yield from (Finding(oid, *one) for one in told)
        except (NotHere, TooMuchAtOnce):
            raise
        except TooMuch as error:
            yield Finding(oid, "limit", "", str(error))
        except GitbtcError as error:
            yield Finding(oid, "unreadable", "", str(error))

    def _examine_tip(self, oid: str) -> Iterator[Told]:
        kind, _ = self._stored.object(oid)
        while kind == "tag":
            tag, (oid, spoken) = oid, self._stored.tag(oid)
            yield from spoken_keys(spoken, "the tag's message", partial(self._allow_list, tag))
            kind, _ = self._stored.object(oid)
        if kind != "commit":
            nothing, tip = self._snapshot(None), self._tip(oid)
            yield from order.in_order(content_checks(ChangedFiles(Kinds(), [nothing], tip, self._read)), told_refuses)

    def _tip(self, oid: str) -> Snapshot:
        """What a ref shows that points to `oid`, whatever that is: a file has its oid for a name."""
        kind, _ = self._stored.object(oid)
        while kind == "tag":
            oid, _ = self._stored.tag(oid)
            kind, _ = self._stored.object(oid)
        if kind == "commit":
            return self._snapshot(oid)
        files = {oid: ("100644", oid)} if kind == "blob" else self._stored.files(oid)
        return self._snapshot_of(oid[:12], files)

    def _allow_list(self, oid: str) -> bytes | None:
        tip = self._tip(oid)
        return tip.content(ALLOW_LIST) if ALLOW_LIST in tip.entries else None

    def _examine(self, oid: str) -> Iterator[Told]:
        commit, result = self._commit(oid), self._snapshot(oid)
        rejoined = self._rejoined(commit, result)
        if rejoined and rejoined.fault:
            yield "join", "", f"the commit says that it is a join, and {rejoined.fault}"
        is_sound = rejoined is not None and not rejoined.fault
        files = ChangedFiles(self._kinds_in(result.entries), self._parents(oid, rejoined), result, self._read)
        checks = content_checks(files)
        in_files, is_merge, declared = checks[order.KEYS], len(commit.parents) > 1, Declared(commit.message)

        def keys() -> Iterator[Told]:
            yield from spoken_keys(commit.spoken, "the commit's message", files.allow_list)
            yield from in_files()

        def rules() -> Iterator[Told]:
            broken = self._rules(files, rejoined.contested if rejoined else frozenset(), commit.parents)
            # A join asks nobody: what two heads know of channels stands beside each other until a commit mends it.
            return limited(one for one in broken if not (is_sound and one[0] in JOINED_AS_THEY_ARE))

        checks |= {order.WHOLE: lambda: self._sizes(files), order.KEYS: keys, order.RULES: rules}
        if not is_sound:  # a join that is made again as it stands does what joins do
            first = partial(self._past, next(iter(commit.parents), None))
            checks |= {
                order.MODES: lambda: simulation.faults(first(), result, merges=is_merge),
                order.STEPS: lambda: limited(self._steps(files, commit.parents, declared)),
            }
        if not is_sound and not declared.rewrites:
            checks[order.GROWTH] = lambda: limited(self._growth(files))
        if not is_sound and is_merge:
            checks[order.MERGE] = lambda: self._merge(oid, commit, result)
        yield from order.in_order(checks, told_refuses)

    def _sizes(self, files: ChangedFiles) -> Iterator[Told]:
        """Nothing: TooMuch where there is more than anybody wants to look at, before it is looked at."""
        self._limits.check(ROOTS, len(files.after.roots()), "the commit")
        for path, (mode, oid) in files.changed.items():
            if mode != SUBMODULE and files.kinds.for_path(path):
                self._limits.check(RECORDS, self._read(oid).count(b"\n"), path)
        yield from ()

    def _rejoined(self, commit: Commit, result: Snapshot) -> Rejoined | None:
        """The commit joined again, where it says that it is a join."""
        if not is_join(commit.tree, commit.parents, commit.message.encode("utf-8", "replace")):
            return None
        from gitbtc.doors.rejoined import Rejoined

        return Rejoined(self._git, commit, result.files)

    def _rules(self, files: ChangedFiles, contested: frozenset[str], parents: list[str]) -> Iterator[Told]:
        for root in roots_to_judge(files.after, files.touched):
            if tells_of_coins(root, files.touched):
                _derive(files, root)
            for path, violation in broken_rules(files.after, root, files.touched, files.before[0]):
                known = violation.identity in contested or is_known_contest(self._git, files.before, violation, parents)
                if violation.rule != DOUBLE_SPEND or not known:
                    yield violation.rule, path, f"{path}: {violation.told_of(path)}"

    def _steps(self, files: ChangedFiles, parents: list[str], declared: Declared) -> Iterator[Told]:
        bases = Merging(self._git, parents).all_bases() if len(parents) > 1 else []
        known = [self._snapshot(base) for base in bases if base]
        sides = [*map(each_in_place(self._snapshot, files.after, known), bases)]
        for root in roots_to_judge(files.after, files.touched):
            for path, violation in broken_by_step(files.before, files.after, root, sides, files.touched):
                if not is_excused(violation, declared):
                    yield violation.rule, path, f"{path}: {violation.told_of(path)}"

    def _growth(self, files: ChangedFiles) -> Iterator[Told]:
        """Also by the schemas of the parents: a kind does not stop growing in the commit that takes records out."""
        known = [files.kinds, *(self._kinds_in(parent.entries) for parent in files.before)]
        for path in sorted(files.touched):
            growing = (kind for kinds in known if (kind := kinds.for_path(path)) is not None and kind.append_only)
            kind = next(growing, None)
            if kind is not None:
                new = elsewhere(path, files.before[0], files.after)
                if new:
                    yield (
                        "append_only",
                        path,
                        f"{path}: this file only grows, and is gone; {half(path, new, files.after)}",
                    )
                    continue
                *versions, now = _versions(path, files)
                for key, what in growth.lost(kind, versions, now):
                    text = f"{path}::{codec.identity_text(kind, key)} {what}, and this file only grows; a commit that"
                    yield "append_only", path, f"{text} means it says why, in a trailer `{REWRITE}: <reason>`"

    def _merge(self, oid: str, commit: Commit, result: Snapshot) -> Iterator[Told]:
        parents = commit.parents
        self._check_depth(oid, parents)
        merging = Merging(self._git, parents)
        bases = [self._snapshot(base) for base in merging.all_bases() if base]
        if in_two := doubled(bases, [*map(self._snapshot, parents)], result):
            yield from (("moved_apart", "", line) for line in in_two)
            return
        side = each_in_place(self._snapshot, result, bases)
        gate = SpendGate(merging, side, unattributed_allowed=self._allowed)
        for clash in gate.clashes:
            path = path_in(clash.root, CHAIN)
            yield "network", path, f"{path}: {clash.one} and {clash.other} never merge"
        declared = Declared(commit.message, partial(self._agrees, _types(gate.contests), result, [*map(side, parents)]))
        unsettled = gate.unsettled(result, declared)
        yield from map(_contested, unsettled)
        yield from _denied(gate.contests, {one.subject for one in unsettled}, declared, result)
        if not unsettled:
            yield from _not_followed(gate.changes(result, declared, self._remembered))
        kinds = self._kinds_in(result.entries)
        is_over = partial(gate.is_over, result=result, settlements=declared)
        lost = lost_in_merge(kinds, merging, side, result, is_over)
        yield from limited(("lost_addition", one.path, f"{one}; {WAY_OUT}") for one in lost)

    def _remembered(self, _: str) -> Remembered:
        """A made commit has what it has: what older commits listed is not asked for."""
        return lambda _: None

    def _agrees(
        self, types: Mapping[str, set[str]], result: Snapshot, parents: list[Snapshot], subject: str, trailer: Trailer
    ) -> bool:
        """Whether a trailer says of the contests of `subject` (type by subject: `types`) what the records say."""
        root = subject.rpartition("::")[0]
        before = [parent.evidence(root) for parent in parents]
        return any(agrees(trailer, type_, result.evidence(root), before) for type_ in types.get(subject, ()))

    def _check_depth(self, oid: str, parents: list[str]) -> None:
        """NotHere when the history ends before the common ancestors of a merge: another one would be taken for it."""
        ends = set(self._git.heads_in("shallow"))
        for one, other in Merging(self._git, parents).pairs() if ends else ():
            if ends & set(self._git.new_commits([f"{parents[one]}...{parents[other]}"])):
                raise _too_shallow(oid, "the history of its parents ends before their common ancestor")


def _versions(path: str, files: ChangedFiles) -> list[bytes]:
    """The file of the parents that can be read, and last that of the commit, without what is the same in all."""
    try:
        return apart(path, [*files.before, files.after])
    except Malformed:  # of a parent, or the commit would not be asked this
        known = [content for parent in files.before if (content := parent.readable(path)) is not None]
        return [*known, files.after.content(path)]


def _is_schema(path: str) -> bool:
    return path.startswith(_SCHEMAS) and path.endswith(SUFFIX)


def _types(contests: Iterable[RootVerdict]) -> dict[str, set[str]]:
    """The types of contests by subject, with those of the contests that they hang on."""
    found: dict[str, set[str]] = {}
    for contest in contests:
        for one in (contest, contest.above):
            found.setdefault(one.subject, set()).add(one.type)
    return found


def _denied(contests: Iterable[RootVerdict], open_: set[str], declared: Declared, result: Snapshot) -> Iterator[Told]:
    """Trailers that say the opposite of the records that settle a contest."""
    for contest in contests:
        about = declared.about(contest.subject)
        evidence = result.evidence(contest.root)
        if about and contest.subject not in open_ and all(denies(one, evidence) for one in about):
            path = path_in(contest.root, COINS)
            where = f"{path}::{outpoint_text(contest.outpoint)}"
            yield contest.type, path, f"{where}: a trailer of the commit says the opposite of its records"


def _contested(contest: RootVerdict) -> Told:
    from gitbtc.views.conflicts import told_line

    path = path_in(contest.root, COINS)
    line = told_line(path, built_in(COINS), contest.conflict())
    return contest.type, path, line.removeprefix(f"{contest.type}: ")


def _not_followed(changes: dict[str, Changes]) -> Iterator[Told]:
    """What the merge has otherwise than the evidence of its parents says."""
    for root, kinds in changes.items():
        for kind, records in kinds.items():
            path = path_in(root, kind)
            for key, record in sorted(records.items()):
                name = codec.identity_text(built_in(kind), key)
                yield "merge", path, f"{path}::{name}: {_OTHERWISE[kind, record is None]}"


_OTHERWISE = {
    (COINS, True): "is listed as a coin, and by what the parents of the merge know it is none",
    (COINS, False): "is a coin by what the parents of the merge know, and the merge lacks it or describes it otherwise",
    (
        TRANSACTIONS,
        False,
    ): "stands otherwise by what the parents of the merge know: its marks, or which outputs are spent",
    (MEMPOOL, True): "is pending no more by what the parents of the merge know",
    (MEMPOOL, False): "is pending otherwise by what the parents of the merge know",
}


def _too_shallow(oid: str, why: str) -> NotHere:
    return NotHere(
        f"commit {oid[:12]} cannot be judged: {why}. Is this a shallow clone? Fetch more of the history: `git fetch"
        " --unshallow`, or with a larger --depth"
    )


def _derive(files: ChangedFiles, root: str) -> None:
    """Read the evidence of the result through what differs from its first parent's, if that can be read."""
    try:
        evidence = files.after.evidence(root, files.before[0].evidence(root))
    except GitbtcError:
        return
    # A history is long: each commit would keep all those before it.
    evidence.base = None
