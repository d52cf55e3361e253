"""Lightning nodes as a person reads them: sync, import, record, drift, watch and doctor."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

from gitbtc.repo.git import Git
from gitbtc.sources.configured import read
from gitbtc.sources.watching import Watch
from tests.prepared import once
from tests.sources import scripted_lightning as script
from tests.sources.scripted_lightning import ANSWERS, ScriptedClnRest, ScriptedLightningd, ScriptedLnd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitbtc.sources.syncing import Synced
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
    done = repo.gitbtc(*words, ok=(ok,))
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


def test_a_macaroon_that_can_spend_is_mentioned_once(repo: Repo, lnd: ScriptedLnd) -> None:
    admin = lnd.macaroon_file.rename(lnd.macaroon_file.with_name("admin.macaroon"))
    configure(repo, table(lnd).replace(str(lnd.macaroon_file), str(admin)))
    said = "note: admin.macaroon can spend and close channels; gitbtc only reads, and readonly.macaroon is enough"
    assert said in gitbtc(repo, "sync", "--commit")[1]
    assert said not in gitbtc(repo, "sync", "--commit")[1]


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


def test_an_operators_day(repo: Repo, lnd: ScriptedLnd) -> None:
    """A fee is changed at the node, seen as one line with the name of the peer, committed, and known by who did it."""
    configure(repo, table(lnd))
    gitbtc(repo, "sync", "--commit")
    _, graph = lnd.answer(f"GET /v1/graph/node/{'02' + '11' * 32}?include_channels=true")
    graph["channels"][0]["node1_policy"]["fee_rate_milli_msat"] = "400"
    lnd.overrides["getnodeinfo"] = graph
    assert gitbtc(repo, "sync", "hub")[0].startswith("hub: block 812, changed: channels/routing.json\n")
    head, line = repo.git("diff").splitlines()
    assert head == "channels/routing.json: 1 policy changed"
    assert re.fullmatch(r'~ "big-router"  .*754x1x0: fee_rate_ppm 250 ppm → 400 ppm', line)
    repo.git("commit", "-qam", "big-router 400 ppm", "--author", "Olive <olive@example.org>")
    assert re.search(r'754x1x0  "big-router" .*400 ppm .*Olive', gitbtc(repo, "channels")[0])
    told = gitbtc(repo, "log", "-n", "1")[0]
    assert "Olive  big-router 400 ppm" in told
    assert "250 ppm → 400 ppm" in told
    assert gitbtc(repo, "check")[0].endswith("0 rules broken\n")


@pytest.mark.usefixtures("signals")
def test_ten_minutes_of_flapping_peers_make_no_commit(
    repo: Repo, lnd: ScriptedLnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock of the test's own. A block in between is a commit, of the chain alone; and once an hour is enough."""
    configure(repo, table(lnd) + "every = 3600\n")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in repo.env.items():
        monkeypatch.setenv(name, value)
    _, channels = lnd.answer("GET /v1/channels?peer_alias_lookup=true")
    _, peers = lnd.answer("GET /v1/peers")
    _, info = lnd.answer("GET /v1/getinfo")
    now = 0.0
    commits: list[tuple[float, str]] = []
    told: list[str] = []

    def count(name: str, done: Synced) -> None:
        commits.append((now, repo.git("show", "--name-only", "--format=", "HEAD") if done.committed else ""))

    git = Git.at(repo.path).at_top()
    watch = Watch(list(read(repo.path).values()), git, commit=True, told=told.append, done=count, clock=lambda: now)

    def wait(seconds: float) -> None:
        nonlocal now
        now += seconds
        flap = bool(now // 10 % 2)
        for one in channels["channels"]:
            one["active"] = flap
        lnd.overrides["listchannels"] = channels
        lnd.overrides["listpeers"] = {"peers": peers["peers"][: 1 + flap]}
        if now == 600:
            assert [moment for moment, _ in commits] == [0]
        if now >= 600:
            lnd.overrides["getinfo"] = {**info, "block_hash": f"{int(now // 600):064x}"}
        if now >= 3700:
            watch._stop.set()

    monkeypatch.setattr(watch._stop, "wait", wait)
    watch.run()
    assert told == []
    assert [moment for moment, _ in commits] == [0, 3600]
    assert commits[1][1].split() == ["network/chain.json"]


def test_doctor_tells_what_a_source_lacks_and_asks_nobody(repo: Repo, lnd: ScriptedLnd, tmp_path: Path) -> None:
    hub = '[cln]\nkind = "cln"\nsocket = "/nowhere/lightning-rpc"\n'
    configure(repo, table(lnd) + hub)
    said = gitbtc(repo, "doctor", ok=1)[0]
    assert re.search(r"ok +source hub +lnd, and what it is asked with is there", said)
    assert re.search(r"BROKEN +source cln +no socket at /nowhere/lightning-rpc; is lightningd running", said)
    lnd.macaroon_file.unlink()
    assert re.search(r"BROKEN +source hub +no macaroon can be read from", gitbtc(repo, "doctor", ok=1)[0])
    configure(repo, "[hub]\nkind = 5\n")
    assert re.search(r"BROKEN +sources +.gitbtc/sources.toml: hub: kind must be", gitbtc(repo, "doctor", ok=1)[0])
    assert lnd.log == []


@pytest.fixture
def signals() -> Iterator[None]:
    """The handlers as they were."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


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
