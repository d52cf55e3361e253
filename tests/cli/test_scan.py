"""`gitbtc scan`: in repositories with and without gitbtc, and in plain folders."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.keys.finding import fingerprint
from tests.conftest import Repo
from tests.doors.pushing import GITBTC
from tests.doors.test_hook import secret
from tests.scanning.test_containers import zipped

if TYPE_CHECKING:
    from tests.conftest import Sandbox

pytestmark = pytest.mark.one_interpreter


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    """A repository that gitbtc was never set up in."""
    made = sandbox.repo("any")
    made.write("readme.txt", "nothing\n")
    made.write(".gitignore", "*.log\n")
    made.commit("first")
    return made


@pytest.fixture
def key() -> str:
    return secret()


def report(repo: Repo, *arguments: str, ok: tuple[int, ...] = (0, 1)) -> dict[str, Any]:
    done = repo.gitbtc("scan", "--json", *arguments, ok=ok)
    [(root, content)] = json.loads(done.stdout).items()
    assert root == "gitbtc.scan/v1"
    return dict(content, status=done.returncode)


def found(repo: Repo, *arguments: str) -> list[tuple[str, str | None, int]]:
    return [(one["place"], one["path"], one["line"]) for one in report(repo, *arguments)["findings"]]


def oid(repo: Repo, revision: str = "HEAD") -> str:
    return repo.git("rev-parse", revision).strip()


# -- what is scanned ---------------------------------------------------------------------------------------------------


def test_a_compressed_file_is_opened_wherever_it_lies(repo: Repo, key: str) -> None:
    packed = zipped({"notes/seed.txt": f"one\n{key}\n".encode(), "other": b"x"})
    repo.write("backup.zip", packed)
    [told] = report(repo)["findings"]
    assert (told["path"], told["member"], told["line"], told["staged"]) == ("backup.zip", "notes/seed.txt", 2, False)
    repo.commit("a backup")
    lines = repo.gitbtc("scan", ok=(1,)).stdout.splitlines()
    assert lines[0].startswith("backup.zip!notes/seed.txt:2: secret: WIF private key")
    assert lines[1].strip().startswith(f"brought in by {oid(repo)[:12]}")
    for arguments in (["--all"], ["--all"], ["--rev", "HEAD"], ["backup.zip"]):
        [told] = report(repo, *arguments)["findings"]
        assert (told["member"], told["line"], told["commits"]) == ("notes/seed.txt", 2, [oid(repo)])
    [result] = json.loads(repo.gitbtc("scan", "--sarif", ok=(1,)).stdout)["runs"][0]["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]
    assert result["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "backup.zip!notes/seed.txt"}]


def test_of_a_compressed_file_what_was_not_read_is_told(repo: Repo) -> None:
    repo.write("cut.zip", zipped({"a": b"x" * 99})[:-20])
    repo.write("bomb.gz", gzip.compress(bytes(9_000_000)))
    done = repo.gitbtc("scan", ok=(3,))
    assert done.stdout.splitlines()[:-1] == [
        "bomb.gz!bomb: not scanned: more is packed in it than is unpacked: what is beyond was not read",
        "cut.zip: not scanned: damaged, or cut short: what could be unpacked was read",
    ]
    assert repo.gitbtc("scan", "cut.zip", ok=(0,)).stdout.splitlines()[-1] == "1 file scanned: no findings"


def test_without_arguments_all_of_the_work_tree_but_what_is_ignored(repo: Repo, key: str) -> None:
    repo.write("tracked.txt", "x")
    repo.commit("second")
    repo.write("tracked.txt", f"x\n{key}")
    repo.write("deep/new.bin", b"\0" + key.encode())
    repo.write("a.log", key)
    (repo.path / "link").symlink_to(key)
    (repo.path / "readme.txt").unlink()
    inner = repo.path / "deep"
    done = repo.run(*GITBTC, "scan", cwd=inner, ok=(1,))
    assert [line.partition(": ")[0] for line in done.stdout.splitlines() if "fingerprint" in line] == [
        "deep/new.bin:1", "link:1", "tracked.txt:2",
    ]  # fmt: skip
    assert done.stdout.splitlines()[-1] == "4 files scanned: 3 findings"
    assert key not in done.stdout + done.stderr


def test_a_nested_repository_is_scanned_but_for_gits_own_folder(repo: Repo, key: str) -> None:
    repo.git("init", "-q", "nested")
    repo.write("nested/key.txt", key)
    repo.write("nested/.git/description", key)
    assert found(repo) == [("file", "nested/key.txt", 1)]


def test_paths_are_scanned_whether_ignored_or_not(repo: Repo, key: str) -> None:
    repo.write("deep/a.log", key)
    repo.write("deep/.git/config", key)
    repo.write("deep/b.txt", "x")
    assert found(repo, "deep") == [("file", "deep/a.log", 1)]
    assert found(repo, "deep/b.txt") == []
    assert found(repo, "deep/.git/config") == [("file", "deep/.git/config", 1)]
    assert report(repo, ".")["scanned"]["files"] == 4


def test_a_plain_folder_needs_no_repository(sandbox: Sandbox, key: str) -> None:
    (sandbox.home / "plain/in").mkdir(parents=True)
    plain = Repo(sandbox.home / "plain", sandbox.env, python=sandbox.python)
    plain.write("in/a.txt", key)
    plain.write("in/b.txt", "x")
    assert found(plain) == found(plain, ".") == found(plain, "in/a.txt") == [("file", "in/a.txt", 1)]
    assert "take it out of the file\n" in plain.gitbtc("scan", ok=(1,)).stdout
    for option in (["--staged"], ["--all"], ["--rev", "HEAD"]):
        assert "not in a Git repository" in plain.gitbtc("scan", *option, ok=(3,)).stderr


def test_what_is_named_is_read_wherever_it_leads(repo: Repo, key: str) -> None:
    repo.write("key.txt", f"{key}\n")
    (repo.path / "link").symlink_to("key.txt")
    (repo.path / "again").symlink_to("link")
    (repo.path / "spoken").symlink_to(key)
    for name in ("link", "again"):
        assert "WIF private key" in repo.gitbtc("scan", name, ok=(1,)).stdout
    for name in ("-", "/dev/stdin"):
        assert "WIF private key" in repo.gitbtc("scan", name, ok=(1,), stdin=f"a\n{key}\n".encode()).stdout
        assert repo.gitbtc("scan", name, stdin=b"nothing\n").returncode == 0
    done = repo.run("sh", "-c", f"cat key.txt | {repo.python} -m gitbtc scan /dev/fd/0", ok=(1,))
    assert "WIF private key" in done.stdout


def test_what_is_named_and_cannot_be_read_is_told(repo: Repo) -> None:
    (repo.path / "dangling").symlink_to("nothing")
    for name in ("dangling", "/dev/zero"):
        assert repo.gitbtc("scan", name, ok=(3,)).returncode == 3


def test_a_link_to_a_folder_is_followed_only_with_a_slash(repo: Repo, key: str) -> None:
    repo.write("folder/a.txt", key)
    (repo.path / "link").symlink_to("folder")
    done = repo.gitbtc("scan", "link")
    assert "link: a symbolic link" in done.stderr
    assert found(repo, "link/") == [("file", "link/a.txt", 1)]


def test_names_are_scanned_and_not_shown(repo: Repo, key: str) -> None:
    repo.write(f"{key}/a.txt", secret())
    done = repo.gitbtc("scan", ok=(1,))
    places = [line.partition(":")[0] for line in done.stdout.splitlines() if "fingerprint" in line]
    assert places == ["the name of a file", "a file whose name holds a key"]
    assert key not in done.stdout
    assert [one["path"] for one in report(repo)["findings"]] == [None, None]


def test_staged_is_what_the_next_commit_would_change(repo: Repo, key: str) -> None:
    repo.write("old.txt", secret())
    repo.commit("old")
    repo.write("new.txt", f"\n{key}")
    repo.git("add", "new.txt")
    repo.write("new.txt", "taken out of the work tree")
    [one] = report(repo, "--staged")["findings"]
    assert (one["place"], one["path"], one["line"], one["staged"], one["commits"]) == ("blob", "new.txt", 2, True, [])
    assert "git gc --prune=now" in one["todo"][0]


def test_staged_before_the_first_commit_and_in_a_conflict(sandbox: Sandbox, key: str) -> None:
    repo = sandbox.repo()
    repo.write("a.txt", key)
    repo.git("add", "a.txt")
    assert found(repo, "--staged") == [("blob", "a.txt", 1)]
    repo.git("commit", "-q", "-m", "first")
    for branch, text in (("theirs", secret()), ("main", "ours")):
        repo.git("checkout", "-q", "-B", branch, "main")
        repo.write("a.txt", text)
        repo.commit(branch)
    repo.git("merge", "theirs", ok=(1,))
    assert len(found(repo, "--staged")) == 2


def test_a_revision_is_its_files_and_its_message(repo: Repo, key: str) -> None:
    repo.write("a.txt", key)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", f"see {key}")
    repo.git("rm", "-q", "a.txt")
    repo.git("commit", "-q", "-m", "gone")
    repo.git("tag", "-a", "-m", key, "v1", "HEAD~")
    assert found(repo, "--rev", "HEAD") == []
    assert found(repo, "--rev", "HEAD~") == [("commit", None, 1), ("blob", "a.txt", 1)]
    assert found(repo, "--rev", "v1") == [("tag", None, 1), ("commit", None, 1), ("blob", "a.txt", 1)]
    assert found(repo, "--rev", "HEAD~:a.txt") == [("blob", "a.txt", 1)]
    assert "no such revision" in repo.gitbtc("scan", "--rev", "nowhere", ok=(2,)).stderr


def test_a_range_is_what_its_commits_brought_in(repo: Repo, key: str) -> None:
    repo.write("old.txt", secret())
    start = repo.commit("old")
    repo.write("a.txt", key)
    repo.commit("in")
    repo.git("rm", "-q", "a.txt")
    repo.commit("out again")
    assert found(repo, "--rev", f"{start}..HEAD") == [("blob", "a.txt", 1)]
    assert found(repo, "--rev", "HEAD~..HEAD") == []
    assert len(found(repo, "--rev", "0" * 40 + "..HEAD")) == 2


def hide_everywhere(repo: Repo) -> dict[str, str]:
    """A key of its own in every corner of a repository: where -> its fingerprint."""
    corners = (
        "history", "message", "author", "tag", "tagged", "nested", "note", "stash", "older stash", "branch", "amended",
        "staged", "name", "worktree", "tree",
    )  # fmt: skip
    keys = {name: secret() for name in corners}
    repo.write("a.txt", keys["history"])
    repo.commit("in")
    repo.git("rm", "-q", "a.txt")
    repo.git("commit", "-q", "-m", keys["message"])
    repo.git("commit", "-q", "--allow-empty", f"--author={keys['author']} <a@example.com>", "-m", "x")
    repo.git("tag", "-a", "-m", keys["tag"], "v1")
    blob = repo.git("hash-object", "-w", "--stdin", stdin=keys["tagged"].encode()).strip()
    repo.git("tag", "-a", "-m", "x", "v2", blob)
    repo.git("tag", "-a", "-m", keys["nested"], "v3", "v2")
    blob = repo.git("hash-object", "-w", "--stdin", stdin=keys["tree"].encode()).strip()
    repo.git("tag", "tree", repo.git("mktree", stdin=f"100644 blob {blob}\ta.txt\n".encode()).strip())
    repo.git("notes", "add", "-m", keys["note"])
    for name in ("older stash", "stash"):
        repo.write("readme.txt", keys[name])
        repo.git("stash", "-q")
    repo.git("branch", keys["branch"])
    repo.write("b.txt", keys["amended"])
    repo.commit("amend me")
    repo.git("rm", "-q", "--cached", "b.txt")
    (repo.path / "b.txt").unlink()
    repo.git("commit", "-q", "--amend", "--allow-empty", "-m", "amended")
    repo.write(f"{keys['name']}.txt", "x")
    repo.commit("name")
    repo.git("worktree", "add", "-q", "--detach", "../linked")
    linked = Repo(repo.path.parent / "linked", repo.env, python=repo.python)
    linked.write("w.txt", keys["worktree"])
    linked.commit("detached, elsewhere")
    repo.write("s.txt", keys["staged"])
    repo.git("add", "s.txt")
    return {name: fingerprint(one.encode()) for name, one in keys.items()}


def test_all_is_everything_that_is_kept(repo: Repo) -> None:
    hidden = hide_everywhere(repo)
    told = report(repo, "--all")
    assert {one["fingerprint"] for one in told["findings"]} == set(hidden.values())
    by_print = {one["fingerprint"]: one for one in told["findings"]}
    assert by_print[hidden["amended"]]["refs"] == []
    assert by_print[hidden["stash"]]["refs"] == ["refs/stash"]
    assert by_print[hidden["note"]]["refs"] == ["refs/notes/commits"]
    assert by_print[hidden["nested"]]["refs"] == ["refs/tags/v3"]
    assert by_print[hidden["tagged"]]["refs"] == ["refs/tags/v2", "refs/tags/v3"]
    assert not any(one["pushed"] for one in told["findings"])


def test_all_of_a_bare_repository(repo: Repo, sandbox: Sandbox, key: str) -> None:
    repo.write("a.txt", key)
    repo.commit("in")
    repo.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Repo(sandbox.home / "bare.git", sandbox.env, python=sandbox.python)
    assert found(bare, "--all") == [("blob", "a.txt", 1)]
    assert "bare" in bare.gitbtc("scan", ok=(2,)).stderr


def test_a_blob_that_is_missing_is_told_and_not_taken_for_clean(repo: Repo) -> None:
    blob = oid(repo, "HEAD:readme.txt")
    (repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    done = repo.gitbtc("scan", "--all", ok=(3,))
    assert "readme.txt: not scanned: not in this repository" in done.stdout
    assert repo.gitbtc("scan", "--all", ok=(3,)).returncode == 3


@pytest.mark.own_interpreters
def test_a_pipe_is_told_and_is_no_failure(repo: Repo) -> None:
    os.mkfifo(repo.path / "pipe")
    assert "pipe: not scanned" in repo.gitbtc("scan", ".").stdout


# -- remembering -------------------------------------------------------------------------------------------------------


def test_what_is_clean_is_scanned_once(repo: Repo, key: str) -> None:
    first = report(repo, "--all")
    assert (first["remembered"], first["scanned"]["blobs"]) == (0, 2)
    assert report(repo, "--all")["scanned"] == {}
    repo.write("a.txt", key)
    repo.commit("in")
    for _ in range(2):  # what holds something is looked at each time
        again = report(repo, "--all")
        assert again["scanned"]["blobs"] == 1
        assert again["status"] == 1
    assert sorted(path.name for path in (repo.path / ".git/gitbtc").iterdir()) == ["scanned.clean", "scanned.lock"]
    repo.gitbtc("uninstall")
    assert not (repo.path / ".git/gitbtc").exists()


def test_a_scan_that_is_stopped_goes_on_where_it_was(repo: Repo) -> None:
    # Past the filter, which would scan them all before.
    files = "".join(f"M 100644 inline {number}.txt\ndata <<.\n{f'{number} ' * 300}\n.\n" for number in range(1500))
    repo.git("fast-import", "--quiet", stdin=f"commit refs/heads/many\ncommitter a <a> 1 +0\ndata 0\n{files}".encode())
    scan = subprocess.Popen([*GITBTC, "scan", "--all"], cwd=repo.path, env=repo.env, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)  # fmt: skip
    memory = repo.path / ".git/gitbtc/scanned.clean"
    while scan.poll() is None and (not memory.exists() or memory.stat().st_size < 4096):
        time.sleep(0.01)
    scan.send_signal(signal.SIGINT)
    _, said = scan.communicate()
    assert b"Traceback" not in said
    again = report(repo, "--all")
    assert again["remembered"] >= 256
    assert again["remembered"] + sum(again["scanned"].values()) > 3000


# -- where it has got to -----------------------------------------------------------------------------------------------


def test_what_to_do_depends_on_how_far_it_has_got(repo: Repo, key: str) -> None:
    repo.write("a.txt", key)

    def now(*arguments: str) -> str:
        return " / ".join(report(repo, *arguments)["findings"][0]["todo"])

    assert now() == "take it out of the file; Git has nothing of it"
    repo.git("add", "a.txt")
    assert "`git gc --prune=now` drops what was staged" in now()
    first = repo.commit("in")
    assert f"take it out of commit {first[:12]}" in now()
    assert "no remote is known to have it" in now("--all")
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    for arguments in ([], ["--all"], ["--rev", "HEAD"]):
        assert now(*arguments).startswith("take the key for lost: move its coins first")


def test_a_secret_in_history_is_told_with_its_commits_and_refs(repo: Repo, key: str) -> None:
    repo.write("a.txt", key)
    first = repo.commit("in")
    repo.git("rm", "-q", "a.txt")
    repo.git("commit", "-q", "-m", "out")
    repo.write("b/a.txt", key)
    third = repo.commit("in again, elsewhere")
    repo.git("branch", "other", "HEAD~")
    [one, *_] = report(repo, "--all")["findings"]
    assert one["commits"] == [first, third]
    assert one["refs"] == ["refs/heads/main", "refs/heads/other"]
    told = repo.gitbtc("scan", "--all", ok=(1,)).stdout
    assert f"brought in by {first[:12]}, {third[:12]}, reached by refs/heads/main, refs/heads/other" in told


def test_paths_below_the_top_are_known_for_what_they_are(repo: Repo, key: str) -> None:
    repo.write("deep/a.txt", key)
    repo.commit("in")
    done = repo.run(*GITBTC, "scan", "--json", "a.txt", cwd=repo.path / "deep", ok=(1,))
    [one] = json.loads(done.stdout)["gitbtc.scan/v1"]["findings"]
    assert (one["path"], one["commits"]) == ("a.txt", [oid(repo)])


# -- letting through ---------------------------------------------------------------------------------------------------


def allow(repo: Repo, *arguments: str, ok: tuple[int, ...] = (0,)) -> str:
    return repo.gitbtc("scan", *arguments, ok=ok).stderr


def test_a_finding_is_allowed_by_its_fingerprint_with_a_reason(repo: Repo, key: str) -> None:
    repo.write("vectors/a.txt", key)
    mark = fingerprint(key.encode())
    allow(repo, "--allow", mark, "--reason", 'Core\'s "first" vector', "--expires", "2099-12-31")
    told = report(repo)
    assert (told["status"], told["allow_list"]) == (0, [])
    assert [one["allowed"] for one in told["findings"]] == [
        {"reason": 'Core\'s "first" vector', "expires": "2099-12-31"}
    ]
    assert repo.gitbtc("scan").stdout == "4 files scanned: 1 allowed\n"
    repo.commit("with its list")
    for arguments in (["--all"], ["--rev", "HEAD"], ["--rev", "HEAD~..HEAD"], ["vectors"]):
        assert report(repo, *arguments)["status"] == 0
    repo.write("b.txt", secret())
    assert report(repo)["status"] == 1


def test_staged_goes_by_the_list_that_is_staged(repo: Repo, key: str) -> None:
    repo.write("a.txt", key)
    allow(repo, "--allow", fingerprint(key.encode()), "--reason", "a vector")
    repo.git("add", "a.txt")
    assert report(repo, "--staged")["status"] == 1
    repo.git("add", "-A")
    assert report(repo, "--staged")["status"] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--allow", "ff" * 8, "--reason", "x"], 1, "this scan found nothing with fingerprint ffffffffffffffff"),
        (["--allow", "ff", "--reason", "x"], 2, "16 hex digits"),
        (["--allow", "ff" * 8], 2, "belong together"),
        (["--reason", "x"], 2, "belong together"),
        (["--allow", "ff" * 8, "--reason", " "], 2, "belong together"),
        (["--allow", "ff" * 8, "--reason", "x", "--expires", "soon"], 2, "--expires takes a date"),
        (["--all", "--staged"], 2, "one of them"),
        (["--rev", "HEAD", "a.txt"], 2, "one of them"),
        (["--json", "--sarif"], 2, "one of them"),
        (["nowhere"], 2, "no such file"),
    ],
)
def test_what_makes_no_sense_is_refused_and_writes_nothing(
    repo: Repo, arguments: list[str], status: int, said: str
) -> None:
    repo.write("a.txt", secret())
    assert said in allow(repo, *arguments, ok=(status,))
    assert not (repo.path / ".gitbtc").exists()


def test_a_list_is_not_written_over_what_a_person_has_to_decide(repo: Repo, key: str) -> None:
    mark = fingerprint(key.encode())
    repo.write("a.txt", key)
    assert "holds key material" in allow(repo, "--allow", mark, "--reason", key, ok=(2,))
    for before, said in (
        (f'[[allow]]\nfingerprint = "{mark}"\nreason = "x"\nexpires = 2020-01-01\n', "already"),
        ("[[allow]]\n", "mend"),
    ):
        repo.write(".gitbtc/allow.toml", before)
        assert said in allow(repo, "--allow", mark, "--reason", "x", ok=(1,))
        assert repo.read(".gitbtc/allow.toml").decode() == before
    assert "entry 1" in repo.gitbtc("scan", ok=(1,)).stdout


def test_a_plain_folder_has_a_list_too(sandbox: Sandbox, key: str) -> None:
    (sandbox.home / "plain").mkdir()
    plain = Repo(sandbox.home / "plain", sandbox.env, python=sandbox.python)
    plain.write("a.txt", key)
    allow(plain, "--allow", fingerprint(key.encode()), "--reason", "a vector")
    assert report(plain)["status"] == 0


def test_of_what_lies_elsewhere_nothing_is_claimed(repo: Repo, sandbox: Sandbox, key: str) -> None:
    other = sandbox.repo("other")
    other.write("readme.txt", key)
    other.commit("in")
    repo.git("clone", "-q", str(other.path), "nested")
    for path in ("../other/readme.txt", "nested/readme.txt", "nested"):
        [one] = report(repo, path)["findings"]
        assert (one["todo"], one["pushed"]) == (["take it out of the file"], None)
