"""What a person has to decide of what several views say, and what was decided that a person may want to know."""

from __future__ import annotations

from gitbtc.spends import rows
from gitbtc.spends.fates import BLOCK, FORGOTTEN, MARKED, OUTBID, OUTWEIGHED, PARENT, SETTLED
from gitbtc.spends.standing import LIVE, WAITING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.spends.fates import Contest, Fates, Loss
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.rows import Row

_NOTICES = {
    BLOCK: rows.CONFLICTED, OUTBID: rows.REPLACED, OUTWEIGHED: rows.CONFLICTED, MARKED: rows.RESTORED,
}  # fmt: skip


class Verdict:
    """What is said of one coin. `row` says of what kind it is; `parties` are the transactions (or agents) concerned.
    Where something was decided, `winner` (None: nobody) and `losers` are txids. `parent` is the contest that this one
    hangs on.
    """

    __slots__ = ("losers", "outpoint", "parent", "parties", "row", "winner")

    def __init__(  # noqa: PLR0913 - who won over whom is all of it
        self, outpoint: Outpoint, row: Row, parties: Iterable[str] = (), *, winner: str | None = None,
        losers: Iterable[str] = (), parent: Verdict | None = None,
    ) -> None:  # fmt: skip
        self.outpoint = outpoint
        self.row = row
        self.parties = frozenset(parties)
        self.winner = winner
        self.losers = frozenset(losers)
        self.parent = parent

    @property
    def type(self) -> str:
        """The type of the conflict, "" where nobody is asked."""
        return self.row.name if self.row.asks else ""

    @property
    def notice(self) -> str:
        """The word of the notice, "" where somebody is asked."""
        return "" if self.row.asks else self.row.name

    @property
    def words(self) -> str:
        """What the notice says, without the coin. KeyError for a verdict that decided nothing."""
        return rows.words(self.row, self.winner or "", " and ".join(sorted(self.losers)))

    def __repr__(self) -> str:
        return f"Verdict({self.outpoint!r}, {self.row!r}, {sorted(self.parties)})"


