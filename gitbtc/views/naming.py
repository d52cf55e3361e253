"""What came of a new name, as a line: `b11cec11:0  0.11538455  "Invoice" → "ACME retainer"  (coin, transaction)`."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.spends import COINS, TRANSACTIONS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from gitbtc.kinds.kind import Record

# In which file a name stands -> what bears it there.
_BEARERS = {COINS: "coin", TRANSACTIONS: "transaction", "labels": "address", "labels329": "label of BIP-329"}


class Renamed(NamedTuple):
    """What a thing was called and is called now ("": not at all), the category that it got, the kinds that changed."""

    old: Collection[str]
    new: str
    category: str | None
    kinds: Sequence[str]


def renamed(root: str, records: Mapping[str, Sequence[Record]], thing: tuple[str, str], done: Renamed) -> str:
    """The line, about a thing (type as BIP-329 has it, ref) of a root with these records."""
    type_, ref = thing
    where = [f"{terms.word(root)}:"] if root else []
    amounts = list(_amounts(records, type_, ref))
    worth = [terms.money(sum(amounts))] if amounts else []
    name = terms.short_address(ref) if type_ == "addr" else terms.with_short_ids(ref)
    bearers = ", ".join(_BEARERS[kind] for kind in _BEARERS if kind in done.kinds)
    return " ".join([*where, "  ".join([name, *worth, _change(done), f"({bearers})"])])


def _change(done: Renamed) -> str:
    before = " and ".join(map(terms.quoted, sorted(done.old)))
    after = terms.quoted(done.new) if done.new else "no name"
    if set(done.old) == {done.new}:
        return f"{after}  {done.category}" if done.category else after
    return f"{before} → {after}" if before else after


def _amounts(records: Mapping[str, Sequence[Record]], type_: str, ref: str) -> Iterator[int]:
    """Of a coin, or of an output that is none any more; a transaction and an address have none of their own."""
    if type_ != "output":
        return
    for coin in records[COINS]:
        if outpoint_text((coin["txid"], coin["vout"])) == ref:
            yield coin["amount_sat"]
            return
    txid, _, vout = ref.partition(":")
    for one in records[TRANSACTIONS]:
        if one["txid"] == txid:
            yield from (output["amount_sat"] for output in one["outputs"] if str(output["vout"]) == vout)
