"""How long a large file of labels takes to come in, the first time and again, and how much of it the key gate takes.

Python's own reader and writer of JSON go over the same lines beside it, in a process of their own too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from hashlib import sha256
from pathlib import Path

from paired import arguments, report, rounds, table, timed
from treasury import GITBTC, Treasury

LABELS = 100_000
REFERENCE = "each line through `json`"
FIRST, AGAIN, GATE = "`gitbtc labels import`", "the same file again", "of the first: the key gate"
_JSON = "import json, sys\nfor line in open(sys.argv[1], encoding='utf-8'): json.dumps(json.loads(line))"
_SCAN = "import sys, pathlib\nfrom gitbtc.keys.scan import scan\nscan(pathlib.Path(sys.argv[1]).read_bytes())"


def main() -> None:
    """Measure, print, and with --record write into the page."""
    options = arguments(__doc__, default_rounds=5)
    with tempfile.TemporaryDirectory() as folder:
        treasury = Treasury(Path(folder), 1000)
        labels = Path(folder, "labels-of-a-wallet.jsonl")
        labels.write_text("".join(map(_line, range(LABELS))), "utf-8")
        times = rounds(options.rounds, {
            REFERENCE: partial(_timed, treasury, REFERENCE, sys.executable, "-c", _JSON, str(labels)),
            FIRST: partial(_import, treasury, labels),
            GATE: partial(_timed, treasury, GATE, sys.executable, "-c", _SCAN, str(labels)),
        })  # fmt: skip
        size = labels.stat().st_size / 1e6
    report(__file__, [table(f"{LABELS:,} labels, {size:.1f} MB", times, REFERENCE)], record=options.record)


def _line(number: int) -> str:
    txid = sha256(str(number).encode()).hexdigest()
    row = {"type": "output", "ref": f"{txid}:{number % 7}", "label": f"Coin {number}"}
    if number % 2:
        row = {"type": "tx", "ref": txid, "label": f"Rent {number}", "origin": "wpkh([d34db33f/84'/0'/0'])"}
    return json.dumps(row) + "\n"


def _timed(treasury: Treasury, what: str, *command: str) -> dict[str, float]:
    return {what: timed(*command, cwd=treasury.path, env=treasury.env)}


def _import(treasury: Treasury, labels: Path) -> dict[str, float]:
    """Bring the file in where it has never been, and once more."""
    Path(treasury.path, "wallet", "labels.jsonl").unlink(missing_ok=True)
    kept = ("for-each-ref", "--format=delete %(refname)", "refs/gitbtc/sources")
    told = subprocess.run(("git", *kept), cwd=treasury.path, env=treasury.env, check=True, capture_output=True)
    subprocess.run(("git", "update-ref", "--stdin"), cwd=treasury.path, env=treasury.env, check=True, input=told.stdout)
    shutil.rmtree(Path(treasury.path, ".git", "gitbtc", "labels"), ignore_errors=True)
    command = (*GITBTC, "labels", "import", str(labels))
    return {**_timed(treasury, FIRST, *command), **_timed(treasury, AGAIN, *command)}


if __name__ == "__main__":
    main()