class Questions:
    """What follows from some fates for people: `asked`, the open questions, and `told`, the notices, by outpoint. A
    coin that somebody has decided about is not asked about.
    """

    def __init__(self, fates: Fates) -> None:
        self._fates = fates
        self._testimony = fates.testimony
        self._decided = {decision.outpoint for decision in fates.decisions}
        self._asked: dict[Outpoint, Verdict] = {}
        self._told: dict[Outpoint, Verdict] = {}
        for contest in fates.contests:
            if contest.is_news:
                self._ask_of(contest)
        for find in (
            self._conflicts_of_news, self._coins_put_back, self._bare_removals, self._descriptions, self._reservations,
            self._tell_what_was_decided,
        ):  # fmt: skip
            find()

    @property
    def asked(self) -> list[Verdict]:
        """The open questions, by outpoint."""
        return [self._asked[outpoint] for outpoint in sorted(self._asked)]

    @property
    def told(self) -> list[Verdict]:
        """What was decided without asking, by outpoint."""
        return [self._told[outpoint] for outpoint in sorted(self._told) if outpoint not in self._asked]

    def _ask(self, verdict: Verdict) -> None:
        if verdict.outpoint not in self._decided:
            self._asked.setdefault(verdict.outpoint, verdict)

    def _tell(self, verdict: Verdict) -> None:
        self._told.setdefault(verdict.outpoint, verdict)

    def _ask_of(self, contest: Contest) -> None:
        above = contest.parent
        if above is None or above.outpoint not in self._decided:
            parent = Verdict(above.outpoint, above.row, above.parties) if above else None
            self._ask(Verdict(contest.outpoint, contest.row, contest.parties, parent=parent))

    def _conflicts_of_news(self) -> None:
        """One view lost the parent, another spent from it."""
        for child in sorted(self._fates.lost):
            loss = self._fates.lost[child]
            if loss.why == PARENT and loss.by and self._is_a_conflict_of_news(child):
                coins = [outpoint for outpoint in self._testimony.inputs(child) if outpoint[0] == loss.by]
                self._ask(Verdict(coins[0], rows.DESCENDANT, [child]))

    def _is_a_conflict_of_news(self, child: str) -> bool:
        """Whether one view has news that the parent lost, and another that the child lives; what a block decides, or a
        person, nobody is asked about, nor what a view decided that knows both.
        """
        root, loss = self._fates.root_of_loss(child)
        if loss.why in (BLOCK, SETTLED, OUTWEIGHED):
            return False
        losing = {view for view, word in self._fates.words(root) if view >= 0 and not word.is_live}
        if loss.why == OUTBID and loss.by:  # also who has never heard of what its own transaction replaced
            losing |= {view for view, word in self._fates.words(loss.by) if view >= 0 and word.is_live}
        spending = {view for view, word in self._fates.words(child) if view >= 0 and word.state in (LIVE, WAITING)}
        knowing = {view for view in self._testimony.know_both(root, child) if view in losing}
        knowing |= {view for view in losing if self._testimony.weight(view, child)}
        return bool(losing) and bool(spending - losing) and not knowing

    def _coins_put_back(self) -> None:
        """A coin that one view has back, while another has news of what spends it."""
        for outpoint in sorted(self._testimony.outpoints()):
            if self._testimony.listed_before(outpoint) or not self._testimony.was_spent(outpoint):
                continue
            back = self._testimony.listers(outpoint)
            for txid in self._testimony.claimants(outpoint) if back else ():
                self._ask_if_new(outpoint, txid, back)

    def _ask_if_new(self, outpoint: Outpoint, txid: str, back: set[int]) -> None:
        known = {view for view in self._testimony.who_say(txid) if view >= 0}
        if self._fates.is_confirmed(txid) or known & back:
            return
        is_new = self._testimony.is_new_spend(txid, outpoint) and self._fates.is_live(txid)
        loss = self._fates.lost.get(txid)
        weight = self._testimony.weight(self._testimony.BASE, txid)
        is_better_known = loss is not None and loss.why == FORGOTTEN and any(
            self._testimony.weight(view, txid) > weight for view in known
        )  # fmt: skip
        if (is_new and self._named_for(outpoint) == {txid}) or is_better_known:
            self._ask(Verdict(outpoint, rows.RESTORED_VS_SPENT, [txid]))

    def _named_for(self, outpoint: Outpoint) -> set[str]:
        """The transactions that any view ever named as spenders of a coin, also those that lost."""
        concerned = (txid for txid in self._fates.concerned if outpoint in self._testimony.inputs(txid))
        return {*self._testimony.claimants(outpoint), *concerned}

    def _bare_removals(self) -> None:
        """Coins that were taken out without a word on who spent them."""
        for outpoint in sorted(self._testimony.outpoints()):
            if self._fates.is_lost(outpoint[0]):
                continue
            times = self._testimony.removals(outpoint)
            spenders = self._fates.spenders(outpoint)
            if times > 1 and not spenders:
                self._ask(Verdict(outpoint, rows.CANDIDATE))
            elif times and len(spenders) == 1:
                self._tell(Verdict(outpoint, rows.UNATTRIBUTED, spenders, winner=spenders[0]))

    def _descriptions(self) -> None:
        for outpoint in sorted(self._testimony.outpoints()):
            if self._testimony.is_described_twice(outpoint):
                self._ask(Verdict(outpoint, rows.DESCRIBED))

    def _reservations(self) -> None:
        for outpoint in sorted(self._testimony.outpoints()):
            reserved = self._testimony.reserved(outpoint)
            if reserved:
                self._ask_who_reserved(outpoint, reserved)

    def _ask_who_reserved(self, outpoint: Outpoint, reserved: dict[str, list[int]]) -> None:
        together = set.intersection(*map(set, reserved.values()))
        if len(reserved) > 1 and not together:
            self._ask(Verdict(outpoint, rows.RESERVATION, reserved))
        for txid in self._fates.spenders(outpoint):
            agent, views = self._testimony.agent(txid), set(self._testimony.who_say(txid))
            foreign = [
                holder for holder, knowing in reserved.items()
                if (agent != holder if agent else not views.intersection(knowing))
            ]  # fmt: skip
            if foreign and self._testimony.is_new_spend(txid, outpoint):
                self._ask(Verdict(outpoint, rows.RESERVATION, [*foreign, txid]))

    def _tell_what_was_decided(self) -> None:
        """The notices of what lost here to whom, of what some view takes for live."""
        for txid in sorted(self._fates.lost):
            if any(word.is_live for _, word in self._fates.words(txid)):
                self._tell_of_a_loss(txid, self._fates.lost[txid])
        for outpoint in sorted(self._testimony.outpoints()):
            self._tell_of_what_is_back(outpoint)

    def _tell_of_a_loss(self, txid: str, loss: Loss) -> None:
        row, inputs = _NOTICES.get(loss.why), self._testimony.inputs(txid)
        if row is rows.RESTORED:
            for outpoint in inputs[:1]:
                self._tell(Verdict(outpoint, row, [txid], losers=[txid]))
        elif row is not None:
            shared = [coin for coin in inputs if loss.by in self._testimony.claimants(coin)]
            for outpoint in shared[:1]:
                others = {one for one in self._testimony.claimants(outpoint) if one in self._fates.lost}
                self._tell(Verdict(outpoint, row, [txid, loss.by or ""], winner=loss.by, losers=others | {txid}))

    def _tell_of_what_is_back(self, outpoint: Outpoint) -> None:
        back = self._testimony.listers(outpoint)
        if not back:
            return
        for txid in self._testimony.claimants(outpoint):
            given_up = [view for view, word in self._fates.words(txid) if view in back and not word.is_live]
            if not given_up:
                continue
            if txid in self._fates.proven:
                self._tell(Verdict(outpoint, rows.RESTORED, [txid], winner=txid))
            elif txid in self._fates.lost and self._testimony.is_new_spend(txid, outpoint):
                self._tell(Verdict(outpoint, rows.RESTORED, [txid], losers=[txid]))
