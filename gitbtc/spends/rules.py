"""State that can never be committed: the rules that hold across the files of one root, on one snapshot.

Where a root knows both sides of a fact, they agree. What each rule means, and how to mend what breaks it, is told in
gitbtc.views.rules.
"""

from __future__ import annotations

from gitbtc.kinds import json_text
from gitbtc.kinds.bech32 import witness_program
from gitbtc.spends import COINS, MEMPOOL, TRANSACTIONS
from gitbtc.spends.evidence import EVENT, inputs, is_marked, outpoint_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from typing import Any

    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

    # What a coin was worth (sat); None where nobody knows.
    Worth = Callable[[Outpoint], int | None]


SPENT_FLAG = "spent_flag"


class Violation:
    """A rule that the snapshot breaks: the rule's name, the kind and identity at fault, and what is wrong.

    `record` names the record to look at, where that is another one; `place_of` tells where a record of that name
    stands: a file and the number of a line, ("", 0) where it does not.
    """

    __slots__ = ("identity", "kind", "place_of", "record", "rule", "text")

    def __init__(self, rule: str, kind: str, identity: str, text: str, record: str = "") -> None:
        self.rule = rule
        self.kind = kind
        self.identity = identity
        self.text = text
        self.record = record or identity
        self.place_of: Callable[[str], tuple[str, int]] = _nowhere

    @property
    def place(self) -> tuple[str, int]:
        """The file in which the record stands, and the line on which it begins there; ("", 0) where it does not."""
        return self.place_of(self.record)

    def told_of(self, path: str) -> str:
        """What is wrong with the records that are called `path`, after the line where that is known, and after the
        shard in which it is.
        """
        file, line = self.place
        if not line:
            return self.text
        return f"line {line}: {self.text}" if file == path else f"{file}: line {line}: {self.text}"


def _nowhere(_: str) -> tuple[str, int]:
    return "", 0


# -- who spends what ---------------------------------------------------------------------------------------------------


def _one_spender(evidence: Evidence, scope: Scope) -> Iterator[Violation]:
    for outpoint, live in _contended(evidence, scope.outpoints).items():
        name = outpoint_text(outpoint)
        yield Violation("double_spend", TRANSACTIONS, name, f"{name} is spent by {' and by '.join(live)}", live[-1])


def double_spends(evidence: Evidence) -> dict[Outpoint, list[str]]:
    """The coins that several live transactions of a snapshot spend, in order, and which those are."""
    return _contended(evidence, evidence.claims)


def _contended(evidence: Evidence, outpoints: Iterable[Outpoint]) -> dict[Outpoint, list[str]]:
    claims = ((at, evidence.claimants(at)) for at in sorted(outpoints))
    live = {at: sorted(txid for txid, strength in claimants.items() if strength > EVENT) for at, claimants in claims}
    return {outpoint: txids for outpoint, txids in live.items() if len(txids) > 1}


def _no_spent_coin(evidence: Evidence, scope: Scope) -> Iterator[Violation]:
    for outpoint in _spent_coins(evidence, scope.listings):
        name = outpoint_text(outpoint)
        spender = evidence.spender(outpoint)
        yield Violation("spent_coin", COINS, name, f"{name} is listed as a coin, but {spender} spends it")


def spent_coins(evidence: Evidence) -> list[Outpoint]:
    """The coins that a snapshot lists although a live transaction of it spends them."""
    return _spent_coins(evidence, evidence.claims)


def _spent_coins(evidence: Evidence, outpoints: Iterable[Outpoint]) -> list[Outpoint]:
    return sorted(outpoint for outpoint in outpoints if evidence.spends(outpoint) and outpoint in evidence.coins)


def _no_void_coin(evidence: Evidence, scope: Scope) -> Iterator[Violation]:
    for outpoint in evidence.coins.of_any(scope.void):
        name, txid = outpoint_text(outpoint), outpoint[0]
        why = "is in no mempool" if txid in evidence.waiting else _lost(evidence, txid)
        yield Violation("void_coin", COINS, name, f"{name} is listed as a coin, but {txid} {why}")


def _nothing_on_lost(evidence: Evidence, scope: Scope) -> Iterator[Violation]:
    """What only the log names is nobody's record, and is not marked either: it counts for nothing here."""
    for parent in sorted(scope.lost):
        for outpoint in sorted(evidence.outputs_spent(parent)):
            for txid, strength in sorted(evidence.claimants(outpoint).items()):
                if strength > EVENT:
                    text = f"{txid} spends {outpoint_text(outpoint)}, but {parent} {_lost(evidence, parent)}"
                    yield Violation("built_on_lost", _kind(evidence, txid), txid, text)


