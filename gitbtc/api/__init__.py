"""The protocol of gitbtc for Python programs: states, what differs between them, and what comes of them together.

    snapshot   the state files of a commit, or of a work tree
    diff       what leads from one state to another, in operations on records
    merge      two states and their common ancestor become one, or are contested
    merge_ops  the same of two lists of operations on one state
    apply      operations done to a state; `apply_to_work_tree` to files
    drift      what leads from a commit to the work tree
    join       any number of states become one, in whatever order and grouping
    to_crdt_state, from_crdt_state
               what revisions know, with tokens and a vector clock, for those who share no repository; and back
    schema, crdt_schema
               what is versioned and how it merges; which replicated data type everything joins as

A state is a value: nothing here writes anything but `apply_to_work_tree`, and nothing prints. Where a state is asked
for, the name of a revision does as well. Errors are `GitbtcError`, whose message is written for a person.

docs/api.md shows all of it at work.
"""

from __future__ import annotations

from gitbtc.api.changes import apply, apply_to_work_tree, diff, document, drift, read_document
from gitbtc.api.joining import Joined, from_crdt_state, join, to_crdt_state
from gitbtc.api.merging import Contested, Merged, MergedOperations, merge, merge_ops
from gitbtc.api.schemas import crdt_schema, schema
from gitbtc.api.state import State, snapshot
from gitbtc.diff.operations import Operation
from gitbtc.diff.patch import Patch, chained, inverse
from gitbtc.errors import CannotWork, GitbtcError, UsageError
from gitbtc.premerge.foreseen import MergeFinding

__all__ = [
    "CannotWork", "Contested", "GitbtcError", "Joined", "MergeFinding", "Merged", "MergedOperations", "Operation",
    "Patch", "State", "UsageError", "apply", "apply_to_work_tree", "chained", "crdt_schema", "diff", "document",
    "drift", "from_crdt_state", "inverse", "join", "merge", "merge_ops", "read_document", "schema", "snapshot",
    "to_crdt_state",
]  # fmt: skip
