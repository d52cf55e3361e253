"""The clean filter: what Git asks before it stores a file. The last moment at which a key is in no object yet.

`main(["clean", PATH])` serves one file; `main(["filter-process"])` serves all files of one git command by Git's
long-running filter protocol, version 2 (gitattributes(5), "Long Running Filter Process"). Both take `--schemas DIR`,
the folder of the kinds that the repository adds. A file with key material is refused; a state file that parses becomes
canonical, and what a crash left of one is refused; everything else passes as it is, since a filter that fails also
stops `git diff` and `git stash`.

So does a file that is in the index as it is: it was committed before gitbtc came, or by a clone without it, and a fresh
checkout is clean. It becomes canonical with its next change, or by `git add --renormalize`. One that holds a key, or is
damaged, has to be so at HEAD too: then nothing is stored that was not there.

`smudge` is offered, and gives back what it gets: with `filter.<name>.required` Git refuses to check out a file when the
process cannot smudge (observed on Git 2.39).
"""

from __future__ import annotations

import sys
from functools import partial

from gitbtc.errors import CannotWork, GitbtcError, printable
from gitbtc.progress import doing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from gitbtc.drivers.difference import Difference, Kept
    from gitbtc.judge.key_gate import Again
    from gitbtc.keys.finding import KeyFinding
    from gitbtc.kinds.kind import Kind
    from gitbtc.kinds.registry import Kinds
    from gitbtc.repo.git import Entry

    # (folder of added schemas, path, content) -> content
    Command = Callable[[str | None, str, bytes], bytes]

# Content bytes in one pkt-line: 65520 in all, 4 of them the length (Git's LARGE_PACKET_DATA_MAX).
_PACKET_MAX = 65516
_BUFFER = 1 << 18
_FLUSH = b"0000"
# Of no state file, such a one is worth a line among those that are known.
_LARGE = 1 << 16
_WORDS = "passing a file between Git and the work tree"  # not which one: its name may be a key
_USAGE = "gitbtc: usage: gitbtc clean [--schemas DIR] PATH, or gitbtc filter-process [--schemas DIR]; Git calls these"


class Refused(GitbtcError):
    """The file holds key material, or is what a crash left of one, and nothing of it may be stored."""


class ProtocolError(GitbtcError):
    """What Git sent is not the filter protocol; nothing can be served any more."""


def main(arguments: Sequence[str]) -> int:
    """Serve Git; the exit status: 0, 1 for a refused file or a broken conversation, 2 for wrong usage."""
    try:
        return _serve(arguments)
    finally:
        for kept in _kept:
            kept.vetted.keep()


def _serve(arguments: Sequence[str]) -> int:
    name, *rest = arguments
    folder = None
    if rest[:1] == ["--schemas"] and len(rest) > 1:
        folder, rest = rest[1], rest[2:]
    if name == "clean" and len(rest) == 1:
        return _serve_one(folder, rest[0])
    if name == "filter-process" and not rest:
        return _serve_many(folder)
    _say(_USAGE)
    return 2


def clean(folder: str | None, path: str, content: bytes) -> bytes:
    """What Git stores of the file `path` (with `/`, from the top); raises Refused for key material and damage.

    `folder` holds the schemas of the kinds that the repository adds. What is worth a warning only is said.
    """
    # Every kind's path ends so; most files need neither the kinds nor the codec, which are slow to load.
    kind = _kinds(folder).for_path(path) if path.endswith((".json", ".jsonl")) else None
    known = _difference(path, kind, content)
    if known and known.passes():
        return content
    from gitbtc.keys.scan import scan, scan_name

    look = partial(scan, content, path, partial(_known, folder))
    in_name = scan_name(path)
    findings = look()
    if in_name or findings:
        _judge(path, content, in_name, findings, look)
    stored, is_canonical = _canonical(kind, path, content) if kind else (content, True)
    if known and is_canonical and not (in_name or findings):
        known.vet()
    return stored


def _difference(path: str, kind: Kind | None, content: bytes) -> Difference | None:
    """How `content` differs from what was looked at already; None for a file that is as soon looked at anew."""
    if kind is None and len(content) < _LARGE:
        return None
    from gitbtc.drivers.difference import Difference, Kept

    if not _kept:
        _kept.extend(Kept.here())
    return Difference(_kept[0], kind, path, content) if _kept else None


_kept: list[Kept] = []


