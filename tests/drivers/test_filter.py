"""The clean filter, driven by real Git: what is refused never becomes a blob, everything else goes through."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import mnemonic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gitbtc
from gitbtc.drivers import filter as driver
from gitbtc.keys.finding import fingerprint

if TYPE_CHECKING:
    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

# Bitcoin Core, src/test/data/key_io_valid.json.
WIF = "L5nJeqKmpHp4P7F8ZYyjwc5a7P4d8EabuGAzfGJk7yC1BJyzNaEd"
COIN = {"txid": "ab" * 32, "vout": 0, "amount_sat": 1000, "script_type": "p2wpkh", "label": None, "coinbase": False,
        "address": "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0", "block_height": 7}  # fmt: skip


def started(repo: Repo) -> str:
    """How Git starts gitbtc."""
    return f"'{repo.python}' -E -P -m gitbtc"


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    """A repository whose every file goes through the filter process."""
    made = sandbox.repo()
    made.git("config", "filter.gitbtc.process", f"{started(made)} filter-process")
    made.git("config", "filter.gitbtc.required", "true")
    made.write(".gitattributes", "* filter=gitbtc\n")
    return made


def stored(repo: Repo) -> list[bytes]:
    """Every loose object of the repository, inflated."""
    return [zlib.decompress(path.read_bytes()) for path in (repo.path / ".git" / "objects").glob("??/*")]


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()


def refused(repo: Repo, *arguments: str) -> str:
    """What a refused git command says, without the secret."""
    done = repo.run("git", *arguments, ok=(1, 128))
    assert WIF not in done.stdout + done.stderr
    return done.stderr


@pytest.mark.own_interpreters
def test_a_file_with_a_key_is_refused_and_no_blob_of_it_is_written(repo: Repo) -> None:
    content = f"one\ntwo {WIF}\n".encode()
    repo.write("notes.txt", content)
    message = refused(repo, "add", "notes.txt")
    assert "gitbtc: notes.txt: refused: it holds private-key material" in message
    assert f"line 2: WIF private key, fingerprint {fingerprint(WIF.encode())}" in message
    assert "Take the key out of it, then add the file again." in message
    assert repo.git("count-objects").startswith("0 objects")
    assert repo.git("ls-files") == ""
    repo.git("cat-file", "-e", blob(content), ok=(1,))


@pytest.mark.one_file
@pytest.mark.parametrize(
    "content",
    [json.dumps([{**COIN, "label": WIF}]), json.dumps({"x": [WIF[:20], WIF[20:]]}),
     '{"x": "' + "".join(f"\\u{ord(letter):04x}" for letter in WIF) + '"}', '{"x": "' + WIF + '", "x": 1}',
     json.dumps({"words": ["all"] * 12})],
    ids=["label", "cut in two", "escaped", "same member twice", "words"],
)  # fmt: skip
def test_a_key_is_refused_in_whatever_way_it_stands(repo: Repo, content: str) -> None:
    repo.write("wallet/utxos.json", content)
    assert "wallet/utxos.json: refused" in refused(repo, "add", "wallet/utxos.json")
    assert stored(repo) == []


def test_no_object_holds_the_key_when_other_files_are_added_with_it(repo: Repo) -> None:
    for name in ("a.txt", "z.txt"):
        repo.write(name, f"{name}\n")
    repo.write("m.txt", WIF)
    refused(repo, "add", ".")
    assert repo.git("ls-files") == ""
    assert not any(WIF.encode() in content for content in stored(repo))
    repo.write("m.txt", "no key any more\n")
    repo.git("add", ".")
    assert repo.git("ls-files").split() == [".gitattributes", "a.txt", "m.txt", "z.txt"]


def test_ignoring_errors_does_not_let_the_key_in(repo: Repo) -> None:
    repo.write("a.txt", "a\n")
    repo.write("m.txt", WIF)
    refused(repo, "add", "--ignore-errors", ".")
    assert "m.txt" not in repo.git("ls-files").split()
    assert not any(WIF.encode() in content for content in stored(repo))


def test_a_key_in_a_changed_file_is_refused_by_every_way_to_store_it(repo: Repo) -> None:
    repo.write("notes.txt", "first\n")
    repo.commit("first")
    repo.write("notes.txt", f"first\n{WIF}\n")
    for command in (["add", "-u"], ["commit", "-am", "second"], ["commit", "-m", "second", "notes.txt"], ["stash"],
                    ["hash-object", "-w", "notes.txt"], ["update-index", "notes.txt"]):  # fmt: skip
        assert "notes.txt: refused" in refused(repo, *command)
    assert not any(WIF.encode() in content for content in stored(repo))
    assert "notes.txt" in repo.git("status", "--porcelain")


def test_status_works_beside_an_untracked_key(repo: Repo) -> None:
    repo.commit("first")
    repo.write("key.txt", WIF)
    assert repo.git("status", "--porcelain") == "?? key.txt\n"


def test_a_file_whose_name_holds_a_key_is_refused(repo: Repo) -> None:
    repo.write(f"{WIF}.txt", "nothing inside\n")
    done = repo.run("git", "add", ".", ok=(128,))
    ours = [line for line in done.stderr.splitlines() if line.startswith("gitbtc")]
    # Git itself names the file on a line of its own.
    assert len(ours) == 1
    assert "the name of a file holds private-key material" in ours[0]
    assert WIF not in ours[0]
    assert "clear it from the screen" in done.stderr


def test_checkout_gives_back_what_was_stored(repo: Repo) -> None:
    content = bytes(range(256)) * 1000
    repo.write("blob.bin", content)
    repo.commit("first")
    (repo.path / "blob.bin").unlink()
    repo.git("checkout", "--", "blob.bin")
    assert repo.read("blob.bin") == content


def test_a_clone_with_the_filter_checks_out(repo: Repo) -> None:
    repo.write("a.txt", "a\n")
    repo.commit("first")
    repo.git("-c", f"filter.gitbtc.process={started(repo)} filter-process", "-c", "filter.gitbtc.required=true",
             "clone", "-q", ".", "../copy")  # fmt: skip
    assert (repo.path.parent / "copy" / "a.txt").read_text() == "a\n"


def test_git_asks_for_smudge_and_stops_where_it_is_not_offered(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why smudge is offered at all."""
    repo.write("a.txt", "a\n")
    repo.commit("first")
    without = repo.path.parent / "without_smudge.py"
    without.write_text("import sys\nfrom gitbtc.drivers import filter as f\ndel f.COMMANDS['smudge']\n"
                       "sys.exit(f.main(['filter-process']))\n")  # fmt: skip
    repo.git("config", "filter.gitbtc.process", f"'{sys.executable}' -E -P {without}")
    (repo.path / "a.txt").unlink()
    assert "smudge filter gitbtc failed" in repo.run("git", "checkout", "--", "a.txt", ok=(128,)).stderr


