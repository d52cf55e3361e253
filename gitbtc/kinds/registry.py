"""Which kinds there are: the built-in ones, and those that a repository adds."""

from __future__ import annotations

import os

from gitbtc import resources
from gitbtc.errors import CannotWork, UsageError
from gitbtc.kinds.kind import Kind, from_schema

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

_loaded: dict[str, Kind] = {}


def built_in(name: str) -> Kind:
    """The built-in kind `name`; UsageError when there is none."""
    if name not in _loaded:
        path = os.path.join(resources.folder("schemas"), name + SUFFIX)
        if name not in BUILT_IN.values():
            raise UsageError(f"no kind is called {name!r}; `gitbtc schema` lists them")
        _loaded[name] = _read(path)
    return _loaded[name]


class Kinds:
    """The kinds of one repository: the built-in ones and those whose schemas lie in `folder`.

    Raises CannotWork when an added schema is broken, or replaces the name or the path of a built-in kind.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._added: dict[str, Kind] = {}
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
        self._added[kind.path] = kind

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
        """The kind of the file at `path` (with `/`), or None when it is not a state file."""
        tail = "/".join(path.rsplit("/", 2)[-2:])
        if tail in BUILT_IN:
            return built_in(BUILT_IN[tail])
        return self._added.get(tail)


def root_of(path: str) -> str:
    """The root that the state file at `path` belongs to: what stands before its last two parts, `""` at the top."""
    return "/".join(path.split("/")[:-2])


def _read(path: str) -> Kind:
    with open(path, "rb") as schema:
        return from_schema(schema.read(), path)
