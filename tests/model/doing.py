"""Git operations on the repositories of the model, and what must hold after each of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.model import payments
from tests.model.model import STRATEGY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.model.world import Clone, World

# What is asked of the coins of a new commit: that they are all that there must be; that there are none too many; or
# nothing, where a person chose the records of one side.
ALL, PHANTOMS, NOTHING = "all", "phantoms", "nothing"
# How a merge may be called. `-s ours` asks to leave theirs out, and `-s resolve` runs no driver: a text conflict is
# settled by taking one side's file whole.
MERGES: tuple[tuple[tuple[str, ...], str], ...] = (
    ((), ALL), ((), ALL), (("--no-ff",), ALL), (("--no-commit",), ALL), (("-s", "ours"), PHANTOMS),
    (("-s", "resolve"), NOTHING), (("-X", "theirs"), ALL), (("--no-verify",), ALL),
)  # fmt: skip
# How to go on with a pick, and how not to. A clean revert that a hook refuses is no sequence for Git.
PICKS = {
    "cherry-pick": (("cherry-pick", "--continue"), ("cherry-pick", "--abort")),
    "revert --no-edit": (("commit", "--no-edit"), ("reset", "-q", "--merge")),
}
CHOICES = ("--ours", "--theirs", "--base")
_RULES = ("is spent by", "is listed as a coin")  # of what no commit may hold
_ROUNDS = 8  # of settling; every round settles something
_PATIENCE = 4  # refusals of one step; all but the last have staged a repair


def judge(
    clone: Clone, *, worth: str = ALL, sources: Iterable[str] = (), live_on_purpose: bool = False, heir_of: str = ""
) -> list[str]:
    """Look at what is new in a clone that is gated; the new commits.

    `sources`: commits that were brought in and are no parents (squashed). `worth`: what is asked of the
    coins. `heir_of`: the commit that it was made from, and may have amended.
    """
    world = clone.world
    new = clone.news()
    for oid in new if clone.gated else ():
        tree, parents = world.trees[oid], [*clone.known[oid], *sources]
        for fault in tree.faults():
            world.fail(f"{clone.name} made {oid[:8]}, in which {fault}")
        _judge_growth(clone, oid, parents)
        if tree.simulating is False and world.trees[parents[0]].simulating and not live_on_purpose:
            world.fail(f"{clone.name} made {oid[:8]}, which turned live")
        if all(world.conserves(earlier) for earlier in (*parents, *filter(None, [heir_of]))):
            _judge_value(clone, oid, worth)
    return new


def _judge_growth(clone: Clone, oid: str, parents: list[str]) -> None:
    for parent in parents:
        lost = clone.world.trees[parent].grown - clone.world.trees[oid].grown
        if lost:
            clone.world.fail(f"{clone.name} made {oid[:8]}, which lost of {parent[:8]}: {sorted(lost)}")


def _judge_value(clone: Clone, oid: str, worth: str) -> None:
    found = list(clone.world.trees[oid].discrepancies(clone.world.unattributed))
    if worth != ALL:
        found = [text for text in found if worth == PHANTOMS and not text.endswith("is missing")]
    if found:
        clone.world.fail(f"{clone.name} made {oid[:8]}, in which {'; '.join(found)}")


# -- commits ---------------------------------------------------------------------------------------------------------


def commit(clone: Clone, what: int, number: int, *options: str) -> bool:
    """An honest change, committed."""
    operation = payments.HONEST[what % len(payments.HONEST)]
    files = payments.Files(clone.path)
    told = operation(files, number)
    if not told:
        return False
    files.write()
    before = clone.head()
    # `--amend -m` tells no hook that it amends: whether the outcome may be live, only the push asks.
    is_told = "--amend" in options and (operation is payments.simulate or number % 2)
    status, said = clone.git("commit", "-q", "-a", *(("--no-edit",) if is_told else ("-m", told)), *options)
    if status:
        expected = "would make\nit empty" in said or (is_told and f"{STRATEGY}: " in said)
        if clone.gated and clone.dirt() and not expected:
            clone.world.fail(f"an honest commit was refused: {said}")
        clone.git("reset", "-q", "--hard")
        return False
    if operation is payments.lose:
        clone.world.read(clone, [clone.head()])
        trees = clone.world.trees
        clone.world.unattributed |= payments.unattributed(trees[before], trees[clone.head()])
    # What is amended may have turned live itself.
    on_purpose = operation is payments.simulate or not clone.world.trees[before].simulating
    judge(clone, live_on_purpose=on_purpose, heir_of=before)
    return True


def commit_broken(clone: Clone, what: int, number: int) -> bool:
    """A change that no commit may hold: it is refused, and what was staged stays staged."""
    files = payments.Files(clone.path)
    told = payments.BROKEN[what % len(payments.BROKEN)](files, number)
    if not told:
        return False
    files.write()
    clone.git("add", "-A")
    refs, dirt = clone.refs(), clone.dirt()
    status, _ = clone.git("commit", "-q", "-m", told)
    if clone.gated:
        if status == 0 and dirt:
            clone.world.fail(f"nobody stopped a commit: {told}")
        unchanged(clone, refs, dirt)
        clone.git("reset", "-q", "--hard")
    judge(clone)
    return True


def unchanged(clone: Clone, refs: str, dirt: str = "") -> None:
    """Refs, index and work tree are as they were."""
    if clone.refs() != refs:
        clone.world.fail(f"{clone.name}: what was refused moved a ref")
    if clone.dirt() != dirt:
        clone.world.fail(f"{clone.name}: what was refused or aborted left something:\n{clone.dirt()}\nbefore:\n{dirt}")


# -- merges ----------------------------------------------------------------------------------------------------------


def merge(clone: Clone, others: list[str], how: int, ending: int) -> None:
    """Merge, and if that stops: settle and commit, abort, or commit what Git left as it is."""
    options, worth = MERGES[how % len(MERGES)] if len(others) == 1 else ((), ALL)
    refs, head = clone.refs(), clone.head()
    status, _ = clone.git("merge", "--no-edit", *options, *others)
    if status or "--no-commit" in options:
        if status and clone.head() != head:
            clone.world.fail("a merge that was refused moved HEAD")
        _end(clone, refs, ending, ("commit", "--no-edit"), ("merge", "--abort"))
    judge(clone, worth=worth if ending % 5 < 4 else NOTHING)


def squash(clone: Clone, other: str, ending: int) -> None:
    """Merge without a merge commit."""
    refs, source = clone.refs(), clone.ask("rev-parse", other).strip()
    clone.git("merge", "--squash", other)
    if clone.dirt():
        _end(clone, refs, ending, ("commit", "--no-edit"), ("reset", "-q", "--hard"))
    moved = clone.refs() != refs
    judge(clone, sources=[source] if moved else (), worth=ALL if ending % 5 < 4 else NOTHING)


def pick(clone: Clone, verb: str, oid: str, ending: int) -> None:
    """Cherry-pick or revert a commit."""
    refs = clone.refs()
    mainline = ("-m", "1") if len(clone.known[oid]) > 1 else ()
    status, _ = clone.git(*verb.split(), *mainline, oid)
    if status:
        _end(clone, refs, ending, *PICKS[verb])
    judge(clone, worth=PHANTOMS if status == 0 else NOTHING)


def rebase(clone: Clone, onto: str, backend: str, ending: int) -> None:
    """Rebase the current branch."""
    refs = clone.refs()
    status, _ = clone.git("rebase", "-q", backend, onto)
    if status:
        _end(clone, refs, ending, ("rebase", "--continue"), ("rebase", "--abort"))
    judge(clone, worth=PHANTOMS if status == 0 else NOTHING)


def _end(clone: Clone, refs: str, ending: int, go_on: tuple[str, ...], abort: tuple[str, ...]) -> None:
    """After a stop. `ending`: 0 aborts, 4 stages all as it is, others settle; what does not end then is aborted."""
    how = ending % 5
    if how and clone.gated:
        said = _go_on(clone, go_on, ending if how < 4 else None)
        if said and how < 4:
            clone.world.fail(f"all that was open is settled, and still it does not end:\n{said}")
    elif how:
        clone.git("checkout", "-q", ("--ours", "--theirs")[ending % 2], "--", ".")
        clone.git("add", "-A")
        clone.git(*go_on)
    if in_progress(clone):
        _abort(clone, refs, abort)


def _go_on(clone: Clone, go_on: tuple[str, ...], choice: int | None) -> str:
    """Settle (None: nothing), stage all and go on, until it ends, or nothing is left to commit; what was said if it
    does not end, and has to.

    Each step of a rebase may stop anew. But what is refused in one must have been listed as open before.
    """
    said, stuck, undone = "", 0, False
    while stuck < _PATIENCE:
        if choice is not None:
            undone |= _settle(clone, choice)
        clone.git("add", "-A")
        if not clone.ask("diff", "--cached", "--name-only") and _took_out(clone, go_on[0]):
            continue
        step = _step(clone)
        status, said = clone.git(*go_on)
        if status == 0 or not in_progress(clone) or "nothing to commit" in said:
            return ""
        if step == _step(clone):
            if choice is not None and "settle it with" in said:
                clone.world.fail(f"nothing was open, and it is refused:\n{said}")
            stuck += 1
    return "" if "only grows" in said or (undone and any(rule in said for rule in _RULES)) else said


def _step(clone: Clone) -> tuple[str, str]:
    """What is being done: it changes whenever a rebase gets further."""
    todo = clone.path / ".git/rebase-merge/git-rebase-todo"
    return clone.ask("rev-parse", "HEAD", "REBASE_HEAD"), todo.read_text() if todo.exists() else ""


def _took_out(clone: Clone, what: str) -> bool:
    """Leave out a step of which nothing is left; whether another one stopped, which may have something open.

    A pick that a hook refused stands in a rebase's list once more.
    """
    if what == "rebase" and (clone.path / ".git/rebase-apply").exists():
        before = _step(clone)
        clone.git("rebase", "--skip")
        return in_progress(clone) and _step(clone) != before
    if what == "rebase":
        clone.run("git", "rebase", "--edit-todo", env={"GIT_SEQUENCE_EDITOR": "sed -i -e 1d"})
    elif what == "cherry-pick":
        clone.git("cherry-pick", "--skip")
    return False


def in_progress(clone: Clone) -> bool:
    """Whether something waits to be ended."""
    return bool(clone.dirt())


def _abort(clone: Clone, refs: str, abort: tuple[str, ...]) -> None:
    dirt = clone.dirt()
    status, said = clone.git(*abort)
    if status and clone.gated:
        clone.world.fail(f"what was refused cannot be given up:\n{said}\n{dirt}")
    if status or clone.dirt():
        clone.git("reset", "-q", "--hard")
    unchanged(clone, refs)


def _settle(clone: Clone, choice: int) -> bool:
    """Settle all that is open, each by a side of its own, until nothing is; settling one may settle another.

    Whether a record or a file was put back as it was, which can undo that a transaction lost: then a person has to mend
    it by hand, or to give up.
    """
    undone = False
    for _ in range(_ROUNDS):
        status, said = clone.gitbtc("conflicts", "--json")
        if status not in (0, 1):
            clone.world.fail(f"nobody can say what is open: {said}")
        found = json.loads(said[said.index("{") : said.rindex("}") + 1])["gitbtc.conflicts/v1"]["conflicts"]
        if not found:
            return undone
        for number, conflict in enumerate(found):
            side = CHOICES[(choice + number) % len(CHOICES)]
            undone |= side == "--base" and "outpoint" not in conflict
            clone.gitbtc("resolve", conflict["address"], side)
    clone.world.tell("not all could be settled")
    return undone


# -- the server ------------------------------------------------------------------------------------------------------


def push(clone: Clone) -> None:
    """Push the current branch. What the server took breaks no rule; what gitbtc made here, it takes."""
    refs, before = clone.refs(), clone.world.server.ask("for-each-ref")
    status, said = clone.git("push", "origin", "HEAD")
    server = clone.world.server
    if status:
        if server.ask("for-each-ref") != before:
            clone.world.fail("a refused push moved a ref of the server")
        if clone.gated and "fetch first" not in said and "non-fast-forward" not in said:
            clone.world.fail(f"the gates of the clone let pass what cannot be pushed:\n{said}")
        if clone.gated:
            unchanged(clone, refs)
    for oid in server.news():
        for fault in clone.world.trees[oid].faults():
            clone.world.fail(f"the server took {oid[:8]}, in which {fault}")


def pull(clone: Clone, branch: str, how: int, ending: int) -> None:
    """Fetch, and merge a branch of the server."""
    clone.git("fetch", "-q", "origin")
    fetched = clone.news()
    clone.world.read(clone, fetched)
    if clone.ask("rev-parse", "-q", "--verify", f"origin/{branch}"):
        if clone.gated:
            merge(clone, [f"origin/{branch}"], how, ending)
        else:
            merge_as_text(clone, f"origin/{branch}", ending)


def merge_as_text(clone: Clone, other: str, ending: int) -> None:
    """A merge in the clone without gitbtc, where a conflict is ended by whatever side."""
    refs = clone.refs()
    status, _ = clone.git("merge", "--no-edit", *(("-X", ("ours", "theirs")[ending % 2]) if ending % 3 else ()), other)
    if status:
        _end(clone, refs, ending, ("commit", "--no-edit"), ("merge", "--abort"))
    clone.news()
    if payments.Files(clone.path).tree.unreadable:  # text merged into something that does not parse
        clone.git("reset", "-q", "--hard", "origin/main")


def wander(world: World, clone: Clone, name: str, *, new: bool) -> None:
    """Switch to a branch, or begin one here."""
    clone.git("switch", "-q", *(("-C",) if new and name != "main" else ()), name)
