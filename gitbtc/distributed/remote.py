"""The remote that workers and caller exchange commits through, as seen from one repository.

All that a run of a join leaves there lies under `refs/gitbtc/join/<run>/`, and is deleted when it ends.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

from gitbtc.errors import GitbtcError, UsageError, printable
from gitbtc.join.shares import groups
from gitbtc.repo.git import GitFailed
from gitbtc.repo.remotes import Remote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitbtc.repo.git import Git

PREFIX = "refs/gitbtc/join/"
_BRANCHES = "refs/heads/"
_AT_A_TIME = 500  # refs of one push, which takes them as arguments


def address(git: Git, remote: str) -> str:
    """Where `remote`, a name or an address as `git fetch` takes it, is for a program that runs elsewhere."""
    if not remote or remote.startswith("-"):
        raise UsageError(f"--remote {remote}: that is no remote; `git remote -v` lists them")
    url = Remote(git, remote).url()
    is_path = "://" not in url and ":" not in url.split("/", 1)[0]
    # A relative path starts where Git runs its commands.
    return os.path.normpath(os.path.join(git.git_dir() if git.is_bare() else git.top_level(), url)) if is_path else url


class JoinRemote:
    """The remote at `url`, read and written with `git`, as caller and workers of a join use it."""

    def __init__(self, git: Git, url: str) -> None:
        self._git = git
        self._remote = Remote(git, url)
        self.url = url

    def matching(self, patterns: Sequence[str]) -> dict[str, str]:
        """ref -> oid of every branch that one of the patterns stands for, and of every ref that one written in full
        (`refs/…`) does; UsageError for a pattern that stands for none.
        """
        found: dict[str, str] = {}
        for pattern in patterns:
            full = pattern if pattern.startswith("refs/") else _BRANCHES + pattern
            refs = self._remote.refs(branches=full.startswith(_BRANCHES))
            matching = {ref: oid for ref, oid in refs.items()
                        if fnmatchcase(ref, full) and not ref.startswith(PREFIX)}  # fmt: skip
            if not matching:
                raise UsageError(printable(f"{pattern}: {self.url} has no such branch"))
            found |= matching
        return found

    def below(self, prefix: str) -> dict[str, str]:
        """ref -> oid of the refs whose names begin so."""
        return {ref: oid for ref, oid in self._remote.refs(prefix + "*").items() if ref.startswith(prefix)}

    def fetch(self, refs: Mapping[str, str], *, keep: bool = False, files: bool = True) -> None:
        """Have the commits that `refs` (ref -> oid) point to. `keep`: under refs of the same names, so that nothing is
        fetched twice; without `files`, where the server can leave them out. GitbtcError when one of the refs has moved
        elsewhere since.
        """
        # Asked for a join whose heads are here, a server may compress each file anew against files of those heads.
        missing = self._missing(refs)
        if missing:
            self._remote.fetch((f"+{ref}:{ref}" if keep else ref for ref in missing), files=files)
        for ref in self._missing(refs):
            raise GitbtcError(printable(f"{ref} was rewritten on {self.url} in the meantime; run the join again"))

    def bring(self, oids: Sequence[str]) -> None:
        """Have these files, those that are not here in one fetch; GitFailed where the remote does not give one."""
        wanted = list(dict.fromkeys(oids))
        missing = [oid for oid, there in zip(wanted, self._git.find_each(*wanted), strict=True) if there is None]
        if missing:
            self._remote.fetch_files(missing)

    def _missing(self, refs: Mapping[str, str]) -> list[str]:
        there = self._git.find_each(*refs.values())
        return [ref for ref, oid in zip(refs, there, strict=True) if oid is None]

    def push(self, oid: str, ref: str) -> None:
        """Have `ref` point to the commit `oid` there. Somebody else may be doing just that at the same time."""
        try:
            self._remote.push(oid, ref)
        except GitFailed:
            if self.below(ref).get(ref) != oid:
                raise

    def clear(self, prefix: str) -> None:
        """Delete the refs whose names begin so."""
        for some in groups(sorted(self.below(prefix)), _AT_A_TIME):
            self._remote.delete(some)
