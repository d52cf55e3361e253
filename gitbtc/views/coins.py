"""The coins of a root: a line each, rows of CSV, and a document for programs."""

from __future__ import annotations

import csv
import io
from functools import partial
from typing import NamedTuple

from gitbtc.errors import harmless
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views import terms
from gitbtc.views.balance import COIN, WORDS, heading, tip
from gitbtc.views.width import columns, padded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from gitbtc.coins.feerate import Feerate
    from gitbtc.coins.wallet import Wallet
    from gitbtc.coins.worth import Worth
    from gitbtc.kinds.kind import Record

ROOT_KEY = "gitbtc.coins/v1"
_COLUMNS = (
    "root", "outpoint", "amount_sat", "block_height", "age_blocks", "class", "detail", "script_type", "address",
    "label", "category", "input_weight", "effective_sat", "dust",
)  # fmt: skip


class Told(NamedTuple):
    """The coins of a root that are told, which can be gone through once. `feerate`: what effective values are told at,
    `source` the reading that it comes from (None: it was given); both None without one.
    """

    wallet: Wallet
    coins: Iterator[Worth]
    feerate: Feerate | None
    source: Record | None


def lines(told: Told) -> Iterator[str]:
    """The heading, a line a coin, and their sum."""
    # Held as one text each, which takes a tenth of what the records would.
    rows, total, unknown = [], 0, 0
    for worth in told.coins:
        rows.append(_SEPARATOR.join(_row(told, worth)))
        total += worth.holding.amount_sat
        unknown += worth.weight is None
    length = terms.telling_length(row[: terms.WHOLE] for row in rows)
    widths = [0] * len(_ALIGN)
    for row in rows:
        widths = list(map(max, widths, map(columns, _cells(row, length))))
    yield heading(told.wallet)
    if told.feerate is not None:
        yield f"  effective values at {told.feerate} sat/vB{_from(told.source)}"
    for row in rows:
        name, amount, age, about, effective, label = map(padded, _cells(row, length), widths, _ALIGN)
        shown = [name, amount, age, about, *([effective] if told.feerate is not None else []), label]
        yield f"  {'  '.join(shown)}".rstrip()
    yield f"  {terms.counted(len(rows), COIN)}, {terms.btc(total)}"
    if told.feerate is not None and unknown:
        yield (
            f"  of {terms.counted(unknown, COIN)} nobody can say what spending costs: no descriptor of this root tells "
            "the script"
        )


_ALIGN = "<>><><"
_SEPARATOR = "\0"  # which no view shows as it is


def _from(source: Record | None) -> str:
    if source is None:
        return ""
    who = f"{terms.word(source['source'])}, " if source.get("source") else ""
    return f", for 6 blocks ({who}{terms.utc(source['timestamp'])})"


def _row(told: Told, worth: Worth) -> tuple[str, ...]:
    """The cells of a line, the first of which is the txid, whole, and the second the number of the output."""
    coin, holding = worth.holding.coin, worth.holding
    label = told.wallet.names.label(coin)
    marks = [word for word, is_so in (("below cost", worth.is_below_cost), ("dust", worth.is_dust)) if is_so]
    effective = "unknown" if worth.effective_sat is None else terms.money(worth.effective_sat)
    return (
        coin["txid"], str(coin["vout"]), terms.money(coin["amount_sat"]), _age(worth),
        WORDS[holding.name, holding.detail], effective, "  ".join([*([terms.quoted(label)] if label else []), *marks]),
    )  # fmt: skip


def _cells(row: str, length: int) -> tuple[str, ...]:
    """The same as they are shown, the txid by its first characters."""
    txid, vout, *cells = row.split(_SEPARATOR)
    return f"{terms.short(txid, length)}:{vout}", *cells


def _age(worth: Worth) -> str:
    if worth.age is None:
        return "?"
    return terms.counted(worth.age, ("block", "blocks")) if worth.age else "-"


# -- for programs -----------------------------------------------------------------------------------------------------


def as_csv(told: Iterable[Told]) -> Iterator[str]:
    """A row a coin (RFC 4180, but for line ends, which are LF), in pieces; nothing stands where nothing is known. What
    a program for tables would take for a formula gets an apostrophe in front: labels and roots are the only free texts.
    """
    text = io.StringIO()
    rows = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    rows.writeheader()
    for one in told:
        for worth in one.coins:
            row = _document(one, worth)
            row["dust"] = str(row["dust"]).lower()
            rows.writerow({**row, "root": harmless(one.wallet.root), "label": harmless(row["label"] or "")})
            if text.tell() > _PIECE:
                yield text.getvalue()
                text.seek(0)
                text.truncate()
    yield text.getvalue()


_PIECE = 1 << 16  # characters


def document(told: Iterable[Told]) -> dict[str, Any]:
    """The same as JSON, in the form that docs/coins.md tells; its coins are iterators."""
    roots = [
        {
            "root": one.wallet.root, **tip(one.wallet), "feerate": None if one.feerate is None else str(one.feerate),
            "feerate_from": one.source, "coins": map(partial(_document, one), one.coins),
        }
        for one in told
    ]  # fmt: skip
    return {ROOT_KEY: {"roots": roots}}


def _document(told: Told, worth: Worth) -> dict[str, Any]:
    holding, coin, names = worth.holding, worth.holding.coin, told.wallet.names
    return {
        "outpoint": outpoint_text(holding.outpoint),
        "amount_sat": coin["amount_sat"],
        "block_height": coin["block_height"],
        "age_blocks": worth.age,
        "class": holding.name,
        "detail": holding.detail or None,
        "script_type": coin["script_type"],
        "address": coin["address"],
        "label": names.label(coin) or None,
        "category": names.category(coin),
        "input_weight": worth.weight,
        "effective_sat": worth.effective_sat,
        "dust": worth.is_dust,
    }
