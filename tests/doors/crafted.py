"""Pushes that no Git makes, or that somebody made to harm or by mistake, each with what a gated server says of it.

`PUSHES` is the table: the objects are written as plumbing writes them, byte by byte, on top of a sound treasury.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from gitbtc.kinds import base58, codec
from gitbtc.kinds.registry import Kinds
from tests.made_state import change_of, channel, coin, flagged, mined, pending, policy, spend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

A, B = spend("aa", coin(0)), spend("bb", coin(0))
# Its transaction is recorded, so that everybody knows that it is not spent.
KNOWN = mined(spend("known", coin(5)))
CHANGE = change_of(KNOWN)
UTXOS, TRANSACTIONS, LOG = "wallet/utxos.json", "wallet/transactions.json", "strategy/execution.json"
STRATEGY, CHANNELS, LABELS = "strategy/agent.json", "channels/channels.json", "wallet/labels.json"
EXTRA, SCHEMA = "wallet/extra.json", ".gitbtc/schemas/extra.schema.json"
WHO = b"Eve <eve@example.com> 1700000000 +0000"
FILE, LINK, FOLDER, SUBMODULE = b"100644", b"120000", b"40000", b"160000"

Files = dict[str, "bytes | tuple[bytes, str]"]  # path -> content, or (mode, oid)


class Objects:
    """Writes loose objects, sound or not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, kind: str, content: bytes) -> str:
        stored = f"{kind} {len(content)}".encode() + b"\0" + content
        oid = hashlib.sha1(stored, usedforsecurity=False).hexdigest()
        place = self._folder / oid[:2] / oid[2:]
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(zlib.compress(stored, 1))
        return oid

    def blob(self, content: bytes) -> str:
        return self.put("blob", content)

    def tree(self, files: Mapping[str, bytes | tuple[bytes, str]]) -> str:
        """A tree as Git writes it."""
        below: dict[str, Files] = {}
        entries: dict[bytes, tuple[bytes, str]] = {}
        for path, content in files.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = content
            else:
                raw = name.encode("utf-8", "surrogateescape")
                entries[raw] = (FILE, self.blob(content)) if isinstance(content, bytes) else content
        for name, inner in below.items():
            entries[name.encode("utf-8", "surrogateescape")] = FOLDER, self.tree(inner)
        order = sorted(entries, key=lambda name: name + b"/" * (entries[name][0] == FOLDER))
        return self.raw_tree(*((entries[name][0], name, entries[name][1]) for name in order))

    def raw_tree(self, *entries: tuple[bytes, bytes, str]) -> str:
        """A tree of these entries (mode, name, oid) as they are."""
        return self.put(
            "tree", b"".join(mode + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)
        )

    def commit(
        self,
        tree: str,
        *parents: str,
        message: bytes = b"x\n",
        author: bytes = WHO,
        extra: bytes = b"",
        committer: bytes = WHO,
    ) -> str:
        lines = [
            b"tree " + tree.encode(),
            *(b"parent " + oid.encode() for oid in parents),
            b"author " + author,
            b"committer " + committer,
        ]
        return self.put("commit", b"\n".join(lines) + b"\n" + extra + b"\n" + message)

    def tag(
        self, oid: str, kind: str = "commit", message: bytes = b"x\n", name: bytes = b"x", tagger: bytes = WHO
    ) -> str:
        head = f"object {oid}\ntype {kind}\n".encode() + b"tag " + name + b"\ntagger " + tagger + b"\n\n"
        return self.put("tag", head + message)


def canonical(path: str, *records: dict[str, Any]) -> bytes:
    kind = Kinds().for_path(path)
    assert kind
    made = flagged(*records) if kind.name in ("transactions", "mempool") else list(records)
    return codec.canonical(kind, json.dumps(made if kind.is_array else made[0]).encode())


def held(*coins: dict[str, Any]) -> bytes:
    return canonical(UTXOS, *coins, CHANGE)


def known(*transactions: dict[str, Any]) -> bytes:
    return canonical(TRANSACTIONS, KNOWN, *transactions)


def strategy(*, simulating: bool) -> bytes:
    record = {
        "name": "dca",
        "max_fee_rate_sat_vbyte": 5,
        "min_confirmations": 1,
        "utxo_consolidation_threshold": 9,
        "dca_amount_sat": None,
        "dca_interval_blocks": None,
        "lightning_rebalance_threshold": 0.5,
        "coin_selection": "largest_first",
        "simulation_mode": simulating,
    }
    return canonical(STRATEGY, record)


def schema(**changes: Any) -> dict[str, Any]:
    made = {
        "x-gitbtc-kind": "extra",
        "x-gitbtc-path": EXTRA,
        "x-gitbtc-identity": ["id"],
        "x-gitbtc-growth": "append-only",
        "type": "array",
        "items": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
    }
    return made | changes


def event(minute: int, **changes: Any) -> dict[str, Any]:
    return {"timestamp": 1_700_000_000 + minute, "block_height": None, "event_type": "custom", "txid": None,
            "amount_sat": None, "fee_sat": None, "note": f"{minute}", **changes}  # fmt: skip


