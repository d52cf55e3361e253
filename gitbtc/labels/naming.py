"""What a thing is called stands in several files: in the coin, its transaction, its address, and the labels of BIP-329.

A new name is given everywhere at once, so that no two files call one thing differently.
"""

from __future__ import annotations

from gitbtc.coins.names import UNCATEGORISED
from gitbtc.errors import UsageError
from gitbtc.kinds import codec
from gitbtc.kinds.foreign import is_id
from gitbtc.kinds.formats import read_address
from gitbtc.kinds.registry import built_in
from gitbtc.labels.label_file import KIND, refs
from gitbtc.spends import COINS, TRANSACTIONS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.naming import Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from gitbtc.kinds.kind import Record

LABELS = "labels"
KINDS = (COINS, TRANSACTIONS, LABELS, KIND)


class Files:
    """The records of a root that have names, by kind; `read` answers the canonical file of a kind, no bytes for none,
    and its records. Each is read when it is asked for.
    """

    def __init__(self, read: Callable[[str], tuple[bytes, list[Record]]]) -> None:
        self._read = read
        self._before: dict[str, bytes] = {}
        self._written: dict[str, bytes] = {}
        self.records = _WhenAsked(self._open)

    def _open(self, kind: str) -> list[Record]:
        self._before[kind], records = self._read(kind)
        return records

    def before(self, kind: str) -> bytes:
        """The file as it was read."""
        _ = self.records[kind]
        return self._before[kind]

    def put(self, kind: str, records: list[Record], content: bytes) -> None:
        """Have `records` instead, which are those of the canonical file `content`, and do not change any more."""
        self.records[kind] = records
        self._written[kind] = content

    def exists(self, kind: str) -> bool:
        """Whether the file was there."""
        return bool(self.before(kind))

    def changed(self) -> dict[str, tuple[bytes, bytes]]:
        """kind -> the file before and now, of those that differ."""
        now = {
            kind: self._written[kind] if kind in self._written else codec.encode_file(built_in(kind), records)
            for kind, records in self.records.items()
        }
        return {
            kind: (self._before[kind], content)
            for kind, content in now.items()
            if content != self._before[kind] and (self.records[kind] or self._before[kind])
        }

    def texts(self, type_: str, wanted: Container[str] | None = None) -> dict[str, set[str]]:
        """ref -> what the rows of BIP-329 of a type call it; of the refs that are `wanted`, None for all."""
        found: dict[str, set[str]] = {}
        for row in self.records[KIND]:
            if row["type"] == type_ and (wanted is None or row["ref"] in wanted) and row.get("label"):
                found.setdefault(row["ref"], set()).add(row["label"])
        return found


class _WhenAsked(dict[str, "list[Record]"]):
    """The records of each kind, opened when they are asked for."""

    def __init__(self, open_: Callable[[str], list[Record]]) -> None:
        super().__init__()
        self._open = open_

    def __missing__(self, kind: str) -> list[Record]:
        records = self[kind] = self._open(kind)
        return records


def follow(files: Files, turned: Iterable[tuple[str, str, str]]) -> None:
    """Coins and transactions without a name get that of their row, and coins that a row froze or freed are so; `turned`
    are (outpoint, word now, word before).
    """
    for kind, type_, ref_of in ((COINS, "output", _coin_ref), (TRANSACTIONS, "tx", _tx_ref)):
        nameless = {ref_of(record): record for record in files.records[kind] if record.get("label") is None}
        for ref, named in files.texts(type_, nameless).items():
            if len(named) == 1:
                nameless[ref]["label"] = next(iter(named))
    moved = {outpoint for outpoint, _, _ in turned}
    if not moved:
        return
    rows = refs(files.records[KIND], lambda row: row["type"] == "output" and "spendable" in row)
    for coin in files.records[COINS]:
        outpoint = _coin_ref(coin)
        if outpoint in moved:
            said = {row["spendable"] for row in rows.get(("output", outpoint), [])}
            coin.pop("spendable", None)
            if said:
                coin["spendable"] = False not in said


def _coin_ref(coin: Record) -> str:
    return outpoint_text((coin["txid"], coin["vout"]))


def _tx_ref(transaction: Record) -> str:
    return str(transaction["txid"])


# -- one name --------------------------------------------------------------------------------------------------------


