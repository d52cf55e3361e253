"""All crafted pushes, really pushed: `python -m tests.doors.long_pushes [path|ssh|http]`.

Each one's objects lie in a clone of their own that borrows the others'; who refuses what Git itself does not send or
take is told. Exit status 1 where one is taken or refused wrongly, or takes longer than it may.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.conftest import Repo, hermetic
from tests.doors.crafted import KEY, PUSHES, Push, World
from tests.doors.pushing import gated
from tests.doors.test_crafted import SETTINGS
from tests.doors.transports import TRANSPORTS

_LONGEST = 30.0  # seconds of a push


def main(arguments: list[str]) -> int:
    """Push them all; the exit status."""
    name = arguments[0] if arguments else "ssh"
    with tempfile.TemporaryDirectory(prefix="gitbtc-pushes-") as folder:
        sandbox = hermetic(Path(folder, "home"))
        server, plain = gated(sandbox), sandbox.repo("plain")
        for setting, value in SETTINGS.items():
            server.git("config", f"gitbtc.{setting}", value)
        world = World(plain.path / ".git/objects")
        with TRANSPORTS[name](server, sandbox.home / "keys") as transport:
            plain.env = plain.env | transport.env
            plain.git("push", "-q", transport.url, f"{world.base}:refs/heads/main")
            return _all(plain, server, world, transport.url)


def _all(plain: Repo, server: Repo, world: World, url: str) -> int:
    wrong, by, slowest = 0, Counter[str](), (0.0, "")
    begun = time.monotonic()
    for push in PUSHES:
        started = time.monotonic()
        who, said = _pushed(plain, server, world, url, push)
        took = time.monotonic() - started
        slowest = max(slowest, (took, push.name))
        by[who] += 1
        if (who == "taken") == bool(push.verdict) or took > _LONGEST or KEY.decode() in said or "Traceback" in said:
            wrong += 1
            print(f"{push.name}: {who} in {took:.1f} s, and {push.verdict or 'sound'}\n{said}")
    told = ", ".join(f"{number} {who}" for who, number in sorted(by.items()))
    print(f"{len(PUSHES)} pushes in {time.monotonic() - begun:.0f} s: {told}; {wrong} wrongly")
    print(f"the slowest: {slowest[1]}, {slowest[0]:.1f} s")
    return int(wrong > 0)


def _pushed(plain: Repo, server: Repo, world: World, url: str, push: Push) -> tuple[str, str]:
    """Who decided, and what was said."""
    before = server.git("for-each-ref")
    if push.old:
        plain.git("push", "-q", "--force", url, f"{push.old(world)}:{push.ref}")
        before = server.git("for-each-ref")
    options = ("--force",) if push.old else ()
    done = plain.run("git", "push", *options, url, f"{push.make(world)}:{push.ref}", ok=tuple(range(256)))
    if done.returncode == 0:
        server.git("update-ref", "-d", push.ref)
        return "taken", done.stderr
    if server.git("for-each-ref") != before:
        return "refused, and came in", done.stderr
    if push.old:
        server.git("update-ref", "-d", push.ref)
    return ("refused by the gate" if "remote: gitbtc: " in done.stderr else "refused by Git"), done.stderr


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
