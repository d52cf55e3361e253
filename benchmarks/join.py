"""Joining a fleet: `gitbtc join` of 10,000 agents' branches, and of a tenth of them, to see how it grows.

The branches leave one commit of a wallet of 10,000 coins and 5,000 transactions, whose records lie in one file each or
in shards. Each agent makes three commits: it spends a coin of its own (coins, transactions, mempool), logs and labels
that, names its change. Every hundredth also spends one coin that they all want. What is measured is the whole command,
with its peak memory, beside the start of a bare Python.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from bisect import bisect_left
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coins
import premerge
from paired import report
from premerge import encoded
from treasury import GITBTC

from gitbtc.kinds.codec import encode_lines
from gitbtc.kinds.layouts import WHOLE, Layout, divided, shard_of, shard_path
from gitbtc.kinds.registry import BUILT_IN, built_in
from gitbtc.worktree.resharding import digits_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO, Self


COINS, EVERY = 10_000, 100
UTXOS, TRANSACTIONS, MEMPOOL = "wallet/utxos.json", "wallet/transactions.json", "network/mempool.json"
LABELS, LOG = "wallet/labels.json", "strategy/execution.json"
WHOLE_FILES, SHARDS = "whole", "shards"
_NEITHER = 32  # coins that nobody spends: the last one of each shard is none of those, since its line has no comma
_STARTS = 20
# Runs a command, and writes the peak memory (kB) of it and of what it started, whichever process has most, and the
# seconds of the processor that all of them took, to the file that comes first.
_MEASURED = (
    "import resource,subprocess,sys;"
    "done=subprocess.run(sys.argv[2:]);"
    "used=resource.getrusage(resource.RUSAGE_CHILDREN);"
    "open(sys.argv[1],'w').write(f'{used.ru_maxrss} {used.ru_utime+used.ru_stime}');"
    "sys.exit(done.returncode)"
)


def main() -> None:
    """Measure every fleet in both layouts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--branches", type=int, nargs="+", default=[1_000, 10_000], help="[%(default)s]")
    parser.add_argument("--coins", type=int, default=COINS, help="[%(default)s]")
    parser.add_argument("--layout", choices=(WHOLE_FILES, SHARDS), nargs="+", default=[WHOLE_FILES, SHARDS],
                        help="[%(default)s]")  # fmt: skip
    parser.add_argument("--keep", type=Path, help="make the repositories in this folder, and leave them there")
    parser.add_argument("--record", action="store_true", help="also write the results into benchmarks/README.md")
    chosen = parser.parse_args()
    results = []
    for layout in chosen.layout:
        with tempfile.TemporaryDirectory() as folder:
            path = (chosen.keep or Path(folder)) / f"fleet-{layout}.git"
            fleet = Fleet(path, max(chosen.branches), chosen.coins, layout)
            lines = [
                "| branches | seconds | of the processor | ms a branch | in bare Python starts | peak memory, MB |",
                "|---:|---:|---:|---:|---:|---:|",
            ]
            lines += [_row(fleet, count) for count in chosen.branches]
        title = f"**{chosen.coins:,} coins, three commits a branch, {_LIES[layout]}**"
        results.append(f"{title}\n\n" + "\n".join(lines))
    report(__file__, results, record=chosen.record)


_LIES = {WHOLE_FILES: "one file a kind", SHARDS: "in shards"}


def _row(fleet: Fleet, count: int) -> str:
    start = _bare_start()
    seconds, used, memory = fleet.join(count)
    branch = used / count
    return f"| {count:,} | {seconds:.1f} | {used:.1f} | {1000 * branch:.2f} | {branch / start:.2f} | {memory:.0f} |"


def _bare_start() -> float:
    """Seconds of the processor that the start of a bare Python takes."""
    before = os.times()
    for _ in range(_STARTS):
        subprocess.run([sys.executable, "-E", "-P", "-c", ""], check=True)
    after = os.times()
    return (after.children_user + after.children_system - before.children_user - before.children_system) / _STARTS


