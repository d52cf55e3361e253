"""What a merge makes of a coin that its sides see differently: a table of verdicts.

Two different transactions with a common input are a double spend; two branches that both removed a row may or may not
be one. The verdict depends on neither the order of the sides nor the file that changed, nor on whether Git ran a
driver.
"""

from __future__ import annotations

from gitbtc.kinds.delta import delta
from gitbtc.kinds.registry import built_in
from gitbtc.spends import COINS, replacement
from gitbtc.spends.case import FIXED, Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitbtc.kinds.delta import Change
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

    # The transaction that wins (None: nobody does), and those that lose.
    Outcome = tuple[str | None, frozenset[str]]


class Verdict:
    """What the table says of one coin.

    A conflict of type `type`; or clean, with a `notice` word where something was decided that a person may want to
    know. Where a decision follows from the evidence alone, `winner` (a txid or None) and `losers` (txids) are it, and
    `listed` says whether the coin is one afterwards (None: the merge of the records decides). `parent` is the contest
    that a descendant hangs on.
    """

    __slots__ = ("case", "listed", "losers", "notice", "parent", "row", "type", "winner")

    def __init__(self, case: Case, row: int, type_: str = "", notice: str = "") -> None:
        self.case = case
        self.row = row
        self.type = type_
        self.notice = notice
        self.winner: str | None = None
        self.losers: frozenset[str] = frozenset()
        self.listed: bool | None = None
        self.parent: Verdict | None = None

    @property
    def outpoint(self) -> Outpoint:
        """The coin that the verdict is about."""
        return self.case.outpoint

    @property
    def is_automatic(self) -> bool:
        """Whether something follows for the records of the root, without anybody being asked."""
        return not self.type and self.listed is not None


# -- when a row applies ------------------------------------------------------------------------------------------------


def _described_differently(case: Case) -> bool:
    return bool(case.redescribed)


def _same_transaction(case: Case) -> bool:
    return case.one.spender is not None and case.one.spender == case.other.spender


def _restored(case: Case) -> bool:
    """Spent in the common ancestor, back in the set on one side, still spent on the other."""
    was_spent = case.base.coin is None and case.spending.spender in case.base.claimants
    return was_spent and case.restoring is not None and not case.restoring.knows_dead(case.spending.spender)


def _restored_since_lost(case: Case) -> bool:
    """One side holds the coin and knows that the transaction lost by which the other has news that it is spent."""
    known = case.restoring is not None and case.restoring.knows_dead(case.spending.spender)
    return known and case.spending.claimants != case.base.claimants


def _restored_but_confirmed(case: Case) -> bool:
    return (_restored(case) or _restored_since_lost(case)) and case.is_confirmed(case.spending.spender)


def _child_of_a_loser(case: Case) -> bool:
    """One side knows that the transaction that made the coin lost, the other has spent the coin since."""
    txid = case.outpoint[0]
    return any(
        txid in dead.evidence.dead and other.changed and other.spender is not None and not other.knows_dead(txid)
        for dead, other in case.both_ways
        if not other.evidence.is_confirmed(txid)
    )


def _two_transactions(case: Case) -> bool:
    """Each side tells something new, and they name different transactions."""
    named = case.one.spender is not None and case.other.spender is not None
    return named and case.one.changed and case.other.changed


def _both_confirmed(case: Case) -> bool:
    return _two_transactions(case) and len(case.confirmed) > 1


def _in_two_blocks(case: Case) -> bool:
    return _both_confirmed(case) and case.blocks_differ


def _one_confirmed(case: Case) -> bool:
    return _two_transactions(case) and len(case.confirmed) == 1


def _linked(case: Case) -> bool:
    return _two_transactions(case) and replacement.is_linked(case)


def _replaced(case: Case) -> bool:
    return _two_transactions(case) and replacement.proven(case) is not None


def _unattributed(case: Case) -> bool:
    both_spent = case.one.spent and case.other.spent and case.one.changed and case.other.changed
    return both_spent and (case.one.spender is None) != (case.other.spender is None)


def _candidate(case: Case) -> bool:
    return case.one.removed and case.other.removed and case.one.spender is None and case.other.spender is None


def _reserved(case: Case) -> bool:
    return case.reserved_twice or case.spent_although_reserved


def _anything(_: Case) -> bool:
    return True


# -- what follows ------------------------------------------------------------------------------------------------------


def _confirmed_wins(case: Case) -> Outcome:
    [winner] = case.confirmed
    return winner, frozenset(case.spenders - {winner})


def _replacement_wins(case: Case) -> Outcome:
    winner = replacement.proven(case)
    return winner, frozenset(case.spenders - {winner})


def _spender_wins(case: Case) -> Outcome:
    return case.spending.spender, frozenset()


def _spender_lost(case: Case) -> Outcome:
    return None, frozenset(case.spenders)


# Row (numbered as in docs/merging.md), when it applies, the conflict's type, the notice, what follows. The first row
# that applies decides. CPFP (row 11) and batches (row 12) need no row of their own: a child shares no input with its
# parent, and a batch claims each of its inputs by one txid, which is row 1.
TABLE: tuple[tuple[int, Callable[[Case], bool], str, str, Callable[[Case], Outcome] | None], ...] = (
    (14, _described_differently, "data_error", "", None),
    (1, _same_transaction, "", "", None),
    (13, _restored_but_confirmed, "", "restored", _spender_wins),
    (13, _restored_since_lost, "", "restored", _spender_lost),
    (13, _restored, "restored_vs_spent", "", None),
    (10, _child_of_a_loser, "descendant", "", None),
    (9, _in_two_blocks, "reorg", "", None),
    (9, _both_confirmed, "data_error", "", None),
    (5, _one_confirmed, "", "conflicted", _confirmed_wins),
    (6, _replaced, "", "replaced", _replacement_wins),
    (7, _linked, "rbf_unproven", "", None),
    (8, _two_transactions, "double_spend", "", None),
    (2, _unattributed, "", "unattributed", None),
    (3, _candidate, "double_spend_candidate", "", None),
    (16, _reserved, "reservation", "", None),
    (4, _anything, "", "", None),  # a stale view, or nothing new
)


