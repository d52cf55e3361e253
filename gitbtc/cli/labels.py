"""`gitbtc labels`: labels of BIP-329, in and out."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitbtc.cli.arguments import complete_files
from gitbtc.errors import CannotWork, GitbtcError, UsageError, printable
from gitbtc.kinds.registry import built_in
from gitbtc.labels.label_file import KIND
from gitbtc.progress import Paused
from gitbtc.repo.git import Git
from gitbtc.reserving.events import root_at

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record
    from gitbtc.labels.importing import BroughtLabels
    from gitbtc.labels.label_file import LabelFile
    from gitbtc.labels.work_tree import Root
    from gitbtc.sources.snapshot import SourceSnapshot

_SHOWN = 20  # lines of one sort
_TXID = 64  # letters, also of an outpoint
_ROOT = click.option("--root", metavar="PATH", help="The folder that holds wallet/. [default: the top]")


@click.group("labels")
def command() -> None:
    """Bring in and write out what wallets call things: files of BIP-329, and Electrum's."""


def chosen_root(root: str | None) -> tuple[Git, Root]:
    """Git at the top of its work tree, and the root in a folder seen from here; the top one without a name."""
    from gitbtc.labels.work_tree import Root

    git = Git()
    place = root_at(git, root) or ""
    return git.at_top(), Root(git.at_top(), place)


def read_file(path: str) -> bytes:
    """The bytes of a file that a person names. CannotWork."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CannotWork(f"{path}: cannot be read: {error.strerror}") from None


# -- in --------------------------------------------------------------------------------------------------------------


@command.command("import")
@click.argument("file", metavar="FILE", shell_complete=complete_files)
@click.option("--strict", is_flag=True, help="Bring in nothing when a line cannot be read.")
@click.option("--freeze", "freezes", type=click.IntRange(0), metavar="N",
              help="Freeze and unfreeze coins, N of them; asked on a terminal.")  # fmt: skip
@click.option("--trust-spendable", is_flag=True, help="Believe a file that calls every output spendable.")
@click.option("--with-values", is_flag=True, help="Keep heights, times, values, and rows without a label too.")
@click.option("--ours", "choice", flag_value="ours", help="Where both changed a label, take what stands here.")
@click.option("--theirs", "choice", flag_value="theirs", help="Take what the file says.")
@click.option("--both", "choice", flag_value="both", help="Keep both.")
@_ROOT
def bring_in(  # noqa: PLR0913 - one parameter an option
    file: str, *, strict: bool, freezes: int | None, trust_spendable: bool, with_values: bool, choice: str | None,
    root: str | None,
) -> int:  # fmt: skip
    """Merge a file of labels into wallet/labels.jsonl. Nothing is staged or committed.

    The base of the merge is what the same file, by its name, said when it came in last: labels that were changed here
    since are not undone. The first time, what is new is added, and what differs is listed and left. Coins and
    transactions without a label get the one of their row.
    """
    import gc

    from gitbtc.labels.reading import read

    gc.disable()  # what is read of a file stays until the process ends, and holds no cycles
    content = read_file(file)
    _refuse_strangers(file, content)
    git, place = chosen_root(root)
    refuse_keys(git, file, content)
    theirs = read(content, with_values=with_values, trust_spendable=trust_spendable)
    if theirs.rejected and (strict or not (theirs.records or theirs.silent)):
        why = "--strict" if strict else "no line of it is a label"
        raise GitbtcError("\n".join([*_rejected(file, theirs), f"nothing was imported ({why})"]))
    return _bring(git, place, file, theirs, choice, freezes=freezes)


def bring_snapshot(git: Git, place: Root, file: str, snapshot: SourceSnapshot, choice: str | None) -> int:
    """Bring in what a wallet's file tells: its labels, and the fees of transactions that are known here."""
    from gitbtc.labels.label_file import LabelFile

    theirs = LabelFile(snapshot.records[KIND], notices=list(snapshot.notices))
    return _bring(git, place, file, theirs, choice, fees=snapshot.records.get("fees_paid", {}))


def _bring(  # noqa: PLR0913 - what the command was given
    git: Git, place: Root, file: str, theirs: LabelFile, choice: str | None, *, freezes: int | None = None,
    fees: dict[str, int] | None = None,
) -> int:  # fmt: skip
    from gitbtc.labels.importing import bring, bring_fees, known_outputs
    from gitbtc.labels.naming import follow
    from gitbtc.labels.work_tree import LastImports

    ours = place.labels
    place.ask_only({row["ref"][:_TXID].lower() for row in (*theirs.records, *ours.records)} | {*(fees or {})})
    _drop_other_networks(place, theirs)
    known = {one["txid"] for one in place.files.records["transactions"]}
    strange = sum(row["type"] == "tx" and row["ref"].lower() not in known for row in theirs.records)
    if strange and place.has_transactions():
        theirs.notices.append(f"{strange} of transactions that are not known here (or hashes of payments); kept")
    last = LastImports(git, place, ours)
    name = os.path.basename(file)
    brought = bring(last.of(name) if ours.records else None, ours, theirs, choice or "")
    if brought.contested and choice is None:
        _tell_contested(brought)
        raise GitbtcError("nothing was imported: say --ours, --theirs or --both")
    listed = {f"{coin['txid']}:{coin['vout']}": coin for coin in place.files.records["utxos"]}
    turned = known_outputs(brought.turned, listed)
    _tell_turned(brought, listed)
    _agree(len(turned), freezes)
    place.files.put(KIND, brought.records, brought.content)
    follow(place.files, turned)
    paid = fees or {}
    theirs.notices += bring_fees(last.fees_of(name) if paid else {}, place.files.records["transactions"], paid)
    paths = place.save(looked_through=True)
    last.keep(name, theirs.content(), paid, paths, int(time.time()))
    _tell(file, theirs, brought, paths)
    return 0


