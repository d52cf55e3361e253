"""The contested state that a join leaves: both spends stay as claims, the coin is not listed, until it is settled.

It is declared by a trailer of the join (`Contested: <outpoint> <type> …`), and a commit that builds on it may hold it
unchanged. It ends with a trailer that settles the coin, or with records that say which transaction lost.
"""

from __future__ import annotations

from gitbtc.spends import rules
from gitbtc.spends.declared import ends
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.trailers import CONTESTED, REWRITE, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.repo.git import Git
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.rules import Violation
    from gitbtc.spends.trailers import Trailer
    from gitbtc.state.snapshot import Snapshot

DOUBLE_SPEND = "double_spend"  # the rule of a state that such a contest breaks


def is_known_contest(git: Git, before: Sequence[Snapshot], violation: Violation, revisions: Sequence[str]) -> bool:
    """Whether a broken rule is a contest that an earlier join declared and that `before` (a commit's parents, among
    `revisions`) held already, between the same transactions.
    """
    if violation.rule != DOUBLE_SPEND or not any(_breaks(side, violation) for side in before):
        return False
    return any(outpoint_text(one.outpoint or ("", 0)) == violation.identity for one in declared(git, revisions))


def _breaks(side: Snapshot, violation: Violation) -> bool:
    held = (one for root in side.roots() for one in rules.violations(side.evidence(root)))
    return any(
        (one.rule, one.identity, one.text) == (violation.rule, violation.identity, violation.text) for one in held
    )


def declared(git: Git, revisions: Sequence[str]) -> Iterator[Trailer]:
    """The coins that joins in the history left contested and no later commit settled by a trailer, each once."""
    if not revisions:
        return
    named = "^(Contested|Double-Spend|Data-Error|Reservation)[ \t]*:"
    later: dict[object, list[Trailer]] = {}
    for message in git.messages(revisions, named):
        for trailer in parse(message):
            if trailer.name != REWRITE:
                known = later.setdefault(trailer.outpoint, [])
                if trailer.name == CONTESTED and not any(ends(one, trailer) for one in known):
                    yield trailer
                known.append(trailer)


def open_contests(git: Git, revision: str, snapshot: Snapshot) -> Iterator[tuple[str, Trailer]]:
    """(root, declaration) of each coin that is still contested in `snapshot`, which builds on `revision`."""
    for trailer in declared(git, [revision]):
        for root in sorted(snapshot.roots()):
            if trailer.outpoint and is_open(trailer, snapshot.evidence(root)):
                yield root, trailer
                break


def is_open(trailer: Trailer, evidence: Evidence) -> bool:
    """Whether the records still hold both sides of what was declared."""
    outpoint = trailer.outpoint or ("", 0)
    if trailer.choice == "data_error" and not trailer.parties:
        return outpoint in evidence.coins
    if trailer.parties and trailer.choice != "reservation":
        live = [txid for txid in evidence.claimants(outpoint) if txid in trailer.parties and txid not in evidence.dead]
        return len(live) >= min(2, len(trailer.parties))
    if trailer.choice == "reservation":
        holders = evidence.reservations.get(outpoint, {}).keys() | evidence.claimants(outpoint).keys()
        return set(trailer.parties) <= holders
    return evidence.spender(outpoint) is None and outpoint not in evidence.coins
