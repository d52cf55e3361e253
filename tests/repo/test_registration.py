"""What Git runs for a state file: through awkward paths, through failures, and when gitbtc is gone.

A script stands in for the interpreter; it notes its arguments and answers as the test says.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc import resources
from gitbtc.kinds.registry import BUILT_IN, Kinds
from gitbtc.repo.git import Git
from gitbtc.repo.registration import FALLBACK, Program, config_text, entries, paths

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

STATE = "a 'b' $HOME/wallet/utxos.json"
BASE, OURS, THEIRS = '[\n{"a":1},\n{"b":1}\n]\n', '[\n{"a":2},\n{"b":1}\n]\n', '[\n{"a":3},\n{"b":1}\n]\n'


class Stage:
    """A repository whose drivers are registered with a script in the interpreter's place."""

    def __init__(self, repo: Repo, name: str, kinds: Kinds) -> None:
        self.repo = repo
        self.notes = repo.path / ".git" / "notes"
        self.python = repo.path / ".git" / name
        repo.env["NOTES"] = str(self.notes)
        repo.write(".git/gitbtc/config", config_text(entries(Program(str(self.python), __file__), kinds)))
        shutil.copy(Path(resources.folder("hooks")) / FALLBACK, repo.path / ".git" / "gitbtc" / FALLBACK)
        attributes = [f"**/{path} diff=gitbtc-{kind} merge=gitbtc-{kind}\n" for kind, path in paths(kinds).items()]
        repo.write(".git/info/attributes", "".join(attributes))

    def bind(self) -> None:
        """From here on Git knows the drivers."""
        self.repo.git("config", "include.path", "gitbtc/config")

    def answer(self, *lines: str, imports: bool = True) -> None:
        """Let the interpreter be a script of `lines`; `imports`: whether it finds gitbtc."""
        probe = f'[ "$4" != "import gitbtc" ] || exit {0 if imports else 1}'
        note = 'for argument; do printf "%s\\n" "$argument"; done >>"$NOTES"'
        self.python.write_text("\n".join(["#!/bin/sh", probe, note, *lines]) + "\n")
        self.python.chmod(0o755)

    def fail(self, how: str) -> None:
        """Let it fail as `GONE` says."""
        failure = GONE[how]
        if failure is not None:
            self.answer(*failure[0], imports=failure[1])

    def asked(self) -> list[str]:
        """The arguments of every call, without what leads to gitbtc."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        assert lines[:4] in (["-E", "-P", "-c", "from gitbtc.__main__ import start; start()"], [])
        return lines[4:]

    def fork(self) -> None:
        """Two branches that change the same record, main checked out, without gitbtc taking part."""
        for branch, text in (("main", BASE), ("topic", THEIRS), ("main", OURS)):
            self.repo.git("checkout", "-q", *(["-b"] if branch == "topic" else []), branch, ok=(0, 1))
            self.repo.write(STATE, text)
            self.repo.commit(f"{branch} {text[4:7]}")


@pytest.fixture
def stage(sandbox: Sandbox, odd: str) -> Stage:
    """The stage, set up with the built-in kinds."""
    return Stage(sandbox.repo(), odd, Kinds())


def test_git_reads_the_configuration_back_exactly(stage: Stage) -> None:
    registered = entries(Program(str(stage.python), "/a\tb\nc.py"), Kinds())
    stage.repo.write("written", config_text(registered))
    assert Git.at(stage.repo.path).config_entries(str(stage.repo.path / "written")) == registered


def test_every_kind_has_all_its_entries() -> None:
    names = [name for name, _ in entries(Program("p", "m"), Kinds())]
    for kind in BUILT_IN.values():
        expected = [f"merge.gitbtc-{kind}.name", f"merge.gitbtc-{kind}.driver", f"diff.gitbtc-{kind}.command",
                    f"diff.gitbtc-{kind}.textconv", f"diff.gitbtc-{kind}.xfuncname"]  # fmt: skip
        assert [name for name in names if f"gitbtc-{kind}." in name] == expected
    assert not [name for name in names if "cachetextconv" in name]


def test_the_merge_driver_gets_its_arguments_through_any_quoting(stage: Stage) -> None:
    stage.fork()
    stage.bind()
    stage.answer("exit 0")
    stage.repo.git("merge", "-q", "topic")
    asked = stage.asked()
    assert asked[:7] == ["merge-driver", "--kind", "utxos", "-L", "7", "-P", STATE]
    assert asked[7::2][:3] == ["-S", "-X", "-Y"]
    knows_labels = Git.at(stage.repo.path).version() >= (2, 44, 0)
    assert asked[10:14:2] == (["HEAD", "topic"] if knows_labels else ["%X", "%Y"])
    assert len(asked) == 16
    assert len(set(asked[13:])) == 3
    assert stage.repo.read(STATE).decode() == OURS


def test_a_conflict_is_the_drivers_to_write(stage: Stage) -> None:
    stage.fork()
    stage.bind()
    stage.answer('for last; do before=$here; here=$last; done; echo "what the driver wrote" >"$before"', "exit 1")
    stage.repo.git("merge", "-q", "topic", ok=(1,))
    assert stage.repo.read(STATE) == b"what the driver wrote\n"


# What happens -> what the interpreter does, and whether it finds gitbtc.
GONE: dict[str, tuple[list[str], bool] | None] = {
    "the interpreter is gone": None,
    "gitbtc cannot be imported": (["echo no module >&2", "exit 1"], False),
    "the driver fails": (["exit 129"], True),
    "the driver is killed": (["kill -9 $$"], True),
}


SAID = {"the driver fails": ", for the reason above", "the driver is killed": ", since gitbtc was killed"}


@pytest.mark.parametrize("how", GONE)
def test_a_merge_that_gitbtc_cannot_make_is_a_marked_conflict(stage: Stage, how: str) -> None:
    stage.fork()
    stage.bind()
    stage.fail(how)
    done = stage.repo.run("git", "merge", "topic", ok=(1,))
    assert f"merged as text and left as a conflict{SAID.get(how, ':')}" in done.stderr
    markers = stage.repo.read(STATE).decode().splitlines()[1:6]
    assert markers[0] in ("<<<<<<< ours", "<<<<<<< HEAD")
    assert markers[1:4] == ['{"a":2},', "=======", '{"a":3},']
    assert markers[4] in (">>>>>>> theirs", ">>>>>>> topic")
    assert stage.repo.git("ls-files", "-u")


def test_a_merge_that_is_clean_as_text_is_a_conflict_all_the_same(stage: Stage) -> None:
    stage.repo.write(STATE, "1\n2\n3\n4\n5\n6\n7\n")
    stage.repo.commit("base")
    stage.repo.git("checkout", "-q", "-b", "topic")
    stage.repo.write(STATE, "1\n2\n3\n4\n5\n6\nseven\n")
    stage.repo.commit("theirs")
    stage.repo.git("checkout", "-q", "main")
    stage.repo.write(STATE, "one\n2\n3\n4\n5\n6\n7\n")
    stage.repo.commit("ours")
    stage.bind()
    stage.repo.git("merge", "topic", ok=(1,))
    assert stage.repo.read(STATE) == b"one\n2\n3\n4\n5\n6\nseven\n"
    assert stage.repo.git("ls-files", "-u")


def test_the_diff_command_gets_what_git_passes(stage: Stage) -> None:
    stage.fork()
    stage.bind()
    stage.answer("echo in coins")
    assert stage.repo.git("diff", "HEAD~1") == "in coins\n"
    asked = stage.asked()
    assert asked[:4] == ["diff-driver", "--kind", "utxos", STATE]
    assert len(asked) == 10


@pytest.mark.parametrize("how", ["the interpreter is gone", "gitbtc cannot be imported", "the driver fails"])
def test_a_diff_that_gitbtc_cannot_make_is_text(stage: Stage, how: str) -> None:
    stage.fork()
    stage.bind()
    stage.fail(how)
    done = stage.repo.run("git", "diff", "HEAD~1", "HEAD")
    assert '-{"a":1}' in done.stdout
    assert '+{"a":2}' in done.stdout
    assert "shown as text" in done.stderr
    stage.repo.git("rm", "-q", STATE)
    assert '-{"a":2}' in stage.repo.git("diff", "--cached")


def test_an_unmerged_path_is_told_without_gitbtc(stage: Stage) -> None:
    stage.fork()
    stage.repo.git("merge", "topic", ok=(1,))
    stage.bind()
    assert f"* Unmerged path {STATE}" in stage.repo.git("diff", "--cached")


def test_textconv_serves_log_and_show(stage: Stage) -> None:
    stage.fork()
    stage.bind()
    stage.answer('shift 7; sed "s/^/readable /" "$1"')
    assert '+readable {"a":2}' in stage.repo.git("log", "-1", "-p")
    assert stage.asked()[:3] == ["textconv", "--kind", "utxos"]


@pytest.mark.parametrize("how", ["the interpreter is gone", "gitbtc cannot be imported", "the driver fails"])
def test_without_gitbtc_log_and_show_have_the_file_as_it_is(stage: Stage, how: str) -> None:
    stage.fork()
    stage.bind()
    stage.fail(how)
    assert '+{"a":2}' in stage.repo.git("show")
    assert '{"a":2}' in stage.repo.git("blame", "--", STATE)


def test_without_gitbtc_files_are_checked_out_exactly_and_none_is_staged(stage: Stage) -> None:
    contents = {"empty": b"", "zeros": b"\0" * 70_000, "text": b"0000\n0004", "odd 'name'\n": b"\xff" * 200_003}
    for path, content in contents.items():
        stage.repo.write(path, content)
    stage.repo.commit("one")
    stage.bind()
    stage.repo.write(".git/info/attributes", "* filter=gitbtc\n")
    for path in contents:
        (stage.repo.path / path).unlink()
    done = stage.repo.run("git", "checkout", "--", ".")
    assert {path: stage.repo.read(path) for path in contents} == contents
    assert "gitbtc could not run here" in done.stderr
    before = stage.repo.git("count-objects")
    stage.repo.write("new", "secret")
    refused = stage.repo.run("git", "add", "new", ok=(128,))
    assert "nothing can be staged" in refused.stderr
    assert stage.repo.git("count-objects") == before


@pytest.mark.parametrize("process", [True, False])
@pytest.mark.parametrize("how", ["the interpreter is gone", "gitbtc cannot be imported"])
def test_without_gitbtc_git_shows_and_stores_nothing(stage: Stage, how: str, *, process: bool) -> None:
    repo = stage.repo
    repo.write("a.txt", "one\n")
    repo.write("b.txt", "one\n")
    repo.commit("one")
    stage.bind()
    if not process:
        repo.git("config", "--file", ".git/gitbtc/config", "--unset", "filter.gitbtc.process")
    repo.write(".git/info/attributes", "* filter=gitbtc\n")
    stage.fail(how)
    if not process:  # there the program's own exit status is Git's
        stage.python.unlink(missing_ok=True)
    repo.write("a.txt", "two\n")
    before = repo.git("count-objects")
    for looking in (["diff"], ["diff", "HEAD"], ["--no-pager", "-c", "a.b=c d", "-C", ".", "diff"], ["blame", "a.txt"]):
        assert "two" in repo.git(*looking)
    assert repo.git("status", "-s") == " M a.txt\n"
    assert "a.txt" in repo.git("diff-files", "--name-only")
    # `diff` and `status` as words of a command that stores open nothing.
    repo.git("config", "alias.diffs", "add")
    for storing in (
        ["add", "a.txt"], ["-c", "a.b=diff", "add", "a.txt"], ["-c", "a.b=c\ndiff", "add", "-u"], ["diffs", "a.txt"],
        ["commit", "-a", "-m", "status"], ["hash-object", "-w", "a.txt"], ["stash"], ["stash", "push", "-m", "diff"],
    ):  # fmt: skip
        refused = repo.run("git", *storing, ok=(1, 128))
        assert "git config --unset include.path gitbtc/config" in refused.stderr
        assert repo.git("count-objects") == before
    repo.git("config", "--unset", "include.path", "gitbtc/config")
    repo.git("stash")
    assert repo.git("status", "-s") == ""


@pytest.mark.parametrize("imports", [True, False])
def test_a_filter_that_fails_stages_nothing(stage: Stage, *, imports: bool) -> None:
    stage.answer("exit 1", imports=imports)
    stage.bind()
    stage.repo.write(".git/info/attributes", "* filter=gitbtc\n")
    stage.repo.write("new", "secret")
    refused = stage.repo.run("git", "add", "new", ok=(128,))
    assert stage.repo.git("ls-files") == ""
    assert ("gitbtc could not run here" in refused.stderr) is not imports
    assert stage.asked() == ["filter-process"]


def test_the_clean_filter_gets_the_path_through_any_quoting(stage: Stage) -> None:
    stage.bind()
    stage.repo.git("config", "--file", ".git/gitbtc/config", "--unset", "filter.gitbtc.process")
    stage.repo.write(".git/info/attributes", "* filter=gitbtc\n")
    stage.repo.write(STATE, "secret")
    refused = stage.repo.run("git", "add", STATE, ok=(128,))
    assert f"gitbtc: {STATE}: not staged" in refused.stderr
    stage.answer("echo canonical")
    stage.repo.git("add", STATE)
    assert stage.asked() == ["clean", STATE]
    assert stage.repo.git("cat-file", "blob", f":{STATE}") == "canonical\n"


def test_the_merge_tool_gets_its_four_files_through_any_quoting(stage: Stage) -> None:
    stage.fork()
    stage.repo.git("merge", "topic", ok=(1,))
    stage.bind()
    stage.answer('for last; do :; done; echo settled >"$last"')
    stage.repo.git("-c", "mergetool.keepBackup=false", "mergetool", "--no-prompt", "--tool=gitbtc")
    assert stage.asked()[0] == "mergetool"
    assert stage.asked()[4] == STATE
    assert stage.repo.read(STATE) == b"settled\n"
    assert not stage.repo.git("ls-files", "-u")


def test_a_merge_tool_that_fails_settles_nothing(stage: Stage) -> None:
    stage.fork()
    stage.repo.git("merge", "topic", ok=(1,))
    stage.bind()
    stage.repo.git("mergetool", "--no-prompt", "--tool=gitbtc", ok=(1,))
    assert stage.repo.git("ls-files", "-u")


def test_an_added_kind_is_told_where_its_schema_is(sandbox: Sandbox, tmp_path: Path, added_kind: str) -> None:
    (tmp_path / "vtxos.schema.json").write_text(added_kind)
    kinds = Kinds(str(tmp_path))
    assert list(paths(kinds).items())[-1] == ("vtxos", "ark/vtxos.json")
    stage = Stage(sandbox.repo(), "python", kinds)
    stage.repo.write("ark/vtxos.json", BASE)
    stage.repo.commit("one")
    stage.repo.write("ark/vtxos.json", OURS)
    stage.bind()
    stage.answer("exit 0")
    stage.repo.git("diff")
    assert stage.asked()[:5] == ["diff-driver", "--kind", "vtxos", "--schemas", ".git/gitbtc/schemas"]
    of_filter = dict(entries(Program("p", "m"), kinds))["filter.gitbtc.process"]
    assert "filter-process --schemas" in of_filter
    assert "--schemas" not in dict(entries(Program("p", "m"), kinds))["merge.gitbtc-utxos.driver"]


def test_a_hunk_is_titled_by_the_record_above_it(stage: Stage) -> None:
    text = "[\n" + ",\n".join(f'{{"amount_sat":1,"txid":"{n:064x}"}}' for n in range(20)) + "\n]\n"
    stage.repo.write(STATE, text)
    stage.repo.commit("one")
    stage.bind()
    stage.repo.write(
        STATE, text.replace('"amount_sat":1,"txid":"' + f"{15:064x}", '"amount_sat":2,"txid":"' + f"{15:064x}")
    )
    shown = stage.repo.git("diff", "--no-ext-diff", "--no-textconv")
    assert f"@@ {11:064x}" in shown
