"""Other repositories: what refs they have, fetching from them, pushing to them.

No driver or hook imports this.
"""

from __future__ import annotations

from gitbtc.errors import printable
from gitbtc.repo.program import lines_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.repo.git import Git

    # ref -> oid expected there ("": none), oid to put there ("": delete).
    Changes = dict[str, tuple[str, str]]

# Nothing but the objects: no tag, no FETCH_HEAD, no tracking ref that the configuration asks for, no clearing up. They
# stay packed: unpacked, a commit could be there without its files, had somebody ended the fetch.
_FETCH = ("-c", "fetch.unpackLimit=1", "fetch", "--quiet", "--no-write-fetch-head", "--no-tags", "--refmap=",
          "--recurse-submodules=no", "--no-auto-maintenance")  # fmt: skip
_PUSH = ("push", "--recurse-submodules=no")
# A remote that may leave files out, and that Git therefore holds to have them. Nothing of it is written down: whoever
# reads a file here later finds that it is missing, and does not fetch it by itself.
_PROMISOR = "gitbtc-without-files"
_ANY_STATUS = range(-64, 256)  # a negative one is the signal that ended it


class Remote:
    """The repository that `place`, a name or an address as `git fetch` takes it, means to `git`.

    Whoever makes one has seen to it that `place` is not empty and does not begin with `-`.
    """

    def __init__(self, git: Git, place: str) -> None:
        self._git = git
        self.place = place

    def url(self) -> str:
        """The address that `git fetch` would use: after remote.<name>.url and url.<base>.insteadOf."""
        return self._git._line("ls-remote", "--get-url", "--", self.place)

    def refs(self, *patterns: str, branches: bool = False) -> dict[str, str]:
        """ref -> oid of the refs there, only those below refs/heads with `branches`; GitFailed when it cannot be read.
        A pattern of ls-remote also matches the end of a longer name. Of an annotated tag, the oid of the tag itself.
        """
        # A server that is asked for branches sends those alone; asked for a pattern, it sends everything.
        only = ("--heads",) if branches else ()
        lines = self._git._line("ls-remote", "--refs", *only, "--", self.place, *patterns).splitlines()
        return {ref: oid for oid, _, ref in (line.partition("\t") for line in lines)}

    def fetch(self, refspecs: Iterable[str], *, files: bool = True) -> None:
        """Have the objects that `refspecs` (`ref`, or `+ref:ref` to keep it here) reach; no other ref and no FETCH_HEAD
        is written. Without `files` those are left out, where the server can do that. GitFailed when one of the refs is
        not there, or the transfer refuses it.
        """
        told = () if files else self._without_files()
        place = self.place if files else _PROMISOR
        self._git._run(*told, *_FETCH, "--stdin", "--", place, stdin=lines_of(refspecs))

    def fetch_files(self, oids: Iterable[str]) -> None:
        """Have the files of these oids; GitFailed where the remote does not give one of them."""
        # As Git does it for a partial clone: whoever told which commits are here would be taken to have their files.
        told = ("-c", "fetch.negotiationAlgorithm=noop", *self._without_files())
        self._git._run(*told, *_FETCH, "--stdin", "--", _PROMISOR, stdin=lines_of(oids))

    def _without_files(self) -> list[str]:
        options = {"url": self.place, "promisor": "true", "partialCloneFilter": "blob:none"}
        return [part for name, value in options.items() for part in ("-c", f"remote.{_PROMISOR}.{name}={value}")]

    def push(self, oid: str, ref: str) -> None:
        """Have `ref` point to the object `oid` there, wherever it pointed before; GitFailed when it is not taken."""
        self._git._run(*_PUSH, "--quiet", "--force", "--", self.place, f"{oid}:{ref}")

    def delete(self, refs: Iterable[str]) -> None:
        """Delete `refs` there, which must be few enough for a command line; GitFailed when one is refused."""
        self._git._run(*_PUSH, "--quiet", "--delete", "--", self.place, *refs)

    def push_all_or_none(self, changes: Changes) -> str | None:
        """Make all of `changes` there or none, and none when a ref is not what is expected of it. None when it was
        done; else why not, in a line of what was said there. A push whose answer was lost may have been made.
        """
        leases = (f"--force-with-lease={ref}:{expected}" for ref, (expected, _) in changes.items())
        specs = (f"{new}:{ref}" for ref, (_, new) in changes.items())
        code, told, errors = self._git._outcome(
            *_PUSH, "--porcelain", "--atomic", *leases, "--", self.place, *specs, ok=_ANY_STATUS
        )
        return None if code == 0 else _refusal(told.decode("utf-8", "replace"), errors.decode("utf-8", "replace"))


def _refusal(told: str, errors: str) -> str:
    """Why a push failed: what the remote's hooks said, else its word on a ref, else git's own."""
    said = [line for line in errors.splitlines() if line.startswith("remote: ")]
    rejected = [line.rpartition("\t")[2] for line in told.splitlines() if line.startswith("!")]
    lines = [*said[:3], *rejected[:1]] or errors.strip().splitlines()[-1:] or ["it said nothing"]
    return "; ".join(printable(line.strip()) for line in lines)
