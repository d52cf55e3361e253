"""A real node without installing anything: Debian's package of one, unpacked into a cache folder.

    python nodes/getting.py

prints the folder that has bin/bitcoind and bin/bitcoin-cli. The package (Bitcoin Core's node and wallet with other
defaults) and the libraries that it needs are fetched by apt, from the registry that the machine is set up for, and
unpacked beside the system's own; apt keeps its lists there too, so that this needs no rights. Exit status 3 when the
registry has no such package, or there is no apt.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = "bitcoin-knots"
RELEASE = "sid"  # the only one that has it
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Of what the package depends on, only an installed service needs these.
_NOT_NEEDED = re.compile(
    r"lib(systemd|pam|apparmor|audit|mount|blkid|acl|selinux|pcre|cap|crypt|udev|fdisk|smartcols|uuid|text-|semanage"
    r"|sepol|attr|zip|seccomp)"
)
_WRAPPER = '#!/bin/sh\nexec "{loader}" --library-path "{libraries}" --argv0 {name} "{program}" "$@"\n'


class NoSuchPackage(Exception):
    """The registry has no such package, or there is no apt to ask."""


def cache() -> Path:
    """Where the node is kept."""
    return Path(os.environ.get("GITBTC_NODE") or Path.home() / ".cache" / "gitbtc" / "node")


def found() -> Path | None:
    """The folder of a bitcoind and a bitcoin-cli that run, if there are any: fetched before, or installed."""
    installed = shutil.which("bitcoind")
    for folder in (cache() / "bin", *([Path(installed).parent] if installed else [])):
        if all((folder / name).exists() for name in ("bitcoind", "bitcoin-cli")):
            return folder
    return None


def get(place: Path) -> None:
    """Fetch and unpack the node into `place`. Raises NoSuchPackage, or CalledProcessError for a failing apt."""
    apt = _Apt(place / "apt")
    try:
        packages = apt.packages()
        apt.run("get", "-o", "APT::Sandbox::User=root", "download", *packages, cwd=apt.folder / "cache")
        for archive in (apt.folder / "cache").glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", archive, place / "root"], check=True)
    finally:
        shutil.rmtree(apt.folder)
    _write_programs(place)


class _Apt:
    """apt with its lists, its state and its one source in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial", "etc/preferences.d", "etc/apt.conf.d"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        source = f"deb [signed-by={_KEYRING}] {_registry()} {RELEASE} main\n"
        (folder / "sources.list").write_text(source)
        self._options = [
            f"-oDir::Etc={folder}/etc", "-oDir::Etc::sourceparts=/dev/null",
            f"-oDir::Etc::sourcelist={folder}/sources.list",
            f"-oDir::State={folder}", f"-oDir::State::lists={folder}/lists", f"-oDir::State::status={folder}/status",
            f"-oDir::Cache={folder}/cache",
        ]  # fmt: skip

    def run(self, tool: str, *arguments: str, cwd: Path | None = None) -> str:
        """The output of `apt-<tool>`."""
        command = [f"apt-{tool}", "-q", *self._options, *arguments]
        try:
            done = subprocess.run(
                command, cwd=cwd, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        except FileNotFoundError:
            raise NoSuchPackage from None
        return done.stdout

    def packages(self) -> list[str]:
        """The package and the libraries that it needs."""
        self.run("get", "update")
        if not self.run("cache", "search", "--names-only", f"^{PACKAGE}$").strip():
            raise NoSuchPackage
        without = [f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")]
        listed = self.run("cache", "depends", "--recurse", *without, PACKAGE).splitlines()
        needed = re.compile(f"({PACKAGE}|lib|zlib)")
        return sorted({line for line in listed if needed.match(line) and not _NOT_NEEDED.match(line)})


def _registry() -> str:
    """The first registry that the machine's apt is set up for."""
    etc = Path("/etc/apt")
    files = [
        *sorted(etc.glob("sources.list.d/*.sources")),
        *sorted(etc.glob("sources.list.d/*.list")),
        etc / "sources.list",
    ]
    for file in files:
        text = file.read_text() if file.is_file() else ""
        named = re.search(r"^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(https?://\S+)", text, re.MULTILINE)
        if named:
            return named[1]
    raise NoSuchPackage


def _write_programs(place: Path) -> None:
    """Programs that start with the libraries that were unpacked beside them."""
    root = place / "root"
    loader = next(path for path in sorted(root.rglob("ld-linux*.so.*")) if path.exists())
    libraries = ":".join(sorted({str(path.parent) for path in root.rglob("*.so*")}))
    (place / "bin").mkdir(exist_ok=True)
    for name in ("bitcoind", "bitcoin-cli"):
        program = place / "bin" / name
        text = _WRAPPER.format(loader=loader, libraries=libraries, name=name, program=root / "usr" / "bin" / name)
        program.write_text(text)
        program.chmod(0o755)
    subprocess.run([place / "bin" / "bitcoind", "-version"], check=True, stdout=subprocess.DEVNULL)


def found_or_got() -> Path:
    """The folder of bitcoind and bitcoin-cli, fetched unless it is there. Raises as `get` does."""
    folder = found()
    if folder is None:
        place = cache()
        place.mkdir(parents=True, exist_ok=True)
        get(place)
        folder = place / "bin"
    return folder


def main() -> int:
    """Get the node unless it is there."""
    try:
        print(found_or_got())
    except NoSuchPackage:
        print(f"no node: this machine's apt has no {PACKAGE}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
