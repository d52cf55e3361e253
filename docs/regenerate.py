"""Writes the parts of README.md and of pages of docs/ that are output of the program. `--check` only compares."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.oracle.scenarios import Scenario

TOP = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, "-E", "-P", "-m")
# Pages whose screens a story of the same name prints, chapter by chapter.
STORIES = ("history", "treasurer", "signer", "guard", "operator")
# Screens of the demo that README.md shows: a name, the chapter, and how the lines begin that were typed.
SHOWN = (
    ("diff", "2", "git diff"),
    ("premerge", "4", "gitbtc premerge"),
    ("resolve", "5", "gitbtc resolve", "gitbtc why"),
    ("key", "6", "git add", "git cat-file"),
)


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
    story = _story("-m", "gitbtc.demo")
    tables = {f"schema {name}".rstrip(): _console(_output("gitbtc", "schema", *name.split())) for name in ("", "utxos")}
    blocks = {
        readme: {f"shown {name}": _console(_shown(story[number], *commands)) for name, number, *commands in SHOWN},
        TOP / "docs" / "tour.md": {f"demo {number}": _console(text) for number, text in story.items()},
        kinds: tables,
        TOP / "docs" / "doors.md": {"doors": _doors(), "unseen": _unseen()},
    }
    for name in STORIES:
        told = _story(str(TOP / "docs" / f"{name}_story.py"))
        blocks[TOP / "docs" / f"{name}.md"] = {f"{name} {number}": _console(text) for number, text in told.items()}
    blocks[TOP / "docs" / "history.md"]["history events"] = _events()
    blocks[TOP / "docs" / "key-gate.md"] = {"key doors": _key_doors()}
    blocks[TOP / "docs" / "server.md"] = {"limits": _limits()}
    blocks[TOP / "docs" / "merging.md"] = {"rows": _rows(), "rules": _rules(), "scenarios": _scenarios()}
    return {page: _filled(page.read_text("utf-8"), filling) for page, filling in blocks.items()}


def _events() -> str:
    """What can happen to a coin, as a table."""
    from gitbtc.history.events import KINDS

    rows = "".join(f"| `{kind}` | `{sort.sign}` | {sort.meaning} |\n" for kind, sort in KINDS.items())
    return f"| event | sign | what it means |\n|---|---|---|\n{rows}"


def _rows() -> str:
    """The table of verdicts, from the rows themselves."""
    from gitbtc.spends.rows import ROWS

    rows = "".join(
        f"| {row.number} | {row.when} | {row.follows}{f'; `{row.name}`' if row.name else ''} | {row.settled} |\n"
        for row in sorted(ROWS, key=lambda row: row.number)
    )
    return f"| # | situation | verdict | settled by |\n|---|---|---|---|\n{rows}"


def _rules() -> str:
    """What no commit may hold or do, as a table."""
    from gitbtc.views.rules import RULES

    rows = "".join(f"| `{rule}` | {words.splitlines()[0]} |\n" for rule, words in RULES.items())
    return f"| rule | broken where |\n|---|---|\n{rows}"


def _limits() -> str:
    """The bounds of a push, as a table."""
    from gitbtc.repo.limits import OF_A_PUSH, OF_ANY_COMMIT

    rows = [("a push", limit) for limit in OF_A_PUSH] + [("a commit or a tag", limit) for limit in OF_ANY_COMMIT]
    told = "".join(f"| `{limit.setting}` | {_size(limit.default)} | {of}: {limit.of} |\n" for of, limit in rows)
    return f"| setting | default | bounds |\n|---|---|---|\n{told}"


def _size(number: int) -> str:
    """A number as it is written in a setting, where that is shorter."""
    units = (("g", 30), ("m", 20))
    return next((f"{number >> bits}{unit}" for unit, bits in units if not number % (1 << bits)), f"{number:,}")


def _doors() -> str:
    """Every path that two spends can take to meet, as the tests go through it."""
    sys.path.insert(0, str(TOP))
    from tests.doors.test_doors import MATRIX, MENDED

    head = "| path | leads there | stopped by | settled, and gone on with | given up with |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| {row.path} | {_commands(row.commands)} | {row.door} "
        f"| {'mend the file, ' * (row.settled == MENDED)}{_commands(f'{row.settled} && {row.way_on}')} "
        f"| {_commands(row.undo) or 'nothing to give up'} |\n"
        for row in MATRIX
    )


def _unseen() -> str:
    """The ways on which no hook looks, as the tests go them."""
    sys.path.insert(0, str(TOP))
    from tests.doors.test_doors import UNSEEN

    rows = "".join(f"| {row.path} | `{row.command}` | pre-push, pre-receive, `gitbtc verify` |\n" for row in UNSEEN)
    return f"| way | leads there | stopped by |\n|---|---|---|\n{rows}"


def _scenarios() -> str:
    """What the tests bring together by every door, and what it comes to."""
    sys.path.insert(0, str(TOP))
    from tests.oracle.doors import DOORS
    from tests.oracle.scenarios import TABLE

    doors = ", ".join(f"`{name}`" for name in [*DOORS, "gitbtc premerge", "gitbtc join", "gitbtc.api.merge"])
    head = f"Doors: {doors}.\n\n| situation | comes to |\n|---|---|\n"
    rows = {re.sub(r"^\d+ ", "", scenario.name): scenario for scenario in TABLE}
    return head + "".join(f"| {name} | {_comes_to(scenario)} |\n" for name, scenario in rows.items())


def _comes_to(scenario: Scenario) -> str:
    coins = ", ".join(f"{name} {sat} sat" for name, sat in (scenario.coins or {}).items()) or "no coin"
    asked = f"`{scenario.asked}` is asked"
    return asked if scenario.coins is None else f"{coins}; {asked} where nobody can tell" if scenario.asked else coins


def _key_doors() -> str:
    """Every path that a key can take into a repository, as the tests go through it."""
    sys.path.insert(0, str(TOP))
    from tests.doors.test_key_doors import MATRIX

    head = "| path | leads there | stopped by |\n|---|---|---|\n"
    return head + "".join(f"| {row.path} | {_commands(row.commands)} | {row.door} |\n" for row in MATRIX)


def _commands(line: str) -> str:
    return ", ".join(f"`{command}`" for command in line.split(" && ") if command)


def _story(*program: str) -> dict[str, str]:
    """The chapters, by number, that a program prints which makes a treasury in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "treasury"
        place.mkdir()
        story = _run(*PROGRAM[:-1], *program, str(place)).replace(str(place), "treasury").replace(f"{TOP}/", "")
    parts = re.split(r"^== (?:(\d+)\. )?.* ==\n", story, flags=re.MULTILINE)
    return {number: text.strip("\n") for number, text in zip(parts[1::2], parts[2::2], strict=True) if number}


def _shown(chapter: str, *commands: str) -> str:
    """The commands of a chapter that begin so, each with what it printed."""
    screens = re.findall(r"^\$ .*\n(?:(?!\$ |# ).*\n?)*", chapter, flags=re.MULTILINE)
    return "\n".join(
        screen.strip("\n") for command in commands for screen in screens if screen.startswith(f"$ {command}")
    )


def _output(*command: str) -> str:
    return _run(*PROGRAM, *command)


def _run(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()


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
