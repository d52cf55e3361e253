"""Which kinds there are: the built-in ones, and those that a repository adds."""

from __future__ import annotations

import os

from gitbtc import resources
from gitbtc.errors import CannotWork, UsageError
from gitbtc.kinds.kind import Kind, from_schema
from gitbtc.kinds.shards import is_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

SUFFIX = ".schema.json"

# Path of each built-in kind, so that a path is recognised without reading every schema; a test holds the table
# against the schemas.
BUILT_IN = {
    "wallet/utxos.json": "utxos",
    "wallet/transactions.json": "transactions",
    "wallet/labels.json": "labels",
    "wallet/labels.jsonl": "labels329",
    "wallet/descriptors.json": "descriptors",
    "channels/channels.json": "channels",
    "channels/routing.json": "routing",
    "channels/pending.json": "pending",
    "strategy/agent.json": "strategy",
    "strategy/execution.json": "execution",
    "oracles/prices.json": "prices",
    "oracles/fees.json": "fees",
    "network/peers.json": "peers",
    "network/mempool.json": "mempool",
    "network/chain.json": "chain",
}

# The same of the folders in which shards of a built-in kind lie, and what those are named after.
BUILT_IN_SHARDS = {
    "wallet/utxos": "txid",
    "wallet/transactions": "txid",
    "strategy/execution": "agent",
    "oracles/prices": "month",
    "oracles/fees": "month",
    "network/mempool": "txid",
}
_loaded: dict[str, Kind] = {}


def built_in(name: str) -> Kind:
    """The built-in kind `name`; UsageError when there is none."""
    if name not in _loaded:
        path = os.path.join(resources.folder("schemas"), name + SUFFIX)
        if name not in BUILT_IN.values():
            raise UsageError(f"no kind is called {name!r}; `gitbtc schema` lists them")
        _loaded[name] = _read(path)
    return _loaded[name]


_MOST_FOUND = 1 << 16  # paths of which it is kept what they are


