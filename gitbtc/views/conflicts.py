"""Conflicts and notices of a merge, as a line for people and as a document for programs."""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.merge.conflict import TYPES
from gitbtc.spends import COINS
from gitbtc.spends.naming import IDENTITIES
from gitbtc.views import terms
from gitbtc.views.beside import feerate
from gitbtc.views.line import Line
from gitbtc.views.table import Row, laid_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from gitbtc.kinds.kind import Kind, Record
    from gitbtc.merge.conflict import Conflict, Notice
    from gitbtc.spends.questions import Verdict

_LONGEST_VALUE = 40


def conflict_line(path: str, kind: Kind, conflict: Conflict) -> str:
    """What it is about and how much, who did what, and the command that settles it. A contested spend has a line a
    party: each is one of several that somebody has to choose from.
    """
    if is_spend(conflict):
        settle = f"  {_settled_by(short_outpoint(conflict))}"
        lines = [f"gitbtc: {spend_headline(path, kind, conflict)}", *party_lines(conflict), settle]
        return "\n".join([*lines, *explained_by([conflict.type])])
    address = codec.address(path, kind, conflict.key)
    settle = short_outpoint(conflict) if conflict.spend else _in_quotes(address)
    told = told_line(path, kind, conflict)
    return printable(f"gitbtc: {told}; {_settled_by(settle)}")


def open_line(path: str, kind: Kind, conflict: Conflict) -> str:
    """The same of a conflict that may be about a whole file: modify_delete or unreadable."""
    if conflict.key:
        return conflict_line(path, kind, conflict)
    return printable(f"gitbtc: {conflict.type}: {path}: {WHOLE[conflict.type]}; {_settled_by(_in_quotes(path))}")


def is_spend(conflict: Conflict) -> bool:
    """Whether it is about who spends a coin, which is told in lines of its own."""
    return bool(conflict.spend) and not conflict.fields


def short_outpoint(conflict: Conflict) -> str:
    """The coin of a contested spend, as every command takes it."""
    txid, _, vout = str((conflict.spend or {}).get("outpoint", "")).partition(":")
    return f"{terms.short(txid)}:{vout}"


def spend_headline(path: str, kind: Kind, conflict: Conflict, *, aloud: bool = False) -> str:
    """`double spend: 3.50000000 BTC  "OTC desk"  6d0cc27c:0`, or `DOUBLE SPEND  3.5…`; what it means where the word
    does not say so; where it is, of several treasuries.
    """
    amount = (conflict.spend or {}).get("amount_sat")
    lines = (line for line in (conflict.base, conflict.ours, conflict.theirs) if line is not None)
    labels = (codec.decode_line(kind, line).get("label") for line in lines)
    label = next((label for label in labels if type(label) is str and label), "")
    worth = [terms.btc(amount)] if type(amount) is int else []
    name = [terms.quoted(label)] if label else []
    where = [f"in {path}"] if path != kind.path else []
    means = "" if conflict.type == "double_spend" else f": {TYPES.get(conflict.type, 'contested')}"
    told = "  ".join([*worth, *name, short_outpoint(conflict), *where])
    type_ = conflict.type.replace("_", " ")
    return printable(f"{type_.upper()}  {told}{means}" if aloud else f"{type_}: {told}{means}")


def party_lines(conflict: Conflict, names: Mapping[str, str] | None = None, indent: str = "  ") -> list[str]:
    """A line a side: who, the transaction, what the commit that told of it is about, fee and feerate, how it stands.
    `names` are those of the sides where they are not `ours` and `theirs`.
    """
    rows = [Row("", [(names or {}).get(side, side), *party(conflict, side)]) for side in ("ours", "theirs")]
    also = (conflict.spend or {}).get("others_txids", ())
    rows += [Row("", ["another side", terms.short(txid)]) for txid in also]
    return [printable(indent + line) for _, line in laid_out(rows, 0)]


