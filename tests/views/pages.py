"""What a page would fetch or run, told by a parser of HTML; and what a browser shows of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_ELEMENTS = frozenset(
    ["html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "section", "details", "summary", "table",
     "thead", "tbody", "tr", "th", "td", "footer", "svg", "path", "rect", "text"]
)  # fmt: skip
_ATTRIBUTES = frozenset(
    ["lang", "charset", "http-equiv", "content", "name", "class", "viewbox", "role", "d", "x", "y", "width", "height",
     "text-anchor"]
)  # fmt: skip
_LOADS = re.compile(r"url\(|@import|@font-face|image-set|expression\(", re.IGNORECASE)


class Page(HTMLParser):
    """A page that was read: how often each element is in it, its texts, and all that it should not have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.faults: list[str] = []
        self.texts: list[str] = []
        self._is_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self._is_style = tag == "style"
        self.faults += [f"<{tag}>"] if tag not in _ELEMENTS else []
        self.faults += [f"<{tag} {name}={value!r}>" for name, value in attrs if name not in _ATTRIBUTES]

    def handle_data(self, data: str) -> None:
        if self._is_style:
            self.faults += _LOADS.findall(data)
        elif data.strip():
            self.texts.append(data.strip())
        self._is_style = False


class Browser:
    """A headless Chromium in a folder of its own; a test that needs one is skipped where none is installed."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if found is None:
            pytest.skip("no Chromium is installed")
        self._folder = folder
        self._command = [
            found, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND",
        ]  # fmt: skip

    def screenshot(self, page: Path, *options: str) -> Path:
        shot = self._folder / "shot.png"
        self._run(f"--screenshot={shot}", "--window-size=900,1800", *options, page.as_uri())
        return shot

    def pdf(self, page: Path) -> bytes:
        printed = self._folder / "page.pdf"
        self._run(f"--print-to-pdf={printed}", "--no-pdf-header-footer", page.as_uri())
        return printed.read_bytes()

    def _run(self, *arguments: str) -> None:
        env = {"HOME": str(self._folder), "PATH": "/usr/bin:/bin"}
        subprocess.run([*self._command, *arguments], env=env, capture_output=True, check=True, timeout=180)
