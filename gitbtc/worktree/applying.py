"""Changes of state files, applied to a work tree: all of them or none, and nothing that could not be committed."""

from __future__ import annotations

import os
import stat

from gitbtc.diff.patch import EXECUTABLE, FILE, replay
from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.judge.broken_rules import broken_rules
from gitbtc.judge.content import ChangedFiles
from gitbtc.judge.simulation import Past, made_live
from gitbtc.keys.allowed import ALLOW_LIST
from gitbtc.keys.finding import NOT_WRITTEN, refusal
from gitbtc.kinds import codec
from gitbtc.kinds.registry import root_of
from gitbtc.repo.all_or_none import AllOrNone, Replacement, Staged
from gitbtc.repo.files import led_away
from gitbtc.repo.git import SYMBOLIC_LINK
from gitbtc.repo.lock import alone
from gitbtc.state.checkpoint import Checkpoints
from gitbtc.state.snapshot import Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitbtc.diff.patch import Patch
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import BlobReader, Entry, Git

_SHOWN = 20  # faults in one message
_ALIVE = "a person does that, in a commit of its own"


class WorkTree:
    """The work tree that `git` works in, whose state files are of `kinds`. CannotWork where there is none."""

    def __init__(self, git: Git, kinds: Kinds) -> None:
        self._git = git.at_top()
        self.kinds = kinds
        self._files = AllOrNone(self._git)
        self._lock = os.path.join(self._git.git_dir(), "gitbtc", "apply.lock")

    def apply(self, patches: Sequence[Patch], *, check: bool = False, index: bool = False) -> list[str]:
        """Apply `patches`, each of a file of its own; with `index` to the index too, which must hold what the files do.
        The paths of the files that changed: none when all that the patches do is there already. `check` changes none.

        Raises GitbtcError for what does not fit, or could not be committed; CannotWork for what cannot be written, or
        while something that was cut short has to be finished. Nothing is changed then.
        """
        with alone(self._lock):
            if self._files.interrupted:
                raise CannotWork("an earlier change was cut short here; `gitbtc apply --continue` does the rest of it")
            with self._git.blobs() as blobs:
                step = _Step(self._git, blobs, self.kinds, patches)
                step.examine()
                if index:
                    step.compare_with_index()
            if step.replacements and not check:
                self._files.replace(step.replacements, step.staged() if index else [])
            return [one.path for one in step.replacements]

    def write(self, contents: Mapping[str, bytes], *, looked_through: bool = False) -> list[str]:
        """The same of whole state files, each by its path, of shards each by its own. `looked_through`: for keys, where
        the contents came from.
        """
        with alone(self._lock):
            if self._files.interrupted:
                raise CannotWork("an earlier change was cut short here; `gitbtc apply --continue` does the rest of it")
            with self._git.blobs() as blobs:
                step = _Step(self._git, blobs, self.kinds, [], contents)
                step.examine(looked_through=looked_through)
            if step.replacements:
                self._files.replace(step.replacements, [])
            return [one.path for one in step.replacements]

    def finish(self) -> list[str]:
        """Do the rest of an application that was cut short: the paths that it was about."""
        with alone(self._lock):
            return self._files.finish()


