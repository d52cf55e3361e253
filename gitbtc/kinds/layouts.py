"""Where the records of a kind lie in a root: in one file, or in many, its shards.

`wallet/utxos.json` and the files `wallet/utxos/3f2.json` are two layouts of the same records. A schema says by
`x-gitbtc-shards` what a shard is named after: the first digits of a `txid`, an `agent`, or the `month` of a time. All
files of a kind in a root make one file of records, which is called by the whole file's path whatever the layout:
`Folded` stands for its oid, and `joined` and `divided` lead from the one to the other.
"""

from __future__ import annotations

from io import BytesIO
from operator import itemgetter

from gitbtc.kinds import codec
from gitbtc.kinds.codec import Malformed
from gitbtc.kinds.delta import NotCanonical, body, spliced
from gitbtc.kinds.shards import AGENT, MONTH, NOBODY, TXID, is_name, month_of, named_agent
from gitbtc.progress import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gitbtc.kinds.delta import Change
    from gitbtc.kinds.kind import Key, Kind, Record
    from gitbtc.kinds.registry import Kinds

    Entry = tuple[str, str]  # mode, oid
    Path = str
    Shard = tuple[str, Path, bytes]  # its name and its path, and its content

# Modes of what is no file.
_NO_FILE = frozenset(["120000", "160000"])


class Layout:
    """How the records of a kind lie: in the whole file (`digits` None), or in shards, named by so many `digits` of a
    txid (0 where shards are named after something else).
    """

    __slots__ = ("digits",)

    def __init__(self, digits: int | None = None) -> None:
        self.digits = digits

    @property
    def is_whole(self) -> bool:
        """Whether one file holds them all."""
        return self.digits is None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layout) and self.digits == other.digits

    def __hash__(self) -> int:
        return hash(self.digits)

    def __str__(self) -> str:
        if self.is_whole:
            return "one file"
        return f"shards of {self.digits} digit{'s' * (self.digits > 1)}" if self.digits else "shards"


WHOLE = Layout()


# -- names -----------------------------------------------------------------------------------------------------------


def shard_of(kind: Kind, layout: Layout, key: Key, record: Record) -> str:
    """The name of the shard that a record of that key belongs in. Malformed for a txid that is none."""
    if kind.shards == AGENT:
        return named_agent(record.get(AGENT))
    if kind.shards == MONTH:
        return month_of(key[0])
    name = str(key[0])[: layout.digits]
    if len(name) != layout.digits or not is_name(TXID, name):
        raise Malformed("a txid does not begin with hex digits, so that nobody knows which shard it belongs in")
    return name


def shard_of_key(kind: Kind, layout: Layout, key: Key) -> str | None:
    """The same of a key alone; None where that does not tell."""
    if kind.shards != AGENT:
        return shard_of(kind, layout, key, {})
    # The key of a log's record ends in its line.
    return shard_of(kind, layout, key, codec.decode_line(kind, key[-1])) if kind.identity == "record" else None


def layout_named(kind: Kind, name: str) -> Layout:
    """The layout that has a shard of that name."""
    return Layout(len(name) if kind.shards == TXID else 0)


def without_records(kind: Kind, layout: Layout) -> str:
    """The name of the shard that says how a kind lies of which there are no records."""
    return {AGENT: NOBODY, MONTH: "1970-01"}.get(kind.shards, "0" * (layout.digits or 1))


# -- paths -----------------------------------------------------------------------------------------------------------


def shard_path(whole: Path, name: str) -> Path:
    """The path of a shard, given that of the whole file."""
    stem, dot, ending = whole.rpartition(".")
    return f"{stem}/{name}{dot}{ending}"


class Folded(str):
    """Stands for the oid of the records of a kind that lie in shards: equal where all of their files are equal.

    `kind` is whose records they are; `files`: name of a shard -> path, mode, oid; `layout` how they lie; `fault` why
    that is no layout, "" where it is one, and then nobody can say what the records are.
    """

    __slots__ = ("fault", "files", "kind", "layout")

    kind: Kind
    files: dict[str, tuple[Path, str, str]]
    layout: Layout
    fault: str

    @classmethod
    def of(cls, kind: Kind, whole: Path, files: Mapping[str, tuple[Path, str, str]]) -> Folded:
        """Those of `files`; under the name "" the whole file, where it lies beside them."""
        from gitbtc.digest import sha256  # of what lies in one file none is asked for

        ordered = {name: files[name] for name in sorted(files)}
        told = "\n".join([f"{name} {mode} {oid}" for name, (_, mode, oid) in ordered.items()])
        is_known = all(map(_OID, ordered.values()))
        made = cls("shards " + sha256(told.encode("utf-8", "surrogateescape")).hexdigest() if is_known else "")
        made.kind, made.files = kind, ordered
        lengths = set(map(len, filter(None, ordered))) if kind.shards == TXID else {0}
        made.layout = Layout(min(lengths))
        made.fault = _fault(kind, whole, ordered, lengths)
        return made


