"""Reserving coins: an agent's word, written into the execution log of the work tree, and claimed on a remote first.

Everything is judged before anything is written, and the log is replaced in one step: a command does all or nothing.
"""

from __future__ import annotations

import os
import time
from functools import cached_property
from typing import NamedTuple

from gitbtc.errors import CannotWork, GitbtcError, UsageError, printable
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.repo.files import led_away, way_out_to, write
from gitbtc.repo.lock import alone
from gitbtc.reserving.claims import Claim, Claims
from gitbtc.spends import CHAIN, COINS, EXECUTION, reservations
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.naming import Name, coins_in, lines_with
from gitbtc.spends.reservable import obstacle
from gitbtc.state.on_disk import OnDisk
from gitbtc.state.snapshot import installed_kinds, of_work_tree, path_in
from gitbtc.state.sound import frozen, known, listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gitbtc.kinds.kind import Record
    from gitbtc.repo.git import Git
    from gitbtc.spends.evidence import Evidence
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.reservations import Clock
    from gitbtc.state.snapshot import Snapshot

LONGEST_NAME = 255
# Branches that are named after the agent that works on them.
_AGENTS = "refs/heads/agents/"


class Done:
    """What a command did: for which coins, the log's path and the event in it (None: none was needed), and which claims
    it freed. `frozen` are the outpoints of those that are not to be spent.
    """

    __slots__ = ("amount_sat", "event", "freed", "frozen", "outpoints", "path")

    def __init__(self, outpoints: list[Outpoint], path: str, event: Record | None, amount_sat: int = 0) -> None:
        self.outpoints = outpoints
        self.path = path
        self.event = event
        self.amount_sat = amount_sat
        self.freed: Sequence[Outpoint] = ()
        self.frozen: Sequence[str] = ()