class Kinds:
    """The kinds of one repository: the built-in ones and those whose schemas lie in `folder`.

    Raises CannotWork when an added schema is broken, or replaces the name or the path of a built-in kind.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._added: dict[str, Kind] = {}
        self._shards: dict[str, str] = dict(BUILT_IN_SHARDS)
        # What the shards of a folder are named after ("": it has none), their ending, and the whole file's path.
        self._in_folder: dict[str, tuple[str, str, str]] = {}
        self._found: dict[str, tuple[str, str] | None] = {}  # by path: what looks at many asks for each several times
        names = sorted(os.listdir(folder)) if folder and os.path.isdir(folder) else []
        for file_name in names:
            if folder and file_name.endswith(SUFFIX):
                self._add(_read(os.path.join(folder, file_name)))

    @classmethod
    def of(cls, schemas: Mapping[str, bytes]) -> Self:
        """The built-in kinds and those of `schemas`: where each lies, and its bytes. Raises as the class does."""
        kinds = cls()
        for where, content in schemas.items():
            kinds._add(from_schema(content, where))
        return kinds

    def _add(self, kind: Kind) -> None:
        from gitbtc.kinds.bounds import fault_of

        fault = fault_of(kind.schema)
        if fault:
            raise CannotWork(f"the schema of the added kind {kind.name}: {fault}")
        if kind.name in BUILT_IN.values() or kind.path in BUILT_IN:
            raise CannotWork(f"the added kind {kind.name} ({kind.path}) would replace a built-in one; rename it")
        if kind.path in self._added or kind.name in (added.name for added in self._added.values()):
            raise CannotWork(f"two added kinds have the name {kind.name} or the path {kind.path}; each needs its own")
        if kind.shards and _stem(kind.path) in self._shards:
            raise CannotWork(f"the shards of the added kind {kind.name} would lie where another one's do; rename it")
        if any(_is_within(kind.path, folder, by) for folder, by in self._shards.items()):
            raise CannotWork(
                f"the added kind {kind.name} ({kind.path}) would lie among the shards of another one; rename it"
            )
        if kind.shards and any(_is_within(path, _stem(kind.path), kind.shards) for path in self.paths()):
            raise CannotWork(f"the shards of the added kind {kind.name} would lie where another one does; rename it")
        self._added[kind.path] = kind
        if kind.shards:
            self._shards[_stem(kind.path)] = kind.shards
            self._in_folder.clear()
            self._found.clear()

    def names(self) -> list[str]:
        """Every kind's name, the built-in ones first, in the order of the record tables."""
        return [*BUILT_IN.values(), *(kind.name for kind in self._added.values())]

    def load(self, name: str) -> Kind:
        """The kind `name`; GitbtcError when there is none."""
        added = next((kind for kind in self._added.values() if kind.name == name), None)
        return added or built_in(name)

    def paths(self) -> list[str]:
        """The last two parts of the path of each kind's files."""
        return [*BUILT_IN, *self._added]

    def folders(self) -> set[str]:
        """The names of the folders in which state files lie."""
        return {path.split("/")[0] for path in self.paths()}

    def for_path(self, path: str) -> Kind | None:
        """The kind of the file at `path` (with `/`), a shard of it too, or None when it is not a state file."""
        tail = "/".join(self.whole(path).rsplit("/", 2)[-2:])
        if tail in BUILT_IN:
            return built_in(BUILT_IN[tail])
        return self._added.get(tail)

    def shard(self, path: str) -> tuple[str, str] | None:
        """The path that the whole file would have, and the shard's name, where the file at `path` is a shard."""
        if path not in self._found:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            self._found[path] = self._shard(path)
        return self._found[path]

    def _shard(self, path: str) -> tuple[str, str] | None:
        folder, _, file = path.rpartition("/")
        by, ending, whole = self._in_folder.get(folder) or self._asked(folder)
        if not by or not file.endswith(ending):
            return None
        name = file[: -len(ending)]
        return (whole, name) if is_name(by, name) else None

    def _asked(self, folder: str) -> tuple[str, str, str]:
        by = self._shards.get("/".join(folder.rsplit("/", 2)[-2:]), "")
        ending = f".{self._ending(folder)}" if by else ""
        self._in_folder[folder] = found = by, ending, folder + ending
        return found

    def _ending(self, folder: str) -> str:
        stem = "/".join(folder.rsplit("/", 2)[-2:])
        return (
            "json" if stem in BUILT_IN_SHARDS else next(p for p in self._added if _stem(p) == stem).rpartition(".")[2]
        )

    def whole(self, path: str) -> str:
        """The path by which the records of the file at `path` are called: of a shard that of the whole file."""
        shard = self.shard(path)
        return shard[0] if shard else path

    def among_shards(self, path: str) -> str:
        """The path of the whole file in whose folder of shards the file at `path` lies, which is none of them; else "".
        Nobody would guard it, and it looks like one.
        """
        folder, _, file = path.rpartition("/")
        stem = "/".join(folder.rsplit("/", 2)[-2:])
        if stem not in self._shards or self.shard(path) or not file.endswith((".json", ".jsonl")):
            return ""
        return f"{folder}.{self._ending(folder)}"

    def sharded(self) -> list[str]:
        """The names of the kinds that may lie in shards, in the order of `names`."""
        built_in_ones = {BUILT_IN[f"{folder}.json"] for folder in BUILT_IN_SHARDS}
        added = {kind.name for kind in self._added.values() if kind.shards}
        return [name for name in self.names() if name in built_in_ones | added]


def root_of(path: str) -> str:
    """The root that the state file at `path` belongs to: what stands before its last two parts, `""` at the top; of a
    shard of a built-in kind, before the last three.
    """
    parts = path.split("/")
    is_shard = "/".join(parts[-3:-1]) in BUILT_IN_SHARDS and len(parts) > 2
    return "/".join(parts[: -3 if is_shard else -2])


def below(root: str, path: str) -> str:
    """The path of what has `path` from a root, from where the root's own path is from ("" for there)."""
    return f"{root}/{path}" if root else path


def _stem(path: str) -> str:
    """The folder in which the shards of the kind with that path lie."""
    return path.rpartition(".")[0]


def _is_within(path: str, folder: str, by: str) -> bool:
    """Whether a file may be a kind's own one, as its path says, and a shard in the folder of another kind."""
    above, _, file = path.rpartition("/")
    return above == folder.rpartition("/")[2] and is_name(by, file.rpartition(".")[0])


def _read(path: str) -> Kind:
    with open(path, "rb") as schema:
        return from_schema(schema.read(), path)
