"""What a history gives away, as lines and as a document."""

from __future__ import annotations

from gitbtc.coins import privacy
from gitbtc.views import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from gitbtc.coins.privacy import Finding

ROOT_KEY = "gitbtc.privacy/v1"


def lines(found: Iterable[tuple[str, Finding]]) -> Iterator[str]:
    """A line a finding, with the root where that is not the top."""
    for root, finding in found:
        where = f"{terms.word(root)}: " if root else ""
        yield f"{where}{finding.type}: {_SAYS[finding.type](finding)}"


def _txids(finding: Finding) -> str:
    return ", ".join(terms.short(txid) for txid in finding.txids)


def _amounts(finding: Finding) -> str:
    return " and ".join(terms.btc(int(amount)) for amount in finding.told)


_SAYS: dict[str, Callable[[Finding], str]] = {
    privacy.REUSE: lambda one: (
        f"{one.about} was paid to by {len(one.txids)} transactions: {_txids(one)}; each payer sees the others"
    ),
    privacy.EXPOSED: lambda one: (
        f"{one.about} was paid to again after it had been spent from, by {_txids(one)}: its key is on the chain"
    ),
    privacy.CHANGE_TYPE: lambda one: (
        f"{terms.short(one.about)}: its change is {' and '.join(one.told)}, which no input is: it is plain which "
        "output is the change"
    ),
    privacy.ROUND: lambda one: (
        f"{terms.short(one.about)}: it pays {_amounts(one)}, a round amount: it is plain which output is the change"
    ),
    privacy.LINKED: lambda one: (
        f"{terms.short(one.about)}: its inputs are {' and '.join(one.told)}: all who look know that one person has both"
    ),
    privacy.BACK: lambda one: f"{one.about} had paid in, and is paid to: {_txids(one)}; it links the coins",
    privacy.DUST: lambda one: (
        f"{one.about}, {_amounts(one)} of a stranger, on an address that was used before: spend it with nothing else, "
        "or freeze it"
    ),
    privacy.PUBLISHED: lambda one: (
        f"{terms.word(one.about)} has wallet/descriptors.json with extended public keys: who reads that remote sees "
        "every address"
    ),
}


def document(found: Iterable[tuple[str, Finding]]) -> dict[str, Any]:
    """The same as JSON, in the form that docs/coins.md tells."""
    rows = [{"root": root, **finding._asdict(), "text": _SAYS[finding.type](finding)} for root, finding in found]
    return {ROOT_KEY: {"findings": rows}}
