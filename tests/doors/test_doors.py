"""Every way to bring two spends of one coin together, which door stops it, and how a person gets on.

`MATRIX` is the table: each row is gone through as it stands there, and docs/regenerate.py prints it in docs/doors.md.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

import pygit2
import pytest

from tests.conftest import Repo
from tests.doors.pushing import gated
from tests.doors.rows import parameters
from tests.made_state import WITHOUT_GITBTC, change_of, coin, coins, mempool, pending, records, spend, transactions
from tests.prepared import once

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Sandbox

OUTPOINT = f"{coin(0)['txid']}:0"
A, B = spend("aa", coin(0)), spend("bb", coin(0))
# They stand between A and B and after them, so that a text merge puts both in without asking.
BEFORE_B = [spend(name, coin(number)) for number, name in enumerate(("ab", "ac", "ad", "ae"), 10)]
AFTER_B = [spend(name, coin(number)) for number, name in enumerate(("ca", "cb", "cc", "cd"), 20)]
LOG = [*BEFORE_B, *AFTER_B]


class Row(NamedTuple):
    """A path as people call it; the commands that lead there, the last of which is stopped; the hook that stops it; how
    it is gone on with once it is settled; what gives it up. `settled` is done before going on.
    """

    path: str
    commands: str
    door: str
    way_on: str
    undo: str
    settled: str = "gitbtc resolve OUTPOINT --theirs"


MERGED, MENDED = "git commit --no-edit", "git add -A"
ABORT, REBASED, PICKED = "git merge --abort", "git rebase --continue", "git cherry-pick --continue"
NO_REBASE, NO_PICK, DROP = "git rebase --abort", "git cherry-pick --abort", "git reset -q --hard"
SKIPPED = f"{REBASED} && git rebase --skip"
BY_HAND = "git checkout --ours . && git add -A"
PICKED_WHOLE = "git checkout --theirs . && git add -A"
AFRESH = "git merge theirs && gitbtc resolve OUTPOINT --theirs"

MATRIX = [
    Row("ort merge", "git merge theirs", "pre-merge-commit", MERGED, ABORT),
    Row("ort merge, settled by hand", f"git merge changed && {BY_HAND} && {MERGED}", "pre-commit", MERGED, ABORT),
    Row("identical changes", "git merge alike", "pre-merge-commit", MERGED, ABORT),
    Row("one-sided changes in different files", "git merge waiting", "pre-merge-commit", MERGED, ABORT),
    Row("octopus", "git merge other theirs", "pre-merge-commit", MERGED, ABORT),
    Row("-s resolve", "git merge -s resolve theirs", "pre-merge-commit", MERGED, ABORT),
    Row("-s ours", "git merge -s ours theirs", "pre-merge-commit", MERGED, ABORT),
    Row("--squash", f"git merge --squash theirs && {MERGED}", "pre-commit", MERGED, "git reset --merge"),
    Row("--no-commit", f"git merge --no-commit theirs && {MERGED}", "pre-commit", MERGED, ABORT),
    Row("--no-verify", "git merge --no-verify theirs", "prepare-commit-msg", MERGED, ABORT),
    Row("linked worktree", "git merge theirs", "pre-merge-commit", MERGED, ABORT),
    Row("rebase", "git rebase main", "prepare-commit-msg", REBASED, NO_REBASE),
    Row("rebase, settled by hand", f"git rebase main && {PICKED_WHOLE} && {REBASED}", "prepare-commit-msg", REBASED,
        NO_REBASE),
    Row("rebase --apply", "git rebase --apply main", "pre-applypatch", REBASED, NO_REBASE),
    Row("rebase -i, pick", "git rebase -i main", "prepare-commit-msg", SKIPPED, NO_REBASE),
    Row("rebase -i, squash", "git rebase -i main", "prepare-commit-msg", REBASED, NO_REBASE),
    Row("rebase -i, fixup", "git rebase -i main", "prepare-commit-msg", f"git commit --amend --no-edit && {REBASED}",
        NO_REBASE),
    Row("rebase -i, reword", "git rebase -i main", "prepare-commit-msg", SKIPPED, NO_REBASE),
    Row("cherry-pick", "git cherry-pick theirs", "prepare-commit-msg", PICKED, NO_PICK),
    Row("cherry-pick of a merge", "git cherry-pick -m 2 joined", "prepare-commit-msg", PICKED, NO_PICK),
    Row("cherry-pick of several", "git cherry-pick theirs other", "prepare-commit-msg", PICKED, NO_PICK),
    Row("cherry-pick -n", "git cherry-pick -n theirs && git commit -m picked", "pre-commit", "git commit -m picked",
        DROP, MENDED),
    Row("revert", "git revert --no-edit HEAD^", "prepare-commit-msg", MERGED, "git reset --merge"),
    Row("stash pop", "git stash pop && git commit -a -m popped", "pre-commit", "git commit -m popped", "", MENDED),
    Row("am", "git am ../unlisted.patch", "pre-applypatch", "git am --continue", "git am --abort", MENDED),
    Row("am -3", "git am -3 ../theirs.patch", "pre-applypatch", "git am --continue", "git am --abort", MENDED),
    Row("commit", "git add -A && git commit -m both", "pre-commit", "git commit -m both", "", MENDED),
    Row("commit -a", "git commit -a -m both", "pre-commit", "git commit -a -m both", "", MENDED),
    Row("commit PATH", "git commit -m both wallet/transactions.json", "pre-commit", "git commit -m both", "", MENDED),
    Row("commit --no-verify", "git commit -a --no-verify -m both", "prepare-commit-msg", "git commit -m both", "",
        MENDED),
    Row("amend", "git commit -a --amend --no-edit", "pre-commit", "git commit --amend --no-edit", "", MENDED),
    Row("fast-forward", "git merge --ff-only bad && git push server main", "pre-push", MERGED,
        "git reset --keep ORIG_HEAD", AFRESH),
    Row("a merge made by pygit2", "git push server main", "pre-push", MERGED, "git reset --keep HEAD^", AFRESH),
    Row("a merge made in a clone without gitbtc, pushed", "git merge --no-edit theirs && git push origin main",
        "pre-receive", "git push origin main", "git reset --keep HEAD^", ""),
    Row("bare repository", "git push origin main", "pre-receive", "git push origin main",
        "git update-ref refs/heads/main main^", ""),
]  # fmt: skip
ROWS, PARAMETERS = {row.path: row for row in MATRIX}, parameters(MATRIX)
PUSHED = [row.path for row in MATRIX if row.door in ("pre-push", "pre-receive")]
HERE = [path for path in ROWS if path not in PUSHED]
TESTED: set[str] = set()

# What the order names.
NAMED = {
    "ort merge", "identical changes", "one-sided changes in different files", "octopus", "-s resolve", "-s ours",
    "--squash", "--no-commit", "--no-verify", "fast-forward", "rebase", "rebase --apply", "rebase -i, pick",
    "rebase -i, squash", "rebase -i, fixup", "rebase -i, reword", "cherry-pick", "cherry-pick -n",
    "cherry-pick of several", "revert", "stash pop", "am", "am -3", "a merge made by pygit2",
    "a merge made in a clone without gitbtc, pushed", "commit -a", "commit PATH", "amend", "linked worktree",
    "bare repository",
}  # fmt: skip


class Unseen(NamedTuple):
    """A way for a branch to get to where no hook of ours has looked: as people call it, and the shell command."""

    path: str
    command: str


def _without(*hooks: str) -> str:
    """Git without these hooks, which from 2.54 on stand in the configuration too."""
    return " ".join(["git -c core.hooksPath=/dev/null", *(f"-c hook.gitbtc-{name}.enabled=false" for name in hooks)])


ELSEWHERE = "what a clone without gitbtc made"
UNSEEN = [
    Unseen("hooks that are switched off",
           f"{_without('pre-merge-commit', 'prepare-commit-msg')} merge -q -s ours --no-edit theirs"),
    Unseen("plumbing", "git update-ref refs/heads/main $(git commit-tree -p main -p theirs -m merged 'main^{tree}')"),
    Unseen("fast-import", "git fast-import --quiet --force <../stream"),
    Unseen(f"reset to {ELSEWHERE}", "git reset -q --hard elsewhere"),
    Unseen(f"fetch of {ELSEWHERE} into the branch", "git fetch -q --update-head-ok . elsewhere:main"),
    Unseen(f"pull of {ELSEWHERE}, its hook switched off",
           f"{_without('post-merge')} pull -q --ff-only . elsewhere"),
]  # fmt: skip


def through(*paths: str) -> pytest.MarkDecorator:
    """The rows that a test goes through."""
    TESTED.update(paths)
    return pytest.mark.parametrize("row", [PARAMETERS[path] for path in paths])


def test_every_named_path_has_a_row_and_every_row_is_gone_through() -> None:
    assert ROWS.keys() >= NAMED
    assert ROWS.keys() == TESTED
    assert len(ROWS) == len(MATRIX)


# -- what the paths start from -----------------------------------------------------------------------------------------


def commit(repo: Repo, branch: str, start: str, held: list[dict[str, Any]], *known: dict[str, Any]) -> None:
    """A commit on `branch`, begun at `start`: the coins that are held and the transactions that are known."""
    repo.git("checkout", "-q", "-B", branch, start)
    coins(repo, *held)
    transactions(repo, *known, *LOG)
    repo.unexamined(branch)


def note(repo: Repo, branch: str, start: str) -> None:
    """A commit on `branch`, begun at `start`, that is about something else."""
    repo.git("checkout", "-q", "-B", branch, start)
    repo.write(f"{branch}.txt", branch)
    repo.unexamined(branch)


def forked(repo: Repo) -> Repo:
    """main spends the coin by A, theirs by B; both are sound, and their coins are the same bytes."""
    _fork(repo)
    return repo


@once
def _fork(repo: Repo) -> None:
    repo.git("config", "core.editor", "true")
    mempool(repo)
    commit(repo, "base", "HEAD", [coin(0), coin(1)])
    commit(repo, "theirs", "base", [coin(1)], B)
    note(repo, "other", "base")
    commit(repo, "main", "base", [coin(1)], A)


def changed(repo: Repo) -> Repo:
    """Each side lists the change of its own transaction, too."""
    forked(repo)
    commit(repo, "changed", "base", [coin(1), change_of(B)], B)
    commit(repo, "main", "base", [coin(1), change_of(A)], A)
    return repo


def on_changed(repo: Repo) -> Repo:
    """Theirs is rebased onto ours: a step that stops at a text conflict first."""
    changed(repo)
    repo.git("checkout", "-q", "changed")
    return repo


def alike(repo: Repo) -> Repo:
    """Both sides removed the coin and do not say by what."""
    forked(repo)
    commit(repo, "alike", "base", [coin(1)])
    note(repo, "main", "alike")
    note(repo, "alike", "alike")
    repo.git("checkout", "-q", "-B", "main", "base")
    coins(repo, coin(1))
    repo.unexamined("ours")
    return repo


def waiting(repo: Repo) -> Repo:
    """Ours spends it in a file that theirs did not touch; theirs, made without gitbtc, only knows a mempool."""
    forked(repo)
    repo.git("checkout", "-q", "-b", "waiting", "base")
    mempool(repo, pending(B))
    repo.git("add", "-A")
    repo.git(*WITHOUT_GITBTC, "commit", "-q", "-m", "waiting")
    repo.git("checkout", "-q", "main")
    return repo


def on(branch: str) -> Callable[[Repo], Repo]:
    def prepared(repo: Repo) -> Repo:
        forked(repo)
        repo.git("checkout", "-q", branch)
        return repo

    return prepared


def interactive(what: str) -> Callable[[Repo], Repo]:
    """A branch of two commits, of which `rebase -i` does `what` with the second, which spends the coin."""

    def prepared(repo: Repo) -> Repo:
        forked(repo)
        note(repo, "two", "base")
        commit(repo, "two", "two", [coin(1)], B)
        repo.git("config", "sequence.editor", f"sed -i.bak -e '2s/^pick/{what}/'")
        return repo

    return prepared


def joined(repo: Repo) -> Repo:
    """A merge whose second parent knows nothing of B."""
    forked(repo)
    repo.git("checkout", "-q", "-b", "joined", "theirs")
    repo.git("merge", "-q", "--no-edit", "other")
    repo.git("checkout", "-q", "main")
    return repo


def given_up(repo: Repo) -> Repo:
    """B spent the coin, was given up, and the coin was spent by A: taking back that it was given up revives B."""
    forked(repo)
    commit(repo, "back", "base", [coin(1)], B)
    commit(repo, "back", "back", [coin(0), coin(1)], B | {"abandoned": True})
    commit(repo, "back", "back", [coin(1)], B | {"abandoned": True}, A)
    return repo


def stashed(repo: Repo) -> Repo:
    forked(repo)
    repo.git("checkout", "-q", "base")
    coins(repo, coin(1))
    transactions(repo, B, *LOG)
    repo.git("stash", "-q")
    repo.git("checkout", "-q", "main")
    return repo


def unlisted(repo: Repo) -> Repo:
    """The coin is in no file, so that the patch applies as it is."""
    forked(repo)
    commit(repo, "base", "base", [coin(1)])
    commit(repo, "unlisted", "base", [coin(1)], B)
    commit(repo, "main", "base", [coin(1)], A)
    repo.git("format-patch", "-q", "-1", "--no-ext-diff", "--no-textconv", "--output=../unlisted.patch", "unlisted")
    return repo


def mailed(repo: Repo) -> Repo:
    forked(repo)
    repo.git("format-patch", "-q", "-1", "--no-ext-diff", "--no-textconv", "--output=../theirs.patch", "theirs")
    return repo


def edited(repo: Repo) -> Repo:
    """B is written beside A in the work tree."""
    forked(repo)
    transactions(repo, A, B, *LOG)
    return repo


def linked(repo: Repo) -> Repo:
    forked(repo)
    repo.git("worktree", "add", "-q", "-b", "linked", "../linked", "main")
    return Repo(repo.path.parent / "linked", repo.env, repo.clock, repo.python)


PREPARED: dict[str, Callable[[Repo], Repo]] = {
    "ort merge, settled by hand": changed,
    "identical changes": alike,
    "one-sided changes in different files": waiting,
    "linked worktree": linked,
    "rebase": on("theirs"),
    "rebase, settled by hand": on_changed,
    "rebase --apply": on("theirs"),
    **{f"rebase -i, {what}": interactive(what) for what in ("pick", "squash", "fixup", "reword")},
    "cherry-pick of a merge": joined,
    "revert": given_up,
    "stash pop": stashed,
    "am": unlisted,
    "am -3": mailed,
    **dict.fromkeys(["commit", "commit -a", "commit PATH", "commit --no-verify", "amend"], edited),
}


# -- going through -----------------------------------------------------------------------------------------------------


def do(repo: Repo, commands: str, ok: tuple[int, ...] = (0,)) -> str:
    """Run commands as the table has them; what the last one says. Those before may stop at a conflict."""
    *first, last = [shlex.split(one.replace("OUTPOINT", OUTPOINT)) for one in commands.split(" && ")]
    for command in first:
        _run(repo, command, (0, 1))
    return _run(repo, last, ok)


def _run(repo: Repo, command: list[str], ok: tuple[int, ...]) -> str:
    if command[0] == "gitbtc":
        return repo.gitbtc(*command[1:], ok=ok).stdout
    events = repo.path.parent / "events"
    events.unlink(missing_ok=True)
    return repo.run(*command, ok=ok, env={"GIT_TRACE2_EVENT": str(events)}).stderr


def refusing(repo: Repo) -> set[str]:
    """The hooks that refused in the last command."""
    lines = [json.loads(line) for line in (repo.path.parent / "events").read_text().splitlines()]
    started = {(one["sid"], one["child_id"]): one.get("hook_name") for one in lines if one["event"] == "child_start"}
    ended = [(one["sid"], one["child_id"], one["code"]) for one in lines if one["event"] == "child_exit"]
    return {name for sid, child, code in ended if code and (name := started[sid, child])}


def standing(repo: Repo) -> tuple[str, ...]:
    """Where HEAD is, what the refs are (the stash among them), and what differs from HEAD."""
    head = repo.git("symbolic-ref", "-q", "HEAD", ok=(0, 1)), repo.git("rev-parse", "HEAD")
    return *head, repo.git("for-each-ref"), repo.git("status", "--porcelain")


def commits(repo: Repo) -> set[str]:
    return set(repo.git("rev-list", "--branches", "HEAD").split())


def spenders(repo: Repo, revision: str) -> set[str]:
    """The live transactions that spend the coin."""
    known = records(repo, "wallet/transactions.json", revision)
    live = [one for one in known if not one.get("replaced_by") and not one.get("abandoned")]
    return {one["txid"] for one in live if any(one["inputs"][0][name] == coin(0)[name] for name in ("txid", "vout"))
            and one["inputs"][0]["vout"] == 0}  # fmt: skip


def stopped(repo: Repo, row: Row) -> str:
    """Go there; the last command is stopped by the door, and no branch has moved."""
    refs = repo.git("for-each-ref", "refs/heads")
    said = do(repo, row.commands, ok=(1, 128))
    assert refusing(repo) == {row.door}, said
    assert "Traceback" not in said
    assert OUTPOINT[:8] in said or row.settled == MENDED
    assert repo.git("for-each-ref", "refs/heads") == refs
    assert len(spenders(repo, "HEAD")) <= 1
    return said


def ended(repo: Repo) -> None:
    """B won; nothing is open, and no record is lost."""
    assert repo.git("status", "--porcelain", "--untracked-files=no") == ""
    assert spenders(repo, "HEAD") <= {B["txid"]}
    assert coin(0) not in records(repo, "wallet/utxos.json", "HEAD")
    repo.gitbtc("check", "HEAD")


@through(*HERE)
def test_the_path_is_stopped_and_a_person_gets_on(treasury: Repo, row: Row) -> None:
    repo = PREPARED.get(row.path, forked)(treasury)
    before, made = standing(repo), commits(repo)
    stopped(repo, row)
    if row.undo:
        do(repo, row.undo)
        assert standing(repo) == before
        stopped(repo, row)  # nothing is left of the first time that lets it through now
    assert commits(repo) >= made
    if row.settled == MENDED:
        transactions(repo, A | {"replaced_by": B["txid"]}, B, *LOG)
    do(repo, row.settled)
    do(repo, row.way_on)
    ended(repo)


# -- doors that nobody stands at ---------------------------------------------------------------------------------------


@pytest.mark.one_interpreter
@pytest.mark.parametrize("row", [pytest.param(row, id=row.path) for row in UNSEEN])
def test_what_no_hook_saw_is_stopped_where_it_leaves_and_where_it_arrives(
    sandbox: Sandbox, treasury: Repo, row: Unseen
) -> None:
    server = gated(sandbox)
    forked(treasury)
    treasury.git("remote", "add", "server", str(server.path))
    treasury.git("push", "-q", "server", "main", "theirs")
    before = treasury.git("rev-parse", "main").strip()
    merged = treasury.git("commit-tree", "-p", "main", "-p", "theirs", "-m", "merged", "main^{tree}").strip()
    treasury.git("branch", "-q", "elsewhere", merged)
    ours, theirs = treasury.git("rev-parse", "main", "theirs").split()
    head = "commit refs/heads/main\ncommitter Ann <ann@example.com> 1700000000 +0000\ndata 7\nmerged\n"
    (sandbox.home / "stream").write_text(f"{head}from {ours}\nmerge {theirs}\n\n")
    assert not re.search("gitbtc: .*refused|conflict", _run(treasury, ["sh", "-c", row.command], (0,)))
    assert treasury.git("rev-list", "--count", "--merges", f"{before}..main").strip() == "1"
    assert OUTPOINT in treasury.gitbtc("verify", f"{before}..main", ok=(1,)).stdout
    refs = server.git("for-each-ref")
    for push, door in (("git push server main", "pre-push"), ("git push --no-verify server main", "pre-receive")):
        said = do(treasury, push, ok=(1,))
        assert refusing(treasury) - {None} == {door}, said
        assert OUTPOINT[:8] in said
    assert server.git("for-each-ref") == refs


# -- doors that only see what is made ----------------------------------------------------------------------------------


def pushed_to(repo: Repo, name: str) -> Repo:
    """An empty bare repository that examines nothing, as the remote `name`."""
    place = repo.path.parent / f"{name}.git"
    repo.git("init", "-q", "--bare", str(place))
    repo.git("remote", "add", name, str(place))
    return Repo(place, repo.env, python=repo.python)


def refused_and_nothing_there(server: Repo, repo: Repo, row: Row, commands: str) -> str:
    before = server.git("for-each-ref")
    said = do(repo, commands, ok=(1,))
    assert refusing(repo) - {None} == {row.door}, said
    assert OUTPOINT[:8] in said
    assert server.git("for-each-ref") == before
    return said


def set_right(repo: Repo, row: Row) -> None:
    """Give the merge up, make it anew, and settle it."""
    do(repo, row.undo)
    do(repo, row.settled)
    do(repo, row.way_on)
    ended(repo)


@through("fast-forward")
def test_a_fast_forward_is_warned_of_and_not_pushed_on(treasury: Repo, row: Row) -> None:
    forked(treasury)
    treasury.git("checkout", "-q", "-b", "bad")
    treasury.git(*WITHOUT_GITBTC, "merge", "-q", "-s", "ours", "--no-edit", "theirs")
    treasury.git("checkout", "-q", "main")
    server = pushed_to(treasury, "server")
    merge, push = row.commands.split(" && ")
    warned = do(treasury, merge)
    assert OUTPOINT in warned
    assert "already merged" in warned
    refused_and_nothing_there(server, treasury, row, push)
    set_right(treasury, row)
    do(treasury, push)
    assert server.git("rev-parse", "main") == treasury.git("rev-parse", "main")


@through("a merge made by pygit2")
def test_a_merge_that_no_git_made_is_not_pushed(treasury: Repo, row: Row) -> None:
    forked(treasury)
    try:
        repository = pygit2.Repository(str(treasury.path))
    except pygit2.GitError as error:
        pytest.skip(f"libgit2 merges nothing here: {error}")
    ours, theirs = (repository.revparse_single(name) for name in ("main", "theirs"))
    merged = repository.merge_commits(ours.id, theirs.id)
    assert merged.conflicts is None
    author = pygit2.Signature("Ann Auditor", "ann@example.com")
    repository.create_commit(
        "refs/heads/main", author, author, "merged", merged.write_tree(repository), [ours.id, theirs.id]
    )
    treasury.git("reset", "-q", "--hard")
    assert spenders(treasury, "main") == {A["txid"], B["txid"]}
    server = pushed_to(treasury, "server")
    refused_and_nothing_there(server, treasury, row, row.commands)
    set_right(treasury, row)
    do(treasury, row.commands)


def settled(treasury: Repo) -> str:
    """The merge of main and theirs, made and settled where gitbtc is; its oid."""
    treasury.git("checkout", "-q", "-b", "settled", "main")
    do(treasury, f"{AFRESH} && {MERGED}")
    ended(treasury)
    return treasury.git("rev-parse", "HEAD").strip()


@through("a merge made in a clone without gitbtc, pushed")
def test_a_server_refuses_what_a_clone_without_gitbtc_merged(sandbox: Sandbox, treasury: Repo, row: Row) -> None:
    server = gated(sandbox)
    forked(treasury)
    treasury.git("remote", "add", "origin", str(server.path))
    treasury.git("push", "-q", "origin", "main", "theirs")
    treasury.git("clone", "-q", str(server.path), "../plain")
    plain = Repo(sandbox.home / "plain", treasury.env, treasury.clock, treasury.python)
    plain.git("branch", "-q", "theirs", "origin/theirs")
    merge, push = row.commands.split(" && ")
    do(plain, merge)
    assert spenders(plain, "HEAD") == {A["txid"], B["txid"]}
    refused_and_nothing_there(server, plain, row, push)
    do(plain, row.undo)
    plain.git("fetch", "-q", str(treasury.path), settled(treasury))
    plain.git("merge", "-q", "--ff-only", "FETCH_HEAD")
    do(plain, row.way_on)


@through("bare repository")
def test_a_server_refuses_what_a_bare_repository_merged(sandbox: Sandbox, treasury: Repo, row: Row) -> None:
    server = gated(sandbox)
    forked(treasury)
    treasury.git("remote", "add", "origin", str(server.path))
    treasury.git("push", "-q", "origin", "main", "theirs")
    treasury.git("clone", "-q", "--bare", str(server.path), "../bare.git")
    bare = Repo(sandbox.home / "bare.git", treasury.env, treasury.clock, treasury.python)
    tree = bare.git("merge-tree", "--write-tree", "main", "theirs").strip()
    merged = bare.git("commit-tree", "-p", "main", "-p", "theirs", "-m", "merged", tree).strip()
    bare.git("update-ref", "refs/heads/main", merged)
    assert spenders(bare, "main") == {A["txid"], B["txid"]}
    refused_and_nothing_there(server, bare, row, row.commands)
    do(bare, row.undo)
    bare.git("fetch", "-q", str(treasury.path), f"{settled(treasury)}:refs/heads/main")
    do(bare, row.way_on)
