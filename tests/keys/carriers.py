"""How many of the secrets are refused in what carries them: forms x carriers.

    .venv/bin/python -m tests.keys.carriers [--seed N] [--write]

Each public vector of one line, a connection to each service, and random phrases of each language are put into each
carrier: what files hold them, what encodes them, breaks them over lines, and how people lay out words. `--write` puts
the table into docs/key-gate.md. What is missed stands there too.
"""

from __future__ import annotations

import argparse
import base64
import html
import json
import quopri
import random
import re
import sqlite3
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from gitbtc.keys import words as lists
from gitbtc.keys.form import BLOCK
from gitbtc.keys.forms import bip39
from gitbtc.keys.scan import scan
from tests.keys.conftest import FOUND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    # What makes of a secret the content of a file.
    Carrier = Callable[[str], str | bytes]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "key-gate.md"


def drawn_phrase(language: str, draw: random.Random) -> str:
    """Twelve random words of a list with a right checksum."""
    listed = lists.spellings(language)
    while True:
        words = draw.choices(listed, k=12)
        if bip39.recognise(words, language):
            return b" ".join(words).decode()


WRITTEN: dict[str, Callable[[str], str]] = {
    "octal": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "hex": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "references": lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
    "decimal references": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "a page": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "a page in a page": lambda text: html.escape(html.escape(text).encode("ascii", "xmlcharrefreplace").decode()),
    "hard blanks": lambda text: text.replace(" ", "&nbsp;"),
    "an address": lambda text: f"https://example.com/?v={quote_plus(text)}&n=1",
    "an address in an address": lambda text: f"/to?u={quote(f'https://example.com/?v={quote_plus(text)}')}",
    "an address in a page": lambda text: html.escape(f"<a href='/?n=1&v={quote_plus(text)}'>"),
    "all of it": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "a mail": lambda text: quopri.encodestring(f"Dear Bob, here it comes, as I had promised: {text}".encode()).decode(),
    "an address in a mail": lambda text: quopri.encodestring(f"See https://example.com/?v={quote_plus(text)}".encode()).decode(),
    "a shell": lambda text: "w import \\\n" + "\\\n".join(re.findall("(?s).{1,20}", text)),
}  # fmt: skip


BYTES: dict[str, Callable[[bytes], str]] = {
    "blanks": lambda key: key.hex(" "),
    "colons": lambda key: key.hex(":"),
    "hyphens in capitals": lambda key: key.hex("-").upper(),
    "array of C": lambda key: f"char w[] = {{{', '.join(f'0x{byte:02x}' for byte in key)}}};",
    "close array": lambda key: f"x={{{','.join(f'0x{byte:02X}' for byte in key)}}}",
    "xxd -i": lambda key: rows(key, 12, lambda row: "  " + "".join(f"0x{byte:02x}, " for byte in row)) + "};",
    "rows": lambda key: rows(key, 16, lambda row: row.hex(" ")),
    "openssl": lambda key: rows(key, 15, lambda row: "    " + row.hex(":") + ":"),
}  # fmt: skip


def rows(key: bytes, width: int, row: Callable[[bytes], str]) -> str:
    return "\n".join(row(key[start : start + width]) for start in range(0, len(key), width))


# № is the number of a word, § the word: (before all, each, between).
EACH = {
    "list of a page": ("<ol>", "<li>§</li>", ""), "with a class": ("<ol>\n", '  <li class="w">§</li>', "\n"),
    "table of a page": ("<tr>", "<td>№</td><td>§</td>", ""), "xml": ("", '<word index="№">§</word>', "\n"),
    "spans": ("", "<span>№</span> <span>§</span>", "<br>"), "settings": ("", "WORD_№=§", "\n"),
    "yaml": ("seed:\n", "  word№: §", "\n"), "spoken": ("", "Word № is §", "\n"), "number sign": ("", "#№ §", "\n"),
    "№=": ("", "№=§", "\n"), "of all": ("", "№/24 §", "\n"), "full stop": ("", "§.", " "),
    "ticked": ("", "- [x] §", "\n"),
    "latex": ("", "\\item §", "\n"), "log": ("", "2026-01-01 10:00:№ INFO §", "\n"),
    "chat": ("", "[10:0№] alice: §", "\n"),
    "subtitles": ("", "№\n00:00:0№,000 --> 00:00:09,000\n§", "\n\n"), "quoted code": ("w = ", "'§ '", " +\n  "),
    "shell": ("w import ", "§", " \\\n  "), "slashes": ("", "§", " / "), "underscores": ("", "§", "_"),
    "plus": ("?m=", "§", "+"), "escaped": ("m=", "§", "%20"), "points": ("", "§", "."),
    "symbols": ("", "§", " \U0001f511 "),
    "comments": ("x\n", "# §", "\n"), "comments of C": ("", "// §", "\n"), "patch": ("@@ -1 +1,9 @@\n", "+§", "\n"),
    "yaml of a listed word": ("w:\n", "  word№: §", "\n"), "spoken, a listed word": ("", "Word №: §", "\n"),
    "items of latex": ("\\begin{enumerate}\n", "\\item §", "\n\n"), "padded": ("", "| №  | §      | x |", "\n"),
    "patch of a list": ("@@ -1 +1,9 @@\n", "-№. §", "\n"),
}  # fmt: skip