def treasury() -> Files:
    """What every push is built on."""
    return {
        UTXOS: held(coin(0), coin(1)),
        TRANSACTIONS: known(),
        "network/mempool.json": canonical("network/mempool.json"),
        LOG: canonical(LOG, event(1), event(2)),
        STRATEGY: strategy(simulating=True),
        CHANNELS: canonical(CHANNELS, channel("1x1x1")),
        "channels/routing.json": canonical("channels/routing.json", policy("1x1x1")),
        SCHEMA: json.dumps(schema()).encode(),
        EXTRA: b'[\n{"id":"a"},\n{"id":"b"}\n]\n',
        "docs/notes.md": b"notes\n",
    }


class World:
    """The objects, and the commits of a sound treasury on which the others are built."""

    def __init__(self, folder: Path) -> None:
        self.objects = Objects(folder)
        self.files = treasury()
        self.base = self.objects.commit(self.objects.tree(self.files))

    def step(self, files: Files, *parents: str, **how: Any) -> str:
        """A commit of these files, and nothing else changed."""
        return self.objects.commit(self.objects.tree(files), *(parents or (self.base,)), **how)

    def changed(self, changes: Mapping[str, bytes | tuple[bytes, str] | None], *parents: str, **how: Any) -> str:
        """A commit in which these files are otherwise than in the base; None takes one out."""
        files = {**self.files, **{path: content for path, content in changes.items() if content is not None}}
        return self.step(
            {path: content for path, content in files.items() if changes.get(path, b"") is not None}, *parents, **how
        )


class Push(NamedTuple):
    """A push of one ref: what it points to, and what is said of it: the sort of a finding, `cannot` where it cannot be
    looked at, "" where it comes in.
    """

    name: str
    make: Callable[[World], str]
    verdict: str
    ref: str = "refs/heads/pushed"
    old: Callable[[World], str] | None = None


KEY = base58.encode_check(b"\xef" + secrets.token_bytes(32) + b"\x01").encode()  # a private key of nobody's


# -- how a push is made ------------------------------------------------------------------------------------------------


def file(path: str, content: bytes | tuple[bytes, str] | None) -> Callable[[World], str]:
    return lambda world: world.changed({path: content})


def files(**contents: bytes) -> Callable[[World], str]:
    return lambda world: world.changed(
        {path.replace("__", "/") + ".json": content for path, content in contents.items()}
    )


def link(path: str, mode: bytes = LINK) -> Callable[[World], str]:
    return lambda world: world.changed(
        {path: (mode, world.objects.blob(b"../elsewhere") if mode != SUBMODULE else "1" * 40)}
    )


def folder(path: str, mode: bytes) -> Callable[[World], str]:
    """A link or submodule in the place of a folder of state files."""

    def make(world: World) -> str:
        kept = {name: content for name, content in world.files.items() if not name.startswith(f"{path}/")}
        oid = world.objects.blob(b"elsewhere") if mode == LINK else "1" * 40
        return world.objects.commit(world.objects.tree({**kept, path: (mode, oid)}), world.base)

    return make


def coins(**changes: Any) -> Callable[[World], str]:
    """The first coin with other values."""
    [(name, value)] = changes.items()
    return file(UTXOS, with_field(name, json.dumps(value).encode()))


def spent(listed: Iterable[dict[str, Any]], *made: dict[str, Any]) -> Callable[[World], str]:
    return files(wallet__utxos=held(*listed), wallet__transactions=known(*made))


def added(made: Any, content: bytes = b"") -> Callable[[World], str]:
    """Another kind, by this schema."""
    text = made if isinstance(made, bytes) else json.dumps(made).encode()
    return lambda world: world.changed(
        {".gitbtc/schemas/more.schema.json": text, **({"more/more.json": content} if content else {})}
    )


def more(**changes: Any) -> dict[str, Any]:
    return schema(**{"x-gitbtc-kind": "more", "x-gitbtc-path": "more/more.json", **changes})


def pattern(text: str) -> dict[str, Any]:
    return more(items={"type": "object", "properties": {"id": {"type": "string", "pattern": text}}, "required": ["id"]})


def tree(*entries: tuple[bytes, bytes]) -> Callable[[World], str]:
    """A first commit of a tree of entries (mode, name), each of an object that fits its mode."""

    def make(world: World) -> str:
        inner = {FOLDER: world.objects.tree({"x": b"x"})}
        made = ((mode, name, inner.get(mode, world.objects.blob(b"x"))) for mode, name in entries)
        return world.objects.commit(world.objects.raw_tree(*made))

    return make


def raw(kind: str, content: bytes) -> Callable[[World], str]:
    """A commit of a tree that is these bytes, or these bytes for a commit."""

    def make(world: World) -> str:
        oid = world.objects.put(kind, content.replace(b"TREE", world.objects.tree(world.files).encode()))
        return world.objects.commit(oid, world.base) if kind == "tree" else oid

    return make


def said(**how: bytes) -> Callable[[World], str]:
    return lambda world: world.changed({"docs/notes.md": b"more\n"}, **how)


def merge(
    result: Mapping[str, bytes | None], *sides: Mapping[str, bytes | None], message: bytes = b"x\n"
) -> Callable[[World], str]:
    def make(world: World) -> str:
        made = [world.changed(side, message=b"side %d\n" % number) for number, side in enumerate(sides)]
        return world.changed(result, *made, message=message)

    return make


