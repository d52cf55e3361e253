"""The remote that workers and caller exchange commits through, as seen from one repository.

All that a run of a join leaves there lies under `refs/gitbtc/join/<run>/`, and is deleted when it ends.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

from gitbtc.errors import GitbtcError, UsageError, printable
from gitbtc.join.shares import groups
from gitbtc.repo.git import GitFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitbtc.repo.git import Git

PREFIX = "refs/gitbtc/join/"
_BRANCHES = "refs/heads/"
_AT_A_TIME = 500  # refs of one push, which takes them as arguments
# Nothing but the objects: no tag, no FETCH_HEAD, no tracking ref that the configuration asks for, no clearing up. They
# stay packed: unpacked, a commit could be there without its files, had somebody ended the fetch.
_FETCH = ("-c", "fetch.unpackLimit=1", "fetch", "--quiet", "--no-write-fetch-head", "--no-tags", "--refmap=",
          "--recurse-submodules=no", "--no-auto-maintenance")  # fmt: skip


def address(git: Git, remote: str) -> str:
    """Where `remote`, a name or an address as `git fetch` takes it, is for a program that runs elsewhere."""
    if not remote or remote.startswith("-"):
        raise UsageError(f"--remote {remote}: that is no remote; `git remote -v` lists them")
    url = git.line("ls-remote", "--get-url", "--", remote)
    is_path = "://" not in url and ":" not in url.split("/", 1)[0]
    # A relative path starts where Git runs its commands.
    return os.path.normpath(os.path.join(git.git_dir() if git.is_bare() else git.top_level(), url)) if is_path else url


class Remote:
    """The remote at `url`, read and written with `git`."""

    def __init__(self, git: Git, url: str) -> None:
        self._git = git
        self.url = url

    def matching(self, patterns: Sequence[str]) -> dict[str, str]:
        """ref -> oid of every branch that one of the patterns stands for, and of every ref that one written in full
        (`refs/…`) does; UsageError for a pattern that stands for none.
        """
        found: dict[str, str] = {}
        for pattern in patterns:
            full = pattern if pattern.startswith("refs/") else _BRANCHES + pattern
            # A server that is asked for branches sends those alone; asked for a pattern, it sends everything.
            refs = self._told(("--heads",) if full.startswith(_BRANCHES) else ())
            matching = {ref: oid for ref, oid in refs.items()
                        if fnmatchcase(ref, full) and not ref.startswith(PREFIX)}  # fmt: skip
            if not matching:
                raise UsageError(printable(f"{pattern}: {self.url} has no such branch"))
            found |= matching
        return found

    def below(self, prefix: str) -> dict[str, str]:
        """ref -> oid of the refs whose names begin so."""
        return {ref: oid for ref, oid in self._told((), prefix + "*").items() if ref.startswith(prefix)}

    def _told(self, options: Sequence[str], *patterns: str) -> dict[str, str]:
        lines = self._git.line("ls-remote", "--refs", *options, "--", self.url, *patterns).splitlines()
        return {ref: oid for oid, _, ref in (line.partition("\t") for line in lines)}

    def fetch(self, refs: Mapping[str, str], *, keep: bool = False) -> None:
        """Have the commits that `refs` (ref -> oid) point to. `keep`: under refs of the same names, so that nothing is
        fetched twice; GitbtcError when one of the refs has moved elsewhere since.
        """
        # Asked for a join whose heads are here, a server may compress each file anew against files of those heads.
        missing = self._missing(refs)
        if missing:
            lines = (f"+{ref}:{ref}\n" if keep else f"{ref}\n" for ref in missing)
            given = "".join(lines).encode("utf-8", "surrogateescape")
            self._git.run(*_FETCH, "--stdin", "--", self.url, stdin=given)
        for ref in self._missing(refs):
            raise GitbtcError(printable(f"{ref} was rewritten on {self.url} in the meantime; run the join again"))

    def _missing(self, refs: Mapping[str, str]) -> list[str]:
        asked = "".join(f"{oid}\n" for oid in refs.values()).encode()
        told = self._git.run("cat-file", "--batch-check", stdin=asked).decode().splitlines()
        return [ref for ref, line in zip(refs, told, strict=True) if line.endswith(" missing")]

    def push(self, oid: str, ref: str) -> None:
        """Have `ref` point to the commit `oid` there. Somebody else may be doing just that at the same time."""
        try:
            self._git.run("push", "--quiet", "--force", "--recurse-submodules=no", "--", self.url, f"{oid}:{ref}")
        except GitFailed:
            if self.below(ref).get(ref) != oid:
                raise

    def clear(self, prefix: str) -> None:
        """Delete the refs whose names begin so."""
        for some in groups(sorted(self.below(prefix)), _AT_A_TIME):
            self._git.run("push", "--quiet", "--delete", "--", self.url, *some)
