"""`gitbtc merge-driver`: what Git runs for each state file that both sides of a merge changed.

Exit status 0: merged; 1: merged but for the conflicts between markers; 129: failed, and the file of ours is untouched.
Nothing is printed to standard output, and nothing but the file that Git named is written.
"""

from __future__ import annotations

import os
import sys

from gitbtc.drivers import opened
from gitbtc.drivers.in_memory import is_in_memory, merging_of, spent_twice
from gitbtc.errors import GitbtcError, lacking, printable, report
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.registry import Kinds
from gitbtc.merge.files import Merge, Options, merge_files
from gitbtc.merge.markers import Style
from gitbtc.progress import doing
from gitbtc.spends import COINS, MEMPOOL, TRANSACTIONS
from gitbtc.state.merging import Merging, announced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.delta import Buffer
    from gitbtc.kinds.kind import Kind
    from gitbtc.repo.git import Git

FAILED = 129
# The kinds in which a transaction that lost elsewhere leaves its traces.
_SPENDING = (COINS, TRANSACTIONS, MEMPOOL)
DEFAULT_MARKER_SIZE = 7
_BUFFER = 1 << 20  # bytes: a large file comes in thousands of small pieces
# How rerere writes a conflict down; it tries such images with the driver, and minds nothing but whether that fails.
_RERERE = b"<<<<<<<\n"

_VALUES = {
    "--kind": "kind",
    "--schemas": "schemas",
    "-L": "marker_size",
    "-P": "path",
    "-S": "base_label",
    "-X": "ours_label",
    "-Y": "theirs_label",
}


class MergeCall:
    """What Git asked for. The three files are relative to the current folder."""

    __slots__ = (
        "base", "base_label", "kind", "marker_size", "ours", "ours_label", "path", "schemas", "theirs", "theirs_label",
    )  # fmt: skip

    def __init__(self, arguments: list[str]) -> None:
        self.kind = self.schemas = self.path = self.base_label = self.ours_label = self.theirs_label = ""
        self.marker_size = str(DEFAULT_MARKER_SIZE)
        rest = iter(arguments)
        files: list[str] = []
        for argument in rest:
            if argument in _VALUES:
                setattr(self, _VALUES[argument], next(rest, ""))
            else:
                files.append(argument)
        if len(files) != 3 or not self.kind:
            raise GitbtcError("merge-driver is called by Git: --kind KIND -L %L -P %P -S %S -X %X -Y %Y %O %A %B")
        self.base, self.ours, self.theirs = files


def main(arguments: list[str]) -> int:
    """Serve one file; the exit status for Git."""
    import gc

    gc.disable()  # it makes no cycles worth collecting, and ends in a moment
    try:
        call = MergeCall(arguments[1:])
        with doing(f"merging {call.path or call.kind}"):
            return _merge(call)
    except (GitbtcError, OSError, MemoryError) as error:
        why = lacking(error) or printable(str(error))
        print(f"gitbtc: the merge of this file failed, ours is left as it was: {why}", file=sys.stderr)
        return FAILED
    except Exception as error:  # noqa: BLE001 - whatever fails, Git must not take an unmarked ours for merged
        print(report(error), file=sys.stderr)
        return FAILED


def _merge(call: MergeCall) -> int:
    kinds = Kinds(call.schemas or None)
    kind, shard = kinds.load(call.kind), kinds.shard(call.path)
    virtual = _is_virtual(call)
    try:
        if shard and _is_of_other_shards(kind, shard[1], _versions(call)):
            why = "a side has these records in another layout; `gitbtc resolve` merges them record by record"
            print(f"gitbtc: {printable(call.path)}: {why}", file=sys.stderr)
            return 1
        if kind.name in _SPENDING and not virtual:
            merge, left_open = _merge_coins(call, kind)
        else:
            into_ours = not virtual and bool(announced())
            options = Options(lambda: _style(call), into_ours=into_ours, virtual=virtual)
            merge, left_open = merge_files(kind, *_versions(call), options), []
    except Malformed as error:
        return _merge_as_text(call, error)
    _write(call.ours, merge)
    if virtual:
        return 0
    called = shard[0] if shard else call.path
    if merge.notices or merge.conflicts:
        _tell(called, kind, merge)
    for line in left_open:
        print(f"gitbtc: {printable(called)}: {printable(line)}", file=sys.stderr)
    return 1 if merge.conflicts or left_open else 0


def _is_of_other_shards(kind: Kind, name: str, versions: Iterable[Buffer]) -> bool:
    """Whether a version holds records of other shards: Git takes a file of another layout for this one, renamed."""
    from gitbtc.kinds.layouts import joined, layout_named

    for version in versions:
        try:
            joined(kind, layout_named(kind, name), [(name, "", version[:])])
        except Malformed:
            return not _is_unreadable(kind, version)
    return False


def _is_unreadable(kind: Kind, version: Buffer) -> bool:
    from gitbtc.kinds import codec

    try:
        codec.keyed(kind, version[:])
    except Malformed:
        return True
    return False


