"""A report, or a statement, as one page: no script, no font, no link, nothing that is fetched.

The page is made by Jinja2, which escapes every text by itself; the plots by `charts`. Both come from the document that
`--json` prints, so that a page says what the document says, and is the same bytes whenever it is made.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from gitbtc.errors import CannotWork
from gitbtc.views import report, statement, terms
from gitbtc.views.charts import branch_words, charts
from gitbtc.views.statement import amount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

_MOST_ROWS = 120  # of a table; longer ones are told by day, month or year
_TEMPLATE = "page.html"


class Line(NamedTuple):
    """A paragraph, and its class in the page's style."""

    text: str
    kind: str = ""


class Column(NamedTuple):
    """The head of a column."""

    text: str
    is_number: bool = False


class Row(NamedTuple):
    """A row of a table."""

    cells: Sequence[str]
    is_sum: bool = False


class Part(NamedTuple):
    """A section: some lines, a plot (SVG that is safe already; "" for none), a table."""

    title: str
    lines: Sequence[Line] = ()
    plot: str = ""
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()


def of_report(whole: Mapping[str, Any]) -> str:
    """The page of a report; CannotWork without Jinja2."""
    told = whole[report.ROOT_KEY]
    drawn = dict(charts(told))
    title = " · ".join(report.heading(told)[:-1])
    intro = [Line(" · ".join(report.having(told)))]
    intro += [Line(text, "bad") for text in told["look_at"]]
    parts = [part._replace(plot=drawn.get(name, "")) for name, part in _parts(told)]
    outro = [Line(f"gitbtc {told['version']} · {_of_commit(told['to'])}"), *_times(told)]
    return _page(title, intro, parts, outro)


def of_statement(whole: Mapping[str, Any]) -> str:
    """The page of a statement; CannotWork without Jinja2."""
    told = whole[statement.ROOT_KEY]
    header, _, *_ = statement.lines(whole)
    intro = [Line(f"from {_of_commit(told['from'])}", "soft"), Line(f"to {_of_commit(told['to'])}", "soft")]
    intro += [Line(text, "bad") for text in statement.warnings(told)]
    check = told["check"]
    outro = [
        Line(f"gitbtc {told['version']} · check: {check['rules_broken']} rules broken, {check['contested']} contested"),
        Line(f"transactions: {told['transactions_set']['count']}, sha256 {told['transactions_set']['sha256']}"),
        Line(f"sha256 of this statement as --json: {statement.digest(whole)}"),
    ]
    return _page(header, intro, [_sum(told), _list(told)], outro)


def _page(title: str, intro: Sequence[Line], parts: Sequence[Part], outro: Sequence[Line]) -> str:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
        from markupsafe import Markup
    except ImportError:
        raise CannotWork(
            "a page needs Jinja2, which is not here: `pip install jinja2`, or gitbtc with its extra `report`"
        ) from None
    folder = os.path.dirname(os.path.abspath(__file__))
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    safe = [part._replace(plot=Markup(part.plot)) for part in parts]  # noqa: S704 - ElementTree has escaped the plots
    return environment.get_template(_TEMPLATE).render(title=title, intro=intro, parts=safe, outro=outro)


def _of_commit(end: Mapping[str, Any]) -> str:
    if not end["commit"]:
        return "no commit that is old enough, reckoned back" if end["is_reckoned"] else "the beginning of this history"
    tips = [
        f"block {one['block_height']} {one['block_hash'] or ''}".rstrip() for one in end["roots"] if one["block_height"]
    ]
    return f"commit {end['commit']} ({'; '.join(dict.fromkeys(tips)) or 'no block'})"


def _times(told: Mapping[str, Any]) -> Iterator[Line]:
    times = [one["block_time"] for one in told["to"]["roots"] if one["block_time"] is not None]
    if times:
        yield Line(f"as of {terms.utc(max(times))}, the time of that block")


