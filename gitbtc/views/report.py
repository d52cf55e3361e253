"""A report as a document and as one screen of 80 columns; what a page shows is made from the same document."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc import __version__
from gitbtc.coins.balance import Sum
from gitbtc.coins.holdings import CONTESTED, FROZEN, IMMATURE, SPENDABLE
from gitbtc.statement.groups import by_agent
from gitbtc.statement.series import by_age, by_amount, coin_days, halving, median, paid, respelled, steps
from gitbtc.views import terms
from gitbtc.views.balance import WORDS
from gitbtc.views.statement import End, amount, document_of_end
from gitbtc.views.width import wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal
    from typing import Any

    from gitbtc.coins.balance import Balance
    from gitbtc.coins.feerate import Feerate
    from gitbtc.kinds.kind import Record
    from gitbtc.statement.lightning import Channels
    from gitbtc.statement.reckoning import Reckoning

ROOT_KEY = "gitbtc.report/v1"
WIDTH = 80  # columns, where no terminal has another width
_BLOCKS = "▁▂▃▄▅▆▇█"
_SPARKS = 10  # columns of the balance
_COIN, _SPEND, _COMMIT = ("coin", "coins"), ("spend", "spends"), ("commit", "commits")
# Where the terminal parts coins by amount (sat); the page has every power of ten.
_BELOW = ((1000, "<1k"), (100_000, "<100k"), (1_000_000, "<1M"), (100_000_000, "<1 BTC"))


class Commit(NamedTuple):
    """A commit of the period: its oid, author and subject, the height of its tip (blocks; None: not known), and where a
    reorganisation brought the tip down from it or to it, its balance (sat; else None).
    """

    oid: str
    author: str
    subject: str
    height: int | None
    balance_sat: int | None


class BranchRow(NamedTuple):
    """A branch against the commit of the report: how many commits it is ahead, how many coins it lists no more,
    what merging it would do, what would stop that, the branches that it collides with, and until which block it
    reserves coins (None: it reserves none).
    """

    name: str
    ahead: int
    spends: int
    merge: str
    conflicts: int
    collides: tuple[str, ...]
    reserved_until: int | None


class Policy(NamedTuple):
    """A change of what a channel asks for forwarding: which commit made it, whose, the height, base fee (msat), rate
    (ppm).
    """

    channel: str
    commit: str
    author: str
    height: int | None
    base_fee_msat: int
    fee_rate_ppm: int


class Coins(NamedTuple):
    """What is told of the coins, of which none is held. `balances`: those of each root; `aged`: the amount of each coin
    (sat) and the time of its block (Unix seconds; None: not known); `below_cost`: those that cost more to spend than
    they are worth; `heaviest`: what the input weighs that weighs most (WU), None where nobody knows one.
    """

    balances: Sequence[Balance]
    aged: Sequence[tuple[int, int | None]]
    below_cost: Sum
    heaviest: int | None

    def of_class(self, about: tuple[str, str]) -> Sum:
        """The coins of a class and detail, of all roots."""
        parts = [balance.classes[about] for balance in self.balances]
        return Sum(sum(part.coins for part in parts), sum(part.amount_sat for part in parts))


class Told(NamedTuple):
    """What is reported. `feerate`: what coins are weighed by; `readings`: what an oracle said of feerates; `passed`:
    (blocks, seconds) that the history covers.
    """

    roots: Sequence[str]
    before: End
    after: End
    reckoning: Reckoning
    coins: Coins
    feerate: Feerate
    is_feerate_told: bool
    labels: Sequence[Record]
    readings: Sequence[Record]
    commits: Sequence[Commit]
    contested: int
    rules_broken: int
    passed: tuple[int, int]
    channels: Channels | None
    open_channels: Sequence[Record]
    policies: Sequence[Policy]
    branches: Sequence[BranchRow]


# -- the document ------------------------------------------------------------------------------------------------------


def document(told: Told) -> dict[str, Any]:
    """All that a report tells, as JSON in the form that docs/report.md has."""
    tips = told.reckoning.after.tips.values()
    network = next((tip.network for tip in tips if tip.network), "")
    body = {
        "version": __version__,
        "roots": list(told.roots),
        "network": network or None,
        "from": document_of_end(told.before, told.reckoning.before),
        "to": document_of_end(told.after, told.reckoning.after),
        "classes": _classes(told),
        "balance": _balance(told),
        "coins": _coins(told),
        "fees": _fees(told),
        "agents": [one._asdict() for one in by_agent(told.reckoning.flows, told.reckoning.after.agents)],
        "look_at": _look_at(told),
        "halving": _halving(told, network),
        "branches": [{**one._asdict(), "collides": list(one.collides)} for one in told.branches],
        "channels": _channels(told),
    }
    return {ROOT_KEY: body}


def _classes(told: Told) -> dict[str, Any]:
    sums = ((about, told.coins.of_class(about)) for about in WORDS)
    firsts = (balance.matures for balance in told.coins.balances)
    return {
        "classes": [{"class": name, "detail": detail or None, **held._asdict()}
                    for (name, detail), held in sums if held.coins],
        "immature_until_block": min((first for first in firsts if first is not None), default=None),
        "contested": told.contested,
    }  # fmt: skip


def _balance(told: Told) -> dict[str, Any]:
    totals = told.reckoning.totals
    pending = sum(one.net_sat if makes else one.net_sat - sum(part.amount_sat for part in one.own)
                  for one, makes in told.reckoning.pending)  # fmt: skip
    return {
        "opening_sat": totals.opening, "closing_sat": totals.closing, "difference_sat": totals.difference,
        "received_sat": totals.received, "sent_sat": totals.sent, "fees_sat": totals.fees,
        "coinbase_sat": totals.coinbase, "pending_sat": pending,
        "steps": [one._asdict() for one in steps(told.reckoning)],
        "commits": [one._asdict() for one in told.commits],
    }  # fmt: skip


def _coins(told: Told) -> dict[str, Any]:
    tips = [tip.time for tip in told.reckoning.after.tips.values() if tip.time is not None]
    now = max(tips, default=None)
    aged = told.coins.aged
    amounts = [amount for amount, _ in aged]
    days = None if now is None else coin_days(aged, now)
    return {
        "count": len(amounts), "amount_sat": sum(amounts),
        "by_amount": [one._asdict() for one in by_amount(amounts)],
        "by_size": dict(_by_size(amounts)),
        "by_age": [one._asdict() for one in by_age(aged, now)],
        "coin_days": None if days is None else _rounded(days),
        "mean_age_days": None if days is None or not sum(amounts) else _rounded(days * 100_000_000 / sum(amounts)),
        "feerate": str(told.feerate), "is_feerate_told": told.is_feerate_told,
        "below_cost": told.coins.below_cost.coins,
        "below_cost_sat": told.coins.below_cost.amount_sat,
        "cost_sat": None if told.coins.heaviest is None else told.feerate.fee(told.coins.heaviest),
    }  # fmt: skip


def _rounded(number: Decimal) -> str:
    return f"{number:.1f}"


def _by_size(amounts: Iterable[int]) -> Iterator[tuple[str, int]]:
    rest = list(amounts)
    for below, name in _BELOW:
        yield name, sum(one < below for one in rest)
        rest = [one for one in rest if one >= below]
    yield "≥1 BTC", len(rest)


def _fees(told: Told) -> dict[str, Any]:
    fees = paid(told.reckoning.flows)
    middle = median([one.feerate for one in fees])
    return {
        "count": len(fees), "total_sat": told.reckoning.totals.fees, "median": middle and str(middle),
        "paid": [{"txid": one.txid, "block_height": one.height, "feerate": str(one.feerate), "fee_sat": one.fee_sat}
                 for one in fees],
        "readings": [
            {"block_height": one["block_height"], **{name: one[name] for name in one if name.startswith("target_")}}
            for one in told.readings if one["block_height"] is not None
        ],
    }  # fmt: skip


def _look_at(told: Told) -> list[str]:
    """What somebody should look at, the gravest first."""
    reckoning = told.reckoning
    below = told.coins.below_cost.coins
    whose = "its" if below == 1 else "their"
    frozen = told.coins.of_class((FROZEN, "")).coins
    found = [
        (told.contested, f"{terms.counted(told.contested, _COIN)} contested: `gitbtc check`"),
        (told.rules_broken, f"{terms.counted(told.rules_broken, ('rule', 'rules'))} broken: `gitbtc check`"),
        (reckoning.totals.difference, f"the balance does not add up, by {reckoning.totals.difference} sat"),
        (reckoning.adjusted, f"{len(reckoning.adjusted)} adjusted without a transaction: `gitbtc statement`"),
        (reckoning.reorganised, f"{len(reckoning.reorganised)} reorganised"),
        (below, f"{terms.counted(below, _COIN)} below {whose} own cost at {told.feerate} sat/vB"),
        (frozen, f"{frozen} frozen"),
    ]  # fmt: skip
    words = [text for is_there, text in found if is_there]
    for spelled, addresses in respelled(told.labels):
        words.append(f"label {terms.quoted(spelled[0])} on {addresses} addresses with {len(spelled)} spellings")
    return words


def _halving(told: Told, network: str) -> dict[str, Any] | None:
    heights = [tip.height for tip in told.reckoning.after.tips.values()]
    times = [tip.time for tip in told.reckoning.after.tips.values() if tip.time is not None]
    if not network or max(heights, default=-1) < 0:
        return None
    found = halving(network, max(heights), told.passed)
    blocks = found.height - max(heights)
    return {"subsidy_sat": found.subsidy_sat, "block_height": found.height, "blocks": blocks,
            "seconds_a_block": round(found.spacing), "is_measured": found.is_measured,
            "about": max(times) + round(blocks * found.spacing) if times else None}  # fmt: skip


def _channels(told: Told) -> dict[str, Any] | None:
    if told.channels is None:
        return None
    names = ("channel_id", "peer_alias", "capacity_sat", "local_balance_sat", "remote_balance_sat", "local_reserve_sat",
             "remote_reserve_sat", "is_active")  # fmt: skip
    return {
        **told.channels._asdict(), "unexplained_sat": told.channels.unexplained_sat,
        "open": [{name: one[name] for name in names} for one in told.open_channels],
        "policies": [one._asdict() for one in told.policies],
    }  # fmt: skip


# -- a screen ----------------------------------------------------------------------------------------------------------


def lines(whole: Mapping[str, Any], width: int = WIDTH) -> Iterator[tuple[str, str]]:
    """(role, line) of a screen of `width` columns; the roles are `headline`, `alarm` and ""."""
    for role, indent, text in _lines(whole):
        yield from ((role, line) for line in wrapped(text, width, indent))


def _lines(whole: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Role, indentation of what goes on, and text."""
    told = whole[ROOT_KEY]
    yield "headline", 2, _heading(told)
    yield "", 2, "   ".join(having(told))
    for name, text in (
        ("balance", _balance_words(told["balance"])),
        ("coins", _coin_words(told["coins"])),
        ("age", _age_words(told["coins"])),
        ("fees", _fee_words(told["fees"])),
        ("agents", _agent_words(told["agents"])),
        ("channels", _channel_words(told["channels"])),
        ("halving", _halving_words(told["halving"])),
    ):
        if text:
            yield "", 9, f"{name:<9}{text}"
    if told["look_at"]:
        yield "alarm", 9, f"{'look at':<9}{' · '.join(told['look_at'])}"


