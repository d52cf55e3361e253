"""What a PSBT would do, a line an input and an output, and as a document for programs."""

from __future__ import annotations

from gitbtc.coins import proposal as rules
from gitbtc.coins.holdings import CONTESTED, MINE, RESERVED, SPENDABLE
from gitbtc.coins.scripts import address_of
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views import terms
from gitbtc.views.balance import WORDS
from gitbtc.views.table import Row, laid_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from gitbtc.coins.proposal import Finding, Input, Output, Proposal, State
    from gitbtc.coins.psbt import Unsigned

    # What a coin is called; "" for no name.
    Called = Callable[[Input], str]

ROOT_KEY = "gitbtc.psbt/v1"
_AMOUNT = 2  # the column
_SAYS = {
    rules.NOT_FREE: "may not be spent now",
    rules.TWICE: "is spent twice",
    rules.OTHER_AMOUNT: "is worth another amount than the PSBT says: the fee would be another one",
    rules.OTHER_SCRIPT: "has another script than the PSBT says",
    rules.CLASH: "is told in two ways by the PSBT: signers may see two fees",
    rules.OPEN_SIGNATURE: "asks for a signature that leaves parts of the transaction open (SIGHASH other than ALL)",
    rules.NO_FEE: "the fee is not known: of an input the PSBT does not say what it is worth",
    rules.OVERSPENT: "the outputs are worth more than the inputs",
    rules.HIGH_FEE: "the feerate is above 10,000 sat/vB, which Bitcoin Core sends only when it is told to",
}


def lines(unsigned: Unsigned, proposal: Proposal, network: str, called: Called) -> Iterator[str]:
    """The inputs, the outputs, the fee, and what to stop for."""
    length = terms.telling_length({one.spent.outpoint[0] for one in proposal.inputs})
    rows = [("in", *_input(one, length, called)) for one in proposal.inputs]
    rows += [("out", *_output(one, network)) for one in proposal.outputs]
    yield from (line for _, line in laid_out([Row("", row) for row in rows], 0, right=frozenset([_AMOUNT])))
    yield f"fee  {_fee(proposal)}"
    for finding in proposal.findings:
        yield f"STOP: {_finding(finding, length)}"
    if not proposal.findings:
        yield f"nothing speaks against it: {terms.counted(len(unsigned.inputs), ('input', 'inputs'))} free"


def _input(one: Input, length: int, called: Called) -> tuple[str, ...]:
    """The coin, its amount, its name, how it stands, and whether that is all right."""
    txid, vout = one.spent.outpoint
    name = called(one)
    told = [_state(one.state)]
    if one.coin is None and one.amount_sat is not None and not one.spent.is_proven:
        told.append("amount as the PSBT says")
    amount = "?" if one.amount_sat is None else terms.money(one.amount_sat)
    shown = terms.outpoint({"txid": txid, "vout": vout}, "txid", length)
    verdict = "ok" if one.state.is_free else ""
    return shown, amount, terms.quoted(name) if name else "", ", ".join(told), verdict


def _state(state: State) -> str:
    """What stands against a coin, in words that follow its name."""
    words = _SHORT[state.name](state) if state.name in _SHORT else WORDS[state.name, state.detail]
    taken = [
        f"spent by {terms.short(one.txid)} on {terms.word(one.branch)}"
        if one.txid
        else f"reserved by {terms.word(one.agent)} on {terms.word(one.branch)}"
        for one in state.taken
    ]
    return ", ".join([words, *taken])


def _reserved(state: State) -> str:
    by = f"reserved by {' and '.join(terms.word(name or '?') for name in state.by)}"
    return f"{by} (this one)" if state.detail == MINE else by


def _spent(state: State) -> str:
    by = " and ".join(terms.short(txid) for txid in state.by)
    return f"recorded as spent by this one ({by})" if state.is_free else f"spent by {by}"


_SHORT: dict[str, Callable[[State], str]] = {
    SPENDABLE: lambda _: "free",
    RESERVED: _reserved,
    CONTESTED: lambda state: "contested" + (f", {_spent(state)}" if state.by else ""),
    rules.SPENT: _spent,
    rules.UNKNOWN: lambda _: "no coin of this repository",
}


def _output(one: Output, network: str) -> tuple[str, ...]:
    address = address_of(one.paid.script, network)
    return ("ours" if one.is_ours else "to others"), terms.money(one.paid.amount_sat), address or one.paid.script.hex()


def _fee(proposal: Proposal) -> str:
    if proposal.fee_sat is None:
        return "not known"
    feerate = proposal.feerate
    told = "the feerate is not known: what an input weighs is not" if feerate is None else f"{feerate} sat/vB"
    size = "" if proposal.vsize is None else f", {proposal.vsize:,} vB at the most when it is signed"
    return f"{proposal.fee_sat:,} sat, {told}{size}"


def _finding(finding: Finding, length: int) -> str:
    if finding.outpoint is None:
        return _SAYS[finding.type]
    txid, vout = finding.outpoint
    return f"{terms.outpoint({'txid': txid, 'vout': vout}, 'txid', length)} {_SAYS[finding.type]}"


# -- for programs -----------------------------------------------------------------------------------------------------


def document(unsigned: Unsigned, proposal: Proposal, network: str, called: Called) -> dict[str, Any]:
    """The same as JSON, in the form that docs/coins.md tells."""
    feerate = proposal.feerate
    told = {
        "version": unsigned.version,
        "txid": unsigned.txid,
        "inputs": [_input_document(one, called) for one in proposal.inputs],
        "outputs": [
            {"amount_sat": one.paid.amount_sat, "address": address_of(one.paid.script, network) or None,
             "script": one.paid.script.hex(), "ours": one.is_ours}
            for one in proposal.outputs
        ],
        "fee_sat": proposal.fee_sat,
        "weight": proposal.weight,
        "feerate": None if feerate is None else str(feerate),
        "findings": [
            {"type": one.type, "outpoint": one.outpoint and outpoint_text(one.outpoint), "text": _SAYS[one.type]}
            for one in proposal.findings
        ],
    }  # fmt: skip
    return {ROOT_KEY: told}


def _input_document(one: Input, called: Called) -> dict[str, Any]:
    state = one.state
    return {
        "outpoint": outpoint_text(one.spent.outpoint),
        "amount_sat": one.amount_sat,
        "label": called(one) or None,
        "class": state.name,
        "detail": state.detail or None,
        "by": list(state.by),
        "elsewhere": [taken._asdict() for taken in state.taken],
        "free": state.is_free,
    }
