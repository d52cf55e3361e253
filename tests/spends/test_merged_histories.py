"""Two histories of one wallet, merged and settled: whatever they hold, the coins are what the surviving transactions
leave.

The histories are made by a model that knows nothing of verdicts: a wallet is what it received and a list of
transactions with their marks, and its coins follow from those.
"""

from __future__ import annotations

import copy
from hashlib import sha256
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitbtc.judge.spend_gate import Contest, _holds, _is_settled
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.markers import Style
from gitbtc.merge.files import Options, merge_files
from gitbtc.spends.decisions import Decision, automatic, chosen
from gitbtc.spends.evidence import Evidence
from gitbtc.spends.settle import settle
from gitbtc.spends.verdicts import Verdict, judge_all
from tests.made_state import coin, pending, spend

KINDS = ("utxos", "transactions", "mempool")
Record = dict[str, Any]


class Wallet:
    """What one line of history knows."""

    def __init__(self) -> None:
        self.received = [coin(vout) for vout in range(4)]
        self.transactions: dict[str, Record] = {}

    def __repr__(self) -> str:
        marks = ("replaced_by", "abandoned", "confirmed", "fee_sat")
        return "\n".join(
            f"{one['txid'][:6]} spends {[given['txid'][:6] + str(given['vout']) for given in one['inputs']]} "
            + " ".join(f"{mark}={str(one[mark])[:6]}" for mark in marks if one.get(mark))
            for one in self.transactions.values()
        )

    def live(self) -> list[Record]:
        return [one for one in self.transactions.values() if not one.get("replaced_by") and not one.get("abandoned")]

    def coins(self) -> list[Record]:
        spent = {_outpoint(given) for one in self.live() for given in one["inputs"]}
        alive = {one["txid"] for one in self.live()}
        return [
            one for one in self.ever() if _outpoint(one) not in spent and (one in self.received or one["txid"] in alive)
        ]

    def ever(self) -> list[Record]:
        """Every coin that there was at some time."""
        made = [
            coin(0, one["txid"], amount_sat=one["outputs"][0]["amount_sat"], block_height=one["block_height"])
            for one in self.transactions.values()
        ]
        return [*self.received, *made]

    def pay(self, spent: list[Record], fee: int, replaces: Record | None = None) -> None:
        name = sha256(repr((fee, [_outpoint(one) for one in spent])).encode()).hexdigest()
        made = spend(name[:12], *spent, fee=fee)
        if made["txid"] in self.transactions:
            return
        if replaces is not None:
            self.give_up(replaces, made["txid"])
        self.transactions[made["txid"]] = made

    def give_up(self, lost: Record, winner: str | None = None) -> None:
        gone = [lost]
        for one in gone:
            gone += [child for child in self.live() if child not in gone and _spends(child, one)]
        for one in gone:
            one.update({"replaced_by": winner} if winner and one is lost else {"abandoned": True})

    def confirm(self, transaction: Record) -> None:
        for parent in transaction["inputs"]:
            if parent["txid"] in self.transactions:
                self.confirm(self.transactions[parent["txid"]])
        transaction.update(confirmed=True, block_height=105, block_time=1_700_000_000)

    def files(self) -> dict[str, bytes]:
        waiting = [pending(one) for one in self.live() if not one["confirmed"]]
        records = {"utxos": self.coins(), "transactions": [*self.transactions.values()], "mempool": waiting}
        return {kind: codec.encode_file(built_in(kind), records[kind]) for kind in KINDS}


def _spends(child: Record, parent: Record) -> bool:
    return any(given["txid"] == parent["txid"] for given in child["inputs"])


@st.composite
def lived(draw: st.DrawFn, before: Wallet, *, at_most: int = 4) -> Wallet:
    """What a wallet becomes by some payments, replacements, confirmations and transactions that are given up."""
    wallet = copy.deepcopy(before)
    for _ in range(draw(st.integers(0, at_most))):
        waiting = [one for one in wallet.live() if not one["confirmed"]]
        act = draw(st.sampled_from(["pay", "pay", "replace", "confirm", "give up"]))
        if act == "pay" and wallet.coins():
            spent = draw(st.lists(st.sampled_from(wallet.coins()), min_size=1, max_size=2, unique_by=_outpoint))
            wallet.pay(spent, draw(st.sampled_from([1000, 2000])))
        elif act != "pay" and waiting:
            chosen_one = draw(st.sampled_from(sorted(waiting, key=lambda one: str(one["txid"]))))
            if act == "replace":
                spent = [_as_coin(given) for given in chosen_one["inputs"]]
                wallet.pay(spent, chosen_one["fee_sat"] + draw(st.sampled_from([-500, 1500])), chosen_one)
            elif act == "confirm":
                wallet.confirm(chosen_one)
            else:
                wallet.give_up(chosen_one)
    return wallet


def _outpoint(one: Record) -> tuple[str, int]:
    return one["txid"], one["vout"]


def _as_coin(given: Record) -> Record:
    return coin(given["vout"], given["txid"], amount_sat=given["amount_sat"])


