"""The join of a fleet by the workers of a dask cluster. Nothing else of gitbtc imports dask.

The plan: every share's heads and one head that all shares have in common tell what all heads have in common; then each
share is joined, compared with that; then the partial joins, in groups where there are many; then the whole. dask gives
the task of a worker that died to another one. Commits go through the remote, what was read of files through dask.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import time
from concurrent.futures import CancelledError
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

from gitbtc.distributed.bench import Bench, Run
from gitbtc.distributed.remote import JoinRemote, address
from gitbtc.errors import CannotWork, GitbtcError, UsageError
from gitbtc.join.differences import processors
from gitbtc.join.shares import MOST_PARTS, groups, shares

try:
    from distributed import Client, LocalCluster, as_completed, get_worker
    from distributed.scheduler import KilledWorker
except ImportError as missing:
    raise CannotWork(
        f"--engine dask needs what is not here ({missing}); in gitbtc's folder, `pip install '.[dask]'` brings it"
    ) from None

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Self

    from distributed import Future

    from gitbtc.distributed.bench import PartialJoin, Whole
    from gitbtc.join.atoms import Token
    from gitbtc.repo.git import Git

_ANSWERS, _COMES = 10, 30  # seconds, for a scheduler to answer and for a first worker
_ENDING = 60  # seconds, for tasks that run when a join fails
_TIP = "tip"


# -- on a worker -------------------------------------------------------------------------------------------------------

_at_work = Lock()  # a bench is for one task at a time, however many threads a worker has
_ended: set[str] = set()  # prefixes of runs that are over


def _folder(run: Run) -> str:
    # dask removes a worker's folder when the worker ends, and when the next one starts after a crash.
    return os.path.join(get_worker().local_directory, "gitbtc-join", run.name)


def _work(run: Run, step: Callable[..., Any], *arguments: Any) -> Any:
    """What `step` of a bench gives. CannotWork in place of any expected error, since not all of them can travel."""
    with _at_work:
        if run.prefix in _ended:
            raise CannotWork(f"the run {run.name} is over")
        try:
            return step(Bench(_folder(run), run), *arguments)
        except GitbtcError as error:
            raise CannotWork(str(error)) from None


def _end(run: Run) -> None:
    with _at_work:
        _ended.add(run.prefix)
        shutil.rmtree(_folder(run), ignore_errors=True)


# -- where the join was asked for --------------------------------------------------------------------------------------


class JoinRequest:
    """A join as it was asked for: the `patterns` of the heads at `remote`; `tip`, the oid of the commit that the caller
    has and they join into, None for none; what the commit says.
    """

    def __init__(self, remote: str, patterns: Sequence[str], tip: str | None, message: str) -> None:
        self.remote = remote
        self.patterns = patterns
        self.tip = tip
        self.message = message


def join(git: Git, asked: JoinRequest, scheduler: str | None, say: Callable[[str], None], *, fetch: bool) -> Whole:
    """The join of the heads, by the workers of the scheduler at an address, or by some of this machine. `fetch`: have
    it in the repository of `git`; no ref leads to it. `say` is told how far it is. CannotWork when it cannot be.
    """
    run = Run(f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(4)}", address(git, asked.remote))
    remote = JoinRemote(git, run.url)
    try:
        heads = remote.matching(asked.patterns)
        with TemporaryDirectory(prefix="gitbtc-join-") as folder, _Engine(run, scheduler, folder, say) as engine:
            say(f"{len(heads):,} heads; partial joins lie under {run.prefix} of {asked.remote} until it is done")
            try:
                whole = engine.whole(heads, _with_tip(remote, run, asked.tip), asked)
                if fetch:
                    remote.fetch({whole.ref: whole.oid})
            finally:
                engine.end()
                _clear(remote, run, say)
    except UsageError:
        raise
    except GitbtcError as error:
        raise CannotWork(str(error)) from None
    return whole


def _with_tip(remote: JoinRemote, run: Run, tip: str | None) -> dict[str, str]:
    """ref -> oid of the commit that the heads join into, where the workers find it."""
    if tip is None:
        return {}
    remote.push(tip, run.prefix + _TIP)
    return {run.prefix + _TIP: tip}


def _clear(remote: JoinRemote, run: Run, say: Callable[[str], None]) -> None:
    try:
        remote.clear(run.prefix)
    except GitbtcError as error:
        say(f"what the join left at {run.prefix}* could not be deleted ({error}); docs/join.md says how")


class _Engine:
    """A cluster at work on one run."""

    def __init__(self, run: Run, scheduler: str | None, folder: str, say: Callable[[str], None]) -> None:
        self._run = run
        self._say = say
        self._asked: list[Future[Any]] = []
        self._cluster = None if scheduler else _local(folder)
        # What dask has to say of a lost connection comes as an exception, too.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        try:
            self._client = Client(scheduler or self._cluster, timeout=_ANSWERS)
        except (OSError, ValueError) as error:  # a TimeoutError is an OSError
            raise CannotWork(f"--scheduler {scheduler}: no scheduler answers there: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def whole(self, heads: Mapping[str, str], tip: Mapping[str, str], asked: JoinRequest) -> Whole:
        """The join of the heads and of the tip (ref -> oid)."""
        parts = self._parts(heads, tip)
        future = self._submit(Bench.whole, {**heads, **tip}, parts, asked.tip, asked.message)
        self._wait([future], "the whole joined")
        whole: Whole = future.result()
        return whole

    def _parts(self, heads: Mapping[str, str], tip: Mapping[str, str]) -> Sequence[Future[PartialJoin]]:
        cut = shares(heads, len(self._workers()))
        if len(cut) == 1:
            return []
        shared = tip or dict([next(iter(heads.items()))])
        bases = [self._submit(Bench.base, {**share, **shared}) for share in cut]
        self._wait(bases, "shares fetched")
        tokens: list[Token | None] = self._client.gather(bases)
        base = min(known)[1] if (known := [token for token in tokens if token]) and all(tokens) else None
        # Who has fetched a share had better join it, but any other can.
        places = self._client.who_has(bases)
        parts = [
            self._submit(Bench.part, f"share-{number}", share, base, near=places[future.key])
            for number, (share, future) in enumerate(zip(cut, bases, strict=True))
        ]
        self._wait(parts, "shares joined")
        return self._few(parts, base)

    def _few(self, parts: Sequence[Future[PartialJoin]], base: str | None) -> Sequence[Future[PartialJoin]]:
        level = 0
        while len(parts) > MOST_PARTS:
            level += 1
            parts = [
                self._submit(Bench.part, f"group-{level}-{number}", {}, base, group)
                for number, group in enumerate(groups(parts, MOST_PARTS))
            ]
            self._wait(parts, "groups of shares joined")
        return parts

    def _submit(self, step: Callable[..., Any], *arguments: Any, near: Sequence[str] = ()) -> Future[Any]:
        future = self._client.submit(
            _work, self._run, step, *arguments, workers=near or None, allow_other_workers=bool(near), pure=False
        )
        self._asked.append(future)
        return future

    def _wait(self, futures: Sequence[Future[Any]], what: str) -> None:
        try:
            for done, future in enumerate(as_completed(futures), 1):
                if future.status != "finished":
                    future.result()
                self._say(f"{done:,} of {len(futures):,} {what}")
        except KilledWorker as error:
            raise CannotWork(f"{error.allowed_failures + 1} workers died at the same share; memory?") from None
        except (CancelledError, OSError) as error:
            raise CannotWork(f"the scheduler is gone: {error}") from None

    def _workers(self) -> list[str]:
        try:
            self._client.wait_for_workers(1, timeout=_COMES)
        except TimeoutError:
            raise CannotWork("the scheduler has no worker; `dask worker ADDRESS --nthreads 1` starts one") from None
        return list(self._client.nthreads())

    def end(self) -> None:
        """Have no task running, and nothing left at the workers."""
        try:
            self._client.cancel(self._asked)
            ends = [self._client.submit(_end, self._run, workers=[worker], pure=False) for worker in self._workers()]
            for _ in as_completed(ends, timeout=_ENDING):
                pass
        except (CannotWork, CancelledError, OSError) as error:
            self._say(f"not all workers could be told that it is over ({error})")


def _local(folder: str) -> LocalCluster:
    """A worker for every processor of this machine."""
    return LocalCluster(
        n_workers=processors(), threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR,
        local_directory=folder,
    )  # fmt: skip
