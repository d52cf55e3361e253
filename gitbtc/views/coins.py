"""The coins of a root: a line each, rows of CSV, and a document for programs."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

from gitbtc.errors import harmless
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views import terms
from gitbtc.views.balance import COIN, WORDS, heading, tip
from gitbtc.views.width import columns, padded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
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
    """The coins of a root that are told, and how many there are. `feerate`: what effective values are told at, `source`
    the reading that it comes from (None: it was given); both None without one.
    """

    wallet: Wallet
    coins: Sequence[Worth]
    feerate: Feerate | None
    source: Record | None


def lines(told: Told) -> Iterator[str]:
    """The heading, a line a coin, and their sum."""
    yield heading(told.wallet)
    if told.feerate is not None:
        yield f"  effective values at {told.feerate} sat/vB{_from(told.source)}"
    records = [worth.holding.coin for worth in told.coins]
    length = terms.telling_length({record["txid"] for record in records})
    rows = [_row(told, worth, length) for worth in told.coins]
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        name, amount, age, about, effective, label = (padded(cell, widths[place], _ALIGN[place])
                                                      for place, cell in enumerate(row))  # fmt: skip
        shown = [name, amount, age, about, *([effective] if told.feerate is not None else []), label]
        yield f"  {'  '.join(shown)}".rstrip()
    total = sum(record["amount_sat"] for record in records)
    yield f"  {terms.counted(len(records), COIN)}, {terms.btc(total)}"
    unknown = sum(worth.weight is None for worth in told.coins)
    if told.feerate is not None and unknown:
        yield (
            f"  of {terms.counted(unknown, COIN)} nobody can say what spending costs: no descriptor of this root tells "
            "the script"
        )


_ALIGN = "<>><><"


def _from(source: Record | None) -> str:
    if source is None:
        return ""
    who = f"{terms.word(source['source'])}, " if source.get("source") else ""
    return f", for 6 blocks ({who}{terms.utc(source['timestamp'])})"


def _row(told: Told, worth: Worth, length: int) -> tuple[str, ...]:
    coin, holding = worth.holding.coin, worth.holding
    label = told.wallet.names.label(coin)
    marks = [word for word, is_so in (("below cost", worth.is_below_cost), ("dust", worth.is_dust)) if is_so]
    effective = "unknown" if worth.effective_sat is None else terms.money(worth.effective_sat)
    return (
        terms.outpoint(coin, "txid", length), terms.money(coin["amount_sat"]), _age(worth),
        WORDS[holding.name, holding.detail], effective, "  ".join([*([terms.quoted(label)] if label else []), *marks]),
    )  # fmt: skip


def _age(worth: Worth) -> str:
    if worth.age is None:
        return "?"
    return terms.counted(worth.age, ("block", "blocks")) if worth.age else "-"


# -- for programs -----------------------------------------------------------------------------------------------------


def as_csv(told: Iterable[Told]) -> str:
    """A row a coin (RFC 4180, but for line ends, which are LF); nothing stands where nothing is known. What a program
    for tables would take for a formula gets an apostrophe in front: labels and roots are the only free texts.
    """
    text = io.StringIO()
    rows = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    rows.writeheader()
    for one in told:
        for worth in one.coins:
            row = _document(one, worth)
            row["dust"] = str(row["dust"]).lower()
            rows.writerow({**row, "root": harmless(one.wallet.root), "label": harmless(row["label"] or "")})
    return text.getvalue()


def document(told: Iterable[Told]) -> dict[str, Any]:
    """The same as JSON, in the form that docs/coins.md tells."""
    roots = [
        {
            "root": one.wallet.root, **tip(one.wallet), "feerate": None if one.feerate is None else str(one.feerate),
            "feerate_from": one.source, "coins": [_document(one, worth) for worth in one.coins],
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
