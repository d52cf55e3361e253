"""How commands take what Git's commands take: revisions, then paths after `--`. How a shell completes coins."""

from __future__ import annotations

import os

import click

from gitbtc.errors import CannotWork, GitbtcError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from click.shell_completion import CompletionItem

    from gitbtc.kinds.registry import Kinds


def kinds_of_repository() -> Kinds:
    """The built-in kinds, and those that the repository around the current folder adds. CannotWork: a broken schema."""
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Git
    from gitbtc.repo.install import SCHEMAS

    try:
        top = Git().top_level()
    except CannotWork:
        return Kinds()
    return Kinds(os.path.join(top, SCHEMAS))


class WithPaths(click.Command):
    """Keeps what stands after `--` apart, which click forgets: `ctx.meta["paths"]`, absent without a `--`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the paths out, and parse the rest."""
        if "--" in args:
            at = args.index("--")
            ctx.meta["paths"] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)


class WithNumber(WithPaths):
    """Takes `-3` for `-n 3`, as git log does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write the number out, and parse the rest."""
        end = args.index("--") if "--" in args else len(args)
        before = [part for word in args[:end] for part in (("-n", word[1:]) if _is_number(word) else (word,))]
        return super().parse_args(ctx, before + args[end:])


def _is_number(word: str) -> bool:
    return word.startswith("-") and word[1:].isdecimal() and word.isascii()


def complete_revisions(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The branches and tags that a half-typed revision may become, also the second one of a range."""
    from gitbtc.repo.git import Git

    start, dots, begun = incomplete.rpartition("..")
    if begun.startswith("."):
        dots, begun = "...", begun[1:]
    try:
        names = [name.split("/", 2)[2] for _, _, name in Git().refs() if name.startswith(_NAMED_SHORT)]
    except GitbtcError:
        return []
    return sorted(f"{start}{dots}{name}" for name in ("HEAD", *names) if name.startswith(begun))


_NAMED_SHORT = ("refs/heads/", "refs/tags/", "refs/remotes/")


def complete_files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What the shell itself completes: files and folders."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def complete_revisions_and_files(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Either of the two; a path alone once `--` was typed."""
    from click.shell_completion import CompletionItem

    names = [] if "paths" in ctx.meta else complete_revisions(ctx, parameter, incomplete)
    found = [CompletionItem(name) for name in names]
    return found or complete_files(ctx, parameter, incomplete)


def complete_kinds(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The kinds, those of the repository among them."""
    return [name for name in kinds_of_repository().names() if name.startswith(incomplete)]


def complete_labels(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The labels that somebody gave in this work tree."""
    from gitbtc.kinds import codec
    from gitbtc.repo.git import Git
    from gitbtc.state.snapshot import installed_kinds, of_work_tree

    found: set[str] = set()
    try:
        git = Git().at_top()
        snapshot = of_work_tree(git, installed_kinds(git))
        for path in snapshot.state_paths():
            kind = snapshot.kind(path)
            if kind and kind.is_array and "label" in kind.fields:
                found |= {str(record.get("label") or "") for record in codec.parse(kind, snapshot.content(path))}
    except GitbtcError:
        return []
    return sorted(label for label in found if label and label.isprintable() and label.startswith(incomplete))


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


def complete_pending(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The transactions of the work tree that wait for a block and that a half-typed txid may become."""
    from gitbtc.coins.pending import Pending
    from gitbtc.repo.git import Git
    from gitbtc.state.snapshot import installed_kinds, of_work_tree

    try:
        git = Git().at_top()
        snapshot = of_work_tree(git, installed_kinds(git))
        found = {txid for root in snapshot.roots() for txid in Pending(snapshot.claims(root)).txids}
    except GitbtcError:
        return []
    return sorted(txid for txid in found if txid.startswith(incomplete))


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
