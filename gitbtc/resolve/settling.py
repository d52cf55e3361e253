"""What settling a coin does to the files of its root."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.merge.markers import hunks
from gitbtc.resolve.repair import written
from gitbtc.spends import COINS, EXECUTION, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import Evidence, inputs
from gitbtc.spends.outcome import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gitbtc.judge.spend_gate import RootView
    from gitbtc.kinds.kind import Record
    from gitbtc.merge.markers import MarkedFile
    from gitbtc.resolve.marked_shards import MarkedShards
    from gitbtc.spends.decision import Decision
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.outcome import Remembered

    # Answers with the file of a kind in the root that is settled; asked for only what is needed.
    RootFile = Callable[[str], MarkedFile | MarkedShards]

# The kinds that settling a coin changes.
SETTLED = (COINS, TRANSACTIONS, MEMPOOL)


def carry_out(view: RootView, decisions: Sequence[Decision], file_of: RootFile, remembered: Remembered) -> None:
    """Write what follows from decisions into the files of a root, which may hold conflict markers."""
    files = {kind: file_of(kind) for kind in SETTLED}
    for outpoint in {over for decision in decisions for over in _no_longer_contested(decision, files)}:
        files[COINS].settle(outpoint, files[COINS].lines.get(outpoint))
    merged = {kind: written(kind, b"", _records(file)) for kind, file in files.items()}
    result = Evidence(lambda kind: merged.get(kind, b""))
    changes = Outcome(view.fates(decisions), result, remembered).changes()
    for kind, records in changes.items():
        for key, record in records.items():
            if not (kind == COINS and key in files[COINS].open):
                files[kind].settle(key, None if record is None else codec.encode_record(built_in(kind), dict(record)))
    _write_events((event for decision in decisions for event in decision.events), file_of)


def _write_events(events: Iterable[Record], file_of: RootFile) -> None:
    for event in events:
        line = codec.encode_record(built_in(EXECUTION), event)
        file_of(EXECUTION).settle(codec.read_line(built_in(EXECUTION), line)[1], line)


def _no_longer_contested(decision: Decision, files: Mapping[str, MarkedFile | MarkedShards]) -> set[Outpoint]:
    """The coins whose conflicts are over with the decision: two transactions may have more than one in common.

    Such a conflict shows two empty sides; one that shows records is about what the coin is, and stays.
    """
    known = {**_records(files[MEMPOOL]), **_records(files[TRANSACTIONS])}
    parties = {decision.winner, *decision.losers} - {None}
    spent = {coin for txid in parties for coin in inputs(known.get((txid,), {}))}
    made = {coin for coin in files[COINS].open if coin[0] in parties}
    empty = {coin for coin, marked in files[COINS].open.items() if not any(h.ours or h.theirs for h in hunks(marked))}
    return {decision.outpoint} | ((spent | made) & empty)


def _records(file: MarkedFile | MarkedShards) -> dict[tuple[object, ...], Record]:
    return {key: codec.decode_line(file.kind, line) for key, line in file.lines.items()}