def judge(case: Case) -> Verdict:
    """The verdict on one outpoint."""
    row, _, type_, notice, follows = next(row for row in TABLE if row[1](case))
    verdict = Verdict(case, row, type_, notice)
    if follows is not None:
        verdict.winner, verdict.losers = follows(case)
        verdict.listed = verdict.winner is None
    return verdict


def judge_all(base: Evidence, one: Evidence, other: Evidence) -> Iterator[Verdict]:
    """The verdicts that may matter, in order of outpoint: on what both sides see otherwise than base, on coins that one
    of them describes otherwise, put back or reserved, and on what was spent of a transaction that lost. Of all else one
    side only has a stale view (row 4).
    """
    changes = [delta(built_in(COINS), base.coins.content, side.coins.content) for side in (one, other)]
    redescribed = {_outpoint(change) for side in changes for change in side if _is_redescribed(change)}
    touched = [_touched(base, side, made) for side, made in zip((one, other), changes, strict=True)]
    wanted = (touched[0] & touched[1]) | redescribed | _of_one_side(base, one, other, touched[0] | touched[1])
    verdicts = {outpoint: judge(Case(outpoint, base, one, other)) for outpoint in wanted}
    _give_up_losers(verdicts.values(), one, other)
    for descendant in list(_descendants(verdicts.values(), base, one, other)):
        known = verdicts.get(descendant.outpoint)
        if known is None or not known.type:
            verdicts[descendant.outpoint] = descendant
    yield from (verdicts[outpoint] for outpoint in sorted(verdicts))


def touched(base: Evidence, side: Evidence) -> set[Outpoint]:
    """The coins of which `side` tells another story than `base`."""
    return _touched(base, side, delta(built_in(COINS), base.coins.content, side.coins.content))


def _touched(base: Evidence, side: Evidence, changes: list[Change]) -> set[Outpoint]:
    come_or_gone = {_outpoint(change) for change in changes if change.old is None or change.new is None}
    return come_or_gone | _claimed_otherwise(base, side) | _reserved_otherwise(base, side)


def _of_one_side(base: Evidence, one: Evidence, other: Evidence, touched: set[Outpoint]) -> set[Outpoint]:
    """The coins that one side's news alone makes worth a look."""
    back = {outpoint for outpoint in touched if base.spender(outpoint) is not None and outpoint not in base.coins}
    reserved = touched & (one.reservations.keys() | other.reservations.keys())
    lost = (one.dead | other.dead) - (one.dead & other.dead)
    of_lost = {outpoint for outpoint in touched if outpoint[0] in lost or _names(one, other, outpoint) & lost}
    return back | reserved | of_lost


def _names(one: Evidence, other: Evidence, outpoint: Outpoint) -> set[str]:
    """The transactions that either side names for a coin."""
    return {*one.claimants(outpoint), *other.claimants(outpoint)}


def _outpoint(change: Change) -> Outpoint:
    return change.key[0], change.key[1]


def _is_redescribed(change: Change) -> bool:
    before, after = change.old_record, change.new_record
    return bool(before and after and any(before.get(name) != after.get(name) for name in FIXED))


def _claimed_otherwise(base: Evidence, side: Evidence) -> set[Outpoint]:
    known = side.affected if side.base is base else None
    looked_at = {*base.claims, *side.claims} if known is None else known
    return {outpoint for outpoint in looked_at if base.story(outpoint) != side.story(outpoint)}


def _reserved_otherwise(base: Evidence, side: Evidence) -> set[Outpoint]:
    known, now = base.reservations, side.reservations
    return {outpoint for outpoint in {*known, *now} if known.get(outpoint, {}).keys() != now.get(outpoint, {}).keys()}


def _give_up_losers(verdicts: Iterable[Verdict], one: Evidence, other: Evidence) -> None:
    """A transaction that lost one of its coins has lost all of them: there is nothing to ask about the others."""
    lost = {txid for verdict in verdicts for txid in verdict.losers}
    lost |= {txid for side in (one, other) for txid in side.built_on(lost).values()}
    for verdict in verdicts:
        spenders = verdict.case.spenders
        if verdict.type and len(spenders) > 1 and spenders & lost:
            left = spenders - lost
            verdict.row, verdict.type, verdict.notice = 5, "", "conflicted"
            verdict.winner, verdict.losers, verdict.listed = (
                next(iter(left), None),
                frozenset(spenders & lost),
                not left,
            )


def _descendants(verdicts: Iterable[Verdict], base: Evidence, one: Evidence, other: Evidence) -> Iterator[Verdict]:
    """Row 10: what was built on transactions of which nobody has decided yet whether they lose."""
    contested = [verdict for verdict in verdicts if verdict.type and len(verdict.case.spenders) > 1]
    for verdict in sorted(contested, key=lambda contest: contest.outpoint):
        for side in (one, other):
            for outpoint in side.built_on(verdict.case.spenders):
                descendant = Verdict(Case(outpoint, base, one, other), 10, "descendant")
                descendant.parent = verdict
                yield descendant


def networks_differ(one: Evidence, other: Evidence) -> bool:
    """Row 15: two sides of different networks cannot be merged at all."""
    return bool(one.network and other.network and one.network != other.network)
