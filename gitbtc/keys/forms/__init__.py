"""The forms of private-key material, one module a family.

A family is a module, and a row in the table of what it reads. What such a module has, its protocol here says.
"""

from __future__ import annotations

from gitbtc.keys.forms import bip39, extended, pem, wif

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Protocol

    class Family(Protocol):
        """What every family has."""

        @property
        def ADVICE(self) -> str:  # noqa: N802
            """What to do with a key of the form, and what gitbtc takes in its place."""

    class Base58Family(Family, Protocol):
        """A family that is written in Base58Check."""

        @property
        def LENGTHS(self) -> range:  # noqa: N802
            """How many characters it can have."""

        @property
        def GLUED(self) -> tuple[tuple[bytes, int], ...]:  # noqa: N802
            """Patterns of how it begins, each with its length, to find it inside a longer run of characters."""

        def recognise(self, payload: bytes) -> str | None:
            """The form's name, or None."""

    class PhraseFamily(Family, Protocol):
        """A family that is written in words of a list."""

        @property
        def COUNTS(self) -> tuple[int, ...]:  # noqa: N802
            """How many words it can have, longest first."""

        def words(self) -> dict[bytes, int]:
            """The list: each word's number."""

        def recognise(self, phrase: Sequence[bytes]) -> str | None:
            """The form's name, or None."""

    class ArmouredFamily(Family, Protocol):
        """A family that shows itself by a header."""

        def find(self, text: bytes) -> Iterator[tuple[int, str, bytes]]:
            """All of it in a text: offset, the form's name, the normalised secret."""


BASE58: tuple[Base58Family, ...] = (wif, extended)
PHRASES: tuple[PhraseFamily, ...] = (bip39,)
ARMOURED: tuple[ArmouredFamily, ...] = (pem,)
