"""Hooks: written once, chained behind a foreign one, put back, and never fatal to what cannot be vetoed."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc.errors import GitbtcError
from gitbtc.repo.hookfiles import NAMES, SERVER_NAMES, Hooks, HookState, is_edited, is_ours, uninstall

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Repo
    from tests.repo.conftest import Script

GITBTC = "-E -P -c from gitbtc.__main__ import start; start()"


@pytest.fixture
def hooks(repo: Repo, script: Script) -> Hooks:
    """Hooks whose interpreter is a script that notes how it was called."""
    python = script(
        repo.path / ".git" / "python",
        '[ "$4" != "import gitbtc" ] || exit 0',  # whether gitbtc can be imported
        'printf "%s\\n" "$*" >>"$NOTES"',
        'case $6 in pre-push | pre-receive) cat >>"$NOTES" ;; esac',
        'exit "${OURS:-0}"',
    )
    repo.write("a", "1")
    repo.commit("one")
    repo.env["NOTES"] = str(repo.path / ".git" / "notes")
    return Hooks(repo.path / ".git" / "hooks", str(python), __file__)


def notes(repo: Repo) -> list[str]:
    """How the hooks were called, in order."""
    path = repo.path / ".git" / "notes"
    return path.read_text().splitlines() if path.exists() else []


def lost_a_trailer(repo: Repo) -> None:
    """What makes post-commit start Python at all."""
    repo.write(".git/gitbtc/lost.json", "{}")


def test_every_hook_calls_gitbtc_with_its_name_and_arguments(repo: Repo, hooks: Hooks) -> None:
    assert [path.name for path in hooks.install()] == list(NAMES)
    lost_a_trailer(repo)
    for name in NAMES:
        repo.run(f".git/hooks/{name}", "a b", "c'd")
    assert notes(repo) == [f"{GITBTC} hook {name} a b c'd" for name in NAMES]


def test_git_itself_runs_them(repo: Repo, hooks: Hooks) -> None:
    hooks.install()
    repo.git("commit", "-q", "--allow-empty", "-m", "two")
    called = [line.removeprefix(f"{GITBTC} hook ").split()[0] for line in notes(repo)]
    assert called == ["pre-commit", "prepare-commit-msg", "commit-msg"]


def test_installing_twice_changes_nothing(hooks: Hooks) -> None:
    hooks.install()
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in hooks.folder.iterdir()}
    assert hooks.install() == []
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in hooks.folder.iterdir()} == before


def test_a_foreign_hook_runs_first_and_comes_back_as_it_was(repo: Repo, hooks: Hooks, script: Script) -> None:
    foreign = script(hooks.folder / "commit-msg", 'echo "foreign $2 $1" >>"$NOTES"')
    foreign.chmod(0o711)
    before = foreign.read_bytes()
    hooks.install()
    repo.run(".git/hooks/commit-msg", "file name", "x")
    assert notes(repo) == ["foreign x file name", f"{GITBTC} hook commit-msg file name x"]
    uninstall([hooks.folder])
    assert foreign.read_bytes() == before
    assert foreign.stat().st_mode & 0o777 == 0o711
    assert not [path for path in hooks.folder.iterdir() if "gitbtc" in path.name or path.name == "pre-commit"]


def test_a_foreign_hook_that_refuses_is_obeyed(repo: Repo, hooks: Hooks, script: Script) -> None:
    script(hooks.folder / "pre-commit", "exit 7")
    hooks.install()
    repo.run(".git/hooks/pre-commit", ok=(7,))
    assert notes(repo) == []


def test_a_foreign_hook_that_agrees_does_not_make_ours_agree(repo: Repo, hooks: Hooks, script: Script) -> None:
    script(hooks.folder / "pre-commit", "exit 0")
    hooks.install()
    repo.env["OURS"] = "1"
    repo.run(".git/hooks/pre-commit", ok=(1,))
    repo.git("commit", "-q", "--allow-empty", "-m", "two", ok=(1,))


def test_a_hook_that_git_would_not_run_is_not_run_either(repo: Repo, hooks: Hooks, script: Script) -> None:
    script(hooks.folder / "pre-commit", "exit 7").chmod(0o644)
    hooks.install()
    repo.run(".git/hooks/pre-commit")


def test_what_is_pushed_reaches_both_hooks(repo: Repo, hooks: Hooks, script: Script) -> None:
    script(hooks.folder / "pre-push", 'sed "s/^/foreign /" >>"$NOTES"')
    hooks.install()
    pushed = b"refs/heads/main aa refs/heads/main bb\nrefs/heads/x cc refs/heads/x dd\n"
    repo.run(".git/hooks/pre-push", "origin", "url", stdin=pushed)
    sent = pushed.decode().splitlines()
    assert notes(repo) == [*(f"foreign {line}" for line in sent), f"{GITBTC} hook pre-push origin url", *sent]


def test_what_is_received_reaches_both_hooks(repo: Repo, hooks: Hooks, script: Script) -> None:
    server = Hooks(hooks.folder, hooks.python, hooks.package, names=SERVER_NAMES)
    script(hooks.folder / "pre-receive", 'sed "s/^/foreign /" >>"$NOTES"')
    assert [path.name for path in server.install()] == ["pre-receive"]
    received = b"aa bb refs/heads/main\ncc dd refs/heads/x\n"
    repo.run(".git/hooks/pre-receive", stdin=received)
    sent = received.decode().splitlines()
    assert notes(repo) == [*(f"foreign {line}" for line in sent), f"{GITBTC} hook pre-receive", *sent]
    assert uninstall([hooks.folder]) == []
    assert uninstall([hooks.folder], SERVER_NAMES) == [hooks.folder / "pre-receive"]


def test_a_merge_that_is_made_is_never_failed(repo: Repo, hooks: Hooks, script: Script) -> None:
    script(hooks.folder / "post-merge", "exit 3")
    hooks.install()
    repo.env["OURS"] = "1"
    assert repo.run(".git/hooks/post-merge", "0").stderr == ""
    assert notes(repo) == []  # what is merged here was looked at before it was made
    repo.env["GITHEAD_" + repo.git("rev-parse", "HEAD").strip()] = "theirs"
    assert repo.run(".git/hooks/post-merge", "0").stderr == ""
    assert notes(repo) == [f"{GITBTC} hook post-merge 0"]


@pytest.mark.parametrize("name", NAMES)
def test_without_its_interpreter_a_hook_refuses_and_says_why(repo: Repo, hooks: Hooks, name: str) -> None:
    Hooks(hooks.folder, str(repo.path / "gone"), __file__).install()
    lost_a_trailer(repo)
    done = repo.run(f".git/hooks/{name}", ok=(0,) if name.startswith("post-") else (1,))
    assert f"gitbtc: {name}: gitbtc cannot run here" in done.stderr
    assert "gitbtc install" in done.stderr


def test_an_interpreter_without_gitbtc_refuses_and_says_why(repo: Repo, hooks: Hooks, script: Script) -> None:
    script(repo.path / "python", "exit 1")
    Hooks(hooks.folder, str(repo.path / "python"), __file__).install()
    assert "gitbtc cannot run here" in repo.run(".git/hooks/pre-commit", ok=(1,)).stderr


@pytest.mark.parametrize("number", ["KILL", "TERM"])
def test_a_hook_that_is_killed_refuses_and_says_what_to_do(
    repo: Repo, hooks: Hooks, script: Script, number: str
) -> None:
    script(repo.path / "python", '[ "$4" != "import gitbtc" ] || exit 0', f"kill -{number} $$")
    Hooks(hooks.folder, str(repo.path / "python"), __file__).install()
    repo.write("a", "2")
    head = repo.git("rev-parse", "HEAD")
    said = repo.run("git", "commit", "-qam", "two", ok=(1,)).stderr
    assert "gitbtc: pre-commit: it was killed before it had looked at everything; do the same again\n" in said
    assert repo.git("rev-parse", "HEAD") == head


def test_a_hook_of_an_earlier_version_is_replaced(hooks: Hooks) -> None:
    Hooks(hooks.folder, "/opt/earlier/python", __file__).install()
    assert hooks.state("pre-push") is HookState.STALE
    assert len(hooks.install()) == len(NAMES)
    assert not list(hooks.folder.glob("*.before-gitbtc"))
    assert hooks.state("pre-push") is HookState.OURS


def test_a_hook_that_lost_its_executable_bit_gets_it_back(hooks: Hooks) -> None:
    hooks.install()
    (hooks.folder / "pre-push").chmod(0o644)
    assert hooks.state("pre-push") is HookState.NOT_EXECUTABLE
    assert [path.name for path in hooks.install()] == ["pre-push"]
    assert hooks.state("pre-push") is HookState.OURS


def test_a_hook_of_ours_that_somebody_edited_is_not_touched(hooks: Hooks) -> None:
    hooks.install()
    edited = hooks.folder / "pre-push"
    edited.write_bytes(edited.read_bytes() + b"make lint\n")
    assert is_ours(edited.read_bytes())
    assert is_edited(edited.read_bytes())
    assert hooks.state("pre-push") is HookState.EDITED
    with pytest.raises(GitbtcError, match=r"pre-push is gitbtc's, but it has been edited"):
        hooks.check()
    with pytest.raises(GitbtcError, match="has been edited"):
        uninstall([hooks.folder])
    assert (hooks.folder / "pre-commit").exists()


def test_a_second_foreign_hook_is_not_lost_over_the_first(hooks: Hooks, script: Script) -> None:
    script(hooks.folder / "pre-commit", "exit 0")
    hooks.install()
    script(hooks.folder / "pre-commit", "exit 0 # a framework that came later")
    assert hooks.state("pre-commit") is HookState.FOREIGN
    with pytest.raises(GitbtcError, match=r"pre-commit\.before-gitbtc beside it is another one"):
        hooks.check()


def test_a_link_is_kept_as_a_link(hooks: Hooks, repo: Repo, script: Script) -> None:
    script(repo.path / "tools" / "hook", 'echo linked >>"$NOTES"')
    (hooks.folder / "pre-commit").symlink_to("../../tools/hook")
    (hooks.folder / "pre-push").symlink_to("nowhere")
    hooks.install()
    repo.run(".git/hooks/pre-commit")
    assert notes(repo) == ["linked", f"{GITBTC} hook pre-commit"]
    uninstall([hooks.folder])
    assert str((hooks.folder / "pre-commit").readlink()) == "../../tools/hook"
    assert str((hooks.folder / "pre-push").readlink()) == "nowhere"


def test_a_framework_that_renames_our_hook_still_runs_it(repo: Repo, hooks: Hooks) -> None:
    hooks.install()
    (hooks.folder / "pre-commit").rename(hooks.folder / "pre-commit.legacy")
    repo.run(".git/hooks/pre-commit.legacy")
    assert notes(repo) == [f"{GITBTC} hook pre-commit"]


def test_a_shared_hook_does_nothing_where_gitbtc_is_not_set_up(repo: Repo, hooks: Hooks) -> None:
    Hooks(hooks.folder, hooks.python, hooks.package, shared=True).install()
    repo.run(".git/hooks/pre-commit")
    assert notes(repo) == []
    repo.git("config", "filter.gitbtc.required", "true")
    repo.run(".git/hooks/pre-commit")
    assert notes(repo) == [f"{GITBTC} hook pre-commit"]


# -- beside other tools, as they write their files ---------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["/usr/bin/env sh", "/bin/sh", "/bin/sh -e", "/usr/bin/env bash"])
def test_a_hook_that_tells_by_its_name_which_it_is_runs_as_before(repo: Repo, hooks: Hooks, shell: str) -> None:
    # As husky 9 has it: one script for all, beside them.
    shared = 'echo "$(basename "$0") $*" >>"$NOTES"\ncat >>"$NOTES"\nfalse\nexit 5\n'
    (hooks.folder / "h").write_text(shared)
    for name in ("commit-msg", "pre-push"):
        (hooks.folder / name).write_text(f'#!{shell}\n. "$(dirname "$0")/h"')
        (hooks.folder / name).chmod(0o755)
    hooks.install()
    status = 1 if shell.endswith("-e") else 5
    repo.run(".git/hooks/commit-msg", "a b", "c", stdin=b"", ok=(status,))
    repo.run(".git/hooks/pre-push", "origin", stdin=b"refs/heads/main\n", ok=(status,))
    assert notes(repo) == ["commit-msg a b c", "pre-push origin", "refs/heads/main"]


def test_a_hook_of_no_shell_is_run_as_it_is(repo: Repo, hooks: Hooks) -> None:
    hook = hooks.folder / "commit-msg"
    hook.write_text(f"#!{sys.executable}\nimport os, sys\nopen(os.environ['NOTES'], 'w').write(sys.argv[1])\n")
    hook.chmod(0o755)
    hooks.install()
    repo.run(".git/hooks/commit-msg", "a b")
    assert notes(repo)[0].startswith(f"a b{GITBTC} hook commit-msg")


def test_the_reason_stands_above_what_another_hook_says(repo: Repo, hooks: Hooks, script: Script) -> None:
    script(Path(hooks.python), '[ "$4" != "import gitbtc" ] || exit 0', "echo reason >&2", 'exit "${OURS:-0}"')
    script(hooks.folder / "pre-commit", "echo linted; echo well >&2", 'exit "${THEIRS:-0}"')
    hooks.install()
    for ours, theirs, said in (1, 0, ["reason", "linted", "well"]), (1, 4, ["linted", "well"]):
        env = {"OURS": str(ours), "THEIRS": str(theirs)}
        assert repo.run(".git/hooks/pre-commit", env=env, ok=(theirs or ours,)).stderr.split() == said


PRE_COMMIT = "# File generated by pre-commit: https://pre-commit.com"


@pytest.fixture
def pre_commit(hooks: Hooks, script: Script) -> Callable[[], None]:
    """What `pre-commit install` does: it keeps the hook of another tool, and runs it first."""

    def install() -> None:
        hook = hooks.folder / "pre-commit"
        if hook.exists() and PRE_COMMIT not in hook.read_text():
            hook.rename(hook.with_name("pre-commit.legacy"))
        script(
            hook, PRE_COMMIT, '[ -z "$LEGACY" ] || exit 9', "legacy=${0%/*}/pre-commit.legacy",
            'LEGACY=1; export LEGACY; ! [ -x "$legacy" ] || "$legacy" "$@" || exit $?', 'echo framework >>"$NOTES"',
        )  # fmt: skip

    return install


@pytest.mark.parametrize("first", [True, False])
def test_the_pre_commit_framework_may_come_before_and_after(
    repo: Repo, hooks: Hooks, pre_commit: Callable[[], None], first: bool
) -> None:
    if first:
        pre_commit()
    hooks.install()
    pre_commit()
    assert hooks.state("pre-commit") is HookState.OURS
    assert hooks.install() == []
    repo.run(".git/hooks/pre-commit")
    assert notes(repo) == [f"{GITBTC} hook pre-commit", "framework"]
    legacy = hooks.folder / "pre-commit.legacy"
    Hooks(hooks.folder, "/opt/earlier/python", __file__).install()
    assert hooks.state("pre-commit") is HookState.STALE
    assert legacy in hooks.install()
    legacy.chmod(0o644)
    assert hooks.state("pre-commit") is HookState.NOT_EXECUTABLE
    assert legacy in uninstall([hooks.folder])
    assert [path.name for path in hooks.folder.iterdir() if not path.name.endswith(".sample")] == ["pre-commit"]
    repo.run(".git/hooks/pre-commit")
    assert notes(repo)[2:] == ["framework"]


@pytest.mark.parametrize("again", [True, False])
def test_a_tool_that_puts_ours_aside_can_do_so_again(hooks: Hooks, script: Script, again: bool) -> None:
    hooks.install()
    # As lefthook does, which never runs it, and fails where `pre-commit.old` is there already.
    (hooks.folder / "pre-commit").rename(hooks.folder / "pre-commit.old")
    tool = script(hooks.folder / "pre-commit", "exit 0 # lefthook")
    (hooks.folder / "pre-push.old").write_text("a person's\n")
    if again:
        assert [path.name for path in hooks.install()] == ["pre-commit", "pre-commit.old"]
    assert (hooks.folder / "pre-commit.old").exists() != again
    uninstall([hooks.folder])
    assert "lefthook" in tool.read_text()
    assert sorted(path.name for path in hooks.folder.iterdir() if not path.name.endswith(".sample")) == [
        "pre-commit", "pre-push.old",
    ]  # fmt: skip


def test_a_hook_that_its_tool_has_written_anew_is_not_left_twice(hooks: Hooks, script: Script) -> None:
    tool = script(hooks.folder / "pre-commit", "exit 0 # husky")
    hooks.install()
    tool.write_bytes((hooks.folder / "pre-commit.before-gitbtc").read_bytes())
    uninstall([hooks.folder])
    assert "husky" in tool.read_text()
    assert not list(hooks.folder.glob("*.before-gitbtc"))


# -- named by the configuration ----------------------------------------------------------------------------------------


@pytest.fixture
def configured(repo: Repo, hooks: Hooks) -> Hooks:
    """The hooks, and their copy that the configuration names."""
    hooks.install()
    repo.write(".git/gitbtc/hook", hooks.copy())
    return hooks


def run_configured(repo: Repo, name: str, *arguments: str, stdin: bytes = b"") -> list[str]:
    """What the copy has gitbtc do."""
    repo.run("/bin/sh", ".git/gitbtc/hook", name, *arguments, stdin=stdin)
    return notes(repo)


def test_no_path_and_no_folder_for_temporary_files_are_needed(repo: Repo, configured: Hooks, script: Script) -> None:
    where = str(Path(shutil.which("git") or "git").parent)  # Git puts its own programs there, whatever it was given
    repo.env |= {
        "PATH": str(script(repo.path / "programs" / "git", f'exec {where}/git "$@"').parent),
        "TMPDIR": "/none",
    }
    script(configured.folder / "pre-commit.before-gitbtc", "echo linted")
    for hook in ([".git/hooks/pre-commit"], ["/bin/sh", ".git/gitbtc/hook", "pre-commit"]):
        done = repo.run(*hook)
        assert done.stderr == ""
    assert notes(repo) == [f"{GITBTC} hook pre-commit"]


@pytest.mark.parametrize("place", ["/dev/null", "elsewhere", ".husky/_"])
def test_the_configured_hook_looks_where_git_runs_no_other(repo: Repo, configured: Hooks, place: str) -> None:
    repo.git("config", "core.hooksPath", place)
    assert run_configured(repo, "commit-msg", "file name", "x") == [f"{GITBTC} hook commit-msg file name x"]
    lines = run_configured(repo, "pre-push", "origin", "url", stdin=b"refs/heads/main aa refs/heads/main bb\n")
    assert lines[1:] == [f"{GITBTC} hook pre-push origin url", "refs/heads/main aa refs/heads/main bb"]


def test_the_configured_hook_leaves_it_to_the_one_that_git_runs_next(repo: Repo, configured: Hooks) -> None:
    assert run_configured(repo, "commit-msg", "file") == []
    replace(configured, shared=True).install()
    assert run_configured(repo, "commit-msg", "file") == []
    hook = configured.folder / "commit-msg"
    hook.chmod(0o644)
    assert len(run_configured(repo, "commit-msg", "file")) == 1
    hook.write_text("#!/bin/sh\n# gitbtc hook 0123456789abcdef\n")
    hook.chmod(0o755)
    assert len(run_configured(repo, "commit-msg", "file")) == 2
    hook.unlink()
    assert len(run_configured(repo, "commit-msg", "file")) == 3


def test_the_configured_hook_leaves_it_to_the_pre_commit_framework(
    repo: Repo, configured: Hooks, script: Script
) -> None:
    (configured.folder / "pre-commit").rename(configured.folder / "pre-commit.legacy")
    script(configured.folder / "pre-commit", "# File generated by pre-commit: https://pre-commit.com")
    assert run_configured(repo, "pre-commit") == []
    script(configured.folder / "pre-commit", "# by hand")
    assert len(run_configured(repo, "pre-commit")) == 1


def test_a_configured_hook_that_cannot_run_refuses(repo: Repo, hooks: Hooks) -> None:
    repo.write(".git/gitbtc/hook", Hooks(hooks.folder, str(repo.path / "gone"), __file__).content())
    assert (
        "gitbtc: pre-commit: gitbtc cannot run here" in repo.run("sh", ".git/gitbtc/hook", "pre-commit", ok=(1,)).stderr
    )