def _judge(path: str, content: bytes, in_name: list[KeyFinding], findings: list[KeyFinding], look: Again) -> None:
    """Refuse, or say what is only to be said. The allow list is that of the work tree: Git runs filters at its top."""
    from gitbtc.judge.key_gate import in_work_tree, judged
    from gitbtc.keys.finding import (
        KEY_FOR_A_NAME,
        RENAME_AND_CLEAR,
        THE_NAME,
        committed_already,
        notices,
        refusal,
        refusal_of_name,
    )

    named = judged(in_name, lambda: in_work_tree("."))
    held = judged(findings, lambda: in_work_tree("."), look)
    place = KEY_FOR_A_NAME if in_name else path
    refusing = [one for verdict in (named, held) if verdict for one in verdict.refusing]
    if refusing and _is_committed(path, content):
        _warn(committed_already(refusing, place))
        return
    if named and named.refusing:
        raise Refused(refusal_of_name(named.refusing, named.remarks, RENAME_AND_CLEAR))
    if held and held.refusing:
        raise Refused(refusal(held.refusing, place, remarks=held.remarks))
    for one, where in ((named, THE_NAME), (held, place)):
        for line in notices(one.told, where) if one else ():
            _warn(line)


def _is_staged(path: str, content: bytes) -> bool:
    """Whether the index has the file as it is. Neither that nor any object that is not here is asked for elsewhere."""
    from gitbtc.repo.git import Git

    return _is_file(Git().without_fetching().staged_entry, path, content)


def _is_committed(path: str, content: bytes) -> bool:
    """Whether HEAD has it so too."""
    from gitbtc.repo.git import Git

    git = Git().without_fetching()
    return _is_staged(path, content) and _is_file(lambda name: git.tree_entries("HEAD", name).get(name), path, content)


def _is_file(find: Callable[[str], Entry | None], path: str, content: bytes) -> bool:
    from gitbtc.repo.loose import blob_id

    try:
        entry = find(path)
    except GitbtcError:  # by hand outside of a repository, or before the first commit
        return False
    return entry is not None and entry[1] == blob_id(content, len(entry[1]))


def _known(folder: str | None) -> frozenset[bytes]:
    """The public side of the repository's own keys, from the state files of the work tree; read at most once."""
    if not _public:
        from gitbtc.keys.own import public_texts
        from gitbtc.repo.git import Git
        from gitbtc.state.snapshot import of_work_tree

        try:
            state = of_work_tree(Git().at_top(), _kinds(folder))
        except CannotWork:  # called by hand outside of a repository
            return frozenset()
        _public.append(public_texts(map(state.file, state.state_files())))
    return _public[0]


_public: list[frozenset[bytes]] = []


def smudge(_folder: str | None, _path: str, content: bytes) -> bytes:
    """What Git writes to the work tree: what it has stored."""
    return content


COMMANDS: dict[str, Command] = {"clean": clean, "smudge": smudge}


def _canonical(kind: Kind, path: str, content: bytes) -> tuple[bytes, bool]:
    """What is stored of a state file, and whether `content` is that and canonical."""
    from gitbtc.kinds import codec
    from gitbtc.kinds.damage import cut_short, damage

    why = damage(kind, content)
    is_canonical = False
    try:
        made = content if why else codec.canonical(kind, content)
        is_canonical = not why and made == content
    except codec.ForeignFile as error:
        _warn(f"gitbtc: {_shown(path)}: {error}; a commit of it is refused")
        return content, False
    except GitbtcError:
        # It is refused at commit, with the place of the mistake; but what a crash left is no edit.
        made, why = content, cut_short(kind, content)
    if why and not _is_committed(path, content):
        raise Refused(f"gitbtc: {_shown(path)}: refused: {why}")
    return (content if made != content and _stays(path, content) else made), is_canonical


def _stays(path: str, content: bytes) -> bool:
    from gitbtc.repo.callers import is_renormalizing

    return _is_staged(path, content) and not is_renormalizing()


def _kinds(folder: str | None) -> Kinds:
    if folder not in _read:
        from gitbtc.kinds.registry import Kinds

        try:
            _read[folder] = Kinds(folder)
        except GitbtcError as error:
            # A broken schema must not stop the add that mends it.
            _warn(f"gitbtc: {error}; the kinds that this repository adds are not read")
            _read[folder] = Kinds()
    return _read[folder]


_read: dict[str | None, Kinds] = {}


def _serve_one(folder: str | None, path: str) -> int:
    with doing(_WORDS), open(0, "rb", closefd=False) as source:
        stored = _attempt(clean, folder, path, source.read())
    if stored is None:
        return 1
    with open(1, "wb", closefd=False) as target:
        target.write(stored)
    return 0