_MODE, _OID = itemgetter(1), itemgetter(2)


def _fault(kind: Kind, whole: Path, files: Iterable[str], lengths: set[int]) -> str:
    mend = f"`gitbtc reshard {kind.name}` puts every record in its place"
    if "" in files:
        folder = shard_path(whole, "").rpartition("/")[0]
        return f"{whole} and shards in {folder}/ lie beside each other, and a kind has one layout in a root; {mend}"
    if len(lengths) > 1:
        digits = " and of ".join(map(str, sorted(lengths)))
        return f"the shards of {whole} are of {digits} digits, and a kind has one layout in a root; {mend}"
    return ""


def folded(kinds: Kinds, entries: Mapping[Path, Entry]) -> Mapping[Path, Entry]:
    """`entries` with one for all shards of a kind in a root: at the whole file's path, its oid `Folded`."""
    found: dict[Path, dict[str, tuple[Path, str, str]]] = {}
    others: dict[Path, Entry] = {}
    for path, entry in entries.items():
        shard = kinds.shard(path)
        if shard is None:
            others[path] = entry
        else:
            found.setdefault(shard[0], {})[shard[1]] = (path, *entry)
    if not found:
        return entries
    for whole, files in found.items():
        if whole in others:
            files[""] = (whole, *others[whole])
        _fold(kinds, whole, files, others)
    return others


def _fold(kinds: Kinds, whole: Path, files: Mapping[str, tuple[Path, str, str]], entries: dict[Path, Entry]) -> None:
    """Put the one entry of the records at `whole` in the place of those of `files`."""
    kind = kinds.for_path(whole)
    if kind is not None:
        modes = set(map(_MODE, files.values()))
        odd = sorted(modes & _NO_FILE)
        entries[whole] = odd[0] if odd else modes.pop() if len(modes) == 1 else "100644", Folded.of(kind, whole, files)


def refolded(kinds: Kinds, entries: Mapping[Path, Entry], changes: Mapping[Path, Entry | None]) -> Mapping[Path, Entry]:
    """What `folded` makes of entries after some files became others (None: none), given what it made of them before."""
    made = dict(entries)
    shards: dict[Path, dict[str, tuple[Path, str, str] | None]] = {}
    for path, entry in changes.items():
        whole, name = kinds.shard(path) or (path, "")
        shards.setdefault(whole, {})[name] = (path, *entry) if entry else None
    for whole, changed in shards.items():
        files = {name: file for name, file in {**_files(whole, made.pop(whole, None)), **changed}.items() if file}
        if any(files):
            _fold(kinds, whole, files, made)
        elif files:
            made[whole] = files[""][1:]
    return made


def _files(whole: Path, entry: Entry | None) -> Mapping[str, tuple[Path, str, str]]:
    """The files of an entry of `folded`, by the name of the shard; the whole file is called ""."""
    if entry is None:
        return {}
    return entry[1].files if isinstance(entry[1], Folded) else {"": (whole, *entry)}


def layout_faults(kinds: Kinds, entries: Mapping[Path, Entry]) -> Iterator[tuple[Path, str]]:
    """(path of the whole file, what is wrong) of each kind of a root that has no one layout."""
    for path, (_, oid) in folded(kinds, entries).items():
        if isinstance(oid, Folded) and oid.fault:
            yield path, oid.fault


def no_shard(kinds: Kinds, whole: Path) -> str:
    """What to say of a file among the shards of the records at `whole` that is none of them."""
    kind = kinds.for_path(whole)
    what = {TXID: "the first 1 to 4 hex digits of a txid", AGENT: "an agent", MONTH: "a month, as 2026-03"}
    named = what[kind.shards] if kind else ""
    return (
        f"a file among the shards of {whole} that is none of them, and nobody guards it: those are named after {named}"
    )


def unfolded(entries: Mapping[Path, Entry]) -> dict[Path, Entry]:
    """The same with every file by itself again."""
    made: dict[Path, Entry] = {}
    for path, (mode, oid) in entries.items():
        if isinstance(oid, Folded):
            made |= {file: (own, blob) for file, own, blob in oid.files.values()}
        else:
            made[path] = mode, oid
    return made


def layout_of(entry: Entry | None) -> Layout | None:
    """How the records of an entry of `folded` lie; None where there are none."""
    if entry is None:
        return None
    return entry[1].layout if isinstance(entry[1], Folded) else WHOLE


LAYOUT = "layout"  # the type of what is told of that
APART = "the sides have it in different layouts"
HALF_GONE = "one side took away a shard that the other changed"