def on_top(*steps: Mapping[str, bytes | None], messages: tuple[bytes, ...] = ()) -> Callable[[World], str]:
    def make(world: World) -> str:
        at = world.base
        for number, step in enumerate(steps):
            at = world.changed(step, at, message=messages[number] if messages else b"x\n")
        return at

    return make


SPENT = {UTXOS: held(coin(1))}
BY_A = {**SPENT, TRANSACTIONS: known(A)}
BY_B = {**SPENT, TRANSACTIONS: known(B)}
BOTH = {**SPENT, TRANSACTIONS: known(A, B)}
C0, C1 = (canonical(UTXOS, coin(number)).split(b"\n")[1] for number in (0, 1))
ONE, ALL = canonical(UTXOS, coin(0)), held(coin(0), coin(1))


def row(*fields: bytes) -> bytes:
    return b"[\n" + b",\n".join(fields) + b"\n]\n"


def with_field(name: str, value: bytes) -> bytes:
    """The coins with another text for one field of the first."""
    head, found, rest = C0.partition(f'"{name}":'.encode())
    if not found:
        return row(C0[:-1] + f',"{name}":'.encode() + value + b"}", C1)
    end = re.search(rb",\"|}", rest)
    assert end
    return row(head + found + value + rest[end.start() :], C1)


NOT_STATE: dict[str, bytes] = {
    "cut": C0[:40],
    "layout": b"[ ]\n",
    "nothing": b"",
    "NUL alone": bytes(100),
    "NUL at the end": ONE + b"\0",
    "a mark of order": b"\xef\xbb\xbf" + ONE,
    "CRLF": ONE.replace(b"\n", b"\r\n"),
    "CR alone": ONE.replace(b"\n", b"\r"),
    "no last line end": ONE[:-1],
    "two documents": ONE + ONE,
    "text behind": ONE + b"x",
    "a comment": b"// x\n" + ONE,
    "a comma behind": row(C0 + b","),
    "no comma": b"[\n" + C0 + b"\n" + C1 + b"\n]\n",
    "apostrophes": ONE.replace(b'"', b"'"),
    "UTF-16": ONE.decode().encode("utf-16"),
    "UTF-32": ONE.decode().encode("utf-32"),
    "Latin-1": with_field("label", b'"\xe4"'),
    "a cut letter": with_field("label", b'"\xc3"'),
    "an overlong letter": with_field("label", b'"\xc0\xaf"'),
    "half a pair in bytes": with_field("label", b'"\xed\xa0\x80"'),
    "half a pair": with_field("label", rb'"\ud800"'),
    "NaN": with_field("amount_sat", b"NaN"),
    "infinity": with_field("amount_sat", b"-Infinity"),
    "5000 digits": with_field("vout", b"1" * 5000),
    "a large exponent": with_field("vout", b"1e400"),
    "a name twice": row(C0.replace(b'{"', b'{"vout":0,"', 1), C1),
    "deep lists": b"[" * 100_000,
    "deep objects": b'[\n{"x":' * 20_000,
    "deep and whole": b"[" * 5000 + b"]" * 5000,
    "null": b"null\n",
    "a number": b"7\n",
    "a text": b'"x"\n',
    "an object": b"{}\n",
    "lists in a list": b"[\n[]\n]\n",
    "a number in a list": b"[\n1\n]\n",
    "conflict markers": b"[\n<<<<<<< a\n" + C0 + b"\n=======\n" + C1 + b"\n>>>>>>> b\n]\n",
    "out of order": row(C1, C0),
    "one coin twice": row(C0, C0),
    "blanks": ONE.replace(b":", b": "),
    "escapes": ONE.replace(b"p2wpkh", b"\\u00702wpkh"),
    "a control as it is": with_field("label", b'"\x01"'),
    "tabs": ONE.replace(b"\n{", b"\n\t{"),
    "blank lines": ONE + b"\n",
}

NO_COIN: dict[str, dict[str, Any]] = {
    "a negative amount": {"amount_sat": -1},
    "more than there are": {"amount_sat": 21_000_000 * 100_000_000 + 1},
    "a broken amount": {"amount_sat": 1.5},
    "an amount in words": {"amount_sat": "1"},
    "a true amount": {"amount_sat": True},
    "no amount": {"amount_sat": None},
    "a negative output": {"vout": -1},
    "an output too far": {"vout": 1 << 32},
    "an output of 64 bits": {"vout": 1 << 64},
    "a short txid": {"txid": "f0"},
    "no hex": {"txid": "z" * 64},
    "a long txid": {"txid": "f0" * 33},
    "a txid that is a list": {"txid": []},
    "an address of no network": {"address": "x"},
    "an address misspelt": {"address": "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx1"},
    "an unknown script": {"script_type": "p2x"},
    "a negative block": {"block_height": -1},
    "a block in words": {"block_height": "7"},
    "no truth": {"coinbase": 0},
    "a shoe size": {"shoe_size": 44},
    "a label that is a list": {"label": ["x"]},
}

