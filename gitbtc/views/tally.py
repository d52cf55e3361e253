"""How many records came, went and changed, and what that does to the balance."""

from __future__ import annotations

from gitbtc.diff.operations import DELETE, INSERT
from gitbtc.views import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.diff.operations import Operation
    from gitbtc.kinds.kind import Kind, Record


class Tally:
    """The sums over the operations of one file. `balance` is in sat; None when the kind has none, or when an amount is
    not a whole number.
    """

    __slots__ = ("balance", "came", "changed", "kind", "went")

    def __init__(self, kind: Kind, operations: Iterable[Operation]) -> None:
        self.kind = kind
        self.came = self.went = self.changed = 0
        self.balance: int | None = 0 if kind.balance else None
        for operation in operations:
            self._count(operation)

    def _count(self, operation: Operation) -> None:
        self.came += operation.name == INSERT
        self.went += operation.name == DELETE
        self.changed += operation.name not in (INSERT, DELETE)
        if self.balance is not None:
            before, after = _worth(self.kind, operation.old), _worth(self.kind, operation.new)
            self.balance = None if before is None or after is None else self.balance + after - before

    def counts(self) -> str:
        """`2 coins received, 1 spent, 3 changed`; empty when nothing did."""
        verbs = zip((self.came, self.went, self.changed), (*self.kind.verbs, "changed"), strict=True)
        counts = [(number, verb) for number, verb in verbs if number]
        told = [f"{number:,} {verb}" for number, verb in counts[1:]]
        return ", ".join([f"{terms.counted(number, self.kind.noun)} {verb}" for number, verb in counts[:1]] + told)

    def gain(self) -> str:
        """The change of the balance in BTC, with its sign; empty for kinds without a balance."""
        if not self.kind.balance:
            return ""
        if self.balance is None:
            return "balance unknown"
        return f"balance {terms.btc(self.balance, signed=True)}" if self.balance else "balance unchanged"


def _worth(kind: Kind, record: Record | None) -> int | None:
    amount = record.get(kind.balance) if record else 0
    return amount if type(amount) is int else None
