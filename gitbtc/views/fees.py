"""An oracle's estimates and where they stand, what a pending transaction pays, as lines and as documents."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from gitbtc.coins.estimates import quantile, standing
from gitbtc.coins.feerate import Feerate
from gitbtc.coins.readings import TARGETS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.views import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from gitbtc.coins.estimates import Series
    from gitbtc.coins.pending import Pending
    from gitbtc.coins.wallet import Wallet
    from gitbtc.spends.listing import Outpoint

ROOT_KEY = "gitbtc.fees/v1"
MEMPOOL_KEY = "gitbtc.mempool/v1"
_PARTS = (("min", Fraction(0)), ("p25", Fraction(1, 4)), ("median", Fraction(1, 2)), ("p75", Fraction(3, 4)))
_BLOCKS = ("block", "blocks")


# -- estimates --------------------------------------------------------------------------------------------------------


def estimates(series: Series, tip: int, blocks: int) -> Iterator[str]:
    """The table of one source's readings, and a sentence for each number of blocks."""
    source = f"source {terms.word(series.source)}" if series.source else "no source named"
    count = terms.counted(len(series.readings), ("reading", "readings"))
    age = tip - series.latest["block_height"]
    when = f"the last {terms.counted(age, _BLOCKS)} ago" if age else "the last at the tip"
    yield f"{count} of the last {blocks:,} blocks, {when} ({source})"
    rows = [("sat/vB", "latest", *(name for name, _ in _PARTS))]
    rows += [(terms.counted(target, _BLOCKS), *(str(one) for one in _row(series, target))) for target in TARGETS]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = (f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True))
        yield f"  {first:<{widths[0]}}  {'  '.join(cells)}"
    yield from (_sentence(series, target, blocks) for target in TARGETS)
    if series.left_out:
        yield f"  left out: {terms.counted(series.left_out, ('reading', 'readings'))} of no known block"


def _row(series: Series, target: int) -> list[Feerate]:
    ordered = series.feerates(target)
    return [_latest(series, target), *(quantile(ordered, part) for _, part in _PARTS)]


def _latest(series: Series, target: int) -> Feerate:
    return Feerate.of(series.latest[TARGETS[target]])


def _sentence(series: Series, target: int, blocks: int) -> str:
    one = _latest(series, target)
    part = standing(series.feerates(target), one)
    head = f"  at {terms.counted(target, _BLOCKS)} {one} sat/vB"
    if part is None:
        return f"{head}: too few readings to compare it with"
    return f"{head}: cheaper than {_percent(1 - part)} % of the last {blocks:,} blocks' readings"


def _percent(part: Fraction) -> int:
    return round(part * 100)


def estimates_document(series: Series | None, tip: int | None, blocks: int) -> dict[str, Any]:
    """The same as JSON; without readings, `targets` is empty."""
    told: dict[str, Any] = {"block_height": tip, "blocks": blocks, "source": None, "readings": 0, "left_out": 0}
    targets = []
    if series is not None:
        told |= {"source": series.source, "readings": len(series.readings), "left_out": series.left_out,
                 "latest_block_height": series.latest["block_height"]}  # fmt: skip
        for target in TARGETS:
            latest, *parts = map(str, _row(series, target))
            part = standing(series.feerates(target), _latest(series, target))
            named = {name: value for (name, _), value in zip(_PARTS, parts, strict=True)}
            percentile = None if part is None else f"{float(part):.4f}"
            targets.append({"blocks": target, "latest": latest, **named, "percentile": percentile})
    return {**told, "targets": targets}


# -- pending transactions ---------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """What is told of a transaction that waits. `outputs`: the own ones that a child could spend; `child`: at a wanted
    feerate (None: none is known), the virtual size and the fee (sat) of such a child.
    """

    wallet: Wallet
    pending: Pending
    txid: str
    outputs: Sequence[Outpoint]
    child: tuple[Feerate, int, int] | None


def transaction(told: Told) -> Iterator[str]:
    """What a transaction pays alone and with its family, and what can be done."""
    pending, txid = told.pending, told.txid
    fee, vsize = pending.fee_sat(txid), pending.vsize(txid)
    yield f"{terms.short(txid)}  fee {_sat(fee)}, {_rate(pending.feerate([txid]))}, {_vb(vsize)}{_called(told)}"
    above, below = pending.ancestors(txid) - {txid}, pending.descendants(txid) - {txid}
    if above or below:
        family = {txid, *above, *below}
        yield (
            f"  with {terms.counted(len(above), ('parent', 'parents'))} and "
            f"{terms.counted(len(below), ('child', 'children'))} that wait too: {_rate(pending.feerate(family))}"
        )
    yield from (f"  contends with {terms.short(rival)}" for rival in sorted(pending.rivals(txid)))
    least = pending.replacement_sat(txid, vsize) if vsize else None
    if least is not None and vsize:
        signals = "" if pending.record(txid).get("rbf_eligible", True) else ", though it does not signal it (BIP-125)"
        yield f"  a replacement of its size pays at least {least:,} sat ({Feerate.paid(least, vsize)} sat/vB){signals}"
    if not told.outputs:
        yield "  no output of it is a coin here, so that no child of ours can pay for it"
    for outpoint in told.outputs:
        yield f"  a child can spend {terms.short(outpoint[0])}:{outpoint[1]}{_child(told)}"


def _child(told: Told) -> str:
    if told.child is None:
        return ""
    wanted, vsize, fee = told.child
    return f": for {wanted} sat/vB together it pays {fee:,} sat, at {vsize:,} vB"


def _called(told: Told) -> str:
    label = told.wallet.evidence.transactions.get(told.txid, {}).get("label")
    return f"  {terms.quoted(label)}" if label else ""


def _sat(amount: int | None) -> str:
    return "not known" if amount is None else f"{amount:,} sat"


def _rate(rate: Feerate | None) -> str:
    return "at a feerate that is not known" if rate is None else f"{rate} sat/vB"


def _vb(vsize: int | None) -> str:
    return "of a size that is not known" if vsize is None else f"{vsize:,} vB"


def transaction_document(told: Told) -> dict[str, Any]:
    """The same as JSON."""
    pending, txid = told.pending, told.txid
    vsize = pending.vsize(txid)
    ancestors, descendants = sorted(pending.ancestors(txid) - {txid}), sorted(pending.descendants(txid) - {txid})
    rates = {"feerate": pending.feerate([txid]), "ancestor_feerate": pending.feerate([txid, *ancestors]),
             "package_feerate": pending.feerate([txid, *ancestors, *descendants])}  # fmt: skip
    child = told.child and {"feerate": str(told.child[0]), "vsize": told.child[1], "fee_sat": told.child[2]}
    return {
        "root": told.wallet.root,
        "txid": txid,
        "fee_sat": pending.fee_sat(txid),
        "vsize": vsize,
        **{name: None if rate is None else str(rate) for name, rate in rates.items()},
        "ancestors": ancestors,
        "descendants": descendants,
        "rivals": sorted(pending.rivals(txid)),
        "signals_replacement": pending.record(txid).get("rbf_eligible"),
        "replacement_fee_sat": pending.replacement_sat(txid, vsize) if vsize else None,
        "own_outputs": [outpoint_text(outpoint) for outpoint in told.outputs],
        "child": child,
    }
