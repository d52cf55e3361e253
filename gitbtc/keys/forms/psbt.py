"""Private keys in partially signed transactions.

Source of the rule: BIP-174 and BIP-370 (the magic, maps of key and value, each with its length ahead, a map closed by a
zero byte; the numbers of inputs and outputs from the transaction of version 0, from fields of their own in version 2),
and the types of fields there and in BIP-322, 353, 371, 373 and 375. A PSBT needs no private key, and has no field for
one: what can hide one is a global xpub, which may be an xprv, and the proprietary and unknown fields, which may be
anything. In those, keys in Base58 are found, extended keys as 78 bytes, and 32 bytes that are a possible private key.
The last are not proven: they can be a hash as well. But no signer needs such a field, a PSBT with one is rare, and
another program's secret is what it would be for; whoever knows better allows the fingerprint.

In hex and in Base64 it is found by what they encode.
"""

from __future__ import annotations

from gitbtc.keys.anchors import PSBT
from gitbtc.keys.form import Form
from gitbtc.keys.forms import extended, wif
from gitbtc.keys.forms.scalar import is_private_key
from gitbtc.kinds import base58

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot

    Field = tuple[bytes, bytes]


FORM = Form(
    "32 bytes that can be a private key, in a proprietary or unknown field of a PSBT",
    "clear the field before the PSBT goes anywhere; gitbtc needs none",
)

_XPUB, _UNSIGNED, _INPUT_COUNT, _OUTPUT_COUNT = 0x01, 0x00, 0x04, 0x05
_GLOBAL_TYPES = frozenset([*range(0x0A), 0xFB])
_INPUT_TYPES = frozenset(range(0x21)) - {0x19}
_OUTPUT_TYPES = frozenset([*range(0x0B), 0x35])
_LENGTH_OF_LENGTH = {0xFD: 2, 0xFE: 4, 0xFF: 8}
# A PSBT can lie in a field of another. So many times a byte may be read before no more are looked for.
_DEEPEST = 8


def find(text: bytes) -> Iterator[Spot]:
    """Every private key in a PSBT in `text`: the offset of the PSBT, the form, the key as it is written elsewhere."""
    budget = _DEEPEST * len(text)
    start = text.find(PSBT)
    while start >= 0 and budget > 0:
        reader = Reader(text, start + len(PSBT))
        for form, secret in _in_psbt(reader):
            yield start, form, secret
        budget -= reader.offset - start
        start = text.find(PSBT, start + 1)


class Reader:
    """Reads maps; `offset` is where it stands. EOFError where the PSBT ends before it should."""

    __slots__ = ("_text", "offset")

    def __init__(self, text: bytes, offset: int) -> None:
        self._text = text
        self.offset = offset

    def fields(self) -> Iterator[Field]:
        """The keys and values of the map that begins here."""
        while size := self.length():
            yield self.taken(size), self.taken(self.length())

    def taken(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self.offset + size
        if end > len(self._text):
            raise EOFError
        part = self._text[self.offset : end]
        self.offset = end
        return part

    def length(self) -> int:
        """The compact size that stands here."""
        first = self.taken(1)[0]
        return int.from_bytes(self.taken(_LENGTH_OF_LENGTH[first]), "little") if first >= 0xFD else first


def _in_psbt(reader: Reader) -> Iterator[tuple[Form, bytes]]:
    try:
        counts = {}
        for key, value in reader.fields():
            counts[key] = value
            if key[0] == _XPUB:
                yield from _extended(key[1:])
            elif key[0] not in _GLOBAL_TYPES:
                yield from _in_field(key, value)
        for types, number in zip((_INPUT_TYPES, _OUTPUT_TYPES), _counts(counts), strict=True):
            for _ in range(number):
                for key, value in reader.fields():
                    if key[0] not in types:
                        yield from _in_field(key, value)
    except EOFError:
        return


def _counts(fields: dict[bytes, bytes]) -> tuple[int, int]:
    """How many inputs and outputs there are; EOFError where that is not said."""
    unsigned = fields.get(bytes([_UNSIGNED]))
    if unsigned is None:
        inputs, outputs = (Reader(fields.get(bytes([key]), b""), 0) for key in (_INPUT_COUNT, _OUTPUT_COUNT))
        return inputs.length(), outputs.length()
    transaction = Reader(unsigned, 4)
    inputs_count = transaction.length()
    for _ in range(inputs_count):
        transaction.taken(36)
        transaction.taken(transaction.length() + 4)
    return inputs_count, transaction.length()


def _in_field(key: bytes, value: bytes) -> Iterator[tuple[Form, bytes]]:
    """Keys in a field of which nothing is known, in its key or its value."""
    yield from _extended(value)
    for part in (key[1:], value):
        yield from _base58(part)
    if len(value) == 32 and is_private_key(value):
        yield FORM, value.hex().encode("ascii")


def _extended(payload: bytes) -> Iterator[tuple[Form, bytes]]:
    form = extended.recognise(payload)
    if form:
        yield form, base58.encode_check(payload).encode("ascii")


def _base58(part: bytes) -> Iterator[tuple[Form, bytes]]:
    """The key that `part` is in Base58, under any version bytes."""
    if len(part) not in (*wif.LENGTHS, *extended.LENGTHS):
        return
    try:
        payload = base58.decode_check(part)
    except base58.NotBase58:
        return
    form = wif.recognise(payload) or extended.recognise(payload)
    if form:
        yield form, part
