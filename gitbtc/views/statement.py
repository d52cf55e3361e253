"""A statement as a document, as text that fits a terminal, and as a table.

The document holds all that is told; text and table are made from it, so that no two forms of a statement differ.
"""

from __future__ import annotations

import csv
import io
import time
from hashlib import sha256
from typing import NamedTuple

from gitbtc import __version__
from gitbtc.coins.names import UNCATEGORISED
from gitbtc.errors import harmless, printable, printable_json
from gitbtc.spends.evidence import outpoint_text
from gitbtc.statement.flows import RECEIVED, SENT, SHARED
from gitbtc.statement.groups import by_agent, grouped
from gitbtc.statement.reckoning import CAME, DIFFERS, FOUND_LATE, NO_AMOUNT, PAYS_TOO_MUCH, WENT
from gitbtc.views import terms
from gitbtc.views.width import columns, padded, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from gitbtc.repo.objects import LoggedCommit
    from gitbtc.statement.books import Books
    from gitbtc.statement.fiat import Fiat
    from gitbtc.statement.flows import Flow
    from gitbtc.statement.groups import Called
    from gitbtc.statement.lightning import Channels
    from gitbtc.statement.reckoning import Adjustment, Fault, Reckoning

ROOT_KEY = "gitbtc.statement/v1"
WIDTH = 80  # columns, where no terminal has another width
_MONEY_AT = 52  # where amounts end
_UNIT = "BTC"
_FEW = 2  # groups that stand behind their sum
_PROVEN = "= coins listed, checked against their transactions"
MAINNET = "main"
_UNLABELLED = "(no label)"


class End(NamedTuple):
    """One end of a period: as it was asked for, its commit (None: none is that old), and how it is signed."""

    asked: str
    commit: LoggedCommit | None
    signature: tuple[str, str] | None


class Told(NamedTuple):
    """A statement and what stands around it. `title`: the month or day that it is of, if it is of one; `checked`: how
    many rules the files of the end break, and how many coins are contested.
    """

    title: str
    before: End
    after: End
    reckoning: Reckoning
    called: Called
    channels: Channels | None
    fiat: Fiat | None
    checked: tuple[int, int]
    is_cut: bool


# -- the document ------------------------------------------------------------------------------------------------------


def document(told: Told) -> dict[str, Any]:
    """The whole statement as JSON, in the form that docs/statement.md tells."""
    reckoning = told.reckoning
    flows = reckoning.flows
    agents = {**reckoning.before.agents, **reckoning.after.agents}
    body = {
        "version": __version__,
        "title": told.title,
        "from": document_of_end(told.before, reckoning.before),
        "to": document_of_end(told.after, reckoning.after),
        "totals": _totals(reckoning),
        "coins": {"opening": len(reckoning.opening), "closing": len(reckoning.closing)},
        "groups": {type_: [one._asdict() for one in grouped(flows, type_, told.called)] for type_ in (RECEIVED, SENT)},
        "agents": [one._asdict() for one in by_agent(flows, agents)],
        "transactions": list(_transactions(reckoning, told.called, agents)),
        "transactions_set": transactions_set(flows),
        "reorganised": [{"txid": one.txid, "amount_sat": sign * one.net_sat} for one, sign in reckoning.reorganised],
        "adjusted": [_adjusted(one) for one in reckoning.adjusted],
        "faults": [_fault(one) for one in reckoning.faults],
        "immature": [
            {"outpoint": outpoint_text(outpoint), "amount_sat": amount, "spendable_from_block": first}
            for outpoint, amount, first in reckoning.immature
        ],
        "pending": [_pending(one, told.called, makes_coins=makes) for one, makes in reckoning.pending],
        "concluded": [
            {"outpoint": outpoint_text(outpoint), "own": outpoint in reckoning.ownership.own}
            for outpoint in sorted(reckoning.ownership.concluded)
        ],
        "channels": told.channels and told.channels._asdict() | {"unexplained_sat": told.channels.unexplained_sat},
        "usd": told.fiat and _usd(told.fiat),
        "check": {"rules_broken": told.checked[0], "contested": told.checked[1]},
        "history_is_cut": told.is_cut,
    }
    return {ROOT_KEY: body}


