"""Many states become one, in any order and grouping, as `gitbtc join` has it: without a commit, or without Git."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitbtc.api.state import State
from gitbtc.errors import GitbtcError
from gitbtc.join import crdt
from gitbtc.join.joining import Joining
from gitbtc.repo.git import Git
from gitbtc.repo.reading import objects_of
from gitbtc.views.join import findings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gitbtc.join.coins import JoinOutcome


class Joined:
    """What some heads join to: the `state`; the coins that it leaves `contested`, which no file lists; those that the
    evidence `settled`; and what the later clock `decided` where `git merge` would have asked.
    """

    __slots__ = ("contested", "decided", "settled", "state")

    def __init__(self, state: State, outcome: JoinOutcome) -> None:
        self.state = state
        self.contested = outcome.contested
        self.settled = outcome.settled
        self.decided = outcome.decided

    def documents(self) -> dict[str, Any]:
        """The members `contested`, `settled` and `decided` as `gitbtc join --json` tells them."""
        return findings(self)


def join(*heads: str | dict[str, Any], repository: str | Path | None = None) -> Joined:
    """The join of revisions, or of documents that `to_crdt_state` made, here or elsewhere: the same in any order,
    whatever was joined before. Of revisions alone only what differs from their common base is read.

    Revisions are those of `repository`, the current one unless told otherwise; documents need none. Raises GitbtcError
    for a document that is none, or no head at all; UsageError for a revision that there is not; CannotWork for one that
    has a state file that is none, and for heads of different networks.
    """
    named = [head for head in heads if isinstance(head, str)]
    if not heads:
        raise GitbtcError("nothing to join: name revisions, or documents")
    if len(named) == len(heads):
        return _of_revisions(named, repository)
    return _of_replica(_together(heads, repository))


def to_crdt_state(*heads: str | dict[str, Any], repository: str | Path | None = None) -> dict[str, Any]:
    """What revisions, or documents, know together, as the document gitbtc.crdt-state/v1: every record since the first
    commits with the tokens of the commits that brought it, and a vector clock. It needs no repository to be joined.

    A token is the pair of a commit's corrected date (Unix seconds, later than any parent's) and its oid. The rest is as
    for `join`.
    """
    return crdt.to_document(_together(heads, repository))


def from_crdt_state(document: dict[str, Any]) -> State:
    """The state that a document stands for. Raises GitbtcError for what is no such document."""
    return _of_replica(crdt.from_document(document)).state


def _together(heads: Sequence[str | dict[str, Any]], repository: str | Path | None) -> crdt.Replica:
    named = [head for head in heads if isinstance(head, str)]
    replicas = [crdt.from_document(head) for head in heads if isinstance(head, dict)]
    if named:
        joining = _joining(named, repository)
        joining.read(whole=True)
        replicas.append(joining.replica())
    return crdt.joined(replicas)


def _joining(revisions: Sequence[str], repository: str | Path | None) -> Joining:
    git = Git.at(repository or ".")
    objects = objects_of(git)
    return Joining(objects, git, {revision: objects.commit(revision) for revision in revisions})


def _of_revisions(revisions: Sequence[str], repository: str | Path | None) -> Joined:
    joining = _joining(revisions, repository)
    joining.read()
    files, outcome = joining.files()
    return Joined(State(files, joining.kinds), outcome)


def _of_replica(replica: crdt.Replica) -> Joined:
    files, outcome = crdt.outcome(replica)
    return Joined(State(files, replica.kinds()), outcome)
