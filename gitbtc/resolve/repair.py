"""What a merge did not need a person for, and Git did not do: the files of the result as they should be.

One thing after the other, each on the outcome of the one before: the union of the files that only grow, what follows
from verdicts that the evidence decides, coins and pending transactions that one side still lists although the other
knows better, and coins that were lost on the way.
"""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.judge import growth
from gitbtc.kinds import codec
from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import built_in
from gitbtc.resolve.settling import carry_out, coins_known_to
from gitbtc.spends import COINS, MEMPOOL, rules
from gitbtc.state.snapshot import Snapshot, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from gitbtc.judge.spend_gate import Contest, SnapshotOf, SpendGate
    from gitbtc.kinds.kind import Key
    from gitbtc.kinds.registry import Kinds
    from gitbtc.markers import MarkedFile
    from gitbtc.repo.git import Git
    from gitbtc.spends.coins import Outpoint
    from gitbtc.spends.decisions import Decision
    from gitbtc.spends.evidence import Evidence
    from gitbtc.state.merging import Merging


class Repair:
    """The repair of a merge whose result is `result`; without `git`, of one that is in no repository.

    Raises CannotWork for state that nobody can read.
    """

    def __init__(
        self, git: Git | None, merging: Merging, snapshot_of: SnapshotOf, result: Snapshot, kinds: Kinds
    ) -> None:
        self._git = git
        self._merging = merging
        self._snapshot_of = snapshot_of
        self._merged = result
        self._kinds = kinds
        self._contents: dict[str, bytes] = {}
        self._told: list[tuple[set[str], str]] = []

    @property
    def contents(self) -> dict[str, bytes]:
        """path -> bytes of the files that are to be otherwise; empty when the merge came out as it should."""
        made = self._contents.items()
        return {path: content for path, content in made if content != (self._merged.content(path) or b"[]\n")}

    @property
    def messages(self) -> list[str]:
        """Why, one line each."""
        return [text for paths, text in self._told if paths & self.contents.keys()]

    def unite_logs(self) -> None:
        """Every record that a side of the merge has in a file that only grows."""
        if self._merging.into_ours:
            for path, complete in self._unions():
                self._put(
                    path,
                    complete,
                    f"the {self._merging.name} had lost records of a file that only grows; the union is staged",
                )

    def _unions(self) -> Iterator[tuple[str, bytes]]:
        heads = [self._snapshot_of(head) for head in self._merging.heads]
        base = self._snapshot_of(self._merging.bases(0, 1)[0])
        for path in sorted({path for head in heads for path in head.state_paths()}):
            kind = self._kinds.for_path(path)
            if kind is not None and kind.append_only:
                sides = [head.content(path) for head in heads]
                complete = growth.union(kind, base.content(path), sides, self._merged.content(path))
                if complete is not None:
                    yield path, complete

    def follow_settlements(self, gate: SpendGate, settled: Mapping[str, str]) -> None:
        """What was settled (subject -> trailer) once more: the union may have brought a loser back."""
        from gitbtc.spends.decisions import declared

        for contest in gate.contests:
            decision = declared(contest.verdict, settled.get(contest.subject, ""))
            if decision is not None:
                path = path_in(contest.root, COINS)
                self._follow(contest, decision, f"gitbtc: {printable(path)}: what was settled is staged throughout")

    def follow_verdicts(self, gate: SpendGate) -> None:
        """What follows where the evidence decides between two transactions."""
        from gitbtc.spends.decisions import automatic
        from gitbtc.views.conflicts import spend_notice

        for contest in gate.unapplied(self.result):
            notice = spend_notice(path_in(contest.root, COINS), contest.verdict)
            self._follow(contest, automatic(contest.verdict), f"{notice}; staged as decided")

    def _follow(self, contest: Contest, decision: Decision, why: str) -> None:
        from gitbtc.markers import MarkedFile

        before = self.result
        files: dict[str, MarkedFile] = {}

        def file_of(kind: str) -> MarkedFile:
            return files.setdefault(kind, MarkedFile(built_in(kind), before.of_kind(contest.root, kind)))

        known = coins_known_to(self._git, self._merging, self._snapshot_of, contest.root)
        carry_out(decision, contest.outpoint, file_of, known)
        made = {path_in(contest.root, kind): file.content() for kind, file in files.items()}
        changed = {path for path, content in made.items() if content != (before.content(path) or b"[]\n")}
        self._contents |= {path: made[path] for path in changed}
        self._told.append((changed, why))

    def drop_what_is_stale(self) -> None:
        """Coins that one side still lists and a transaction of the other spends, or that it knows to be void; pending
        transactions that the other side knows to be confirmed or void.
        """
        for root in sorted(self.result.roots()):
            evidence = self.result.evidence(root)
            self._drop(path_in(root, COINS), COINS, rules.stale_coins(evidence), "spent coins, or void ones")
            waiting = [(txid,) for txid in rules.stale_pending(evidence)]
            self._drop(path_in(root, MEMPOOL), MEMPOOL, waiting, "pending transactions that are confirmed, or void")

    def put_back_what_was_lost(self) -> None:
        """Coins that a side lists, that no side removed and nothing spends: a merge that took one side's file whole, or
        lines by hand, has no other way to lose a coin.
        """
        for root in sorted(self.result.roots()) if self._merging.into_ours else ():
            kind, path = built_in(COINS), path_in(root, COINS)
            lost = self._lost_coins(root)
            if lost:
                lines = codec.keyed(kind, self.result.content(path)) | lost
                content = codec.encode_lines(kind, [lines[key] for key in sorted(lines)])
                self._put(
                    path,
                    content,
                    f"the {self._merging.name} had lost coins that nothing spends ({len(lost)}); they are staged",
                )

    def _lost_coins(self, root: str) -> dict[Key, bytes]:
        kind, result = built_in(COINS), self.result.evidence(root)
        heads = [self._snapshot_of(head).evidence(root) for head in self._merging.heads]
        bases = [self._snapshot_of(base).evidence(root) for base in self._merging.bases(0, 1)]
        lost: dict[Key, bytes] = {}
        for side in (*heads, *bases):
            for change in delta(kind, side.coins.content, result.coins.content):
                outpoint = (change.key[0], change.key[1])
                spent = result.spender(outpoint) is not None or outpoint[0] in result.dead
                if change.old is not None and change.new is None and not spent and not _removed(outpoint, bases, heads):
                    lost.setdefault(change.key, change.old)
        return lost

    def _drop(self, path: str, kind: str, stale: Collection[Key], what: str) -> None:
        if stale:
            lines = codec.keyed(built_in(kind), self.result.content(path))
            kept = codec.encode_lines(built_in(kind), [lines[key] for key in lines if key not in stale])
            self._put(path, kept, f"the {self._merging.name} listed {what} ({len(stale)}); staged without")

    def _put(self, path: str, content: bytes, why: str) -> None:
        self._contents[path] = content
        self._told.append(({path}, f"gitbtc: {printable(path)}: {why}"))

    @property
    def result(self) -> Snapshot:
        """The merged state with what is repaired so far."""
        if not self._contents:
            return self._merged
        entries = dict.fromkeys(self._contents, ("100644", "")) | dict(self._merged.entries)

        def read(path: str, _: str) -> bytes:
            return self._contents[path] if path in self._contents else self._merged.content(path)

        return Snapshot(self._merged.name, entries, read, self._kinds)


def _removed(outpoint: Outpoint, bases: list[Evidence], heads: list[Evidence]) -> bool:
    """Whether a head took out a coin that it knew, and not because it took the coin's own transaction for lost."""
    known = any(outpoint in base.coins for base in bases)
    return known and any(outpoint not in head.coins and outpoint[0] not in head.dead for head in heads)
