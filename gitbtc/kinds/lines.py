"""On which line of a state file a record begins, in any layout. Asked of a file that has a fault."""

from __future__ import annotations

from gitbtc.kinds import codec
from gitbtc.kinds.elements import elements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind, Record


class Lines:
    """The lines of the records of `content`, a file of `kind` that parses. Of an object file these are its members."""

    def __init__(self, kind: Kind, content: bytes) -> None:
        self._kind = kind
        self._by_line: dict[bytes, int] = {}
        self._by_identity: dict[str, int] = {}
        for number, text in elements(kind, content):
            try:
                record, key = codec.read_line(kind, text)
                self._by_line.setdefault(codec.encode_record(kind, record), number)
            except codec.Malformed:
                continue
            self._by_identity.setdefault(codec.identity_text(kind, key), number)

    def of(self, record: Record, field: str = "") -> int:
        """Where `record` begins, of an object file the member that the place `field` is in; 0 where it is not there."""
        if not self._kind.is_array:
            return self._by_identity.get(field.partition(".")[0].partition("[")[0], 0)
        return self._by_line.get(codec.encode_record(self._kind, record), 0)

    def called(self, identity: str) -> int:
        """Where the record of that name begins; 0 for one that is not there."""
        return self._by_identity.get(identity, 0)
