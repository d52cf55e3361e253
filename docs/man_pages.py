"""The manual pages, made of what `gitbtc help` says while a wheel is built: none is stored, so none is out of date."""

from __future__ import annotations

import os
import sys
import tempfile
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

import click
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SECTION = 1  # commands that users run
_FOLDER = f"share/man/man{_SECTION}"  # below an environment, where man looks beside its bin
_LITERAL = "\b"  # click's sign for a paragraph whose lines stay as they are
# What troff would set as another character, or take for its own: a command has to be copied as it stands.
_SET_AS_IT_IS = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\[aq]", "`": r"\[ga]", "^": r"\[ha]", "~": r"\[ti]", '"': r"\[dq]"}
)


class ManualPages(BuildHookInterface[Any]):
    """Puts a page of each command into a wheel. An editable one has none: they would soon tell of other commands."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the pages where hatchling finds them."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from gitbtc import __version__
        from gitbtc.cli import program

        # It goes with the process.
        self._folder = tempfile.TemporaryDirectory(prefix="gitbtc-man-")
        for name, text in pages(program, __version__).items():
            path = os.path.join(self._folder.name, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            build_data["shared_data"][path] = f"{_FOLDER}/{name}"


def pages(program: click.Command, version: str) -> dict[str, str]:
    """File name -> troff source (man(7)) of the program's page and of each command's."""
    return {
        f"{_page(path)}.{_SECTION}": "\n".join(_lines(context, path, version)) + "\n"
        for path, context in _commands(click.Context(program, info_name="gitbtc", **program.context_settings))
    }


def _commands(context: click.Context) -> Iterator[tuple[str, click.Context]]:
    """Each command's words, `gitbtc labels export`, and the context in which click calls it."""
    yield context.command_path, context
    for name, command in _below(context):
        yield from _commands(click.Context(command, info_name=name, parent=context))


def _below(context: click.Context) -> Iterator[tuple[str, click.Command]]:
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found and not found.hidden:
                yield name, found


def _lines(context: click.Context, path: str, version: str) -> Iterator[str]:
    command, page = context.command, _set(_page(path))
    first, *rest = cleandoc((command.help or "").partition("\f")[0]).split("\n\n")
    yield f'.TH {page.upper()} {_SECTION} "" "gitbtc {version}" "gitbtc manual"'
    yield from (".nh", ".ad l")  # a command that is cut at the end of a line cannot be copied
    summary = _summary(path, first).removesuffix(".")
    yield from (".SH NAME", rf"{page} \- {_set(summary[:1].lower() + summary[1:])}")
    yield from (".SH SYNOPSIS", rf"\fB{_set(path)}\fP {_set(' '.join(command.collect_usage_pieces(context)))}")
    yield ".SH DESCRIPTION"
    yield from _paragraphs([first, *rest])
    yield from _options(context)
    yield from _list_of_commands(context)
    if context.parent is None:
        yield from _EXIT_STATUS
    yield from (".SH SEE ALSO", rf"\fB{'gitbtc' if context.parent else 'git'}\fP({_SECTION})")


def _summary(path: str, first: str) -> str:
    """What the command does in one line: of a command of `gitbtc` as its help lists it."""
    from gitbtc.cli import COMMANDS

    listed = COMMANDS.get(path.removeprefix("gitbtc "))
    return listed[1] if listed else " ".join(first.split())


_EXIT_STATUS = (
    ".SH EXIT STATUS",
    *(
        line
        for status, meaning in (
            (0, "Done, and nothing was found."),
            (1, "There are findings, or a conflict, or a refusal: the output says which."),
            (2, "The command line was wrong."),
            (3, "gitbtc cannot work here: no repository, a file that does not parse, a source that does not answer."),
        )
        for line in (".TP", rf"\fB{status}\fP", meaning)
    ),
)


def _paragraphs(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield ".PP"
        if paragraph.startswith(_LITERAL):
            yield from (".RS 2", ".nf", *map(_line, paragraph.splitlines()[1:]), ".fi", ".RE")
        else:
            yield _line(" ".join(paragraph.split()))


def _options(context: click.Context) -> Iterator[str]:
    options = (one for one in context.command.get_params(context) if isinstance(one, click.Option))
    told = [record for option in options if (record := option.get_help_record(context))]
    if told:
        yield ".SH OPTIONS"
    for names, meaning in told:
        yield from (".TP", rf"\fB{_set(names)}\fP", _line(" ".join(meaning.split())))


def _list_of_commands(context: click.Context) -> Iterator[str]:
    found = list(_below(context))
    if found:
        yield ".SH COMMANDS"
    for name, command in found:
        path = f"{context.command_path} {name}"
        yield from (".TP", rf"\fB{_set(_page(path))}\fP({_SECTION})")
        yield _line(_summary(path, command.get_short_help_str(limit=200)))


def _page(path: str) -> str:
    """What `man` is asked for: `gitbtc-labels-export`."""
    return path.replace(" ", "-")


def _line(text: str) -> str:
    """A line of text; what stands in backquotes is a command."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _kept(_set(text))
    told = (rf"\fB{_set(part)}\fP" if place % 2 else _set(part) for place, part in enumerate(parts))
    return _kept("".join(told))


def _set(text: str) -> str:
    return text.translate(_SET_AS_IT_IS)


def _kept(line: str) -> str:
    """A line that begins like a request of troff, as text."""
    return rf"\&{line}" if line[:1] in (".", "'") else line
