"""What a person wants to be paid: to whom, and how much."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from gitbtc.coins.weights import SCRIPT_BYTES, dust_sat, script_bytes
from gitbtc.errors import UsageError
from gitbtc.kinds.formats import address_networks, read_address

_SAT_PER_BTC = 100_000_000
_MOST_SAT = 21_000_000 * _SAT_PER_BTC
_SAT = re.compile(r"([0-9]{1,16}) ?sat\Z")
_BTC = re.compile(r"[0-9]{1,8}\.[0-9]{1,8}\Z")


class Payment(NamedTuple):
    """An output: `to` an address, or a script type of which an address is not known yet; `script`: the length of its
    script (bytes).
    """

    to: str
    script: int
    amount_sat: int


def read_payment(text: str, network: str) -> Payment:
    """`ADDRESS=AMOUNT` or `TYPE=AMOUNT` on a network of chain.json ("": not known). UsageError for anything else, an
    address of another network, and what nodes do not relay.
    """
    to, sign, amount = text.partition("=")
    if not sign:
        raise UsageError(f"{text}: whom, and how much? Write ADDRESS=AMOUNT, such as bc1q…=0.75 or p2wpkh=75000sat")
    script_type, script = _place(to, network)
    sat = read_amount(amount)
    least = dust_sat(script_type, to)
    if least is not None and sat < least:
        raise UsageError(f"{text}: nodes relay no output of that type below {least} sat (dust)")
    return Payment(to, script, sat)


def _place(to: str, network: str) -> tuple[str, int]:
    """(script type, length of the script) of an address or a script type."""
    if to in SCRIPT_BYTES:
        return to, SCRIPT_BYTES[to]
    read = read_address(to)
    script = script_bytes(read[0], to) if read else None
    if read is None or script is None:
        raise UsageError(f"{to}: no address, and no script type; these are {', '.join(SCRIPT_BYTES)}")
    if network and network not in address_networks(to):
        raise UsageError(f"{to}: an address of another network; the coins are of {network}")
    return read[0], script


def read_amount(text: str) -> int:
    """An amount (sat): BTC with a decimal point, or satoshi with the unit. A bare whole number could be either, so it
    is refused.
    """
    sat = _SAT.match(text)
    amount = int(sat[1]) if sat else int(Decimal(text) * _SAT_PER_BTC) if _BTC.match(text) else None
    if amount is None or not 0 < amount <= _MOST_SAT:
        raise UsageError(
            f"{text}: no amount; write BTC with a decimal point (0.75), or satoshi with the unit (75000sat)"
        )
    return amount
