"""What is registered with Git: the commands that it runs for a state file, and the configuration that names them.

Git runs them through `sh -c`. Each names the interpreter and the package by their absolute paths, and hands over to
`without-gitbtc.sh` in the common directory when one of the two is gone, or when the interpreter is there but cannot
import gitbtc (an operating system's upgrade does that to a virtual environment): that is looked into only after a
failure, for it costs an interpreter's start. `-E -P` keep PYTHON… variables and the current folder out of it.

The common directory is asked for when it is needed, never written down: a repository may be moved.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitbtc.kinds.registry import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.registry import Kinds

FALLBACK = "without-gitbtc.sh"

_OURS = '"$(git rev-parse --git-common-dir)/gitbtc'
_SCHEMAS = f' --schemas {_OURS}/schemas"'
_WITHOUT = f'sh {_OURS}/{FALLBACK}"'
_THERE = '[ -x "$p" ] && [ -f "$m" ]'
# `-m gitbtc` does the same, and loads what finds modules before it: a tenth of what a driver takes to start.
_CALL = '"$p" -E -P -c "from gitbtc.__main__ import start; start()"'
_IMPORTS = '"$p" -E -P -c "import gitbtc" 2>/dev/null'


@dataclass(frozen=True)
class Program:
    """How gitbtc is started: the absolute paths of the interpreter and of the package's `__main__.py`."""

    python: str
    package: str

    def merge(self, kind: str, schemas: str) -> str:
        """The merge driver: %O, %A and %B are names that Git makes up, %P, %S, %X and %Y it quotes itself.

        Exit status: 0 clean, 1 conflict; nothing else, for Git before 2.44 takes any failure for a conflict and leaves
        ours without a marker.
        """
        # Only here and in `clean` does Git look for % signs.
        paths = self._paths().replace("%", "%%")
        return (
            f"{paths}; s=126; if {_THERE}; then"
            f" {_CALL} merge-driver --kind {kind}{schemas} -L %L -P %P -S %S -X %X -Y %Y %O %A %B; s=$?; fi;"
            f" case $s in 0) exit 0;; 1) {_IMPORTS} && exit 1;; esac;"
            f" s=$s {_WITHOUT} merge %L %P %S %X %Y %O %A %B; exit 1"
        )

    def diff(self, kind: str, schemas: str) -> str:
        """The diff command. It exits 0 whatever happens: `git diff` dies otherwise. 141 is a pager that was closed."""
        return (
            f"f() {{ {self._paths()}; s=126; if {_THERE}; then"
            f' {_CALL} diff-driver --kind {kind}{schemas} "$@"; s=$?; fi;'
            f' case $s in 0|141) exit 0;; esac; {_WITHOUT} diff "$@"; exit 0; }}; f'
        )

    def textconv(self, kind: str, schemas: str) -> str:
        """The textconv filter; a file that gitbtc cannot read is shown as it is."""
        return (
            f'f() {{ {self._paths()}; if {_THERE}; then {_CALL} textconv --kind {kind}{schemas} "$@" && exit 0; fi;'
            f' {_WITHOUT} textconv "$@"; }}; f'
        )

    def filter_process(self, schemas: str) -> str:
        """The filter. After a failed start Git's input is still unread, so the fallback can take over."""
        return (
            f"{self._paths()}; if {_THERE}; then {_CALL} filter-process{schemas} && exit 0; {_IMPORTS} && exit 1; fi;"
            f" exec {_WITHOUT} filter"
        )

    def clean(self, schemas: str) -> str:
        """The clean filter for a Git that does not start filter processes."""
        paths = self._paths().replace("%", "%%")
        return f"{paths}; if {_THERE}; then exec {_CALL} clean{schemas} %f; fi; exec {_WITHOUT} clean %f"

    def mergetool(self) -> str:
        """The merge tool's command, with the variables that git-mergetool sets."""
        return f'{self._paths()}; exec {_CALL} mergetool "$BASE" "$LOCAL" "$REMOTE" "$MERGED"'

    def _paths(self) -> str:
        return f"p={shlex.quote(self.python)}; m={shlex.quote(self.package)}"


def paths(kinds: Kinds) -> dict[str, str]:
    """kind -> the last two parts of its files' paths, the built-in kinds first."""
    built_in = {name: path for path, name in BUILT_IN.items()}
    return {name: built_in.get(name) or kinds.load(name).path for name in kinds.names()}


def entries(program: Program, kinds: Kinds) -> list[tuple[str, str]]:
    """The configuration: names as `git config --list` writes them, and values."""
    added = [name for name in kinds.names() if name not in BUILT_IN.values()]
    schemas = _SCHEMAS if added else ""
    registered = []
    for kind in kinds.names():
        registered += _entries_of(program, kinds, kind, _SCHEMAS if kind in added else "")
    return [
        *registered,
        ("filter.gitbtc.process", program.filter_process(schemas)),
        ("filter.gitbtc.clean", program.clean(schemas)),
        ("filter.gitbtc.smudge", "cat"),
        ("filter.gitbtc.required", "true"),
        # git-mergetool evaluates the command without quotes, which would split and glob a path: so it fetches it here.
        ("gitbtc.mergetool", program.mergetool()),
        ("mergetool.gitbtc.cmd", 'eval "$(git config gitbtc.mergetool)"'),
        ("mergetool.gitbtc.trustexitcode", "true"),
    ]


def hook_entries(names: Iterable[str], script: str) -> list[tuple[str, str]]:
    """The configuration that has Git run the hooks `names`, from 2.54 on and wherever core.hooksPath points.

    It runs `script` in gitbtc's folder, and tells it nothing of the event: so each has an entry of its own.
    """
    return [
        entry
        for name in names
        for entry in (
            (f"hook.gitbtc-{name}.event", name),
            (f"hook.gitbtc-{name}.command", f'/bin/sh {_OURS}/{script}" {name}'),
            (f"hook.gitbtc-{name}.enabled", "true"),
        )
    ]


def _entries_of(program: Program, kinds: Kinds, kind: str, schemas: str) -> list[tuple[str, str]]:
    driver = f"gitbtc-{kind}"
    return [
        (f"merge.{driver}.name", f"gitbtc: {kind}, record by record"),
        (f"merge.{driver}.driver", program.merge(kind, schemas)),
        (f"diff.{driver}.command", program.diff(kind, schemas)),
        (f"diff.{driver}.textconv", program.textconv(kind, schemas)),
        (f"diff.{driver}.xfuncname", _hunk_title(kinds, kind)),
    ]


def _hunk_title(kinds: Kinds, kind: str) -> str:
    """What a hunk's header shows of the record above: its first word, where lines are made readable.

    Else what tells it from others: a coin's txid, a log entry's time, a member's name.
    """
    declared = kinds.load(kind)
    telling = declared.order or (declared.identity if isinstance(declared.identity, tuple) else ())
    record = f'"{telling[0]}":"?([^",}}]*)' if telling else '^"([^"]*)"'
    return record + "|^[^][{}[:space:]]+"


_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\b": "\\b"})


def config_text(registered: list[tuple[str, str]]) -> bytes:
    """`registered` as a Git configuration file."""
    lines = ["# Written by `gitbtc install`. Changes are lost when it runs again."]
    section = ""
    for name, value in registered:
        found, key = name.rsplit(".", 1)
        if found != section:
            lines.append(_header(found))
            section = found
        lines.append(f'\t{key} = "{value.translate(_ESCAPES)}"')
    return "".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape")


def _header(section: str) -> str:
    name, _, middle = section.partition(".")
    return f'[{name} "{middle}"]' if middle else f"[{name}]"
