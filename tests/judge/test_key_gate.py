"""What is found, judged, at every door."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitbtc.drivers import filter as driver
from gitbtc.judge.content import ChangedFiles
from gitbtc.judge.findings import content_checks, limited, refuses, spoken_keys, told_refuses
from gitbtc.judge.key_gate import in_work_tree, judged
from gitbtc.judge.order import in_order
from gitbtc.keys import scan as scanning
from gitbtc.keys.finding import KeyFinding, fingerprint
from gitbtc.keys.form import NOTICE, WARN, Form
from gitbtc.keys.scan import MOST_FINDINGS
from gitbtc.kinds.registry import Kinds
from gitbtc.state.snapshot import Snapshot
from tests.doors.pushing import GITBTC, gated
from tests.doors.test_hook import PAST_THE_FILTER, secret
from tests.made_state import WITHOUT_GITBTC

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

BLOCKS, WARNS, NOTES = (
    Form("a key", "move it"),
    Form("32 bytes", "look", WARN),
    Form("a viewing key", "know it", NOTICE),
)
FOUND = [KeyFinding(NOTES, 1, "00" * 8), KeyFinding(WARNS, 2, "11" * 8), KeyFinding(BLOCKS, 3, "22" * 8)]
ALLOW = ".gitbtc/allow.toml"


def allowing(*fingerprints: str, expires: str = "") -> bytes:
    tables = [f'[[allow]]\nfingerprint = "{one}"\nreason = "a vector"\n{expires}\n' for one in fingerprints]
    return "".join(tables).encode()


def test_the_list_is_read_only_where_something_was_found() -> None:
    assert judged([], lambda: pytest.fail("read")) is None


def test_what_blocks_refuses_and_the_rest_is_told() -> None:
    verdict = judged(FOUND, lambda: None)
    assert verdict
    assert (verdict.refusing, verdict.told, verdict.allowed) == (FOUND[2:], FOUND[:2], [])


def test_what_is_allowed_is_not_even_told() -> None:
    verdict = judged(FOUND, lambda: allowing("00" * 8, "11" * 8, "22" * 8))
    assert verdict is not None
    assert verdict.allowed == FOUND
    assert not verdict


def test_a_broken_or_expired_entry_refuses_and_says_so() -> None:
    verdict = judged(FOUND[2:], lambda: allowing("x") + allowing("22" * 8, expires="expires = 2020-01-01"))
    assert verdict
    assert verdict.refusing == FOUND[2:]
    assert [remark.partition(" ")[0] for remark in verdict.remarks] == [ALLOW, f"{ALLOW}:"]


@pytest.mark.parametrize("way", ["a link", "a folder"])
def test_what_is_no_file_in_the_lists_place_allows_nothing(tmp_path: Path, way: str) -> None:
    (tmp_path / ".gitbtc").mkdir()
    assert in_work_tree(str(tmp_path)) is None
    if way == "a link":
        (tmp_path / "list").write_bytes(allowing("22" * 8))
        (tmp_path / ALLOW).symlink_to("../list")
    else:
        (tmp_path / ALLOW).mkdir()
    verdict = judged(FOUND, lambda: in_work_tree(str(tmp_path)))
    assert verdict
    assert verdict.refusing
    assert verdict.remarks


# -- severity at the doors ---------------------------------------------------------------------------------------------


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scanner that finds a warning wherever `warn` stands, a notice for `note` and a key for `key`."""
    forms = {b"note": FOUND[0], b"warn": FOUND[1], b"key": FOUND[2]}

    def scan(content: bytes, *_: object) -> list[KeyFinding]:
        return [found for word, found in forms.items() if word in content]

    monkeypatch.setattr(scanning, "scan", scan)
    monkeypatch.setattr(scanning, "scan_name", lambda path: scan(path.encode()))