@pytest.mark.parametrize("size", [0, 1, 65515, 65516, 65517, 131032, 5_000_000])
def test_a_file_of_any_size_goes_through(repo: Repo, size: int) -> None:
    content = (b"line of text %d\n" * (size // 10 + 1))[:size]
    repo.write("large.txt", content)
    repo.git("add", "large.txt")
    assert repo.git("ls-files", "-s", "large.txt").split()[1] == blob(content)
    (repo.path / "large.txt").unlink()
    repo.git("checkout", "--", "large.txt")
    assert repo.read("large.txt") == content


def test_many_files_are_served_by_one_process(repo: Repo) -> None:
    log = repo.path.parent / "starts"
    repo.git("config", "filter.gitbtc.process", f"echo started >> '{log}'; {started(repo)} filter-process")
    for number in range(200):
        repo.write(f"notes/{number}.txt", f"{number}\n")
    repo.git("add", ".")
    assert log.read_text() == "started\n"
    assert len(repo.git("ls-files").split()) == 201


@pytest.mark.parametrize(
    "name", ["Ärger & Söhne.txt", "two words.txt", 'quo"te.txt', "a=b.txt", "-dash.txt", "tab\t.txt"]
)
def test_any_name_goes_through(repo: Repo, name: str) -> None:
    repo.write(name, "x\n")
    repo.git("add", ".")
    assert repo.git("ls-files", "-z", "--", name) == name + "\0"


def test_a_state_file_becomes_canonical_when_it_is_staged(repo: Repo) -> None:
    second = {**COIN, "txid": "0a" * 32}
    repo.write("cold/wallet/utxos.json", json.dumps([COIN, second], indent=4))
    repo.git("add", ".")
    lines = [json.dumps(coin, sort_keys=True, separators=(",", ":")) for coin in (second, COIN)]
    assert repo.git("show", ":cold/wallet/utxos.json") == "[\n" + ",\n".join(lines) + "\n]\n"
    assert repo.git("diff", "--stat") == ""


@pytest.mark.parametrize(
    "content",
    [
        b"not JSON",
        b"[1 2]",
        b'[\n<<<<<<< ours\n{"txid": 1}\n=======\n>>>>>>> theirs\n]\n',
        b"\xff\xfe\0[",
        b"[" * 200_000,
    ],
)
def test_a_state_file_that_does_not_parse_goes_through_as_it_is(repo: Repo, content: bytes) -> None:
    repo.write("wallet/utxos.json", content)
    repo.git("add", ".")
    assert repo.git("ls-files", "-s", "wallet/utxos.json").split()[1] == blob(content)


@pytest.mark.one_file
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 40, b"\n", b"\xef\xbb\xbf", json.dumps([COIN]).encode()[:-20], b"[\n" + b"\0" * 20]
)
def test_what_a_crash_leaves_of_a_state_file_is_not_staged(repo: Repo, content: bytes) -> None:
    repo.write("wallet/utxos.json", json.dumps([COIN]))
    repo.commit("a coin")
    repo.write("wallet/utxos.json", content)
    for command in (["add", "."], ["commit", "-a", "-m", "gone"], ["stash"]):
        assert "gitbtc: wallet/utxos.json: refused: it " in refused(repo, *command)
    assert repo.git("status", "--porcelain") == " M wallet/utxos.json\n"
    repo.git("checkout", "HEAD", "--", "wallet/utxos.json")
    assert json.loads(repo.read("wallet/utxos.json")) == [COIN]


