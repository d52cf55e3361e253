"""Settling conflicts by choosing a side: in the file, and for a spend in everything that hangs on it."""

from __future__ import annotations

import os
import shlex
from functools import partial
from pathlib import Path

from gitbtc.errors import CannotWork, GitbtcError, printable
from gitbtc.judge.spend_gate import RootVerdict
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.layouts import shard_path
from gitbtc.kinds.registry import built_in
from gitbtc.merge.markers import MarkedFile
from gitbtc.repo.program import GitHindered
from gitbtc.resolve.marked_shards import MarkedShards
from gitbtc.resolve.settling import carry_out
from gitbtc.spends import COINS
from gitbtc.spends.choosing import chosen, declared
from gitbtc.state.remembered import remembered_by
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitbtc.judge.spend_gate import RootView
    from gitbtc.resolve.open_conflicts import Conflicts, Open
    from gitbtc.spends.decision import Decision
    from gitbtc.state.merging import Merging


BOTH = "both"


class Resolving:
    """One run of `gitbtc resolve`: everything is decided in memory first, then written file by file."""

    def __init__(self, conflicts: Conflicts) -> None:
        self._conflicts = conflicts
        self._files: dict[str, MarkedFile | MarkedShards] = {}
        self._deleted: set[str] = set()
        self._decisions: dict[str, dict[str, Decision]] = {}
        self._views: dict[str, RootView] = {}

    def settle(self, sides: Mapping[Open, str]) -> None:
        """Settle these of the open conflicts, each for its side; GitbtcError, and nothing done, when one cannot be.

        Records before spends: what a transaction takes along when it loses may be a record that was contested itself.
        """
        for open_ in sorted(sides, key=lambda one: one.contest is not None):
            self._settle(open_, sides[open_])
        self._carry_out()
        self._write()

    def _settle(self, open_: Open, side: str) -> None:
        if side == BOTH:
            self._keep_both(open_)
        elif open_.contest is not None:
            self._settle_spend(open_.contest, side)
        elif not open_.conflict.key:
            self._take_whole(open_, side)
        else:
            self._file(open_.path, open_).settle(open_.conflict.key, getattr(open_.conflict, side))

    def _keep_both(self, open_: Open) -> None:
        """Both records, where they are two names of one thing."""
        conflict = open_.conflict
        if open_.kind.renames not in conflict.fields or open_.contest is not None:
            raise GitbtcError(f"{printable(open_.address)}: only two names can both be kept; take a side")
        self._file(open_.path, open_).settle(conflict.key, conflict.ours, conflict.theirs)

    def _take_whole(self, open_: Open, side: str) -> None:
        content: bytes | None = getattr(open_.conflict, side)
        try:
            self._files[open_.path] = MarkedFile(open_.kind, content or b"")
        except Malformed as error:
            raise GitbtcError(f"{open_.path}: {side} does not parse ({error}); settle it by hand") from None
        if content is None:
            self._deleted.add(open_.path)

    def _file(self, path: str, open_: Open) -> MarkedFile | MarkedShards:
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

    def _settle_spend(self, contest: RootVerdict, side: str) -> None:
        """A contest that hangs on another is settled by settling that."""
        above = contest.above
        self._views[contest.root] = above.view
        decisions = self._decisions.setdefault(contest.root, dict(self._settled_before(above)))
        decisions[above.subject] = chosen(above.verdict, above.sides, above.view.fates(), side)
        self._conflicts.settlements.add(above.subject, decisions[above.subject].trailer)

    def _settled_before(self, contest: RootVerdict) -> Iterator[tuple[str, Decision]]:
        """What was settled in this root by earlier calls, by subject."""
        for verdict in contest.view.questions.asked:
            subject = RootVerdict(contest.view, verdict).subject
            line = self._conflicts.settlements.line(subject)
            decision = declared(verdict, line) if line else None
            if decision is not None:
                yield subject, decision

    def _carry_out(self) -> None:
        """Write into the files of each root what follows from all decisions about its coins."""
        for root, decisions in self._decisions.items():
            snapshot_of = self._conflicts.making.snapshot
            remembered = remembered_by(self._conflicts.git, self._merging().heads, snapshot_of)(root)
            carry_out(self._views[root], [*decisions.values()], partial(self._root_file, root), remembered)

    def _merging(self) -> Merging:
        if self._conflicts.merging is None:
            raise GitbtcError("nothing is being merged")
        return self._conflicts.merging

    def _root_file(self, root: str, kind: str) -> MarkedFile | MarkedShards:
        path = path_in(root, kind)
        if path not in self._files:
            self._files[path] = self._conflicts.marked(path, built_in(kind))
        if kind != COINS and self._files[path].open:
            raise GitbtcError(f"{path}: settle its own conflicts first; who spent the coin is told by its records")
        return self._files[path]

    # -- writing ---------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        """Write the files, then what was settled, then stage what has no conflict left.

        Interrupted in between, the conflict is still open, and settling it again gives the same files. Nothing is
        written where it is plain beforehand that not all can be.
        """
        from gitbtc.repo.files import led_away, write_all

        top = self._conflicts.top
        self._conflicts.git.check_writable()
        marked = dict(self._each())
        for path in marked:
            if away := led_away(top, path):
                raise CannotWork(f"{printable(path)}: {away}")
        contents = {path: one.content() for path, one in marked.items()}
        gone = {path for path in contents if path in self._deleted and not marked[path].lines}
        write_all({
            os.path.realpath(os.path.join(top, path)): content for path, content in contents.items()
            if path not in gone and self._conflicts.read(path) != content
            if self._conflicts.read(path) or content != b"[]\n"
        })  # fmt: skip
        for path in gone:
            Path(top, path).unlink(missing_ok=True)
        if self._conflicts.merging is not None:
            self._conflicts.settlements.save()
        self._stage([path for path, one in marked.items() if not one.open], Path(top))

    def _each(self) -> Iterator[tuple[str, MarkedFile]]:
        """The files by their paths, shards one by one."""
        for path, marked in self._files.items():
            if isinstance(marked, MarkedShards):
                yield from ((shard_path(path, name), shard) for name, shard in marked.shards.items())
            else:
                yield path, marked

    def _stage(self, settled: list[str], top: Path) -> None:
        paths = [path for path in settled if path in self._deleted or os.path.exists(top / path)]
        if paths:
            try:
                self._conflicts.git.stage(paths)
            except GitHindered as error:
                raise CannotWork(f"{error}: settled, and not staged: `git add -- {shlex.join(paths)}`") from None
