"""`gitbtc join`: many heads become one commit, without a conflict."""

from __future__ import annotations

import gc
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

import click

from gitbtc.cli.arguments import complete_revisions
from gitbtc.cli.paging import say
from gitbtc.errors import CannotWork, GitbtcError, UsageError, printable, printable_json
from gitbtc.interrupts import undisturbed
from gitbtc.join.joining import Joining
from gitbtc.repo.git import Git
from gitbtc.repo.program import GitHindered
from gitbtc.repo.reading import objects_of
from gitbtc.views.join import document, lines, new_branch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitbtc.join.joining import JoinCommit
    from gitbtc.repo.objects import Objects

    Made = tuple[str, list[str], JoinCommit | None]  # oid of the join, its heads, what it decided

_PREFIXES = ("refs/heads/", "refs/remotes/", "refs/")


@click.command("join")
@click.argument("names", nargs=-1, required=True, metavar="REF...", shell_complete=complete_revisions)
@click.option("--into", metavar="BRANCH", help="The branch that moves to the join; the current one by default.")
@click.option("-m", "message", default="", metavar="MSG", help="What the commit says.")
@click.option("--dry-run", is_flag=True, help="Tell what would come out; no branch moves.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--engine", type=click.Choice(["dask"]), help="Have the work done by workers, also of other machines.")
@click.option("--remote", metavar="URL", help="Where the workers get REF from, with --engine; a name or an address.")
@click.option("--scheduler", metavar="ADDRESS", help="Whose workers, with --engine; by default some of this machine.")
def command(  # noqa: PLR0913 - each is an option
    names: tuple[str, ...],
    *,
    into: str | None,
    message: str,
    dry_run: bool,
    as_json: bool,
    engine: str | None,
    remote: str | None,
    scheduler: str | None,
) -> int:
    """Join all REF and the branch that they are joined into in one commit. It never conflicts, and the order and the
    grouping in which heads arrive change nothing.

    REF is a branch, any other revision, or a pattern such as 'agents/*' for local and remote-tracking branches.

    Coins that several heads spend stay contested, and are not listed, until `gitbtc resolve` settles them. Exit status
    1 when there is one.
    """
    git = Git()
    objects = objects_of(git)
    refs = objects.refs()
    target = _Target(git, refs, into)
    asked = _Asked(names, message, target, dry_run=dry_run)
    if engine and remote:
        oid, heads, joined = _elsewhere(git, asked, remote, scheduler)
    elif engine or remote or scheduler:
        raise UsageError("--engine and --remote go together, and --scheduler with them")
    else:
        oid, heads, joined = _here(git, objects, refs, asked)
    if not dry_run and oid != target.tip:
        target.move(oid)
    if as_json:
        click.echo(printable_json(document(oid, target.branch, heads, joined, dry_run=dry_run)))
    else:
        if target.tip is None:
            click.echo(printable(new_branch(target.branch, dry_run=dry_run)))
        say(map(printable, lines(oid, target.branch, heads, joined, dry_run=dry_run)))
    return 1 if joined is not None and joined.contested else 0


class _Asked(NamedTuple):
    """What is to be joined, and into what."""

    names: tuple[str, ...]
    message: str
    target: _Target
    dry_run: bool


def _here(git: Git, objects: Objects, refs: Mapping[str, str], asked: _Asked) -> Made:
    heads = _named(objects, refs, asked.names)
    if asked.target.tip is not None:
        heads.setdefault(asked.target.branch, asked.target.tip)
    gc.disable()  # what is read stays until the process ends, and a fleet's history is a million objects
    joining = Joining(objects, git, heads)
    present = joining.present(asked.target.tip)
    if present is not None:
        return present, joining.heads, None
    joining.read()
    oid, joined = joining.commit(asked.message, asked.target.tip)
    return oid, joining.heads, joined


def _elsewhere(git: Git, asked: _Asked, remote: str, scheduler: str | None) -> Made:
    from gitbtc.distributed.engine import JoinRequest, join

    wanted = JoinRequest(remote, asked.names, asked.target.tip, asked.message)
    whole = join(git, wanted, scheduler, _say, fetch=not asked.dry_run)
    return whole.oid, whole.heads, whole.joined


def _say(text: str) -> None:
    click.echo(printable(f"join: {text}"), err=True)


class _Target:
    """The branch that is joined into. `tip`: the oid of its commit, None for a branch that does not exist yet."""

    def __init__(self, git: Git, refs: Mapping[str, str], into: str | None) -> None:
        self._git = git
        current = git.current_branch()
        named = "refs/heads/" + into if into else current
        if named is None:
            raise UsageError("HEAD is on no branch; say with --into which branch is to move")
        self.ref = named
        self.branch = self.ref.removeprefix("refs/heads/")
        if into and not git.is_ref_name(self.ref):
            raise UsageError(f"--into {into}: no branch can have that name")
        self.tip = refs.get(self.ref)
        self._is_checked_out = self.ref == current and not git.is_bare()

    def move(self, oid: str) -> None:
        """Have the branch point to `oid`, and the work tree follow where the branch is checked out."""
        if self._is_checked_out:
            if not self._git.all_is_committed():
                raise GitbtcError(f"{self.branch} is checked out, and not all is committed there; commit that first")
            self._follow(oid)
            return
        place = self._git.work_tree_on(self.ref)
        if place and not self._git.is_bare():
            raise GitbtcError(f"{self.branch} is checked out in {place}; join there")
        self._git.move_ref(self.ref, oid, self.tip, "gitbtc join")

    def _follow(self, oid: str) -> None:
        try:
            with undisturbed():  # Git writes files one after another
                self._git.fast_forward(oid)
        except GitHindered as error:
            if self._git.all_is_committed():
                raise
            raise CannotWork(
                f"{error}; {self.branch} has not moved, and all was committed there: `git reset --hard` takes back what"
                " Git wrote of it"
            ) from None


def _named(objects: Objects, refs: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Every head that is named, by the name that was given, or by that of the ref that a pattern stands for."""
    found: dict[str, str] = {}
    for name in names:
        matching = {ref: oid for ref, oid in refs.items() if _matches(ref, name)} if set(name) & set("*?[") else {}
        if not matching:
            try:
                matching = {name: objects.commit(name)}
            except CannotWork as error:
                raise UsageError(printable(str(error))) from None
        found |= matching
    return found


def _matches(ref: str, pattern: str) -> bool:
    return not ref.endswith("/HEAD") and any(
        fnmatchcase(ref.removeprefix(prefix), pattern) for prefix in ("", *_PREFIXES) if ref.startswith(prefix)
    )