class Reserving:
    """One run of `gitbtc reserve` or `gitbtc release` in a work tree, in the name of one agent."""

    def __init__(self, git: Git, agent: str, root: str | None = None, clock: Clock = lambda: int(time.time())) -> None:
        self._git = git
        self._agent = agent
        self._root = root
        self._clock = clock
        self._lock = os.path.join(git.git_dir(), "gitbtc", "reserving.lock")

    @cached_property
    def _snapshot(self) -> Snapshot:
        return of_work_tree(self._git, installed_kinds(self._git))

    # -- reserve ---------------------------------------------------------------------------------------------------

    def reserve(
        self, names: list[Name], blocks: int, note: str, at: int | None = None, claims: Claims | None = None
    ) -> Done:
        """Reserve the coins called `names` for `blocks` blocks from the tip (or the height `at`).

        In a remote's `claims` first. GitbtcError, and nothing done, when the agent may not have one of them.
        """
        with alone(self._lock):
            outpoints = _meant(names, self._listed)
            root = self._root_that(
                lambda evidence, one: (one in evidence.coins, bool(evidence.spender(one))), outpoints
            )
            log, evidence = Log(self._git, root), known(self._snapshot, root)
            coins = listed(self._snapshot, root, outpoints)
            tip = self._tip(root, evidence, at)
            self._may_reserve(evidence, outpoints, tip)
            event = reservations.reserve_event(self._agent, map(outpoint_text, outpoints), tip + blocks, note)
            log.add(reservations.dated(event, log.records, tip, self._clock))
            wanted = [Claim(outpoint, self._agent, tip + blocks) for outpoint in outpoints]
            _claimed(claims, wanted, tip, log.save)
        done = Done(outpoints, log.path, log.added, sum(coin["amount_sat"] for coin in coins))
        done.frozen = sorted(frozen(self._snapshot, root, coins))
        return done

    def _listed(self, name: Name) -> set[Outpoint]:
        """The coins that may be meant; CannotWork where a root's coins do not parse."""
        for root in self._roots():
            self._snapshot.evidence(root)
        return coins_called(self._snapshot, self._roots(), name)

    def _tip(self, root: str, evidence: Evidence, at: int | None) -> int:
        tip = evidence.tip if at is None else at
        if at is not None and at < (evidence.tip or 0):
            raise UsageError(f"--at {at}: {path_in(root, CHAIN)} is at block {evidence.tip} already")
        if tip is None:
            raise GitbtcError(
                f"{path_in(root, CHAIN)}: not there, so the height to count from is not known; `gitbtc import` writes "
                "it, or give the height with --at"
            )
        return tip

    def _may_reserve(self, evidence: Evidence, outpoints: list[Outpoint], tip: int) -> None:
        held = [
            f"{outpoint_text(outpoint)} {told}"
            for outpoint in outpoints
            if (told := obstacle(evidence, outpoint, self._agent, tip))
        ]
        if held:
            raise GitbtcError("\n".join([*held, "nothing was reserved"]))

    # -- release ---------------------------------------------------------------------------------------------------

    def release(self, names: list[Name], claims: Claims | None = None) -> Done:
        """End the agent's reservations of the coins called `names`, then its claims; GitbtcError when it has neither on
        one.
        """
        with alone(self._lock):
            outpoints = _meant(names, lambda name: self._held(name, claims) or self._listed(name))
            claimed = claims.mine(outpoints, self._agent) if claims else {}
            reserved = [
                one for one in outpoints if any(self._has(known(self._snapshot, at), one) for at in self._roots())
            ]
            self._may_release([one for one in outpoints if one not in claimed and one not in reserved])
            done = self._released(reserved) if reserved else Done([], "", None)
        # The log first: nobody gets the coin from the remote while the log says that it is reserved.
        done.freed = claims.free(outpoints, self._agent) if claims else ()
        done.outpoints = outpoints
        return done

    def _held(self, name: Name, claims: Claims | None) -> set[Outpoint]:
        """What may be meant of the coins that the agent has reserved, or claimed."""
        evidence = [known(self._snapshot, root) for root in self._roots()]
        reserved = {one for each in evidence for one, agents in each.reservations.items() if self._agent in agents}
        claimed = claims.of(self._agent) if claims else set()
        return {outpoint for outpoint in reserved | claimed if name.fits(outpoint)}

    def _released(self, outpoints: list[Outpoint]) -> Done:
        root = self._root_that(lambda evidence, one: (self._has(evidence, one), one in evidence.coins), outpoints)
        log, evidence = Log(self._git, root), known(self._snapshot, root)
        self._may_release([outpoint for outpoint in outpoints if not self._has(evidence, outpoint)])
        event = reservations.release_event(self._agent, map(outpoint_text, outpoints))
        log.add(reservations.dated(event, log.records, evidence.tip, self._clock))
        log.save()
        return Done(outpoints, log.path, log.added)

    def _has(self, evidence: Evidence, outpoint: Outpoint) -> bool:
        return self._agent in evidence.reservations.get(outpoint, {})

    def _may_release(self, strange: list[Outpoint]) -> None:
        if strange:
            told = [f"{outpoint_text(outpoint)} is not reserved by {self._agent}" for outpoint in strange]
            raise GitbtcError("\n".join([*told, "nothing was released"]))

    # -- roots -----------------------------------------------------------------------------------------------------

    def _roots(self) -> list[str]:
        roots = sorted(self._snapshot.roots())
        if self._root is not None and self._root not in roots:
            raise UsageError(f"--root {self._root or '.'}: no state file lies there")
        return roots if self._root is None else [self._root]

    def _root_that(self, knows: Callable[[Evidence, Outpoint], tuple[bool, bool]], outpoints: list[Outpoint]) -> str:
        """The root that knows most of `outpoints`, by the first sign, then by the second; UsageError for two."""
        roots = self._roots()
        if not roots:
            raise CannotWork("no state file in this work tree; `gitbtc import` writes them")
        seen: dict[str, list[int]] = {}
        for root in roots:
            evidence = known(self._snapshot, root)
            seen[root] = [sum(signs) for signs in zip(*(knows(evidence, one) for one in outpoints), strict=True)]
        best = [root for root in roots if seen[root] == max(seen.values())]
        if len(best) > 1 and not any(seen[best[0]]):
            raise GitbtcError(f"{outpoint_text(outpoints[0])}: no root lists it in its wallet/utxos.json")
        if len(best) > 1:
            named = " and ".join(root or "." for root in best)
            raise UsageError(f"{named} both know these coins: choose by --root, and take one root at a time")
        return best[0]


class Log:
    """The execution log of a root in the work tree, with one more event."""

    def __init__(self, git: Git, root: str) -> None:
        self._root = root
        self.path = path_in(root, EXECUTION)
        self.added: Record | None = None
        self._kind = built_in(EXECUTION)
        self._top = git.top_level()
        self._there = OnDisk(os.path.join(self._top, root), self._kind)
        away = led_away(self._top, self.path)
        if away:
            raise CannotWork(f"{self.path}: {away}")
        self._git = git
        self._refuse_ignored(self.path)
        self._lines = self._read()
        self.records = [codec.decode_line(self._kind, line) for line in self._lines.values()]

    def _read(self) -> dict[tuple[object, ...], bytes]:
        try:
            return codec.keyed(self._kind, self._there.content())
        except codec.Malformed as error:
            raise CannotWork(f"{self.path}: does not parse ({error}); mend it first") from None

    def add(self, event: Record) -> None:
        """Take `event` in; GitbtcError when it may not be stored."""
        from gitbtc.judge.key_gate import in_work_tree, judged
        from gitbtc.keys.finding import NOT_WRITTEN, refusal
        from gitbtc.keys.scan import scan
        from gitbtc.kinds.validate import violations

        try:
            line = codec.encode_record(self._kind, event)
        except codec.Malformed as error:
            raise UsageError(f"the reservation cannot be stored: {error}") from None
        found = judged(scan(line), lambda: in_work_tree(self._top))
        if found and found.refusing:
            raise GitbtcError(refusal(found.refusing, "the reservation", NOT_WRITTEN, found.remarks))
        for fault in violations(self._kind, [event]):
            raise GitbtcError(str(fault))
        self._lines[codec.key_of(self._kind, event, line)] = line
        self.added = event

    def save(self) -> None:
        """Write the file, or the agent's shard, in one step."""
        content = codec.encode_lines(self._kind, (self._lines[key] for key in sorted(self._lines)))
        made = {os.path.join(self._root, path): new for path, new in self._there.laid_out(content).items()}
        for path in made:
            self._refuse_ignored(path)
        for path, new in made.items():
            write(os.path.join(self._top, path), new)

    def _refuse_ignored(self, path: str) -> None:
        if self._git.is_ignored(os.path.join(self._top, path)):
            raise CannotWork(f"{path}: Git ignores it, so nobody else would learn of it; mend .gitignore")


