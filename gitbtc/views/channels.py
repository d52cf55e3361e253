"""The channels of a root, and what a change of policies asks of their node: lines, and documents for programs."""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.routing.fees import inbound_msat, local_share, outbound_msat
from gitbtc.views import terms
from gitbtc.views.table import Row, laid_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from gitbtc.kinds.kind import Record
    from gitbtc.repo.objects import LoggedCommit
    from gitbtc.routing.plan import Step

ROOT_KEY = "gitbtc.channels/v1"
AMOUNT_MSAT = 100_000_000  # 100,000 sat, what effective fees are told of
_NOUN = ("channel", "channels")
_RIGHT = frozenset([1, 2, 3, 4, 5])
_CAPACITY, _CHANGED = 2, 7  # columns


class Told(NamedTuple):
    """The channels of a root with their policies by channel_id, the commits that changed these last, and what is wrong:
    policies of no channel, by channel_id.
    """

    root: str
    channels: Sequence[Record]
    policies: Mapping[str, Record]
    changes: Mapping[str, LoggedCommit]

    @property
    def orphans(self) -> list[str]:
        """The policies of no channel that is there."""
        return sorted(self.policies.keys() - {one["channel_id"] for one in self.channels})


def lines(told: Told, width: int = 0) -> Iterator[str]:
    """The heading, a line a channel, their sums, and what is wrong."""
    yield f"{told.root or '.'}  fees of a payment of 100,000 sat, in sat"
    head = _line(["channel", "ours", "capacity", "out", "100k out", "100k in", "", "changed"])
    rows = [head, *(_row(told, channel) for channel in told.channels)]
    for _, line in laid_out(rows, max(width - 2, 0), right=_RIGHT):
        yield f"  {line}"
    ours = sum(one["local_balance_sat"] for one in told.channels)
    capacity = sum(one["capacity_sat"] for one in told.channels)
    yield f"  {terms.counted(len(told.channels), _NOUN)}, {terms.btc(ours)} of {terms.btc(capacity)} ours"
    for name in told.orphans:
        yield f"  ! the policy of {name} is of no channel that is there"


def _row(told: Told, channel: Record) -> Row:
    name, policy = channel["channel_id"], told.policies.get(channel["channel_id"])
    called = [terms.quoted(channel["peer_alias"])] if channel["peer_alias"] else []
    share = local_share(channel)
    marks = [
        word for word, is_so in (("private", not channel["is_public"]), ("inactive", not channel["is_active"])) if is_so
    ]
    fees = ["no policy", "", ""] if policy is None else _fees(policy)
    cells = ["  ".join([name, *called]), "" if share is None else f"{share}%", terms.money(channel["capacity_sat"]),
             *fees, ", ".join(marks), _changed(told.changes.get(name))]  # fmt: skip
    return _line(cells)


def _line(cells: Sequence[str]) -> Row:
    """On a narrow terminal the fees count; how large the channel is and who changed its policy are left out there."""
    return Row(" ", cells, [cell if place not in (_CAPACITY, _CHANGED) else "" for place, cell in enumerate(cells)])


def _fees(policy: Record) -> list[str]:
    out, into = outbound_msat(policy, AMOUNT_MSAT), inbound_msat(policy, AMOUNT_MSAT)
    return [_rate(policy), terms.sat_of_msat(out), _signed(into)]


def _rate(policy: Record) -> str:
    """`250 ppm + 1 sat`."""
    base = policy["base_fee_msat"]
    return f"{policy['fee_rate_ppm']} ppm" + (f" + {terms.sat_of_msat(base)}" if base else "")


def _signed(msat: int) -> str:
    if not msat:
        return ""
    return ("+" if msat > 0 else "\N{MINUS SIGN}") + terms.sat_of_msat(abs(msat))


def _changed(commit: LoggedCommit | None) -> str:
    return f"{terms.day(commit.time)} {terms.word(commit.author)} {commit.oid[:8]}" if commit else ""


def document(told: Iterable[Told]) -> dict[str, Any]:
    """The same as JSON, in the form that docs/lightning.md tells."""
    return {ROOT_KEY: {"roots": [
        {"root": one.root, "channels": [_document(one, channel) for channel in one.channels], "orphans": one.orphans}
        for one in told
    ]}}  # fmt: skip


def _document(told: Told, channel: Record) -> dict[str, Any]:
    policy = told.policies.get(channel["channel_id"])
    commit = told.changes.get(channel["channel_id"])
    by = {"commit": commit.oid, "author": commit.author, "time": commit.time} if commit else None
    return {
        **channel, "local_percent": local_share(channel), "policy": policy,
        "fee_of_100k_sat_msat": policy and outbound_msat(policy, AMOUNT_MSAT),
        "inbound_fee_of_100k_sat_msat": policy and inbound_msat(policy, AMOUNT_MSAT), "policy_changed": by,
    }  # fmt: skip


# -- plans -------------------------------------------------------------------------------------------------------------


def plan_lines(steps: Iterable[Step], channels: Mapping[str, Record]) -> Iterator[str]:
    """A comment and a command a channel, as a shell takes them: whatever a stranger calls a node stays in a comment."""
    for step in steps:
        alias = channels.get(step.channel_id, {}).get("peer_alias")
        name = "  ".join([step.channel_id, *([terms.quoted(alias)] if alias else [])])
        yield f"# {name}: {_difference(step)}"
        yield from (f"#   {note}" for note in step.notes)
        if step.command:
            yield step.command


def _difference(step: Step) -> str:
    old, new = step.old or {}, step.new or {}
    names = [name for name in sorted({*old, *new} - {"channel_id"}) if old.get(name) != new.get(name)]
    return ", ".join(f"{name} {_value(old.get(name))} \N{RIGHTWARDS ARROW} {_value(new.get(name))}" for name in names)


def _value(given: Any) -> str:
    return "nothing" if given is None else str(given)