def _lost(evidence: Evidence, txid: str) -> str:
    winner = evidence.transactions[txid].get("replaced_by")
    return f"was replaced by {winner}" if winner else "is abandoned"


def _kind(evidence: Evidence, txid: str) -> str:
    return TRANSACTIONS if txid in evidence.transactions else MEMPOOL


# -- the mempool and the history ---------------------------------------------------------------------------------------


def _pending_as_recorded(evidence: Evidence, scope: Scope) -> Iterator[Violation]:
    for txid in sorted(txid for txid in scope.pending if txid in evidence.transactions):
        record, entry = evidence.transactions[txid], evidence.mempool[txid]
        if record.get("confirmed"):
            yield Violation("confirmed_in_mempool", MEMPOOL, txid, f"{txid} is confirmed, and still in mempool.json")
        if record.get("in_mempool") is False:
            text = f"{txid} is in mempool.json, and in_mempool is false in transactions.json"
            yield Violation("two_records", MEMPOOL, txid, text)
        for text in _differences(record, entry):
            told = f"{txid}: {text} by transactions.json and mempool.json"
            yield Violation("two_records", MEMPOOL, txid, told)


def _differences(record: Record, entry: Record) -> Iterator[str]:
    """What two records of one transaction tell differently."""
    if sorted(inputs(record)) != sorted(inputs(entry)):
        yield "the coins that it spends differ"
    else:
        held = {(spent["txid"], spent["vout"]): spent.get("amount_sat") for spent in record.get("inputs", ())}
        for spent in entry.get("inputs", ()):
            pair = held[spent["txid"], spent["vout"]], spent.get("amount_sat")
            if None not in pair and pair[0] != pair[1]:
                yield f"the input {spent['txid']}:{spent['vout']} is worth {pair[0]} and {pair[1]} sat"
    made = {output["vout"]: output for output in record.get("outputs", ())}
    others = {output["vout"]: output for output in entry.get("outputs", ())}
    if made and others and made.keys() != others.keys():
        yield "the outputs that it makes differ"
    for vout in sorted(made.keys() & others.keys()):
        for name, one, other in _contradictions(made[vout], others[vout]):
            yield f"output {vout}: {name} is {one} and {other}"
    fees = record.get("fee_sat"), entry.get("fee_sat")
    if None not in fees and fees[0] != fees[1]:
        yield f"the fee is {fees[0]} and {fees[1]} sat"


# -- one transaction ---------------------------------------------------------------------------------------------------


def _transactions(evidence: Evidence, scope: Scope) -> Iterator[Violation]:
    for kind, records in ((TRANSACTIONS, evidence.transactions), (MEMPOOL, evidence.mempool)):
        worth = _worth(evidence)
        for txid, record in sorted(scope.of(records)):
            for rule, find in _OF_ONE:
                for text in find(evidence, record, worth):
                    yield Violation(rule, kind, txid, f"{txid}: {text}")


def _worth(evidence: Evidence) -> Worth:
    """What the transaction that made a coin says that it is worth."""

    def worth(outpoint: Outpoint) -> int | None:
        output = output_of(evidence, outpoint)
        amount: int | None = output["amount_sat"] if output else None
        return amount

    return worth


def output_of(evidence: Evidence, outpoint: Outpoint) -> Record | None:
    """The output that a transaction's record, or its entry in the mempool, tells of; None where it tells of none."""
    txid, vout = outpoint
    outputs = evidence.record(txid).get("outputs", ())
    return next((output for output in outputs if output["vout"] == vout), None)


def _marks(evidence: Evidence, record: Record, _: Worth) -> Iterable[str]:
    if not is_marked(record):
        return ()
    txid, newer = record["txid"], record.get("replaced_by")
    if record.get("confirmed"):
        mark = f"replaced by {newer}" if newer else "abandoned"
        return (f"it is confirmed (block {record.get('block_height')}), and marked as {mark}",)
    chain = [txid]
    while newer and newer not in chain:
        chain.append(newer)
        newer = evidence.transactions.get(newer, {}).get("replaced_by")
    return (f"it is replaced by itself ({' by '.join([*chain, txid])})",) if newer == txid else ()


def _block(evidence: Evidence, record: Record, _: Worth) -> Iterable[str]:
    height = record.get("block_height")
    if record.get("confirmed"):
        if height is None:
            return ("it is confirmed, and its block_height is null",)
        if evidence.tip is not None and height > evidence.tip:
            return (f"it is confirmed in block {height}, and the tip of chain.json is {evidence.tip}",)
        if record.get("in_mempool") is False:
            return ("it is confirmed, and in_mempool is false",)
    elif height is not None or record.get("block_hash") is not None:
        block = height if height is not None else record["block_hash"]
        return (f"it is not confirmed, and its block is {block}",)
    return ()


