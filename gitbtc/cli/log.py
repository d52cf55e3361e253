"""`gitbtc log`: the history of a repository, in coins."""

from __future__ import annotations

import os
import re
import sys
from itertools import chain, islice
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import WithNumber, complete_revisions
from gitbtc.cli.compared import Compared, in_words
from gitbtc.cli.paging import pager, show, terminal_width
from gitbtc.cli.past import about_cut, cut, opened, watched
from gitbtc.errors import UsageError, printable_json
from gitbtc.history.commits import RootStory, path_of
from gitbtc.history.other_files import OtherFiles, is_told
from gitbtc.kinds.registry import BUILT_IN, Kinds
from gitbtc.repo.colours import wants_colour
from gitbtc.repo.diffing import Comparison
from gitbtc.repo.git import Git
from gitbtc.repo.install import SCHEMAS
from gitbtc.views import history as view
from gitbtc.views.text import Look
from gitbtc.views.width import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitbtc.history.commits import History
    from gitbtc.kinds.kind import Kind
    from gitbtc.repo.objects import LoggedCommit

    Told = Iterator[tuple[LoggedCommit, list[RootStory]]]


@click.command("log", cls=WithNumber, options_metavar="[OPTIONS]")
@click.argument("revision", default="HEAD", metavar="[REVISION|RANGE] [-- PATH...]", shell_complete=complete_revisions)
@click.option(
    "-n", "--max-count", "most", type=click.IntRange(min=0), metavar="N", help="At most N commits; -3 is -n 3."
)
@click.option("--since", "--after", "since", metavar="DATE", help="Written on DATE or later, as git log takes it.")
@click.option("--until", "--before", "until", metavar="DATE", help="Written on DATE or before.")
@click.option("--author", metavar="PATTERN", help="By somebody whose `name <mail>` the regular expression finds.")
@click.option(
    "-p", "--patch", "as_patch", is_flag=True, help="Also what changed in each state file, as gitbtc diff does."
)
@click.option("--full", is_flag=True, help="Whole ids, and each event by itself; with -p, every field of each record.")
@click.option("--root", metavar="ROOT", help="Only this root: the folder that holds wallet/; . for the top one.")
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.log/v1.")
@click.pass_context
def command(  # noqa: PLR0913 - each is an option
    ctx: click.Context, revision: str, most: int | None, *, since: str | None, until: str | None, author: str | None,
    as_patch: bool, full: bool, root: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Tell the history in coins, newest commit first: received, spent, reserved, released, settled, by whom; and what
    changed in labels, descriptors, channels, policies and the strategy.

    A commit is compared with its parent. Of a merge, only what it decided itself is told. Commits that did nothing of
    that are left out; so are node readings, unless a PATH names their files.
    """
    if as_json and (as_patch or full):
        raise click.UsageError(f"{'-p' if as_patch else '--full'} and --json are two forms; choose one")
    git = Git()
    chosen = _Chosen(git, root, ctx.meta.get("paths"))
    written = _Written(git, since, until, author)
    with opened(git, chosen.kinds) as (history, objects):
        commits = list(objects.history(revision))
        others = OtherFiles(history, chosen.kind_of)
        told = islice(_told(history, others, [one for one in commits if written.fits(one)], chosen), most)
        if as_json:
            document = view.log_document([view.commit_document(*one) for one in told], cut(commits))
            show([printable_json(document).encode() + b"\n"], "")
            return
        seen = sys.stdout.isatty()
        look = Look(colour=wants_colour(git, seen=seen), width=terminal_width(), full=full)
        notes = about_cut(cut(commits)) if most is None and not written.is_narrowed else []
        lines = _patches(git, told, chosen, look) if as_patch else _lines(told, look)
        show(chain(lines, (note.encode() + b"\n" for note in notes)), pager(git) if seen else "")


class _Written:
    """Which commits are told, by when and by whom they were written."""

    def __init__(self, git: Git, since: str | None, until: str | None, author: str | None) -> None:
        self._since = None if since is None else git.seconds(since)
        self._until = None if until is None else git.seconds(until)
        self.is_narrowed = {since, until, author} != {None}
        try:
            self._author = None if author is None else re.compile(author)
        except re.error as error:
            raise UsageError(f"--author {author}: not a regular expression: {error}") from None

    def fits(self, commit: LoggedCommit) -> bool:
        """Whether the commit is told."""
        if self._author and not self._author.search(f"{commit.author} <{commit.email}>"):
            return False
        return (self._since is None or commit.time >= self._since) and (
            self._until is None or commit.time <= self._until
        )


class _Chosen:
    """What of a commit is told: the events of one root, or of the files under some paths."""

    def __init__(self, git: Git, root: str | None, paths: list[str] | None) -> None:
        self._root = None if root is None else _as_root(root)
        self.kinds = Kinds(None if git.is_bare() else os.path.join(git.top_level(), SCHEMAS))
        self.paths = [self._records(_from_top(git, path)) for path in paths or ()]

    def _records(self, path: str) -> str:
        """What a path means: of a shard, and of the folder of shards, the records of the kind in that root."""
        kind = self.kinds.for_path(f"{path}.json")
        return f"{path}.json" if kind and kind.shards else self.kinds.whole(path)

    def places(self) -> list[str] | None:
        """The files of the paths, as Git is told them; None for all."""
        folders = [
            path.rpartition(".")[0] for path in self.paths if (kind := self.kinds.for_path(path)) and kind.shards
        ]
        return [f":(top,literal){path}" for path in (*self.paths, *folders)] or None

    def kind_of(self, path: str) -> Kind | None:
        """The kind of a file that says nothing of coins, if it is told."""
        kind = self.kinds.for_path(path)
        is_chosen = not self.paths or self._holds(path)
        return kind if is_chosen and is_told(kind, asked=path in self.paths) else None

    def of(self, stories: Iterable[RootStory]) -> list[RootStory]:
        """The stories, cut down; those of which nothing is left are left out."""
        kept = [self._of(story) for story in stories if self._root in (None, story.root)]
        return [story for story in kept if story.events or story.patches]

    def _of(self, story: RootStory) -> RootStory:
        if not self.paths:
            return story
        kinds = {kind for kind in BUILT_IN.values() if self._holds(path_of(story.root, kind))}
        events = [event for event in story.events if event.file in kinds or (kinds and not event.file)]
        cut_down = RootStory(story.root, events, story.balance_sat if events else 0, story.after)
        cut_down.patches = story.patches
        return cut_down

    def _holds(self, path: str) -> bool:
        return any(chosen in ("", path) or path.startswith(chosen + "/") for chosen in self.paths)


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


def _told(history: History, others: OtherFiles, commits: list[LoggedCommit], chosen: _Chosen) -> Told:
    """Each commit that did something, newest first."""
    for commit in watched(commits, history.ahead(commits)):
        stories = chosen.of(others.add_to(commit, history.told(commit)))
        if stories:
            yield commit, stories


def _lines(told: Told, look: Look) -> Iterator[bytes]:
    for commit, stories in told:
        yield from _shown(view.told(commit, stories, look), look)


def _shown(lines: Iterable[tuple[str, str]], look: Look) -> Iterator[bytes]:
    yield from (line.encode() + b"\n" for line in view.painted(iter(lines), colour=look.colour))


def _patches(git: Git, told: Told, chosen: _Chosen, look: Look) -> Iterator[bytes]:
    """The same, and of each commit but merges what changed in its state files since its parent."""
    with git.blobs() as blobs:
        for commit, stories in told:
            if len(commit.parents) > 1:
                yield from _lines(iter([(commit, stories)]), look)
                continue
            yield from _shown((("headline", part) for part in wrapped(view.headline(commit, look), look.width)), look)
            sides = [*commit.parents, commit.oid] if commit.parents else [git.empty_tree(), commit.oid]
            compared = Compared(Comparison(git, sides, chosen.places(), cached=False), look)
            yield from in_words(compared, list(compared.files(blobs)), blobs)
            yield b"\n"
