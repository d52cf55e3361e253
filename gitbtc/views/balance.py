"""What there is, a line a class of coins, and as a document for programs."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.coins import balance
from gitbtc.coins.holdings import (
    CONTESTED,
    FOREIGN,
    FROZEN,
    IMMATURE,
    MINE,
    OTHERS,
    OWN,
    RESERVED,
    SPENDABLE,
    UNCONFIRMED,
)
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views import terms
from gitbtc.views.table import Row, laid_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from gitbtc.coins.balance import Sum
    from gitbtc.coins.wallet import Wallet
    from gitbtc.kinds.kind import Record

ROOT_KEY = "gitbtc.balance/v1"
COIN = ("coin", "coins")
WORDS = {
    (SPENDABLE, ""): "spendable",
    (RESERVED, MINE): "reserved by you",
    (RESERVED, OTHERS): "reserved by others",
    (FROZEN, ""): "frozen",
    (UNCONFIRMED, OWN): "unconfirmed, own change",
    (UNCONFIRMED, FOREIGN): "unconfirmed, from others",
    (IMMATURE, ""): "immature",
    (CONTESTED, ""): "contested",
}


def heading(wallet: Wallet) -> str:
    """The root, its network, the tip and when that was."""
    chain = wallet.chain
    root = terms.word(wallet.root) if wallet.root else "."
    if not chain:
        return f"{root}  (no network/chain.json: heights and ages are not known)"
    return f"{root}  {chain['network']}, block {chain['block_height']}, {terms.utc(chain['block_time'])}"


class Told(NamedTuple):
    """What is told of a root. `price`: the record that dollars are told by; `groups`: name -> its coins."""

    wallet: Wallet
    price: Record | None
    groups: Mapping[str, Sum] | None


def lines(told: Told, by: str | None = None) -> Iterator[str]:
    """The classes that have coins and their sum; the groups, `by` what they are; what is contested and not listed."""
    wallet, price, groups = told
    yield heading(wallet)
    everything = wallet.balance.everything
    rows = [(WORDS[about], held, _note(wallet, about)) for about, held in wallet.balance.classes.items()
            if held.coins or about == (SPENDABLE, "")]  # fmt: skip
    yield from _table([*rows, ("all coins", everything, _worth(everything, price))])
    if groups is not None:
        yield ""
        shown = terms.quoted if by == "label" else terms.word
        yield from _table([(shown(name) if name else "(no label)", held, "") for name, held in groups.items()])
    for outpoint, amount in wallet.not_listed():
        worth = "an amount that is not known" if amount is None else terms.btc(amount)
        name = terms.with_short_ids(outpoint_text(outpoint))
        why = "contested, and not listed until it is settled; `gitbtc check` tells how"
        yield f"  not in the sum: {worth}, {name}: {why}"


def _table(rows: Sequence[tuple[str, Sum, str]]) -> Iterator[str]:
    cells = [Row("", [name, terms.btc(held.amount_sat), terms.counted(held.coins, COIN) + note])
             for name, held, note in rows]  # fmt: skip
    yield from (f"  {line}" for _, line in laid_out(cells, 0, right=frozenset([1])))


def _note(wallet: Wallet, about: tuple[str, str]) -> str:
    first = wallet.balance.matures if about == (IMMATURE, "") else None
    return "" if first is None else f", the first from block {first} on"


def _worth(held: Sum, price: Record | None) -> str:
    if price is None:
        return ""
    amount = balance.usd(held.amount_sat, price)
    read = f"{terms.word(price['source'])}, {terms.utc(price['timestamp'])}"
    return f"\n    {amount:,} USD at {price['price_usd']!r} USD ({read})"


def document(told: Iterable[Told], by: str | None) -> dict[str, Any]:
    """The same as JSON, in the form that docs/coins.md tells; `by` names what the groups are."""
    return {ROOT_KEY: {"by": by, "roots": [root_document(one) for one in told]}}


def root_document(told: Told) -> dict[str, Any]:
    """What JSON tells of a root."""
    wallet, price, groups = told
    everything = wallet.balance.everything
    classes = [
        {"class": name, "detail": detail or None, **_sum(held)}
        for (name, detail), held in wallet.balance.classes.items()
    ]
    return {
        "root": wallet.root, **tip(wallet), "classes": classes, **_sum(everything),
        "contested_not_listed": [
            {"outpoint": outpoint_text(outpoint), "amount_sat": amount} for outpoint, amount in wallet.not_listed()
        ],
        "core": wallet.balance.core._asdict(),
        "usd": None if price is None else {"amount": str(balance.usd(everything.amount_sat, price)), "price": price},
        "groups": None if groups is None else [{"name": name, **_sum(held)} for name, held in groups.items()],
    }  # fmt: skip


def tip(wallet: Wallet) -> dict[str, Any]:
    """The network and the tip of a root; null where no chain.json says them."""
    names = ("network", "block_height", "block_hash", "block_time")
    return {name: wallet.chain.get(name) for name in names}


def _sum(held: Sum) -> dict[str, int]:
    return held._asdict()