class Fleet:
    """A bare repository: base, and agents/00000 and so on."""

    def __init__(self, path: Path, branches: int, count: int, layout: str) -> None:
        self.path = path
        self._layout = layout
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
        self.env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        self._branches = branches
        if path.exists():
            return
        path.mkdir(parents=True)
        self._coins = coins.wallet(count + _NEITHER)
        self._spendable = [
            place for place, (line, after) in enumerate(pairwise(self._coins))
            if coins.txid_of(line)[:1] == coins.txid_of(after)[:1]
        ]  # fmt: skip
        history = (record for _, record in premerge.history(count // 2))
        self._history = sorted((encoded(record) for record in history), key=_txid)
        self._agents = [self._agent(number) for number in range(branches)]
        self._git("init", "--quiet", "--bare", "--initial-branch=base")
        with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=path, env=self.env,
                              stdin=subprocess.PIPE) as importing:  # fmt: skip
            if importing.stdin is not None:
                self._import(importing.stdin)
        if importing.returncode:
            raise SystemExit("git fast-import failed")

    def _git(self, *arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=self.path, env=self.env, check=True, text=True,
                              stdout=subprocess.PIPE).stdout  # fmt: skip

    def _agent(self, number: int) -> dict[str, Any]:
        numbers = [1 + number, *([0] if number % EVERY == 0 else [])]  # the first is what all want
        wanted = sorted(self._spendable[one] for one in numbers)
        spent = [json.loads(self._coins[place]) for place in wanted]
        record = premerge.transaction(hashlib.sha256(str(number).encode()).hexdigest(), spent)
        return {"spent": [self._coins[place] for place in wanted], "transaction": record, "name": f"agent-{number}"}

    # -- making it -------------------------------------------------------------------------------------------------

    def _import(self, stream: IO[bytes]) -> None:
        """The commits; their files are in a pack already, each as its difference from base's."""
        start = {UTXOS: self._coins, TRANSACTIONS: self._history, MEMPOOL: [], LABELS: [], LOG: []}
        with Pack(self.path / "objects" / "pack") as pack:
            bases = {path: Records(pack, path, lines, self._layout) for path, lines in start.items()}
            versions = [self._versions(bases, agent) for agent in self._agents]
        _commit(stream, "base", "", dict(file for records in bases.values() for file in records.files()))
        for number, files in enumerate(versions):
            begin = "refs/heads/base"
            for step in files:
                _commit(stream, f"agents/{number:05}", begin, step)
                begin = ""

    def _versions(self, bases: dict[str, Records], agent: dict[str, Any]) -> list[dict[str, str]]:
        record, gone = agent["transaction"], agent["spent"]
        event = _event(record) | {"agent": agent["name"]}
        spent = bases[UTXOS].changed(gone, encoded(_change(record, None)))
        pays = {
            **spent,
            **bases[TRANSACTIONS].changed((), encoded(record)),
            **bases[MEMPOOL].changed((), encoded(_pending(record))),
        }
        tells = {**bases[LOG].changed((), encoded(event)), **bases[LABELS].changed((), encoded(_label(record)))}
        named = bases[UTXOS].changed(gone, encoded(_change(record, "change")))
        return [pays, tells, {path: oid for path, oid in named.items() if spent[path] != oid}]

    # -- measuring -------------------------------------------------------------------------------------------------

    def join(self, count: int) -> tuple[float, float, float]:
        """Seconds, seconds of the processor, and megabytes that joining the first `count` branches takes."""
        names = self._git("for-each-ref", "--format=%(refname:short)", "--sort=refname", f"--count={count}",
                          "refs/heads/agents").split()  # fmt: skip
        peak = self.path / "peak"
        asked = [*GITBTC, "join", "--json", "--into", f"joined-{count}", *names]
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", _MEASURED, str(peak), *asked], cwd=self.path, env=self.env,
                              stdout=subprocess.PIPE, check=False)  # fmt: skip
        seconds = time.perf_counter() - began
        found = json.loads(done.stdout)["gitbtc.join/v1"]
        if len(found["heads"]) != count or len(found["contested"]) != (1 if count > EVERY else 0):
            raise SystemExit("gitbtc join does not find what the branches were made for")
        self._git("update-ref", "-d", f"refs/heads/joined-{count}")
        memory, used = peak.read_text().split()
        return seconds, float(used), int(memory) / 1024


