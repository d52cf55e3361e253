"""What is versioned, as documents for programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from gitbtc.kinds.registry import Kinds
from gitbtc.repo.git import Git
from gitbtc.repo.install import SCHEMAS
from gitbtc.views.schema import crdt_document, document

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.kinds.kind import Kind


def schema(kind: str | None = None, *, repository: str | Path | None = None) -> dict[str, Any]:
    """The document gitbtc.schema/v1, as `gitbtc schema --json` prints it: of one kind or of all, with those that
    `repository` adds when one is named. GitbtcError when no kind has that name.
    """
    return document(_chosen(kind, repository))


def crdt_schema(kind: str | None = None, *, repository: str | Path | None = None) -> dict[str, Any]:
    """The document gitbtc.crdt/v1: the replicated data type that a kind joins as, and each of its fields, made from the
    schemas. The arguments are those of `schema`.
    """
    return crdt_document(_chosen(kind, repository))


def _chosen(kind: str | None, repository: str | Path | None) -> list[Kind]:
    kinds = Kinds() if repository is None else Kinds(os.path.join(Git.at(repository).top_level(), SCHEMAS))
    return [kinds.load(name) for name in ([kind] if kind else kinds.names())]
