"""`gitbtc why`: the life of one coin, commit by commit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_coins
from gitbtc.cli.paging import pager, show, terminal_width
from gitbtc.cli.past import about_cut, cut, opened, watched
from gitbtc.errors import printable_json
from gitbtc.history.lives import Search
from gitbtc.repo.colours import wants_colour
from gitbtc.repo.git import Git
from gitbtc.spends.naming import Name
from gitbtc.views import history as view

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.history.lives import Life


@click.command("why")
@click.argument("outpoint", shell_complete=complete_coins)
@click.option("--rev", default="HEAD", metavar="REV", help="As of a revision, HEAD unless given.")
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.why/v1.")
def command(outpoint: str, rev: str, *, as_json: bool) -> None:
    """Tell the life of a coin, oldest commit first: who received, reserved and spent it, by which transaction, what was
    contested and how that was settled, and how it stands now.

    OUTPOINT is txid:vout; the txid may be cut to its first digits. A txid alone means all its outputs that were coins.
    Exit status 1 when no commit lists such a coin.
    """
    name, git = Name(outpoint), Git()
    with opened(git) as (history, objects):
        commits = list(objects.history(rev))
        search = Search(history, name)
        for _ in watched(commits, search.look(commits)):
            pass
        lives = search.lives()
        if as_json:
            document = view.why_document(lives, cut(commits))
            show([printable_json(document).encode() + b"\n"], "")
            return
        seen = sys.stdout.isatty()
        lines = _lines(lives, about_cut(cut(commits)), colour=wants_colour(git, seen=seen))
        show(lines, pager(git) if seen else "")


def _lines(lives: Sequence[Life], notes: Sequence[str], *, colour: bool) -> Iterator[bytes]:
    for life in lives:
        lines = view.life(life, terminal_width())
        yield from (line.encode() + b"\n" for line in view.painted(lines, colour=colour))
    yield from (note.encode() + b"\n" for note in notes)