NO_NAMES = ["", ".", "..", ".git", ".GIT", ".Git", "a/b", "wallet/utxos.json"]
LOOK_ALIKES = [
    "Wallet/utxos.json",
    "wallet/Transactions.json",
    "wallet/utxos\u200d.json",
    "wallet/utxos.json.",
    "wallet/utxos.json ",
    "wallet\\utxos.json",
    "WALLET/UTXOS.JSON",
    "strategy/Execution.json",
    "network/\u212ampool.json".replace("\u212a", "me\ufeff"),
    "wallet/\uff55txos.json",
]
UNBOUNDED = [
    "^(a+)+$",
    "^(a*)*b",
    "(a|aa)+$",
    "^(.*a){20}$",
    r"(x)\1",
    "(?P<n>a)(?P=n)",
    "a*b*c*d",
    "(a?){64}b",
    "x" * 1001,
    "(?:a+b?)+c",
    "[a-z]+[0-9]+[a-z]+[0-9]+$",
]
OF_PARTS = more(
    items={
        "type": "object", "properties": {"id": {"$ref": "#/$defs/id"}}, "required": ["id"],
        "$defs": {"id": {"type": "string"}},
    }
)  # fmt: skip
SCHEMAS: dict[str, tuple[Any, str]] = {
    "that is fetched": (more(items={"$ref": "http://127.0.0.1:9/x"}), "unreadable"),
    "in a file": (more(items={"$ref": "file:///etc/hostname"}), "unreadable"),
    "beside it": (more(items={"$ref": "other.json"}), "unreadable"),
    "found as it runs": (more(items={"$dynamicRef": "http://127.0.0.1:9/x#a"}), "unreadable"),
    "of a name that is no text": (more(items={"$ref": 7}), "unreadable"),
    "of nothing": ([], "unreadable"),
    "that is no JSON": (b"{", "unreadable"),
    "that is no text": (b"\xff\xfe", "unreadable"),
    "that is empty": ({}, "unreadable"),
    "without an identity": (more(**{"x-gitbtc-identity": None}), "unreadable"),
    "that grows as nothing does": (more(**{"x-gitbtc-growth": "sideways"}), "unreadable"),
    "for a built-in path": (more(**{"x-gitbtc-path": UTXOS}), "unreadable"),
    "of a built-in name": (more(**{"x-gitbtc-kind": "utxos"}), "unreadable"),
    "of a path that another has": (more(**{"x-gitbtc-path": EXTRA}), "unreadable"),
    "of a name that another has": (more(**{"x-gitbtc-kind": "extra"}), "unreadable"),
    "above the repository": (more(**{"x-gitbtc-path": "../x.json"}), "unreadable"),
    "at the root of the disk": (more(**{"x-gitbtc-path": "/etc/x.json"}), "unreadable"),
    "for Git's own files": (more(**{"x-gitbtc-path": ".git/config"}), "unreadable"),
    "for a pattern that is none": (pattern("("), "unreadable"),
    "for a path too deep": (more(**{"x-gitbtc-path": "a/b/c.json"}), "unreadable"),
    "nested for ever": (
        json.dumps(more(items={"not": 0})).replace('"not": 0', '"not":{' * 500 + "}" * 500).encode(),
        "unreadable",
    ),
    "of its own parts": (OF_PARTS, ""),
    "of bounded patterns": (pattern("^[a-f]{1,64}$"), ""),
    "that is sound": (more(), ""),
}


def in_rows(
    rows: Mapping[str, Any], make: Callable[[Any], Callable[[World], str]], verdict: str, head: str
) -> list[Push]:
    return [Push(f"{head}: {name}", make(content), verdict) for name, content in rows.items()]


def many_files(number: int) -> Callable[[World], str]:
    return lambda world: world.changed({f"many/{at // 100}/{at}": b"x" for at in range(number)})


def deep(depth: int) -> Callable[[World], str]:
    def make(world: World) -> str:
        oid = world.objects.tree({"x": b"x"})
        for _ in range(depth):
            oid = world.objects.raw_tree((FOLDER, b"d", oid))
        return world.changed({"deep": (FOLDER, oid)})

    return make


def bomb(world: World) -> str:
    oid = world.objects.tree({"x": b"x"})
    for _ in range(12):
        oid = world.objects.raw_tree(*((FOLDER, b"%d" % number, oid) for number in range(9)))
    return world.changed({"bomb": (FOLDER, oid)})


def parents(*made: Callable[[World], str]) -> Callable[[World], str]:
    return lambda world: world.step(world.files, *(make(world) for make in made))


def the_base(world: World) -> str:
    return world.base


def missing(_: World) -> str:
    return "1" * 40


def an_octopus(number: int) -> Callable[[World], str]:
    """A merge of so many sides, each of which changes a file of its own."""

    def make(world: World) -> str:
        names = [f"docs/{side}.md" for side in range(number)]
        sides = [world.changed({name: b"x"}) for name in names]
        return world.changed(dict.fromkeys(names, b"x"), *sides)

    return make


def tagged(depth: int, target: Callable[[World], tuple[str, str]], **how: bytes) -> Callable[[World], str]:
    """A tag, of tags, of something; the innermost is made as `how` says."""

    def make(world: World) -> str:
        oid, kind = target(world)
        oid = world.objects.tag(oid, kind, **how)
        for _ in range(depth - 1):
            oid = world.objects.tag(oid, "tag")
        return oid

    return make


def noted(content: bytes) -> Callable[[World], str]:
    return lambda world: world.objects.commit(world.objects.tree({world.base: content}), message=b"Notes added\n")