def ordinal(number: int) -> str:
    return f"{number}{'th' if number // 10 == 1 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def columns(listed: list[str], count: int, cell: Callable[[int, str], str], between: str) -> str:
    """Numbered down the first column, then down the next."""
    height = -(-len(listed) // count)
    rows = (range(row, len(listed), height) for row in range(height))
    return "\n".join(between.join(cell(at + 1, listed[at]) for at in row) for row in rows)


ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]
CARDINALS = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"]
ROMANS = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]
SHUFFLED = random.Random(7).sample(range(1, 13), 12)


def in_rows(listed: list[str], before: str, after: str) -> str:
    return "\n".join(before + " ".join(listed[at : at + 5]) + after for at in range(0, len(listed), 5))


LAID_OUT: dict[str, Callable[[list[str]], str]] = {
    "1st": lambda w: "\n".join(f"{ordinal(n)} {word}" for n, word in enumerate(w, 1)),
    "and": lambda w: ", ".join(w[:-1]) + " and " + w[-1],
    "wrapped comments": lambda w: "\n".join("# " + " ".join(w[at : at + 5]) for at in range(0, len(w), 5)),
    "wrapped patch": lambda w: "\n".join("+" + " ".join(w[at : at + 5]) for at in range(0, len(w), 5)),
    "one changed": lambda w: "@@ -1,9 +1,9 @@\n " + "\n ".join(w[:4]) + f"\n-zoo\n+{w[4]}\n " + "\n ".join(w[5:]),
    "or": lambda w: ", ".join(w[:-1]) + " & " + w[-1],
    "rows of a page's table": lambda w: "<table>" + "".join(
        "<tr>" + "".join(f"<td>{n + 1}. {w[n]}</td>" for n in range(at, min(at + 4, len(w)))) + "</tr>"
        for at in range(0, len(w), 4)
    ) + "</table>",
    "ordinals": lambda w: "\n".join(f"The {number} word is {word}." for number, word in zip(ORDINALS, w, strict=False)),
    "spelled": lambda w: "\n".join(f"{number}: {word}" for number, word in zip(CARDINALS, w, strict=False)),
    "letters": lambda w: "\n".join(f"{letter}) {word}" for letter, word in zip("abcdefghijkl", w, strict=False)),
    "romans": lambda w: "\n".join(f"{numeral}. {word}" for numeral, word in zip(ROMANS, w, strict=False)),
    "shuffled": lambda w: "\n".join(f"WORD_{n}={w[n - 1]}" for n in SHUFFLED),
    "shuffled objects": lambda w: json.dumps([{"i": n - 1, "class": "w", "w": w[n - 1]} for n in SHUFFLED]),
    "numbers behind": lambda w: "\n".join(f"{w[n - 1]} {n}" for n in SHUFFLED),
    "table of a page": lambda w: columns(w, 2, lambda n, word: f"<td>{n}</td><td class=w>{word}</td>", ""),
    "wrapped chat": lambda w: in_rows(w, "[10:01] alice: ", ""),
    "wrapped page": lambda w: in_rows(w, "<p>", "</p>"),
    "wrapped remarks": lambda w: in_rows(w, "REM ", ""),
    "wrapped text of a document": lambda w: in_rows(w, "", "\\par"),
    "numbered rows": lambda w: "\n".join(f"Words {at + 1} to {at + 4}: {' '.join(w[at : at + 4])}" for at in (0, 4, 8)),
    "halves": lambda w: f"A='{' '.join(w[:6])}'\nB='{' '.join(w[6:])}'",
    "backwards": lambda w: "\n".join(f"{n}. {w[n - 1]}" for n in range(len(w), 0, -1)),
    "two columns": lambda w: columns(w, 2, lambda n, word: f"{n:>2}. {word:<10}", "   "),
    "three columns": lambda w: columns(w, 3, lambda n, word: f"{n:>2}) {word:<10}", "\t"),
    "table": lambda w: columns(w, 2, lambda n, word: f"| {n} | {word} ", "").replace("\n", "|\n"),
    "csv": lambda w: columns(w, 4, lambda n, word: f"{n},{word}", ","),
}  # fmt: skip