def _claimed(claims: Claims | None, wanted: list[Claim], tip: int, then: Callable[[], None]) -> None:
    """Make the claims, then do `then`; when that fails, the claims are taken back."""
    if claims is None:
        return then()
    taken = claims.take(wanted, tip)
    try:
        then()
    except BaseException as error:
        left = taken.back()
        if left is not None:
            raise GitbtcError(
                f"{error}; the claim on {claims.remote} still stands ({left}): run the same command again, or "
                "`gitbtc release` with --claim"
            ) from error
        raise


def names_of(texts: Sequence[str]) -> list[Name]:
    """The coins that a command names; UsageError for what names none, or a transaction alone."""
    names = [Name(text) for text in texts]
    for name in names:
        if name.vout is None:
            raise UsageError(f"{name.text}: which of its outputs? Write txid:vout")
    return names


def coins_called(snapshot: Snapshot, roots: Iterable[str], name: Name) -> set[Outpoint]:
    """The coins listed in `roots` that `name` may mean."""
    contents = (snapshot.of_kind(root, COINS) for root in roots)
    return {coin for content in contents for coin in coins_in(lines_with(content, name.needle), name)}


def _meant(names: Sequence[Name], known: Callable[[Name], Iterable[Outpoint]]) -> list[Outpoint]:
    """The coins that are meant; `known` tells which there are, for a name that is cut short. UsageError for a name that
    may mean two coins, or none, and for a coin that is named twice.
    """
    found: dict[Outpoint, Name] = {}
    for name in names:
        outpoint = name.outpoint or next(iter(name.meant(known(name))), None)
        if outpoint is None:
            raise UsageError(f"{name.text}: no coin that is listed here begins like this")
        if outpoint in found:
            raise UsageError(f"{name.text}: named twice")
        found[outpoint] = name
    return list(found)


class Agent(NamedTuple):
    """Who speaks; `is_shared` where the name is that of whoever the work tree belongs to, as all his agents have it."""

    name: str
    is_shared: bool = False


def agent_of(git: Git, given: str | None) -> Agent:
    """The agent that speaks: `given`, else $GITBTC_AGENT, gitbtc.agent of this work tree alone, the NAME of a branch
    agents/NAME or agents/NAME/…, gitbtc.agent, the name of a linked work tree, or user.name; without blanks at its
    ends. UsageError when that is no name.
    """
    told = Agent(given) if given is not None else _own_name(git)
    name = told.name.strip()
    if not name or printable(name) != name or len(name) > LONGEST_NAME:
        raise UsageError(
            f"who reserves? An agent's name is one line of printable text of at most {LONGEST_NAME} characters: give "
            "--agent NAME, or set it with `git config gitbtc.agent NAME`"
        )
    return Agent(name, told.is_shared)


def _own_name(git: Git) -> Agent:
    told = os.environ.get("GITBTC_AGENT")
    configured = {} if told else dict(git.config_scopes("gitbtc.agent"))
    branch = git.current_branch() or ""
    # Several work trees of one clone have one configuration and one user.name, and are several agents.
    own = told or configured.get("command") or configured.get("worktree")
    named = own or (branch.removeprefix(_AGENTS).split("/")[0] if branch.startswith(_AGENTS) else "")
    name = named or next(reversed(configured.values()), "") or git.linked_work_tree()
    return Agent(name) if name else Agent(git.config("user.name") or "", is_shared=True)


def root_at(git: Git, folder: str | None) -> str | None:
    """The root in `folder`, seen from the current folder, as its path from the top of the work tree; None for None."""
    if folder is None:
        return None
    away = way_out_to(git.top_level(), folder)
    if away:
        raise UsageError(f"--root {folder}: {away} leads out of this work tree; put the folder itself there")
    path = os.path.relpath(os.path.realpath(folder), os.path.realpath(git.top_level())).replace(os.sep, "/")
    if path.split("/")[0] == "..":
        raise UsageError(f"--root {folder}: lies outside of this work tree")
    return "" if path == "." else path
