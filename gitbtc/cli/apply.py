"""`gitbtc apply`: a change that another repository tells, made here."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_files
from gitbtc.diff.patch import inverse
from gitbtc.diff.reading import read
from gitbtc.errors import GitbtcError, UsageError, printable
from gitbtc.judge.key_gate import in_work_tree, judged
from gitbtc.keys.finding import NOT_WRITTEN, refusal
from gitbtc.keys.scan import scan
from gitbtc.kinds.registry import Kinds
from gitbtc.repo.git import Git
from gitbtc.repo.install import SCHEMAS
from gitbtc.views import stat
from gitbtc.worktree.applying import WorkTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitbtc.diff.patch import Patch


@click.command("apply")
@click.argument("source", required=False, metavar="[FILE]", shell_complete=complete_files)
@click.option("--check", is_flag=True, help="Only tell whether it fits.")
@click.option("--index", is_flag=True, help="Change the index too, which must hold what the work tree does.")
@click.option("-R", "--reverse", is_flag=True, help="Undo the change.")
@click.option("--continue", "go_on", is_flag=True, help="Only finish what was cut short.")
def command(source: str | None, *, check: bool, index: bool, reverse: bool, go_on: bool) -> None:
    """Make the change in the work tree that a document of `gitbtc diff --json` tells.

    FILE holds the document; without it, or for -, it is read from standard input. All of it is applied, or nothing:
    exit status 1 when a part does not fit, would break a rule or holds a private key.
    """
    if go_on and (source or check or index or reverse):
        raise UsageError("--continue takes no document and no other option: it does the rest of an earlier one")
    git = Git()
    kinds = Kinds(os.path.join(git.top_level(), SCHEMAS))
    tree = WorkTree(git, kinds)
    if not check:
        _tell_finished(tree.finish())
    if not go_on:
        patches = _patches(source, kinds, git.top_level())
        _apply(tree, inverse(patches) if reverse else patches, check=check, index=index)


def _patches(source: str | None, kinds: Kinds, top: str) -> list[Patch]:
    content = _content(source)
    found = judged(scan(content), lambda: in_work_tree(top), partial(scan, content, "", None))
    if found and found.refusing:  # before anything of it is shown
        raise GitbtcError(refusal(found.refusing, "the document", NOT_WRITTEN, found.remarks).removeprefix("gitbtc: "))
    return read(content, kinds)


def _content(source: str | None) -> bytes:
    if source in (None, "-"):
        return sys.stdin.buffer.read()
    try:
        with open(str(source), "rb") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"{source}: {error.strerror}") from None


def _apply(tree: WorkTree, patches: Sequence[Patch], *, check: bool, index: bool) -> None:
    changed = {tree.kinds.whole(path) for path in tree.apply(patches, check=check, index=index)}
    for line in stat.render([stat.counted(one) for one in patches if one.path in changed]):
        click.echo(printable(line))
    if not changed:
        click.echo("nothing to change: all of it is there already" if patches else "nothing to change", err=True)


def _tell_finished(paths: Sequence[str]) -> None:
    for path in paths:
        click.echo(
            f"gitbtc: note: {printable(path)}: an earlier change was cut short; the rest of it is done", err=True
        )
