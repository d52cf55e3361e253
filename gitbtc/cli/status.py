"""`gitbtc status`: where a treasury stands, in coins."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitbtc.cli import left_out
from gitbtc.cli.asked_state import asked, of_wallets, wallets
from gitbtc.cli.paging import say
from gitbtc.coins.balance import Sum
from gitbtc.errors import CannotWork, GitbtcError, printable_json
from gitbtc.spends import CHAIN
from gitbtc.state.in_progress import COMMIT, InProgress
from gitbtc.state.snapshot import installed_kinds, of_revision
from gitbtc.views.reservations import rows_of
from gitbtc.views.status import Branch, Side, Source, Told, document, lines

if TYPE_CHECKING:
    from gitbtc.cli.asked_state import State
    from gitbtc.repo.git import Git
    from gitbtc.views.stat import Counted


@click.command("status")
@of_wallets
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.status/v1.")
def command(folder: str | None, agent: str | None, *, as_json: bool) -> int:
    """Tell where the work tree stands, in coins: the tip and its age, the balance, what is not committed.

    Then conflicts, contests and reservations, how far the branch and the one that it follows are from each other and
    whether they collide, and as of which block each source last told news. Exit status 3 where nobody can say what
    there is.
    """
    with asked(None) as state:
        left_out.tell(state.git, installed_kinds(state.git))
        told = _told(state, folder, agent)
    now = int(time.time())
    if as_json:
        click.echo(printable_json(document(told, now)))
    else:
        say(lines(told, now))
    return 3 if told.fault else 0


def _told(state: State, folder: str | None, agent: str | None) -> Told:
    doing = InProgress(state.git).name
    told = Told(None if doing == COMMIT else doing, _uncommitted(state), _open(state.git))
    try:
        told.sources = _sources(state)
        told.branch = _branch(state)
        told.wallets = wallets(state, folder, agent, added=True)
        told.contests = state.contests
        rows = (row for wallet in told.wallets for row in rows_of(wallet.root, wallet.evidence))
        told.reservations = [row for row in rows if row["holds"]]
    except GitbtcError as error:  # a merge left markers, say: the rest can be told
        told.fault = str(error)
    return told


def _uncommitted(state: State) -> list[Counted]:
    """What the state files of the work tree have that HEAD has not, a line a file."""
    from gitbtc.cli.compared import Compared
    from gitbtc.repo.diffing import Drift
    from gitbtc.views import stat

    kind, git = state.snapshot.kind, state.git
    if state.commit is None:
        return [(path, "not in a commit yet", 0) for path in state.snapshot.state_paths()]
    with git.blobs() as blobs:
        files = list(Compared(Drift(git, state.commit, lambda path: kind(path) is not None)).files(blobs))
    return [(file.path, file.fault, 0) if file.fault else stat.counted(file.patch) for file in files]


def _open(git: Git) -> int:
    """How many conflicts are open."""
    from gitbtc.resolve.open_conflicts import Conflicts

    with git.blobs() as blobs:
        try:
            return Conflicts(git, blobs).count()
        except CannotWork:  # markers were staged: the balance says why nothing can be told
            return 0


# -- the branch -------------------------------------------------------------------------------------------------------


def _branch(state: State) -> Branch:
    """The branch and the one that it follows: what each has that the other has not."""
    git, head = state.git, state.commit
    name = git.current_branch()
    followed = git.upstream_of(name) if name else None
    there = git.find(f"{followed}^{{commit}}") if followed else None
    branch = Branch(name, head, followed)
    if head is None or there is None:
        return branch
    bases = git.merge_bases(head, there)
    branch.ahead, branch.behind = (
        Side(len(git.reachable(f"{other}..{own}")), *_spent(state, bases, own))
        for own, other in ((head, there), (there, head))
    )
    if branch.behind.commits:
        branch.conflicts = _foreseen(git, head, followed or "", there)
    return branch


def _spent(state: State, bases: list[str], commit: str) -> tuple[Sum, Sum]:
    """The coins that came, and those that went, from the first common ancestor to a commit."""
    kinds = installed_kinds(state.git)
    with state.git.blobs() as blobs:
        ends = (bases[0] if bases else None, commit)
        before, after = (of_revision(state.git, oid, blobs.read, kinds) for oid in ends)
        came, went = Sum(), Sum()
        for root in sorted(before.roots() | after.roots()):
            then, now = before.evidence(root).coins, after.evidence(root).coins
            for outpoint in now.differing(then):
                old, new = then.get(outpoint), now.get(outpoint)
                if old and not new:
                    went = Sum(went.coins + 1, went.amount_sat + old["amount_sat"])
                elif new and not old:
                    came = Sum(came.coins + 1, came.amount_sat + new["amount_sat"])
    return came, went


def _foreseen(git: Git, head: str, name: str, there: str) -> int:
    """How many conflicts merging the followed branch would leave."""
    from gitbtc.premerge.branches import Premerge
    from gitbtc.repo.reading import objects_of

    with git.blobs() as blobs:
        foreseen = Premerge(git, objects_of(git), blobs.read, head, {name: there})
        foreseen.judge()
    return sum(len(branch.conflicts) for branch in foreseen.branches)


# -- sources ----------------------------------------------------------------------------------------------------------


def _sources(state: State) -> list[Source]:
    """Every source that is configured, and every other one that told something: the block and the time of its last
    news.
    """
    from gitbtc.kinds import codec
    from gitbtc.kinds.registry import built_in
    from gitbtc.sources import configured, told
    from gitbtc.sources.syncing import root_of

    git = state.git
    named = [(one.name, root_of(one, git)) for one in configured.read(Path(git.top_level())).values()]
    others = [(one.name, root) for root in state.snapshot.roots() for one in told.sources_called(git, "", root)]
    sources = []
    for name, root in sorted({*named, *others}):
        source = told.Source(git, name, root)
        last = source.last()
        content = last.files.get(CHAIN, b"") if last else b""
        chain = codec.parse(built_in(CHAIN), content) if content else {}
        sources.append(Source(name, root, (name, root) in named, chain.get("block_height"), source.last_time(),
                              source.asked_time()))  # fmt: skip
    return sources
