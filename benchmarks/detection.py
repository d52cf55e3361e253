"""What the key gate finds of the public vectors, beside detect-secrets: `pip install -e '.[benchmarks]'` brings it.

Each vector stands by itself in a file, as the value of a field whose name says nothing; one that is a JSON document
already stands as it is. A positive is found, and a negative flagged, when a tool reports anything for its file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from paired import arguments, report

from gitbtc.keys.scan import scan

TOP = Path(__file__).resolve().parent.parent
VECTORS = TOP / "tests/keys/key-material.json"
PAGE = TOP / "docs/key-gate.md"


def main() -> None:
    """Count, print, and with --record write into the page."""
    options = arguments(__doc__, default_rounds=1)
    vectors = json.loads(VECTORS.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        for vector in vectors:
            (Path(folder) / f"{vector['id']}.json").write_text(_document(vector["text"]), "utf-8")
        ours = {path.stem for path in Path(folder).iterdir() if scan(path.read_bytes(), path.name)}
        theirs = _detect_secrets(Path(folder))
    positive = {vector["id"] for vector in vectors if vector["cls"] == "positive"}
    negative = {vector["id"] for vector in vectors} - positive
    lines = ["| | found | flagged though harmless |", "|---|---:|---:|"]
    for name, found in (("gitbtc", ours), ("detect-secrets", theirs)):
        lines.append(
            f"| {name} | {len(found & positive)} of {len(positive)} | {len(found & negative)} of {len(negative)} |"
        )
    report(__file__, ["\n".join(lines)], record=options.record, page=PAGE)


def _document(text: str) -> str:
    try:
        is_document = isinstance(json.loads(text), dict | list)
    except ValueError:
        is_document = False
    return text if is_document else json.dumps({"field": text}, ensure_ascii=False)


def _detect_secrets(folder: Path) -> set[str]:
    """The names of the files for which it reports anything, with its default plugins."""
    command = [sys.executable, "-m", "detect_secrets", "scan", "--all-files", "."]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return {Path(name).stem for name in json.loads(done.stdout)["results"]}


if __name__ == "__main__":
    main()
