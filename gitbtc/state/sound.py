"""Records that a command counts on: what their schemas say, or nobody is told anything about them."""

from __future__ import annotations

from gitbtc.errors import CannotWork
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.repo.git import SUBMODULE, SYMBOLIC_LINK
from gitbtc.spends import CHAIN, COINS, EXECUTION, LABELS_329, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.state.snapshot import path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint
    from gitbtc.state.snapshot import Snapshot


def known(snapshot: Snapshot, root: str) -> Evidence:
    """What `snapshot` knows of `root`; CannotWork when its log or its chain are not what their schemas say."""
    for kind in (EXECUTION, CHAIN):
        records_of(snapshot, root, kind)
    return snapshot.evidence(root)


def claims(snapshot: Snapshot, root: str) -> Evidence:
    """The same, but for coins, which are read when they are asked for; CannotWork also when its transactions are not
    what their schemas say.
    """
    for kind in (TRANSACTIONS, MEMPOOL):
        _check_is_file(snapshot, root, kind)
    try:
        evidence = snapshot.claims(root)
    except CannotWork:
        for kind in (TRANSACTIONS, MEMPOOL, EXECUTION, CHAIN):
            records_of(snapshot, root, kind)  # which names the file
        raise
    sound(TRANSACTIONS, root, evidence.transactions.values())
    sound(MEMPOOL, root, evidence.mempool.values())
    for kind in (EXECUTION, CHAIN):
        records_of(snapshot, root, kind)
    return evidence


def records_of(snapshot: Snapshot, root: str, kind: str) -> list[Record]:
    """The records of the file of a built-in kind (of an object file, one), none without the file; CannotWork when they
    are not what their schema says, or no file stands in its place.
    """
    path = _check_is_file(snapshot, root, kind)
    try:
        content = snapshot.of_kind(root, kind)
        parsed = codec.parse(built_in(kind), content) if content else []
    except codec.Malformed as error:
        raise CannotWork(f"{path}: does not parse ({error}); mend it first") from None
    records = parsed if isinstance(parsed, list) else [parsed]
    sound(kind, root, records)
    return records


def records_in_pieces(snapshot: Snapshot, root: str, kind: str, *, again: bool = False) -> Iterator[list[Record]]:
    """The same of a kind with many records, some megabytes at a time, in order. codec.Malformed where the file is not
    canonical, perhaps only at its end. `again`: whether they are what their schema says, is looked at elsewhere.
    """
    for content in snapshot.parts(_check_is_file(snapshot, root, kind)):
        for records in codec.records_in_pieces(built_in(kind), content):
            if not again:
                sound(kind, root, records)
            yield records


def _check_is_file(snapshot: Snapshot, root: str, kind: str) -> str:
    """The path of the file of a kind."""
    path = path_in(root, kind)
    if snapshot.entries.get(path, ("",))[0] in (SYMBOLIC_LINK, SUBMODULE):
        raise CannotWork(f"{path}: a symbolic link or a submodule stands in a state file's place; put the file there")
    return path


def listed(snapshot: Snapshot, root: str, outpoints: list[Outpoint]) -> list[Record]:
    """The coins among `outpoints` that `root` lists; CannotWork for one that is not what its schema says."""
    coins = [coin for outpoint in outpoints if (coin := snapshot.evidence(root).coins.get(outpoint))]
    sound(COINS, root, coins)
    return coins


def frozen(snapshot: Snapshot, root: str, coins: Sequence[Record]) -> set[str]:
    """The outpoints of those of `coins` that are not to be spent, by their own word or that of a label."""
    labelled = frozen_by_label(snapshot, root)
    return {outpoint_text((coin["txid"], coin["vout"])) for coin in coins if is_frozen(coin, labelled)}


def frozen_by_label(snapshot: Snapshot, root: str) -> set[str]:
    """The outputs, as texts, that a label says are not to be spent."""
    labels = snapshot.of_kind(root, LABELS_329)
    if b'"spendable":false' not in labels.replace(b" ", b""):  # which few of many say
        return set()
    rows = records_of(snapshot, root, LABELS_329)
    return {row["ref"] for row in rows if row["type"] == "output" and row.get("spendable") is False}


def is_frozen(coin: Record, labelled: Container[str]) -> bool:
    """Whether a coin is not to be spent, by its own word or that of a label."""
    return coin.get("spendable") is False or outpoint_text((coin["txid"], coin["vout"])) in labelled


def sound(kind: str, root: str, records: Iterable[Record]) -> None:
    """Raise CannotWork for the first of `records` of a kind that is not what its schema says."""
    from gitbtc.kinds.validate import violations

    for violation in violations(built_in(kind), records):
        raise CannotWork(f"{path_in(root, kind)}: {violation}; `gitbtc validate` lists such faults")