# What was committed before gitbtc, or without it


@pytest.fixture
def old(sandbox: Sandbox) -> Repo:
    """A repository with a branch `old` from before the filter, whose files it would have otherwise or not at all, and
    with the filter on main.
    """
    made = sandbox.repo()
    made.write("wallet/utxos.json", json.dumps([COIN], indent=1))
    made.write("wallet/labels.json", b"[\r\n]\r\n")
    made.write("wallet/transactions.json", b"")
    made.write("channels/channels.json", b"[\n")
    made.write("notes.txt", f"one\n{WIF}\n")
    made.commit("before")
    made.git("branch", "old")
    made.git("rm", "-q", "wallet/transactions.json", "channels/channels.json", "notes.txt")
    made.git("config", "filter.gitbtc.process", f"{started(made)} filter-process")
    made.git("config", "filter.gitbtc.required", "true")
    (made.path / ".git/info").mkdir(exist_ok=True)
    (made.path / ".git/info/attributes").write_text("* filter=gitbtc\n*.json text=auto eol=lf\n")
    made.git("add", "--renormalize", ".")
    made.commit("with gitbtc")
    made.write("a.txt", "a\n")
    made.commit("after")
    return made


def touch(repo: Repo) -> None:
    """Have Git look into each file: none is known to be as it was staged."""
    for path in repo.git("ls-files").split():
        repo.date(repo.path / path)


