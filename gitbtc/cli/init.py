"""`gitbtc init`: a folder becomes a treasury repository."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_files
from gitbtc.cli.install import show, show_hooks, show_other_filters
from gitbtc.errors import CannotWork, GitbtcError, not_written, printable
from gitbtc.interrupts import undisturbed
from gitbtc.kinds import codec
from gitbtc.kinds.layouts import WHOLE, Layout, layout_of, shard_path, without_records
from gitbtc.kinds.shards import TXID
from gitbtc.repo import attributes, files
from gitbtc.repo.git import Git
from gitbtc.repo.install import Install
from gitbtc.state.on_disk import OnDisk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.kinds.registry import Kinds


_DIGITS = 2  # of a txid: some 250,000 records, before `gitbtc reshard` takes one more
# Git asks the diff driver in `git log` when it is told to.
_ALIAS, _HISTORY = "coins", "log -p --ext-diff"


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", shell_complete=complete_files)
@click.option("--shared-hooks", is_flag=True, help="Use core.hooksPath also where other repositories share it.")
@click.option("--shards", is_flag=True, help="Have records lie in many files from the start: see `gitbtc reshard`.")
def command(folder: str, *, shared_hooks: bool, shards: bool) -> None:
    """Make DIR (the current folder, unless given) a Git repository with gitbtc set up.

    Works in a new folder, in one that holds files, and in a repository. Nothing is staged or committed. Running it
    again changes nothing.
    """
    place = Path(folder).resolve()
    git = Git.at(place)
    if _make_repository(place, git):
        click.echo(printable(f"made a Git repository in {place}"))
    installation = Install(git, shared_hooks=shared_hooks, keys_only=False)
    changed = installation.install()
    show(changed, installation.top, "Nothing to do: gitbtc is set up here.")
    show_other_filters(installation)
    show_hooks(installation)
    if shards:
        for line in _begin_shards(installation.top, installation.kinds()):
            click.echo(printable(line))
    faults = list(_not_canonical(installation.top, installation.kinds(), git))
    for line in faults:
        click.echo(printable(line))
    if changed and git.config(f"alias.{_ALIAS}") is None:
        click.echo(f"git config alias.{_ALIAS} '{_HISTORY}' makes `git {_ALIAS}` tell every commit in coins.")
    _say_what_is_next(installation, git, faulty=bool(faults))


def _make_repository(place: Path, git: Git) -> bool:
    """Make `place` the root of a repository; False when it is one. CannotWork inside of another one."""
    if place.exists() and not place.is_dir():
        raise CannotWork(f"{place}: a file, not a folder")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(error, place) from None
    if not git.is_repository():
        with undisturbed():
            git.init()
        return True
    if not git.is_bare() and Path(git.top_level()).resolve() != place:
        raise CannotWork(
            f"{place} lies in the repository {git.top_level()}. Run `gitbtc init` there; it covers every wallet folder"
            " below. For a repository of its own, run `git init` here first"
        )
    return False


def _begin_shards(top: Path, kinds: Kinds) -> Iterator[str]:
    """Have every kind that may lie in shards do so: an empty shard each says it. What lies in one file stays."""
    for kind in map(kinds.load, kinds.sharded()):
        there = OnDisk(str(top), kind)
        if there.entry is None:
            layout = Layout(_DIGITS if kind.shards == TXID else 0)
            place = shard_path(kind.path, without_records(kind, layout))
            files.write(top / place, codec.encode_lines(kind, []))
            yield f"{kind.path} will lie in shards: {place} is the first"
        elif layout_of(there.entry) == WHOLE:
            yield f"{kind.path} lies in one file; commit it, and `gitbtc reshard {kind.name}` puts it into shards"


def _not_canonical(top: Path, kinds: Kinds, git: Git) -> Iterator[str]:
    """A line for every state file of the work tree, ignored ones apart, that will change or be refused when staged."""
    for path in git.work_tree_paths():
        kind = kinds.for_path(path)
        if kind is None or not (top / path).is_file():
            continue
        content = (top / path).read_bytes()
        try:
            if codec.canonical(kind, content) != content:
                yield f"{path} is not in canonical form; staging it makes it so"
        except GitbtcError as error:
            yield f"{path} cannot be committed as it is: {error}"


def _say_what_is_next(installation: Install, git: Git, *, faulty: bool) -> None:
    with git.blobs() as blobs:
        committed = blobs.read_path("HEAD", ".gitattributes") if git.find("HEAD") else None
    wanted = installation.blocks(installation.kinds())[installation.top / ".gitattributes"]
    if not attributes.up_to_date(committed, wanted, "HEAD:.gitattributes"):
        click.echo("Next: git add .gitattributes, and commit it, so that every clone and branch has it.")
    if faulty:
        click.echo("`git add --renormalize .` stages every committed state file in canonical form, without a change of")
        click.echo("meaning; `git add .` does the same for new ones. Then `git diff --cached` and commit.")
