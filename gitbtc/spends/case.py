"""One coin as the common ancestor and the two sides of a merge see it."""

from __future__ import annotations

from gitbtc.spends.reservations import holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

# What the txid commits to: two values of one of these cannot both be true.
FIXED = ("amount_sat", "script_type", "address")


class View:
    """One outpoint in one snapshot."""

    __slots__ = ("changed", "coin", "evidence", "holders", "outpoint", "removed", "spender")

    def __init__(self, outpoint: Outpoint, side: Evidence, base: Evidence, tip: int | None) -> None:
        self.outpoint = outpoint
        self.evidence = side
        self.coin: Record | None = side.coins.get(outpoint)
        self.spender = side.spender(outpoint)
        # A coin whose transaction lost was not spent: it was never made.
        self.removed = self.coin is None and outpoint in base.coins and outpoint[0] not in side.dead
        # A side whose claims are those of the base only has a stale view, whatever the other side learned since.
        self.changed = self.removed or side.story(outpoint) != base.story(outpoint)
        # The agents whose reservations hold.
        self.holders = {agent for agent, held in side.reservations.get(outpoint, {}).items() if holds(held, tip)}

    @property
    def spent(self) -> bool:
        """Whether the coin is gone, by a named transaction or not."""
        return self.spender is not None or self.removed

    @property
    def claimants(self) -> dict[str, int]:
        """The transactions that claim to spend it, each with the strength of its evidence."""
        return self.evidence.claimants(self.outpoint)

    @property
    def holds_coin(self) -> bool:
        """Whether the snapshot lists the coin, and no more than a log entry says that it is spent."""
        return self.coin is not None and not self.evidence.spends(self.outpoint)

    def knows_dead(self, txid: str | None) -> bool:
        """Whether the snapshot says that `txid` lost or was given up."""
        return txid in self.evidence.dead

    @property
    def amount_sat(self) -> int | None:
        """What the coin is worth, as its record or the input of its spender says."""
        if self.coin:
            listed: int = self.coin["amount_sat"]
            return listed
        record = self.evidence.transactions.get(self.spender or "") or self.evidence.mempool.get(self.spender or "")
        for spent in (record or {}).get("inputs", ()):
            if (spent["txid"], spent["vout"]) == self.outpoint:
                paid: int | None = spent.get("amount_sat")
                return paid
        return None


class Case:
    """One outpoint as base and the two sides see it."""

    __slots__ = ("base", "one", "other", "outpoint")

    def __init__(self, outpoint: Outpoint, base: Evidence, one: Evidence, other: Evidence) -> None:
        self.outpoint = outpoint
        # Whether a reservation holds is asked at the higher of the two tips.
        tip = max((side.tip for side in (one, other) if side.tip is not None), default=None)
        self.base = View(outpoint, base, base, tip)
        self.one = View(outpoint, one, base, tip)
        self.other = View(outpoint, other, base, tip)

    @property
    def both_ways(self) -> tuple[tuple[View, View], tuple[View, View]]:
        """The two sides in either order: no verdict depends on which is ours."""
        return (self.one, self.other), (self.other, self.one)

    @property
    def news(self) -> tuple[bool, bool]:
        """Whether each side tells something about who spends it that base did not know."""
        return self.one.changed, self.other.changed

    @property
    def amount_sat(self) -> int | None:
        """What the coin is worth, when any of the three knows."""
        amounts = (view.amount_sat for view in (self.base, self.one, self.other))
        return next((amount for amount in amounts if amount is not None), None)

    @property
    def redescribed(self) -> tuple[str, ...]:
        """The fixed facts about the coin that two of the three tell differently."""
        coins = [view.coin for view in (self.base, self.one, self.other) if view.coin is not None]
        return tuple(name for name in FIXED if len({repr(coin.get(name)) for coin in coins}) > 1)

    # -- who spent it ----------------------------------------------------------------------------------------------

    @property
    def spenders(self) -> set[str]:
        """The transactions that the two sides name."""
        return {txid for txid in (self.one.spender, self.other.spender) if txid is not None}

    def is_confirmed(self, txid: str | None) -> bool:
        """Whether a side has seen `txid`, or what was built on it, in a block."""
        if txid is None:
            return False
        sides = (self.one.evidence, self.other.evidence)
        return any(side.is_confirmed(seen) for side in sides for seen in (txid, *side.built_on([txid]).values()))

    @property
    def confirmed(self) -> set[str]:
        """Those of the spenders that are confirmed."""
        return {txid for txid in self.spenders if self.is_confirmed(txid)}

    @property
    def blocks_differ(self) -> bool:
        """Whether the sides name different blocks for their transactions."""
        one, other = (view.evidence.transactions.get(view.spender or "", {}) for view in (self.one, self.other))
        hashes = [record.get("block_hash") for record in (one, other)]
        if None not in hashes:
            return hashes[0] != hashes[1]
        return bool(one.get("block_height") != other.get("block_height"))

    # -- put back --------------------------------------------------------------------------------------------------

    @property
    def restoring(self) -> View | None:
        """The side that lists the coin while the other knows a transaction that spends it; None when neither does."""
        return next((one for one, other in self.both_ways if one.holds_coin and other.spender is not None), None)

    @property
    def spending(self) -> View:
        """The other side then."""
        return self.other if self.restoring is self.one else self.one

    # -- reserved --------------------------------------------------------------------------------------------------

    @property
    def holders(self) -> set[str]:
        """The agents whose reservations the merge keeps: a release on one side ends one that base knew."""
        released = self.base.holders - (self.one.holders & self.other.holders)
        return (self.one.holders | self.other.holders) - released

    @property
    def reserved_twice(self) -> bool:
        """Whether only the merge brings two agents' reservations together."""
        held = self.holders
        return len(held) > 1 and not (held <= self.one.holders or held <= self.other.holders)

    @property
    def spent_although_reserved(self) -> bool:
        """Whether a transaction that one side alone knows spends what another agent had reserved."""
        return any(
            spending.changed and spending.spender is not None and not other.spent and self._is_foreign(spending)
            for spending, other in self.both_ways
        )

    def _is_foreign(self, spending: View) -> bool:
        """A spender that the log names no agent for is foreign to the reservations that its own side did not know."""
        agent = spending.evidence.agents.get(spending.spender or "", "")
        return any(agent != holder if agent else holder not in spending.holders for holder in self.holders)
