"""What a coin is called, and what its money is for the books: by its own record, or by labels of it and its address."""

from __future__ import annotations

from gitbtc.spends.evidence import outpoint_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.kind import Record

UNCATEGORISED = "unknown"  # the category, in labels.json, of what nobody has put into one


class Names:
    """The names in a root's labels.json (`labels`) and labels.jsonl (`rows`, of BIP-329)."""

    def __init__(self, labels: Iterable[Record], rows: Iterable[Record]) -> None:
        self._categories: dict[str, set[str]] = {}
        self._named: dict[tuple[str, str], set[str]] = {}
        for row in rows:
            if row.get("label"):
                self._named.setdefault((row["type"], row["ref"]), set()).add(row["label"])
        for label in labels:
            self._categories.setdefault(label["address"], set()).add(label["category"])
            self._named.setdefault(("addr", label["address"]), set()).add(label["label"])

    def label(self, coin: Record) -> str:
        """The coin's name: its own, else that of its row, its address, its transaction; "" for none. Several names of
        one thing are told in order.
        """
        if coin["label"]:
            return str(coin["label"])
        ref = outpoint_text((coin["txid"], coin["vout"]))
        about = (("output", ref), ("addr", coin["address"]), ("tx", coin["txid"]))
        return next((" / ".join(sorted(names)) for one in about if (names := self._named.get(one))), "")

    def category(self, coin: Record) -> str:
        """The category of the coin's address; `unknown` where it has none, several in order where it has several."""
        found = self._categories.get(coin["address"], set())
        return " and ".join(sorted(found - {UNCATEGORISED})) or UNCATEGORISED