class Records:
    """Versions of the records at `path`, each a few lines away from the first, in the files that have them."""

    def __init__(self, pack: Pack, path: str, lines: list[bytes], layout: str) -> None:
        self._pack = pack
        self._path = path
        self._kind = built_in(BUILT_IN[path])
        is_whole = layout == WHOLE_FILES or not self._kind.shards
        self._layout = WHOLE if is_whole else Layout(digits_for(self._kind, COINS))
        content = encode_lines(self._kind, lines)
        files = {path: content} if is_whole else self._divided(content)
        self._based = {place: Based(pack, file) for place, file in files.items()}

    def _divided(self, content: bytes) -> dict[str, bytes]:
        return {
            shard_path(self._path, name): shard for name, shard in divided(self._kind, self._layout, content).items()
        }

    def files(self) -> Iterator[tuple[str, str]]:
        """path -> oid of the first version's files."""
        return ((path, based.oid) for path, based in self._based.items())

    def changed(self, gone: Sequence[bytes], come: bytes) -> dict[str, str]:
        """path -> oid of the files that become others in the version without the lines `gone` and with `come`."""
        there = self._place(come)
        if there not in self._based:
            return {there: self._pack.whole(coins.content([come]))}
        went: dict[str, list[bytes]] = {there: []}
        for line in gone:
            went.setdefault(self._place(line), []).append(line)
        return {place: self._based[place].changed(lines, come if place == there else None)
                for place, lines in went.items()}  # fmt: skip

    def _place(self, line: bytes) -> str:
        """The file that a record belongs in."""
        if self._layout.is_whole:
            return self._path
        record = json.loads(line)
        return shard_path(self._path, shard_of(self._kind, self._layout, (record.get("txid", ""),), record))


class Based:
    """Versions of one file, each a few lines away from the first, `content`."""

    def __init__(self, pack: Pack, content: bytes) -> None:
        self._pack = pack
        self._content = content
        lines = [line.removesuffix(b",") for line in content.split(b"\n")[1:-2]]
        self._keys = [_txid(line) for line in lines]
        # Where each line begins, and where the last one, which has no comma, ends.
        self._starts = [2, *accumulate((len(line) + 2 for line in lines), initial=2)][1:]
        self.oid = pack.whole(self._content)

    def changed(self, gone: Sequence[bytes], come: bytes | None) -> str:
        """The oid of the version without the lines `gone` (not the last) and with the line `come`."""
        if not self._keys:
            return self._pack.whole(coins.content([come] if come else []))
        left = [bisect_left(self._keys, _txid(line)) for line in gone]
        edits = [(self._starts[place], self._starts[place + 1], b"") for place in left]
        if come and (place := bisect_left(self._keys, _txid(come))) < len(self._keys):
            edits += [(self._starts[place], self._starts[place], come + b",\n")]
        elif come:
            edits += [(self._starts[-1] - 2, self._starts[-1] - 2, b",\n" + come)]
        return self._pack.delta(self._content, self.oid, sorted(edits))