class _Step:
    """One application of patches: what it replaces, and whether it may. Nothing is written."""

    def __init__(
        self, git: Git, blobs: BlobReader, kinds: Kinds, patches: Sequence[Patch],
        contents: Mapping[str, bytes] | None = None,
    ) -> None:  # fmt: skip
        self._git = git
        self._blobs = blobs
        self._checkpoints = Checkpoints(git)
        self._kinds = kinds
        self._patches = patches
        self._before: dict[str, bytes | None] = {}
        self._as_staged = git.unchanged()
        self._there = self._snapshot({path: self._entry(path) for path in self._present()})
        after = replay(patches, self._read)
        self.replacements = [
            one
            for patch in patches
            for mode in [self._permissions(patch)]
            if patch.path in after or mode is not None
            for one in self._replaced(patch.path, after.get(patch.path, self._before[patch.path]), mode)
        ]
        whole = [one for path, content in (contents or {}).items() for one in self._replaced(path, content, None)]
        self.replacements += [one for one in whole if one.before != one.after]

    def _present(self) -> list[str]:
        """The state files of the work tree that are there."""
        paths = self._git.work_tree_paths()
        return [
            path for path in paths if self._kinds.for_path(path) and os.path.lexists(os.path.join(self._git.cwd, path))
        ]

    def _is_sharded(self, path: str) -> bool:
        layout = self._there.layout(path)
        return layout is not None and not layout.is_whole

    def _read(self, path: str) -> bytes | None:
        """The records at `path`; of shards what they make together."""
        if self._kinds.whole(path) != path:
            raise GitbtcError(f"{path}: records in shards are called by {self._kinds.whole(path)}")
        self._before[path] = self._there.content(path) if self._is_sharded(path) else _file(self._git.cwd, path)
        return self._before[path]

    def _replaced(self, path: str, content: bytes | None, mode: int | None) -> list[Replacement]:
        """The files that become others for the records at `path` to be those of `content`: the one, or shards."""
        if path in self._there.files and self._kinds.shard(path):
            self._before[path] = _file(self._git.cwd, path)
            return [Replacement(path, self._before[path], content)]
        if not self._is_sharded(path):
            before = self._read(path)
            return [Replacement(path, before, content, mode)]
        if content is None:
            places = [place for place in self._there.files if self._kinds.whole(place) == path]
            made: dict[str, bytes | None] = dict.fromkeys(places)
        else:
            made = {**self._there.laid_out({path: content})}
        for place in made:
            self._before[place] = _file(self._git.cwd, place)
        return [Replacement(place, self._before[place], after) for place, after in made.items()]

    def _permissions(self, patch: Patch) -> int | None:
        """The permission bits that the patch gives the file; None when it leaves them, as of shards."""
        if patch.new_mode in (None, patch.old_mode or FILE) or self._is_sharded(patch.path):
            return None
        is_new = self._before[patch.path] is None
        now = 0o644 if is_new else stat.S_IMODE(os.stat(os.path.join(self._git.cwd, patch.path)).st_mode)
        wanted = now | (now & 0o444) >> 2 if patch.new_mode == EXECUTABLE else now & ~0o111
        return wanted if wanted != now or is_new else None

    # -- whether it may --------------------------------------------------------------------------------------------

    def examine(self, *, looked_through: bool = False) -> None:
        """Raise GitbtcError for the first thing that speaks against it: keys, records, rules across files."""
        if not self.replacements:
            return
        before, after = self._snapshots()
        changed = ChangedFiles(self._kinds, [before], after, self._contents)
        for _, shown, found in () if looked_through else changed.key_material():
            if found.refusing:
                raise GitbtcError(refusal(found.refusing, shown, NOT_WRITTEN, found.remarks).removeprefix("gitbtc: "))
        _refuse(
            [f"{path}::{one.identity}: {one}" if one.identity else f"{path}: {one}" for path, one in changed.records()]
            or [
                f"{path}: a strategy that is live, where it simulates; {_ALIVE}"
                for path in made_live(Past(before), after)
            ]
            or self._newly_broken(before, after)
        )

    def _snapshots(self) -> tuple[Snapshot, Snapshot]:
        """The state files of the roots that are changed, as they are and as they would be."""
        roots = {root_of(self._kinds.whole(one.path)) for one in self.replacements}
        there = [path for path in self._present() if root_of(self._kinds.whole(path)) in roots]
        there.append(ALLOW_LIST)  # what the work tree lets through
        entries = {path: self._entry(path) for path in there if os.path.lexists(os.path.join(self._git.cwd, path))}
        later = dict(entries)
        for one in self.replacements:
            later.pop(one.path, None)
            if one.after is not None:
                later[one.path] = (FILE, f"after {one.path}")
        return self._snapshot(entries), self._snapshot(later)

    def _entry(self, path: str) -> Entry:
        """Of a file that is as it was staged what that says: it may have been looked at where it was kept."""
        if path in self._as_staged:
            return self._as_staged[path]
        linked = os.path.islink(os.path.join(self._git.cwd, path))
        return SYMBOLIC_LINK if linked else FILE, f"before {path}"

    def _snapshot(self, entries: dict[str, Entry]) -> Snapshot:
        return Snapshot("the work tree", entries, self._version, self._kinds, self._checkpoints)

    def _version(self, path: str, oid: str) -> bytes:
        """A file that is as it was staged is read where it lies."""
        is_here = self._as_staged.get(path, ("", ""))[1] == oid
        return self._contents(f"before {path}" if is_here else oid)

    def _contents(self, oid: str) -> bytes:
        side, _, path = oid.partition(" ")
        if not path:
            return self._blobs.read(oid)
        if side == "after":
            return next((one.after for one in self.replacements if one.path == path), None) or b""
        return self._before.get(path) or _file(self._git.cwd, path) or b""

    def _newly_broken(self, before: Snapshot, after: Snapshot) -> list[str]:
        """The rules across files that would be broken, and are not broken already."""
        touched = {self._kinds.whole(one.path) for one in self.replacements}
        found: list[str] = []
        for root in sorted({root_of(path) for path in touched}):
            told = [f"{path}: {one.text}" for path, one in broken_rules(after, root, touched, before)]
            known = {f"{path}: {one.text}" for path, one in broken_rules(before, root, touched)} if told else set()
            found += [text for text in told if text not in known]
        return found

    # -- the index -------------------------------------------------------------------------------------------------

    def compare_with_index(self) -> None:
        """Raise GitbtcError when the index holds something else than a file that is to be replaced."""
        entries = self._git.index_entries()
        with self._git.blobs() as blobs:
            for one in self.replacements:
                entry = entries.get(one.path)
                if not self._is_same(one.path, None if entry is None else blobs.read(entry[1]), one.before):
                    raise GitbtcError(f"{one.path}: the index holds another version than the work tree; stage it first")

    def staged(self) -> list[Staged]:
        """What the index gets; the contents are in the object store then."""
        entries, patches = self._git.index_entries(), {patch.path: patch for patch in self._patches}
        return [
            Staged(one.path, entries.get(one.path), self._stored(one, patch, entries.get(one.path)))
            for one in self.replacements
            for patch in [patches[self._kinds.whole(one.path)]]
        ]

    def _stored(self, one: Replacement, patch: Patch, now: Entry | None) -> Entry | None:
        if one.after is None:
            return None
        mode = now[0] if now and patch.new_mode == patch.old_mode else patch.new_mode
        return mode or FILE, self._git.write_blob(one.after)

    def _is_same(self, path: str, *versions: bytes | None) -> bool:
        kind = self._kinds.for_path(path)
        try:
            forms = {codec.canonical(kind, one) if kind and one is not None else None for one in versions}
        except codec.Malformed:
            return False
        return len(forms) == 1


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        raise GitbtcError("\n".join(["the change cannot be taken; it would leave:", *faults[:_SHOWN], *more]))


def _file(top: str, path: str) -> bytes | None:
    """The bytes of a state file, None where there is none. GitbtcError for a path that leads somewhere else."""
    away = led_away(top, path)
    if away:
        raise GitbtcError(f"{path}: {away}")
    try:
        with open(os.path.join(top, path), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read: {error.strerror}") from None