def party(conflict: Conflict, side: str, *, with_commit: bool = True, with_oid: bool = True) -> list[str]:
    """What one side of a contested spend did, in cells; of the commit that told of it, also its oid, or the subject
    alone.
    """
    txid = (conflict.spend or {}).get(f"{side}_txid")
    known = conflict.parties.get(side)
    if not txid or known is None:
        return [_spender(conflict, side).removeprefix(f"{side} ")]
    commit = known.commit() if with_commit else None
    fee, rate = known.record.get("fee_sat"), feerate(known.record)
    cost = terms.sats(fee) + (f" ({rate})" if rate else "") if type(fee) is int else ""
    about = [terms.short(commit[0]) if with_oid else "", terms.quoted(commit[1])] if commit else []
    return [terms.short(txid), " ".join(filter(None, about)), cost, known.stands]


def settled_line(path: str, kind: Kind, conflict: Conflict, side: str) -> str:
    """What was settled, and for which side, or whose transaction."""
    txid = (conflict.spend or {}).get(f"{side}_txid") if is_spend(conflict) else None
    taken = f"{side}, {terms.short(txid)}" if txid else side
    address = codec.address(path, kind, conflict.key) if conflict.key else path
    # Only these are taken cut.
    name = terms.with_short_ids(address) if kind.identity in IDENTITIES else address
    return printable(f"gitbtc: settled {name}: {taken}")


def _settled_by(name: str) -> str:
    return f"settle it with: {settling(name)}"


def winning(name: str, txids: Sequence[str]) -> str:
    """The same by the transaction that is to spend the coin: the first one, and in brackets the other, or that there
    are more.
    """
    first, *others = (terms.short(txid) for txid in txids)
    more = f" (or {others[0]})" if len(others) == 1 else " (or another)" if others else ""
    return f"gitbtc resolve {name} --winner {first}{more}"


def settling(name: str) -> str:
    """A command to paste. What may stand there instead is in brackets: a `|` would be a pipe, and one side be taken."""
    return f"gitbtc resolve {name} --ours (or --theirs, --base)"


def explained_by(types: Iterable[str]) -> list[str]:
    """A line a type of contested spend that is not told by its name, with the command that explains it."""
    return [f"  more about it: gitbtc explain {name}" for name in types if name != "double_spend"]


# Conflicts of a whole file: what happened.
WHOLE = {
    "modify_delete": "one side deleted the file, the other changed it",
    "unreadable": "the file was merged as text, since a side does not parse; mend it by hand and `git add` it, or take "
    "one side whole",
}


def told_line(path: str, kind: Kind, conflict: Conflict) -> str:
    """The same without a command, for a conflict that is not there yet."""
    spend = conflict.spend or {}
    story = _spend_story(conflict) if spend and not conflict.fields else _story(kind, conflict)
    means = TYPES.get(conflict.type, "contested")
    address = codec.address(path, kind, conflict.key)
    return printable(f"{conflict.type}: {address}{worth(kind, conflict)}: {means}: {story}")


def worth(kind: Kind, conflict: Conflict) -> str:
    """What it is about in BTC, in brackets; nothing when that is not known, or contested."""
    amount = (conflict.spend or {}).get("amount_sat")
    return f" ({terms.btc(amount)})" if type(amount) is int else _worth(kind, conflict)


def notice_lines(path: str, kind: Kind, notices: Sequence[Notice]) -> list[str]:
    """What a merge decided in the file at `path`; first what is told before anything else, as a diff tells it."""
    line = Line(kind)
    alarms = [notice for notice in notices if notice.record is not None]
    length = line.length(notice.record or {} for notice in alarms)
    told = [
        printable("gitbtc: ! " + "  ".join([*line.show(notice.record or {}, length, kind.alarms), notice.text]))
        for notice in alarms
    ]
    rest = [notice for notice in notices if notice.record is None]
    return told + [notice_line(codec.address(path, kind, notice.key), notice) for notice in rest]


