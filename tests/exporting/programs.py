"""The programs that read journals, as oracles; a test that needs one is skipped where it is not installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Debian: hledger, ledger; beancount is among the packages that tests install.
HLEDGER, LEDGER, BEANCOUNT = "hledger", "ledger", "bean-check"


def accepts(program: str, journal: str, folder: Path) -> str:
    """What a program says against a journal; "" where it accepts it."""
    found = shutil.which(program) or shutil.which(program, path=Path(sys.executable).parent)
    if found is None:
        pytest.skip(f"{program} is not installed")
    place = folder / "journal"
    place.write_text(journal, encoding="utf-8")
    options = {
        HLEDGER: ["-f", str(place), "check", "--strict"],
        LEDGER: ["--args-only", "-f", str(place), "balance"],
        BEANCOUNT: ["--no-cache", str(place)],
    }[program]
    env = {"LC_ALL": "C.UTF-8", "HOME": str(folder)}
    done = subprocess.run([found, *options], env=env, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr or f"exit status {done.returncode}"
