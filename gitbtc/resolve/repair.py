"""What a merge did not need a person for, and Git did not do: the files of the result as they should be.

First the union of the files that only grow, then what follows from the one view for coins, marks and pending ones.
"""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.judge import growth
from gitbtc.kinds import codec
from gitbtc.kinds.delta import line_of, spliced
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS, MEMPOOL, TRANSACTIONS
from gitbtc.state.remembered import remembered_by
from gitbtc.state.snapshot import Snapshot, apart, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitbtc.judge.spend_gate import Settlements, SnapshotOf, SpendGate
    from gitbtc.kinds.kind import Key, Kind, Record
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Git
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
        self._told: dict[str, str] = {}

    @property
    def contents(self) -> dict[str, bytes]:
        """path -> bytes of the files that are to be otherwise; empty when the merge came out as it should."""
        made = self._contents.items()
        return {path: content for path, content in made if content != (self._merged.content(path) or b"[]\n")}

    @property
    def messages(self) -> list[str]:
        """Why, one line each."""
        return [text for path, text in self._told.items() if path in self.contents]

    def unite_logs(self) -> None:
        """Every record that a side of the merge has in a file that only grows."""
        if self._merging.into_ours:
            for path, complete in self._unions():
                self._put(path, complete, "had lost records of a file that only grows; the union is staged")

    def _unions(self) -> Iterator[tuple[str, bytes]]:
        heads = [self._snapshot_of(head) for head in self._merging.heads]
        base = self._snapshot_of(self._merging.bases(0, 1)[0])
        for path in sorted({path for head in heads for path in head.state_paths()}):
            kind = self._kinds.for_path(path)
            if kind is not None and kind.append_only:
                versions = [base, *heads, self._merged]
                if _united(kind, apart(path, versions)) is not None:  # else nothing lacks in what is the same
                    complete = _united(kind, [version.content(path) for version in versions])
                    if complete is not None:
                        yield path, complete

    def follow(self, gate: SpendGate, settlements: Settlements | None = None) -> None:
        """What follows from the evidence, and from what was settled."""
        remembered = remembered_by(self._git, self._merging.heads, self._snapshot_of)
        for root, changes in gate.changes(self.result, settlements, remembered).items():
            for kind, records in changes.items():
                path = path_in(root, kind)
                content = self.result.content(path)
                after = written(kind, content, records)
                for why in _reasons(kind, records, content):
                    self._put(path, after, why)

    def _put(self, path: str, content: bytes, why: str) -> None:
        self._contents[path] = content
        told = f"gitbtc: {printable(path)}: the {self._merging.name} {why}"
        self._told[path] = f"{self._told[path]}\n{told}" if path in self._told else told

    @property
    def result(self) -> Snapshot:
        """The merged state with what is repaired so far."""
        return self._merged.overlaid(self._contents)


def _united(kind: Kind, contents: Sequence[bytes]) -> bytes | None:
    base, *sides, merged = contents
    return growth.union(kind, base, sides, merged)


def written(kind: str, content: bytes, records: Mapping[tuple[object, ...], Record | None]) -> bytes:
    """A state file with some records as they are given: None for one that is to go."""
    known = built_in(kind)
    lines = {
        key: None if record is None else codec.encode_record(known, dict(record)) for key, record in records.items()
    }
    return spliced(known, content or known.frame.empty, lines)


def _reasons(kind: str, records: Mapping[Key, Record | None], content: bytes) -> Iterator[str]:
    """What is told of a file that is made otherwise: how many records go, come, and change."""
    gone = sum(record is None for record in records.values())
    come = sum(record is not None and line_of(built_in(kind), content, key) is None for key, record in records.items())
    for count, words in zip((gone, come, len(records) - gone - come), _WORDS[kind], strict=True):
        if count:
            yield words.format(count=count)


_WORDS = {
    COINS: (
        "listed spent coins, or void ones ({count}); staged without",
        "had lost coins that nothing spends ({count}); they are staged",
        "described coins otherwise than their transactions ({count}); staged as those say",
    ),
    TRANSACTIONS: (
        "",
        "",
        "had marks, or flags of spent outputs, that the evidence does not bear out ({count}); staged as decided",
    ),
    MEMPOOL: (
        "listed pending transactions that are confirmed, or void ({count}); staged without",
        "had lost pending transactions that won ({count}); they are staged",
        "had flags of spent outputs otherwise ({count}); staged as decided",
    ),
}
