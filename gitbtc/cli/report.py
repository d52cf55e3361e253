"""`gitbtc report`: one screen of what there is and what happened; or one page."""

from __future__ import annotations

import sys
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

import click

from gitbtc.cli.asked_period import ends, found_period, of_periods
from gitbtc.errors import CannotWork, printable_json
from gitbtc.repo.colours import wants_colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.cli.asked_period import Period
    from gitbtc.coins.feerate import Feerate
    from gitbtc.coins.wallet import Wallet
    from gitbtc.coins.worth import Worth
    from gitbtc.state.snapshot import Snapshot
    from gitbtc.statement.reckoning import Reckoning
    from gitbtc.views.report import BranchRow, Coins, Commit, Policy, Told

_DESCRIPTORS, _FEES = "descriptors", "fees"
# sat/vB: Bitcoin Core's consolidatefeerate, where no oracle says what fees are.
_FEERATE = "10"
_LOCAL = "refs/heads/"
_COLOURS = {"headline": "\x1b[1m", "alarm": "\x1b[33m"}
_RESET = "\x1b[m"


@click.command("report")
@of_periods
@click.option("--html", "page", metavar="FILE", help="Write one page with plots, for a browser or a printer.")
@click.option("--json", "as_json", is_flag=True, help="A document of the form gitbtc.report/v1.")
def command(  # noqa: PLR0913 - one parameter an option
    period: str | None,
    first: str | None,
    last: str | None,
    folders: tuple[str, ...],
    *,
    page: str | None,
    as_json: bool,
) -> int:
    """Tell on one screen what there is, what came of it in a period, and what to look at.

    PERIOD is as for `gitbtc statement`; without one, everything up to HEAD. The page is one file: no script, no font,
    and nothing that is fetched from anywhere.
    """
    from gitbtc.cli.paging import terminal_width
    from gitbtc.views.report import WIDTH, document, lines

    with found_period(*ends(period, first, last), folders) as found:
        whole = document(told(found, with_branches=as_json or page is not None))
    if page is not None:
        _write(whole, page)
    if as_json:
        click.echo(printable_json(whole))
    elif page is None:
        colour = wants_colour(found.git, seen=sys.stdout.isatty())
        for role, line in lines(whole, terminal_width() or WIDTH):
            click.echo(f"{_COLOURS[role]}{line}{_RESET}" if colour and role else line)
    return 0


def _write(whole: dict[str, object], page: str) -> None:
    from gitbtc.repo.files import write
    from gitbtc.views.page import of_report

    write(page, of_report(whole).encode())


def told(period: Period, *, with_branches: bool) -> Told:
    """A period with what a report says around it; other branches take their time, and have no place on one screen."""
    from gitbtc.cli.statement import channels_of, checked, end_of
    from gitbtc.spends import CHANNELS, LABELS
    from gitbtc.views.report import Told

    broken, contested = checked(period)
    wallets = _wallets(period)
    feerate, is_told = _feerate(wallets)
    commits = list(_commits(period))
    return Told(
        period.roots, end_of(period, period.before), end_of(period, period.after), period.reckoning,
        _coins(wallets, feerate, period.reckoning), feerate, is_told,
        period.records(period.after, LABELS), period.records(period.after, _FEES), commits, contested, broken,
        _passed(period, commits), channels_of(period), period.records(period.after, CHANNELS), list(_policies(period)),
        list(_branches(period)) if with_branches else [],
    )  # fmt: skip


def _wallets(period: Period) -> list[Wallet]:
    from gitbtc.cli.asked_state import State, wallets

    commit, snapshot = period.end()
    found = wallets(State(period.git, snapshot, commit.oid), None, None, added=True)
    return [one for one in found if one.root in period.roots]


def _feerate(wallets: list[Wallet]) -> tuple[Feerate, bool]:
    """What coins are weighed by: the oracle's estimate for six blocks, or else a usual one; and whether it is an
    oracle's.
    """
    from gitbtc.coins.feerate import Feerate
    from gitbtc.coins.readings import TARGETS, latest

    for wallet in wallets:
        reading = latest(wallet.records(_FEES), wallet.chain.get("block_time"))
        if reading:
            return Feerate.of(reading[TARGETS[6]]), True
    return Feerate.read(_FEERATE), False


def _coins(wallets: list[Wallet], feerate: Feerate, reckoning: Reckoning) -> Coins:
    from gitbtc.coins.balance import Sum
    from gitbtc.statement.series import times_of
    from gitbtc.views.report import Coins

    times = times_of(reckoning.after)
    aged, below_cost, heaviest = [], Sum(), None
    for one in _worths(wallets, feerate):
        aged.append((one.holding.amount_sat, times.get(one.outpoint[0])))
        if one.is_below_cost:
            below_cost = below_cost.with_one(one.holding)
        if one.weight is not None:
            heaviest = max(heaviest or 0, one.weight)
    return Coins([wallet.balance for wallet in wallets], aged, below_cost, heaviest)