def _inputs(evidence: Evidence, record: Record, worth: Worth) -> Iterator[str]:
    spent = inputs(record)
    if len(set(spent)) < len(spent):
        twice = sorted({outpoint for outpoint in spent if spent.count(outpoint) > 1})
        yield f"it spends {outpoint_text(twice[0])} twice"
    for given, outpoint in zip(record.get("inputs", ()), spent, strict=True):
        parent, vout = outpoint
        if parent == record["txid"]:
            yield f"it spends its own output {vout}"
        maker = evidence.transactions.get(parent) or evidence.mempool.get(parent)
        if not maker:
            continue
        made = worth(outpoint)
        if made is None and maker.get("outputs"):
            yield f"it spends {outpoint_text(outpoint)}, and {parent} has no output {vout}"
        elif None not in (made, given.get("amount_sat")) and made != given["amount_sat"]:
            yield f"its input {outpoint_text(outpoint)} is worth {given['amount_sat']} sat, and that output {made} sat"


def _fee(_: Evidence, record: Record, worth: Worth) -> Iterable[str]:
    text = fee_fault(record, worth)
    return (text,) if text else ()


def fee_fault(record: Record, worth: Worth) -> str:
    """What is wrong with a transaction's fee; nothing is when an input's amount is unknown, or it has no inputs."""
    given = record.get("inputs", ())
    amounts = [spent.get("amount_sat") for spent in given]
    if None in amounts:
        amounts = [
            worth((spent["txid"], spent["vout"])) if amount is None else amount
            for spent, amount in zip(given, amounts, strict=True)
        ]
    if not amounts or None in amounts or not record.get("outputs"):
        return ""
    paid = sum(amounts) - sum(output["amount_sat"] for output in record["outputs"])
    if paid < 0:
        return f"its outputs are worth {-paid} sat more than its inputs"
    fee = record.get("fee_sat")
    return f"its fee is {fee} sat, but its inputs less its outputs are {paid} sat" if fee not in (None, paid) else ""


def _flags(evidence: Evidence, record: Record, _: Worth) -> Iterator[str]:
    """An output that only the log says is spent may be flagged, or not yet: whoever sees it spent writes that down."""
    txid, claims = record["txid"], evidence.claims
    for output in record.get("outputs", ()):
        claimants = claims.get((txid, output["vout"]))
        if claimants is None:
            if output["spent"]:
                yield f"output {output['vout']} is flagged as spent, and no live transaction spends it"
        elif not output["spent"] and max(claimants.values()) > EVENT:
            spender = evidence.spender((txid, output["vout"]))
            yield f"output {output['vout']} is flagged as not spent, and {spender} spends it"


# Rule and what finds the faults of one record.
_OF_ONE: tuple[tuple[str, Callable[[Evidence, Record, Worth], Iterable[str]]], ...] = (
    ("mark", _marks), ("block", _block), ("input", _inputs), ("fee", _fee), (SPENT_FLAG, _flags),
)  # fmt: skip


# -- a coin and the transaction that made it ---------------------------------------------------------------------------


def _coins(evidence: Evidence, outpoints: Iterable[Outpoint]) -> Iterator[Violation]:
    for outpoint in sorted(outpoints):
        coin = evidence.coins.get(outpoint)
        if coin is not None:
            name = outpoint_text(outpoint)
            for rule, text in _coin_faults(evidence, outpoint, coin):
                yield Violation(rule, COINS, name, f"{name}: {text}")


def _coin_faults(evidence: Evidence, outpoint: Outpoint, coin: Record) -> Iterator[tuple[str, str]]:
    txid, vout = outpoint
    height = coin["block_height"]
    if None not in (height, evidence.tip) and height > evidence.tip:
        yield "coin_block", f"it is in block {height}, and the tip of chain.json is {evidence.tip}"
    maker = evidence.record(txid)
    if not maker:
        return
    for name in ("block_height", "block_hash"):
        mine, made = coin.get(name), maker.get(name)
        if mine != made and (name == "block_height" or None not in (mine, made)):
            yield "coin_block", f"its {name} is {_shown(mine)}, and that of its transaction {_shown(made)}"
    output = output_of(evidence, outpoint)
    if output is None and maker.get("outputs"):
        yield "coin_output", f"its transaction has no output {vout}"
    for name, mine, made in _contradictions(coin, output) if output else ():
        yield "coin_output", f"its {name} is {_shown(mine)}, and that of its transaction's output {_shown(made)}"
    if maker.get("confirmed") and coin["coinbase"] is not (not maker["inputs"]):
        spends = "has inputs" if maker["inputs"] else "has none, as only a coinbase"
        yield "coin_output", f"its coinbase is {_shown(coin['coinbase'])}, and its transaction {spends}"


