"""Claims on a shared remote: real processes, real pushes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds import base58
from gitbtc.reserving.claims import Claim
from tests.made_state import FUNDING, chain, coin, coins, records
from tests.prepared import once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

pytestmark = pytest.mark.one_interpreter

LOG = "strategy/execution.json"
ROUNDS, HELD = 20, 30
COINS = [f"{FUNDING}:{vout}" for vout in range(HELD)]
SHORT = f"{FUNDING[:8]}:0"
REFS = [f"refs/gitbtc/claims/{FUNDING}-{vout}" for vout in range(HELD)]
PROGRAM = (sys.executable, "-E", "-P", "-m", "gitbtc")
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@pytest.fixture
def remote(sandbox: Sandbox) -> Repo:
    """A shared repository; it checks what it is sent."""
    shared = sandbox.repo("shared.git")
    shared.git("config", "core.bare", "true")
    shared.git("config", "receive.fsckObjects", "true")
    return shared


def agent(sandbox: Sandbox, name: str) -> Repo:
    """An agent's repository, with hooks, coins and the shared remote `origin`."""
    repo = sandbox.repo(name)
    _equip(repo)
    repo.git("config", "gitbtc.agent", name)
    return repo


@once
def _equip(repo: Repo) -> None:
    repo.gitbtc("init")
    repo.git("remote", "add", "origin", "../shared.git")
    coins(repo, *(coin(vout) for vout in range(HELD)))
    chain(repo, 150)
    repo.unexamined("base")


@pytest.fixture
def ann(sandbox: Sandbox, remote: Repo) -> Repo:
    return agent(sandbox, "ann")


@pytest.fixture
def bob(sandbox: Sandbox, remote: Repo) -> Repo:
    return agent(sandbox, "bob")


def claim(repo: Repo, *outpoints: str, blocks: int = 10, ok: tuple[int, ...] = (0,)) -> str:
    done = repo.gitbtc("reserve", *outpoints, "--blocks", str(blocks), "--claim", "origin", ok=ok)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def refused(repo: Repo, *outpoints: str) -> str:
    """What a claim that is refused says; nothing was written."""
    before = (repo.path / LOG).read_bytes() if (repo.path / LOG).exists() else None
    said = claim(repo, *outpoints, ok=(1,))
    assert ((repo.path / LOG).read_bytes() if (repo.path / LOG).exists() else None) == before
    return said


def release(repo: Repo, *outpoints: str, ok: tuple[int, ...] = (0,)) -> str:
    done = repo.gitbtc("release", *outpoints, "--claim", "origin", ok=ok)
    return done.stdout + done.stderr


def refs(remote: Repo) -> dict[str, str]:
    """ref -> oid of every ref of the remote."""
    lines = remote.git("for-each-ref", "--format=%(refname)%09%(objectname)").splitlines()
    return {ref: oid for ref, _, oid in (line.partition("\t") for line in lines)}


def claimed(remote: Repo) -> dict[str, tuple[str, int]]:
    """outpoint -> agent and end of every claim, read without gitbtc."""
    said = [json.loads(remote.git("log", "-1", "--format=%B", ref))["gitbtc.claim/v1"] for ref in refs(remote)]
    return {one["outpoint"]: (one["agent"], one["expires_height"]) for one in said}


def reserved(repo: Repo) -> list[str]:
    told = json.loads(repo.gitbtc("reservations", "--json").stdout)["gitbtc.reservations/v1"]["reservations"]
    return [row["outpoint"] for row in told]


def hook(remote: Repo, name: str, *lines: str) -> Path:
    path = remote.write(f".git/hooks/{name}", "\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def forge(remote: Repo, ref: str, message: str, tree: str = EMPTY_TREE, author: str = "") -> str:
    """Put a commit with this message at `ref`, as somebody does who does not use gitbtc."""
    remote.git("hash-object", "-t", "tree", "-w", "--stdin", stdin=b"")
    who = author or "gitbtc <claims@gitbtc.invalid> 0 +0000"
    content = f"tree {tree}\nauthor {who}\ncommitter {who}\n\n{message}".encode("utf-8", "surrogateescape")
    oid = remote.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=content).strip()
    remote.git("update-ref", ref, oid)
    return oid


