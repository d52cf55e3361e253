"""The options that name a server of the chain, of every command that asks one."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from gitbtc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from gitbtc.cli.asked_node import AskedNode
    from gitbtc.sources.programs import Program

    FC = TypeVar("FC", bound=Callable[..., Any] | click.Command)


@dataclass(frozen=True)
class ServerKind:
    """A kind of server at the command line: URLs as an `example`, and whether one can be behind a `login`."""

    example: str
    login: bool


SERVERS = {
    "esplora": ServerKind("http://127.0.0.1:3000 or https://HOST/api", login=True),
    "electrum": ServerKind("ssl://127.0.0.1:50002 or tcp://127.0.0.1:50001", login=False),
}


def descriptor_option(command: FC) -> FC:
    """Give a command the option of further descriptors; it gets them as `more`."""
    return click.option(
        "--descriptor", "more", metavar="TEXT", multiple=True,
        help="A descriptor to look for beside those of wallet/descriptors.json, which it becomes one of.",
    )(command)  # fmt: skip


@dataclass(frozen=True)
class AskedServer:
    """What the options say; `url` None is no server."""

    url: str | None
    auth: str | None
    cert: str | None
    insecure: bool
    wait: float

    def program(self, kind: str, name: str, more: tuple[str, ...]) -> Program:
        """The server, a source of this kind, called `name` in messages. UsageError for options that do not fit."""
        from gitbtc.sources.programs import server_reader

        if self.url is None:
            raise UsageError("name the server: --url")
        table = {"url": self.url, "auth": self.auth, "cert": self.cert, "insecure": self.insecure}
        return server_reader(kind).configured(name, table, lambda path, _: path).beside(more)


def scanning(asked: AskedNode, name: str, more: tuple[str, ...]) -> Program:
    """The node whose coins are scanned. Raises UsageError."""
    from gitbtc.sources.scan_node import ScanNode

    return ScanNode(asked.node(name), more)


def server_options(kind: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of a server of this kind; it gets them together, as `asked`."""
    of = SERVERS[kind]

    def options_of(command: Callable[..., Any]) -> Callable[..., Any]:
        @click.option("--url", metavar="URL", help=f"Where it listens, such as {of.example}. A server of somebody else "
                      "learns every address.")  # fmt: skip
        @click.option("--cert", metavar="PATH", help="The certificate that it shows, if it signed it itself.")
        @click.option("--insecure", is_flag=True, help="Ask in clear over a public network.")
        @functools.wraps(command)
        def asking(**options: Any) -> Any:
            asked = AskedServer(options.pop("url"), options.pop("auth", None), options.pop("cert"),
                                options.pop("insecure"), 0.0)  # fmt: skip
            return command(asked=asked, **options)

        if not of.login:
            return asking
        return click.option(
            "--auth", metavar="env:NAME", help="An environment variable that holds user:password, if it asks for them."
        )(asking)

    return options_of
