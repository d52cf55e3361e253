"""How long `gitbtc log` and `gitbtc why` take on a long history: `python benchmarks/history.py [COMMITS] [COINS]`.

Each commit spends one coin and receives one, by a transaction whose record it adds.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

import coins

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = ("wallet/utxos.json", "wallet/transactions.json")
GITBTC = (sys.executable, "-E", "-P", "-m", "gitbtc")
_COIN = re.compile(rb'"txid":"([0-9a-f]{64})","vout":([0-9]+)\}$')


def main(arguments: list[str]) -> None:
    """Measure and print."""
    commits, count = (*map(int, arguments), 1000, 10_000)[:2]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        spent = _make(place, commits, count)
        for form in ("one pack", "loose objects"):
            if form == "loose objects":
                _unpack(place)
            for command in (("log",), ("log", "-n", "20"), ("why", spent)):
                print(f"{form}: gitbtc {' '.join(command):.40}: {_seconds(place, command):.2f} s", flush=True)


def _seconds(place: Path, command: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run([*GITBTC, *command], cwd=place, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def _make(place: Path, commits: int, count: int) -> str:
    """The repository; the outpoint of a coin that the middle of its history spends."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", "-b", "main", place], env=environment, check=True)
    stream = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=place, env=environment, stdin=subprocess.PIPE)
    versions = list(_versions(commits, count))
    with stream:
        # File by file, so that the pack holds each version as what it differs in from the one before.
        for path in _FILES:
            for number, (_, files) in enumerate(versions):
                _write(stream, b"blob\nmark :%d\n" % _mark(number, path), files[path])
        for number in range(commits):
            when = 1_700_000_000 + 600 * number
            head = b"commit refs/heads/main\ncommitter bench <b@example.com> %d +0000\n" % when
            _write(stream, head, b"step %d" % number)
            for path in _FILES:
                _pipe(stream).write(b"M 100644 :%d %s\n" % (_mark(number, path), path.encode()))
    return versions[commits // 2][0]


def _mark(number: int, path: str) -> int:
    return 1 + number * len(_FILES) + _FILES.index(path)


def _write(stream: subprocess.Popen[bytes], head: bytes, content: bytes) -> None:
    _pipe(stream).write(head + b"data %d\n" % len(content) + content + b"\n")


def _pipe(stream: subprocess.Popen[bytes]) -> IO[bytes]:
    if stream.stdin is None:
        raise SystemExit("git fast-import started without a pipe")
    return stream.stdin


def _versions(commits: int, count: int) -> Iterator[tuple[str, dict[str, bytes]]]:
    source = random.Random(7)
    lines, transactions = coins.wallet(count), {}
    yield "", dict(zip(_FILES, (coins.content(lines), b"[]\n"), strict=True))
    for _ in range(commits - 1):
        gone = lines.pop(source.randrange(len(lines)))
        txid, record = _payment(source, gone)
        transactions[txid] = record
        lines.append(re.sub(_COIN, b'"txid":"%s","vout":0}' % txid.encode(), gone))
        lines.sort(key=coins.txid_of)
        held = [transactions[name] for name in sorted(transactions)]
        yield _outpoint(gone), dict(zip(_FILES, (coins.content(lines), coins.content(held)), strict=True))


def _outpoint(line: bytes) -> str:
    txid, vout = re.findall(_COIN, line)[0]
    return f"{txid.decode()}:{vout.decode()}"


def _payment(source: random.Random, gone: bytes) -> tuple[str, bytes]:
    """A transaction that pays a coin, as it is, to another output."""
    coin, txid = json.loads(gone), source.randbytes(32).hex()
    spent = {name: coin[name] for name in ("txid", "vout", "amount_sat")}
    output = {"vout": 0, "spent": False, **{name: coin[name] for name in ("address", "amount_sat", "script_type")}}
    record = {
        "txid": txid, "inputs": [spent], "outputs": [output], "fee_sat": 0, "size_bytes": 110, "weight": 440,
        "block_height": None, "block_time": None, "confirmed": False, "label": None,
    }  # fmt: skip
    return txid, json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def _unpack(place: Path) -> None:
    packs = place / ".git" / "objects" / "pack"
    for pack in sorted(packs.glob("*.pack")):
        moved = pack.rename(place / pack.name)
        with moved.open("rb") as content:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=place, stdin=content, check=True)
    for index in packs.glob("*.idx"):
        index.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