def _records(content: bytes) -> list[Record]:
    from gitbtc.kinds import codec

    records: list[Record] = codec.parse(built_in(KIND), content)
    return records


def _refuse_strangers(file: str, content: bytes) -> None:
    from gitbtc.kinds.foreign import BIP329, ELECTRUM_LABELS, recognised

    foreign = recognised(content)
    if foreign is not None and foreign.name not in (BIP329, ELECTRUM_LABELS):
        raise UsageError(f"{file}: {foreign}")


def refuse_keys(git: Git, file: str, content: bytes) -> None:
    """GitbtcError for a file that holds a private key: no line of it is brought in."""
    from gitbtc.judge.key_gate import in_work_tree, judged
    from gitbtc.keys.finding import NOT_WRITTEN, notices, refusal
    from gitbtc.keys.scan import scan

    found = judged(scan(content), lambda: in_work_tree(git.cwd))
    if found and found.refusing:
        raise GitbtcError(refusal(found.refusing, printable(file), NOT_WRITTEN, found.remarks).removeprefix("gitbtc: "))
    for line in notices(found.told, printable(file)) if found else ():
        click.echo(line, err=True)


def _drop_other_networks(place: Root, theirs: LabelFile) -> None:
    """Addresses of another network than the root's are nobody's here."""
    from gitbtc.kinds.formats import ANY_NETWORK, address_networks
    from gitbtc.kinds.networks import network_of_root

    kinds = [built_in(name) for name in ("chain", "utxos", "transactions", "labels", "descriptors")]
    files = ((kind, read) for kind in kinds for read in place.reading(kind.name))
    networks = network_of_root(files) if any(row["type"] == "addr" for row in theirs.records) else ANY_NETWORK
    left = 0 if networks == ANY_NETWORK else theirs.keep(
        lambda row: row["type"] != "addr" or bool(address_networks(row["ref"]) & networks)
    )  # fmt: skip
    if left:
        theirs.notices.append(f"{left} address{'' if left == 1 else 'es'} of another network left out")


def _agree(turned: int, freezes: int | None) -> None:
    if freezes is not None and freezes != turned:
        raise GitbtcError(f"the file would freeze or unfreeze {turned}, not {freezes}; nothing was imported")
    if not turned or freezes is not None:
        return
    with Paused():
        if sys.stdin.isatty() and click.confirm(f"Freeze or unfreeze {turned} of the coins above?"):
            return
    raise GitbtcError(f"nothing was imported; --freeze {turned} agrees to what is listed above")


def _tell_turned(brought: BroughtLabels, listed: dict[str, Record]) -> None:
    from gitbtc.views import terms

    for outpoint, now, was in brought.turned:
        worth = f"  {terms.btc(listed[outpoint]['amount_sat'])}" if outpoint in listed else ""
        strange = "" if outpoint in listed else "  unknown output: it freezes nothing"
        click.echo(printable(f"! {terms.short(outpoint.partition(':')[0])}:{outpoint.partition(':')[2]}{worth}  "
                             f"{now} (was {was}){strange}"))  # fmt: skip


def _tell_contested(brought: BroughtLabels) -> None:
    for thing, here, there in brought.contested:
        click.echo(printable(f"conflict: label: {thing[0]} {thing[1]}: “{here}” here, “{there}” in the file"), err=True)


def _rejected(file: str, theirs: LabelFile) -> list[str]:
    told = [printable(f"{file}: line {number}: {why}") for number, why in sorted(theirs.rejected)]
    return told[:_SHOWN] + [f"{file}: {len(told) - _SHOWN} lines more" for _ in range(len(told) > _SHOWN)]


