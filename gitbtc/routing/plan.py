"""What a change of routing policies asks of the node: the commands that somebody would type. Nothing is run.

`lncli updatechanpolicy` sets fees and time lock together, so each line has all three; the two inbound fees are given
together or not at all. `lightning-cli setchannel` knows neither time lock nor inbound fees by channel.
"""

from __future__ import annotations

from typing import NamedTuple

from gitbtc.routing.limits import beyond

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitbtc.kinds.kind import Record

LND, CLN = "lnd", "cln"
_INBOUND = ("inbound_base_fee_msat", "inbound_fee_rate_ppm")


class Step(NamedTuple):
    """What is to be done for one channel: `command`, "" where nothing can be; `notes` say what the command leaves out,
    `obstacle` why there is none.
    """

    channel_id: str
    old: Record | None
    new: Record | None
    command: str
    notes: tuple[str, ...] = ()
    obstacle: str = ""


def steps(
    before: Mapping[str, Record],
    after: Mapping[str, Record],
    channels: Mapping[str, Record],
    limits: Mapping[str, int],
    program: str,
) -> Iterator[Step]:
    """A step for each policy that differs, by channel; `channels` are those of the state afterwards. A policy without a
    channel, or beyond a limit, is told and has no command; one that was taken out leaves the node as it is.
    """
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if new is None:
            yield Step(name, old, None, "", ("its policy was taken out; the node keeps what it has",))
        elif name not in channels:
            yield Step(name, old, new, "", obstacle="no channel of channels.json has this id")
        elif faults := list(beyond(new, limits)):
            yield Step(name, old, new, "", obstacle="; ".join(faults))
        else:
            yield _lnd(name, old, new, channels[name]) if program == LND else _cln(name, old, new)


def _lnd(name: str, old: Record | None, new: Record, channel: Record) -> Step:
    funding = channel.get("funding_outpoint")
    if not funding:
        return Step(name, old, new, "", obstacle="its funding_outpoint is not known, which lncli calls a channel by")
    words = [
        "lncli updatechanpolicy", f"--base_fee_msat {new['base_fee_msat']}", f"--fee_rate_ppm {new['fee_rate_ppm']}",
        f"--time_lock_delta {new['time_lock_delta']}",
    ]  # fmt: skip
    if any(field in side for side in (old or {}, new) for field in _INBOUND):
        words += [f"--{field} {new.get(field, 0)}" for field in _INBOUND]
    words += [f"--{option} {new[field]}" for option, field in (("min_htlc_msat", "min_htlc_msat"),
              ("max_htlc_msat", "max_htlc_msat")) if _differs(old, new, field)]  # fmt: skip
    return Step(name, old, new, " ".join([*words, f"--chan_point {funding}"]))


def _cln(name: str, old: Record | None, new: Record) -> Step:
    words = [f"lightning-cli setchannel -k id={name}", f"feebase={new['base_fee_msat']}msat",
             f"feeppm={new['fee_rate_ppm']}"]  # fmt: skip
    words += [f"{option}={new[field]}msat" for option, field in (("htlcmin", "min_htlc_msat"),
              ("htlcmax", "max_htlc_msat")) if _differs(old, new, field)]  # fmt: skip
    notes = []
    if _differs(old, new, "time_lock_delta") and old is not None:
        notes.append("lightningd has one time lock for all channels (cltv-delta): set it in its configuration")
    if any(new.get(field) for field in _INBOUND):
        notes.append("lightningd knows no inbound fees")
    return Step(name, old, new, " ".join(words), tuple(notes))


def _differs(old: Record | None, new: Record, field: str) -> bool:
    return old is None or old.get(field) != new.get(field)