def is_clean(repo: Repo) -> bool:
    touch(repo)
    return repo.git("status", "--porcelain") == ""


def test_a_checkout_from_before_gitbtc_is_clean_and_can_be_left(old: Repo) -> None:
    assert old.git("show", "main:wallet/utxos.json").startswith("[\n{")
    old.git("checkout", "-q", "old")
    assert is_clean(old)
    touch(old)
    assert old.git("stash") == "No local changes to save\n"
    touch(old)
    old.git("reset", "-q", "--hard")
    assert is_clean(old)
    old.git("switch", "-q", "main")
    assert is_clean(old)
    old.git("worktree", "add", "-q", "../linked", "old")
    linked = type(old)(old.path.parent / "linked", old.env, old.clock)
    touch(linked)
    old.git("worktree", "remove", "../linked")
    old.git("bisect", "start", "main", "old")
    assert is_clean(old)
    old.git("bisect", "reset")


@pytest.mark.one_file
def test_it_becomes_canonical_with_its_next_change(old: Repo) -> None:
    old.git("checkout", "-q", "old")
    old.write("wallet/utxos.json", json.dumps([COIN | {"label": "rent"}], indent=1))
    old.git("add", "wallet")
    assert '"label":"rent"' in old.git("show", ":wallet/utxos.json")
    assert old.git("diff", "--cached", "--name-only") == "wallet/utxos.json\n"


def test_it_becomes_canonical_when_every_file_is_to_go_through_the_filter_again(old: Repo) -> None:
    old.git("checkout", "-q", "old")
    old.git("add", "--renormalize", "wallet/utxos.json", "wallet/labels.json")
    assert old.git("show", ":wallet/utxos.json") == old.git("show", "main:wallet/utxos.json")
    assert old.git("show", ":wallet/labels.json") == "[]\n"


def test_a_stash_from_an_old_commit_comes_back(old: Repo) -> None:
    old.git("checkout", "-q", "old")
    touch(old)
    old.write("other.txt", "x\n")
    old.git("add", "other.txt")
    old.git("stash")
    assert is_clean(old)
    old.git("stash", "pop")
    assert old.git("status", "--porcelain") == "A  other.txt\n"


def test_a_key_in_an_old_commit_lets_no_other_in(old: Repo) -> None:
    old.git("checkout", "-q", "old")
    touch(old)
    said = old.run("git", "add", "-A").stderr
    assert "notes.txt: holds private-key material" in said
    assert WIF not in said
    for path, content in (("copy.txt", f"one\n{WIF}\n"), ("notes.txt", f"one\n{WIF}\nmore\n")):
        old.write(path, content)
        assert f"{path}: refused" in refused(old, "add", path)
    old.git("checkout", "-q", "-f", "main")
    # In the index alone: nobody ever committed it to this branch.
    old.git("update-index", "--add", "--cacheinfo", f"100644,{blob(f'one{chr(10)}{WIF}{chr(10)}'.encode())},notes.txt")
    old.write("notes.txt", f"one\n{WIF}\n")
    assert "notes.txt: refused" in refused(old, "add", "notes.txt")


@pytest.mark.one_file
def test_whether_a_file_is_as_it_was_is_asked_of_nobody_else(old: Repo) -> None:
    old.git("config", "uploadpack.allowFilter", "true")
    url = f"file://{old.path}"
    old.git("clone", "-q", "--no-checkout", "--filter=blob:none", "-b", "old", url, "../partial")
    partial = type(old)(old.path.parent / "partial", old.env, old.clock)
    for name in ("filter.gitbtc.process", "filter.gitbtc.required"):
        partial.git("config", name, old.git("config", name).strip())
    (partial.path / ".git/info/attributes").write_text("* filter=gitbtc\n")
    partial.git("config", "remote.origin.url", "file:///nowhere")
    partial.git("read-tree", "HEAD")
    partial.write("wallet/utxos.json", old.git("cat-file", "blob", "old:wallet/utxos.json"))
    partial.git("add", "wallet/utxos.json")
    assert partial.git("rev-parse", ":wallet/utxos.json") == partial.git("rev-parse", "HEAD:wallet/utxos.json")
    partial.write("wallet/utxos.json", "[ ]")
    partial.git("add", "wallet/utxos.json")
    assert partial.git("show", ":wallet/utxos.json") == "[]\n"


