"""How commands take what Git's commands take: revisions, then paths after `--`."""

from __future__ import annotations

import click


class WithPaths(click.Command):
    """Keeps what stands after `--` apart, which click forgets: `ctx.meta["paths"]`, absent without a `--`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the paths out, and parse the rest."""
        if "--" in args:
            at = args.index("--")
            ctx.meta["paths"] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)