def in_columns_of_a_database(*ahead: str) -> Carrier:
    """A row of a table of SQLite, with other columns ahead of the secret."""

    def made(secret: str) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            database = sqlite3.connect(Path(folder, "w.db"))
            database.execute(f"create table w(id integer primary key, {', '.join('abcd'[: len(ahead) + 1])})")
            database.execute(f"insert into w values(null, {', '.join('?' * (len(ahead) + 1))})", [*ahead, secret])
            database.commit()
            database.close()
            return Path(folder, "w.db").read_bytes()

    return made


def in_lines(mark: str, width: int) -> Carrier:
    """As text is wrapped at a width, each line behind a mark."""
    return lambda secret: "".join(
        f"{mark}{line}\n" for line in textwrap.wrap(f"What you asked for: {secret}", width, break_on_hyphens=False)
    )


def base64_in_lines(mark: str, width: int) -> Carrier:
    def made(secret: str) -> str:
        encoded = base64.b64encode(f"Hello, here it is:\n{secret}\nBye, and thanks.\n".encode()).decode()
        return "".join(f"{mark}{encoded[at : at + width]}\n" for at in range(0, len(encoded), width))

    return made


def inside(text: str) -> Carrier:
    return lambda secret: text.replace("§", secret)


FILES: dict[str, Carrier] = {
    "settings": inside("A=1\nVALUE=§\nB=2\n"),
    "settings in quotes": inside("A=1\nVALUE='§'\n"),
    "YAML": inside("a: 1\nv: §\nb: 2\n"),
    "YAML block": inside("v: |\n  §\nb: 2\n"),
    "TOML": inside('[w]\nv = "§"\n'),
    "JSON": inside('{"a": 1, "v": "§"}'),
    "XML": inside("<w><v>§</v></w>"),
    "a page": inside("<p>Key: <code>§</code></p>"),
    "CSV": inside("day,amount,note\n2026-01-01,1,§\n"),
    "SQL": inside("INSERT INTO w VALUES (1,'§',NULL);\n"),
    "a log": inside("2026-01-01T10:00:00Z DEBUG [w] got §\n"),
    "a sentence": inside("The wallet is §, on testnet.\n"),
    "Markdown": inside("Use `§` for tests.\n"),
    "a comment": inside("x = 1  # §\n"),
    "a patch": inside("@@ -1 +1 @@\n-x\n+§\n"),
    "a mail's quote": inside("> §\n> yes\n"),
    "shell history": inside("ls\nw import '§'\n"),
    "an environment": inside("A=1\0V=§\0B=2\0"),
}
ENCODED: dict[str, Carrier] = {
    "Base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "Base64 twice": lambda secret: base64.b64encode(base64.b64encode(secret.encode())).decode(),
    "Base64 in lines of 64": base64_in_lines("    ", 64),
    "Base64 in lines of 76, quoted": base64_in_lines("> ", 76),
    "Base64 in a patch": base64_in_lines("+", 76),
    "hex": lambda secret: secret.encode().hex(),
    "JSON in JSON": lambda secret: json.dumps({"v": json.dumps({"w": secret})}),
    "UTF-16": lambda secret: f"Key: {secret}\n".encode("utf-16"),
    "SQLite": in_columns_of_a_database(),
    "SQLite, behind a text": in_columns_of_a_database("Savings"),
}
BROKEN: dict[str, Carrier] = {
    f"lines of {width} behind {mark.strip() or 'nothing'}": in_lines(mark, width)
    for mark in ("", "> ", "# ", "// ", "+", " * ")
    for width in (40, 60, 76)
}


