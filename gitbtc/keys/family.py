"""What a family of forms has, by what it reads: the protocols of the modules of gitbtc/keys/forms."""

from __future__ import annotations

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
