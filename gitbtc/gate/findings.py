"""What speaks against a made commit, as data: what a hook prints a line of, and CI reads as JSON."""

from __future__ import annotations

from gitbtc.errors import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitbtc.gate.content import ChangedFiles
    from gitbtc.keys.finding import Finding as Key

    Told = tuple[str, str, str]  # type, path, text

_SHOWN = 20  # faults of one sort in one commit
_ABBREVIATED = 12


class Finding:
    """One thing that speaks against a commit or a tag: `object` is its oid, `type` the sort of the finding, `path` the
    file, "" for none, `text` one line that is safe to print and names the place.
    """

    __slots__ = ("object", "path", "text", "type")

    def __init__(self, oid: str, kind: str, path: str, text: str) -> None:
        self.object = oid
        self.type = kind
        self.path = printable(path)
        self.text = printable(" ".join(text.split("\n")))

    def __str__(self) -> str:
        return f"{self.object[:_ABBREVIATED]}: {self.type}: {self.text}"


def spoken_keys(spoken: bytes, place: str) -> Iterator[Told]:
    """The key material in what a person wrote in a commit or a tag; `place` names it."""
    from gitbtc.keys.scan import scan

    return limited(_keys("", place, scan(spoken)))


def content_faults(files: ChangedFiles) -> Iterator[Told]:
    """Key material; without it what is no state file; without that what breaks its schema: each builds on the last."""
    for check in (_key_material, _form, _records):
        found = list(limited(check(files)))
        yield from found
        if found:
            return


def _key_material(files: ChangedFiles) -> Iterator[Told]:
    for path, found in files.key_material():
        yield from _keys(path, path or "the name of a file", found)


def _keys(path: str, place: str, found: Sequence[Key]) -> Iterator[Told]:
    for key in found:
        yield "key", path, f"{place}: line {key.where}: {key.form}, fingerprint {key.fingerprint}; {key.advice}"


def _form(files: ChangedFiles) -> Iterator[Told]:
    return (("form", path, f"{path}: {fault}") for path, fault in files.form())


def _records(files: ChangedFiles) -> Iterator[Told]:
    for path, violation in files.records():
        where = f"{path}::{violation.identity}" if violation.identity else path
        yield "record", path, f"{where}: {violation}"


def limited(told: Iterator[Told]) -> Iterator[Told]:
    """The first of them, and how many there are more."""
    more = 0
    for number, one in enumerate(told):
        if number < _SHOWN:
            yield one
        else:
            kind, path, more = one[0], one[1], more + 1
    if more:
        yield kind, path, f"{path or 'here'}: {more} findings more of this sort"
