"""What speaks against a made commit, as data: what a hook prints a line of, and CI reads as JSON."""

from __future__ import annotations

from functools import partial

from gitbtc.errors import printable
from gitbtc.judge import order
from gitbtc.judge.key_gate import judged
from gitbtc.keys.form import NOTICE, WARN
from gitbtc.state.moves import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitbtc.judge.content import ChangedFiles
    from gitbtc.judge.key_gate import JudgedKeys, ReadList

    Told = tuple[str, str, str]  # type, path, text

_SHOWN = 20  # faults of one sort in one commit
_ABBREVIATED = 12
# Sorts of findings that are told and refuse nothing, by the severity of a form; all others refuse.
_TOLD = {WARN: "key_warning", NOTICE: "key_notice"}
MOVED, MISSPELT = "moved", "misspelt"
_REFUSES_NOTHING = {*_TOLD.values(), MOVED, MISSPELT}


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

    @property
    def refuses(self) -> bool:
        """Whether it stops anything, or is only told."""
        return refuses(self.type)


def refuses(kind: str) -> bool:
    """Whether a finding of the sort `kind` stops anything, or is only told."""
    return kind not in _REFUSES_NOTHING


def spoken_keys(spoken: bytes, place: str, allow_list: ReadList) -> Iterator[Told]:
    """The key material in what a person wrote in a commit or a tag; `place` names it."""
    from gitbtc.keys.scan import scan

    verdict = judged(scan(spoken), allow_list, partial(scan, spoken, "", None))
    return limited(_keys("", place, verdict) if verdict else iter(()))


def content_checks(files: ChangedFiles) -> dict[str, Callable[[], Iterator[Told]]]:
    """What is looked for in files, by its stage of judging: key material, what is no state file, what breaks its
    schema.
    """
    return {
        order.KEYS: lambda: limited(_key_material(files)),
        order.FORM: lambda: limited(_form(files)),
        order.RECORDS: lambda: limited(_records(files)),
    }


def told_refuses(one: Told) -> bool:
    """Whether a finding, as the checks tell it, stops anything."""
    return refuses(one[0])


def _key_material(files: ChangedFiles) -> Iterator[Told]:
    for path, shown, verdict in files.key_material():
        yield from _keys(path, shown, verdict)


def _keys(path: str, place: str, verdict: JudgedKeys) -> Iterator[Told]:
    for key in (*verdict.refusing, *verdict.told):
        text = f"{place}: line {key.where}: {key.form}, fingerprint {key.fingerprint}; {key.advice}"
        yield _TOLD.get(key.severity, "key"), path, "; ".join([text, *verdict.remarks])


def _form(files: ChangedFiles) -> Iterator[Told]:
    yield from ((MOVED, "", told(old, new)) for old, new in sorted(files.moves.items()))
    yield from ((MISSPELT, path, f"{path}: {said}") for path, said in files.misspelt())
    yield from (("form", path, f"{path}: {fault}") for path, fault in files.form())


def _records(files: ChangedFiles) -> Iterator[Told]:
    for path, violation in files.records():
        yield "record", path, violation.told_of(path)


def limited(told: Iterator[Told]) -> Iterator[Told]:
    """The first of each sort, and how many there are more."""
    counted: dict[str, int] = {}
    last: dict[str, str] = {}
    for one in told:
        kind, path, _ = one
        counted[kind] = counted.get(kind, 0) + 1
        last[kind] = path
        if counted[kind] <= _SHOWN:
            yield one
    for kind, number in counted.items():
        if number > _SHOWN:
            yield kind, last[kind], f"{last[kind] or 'here'}: {number - _SHOWN} findings more of this sort"