def test_the_filter_tells_what_is_a_warning_and_lets_it_through(
    finds: None, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert driver.clean(None, "a.txt", b"warn, note") == b"warn, note"
    assert capsys.readouterr().err.splitlines() == [
        "gitbtc: note: a.txt: line 1: a viewing key, fingerprint 0000000000000000; know it",
        "gitbtc: warning: a.txt: line 2: 32 bytes, fingerprint 1111111111111111; look",
    ]
    with pytest.raises(driver.Refused, match="line 3: a key"):
        driver.clean(None, "a.txt", b"warn, key")
    assert driver.clean(None, "a-note.txt", b"warn") == b"warn"
    assert "a-note" not in capsys.readouterr().err


def files(**after: str) -> ChangedFiles:
    entries = {path: ("100644", content) for path, content in after.items()}
    nothing = Snapshot("nothing", {}, lambda _, oid: oid.encode(), Kinds())
    tip = Snapshot("test", entries, lambda _, oid: oid.encode(), Kinds())
    return ChangedFiles(Kinds(), [nothing], tip, str.encode)


def content_faults(step: ChangedFiles) -> list[tuple[str, str, str]]:
    return list(in_order(content_checks(step), told_refuses))


def test_made_commits_are_told_of_and_go_on_to_be_judged(finds: None) -> None:
    told = content_faults(files(a="warn", b="note"))
    assert [kind for kind, _, _ in told] == ["key_warning", "key_notice"]
    assert not any(refuses(kind) for kind, _, _ in told)
    told = content_faults(files(**{"a": "warn", "wallet/utxos.json": "["}))
    assert [kind for kind, _, _ in told] == ["key_warning", "form"]


def test_many_warnings_do_not_hide_the_one_that_refuses(finds: None) -> None:
    told = content_faults(files(**{f"a{number}": "warn" for number in range(60)}, z="key"))
    assert [kind for kind, path, _ in told if path == "z"] == ["key"]
    assert [text for kind, _, text in told if kind == "key_warning"][-1].endswith("40 findings more of this sort")


def test_what_is_spoken_is_judged_too(finds: None) -> None:
    assert [kind for kind, _, _ in spoken_keys(b"warn key", "the message", lambda: None)] == ["key", "key_warning"]
    assert list(spoken_keys(b"key", "the message", lambda: allowing("22" * 8))) == []


def test_findings_of_each_sort_are_limited_by_themselves() -> None:
    told = list(limited(iter([("a", "x", "1")] * 25 + [("b", "y", "2")])))
    assert [kind for kind, _, _ in told] == ["a"] * 20 + ["b", "a"]


# -- the list at the doors ---------------------------------------------------------------------------------------------


def listing(repo: Repo, key: str, **line: str) -> None:
    expires = "".join(f"{name} = {value}\n" for name, value in line.items())
    repo.write(ALLOW, allowing(fingerprint(key.encode()), expires=expires))


def day(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


@pytest.mark.own_interpreters
def test_a_listed_key_goes_through_the_filter_and_the_commit_that_lists_it(treasury: Repo, sandbox: Sandbox) -> None:
    server, key = gated(sandbox), secret()
    treasury.git("remote", "add", "origin", str(server.path))
    treasury.write("deep/vector.txt", key)
    listing(treasury, key, expires=day(1))
    (treasury.path / "deep/er").mkdir()
    treasury.run("git", "add", "..", cwd=treasury.path / "deep/er")
    treasury.git("add", "-A")
    treasury.git("commit", "-q", "-m", f"a vector, {key}")
    treasury.git("tag", "-a", "-m", key, "v1")
    treasury.git("push", "-q", "origin", "main", "v1")
    assert treasury.gitbtc("verify", "HEAD").stdout == "1 commit verified, 0 findings\n"


def test_a_list_that_is_not_committed_with_it_does_not_count(treasury: Repo) -> None:
    key = secret()
    treasury.write("vector.txt", key)
    listing(treasury, key)
    treasury.git("add", "vector.txt")  # the filter goes by the work tree
    assert "vector.txt: refused" in treasury.run("git", "commit", "-m", "x", ok=(1,)).stderr
    treasury.git("add", "-A")
    treasury.git("commit", "-q", "-m", "x")


def test_each_pushed_commit_is_judged_by_its_own_list(treasury: Repo, sandbox: Sandbox) -> None:
    server, key = gated(sandbox), secret()
    treasury.git("remote", "add", "origin", str(server.path))
    treasury.gitbtc("uninstall")
    treasury.write("vector.txt", key)
    treasury.commit("leak")
    listing(treasury, key)
    treasury.commit("allowed afterwards")
    said = treasury.run("git", "push", "origin", "main", ok=(1,)).stderr
    assert "key: vector.txt: line 1" in said
    assert treasury.gitbtc("verify", "HEAD").returncode == 0
    assert treasury.gitbtc("verify", "HEAD~", ok=(1,)).returncode == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [({"expires": day(-1)}, "which is over"), ({"expire": day(1)}, "entry 1: it has other members")],
    ids=["expired", "broken"],
)
def test_an_entry_that_does_not_count_is_told_at_every_door(treasury: Repo, line: dict[str, str], said: str) -> None:
    key = secret()
    treasury.write("vector.txt", key)
    listing(treasury, key, **line)
    told = treasury.run("git", "add", "vector.txt", ok=(128,)).stderr
    assert f".gitbtc/allow.toml{': ' if 'entry' in said else ' '}" in told
    assert said in told
    treasury.git("add", ALLOW)
    told = treasury.run("git", "commit", "--allow-empty", "-m", key, ok=(1,)).stderr
    assert said.partition(": ")[2] in told if "entry" in said else said in told
    assert key not in told


def test_a_broken_list_is_not_committed(treasury: Repo) -> None:
    treasury.write(ALLOW, '[[allow]]\nfingerprint = "x"\nreason = "x"\n')
    treasury.git("add", "-A")
    said = treasury.run("git", "commit", "-m", "x", ok=(1,)).stderr
    assert said.startswith(f"gitbtc: {ALLOW}: entry 1: its fingerprint is not 16 hex digits")


def test_the_list_loads_nothing_for_a_clean_file() -> None:
    code = (
        "import sys; from gitbtc.drivers.filter import clean; clean(None, 'a.txt', b'plain');"
        "print([name for name in ('tomllib', 'datetime', 'gitbtc.keys.allowed') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


def test_a_hundred_allowed_keys_do_not_hide_one(treasury: Repo) -> None:
    keys = [secret() for _ in range(MOST_FINDINGS + 5)]
    treasury.write(ALLOW, allowing(*(fingerprint(key.encode()) for key in keys[:-1])))
    treasury.write("vectors.txt", "\n".join(keys))
    for door in (("git", "add", "vectors.txt"), (*GITBTC, "scan")):
        done = treasury.run(*door, ok=(1, 128))
        assert fingerprint(keys[-1].encode()) in done.stdout + done.stderr
    treasury.git(*PAST_THE_FILTER, "add", "-A")
    said = treasury.run("git", *PAST_THE_FILTER, "commit", "-m", "x", ok=(1,)).stderr
    assert f"line {len(keys)}: " in said
    treasury.git(*WITHOUT_GITBTC, *PAST_THE_FILTER, "commit", "-q", "-m", "\n".join(keys))
    told = treasury.gitbtc("verify", "HEAD", ok=(1,)).stdout
    assert told.count(fingerprint(keys[-1].encode())) == 2
    treasury.write("message", "\n".join(keys))
    assert "the commit message: refused" in treasury.gitbtc("hook", "commit-msg", "message", ok=(1,)).stderr
