"""What a transaction that nobody has signed yet would do: whether each input may be spent, what is paid, the fee."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.coins.feerate import Feerate
from gitbtc.coins.holdings import CONTESTED, RESERVED, SPENDABLE, holders, holdings
from gitbtc.coins.scripts import script_of, type_of
from gitbtc.coins.weights import WU_PER_BYTE, InputWeights, transaction_weight
from gitbtc.spends.rules import output_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gitbtc.coins.holdings import Holding
    from gitbtc.coins.psbt import Paid, Spent, Unsigned
    from gitbtc.coins.wallet import Wallet
    from gitbtc.kinds.kind import Record
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint

    # What other branches say of a coin: (branch, the txid that spends it, or the agent that has it reserved)
    Elsewhere = Callable[[Outpoint], Sequence["Taken"]]

# What stands against a coin besides its class.
SPENT, UNKNOWN = "spent", "unknown"
# Types of signatures that leave nothing of the transaction open (BIP-143, BIP-341).
_CLOSED = (None, 0, 1)
# Bitcoin Core sends nothing above it without being told to (sendrawtransaction: maxfeerate, 0.10 BTC/kvB).
_HIGHEST = Feerate(10_000_000)

# What can be wrong with a transaction; its words are in gitbtc.views.psbt.
NOT_FREE, TWICE, OTHER_AMOUNT, OTHER_SCRIPT, CLASH, OPEN_SIGNATURE, NO_FEE, OVERSPENT, HIGH_FEE = (
    "not_free", "twice", "other_amount", "other_script", "clash", "open_signature", "no_fee", "overspent", "high_fee",
)  # fmt: skip


class Taken(NamedTuple):
    """Another branch that has a coin: spent by the transaction `txid`, or reserved for `agent`."""

    branch: str
    txid: str
    agent: str


class State(NamedTuple):
    """Whether a coin may be spent, and what stands against it: `name` is its class, SPENT or UNKNOWN; `by`: the
    transaction that spends it, or the agents that have it reserved; `taken`: the branches that say so.
    """

    name: str
    detail: str
    by: Sequence[str]
    taken: Sequence[Taken]
    is_free: bool


class Input(NamedTuple):
    """An input, what the records know of the output that it spends (None: nothing), its state, its worth (sat)."""

    spent: Spent
    coin: Record | None
    state: State
    amount_sat: int | None


class Output(NamedTuple):
    """An output; `is_ours`: a descriptor of the root makes its script, or it is that of a coin."""

    paid: Paid
    is_ours: bool


class Finding(NamedTuple):
    """Something to stop for: its type, and which input it is about (None: the whole)."""

    type: str
    outpoint: Outpoint | None


class Proposal(NamedTuple):
    """The whole. `fee_sat` and `weight` (WU, as it would be when it is signed) are None where they are not known."""

    inputs: list[Input]
    outputs: list[Output]
    fee_sat: int | None
    weight: int | None
    findings: list[Finding]

    @property
    def vsize(self) -> int | None:
        """Its virtual size (vB), rounded up as BIP-141 has it."""
        return None if self.weight is None else -(-self.weight // WU_PER_BYTE)

    @property
    def feerate(self) -> Feerate | None:
        """What it pays for a virtual byte, as far as that is known."""
        if self.fee_sat is None or self.fee_sat < 0 or not self.vsize:
            return None
        return Feerate.paid(self.fee_sat, self.vsize)


def judge(unsigned: Unsigned, wallets: Sequence[Wallet], elsewhere: Elsewhere, *, unconfirmed: bool) -> Proposal:
    """What the transaction would do to the coins of `wallets`; own change that no block holds may be spent if
    `unconfirmed`.
    """
    inputs = [_input(spent, wallets, unsigned.txid, elsewhere, unconfirmed=unconfirmed) for spent in unsigned.inputs]
    outputs = [
        Output(paid, any(wallet.scripts.has(paid.script, paid.hints) for wallet in wallets))
        for paid in unsigned.outputs
    ]
    amounts = [one.amount_sat for one in inputs]
    known = [amount for amount in amounts if amount is not None]
    fee = sum(known) - sum(one.paid.amount_sat for one in outputs) if len(known) == len(amounts) else None
    proposal = Proposal(inputs, outputs, fee, _weight(inputs, outputs, wallets), [])
    proposal.findings.extend(_findings(proposal))
    return proposal


# -- inputs -----------------------------------------------------------------------------------------------------------


def _input(spent: Spent, wallets: Sequence[Wallet], txid: str, elsewhere: Elsewhere, *, unconfirmed: bool) -> Input:
    outpoint = spent.outpoint
    taken = [one for one in elsewhere(outpoint) if one.txid != txid]
    for wallet in wallets:
        known = wallet.known._replace(txid=txid)
        coin = wallet.coin(outpoint)
        if coin is not None:
            [holding] = holdings([coin], known)
            is_contested = holding.name == CONTESTED
            by = known.rivals(outpoint) if is_contested else holders(wallet.evidence, outpoint)
            is_free = _is_free(holding, wallet.asking.agent, by, unconfirmed=unconfirmed) and not taken
            return Input(spent, coin, State(holding.name, holding.detail, by, taken, is_free), coin["amount_sat"])
    return _not_listed(spent, wallets, txid, taken)


def _is_free(holding: Holding, agent: str | None, by: Sequence[str], *, unconfirmed: bool) -> bool:
    name, _ = holding.about(unconfirmed=unconfirmed)
    return name == SPENDABLE or (name == RESERVED and by == [agent])


def _not_listed(spent: Spent, wallets: Sequence[Wallet], txid: str, taken: Sequence[Taken]) -> Input:
    """An input that no root lists: spent, contested, or nobody's here. What this very transaction spends by the records
    was recorded before it was signed.
    """
    outpoint = spent.outpoint
    claimed = {one for wallet in wallets for one in wallet.evidence.claimants(outpoint)}
    rivals = sorted(claimed - {txid})
    is_contested = any(outpoint in wallet.contested for wallet in wallets)
    name = CONTESTED if is_contested else SPENT if claimed else UNKNOWN
    is_free = txid in claimed and not (rivals or is_contested or taken)
    made = (output_of(wallet.evidence, outpoint) for wallet in wallets)
    coin = next((output for output in made if output is not None), None)
    amount = spent.amount_sat if coin is None else coin["amount_sat"]
    return Input(spent, coin, State(name, "", rivals or sorted(claimed), taken, is_free), amount)


# -- the whole --------------------------------------------------------------------------------------------------------


def _weight(inputs: Sequence[Input], outputs: Sequence[Output], wallets: Sequence[Wallet]) -> int | None:
    """The weight (WU) that the signed transaction can have at the most; None where an input's is not known."""
    found = []
    for one in inputs:
        script_type = (
            one.coin["script_type"] if one.coin else type_of(one.spent.script) if one.spent.script else "unknown"
        )
        owner = next((wallet for wallet in wallets if wallet.coin(one.spent.outpoint)), None)
        # What of the script is not to be seen, only the descriptors of whose it is can tell.
        weight = InputWeights(owner.records("descriptors") if owner else []).of(script_type)
        if weight is None:
            return None
        found.append((script_type, weight))
    return transaction_weight(found, [len(one.paid.script) for one in outputs])


