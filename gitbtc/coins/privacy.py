"""What the history of a root gives away, as far as its own records prove it. Findings, and no score."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from gitbtc.coins.names import UNCATEGORISED
from gitbtc.coins.scripts import script_of
from gitbtc.spends.evidence import inputs
from gitbtc.spends.rules import output_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.coins.wallet import Wallet
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.listing import Outpoint

REUSE, EXPOSED, CHANGE_TYPE, ROUND, LINKED, BACK, DUST, PUBLISHED = (
    "address_reuse", "reused_after_spend", "recognisable_change", "round_payment", "linked_categories",
    "paid_back", "dust", "published_keys",
)  # fmt: skip
# An amount that a person thought of: a multiple of so many satoshi.
_ROUND_SAT = 100_000
# Less than this, from a stranger to an address that was used before, is hardly a payment.
_DUST_SAT = 1_000


class Finding(NamedTuple):
    """Something that others can see: its type, the address, the transaction or the ref that it is about, the
    transactions that show it, and what else there is to say: labels, categories, an amount (sat).
    """

    type: str
    about: str
    txids: list[str]
    told: list[str]


class _History:
    """The live transactions of a root, oldest first, with what of them is its own."""

    def __init__(self, wallet: Wallet) -> None:
        self.wallet = wallet
        self.evidence = wallet.evidence
        live = (one for txid, one in wallet.evidence.transactions.items() if wallet.evidence.standing(txid).is_live)
        self.transactions = sorted(live, key=_order)
        self._known: dict[str, bool] = {}

    def is_own(self, address: str | None) -> bool:
        """Whether an address is the root's."""
        if not address:
            return False
        if address not in self._known:
            script = script_of(address)
            self._known[address] = script is not None and self.wallet.scripts.has(script)
        return self._known[address]

    def spent(self, transaction: Record) -> list[Record | None]:
        """The outputs that a transaction spends; None for one that nothing here tells of."""
        return [output_of(self.evidence, outpoint) for outpoint in inputs(transaction)]

    def pays_alone(self, transaction: Record) -> bool:
        """Whether all of its inputs are known to be the root's."""
        spent = self.spent(transaction)
        return bool(spent) and all(output is not None and self.is_own(output["address"]) for output in spent)

    def own_outputs(self, transaction: Record) -> list[Record]:
        """Its outputs that are the root's."""
        return [output for output in transaction["outputs"] if self.is_own(output["address"])]

    def foreign_outputs(self, transaction: Record) -> list[Record]:
        """Its outputs to others."""
        return [output for output in transaction["outputs"] if output["address"] and not self.is_own(output["address"])]

    @cached_property
    def received(self) -> dict[str, list[str]]:
        """address -> the transactions that paid to it, oldest first, each once."""
        found: dict[str, dict[str, None]] = {}
        for one in self.transactions:
            for output in self.own_outputs(one):
                found.setdefault(output["address"], {})[one["txid"]] = None
        return {address: list(txids) for address, txids in found.items()}


def _order(transaction: Record) -> tuple[bool, int, str]:
    """By block; what no block holds comes last."""
    height = transaction["block_height"]
    return height is None, height or 0, transaction["txid"]


def findings(wallet: Wallet, published: list[str]) -> list[Finding]:
    """What a root's history shows; `published` are the remote-tracking refs that hold its descriptors."""
    history = _History(wallet)
    found = [one for find in (_reuse, _exposed, _change, _round, _linked, _paid_back, _dust) for one in find(history)]
    return found + [Finding(PUBLISHED, ref, [], []) for ref in published]


def _reuse(history: _History) -> Iterator[Finding]:
    """One address, several transactions that paid to it: whoever pays sees the others."""
    for address, txids in sorted(history.received.items()):
        if len(txids) > 1:
            yield Finding(REUSE, address, txids, [])


def _exposed(history: _History) -> Iterator[Finding]:
    """An address that was paid to again after it had been spent from, so that its key is on the chain."""
    spent_at: dict[str, tuple[bool, int]] = {}  # in one block nobody can tell what came first
    found: dict[str, list[str]] = {}
    for one in history.transactions:
        moment = _order(one)[:2]
        for output in history.spent(one):
            if output is not None and history.is_own(output["address"]):
                spent_at.setdefault(output["address"], moment)
        for output in history.own_outputs(one):
            if spent_at.get(output["address"], moment) < moment:
                found.setdefault(output["address"], []).append(one["txid"])
    for address, txids in sorted(found.items()):
        yield Finding(EXPOSED, address, list(dict.fromkeys(txids)), [])


def _change(history: _History) -> Iterator[Finding]:
    """Change of a script type that no input has: which output is the change is plain to see."""
    for one in history.transactions:
        if not history.pays_alone(one) or not history.foreign_outputs(one):
            continue
        types = {output["script_type"] for output in history.spent(one) if output is not None}
        odd = sorted({output["script_type"] for output in history.own_outputs(one)} - types)
        if odd:
            yield Finding(CHANGE_TYPE, one["txid"], [one["txid"]], odd)


def _round(history: _History) -> Iterator[Finding]:
    """A round amount beside change that is not: which output is the payment is plain to see."""
    for one in history.transactions:
        own = history.own_outputs(one)
        if not own or not history.pays_alone(one) or any(_is_round(output) for output in own):
            continue
        amounts = [output["amount_sat"] for output in history.foreign_outputs(one) if _is_round(output)]
        if amounts:
            yield Finding(ROUND, one["txid"], [one["txid"]], [str(amount) for amount in sorted(amounts)])


def _is_round(output: Record) -> bool:
    amount: int = output["amount_sat"]
    return amount > 0 and amount % _ROUND_SAT == 0


def _linked(history: _History) -> Iterator[Finding]:
    """Inputs of several categories in one transaction: all the world knows that one person has them."""
    for one in history.transactions:
        own = [output for output in history.spent(one) if output is not None and history.is_own(output["address"])]
        categories = {history.wallet.names.category(output) for output in own} - {UNCATEGORISED}
        if len(categories) > 1:
            yield Finding(LINKED, one["txid"], [one["txid"]], sorted(categories))


def _paid_back(history: _History) -> Iterator[Finding]:
    """A payment to an address that paid in: who was paid knows whose the other coins are."""
    payers: dict[str, str] = {}
    for one in history.transactions:
        if history.own_outputs(one):
            for output in history.spent(one):
                if output is not None and output["address"] and not history.is_own(output["address"]):
                    payers.setdefault(output["address"], one["txid"])
    for one in history.transactions:
        if history.pays_alone(one):
            for output in history.foreign_outputs(one):
                if output["address"] in payers:
                    yield Finding(BACK, output["address"], [payers[output["address"]], one["txid"]], [])


def _dust(history: _History) -> Iterator[Finding]:
    """A tiny coin of a stranger on an address that was used before: whoever spends it beside others links them."""
    for holding in history.wallet.holdings:
        coin = holding.coin
        used = history.received.get(coin["address"], [])
        if coin["amount_sat"] < _DUST_SAT and len(used) > 1 and _is_strangers(history, holding.outpoint):
            name = f"{holding.outpoint[0]}:{holding.outpoint[1]}"
            yield Finding(DUST, name, [holding.outpoint[0]], [str(coin["amount_sat"])])


def _is_strangers(history: _History, outpoint: Outpoint) -> bool:
    spent = history.spent(history.evidence.record(outpoint[0]))
    return not any(output is not None and history.is_own(output["address"]) for output in spent)