def meant(files: Mapping[str, Files], text: str) -> tuple[str, str, list[str]]:
    """The type (`output`, `tx`, `addr`) of what a person calls `text`, its whole name, and the roots that know it.

    UsageError for what names nothing that is known here, and for what may mean two things.
    """
    if read_address(text):
        ref = text.lower() if text[:1].isupper() else text
        return "addr", ref, [root for root, one in files.items() if ref in _addresses(one)]
    name = Name(text)
    outpoints, txids = {root: _outpoints(one) for root, one in files.items()}, {}
    if name.vout is None:
        txids = {root: {(txid,) for txid, _ in outpoints[root]} | _labelled_txids(one) for root, one in files.items()}
    known: Mapping[str, set[tuple[str, int]] | set[tuple[str]]] = txids or outpoints
    found = name.meant([subject for subjects in known.values() for subject in subjects])
    subject = next(iter(found), None)
    if subject is None:
        raise UsageError(f"{text}: nothing here is called so; `gitbtc label` takes a coin, a transaction or an address")
    ref = ":".join(map(str, subject))
    return "tx" if name.vout is None else "output", ref, [root for root, all_ in known.items() if subject in all_]


def _outpoints(files: Files) -> set[tuple[str, int]]:
    coins = {(coin["txid"], coin["vout"]) for coin in files.records[COINS]}
    made = {(one["txid"], output["vout"]) for one in files.records[TRANSACTIONS] for output in one["outputs"]}
    rows = [row["ref"].partition(":") for row in files.records[KIND] if row["type"] == "output"]
    return coins | made | {(txid, int(vout)) for txid, _, vout in rows if _is_index(txid, vout)}


def _is_index(txid: str, vout: str) -> bool:
    """Whether an outpoint is one: others may stand in a label, and name nothing here."""
    return is_id(txid) and vout.isascii() and vout.isdigit() and str(int(vout)) == vout


def _labelled_txids(files: Files) -> set[tuple[str]]:
    return {(row["ref"],) for row in files.records[KIND] if row["type"] == "tx" and is_id(row["ref"])}


def _addresses(files: Files) -> set[str]:
    coins = {coin["address"] for coin in files.records[COINS]}
    paid = {output["address"] for one in files.records[TRANSACTIONS] for output in one["outputs"]}
    rows = {row["ref"] for row in files.records[KIND] if row["type"] == "addr"}
    return {address for address in coins | paid if address} | {row["address"] for row in files.records[LABELS]} | rows


def rename(files: Files, thing: tuple[str, str], text: str, now: int, category: str = "") -> set[str]:
    """Call a thing (type, ref) `text` (empty: by no name) wherever it stands, and what shares its old name with it,
    because that is where the name came from: a coin's address, its transaction. `now`: Unix seconds, for a new label.

    Its addresses in labels.json go into `category`; "" leaves each in the one it has. UsageError where there is none.
    What it was called is returned.
    """
    naming = _Naming(files, thing, text, category)
    for kind, ref_type, ref_of in ((COINS, "output", _coin_ref), (TRANSACTIONS, "tx", _tx_ref)):
        for record in files.records[kind]:
            if naming.concerns((ref_type, ref_of(record)), record["label"]):
                record["label"] = text or None
    naming.of_addresses(now)
    naming.of_rows()
    return naming.old


class _Naming:
    """One thing that gets the name `text`, its addresses the category, unless that is "". `old`: its names before."""

    def __init__(self, files: Files, thing: tuple[str, str], text: str, category: str) -> None:
        self._files = files
        self._thing = thing
        self._text = text
        self._category = category
        self._related = _related(files, *thing)
        self.old = _names(files, *thing)

    def concerns(self, about: tuple[str, str], label: str | None) -> bool:
        """Whether a record about a thing, and its label, are meant too."""
        return about == self._thing or (about in self._related and label in self.old)

    def of_addresses(self, now: int) -> None:
        """In labels.json: one name for each address, under the category that it had, unless it gets another."""
        files, type_, ref = self._files, *self._thing
        rows = files.records[LABELS]
        renamed: list[Record] = []
        kept: list[Record] = []
        for row in rows:
            (renamed if self.concerns(("addr", row["address"]), row["label"]) else kept).append(row)
        labelled = {row["address"]: row for row in renamed}
        if not labelled and type_ == "addr" and (files.exists(LABELS) or not files.exists(KIND)):
            labelled[ref] = {"address": ref, "category": UNCATEGORISED, "created_at": now}
        if self._category:
            labelled = labelled or self._unlabelled(now)
            labelled = {address: row | {"category": self._category} for address, row in labelled.items()}
        kept += [{**row, "label": self._text} for row in labelled.values()] if self._text else []
        files.records[LABELS] = list({(row["address"], row["label"]): row for row in kept}.values())

    def _unlabelled(self, now: int) -> dict[str, Record]:
        """New labels for what only has a name in other files: a category is one of an address."""
        type_, ref = self._thing
        addresses = {ref} if type_ == "addr" else {ref for about, ref in self._related if about == "addr" and ref}
        if len(addresses) != 1:
            raise UsageError(
                "a category is one of an address: label the one that is meant, an output of the transaction"
            )
        return {address: {"address": address, "created_at": now} for address in addresses}

    def of_rows(self) -> None:
        """In the labels of BIP-329, where there are any; a thing that stands nowhere else gets a row of its own."""
        files, thing, kind = self._files, self._thing, built_in(KIND)
        silent = {"type", "ref", "origin"}  # what it was called is all that such a row said
        renamed = [(row, self._row(row)) for row in files.records[KIND]]
        rows = [now for row, now in renamed if now is row or not now.keys() <= silent]
        found = any((row["type"], row["ref"]) == thing for row in files.records[KIND])
        stands = any(_is_about(files, each, thing) for each in (COINS, TRANSACTIONS, LABELS))
        if not found and self._text and (files.exists(KIND) or not stands):
            rows.append({"type": thing[0], "ref": thing[1], "label": self._text})
        files.records[KIND] = list({codec.key_of(kind, row, b""): row for row in rows}.values())

    def _row(self, row: Record) -> Record:
        if not self.concerns((row["type"], row["ref"]), row.get("label")):
            return row
        unnamed = {name: value for name, value in row.items() if name != "label"}
        return unnamed | ({"label": self._text} if self._text else {})


