"""What a merge could not decide, and what it decided that a person may want to know."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from gitbtc.kinds.kind import Key, Record

# Type -> what it means, in one line.
TYPES = {
    "edit": "both sides changed the same field to different values",
    "remove_change": "one side removed the record, the other changed it",
    "data_error": "two values for something that can have only one",
    "reorg": "two different blocks for the same thing",
    "append_only": "one side removed a record from a file that only grows",
    "network": "the two sides are of different networks, which never merge",
    "double_spend": "two different transactions spend the same coin",
    "double_spend_candidate": "both sides removed the coin, and neither says which transaction spent it",
    "rbf_unproven": "one transaction is to replace the other, but is not known to pay more",
    "descendant": "it was spent by a transaction built on one that lost, or that may lose",
    "restored_vs_spent": "one side has the coin back, the other still knows a transaction that spends it",
    "reservation": "one agent reserved the coin, another reserved or spent it",
}


class Conflict:
    """One record that a person has to settle.

    `base`, `ours`, `theirs` are canonical lines, None where the record does not exist; `ours` and `theirs` already
    carry whatever the other side changed without contest, so choosing a line loses nothing. `fields` are the contested
    fields. `spend` holds `outpoint`, `amount_sat`, `ours_txid`, `theirs_txid` when the conflict is about a spend, and
    `parties` then what is known of the spender of each side.
    """

    __slots__ = ("base", "fields", "key", "ours", "parties", "spend", "theirs", "type")

    def __init__(  # noqa: PLR0913, PLR0917 - a conflict has three sides and a reason
        self,
        type_: str,
        key: Key,
        base: bytes | None,
        ours: bytes | None,
        theirs: bytes | None,
        fields: tuple[str, ...] = (),
        spend: Mapping[str, Any] | None = None,
    ) -> None:
        self.type = type_
        self.key = key
        self.base = base
        self.ours = ours
        self.theirs = theirs
        self.fields = fields
        self.spend = spend
        self.parties: dict[str, Party] = {}


class Party:
    """One of those that contend for a coin: the transaction's `record` (empty where no file has one), how it `stands`
    (`mempool`, `block 105`), and `commit`, which answers, when asked, the commit that told of it: its oid and its
    subject; None where nobody can say.
    """

    __slots__ = ("commit", "record", "stands")

    def __init__(self, record: Record, stands: str, commit: Callable[[], tuple[str, str] | None]) -> None:
        self.record = record
        self.stands = stands
        self.commit = commit


class Notice:
    """Something that was decided and that a person may want to know: `text` says it in one line. What is told before
    anything else, that a coin is frozen say, has the `record` that it is about.
    """

    __slots__ = ("key", "record", "text")

    def __init__(self, key: Key, text: str, record: Record | None = None) -> None:
        self.key = key
        self.text = text
        self.record = record
