"""Which commits a push brings, as each end of it sees that, and which ones a person names."""

from __future__ import annotations

from gitbtc.errors import UsageError
from gitbtc.repo.git import is_oid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.repo.git import Git


def is_null(oid: str) -> bool:
    """Whether `oid` is the one that Git writes for a ref that does not exist."""
    return not oid.strip("0")


class Update:
    """A ref that a push creates, moves or deletes: its name, and the oids that it had and gets; null ones for none."""

    __slots__ = ("name", "new", "old")

    def __init__(self, name: str, old: str, new: str) -> None:
        self.name = name
        self.old = old
        self.new = new


def to_send(lines: Iterable[str]) -> list[Update]:
    """The updates that Git hands to pre-push."""
    pushed = (line.split(" ") for line in lines if line.strip())
    return [Update(name, old.strip(), new) for _, new, name, old in pushed]


def to_receive(lines: Iterable[str]) -> list[Update]:
    """The updates that Git hands to pre-receive."""
    received = (line.rstrip("\n").split(" ", 2) for line in lines if line.strip())
    return [Update(name, old, new) for old, new, name in received]


def tips(updates: Iterable[Update]) -> list[str]:
    """The oids that the refs get, each once."""
    return list(dict.fromkeys(update.new for update in updates if not is_null(update.new)))


def leaving(git: Git, remote: str, updates: list[Update]) -> list[str]:
    """The commits that `remote` (a name, or an address) does not have yet, as far as this repository knows."""
    held = [update.old for update in updates if not is_null(update.old)]
    known = [f"^{oid}" for oid in git.find_each(*held) if oid]
    named = [] if is_oid(remote) or "/" in remote else ["--not", f"--remotes={remote}"]
    return git.new_commits(tips(updates), *known, *named)


def named(git: Git, ranges: Iterable[str]) -> list[str]:
    """The commits of `ranges`, oldest first: `A..B` and `A...B` as Git means them, a revision alone for that commit
    alone. A null oid for A, as CI has it for a new branch, stands for the beginning. UsageError for an unknown one,
    CannotWork outside of a repository.
    """
    git.git_dir()
    found: dict[str, None] = {}
    for text in ranges:
        found |= dict.fromkeys(_in_range(git, text) if ".." in text else [_commit(git, text)])
    return list(found)


def _in_range(git: Git, text: str) -> list[str]:
    dots = "..." if "..." in text else ".."
    first, _, last = text.partition(dots)
    new = _commit(git, last or "HEAD")
    if first and is_null(first):
        return git.new_commits([new])
    return git.new_commits([f"{_commit(git, first or 'HEAD')}{dots}{new}"])


def _commit(git: Git, revision: str) -> str:
    oid = git.find(f"{revision}^{{commit}}")
    if oid is None:
        raise UsageError(f"{revision}: no such commit in this repository; in CI, fetch the whole history of both sides")
    return oid
