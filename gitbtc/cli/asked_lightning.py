"""The options that name a Lightning node, of every command that asks one."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitbtc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.sources.programs import Program

_wait = click.option(
    "--wait", metavar="SECONDS", type=click.FloatRange(min=0), default=60, show_default=True,
    help="How long a node that is starting is waited for.",
)  # fmt: skip
_insecure = click.option("--insecure", is_flag=True, help="Send what proves the login in clear over a public network.")
_cert = click.option("--cert", metavar="PATH", help="The certificate that the node shows, such as its tls.cert.")


@dataclass(frozen=True)
class AskedLnd:
    """What the options say; `url` None is no node."""

    url: str | None
    macaroon: str | None
    cert: str | None
    wait: float
    insecure: bool

    def program(self, name: str) -> Program:
        """The node, called `name` in messages. Raises UsageError for options that do not fit."""
        from gitbtc.sources.lnd_node import configured

        if self.url is None or self.macaroon is None:
            raise UsageError("name the node: --url https://127.0.0.1:8080 --macaroon PATH, its readonly.macaroon")
        return configured(name, _named(self, "url", "macaroon", "cert", "insecure"), _outside)


@dataclass(frozen=True)
class AskedCln:
    """What the options say; `socket` and `url` None are no node."""

    socket: str | None
    url: str | None
    rune: str | None
    cert: str | None
    insecure: bool

    @property
    def place(self) -> str | None:
        """Where the node is; None for no node."""
        return self.socket or self.url

    def program(self, name: str) -> Program:
        """The node, called `name` in messages. Raises UsageError for options that do not fit."""
        from gitbtc.sources.cln_node import configured

        if self.place is None:
            raise UsageError("name the node: --socket ~/.lightning/bitcoin/lightning-rpc, or --url and --rune")
        return configured(name, _named(self, "socket", "url", "rune", "cert", "insecure"), _outside)


def lnd_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of an LND node; it gets them together, as `asked`."""

    @click.option("--url", metavar="URL", help="Where its REST interface listens, such as https://127.0.0.1:8080.")
    @click.option("--macaroon", metavar="PATH|env:NAME", help="Its readonly.macaroon, or a variable with its hex.")
    @_cert
    @_wait
    @_insecure
    @functools.wraps(command)
    def asking(**options: Any) -> Any:
        return command(asked=_taken(AskedLnd, options), **options)

    return asking


def cln_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a Core Lightning node; it gets them together, as `asked`."""

    @click.option("--socket", metavar="PATH", help="Its socket, such as ~/.lightning/bitcoin/lightning-rpc.")
    @click.option("--url", metavar="URL", help="Or where its clnrest listens, such as https://127.0.0.1:3010.")
    @click.option("--rune", metavar="PATH|env:NAME", help="A file or variable with a rune that may only read.")
    @_cert
    @_insecure
    @functools.wraps(command)
    def asking(**options: Any) -> Any:
        return command(asked=_taken(AskedCln, options), **options)

    return asking


def _taken(kind: type[Any], options: dict[str, Any]) -> Any:
    return kind(**{one.name: options.pop(one.name) for one in fields(kind)})


def _named(asked: Any, *names: str) -> dict[str, Any]:
    """What was named, as a table of .gitbtc/sources.toml has it."""
    return {name: value for name in names if (value := getattr(asked, name)) not in (None, False)}


def _outside(secret: Path, what: str) -> Path:
    """A file that an option names, which nobody commits by naming it: it may lie anywhere."""
    del what
    return Path.cwd() / secret
