"""The forms of private-key material, one module a family.

A family is a module, and a row in the table of what it reads. What such a module has, its protocol here says.
"""

from __future__ import annotations

from gitbtc.keys.forms import (
    aezeed,
    bip38,
    bip39,
    cashu,
    codex32,
    der,
    descriptors,
    electrum,
    electrum_v1,
    extended,
    labelled,
    lnd,
    minikey,
    nostr,
    nostr_connect,
    pem,
    psbt,
    rpc,
    rune,
    seed_qr,
    silent_payments,
    slip32,
    slip39,
    wallet_files,
    wif,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Protocol

    from gitbtc.keys.form import Form

    # Offset, form, the normalised secret.
    Spot = tuple[int, Form, bytes]

    class Base58Family(Protocol):
        """A family that is written in Base58Check."""

        @property
        def LENGTHS(self) -> Sequence[int]:  # noqa: N802 - a constant of the module
            """How many characters it can have."""

        @property
        def GLUED(self) -> tuple[tuple[bytes, int], ...]:  # noqa: N802 - a constant of the module
            """Patterns of how it begins, each with its length, to find it inside a longer run of characters."""

        def recognise(self, payload: bytes) -> Form | None:
            """The form of a payload whose checksum is not looked at yet, or None."""

    class PhraseFamily(Protocol):
        """A family that is written in words of a list."""

        @property
        def LISTS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
            """The names of its word lists, as `gitbtc.keys.words` knows them."""

        @property
        def COUNTS(self) -> tuple[int, ...]:  # noqa: N802 - a constant of the module
            """How many words it can have, longest first."""

        @property
        def WHOLE(self) -> bool:  # noqa: N802 - a constant of the module
            """Whether only words that stand alone on a line, or in a string, are a phrase: it has no checksum."""

        def recognise(self, phrase: Sequence[bytes], listed: str) -> Form | None:
            """The form of `phrase`, words of the list `listed` in the spelling that it keeps them in, or None."""

    class TextFamily(Protocol):
        """A family that is found by looking through a text, or any bytes."""

        @property
        def ANCHORS(self) -> tuple[bytes, ...]:  # noqa: N802 - a constant of the module
            """Strings without capitals, one of which stands in every text that holds the form, once that is in lower
            case; none for a family that has to look at every text.
            """

        def find(self, text: bytes) -> Iterator[Spot]:
            """All of it in `text`, in time that grows with its length."""

    class FileFamily(Protocol):
        """A family that is a whole file, known by its name or its first bytes."""

        def find_file(self, content: bytes, path: str) -> Iterator[Spot]:
            """What the file is, at most once; `path` has `/` between its parts and is "" where there is none."""


BASE58: tuple[Base58Family, ...] = (wif, extended, bip38)
# The stronger proof first: one phrase can be of several families by chance.
PHRASES: tuple[PhraseFamily, ...] = (aezeed, slip39, bip39, electrum, electrum_v1)
TEXTS: tuple[TextFamily, ...] = (pem, der, psbt, descriptors, wallet_files, seed_qr, nostr_connect, lnd)
# Those that a name beside the secret tells: what is put together of several strings has no names.
NAMED: tuple[TextFamily, ...] = (rpc, labelled)
# Those that are one run of letters, digits and `+/_-`: they are shown the long ones of a text, a space between them.
TOKENS: tuple[TextFamily, ...] = (slip32, nostr, silent_payments, codex32, minikey, cashu, rune)
FILES: tuple[FileFamily, ...] = (wallet_files,)