HONEST = {"outpoint": COINS[0], "agent": "mallory", "expires_height": 10}


def message(**changes: Any) -> str:
    said = {name: value for name, value in (HONEST | changes).items() if value is not None}
    return json.dumps({"gitbtc.claim/v1": said}, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


# -- one coin, one agent -----------------------------------------------------------------------------------------------


def test_a_claim_stands_on_the_remote_before_anything_is_committed(ann: Repo, remote: Repo) -> None:
    assert "claimed on origin" in claim(ann, COINS[1], COINS[0])
    assert claimed(remote) == {COINS[0]: ("ann", 160), COINS[1]: ("ann", 160)}
    assert sorted(refs(remote)) == REFS[:2]
    assert ann.git("log", "--format=%s").split() == ["base"]
    (event,) = records(ann, LOG)
    assert event["outpoints"] == COINS[:2]
    assert remote.git("ls-tree", REFS[0]) == ""
    assert remote.git("rev-list", "--count", REFS[0]).strip() == "1"


def test_a_claim_that_the_log_does_not_tell_is_given_up_by_a_short_name(ann: Repo, remote: Repo) -> None:
    claim(ann, COINS[0])
    ann.git("checkout", "-q", ".")
    ann.git("clean", "-fdq")
    coins(ann)
    ann.gitbtc("release", COINS[0][:6] + "…:0", "--claim", "origin", "--agent", "ann")
    assert claimed(remote) == {}


def test_the_second_agent_gets_nothing_not_even_what_is_free(ann: Repo, bob: Repo, remote: Repo) -> None:
    claim(ann, COINS[0])
    said = refused(bob, COINS[0], COINS[1])
    assert f"{COINS[0]} is claimed by ann until block 160 on origin" in said
    assert COINS[1] not in claimed(remote)
    assert reserved(bob) == []
    claim(bob, COINS[1])


def race(*commands: tuple[Repo, tuple[str, ...]]) -> list[int]:
    """Run the commands at once; their exit statuses."""
    started = [
        subprocess.Popen([repo.python, *PROGRAM[1:], *command], cwd=repo.path, env=repo.env, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
        for repo, command in commands
    ]  # fmt: skip
    return [process.wait() for process in started]


def claiming(*outpoints: str, remote: str = "origin") -> tuple[str, ...]:
    return ("reserve", *outpoints, "--blocks", "10", "--claim", remote)


def test_of_two_agents_at_once_exactly_one_gets_the_coin(ann: Repo, bob: Repo, remote: Repo) -> None:
    won: dict[str, str] = {}
    for outpoint in COINS[:ROUNDS]:
        statuses = race((ann, claiming(outpoint)), (bob, claiming(outpoint)))
        assert sorted(statuses) == [0, 1]
        won[outpoint] = "ann" if statuses[0] == 0 else "bob"
    assert {outpoint: who for outpoint, (who, _) in claimed(remote).items()} == won
    for repo, name in ((ann, "ann"), (bob, "bob")):
        assert sorted(reserved(repo)) == sorted(outpoint for outpoint, who in won.items() if who == name)


def test_of_two_agents_that_want_overlapping_coins_nobody_gets_a_part(ann: Repo, bob: Repo, remote: Repo) -> None:
    for one, other in pairwise(range(0, 12, 2)):
        mine, yours = [COINS[one], COINS[one + 1], COINS[other + 1]], [COINS[other + 1], COINS[one + 1]]
        statuses = race((ann, claiming(*mine)), (bob, claiming(*yours)))
        assert sorted(statuses) == [0, 1]
        held = claimed(remote)
        assert held == (dict.fromkeys(mine, ("ann", 160)) if statuses[0] == 0 else dict.fromkeys(yours, ("bob", 160)))
        for repo, taken in ((ann, mine), (bob, yours)):
            if reserved(repo):
                release(repo, *taken)
        assert claimed(remote) == {}


def meanwhile(repo: Repo, remote: Repo, when: str, message: str) -> None:
    """Arrange that somebody claims the first coin after `repo` looked: before its push reads the refs, or after."""
    oid = forge(remote, "refs/heads/made", message)
    remote.git("update-ref", "-d", "refs/heads/made")
    script = repo.write(
        "meanwhile.sh", f"#!/bin/sh\nunset GIT_DIR\ngit -C '{remote.path}' update-ref {REFS[0]} {oid}\n"
    )
    script.chmod(0o755)
    if when == "before":
        receive = repo.write("receive.sh", f"#!/bin/sh\n'{script}'\nexec git-receive-pack \"$@\"\n")
        receive.chmod(0o755)
        repo.git("config", "remote.origin.receivepack", f"'{receive}'")
    else:
        repo.git("config", "core.hooksPath", "own-hooks")
        script.rename(repo.write("own-hooks/pre-push", ""))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_claim_that_came_after_the_look_stands(ann: Repo, remote: Repo, when: str) -> None:
    """Nothing but what the push expects of the ref, and what the remote expects, can see it."""
    meanwhile(ann, remote, when, message(agent="bob", expires_height=170))
    said = refused(ann, COINS[0], COINS[1])
    assert f"{COINS[0]} is claimed by bob until block 170 on origin" in said
    assert claimed(remote) == {COINS[0]: ("bob", 170)}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_takeover_expects_the_claim_that_it_saw(ann: Repo, remote: Repo, when: str) -> None:
    forge(remote, REFS[0], message())
    meanwhile(ann, remote, when, message(agent="bob", expires_height=170))
    assert "bob" in refused(ann, COINS[0])
    assert claimed(remote) == {COINS[0]: ("bob", 170)}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_release_deletes_the_claim_that_it_saw(ann: Repo, remote: Repo, when: str) -> None:
    claim(ann, COINS[0])
    meanwhile(ann, remote, when, message(agent="bob", expires_height=170))
    assert "ann has no claim there" in release(ann, COINS[0])
    assert claimed(remote) == {COINS[0]: ("bob", 170)}


@pytest.fixture
def served(sandbox: Sandbox, remote: Repo) -> Iterator[str]:
    """The address of the shared repository behind a git daemon on the loopback device."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--reuseaddr", "--export-all",
               "--enable=receive-pack", f"--base-path={sandbox.home}", str(sandbox.home)]  # fmt: skip
    with subprocess.Popen(command, env=sandbox.env, stderr=subprocess.DEVNULL, start_new_session=True) as daemon:
        try:
            while daemon.poll() is None and not answers(port):
                time.sleep(0.05)
            if daemon.poll() is not None:
                pytest.skip("git daemon cannot serve here")
            yield f"git://127.0.0.1:{port}/shared.git"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(daemon.pid, signal.SIGTERM)  # its own session: it and its children


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_is_the_same_over_the_network(ann: Repo, bob: Repo, remote: Repo, served: str) -> None:
    for outpoint in COINS[:4]:
        assert sorted(race(*((repo, claiming(outpoint, remote=served)) for repo in (ann, bob)))) == [0, 1]
    assert sorted(claimed(remote)) == COINS[:4]


# -- again, longer, after the end --------------------------------------------------------------------------------------


def test_claiming_again_is_no_change_and_a_new_end_replaces_the_claim(ann: Repo, remote: Repo) -> None:
    claim(ann, COINS[0])
    first = refs(remote)
    claim(ann, COINS[0])
    assert refs(remote) == first
    claim(ann, COINS[0], COINS[1], blocks=20)
    assert claimed(remote) == {COINS[0]: ("ann", 170), COINS[1]: ("ann", 170)}


def test_an_expired_claim_is_taken_over(ann: Repo, bob: Repo, remote: Repo) -> None:
    claim(ann, COINS[0])
    chain(bob, 160)
    refused(bob, COINS[0])
    chain(bob, 161)
    claim(bob, COINS[0])
    assert claimed(remote) == {COINS[0]: ("bob", 171)}


def test_of_two_agents_that_take_over_at_once_one_gets_the_coin(ann: Repo, bob: Repo, remote: Repo) -> None:
    for repo in (ann, bob):
        chain(repo, 200)
    for vout in range(4):
        said = Claim((FUNDING, vout), "carol", 160).commit(EMPTY_TREE).decode().partition("\n\n")[2]
        forge(remote, REFS[vout], said)
        assert sorted(race((ann, claiming(COINS[vout])), (bob, claiming(COINS[vout])))) == [0, 1]


def test_release_frees_the_coin_and_only_ones_own(ann: Repo, bob: Repo, remote: Repo) -> None:
    claim(ann, COINS[0], COINS[1])
    assert "claim given up" in release(ann, COINS[0])
    assert claimed(remote) == {COINS[1]: ("ann", 160)}
    claim(bob, COINS[0])
    assert "not reserved by bob" in release(bob, COINS[1], ok=(1,))
    assert claimed(remote) == {COINS[0]: ("bob", 160), COINS[1]: ("ann", 160)}


def test_the_claim_of_another_agent_outlives_a_release(ann: Repo, bob: Repo, remote: Repo) -> None:
    """Ann's claim ran out and Bob took the coin over; her release is about her own reservation alone."""
    claim(ann, COINS[0])
    chain(bob, 161)
    claim(bob, COINS[0])
    assert "ann has no claim there" in release(ann, COINS[0])
    assert claimed(remote) == {COINS[0]: ("bob", 171)}
    assert reserved(ann) == []


# -- what goes wrong in between ----------------------------------------------------------------------------------------


def test_killed_between_the_push_and_the_file_it_is_enough_to_ask_again(ann: Repo, bob: Repo, remote: Repo) -> None:
    number = remote.path / "pid"
    killer = hook(remote, "post-receive", f"kill -9 $(cat '{number}')")
    command = " ".join(f"'{word}'" for word in (*PROGRAM, *claiming(COINS[0])))
    killed = ann.run("sh", "-c", f"echo $$ > '{number}'; exec {command}", ok=(-9,))
    assert killed.stdout == ""
    assert not (ann.path / LOG).exists()
    assert claimed(remote) == {COINS[0]: ("ann", 160)}
    killer.unlink()
    refused(bob, COINS[0])
    claim(ann, COINS[0])
    assert reserved(ann) == [COINS[0]]


def test_killed_it_can_also_be_given_up(ann: Repo, bob: Repo, remote: Repo) -> None:
    claim(ann, COINS[0])
    (ann.path / LOG).unlink()  # as it is after a kill
    assert "claim given up" in release(ann, COINS[0])
    assert not (ann.path / LOG).exists()
    claim(bob, COINS[0])


def losing_the_answer(remote: Repo, *lines: str) -> Path:
    """A hook that kills the receiving side when the refs are written and nothing is reported yet."""
    return hook(remote, "reference-transaction", '[ "$1" = committed ] || exit 0', *lines, "kill -9 $PPID")


def test_a_push_whose_answer_is_lost_is_looked_up(ann: Repo, remote: Repo) -> None:
    losing_the_answer(remote)
    assert "claimed on origin" in claim(ann, COINS[0])
    assert reserved(ann) == [COINS[0]]


def test_a_push_whose_answer_is_lost_for_good_says_so(ann: Repo, remote: Repo) -> None:
    away = remote.path.parent / "away.git"
    losing_the_answer(remote, f"mv '{remote.path}' '{away}'")
    said = refused(ann, COINS[0])
    assert "is not known" in said
    assert "Run the same command again" in said
    away.rename(remote.path)
    (remote.path / ".git/hooks/reference-transaction").unlink()
    assert claimed(remote) == {COINS[0]: ("ann", 160)}
    claim(ann, COINS[0])
    assert reserved(ann) == [COINS[0]]


def test_a_claim_whose_answer_was_lost_is_taken_back_too(ann: Repo, remote: Repo) -> None:
    log = ann.path / LOG
    losing_the_answer(remote, f"mkdir -p '{log}/full'", 'rm "$0"')
    assert "cannot be written" in claim(ann, COINS[0], ok=(3,))
    assert refs(remote) == {}


def test_a_claim_is_taken_back_when_the_file_cannot_be_written(ann: Repo, remote: Repo) -> None:
    claim(ann, COINS[1])
    before = refs(remote)
    log = ann.path / LOG
    saboteur = hook(remote, "post-receive", f"rm -f '{log}'", f"mkdir -p '{log}/full'")
    said = claim(ann, COINS[0], COINS[1], blocks=50, ok=(3,))
    assert "cannot be written" in said
    assert refs(remote) == before  # what was hers before is as it was
    saboteur.unlink()


def test_a_claim_that_cannot_be_taken_back_is_told(ann: Repo, remote: Repo) -> None:
    log = ann.path / LOG
    refusing = remote.path / ".git/hooks/pre-receive"
    hook(remote, "post-receive", f"mkdir -p '{log}/full'",
         f"printf '#!/bin/sh\\necho no more; exit 1\\n' > '{refusing}'", f"chmod +x '{refusing}'")  # fmt: skip
    said = claim(ann, COINS[0], ok=(1,))
    assert "cannot be written" in said
    assert "still stands" in said
    assert "no more" in said


def test_a_remote_that_refuses_is_quoted(ann: Repo, remote: Repo) -> None:
    hook(remote, "pre-receive", "printf 'house rule 7\\033[2J\\n'; exit 1")
    said = refused(ann, COINS[0])
    assert "house rule 7" in said
    assert "\x1b" not in said
    assert claimed(remote) == {}


@pytest.mark.parametrize("name", ["nowhere", "../nothing.git", ""])
def test_a_remote_that_is_none_changes_nothing(ann: Repo, name: str) -> None:
    said = ann.gitbtc(*claiming(COINS[0], remote=name), ok=(2, 3)).stderr
    assert "Traceback" not in said
    assert not (ann.path / LOG).exists()


def test_an_option_is_no_remote(ann: Repo, remote: Repo) -> None:
    ann.gitbtc("reservations", "--claim=--upload-pack=touch ran", ok=(2,))
    assert not (ann.path / "ran").exists()


def test_a_refusal_at_home_claims_nothing(ann: Repo, remote: Repo) -> None:
    key = base58.encode_check(b"\xef" + b"\x07" * 32 + b"\x01")
    refused(ann, COINS[0], f"{FUNDING}:99")
    ann.gitbtc(*claiming(COINS[0]), "--note", key, ok=(1,))
    ann.gitbtc(*claiming(COINS[0]), "--agent", key, ok=(1,))
    assert refs(remote) == {}


# -- what others write there -------------------------------------------------------------------------------------------


def test_the_forger_of_these_tests_could_write_a_claim(ann: Repo, remote: Repo) -> None:
    """Or the refusals below would prove nothing: this one is sound, has expired, and is taken over."""
    forge(remote, REFS[0], message())
    claim(ann, COINS[0])


GARBAGE = {
    "not JSON": "hello\n",
    "empty": "",
    "another document": '{"a":1}\n',
    "no object": '{"gitbtc.claim/v1":[]}\n',
    "deep": "[" * 1500 + "\n",
    "not UTF-8": "\udcff\udcfe\n",
    "a number of many digits": '{"gitbtc.claim/v1":' + "9" * 3900 + "}\n",
    "another coin": message(outpoint=f"{FUNDING}:99"),
    "no outpoint": message(outpoint="x"),
    "a list for an outpoint": message(outpoint=[COINS[0]]),
    "nobody": message(agent=""),
    "no agent": message(agent=None),
    "an agent that is a number": message(agent=5),
    "an agent that rewrites the terminal": message(agent="\x1b[2Jann"),
    "an agent that is spelt backwards": message(agent="\u202enna"),
    "a height that is true": message(expires_height=True),
    "a height that is text": message(expires_height="10"),
    "a height below zero": message(expires_height=-1),
    "a height with a point": message(expires_height=10.0),
    "a height without end": message(expires_height=None),
    "a word more": message(note="x"),
    "a long name": message(agent="x" * 5000),
    "spaces": message().replace(":", ": "),
    "two lines": message() + "and more\n",
}


def test_what_gitbtc_did_not_write_is_reported_and_never_believed(ann: Repo, remote: Repo) -> None:
    coveted = COINS[: len(GARBAGE)]
    for outpoint, ref, text in zip(COINS, REFS, GARBAGE.values(), strict=False):
        forge(remote, ref, text.replace(COINS[0], outpoint))
    before = refs(remote)
    said = refused(ann, *coveted).splitlines()
    listing = ann.gitbtc("reservations", "--claim", "origin").stdout.replace('"', "").splitlines()
    for what, ref in zip(GARBAGE, REFS, strict=False):
        assert any(f"{ref} on origin is not a claim that gitbtc wrote" in line for line in said), what
        assert f"claim on origin: {ref} is no claim that gitbtc wrote" in listing, what
    assert "not reserved by ann" in release(ann, *coveted, ok=(1,))
    assert refs(remote) == before
    claim(ann, COINS[-1])


@pytest.mark.parametrize("claimed_before", [False, True])
def test_a_branch_whose_name_ends_like_a_claim_is_seen(ann: Repo, remote: Repo, claimed_before: bool) -> None:
    """Git sends a push for a name to the one ref that ends in it, or to none when there are two."""
    if claimed_before:
        claim(ann, COINS[0])
    lookalike = f"refs/heads/{REFS[0]}"
    oid = forge(remote, lookalike, message())
    assert f"{lookalike} on origin is not a claim" in claim(ann, COINS[0], blocks=20, ok=(1,))
    assert f"{lookalike} is no claim" in ann.gitbtc("reservations", "--claim", "origin").stdout.replace('"', "")
    assert refs(remote)[lookalike] == oid
    claim(ann, COINS[1])


def test_a_claim_in_other_clothes_is_none(ann: Repo, remote: Repo) -> None:
    """A commit with files, with an author, with parents; a blob, a tag, a name that is no coin's."""
    blob = remote.git("hash-object", "-w", "--stdin", stdin=b"x" * 5_000_000).strip()
    tree = remote.git("mktree", stdin=f"100644 blob {blob}\tx\n".encode()).strip()
    forge(remote, REFS[0], message(), tree=tree)
    forge(remote, REFS[1], message(outpoint=COINS[1]), author="Mallory <m@example.com> 7 +0000")
    remote.git("update-ref", REFS[2], blob)
    remote.git("tag", "-a", "-m", message(outpoint=COINS[3]), "t", REFS[1])
    remote.git("update-ref", REFS[3], remote.git("rev-parse", "refs/tags/t").strip())
    parent = remote.git("rev-parse", REFS[1]).strip()
    child = remote.git("commit-tree", EMPTY_TREE, "-p", parent, "-m", message(outpoint=COINS[4])).strip()
    remote.git("update-ref", REFS[4], child)
    forge(remote, "refs/gitbtc/claims/what/is\u202ethis", message())
    for outpoint in COINS[:5]:
        assert "not a claim that gitbtc wrote" in refused(ann, outpoint)
    shown = ann.gitbtc("reservations", "--claim", "origin").stdout
    assert shown.count("is no claim that gitbtc wrote") == 6
    assert "\u202e" not in shown


def test_a_ref_that_cannot_be_fetched_does_not_hide_the_others(ann: Repo, bob: Repo, remote: Repo) -> None:
    claim(ann, COINS[0])
    oid = forge(remote, REFS[1], message(outpoint=COINS[1]))
    (remote.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    assert "claimed by ann" in refused(bob, COINS[0])
    shown = bob.gitbtc("reservations", "--claim", "origin").stdout
    assert f"{SHORT}, 1.00000000 BTC, ann, until block 160 (10 blocks left)" in shown


# -- what it leaves ----------------------------------------------------------------------------------------------------


def test_reading_claims_leaves_nothing_behind(ann: Repo, bob: Repo, remote: Repo) -> None:
    claim(ann, *COINS[:3])
    bob.git("config", "--add", "remote.origin.fetch", "+refs/*:refs/mirrored/*")
    bob.git("config", "fetch.prune", "true")
    bob.write(".git/FETCH_HEAD", "mine\n")
    held = {path for path in (bob.path / ".git").rglob("*") if path.is_file()}
    before = bob.git("for-each-ref")
    shown = bob.gitbtc("reservations", "--claim", "origin").stdout
    assert shown.count("claim on origin: ") == 3
    assert "1.00000000 BTC, ann, until block 160 (10 blocks left)" in shown
    assert bob.git("for-each-ref") == before
    assert bob.read(".git/FETCH_HEAD") == b"mine\n"
    left = {str(path.relative_to(bob.path / ".git")) for path in (bob.path / ".git").rglob("*") if path.is_file()}
    new = left - {str(path.relative_to(bob.path / ".git")) for path in held}
    assert not new


def test_the_list_tells_claims_as_data(ann: Repo, remote: Repo) -> None:
    claim(ann, COINS[0])
    forge(remote, REFS[1], "hello\n")
    chain(ann, 200)
    told = [
        json.loads(ann.gitbtc("reservations", "--json", "--claim", "origin", *more).stdout)["gitbtc.reservations/v1"]
        for more in ((), ("--all",))
    ]
    assert [row["ref"] for row in told[0]["claims"]] == [REFS[1]]
    assert told[1]["claims"] == [
        {"ref": REFS[0], "readable": True, "outpoint": COINS[0], "agent": "ann", "amount_sat": 100_000_000,
         "spent_by": None, "expires_height": 160, "blocks_left": 0, "holds": False},
        {"ref": REFS[1], "readable": False, "holds": True},
    ]  # fmt: skip
    assert told[1]["remote"] == "origin"


def test_claims_survive_awkward_settings(ann: Repo, remote: Repo) -> None:
    for name, value in (("i18n.commitEncoding", "latin1"), ("push.default", "nothing"),
                        ("commit.gpgSign", "true"), ("push.recurseSubmodules", "only"),
                        ("fetch.fsckObjects", "true")):  # fmt: skip
        ann.git("config", name, value)
    ann.gitbtc("reserve", COINS[0], "--blocks", "10", "--claim", "origin", "--agent", "Zoë 🤖")
    assert sorted(refs(remote)) == [REFS[0]]
    assert claimed(remote) == {COINS[0]: ("Zoë 🤖", 160)}
    assert "Zoë" in refused(ann, COINS[0])


@pytest.mark.own_interpreters
def test_a_gated_server_takes_claims_takeovers_and_releases(ann: Repo, bob: Repo, remote: Repo) -> None:
    remote.gitbtc("install", "--server")
    assert (remote.path / ".git/hooks/pre-receive").exists()
    claim(ann, COINS[0], COINS[1])
    refused(bob, COINS[0])
    chain(bob, 161)
    claim(bob, COINS[0])
    release(ann, COINS[1])
    assert claimed(remote) == {COINS[0]: ("bob", 171)}


def test_a_linked_work_tree_claims_like_any_other(ann: Repo, bob: Repo, remote: Repo) -> None:
    claim(bob, COINS[1])
    ann.git("worktree", "add", "-q", "../linked")
    ann.gitbtc(*claiming(COINS[0]), cwd=ann.path.parent / "linked")
    ann.gitbtc(*claiming(COINS[1]), cwd=ann.path.parent / "linked", ok=(1,))
    assert claimed(remote) == {COINS[0]: ("ann", 160), COINS[1]: ("bob", 160)}
    assert reserved(ann) == []


def test_a_bare_repository_lists_what_a_revision_and_a_remote_hold(ann: Repo, sandbox: Sandbox, remote: Repo) -> None:
    claim(ann, COINS[0])
    ann.commit("reserved")
    ann.git("clone", "-q", "--bare", ".", "../bare.git")
    told = ann.gitbtc("reservations", "main", "--claim", "../shared.git", cwd=sandbox.home / "bare.git").stdout
    assert told.count(f"{SHORT}, 1.00000000 BTC, ann, until block 160 (10 blocks left)") == 2
