"""The scripts that a root's descriptors make, for sources that are asked script by script.

Two implementations that share no code derive each script, embit and the one of bdkpython (rust-miniscript): an address
that is derived wrongly is one that nobody looks at, or somebody else's. Where they differ nothing is read. embit is
asked first, since it raises where bdkpython ends the process (a hardened step below a public key).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gitbtc.coins.scripts import Unreadable, made, parsed, script_of
from gitbtc.errors import CannotWork
from gitbtc.kinds.formats import MAIN, descriptor_networks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gitbtc.kinds.kind import Record

LEAST_GAP = 20  # unused addresses in a row, after which wallets agree to stop looking (BIP-44)
_MOST = 100_000  # scripts of a branch; whoever says of all of them that they are used does not tell the truth
_CHUNK = 100  # scripts of a branch that are asked for at once
_TUPLE = re.compile(r"<([^<>]*)>")
_KEYLESS = re.compile(r"(addr|raw)\(([^()]*)\)\Z")


class Underivable(CannotWork):
    """A descriptor whose scripts cannot be derived here."""


def branches(descriptor: str) -> list[str]:
    """The descriptors without `<0;1>` that one with it stands for (BIP-389), all without checksum. Raises Underivable
    where its tuples are not of one length.
    """
    body = descriptor.rpartition("#")[0] or descriptor
    choices = [found.split(";") for found in _TUPLE.findall(body)]
    if len({len(steps) for steps in choices}) > 1:
        raise Underivable("its <…;…> are of different lengths")
    count = len(choices[0]) if choices else 1
    return [_chosen(body, place) for place in range(count)]


def _chosen(body: str, place: int) -> str:
    return _TUPLE.sub(lambda found: str(found[1].split(";")[place]), body)


@dataclass
class Branch:
    """One descriptor without `<0;1>`: of which record, and the next index that is known to be unused."""

    record: Record
    text: str

    @property
    def name(self) -> str:
        """What messages call its descriptor."""
        return str(self.record["id"])[:8]

    @property
    def is_ranged(self) -> bool:
        """Whether it makes one script an index, and not one at all."""
        return "*" in self.text

    @property
    def gap(self) -> int:
        """How many unused scripts in a row are looked at."""
        return max(LEAST_GAP, int(self.record["gap_limit"]))

    def script(self, index: int) -> bytes:
        """The script at an index. Raises Underivable, CannotWork where two implementations differ."""
        first = self.derived(index)
        if _KEYLESS.match(self.text):
            return first
        second = self._bdk(index)
        if first != second:
            raise CannotWork(f"descriptor {self.name}: two implementations derive different scripts at index {index} "
                             f"({first.hex()}, {second.hex()}); nothing was read")  # fmt: skip
        return first

    def derived(self, index: int) -> bytes:
        """The same by one implementation, which is always here. Raises Underivable."""
        keyless = _KEYLESS.match(self.text)
        if keyless:
            return _keyless(*keyless.groups())
        try:
            (script,) = made(self._embit, [index])
        except Unreadable:
            raise Underivable("its scripts cannot be derived here") from None
        return script

    @cached_property
    def _embit(self) -> Any:
        return parsed({"descriptor": self.text})

    @cached_property
    def _bdk(self) -> Callable[[int], bytes]:
        bdk = bdkpython()
        kind = bdk.NetworkKind.MAIN if MAIN & descriptor_networks(self.text) else bdk.NetworkKind.TEST
        try:
            descriptor = bdk.Descriptor(self.text, kind)
        except bdk.DescriptorError:
            raise Underivable("bdkpython cannot read it") from None
        network = bdk.Network.BITCOIN if kind is bdk.NetworkKind.MAIN else bdk.Network.REGTEST
        return lambda index: bytes(descriptor.derive_address(index, network).script_pubkey().to_bytes())


def _keyless(form: str, text: str) -> bytes:
    script = script_of(text) if form == "addr" else bytes.fromhex(text)
    if script is None:
        raise Underivable("its address is of an unknown form")
    return script


def bdkpython() -> Any:
    """The module of the extra `descriptors`. Raises CannotWork where it is not installed."""
    try:
        import bdkpython as bdk
    except ImportError:
        raise CannotWork(
            "addresses are derived by bdkpython, which is not here: `pip install bdkpython`, or gitbtc with its extra "
            "`descriptors`; where there is a node, `gitbtc import scan` does without"
        ) from None
    return bdk


@dataclass
class Walked:
    """What was looked at: `places` maps a script to its branch and index, `last_used` a branch's number to the last
    index that is used, -1 for none; `left_out` has a line for each descriptor that no script can be derived of.
    """

    branches: list[Branch]
    places: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    last_used: dict[int, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Begin with what the records say is used."""
        for number, branch in enumerate(self.branches):
            self.last_used[number] = int(branch.record.get("next_index", 0)) - 1 if branch.is_ranged else -1

    def note_used(self, number: int, index: int) -> None:
        """A branch's script at this index is used."""
        if self.branches[number].is_ranged:
            self.last_used[number] = max(self.last_used[number], index)

    def end(self, number: int) -> int:
        """Before which index of a branch scripts are to be looked at, by what is known of it. Raises CannotWork."""
        branch = self.branches[number]
        end = self.last_used[number] + 1 + branch.gap if branch.is_ranged else 1
        if end > _MOST:
            raise CannotWork(f"descriptor {branch.name}: more than {_MOST} addresses are said to be used")
        return end

    def descriptors(self) -> list[Record]:
        """The descriptor records, the next index of each being the one after the last that is used."""
        following: dict[str, int] = {}
        for number, branch in enumerate(self.branches):
            if branch.is_ranged:
                key = branch.record["id"]
                following[key] = max(following.get(key, 0), self.last_used[number] + 1)
        records = {branch.record["id"]: branch.record for branch in self.branches}
        return [
            {**record, **({"next_index": following[key]} if key in following else {})}
            for key, record in records.items()
        ]


def look(records: Iterable[Record], used: Callable[[Sequence[bytes]], Sequence[bool]]) -> Walked:
    """Derive the scripts of the descriptors `records`, and ask `used` of each whether anybody ever paid to it, until as
    many in a row as the gap limit says are not, on every branch. Raises CannotWork.
    """
    own = _readable(records)
    asked = dict.fromkeys(own.last_used, 0)
    while wanted := {
        number: range(begin, min(end, begin + _CHUNK))
        for number, begin in asked.items() if begin < (end := own.end(number))
    }:  # fmt: skip
        scripts = [(number, index, own.branches[number].script(index)) for number in wanted for index in wanted[number]]
        for (number, index, script), is_used in zip(scripts, used([one[2] for one in scripts]), strict=True):
            own.places.setdefault(script, (number, index))
            if is_used:
                own.note_used(number, index)
        asked |= {number: chunk.stop for number, chunk in wanted.items()}
    return own


def _readable(records: Iterable[Record]) -> Walked:
    """The branches of the descriptors whose scripts can be derived; the others are told."""
    own = Walked([])
    for record in records:
        try:
            found = [Branch(record, text) for text in branches(str(record["descriptor"]))]
            for branch in found:
                branch.script(0)
            own.branches += found
        except Underivable as error:
            what = f"{str(record['descriptor']).partition('(')[0]}(…), descriptor {str(record['id'])[:8]}"
            own.left_out.append(f"the coins of {what}, are not looked for: {error}; a node can (gitbtc import scan)")
    own.start()
    return own