def _totals(reckoning: Reckoning) -> dict[str, int]:
    totals = reckoning.totals
    return {f"{name}_sat": amount for name, amount in (*totals._asdict().items(), ("difference", totals.difference))}


def document_of_end(end: End, books: Books) -> dict[str, Any]:
    """One end of a period as JSON."""
    commit = end.commit
    signed = end.signature
    return {
        "asked": end.asked,
        "commit": commit and commit.oid,
        "author": commit and commit.author,
        "subject": commit and commit.message.lstrip("\n").partition("\n")[0],
        "signature": signed and {"state": signed[0], "by": signed[1]},
        "is_reckoned": books.is_reckoned,
        "roots": [
            {"root": root, "network": tip.network or None, "block_height": None if tip.height < 0 else tip.height,
             "block_hash": tip.block_hash or None, "block_time": tip.time}
            for root, tip in sorted(books.tips.items())
        ],
    }  # fmt: skip


def _transactions(reckoning: Reckoning, called: Called, agents: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for one in reckoning.flows:
        category, label = called.flow(one)
        yield {
            "txid": one.txid, "block_height": one.height, "block_time": one.record["block_time"], "type": one.type,
            "amount_sat": one.net_sat, "received_sat": one.received_sat, "sent_sat": one.sent_sat,
            "fee_sat": one.fee_sat, "label": label, "category": category, "agent": agents.get(one.txid, ""),
            "inputs": [{"outpoint": outpoint_text(spent), "amount_sat": amount} for spent, amount in one.spent],
            "outputs": [{"vout": part.outpoint[1], "amount_sat": part.amount_sat, "address": part.address or None,
                         "own": part in one.own} for part in sorted(one.own + one.foreign)],
        }  # fmt: skip


def transactions_set(flows: Sequence[Flow]) -> dict[str, Any]:
    """How many transactions, and the SHA-256 of their txids, sorted, a line each: two programs that count the same have
    the same.
    """
    listed = "".join(f"{txid}\n" for txid in sorted(one.txid for one in flows))
    return {"count": len(flows), "sha256": sha256(listed.encode()).hexdigest()}


def _usd(fiat: Fiat) -> dict[str, Any]:
    sums = {name: str(amount) for name, amount in fiat.sums.items()}
    return {"source": fiat.source, **sums, "oldest_price_seconds": fiat.oldest_price_seconds,
            "unpriced": list(fiat.unpriced)}  # fmt: skip


def _adjusted(one: Adjustment) -> dict[str, Any]:
    return {"why": one.why, "amount_sat": one.amount_sat, "txid": one.txid or None,
            "outpoint": one.outpoint and outpoint_text(one.outpoint)}  # fmt: skip


def _fault(one: Fault) -> dict[str, Any]:
    return {"why": one.why, "txid": one.txid, "outpoint": one.outpoint and outpoint_text(one.outpoint),
            "amount_sat": one.amount_sat}  # fmt: skip


def _pending(one: Flow, called: Called, *, makes_coins: bool) -> dict[str, Any]:
    category, label = called.flow(one)
    came = sum(part.amount_sat for part in one.own)
    return {"txid": one.txid, "type": one.type, "amount_sat": one.net_sat if makes_coins else one.net_sat - came,
            "fee_sat": one.fee_sat, "label": label, "category": category, "in_mempool": makes_coins}  # fmt: skip


def digest(whole: Mapping[str, Any]) -> str:
    """The SHA-256 of the document as `--json` prints it: what a printed statement is held against."""
    return sha256((printable_json(whole) + "\n").encode()).hexdigest()


# -- text --------------------------------------------------------------------------------------------------------------


def lines(whole: Mapping[str, Any], width: int = WIDTH) -> Iterator[str]:
    """The statement: what adds up first, then what is beside it, from where to where it goes, and its proofs. All but
    the sum, whose lines are as wide as they come, fits `width` columns.
    """
    told = whole[ROOT_KEY]
    yield _header(told)
    yield from _sum(told, width)
    yield from (line for text in _beside(told) for line in wrapped(text, width))
    yield ""
    for name in ("from", "to"):
        yield from wrapped(f"  {name:<4}  {_end_words(told[name])}", width, 8)
    yield from _footer(whole)


def _header(told: Mapping[str, Any]) -> str:
    """`March 2026 (28 Feb – 28 Mar)`, whose coins, and the unit of the column below."""
    roots = [terms.word(one["root"]) for one in told["to"]["roots"] if one["root"]]
    network = next((one["network"] for one in told["to"]["roots"] if one["network"] != MAINNET), "")
    first, last = day_of(told["from"]), day_of(told["to"])
    year = told["title"][-5:] if told["title"] else ""
    period = " – ".join(day.removesuffix(year) if day[:1].isdecimal() else day for day in (first, last))
    title = f"{told['title']} ({period})" if told["title"] else period
    text = " · ".join(text for text in (title, " and ".join(roots), network or "") if text)
    return f"{padded(text, _MONEY_AT - len(_UNIT))}{_UNIT}" if columns(text) < _MONEY_AT - len(_UNIT) else text


def _end_words(end: Mapping[str, Any]) -> str:
    tips = [
        f"block {one['block_height']}{_hash(one['block_hash'])}"
        + (f", {terms.utc(one['block_time'])}" if one["block_time"] is not None else "")
        for one in end["roots"] if one["block_height"] is not None
    ]  # fmt: skip
    place = "; ".join(dict.fromkeys(tips)) or "no block"
    if end["commit"]:
        return f"commit {terms.short(end['commit'])} {_signed(end)}, {place}"
    return f"no commit is that old: reckoned back, {place}" if end["is_reckoned"] else "the beginning of this history"


def _hash(block_hash: str | None) -> str:
    """The ends of a block's hash: it begins with zeros."""
    return f" {block_hash[:8]}…{block_hash[-8:]}" if block_hash else ""


def _signed(end: Mapping[str, Any]) -> str:
    state, by = (end["signature"] or {}).get("state", "N"), (end["signature"] or {}).get("by", "")
    who = f" by {printable(by)}" if by else ""
    return {"N": "unsigned", "G": f"signed{who}", "U": f"signed{who}, whose key nobody here vouches for"}.get(
        state, f"with a signature{who} that does not hold ({state})"
    )


def day_of(end: Mapping[str, Any]) -> str:
    """The day of an end's latest block, `28 Mar 2026`; a height where no time is known."""
    times = [one["block_time"] for one in end["roots"] if one["block_time"] is not None]
    if times:
        moment = time.gmtime(max(times))
        return f"{moment.tm_mday} {_MONTHS[moment.tm_mon - 1]} {moment.tm_year}"
    heights = [one["block_height"] for one in end["roots"] if one["block_height"] is not None]
    return f"block {max(heights)}" if heights else "beginning"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COIN, _PAYMENT, _TRANSACTION = ("coin", "coins"), ("payment", "payments"), ("transaction", "transactions")


def _sum(told: Mapping[str, Any], width: int) -> Iterator[str]:
    """The lines that add up. What is 0 is left out, but for what every statement has."""
    totals, coins = told["totals"], told["coins"]
    made = [one["type"] for one in told["transactions"]]
    paying = sum(one["fee_sat"] > 0 for one in told["transactions"])
    yield _line("  opening", terms.counted(coins["opening"], _COIN), totals["opening_sat"])
    received = _line("+ received", terms.counted(made.count(RECEIVED), _PAYMENT), totals["received_sat"], sign="+")
    yield from _grouped(received, told["groups"][RECEIVED], width)
    paid = _line("− paid", terms.counted(made.count(SENT), _PAYMENT), -totals["sent_sat"], sign="+")
    yield from _grouped(paid, told["groups"][SENT], width)
    yield _line("− network fees", terms.counted(paying, _TRANSACTION), -totals["fees_sat"], sign="+")
    others = (
        ("+ mined", "coinbase", terms.counted(made.count("coinbase"), _TRANSACTION)),
        ("± shared", "shared", terms.counted(made.count(SHARED), _TRANSACTION)),
        ("± reorganised", "reorganised", terms.counted(len(told["reorganised"]), _TRANSACTION)),
        ("± adjusted", "adjusted", "without a transaction"),
    )
    for title, name, note in others:
        if totals[f"{name}_sat"] or told.get(name):
            yield _line(title, note, totals[f"{name}_sat"], sign="+")
    closing = _line("  closing", terms.counted(coins["closing"], _COIN), totals["closing_sat"])
    is_proven = not (totals["difference_sat"] or told["adjusted"] or told["faults"] or told["concluded"])
    yield f"{closing}   {_PROVEN}" if is_proven else closing
    if totals["difference_sat"]:
        yield f"  THIS DOES NOT ADD UP: it misses the closing balance by {totals['difference_sat']} sat"


def _line(title: str, note: str, amount_sat: int, *, sign: str = "") -> str:
    told, left = amount(amount_sat, signed=bool(sign)), f"  {title:<16}{note} "
    return f"{left:<{_MONEY_AT - len(told)}}{told}"


def amount(sat: int, *, signed: bool = False) -> str:
    """An amount in BTC without its unit, with a true minus sign."""
    return terms.money(sat, signed=signed)


def _grouped(line: str, groups: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
    """A line of the sum with what it is made of, by category and label, where there is more to say than the sum: behind
    it while these are few, else a line each.
    """
    if len(groups) == 1 and groups[0]["category"] == UNCATEGORISED and not groups[0]["label"]:
        groups = ()
    names = [_group_name(one) for one in groups]
    told = [f"{name} {amount(one['amount_sat'])} ({one['transactions']})"
            for name, one in zip(names, groups, strict=True)]  # fmt: skip
    few = names if len(names) == 1 else told if len(told) <= _FEW else []
    if not groups or few:
        yield f"{line}   {', '.join(few)}".rstrip()
        return
    yield line
    for one, name in zip(groups, names, strict=True):
        money = f"{amount(one['amount_sat'])}  ({one['transactions']})"
        room = max(width, _MONEY_AT) - 30
        first, *rest = wrapped(name, room, 2)
        yield f"      {padded(first, room)}{money:>24}" if columns(first) <= room else f"      {first}  {money}"
        yield from (f"      {text}" for text in rest)


def _group_name(one: Mapping[str, Any]) -> str:
    label = terms.quoted(one["label"]) if one["label"] else _UNLABELLED
    return f"{one['category']}  {label}" if one["category"] != UNCATEGORISED else label


def _beside(told: Mapping[str, Any]) -> Iterator[str]:
    """What is not in the sum, or has to be said of it."""
    for one in told["immature"]:
        yield f"  immature {amount(one['amount_sat'])} BTC, to be spent from block {one['spendable_from_block']} on"
    if told["agents"] and any(one["agent"] for one in told["agents"]):
        for one in told["agents"]:
            who = terms.word(one["agent"]) if one["agent"] else "without an agent"
            count = terms.counted(one["transactions"], _TRANSACTION)
            yield f"  by {who}: {count}, {amount(one['sent_sat'])} BTC sent, {one['fee_sat']:,} sat in fees"
    for one in told["pending"]:
        where = "" if one["in_mempool"] else ", in no mempool"
        label = f"  {terms.quoted(one['label'])}" if one["label"] else ""
        moved, txid = amount(one["amount_sat"], signed=True), terms.short(one["txid"])
        text = f"  at the end, unconfirmed{where}: {moved} BTC  {txid}{label}"
        yield text
    yield from _lightning(told["channels"])
    yield from (f"  {text}" for text in usd_words(told["usd"]))
    yield from (f"  ! {terms.with_short_ids(text)}" for text in warnings(told))


def usd_words(usd: Mapping[str, Any] | None) -> Iterator[str]:
    """The sums in dollars that are not 0, by whose prices, and what has none."""
    if usd is None:
        return
    sums = [f"{name} {usd[name]}" for name in _IN_USD if usd[name] != "0.00"]
    age = usd["oldest_price_seconds"]
    old = "no price" if age is None else f"prices of up to {age // 60:,} minutes before"
    yield f"in USD, when it happened: {', '.join(sums) or 'nothing'} ({terms.word(usd['source'])}, {old})"
    if usd["unpriced"]:
        yield f"no price of the day before for {terms.counted(len(usd['unpriced']), _TRANSACTION)}, not in these sums"


_IN_USD = ("received", "sent", "fees", "coinbase", "shared")


def _lightning(channels: Mapping[str, int] | None) -> Iterator[str]:
    if channels is None:
        return
    yield (
        f"  in channels: {amount(channels['opening_sat'])} → {amount(channels['closing_sat'])} BTC; "
        f"{amount(channels['opened_sat'])} went in, {amount(channels['closed_sat'])} came out"
    )
    if channels["unexplained_sat"]:
        yield f"    not explained: {channels['unexplained_sat']:,} sat (payments, and fees earned and paid)"


def warnings(told: Mapping[str, Any]) -> Iterator[str]:
    """What makes a statement unclean, or is to be known of it."""
    for one in told["reorganised"]:
        yield f"reorganised: {amount(one['amount_sat'], signed=True)} BTC, {terms.short(one['txid'])}"
    for one in told["adjusted"]:
        what = one["outpoint"] or one["txid"]
        yield f"adjusted: {amount(one['amount_sat'], signed=True)} BTC, {what}: {_WHY[one['why']]}"
    for one in told["faults"]:
        about = one["outpoint"] or f"{one['amount_sat']} sat"
        yield f"not counted: {one['txid']}: {_WHY[one['why']].format(about)}"
    if told["concluded"]:
        count = terms.counted(len(told["concluded"]), ("output", "outputs"))
        yield (
            f"whose {count} came and went between two commits is concluded, not proven: no list of coins and no "
            "descriptor tells; received and sent may both be too high or too low by them (--json names them)"
        )
    if told["history_is_cut"]:
        yield "this is a shallow clone; `git fetch --unshallow` brings what was before"


_WHY = {
    CAME: "came without a transaction of the period",
    WENT: "went without a transaction of the period",
    DIFFERS: "is worth something else than its transaction says",
    FOUND_LATE: "was in a block before the period, and nobody knew of it at the opening",
    NO_AMOUNT: "nobody says what {} is worth, which it spends",
    PAYS_TOO_MUCH: "it pays out {} more than it spends",
}


def _footer(whole: Mapping[str, Any]) -> Iterator[str]:
    told = whole[ROOT_KEY]
    check, group = told["check"], told["transactions_set"]
    faults = [terms.counted(check["rules_broken"], ("rule broken", "rules broken")),
              terms.counted(check["contested"], ("coin contested", "coins contested"))]  # fmt: skip
    clean = not (check["rules_broken"] or check["contested"])
    yield f"  gitbtc {told['version']}; gitbtc check: {'nothing to say' if clean else ', '.join(faults)}"
    yield f"  {terms.counted(group['count'], _TRANSACTION)}, sha256 of the txids"
    yield f"    {group['sha256']}"
    yield "  sha256 of this statement as --json"
    yield f"    {digest(whole)}"


# -- a table -----------------------------------------------------------------------------------------------------------


def table(whole: Mapping[str, Any]) -> str:
    """The lines of the sum and their parts as CSV (RFC 4180, but for LF): integers in satoshi, signed."""
    told = whole[ROOT_KEY]
    totals = told["totals"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["line", "category", "label", "amount_sat", "transactions"])
    for name in ("opening", "received", "sent", "fees", "coinbase", "shared", "reorganised", "adjusted", "closing"):
        sign = -1 if name in ("sent", "fees") else 1
        writer.writerow([name, "", "", sign * totals[f"{name}_sat"], ""])
        for one in told["groups"].get(name, ()):
            label = harmless(one["label"])
            writer.writerow([name, one["category"], label, sign * one["amount_sat"], one["transactions"]])
    return out.getvalue()
