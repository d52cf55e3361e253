"""`gitbtc scan`: private-key material in files, in what is staged, and in history."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gitbtc import progress
from gitbtc.cli.arguments import complete_files
from gitbtc.doors.new_commits import named
from gitbtc.errors import CannotWork, GitbtcError, UsageError, printable, printable_json
from gitbtc.judge.key_gate import in_work_tree, listed
from gitbtc.keys.allowed import ALLOW_LIST, Entry, is_fingerprint, with_entry
from gitbtc.repo.files import write
from gitbtc.repo.git import Git
from gitbtc.scanning import crew, folders, revisions
from gitbtc.scanning.clean import Clean
from gitbtc.scanning.report import scanned, track
from gitbtc.scanning.shown import holds_a_key
from gitbtc.views import sarif, secrets

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from gitbtc.repo.git import BlobReader
    from gitbtc.scanning.place import Place
    from gitbtc.scanning.report import Report

_LONG = 500  # places


@click.command("scan")
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=complete_files)
@click.option("--staged", is_flag=True, help="Scan what the next commit would change.")
@click.option("--rev", metavar="REV", help="Scan a revision's files, or what the commits of A..B brought in.")
@click.option("--all", "everything", is_flag=True, help="Scan all that any ref, tag, note, stash or reflog reaches.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--sarif", "as_sarif", is_flag=True, help="Print SARIF 2.1.0.")
@click.option("--allow", "fingerprints", multiple=True, metavar="FINGERPRINT", help="Let through what this scan finds.")
@click.option("--reason", metavar="TEXT", help="Why it may be let through.")
@click.option(
    "--expires", metavar="DATE", callback=lambda *given: _day(given[-1]), help="The last day on which it may."
)
def command(  # noqa: PLR0913 - click's signature: one parameter an option
    paths: tuple[str, ...], rev: str | None, fingerprints: tuple[str, ...], reason: str | None, expires: date | None,
    *, staged: bool, everything: bool, as_json: bool, as_sarif: bool,
) -> int:  # fmt: skip
    """Look for private keys, seed phrases and other Bitcoin secrets, in any repository and in plain folders.

    Without arguments, everything in the work tree that Git does not ignore; outside of a repository, the current
    folder. With PATH, that file (`-` is standard input), or all files below that folder, ignored ones too, but never
    Git's own. A symbolic link below a folder is read, not followed. --all remembers what is clean, so that a scan that
    was stopped goes on.

    A secret is never shown; it has a fingerprint. Exit status 1 when one is found that .gitbtc/allow.toml does not let
    through; 0 for warnings alone; 3 when something could not be read.
    """
    _check(paths, rev, fingerprints, reason, staged=staged, everything=everything, both=as_json and as_sarif)
    with ExitStack() as open_files:
        scan = _chosen(paths, rev, open_files, staged=staged, everything=everything)
        report = _run(scan, open_files)
    _print(report, as_json=as_json, as_sarif=as_sarif)
    if fingerprints and reason:
        _allow(report, scan.top, fingerprints, Entry("", printable(reason).strip(), expires))
        return 0
    return report.status


def _check(  # noqa: PLR0913 - what a person can combine wrongly
    paths: tuple[str, ...], rev: str | None, fingerprints: tuple[str, ...], reason: str | None,
    *, staged: bool, everything: bool, both: bool,
) -> None:  # fmt: skip
    if bool(paths) + staged + everything + (rev is not None) > 1:
        raise UsageError("give paths, or --staged, or --rev REV, or --all: one of them")
    if both:
        raise UsageError("give --json or --sarif: one of them")
    if bool(fingerprints) != bool(reason and printable(reason).strip()):
        raise UsageError("--allow FINGERPRINT and --reason TEXT belong together")
    if reason and holds_a_key(reason):
        raise UsageError("the reason holds key material, and it would stand in a file")
    if not all(map(is_fingerprint, fingerprints)):
        raise UsageError("--allow takes a fingerprint, 16 hex digits, as a finding shows it")


def _day(given: str | None) -> date | None:
    from datetime import date

    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise UsageError("--expires takes a date such as 2027-01-31") from None


# -- what is scanned -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scan:
    """The places; the repository, None outside of one; the list that counts; `top`: where the list belongs, None in a
    bare repository; `is_history`: what is clean is remembered.
    """

    places: Iterable[Place]
    git: Git | None
    allow_list: bytes | None
    top: str | None
    is_history: bool = False


def _chosen(paths: tuple[str, ...], rev: str | None, open_files: ExitStack, *, staged: bool, everything: bool) -> _Scan:
    if not (staged or everything or rev is not None):
        return _on_disk(paths)
    git = Git().as_stored()
    blobs = open_files.enter_context(git.blobs())
    top = None if git.is_bare() else git.top_level()
    if staged:
        entry = git.index_entries().get(ALLOW_LIST)
        return _Scan(revisions.of_index(git), git, blobs.read(entry[1]) if entry else None, top)
    if everything:
        places = revisions.once(revisions.of_everything(git, blobs))
        return _Scan(places, git, in_work_tree(top) if top else _stored(git, blobs, "HEAD"), top, is_history=True)
    return _revision(git, blobs, rev or "", top)


def _revision(git: Git, blobs: BlobReader, rev: str, top: str | None) -> _Scan:
    if ".." in rev:
        places = revisions.once(revisions.of_commits(git, named(git, [rev])))
        tip = rev.rpartition("..")[2] or "HEAD"
        return _Scan(places, git, _stored(git, blobs, tip), top, is_history=True)
    return _Scan(revisions.of_revision(git, blobs, rev), git, _stored(git, blobs, rev), top, is_history=True)


def _stored(git: Git, blobs: BlobReader, revision: str) -> bytes | None:
    tree = git.find(f"{revision}^{{tree}}")
    return blobs.read_path(tree, ALLOW_LIST) if tree else None


def _on_disk(paths: tuple[str, ...]) -> _Scan:
    git = _repository(required=False) if paths else _repository(required=True)
    top = None if git is None or git.is_bare() else git.top_level()
    if not paths and git is not None:
        if top is None:
            raise UsageError("a bare repository has no work tree: give --all, --rev REV, or paths")
        return _Scan(folders.of_work_tree(git), git, in_work_tree(top), top)
    given = paths or (os.curdir,)
    places = dict.fromkeys(folders.of_paths(given, lambda note: click.echo(f"gitbtc: note: {note}", err=True)))
    return _Scan(places, git, in_work_tree(top or os.curdir), top or os.curdir)


def _repository(*, required: bool) -> Git | None:
    """The repository that we are in. Paths that are named are scanned whatever Git says of it."""
    git = Git().as_stored()
    try:
        git.git_dir()
    except CannotWork:
        return None
    except GitbtcError:
        if required:
            raise
        return None
    return git


# -- scanning --------------------------------------------------------------------------------------------------------


def _run(scan: _Scan, open_files: ExitStack) -> Report:
    clean = None
    if scan.is_history and scan.git is not None:
        clean = open_files.enter_context(Clean(os.path.join(scan.git.common_dir(), "gitbtc")))
    places = list(scan.places)
    wanted = places if clean is None else [place for place in places if place not in clean]
    allow_list = listed(scan.allow_list)
    looked = crew.look(scan.git, wanted, frozenset(allow_list.entries))
    report = scanned(progress.counted("places scanned", looked, len(wanted)), allow_list, clean)
    report.remembered = len(places) - len(wanted)
    if scan.git is not None:
        track(report, scan.git)
    return report


def _print(report: Report, *, as_json: bool, as_sarif: bool) -> None:
    if as_json or as_sarif:
        click.echo(printable_json(sarif.sarif(report) if as_sarif else secrets.document(report)))
        return
    for line in secrets.lines(report):
        click.echo(line)


# -- letting through -------------------------------------------------------------------------------------------------


def _allow(report: Report, top: str | None, fingerprints: tuple[str, ...], entry: Entry) -> None:
    """Write the entries, all or none; only for what this very scan has found: nothing is let through unseen."""
    if top is None:
        raise CannotWork("a bare repository has no work tree to keep the allow list in; write it in a clone")
    found = {hit.finding.fingerprint for hit in report.hits}
    unseen = [fingerprint for fingerprint in fingerprints if fingerprint not in found]
    if unseen:
        raise GitbtcError(f"nothing was allowed: this scan found nothing with fingerprint {', '.join(unseen)}")
    content = in_work_tree(top)
    known = listed(content)
    if known.faults:
        raise GitbtcError(f"nothing was allowed: mend {ALLOW_LIST} first: {'; '.join(known.faults)}")
    twice = [fingerprint for fingerprint in fingerprints if fingerprint in {**known.entries, **known.expired}]
    if twice:
        raise GitbtcError(f"nothing was allowed: {ALLOW_LIST} has {', '.join(twice)} already; edit it there")
    allowed = dict.fromkeys(fingerprints)
    _write(content, top, [Entry(fingerprint, entry.reason, entry.expires) for fingerprint in allowed])


def _write(content: bytes | None, top: str, entries: Iterable[Entry]) -> None:
    from pathlib import Path

    for entry in entries:
        content = with_entry(content, entry)
    write(Path(top, ALLOW_LIST), content or b"")
    click.echo(f"gitbtc: written to {ALLOW_LIST}; commit it with what it lets through", err=True)
