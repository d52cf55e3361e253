"""`gitbtc mempool`: the transactions that wait for a block, and what contends."""

from __future__ import annotations

import click

from gitbtc.cli.arguments import complete_revisions
from gitbtc.cli.asked_state import asked, of_wallets, wallets
from gitbtc.cli.fees import of_transaction
from gitbtc.cli.paging import say
from gitbtc.coins.pending import Pending
from gitbtc.errors import printable_json
from gitbtc.views.balance import heading
from gitbtc.views.fees import MEMPOOL_KEY, transaction, transaction_document


@click.command("mempool")
@click.argument("rev", required=False, shell_complete=complete_revisions)
@of_wallets
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.mempool/v1.")
def command(rev: str | None, *, folder: str | None, agent: str | None, as_json: bool) -> int:
    """List the transactions that wait for a block at a revision, or in the work tree without REV.

    Each with its feerate and that of the family that it hangs together with, whom it contends with, and what a
    replacement pays at least. Exit status 1 when two of them spend one coin.
    """
    with asked(rev) as state:
        found = []
        for wallet in wallets(state, folder, agent, added=True):
            pending = Pending(wallet.evidence)
            found.append((wallet, [of_transaction(wallet, pending, txid, None) for txid in pending.txids]))
        rivals = any(one.pending.rivals(one.txid) for _, told in found for one in told)
        if as_json:
            rows = [transaction_document(one) for _, told in found for one in told]
            click.echo(printable_json({MEMPOOL_KEY: {"transactions": rows}}))
            return 1 if rivals else 0
        for wallet, told in found:
            waiting = [f"  {line}" for one in told for line in transaction(one)]
            say([heading(wallet), *(waiting or ["  nothing waits for a block"])])
    return 1 if rivals else 0