def _versions(call: MergeCall) -> tuple[Buffer, Buffer, Buffer]:
    return opened(call.base), opened(call.ours), opened(call.theirs)


def _merge_coins(call: MergeCall, kind: Kind) -> tuple[Merge, list[str]]:
    """A file that tells of coins, with what the other files of the root say of it, where Git tells which commits it
    merges; and what is left open in a merge that no hook will look at.
    """
    base, ours, theirs = versions = _versions(call)
    in_memory = not announced() and is_in_memory()
    git = _git() if in_memory or len(announced()) == 1 else None
    merging = _merging(git, call) if git else None
    if git is None or merging is None:
        # A rebase, a pick, a stash, an octopus: the hook decides at the commit.
        merge = merge_files(kind, base, ours, theirs, Options(lambda: _style(call), into_ours=bool(announced())))
        alone = in_memory and not merge.conflicts
        return merge, list(spent_twice(kind, merge.content, ours[:], theirs[:])) if alone else []

    from gitbtc.drivers.part import FilePart

    with git.blobs() as blobs:
        part = FilePart(git, blobs, merging, call.path, versions)
        judge = part.conflicts if kind.name == COINS else None
        options = Options(lambda: _style(call), into_ours=merging.into_ours, judge=judge)
        merge = merge_files(kind, base, ours, theirs, options)
        if merge.conflicts or (part.is_alone and not in_memory):
            return merge, []
        by_itself = merge.content
        merge.pieces = [part.completed(by_itself)]
        return merge, list(part.left_open(by_itself)) if in_memory else []


def _git() -> Git:
    from gitbtc.repo.git import Git

    return Git()


def _merging(git: Git, call: MergeCall) -> Merging | None:
    """What is merged, where Git tells: by the environment, or since 2.44 by labels."""
    if announced():
        return Merging(git, [git.resolve("HEAD"), *announced()])
    return merging_of(git, call.base_label, call.ours_label, call.theirs_label)


def _is_virtual(call: MergeCall) -> bool:
    """Whether this is an inner merge, of two merge bases: Git then asks for markers longer than configured."""
    size = int(call.marker_size) if call.marker_size.isdigit() else DEFAULT_MARKER_SIZE
    if size <= DEFAULT_MARKER_SIZE:
        return False
    from gitbtc.repo.git import Git

    (answer,) = Git().attributes(["conflict-marker-size"], [call.path]).values()
    return size > (int(answer) if answer.isdigit() else DEFAULT_MARKER_SIZE)


def _style(call: MergeCall) -> Style:
    """How markers look here. Only asked for when there is a conflict."""
    from gitbtc.repo.git import Git

    git = Git()
    branch = (git.current_branch() or "").removeprefix("refs/heads/")
    return Style(
        int(call.marker_size),
        show_base=git.config("merge.conflictStyle") in ("diff3", "zdiff3"),
        ours=_named(call.ours_label, branch, "ours"),
        base=_named(call.base_label, "", "base"),
        theirs=_named(call.theirs_label, next(iter(announced().values()), ""), "theirs"),
    )


def _named(label: str, fallback: str, side: str) -> str:
    """The name that a marker carries: Git's own since 2.44 (before, `%X` arrives as it is written), but for HEAD."""
    unsaid = label in ("", "%S", "%X", "%Y") or (label == "HEAD" and fallback)
    name = fallback if unsaid else label
    return f"{printable(name)} ({side})" if name and name != side else side


def _write(path: str, merge: Merge) -> None:
    """Replace Git's temporary file in one step. It is not flushed to disk: Git reads it and throws it away."""
    from gitbtc.repo.files import TEMPORARY

    new = path + TEMPORARY
    try:
        with open(new, "wb", _BUFFER) as file:
            file.writelines(merge.pieces)
        os.replace(new, path)
    except BaseException:
        if os.path.exists(new):
            os.unlink(new)
        raise


def _tell(path: str, kind: Kind, merge: Merge) -> None:
    from gitbtc.views.conflicts import conflict_line, notice_lines

    for conflict in merge.conflicts:  # why Git stops stands before what is good to know
        print(conflict_line(path, kind, conflict), file=sys.stderr)
    for line in notice_lines(path, kind, merge.notices):
        print(line, file=sys.stderr)


def _merge_as_text(call: MergeCall, error: Malformed) -> int:
    """Fall back on Git's own text merge, and call it a conflict whatever comes out: nobody knows what it means."""
    from gitbtc.repo.git import Git

    if _RERERE not in opened(call.base)[:]:
        print(
            f"gitbtc: {printable(call.path)}: {printable(str(error))}; merged as text, check every line",
            file=sys.stderr,
        )
    merge = Merge()
    merge.pieces = [Git().merge_as_text(call.ours, call.base, call.theirs, call.marker_size)]
    _write(call.ours, merge)
    return 1
