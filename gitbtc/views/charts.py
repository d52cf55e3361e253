"""Plots as SVG that stands inside a page: made from a report's document, coloured by the page's own style.

Drawn by hand: what these plots need is lines, bars and dots. A plotting library writes its colours into each element,
so that a page could not be dark and light; it writes an element a dot, a megabyte for the transactions of a large
wallet; and its next release would write other bytes for the same data.
"""

from __future__ import annotations

import math
import time
from itertools import pairwise
from typing import NamedTuple
from xml.etree import ElementTree as ET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

_WIDTH, _HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 92, 16, 30, 34  # around what is plotted
_SAT_PER_BTC = 100_000_000


class Scale(NamedTuple):
    """From values to places: `first` lies at `begin`, `last` at `end`."""

    first: float
    last: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value lies."""
        span = self.last - self.first
        return self.begin + (self.end - self.begin) * ((value - self.first) / span if span else 0.5)


class Plot:
    """A drawing that grows. Every text goes through ElementTree, which escapes it."""

    def __init__(self, title: str, height: int = _HEIGHT) -> None:
        box = {"viewBox": f"0 0 {_WIDTH} {height}", "role": "img", "class": "plot"}
        self._root = ET.Element("svg", box)
        ET.SubElement(self._root, "title").text = title
        self.height = height

    def path(self, kind: str, steps: Iterable[str]) -> None:
        """A path of the class `kind`."""
        drawn = "".join(steps)
        if drawn:
            ET.SubElement(self._root, "path", {"class": kind, "d": drawn})

    def bar(self, kind: str, x: float, y: float, width: float, height: float) -> None:
        """A box."""
        sides = {"x": x, "y": y, "width": max(width, 0), "height": max(height, 0)}
        ET.SubElement(self._root, "rect", {"class": kind, **{name: number(side) for name, side in sides.items()}})

    def text(self, x: float, y: float, text: str, anchor: str = "middle") -> None:
        """A text at a place."""
        place = {"x": number(x), "y": number(y), "text-anchor": anchor}
        ET.SubElement(self._root, "text", place).text = text

    def svg(self) -> str:
        """The whole drawing."""
        return ET.tostring(self._root, encoding="unicode")


def number(value: float) -> str:
    """A coordinate: a tenth of a pixel is less than anybody sees."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def charts(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, SVG) of each plot that has something to show."""
    drawn: tuple[tuple[str, Callable[[Mapping[str, Any]], str], bool], ...] = (
        ("balance", balance, True),
        ("amounts", amounts, bool(told["coins"]["by_amount"])),
        ("ages", ages, bool(told["coins"]["count"])),
        ("feerates", feerates, bool(told["fees"]["paid"])),
        ("branches", branches, bool(told["branches"])),
        ("channels", channels, bool(told["channels"] and told["channels"]["open"])),
    )
    return ((name, draw(told)) for name, draw, is_there in drawn if is_there)


# -- 1. the balance over heights ---------------------------------------------------------------------------------------


def balance(told: Mapping[str, Any]) -> str:
    """A step line; commits are ticks below it, a reorganisation is a step back, what is pending is dashed."""
    told = told["balance"]
    steps, commits = told["steps"], [one for one in told["commits"] if one["height"] is not None]
    plot = Plot("Balance over block heights")
    heights = [one["height"] for one in (*steps, *commits)]
    worths = [one["balance_sat"] for one in steps] + [steps[-1]["balance_sat"] + told["pending_sat"]]
    highest = max(*worths, *(one["balance_sat"] or 0 for one in commits), 1)
    x, y = _axes(plot, (min(heights), max(heights)), highest, lambda value: f"{_btc(value)} BTC")
    _dates(plot, steps, x)
    plot.path("line", _stepped(steps, x, y))
    end = steps[-1]
    if told["pending_sat"]:
        plot.path("line dashed", [f"M{_at(x(end['height']), y(end['balance_sat']))}", f"V{number(y(worths[-1]))}"])
    ticks = {round(x(one["height"])) for one in commits}
    plot.path("tick", (f"M{place} {plot.height - _BOTTOM}v6" for place in sorted(ticks)))
    for one, after in pairwise(commits):
        if after["height"] < one["height"] and None not in (one["balance_sat"], after["balance_sat"]):
            begin = _at(x(one["height"]), y(one["balance_sat"]))
            plot.path("back", [f"M{begin}", f"H{number(x(after['height']))}V{number(y(after['balance_sat']))}"])
    return plot.svg()


