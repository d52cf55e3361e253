"""Which lines of a message are trailers: those that Git finds, whatever the message."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from gitbtc.spends.message import COMMENT, SCISSORS, trailers, with_trailers, without_comments

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Sandbox

CUT = COMMENT + SCISSORS
LINES = (
    "Fix it", "", "", "", " ", "\t", "\r", "\x0b", "plain text", "foo bar: z", ":x", "é: 1", "---", "--- ",
    "Double-Spend: x y", "Data-Error : a", "Gitbtc-Rewrite: why", "A:", "A: \r", "A: v\x0b", "-: q", "A: b\0c",
    " folded", "\tfolded", " \x0bf", "# c", "#", "#\t", CUT, "Conflicts:", "\tpath",
    "Signed-off-by: A <a@b>", "(cherry picked from commit abc)",
)  # fmt: skip


def made_up(seed: int, count: int) -> Iterable[str]:
    chance = random.Random(seed)
    for _ in range(count):
        lines = [chance.choice(LINES) for _ in range(chance.randint(0, 12))]
        if chance.random() < 0.3:  # a paragraph around the quarter of trailers that Git asks for
            last = [*["plain text"] * chance.randint(0, 9), *["A: v"] * chance.randint(0, 2), LINES[-2]]
            lines += ["", *chance.sample(last, len(last))]
        yield "\n".join(lines) + chance.choice(["", "\n", "\n\n"])


def as_git_finds_them(sandbox: Sandbox, messages: list[str]) -> list[str]:
    """What `git log` shows of the trailers of commits with these messages, which are stored as they are."""
    repo = sandbox.repo()
    stream = b""
    for mark, message in enumerate(messages, 1):
        said = message.encode()
        head = f"commit refs/heads/made\nmark :{mark}\ncommitter A <a@b> 1700000000 +0000\ndata {len(said)}\n"
        stream += head.encode() + said + b"\n"
    repo.run("git", "fast-import", "--quiet", "--export-marks=marks", stdin=stream)
    marks = dict(line.split() for line in repo.read("marks").decode().splitlines())
    oids = [marks[f":{mark}"] for mark in range(1, len(messages) + 1)]
    shown = repo.git("log", "--no-walk=unsorted", "-z", "--format=%H%n%(trailers:only,unfold)", "--stdin",
                     stdin="\n".join(oids).encode())  # fmt: skip
    found = dict(one.split("\n", 1) for one in shown.split("\0") if one)
    return [found[oid].rstrip("\n") for oid in oids]


@pytest.mark.parametrize("seed", range(2))
def test_trailers_are_what_git_finds(sandbox: Sandbox, seed: int) -> None:
    messages = list(made_up(seed, 3000))
    expected = as_git_finds_them(sandbox, messages)
    assert sum(map(bool, expected)) > 200
    for message, shown in zip(messages, expected, strict=True):
        assert "".join(f"{token}: {value}\n" for token, value in trailers(message)).rstrip("\n") == shown, message


def test_thousands_of_trailers_are_read() -> None:
    lines = [f"Contested: {number}" for number in range(20_000)]
    assert len(trailers("Join\n\n" + "\n".join(lines) + "\n")) == len(lines)


@pytest.mark.parametrize(
    ("text", "comment", "expected"),
    [
        ("Merge\n", "#", "Merge\n\nT: x\n"),
        ("Merge", "#", "Merge\n\nT: x\n"),
        ("Merge\n\nText\n", "#", "Merge\n\nText\n\nT: x\n"),
        ("Merge\n\nA: b\n", "#", "Merge\n\nA: b\nT: x\n"),
        ("Merge\n\nA: b\nT: x\n", "#", "Merge\n\nA: b\nT: x\n"),
        ("T: x\n", "#", "T: x\n\nT: x\n"),
        ("Merge\n\n---\nText\n", "#", "Merge\n\n---\nText\n\nT: x\n"),
        ("Merge\n\n# Please enter\n#\tfile\n", "#", "Merge\n\nT: x\n\n# Please enter\n#\tfile\n"),
        ("Merge\n\n; Please enter\n", ";", "Merge\n\nT: x\n\n; Please enter\n"),
        ("Merge\n\n; Please enter\n", "#", "Merge\n\n; Please enter\n\nT: x\n"),
        ("Merge\n\nA: b\n# c\n", "#", "Merge\n\nA: b\nT: x\n# c\n"),
        (f"Merge\n{CUT}\ndiff\n\nA: b\n", "#", f"Merge\n\nT: x\n{CUT}\ndiff\n\nA: b\n"),
        ("\n# Please enter\n", "#", "\n\nT: x\n# Please enter\n"),
        ("", "#", "\n\nT: x\n"),
    ],
)
def test_a_trailer_is_added_where_git_finds_it(text: str, comment: str, expected: str) -> None:
    assert with_trailers(text, ["T: x"], comment) == expected


@pytest.mark.parametrize("seed", range(2))
def test_what_is_added_is_found_and_takes_nothing_away(seed: int) -> None:
    for message in made_up(seed, 3000):
        titled = "Title\n\n" + message.replace("\0", "")
        after = trailers(with_trailers(titled, ["T: x", "T: y"]))
        assert after[-2:] == [("T", "x"), ("T", "y")], titled
        assert after[:-2] in ([], trailers(titled)), titled


def test_comments_are_what_git_takes_out() -> None:
    text = "Merge\n; a\n# b\n\n; ------------------------ >8 ------------------------\nG: r\n"
    assert without_comments(text, ";") == "Merge\n# b\n"