def two_networks(world: World) -> str:
    chain = [
        canonical(
            "network/chain.json", {"network": network, "block_height": 1, "block_hash": "0" * 63 + "1", "block_time": 1}
        )
        for network in ("main", "regtest")
    ]
    other = world.objects.commit(world.objects.tree({"network/chain.json": chain[0]}))
    return world.changed({"network/chain.json": chain[1]}, world.changed({"network/chain.json": chain[1]}), other)


def hidden(world: World) -> str:
    """A key, and a commit that takes it out again."""
    leak = world.changed({"docs/leak.txt": KEY})
    return world.step(world.files, leak)


def unsorted(world: World) -> str:
    made = [(FILE, name, world.objects.blob(b"x")) for name in (b"b", b"a")]
    return world.objects.commit(world.objects.raw_tree(*made), world.base)


EVENTS = canonical(LOG, event(1), event(2))
LESS, OTHERWISE = canonical(LOG, event(2)), canonical(LOG, event(1, fee_sat=7), event(2))
WHY = b"Rewrite\n\nGitbtc-Rewrite: it never happened\n"
HEAD = b"tree TREE\n"
GOOD = HEAD + b"author " + WHO + b"\ncommitter " + WHO + b"\n\nx\n"
KIND_ENDS = {SCHEMA: None, EXTRA: None}