def are_in_shards(side: Mapping[Path, Entry]) -> set[Path]:
    """The records of a side that lie in shards, given its entries of `folded`; by the path of the whole file."""
    return {path for path, (_, oid) in side.items() if isinstance(oid, Folded)}


def lie_apart(sides: Sequence[Mapping[Path, Entry]]) -> set[Path]:
    """The records that sides of a merge have in different layouts."""
    paths = {path for side in sides for path in are_in_shards(side)}
    return {path for path in paths if len({layout_of(side.get(path)) for side in sides} - {None}) > 1}


def half_gone(base: Entry | None, one: Entry | None, other: Entry | None) -> bool:
    """Whether one side of a merge took away a shard of the base that the other side changed."""
    before, *after = (entry[1].files if entry and isinstance(entry[1], Folded) else {} for entry in (base, one, other))
    changed = (name for name, file in before.items() if all(side.get(name) != file for side in after))
    return any(sum(name in side for side in after) == 1 for name in changed)


# -- contents --------------------------------------------------------------------------------------------------------


def read(oid: Folded, read_file: Callable[[Path, str], bytes], names: Iterable[str] | None = None) -> bytes:
    """The file that the shards make, or those called `names` alone; `read_file` answers path and oid of one with its
    bytes. Malformed where nobody can say what the records are.
    """
    if oid.fault:
        raise Malformed(oid.fault)
    chosen = oid.files if names is None else {name: oid.files[name] for name in names if name in oid.files}
    asked = counted("shards read", sorted(chosen.items()), len(chosen))
    return joined(oid.kind, oid.layout, ((name, path, read_file(path, blob)) for name, (path, _, blob) in asked))


def may_hold(oid: Folded, identity: str) -> list[Path]:
    """The shards in which the record of that name may be, by their paths."""
    by_txid = oid.kind.shards == TXID
    return [path for name, (path, _, _) in oid.files.items() if not by_txid or identity.startswith(name)]


def differing(versions: Iterable[Entry | None]) -> list[str] | None:
    """The shards in which versions of one file of records differ, given their entries (None for no file); None where
    they do not all lie in the same way, so that all of them may.
    """
    found = list(versions)
    oids = [entry[1] for entry in found if entry is not None]
    folded_ones = [oid for oid in oids if isinstance(oid, Folded)]
    if len(folded_ones) < len(oids) or len({oid.layout for oid in folded_ones}) != 1:
        return None
    if any(oid.fault for oid in folded_ones):
        return None
    first, *others = [oid.files if isinstance(oid, Folded) else {} for oid in (one[1] if one else "" for one in found)]
    names = {name for side in others for name, _ in first.items() ^ side.items()}
    return sorted(name for name in names if any(_are_apart(first.get(name), side.get(name)) for side in others))


def holding(oid: Folded, txids: Iterable[str] | None = None) -> list[str]:
    """The shards, by the first digits of txids, in which records of some transactions can lie; without `txids` all.
    Malformed where nobody can say.
    """
    if oid.fault:
        raise Malformed(oid.fault)
    if txids is None:
        return list(oid.files)
    return sorted(oid.files.keys() & {txid[: oid.layout.digits] for txid in txids})


def _are_apart(one: tuple[Path, str, str] | None, other: tuple[Path, str, str] | None) -> bool:
    """Whether a shard differs, or may: in a work tree it is there without an oid that anybody knows."""
    return one is None or other is None or one[2] != other[2]


def joined(kind: Kind, layout: Layout, shards: Iterable[Shard]) -> bytes:
    """The canonical file of the records of `shards`, which are in order, none of which is held. Malformed, naming the
    shard, where one does not parse, or holds a record that belongs in another.
    """
    if kind.shards == AGENT:
        return _sorted_together(kind, layout, shards)
    made = BytesIO()
    for name, path, content in shards:
        begin, end = _lines_between(kind, path, content)
        if begin == end:
            continue
        _check_ends(kind, layout, name, path, _ends(content, begin, end))
        made.write(kind.frame.end if made.tell() else kind.frame.head)
        made.write(memoryview(content)[begin : end - 1])
    if not made.tell():
        return kind.frame.empty
    made.write(b"\n" + kind.frame.foot)
    return made.getvalue()


def _lines_between(kind: Kind, path: Path, content: bytes) -> tuple[int, int]:
    try:
        return body(content, kind.frame)
    except NotCanonical:
        raise Malformed(f"{path}: {_why_not(kind, content)}") from None


def _why_not(kind: Kind, content: bytes) -> str:
    try:
        codec.keyed(kind, content)
    except Malformed as error:
        return str(error)
    return "not in canonical form, which `git add --renormalize` makes it"


def _ends(content: bytes, begin: int, end: int) -> set[bytes]:
    """The first and the last of the lines between two offsets."""
    first = content[begin : content.find(b"\n", begin)]
    last = content[max(content.rfind(b"\n", begin, end - 1) + 1, begin) : end - 1]
    return {first, last}


