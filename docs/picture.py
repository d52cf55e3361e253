"""Makes docs/report.png: the page that `gitbtc report --html` writes of the demo's recordings, as a browser shows it.

.venv/bin/python docs/picture.py      # needs Chromium (Debian: chromium) and Pillow
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).resolve().parent
RECORDINGS = DOCS.parent / "gitbtc" / "demo" / "recordings"
MOMENTS = ("0-base", "1-agent-a", "3-agent-a-consolidated", "4-agent-a-fee-bumped", "5-agent-a-confirmed")
_SIZE = "900,860"  # pixels: as far as the coins by amount
_COLOURS = 64  # of the picture: a page has few


def main() -> None:
    """Import each moment, commit it, and take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        treasury = Path(folder, "treasury")
        gitbtc(folder, "init", str(treasury))
        for moment in MOMENTS:
            gitbtc(str(treasury), "import", "bitcoin-core", "--from", str(RECORDINGS / moment))
            run(str(treasury), "git", "add", "-A")
            run(str(treasury), "git", "commit", "-q", "-m", moment)
        gitbtc(str(treasury), "report", "--html", str(Path(folder, "page.html")))
        shot = Path(folder, "shot.png")
        run(folder, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder}/profile", f"--window-size={_SIZE}", f"--screenshot={shot}",
            Path(folder, "page.html").as_uri())  # fmt: skip
        with Image.open(shot) as picture:
            picture.convert("RGB").quantize(_COLOURS).save(DOCS / "report.png", optimize=True)


def gitbtc(folder: str, *arguments: str) -> None:
    """Run gitbtc in a folder."""
    run(folder, sys.executable, "-m", "gitbtc", *arguments)


def run(folder: str, *command: str) -> None:
    """Run a program in a folder; commits are always the same ones."""
    known = {"NAME": "Tess", "EMAIL": "tess@example.com", "DATE": "1795400000 +0000"}
    fixed = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in known.items()}
    subprocess.run(command, cwd=folder, env=os.environ | fixed, check=True, capture_output=True)


if __name__ == "__main__":
    main()
