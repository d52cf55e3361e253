"""All that a scan found, judged by the allow list, with where each secret has got to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitbtc.keys.allowed import ALLOW_LIST
from gitbtc.keys.form import BLOCK, NOTICE, WARN
from gitbtc.scanning.whereabouts import Tracker, Whereabouts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.keys.allowed import AllowList, Entry
    from gitbtc.keys.finding import KeyFinding
    from gitbtc.repo.git import Git
    from gitbtc.scanning.clean import Clean
    from gitbtc.scanning.place import Looked, Place

_WORST_FIRST = {BLOCK: 0, WARN: 1, NOTICE: 2}


@dataclass(slots=True)
class Hit:
    """A secret: where it stands, what it is, where it has got to (None outside of a repository), and the entry of the
    allow list that lets it through, None for none.
    """

    place: Place
    finding: KeyFinding
    whereabouts: Whereabouts | None = None
    allowed: Entry | None = None


@dataclass(slots=True)
class Report:
    """The `hits`, the worst first; the places that could not be looked at; `remarks` on the allow list; how many places
    of each sort were `scanned`, and how many are `remembered` as clean.
    """

    hits: list[Hit] = field(default_factory=list)
    unscanned: list[Looked] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    scanned: Counter[str] = field(default_factory=Counter)
    remembered: int = 0

    def count(self, severity: str) -> int:
        """How many hits of a severity no entry lets through."""
        return sum(not hit.allowed and hit.finding.severity == severity for hit in self.hits)

    @property
    def status(self) -> int:
        """The exit status: 1 for what refuses, 3 where something could not be looked at."""
        failed = any(not looked.harmless for looked in self.unscanned)
        return 1 if self.count(BLOCK) else 3 if failed else 0


def scanned(looked_at: Iterable[Looked], allow_list: AllowList, clean: Clean | None = None) -> Report:
    """The report on what was looked at; what is clean is remembered in `clean`."""
    report = Report()
    for looked in looked_at:
        report.scanned[looked.place.sort] += 1
        for one in (looked, *looked.within):
            report.hits += [Hit(one.place, finding) for finding in one.findings]
            report.unscanned += [one] if one.problem else []
        if clean is not None and not (looked.problem or looked.findings or looked.within or looked.passing):
            clean.add(looked.place)
    for hit in report.hits:
        hit.allowed = allow_list.entries.get(hit.finding.fingerprint)
    report.hits.sort(key=_order)
    remarks = [allow_list.remark(hit.finding) for hit in report.hits]
    report.remarks = [*dict.fromkeys(filter(None, remarks)), *(f"{ALLOW_LIST}: {fault}" for fault in allow_list.faults)]
    return report


def _order(hit: Hit) -> tuple[bool, int, tuple[str, str], int]:
    return (
        hit.allowed is not None,
        _WORST_FIRST[hit.finding.severity],
        (hit.place.path, hit.place.member),
        hit.finding.where,
    )


def track(report: Report, git: Git) -> None:
    """Find out where the secrets of the report have got to."""
    if report.hits:
        with git.blobs() as blobs:
            found = [(hit.place, hit.finding) for hit in report.hits]
            for hit, whereabouts in zip(report.hits, Tracker(git, blobs).track(found), strict=True):
                hit.whereabouts = whereabouts