def _check_ends(kind: Kind, layout: Layout, name: str, path: Path, lines: set[bytes]) -> None:
    """That a shard's first and last record belong in it: so do those between, which are sorted."""
    for line in lines:
        try:
            record, key = codec.read_line(kind, line.removesuffix(kind.frame.end[:-1]))
        except Malformed as error:
            raise Malformed(f"{path}: {error}") from None
        misplaced = stranger(kind, layout, name, [(key, record)])
        if misplaced:
            raise Malformed(f"{path}: {misplaced}")


def stranger(kind: Kind, layout: Layout, name: str, records: Iterable[tuple[Key, Record]]) -> str:
    """What to say of the first of the records that do not belong in the shard called `name`; "" where all do."""
    for key, record in records:
        try:
            wanted = shard_of(kind, layout, key, record)
        except Malformed as error:
            return str(error)
        if wanted != name:
            ending = kind.path.rpartition(".")[2]
            called = codec.identity_text(kind, key)
            return (
                f"the record {called} belongs in {wanted}.{ending}; `gitbtc reshard {kind.name}` puts every record in"
                " its place"
            )
    return ""


def _sorted_together(kind: Kind, layout: Layout, shards: Iterable[Shard]) -> bytes:
    """The same where the order of the records is not that of the shards."""
    found: dict[Key, bytes] = {}
    for name, path, content in shards:
        begin, end = _lines_between(kind, path, content)
        if begin == end:
            continue
        read_whole = codec.read_at_once(kind, content)
        if read_whole is None:
            raise Malformed(f"{path}: {_why_not(kind, content)}")
        misplaced = stranger(kind, layout, name, zip(read_whole.keys, read_whole.records, strict=True))
        if misplaced:
            raise Malformed(f"{path}: {misplaced}")
        found |= zip(read_whole.keys, read_whole.lines, strict=True)
    return codec.encode_lines(kind, [found[key] for key in sorted(found)])


def divided(kind: Kind, layout: Layout, content: bytes) -> dict[str, bytes]:
    """The shards of a file of records, of any form: name -> canonical bytes; at least one. Malformed."""
    return in_shards(kind, layout, codec.keyed(kind, content))


def in_shards(kind: Kind, layout: Layout, lines: Mapping[Key, bytes]) -> dict[str, bytes]:
    """The same of records by their keys, in order, each as its canonical line."""
    found: dict[str, list[bytes]] = {}
    by_record = kind.shards == AGENT
    for key, line in lines.items():
        record = codec.decode_line(kind, line) if by_record else {}
        found.setdefault(shard_of(kind, layout, key, record), []).append(line)
    made = {name: codec.encode_lines(kind, found[name]) for name in sorted(found)}
    return made or {without_records(kind, layout): codec.encode_lines(kind, [])}


def laid_out(  # noqa: PLR0913, PLR0917 - what there is, and what is to be
    entry: Entry | None,
    whole: Path,
    kind: Kind,
    content: bytes,
    read_file: Callable[[Path, str], bytes],
    layout: Layout = WHOLE,
) -> dict[Path, bytes]:
    """The files that have to become others for the records to be those of `content`, given the entry of the records as
    they are: path -> bytes; where there is none, they lie as `layout` says. A shard that has no record any more stays,
    empty: so nobody's change meets a deletion.
    """
    oid = entry[1] if entry else ""
    if isinstance(oid, Folded) and oid.fault:
        raise Malformed(oid.fault)
    if (not isinstance(oid, Folded) and entry) or layout.is_whole:
        return {whole: content}
    wanted = divided(kind, layout, content)
    nothing = codec.encode_lines(kind, [])
    files = oid.files if isinstance(oid, Folded) else {}
    made: dict[Path, bytes] = {}
    for name in sorted(wanted.keys() | files.keys()):
        there = files.get(name)
        after = wanted.get(name, nothing)
        if there is None or read_file(there[0], there[2]) != after:
            made[shard_path(whole, name)] = after
    return made


def relaid(
    oid: Folded, whole: Path, changes: Iterable[Change], read_file: Callable[[Path, str], bytes]
) -> dict[Path, bytes]:
    """The same where what the shards make is canonical, and `changes` are what is otherwise in `content`: only the
    shards of these are read.
    """
    kind = oid.kind
    if oid.fault:
        raise Malformed(oid.fault)
    found: dict[str, dict[Key, bytes | None]] = {}
    for change in changes:
        name = shard_of(kind, oid.layout, change.key, change.new_record or change.old_record or {})
        found.setdefault(name, {})[change.key] = change.new
    made: dict[Path, bytes] = {}
    for name, lines in sorted(found.items()):
        there = oid.files.get(name)
        made[shard_path(whole, name)] = spliced(kind, read_file(there[0], there[2]) if there else b"", lines)
    return made