def _attempt(command: Command, folder: str | None, path: str, content: bytes) -> bytes | None:
    """The command's result, or None after it was said why not. A file that could not be scanned is refused too."""
    try:
        return command(folder, path, content)
    except Refused as refused:
        _say(str(refused))
    except Exception as error:  # noqa: BLE001 - a file that nobody could look at is refused, whatever stopped it
        # The error's text may quote the content; its type and place are enough to report it.
        _say(f"gitbtc: {_shown(path)}: refused: it could not be scanned ({_place(error)}); please report this")
    return None


def _shown(path: str) -> str:
    from gitbtc.keys.finding import KEY_FOR_A_NAME
    from gitbtc.keys.scan import scan_name

    try:
        return KEY_FOR_A_NAME if scan_name(path) else printable(path)
    except Exception:  # noqa: BLE001 - a name that cannot be scanned is not shown
        return "a file"


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else ""
    return type(error).__name__ + place


def _warn(message: str) -> None:
    """Say what stops nothing, when the file is staged. In `git commit`, which has a file filtered again that it cannot
    tell from a changed one, it would stand above the reason that a hook refuses for; and the hook says it too.
    """
    from gitbtc.repo.callers import is_staging

    if is_staging():
        _say(message)


def _say(message: str) -> None:
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def _serve_many(folder: str | None) -> int:
    try:
        with open(0, "rb", _BUFFER, closefd=False) as source, open(1, "wb", _BUFFER, closefd=False) as target:
            _agree(source, target)
            while header := _lines(source):
                with doing(_WORDS):  # what lies in a pipe takes its time too
                    command, path, content = _request(header, source)
                    _answer(target, _attempt(COMMANDS.get(command, _unknown), folder, path, content))
    except ProtocolError as error:
        _say(f"gitbtc: {error}")
        return 1
    except BrokenPipeError:
        # Git was stopped; it has said so itself.
        return 1
    return 0


def _unknown(_folder: str | None, _path: str, _content: bytes) -> bytes:
    raise ProtocolError("Git asked for a command that was not offered")


def _agree(source: BinaryIO, target: BinaryIO) -> None:
    """The handshake: version 2, and the commands."""
    greeting = _lines(source)
    if greeting[:1] != [b"git-filter-client"] or b"version=2" not in greeting:
        raise ProtocolError("filter-process is started by Git, not by hand")
    _send(target, [b"git-filter-server\n", b"version=2\n"])
    target.flush()
    offered = [b"capability=" + command.encode("ascii") for command in COMMANDS]
    understood = _lines(source)
    _send(target, [capability + b"\n" for capability in offered if capability in understood])
    target.flush()


def _request(header: list[bytes], source: BinaryIO) -> tuple[str, str, bytes]:
    """The file that Git announces: command, path and content."""
    fields = dict(line.split(b"=", 1) for line in header if b"=" in line)
    command = fields.get(b"command", b"").decode("ascii", "replace")
    path = fields.get(b"pathname", b"").decode("utf-8", "surrogateescape")
    return command, path, b"".join(_packets(source))


def _answer(target: BinaryIO, result: bytes | None) -> None:
    if result is None:
        _send(target, [b"status=error\n"])
    else:
        _send(target, [b"status=success\n"])
        view = memoryview(result)
        _send(target, (view[start : start + _PACKET_MAX] for start in range(0, len(view), _PACKET_MAX)))
        # An empty second list: the status stands.
        target.write(_FLUSH)
    target.flush()


def _lines(source: BinaryIO) -> list[bytes]:
    """The text packets up to the next flush packet; none at the end of the input."""
    return [packet.removesuffix(b"\n") for packet in _packets(source, may_end=True)]


def _packets(source: BinaryIO, *, may_end: bool = False) -> Iterator[bytes]:
    """The packets up to the next flush packet. The input may end before the first one if `may_end`."""
    while True:
        length = source.read(4)
        if length == _FLUSH or (may_end and not length):
            return
        try:
            size = int(length, 16) - 4
        except ValueError:
            size = -1
        packet = source.read(size) if size >= 0 else b""
        if size < 0 or len(packet) != size:
            raise ProtocolError("Git's side of the conversation broke off")
        may_end = False
        yield packet


def _send(target: BinaryIO, packets: Sequence[bytes] | Iterator[memoryview]) -> None:
    for packet in packets:
        target.write(b"%04x" % (len(packet) + 4))
        target.write(packet)
    target.write(_FLUSH)
