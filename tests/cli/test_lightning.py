"""Lightning nodes as a person reads them: sync, import, record, drift, watch and doctor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.prepared import once
from tests.sources import scripted_lightning as script
from tests.sources.scripted_lightning import ANSWERS, ScriptedClnRest, ScriptedLightningd, ScriptedLnd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Repo, Sandbox
    from tests.sources.scripted_lightning import Fault, SocketFault

pytestmark = pytest.mark.one_interpreter


@once
def _begun(repo: Repo) -> None:
    repo.gitbtc("init")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "begin")


@pytest.fixture
def lnd(tmp_path: Path) -> Iterator[ScriptedLnd]:
    folder = tmp_path / "lnd"
    folder.mkdir()
    with ScriptedLnd(folder) as running:
        yield running


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    repo = sandbox.repo()
    _begun(repo)
    return repo


def configure(repo: Repo, table: str) -> None:
    (repo.path / ".gitbtc").mkdir(exist_ok=True)
    (repo.path / ".gitbtc" / "sources.toml").write_text(table)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "configure")


def table(lnd: ScriptedLnd) -> str:
    return f'[hub]\nkind = "lnd"\nurl = "{lnd.url}"\nmacaroon = "{lnd.macaroon_file}"\ncert = "{lnd.certificate}"\n'


def gitbtc(repo: Repo, *words: str, ok: int = 0) -> tuple[str, str]:
    done = repo.run(sys.executable, "-E", "-m", "gitbtc", *words, ok=(ok,))
    return done.stdout, done.stderr


def state(repo: Repo) -> str:
    """HEAD and what differs from it."""
    return repo.git("rev-parse", "HEAD") + repo.git("status", "--porcelain")


def test_an_lnd_is_synced_and_committed_once(repo: Repo, lnd: ScriptedLnd) -> None:
    configure(repo, table(lnd))
    out, err = gitbtc(repo, "sync", "--commit")
    assert out.startswith("hub: block 812, committed: ")
    assert "no policy is announced yet for 765x3x0" in err
    before = state(repo)
    assert gitbtc(repo, "sync", "--commit")[0] == "hub: block 812, unchanged\n"
    assert state(repo) == before
    assert gitbtc(repo, "drift", "hub")[0].splitlines()[-1] == "nothing has drifted"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (script.cut, "broke off"),
        (script.page, "does not answer as lnd does"),
        (script.refusing(2, "wallet locked, unlock it to enable full RPC access"), "its wallet is locked"),
        (script.refusing(2, "verification failed: signature mismatch"), "lnd refused the macaroon"),
    ],
)
def test_what_goes_wrong_is_one_message_and_changes_nothing(
    repo: Repo, lnd: ScriptedLnd, fault: Fault, said: str
) -> None:
    configure(repo, table(lnd))
    before = state(repo)
    lnd.faults = [None, fault]
    out, err = gitbtc(repo, "sync", "--commit", ok=3)
    [line] = err.splitlines()
    assert line.startswith("gitbtc: hub: ")
    assert said in line
    assert (out, state(repo)) == ("", before)
    lnd.faults = [None, fault]
    assert gitbtc(repo, "drift", "hub", ok=3)[0] == ""


def test_a_folder_of_lncli_is_read_and_one_is_written(repo: Repo, lnd: ScriptedLnd, tmp_path: Path) -> None:
    out, _ = gitbtc(repo, "import", "lnd", "--from", str(ANSWERS / "lnd-cli"))
    assert out.startswith("lnd: regtest at block 812, into ")
    options = ["--url", lnd.url, "--macaroon", str(lnd.macaroon_file), "--cert", str(lnd.certificate)]
    assert gitbtc(repo, "record", "lnd", str(tmp_path / "kept"), *options)[0].endswith("kept: 12 files\n")
    for source in (["--from", str(tmp_path / "kept")], options):
        out, _ = gitbtc(repo, "import", "lnd", *source)
        assert {line.split(None, 1)[1] for line in out.splitlines()[1:]} == {"unchanged"}


def test_what_does_not_belong_into_the_configuration_is_refused(repo: Repo, lnd: ScriptedLnd) -> None:
    macaroon = f'macaroon = "{lnd.macaroon_file}"'
    for other, said in (
        (f'macaroon = "{script.MACAROON.hex()}"', "macaroon must be a file's path"),
        ('macaroon = "secrets/readonly.macaroon"', "the macaroon lies in the work tree"),
        ('macaroon = "env:not a name"', "macaroon must be a file's path or env:NAME"),
        (f'{macaroon}\ncookie = "a"', "unknown key cookie"),
        (f'{macaroon}\nrune = "a"', "unknown key rune; no secret belongs into this file"),
    ):
        configure(repo, table(lnd).replace(macaroon, other))
        _, err = gitbtc(repo, "sync", ok=2)
        assert said in err
        assert script.MACAROON.hex() not in err
    configure(repo, table(lnd).replace("https://127.0.0.1", "http://8.8.8.8"))
    assert "would carry the macaroon in clear" in gitbtc(repo, "sync", ok=2)[1]


@pytest.fixture
def cln(tmp_path: Path) -> Iterator[ScriptedLightningd]:
    with ScriptedLightningd(tmp_path / "lightning-rpc") as running:
        yield running


def test_a_lightningd_is_synced_and_committed_once(repo: Repo, cln: ScriptedLightningd) -> None:
    configure(repo, f'[hub]\nkind = "cln"\nsocket = "{cln.path}"\n')
    out, _ = gitbtc(repo, "sync", "--commit")
    assert out.startswith("hub: block 812, committed: ")
    assert repo.git("log", "-1", "--format=%s") == "Sync hub at block 812\n"
    before = state(repo)
    assert gitbtc(repo, "sync", "--commit")[0] == "hub: block 812, unchanged\n"
    assert state(repo) == before
    out, _ = gitbtc(repo, "drift", "hub")
    assert out.startswith("hub: block 812 (")
    assert out.endswith("nothing has drifted\n")


@pytest.mark.parametrize(
    ("fault", "said"), [(script.cut_off, "broke off"), (script.saying(b"<html></html>\n\n"), "does not answer as")]
)
def test_what_goes_wrong_at_the_socket_changes_nothing(
    repo: Repo, cln: ScriptedLightningd, fault: SocketFault, said: str
) -> None:
    configure(repo, f'[hub]\nkind = "cln"\nsocket = "{cln.path}"\n')
    before = state(repo)
    cln.faults = [None, fault]
    out, err = gitbtc(repo, "sync", "--commit", ok=3)
    [line] = err.splitlines()
    assert line.startswith("gitbtc: hub: ")
    assert said in line
    assert (out, state(repo)) == ("", before)


def test_every_door_of_a_lightningd_is_read(repo: Repo, cln: ScriptedLightningd, tmp_path: Path) -> None:
    out, _ = gitbtc(repo, "import", "cln", "--from", str(ANSWERS / "cln"))
    assert out.startswith("cln: regtest at block 812, into ")
    kept = str(tmp_path / "kept")
    assert gitbtc(repo, "record", "cln", kept, "--socket", str(cln.path))[0].endswith("kept: 8 files\n")
    folder = tmp_path / "rest"
    folder.mkdir()
    (folder / "rune").write_text(script.RUNE)
    with ScriptedClnRest(folder) as rest:
        proof = ["--rune", str(folder / "rune"), "--cert", str(rest.certificate)]
        for source in (["--from", kept], ["--socket", str(cln.path)], ["--url", rest.url, *proof]):
            out, _ = gitbtc(repo, "import", "cln", *source)
            assert {line.split(None, 1)[1] for line in out.splitlines()[1:]} == {"unchanged"}
    assert "name either a node (--socket, --url)" in gitbtc(repo, "import", "cln", ok=2)[1]


def test_one_door_of_a_lightningd_is_named_and_what_it_needs(repo: Repo) -> None:
    for keys, said in (
        ("", "name one of lightningd's socket and the url"),
        ('socket = "/run/a"\nrune = "env:A"', "a socket needs neither rune nor cert"),
        ('url = "https://127.0.0.1:3010"', "rune is missing"),
        (f'url = "https://127.0.0.1"\nrune = "{script.RUNE}"', "rune must be a file's path"),
        ('url = "https://127.0.0.1"\nrune = "./rune"', "the rune lies in the work tree"),
    ):
        configure(repo, f'[hub]\nkind = "cln"\n{keys}\n')
        _, err = gitbtc(repo, "sync", ok=2)
        assert said in err
        assert script.RUNE not in err
