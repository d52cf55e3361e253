"""Settling conflicts by choosing a side: in the file, and for a spend in everything that hangs on it."""

from __future__ import annotations

import os
from pathlib import Path

from gitbtc.errors import GitbtcError, UsageError
from gitbtc.gate.snapshot import path_in
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.settle import lose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.gate.open_conflicts import Conflicts, Open
    from gitbtc.gate.spend_gate import Contest
    from gitbtc.kinds.kind import Record
    from gitbtc.markers import MarkedFile
    from gitbtc.spends.coins import Outpoint

_ROOT_FILES = (COINS, TRANSACTIONS, MEMPOOL)


class Resolving:
    """One run of `gitbtc resolve`: everything is decided in memory first, then written file by file."""

    def __init__(self, conflicts: Conflicts, choice: str) -> None:
        self._conflicts = conflicts
        self._choice = choice
        self._files: dict[str, MarkedFile] = {}
        self._whole: dict[str, bytes | None] = {}

    def settle(self, names: list[str]) -> list[Open]:
        """Settle the conflicts called `names`; UsageError, and nothing done, when one of them is not open."""
        found = list(self._conflicts.open())
        chosen = [self._called(name, found) for name in names]
        for open_ in dict.fromkeys(chosen):
            self._settle(open_)
        self._write()
        return chosen

    def _called(self, name: str, found: list[Open]) -> Open:
        match = next((open_ for open_ in found if open_.is_called(name)), None)
        if match is None:
            raise UsageError(f"{name}: no such conflict is open; `gitbtc conflicts` lists those that are")
        return match

    def _settle(self, open_: Open) -> None:
        if open_.contest is not None:
            self._settle_spend(open_.contest)
        elif not open_.conflict.key:
            self._whole[open_.path] = getattr(open_.conflict, self._choice)
        else:
            self._file(open_.path, open_).settle(open_.conflict.key, getattr(open_.conflict, self._choice))

    def _file(self, path: str, open_: Open) -> MarkedFile:
        if path not in self._files:
            marked = self._conflicts.marked(path, open_.kind)
            if not marked.open:  # no driver ran: the conflict stands nowhere but in the index
                raise GitbtcError(
                    f"{path}: holds no conflict markers, so a driver did not run; `gitbtc doctor` tells why. "
                    "`git checkout -m -- FILE` makes the conflict again"
                )
            self._files[path] = marked
        return self._files[path]

    # -- spends ----------------------------------------------------------------------------------------------------

    def _settle_spend(self, contest: Contest) -> None:
        files = {kind: self._root_file(contest.root, kind) for kind in _ROOT_FILES}
        subject = outpoint_text(contest.outpoint)
        case = contest.verdict.case
        side = {"ours": case.one, "theirs": case.other, "base": case.base}[self._choice]
        if contest.type == "double_spend":
            losers = {case.one.spender, case.other.spender} - {None, side.spender if self._choice != "base" else None}
            winner = side.spender if self._choice != "base" else None
            self._lose(files, contest, {str(txid) for txid in losers}, winner)
            trailer = f"Double-Spend: {subject} {winner or 'none'} over {' and '.join(sorted(map(str, losers)))}"
        else:
            files[COINS].settle(contest.outpoint, _line(COINS, side.coin))
            plain = contest.type == "double_spend_candidate"
            trailer = f"Double-Spend: {subject} unattributed" if plain else f"Data-Error: {subject} {self._choice}"
        self._conflicts.settlements.add(contest.subject, trailer)

    def _root_file(self, root: str, kind: str) -> MarkedFile:
        path = path_in(root, kind)
        if path not in self._files:
            self._files[path] = self._conflicts.marked(path, built_in(kind))
        if kind != COINS and self._files[path].open:
            raise GitbtcError(f"{path}: settle its own conflicts first; who spent the coin is told by its records")
        return self._files[path]

    def _lose(self, files: dict[str, MarkedFile], contest: Contest, losers: set[str], winner: str | None) -> None:
        before = {kind: _records(files[kind]) for kind in _ROOT_FILES}
        after = {kind: _records(files[kind]) for kind in _ROOT_FILES}
        files[COINS].settle(contest.outpoint, None)
        before[COINS].pop(contest.outpoint, None)
        lose(after, losers, winner, self._known_coin(contest.root))
        for kind in _ROOT_FILES:
            for key in before[kind].keys() | after[kind].keys():
                record = after[kind].get(key)
                if record != before[kind].get(key):
                    files[kind].settle(key, _line(kind, record))

    def _known_coin(self, root: str) -> Callable[[Outpoint], Record | None]:
        merging = self._conflicts.merging
        snapshots = [*merging.bases(0, 1), *merging.heads] if merging else []
        known = [self._conflicts.examination.snapshot(oid).evidence(root).coins for oid in snapshots]
        return lambda outpoint: next((coin for coins in known if (coin := coins.get(outpoint))), None)

    # -- writing ---------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        """Write the files, then what was settled, then stage what has no conflict left.

        Interrupted in between, the conflict is still open, and settling it again gives the same files.
        """
        from gitbtc.repo.files import write

        top = Path(self._conflicts.top)
        contents = {path: marked.content() for path, marked in self._files.items()}
        for path, content in {**contents, **self._whole}.items():
            if content is None:
                (top / path).unlink(missing_ok=True)
            elif self._conflicts.read(path) != content and (self._conflicts.read(path) or content != b"[]\n"):
                write(top / path, content)
        if self._conflicts.merging is not None:
            self._conflicts.settlements.save()
        self._stage([path for path, marked in self._files.items() if not marked.open], top)

    def _stage(self, settled: list[str], top: Path) -> None:
        paths = [path for path in settled if os.path.exists(top / path)]
        if paths or self._whole:
            self._conflicts.git.run("--literal-pathspecs", "add", "-A", "--", *paths, *self._whole)


def _line(kind: str, record: Record | None) -> bytes | None:
    return None if record is None else codec.encode_record(built_in(kind), dict(record))


def _records(marked: MarkedFile) -> dict[tuple[object, ...], Record]:
    return {key: codec.decode_line(marked.kind, line) for key, line in marked.lines.items()}
