"""What a root holds once a source was brought in: `Vault  wsh 2-of-3   41 transactions   23 coins   4.21076854 BTC at
block 942742 (28 Mar 2026)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gitbtc.errors import printable
from gitbtc.spends import CHANNELS, COINS, TRANSACTIONS
from gitbtc.views import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitbtc.kinds.kind import Record

_MULTISIG = re.compile(r"(?:sorted)?multi(?:_a)?\((\d+),([^()]*)\)")
_WRAPPED = re.compile(r"(?:sh\(wsh|wsh|sh|tr)(?=\()")
_GAP = "   "


@dataclass(frozen=True)
class Stock:
    """Of the kinds of which a source speaks, by name, how many records there are; what the coins are worth (sat; None
    where it speaks of none), and the `descriptors`.
    """

    counts: Mapping[str, int]
    worth: int | None
    descriptors: Sequence[Record]


def holding(name: str, held: Stock, tip: Record) -> str:
    """The line: what pays the wallet, how many transactions and coins it has, their worth, as of which block."""
    kinds = scripts(held.descriptors)
    head = "  ".join([printable(name), *([kinds] if kinds else [])])
    counts = [
        terms.counted(held.counts[kind], noun)
        for kind, noun in ((TRANSACTIONS, _TRANSACTION), (COINS, _COIN), (CHANNELS, _CHANNEL)) if held.counts.get(kind)
    ]  # fmt: skip
    amount = [terms.btc(held.worth)] if held.worth is not None else []
    day = terms.day(tip["block_time"]) if type(tip.get("block_time")) is int else ""
    at = f"at block {tip['block_height']}{f' ({day})' if day else ''}"
    return _GAP.join([head, *counts, " ".join([*amount, at])])


_TRANSACTION, _COIN, _CHANNEL = ("transaction", "transactions"), ("coin", "coins"), ("channel", "channels")
_MOST_NAMED = 2


def scripts(descriptors: Sequence[Record]) -> str:
    """What kind of wallet descriptors make: `wsh 2-of-3`, `p2wpkh and p2tr`; of many kinds their number."""
    told = sorted({_script(str(one.get("descriptor", "")), str(one.get("script_type", ""))) for one in descriptors})
    return " and ".join(told) if len(told) <= _MOST_NAMED else f"{len(told)} types of script"


def _script(descriptor: str, script_type: str) -> str:
    found, wrapped = _MULTISIG.search(descriptor), _WRAPPED.match(descriptor)
    if found is None:
        return script_type
    keys = found[2].count(",") + 1
    return f"{wrapped[0].replace('(', '-') if wrapped else 'bare'} {found[1]}-of-{keys}"