# -- the sections of a report ------------------------------------------------------------------------------------------


def _parts(told: Mapping[str, Any]) -> Iterator[tuple[str, Part]]:
    balance, coins, fees = told["balance"], told["coins"], told["fees"]
    change = amount(balance["closing_sat"] - balance["opening_sat"], signed=True)
    yield "balance", Part(
        "Balance",
        [Line(f"{amount(balance['opening_sat'])} → {amount(balance['closing_sat'])} BTC ({change})", "big"),
         *([Line(f"{amount(balance['pending_sat'], signed=True)} BTC unconfirmed", "soft")] if balance["pending_sat"]
           else [])],
        columns=[Column("block", is_number=True), Column("time (UTC)"), Column("balance (BTC)", is_number=True)],
        rows=[Row([f"{one['height']:,}", "" if one["time"] is None else terms.utc(one["time"]),
                   amount(one["balance_sat"])]) for one in _thinned(balance["steps"])],
    )  # fmt: skip
    yield "amounts", Part("Coins by amount", columns=_COIN_COLUMNS, rows=_bins(coins["by_amount"]))
    mean = coins["mean_age_days"]
    yield "ages", Part(
        "Coins by age",
        [] if mean is None else [Line(f"{mean} days in the mean, by amount; {coins['coin_days']} BTC·days", "soft")],
        columns=_COIN_COLUMNS, rows=_bins(coins["by_age"]),
    )  # fmt: skip
    yield "feerates", _fees(fees)
    if told["branches"]:
        yield "branches", _branches(told["branches"])
    if told["channels"]:
        yield "channels", _channels(told["channels"])
        if told["channels"]["policies"]:
            yield "policies", _policies(told["channels"]["policies"])


_COIN_COLUMNS = [Column("coins of"), Column("coins", is_number=True), Column("amount (BTC)", is_number=True)]


