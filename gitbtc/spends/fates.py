"""The one view: what became of each transaction, and what a person has to be asked, from what several views say.

Decided in a named order of stages; what an earlier stage decided, no later one changes. Nothing else in gitbtc decides
it. Pure: the same for the same set of views, whatever their order.
"""

from __future__ import annotations

from gitbtc.spends import rows
from gitbtc.spends.standing import ABANDONED, CONFIRMED, LIVE, REPLACED, UNKNOWN, WAITING, Standing
from gitbtc.spends.testimony import Testimony, is_weak

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitbtc.spends.decision import Decision
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.rows import Row

# Why a transaction lost: a block holds its rival; somebody settled it; a mark says so; a proven replacement; the views
# that knew it have forgotten it (evicted); the view that knew it best had the rival; its parent lost.
BLOCK, SETTLED, MARKED, OUTBID, FORGOTTEN, OUTWEIGHED, PARENT = (
    "block", "settled", "marked", "outbid", "forgotten", "outweighed", "parent",
)  # fmt: skip


class Loss:
    """Why a transaction lost: `why` (see above), and `by` whom (a txid): the winner, or the parent that it lost with;
    None for nobody.
    """

    __slots__ = ("by", "why")

    def __init__(self, why: str, by: str | None = None) -> None:
        self.why = why
        self.by = by


class Contest:
    """A coin that several transactions spend, and nobody can say which: the `parties`, sorted. `parent` is the contest
    that they were built on, if that is why.
    """

    __slots__ = ("is_news", "outpoint", "parent", "parties", "row")

    def __init__(
        self, outpoint: Outpoint, row: Row, parties: Iterable[str], parent: Contest | None = None, *, is_news: bool
    ) -> None:
        self.outpoint = outpoint
        self.row = row
        self.parties = sorted(parties)
        self.parent = parent
        # Whether only the views together hold it: else the base does already.
        self.is_news = is_news


