"""A file of labels brought in: a merge of three, whose base is what the same file said when it came in last.

Labels that people changed here since are not undone by an old export. Without a base nothing that stands here is
changed: what is new is added, and what differs is listed.
"""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.labels.label_file import KIND, things
from gitbtc.merge.files import Options, merge_files
from gitbtc.merge.markers import MarkedFile, Style
from gitbtc.merge.records import merge_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from gitbtc.kinds.kind import Key, Record
    from gitbtc.labels.label_file import LabelFile

    Things = dict[Key, list[Record]]

FROZEN, SPENDABLE = "frozen", "spendable"
BOTH = "both"


class BroughtLabels:
    """What bringing in a file makes of the labels here. `records` are those of the file then, `content` its bytes;
    `differing` (thing, text here, text there) is what stays as it is here; `contested` what both sides renamed;
    `turned` (ref, word, earlier word) the outputs that are frozen or not any more; `notices` lines.
    """

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.content = b""
        self.added = self.changed = self.removed = 0
        self.differing: list[tuple[Key, str, str]] = []
        self.contested: list[tuple[Key, str, str]] = []
        self.turned: list[tuple[str, str, str]] = []
        self.notices: list[str] = []


def bring(base: bytes | None, ours: LabelFile, theirs: LabelFile, choice: str = "") -> BroughtLabels:
    """Bring in what a file says; `base` is what it said before, a canonical file, None the first time.

    `choice` (`ours`, `theirs`, `both`) settles what both sides renamed.
    """
    brought, kind = BroughtLabels(), built_in(KIND)
    said = theirs.content()
    if base == said:
        brought.records, brought.content = ours.records, ours.content()
        return brought
    before = ours.things()
    if base is not None:
        brought.content = _merged(base, ours.content(), _with_unspoken(base, said), choice, brought)
        brought.records = codec.parse(kind, brought.content)
        after = things(brought.records)
    elif before:
        after = _added(before, theirs.things(), brought)
        brought.records = [record for rows in after.values() for record in rows]
        brought.content = codec.encode_file(kind, brought.records)
    else:
        after = theirs.things()
        brought.records, brought.content = theirs.records, said
    _count(before, after, brought)
    return brought


def _with_unspoken(base: bytes, theirs: bytes) -> bytes:
    """`theirs` with what `base` has of the types that it does not speak of: a program that leaves them out deletes
    nothing.
    """
    kind = built_in(KIND)
    records: list[Record] = codec.parse(kind, theirs)
    spoken = {record["type"] for record in records}
    return codec.encode_file(kind, [*records, *(one for one in codec.parse(kind, base) if one["type"] not in spoken)])


def _merged(base: bytes, ours: bytes, theirs: bytes, choice: str, brought: BroughtLabels) -> bytes:
    kind = built_in(KIND)
    merge = merge_files(kind, base, ours, theirs, Options(Style))
    marked = MarkedFile(kind, merge.content) if merge.conflicts else None
    for conflict in merge.conflicts:
        if marked is not None:
            sides = [conflict.ours, conflict.theirs]
            marked.settle(
                conflict.key, *(sides if choice == BOTH else [conflict.theirs if choice == "theirs" else sides[0]])
            )
        texts = [_text(kind.loads(side)) if side else "" for side in (conflict.ours, conflict.theirs)]
        brought.contested.append((conflict.key[:-1], texts[0], texts[1]))
    brought.notices += [f"{':'.join(notice.key[:2])}: {notice.text}" for notice in merge.notices
                        if notice.record is None]  # fmt: skip
    return marked.content() if marked else merge.content


def _text(record: Record) -> str:
    """What a record says, for a line that compares it with another."""
    return str(record.get("label", "")) or ("frozen" if record.get("spendable") is False else "")


def _added(before: Things, there: Things, brought: BroughtLabels) -> Things:
    kind, here = built_in(KIND), dict(before)
    for thing, rows in there.items():
        own = here.get(thing)
        if own is None:
            here[thing] = rows
        elif len(own) == len(rows) == 1:
            merged = merge_record(kind, None, own[0], rows[0], into_ours=True)
            here[thing] = [merged.ours]
            if merged.contested:
                brought.differing.append((thing, _text(own[0]), _text(rows[0])))
        else:
            texts = {row.get("label", "") for row in own}
            brought.differing += [(thing, " and ".join(sorted(texts)), _text(row)) for row in rows
                                  if row.get("label", "") not in texts]  # fmt: skip
    return here


def _count(before: Things, after: Things, brought: BroughtLabels) -> None:
    """How many things got a label, lost it, or have another; and which outputs are frozen now, or not any more."""
    brought.added = len(after.keys() - before.keys())
    brought.removed = len(before.keys() - after.keys())
    brought.changed = sum(before[thing] != after[thing] for thing in before.keys() & after.keys())
    was, now = ({thing for thing, rows in labels.items() if thing[0] == "output" and _is_frozen(rows)}
                for labels in (before, after))  # fmt: skip
    brought.turned = sorted(
        [(thing[1], FROZEN, SPENDABLE) for thing in now - was] + [(thing[1], SPENDABLE, FROZEN) for thing in was - now]
    )


def _is_frozen(rows: list[Record]) -> bool:
    return any(row.get("spendable") is False for row in rows)


def known_outputs(turned: list[tuple[str, str, str]], listed: Container[str]) -> list[tuple[str, str, str]]:
    """Those of the outputs that are coins here: the others freeze nothing."""
    return [one for one in turned if one[0] in listed]


def bring_fees(before: Mapping[str, int], transactions: list[Record], paid: Mapping[str, int]) -> list[str]:
    """Give `transactions` the fees that a file tells (sat, by txid); `before` is what it told last. A line for each
    that is another here, which somebody else told: it stays.
    """
    notices = []
    for transaction in transactions:
        txid, here = transaction["txid"], transaction["fee_sat"]
        fee = paid.get(txid, here)
        if here is None or here == before.get(txid):
            transaction["fee_sat"] = fee
        elif fee != here:
            notices.append(f"{txid}: a fee of {fee} sat there, {here} sat here; left as it is")
    return notices
