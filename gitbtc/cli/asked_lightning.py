"""The options that name a Lightning node, of every command that asks one."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitbtc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitbtc.sources.programs import LightningReader, Program

_wait = click.option(
    "--wait", metavar="SECONDS", type=click.FloatRange(min=0), default=60, show_default=True,
    help="How long a node that is starting is waited for.",
)  # fmt: skip
_insecure = click.option("--insecure", is_flag=True, help="Send what proves the login in clear over a public network.")
_cert = click.option("--cert", metavar="PATH", help="The certificate that the node shows, such as its tls.cert.")
_OWN = ("socket", "url", "macaroon", "rune", "cert", "insecure", "wait")


@dataclass(frozen=True)
class LightningProgram:
    """A program of Lightning's at the command line: its options, and which of them say where the node is.

    `needed` is what it is not asked without, beside one of `places`; `example` names all of that.
    """

    kind: str
    options: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...]
    places: tuple[str, ...]
    needed: tuple[str, ...]
    example: str


_LND = LightningProgram(
    "lnd",
    (
        click.option("--url", metavar="URL", help="Where its REST interface listens, such as https://127.0.0.1:8080."),
        click.option(
            "--macaroon", metavar="PATH|env:NAME", help="Its readonly.macaroon, or a variable with its hex."
        ),
        _cert, _wait, _insecure,
    ),
    ("url",), ("macaroon",), "--url https://127.0.0.1:8080 --macaroon PATH, its readonly.macaroon",
)  # fmt: skip
_CLN = LightningProgram(
    "cln",
    (
        click.option("--socket", metavar="PATH", help="Its socket, such as ~/.lightning/bitcoin/lightning-rpc."),
        click.option("--url", metavar="URL", help="Or where its clnrest listens, such as https://127.0.0.1:3010."),
        click.option("--rune", metavar="PATH|env:NAME", help="A file or variable with a rune that may only read."),
        _cert, _insecure,
    ),
    ("socket", "url"), (), "--socket ~/.lightning/bitcoin/lightning-rpc, or --url and --rune",
)  # fmt: skip
PROGRAMS = {one.kind: one for one in (_LND, _CLN)}


@dataclass(frozen=True)
class AskedLightning:
    """What the options say of a node of the program `of`: `named` as a table of .gitbtc/sources.toml has it, and `wait`
    (seconds) for one that is starting.
    """

    of: LightningProgram
    named: Mapping[str, Any]
    wait: float

    @property
    def place(self) -> str | None:
        """Where the node is; None for no node."""
        return next((self.named[name] for name in self.of.places if name in self.named), None)

    @property
    def reader(self) -> LightningReader:
        """The module that knows the program."""
        from gitbtc.sources.programs import lightning_reader

        return lightning_reader(self.of.kind)

    def program(self, name: str) -> Program:
        """The node, called `name` in messages. Raises UsageError for options that do not fit."""
        if self.place is None or any(needed not in self.named for needed in self.of.needed):
            raise UsageError(f"name the node: {self.of.example}")
        return self.reader.configured(name, self.named, _outside)


def lightning_options(of: LightningProgram) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of such a node; it gets them together, as `asked`."""

    def options_of(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def asking(**options: Any) -> Any:
            own = {name: options.pop(name) for name in _OWN if name in options}
            wait = own.pop("wait", 0)
            named = {name: value for name, value in own.items() if value not in (None, False)}
            return command(asked=AskedLightning(of, named, wait), **options)

        return functools.reduce(lambda made, option: option(made), reversed(of.options), asking)

    return options_of


def _outside(secret: Path, what: str) -> Path:
    """A file that an option names, which nobody commits by naming it: it may lie anywhere."""
    del what
    return Path.cwd() / secret