def heading(told: Mapping[str, Any]) -> list[str]:
    """The roots, the network, the block, and how many commits."""
    tips = [one for one in told["to"]["roots"] if one["block_height"] is not None]
    tip = max(tips, key=lambda one: one["block_height"], default=None)
    roots = " and ".join(terms.word(root) if root else "treasury" for root in told["roots"])
    block = [f"block {tip['block_height']}"] if tip else []
    block += [f"{tip['block_hash'][:8]}…{tip['block_hash'][-8:]}"] if tip and tip["block_hash"] else []
    commits = terms.counted(len(told["balance"]["commits"]), _COMMIT)
    return [text for text in (roots, told["network"] or "", *block, commits) if text]


def _heading(told: Mapping[str, Any]) -> str:
    return " · ".join(heading(told))


def having(told: Mapping[str, Any]) -> list[str]:
    """What there is, by class: spendable and contested always."""
    classes = {(one["class"], one["detail"] or ""): one for one in told["classes"]["classes"]}
    spendable = classes.pop((SPENDABLE, ""), {"amount_sat": 0})["amount_sat"]
    parts = [f"{amount(spendable)} BTC spendable"]
    until = told["classes"]["immature_until_block"]
    for about, one in classes.items():
        if about[0] != CONTESTED:
            block = f" (block {until})" if about[0] == IMMATURE and until is not None else ""
            parts.append(f"{amount(one['amount_sat'])} {WORDS[about].replace(', ', ' ')}{block}")
    return [*parts, f"{told['classes']['contested']} contested"]