def _worths(wallets: list[Wallet], feerate: Feerate) -> Iterator[Worth]:
    from gitbtc.coins.weights import InputWeights
    from gitbtc.coins.worth import worth

    for wallet in wallets:
        weights = InputWeights(wallet.records(_DESCRIPTORS))
        yield from (worth(holding, wallet.tip, weights, feerate) for holding in wallet.classified())


def _commits(period: Period) -> Iterator[Commit]:
    """The commits of the period with a wallet, the oldest first."""
    from gitbtc.views.report import Commit

    begin = period.before.commit.oid if period.before.commit else None
    walked = list(takewhile(lambda commit: commit.oid != begin, period.timeline.commits()))
    found = [commit for commit in reversed(walked) if period.timeline.has_wallet(commit.oid, period.roots)]
    heights = [_height(period, commit.oid) for commit in found]
    for place, (commit, height) in enumerate(zip(found, heights, strict=True)):
        beside = [one for one in heights[max(place - 1, 0) : place + 2] if one is not None]
        goes_back = any(after < one for one, after in pairwise(beside))
        balance = _balance(period, commit.oid) if goes_back else None
        yield Commit(commit.oid, commit.author, commit.message.lstrip("\n").partition("\n")[0], height, balance)


def _height(period: Period, oid: str) -> int | None:
    """The height of a commit's tip (blocks)."""
    return max((tip["block_height"] for tip in period.timeline.tips(oid, period.roots)), default=None)


def _balance(period: Period, oid: str) -> int | None:
    """What the coins of a commit are worth (sat); None where its files cannot be read."""
    from gitbtc.cli.asked_period import books_of

    try:
        return period.reckoning.worth(books_of(_snapshot(period, oid), period.roots))
    except CannotWork:
        return None


def _snapshot(period: Period, oid: str) -> Snapshot:
    from gitbtc.state.snapshot import Snapshot

    return Snapshot(oid[:12], period.objects.tree(oid), lambda _, blob: period.read(blob), period.kinds)


def _passed(period: Period, commits: list[Commit]) -> tuple[int, int]:
    """The blocks and the seconds from the first tip of the period to the last."""
    if not commits:
        return 0, 0
    first, last = ([(tip["block_height"], tip["block_time"]) for tip in period.timeline.tips(one.oid, period.roots)]
                   for one in (commits[0], commits[-1]))  # fmt: skip
    if not first or not last:
        return 0, 0
    return max(last)[0] - max(first)[0], max(last)[1] - max(first)[1]


def _policies(period: Period) -> Iterator[Policy]:
    """Each change of a channel's policy in the history, the oldest first."""
    from gitbtc.spends import CHANNELS, ROUTING
    from gitbtc.views.report import Policy

    names = {one["channel_id"]: one["peer_alias"] for one in period.records(period.after, CHANNELS)}
    shown = ("base_fee_msat", "fee_rate_ppm")
    for commit, change in period.timeline.changes(ROUTING, period.roots):
        old, new = change.old_record or {}, change.new_record
        if new and any(old.get(name) != new[name] for name in shown):
            channel = names.get(new["channel_id"]) or new["channel_id"]
            terms = new["base_fee_msat"], new["fee_rate_ppm"]
            yield Policy(channel, commit.oid, commit.author, _height(period, commit.oid), *terms)


def _branches(period: Period) -> Iterator[BranchRow]:
    """The local branches that have something which the commit of the report has not."""
    from gitbtc.premerge.branches import UP_TO_DATE, Premerge
    from gitbtc.views.report import BranchRow

    commit, snapshot = period.end()
    heads = {name: oid for oid, kind, name in period.git.refs() if kind == "commit" and name.startswith(_LOCAL)}
    others = {name.removeprefix(_LOCAL): oid for name, oid in heads.items() if oid != commit.oid}
    if not others:
        return
    foreseen = Premerge(period.git, period.objects, period.read, commit.oid, others)
    collisions = foreseen.judge()
    for branch in foreseen.branches:
        if branch.merge == UP_TO_DATE:
            continue
        pairs = ((one.one.name, one.other.name) for one in collisions)
        against = sorted({name for pair in pairs if branch.name in pair for name in pair} - {branch.name})
        spent, until = _of_branch(period, snapshot, others[branch.name])
        ahead = len(period.objects.beyond(others[branch.name], commit.oid))
        yield BranchRow(branch.name, ahead, spent, branch.merge, len(branch.conflicts), tuple(against), until)


def _of_branch(period: Period, here: Snapshot, oid: str) -> tuple[int, int | None]:
    """How many coins a branch does not list any more, and until which block it reserves some."""
    from gitbtc.views.reservations import rows_of

    there = _snapshot(period, oid)
    spent, until = 0, []
    for root in period.roots:
        evidence = there.evidence(root)
        spent += sum(outpoint not in evidence.coins for outpoint in here.evidence(root).coins)
        until += [row["expires_height"] for row in rows_of(root, evidence) if row["holds"]]
    return spent, max((height for height in until if height is not None), default=None)
