"""How commands take what Git's commands take: revisions, then paths after `--`. How a shell completes coins."""

from __future__ import annotations

import click

from gitbtc.errors import GitbtcError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class WithPaths(click.Command):
    """Keeps what stands after `--` apart, which click forgets: `ctx.meta["paths"]`, absent without a `--`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the paths out, and parse the rest."""
        if "--" in args:
            at = args.index("--")
            ctx.meta["paths"] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)


def complete_coins(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The coins of the work tree that a half-typed outpoint may become; none where nobody can tell."""
    from gitbtc.repo.git import Git
    from gitbtc.reserving.events import coins_called
    from gitbtc.spends.naming import name_in
    from gitbtc.state.snapshot import installed_kinds, of_work_tree

    name = name_in(incomplete)
    if name is None:
        return []
    try:
        git = Git().at_top()
        snapshot = of_work_tree(git, installed_kinds(git))
        return _texts(coins_called(snapshot, snapshot.roots(), name))
    except GitbtcError:
        return []


def complete_conflicts(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The open conflicts that a half-typed name may become: coins and transactions, files, addresses."""
    from gitbtc.repo.git import Git
    from gitbtc.resolve.open_conflicts import Conflicts

    try:
        git = Git().at_top()
        with git.blobs() as blobs:
            found = list(Conflicts(git, blobs).open())
    except GitbtcError:
        return []
    named = [*_texts(one.subject for one in found if one.subject)]
    named += [text for one in found for text in (one.path, one.address)]
    return sorted({name for name in named if name.startswith(incomplete)})


def _texts(subjects: Iterable[tuple[object, ...]]) -> list[str]:
    return sorted({":".join(map(str, subject)) for subject in subjects})