def _balance_words(balance: Mapping[str, Any]) -> str:
    opening, closing = balance["opening_sat"], balance["closing_sat"]
    change = amount(closing - opening, signed=True)
    return f"{spark(balance['steps'])}  {amount(opening)} → {amount(closing)}   ({change})"


def spark(steps_: Sequence[Mapping[str, Any]]) -> str:
    """A balance over heights in eight heights of a block character: what there was at the end of each tenth."""
    first, last = steps_[0]["height"], steps_[-1]["height"]
    ends = [first + (last - first) * (place + 1) // _SPARKS for place in range(_SPARKS)]
    seen = [next(one["balance_sat"] for one in reversed(steps_) if one["height"] <= max(end, first)) for end in ends]
    highest = max(seen, default=0)
    return "".join(_BLOCKS[(len(_BLOCKS) - 1) * one // highest if highest else 0] for one in seen)


def _coin_words(coins: Mapping[str, Any]) -> str:
    sizes = [f"{name}:{count}" for name, count in coins["by_size"].items() if count]
    return "  ".join([f"{coins['count']:,}", *sizes])


def _age_words(coins: Mapping[str, Any]) -> str:
    if coins["mean_age_days"] is None:
        return ""
    return f"{coins['mean_age_days']} days in the mean, by amount   {coins['coin_days']} BTC·days"


def _fee_words(fees: Mapping[str, Any]) -> str:
    if not fees["count"]:
        return "none paid"
    return f"{fees['median']} sat/vB median of {fees['count']}   {amount(fees['total_sat'])} BTC in all"


def _agent_words(agents: Sequence[Mapping[str, Any]]) -> str:
    named = [one for one in agents if one["agent"]]
    rest = [one for one in agents if not one["agent"]]
    return "   ".join(
        f"{terms.word(one['agent']) if one['agent'] else 'nobody named'}: "
        f"{terms.counted(one['transactions'], _SPEND)}, {amount(one['sent_sat'] + one['fee_sat'])} BTC"
        for one in (*named, *(rest if named else ()))
    )


def _channel_words(channels: Mapping[str, Any] | None) -> str:
    if channels is None:
        return ""
    return (
        f"{len(channels['open'])} open   {amount(channels['opening_sat'])} → {amount(channels['closing_sat'])} BTC ours"
    )


def _halving_words(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return ""
    by = "by this history's own blocks" if found["is_measured"] else "at 10 minutes a block"
    about = f", about {terms.utc(found['about'])[:10]} {by}" if found["about"] is not None else ""
    return f"at block {found['block_height']:,}, in {found['blocks']:,} blocks{about}"