def _findings(proposal: Proposal) -> Iterable[Finding]:
    seen: set[Outpoint] = set()
    for one in proposal.inputs:
        outpoint = one.spent.outpoint
        if outpoint in seen:
            yield Finding(TWICE, outpoint)
        seen.add(outpoint)
        if not one.state.is_free:
            yield Finding(NOT_FREE, outpoint)
        yield from (Finding(type_, outpoint) for type_ in _faults(one))
    if proposal.fee_sat is None:
        yield Finding(NO_FEE, None)
    elif proposal.fee_sat < 0:
        yield Finding(OVERSPENT, None)
    elif proposal.feerate is not None and proposal.feerate > _HIGHEST:
        yield Finding(HIGH_FEE, None)


def _faults(one: Input) -> Iterable[str]:
    """What a PSBT says of an input that is not so."""
    spent = one.spent
    coin = one.coin
    if coin is not None:
        if spent.amount_sat not in (None, coin["amount_sat"]):
            yield OTHER_AMOUNT
        script = script_of(coin["address"]) if coin["address"] else None
        if None not in (spent.script, script) and spent.script != script:
            yield OTHER_SCRIPT
    if spent.clashes:
        yield CLASH
    if spent.sighash not in _CLOSED:
        yield OPEN_SIGNATURE


def taken_on(branch: str, here: Evidence, there: Evidence, outpoint: Outpoint, agent: str | None) -> Iterator[Taken]:
    """Who has a coin on another branch: the transactions that spend it, unless they came to nothing here, and the other
    agents that have it reserved.
    """
    for txid in sorted(there.claimants(outpoint)):
        if not here.standing(txid).is_given_up:
            yield Taken(branch, txid, "")
    yield from (Taken(branch, "", name) for name in holders(there, outpoint) if name != agent)