def _shown(value: Any) -> str:
    return json_text.dumps(value).decode()


def _contradictions(one: Record, other: Record) -> Iterator[tuple[str, Any, Any]]:
    """(field, value, value) of what two descriptions of one output tell differently; null is not known."""
    for name in ("amount_sat", "script_type", "address"):
        if not is_same_fact(name, one[name], other[name]):
            yield name, one[name], other[name]


def is_same_fact(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a fixed fact of a coin can both be true: what is not known contradicts nothing, and an
    address in capitals is the same one (BIP-173).
    """
    if one == other or None in (one, other):
        return True
    if name == "script_type":
        return "unknown" in (one, other)
    program = witness_program(one) if name == "address" else None
    return program is not None and program == witness_program(other)


# -- what is looked at -------------------------------------------------------------------------------------------------


class Scope:
    """What of a snapshot the rules are held against: here all of it. `outpoints` are coins that somebody claims, those
    and others that are listed `listings`; `void` and `lost` are txids whose coins are none, `pending` those in the
    mempool; `coins` are looked at one by one.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.outpoints: Collection[Outpoint] = evidence.claims
        self.listings: Collection[Outpoint] = evidence.claims
        self.void: Collection[str] = {*evidence.dead, *evidence.waiting}
        self.lost: Collection[str] = evidence.dead
        self.pending: Collection[str] = evidence.mempool
        self.coins: Iterable[Outpoint] = evidence.coins

    def of(self, records: Mapping[str, Record]) -> Iterable[tuple[str, Record]]:
        """Those of the records, by txid, that are looked at."""
        return records.items()


class ChangedScope(Scope):
    """What can break a rule that was kept before: what changed, and what is next to it. A record is held against the
    outputs that it spends, against what spends its own, and against the marks that lead from it; a circle of marks
    that was none before has a changed record in it.
    """

    def __init__(self, evidence: Evidence, before: Evidence, changed: set[str]) -> None:  # not from all of it
        coins = evidence.coins.differing(before.coins)
        claimed = {outpoint for txid in changed for view in (before, evidence) for outpoint in view.every_input(txid)}
        makers = {txid for txid, _ in claimed}
        self._records = changed | makers
        for txid in changed:
            self._records |= evidence.children(txid)
        self.outpoints = claimed
        self.listings = claimed | coins
        suspects = self._records | {txid for txid, _ in coins}
        self.void = {txid for txid in suspects if txid in evidence.dead or txid in evidence.waiting}
        self.lost = {txid for txid in suspects if txid in evidence.dead}
        self.pending = {txid for txid in changed if txid in evidence.mempool}
        self.coins = {*(one for one in coins if one in evidence.coins), *evidence.coins.of_any(changed)}

    def of(self, records: Mapping[str, Record]) -> Iterable[tuple[str, Record]]:
        """Those of the records, by txid, that are looked at."""
        return [(txid, records[txid]) for txid in self._records if txid in records]


def _changed(evidence: Evidence, before: Evidence | None) -> ChangedScope | None:
    """What may break a rule that none broke before; None where that may be anything."""
    changed = None if before is None else evidence.differing(before)
    if before is None or changed is None:
        return None
    is_lower = evidence.tip is not None and (before.tip is None or evidence.tip < before.tip)
    return None if is_lower else ChangedScope(evidence, before, changed)


_RULES: tuple[Callable[[Evidence, Scope], Iterator[Violation]], ...] = (
    _one_spender,
    _no_spent_coin,
    _no_void_coin,
    _nothing_on_lost,
    _pending_as_recorded,
    _transactions,
)


def violations(evidence: Evidence, before: Evidence | None = None, *, is_kept: bool = False) -> Iterator[Violation]:
    """Every rule about coins and transactions that a snapshot breaks.

    A wallet has many coins. Of those that are as they were in `before`, which was held to the rules, none is read; and
    where `before` is known to break none of them (`is_kept`), only what changed is looked at, unless that breaks one.
    """
    changed = _changed(evidence, before)
    if is_kept and changed is not None and not any(_held_against(evidence, changed)):
        return
    scope = Scope(evidence)
    if changed is not None:
        scope.coins = changed.coins
    yield from _held_against(evidence, scope)


def _held_against(evidence: Evidence, scope: Scope) -> Iterator[Violation]:
    for rule in _RULES:
        yield from rule(evidence, scope)
    yield from _coins(evidence, scope.coins)
