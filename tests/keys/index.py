"""Which lists each word is on: the file that a scan reads in place of the lists.

To write it:

    .venv/bin/python -m tests.keys.index
"""

from __future__ import annotations

from pathlib import Path

from gitbtc import keys
from gitbtc.keys import words

PATH = Path(next(iter(keys.__path__))) / words._INDEX


def made() -> bytes:
    """A line for the words that are on the same lists: the names of these, and the words."""
    lists: dict[bytes, list[str]] = {}
    for name in words.LISTS:
        for word in words.numbers(name):
            lists.setdefault(word, []).append(name)
    classes: dict[tuple[str, ...], list[bytes]] = {}
    for word, names in lists.items():
        classes.setdefault(tuple(names), []).append(word)
    ordered = sorted(classes, key=lambda names: [words.LISTS.index(name) for name in names])
    return b"".join(",".join(names).encode() + b": " + b" ".join(classes[names]) + b"\n" for names in ordered)


if __name__ == "__main__":
    PATH.write_bytes(made())
