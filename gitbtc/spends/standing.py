"""What one view says of a transaction, and what is left of the words of several views."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record

# Why a transaction stands as it does. A block ends every mark; a mark ends what the mempool and the log say.
CONFIRMED, REPLACED, ABANDONED, LIVE, WAITING, UNKNOWN = (
    "confirmed", "replaced", "abandoned", "live", "waiting", "unknown",
)  # fmt: skip


class Standing:
    """One view's word on a transaction: a `state` (see above) and its `detail`: the height of the block (blocks) or the
    txid of the replacement. Where the word is kept (the history, the mempool, the log) is no part of it: a view that
    knows better where to look has no news.
    """

    __slots__ = ("detail", "state")

    def __init__(self, state: str, detail: int | str | None = None) -> None:
        self.state = state
        self.detail = detail

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Standing) and (self.state, self.detail) == (other.state, other.detail)

    def __hash__(self) -> int:
        return hash((self.state, self.detail))

    def __repr__(self) -> str:
        return f"Standing({self.state!r}, {self.detail!r})"

    @property
    def is_live(self) -> bool:
        """Whether the view takes the transaction for one that spends its inputs."""
        return self.state in (CONFIRMED, LIVE, WAITING)

    @property
    def is_given_up(self) -> bool:
        """Whether a mark says that the transaction lost, or was given up."""
        return self.state in (REPLACED, ABANDONED)

    @property
    def makes_no_coin(self) -> bool:
        """Whether the view takes the outputs for no coins: of what lost, and of what waits outside every mempool."""
        return self.is_given_up or self.state == WAITING


NOT_KNOWN = Standing(UNKNOWN)
_LIVE = Standing(LIVE)
_ABANDONED = Standing(ABANDONED)
_WAITING = Standing(WAITING)


def standing(record: Record | None, entry: Record | None, *, is_named: bool) -> Standing:
    """What a transaction's record, its entry in the mempool, and the log (`is_named`) say together."""
    if record:
        if record.get("confirmed"):
            return Standing(CONFIRMED, record.get("block_height"))
        if record.get("replaced_by"):
            return Standing(REPLACED, record["replaced_by"])
        if record.get("abandoned") is True:
            return _ABANDONED
        if record.get("in_mempool") is False and not entry:
            return _WAITING
    return _LIVE if record or entry or is_named else NOT_KNOWN