class Pack:
    """A pack with its index, written without looking at anything twice: what a fleet pushed, as it came in."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ("pack-" + "ab" * 20)
        self._file = self._path.with_suffix(".pack").open("w+b")
        self._file.write(b"PACK" + struct.pack(">II", 2, 0))
        self._entries: dict[str, tuple[int, int]] = {}  # oid -> offset, CRC-32

    def __enter__(self) -> Self:
        return self

    def whole(self, content: bytes) -> str:
        """Store a blob; its oid."""
        return self._put(_oid(content), 3, len(content), b"", content)

    def delta(self, base: bytes, base_oid: str, edits: Sequence[tuple[int, int, bytes]]) -> str:
        """Store what becomes of the blob `base` with these places (start, end) replaced; its oid."""
        pieces, steps, at = [], b"", 0
        for start, end, text in [*edits, (len(base), len(base), b"")]:
            pieces += [base[at:start], text]
            steps += _copy(at, start - at) + b"".join(
                bytes([len(part)]) + part for part in (text[i : i + 127] for i in range(0, len(text), 127))
            )
            at = end
        content = b"".join(pieces)
        steps = _varint(len(base)) + _varint(len(content)) + steps
        return self._put(_oid(content), 7, len(steps), bytes.fromhex(base_oid), steps)

    def _put(self, oid: str, kind: int, size: int, before: bytes, content: bytes) -> str:
        if oid not in self._entries:
            head, size = [kind << 4 | size & 15], size >> 4
            while size:
                head[-1] |= 128
                head, size = [*head, size & 127], size >> 7
            entry = bytes(head) + before + zlib.compress(content, 1)
            self._entries[oid] = self._file.tell(), zlib.crc32(entry)
            self._file.write(entry)
        return oid

    def __exit__(self, *_: object) -> None:
        """Write the count and the checksum of the pack, and its index (git help format-pack)."""
        self._file.seek(8)
        self._file.write(struct.pack(">I", len(self._entries)))
        self._file.seek(0)
        checksum = hashlib.file_digest(self._file, "sha1").digest()
        self._file.seek(0, os.SEEK_END)
        self._file.write(checksum)
        self._file.close()
        oids = sorted(self._entries)
        fan = [bisect_left(oids, f"{first + 1:02x}") if first < 255 else len(oids) for first in range(256)]
        index = b"\xfftOc" + struct.pack(">I256I", 2, *fan) + bytes.fromhex("".join(oids))
        index += b"".join(struct.pack(">I", self._entries[oid][1]) for oid in oids)
        index += b"".join(struct.pack(">I", self._entries[oid][0]) for oid in oids) + checksum
        self._path.with_suffix(".idx").write_bytes(index + hashlib.sha1(index).digest())  # noqa: S324 - Git's format


def _oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324 - Git's name for it


def _varint(number: int) -> bytes:
    found = [number & 127]
    while number := number >> 7:
        found[-1] |= 128
        found.append(number & 127)
    return bytes(found)


def _copy(start: int, size: int) -> bytes:
    """The step of a delta that copies a stretch of the base."""
    return b"\xff" + struct.pack("<I", start) + struct.pack("<I", size)[:3] if size else b""


def _change(record: dict[str, Any], label: str | None) -> dict[str, Any]:
    output = record["outputs"][0]
    return {"txid": record["txid"], "vout": 0, "amount_sat": output["amount_sat"], "script_type": "p2wpkh",
            "address": output["address"], "block_height": None, "coinbase": False, "label": label}  # fmt: skip


def _pending(record: dict[str, Any]) -> dict[str, Any]:
    shared = {name: record[name] for name in ("txid", "fee_sat", "size_bytes", "inputs", "outputs")}
    return {**shared, "amount_sat": record["outputs"][0]["amount_sat"], "fee_rate_sat_vbyte": 5,
            "rbf_eligible": True, "cpfp_eligible": False}  # fmt: skip


def _event(record: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": 1_700_000_000, "block_height": None, "event_type": "custom", "txid": record["txid"],
            "amount_sat": None, "fee_sat": 500, "note": "paid"}  # fmt: skip


def _label(record: dict[str, Any]) -> dict[str, Any]:
    return {"address": premerge.ADDRESS, "label": record["txid"], "category": "expense", "created_at": 1_700_000_000}


def _txid(line: bytes) -> bytes:
    """A record's own, which stands behind those of the inputs."""
    return line[line.rindex(b'"txid":"') + 8 :][:64]


def _commit(stream: IO[bytes], branch: str, start: str, files: dict[str, str]) -> None:
    head = f"commit refs/heads/{branch}\ncommitter bench <bench> 1700000000 +0000\ndata 0\n"
    changed = "".join(f"M 100644 {oid} {path}\n" for path, oid in files.items())
    stream.write((head + (f"from {start}\n" if start else "") + changed + "\n").encode())


if __name__ == "__main__":
    main()
