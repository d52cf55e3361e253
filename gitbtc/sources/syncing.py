"""A configured source brought in beside a person who works in the same repository.

Nothing of theirs is committed, and a round is skipped while Git is in the middle of something.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.kinds import codec, registry
from gitbtc.kinds.delta import count
from gitbtc.sources import statefiles
from gitbtc.sources.bringing import Brought, bring
from gitbtc.sources.core_cursor import loaded, save
from gitbtc.sources.told import Source
from gitbtc.spends import COINS
from gitbtc.spends.listing import worth
from gitbtc.state.in_progress import COMMIT, InProgress
from gitbtc.views.synced import Stock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.repo.git import Git
    from gitbtc.sources.asking import Asker
    from gitbtc.sources.configured import Configured
    from gitbtc.sources.snapshot import SourceSnapshot


@dataclass(frozen=True)
class Synced:
    """What one round did. `committed`: a commit was made of it."""

    snapshot: SourceSnapshot
    brought: Brought
    committed: bool

    @property
    def holding(self) -> Stock:
        """What the root holds now of the kinds of which the source tells."""
        held = {registry.built_in(name): content for name, content in self.brought.held.items()}
        counts = {kind.name: count(kind, content) for kind, content in held.items() if kind.is_array}
        coins, told = (self.brought.held.get(name) for name in (COINS, "descriptors"))
        descriptors = codec.parse(registry.built_in("descriptors"), told) if told else []
        return Stock(counts, worth(coins) if coins else None, descriptors)


@dataclass(frozen=True)
class Manner:
    """How a source is brought in. `commit`: what came of it is committed; `full`: what is known already is asked for
    again; `strict`: a node that lags behind is refused; `volatile`: what changes by the minute is written too.
    """

    commit: bool = False
    full: bool = False
    strict: bool = False
    volatile: bool = False


def sync(source: Configured, asker: Asker, git: Git, manner: Manner) -> Synced:
    """Read the source, and bring it in. Raises what reading and bringing raise.

    `git` works at the top of the work tree.
    """
    file = _cursor_file(source, git)
    with nullcontext() if manner.full else loaded(file) as cursor:
        snapshot = source.program.read(asker, source.root, cursor, strict=manner.strict)
        brought = bring(source.root, snapshot, source.name, volatile=manner.volatile)
        if snapshot.cursor is not None:
            save(file, snapshot.cursor, brought.word, cursor)
    if manner.commit:
        own, _ = _changed_paths(source, git)
        if own:
            git.stage(own)
            git.commit(f"Sync {source.name} at block {snapshot.tip}")
            return Synced(snapshot, brought, committed=True)
    return Synced(snapshot, brought, committed=False)


@contextmanager
def look(source: Configured, asker: Asker, git: Git) -> Iterator[SourceSnapshot]:
    """What the source tells now; nothing is brought in, nor remembered. Raises what reading raises. It answers within,
    and so long nobody else may sync.
    """
    with loaded(_cursor_file(source, git)) as cursor:
        yield source.program.read(asker, source.root, cursor)


def obstacle(source: Configured, git: Git) -> str | None:
    """Why the source is not to be brought in just now, in words; None when nothing is in the way."""
    if os.path.exists(git.git_path("index.lock")):
        return "another Git process is at work here (index.lock)"
    doing = InProgress(git).name
    if doing != COMMIT:
        return f"a {doing} is in progress"
    if git.current_branch() is None:
        return "HEAD is detached"
    if git.find("HEAD") and not git.index_is("HEAD"):
        return "something is staged that is not committed"
    _, others = _changed_paths(source, git)
    return f"{others[0]} has changes that are not committed" if others else None


def _cursor_file(source: Configured, git: Git) -> Path:
    """Where the source's cursor is kept: in the Git folder, named as the source's ref is."""
    return Path(Source(git, source.name, root_of(source, git)).kept + ".sqlite")


def root_of(source: Configured, git: Git) -> str:
    """The source's root, from the top of the work tree."""
    inside = os.path.relpath(os.path.realpath(source.root), os.path.realpath(git.top_level()))
    return "" if inside == "." else inside


def _changed_paths(source: Configured, git: Git) -> tuple[list[str], list[str]]:
    """The state files of the source's root that are not as HEAD has them, from the top: those that an import of this
    source left as they are, and those that somebody else changed.
    """
    inside = root_of(source, git)
    prefix = f"{inside}/" if inside else ""
    told, kinds = Source(git, source.name, inside), registry.Kinds()
    wanted = (*registry.BUILT_IN, *registry.BUILT_IN_SHARDS)
    head = git.tree_entries("HEAD", *(prefix + path for path in wanted)) if git.find("HEAD") else {}
    # What is here byte for byte as HEAD has it is not parsed.
    held: dict[str, bytes] = {}
    for kind in registry.BUILT_IN.values():
        held |= statefiles.files_of(source.root, registry.built_in(kind))
    committed = {path.removeprefix(prefix): oid for path, (_, oid) in head.items() if kinds.for_path(path)}
    raw = told.blob_ids(held)
    apart = [path for path in sorted(held.keys() | committed) if raw.get(path) != committed.get(path)]
    own: list[str] = []
    others: list[str] = []
    for path in apart:
        oid = raw.get(path)
        if oid and not told.has_brought(path, oid):  # what somebody else wrote may lie in another form
            oid = told.blob_ids({path: _canonical(path, held[path])})[path]
        if oid != committed.get(path):
            (own if oid and told.has_brought(path, oid) else others).append(prefix + path)
    return own, others


def _canonical(path: str, content: bytes) -> bytes:
    """A state file as it would be committed; as it is where it does not parse."""
    try:
        kind = registry.Kinds().for_path(path)
        return codec.canonical(kind, content) if kind else content
    except codec.Malformed:
        return content