def _stepped(steps: Sequence[Mapping[str, Any]], x: Scale, y: Scale) -> Iterator[str]:
    """The line; of the steps within a tenth of a pixel the last."""
    last: dict[str, str] = {}
    for one in steps:
        last[number(x(one["height"]))] = number(y(one["balance_sat"]))
    for place, (across, up) in enumerate(last.items()):
        yield f"H{across}V{up}" if place else f"M{across} {number(y(0))}V{up}"


def _dates(plot: Plot, steps: Sequence[Mapping[str, Any]], x: Scale) -> None:
    """The days of some blocks, above."""
    dated = [one for one in steps if one["time"] is not None]
    free, shown = _LEFT - 1.0, ""
    for one in dated:
        place = min(max(x(one["height"]), _LEFT + 30), _WIDTH - _RIGHT - 30)
        day = time.strftime("%Y-%m-%d", time.gmtime(one["time"]))
        if place - 30 > free and day != shown:
            plot.text(place, _TOP - 12, day)
            free, shown = place + 70, day


# -- 2., 3. coins by amount, by age ------------------------------------------------------------------------------------


def amounts(told: Mapping[str, Any]) -> str:
    """Bars by power of ten, with a line at what a coin costs at the feerate."""
    coins = told["coins"]
    plot = Plot("Coins by amount (sat)")
    bins = coins["by_amount"]
    most = max(one["coins"] for one in bins)
    _, y = _axes(plot, None, most, lambda value: f"{value:g} coins")
    width = (_WIDTH - _LEFT - _RIGHT) / len(bins)
    for place, one in enumerate(bins):
        left = _LEFT + place * width
        plot.bar("bar", left + width * 0.1, y(one["coins"]), width * 0.8, y(0) - y(one["coins"]))
        if one["coins"]:
            plot.text(left + width / 2, y(one["coins"]) - 4, f"{one['coins']:,}")
        plot.text(left + width / 2, plot.height - _BOTTOM + 16, one["name"].replace(" – ", "–").removesuffix(" sat"))
    if coins["cost_sat"]:
        cost = _LEFT + math.log10(coins["cost_sat"] / bins[0]["from_sat"]) * width
        if _LEFT <= cost <= _WIDTH - _RIGHT:
            plot.path("back", [f"M{number(cost)} {_TOP}V{plot.height - _BOTTOM}"])
            plot.text(cost + 4, _TOP + 10, f"costs {coins['cost_sat']:,} sat to spend", "start")
    return plot.svg()


def ages(told: Mapping[str, Any]) -> str:
    """A bar a band, as long as what its coins are worth."""
    bands = told["coins"]["by_age"]
    row = 22
    plot = Plot("Coins by age", _TOP + row * len(bands))
    most = max(*(one["amount_sat"] for one in bands), 1)
    x = Scale(0, most, _LEFT + 30, _WIDTH - _RIGHT - 150)
    for place, one in enumerate(bands):
        top = _TOP / 2 + place * row
        plot.text(_LEFT + 24, top + 14, one["name"], "end")
        plot.bar("bar", x(0), top + 3, x(one["amount_sat"]) - x(0), row - 6)
        if one["coins"]:
            plot.text(x(one["amount_sat"]) + 6, top + 14, f"{_btc(one['amount_sat'])} BTC ({one['coins']:,})", "start")
    return plot.svg()


# -- 4. feerates -------------------------------------------------------------------------------------------------------


def feerates(told: Mapping[str, Any]) -> str:
    """A dot a transaction, over the band from an oracle's estimate for 144 blocks to that for the next."""
    fees = told["fees"]
    plot = Plot("Feerates paid")
    paid = [(one["block_height"], float(one["feerate"])) for one in fees["paid"]]
    span = min(height for height, _ in paid), max(height for height, _ in paid)
    readings = [one for one in fees["readings"] if span[0] <= one["block_height"] <= span[1]]
    highest = max([rate for _, rate in paid] + [one["target_1_block_sat_vbyte"] for one in readings])
    x, y = _axes(plot, span, highest, lambda value: f"{value:g} sat/vB")
    band = [(x(one["block_height"]), y(one[f"target_{target}_block_sat_vbyte"])) for target, row in
            ((1, readings), (144, readings[::-1])) for one in row]  # fmt: skip
    if len(readings) > 1:
        plot.path("band", [f"{'L' if place else 'M'}{_at(*point)}" for place, point in enumerate(band)] + ["Z"])
    dots = sorted({_at(round(x(height)), round(y(rate))) for height, rate in paid})
    plot.path("dot", (f"M{dot}h0" for dot in dots))
    return plot.svg()