class Fates:
    """The fates of the transactions that `testimony` is about, as far as `decisions` of people do not say otherwise.

    `lost`: txid -> why, for those that make and spend nothing; `proven`: those that a block holds, or what was built on
    them; `settled`: the winners of decisions, with what they were built on; `contests`: what the evidence does not
    decide, `contested` the transactions concerned.
    """

    def __init__(self, testimony: Testimony, decisions: Sequence[Decision] = ()) -> None:
        self.testimony = testimony
        self.decisions = decisions
        self.lost: dict[str, Loss] = {}
        self.proven: set[str] = set()
        self.settled: set[str] = set()
        self.contested: set[str] = set()
        self.contests: list[Contest] = []
        self._words: dict[str, list[tuple[int, Standing]]] = {}
        self.concerned = self._with_rivals(testimony.txids())
        for stage in self._STAGES:
            stage(self)

    # -- asking the fates ------------------------------------------------------------------------------------------

    def words(self, txid: str) -> list[tuple[int, Standing]]:
        """(view, word) of the words on a transaction that stand."""
        if txid not in self._words:
            self._words[txid] = self.testimony.words(txid)
        return self._words[txid]

    def says(self, txid: str, state: str) -> list[int]:
        """The views whose word on a transaction is this one, and stands."""
        return [view for view, word in self.words(txid) if word.state == state]

    def is_lost(self, txid: str) -> bool:
        """Whether a transaction makes nothing: it lost, was given up, or was so before."""
        if txid in self.lost:
            return True
        if txid in self.proven or txid in self.settled or txid in self.concerned:
            return False
        return self.testimony.before(txid).is_given_up

    def is_live(self, txid: str) -> bool:
        """Whether a transaction spends its inputs, as far as anybody knows it."""
        if txid in self.lost:
            return False
        return txid in self.proven or txid in self.settled or any(word.is_live for _, word in self.words(txid))

    def waits(self, txid: str) -> bool:
        """Whether a transaction spends its inputs and makes no coin: some view says that it is in no mempool, and none
        has it in one, or in a block.
        """
        states = {word.state for _, word in self.words(txid)}
        return WAITING in states and self.is_live(txid) and txid not in self.proven and LIVE not in states

    def is_confirmed(self, txid: str) -> bool:
        """Whether a block holds a transaction, or what was built on it."""
        if txid in self.concerned:
            return txid in self.proven
        return txid in self.proven or self.testimony.before(txid).state == CONFIRMED

    def spenders(self, outpoint: Outpoint) -> list[str]:
        """The live transactions that spend a coin, sorted; several where that is contested."""
        return sorted(txid for txid in self.testimony.claimants(outpoint) if self.is_live(txid))

    def root_of_loss(self, txid: str) -> tuple[str, Loss]:
        """The transaction that lost by itself with which `txid` lost, and why it did."""
        loss = self.lost.get(txid) or Loss(MARKED)
        seen = {txid}
        while loss.why == PARENT and loss.by and loss.by not in seen:
            txid = loss.by
            seen.add(txid)
            loss = self.lost.get(txid) or Loss(MARKED)
        return txid, loss

    # -- helpers of the stages ---------------------------------------------------------------------------------------

    def _with_rivals(self, txids: set[str]) -> set[str]:
        coins = {outpoint for txid in txids for outpoint in self.testimony.inputs(txid)}
        coins |= self.testimony.outpoints()
        return txids | {rival for outpoint in coins for rival in self.testimony.claimants(outpoint)}

    def _lose(self, txid: str, loss: Loss) -> None:
        """A transaction loses, and with it what was built on it."""
        waiting = [(txid, loss)]
        while waiting:
            lost, why = waiting.pop()
            if lost in self.lost:
                continue
            self.lost[lost] = why
            for outpoint in sorted(self.testimony.outputs_spent(lost)):
                children = (child for child in self.testimony.claimants(outpoint) if child not in self.lost)
                waiting += [
                    (child, Loss(PARENT, lost)) for child in sorted(children)
                    if child not in self.proven and child not in self.settled
                ]  # fmt: skip

    def _open(self, txids: Iterable[str]) -> list[str]:
        """Those of the transactions about which nothing is decided yet, sorted."""
        decided = self.lost.keys() | self.proven | self.settled
        return sorted(txid for txid in txids if txid not in decided)

    def _shared(self) -> Iterator[tuple[Outpoint, list[str]]]:
        """The coins that more than one live transaction of those concerned spends."""
        coins = {outpoint for txid in self.concerned for outpoint in self.testimony.inputs(txid)}
        for outpoint in sorted(coins):
            live = self.spenders(outpoint)
            if len(live) > 1:
                yield outpoint, live

    def successors(self, txid: str, among: Iterable[str]) -> set[str]:
        """Those of some transactions that took the place of `txid`, or of what took its place, and so on.

        Where two are said to replace each other, people settled the coin in two ways: that is no replacement.
        """
        return {one for one in self._replacing(txid).intersection(among) if txid not in self._replacing(one)}

    def _replacing(self, txid: str) -> set[str]:
        found: set[str] = set()
        waiting = [txid]
        while waiting:
            newer = self.testimony.replacements(waiting.pop()) - found - {txid}
            found |= newer
            waiting += newer
        return found

    def pays_more(self, new: str, old: str) -> bool:
        """Whether `new` is known to pay a higher fee and a higher feerate than `old` (BIP-125, rules 3 and 6 as Bitcoin
        Core applies them).
        """
        fees, rates = zip(*(self.testimony.fee_and_rate(txid) for txid in (new, old)), strict=True)
        return None not in (*fees, *rates) and fees[0] > fees[1] and rates[0] > rates[1]

    # -- the stages ------------------------------------------------------------------------------------------------

    def _blocks(self) -> None:
        """What a block holds is so, and with it what that was built on; a block ends every mark."""
        held = [txid for txid in self.concerned if self.says(txid, CONFIRMED)]
        self.proven.update(held)
        waiting = sorted(held)
        while waiting:
            for parent, _ in self.testimony.inputs(waiting.pop()):
                words = self.words(parent)
                is_known = (
                    any(word.state != UNKNOWN for _, word in words) or self.testimony.before(parent).state != UNKNOWN
                )
                if parent not in self.proven and is_known and not self.says(parent, CONFIRMED):
                    self.proven.add(parent)
                    self.concerned |= self._with_rivals({parent})
                    waiting.append(parent)

    def _conflicts_with_blocks(self) -> None:
        """Whoever shares an input with a confirmed transaction can never be."""
        for txid in sorted(self.concerned):
            for outpoint in self.testimony.inputs(txid):
                rivals = sorted(set(self.testimony.claimants(outpoint)) - {txid})
                held = [rival for rival in rivals if self.is_confirmed(rival)]
                if txid not in self.proven and held:
                    self._lose(txid, Loss(BLOCK, held[0]))
                elif txid in self.proven and held and self.testimony.is_news(outpoint, [txid, *held]):
                    self._ask_which_block(outpoint, [txid, *held])

    def _ask_which_block(self, outpoint: Outpoint, held: list[str]) -> None:
        decided = [decision for decision in self.decisions if decision.outpoint == outpoint]
        if decided:
            self.proven -= set(decided[0].losers)
            return
        blocks = {self._block(txid) for txid in held}
        row = rows.REORG if len(blocks) > 1 else rows.IMPOSSIBLE
        self.contests.append(Contest(outpoint, row, sorted(held), is_news=True))

    def _block(self, txid: str) -> object:
        record = self.testimony.record(txid)
        return record.get("block_hash") or record.get("block_height")

    def _settlements(self) -> None:
        """What people settled, unless a block says otherwise."""
        for decision in self.decisions:
            if decision.winner and decision.winner not in self.lost:
                self._force(decision.winner)
        for decision in self.decisions:
            winner = decision.winner if decision.winner in self.settled | self.proven else None
            for loser in sorted(decision.losers - self.settled - self.proven):
                self._lose(loser, Loss(SETTLED, winner))

    def _force(self, winner: str) -> None:
        """A winner lives, with what it was built on; who spends a coin of theirs loses."""
        alive = {winner}
        waiting = [winner]
        while waiting:
            for parent, _ in self.testimony.inputs(waiting.pop()):
                given_up = any(word.is_given_up or word.state == UNKNOWN for _, word in self.words(parent))
                if parent not in alive and given_up and self.testimony.record(parent):
                    alive.add(parent)
                    waiting.append(parent)
        if alive & self.lost.keys():
            return
        self.settled |= alive
        self.concerned |= alive
        for txid in sorted(alive):
            for outpoint in self.testimony.inputs(txid):
                for rival in sorted(set(self.testimony.claimants(outpoint)) - alive - self.proven):
                    self._lose(rival, Loss(SETTLED, txid))

    def _marks(self) -> None:
        """What was given up, or replaced and no side has news that it lives, or forgotten."""
        for txid in self._open(self.concerned):
            states = {word.state: word.detail for _, word in self.words(txid)}
            if ABANDONED in states:
                self._lose(txid, Loss(MARKED))
            elif REPLACED in states and not states.keys() & {LIVE, WAITING}:
                self._lose(txid, Loss(MARKED, str(states[REPLACED])))
            elif states.keys() == {UNKNOWN}:
                better = self._who_outbid(txid, self._open(self.concerned))
                self._lose(txid, Loss(OUTBID, better) if better else Loss(FORGOTTEN))

    def _parents(self) -> None:
        """Who spends an output of a transaction that lost before, in whatever view, has lost with it."""
        for txid in self._open(self.concerned):
            lost = [parent for parent, _ in self.testimony.inputs(txid) if self.is_lost(parent)]
            if lost:
                self._lose(txid, Loss(PARENT, lost[0]))

    def _replacements(self) -> None:
        """A linked replacement that is known to pay more has won, even if it was given up since."""
        for txid in self._open(self.concerned):
            gone = self.says(txid, REPLACED) or self.says(txid, UNKNOWN)
            better = self._who_outbid(txid, self.lost) if gone else None
            if better and self.lost[better].why == MARKED:
                self._lose(txid, Loss(OUTBID, better))
        while True:
            outbid: dict[str, str] = {}
            for _, live in self._shared():
                for old in live:
                    best = self._who_outbid(old, live) if old not in self.proven else None
                    if best:
                        outbid[old] = best
            # One that is itself outbid, or built on one that is, comes later.
            ready = {old: new for old, new in outbid.items() if not self._hangs_on(new, outbid)}
            if not ready:
                return
            for old, new in sorted(ready.items()):
                self._lose(old, Loss(OUTBID, new))

    def _who_outbid(self, old: str, among: Iterable[str]) -> str | None:
        """The rival among some transactions that replaces another and is known to pay the most, and more than it."""
        spent = set(self.testimony.inputs(old))
        rivals = (new for new in self.successors(old, among) if spent.intersection(self.testimony.inputs(new)))
        better = (new for new in rivals if self.pays_more(new, old))
        return max(better, key=lambda txid: (self.testimony.fee_and_rate(txid), txid), default=None)

    def _hangs_on(self, txid: str, outbid: dict[str, str]) -> bool:
        seen = {txid}
        waiting = [txid]
        while waiting:
            one = waiting.pop()
            if one in outbid:
                return True
            parents = {parent for parent, _ in self.testimony.inputs(one) if self.is_live(parent)} - seen
            parents = {parent for parent in parents if not self.is_confirmed(parent)}
            seen |= parents
            waiting += parents
        return False

    def _weights(self) -> None:
        """What only the log names has lost where a view knows it, and better a transaction that spends the coin."""
        for outpoint, live in list(self._shared()):
            strength = self.testimony.claimants(outpoint)
            strong = [txid for txid in live if not is_weak(strength[txid])]
            for txid in self._open(set(live) - set(strong)):
                better = [rival for rival in strong if self._is_outweighed(txid, rival)]
                if better:
                    self._lose(txid, Loss(OUTWEIGHED, better[0]))

    def _is_outweighed(self, txid: str, rival: str) -> bool:
        """Whether a view that has a transaction from the log alone takes the rival for live, and knows it better."""
        weight = self.testimony.weight
        views = set(self.testimony.know_both(txid, rival)).intersection(self.testimony.who_say(rival))
        return any(weight(view, txid) == 1 < weight(view, rival) for view in views)

    def _rivals(self) -> None:
        """Rivals that are left: a person decides. A word that a transaction was replaced is no proof of it."""
        for outpoint, live in list(self._shared()):
            if sum(self.is_confirmed(txid) for txid in live) < 2:
                linked = any(self.successors(old, live) for old in live)
                row = rows.UNPROVEN if linked else rows.DOUBLE_SPEND
                self.contests.append(Contest(outpoint, row, live, is_news=self.testimony.is_news(outpoint, live)))
        for txid in self._open(self.concerned):
            if self.says(txid, REPLACED) and (self.says(txid, LIVE) or self.says(txid, WAITING)):
                self._contest_a_mark(txid)

    def _contest_a_mark(self, txid: str) -> None:
        """One view says that the transaction was replaced, another has news that it lives."""
        newer = next(str(word.detail) for _, word in self.words(txid) if word.state == REPLACED)
        inputs = self.testimony.inputs(txid)
        # A replacement that was given up since may have left its rival dead all the same; one that never could be, not.
        given_up = newer in self.lost and self.lost[newer].why == MARKED
        if (given_up or not self.is_lost(newer)) and not any(contest.outpoint in inputs for contest in self.contests):
            self.contests += [Contest(inputs[0], rows.UNPROVEN, [txid, newer], is_news=True)] if inputs else []

    def _hanging(self) -> None:
        """What was built on a contested transaction is contested with it."""
        for contest in list(self.contests):
            seen = set(contest.parties)
            waiting = sorted(seen)
            while waiting:
                parent = waiting.pop()
                for outpoint in sorted(self.testimony.outputs_spent(parent)):
                    for child in self.spenders(outpoint):
                        self.contests.append(
                            Contest(outpoint, rows.DESCENDANT, [child], contest, is_news=contest.is_news)
                        )
                        waiting += {child} - seen
                        seen.add(child)
        self.contested = {txid for contest in self.contests for txid in contest.parties}

    # In this order: what an earlier one decided, no later one changes.
    _STAGES = (
        _blocks, _conflicts_with_blocks, _settlements, _marks, _parents, _replacements, _weights, _rivals, _hanging,
    )  # fmt: skip
