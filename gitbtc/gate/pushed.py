"""What speaks against a push, the same at both ends: commits, annotated tags, names of refs."""

from __future__ import annotations

from itertools import chain, islice

from gitbtc.gate.findings import Finding, spoken_keys
from gitbtc.gate.made_commits import MadeCommits
from gitbtc.gate.new_commits import is_null, tips

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.gate.new_commits import Update
    from gitbtc.repo.git import Git

MOST_FINDINGS = 50  # a push that is refused anyway is not looked at to its end


def findings(git: Git, updates: list[Update], commits: list[str]) -> list[Finding]:
    """The first findings, in the order of the history; none: the push may come in.

    `commits` are the oids of the new ones among those that the updates reach, oldest first.
    """
    with MadeCommits(git) as made:
        examined = (finding for oid in commits for finding in made.findings(oid))
        told = chain(_ref_names(updates), _tips(made, updates), examined)
        return list(islice(told, MOST_FINDINGS))


def _ref_names(updates: list[Update]) -> Iterator[Finding]:
    for update in updates:
        if not is_null(update.new):
            spoken = update.name.encode("utf-8", "surrogateescape")
            yield from (Finding(update.new, *told) for told in spoken_keys(spoken, "the name of a ref"))


def _tips(made: MadeCommits, updates: list[Update]) -> Iterator[Finding]:
    for oid in tips(updates):
        yield from made.tip_findings(oid)
