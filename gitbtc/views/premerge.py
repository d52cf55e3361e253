"""What merging branches would do, as lines for people and as a document for programs."""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.premerge.branches import UP_TO_DATE
from gitbtc.views import terms
from gitbtc.views.conflicts import (
    conflict_document,
    explained_by,
    is_spend,
    party,
    party_lines,
    settling,
    short_outpoint,
    spend_headline,
    told_line,
    winning,
    worth,
)
from gitbtc.views.table import Row, laid_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from gitbtc.merge.conflict import Conflict
    from gitbtc.premerge.branches import Branch, Collision
    from gitbtc.premerge.foreseen import MergeFinding

ROOT_KEY = "gitbtc.premerge/v1"
_PAIR = 2
_PAYMENT, _RECEIPT = ("payment", "payments"), ("receipt", "receipts")
_MOST_ASKED = 10  # branches of which the commit is told that did it: each asks Git


def lines(branches: Iterable[Branch], collisions: Iterable[Collision]) -> Iterator[str]:
    """A row a branch with its findings below it, those that bring nothing in one, then each contested record with the
    branches that contend.
    """
    known = list(branches)
    idle = [branch.name for branch in known if branch.merge == UP_TO_DATE]
    told = [branch for branch in known if branch.merge != UP_TO_DATE]
    rows = [Row("", [one.name, _brings(one), f"{one.merge.replace('-', ' ')}{_count(one)}"]) for one in told]
    for branch, (_, line) in zip(told, laid_out(rows, 0), strict=True):
        yield printable(line)
        for finding in branch.conflicts:
            yield from (f"  {line}" for line in _finding(finding, branch))
        yield from (f"  note: {_said(finding)}" for finding in branch.notices)
    if idle:
        yield printable(f"{', '.join(idle)}  nothing new")
    yield from _collisions(collisions)


def _brings(branch: Branch) -> str:
    """`2 payments −1.40004403`."""
    if branch.brings is None:
        return ""
    payments, receipts, sat = branch.brings
    told = [terms.counted(number, noun) for number, noun in ((payments, _PAYMENT), (receipts, _RECEIPT)) if number]
    moved = [terms.money(sat, signed=True)] if sat or told else []
    return " ".join([", ".join(told), *moved]).strip()


def _count(branch: Branch) -> str:
    if not branch.conflicts:
        return ""
    return f", {terms.counted(len(branch.conflicts), ('conflict', 'conflicts'))}"


def _finding(finding: MergeFinding, branch: Branch) -> Iterator[str]:
    kind, conflict = finding.kind, finding.conflict
    if kind is None or conflict is None:
        yield _said(finding)
    elif not is_spend(conflict):
        yield told_line(finding.path, kind, conflict)
    else:
        yield spend_headline(finding.path, kind, conflict)
        yield from party_lines(conflict, {"ours": "here", "theirs": branch.name})
        yield f"  settle when merged: {_settled_by(conflict, [(conflict, 'ours'), (conflict, 'theirs')])}"
        yield from explained_by([conflict.type])


def _settled_by(conflict: Conflict, deeds: Iterable[tuple[Conflict | None, str]]) -> str:
    """By a transaction: which branch will be ours is not known yet. By a side where a branch names no transaction."""
    spends = [str(((other.spend if other else None) or {}).get(f"{side}_txid") or "") for other, side in deeds]
    name = short_outpoint(conflict)
    return winning(name, list(dict.fromkeys(spends))) if all(spends) else settling(name)


def _said(finding: MergeFinding) -> str:
    return printable(f"{finding.type}: {finding.address}: {finding.text}")


class _ContestedRecord:
    """One record, and the branches that contend for it: name -> what it does, in cells, as far as that can be told
    apart.
    """

    def __init__(self, finding: MergeFinding) -> None:
        self._finding = finding
        self._why = "" if finding.conflict else f": {finding.text}"
        self._types: dict[str, None] = {}
        self._branches: dict[str, tuple[Conflict | None, str]] = {}

    def add(self, collision: Collision, finding: MergeFinding) -> None:
        """Take in what one pair of branches is told."""
        self._types[finding.type] = None
        for side, branch in (("ours", collision.one), ("theirs", collision.other)):
            known = self._branches.get(branch.name)
            if known is None or not _deed(*known):
                self._branches[branch.name] = finding.conflict, side

    def lines(self) -> Iterator[str]:
        """What it is about, a line a branch, and how it is settled in the merge."""
        finding, conflict = self._finding, self._finding.conflict
        number = len(self._branches)
        many = f"{number} branches collide{self._why}"
        if finding.kind is None or conflict is None or not is_spend(conflict):
            worth_ = worth(finding.kind, conflict) if finding.kind and conflict else ""
            yield printable(f"{' and '.join(self._types)}: {finding.address}{worth_}: {many}")
        else:
            told = spend_headline(finding.path, finding.kind, conflict, aloud=True)
            also = [name.replace("_", " ").upper() for name in self._types if name != finding.type]
            yield printable(" and ".join([*also, told]) + (f": {many}" if number > _PAIR else ""))
        is_few = len(self._branches) <= _MOST_ASKED
        rows = [Row("", [name, *_cells(*deed, is_few=is_few)]) for name, deed in self._branches.items()]
        yield from (printable(f"  {line}") for _, line in laid_out(rows, 0))
        if conflict is not None and is_spend(conflict):
            yield f"  settle when merged: {_settled_by(conflict, self._branches.values())}"
            yield from explained_by(self._types)


def _collisions(collisions: Iterable[Collision]) -> Iterator[str]:
    contested: dict[str, _ContestedRecord] = {}
    for collision in collisions:
        for finding in collision.conflicts:
            contested.setdefault(finding.address, _ContestedRecord(finding)).add(collision, finding)
    for record in contested.values():
        yield from record.lines()


def _deed(conflict: Conflict | None, side: str) -> bool:
    """Whether a branch is known to do anything to a coin."""
    spend = (conflict.spend if conflict else None) or {}
    return bool(spend.get(f"{side}_txid") or spend.get(f"{side}_reserved_by"))


def _cells(conflict: Conflict | None, side: str, *, is_few: bool) -> list[str]:
    return party(conflict, side, with_commit=is_few, with_oid=False) if conflict and _deed(conflict, side) else []


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
        "brings": branch.brings and branch.brings._asdict(),
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
