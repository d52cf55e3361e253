"""What settling a coin does to the files of its root, whoever decided it: a person, or the evidence."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.markers import hunks
from gitbtc.spends import COINS, EXECUTION, MEMPOOL, TRANSACTIONS
from gitbtc.spends.coins import Coins
from gitbtc.spends.evidence import inputs
from gitbtc.spends.settle import settle
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitbtc.judge.spend_gate import SnapshotOf
    from gitbtc.kinds.kind import Record
    from gitbtc.markers import MarkedFile
    from gitbtc.repo.git import Git
    from gitbtc.spends.coins import Outpoint
    from gitbtc.spends.decisions import Decision
    from gitbtc.spends.settle import KnownCoin, Settlement
    from gitbtc.state.merging import Merging
    from gitbtc.state.snapshot import Snapshot

    # Answers with the file of a kind in the root that is settled; asked for only what is needed.
    RootFile = Callable[[str], MarkedFile]

# The kinds that settling a coin changes.
SETTLED = (COINS, TRANSACTIONS, MEMPOOL)


def carry_out(decision: Decision, outpoint: Outpoint, file_of: RootFile, known_coin: KnownCoin) -> None:
    """Write a decision about `outpoint` into the files of its root."""
    if decision.view is not None:
        file_of(COINS).settle(outpoint, _line(COINS, decision.view.coin))
    if decision.settlement is not None:
        _settle(decision.settlement, outpoint, file_of, known_coin)
    for event in decision.events:
        line = codec.encode_record(built_in(EXECUTION), event)
        file_of(EXECUTION).settle(codec.read_line(built_in(EXECUTION), line)[1], line)


def _settle(settlement: Settlement, outpoint: Outpoint, file_of: RootFile, known_coin: KnownCoin) -> None:
    files = {kind: file_of(kind) for kind in SETTLED}
    for over in _no_longer_contested(settlement, outpoint, files):
        files[COINS].settle(over, files[COINS].lines.get(over))
    before, after = ({kind: _records(file) for kind, file in files.items()} for _ in range(2))
    settle(after, settlement, known_coin)
    for kind, file in files.items():
        for key in before[kind].keys() | after[kind].keys():
            record = after[kind].get(key)
            if record != before[kind].get(key):
                file.settle(key, _line(kind, record))


def _no_longer_contested(settlement: Settlement, outpoint: Outpoint, files: dict[str, MarkedFile]) -> set[Outpoint]:
    """The coins whose conflicts are over with that about `outpoint`: two transactions may have more than one in common.

    Such a conflict shows two empty sides; one that shows records is about what the coin is, and stays.
    """
    known = {**_records(files[MEMPOOL]), **_records(files[TRANSACTIONS])}
    spent = {coin for txid in settlement.winners | settlement.losers for coin in inputs(known.get((txid,), {}))}
    empty = {coin for coin, marked in files[COINS].open.items() if not any(h.ours or h.theirs for h in hunks(marked))}
    return {outpoint} | (spent & empty)


def coins_known_to(git: Git | None, merging: Merging, snapshot_of: SnapshotOf, root: str) -> KnownCoin:
    """A coin as one of the merged heads or their common ancestors lists it, else as the last commit before them did; of
    heads that are no commits (no `git`) nothing is known before them.
    """
    path = path_in(root, COINS)

    def known(outpoint: Outpoint) -> Record | None:
        now = (snapshot_of(oid) for oid in (*merging.heads, *merging.bases(0, 1)))
        coin = next((coin for one in now if (coin := one.evidence(root).coins.get(outpoint))), None)
        if coin is not None or git is None:
            return coin
        return last_listed(git, merging.heads, snapshot_of, path, outpoint)

    return known


def last_listed(
    git: Git, revisions: Sequence[str], snapshot_of: Callable[[str], Snapshot], path: str, outpoint: Outpoint
) -> Record | None:
    """A coin as the last commit before `revisions` that listed it in the file `path` had it."""
    ends_in = f'{outpoint[0]}","vout":{outpoint[1]}}}'
    before = (snapshot_of(oid) for oid in git.last_with(ends_in, path, revisions))
    return next((coin for one in before if (coin := Coins(one.content(path)).get(outpoint))), None)


def _line(kind: str, record: Record | None) -> bytes | None:
    return None if record is None else codec.encode_record(built_in(kind), dict(record))


def _records(file: MarkedFile) -> dict[tuple[object, ...], Record]:
    return {key: codec.decode_line(file.kind, line) for key, line in file.lines.items()}
