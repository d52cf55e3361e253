"""State that can never be committed: the rules that hold across the files of one root, on one snapshot."""

from __future__ import annotations

from gitbtc.spends import COINS, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import EVENT, outpoint_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint


class Violation:
    """A rule that the snapshot breaks: the rule's name, the kind and identity at fault, and what is wrong."""

    __slots__ = ("identity", "kind", "rule", "text")

    def __init__(self, rule: str, kind: str, identity: str, text: str) -> None:
        self.rule = rule
        self.kind = kind
        self.identity = identity
        self.text = text


def _one_spender(evidence: Evidence) -> Iterator[Violation]:
    for outpoint, claimants in sorted(evidence.claims.items()):
        live = sorted(txid for txid, strength in claimants.items() if strength > EVENT)
        if len(live) > 1:
            name = outpoint_text(outpoint)
            yield Violation("double_spend", TRANSACTIONS, name, f"{name} is spent by {' and by '.join(live)}")


def _no_spent_coin(evidence: Evidence) -> Iterator[Violation]:
    for outpoint in spent_coins(evidence):
        name = outpoint_text(outpoint)
        spender = evidence.spender(outpoint)
        yield Violation("spent_coin", COINS, name, f"{name} is listed as a coin, but {spender} spends it")


def spent_coins(evidence: Evidence) -> list[Outpoint]:
    """The coins that a snapshot lists although a live transaction of it spends them."""
    return sorted(outpoint for outpoint in evidence.claims if evidence.spends(outpoint) and outpoint in evidence.coins)


def stale_coins(evidence: Evidence) -> list[Outpoint]:
    """The same, and coins that a transaction was to make that lost: what a merge may list, and nobody can spend."""
    return sorted(
        {*spent_coins(evidence), *(made for made in evidence.made_by(evidence.dead) if made in evidence.coins)}
    )


def stale_pending(evidence: Evidence) -> list[str]:
    """The transactions that wait in the mempool although they are confirmed, or void."""
    return sorted(txid for txid in evidence.mempool if txid in evidence.dead or evidence.is_confirmed(txid))


def _confirmed_left_mempool(evidence: Evidence) -> Iterator[Violation]:
    for txid in sorted(evidence.mempool.keys() & evidence.transactions.keys()):
        if evidence.transactions[txid].get("confirmed"):
            yield Violation("confirmed_in_mempool", MEMPOOL, txid, f"{txid} is confirmed, and still in mempool.json")


def _fees_add_up(evidence: Evidence) -> Iterator[Violation]:
    for kind, records in ((TRANSACTIONS, evidence.transactions), (MEMPOOL, evidence.mempool)):
        for txid, record in sorted(records.items()):
            text = _fee_fault(record)
            if text:
                yield Violation("fee", kind, txid, f"{txid}: {text}")


def _fee_fault(record: Record) -> str:
    """What is wrong with a transaction's fee; nothing is when an input's amount is unknown, or it has no inputs."""
    amounts = [spent.get("amount_sat") for spent in record.get("inputs", ())]
    if not amounts or None in amounts or not record.get("outputs"):
        return ""
    paid = sum(amounts) - sum(output["amount_sat"] for output in record["outputs"])
    if paid < 0:
        return f"its outputs are worth {-paid} sat more than its inputs"
    fee = record.get("fee_sat")
    return f"its fee is {fee} sat, but its inputs less its outputs are {paid} sat" if fee not in (None, paid) else ""


_RULES: tuple[Callable[[Evidence], Iterator[Violation]], ...] = (
    _one_spender,
    _no_spent_coin,
    _confirmed_left_mempool,
    _fees_add_up,
)


def violations(evidence: Evidence) -> Iterator[Violation]:
    """Every rule about coins and transactions that a snapshot breaks."""
    for rule in _RULES:
        yield from rule(evidence)