def _tell(file: str, theirs: LabelFile, brought: BroughtLabels, paths: list[str]) -> None:
    done = {"added": brought.added, "changed": brought.changed, "removed": brought.removed}
    left = {"not read": len(theirs.rejected), "without a label left out": theirs.silent}
    told, besides = ([f"{count} {verb}" for verb, count in counts.items() if count] for counts in (done, left))
    read = f"{len(theirs.records)} label{'' if len(theirs.records) == 1 else 's'} read"
    click.echo(printable(f"{file}: {read}: {', '.join([*(told or ['nothing new']), *besides])}"))
    for line in _rejected(file, theirs):
        click.echo(f"note: {line}", err=True)
    for thing, here, there in brought.differing[:_SHOWN]:
        click.echo(printable(f"differs: {thing[0]} {thing[1]}: “{here}” here, “{there}” in the file; left as it is"))
    if len(brought.differing) > _SHOWN:
        click.echo(f"differs: {len(brought.differing) - _SHOWN} more")
    for notice in (*theirs.notices, *brought.notices):
        click.echo(f"note: {printable(notice)}", err=True)
    for path in paths:
        click.echo(f"  {printable(path)} is written, and not committed")


# -- out -------------------------------------------------------------------------------------------------------------

_PROGRAMS = ["sparrow", "nunchuk", "liana", "btcpay", "trezor", "electrum"]


@command.command("export")
@click.option("--for", "program", type=click.Choice(_PROGRAMS), help="The program that is to read it.")
@click.option("--origin", metavar="DESC", help="Only what is of this wallet, as BIP-329 abbreviates its descriptor.")
@click.option("--rev", metavar="REV", help="The labels of a revision. [default: the work tree]")
@click.option("--like", metavar="FILE", help="Write them in the spelling and order of this file.")
@click.option("-o", "--output", metavar="FILE", help="Where to. [default: standard output]")
@click.option("--force", is_flag=True, help="Write extended public keys into the repository.")
@_ROOT
def write_out(  # noqa: PLR0913 - one parameter an option
    *, program: str | None, origin: str | None, rev: str | None, like: str | None, output: str | None, force: bool,
    root: str | None,
) -> int:  # fmt: skip
    """Write the labels as a file of BIP-329: as they are here, or as another program needs them."""
    from gitbtc.labels.dialects import exported, holds_keys
    from gitbtc.labels.like import written_like

    git, place = chosen_root(root)
    records = _records(_of_revision(git, place.path, rev) if rev else place.content(KIND))
    content = exported(records, program, origin)
    if like is not None:
        if program == "electrum":
            raise UsageError("--like is for files of BIP-329")
        content = written_like(_records(_own(content)), read_file(like))
    if program == "sparrow":
        _tell_cleared(git, place, records)
    if output is None or output == "-":
        sys.stdout.buffer.write(content)
        return 0
    if holds_keys(records) and not force and _is_published(git, output):
        raise GitbtcError(f"{output}: lies in the repository, and extended keys show a whole wallet: --force writes it")
    from gitbtc.repo.files import write

    write(Path(output), content)
    return 0


def _own(content: bytes) -> bytes:
    """What a dialect wrote, as records are written here."""
    from gitbtc.labels.reading import read

    return read(content, with_values=True, trust_spendable=True).content()


def _of_revision(git: Git, root: str, rev: str) -> bytes:
    from gitbtc.state.snapshot import installed_kinds, of_revision

    with git.blobs() as blobs:
        return of_revision(git, git.resolve(rev), blobs.read, installed_kinds(git)).of_kind(root, KIND)


def _is_published(git: Git, output: str) -> bool:
    path = os.path.relpath(os.path.realpath(output), os.path.realpath(git.cwd))
    return not path.startswith("..") and not git.is_ignored(path.replace(os.sep, "/"))


def _tell_cleared(git: Git, place: Root, records: list[Record]) -> None:
    """A label that was taken away here stays there: Sparrow passes over a row without one."""
    from gitbtc.labels.label_file import refs
    from gitbtc.labels.work_tree import LastImports

    named = refs(records, lambda row: bool(row.get("label")))
    before = [row for content in LastImports(git, place, place.labels).all() for row in _records(content)]
    cleared = refs(before, lambda row: bool(row.get("label"))).keys() - named.keys()
    if cleared:
        were = "1 label was" if len(cleared) == 1 else f"{len(cleared)} labels were"
        click.echo(f"note: {were} cleared here; Sparrow keeps its text", err=True)


# -- two files -------------------------------------------------------------------------------------------------------


@command.command("sync")
@click.option("--from", "source", type=click.Choice(["labels.jsonl", "labels.json"]),
              help="The file whose names count.")  # fmt: skip
@_ROOT
def sync_files(*, source: str | None, root: str | None) -> int:
    """Have wallet/labels.json and wallet/labels.jsonl call each address the same."""
    from gitbtc.labels.naming import LABELS, drift, sync

    _, place = chosen_root(root)
    if source is None:
        for address, here, there in drift(place.files):
            click.echo(printable(f"{address}: “{here}” in labels.jsonl, “{there}” in labels.json"))
        raise UsageError("say which file counts: --from labels.jsonl or --from labels.json")
    sync(place.files, KIND if source == "labels.jsonl" else LABELS, int(time.time()))
    paths = place.save()
    for path in paths:
        click.echo(f"gitbtc: {printable(path)} is written, and not committed")
    if not paths:
        click.echo("gitbtc: the two say the same already")
    return 0