def test_a_kind_that_the_repository_adds_becomes_canonical_too(repo: Repo) -> None:
    schema = {
        "x-gitbtc-kind": "vtxos", "x-gitbtc-path": "ark/vtxos.json", "x-gitbtc-identity": ["id"],
        "x-gitbtc-growth": "set", "type": "array",
        "items": {"type": "object", "properties": {"id": {"type": "string"}, "n": {"type": "integer"}}},
    }  # fmt: skip
    folder = repo.path.parent / "schemas of ours"
    folder.mkdir()
    (folder / "vtxos.schema.json").write_text(json.dumps(schema))
    repo.git("config", "filter.gitbtc.process", f"{started(repo)} filter-process --schemas '{folder}'")
    repo.write("ark/vtxos.json", '[ {"n": 1, "id": "b"}, {"n": 2, "id": "a"} ]')
    repo.git("add", ".")
    assert repo.git("show", ":ark/vtxos.json") == '[\n{"id":"a","n":2},\n{"id":"b","n":1}\n]\n'


def test_a_broken_schema_does_not_stop_an_add(repo: Repo) -> None:
    folder = repo.path.parent / "schemas"
    folder.mkdir()
    (folder / "vtxos.schema.json").write_text("{")
    repo.git("config", "filter.gitbtc.process", f"{started(repo)} filter-process --schemas '{folder}'")
    repo.write("wallet/utxos.json", "[ ]")
    assert "vtxos.schema.json" in repo.run("git", "add", ".").stderr
    assert repo.git("show", ":wallet/utxos.json") == "[]\n"
    repo.write("b.txt", WIF)
    assert "b.txt: refused" in refused(repo, "add", ".")


# The fallback that serves one file


def test_clean_serves_one_file(repo: Repo) -> None:
    repo.git("config", "--unset", "filter.gitbtc.process")
    repo.git("config", "filter.gitbtc.clean", f"{started(repo)} clean %f")
    repo.write("two words.txt", "x\n")
    repo.git("add", ".")
    assert repo.git("show", ":two words.txt") == "x\n"
    repo.write("two words.txt", WIF)
    assert "two words.txt: refused" in refused(repo, "add", ".")
    assert not any(WIF.encode() in content for content in stored(repo))


def test_clean_writes_the_canonical_form_and_nothing_else(repo: Repo) -> None:
    done = repo.gitbtc("clean", "wallet/utxos.json", stdin=b"[ ]")
    assert (done.stdout, done.stderr) == ("[]\n", "")
    done = repo.gitbtc("clean", "a.txt", stdin=WIF.encode(), ok=(1,))
    assert done.stdout == ""
    assert "a.txt: refused" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["clean"], ["clean", "a", "b"], ["filter-process", "a"], ["filter-process", "-x"]]
)
def test_wrong_usage_exits_2(repo: Repo, arguments: list[str]) -> None:
    done = repo.gitbtc(*arguments, ok=(2,))
    assert done.stderr.startswith("gitbtc: usage: ")


# The conversation


def packets(*groups: list[bytes]) -> bytes:
    return b"".join(b"".join(b"%04x%s" % (len(text) + 4, text) for text in group) + b"0000" for group in groups)


