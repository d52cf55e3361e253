"""No stream, log, document or error of any door shows a secret or a part of it: tried with every public vector."""

from __future__ import annotations

import json
import re
import subprocess
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitbtc import cli
from gitbtc.doors import hook
from gitbtc.drivers import filter as driver
from gitbtc.keys import scan as scanner
from gitbtc.scanning import examiner
from tests.doors.pushing import GITBTC, gated
from tests.doors.test_hook import PAST_THE_FILTER
from tests.drivers.test_filter import HELLO, packets
from tests.made_state import WITHOUT_GITBTC

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

VECTORS = {
    row["id"]: row["text"]
    for row in json.loads((Path(__file__).parent / "keys/key-material.json").read_text("utf-8"))
    if row["cls"] == "positive"
}
_PART = 12  # characters of a key


def parts(secret: str) -> set[str]:
    """What must not be shown of a secret: parts of what is written in one, any three words of what is written in words,
    any four ideographs.
    """
    runs = re.findall(r"[A-Za-z0-9+/]{20,}", secret)
    found = {run[start : start + _PART] for run in runs for start in range(len(run) - _PART + 1)}
    words = re.findall(r"[^\W\d_]+", secret)
    if len(words) >= 12 and not runs:
        found |= {" ".join(words[start : start + 3]) for start in range(len(words) - 2)}
    found |= {text[:4] for text in re.findall(r"[\u3400-\u9fff]{12,}", secret)}
    return found | {secret}


PARTS = {part: name for name, secret in VECTORS.items() for part in parts(secret)}
# Long parts by their first characters: one look at each place of an output finds any of them.
_BY_HEAD: dict[str, list[str]] = {}
for _part in PARTS:
    _BY_HEAD.setdefault(_part[:4], []).append(_part)


def shown(output: str) -> set[str]:
    """The names of the vectors of which `output` shows something."""
    spoken = re.sub(r"[\W\d_]+", " ", output)
    return {
        PARTS[part]
        for text in (output, spoken)
        for start in range(len(text))
        for part in _BY_HEAD.get(text[start : start + 4], ())
        if text.startswith(part, start)
    }


def test_what_is_looked_for_is_found_where_it_is_shown() -> None:
    for name, secret in VECTORS.items():
        assert name in shown(f"gitbtc: {secret}") or any(other in shown(secret) for other in VECTORS if other != name)
    assert shown("gitbtc: notes.txt: refused: it holds private-key material, fingerprint 0b3442c634898149") == set()


@pytest.fixture
def leaky(treasury: Repo) -> Repo:
    """Every vector in a file of its own, in a label, and where that is possible as the name of a file."""
    for name, secret in VECTORS.items():
        treasury.write(f"plain/{name}.txt", f"see:\n{secret}\n")
        treasury.write(f"json/{name}.json", json.dumps([{"label": secret, "n": 1}], indent=1))
        if "/" not in secret and len(secret.encode()) < 200:
            treasury.write(f"names/{secret}/a.txt", "x")
    return treasury


def said(repo: Repo, *command: str) -> str:
    done = repo.run(*command, ok=(0, 1, 2, 3, 128))
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_no_command_shows_one(leaky: Repo) -> None:
    leaky.git(*PAST_THE_FILTER, "add", "-A")
    leaky.git(*WITHOUT_GITBTC, *PAST_THE_FILTER, "commit", "-q", "-m", "\n".join(VECTORS.values()))
    leaky.git("tag", "-a", "-m", "\n".join(VECTORS.values()), "v1")
    forms: tuple[list[str], ...] = ([], ["--json"], ["--sarif"])
    ways = [*product(([], ["--all"]), forms), (["--rev", "HEAD"], []), (["plain"], [])]
    outputs = {f"scan {way} {form}": said(leaky, *GITBTC, "scan", *way, *form) for way, form in ways}
    outputs |= {f"verify {form}": said(leaky, *GITBTC, "verify", *form, "HEAD") for form in ([], ["--json"])}
    allow = [*GITBTC, "scan", "plain/P0001.txt", "--allow", "00" * 8, "--reason", VECTORS["P0001"]]
    outputs["allow"] = said(leaky, *allow)
    assert {name: shown(output) for name, output in outputs.items() if shown(output)} == {}
    assert all("fingerprint" in output for name, output in outputs.items() if name != "allow")
    log = leaky.path / ".git/gitbtc"
    assert not any(shown(path.read_bytes().decode("latin-1")) for path in log.iterdir() if path.is_file())


def test_no_hook_shows_one(leaky: Repo, sandbox: Sandbox) -> None:
    server = gated(sandbox)
    leaky.git("remote", "add", "origin", str(server.path))
    leaky.git(*PAST_THE_FILTER, "add", "-A")
    outputs = {
        "pre-commit": said(leaky, "git", *PAST_THE_FILTER, "commit", "-m", "x"),
        "prepare-commit-msg": said(leaky, "git", *PAST_THE_FILTER, "commit", "--no-verify", "-m", "x"),
    }
    leaky.write("message", "\n\n".join(VECTORS.values()))
    outputs["commit-msg"] = said(leaky, *GITBTC, "hook", "commit-msg", "message")
    leaky.git(*WITHOUT_GITBTC, *PAST_THE_FILTER, "commit", "-q", "-F", "message")
    leaky.git("tag", "-a", "-F", "message", "v1")
    outputs["pre-push"] = said(leaky, "git", "push", "origin", "main", "v1")
    outputs["pre-receive"] = said(leaky, "git", "push", "--no-verify", "origin", "main", "v1")
    assert {name: shown(output) for name, output in outputs.items() if shown(output)} == {}
    assert all("fingerprint" in output for output in outputs.values())


def test_the_filter_shows_none(leaky: Repo) -> None:
    files = [path for path in leaky.path.rglob("*") if path.is_file() and ".git" not in path.parts]
    asked = HELLO
    for path in files:
        name = b"pathname=" + str(path.relative_to(leaky.path)).encode() + b"\n"
        asked += packets([b"command=clean\n", name], [path.read_bytes()])
    done = subprocess.run([*GITBTC, "filter-process"], input=asked, cwd=leaky.path, capture_output=True, check=True)
    assert done.stderr.count(b": refused: ") > 100
    assert shown(done.stderr.decode()) == set()


def test_no_error_that_nobody_foresaw_shows_one(
    leaky: Repo, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    everything = "\n".join(VECTORS.values())

    def broken(*_: object, **__: object) -> None:
        raise ValueError(everything)

    for module in (scanner, examiner):
        monkeypatch.setattr(module, "scan", broken)
    monkeypatch.chdir(leaky.path)
    monkeypatch.setattr("sys.argv", ["gitbtc", "scan", "plain/P0001.txt"])
    assert cli.run() == 3
    assert driver._attempt(driver.clean, None, "a.txt", everything.encode()) is None
    leaky.git(*PAST_THE_FILTER, "add", "plain/P0001.txt")
    assert hook.main(["hook", "pre-commit"]) == 1
    captured = capfd.readouterr()
    told = captured.out + captured.err
    assert told.count("ValueError") == 3
    assert shown(told) == set()
