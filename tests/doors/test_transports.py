"""A gated server behind each transport: what it takes, what the pusher reads when it refuses, what is left when the
pusher is killed.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.doors.pushing import base, both_spend, clone, everything, gated, side
from tests.doors.transports import TRANSPORTS, is_here
from tests.made_state import coin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Repo, Sandbox
    from tests.doors.transports import Transport

pytestmark = pytest.mark.one_interpreter

_LONG = 60  # seconds: a machine that takes longer has stopped


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest, sandbox: Sandbox, server: Repo) -> Iterator[Transport]:
    if not is_here(request.param):
        pytest.skip("no OpenSSH server here (Debian: openssh-server)")
    with TRANSPORTS[request.param](server, sandbox.home / "keys") as way:
        yield way


def push(repo: Repo, transport: Transport, *refs: str, ok: tuple[int, ...] = (0,)) -> str:
    return repo.run("git", "push", transport.url, *refs, ok=ok, env=transport.env).stderr


def test_what_is_sound_comes_in_and_what_is_not_is_said_where_it_was_pushed(
    plain: Repo, server: Repo, transport: Transport
) -> None:
    both_spend(plain)
    push(plain, transport, "main", "ours", "theirs")
    assert server.git("rev-parse", "ours", "theirs") == plain.git("rev-parse", "ours", "theirs")
    plain.git("checkout", "-q", "ours")
    plain.git("merge", "-q", "-s", "ours", "-m", "merged", "theirs")
    before = everything(server)
    said = push(plain, transport, "ours", ok=(1,))
    merged = plain.git("rev-parse", "ours")[:12]
    assert f"remote: gitbtc: {merged}: double_spend: wallet/utxos.json::{coin(0)['txid']}:0" in said
    assert "pre-receive hook declined" in said
    assert everything(server) == before


# Waits for a push that does not end, in the place of one that takes long to look at.
WAITS = """\
#!/bin/sh
: >started
{python} -E -P -m gitbtc hook pre-receive <endless
status=$?
echo $status >told
mv told ended
exit $status
"""


def test_a_pusher_who_is_killed_leaves_nothing_and_nobody(sandbox: Sandbox) -> None:
    """By each transport at the same time, since a server is patient."""
    with ExitStack() as stack:
        servers = [stack.enter_context(endless(sandbox, name)) for name in TRANSPORTS if is_here(name)]
        assert servers
        clients = [begun(plain, transport) for plain, _, transport in servers]
        for (_, server, transport), client in zip(servers, clients, strict=True):
            comes((server.path / "started").exists)
            # The processes of a server that is a path are in the client's group.
            (os.kill if transport.is_child else os.killpg)(client.pid, signal.SIGKILL)
            client.wait()
        for plain, server, _ in servers:
            comes((server.path / "ended").exists)
            assert server.read("ended").strip() != b"0"
            assert server.git("for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]
            server.git("cat-file", "-e", plain.git("rev-parse", "next").strip(), ok=(1,))


@contextmanager
def endless(sandbox: Sandbox, name: str) -> Iterator[tuple[Repo, Repo, Transport]]:
    """A clone and a server that looks at a push for ever, and the way from one to the other."""
    server = gated(sandbox, f"{name}.git")
    plain = clone(sandbox, server, f"{name}-clone")
    base(plain)
    with TRANSPORTS[name](server, sandbox.home / f"{name}-keys") as transport:
        push(plain, transport, "main")
        side(plain, "next", "main", wallet_utxos=[coin(0), coin(1)])
        os.mkfifo(server.path / "endless")
        held = os.open(server.path / "endless", os.O_RDWR)
        hook = server.write("waiting/pre-receive", WAITS.format(python=shlex.quote(sys.executable)))
        hook.chmod(0o755)
        server.git("config", "core.hooksPath", str(hook.parent))
        try:
            yield plain, server, transport
        finally:
            os.close(held)


def begun(plain: Repo, transport: Transport) -> subprocess.Popen[bytes]:
    """A push on its way."""
    return subprocess.Popen(
        ["git", "push", "-q", transport.url, "next"], cwd=plain.path, env=plain.env | transport.env,
        start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def comes(is_there: Callable[[], bool]) -> None:
    """Wait until it is so."""
    until = time.monotonic() + _LONG
    while not is_there():
        assert time.monotonic() < until
        time.sleep(0.02)
