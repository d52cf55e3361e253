"""Writes the parts of README.md and docs/kinds.md that are output of the program. `--check` only compares."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, "-E", "-P", "-m")


def main(arguments: list[str]) -> int:
    """Write what differs, or with `--check` name it; exit status 1 when `--check` found something."""
    check = arguments == ["--check"]
    stale = [path for path, text in _pages().items() if path.read_text("utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(TOP)} {'is not what docs/regenerate.py writes' if check else 'written'}")
    if not check:
        for path, text in _pages().items():
            path.write_text(text, "utf-8")
    return int(check and bool(stale))


def _pages() -> dict[Path, str]:
    """Each page as it should be."""
    readme, kinds = TOP / "README.md", TOP / "docs" / "kinds.md"
    chapters = {f"demo {number}": _console(text) for number, text in _demo().items()}
    tables = {f"schema {name}".rstrip(): _console(_output("gitbtc", "schema", *name.split())) for name in ("", "utxos")}
    return {readme: _filled(readme.read_text("utf-8"), chapters), kinds: _filled(kinds.read_text("utf-8"), tables)}


def _demo() -> dict[str, str]:
    """The demo's chapters by number."""
    with tempfile.TemporaryDirectory() as folder:
        story = _output("gitbtc.demo", str(Path(folder) / "treasury"))
    parts = re.split(r"^== (?:(\d+)\. )?.* ==\n", story, flags=re.MULTILINE)
    return {number: text.strip("\n") for number, text in zip(parts[1::2], parts[2::2], strict=True) if number}


def _output(*command: str) -> str:
    return subprocess.run([*PROGRAM, *command], stdout=subprocess.PIPE, check=True).stdout.decode()


def _console(text: str) -> str:
    """`text` as a block of Markdown, without blanks at line ends."""
    return "```console\n" + re.sub(r" +$", "", text, flags=re.MULTILINE).rstrip("\n") + "\n```\n"


def _filled(page: str, blocks: dict[str, str]) -> str:
    """`page` with each block between the two comments that carry its name."""
    for name, block in blocks.items():
        first, last = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        if first not in page:
            continue
        before, rest = page.split(first)
        after = rest.split(last)[1]
        page = before + first + block + last + after
    return page


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
