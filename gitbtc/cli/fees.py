"""`gitbtc fees`: what the oracle said, where that stands, and what a pending transaction pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_pending, complete_revisions
from gitbtc.cli.asked_state import asked, of_wallets, one_wallet
from gitbtc.cli.paging import say
from gitbtc.coins.estimates import BLOCKS, series
from gitbtc.coins.feerate import Feerate
from gitbtc.coins.pending import Pending, free_outputs
from gitbtc.coins.readings import TARGETS, latest
from gitbtc.coins.weights import SCRIPT_BYTES, WU_PER_BYTE, InputWeights, transaction_weight
from gitbtc.errors import GitbtcError, UsageError, printable_json
from gitbtc.spends.naming import Name
from gitbtc.views.fees import ROOT_KEY, Told, estimates, estimates_document, transaction, transaction_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitbtc.coins.wallet import Wallet
    from gitbtc.spends.listing import Outpoint


@click.command("fees")
@click.argument("txid", required=False, shell_complete=complete_pending)
@click.option(
    "--rev", metavar="REV", shell_complete=complete_revisions, help="The state of a revision. [default: the work tree]"
)
@click.option("--source", metavar="NAME", help="Whose estimates. [default: those that were read last]")
@click.option("--blocks", type=click.IntRange(1), default=BLOCKS, show_default=True, help="Of how many blocks.")
@click.option("--feerate", metavar="RATE", help="What TXID and a child are to pay together. [default: the oracle's]")
@of_wallets
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.fees/v1.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    txid: str | None,
    rev: str | None,
    source: str | None,
    blocks: int,
    feerate: str | None,
    folder: str | None,
    agent: str | None,
    as_json: bool,
) -> int:
    """Tell the history of an oracle's estimates, and how the latest stand in it.

    With TXID, what that pending transaction pays alone and with those that hang together with it, the least that a
    replacement pays, and what a child has to pay for it.
    """
    with asked(rev) as state:
        wallet = one_wallet(state, folder, agent, added=True)
        if txid is not None:
            wanted = _wanted(wallet, feerate)
            told = of_transaction(wallet, Pending(wallet.evidence), meant(wallet, txid), wanted)
            document = {ROOT_KEY: transaction_document(told)}
            if as_json:
                click.echo(printable_json(document))
            else:
                say(transaction(told))
            return 0
        known = series(wallet.records("fees"), wallet.tip, source, blocks)
        if as_json:
            click.echo(printable_json({ROOT_KEY: estimates_document(known, wallet.tip, blocks)}))
        elif known is None or wallet.tip is None:
            of = f" of {source}" if source else ""
            say([f"gitbtc: oracles/fees.json has no reading{of} of the last {blocks:,} blocks"])
        else:
            say(estimates(known, wallet.tip, blocks))
    return 0


def meant(wallet: Wallet, text: str) -> str:
    """The pending transaction that a person names; GitbtcError where none is pending that begins so."""
    name = Name(text)
    if name.vout is not None:
        raise UsageError(f"{text}: an output; name the transaction alone")
    found = name.meant((txid,) for txid in Pending(wallet.evidence).txids)
    if not found:
        raise GitbtcError(f"{text}: no such transaction waits for a block here")
    return found[0][0]


def of_transaction(wallet: Wallet, pending: Pending, txid: str, wanted: Feerate | None) -> Told:
    """What is known of a pending transaction, and of a child that pays for it."""
    outputs = free_outputs(wallet.evidence, txid)
    return Told(wallet, pending, txid, outputs, _child(wallet, pending, txid, outputs, wanted))


def _child(
    wallet: Wallet, pending: Pending, txid: str, outputs: Sequence[Outpoint], wanted: Feerate | None
) -> tuple[Feerate, int, int] | None:
    """A child that spends the first of the outputs to a coin of the same type: its feerate, virtual size and fee."""
    if wanted is None or not outputs:
        return None
    script_type = (wallet.evidence.coins.get(outputs[0]) or {}).get("script_type", "")
    weight = InputWeights(wallet.records("descriptors")).of(script_type)
    if weight is None:
        return None
    whole = transaction_weight([(script_type, weight)], [SCRIPT_BYTES[script_type]])
    vsize = -(-whole // WU_PER_BYTE)
    fee = pending.child_fee_sat(txid, wanted, vsize)
    return None if fee is None else (wanted, vsize, fee)


def _wanted(wallet: Wallet, given: str | None) -> Feerate | None:
    if given is not None:
        return Feerate.read(given)
    reading = latest(wallet.records("fees"), wallet.chain.get("block_time"))
    return Feerate.of(reading[TARGETS[6]]) if reading else None
