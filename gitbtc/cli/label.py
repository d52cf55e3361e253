"""`gitbtc label`: give a coin, a transaction or an address a name, everywhere it stands."""

from __future__ import annotations

import time

import click

from gitbtc.cli.arguments import complete_coins, complete_labels
from gitbtc.cli.paging import say
from gitbtc.errors import UsageError
from gitbtc.repo.git import Git

# As schemas/labels.schema.json has them, which a test compares: reading it would make each completion slower.
CATEGORIES = ("income", "expense", "internal", "exchange", "fee", "unknown")


@click.command("label")
@click.argument("thing", metavar="OUTPOINT|TXID|ADDRESS", shell_complete=complete_coins)
@click.argument("text", metavar="TEXT", shell_complete=complete_labels)
@click.option("--category", type=click.Choice(CATEGORIES), help="What its money is, for the books.")
def command(thing: str, text: str, category: str | None) -> int:
    """Call a coin, a transaction or an address TEXT; an empty TEXT takes its name away.

    Ids may be cut to their first digits, as in 6d0cc27c:0. The name is set in every file in which the thing stands:
    wallet/utxos.json, transactions.json, labels.json and labels.jsonl, and with it whatever bears its old name because
    it is about the same money. --category is that of its address, by which `gitbtc statement` and `export` group.
    Nothing is staged or committed.
    """
    from gitbtc.labels.naming import meant, rename
    from gitbtc.labels.work_tree import Root
    from gitbtc.state.snapshot import installed_kinds, of_work_tree
    from gitbtc.views.naming import Renamed, renamed

    if category and not text:
        raise UsageError("--category goes with a name: a label that is taken away has none")
    git = Git().at_top()
    roots = {path: Root(git, path) for path in sorted(of_work_tree(git, installed_kinds(git)).roots())}
    type_, ref, known = meant({path: root.files for path, root in roots.items()}, thing)
    if not known:
        raise UsageError(f"{thing}: no file here knows it")
    told = []
    for path in known:
        files = roots[path].files
        old = rename(files, (type_, ref), text, int(time.time()), category or "")
        kinds = list(files.changed())
        if kinds:
            roots[path].save()
            told.append(renamed(path, files.records, (type_, ref), Renamed(old, text, category, kinds)))
    say(told or ["gitbtc: it is called so already"])
    return 0
