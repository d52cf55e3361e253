"""`gitbtc diff`: what changed between two revisions, the index and the work tree, in coins."""

from __future__ import annotations

import click

from gitbtc.cli.arguments import WithPaths, complete_revisions_and_files
from gitbtc.cli.compared import Compared, as_document, in_lines, in_words
from gitbtc.kinds.registry import BUILT_IN_SHARDS
from gitbtc.repo.diffing import Comparison
from gitbtc.repo.git import Git


@click.command(cls=WithPaths, options_metavar="[OPTIONS]")
@click.argument(
    "words", nargs=-1, metavar="[REVISION [REVISION]] [-- PATH...]", shell_complete=complete_revisions_and_files
)
@click.option(
    "--cached", "--staged", "cached", is_flag=True, help="Compare the index, with HEAD unless told otherwise."
)
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.diff/v1.")
@click.option("--stat", "as_stat", is_flag=True, help="One line a file.")
@click.option("--full", is_flag=True, help="Every record by itself, with every field and whole ids.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when a record differs.")
@click.pass_context
def command(  # noqa: PLR0913 - each is an option
    ctx: click.Context, words: tuple[str, ...], *,
    cached: bool, as_json: bool, as_stat: bool, full: bool, exit_code: bool,
) -> int:  # fmt: skip
    """Show what changed in the state files, record by record.

    Compares what `git diff` compares for the same arguments: the work tree with the index, a revision with the work
    tree, two revisions.
    """
    if as_json + as_stat + full > 1:
        raise click.UsageError("--json, --stat and --full are forms; choose one")
    git = Git()
    compared = Compared(Comparison(git, words, _with_shards(ctx.meta.get("paths")), cached=cached))
    differing = compared.show(git, as_document if as_json else in_lines if as_stat else in_words, full=full)
    return 1 if exit_code and differing else 0


def _with_shards(paths: list[str] | None) -> list[str] | None:
    """`paths`, and beside each file of records that may lie in shards the folder of those."""
    if not paths:
        return paths
    stems = [path.removesuffix(".json") for path in paths if path.endswith(".json")]
    names = {folder.rpartition("/")[2] for folder in BUILT_IN_SHARDS}  # seen from any folder
    return [*paths, *(stem for stem in stems if stem.rpartition("/")[2] in names)]