CLEAN, SMUDGE, DELAY = b"capability=clean\n", b"capability=smudge\n", b"capability=delay\n"
HELLO = packets([b"git-filter-client\n", b"version=2\n"], [CLEAN, SMUDGE, DELAY])


def talk(conversation: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-E", "-P", "-m", "gitbtc", "filter-process"]
    return subprocess.run(command, input=conversation, capture_output=True, check=False, timeout=60)


def test_the_handshake_offers_clean_and_smudge_and_no_delay() -> None:
    done = talk(HELLO)
    assert done.stdout == packets([b"git-filter-server\n", b"version=2\n"], [CLEAN, SMUDGE])
    assert (done.returncode, done.stderr) == (0, b"")


def test_after_a_refused_file_the_next_one_is_served() -> None:
    first = packets([b"command=clean\n", b"pathname=a\n"], [WIF.encode()])
    second = packets([b"command=clean\n", b"pathname=b\n"], [b"fine"])
    done = talk(HELLO + first + second)
    assert done.stdout.endswith(packets([b"status=error\n"], [b"status=success\n"], [b"fine"], []))
    assert (done.returncode, WIF.encode() in done.stderr) == (0, False)


def test_a_command_that_was_not_offered_is_an_error_of_that_file() -> None:
    done = talk(HELLO + packets([b"command=polish\n", b"pathname=a\n"], [b"x"]))
    assert done.stdout.endswith(packets([b"status=error\n"]))


@pytest.mark.parametrize(
    "conversation",
    [b"", b"hello", packets([b"git-lfs\n"]), HELLO[:20], HELLO + b"0010command", HELLO + b"zzzz", HELLO + b"0003",
     HELLO + packets([b"command=clean\n", b"pathname=a\n"]) + b"0008ab"],
)  # fmt: skip
def test_a_conversation_that_breaks_off_ends_with_a_message(conversation: bytes) -> None:
    done = talk(conversation)
    assert done.returncode == 1
    assert done.stderr.startswith(b"gitbtc: ")
    assert b"Traceback" not in done.stderr


@given(st.lists(st.binary(min_size=1, max_size=80), max_size=5))
def test_packets_are_read_as_they_were_sent(sent: list[bytes]) -> None:
    assert list(driver._packets(BytesIO(packets(sent)))) == sent


def test_an_unforeseen_error_refuses_the_file_and_does_not_quote_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_folder: str | None, _path: str, content: bytes) -> bytes:
        raise ValueError(content)

    assert driver._attempt(broken, None, "a.txt", WIF.encode()) is None
    message = capsys.readouterr().err
    assert message.startswith("gitbtc: a.txt: refused: it could not be scanned (ValueError at ")
    assert WIF not in message


# Start-up


def test_nothing_heavy_is_loaded_on_the_way_to_a_clean_result() -> None:
    heavy = ["click", "pygit2", "jsonschema", "dataclasses", "typing", "subprocess", "pathlib", "tempfile", "inspect",
             "hashlib", "unicodedata"]  # fmt: skip
    places = [str(Path(package.__file__ or "").parents[1]) for package in (gitbtc, mnemonic)]
    program = (
        f"import sys; sys.path[:0] = {places}; "
        "from gitbtc.drivers.filter import main; status = main(['filter-process']); "
        f"sys.stderr.write(repr([name for name in {heavy} if name in sys.modules])); sys.exit(status)"
    )
    request = packets([b"command=clean\n", b"pathname=notes.txt\n"], [b"plain notes, nothing else\n" * 100])
    command = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(command, input=HELLO + request, capture_output=True, check=True)
    assert done.stderr == b"[]"


def test_an_interrupt_ends_it_without_a_traceback(tmp_path: Path) -> None:
    """Ctrl-C goes to all that Git started."""
    command = [sys.executable, "-E", "-P", "-m", "gitbtc", "filter-process"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(HELLO)
        process.stdin.flush()
        process.stdout.read(4)  # it has begun to answer
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, said) == (-signal.SIGINT, b"")
