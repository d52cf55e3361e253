"""`gitbtc log`: the history of a repository, in coins."""

from __future__ import annotations

import os
import sys
from itertools import islice
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import WithPaths
from gitbtc.cli.paging import pager, show, terminal_width
from gitbtc.cli.past import about_cut, cut, opened, watched
from gitbtc.errors import UsageError, printable_json
from gitbtc.history.commits import RootStory, path_of
from gitbtc.history.telling import TOLD
from gitbtc.repo.diffing import wants_colour
from gitbtc.repo.git import Git
from gitbtc.views import history as view

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.history.commits import History
    from gitbtc.repo.objects import LoggedCommit

    Told = Iterator[tuple[LoggedCommit, list[RootStory]]]


@click.command("log", cls=WithPaths, options_metavar="[OPTIONS]")
@click.argument("revision", default="HEAD", metavar="[REVISION|RANGE] [-- PATH...]")
@click.option("-n", "--max-count", "most", type=click.IntRange(min=0), metavar="N", help="At most N commits.")
@click.option("--root", metavar="ROOT", help="Only this root: the folder that holds wallet/; . for the top one.")
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.log/v1.")
@click.pass_context
def command(ctx: click.Context, revision: str, most: int | None, root: str | None, *, as_json: bool) -> None:
    """Tell the history in coins, newest commit first: received, spent, reserved, released, settled, by whom.

    A commit is compared with its parent. Of a merge, only what it decided itself is told. Commits that did nothing to
    coins are left out.
    """
    git = Git()
    chosen = _Chosen(git, root, ctx.meta.get("paths"))
    with opened(git) as (history, objects):
        commits = list(objects.history(revision))
        told = islice(_told(history, commits, chosen), most)
        if as_json:
            document = view.log_document([view.commit_document(*one) for one in told], cut(commits))
            show([printable_json(document).encode() + b"\n"], "")
            return
        seen = sys.stdout.isatty()
        lines = _lines(told, about_cut(cut(commits)) if most is None else [], colour=wants_colour(git, seen=seen))
        show(lines, pager(git) if seen else "")


class _Chosen:
    """What of a commit is told: the events of one root, or of the files under some paths."""

    def __init__(self, git: Git, root: str | None, paths: list[str] | None) -> None:
        self._root = None if root is None else _as_root(root)
        self._paths = [_from_top(git, path) for path in paths or ()]

    def of(self, stories: Iterable[RootStory]) -> list[RootStory]:
        """The stories, cut down; those of which nothing is left are left out."""
        kept = [self._of(story) for story in stories if self._root in (None, story.root)]
        return [story for story in kept if story.events]

    def _of(self, story: RootStory) -> RootStory:
        if not self._paths:
            return story
        kinds = {kind for kind in TOLD if self._holds(path_of(story.root, kind))}
        events = [event for event in story.events if event.file in kinds or (kinds and not event.file)]
        return RootStory(story.root, events, story.balance_sat)

    def _holds(self, path: str) -> bool:
        return any(chosen in ("", path) or path.startswith(chosen + "/") for chosen in self._paths)


def _as_root(folder: str) -> str:
    """A root as its stories name it."""
    found = os.path.normpath(folder)
    return "" if found == "." else found


def _from_top(git: Git, path: str) -> str:
    """A path as it was given, from where one stands, as a path from the top of the work tree; "" for all of it."""
    if os.path.isabs(path):  # perhaps through a symbolic link, as /tmp on macOS
        folder, name = os.path.split(os.path.normpath(path))
        path = os.path.relpath(os.path.join(os.path.realpath(folder), name), os.path.realpath(git.cwd))
    found = os.path.normpath(os.path.join(git.prefix(), path))
    if os.path.isabs(found) or found.split("/")[0] == "..":
        raise UsageError(f"{path}: outside of the repository; give a path in it")
    return _as_root(found)


def _told(history: History, commits: list[LoggedCommit], chosen: _Chosen) -> Told:
    """Each commit that did something, newest first."""
    # On a terminal the lines themselves show how far it is.
    coming = history.ahead(commits)
    for commit in coming if sys.stdout.isatty() else watched(commits, coming):
        stories = chosen.of(history.told(commit))
        if stories:
            yield commit, stories


def _lines(told: Told, notes: list[str], *, colour: bool) -> Iterator[bytes]:
    for commit, stories in told:
        lines = view.told(commit, stories, terminal_width())
        yield from (line.encode() + b"\n" for line in view.painted(lines, colour=colour))
    yield from (note.encode() + b"\n" for note in notes)
