"""What a view folds away because the rest of it says so already: marks that follow from other records."""

from __future__ import annotations

from gitbtc.spends.evidence import is_dead
from gitbtc.views import terms
from gitbtc.views.beside import made_by, spent_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitbtc.diff.operations import Operation
    from gitbtc.kinds.kind import Kind, Record
    from gitbtc.views.beside import Beside, Outpoint


MOST_TOLD = 3  # indexes that are told one by one


class Folding:
    """The operations of one file: those that are told, those that another file's view tells and that are only named
    here, and in words what follows from others.
    """

    def __init__(self, kind: Kind, operations: Sequence[Operation], beside: Beside) -> None:
        self.told = list(operations)
        self.named: list[Operation] = []
        self.notes: list[str] = []
        if kind.name == "descriptors":
            self._fold_next_index()
        elif kind.name in ("transactions", "mempool"):
            flips = self._fold_flips(operations)
            if not beside.is_alone:
                self._name_payments(flips, beside)

    def _fold_next_index(self) -> None:
        """A wallet hands out its addresses one after the other. That it goes back is told."""
        ahead = [(one, sides) for one in self.told if (sides := _only_ahead(one))]
        if len(ahead) > MOST_TOLD:
            self.notes.append(f"next_index of {len(ahead)} descriptors ahead")
        else:
            self.notes += [f"next_index {old} → {new}" for _, (old, new) in ahead]
        taken = {id(one) for one, _ in ahead}
        self.told = [one for one in self.told if id(one) not in taken]

    def _fold_flips(self, operations: Sequence[Operation]) -> set[Outpoint]:
        """The outputs whose mark follows from a transaction that came, went or died in the same change."""
        before, after = (_spent([side(one) for one in operations]) for side in (_old, _new))
        explained = dict.fromkeys(after - before, True) | dict.fromkeys(before - after, False)
        flips: set[Outpoint] = set()
        kept = []
        for one in self.told:
            marks = _marks(one)
            if marks and all(explained.get(outpoint) is now for outpoint, now in marks.items()):
                flips |= marks.keys()
            else:
                kept.append(one)
        if flips:
            for outpoints, word in ((flips & after, "spent"), (flips & before, "not spent any more")):
                self.notes += [f"{terms.counted(len(outpoints), ('output', 'outputs'))} {word}"] if outpoints else []
        self.told = kept
        return flips

    def _name_payments(self, flips: set[Outpoint], beside: Beside) -> None:
        """A new transaction whose coins came or went is told with them, in the view of the coins."""
        new = {one.record["txid"]: one.record for one in self.told if one.old is None and one.new}
        live = {txid: record for txid, record in new.items() if type(txid) is str and not is_dead(record)}
        if any(one.kind.name == "mempool" for one in self.told):  # its view follows the one of the transactions
            known = beside.transactions(set(live))
            live = {txid: record for txid, record in live.items() if txid in known}
        listed = beside.listed({outpoint for record in live.values() for outpoint in made_by(record)})
        moving = {
            txid
            for txid, record in live.items()
            if not flips.isdisjoint(spent_by(record)) or not listed.isdisjoint(made_by(record))
        }
        self.named = [one for one in self.told if one.old is None and one.record["txid"] in moving]
        taken = set(map(id, self.named))
        self.told = [one for one in self.told if id(one) not in taken]


def _old(one: Operation) -> Record | None:
    return one.old


def _new(one: Operation) -> Record | None:
    return one.new


def _spent(records: Sequence[Record | None]) -> set[Outpoint]:
    return {outpoint for record in records if record and not is_dead(record) for outpoint in spent_by(record)}


def _marks(one: Operation) -> dict[Outpoint, bool]:
    """The outputs whose mark `spent` alone an operation changes, with the new one; none when it does anything else."""
    if one.fields.keys() != {"outputs"} or not (one.old and one.new):
        return {}
    before, after = one.old.get("outputs"), one.new.get("outputs")
    if not (type(before) is type(after) is list and len(before) == len(after)):
        return {}
    marks = {}
    for old, new in zip(before, after, strict=True):
        if repr(old) == repr(new):
            continue
        if not (type(old) is type(new) is dict and type(new.get("spent")) is type(old.get("spent")) is bool):
            return {}
        if repr({**old, "spent": None}) != repr({**new, "spent": None}) or list(old) != list(new):
            return {}
        marks[one.new["txid"], new["vout"]] = new["spent"]
    return marks


def _only_ahead(one: Operation) -> tuple[int, int] | None:
    sides = one.fields.get("next_index") if len(one.fields) == 1 else None
    old, new = (sides.get("old"), sides.get("new")) if sides else (None, None)
    return (old, new) if type(old) is int and type(new) is int and new > old else None
