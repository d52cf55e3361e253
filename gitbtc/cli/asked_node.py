"""The options that name a node, of every command that asks one."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from gitbtc.errors import UsageError, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitbtc.sources.asking import Asker
    from gitbtc.sources.endpoints import NodeAccess


@dataclass(frozen=True)
class AskedNode:
    """What the options say; `url` None is no node."""

    url: str | None
    cookie: str | None
    auth: str | None
    wallet: str | None
    wait: float
    insecure: bool
    strict: bool

    def node(self, name: str) -> NodeAccess:
        """The node, called `name` in messages. Raises UsageError for options that do not fit."""
        from gitbtc.sources.endpoints import NodeAccess, credentials, read_url

        if self.url is None:
            raise UsageError("name the node: --url http://127.0.0.1:8332")
        endpoint = read_url(self.url, insecure=self.insecure)
        return NodeAccess(name, endpoint, credentials(self.cookie, self.auth), self.wallet)

    def asker(self, name: str) -> Asker:
        """The same as somebody to ask."""
        from gitbtc.sources.asking import Patience
        from gitbtc.sources.http_rpc import HttpRpc

        return HttpRpc(self.node(name), Patience(start=self.wait), tell)


volatile_option = click.option(
    "--volatile", is_flag=True, help="Write also what changes by the minute: is_active, connected."
)


def tell(line: str) -> None:
    """Say what is going on, where it does not mix with the result."""
    click.echo(printable(line), err=True)


def node_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a node; it gets them together, as `asked`."""

    @click.option("--url", metavar="URL", help="Where the node listens, such as http://127.0.0.1:8332.")
    @click.option("--cookie", metavar="PATH", help="The node's cookie file, such as ~/.bitcoin/.cookie.")
    @click.option("--auth", metavar="env:NAME", help="An environment variable that holds user:password.")
    @click.option("--wallet", metavar="NAME", help="The wallet. [default: the only one that is loaded]")
    @click.option("--wait", metavar="SECONDS", type=click.FloatRange(min=0), default=60, show_default=True,
                  help="How long a node that is starting is waited for.")  # fmt: skip
    @click.option("--insecure", is_flag=True, help="Send the password in clear over a public network.")
    @click.option("--strict", is_flag=True, help="Refuse a node that lags behind the chain.")
    @functools.wraps(command)
    def asking(**options: Any) -> Any:
        names = ("url", "cookie", "auth", "wallet", "wait", "insecure", "strict")
        return command(asked=AskedNode(**{name: options.pop(name) for name in names}), **options)

    return asking
