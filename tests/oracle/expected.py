"""What must come of heads with a common base: the rules of fates and coins, by brute force, and nothing of gitbtc.

All transactions that any view knows are put into parts that share no outpoint. Of each part it tells which coins there
are when nobody is asked, and whether a person must be, may be, or must not be.

1. A block decides: who shares an input with a confirmed transaction, or descends from one that does, has lost.
2. Else the marks (given up, replaced, evicted) as three-way: a head that left the base's word alone has no news.
3. Rivals that live: the proven replacement has won (it pays more, at a higher feerate); else a person is asked.
4. Descendants of losers have lost. A person is asked where one head lost the parent and another spent from it.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.oracle.evidence import ABSENT, CONFIRMED, LIVE, LOST, Known, Outpoint, View
from tests.oracle.records import CHAIN, EXECUTION, MEMPOOL, TRANSACTIONS, UTXOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.oracle.evidence import Files

SPENDS = {"double_spend", "rbf_unproven"}
BLOCKS = {"reorg", "data_error"}


@dataclass
class Part:
    """Transactions and outpoints (`nodes`) that hang together.

    `must`: types of the questions of which one is to be asked; `may`: of those that are allowed. `coins` are listed
    when nobody is asked; `optional` outputs may be, since their transaction waits outside a mempool. `is_open`: the
    rules leave open which of several worlds it is.
    """

    nodes: set[Any] = field(default_factory=set)
    must: set[str] = field(default_factory=set)
    may: set[str] = field(default_factory=set)
    coins: dict[Outpoint, int] = field(default_factory=dict)
    optional: set[Outpoint] = field(default_factory=set)
    is_open: bool = False


class Expected:
    """What must come of the heads: `parts` by each of their nodes, and whether the chains `clash`."""

    def __init__(self, base: Files, heads: Sequence[Files]) -> None:
        self.known = Known()
        self.base, *self.heads = (View(files, self.known) for files in (base, *heads))
        self.views = [self.base, *self.heads]
        self.txids = set(self.known.inputs)
        self.must: dict[Any, set[str]] = defaultdict(set)  # txid or outpoint -> types
        self.may: dict[Any, set[str]] = defaultdict(set)
        self.gone_before = [view.lost(self.known) for view in self.views]
        self.confirmed = self._confirmed()
        self.by_block = self._by_block()
        self.gone, self.proven, self.open = set(self.by_block), set[str](), set[Any]()
        self._follow_marks()
        self._follow_replacements()
        self._follow_descent()
        self._open_what_lost_with_a_parent_that_lives()
        self.bare = self._bare()
        for outpoint in set[Outpoint]().union(*(head.coins for head in self.heads)) - self.base.coins.keys():
            # What two heads list anew in two blocks: the one file cannot tell which is right.
            if len({head.heights[outpoint] for head in self.heads if outpoint in head.coins}) > 1:
                self.may[outpoint] |= BLOCKS
        self.coins, self.optional = self._coins()
        self.parts = self._parts()
        tips = {head.chain for head in self.heads} - {self.base.chain}
        self.clash = len({height for height, _ in tips}) < len(tips)

    # -- stages --------------------------------------------------------------------------------------------------

    def _fate(self, at: int, txid: str) -> str:
        """As the view `at` has it; 0 is the base."""
        return LOST if txid in self.gone_before[at] else self.views[at].fates[txid]

    def _news(self, at: int, txid: str) -> bool:
        return self._fate(at, txid) not in (self._fate(0, txid), ABSENT) or self._forgot(at, txid)

    def _forgot(self, at: int, txid: str) -> bool:
        return self._fate(at, txid) == ABSENT and self._fate(0, txid) in (LIVE, CONFIRMED)

    def _confirmed(self) -> set[str]:
        found = set()
        for txid in self.txids:
            before, blocks = self.base.block.get(txid), [head.block.get(txid) for head in self.heads]
            new = {block for block in blocks if block not in (None, before)}
            if new or (before and all(blocks)):
                found.add(txid)
            if len(new) > 1 or (new and before and None in blocks):
                self.may[txid] |= BLOCKS
        while more := {o[0] for t in found for o in self.known.inputs[t] if o[0] in self.txids} - found:
            found |= more  # a child in a block proves its parent
            for txid in more & set[str]().union(*self.gone_before):
                self.may[txid] |= BLOCKS | {"descendant"}
        for txid in found:
            if self.known.rivals(txid, found):
                self.must[txid] |= BLOCKS
        return found

    def _by_block(self) -> set[str]:
        beaten = {t for t in self.txids - self.confirmed if self.known.rivals(t, self.confirmed)}
        return self.known.with_descendants(beaten, self.confirmed)

    def _follow_marks(self) -> None:
        for txid in self.txids - self.confirmed - self.by_block:
            heads = range(1, len(self.views))
            losers = [at for at in heads if self._fate(at, txid) == LOST or self._forgot(at, txid)]
            kept = [at for at in heads if self._fate(at, txid) != ABSENT and at not in losers]
            mark = self.base.marks.get(txid)
            was_lost = self._fate(0, txid) == LOST
            news = [at for at in losers if not was_lost or self.views[at].marks.get(txid) != mark]
            if not losers or (was_lost and kept and not news):
                continue  # nobody says that it is void, or somebody takes that back
            self.gone.add(txid)
            if any(txid in self.views[at].waiting - self.base.waiting for at in kept):
                self.open.add(txid)  # forgotten here, in no mempool there: whether it still claims anything
            if was_lost and not kept:
                self.may[txid] |= {"edit"} if len(news) > 1 else set()
            elif not self._is_proven(txid):
                self._ask_of_mark(txid, news, kept)

    def _lost_with_a_parent(self, txid: str, heads: list[int]) -> bool:
        """Whether a head lost what it spends from: then that is what is asked about."""
        parents = {o[0] for o in self.known.inputs[txid]} & self.txids
        return any(self._fate(at, parent) == LOST or self._forgot(at, parent) for at in heads for parent in parents)

    def _is_proven(self, txid: str) -> bool:
        """Whether what replaces it is proven to, and is not void itself."""
        successors = [new for new in self.txids if self.known.replaces(txid, new)]
        if successors and not self.by_block.issuperset(successors):
            self.proven.add(txid)
        return txid in self.proven

    def _ask_of_mark(self, txid: str, news: list[int], kept: list[int]) -> None:
        told_anew = [at for at in kept if self._news(at, txid)]
        successors = {new for old, new in self.known.links if old == txid}
        apart = [at for at in news if not self._lost_with_a_parent(txid, [at])]
        marks = [self.views[at].marks[txid] for at in apart if txid in self.views[at].marks]
        if told_anew and successors & self.by_block:
            self.open.add(txid)  # replaced by what is void: alive again, or not
        elif told_anew and any(marks) and None not in marks:  # what was given up is lost, whatever replaced it
            self.must[txid] |= SPENDS
        if successors or any(self._differs(at, txid) for at in kept):
            self.may[txid] |= {"restored_vs_spent", "edit", *SPENDS}

    def _differs(self, at: int, txid: str) -> bool:
        view = self.views[at]
        return (self._fate(at, txid), view.stand[txid], view.block.get(txid)) != (
            self._fate(0, txid), self.base.stand[txid], self.base.block.get(txid))  # fmt: skip

    def _follow_replacements(self) -> None:
        dead = self.known.with_descendants(self.gone, self.confirmed)
        live = sorted(self.txids - self.gone - self.confirmed)
        pairs = [pair for pair in itertools.combinations(live, 2) if self.known.rivals(pair[0], pair[1:])]
        losers = {old for pair in pairs if not dead & {*pair} for old, new in (pair, pair[::-1])
                  if self.known.replaces(old, new) and not self.known.replaces(new, old)}  # fmt: skip
        for one, other in pairs:
            if {one, other} & (dead | self.known.with_descendants(losers, self.confirmed)):
                decided = self.known.replaces(one, other) or self.known.replaces(other, one)
                self.may[one] |= set() if decided and not dead & {one, other} else SPENDS
            else:
                linked = {self.known.replaces(one, other), self.known.replaces(other, one)} != {None}
                self.must[one] |= {"rbf_unproven"} if linked else {"double_spend"}
        self.gone |= losers
        self.proven |= losers

    def _follow_descent(self) -> None:
        for txid in self.known.with_descendants(self.gone, self.confirmed) - self.by_block:
            parents = {o[0] for o in self.known.inputs[txid]}
            dead_parents = parents & self.known.with_descendants(self.gone, self.confirmed)
            for parent in dead_parents:
                self._ask_of_child(parent, txid)
        self.gone = self.known.with_descendants(self.gone, self.confirmed)

    def _ask_of_child(self, parent: str, child: str) -> None:
        heads = range(1, len(self.views))
        losers = [at for at in heads if (self._fate(at, parent) == LOST and self._fate(0, parent) != LOST)
                  or self._forgot(at, parent)]  # fmt: skip
        spenders = [at for at in heads if self._fate(at, child) == LIVE and self._fate(0, child) in (ABSENT, LOST)]
        if not spenders:
            return
        unseen = [at for at in losers if self._fate(at, child) == ABSENT]
        roots = self.known.with_descendants(self.proven) | self.by_block
        given_up = any(self.views[at].marks.get(child, "") is None for at in heads)  # then it is lost anyhow
        # A head that knows both has decided about the child.
        certain = losers and unseen == losers and parent not in roots | self.open and not given_up
        (self.must if certain else self.may)[child] |= {"descendant"}

    def _open_what_lost_with_a_parent_that_lives(self) -> None:
        """A head dropped a child with its parent, which lives after all: so does the child, or not."""
        heads = range(1, len(self.views))
        for txid in self.gone - self.by_block:
            losers = [at for at in heads if self._fate(at, txid) == LOST or self._forgot(at, txid)]
            parents = {o[0] for o in self.known.inputs[txid]} - self.gone
            if any(self._fate(at, parent) == LOST or self._forgot(at, parent) for at in losers for parent in parents):
                self.open.add(txid)

    def _bare(self) -> set[Outpoint]:
        """What heads took off their lists without a spender."""
        removed = defaultdict(list)
        for at, head in enumerate(self.heads, 1):
            for outpoint in self.base.coins.keys() - head.coins.keys() - head.spent(self.known):
                maker = outpoint[0]
                waits = maker in self.known.with_descendants(head.waiting)
                if not waits and (maker not in self.txids or self._fate(at, maker) in (LIVE, CONFIRMED)):
                    removed[outpoint].append(at)
        for outpoint, by in removed.items():
            spenders = {t for t in self.txids if outpoint in self.known.inputs[t]}
            if len(by) > 1 and not spenders:
                self.must[outpoint] |= {"double_spend_candidate"}
            elif outpoint[0] in self.txids or spenders & self.gone:
                self.may[outpoint] |= {"double_spend_candidate", "restored_vs_spent", "lost_coin", "descendant"}
        return set(removed)

    # -- coins and parts -----------------------------------------------------------------------------------------

    def _coins(self) -> tuple[dict[Outpoint, int], set[Outpoint]]:
        listed: dict[Outpoint, int] = {}
        for view in self.views:
            listed |= view.coins
        spent_ever = {o for spent in self.known.inputs.values() for o in spent}
        listed |= {o: sat for o, sat in self.known.outputs.items() if o in spent_ever}
        spent = {o for t in self.txids - self.gone for o in self.known.inputs[t]}
        waiting = set[str]().union(*(view.waiting for view in self.views)) - self.confirmed
        hidden = self.gone | {txid for txid in waiting if self._waits(txid)}
        coins = {o: sat for o, sat in listed.items() if o[0] not in hidden and o not in spent | self.bare}
        perhaps = self.known.with_descendants(waiting, self.confirmed)
        return coins, {o for o in coins if o[0] in perhaps}

    def _waits(self, txid: str) -> bool:
        """Whether all that is new of it is that it waits; where something else is new too, it may be listed or not."""
        news = [head for at, head in enumerate(self.heads, 1) if self._differs(at, txid)]
        return all(txid in head.waiting for head in news or [self.base])

    def _parts(self) -> dict[Any, Part]:
        of: dict[Any, Part] = {}
        outpoints = {*self.coins, *self.bare, *(o for view in self.views for o in view.coins)}
        links = [(t, o) for t, spent in self.known.inputs.items() for o in spent]
        for pair in [*links, *((o[0], o) for _, o in links), *((o[0], o) for o in outpoints)]:
            joined = Part()
            for part in [of.get(node) or Part({node}) for node in pair]:
                joined.nodes |= part.nodes
            of |= dict.fromkeys(joined.nodes, joined)
        for txid in self.txids - of.keys():
            of[txid] = Part({txid})
        for node, part in of.items():
            part.must |= self.must.get(node, set())
            part.may |= self.may.get(node, set())
            part.is_open |= node in self.open
            if node in self.coins:
                (part.optional.add(node) if node in self.optional else part.coins.update({node: self.coins[node]}))
        return of

    def is_possible(self, coins: Iterable[Outpoint]) -> bool:
        """Whether all of these can be coins at once: none descends from another, and no two from rivals."""
        coins = set(coins)
        makers, grown = {o[0] for o in coins}, -1
        while len(makers) > grown:
            grown = len(makers)
            makers |= {o[0] for t in makers & self.txids for o in self.known.inputs[t]}
        spent = [o for t in makers & self.txids for o in self.known.inputs[t]]
        return len(spent) == len(set(spent)) and not coins & set(spent)


def told(files: dict[str, bytes]) -> Files:
    """State files, read."""
    return {path: json.loads(content) for path, content in files.items() if path in _READ}


_READ = (UTXOS, TRANSACTIONS, MEMPOOL, EXECUTION, CHAIN)
