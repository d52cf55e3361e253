"""A state of a root that was read whole and breaks no rule, kept so that later states are read through what differs.

It lies in gitbtc's folder in the common Git folder, one file a root, and is the program's that wrote it: to another
version it is none. Where it cannot be read, or lies differently than what is asked about, everything is read as if it
were not there.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import lru_cache, partial
from itertools import accumulate

from gitbtc import resources
from gitbtc.digest import sha256
from gitbtc.errors import CannotWork
from gitbtc.kinds.layouts import Folded, differing, unfolded
from gitbtc.spends import EVIDENCE
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitbtc.repo.git import Entry, Git
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.kept import KeptEvidence, Store
    from gitbtc.state.snapshot import Snapshot

    _Opened = tuple[KeptEvidence, Store, Mapping[str, str]]  # the evidence, its file, and what is told of it

_LARGE = 1 << 20  # bytes of the files: what is smaller is read as quickly
_FAR = 16  # shards that differ: from here on the checkpoint follows
_CODE = ("kinds", "spends", "state")  # what reads, and what holds against the rules


class Checkpoints:
    """Those of a repository. Nothing raises: what cannot be had or kept is not there."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._program = lru_cache(maxsize=1)(partial(resources.digest, *_CODE))
        self._opened: dict[str, _Opened | None] = {}
        self._proposed: dict[str, tuple[Snapshot, Callable[[Evidence], bool]]] = {}

    def known(self, snapshot: Snapshot, root: str) -> KeptEvidence | None:
        """What `snapshot` can be read through; None for nothing."""
        opened = self._open(snapshot, root)
        if opened is None:
            return None
        origin: Snapshot = opened[0].origin
        pairs = ((origin.layout(path), snapshot.layout(path)) for path in _paths(root))
        return opened[0] if all(None in pair or pair[0] == pair[1] for pair in pairs) else None

    def _open(self, snapshot: Snapshot, root: str) -> _Opened | None:
        if root not in self._opened:
            self._opened[root] = None
            path = self._file(root)
            if os.path.exists(path):
                from gitbtc.database import NotKept

                try:
                    self._opened[root] = self._read(snapshot, root, path)
                except (AttributeError, CannotWork, KeyError, TypeError, ValueError):
                    pass  # not ours, or its state is gone: it is written over
                except NotKept as error:
                    with suppress(OSError):
                        if error.is_damaged:
                            os.unlink(path)
        return self._opened[root]

    def _read(self, snapshot: Snapshot, root: str, path: str) -> _Opened | None:
        from gitbtc.spends.kept import KeptEvidence, Store

        store = Store(path)
        told = store.open()
        if told["program"] != self._program() or told["root"] != root:
            store.close()
            return None
        entries: dict[str, Entry] = {path: (mode, oid) for path, (mode, oid) in json.loads(told["files"]).items()}
        origin = snapshot.beside("the state that was looked at last", entries)
        kept = KeptEvidence(
            store,
            partial(origin.of_kind, root),
            lru_cache(maxsize=64)(partial(_holding, origin, root)),
            origin.coins(root),
        )
        kept.origin, kept.is_sound = origin, True
        return kept, store, told

    def propose(self, snapshot: Snapshot, root: str, is_sound: Callable[[Evidence], bool]) -> None:
        """Have `settle` keep the evidence of `snapshot`, if that is worth it and breaks no rule (`is_sound`)."""
        if all(snapshot.oid(path) for path in _paths(root) if path in snapshot.entries):  # which are stored
            self._proposed[root] = snapshot, is_sound

    def close(self) -> None:
        """Let go of the files, so that others can write them. What was read through them answers no questions then."""
        for opened in self._opened.values():
            if opened is not None:
                opened[1].close()
        self._opened = {}

    def settle(self) -> None:
        """Keep what was proposed last. Evidence that was read through what was kept answers no questions any more."""
        from gitbtc.database import NotKept

        for root, (snapshot, is_sound) in self._proposed.items():
            evidence = snapshot.evidence(root)
            if self._is_worth_it(snapshot, root, evidence) and is_sound(evidence):
                with suppress(NotKept, OSError):
                    self._keep(snapshot, root, evidence)
        self._proposed = {}

    def _is_worth_it(self, snapshot: Snapshot, root: str, evidence: Evidence) -> bool:
        """Where reading it whole takes a while, and nothing that is kept is near it."""
        opened = self._opened.get(root)
        if opened is not None and evidence.is_read_through(opened[0]):
            return _distance(opened[0].origin, snapshot, root) > _FAR
        sizes = accumulate(len(part) for path in _paths(root) for part in snapshot.parts(path))
        return any(size > _LARGE for size in sizes)

    def _keep(self, snapshot: Snapshot, root: str, evidence: Evidence) -> None:
        from gitbtc.spends.kept import Store

        entries = {path: snapshot.entries[path] for path in _paths(root) if path in snapshot.entries}
        told = {"program": self._program(), "root": root, "files": json.dumps(unfolded(entries))}
        with suppress(FileExistsError):
            os.mkdir(self._folder)
        kept, store, before = self._opened.pop(root, None) or (None, Store(self._file(root)), {})
        store.write(evidence, told, (kept, before) if kept and evidence.is_read_through(kept) else None)
        store.close()

    @property
    def _folder(self) -> str:
        return os.path.join(self._git.common_dir(), "gitbtc")

    def _file(self, root: str) -> str:
        name = sha256(root.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return os.path.join(self._folder, f"checkpoint-{name}")


def _paths(root: str) -> list[str]:
    """The paths of the files of a root that tell of coins."""
    return [path_in(root, kind) for kind in EVIDENCE]


def _holding(origin: Snapshot, root: str, kind: str, txid: str) -> bytes:
    """The file in which the record of a transaction lies."""
    path = path_in(root, kind)
    listed = origin.oid(path)
    if isinstance(listed, Folded):
        return origin.in_shards(path, [txid[: listed.layout.digits]])
    return origin.content(path)


def _distance(one: Snapshot, other: Snapshot, root: str) -> int:
    """How many files differ; a large one counts for as many as make a difference."""
    found = 0
    for path in _paths(root):
        if one.oid(path) != other.oid(path):
            shards = differing([one.entries.get(path), other.entries.get(path)])
            is_large = shards is None and max(len(side.content(path)) for side in (one, other)) > _LARGE
            found += _FAR + 1 if is_large else len(shards or ())
    return found