# -- 5. branches -------------------------------------------------------------------------------------------------------


def branches(told: Mapping[str, Any]) -> str:
    """A row a branch: how far it is ahead; red where it collides."""
    rows = told["branches"]
    row = 24
    plot = Plot("Branches", 16 + row * len(rows))
    most = max(*(one["ahead"] for one in rows), 1)
    x = Scale(0, most, _LEFT + 90, _WIDTH - _RIGHT - 240)
    for place, one in enumerate(rows):
        top = 8 + place * row
        collides = one["conflicts"] or one["collides"]
        plot.text(_LEFT + 82, top + 15, _cut(one["name"], 24), "end")
        plot.bar("bar bad" if collides else "bar", x(0), top + 4, max(x(one["ahead"]) - x(0), 2), row - 8)
        plot.text(x(one["ahead"]) + 6, top + 15, branch_words(one), "start")
    return plot.svg()


def branch_words(one: Mapping[str, Any]) -> str:
    """What is said beside a branch."""
    parts = [f"{one['ahead']} ahead", f"{one['spends']} spent"]
    parts += [f"{one['conflicts']} in conflict"] if one["conflicts"] else []
    parts += [f"against {len(one['collides'])}"] if one["collides"] else []
    parts += [f"reserves until {one['reserved_until']}"] if one["reserved_until"] is not None else []
    return ", ".join(parts)


# -- 6. channels -------------------------------------------------------------------------------------------------------


def channels(told: Mapping[str, Any]) -> str:
    """A bar a channel: what is ours, what is theirs, and what both must keep."""
    rows = told["channels"]["open"]
    row = 24
    plot = Plot("Channels", 16 + row * len(rows))
    most = max(*(one["capacity_sat"] for one in rows), 1)
    x = Scale(0, most, _LEFT + 60, _WIDTH - _RIGHT - 160)
    for place, one in enumerate(rows):
        top, ours, whole = 8 + place * row, one["local_balance_sat"], one["capacity_sat"]
        plot.text(_LEFT + 52, top + 15, _cut(one["peer_alias"] or one["channel_id"], 20), "end")
        plot.bar("bar", x(0), top + 4, x(ours) - x(0), row - 8)
        plot.bar("band", x(whole - one["remote_balance_sat"]), top + 4, x(one["remote_balance_sat"]) - x(0), row - 8)
        marks = one["local_reserve_sat"], whole - one["remote_reserve_sat"]
        plot.path("back", (f"M{number(x(mark))} {top + 2}v{row - 4}" for mark in marks))
        plot.text(x(whole) + 6, top + 15, f"{_btc(ours)} of {_btc(whole)}", "start")
    return plot.svg()


# -- what they share ---------------------------------------------------------------------------------------------------


def _axes(
    plot: Plot, across: tuple[int, int] | None, highest: float, words: Callable[[float], str]
) -> tuple[Scale, Scale]:
    """The frame: heights below (where `across` are the first and the last), values from 0 to `highest` at the left."""
    first, last = across or (0, 1)
    x = Scale(first, last, _LEFT, _WIDTH - _RIGHT)
    step = _nice(highest / 4)
    top = step * math.ceil(highest / step - 1e-9)
    y = Scale(0, top, plot.height - _BOTTOM, _TOP)
    for place in range(round(top / step) + 1):
        at = number(y(place * step))
        plot.path("axis" if not place else "grid", [f"M{_LEFT} {at}H{_WIDTH - _RIGHT}"])
        plot.text(_LEFT - 8, y(place * step) + 4, words(place * step), "end")
    if across:
        for height in sorted({first, (first + last) // 2, last}):
            anchor = "start" if height == first != last else "end" if height == last != first else "middle"
            plot.text(x(height), plot.height - 8, f"block {height:,}", anchor)
    return x, y


def _nice(least: float) -> float:
    """1, 2 or 5 times a power of ten, not below `least`."""
    power: float = 10.0 ** math.floor(math.log10(least)) if least > 0 else 1.0
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))


def _btc(sat: float) -> str:
    """An amount in BTC, without zeros at the end."""
    whole, rest = divmod(round(sat), _SAT_PER_BTC)
    return f"{whole:,}.{rest:08d}".rstrip("0").rstrip(".")


def _at(x: float, y: float) -> str:
    return f"{number(x)} {number(y)}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
