"""Where a treasury stands: lines for people, and a document for programs."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from gitbtc.errors import printable
from gitbtc.views import balance, contested, stat, terms
from gitbtc.views.reservations import whole_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from gitbtc.coins.balance import Sum
    from gitbtc.coins.wallet import Wallet
    from gitbtc.spends.trailers import Trailer
    from gitbtc.views.reservations import Row
    from gitbtc.views.stat import Counted

ROOT_KEY = "gitbtc.status/v1"
_COMMIT = ("commit", "commits")
_CONFLICT = ("conflict", "conflicts")
_HEADS, _REMOTES = "refs/heads/", "refs/remotes/"


class Side(NamedTuple):
    """What one branch has that the other has not: commits, coins that came, coins that went."""

    commits: int
    came: Sum
    went: Sum


class Branch:
    """The branch that HEAD is on (a full name; None: detached) at `head` (an oid; None before the first commit), and
    the ref that it `follows`. `ahead`, `behind`: what each has alone; `conflicts`: what merging would leave.
    """

    def __init__(self, name: str | None, head: str | None, follows: str | None) -> None:
        self.name = name
        self.head = head
        self.follows = follows
        self.ahead: Side | None = None
        self.behind: Side | None = None
        self.conflicts = 0


class Source(NamedTuple):
    """A source: `is_configured` in sources.toml; of its last news the block (height) and the block's time (Unix
    seconds), or when it was read where it knows no block; None before the first time. `asked` is when it was read
    last, news or not; None where nobody noted that.
    """

    name: str
    root: str
    is_configured: bool
    block_height: int | None
    time: int | None
    asked: int | None


class Told:
    """All that is told. `doing`: what Git is in the middle of; `fault`: why the coins cannot be told."""

    def __init__(self, doing: str | None, uncommitted: Sequence[Counted], conflicts: int) -> None:
        self.doing = doing
        self.uncommitted = uncommitted
        self.conflicts = conflicts
        self.branch: Branch | None = None
        self.wallets: Sequence[Wallet] = ()
        self.contests: Sequence[tuple[str, Trailer]] = ()
        self.reservations: Sequence[Row] = ()
        self.sources: Sequence[Source] = ()
        self.fault = ""


def lines(told: Told, now: int) -> Iterator[str]:
    """What stands where, without line ends; `now` in Unix seconds."""
    for wallet in told.wallets:
        tip = wallet.chain.get("block_time")
        first, *rest = balance.lines(balance.Told(wallet, None, None))
        yield first + ("" if tip is None else f" ({terms.ago(now - tip)})")
        yield from rest
    if told.fault:
        yield printable(f"the coins cannot be told: {told.fault}")
    if told.branch:
        yield from _branch(told.branch)
    if told.doing:
        yield f"a {told.doing} is in progress"
    if told.conflicts:
        yield f"{terms.counted(told.conflicts, _CONFLICT)} open; `gitbtc conflicts` lists what settles them"
    yield from (contested.line(root, contest) for root, contest in told.contests)
    yield "not committed:" if told.uncommitted else "nothing that is not committed"
    yield from (f" {line}" for line in stat.render(told.uncommitted))
    if told.reservations:
        yield "reserved:"
        yield from (f"  {whole_line(row)}" for row in told.reservations)
    if told.sources:
        yield "sources:"
        yield from (f"  {_source(source, now)}" for source in told.sources)


def _branch(branch: Branch) -> Iterator[str]:
    name = terms.word(_short(branch.name)) if branch.name else f"no branch, at {terms.short(branch.head or '')}"
    if branch.ahead is None or branch.behind is None:
        where = f", follows {terms.word(_short(branch.follows))}, which is not here" if branch.follows else ""
        yield f"on {name}{where}{'' if branch.head else ', before its first commit'}"
        return
    if not branch.ahead.commits and not branch.behind.commits:
        yield f"on {name}, as {terms.word(_short(branch.follows or ''))}"
        return
    yield f"on {name}, which follows {terms.word(_short(branch.follows or ''))}:"
    yield from (
        f"  {terms.counted(side.commits, _COMMIT)} {word}{_moved(side)}"
        for word, side in (("ahead", branch.ahead), ("behind", branch.behind))
        if side.commits
    )
    if branch.conflicts:
        collide = terms.counted(branch.conflicts, _CONFLICT)
        yield f"  merging it would leave {collide}; `gitbtc premerge {shlex.quote(_short(branch.follows))}` tells them"


def _moved(side: Side) -> str:
    told = [f"{terms.counted(moved.coins, balance.COIN)} {verb}, {terms.btc(moved.amount_sat)}"
            for moved, verb in ((side.went, "spent"), (side.came, "received")) if moved.coins]  # fmt: skip
    return f": {'; '.join(told)}" if told else ""


def _short(ref: str | None) -> str:
    """A ref's name as people type it."""
    return (ref or "").removeprefix(_HEADS).removeprefix(_REMOTES)


def _source(source: Source, now: int) -> str:
    root = f" ({terms.word(source.root)})" if source.root else ""
    if source.time is None:
        return f"{terms.word(source.name)}{root}: never asked"
    block = "" if source.block_height is None else f"block {source.block_height}, "
    when = f"{terms.utc(source.time)} ({terms.ago(now - source.time)})"
    asked = "" if source.asked is None else f"; asked {terms.ago(now - source.asked)}"
    return f"{terms.word(source.name)}{root}: as of {block}{when}{asked}"


# -- for programs -----------------------------------------------------------------------------------------------------


def document(told: Told, now: int) -> dict[str, Any]:
    """The same as JSON, in the form that docs/coins.md tells."""
    branch = told.branch
    files = [{"path": path, "told": words, "records": count} for path, words, count in told.uncommitted]
    found: dict[str, Any] = {
        "now": now,
        "fault": told.fault or None,
        "roots": [balance.root_document(balance.Told(wallet, None, None)) for wallet in told.wallets],
        "branch": None if branch is None else _branch_document(branch),
        "in_progress": told.doing,
        "conflicts": told.conflicts,
        "contested": [contested.document(root, contest) for root, contest in told.contests],
        "uncommitted": files,
        "reservations": list(told.reservations),
        "sources": [source._asdict() for source in told.sources],
    }
    return {ROOT_KEY: found}


def _branch_document(branch: Branch) -> dict[str, Any]:
    sides = {"ahead": branch.ahead, "behind": branch.behind}
    told = {name: side and {"commits": side.commits, "received": side.came._asdict(), "spent": side.went._asdict()}
            for name, side in sides.items()}  # fmt: skip
    return {"name": branch.name, "head": branch.head, "follows": branch.follows, **told, "conflicts": branch.conflicts}
