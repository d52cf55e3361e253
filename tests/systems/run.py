"""Runs install, demo and the suite's doors in other Debian systems, each in a folder, by debootstrap and chroot.

    sudo python3 tests/systems/run.py [SYSTEM…] [--folder DIR] [--fresh]

SYSTEM is one of those below (all of them, when none is named). What is committed is tried. The table of docs/systems.md
gets a row for each system; what was printed stays in DIR. Needs root (chroot, mount) and debootstrap; the mirror is the
one that apt is set up with here, the package registry the one of pip.

Exit status: 0 nothing failed, 1 something did, 3 nothing could be tried.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).resolve().parents[2]
TABLE = TOP / "docs" / "systems.md"
BEGIN, END = "<!-- systems -->", "<!-- end of systems -->"

SYSTEMS = {"bookworm": "Debian 12", "trixie": "Debian 13", "sid": "Debian unstable"}
PACKAGES = ("git", "python3", "python3-venv", "ca-certificates", "openssh-client", "procps")

DOORS = "tests/doors/test_doors.py tests/doors/test_hook.py tests/doors/test_key_doors.py tests/doors/test_emptied.py"
STEPS = "tests/state tests/drivers"
COMMANDS = " ".join(
    f"tests/cli/test_{name}.py"
    for name in ("init", "install", "uninstall", "doctor", "join", "log", "premerge", "verify")
)
SERVER = "tests/doors/test_server.py tests/doors/test_pushed.py tests/repo"
OTHER_KIND = "tests/doors/test_doors.py tests/state/test_in_progress.py tests/repo/test_objects.py"


class Cell(NamedTuple):
    """A column of the table: its title, what is run in the system, and the first Git that can do it."""

    title: str
    command: str
    since: tuple[int, int] = (0, 0)


CELLS = [
    Cell(
        "install",
        "./install.sh && ~/.local/bin/gitbtc init /tmp/made && cd /tmp/made && ~/.local/bin/gitbtc doctor"
        " && /src/install.sh --uninstall",
    ),
    Cell("demo", "./install.sh demo /tmp/demo"),
    Cell("doors", f"./install.sh test -q {DOORS}"),
    Cell("drivers, steps", f"./install.sh test -q {STEPS}"),
    Cell("commands", f"./install.sh test -q {COMMANDS}"),
    Cell("server, Git", f"./install.sh test -q {SERVER}"),
    Cell("reftable", f"GITBTC_TESTS_INIT='defaultRefFormat = reftable' ./install.sh test -q {OTHER_KIND}", (2, 46)),
    Cell("SHA-256", f"GITBTC_TESTS_INIT='defaultObjectFormat = sha256' ./install.sh test -q {OTHER_KIND}", (2, 46)),
]

NOT_TRIED = "*not tried*"  # the run was ended before

# pip finds here what it finds on the host; the certificates lie at the same place in each system.
_PIP = ("/etc/pip.conf", "/etc/xdg/pip", "~/.config/pip", "~/.pip")
_NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")
_PASSED_ON = re.compile(r"PIP_|SSL_CERT_|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy$", re.IGNORECASE)
_ENTERED = """
mount --rbind /dev {root}/dev && mount -t proc proc {root}/proc && mount -t tmpfs tmpfs {root}/tmp || exit 3
exec chroot {root} sh -c 'cd /src && {command}'
"""


class CannotTry(Exception):
    """Nothing can be tried, and why."""


def main(arguments: list[str]) -> int:
    """Try the systems; the exit status."""
    parser = argparse.ArgumentParser(description="Run install, demo and the suite's doors in other Debian systems.")
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=f"any of {', '.join(SYSTEMS)} (default: all)")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/gitbtc-systems"), help="where they are made")  # noqa: S108 - root's
    parser.add_argument("--fresh", action="store_true", help="make the systems anew")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.systems if name not in SYSTEMS]
    if unknown:
        parser.error(f"{unknown[0]}: not one of {', '.join(SYSTEMS)}")
    try:
        _check_host()
        rows = {}
        for name in asked.systems or SYSTEMS:
            for row in tried(name, asked.folder, fresh=asked.fresh):
                rows[name] = row
                _write_table(rows)
    except CannotTry as error:
        print(f"tests/systems/run.py: {error}", file=sys.stderr)
        return 3
    return 1 if any("FAILED" in row for row in rows.values()) else 0


def _check_host() -> None:
    if os.geteuid() != 0:
        raise CannotTry("needs root, for chroot and mount; run it by sudo")
    for program, package in (("debootstrap", "debootstrap"), ("unshare", "util-linux"), ("apt-get", "apt")):
        if shutil.which(program) is None:
            raise CannotTry(f"needs {program}: apt-get install {package}")
    if _said("git", "-C", str(TOP), "status", "--porcelain", "--", ":!docs/systems.md"):
        raise CannotTry("what is not committed would not be tried; commit first")


# -- one system --------------------------------------------------------------------------------------------------------


def tried(name: str, folder: Path, *, fresh: bool) -> Iterator[str]:
    """The row of one system, after each cell of it that was tried."""
    root = folder / name
    if fresh and root.exists():
        shutil.rmtree(root)
    if not (root / "usr/bin/git").exists():
        _make(name, root)
    _prepare(root)
    git, python = (_versions(root, program) for program in ("git", "python3"))
    cells = [NOT_TRIED] * len(CELLS)
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    commit = _said("git", "-C", str(TOP), "rev-parse", "--short=9", "HEAD")
    for number, cell in enumerate(CELLS):
        cells[number] = _cell(root, folder / f"{name}-{number}.log", cell, git)
        yield "| " + " | ".join([f"{SYSTEMS[name]} ({name})", git, python, *cells, today, commit]) + " |"


def _make(name: str, root: Path) -> None:
    print(f"{name}: debootstrap", flush=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", name, str(root), _mirror()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        shutil.rmtree(root, ignore_errors=True)
        raise CannotTry(f"debootstrap {name} failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}")


def _mirror() -> str:
    """The mirror of Debian that apt uses here."""
    asked = (
        "apt-get",
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
        "Origin: Debian",
        "Label: Debian",
    )
    found = _said(*asked).splitlines()
    if not found:
        raise CannotTry("apt here is set up with no mirror of Debian, or `apt-get update` never ran")
    return found[0]


def _prepare(root: Path) -> None:
    """The network's and pip's settings of the host, and a clone of what is committed, as /src."""
    for place in (*_NETWORK, *_PIP):
        source = Path(place).expanduser()
        target = root / source.relative_to("/")
        if source.is_dir():  # what a configuration names may lie beside it
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    shutil.rmtree(root / "src", ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(TOP), str(root / "src")], check=True)


def _versions(root: Path, program: str) -> str:
    told = subprocess.run(
        ["chroot", str(root), program, "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"\d+(?:\.\d+)+", told)
    return found[0] if found else told.strip()


def _cell(root: Path, log: Path, cell: Cell, git: str) -> str:
    if tuple(int(part) for part in git.split(".")[:2]) < cell.since:
        return "-"
    print(f"{root.name}: {cell.title}", flush=True)
    passed_on = {name: value for name, value in os.environ.items() if _PASSED_ON.match(name)}
    env = {**passed_on, "HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    script = _ENTERED.format(root=root, command=cell.command.replace("'", "'\\''"))
    # Whatever is mounted goes with the namespace.
    with log.open("wb") as said:
        status = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--propagation", "private", "sh", "-c", script],
            env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, check=False,
        ).returncode  # fmt: skip
    last = (log.read_text("utf-8", "replace").strip().splitlines() or [""])[-1]
    counted = ", ".join(re.findall(r"\d+ (?:failed|passed|skipped|errors?)", last))
    print(f"{root.name}: {cell.title}: exit {status}; {last}", flush=True)
    return (counted or "yes") if status == 0 else f"**FAILED** ({counted or f'exit {status}'})"


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


# -- the table ---------------------------------------------------------------------------------------------------------


def _write_table(rows: dict[str, str]) -> None:
    """Put the rows into the table; a system that was not tried now keeps the row that it has."""
    before, _, rest = TABLE.read_text("utf-8").partition(BEGIN)
    kept, _, after = rest.partition(END)
    known = {
        name: line for line in kept.splitlines() for name in SYSTEMS if line.startswith("| ") and f"({name})" in line
    }
    titles = ["system", "Git", "Python", *(cell.title for cell in CELLS), "tried", "commit"]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    lines += [row for name in SYSTEMS if (row := {**known, **rows}.get(name))]
    TABLE.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