def _bins(bins: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [Row([one["name"], f"{one['coins']:,}", amount(one["amount_sat"])]) for one in bins]


def _thinned(steps: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The steps, or where they are too many for a table, the last of each day, month or year."""
    for form in ("", "%Y-%m-%d", "%Y-%m", "%Y"):
        if len(steps) > _MOST_ROWS and form:
            last = {time.strftime(form, time.gmtime(one["time"])): one for one in steps if one["time"] is not None}
            kept = list(last.values())
            steps = kept if kept and kept[-1] is steps[-1] else [*kept, steps[-1]]
    return steps


def _fees(fees: Mapping[str, Any]) -> Part:
    if not fees["paid"]:
        return Part("Feerates paid", [Line("No fee was paid.", "soft")])
    rates: dict[str, list[tuple[float, int]]] = {}
    for one in fees["paid"]:
        rates.setdefault(_hundreds(one["block_height"], fees["paid"]), []).append(
            (float(one["feerate"]), one["fee_sat"])
        )
    return Part(
        "Feerates paid",
        [Line(f"{fees['median']} sat/vB median of {fees['count']:,}; {amount(fees['total_sat'])} BTC in all", "soft")],
        columns=[Column("blocks"), Column("transactions", is_number=True), Column("lowest (sat/vB)", is_number=True),
                 Column("highest (sat/vB)", is_number=True), Column("fees (sat)", is_number=True)],
        rows=[_fee_row(name, held) for name, held in rates.items()],
    )  # fmt: skip


def _fee_row(name: str, paid: Sequence[tuple[float, int]]) -> Row:
    """`paid`: (feerate (sat/vB), fee (sat)) of each transaction."""
    total = sum(fee for _, fee in paid)
    return Row([name, f"{len(paid):,}", f"{min(paid)[0]:g}", f"{max(paid)[0]:g}", f"{total:,}"])


def _hundreds(height: int, paid: Sequence[Mapping[str, Any]]) -> str:
    """The blocks that a row of the table is for: as few as leave the table short."""
    span = paid[-1]["block_height"] - paid[0]["block_height"] + 1
    width = 1
    while span // width > _MOST_ROWS:
        width *= 10
    begin = height - height % width
    return f"{height:,}" if width == 1 else f"{begin:,} – {begin + width - 1:,}"


def _branches(rows: Iterable[Mapping[str, Any]]) -> Part:
    return Part(
        "Branches",
        columns=[Column("branch"), Column("merging it"), Column(""), Column("collides with")],
        rows=[Row([terms.word(one["name"]), one["merge"], branch_words(one),
                   ", ".join(map(terms.word, one["collides"]))]) for one in rows],
    )  # fmt: skip


def _channels(channels: Mapping[str, Any]) -> Part:
    return Part(
        "Channels",
        [Line(f"{amount(channels['opening_sat'])} → {amount(channels['closing_sat'])} BTC ours; "
              f"{channels['unexplained_sat']:,} sat are not explained by transactions", "soft")],
        columns=[Column("channel"), Column("peer"), Column("ours (BTC)", is_number=True),
                 Column("theirs (BTC)", is_number=True), Column("capacity (BTC)", is_number=True)],
        rows=[Row([one["channel_id"], terms.word(one["peer_alias"] or ""), amount(one["local_balance_sat"]),
                   amount(one["remote_balance_sat"]), amount(one["capacity_sat"])]) for one in channels["open"]],
    )  # fmt: skip


def _policies(policies: Iterable[Mapping[str, Any]]) -> Part:
    return Part(
        "Fee policies: who changed what when",
        columns=[Column("channel"), Column("block", is_number=True), Column("base (msat)", is_number=True),
                 Column("rate (ppm)", is_number=True), Column("by"), Column("commit")],
        rows=[Row([terms.word(one["channel"]), "" if one["height"] is None else f"{one['height']:,}",
                   f"{one['base_fee_msat']:,}", f"{one['fee_rate_ppm']:,}", terms.word(one["author"]),
                   one["commit"][:12]]) for one in policies],
    )  # fmt: skip


# -- the sections of a statement ---------------------------------------------------------------------------------------


def _sum(told: Mapping[str, Any]) -> Part:
    totals = told["totals"]
    rows = []
    for name, title, sign in _LINES:
        sat = sign * totals[f"{name}_sat"]
        is_end = name in ("opening", "closing")
        if sat or name in ("opening", "received", "sent", "fees", "closing"):
            rows.append(Row([title, "", "", amount(sat, signed=not is_end)], is_sum=is_end))
        rows += [
            Row(["", group["category"], terms.quoted(group["label"]) if group["label"] else "(no label)",
                 amount(sign * group["amount_sat"], signed=True)])
            for group in told["groups"].get(name, ())
        ]  # fmt: skip
    return Part(
        "Sum", columns=[Column(""), Column("category"), Column("label"), Column("BTC", is_number=True)], rows=rows
    )


_LINES = (
    ("opening", "opening", 1), ("received", "received", 1), ("sent", "sent", -1), ("fees", "network fees", -1),
    ("coinbase", "mined", 1), ("shared", "shared", 1), ("reorganised", "reorganised", 1), ("adjusted", "adjusted", 1),
    ("closing", "closing", 1),
)  # fmt: skip


def _list(told: Mapping[str, Any]) -> Part:
    rows = [
        Row(["" if one["block_time"] is None else terms.utc(one["block_time"]), one["type"], terms.word(one["label"]) if
             one["label"] else "", one["txid"][:16], amount(one["amount_sat"], signed=True), f"{one['fee_sat']:,}"])
        for one in told["transactions"]
    ]  # fmt: skip
    columns = [Column("time (UTC)"), Column("type"), Column("label"), Column("txid"), Column("BTC", is_number=True),
               Column("fee (sat)", is_number=True)]  # fmt: skip
    return Part("Transactions", columns=columns, rows=rows)