def evidence(files: dict[str, bytes], known: Evidence | None = None) -> Evidence:
    return Evidence(lambda kind: files.get(kind, b""), known)


class Merged:
    """The merge of two histories, with everything decided that has to be."""

    def __init__(self, base: Wallet, ours: Wallet, theirs: Wallet, choices: Any) -> None:
        before = evidence(base.files())
        sides = [evidence(side.files(), before) for side in (ours, theirs)]
        self.verdicts = list(judge_all(before, *sides))
        self.files = _merge_records(base.files(), ours.files(), theirs.files())
        # Every coin that a commit of either history listed.
        self._known = {_outpoint(one): one for side in (base, ours, theirs) for one in side.ever()}
        # As the gate does it: what a person settles first, then what the evidence decides.
        for verdict in [told for told in self.verdicts if told.type and told.parent is None]:
            if not _is_settled(Contest("", verdict), evidence(self.files)):
                self._follow(verdict, chosen(verdict, choices(verdict)))
        for verdict in [told for told in self.verdicts if told.is_automatic]:
            if not _holds(verdict, evidence(self.files)):
                self._follow(verdict, automatic(verdict))
        self.coins = self._without_stale_coins()

    def _follow(self, verdict: Verdict, decision: Decision) -> None:
        assert decision.settlement is not None
        state = {
            kind: {_key(kind, one): one for one in codec.parse(built_in(kind), self.files[kind])} for kind in KINDS
        }
        settle(state, decision.settlement, self._known.get)
        self.files = {kind: codec.encode_file(built_in(kind), [*state[kind].values()]) for kind in KINDS}

    def _without_stale_coins(self) -> set[tuple[str, int]]:
        from gitbtc.spends.rules import stale_coins

        result = evidence(self.files)
        listed = {_outpoint(one) for one in codec.parse(built_in("utxos"), self.files["utxos"])}
        return listed - set(stale_coins(result))

    def live(self) -> list[Record]:
        records = codec.parse(built_in("transactions"), self.files["transactions"])
        return [one for one in records if not one.get("replaced_by") and not one.get("abandoned")]


def _key(kind: str, record: Record) -> tuple[Any, ...]:
    return _outpoint(record) if kind == "utxos" else (record["txid"],)


def _merge_records(base: dict[str, bytes], ours: dict[str, bytes], theirs: dict[str, bytes]) -> dict[str, bytes]:
    """Record by record; where both sides replaced one transaction by others, it is void whichever is named."""
    merged = {}
    for kind in KINDS:
        done = merge_files(built_in(kind), base[kind], ours[kind], theirs[kind], Options(Style, into_ours=True))
        lines = codec.keyed(built_in(kind), ours[kind]) if done.conflicts else {}
        for conflict in done.conflicts:
            assert set(conflict.fields) <= {"replaced_by", "abandoned"}
            assert conflict.key in lines
        if done.conflicts:
            done = merge_files(
                built_in(kind), base[kind], ours[kind],
                codec.encode_lines(built_in(kind), [
                    lines.get(key, line) if key in {conflict.key for conflict in done.conflicts} else line
                    for key, line in codec.keyed(built_in(kind), theirs[kind]).items()
                ]), Options(Style, into_ours=True),
            )  # fmt: skip
        merged[kind] = done.content
    return merged


@st.composite
def histories(draw: st.DrawFn) -> tuple[Wallet, Wallet, Wallet]:
    base = draw(lived(Wallet()))
    return base, draw(lived(base)), draw(lived(base))


@settings(max_examples=500)
@given(histories(), st.data())
def test_the_coins_are_what_the_surviving_transactions_leave(
    sides: tuple[Wallet, Wallet, Wallet], data: st.DataObject
) -> None:
    base, ours, theirs = sides
    merged = Merged(base, ours, theirs, lambda _: data.draw(st.sampled_from(["ours", "theirs"])))
    live = merged.live()
    spent = [_outpoint(given) for one in live for given in one["inputs"]]
    assert len(spent) == len(set(spent)), "two live transactions spend one coin"
    made = {(one["txid"], 0) for one in live} | {_outpoint(one) for one in base.received}
    assert set(spent) <= made, "a live transaction spends what was never made"
    assert merged.coins == made - set(spent)


@settings(max_examples=200)
@given(histories())
def test_swapping_the_sides_swaps_nothing_but_the_names(sides: tuple[Wallet, Wallet, Wallet]) -> None:
    base, ours, theirs = sides
    one = Merged(base, ours, theirs, lambda verdict: "ours")
    other = Merged(base, theirs, ours, lambda verdict: "theirs")
    assert [(told.outpoint, told.row, told.winner) for told in one.verdicts] == [
        (told.outpoint, told.row, told.winner) for told in other.verdicts
    ]
    assert one.coins == other.coins


@given(histories())
def test_a_merge_with_a_side_that_did_nothing_is_the_other_side(sides: tuple[Wallet, Wallet, Wallet]) -> None:
    base, ours, _ = sides
    merged = Merged(base, ours, base, lambda _: "ours")
    assert not any(told.type or told.is_automatic for told in merged.verdicts)
    assert merged.coins == {_outpoint(one) for one in ours.coins()}
