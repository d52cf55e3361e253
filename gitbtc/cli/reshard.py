"""`gitbtc reshard`: the same records in many files, or in one again."""

from __future__ import annotations

import click

from gitbtc.cli.arguments import complete_kinds, kinds_of_repository
from gitbtc.errors import UsageError, printable
from gitbtc.kinds.shards import MOST_DIGITS, TXID
from gitbtc.repo.git import Git
from gitbtc.state.in_progress import COMMIT, InProgress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.registry import Kinds


@click.command("reshard")
@click.argument("kinds", nargs=-1, metavar="[KIND]...", shell_complete=complete_kinds)
@click.option(
    "--digits", type=click.IntRange(1, MOST_DIGITS), metavar="N", help="Name shards by N hex digits of a txid: 1 to 4."
)
@click.option("--whole", is_flag=True, help="Put them in one file again.")
def command(kinds: tuple[str, ...], *, digits: int | None, whole: bool) -> int:
    """Have the records of kinds lie in shards: wallet/utxos/3f2.json instead of wallet/utxos.json.

    Without KIND, of all kinds that may, in every root. It is one commit, which changes no record: log, why and blame
    follow through it. Without --digits, shards are named so that each holds some 250 to 2,000 records. All has to be
    committed before. Only what lies in two layouts, or in another record's shard, is put in its place before it is
    committed, and staged.
    """
    from gitbtc.worktree.resharding import Resharding, said

    if whole and digits is not None:
        raise UsageError("--whole is one file, and --digits are of shards; choose one")
    git = Git().at_top()
    doing = InProgress(git).name
    if doing != COMMIT and (git.all_is_committed() or git.unmerged_entries()):
        raise UsageError(f"a {doing} is in progress; end it first")
    known = kinds_of_repository()
    with git.blobs() as blobs:
        step = Resharding(git, blobs, known)
        relaid = [
            step.relay(path, digits if _by_txid(known, path) else None, whole=whole) for path in step.wanted(kinds)
        ]
    done = [one for one in relaid if one is not None]
    if done:
        step.commit(done)
    for one in done:
        click.echo(f"gitbtc: {printable(said(one))}{'; it is staged now' if step.mends else ''}")
    if not done:
        click.echo("gitbtc: nothing to do: they lie so already" if relaid else "gitbtc: there are no such records here")
    return 0


def _by_txid(known: Kinds, path: str) -> bool:
    kind = known.for_path(path)
    return kind is not None and kind.shards == TXID
