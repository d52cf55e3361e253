"""Settling conflicts by choosing a side: in the file, and for a spend in everything that hangs on it."""

from __future__ import annotations

import os
from pathlib import Path

from gitbtc.errors import GitbtcError, UsageError
from gitbtc.judge.spend_gate import Contest
from gitbtc.kinds.registry import built_in
from gitbtc.resolve.settling import carry_out, coins_known_to
from gitbtc.spends import COINS
from gitbtc.spends.decisions import chosen
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.markers import MarkedFile
    from gitbtc.resolve.open_conflicts import Conflicts, Open
    from gitbtc.state.merging import Merging


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
        """A contest that hangs on another is settled by settling that."""
        verdict = contest.verdict.parent or contest.verdict
        decision = chosen(verdict, self._choice)
        known = coins_known_to(self._conflicts.git, self._merging(), self._conflicts.examination.snapshot, contest.root)
        carry_out(decision, verdict.outpoint, lambda kind: self._root_file(contest.root, kind), known)
        self._conflicts.settlements.add(Contest(contest.root, verdict).subject, decision.trailer)

    def _merging(self) -> Merging:
        if self._conflicts.merging is None:
            raise GitbtcError("nothing is being merged")
        return self._conflicts.merging

    def _root_file(self, root: str, kind: str) -> MarkedFile:
        path = path_in(root, kind)
        if path not in self._files:
            self._files[path] = self._conflicts.marked(path, built_in(kind))
        if kind != COINS and self._files[path].open:
            raise GitbtcError(f"{path}: settle its own conflicts first; who spent the coin is told by its records")
        return self._files[path]

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
            self._conflicts.git.stage([*paths, *self._whole])
