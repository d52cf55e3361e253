"""`gitbtc import FILE`: a wallet's file, recognised by what it looks like."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitbtc.cli.arguments import complete_files
from gitbtc.errors import GitbtcError, UsageError, printable
from gitbtc.kinds import foreign

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record
    from gitbtc.labels.work_tree import Root
    from gitbtc.repo.git import Git
    from gitbtc.sources.bringing import Bringing
    from gitbtc.sources.snapshot import SourceSnapshot
    from gitbtc.sources.statefiles import FileChange

# A format of `gitbtc.kinds.foreign` -> the module that reads it.
READERS = {
    foreign.SPARROW: "gitbtc.sources.wallets.sparrow",
    foreign.ELECTRUM_HISTORY: "gitbtc.sources.wallets.electrum",
    foreign.SPECTER: "gitbtc.sources.wallets.specter",
    foreign.LIANA: "gitbtc.sources.wallets.liana",
}
_FACTS = frozenset(["descriptors"])  # the kinds of which such a file tells whole records
_LABELS = (foreign.BIP329, foreign.ELECTRUM_LABELS)
_READ = (
    "it reads the tables of Sparrow, Electrum and Specter (in another language than English with --columns), backups "
    "of Liana, and labels of BIP-329 and Electrum"
)


class ImportGroup(click.Group):
    """A group whose first argument is a program, or else a file."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of a program, or the one that reads a file."""
        named = args[0] if args else ""
        if named and not named.startswith("-") and self.get_command(ctx, named) is None:
            return "FILE", command, args
        return super().resolve_command(ctx, args)


@click.command("FILE")
@click.argument("file", metavar="FILE", shell_complete=complete_files)
@click.option("--unit", type=click.Choice(["btc", "sat"]), help="Of Sparrow's table: what its amounts are in.")
@click.option("--columns", metavar="LABEL,ADDRESS", help="Of Specter's table: its names for Label and Address.")
@click.option("--as", "source", metavar="NAME",
              help="What a backup of Liana is a source as: a second wallet is another. [default: liana]")  # fmt: skip
@click.option("--ours", "choice", flag_value="ours", help="Where both changed a label, take what stands here.")
@click.option("--theirs", "choice", flag_value="theirs", help="Take what the file says.")
@click.option("--both", "choice", flag_value="both", help="Keep both.")
@click.option("--root", metavar="PATH", help="The folder that holds wallet/. [default: the top of the repository]")
def command(  # noqa: PLR0913 - one parameter an option
    file: str, *, unit: str | None, columns: str | None, source: str | None, choice: str | None, root: str | None
) -> int:
    """Read a file that a wallet exported: its labels, the fees of transactions that are known here, its descriptors."""
    from gitbtc.cli import labels

    if not os.path.isfile(file):
        hint = (
            "; for a folder of a node's answers: gitbtc import bitcoin-core --from DIR" if os.path.isdir(file) else ""
        )
        raise UsageError(f"{file}: neither a program that gitbtc reads nor a file{hint}")
    content = labels.read_file(file)
    found = foreign.recognised(content)
    name = foreign.SPECTER if columns else found.name if found else ""
    if name in _LABELS:
        arguments = [file, *([f"--{choice}"] if choice else []), *(["--root", root] if root else [])]
        return int(labels.bring_in.main(arguments, standalone_mode=False) or 0)
    if name not in READERS:
        raise UsageError(f"{file}: {found}" if found else f"{file}: no file that gitbtc knows; {_READ}")
    git, place = labels.chosen_root(root)
    labels.refuse_keys(git, file, _without_proprietary(name, content))
    snapshot = _snapshot(name, file, content, place, unit, columns)
    step = _bringing(git, place, snapshot, source or snapshot.source)
    place.take(step.changed if step else {})
    if step is not None:
        step.store()
    status = labels.bring_snapshot(git, place, file, snapshot, choice)
    if step is not None:
        brought = step.brought
        for change in brought.changes:
            click.echo(f"  {change.path:<26}{counted(change)}")
        for notice in brought.notices:
            click.echo(f"note: {printable(notice)}", err=True)
        step.remember()
    return status


def _bringing(git: Git, place: Root, snapshot: SourceSnapshot, name: str) -> Bringing | None:
    """The import of what the file tells besides labels and fees, worked out; None where it tells nothing else."""
    records = {kind: told for kind, told in snapshot.records.items() if kind in _FACTS}
    if not records:
        return None
    from contextlib import closing
    from dataclasses import replace

    from gitbtc.sources.bringing import Bringing

    with closing(Bringing(Path(git.cwd or "", place.path), replace(snapshot, records=records), name)) as step:
        return step


def counted(change: FileChange) -> str:
    """What an import did to a file, in words."""
    counts = {"added": change.added, "changed": change.changed, "removed": change.removed}
    told = [f"{count} {change.kind.noun[count != 1]} {verb}" for verb, count in counts.items() if count]
    return ", ".join(told) or (f"no {change.kind.noun[1]}" if change.made else "unchanged")


def _snapshot(  # noqa: PLR0913, PLR0917 - what the command was given
    name: str, file: str, content: bytes, place: Root, unit: str | None, columns: str | None
) -> SourceSnapshot:
    from gitbtc.sources.wallets.table import UnreadableFile

    known = {one["txid"]: one for one in place.files.records["transactions"]}
    more: dict[str, Any] = {"unit": unit}
    if name == foreign.SPECTER:
        given = (columns or "Label,Address").split(",")
        if len(given) != 2:  # a name each for two columns
            raise UsageError("--columns takes two names: LABEL,ADDRESS")
        more = {"columns": dict(zip(("Label", "Address"), given, strict=True))}
    try:
        snapshot: SourceSnapshot = import_module(READERS[name]).read(content, known, _network(place), **more)
    except UnreadableFile as error:
        raise GitbtcError(f"{printable(file)}: {error}; nothing was imported") from None
    return snapshot


def _network(place: Root) -> str:
    """The network that chain.json names; empty where there is none."""
    from gitbtc.kinds import codec
    from gitbtc.kinds.registry import built_in

    content = place.content("chain")
    chain: Record = codec.parse(built_in("chain"), content) if content else {}
    return str(chain.get("network", ""))


def _without_proprietary(name: str, content: bytes) -> bytes:
    """What is looked at for keys: of a backup of Liana not what is never read."""
    if name != foreign.LIANA:
        return content
    import json

    backup = json.loads(content)
    backup.pop("proprietary", None)
    for account in backup.get("accounts", []) if isinstance(backup.get("accounts"), list) else []:
        if isinstance(account, dict):
            account.pop("proprietary", None)
    return json.dumps(backup).encode()
