"""What a scan found, for people and as JSON. Never the secret, nor a name that holds one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.errors import printable
from gitbtc.keys.finding import KEY_FOR_A_NAME, THE_NAME
from gitbtc.keys.form import BLOCK, NOTICE, WARN
from gitbtc.scanning.place import BLOB, COMMIT, FILE, NAME, REF, TAG
from gitbtc.scanning.shown import holds_a_key, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gitbtc.scanning.place import Looked, Place
    from gitbtc.scanning.report import Hit, Report
    from gitbtc.scanning.whereabouts import Whereabouts

ROOT_KEY = "gitbtc.scan/v1"

_SHOWN = 5  # commits and refs of one secret in the text; JSON has all
_SHORT = 12  # digits of an oid
_CALLED = {BLOCK: "secret", WARN: "warning", NOTICE: "note"}
_COUNTED = {FILE: "file", BLOB: "blob", COMMIT: "commit", TAG: "tag", NAME: "name", REF: "ref"}

_MOVE = "take the key for lost: move its coins first, or revoke it; whoever fetched has it"
_KEPT = "no remote is known to have it"
_TAGGED = "Git does not record which tags were pushed: if this one was, move its coins first, or revoke it"
_DROPPED = "`git reflog expire --expire=now --all && git gc --prune=now` drops what is left in this repository"


# -- for people ------------------------------------------------------------------------------------------------------


def lines(report: Report) -> Iterator[str]:
    """The report; nothing in it can rewrite a terminal."""
    for hit in report.hits:
        if not hit.allowed:
            yield from _told(hit)
    for looked in report.unscanned:
        yield f"{where(looked.place)}: not scanned: {printable(looked.problem)}"
    yield from report.remarks
    yield summary(report)


def _told(hit: Hit) -> Iterator[str]:
    finding = hit.finding
    yield (
        f"{where(hit.place)}:{finding.where}: {_CALLED[finding.severity]}: {finding.form}, fingerprint"
        f" {finding.fingerprint}"
    )
    for line in (*_holders(hit.whereabouts), finding.advice, *(what_now(hit) if finding.severity == BLOCK else ())):
        yield f"    {line}"


def _holders(whereabouts: Whereabouts | None) -> Iterator[str]:
    if whereabouts and whereabouts.commits:
        refs = [shown(ref) for ref in whereabouts.refs]
        reached = f"reached by {_some(refs)}" if refs else "reached by no ref, only by a reflog"
        yield f"brought in by {_some([oid[:_SHORT] for oid in whereabouts.commits])}, {reached}"
    elif whereabouts and whereabouts.refs:
        yield f"held by {_some([shown(ref) for ref in whereabouts.refs])}"


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def where(place: Place) -> str:
    """A place in words or as a path, safe to show."""
    if place.sort == NAME:
        return THE_NAME
    if place.sort == REF:
        return "the name of a ref"
    if place.sort in (COMMIT, TAG):
        return f"the message of {place.sort} {place.oid[:_SHORT]}"
    file = shown(place.path) if place.path else f"blob {place.oid[:_SHORT]}"
    return f"{file}!{shown(place.member)}" if place.member else file


def what_now(hit: Hit) -> list[str]:
    """What a person does now, step by step, from how far the secret has got."""
    whereabouts = hit.whereabouts
    if whereabouts and whereabouts.pushed:
        return [_MOVE, f"then {_rewritten(hit, whereabouts)}; push that by force", _DROPPED]
    if whereabouts and (whereabouts.commits or (whereabouts.refs and hit.place.sort != FILE)):
        return [_TAGGED if hit.place.sort == TAG else _KEPT, _rewritten(hit, whereabouts), _DROPPED]
    if hit.place.sort == NAME:
        return ["rename the file"]
    if whereabouts and whereabouts.staged:
        return ["take it out of the file and `git add` that again; then `git gc --prune=now` drops what was staged"]
    return ["take it out of the file; Git has nothing of it" if whereabouts else "take it out of the file"]


def _rewritten(hit: Hit, whereabouts: Whereabouts) -> str:
    if hit.place.sort == TAG:
        return "delete the tag with `git tag -d`, and make it again without the key"
    if hit.place.sort == REF:
        return "rename the branch with `git branch -m`, or delete the tag"
    if not whereabouts.commits:
        return "delete the ref that holds it"
    if not whereabouts.refs:
        return "nothing but a reflog holds it"
    first = whereabouts.commits[0][:_SHORT]
    return (
        f"take it out of commit {first}: `git commit --amend` if that is the last one, `git rebase -i {first}^` if a"
        " few follow, git-filter-repo if many do"
    )


def summary(report: Report) -> str:
    """What was scanned and what came of it."""
    looked = ", ".join(_number(count, _COUNTED[sort]) for sort, count in report.scanned.items() if sort != NAME)
    remembered = f" ({report.remembered:,} known to be clean)" if report.remembered else ""
    counts = [(BLOCK, "finding"), (WARN, "warning"), (NOTICE, "note")]
    told = [_number(report.count(severity), noun) for severity, noun in counts if report.count(severity)]
    allowed = sum(hit.allowed is not None for hit in report.hits)
    told += [f"{allowed} allowed"] if allowed else []
    return f"{looked or 'nothing'} scanned{remembered}: {', '.join(told) or 'no findings'}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


# -- for programs ----------------------------------------------------------------------------------------------------


def document(report: Report) -> dict[str, Any]:
    """The report under its versioned root key."""
    return {
        ROOT_KEY: {
            "scanned": {_COUNTED[sort] + "s": count for sort, count in report.scanned.items()},
            "remembered": report.remembered,
            "findings": [_finding(hit) for hit in report.hits],
            "unscanned": [_unscanned(looked) for looked in report.unscanned],
            "allow_list": report.remarks,
        }
    }


def _finding(hit: Hit) -> dict[str, Any]:
    whereabouts, allowed = hit.whereabouts, hit.allowed
    return {
        "severity": hit.finding.severity,
        "form": hit.finding.form,
        "fingerprint": hit.finding.fingerprint,
        "place": hit.place.sort,
        "path": _as_text(path(hit.place)),
        "member": _as_text(member(hit.place)),
        "line": hit.finding.where,
        "object": hit.place.oid or None,
        "advice": hit.finding.advice,
        "todo": what_now(hit),
        "allowed": {"reason": reason(allowed.reason), "expires": allowed.expires and str(allowed.expires)}
        if allowed
        else None,
        "staged": whereabouts.staged if whereabouts else None,
        "commits": whereabouts.commits if whereabouts else None,
        "refs": [shown(ref) for ref in whereabouts.refs] if whereabouts else None,
        "pushed": whereabouts.pushed if whereabouts else None,
    }


def path(place: Place) -> str | None:
    """The path of a file as programs read it; None where there is none, or it may not be shown."""
    return place.path if place.sort in (FILE, BLOB) and place.path and not holds_a_key(place.path) else None


def member(place: Place) -> str | None:
    """What of a compressed file is meant; None for all of it, or where its name may not be shown."""
    return place.member if place.member and not holds_a_key(place.member) else None


def _as_text(path: str | None) -> str | None:
    """JSON escapes what a terminal must not see, but bytes that are no UTF-8 it cannot hold."""
    return path and path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def reason(given: str) -> str:
    """The reason of an entry, unless somebody has written the key there."""
    return KEY_FOR_A_NAME if holds_a_key(given) else printable(given)


def _unscanned(looked: Looked) -> dict[str, Any]:
    return {"place": looked.place.sort, "path": _as_text(path(looked.place)), "object": looked.place.oid or None,
            "why": printable(looked.problem)}  # fmt: skip
