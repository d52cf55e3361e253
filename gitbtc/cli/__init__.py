"""The commands that people call. Each module here holds one command; only the called one is imported."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module

import click

from gitbtc import __version__, interrupts, progress
from gitbtc.errors import CannotWork, GitbtcError, printable, report, told

# Command -> (module, what it does in one line). The line stands here so that `gitbtc --help` imports no command.
COMMANDS = {
    "init": ("gitbtc.cli.init", "Make a folder a treasury repository."),
    "install": ("gitbtc.cli.install", "Set up drivers, filter and hooks in this repository."),
    "uninstall": ("gitbtc.cli.uninstall", "Take out what `install` set up."),
    "reshard": ("gitbtc.cli.reshard", "Put records into many files, shards, or into one again."),
    "doctor": ("gitbtc.cli.doctor", "Check the set-up and say how to mend it."),
    "import": ("gitbtc.cli.import_", "Read another program's output into the state files."),
    "sync": ("gitbtc.cli.sync", "Read the configured sources, and commit what came of it if told to."),
    "watch": ("gitbtc.cli.watch", "Follow the configured sources block by block, and commit."),
    "record": ("gitbtc.cli.record", "Write a node's answers into a folder that `import --from` reads."),
    "status": ("gitbtc.cli.status", "Tell where a treasury stands: tip, balance, what is open, what is not committed."),
    "balance": ("gitbtc.cli.balance", "Tell what there is: spendable, reserved, frozen, immature, contested."),
    "coins": ("gitbtc.cli.coins", "List the coins: which may be spent, how old, and worth what at a feerate."),
    "channels": ("gitbtc.cli.channels", "List Lightning channels and their fees, and plan changes of policies."),
    "diff": ("gitbtc.cli.diff", "Show what changed, in coins."),
    "drift": ("gitbtc.cli.drift", "Show how far the work tree is from a commit, in coins."),
    "apply": ("gitbtc.cli.apply", "Make a change here that `gitbtc diff --json` tells."),
    "validate": ("gitbtc.cli.validate", "Check records against their schemas."),
    "check": ("gitbtc.cli.check", "Check the rules that hold across files: no double spend, no lost coin."),
    "verify": ("gitbtc.cli.verify", "Examine made commits: for CI, and for a history that no hook saw."),
    "scan": ("gitbtc.cli.scan", "Look for private keys in files, in what is staged, in history."),
    "merge": ("gitbtc.cli.merge", "Merge as `git merge` does, and stop for questions alone."),
    "premerge": ("gitbtc.cli.premerge", "Tell what merging branches would do, and which of them collide."),
    "join": ("gitbtc.cli.join", "Join many branches in one commit, without a conflict, in any order."),
    "conflicts": ("gitbtc.cli.conflicts", "List what a merge left to settle."),
    "resolve": ("gitbtc.cli.resolve", "Settle conflicts by choosing a side."),
    "explain": ("gitbtc.cli.explain", "Explain a type of conflict or note."),
    "select": ("gitbtc.cli.select", "Choose the coins that pay for something, with the least waste."),
    "plan": ("gitbtc.cli.plan", "Plan a consolidation: what it costs now, and saves another day."),
    "fees": ("gitbtc.cli.fees", "Tell the oracle's history, and what a pending transaction pays."),
    "mempool": ("gitbtc.cli.mempool", "List what waits for a block: feerates, families, rivals, replacements."),
    "privacy": ("gitbtc.cli.privacy", "Tell what the history of the coins gives away."),
    "psbt": ("gitbtc.cli.psbt", "Tell what a transaction would do, before it is signed: are its inputs free?"),
    "reserve": ("gitbtc.cli.reserve", "Say which coins an agent is about to spend."),
    "release": ("gitbtc.cli.release", "Give up reservations."),
    "reservations": ("gitbtc.cli.reservations", "List who has reserved which coin, until which block."),
    "statement": ("gitbtc.cli.statement", "Tell what came and went in a period, and prove that it adds up."),
    "export": ("gitbtc.cli.export", "Write a period for accountants' programs: CSV, hledger, beancount, Koinly."),
    "report": ("gitbtc.cli.report", "Tell on one screen, or on one page with plots, what there is and what happened."),
    "log": ("gitbtc.cli.log", "Tell the history in coins: received, spent, reserved, settled, by whom."),
    "why": ("gitbtc.cli.why", "Tell the life of one coin, commit by commit."),
    "label": ("gitbtc.cli.label", "Give a coin, a transaction or an address a name, everywhere it stands."),
    "labels": ("gitbtc.cli.labels", "Bring in and write out labels of BIP-329, and Electrum's."),
    "schema": ("gitbtc.cli.schema", "Tell what is versioned and how it merges."),
    "help": ("gitbtc.cli.help_", "Tell what gitbtc, or one of its commands, can do."),
    "completion": ("gitbtc.cli.completion", "Print the shell completion script."),
}


_ASKED_TO_COMPLETE = "_GITBTC_COMPLETE"  # the variable that click looks into


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command `cmd_name`, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; a misspelt one is named with what it may have been meant to be."""
        name = args[0] if args else ""
        if name in COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        raise click.UsageError(f"no command is called {printable(name)!r}{_meant(name)} `gitbtc help` lists them", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write what each command does, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _meant(name: str) -> str:
    """What a misspelt command was probably meant to be."""
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, n=2, cutoff=0.6)
    return f". Did you mean {' or '.join(close)}?" if close else "."


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gitbtc")
@click.option("--progress/--no-progress", "progress_asked", default=None,
              help="Tell on standard error how far it is. [default: on a terminal, after two seconds]")  # fmt: skip
@click.pass_context
def program(context: click.Context, *, progress_asked: bool | None) -> None:
    """Version control for Bitcoin state on plain Git: coins in `git diff`, records in `git merge`, no key ever."""
    progress.begin(asked=progress_asked)
    context.with_resource(progress.doing(f"gitbtc {context.invoked_subcommand}"))


def _stand_somewhere() -> None:
    try:
        os.getcwd()
    except FileNotFoundError:
        raise CannotWork("the current folder is gone; change to one that is there") from None


def _complain(message: str) -> None:
    """Print a message to standard error, no wider than the terminal that this is."""
    from gitbtc.views.width import wrapped

    width = os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else 0
    for line in message.split("\n"):
        print("\n".join(wrapped(line, width)), file=sys.stderr)


def run() -> int:
    """Run the command line; the exit status. Expected errors are one line, never a traceback."""
    try:
        _stand_somewhere()
        if _ASKED_TO_COMPLETE in os.environ:
            import_module("gitbtc.cli.shells")
        outcome = program(prog_name="gitbtc", standalone_mode=False)
    except GitbtcError as error:
        _complain(told(error))
        return error.status
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt) as ended:
        with suppress(OSError):  # the terminal may be gone
            print("gitbtc: interrupted; nothing was left half-written", file=sys.stderr, flush=True)
        return 128 + interrupts.number_of(ended.__cause__ or ended)
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001 - a traceback could show a record, or a key
        print(report(error), file=sys.stderr)
        return 3
    return outcome if isinstance(outcome, int) else 0