PUSHES = [
    # -- objects that no Git writes ------------------------------------------------------------------------------------
    *(Push(f"a tree with the name {name!r}", tree((FILE, name.encode())), "unreadable") for name in NO_NAMES),
    Push("a name twice", tree((FILE, b"a"), (FILE, b"a")), "unreadable"),
    Push("a file and a folder of one name", tree((FILE, b"a"), (FOLDER, b"a")), "unreadable"),
    Push("a tree out of order", unsorted, "unreadable"),
    *(
        Push(f"the mode {mode.decode()!r}", tree((mode, b"a")), "unreadable")
        for mode in (b"100666", b"0", b"777", b"x", b"")
    ),
    Push("an executable file", tree((b"100755", b"a")), ""),
    Push("a mode of old", tree((b"100664", b"a")), ""),
    Push("a tree that is cut", raw("tree", b"100644 a\0\1\1"), "unreadable"),
    Push("a tree without an end", raw("tree", b"100644 a"), "unreadable"),
    Push("a tree that is noise", raw("tree", bytes(range(256))), "unreadable"),
    Push("an empty tree", lambda world: world.objects.commit(world.objects.tree({})), ""),
    Push("a commit that empties the treasury", lambda world: world.step({}), "append_only"),
    Push("a commit without an author", raw("commit", HEAD + b"committer " + WHO + b"\n\nx\n"), "unreadable"),
    Push("a commit without a committer", raw("commit", HEAD + b"author " + WHO + b"\n\nx\n"), "unreadable"),
    Push("a commit of two trees", raw("commit", HEAD + GOOD), "unreadable"),
    Push(
        "a commit whose parent comes late",
        raw("commit", GOOD.replace(b"\n\nx", b"\nparent " + b"1" * 40 + b"\n\nx")),
        "unreadable",
    ),
    Push(
        "a commit of two authors",
        raw("commit", GOOD.replace(b"committer", b"author " + WHO + b"\ncommitter")),
        "unreadable",
    ),
    Push("a commit without a message", raw("commit", GOOD[:-3]), ""),
    Push("a commit of unknown headers", said(extra=b"x-note hidden\n"), ""),
    Push("a commit in another encoding", said(extra=b"encoding latin1\n", message=b"\xe4\n"), ""),
    Push("an author without a name", said(author=b"<> 0 +0000"), ""),
    Push("a commit from before time", said(committer=b"Eve <e@example.com> -5 +0000"), ""),
    Push("a commit from after time", said(committer=b"Eve <e@example.com> 99999999999999999999 +0000"), ""),
    Push("a parent that is a tree", parents(lambda world: world.objects.tree({})), "cannot"),
    Push("a parent that is a file", parents(lambda world: world.objects.blob(b"x")), "cannot"),
    Push("a parent that is not there", parents(missing), "cannot"),
    Push("a tree that is not there", lambda world: world.objects.commit("1" * 40), "cannot"),
    Push("a tree that is a file", lambda world: world.objects.commit(world.objects.blob(b"x")), "unreadable"),
    Push("a file that is not there", file("docs/x.md", (FILE, "1" * 40)), "cannot"),
    Push(
        "a file that is a tree",
        lambda world: world.changed({"x": (FILE, world.objects.tree({"x": b"x"}))}),
        "unreadable",
    ),
    Push(
        "a folder that is a file", lambda world: world.changed({"x": (FOLDER, world.objects.blob(b"x"))}), "unreadable"
    ),
    # -- sizes ---------------------------------------------------------------------------------------------------------
    Push("10,000 files", many_files(10_000), ""),
    Push("30,000 files", many_files(30_000), "limit"),
    Push("folders 200 deep", deep(200), ""),
    Push("folders 400 deep", deep(400), "unreadable"),
    Push("a small tree of more files than a disk holds", bomb, "limit"),
    Push("a large file", file("docs/large.md", b"x\n" * 3_000_000), "limit"),
    Push("a state file of many lines", file(UTXOS, b"[\n" + b"{},\n" * 30_000 + b"{}\n]\n"), "limit"),
    Push("many roots", lambda world: world.changed({f"root{n}/{UTXOS}": b"[]\n" for n in range(200)}), "limit"),
    Push("some roots", lambda world: world.changed({f"root{n}/{UTXOS}": b"[]\n" for n in range(20)}), ""),
    Push("a long message", said(message=b"word " * 100_000), "limit"),
    Push("a message of many lines", said(message=b"x\n" * 20_000), ""),
    Push("a long name of an author", said(author=b"x" * 200_000 + b" <e@example.com> 0 +0000"), "limit"),
    Push("a long path", file("d/" * 150 + "x", b"x"), ""),
    Push("a long name", file("x" * 4000, b"x"), ""),
    Push("a thousand commits", on_top(*[{"docs/notes.md": b"%d" % n} for n in range(40)]), ""),
    # -- files ---------------------------------------------------------------------------------------------------------
    *in_rows(NOT_STATE, partial(file, UTXOS), "form", "coins"),
    *in_rows(NO_COIN, lambda change: coins(**change), "form record", "a coin"),
    Push("an integer with a point", file(UTXOS, with_field("amount_sat", b"100000000.0")), "record"),
    Push("minus nothing", file(UTXOS, with_field("vout", b"-0")), "form"),
    Push("a label of odd letters", file(UTXOS, held(coin(0, label="\u202e\x9b2J\0x"), coin(1))), ""),
    Push("a strategy that is a list", file(STRATEGY, b"[]\n"), "form"),
    Push("a binary file beside state", file("wallet/x.dat", b"x\0y"), "form"),
    Push("a binary file elsewhere", file("docs/x.dat", b"x\0y"), ""),
    Push("names of any bytes", file("docs/\udcff\n\x1b[31m", b"x"), ""),
    Push("a state file that is a symbolic link", link(UTXOS), "form"),
    Push("a state file that is a submodule", link(UTXOS, SUBMODULE), "form"),
    Push(
        "a state file that can be run", lambda world: world.changed({UTXOS: (b"100755", world.objects.blob(ALL))}), ""
    ),
    Push(
        "a state file that is a folder",
        lambda world: world.objects.commit(
            world.objects.tree({**{k: v for k, v in world.files.items() if k != UTXOS}, f"{UTXOS}/x": b"x"}), world.base
        ),
        "form",
    ),
    Push("a folder of state that is a symbolic link", folder("channels", LINK), "form"),
    Push("a folder of state that is a submodule", folder("channels", SUBMODULE), "form"),
    Push("a submodule elsewhere", link("vendor", SUBMODULE), ""),
    Push("a symbolic link elsewhere", link("docs/link"), ""),
    Push("an attribute that merges as union", file(".gitattributes", b"* merge=union -filter -diff\n"), ""),
    Push("a broken allow list", file(".gitbtc/allow.toml", b"[["), "form"),
    *(Push(f"the name {name!r}", file(name, b"[]\n"), "form") for name in LOOK_ALIKES),
    # -- kinds that are added ------------------------------------------------------------------------------------------
    *(
        Push(f"a schema {name}", added(made, b"" if verdict else b'[\n{"id":"a"}\n]\n'), verdict)
        for name, (made, verdict) in SCHEMAS.items()
    ),
    *(Push(f"the pattern {text[:20]}", added(pattern(text)), "unreadable") for text in UNBOUNDED),
    Push("a record that breaks an added schema", added(pattern("^[0-9]{1,9}$"), b'[\n{"id":"a"}\n]\n'), "record"),
    Push("a schema that is a symbolic link", link(".gitbtc/schemas/more.schema.json"), "unreadable"),
    Push("a file of an added kind loses a record", file(EXTRA, b'[\n{"id":"b"}\n]\n'), "append_only"),
    Push(
        "a kind that grows no more loses a record",
        lambda world: world.changed(
            {SCHEMA: json.dumps(schema(**{"x-gitbtc-growth": "set"})).encode(), EXTRA: b'[\n{"id":"b"}\n]\n'}
        ),
        "append_only",
    ),
    Push(
        "a kind goes, and its file is emptied",
        lambda world: world.changed({SCHEMA: None, EXTRA: b"[]\n"}),
        "append_only",
    ),
    Push("a kind goes with its file", lambda world: world.changed(KIND_ENDS), "append_only"),
    Push("a kind goes with its file, for a reason", lambda world: world.changed(KIND_ENDS, message=WHY), ""),
    Push("a kind goes, and its file stays", lambda world: world.changed({SCHEMA: None}), ""),
    # -- what only grows -----------------------------------------------------------------------------------------------
    Push("a log loses an event", file(LOG, LESS), "append_only"),
    Push("a log is rewritten", file(LOG, OTHERWISE), "append_only"),
    Push("a log goes", file(LOG, None), "append_only"),
    Push("a log is emptied", file(LOG, b"[]\n"), "append_only"),
    Push("a log loses an event for a reason", lambda world: world.changed({LOG: LESS}, message=WHY), ""),
    Push(
        "the reason stands in the text",
        lambda world: world.changed({LOG: LESS}, message=WHY + b"\nmore\n"),
        "append_only",
    ),
    Push(
        "the reason stands behind a NUL",
        lambda world: world.changed({LOG: LESS}, message=b"x\0\n\nGitbtc-Rewrite: x\n"),
        "append_only",
    ),
    Push("a log grows", file(LOG, canonical(LOG, event(1), event(2), event(3))), ""),
    Push("a log loses an event, and a later commit brings it back", on_top({LOG: LESS}, {LOG: EVENTS}), "append_only"),
    Push(
        "a merge loses an event of a side",
        merge({LOG: EVENTS}, {LOG: canonical(LOG, event(1), event(2), event(3))}, {}),
        "append_only",
    ),
    # -- coins ---------------------------------------------------------------------------------------------------------
    Push("a spend", spent([coin(1)], A), ""),
    Push("a spend whose change is listed", spent([coin(1), change_of(A)], A), ""),
    Push("two spends of a coin", spent([coin(1)], A, B), "double_spend"),
    Push("a spent coin that is listed", spent([coin(0), coin(1)], A), "spent_coin"),
    Push("a coin of which nobody recorded a transaction goes", spent([coin(1)]), ""),
    Push("a coin that nothing spends goes", file(UTXOS, canonical(UTXOS, coin(0), coin(1))), "lost_coin"),
    Push("all coins go", file(UTXOS, b"[]\n"), "lost_coin"),
    Push("the coins' file goes", file(UTXOS, None), "lost_coin"),
    Push("a coin that is worth more now", coins(amount_sat=200_000_000), "data_error"),
    Push("a coin at another address", coins(address="bcrt1qsl0cr0fry3w67cqmnc7fjsxd82uep4hd7gsw7t"), "data_error"),
    Push("a fee that is none", spent([coin(1)], A | {"fee_sat": 7}), "fee"),
    Push("more is paid than there is", spent([coin(1)], spend("aa", coin(0), fee=-5)), "record"),
    Push("a transaction that confirms", on_top(BY_A, {**SPENT, TRANSACTIONS: known(mined(A))}), ""),
    Push(
        "a mempool that knows another spender",
        lambda world: world.changed({**BY_A, "network/mempool.json": canonical("network/mempool.json", pending(B))}),
        "double_spend",
    ),
    Push(
        "channels in one output",
        file(CHANNELS, canonical(CHANNELS, *(channel(f"{n}x1x1", funding_outpoint=f"{'ab' * 32}:0") for n in (1, 2)))),
        "channel_twice",
    ),
    Push(
        "a trailer that settles nothing",
        lambda world: world.changed(
            BOTH, message=f"x\n\nDouble-Spend: {A['inputs'][0]['txid']}:0 {A['txid']} over {B['txid']}\n".encode()
        ),
        "double_spend",
    ),
    # -- merges --------------------------------------------------------------------------------------------------------
    Push("a sound merge", merge({**BY_A, "docs/notes.md": b"b"}, BY_A, {"docs/notes.md": b"b"}), ""),
    Push("a merge of two spends", merge(BOTH, BY_A, BY_B), "double_spend"),
    Push("a merge that drops a spend", merge(BY_A, BY_A, BY_B), "append_only"),
    Push(
        "a merge that makes a coin up",
        merge({UTXOS: held(coin(0), coin(1), coin(7))}, {"docs/a.md": b"a"}, {"docs/b.md": b"b"}),
        "coin_from_nowhere",
    ),
    Push(
        "a merge that loses a coin",
        merge({UTXOS: canonical(UTXOS, coin(0), coin(1))}, {"docs/a.md": b"a"}, {"docs/b.md": b"b"}),
        "lost_coin",
    ),
    Push(
        "a merge that takes what nobody has", merge({"docs/c.md": b"c"}, {"docs/a.md": b"a"}, {"docs/b.md": b"b"}), ""
    ),
    Push(
        "a merge that loses a channel",
        merge({}, {CHANNELS: canonical(CHANNELS, channel("1x1x1"), channel("2x1x1"))}, {"docs/b.md": b"b"}),
        "lost_addition",
    ),
    Push(
        "a merge that goes live",
        merge({STRATEGY: strategy(simulating=False)}, {"docs/a.md": b"a"}, {"docs/b.md": b"b"}),
        "live",
    ),
    Push(
        "a commit that goes live and more",
        lambda world: world.changed({STRATEGY: strategy(simulating=False), "docs/a.md": b"a"}),
        "live",
    ),
    Push("a commit that goes live", file(STRATEGY, strategy(simulating=False)), ""),
    Push("an octopus", an_octopus(5), ""),
    Push("an octopus of two spends", merge(BOTH, {"docs/a.md": b"a"}, BY_A, BY_B), "double_spend"),
    Push("an octopus of a hundred", an_octopus(100), "unreadable"),
    Push("one parent twice", parents(the_base, the_base), ""),
    Push(
        "a parent below another",
        lambda world: world.step(world.files, world.changed({"docs/a.md": b"a"}), world.base),
        "",
    ),
    Push(
        "a merge of a history that has nothing to do with it",
        parents(the_base, lambda world: world.objects.commit(world.objects.tree({"x": b"x"}))),
        "",
    ),
    Push("a merge of two networks", two_networks, "network"),
    Push(
        "a commit that says that it is a join",
        merge({}, BY_A, {"docs/b.md": b"b"}, message=b"Join 2 heads\n\nGitbtc-Join: v1\n"),
        "append_only",
    ),
    # -- keys ----------------------------------------------------------------------------------------------------------
    Push("a key in a file", lambda world: world.changed({"docs/x.txt": KEY}), "key"),
    Push("a key in a binary file", lambda world: world.changed({"docs/x.dat": b"\0\1" + KEY + b"\0"}), "key"),
    Push(
        "a key in a label",
        lambda world: world.changed({UTXOS: held(coin(0, label=KEY.decode()), coin(1))}),
        "key",
    ),
    Push("a key in the name of a file", lambda world: world.changed({f"docs/{KEY.decode()}": b"x"}), "key"),
    Push("a key in a symbolic link", lambda world: world.changed({"docs/x": (LINK, world.objects.blob(KEY))}), "key"),
    Push("a key in the name of a submodule", lambda world: world.changed({KEY.decode(): (SUBMODULE, "1" * 40)}), "key"),
    Push("a key in a schema", added(more(description=KEY.decode())), "key"),
    Push("a key in the message", said(message=KEY + b"\n"), "key"),
    Push("a key behind a NUL", said(message=b"x\0" + KEY + b"\n"), "key"),
    Push("a key for an author", said(author=KEY + b" <e@example.com> 0 +0000"), "key"),
    Push("a key for an address", said(committer=b"Eve <" + KEY + b"> 0 +0000"), "key"),
    Push("a key in a header", said(extra=b"x-note " + KEY + b"\n"), "key"),
    Push(
        "a key in a signature",
        said(extra=b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n " + KEY + b"\n -----END PGP SIGNATURE-----\n"),
        "key",
    ),
    Push(
        "a key in a tag that a commit carries",
        said(extra=b"mergetag object " + b"1" * 40 + b"\n type commit\n \n " + KEY + b"\n"),
        "key",
    ),
    Push(
        "a signature",
        said(extra=b"gpgsig -----BEGIN SSH SIGNATURE-----\n U1NIU0lH\n -----END SSH SIGNATURE-----\n"),
        "",
    ),
    Push("a key that the next commit takes out", hidden, "key"),
    Push("a key in the allow list's reason", lambda world: world.changed({".gitbtc/allow.toml": b"# " + KEY}), "key"),
    Push("a tag", tagged(1, lambda world: (world.base, "commit")), "", "refs/tags/x"),
    Push("a tag of tags", tagged(9, lambda world: (world.base, "commit")), "", "refs/tags/x"),
    Push("a tag of tags of a key", tagged(9, lambda world: (world.base, "commit"), message=KEY), "key", "refs/tags/x"),
    Push(
        "a tag whose tagger is a key",
        tagged(1, lambda world: (world.base, "commit"), tagger=KEY + b" <e> 0 +0000"),
        "key",
        "refs/tags/x",
    ),
    Push(
        "a tag of a long message",
        tagged(1, lambda world: (world.base, "commit"), message=b"word " * 100_000),
        "limit",
        "refs/tags/x",
    ),
    Push(
        "a tag of a file with a key", tagged(3, lambda world: (world.objects.blob(KEY), "blob")), "key", "refs/tags/x"
    ),
    Push(
        "a tag of a folder with a key",
        tagged(1, lambda world: (world.objects.tree({"x": KEY}), "tree")),
        "key",
        "refs/tags/x",
    ),
    Push(
        "a tag of a double spend",
        tagged(2, lambda world: (world.changed(BOTH), "commit")),
        "double_spend",
        "refs/tags/x",
    ),
    Push("a tag of what is not there", tagged(1, lambda _: ("1" * 40, "commit")), "cannot", "refs/tags/x"),
    Push(
        "a tag that lies about its target",
        tagged(1, lambda world: (world.objects.blob(b"x"), "commit")),
        "cannot",
        "refs/tags/x",
    ),
    # -- refs ----------------------------------------------------------------------------------------------------------
    Push("a replacement", the_base, "replace", f"refs/replace/{'1' * 40}"),
    Push("a ref of a file", lambda world: world.objects.blob(b"x"), "", "refs/odd/file"),
    Push("a ref of a file with a key", lambda world: world.objects.blob(KEY), "key", "refs/odd/file"),
    Push("a ref of a tree", lambda world: world.objects.tree(world.files), "", "refs/odd/tree"),
    Push("a ref of a tree with a key", lambda world: world.objects.tree({"x": KEY}), "key", "refs/odd/tree"),
    Push("a note", noted(b"a note\n"), "", "refs/notes/commits"),
    Push("a note with a key", noted(KEY), "key", "refs/notes/commits"),
    Push("a stash", lambda world: world.step(world.files, world.base, world.step(world.files)), "", "refs/odd/stash"),
    Push("a double spend on an odd ref", lambda world: world.changed(BOTH), "double_spend", "refs/odd/x"),
    Push("a name of any letters", the_base, "", "refs/heads/\u202e\u00e4"),
    Push("a history that begins anew", lambda world: world.objects.commit(world.objects.tree(world.files)), ""),
    Push("a branch that goes back", the_base, "", old=lambda world: world.changed({"docs/a.md": b"a"})),
    Push(
        "a live history in a simulating branch's place",
        lambda world: world.objects.commit(world.objects.tree({**world.files, STRATEGY: strategy(simulating=False)})),
        "live",
        old=the_base,
    ),
]
