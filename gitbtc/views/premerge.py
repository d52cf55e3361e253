"""What merging branches would do, as lines for people and as a document for programs."""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.views import terms
from gitbtc.views.conflicts import conflict_document, told_line, worth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from gitbtc.premerge.branches import Branch, Collision
    from gitbtc.premerge.foreseen import MergeFinding

ROOT_KEY = "gitbtc.premerge/v1"


def lines(branches: Iterable[Branch], collisions: Iterable[Collision]) -> Iterator[str]:
    """A headline a branch with its findings below it, then each contested record with the branches that contend."""
    for branch in branches:
        yield printable(f"{branch.name}: {branch.merge.replace('-', ' ')}{_count(branch)}")
        yield from (f"  {_finding(finding)}" for finding in branch.conflicts)
        yield from (f"  note: {_finding(finding)}" for finding in branch.notices)
    yield from _collisions(collisions)


def _count(branch: Branch) -> str:
    if not branch.conflicts:
        return ""
    return f", {terms.counted(len(branch.conflicts), ('conflict', 'conflicts'))}"


def _finding(finding: MergeFinding) -> str:
    if finding.kind is not None and finding.conflict is not None:
        return told_line(finding.path, finding.kind, finding.conflict)
    return printable(f"{finding.type}: {finding.address}: {finding.text}")


class _ContestedRecord:
    """One record, and the branches that contend for it: name -> what it does, as far as that can be told apart."""

    def __init__(self, finding: MergeFinding) -> None:
        self.address = finding.address
        self.worth = worth(finding.kind, finding.conflict) if finding.kind and finding.conflict else ""
        self.why = "" if finding.conflict else f": {finding.text}"
        self.types: dict[str, None] = {}
        self.branches: dict[str, str] = {}

    def add(self, collision: Collision, finding: MergeFinding) -> None:
        """Take in what one pair of branches is told."""
        self.types[finding.type] = None
        for side, branch in (("ours", collision.one), ("theirs", collision.other)):
            self.branches[branch.name] = self.branches.get(branch.name) or _deed(finding, side)


def _collisions(collisions: Iterable[Collision]) -> Iterator[str]:
    contested: dict[str, _ContestedRecord] = {}
    for collision in collisions:
        for finding in collision.conflicts:
            contested.setdefault(finding.address, _ContestedRecord(finding)).add(collision, finding)
    for record in contested.values():
        many = f"{len(record.branches)} branches collide{record.why}"
        yield printable(f"{' and '.join(record.types)}: {record.address}{record.worth}: {many}")
        for name, deed in record.branches.items():
            yield printable(f"  {name}{': ' * bool(deed)}{deed}")


def _deed(finding: MergeFinding, side: str) -> str:
    """What a branch does to a coin, when the conflict is about a spend."""
    spend = (finding.conflict.spend if finding.conflict else None) or {}
    if spend.get(f"{side}_txid"):
        return f"spends it in {spend[f'{side}_txid']}"
    reserved = spend.get(f"{side}_reserved_by")
    return f"reserves it for {' and '.join(map(terms.word, reserved))}" if reserved else ""


def document(onto: str, branches: Iterable[Branch], collisions: Iterable[Collision]) -> dict[str, Any]:
    """The same as JSON, in the form that docs/premerge.md tells."""
    told: dict[str, Any] = {
        "onto": onto,
        "branches": [_branch(branch) for branch in branches],
        "collisions": [
            {"branches": [collision.one.name, collision.other.name], "conflicts": findings(collision.conflicts)}
            for collision in collisions
        ],
    }
    return {ROOT_KEY: told}


def _branch(branch: Branch) -> dict[str, Any]:
    return {
        "name": branch.name,
        "oid": branch.version.oid,
        "merge": branch.merge,
        "conflicts": findings(branch.conflicts),
        "notices": [_told(finding) for finding in branch.notices],
    }


def findings(told: Iterable[MergeFinding]) -> list[dict[str, Any]]:
    """Findings as JSON: contested records as `gitbtc conflicts --json` tells them, everything else in words."""
    return [
        conflict_document(finding.path, finding.kind, finding.conflict)
        if finding.kind is not None and finding.conflict is not None
        else _told(finding)
        for finding in told
    ]


def _told(finding: MergeFinding) -> dict[str, Any]:
    return {"path": finding.path, "address": finding.address, "type": finding.type, "text": finding.text}
