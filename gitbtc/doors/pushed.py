"""What speaks against a push, the same at both ends: commits, annotated tags, names of refs."""

from __future__ import annotations

from itertools import chain

from gitbtc.doors.made_commits import MadeCommits
from gitbtc.doors.new_commits import is_null, tips
from gitbtc.judge.findings import Finding, spoken_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitbtc.doors.new_commits import Update
    from gitbtc.repo.git import Git

_REPLACING = "refs/replace/"
MOST_FINDINGS = 50  # a push that is refused anyway is not looked at to its end


def findings(
    git: Git, updates: list[Update], commits: Iterable[str], settings: Mapping[str, str] | None = None
) -> list[Finding]:
    """The first that refuse, then the first that are only told, each in the order of the history; if none refuses, the
    push may come in.

    `commits` are the oids of the new ones among those that the updates reach, oldest first; `settings` is the
    repository's configuration, where it was read already.
    """
    kept: dict[bool, list[Finding]] = {True: [], False: []}
    with MadeCommits(git, settings) as made:
        examined = (finding for oid in commits for finding in made.findings(oid))
        for finding in chain(_ref_names(made, updates), _tips(made, updates), _moves(made, updates), examined):
            if len(kept[finding.refuses]) < MOST_FINDINGS:
                kept[finding.refuses].append(finding)
            if len(kept[True]) == MOST_FINDINGS:
                break
        if not kept[True]:
            made.settle()
    return kept[True] + kept[False]


def replacing(updates: list[Update]) -> Iterator[Finding]:
    """What shows something else in an object's place to everybody who looks, gitbtc among them."""
    for update in updates:
        if update.name.startswith(_REPLACING) and not is_null(update.new):
            text = f"{update.name}: a replacement hides what is stored from whoever looks; keep it in your clone"
            yield Finding(update.new, "replace", "", text)


def in_options(updates: list[Update], options: Iterable[bytes]) -> Iterator[Finding]:
    """Keys in what is said beside a push (`git push -o`): other hooks get it, and a signed push's certificate, which is
    stored, has it.
    """
    for option in options:
        yield from (Finding(updates[0].new, *told) for told in spoken_keys(option, "a push option", lambda: None))


def _ref_names(made: MadeCommits, updates: list[Update]) -> Iterator[Finding]:
    for update in updates:
        if not is_null(update.new):
            yield from made.name_findings(update.new, update.name)


def _tips(made: MadeCommits, updates: list[Update]) -> Iterator[Finding]:
    for oid in tips(updates):
        yield from made.tip_findings(oid)


def _moves(made: MadeCommits, updates: list[Update]) -> Iterator[Finding]:
    """Of branches alone, and where what they had is here: a clone need not know what its remote has."""
    moved = [
        one for one in updates if one.name.startswith("refs/heads/") and not (is_null(one.old) or is_null(one.new))
    ]
    # What a branch points to is a commit: Git sees to that.
    for update in moved:
        yield from made.moved_findings(update.old, update.new)