def laid_out(before: str, each: str, between: str) -> Carrier:
    """Words one behind the other."""
    return lambda phrase: (
        before
        + between.join(
            each.replace("№", str(number)).replace("§", word) for number, word in enumerate(phrase.split(), 1)
        )
    )


def in_words(arrange: Callable[[list[str]], str]) -> Carrier:
    return lambda phrase: arrange(phrase.split())


def bytewise(way: str) -> Carrier:
    return lambda secret: BYTES[way](secret.encode())


LAYOUTS = {name: laid_out(*frame) for name, frame in EACH.items()} | {
    name: in_words(arrange) for name, arrange in LAID_OUT.items()
}
# For each group its carriers, and whether they carry phrases of twelve words alone.
GROUPS: dict[str, tuple[dict[str, Carrier], bool]] = {
    "in files": (FILES, False),
    "written otherwise": ({**WRITTEN}, False),
    "encoded": (ENCODED | {way: bytewise(way) for way in BYTES}, False),
    "across lines": (BROKEN, False),
    "laid out": (LAYOUTS, True),
}
CONNECTIONS = {
    "nostr+walletconnect": "nostr+walletconnect://{0}?relay=wss%3A%2F%2Frelay.example.org&secret={0}",
    "bunker": "bunker://{0}?relay=wss%3A%2F%2Frelay.example.org&secret=0123456789abcdef",
    "cookie": "__cookie__:{0}",
    "rpcauth": "rpcauth=alice:0123456789abcdef0123456789abcdef${0}",
    "descriptor in hex": "wpkh({0})",
}


def secrets(seed: int) -> tuple[dict[str, str], dict[str, str]]:
    """The secrets that are one word, and the phrases, by their forms."""
    draw = random.Random(seed)
    tokens = {name: text.format(draw.randbytes(32).hex()) for name, text in CONNECTIONS.items()}
    for vector in FOUND:
        if not re.search(r"\s|\\", vector.text) and not vector.text.startswith("{") and vector.text.isascii():
            tokens.setdefault(vector.kind, vector.text)
    phrases = {f"BIP-39 {language}": drawn_phrase(language, draw) for language in bip39.LISTS}
    for vector in FOUND:
        if vector.kind in {"electrum-segwit", "electrum-standard", "aezeed"}:
            phrases.setdefault(vector.kind, vector.text)
    return tokens, phrases


def is_refused(content: str | bytes) -> bool:
    encoded = content if isinstance(content, bytes) else content.encode()
    return any(finding.severity == BLOCK for finding in scan(encoded))


def measure(seed: int, every: int = 1) -> Iterator[tuple[str, str, int, list[str]]]:
    """For each carrier: its group, its name, how many forms it carries, and those that are missed; `every` so many-th
    cell alone.
    """
    tokens, phrases = secrets(seed)
    cell = 0
    for group, (carriers, is_of_words) in GROUPS.items():
        twelve = {form: phrase for form, phrase in phrases.items() if len(phrase.split()) == 12}
        carried = twelve if is_of_words else tokens | phrases
        for name, carrier in carriers.items():
            some = [form for number, form in enumerate(carried, cell) if number % every == 0]
            cell += len(carried)
            yield group, name, len(some), [form for form in some if not is_refused(carrier(carried[form]))]


def table(rows: list[tuple[str, str, int, list[str]]]) -> str:
    """A line a group, and one for each carrier that is not read to the last."""
    lines = ["| carrier | refused | missed |", "|---|---|---|"]
    for group, (carriers, _) in GROUPS.items():
        here = [row for row in rows if row[0] == group]
        total, missed = sum(row[2] for row in here), sum(len(row[3]) for row in here)
        lines.append(f"| **{group}**: {', '.join(carriers)} | {total - missed} of {total} | |")
        for _, name, count, miss in here:
            if miss:
                lines.append(f"| {name} | {count - len(miss)} of {count} | {', '.join(miss)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    made = table(list(measure(arguments.seed)))
    if arguments.write:
        first, last = "<!-- carriers -->\n", "<!-- end of carriers -->\n"
        page = PAGE.read_text("utf-8")
        before, rest = page.split(first)
        PAGE.write_text(before + first + made + last + rest.split(last)[1], "utf-8")
    else:
        print(made, end="")


if __name__ == "__main__":
    main()
