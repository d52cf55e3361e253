"""The state that a command is asked about: that of a revision, or as it lies in the work tree."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import click

from gitbtc.errors import CannotWork, UsageError
from gitbtc.repo.git import Git
from gitbtc.spends import COINS
from gitbtc.state.snapshot import installed_kinds, of_revision, of_work_tree, path_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from gitbtc.coins.wallet import Wallet
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.trailers import Trailer
    from gitbtc.state.snapshot import Snapshot

    Command = TypeVar("Command", bound=Callable[..., object])


@dataclass(frozen=True)
class State:
    """A moment's files, and the commit (oid) that they are of or build on; None before the first one."""

    git: Git
    snapshot: Snapshot
    commit: str | None
    is_work_tree: bool = False

    @cached_property
    def contests(self) -> list[tuple[str, Trailer]]:
        """(root, declaration) of what joins left contested."""
        from gitbtc.judge.contested import open_contests

        return list(open_contests(self.git, self.commit, self.snapshot)) if self.commit else []


@contextmanager
def asked(revision: str | None) -> Iterator[State]:
    """The state of `revision`, or of the work tree for None."""
    git = Git()
    git = git if revision else git.at_top()
    kinds = installed_kinds(git)
    with git.blobs() as blobs:
        if revision is None:
            yield State(git, of_work_tree(git, kinds), git.find("HEAD"), is_work_tree=True)
        else:
            snapshot = of_revision(git, git.resolve(revision), blobs.read, kinds)
            yield State(git, snapshot, git.find(f"{revision}^{{commit}}"))


def of_wallets(command: Command) -> Command:
    """The options of every command about coins."""
    for option in (
        click.option("--agent", metavar="NAME", help="Whose reservations are mine. [default: as `gitbtc reserve`]"),
        click.option("--root", "folder", metavar="PATH", help="Only this root: the folder that holds wallet/."),
    ):
        command = option(command)
    return command


def wallets(state: State, folder: str | None, agent: str | None, *, added: bool = False) -> list[Wallet]:
    """The wallets of a state, or that of the root in `folder`; CannotWork where the files do not say what there is.
    `added`: nobody asks for each coin, but for their sums.
    """
    from gitbtc.coins.wallet import Asking
    from gitbtc.coins.wallet import wallets as wallets_of
    from gitbtc.reserving.events import root_at

    git, snapshot = state.git, state.snapshot
    root = root_at(Git(), folder)
    if state.is_work_tree:
        _check_sparse(git, snapshot)
    contested: dict[str, set[Outpoint]] = {}
    for at, trailer in state.contests:
        if trailer.outpoint:
            contested.setdefault(at, set()).add(trailer.outpoint)
    asking = Asking(_speaker(git, agent), contested, _listed_before(state))
    return wallets_of(snapshot, asking, root, added=added)


def one_wallet(state: State, folder: str | None, agent: str | None, *, added: bool = False) -> Wallet:
    """The wallet that is meant: the only one, or that of the root in `folder`; UsageError where there are several."""
    found = wallets(state, folder, agent, added=added)
    if len(found) > 1:
        named = " and ".join(wallet.root or "." for wallet in found)
        raise UsageError(f"{named} both list coins: choose by --root, and take one root at a time")
    return found[0]


def _check_sparse(git: Git, snapshot: Snapshot) -> None:
    left_out = git.sparse_paths()
    missing = sorted(
        path for path in left_out if snapshot.called(path).endswith(path_in("", COINS)) and snapshot.kind(path)
    )
    if missing:
        raise CannotWork(f"{missing[0]} is left out of this sparse checkout; name a revision, as in HEAD")


def _speaker(git: Git, agent: str | None) -> str | None:
    """The agent that asks; nobody where no name is set."""
    from gitbtc.reserving.events import agent_of

    try:
        return agent_of(git, agent).name
    except UsageError:
        if agent is not None:
            raise
        return None


def _listed_before(state: State) -> Callable[[str, Outpoint], bool]:
    """Whether a list of coins in the history of a state's commit has a coin; what cannot be read proves nothing."""
    from gitbtc.history.timeline import Timeline
    from gitbtc.repo.reading import objects_of

    @cache
    def listed(_: str, outpoint: Outpoint) -> bool:
        if state.commit is None:
            return False
        try:
            objects = objects_of(state.git)
            return bool(Timeline(objects, objects.blob, state.commit).listed({outpoint}))
        except CannotWork:  # a partial clone, say
            return False

    return listed
