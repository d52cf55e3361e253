"""One interpreter with gitbtc loaded, which forks for each process that Git starts: more of them in the same time.

Most of what a hook costs is the start of Python and the imports. The stand-in for the interpreter is a script that
says its process id through a FIFO and stops; the rest of what it is called with stands in /proc. The fork takes over
its environment, folder, parent and standard streams, serves the call, writes down with which status it is to end and
lets it go on. When the stand-in is killed, the fork is, with all that it has started.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pkgutil
import runpy
import select
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import gitbtc
from gitbtc.__main__ import main

# The shell itself uses a standard stream until it stops, so the fork takes them from copies. It stops so that it needs
# no other program to wait: a FIFO of its own would take one to be made and one to be removed.
_STAND_IN = """#!/bin/sh
exec 7<&0 8>&1 9>&2
echo $$ >"$0.calls" && kill -STOP $$ && read -r status <"$0.$$"
exit "$status"
"""
# The second brings a scheduler for many machines, which is half of what would be copied for each fork.
_UNLOADED = ("__main__", "distributed.engine")
_STREAMS = (("stdin", "r", 7), ("stdout", "w", 8), ("stderr", "w", 9))


def begin(folder: Path) -> Path:
    """Start it, until this process ends; the path of the stand-in, to be called as the interpreter would be: without
    /proc that is the interpreter itself.
    """
    if not Path("/proc/self/fd").exists():
        return Path(sys.executable)
    stand_in = folder / "python"
    os.mkfifo(f"{stand_in}.calls")
    stand_in.write_text(_STAND_IN)
    stand_in.chmod(0o755)
    # Not forked from here: who starts this may have threads.
    server = subprocess.Popen([sys.executable, "-m", __name__, stand_in], cwd=Path(__file__).parents[1],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)  # fmt: skip
    if server.stdout is None or not server.stdout.readline():
        raise RuntimeError("nobody serves what is started")  # and every call would wait for ever
    return stand_in


def _serve(stand_in: Path) -> None:
    """Fork for each call, as long as the process lives that began this."""
    for module in pkgutil.walk_packages(gitbtc.__path__, "gitbtc."):
        if not module.name.endswith(_UNLOADED):
            importlib.import_module(module.name)
    gc.freeze()
    parent, calls = os.getppid(), os.open(f"{stand_in}.calls", os.O_RDWR)  # for both: it never ends with a caller
    forks: dict[int, int] = {}  # by what tells that the caller has ended
    waiting = select.poll()
    waiting.register(calls, select.POLLIN)
    print("ready", flush=True)
    while os.getppid() == parent:
        for ready, _ in waiting.poll(1000):
            if ready == calls:
                for caller in os.read(calls, select.PIPE_BUF).split():
                    with contextlib.suppress(ProcessLookupError):  # it was killed
                        caller_end = os.pidfd_open(int(caller))
                        forks[caller_end] = _fork(stand_in, caller.decode())
                        waiting.register(caller_end, select.POLLIN)
            else:
                _end(forks.pop(ready))
                waiting.unregister(ready)
                os.close(ready)


def _fork(stand_in: Path, caller: str) -> int:
    """The process id of a fork that answers the call, in a group of its own."""
    fork = os.fork()
    os.setpgid(fork, 0)  # both do it, since either may be first
    if not fork:
        _answer(stand_in, caller)
    return fork


def _end(fork: int) -> None:
    """Have nothing be left of a fork whose caller has ended."""
    if not os.waitpid(fork, os.WNOHANG)[0]:
        os.killpg(fork, signal.SIGKILL)
        os.waitpid(fork, 0)


def _answer(stand_in: Path, caller: str) -> None:
    status, words = 1, list[str]()
    try:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):  # it was killed, or its folder taken away
            words = _become(Path("/proc", caller))
        if words:
            status = _run(words)
    except BaseException:  # noqa: BLE001 - the caller waits, whatever happens
        traceback.print_exc()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    Path(f"{stand_in}.{caller}").write_text(f"{status}\n")
    with contextlib.suppress(OSError):  # it was killed
        _go_on(int(caller))
    os._exit(0)


def _go_on(caller: int) -> None:
    """Wake the stand-in, as soon as it has stopped: a moment ago if what it was called for took any time."""
    while Path(f"/proc/{caller}/stat").read_bytes().rpartition(b") ")[2][:1] in b"RSD":
        time.sleep(0.001)
    os.kill(caller, signal.SIGCONT)


def _become(caller: Path) -> list[str]:
    """Take over what the process at `caller` has: environment, folder, parent, streams; the words that started it."""
    words = [os.fsdecode(word) for word in (caller / "cmdline").read_bytes().split(b"\0")[:-1]]
    os.environb.clear()
    for word in (caller / "environ").read_bytes().split(b"\0")[:-1]:
        variable, _, value = word.partition(b"=")
        os.environb[variable] = value
    os.chdir(os.readlink(caller / "cwd"))
    parent = int((caller / "stat").read_bytes().rpartition(b")")[2].split()[1])
    os.getppid = lambda: parent  # a filter and a hook look at how Git was called
    for number, (name, mode, copied) in enumerate(_STREAMS):
        known = getattr(sys, f"__{name}__")
        os.dup2(os.open(caller / "fd" / str(copied), os.O_WRONLY if mode == "w" else os.O_RDONLY), number)
        setattr(sys, name, os.fdopen(number, mode, encoding=known.encoding, errors=known.errors, closefd=False))
    return words


def _run(words: list[str]) -> int:
    """Do what was to be done by the process that was started so; the exit status."""
    first = next(number for number, word in enumerate(words[2:], 2) if word in ("-m", "-c") or word[0] != "-")
    how = words[first]
    sys.argv = words[first + (how in ("-m", "-c")) :]
    program = sys.argv[0]
    if program == "import gitbtc":
        return 0  # whether it can be imported: it is
    sys.executable = words[1]  # what is set up or started by what is run starts the stand-in, too
    try:
        if how == "-c" or program == "gitbtc":
            return main()
        if how == "-m":
            runpy.run_module(program, run_name="__main__")
        else:
            runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