def notice_line(address: str, notice: Notice) -> str:
    """What a merge decided about the record at `address`."""
    return printable(f"gitbtc: note: {address}: {notice.text}")


def spend_notice(path: str, verdict: Verdict) -> str:
    """What the view decided about a coin without asking anybody."""
    address = codec.address(path, built_in(COINS), verdict.outpoint)
    return printable(f"gitbtc: note: {verdict.row.name}: {address}: {verdict.words}")


def conflict_document(path: str, kind: Kind, conflict: Conflict) -> dict[str, Any]:
    """The conflict as JSON: `path`, `address`, `type`, `fields`, the three records (null where there is none), and for
    a spend `outpoint`, `amount_sat` (sat), `ours_txid`, `theirs_txid`.
    """
    document: dict[str, Any] = {
        "path": path,
        "address": codec.address(path, kind, conflict.key),
        "type": conflict.type,
        "fields": list(conflict.fields),
        "base": _record(kind, conflict.base),
        "ours": _record(kind, conflict.ours),
        "theirs": _record(kind, conflict.theirs),
    }
    return document | dict(conflict.spend or {})


def _record(kind: Kind, line: bytes | None) -> Record | None:
    return None if line is None else codec.decode_line(kind, line)


def _worth(kind: Kind, conflict: Conflict) -> str:
    """What the record is worth, when its kind has a balance and no side contests the amount."""
    line = conflict.ours or conflict.theirs or conflict.base
    if not kind.balance or line is None or kind.balance in conflict.fields:
        return ""
    amount = codec.decode_line(kind, line).get(kind.balance)
    return f" ({terms.btc(amount)})" if type(amount) is int else ""


def _spend_story(conflict: Conflict) -> str:
    told = [_spender(conflict, side) for side in ("ours", "theirs")]
    also = (conflict.spend or {}).get("others_txids", ())
    return ", ".join([*told, *(f"another side spends it in {txid}" for txid in also)])


def _spender(conflict: Conflict, side: str) -> str:
    spend = conflict.spend or {}
    agents = spend.get(f"{side}_reserved_by")
    if spend.get(f"{side}_txid"):
        return f"{side} spends it in {spend[f'{side}_txid']}"
    if agents:
        return f"{side} reserved it for {' and '.join(map(terms.word, agents))}"
    held = conflict.ours if side == "ours" else conflict.theirs
    return f"{side} holds it" if held is not None else f"{side} removed it and names no transaction"


def _story(kind: Kind, conflict: Conflict) -> str:
    base, ours, theirs = (_record(kind, line) for line in (conflict.base, conflict.ours, conflict.theirs))
    if ours is None or theirs is None:
        return ", ".join(_removed_or_changed(kind, conflict, side, base) for side in ("ours", "theirs"))
    told = (f"{name}: ours {_shown(kind, ours, name)}, theirs {_shown(kind, theirs, name)}" for name in conflict.fields)
    return "; ".join(told) or "the two sides differ"


def _removed_or_changed(kind: Kind, conflict: Conflict, side: str, base: Record | None) -> str:
    line = conflict.ours if side == "ours" else conflict.theirs
    if line is None:
        return f"{side} removed it"
    record = codec.decode_line(kind, line)
    before = base or {}
    changed = [name for name in conflict.fields if _shown(kind, before, name) != _shown(kind, record, name)]
    if not changed:
        return f"{side} holds it"
    told = (f"{name} from {_shown(kind, before, name)} to {_shown(kind, record, name)}" for name in changed)
    return f"{side} changed " + " and ".join(told)


def _shown(kind: Kind, record: Record, name: str) -> str:
    text = terms.of_field(record.get(name, terms.ABSENT), kind.fields.get(name))
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _in_quotes(address: str) -> str:
    """For a POSIX shell: an address holds colons, and a label in it may hold anything."""
    return "'" + address.replace("'", "'\\''") + "'"
