"""The key gate alone, in a repository without a wallet: prints what docs/guard.md shows.

`guard_story.py EMPTY_FOLDER`.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

from gitbtc.demo.terminal import Terminal
from gitbtc.keys.finding import fingerprint
from gitbtc.kinds.base58 import encode_check


def main(folder: str) -> None:
    """Tell it."""
    terminal = Terminal(Path(folder))
    terminal.become("Developer")
    _old_commit(terminal)
    terminal.chapter("1. Set up")
    terminal.run("gitbtc install --keys-only")
    terminal.chapter("2. A key in a file")
    _write(terminal, "deploy.env", f"NETWORK=testnet\nSIGNER={_key('deploy')}\n")
    terminal.run("git add deploy.env", status=128, shows=("WIF private key",))
    (terminal.place / "deploy.env").unlink()
    terminal.chapter("3. What was committed before")
    terminal.run("gitbtc scan --all", status=1, shows=("tests/vector.txt",))
    terminal.chapter("4. A public test vector")
    known = fingerprint(_key("vector").encode())
    terminal.run(f"gitbtc scan --allow {known} --reason 'test vector' --all")
    terminal.run("gitbtc scan --all")
    terminal.run("cat .gitbtc/allow.toml", shows=(known,))


def _old_commit(terminal: Terminal) -> None:
    """A history from before anybody looked for keys."""
    terminal.ask("git", "init", "-q", "-b", "main")
    _write(terminal, "tests/vector.txt", f"{_key('vector')}\n")
    terminal.ask("git", "add", ".")
    terminal.ask("git", "commit", "-q", "-m", "A test")


def _key(name: str) -> str:
    """A private key for the test networks that anybody can make: it guards nothing."""
    return encode_check(b"\xef" + sha256(f"gitbtc {name}".encode()).digest() + b"\x01")


def _write(terminal: Terminal, name: str, text: str) -> None:
    path = terminal.place / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