def _related(files: Files, type_: str, ref: str) -> set[tuple[str, str]]:
    """The coins, transactions and addresses that are about the same money."""
    found: set[tuple[str, str]] = set()
    places = [(_coin_ref(coin), coin["txid"], coin["address"]) for coin in files.records[COINS]]
    places += [
        (outpoint_text((one["txid"], output["vout"])), one["txid"], output["address"])
        for one in files.records[TRANSACTIONS]
        for output in one["outputs"]
    ]
    for outpoint, txid, address in places:
        if ref == {"output": outpoint, "tx": txid, "addr": address}[type_]:
            found |= {("output", outpoint), ("tx", txid), ("addr", address or "")}
    return found


def _names(files: Files, type_: str, ref: str) -> set[str]:
    """What the thing is called now."""
    named = {
        "output": lambda: [coin["label"] for coin in files.records[COINS] if _coin_ref(coin) == ref],
        "tx": lambda: [one["label"] for one in files.records[TRANSACTIONS] if one["txid"] == ref],
        "addr": lambda: [row["label"] for row in files.records[LABELS] if row["address"] == ref],
    }[type_]()
    return {text for text in named if text} | files.texts(type_).get(ref, set())


def _is_about(files: Files, kind: str, thing: tuple[str, str]) -> bool:
    named = {COINS: ("output", _coin_ref), TRANSACTIONS: ("tx", _tx_ref), LABELS: ("addr", _address)}
    type_, ref_of = named[kind]
    return type_ == thing[0] and any(ref_of(record) == thing[1] for record in files.records[kind])


def _address(row: Record) -> str:
    return str(row["address"])


# -- two files that say the same -------------------------------------------------------------------------------------


def drift(files: Files) -> list[tuple[str, str, str]]:
    """(address, its name in labels.jsonl, its name in labels.json) where both have one and they differ."""
    here, there = files.texts("addr"), _listed(files)
    return [
        (address, " and ".join(sorted(here[address])), " and ".join(sorted(there[address])))
        for address in sorted(here.keys() & there.keys())
        if here[address] != there[address]
    ]


def _listed(files: Files) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in files.records[LABELS]:
        found.setdefault(row["address"], set()).add(row["label"])
    return found


def sync(files: Files, source: str, now: int) -> None:
    """Have labels.json (`source` labels329) or labels.jsonl (`source` labels) call each address as the other does."""
    if source == KIND:
        wanted = files.texts("addr")
        held = {row["address"]: row for row in files.records[LABELS]}
        kept = [row for row in files.records[LABELS] if row["label"] in wanted.get(row["address"], {row["label"]})]
        known = {(row["address"], row["label"]) for row in kept}
        for address, texts in wanted.items():
            like = held.get(address, {"address": address, "category": UNCATEGORISED, "created_at": now})
            kept += [{**like, "label": text} for text in sorted(texts) if (address, text) not in known and text]
        files.records[LABELS] = kept
        return
    listed = _listed(files)
    held_rows = refs(files.records[KIND])
    rows: list[Record] = []
    for address, texts in listed.items():
        own = held_rows.get(("addr", address), [])
        if texts == {row.get("label") for row in own}:
            rows += own
            continue
        like = own[0] if own else {"type": "addr", "ref": address}
        rows += [{**like, "label": text} for text in sorted(texts)]
    rows += [row for row in files.records[KIND] if row["type"] != "addr" or row["ref"] not in listed]
    files.records[KIND] = rows
