"""What names commits, and how commits hang together: revisions, refs, histories."""

from __future__ import annotations

import os
import re

from gitbtc.errors import UsageError
from gitbtc.repo.places import heads, is_oid
from gitbtc.repo.program import GitProgram, lines_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Each is a file of the Git folder, where refs are files.
_WRITTEN_DOWN = frozenset(["HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"])
# The words of a date without a number.
_DATE_WORDS = frozenset(
    [
        "now", "today", "yesterday", "noon", "midnight", "last", "ago", "day", "days", "week", "weeks", "month",
        "months", "year", "years", "one", "two", "three", "four", "five", "six", "monday", "tuesday", "wednesday",
        "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april", "may", "june", "july",
        "august", "september", "october", "november", "december",
    ]
)  # fmt: skip


class Revisions(GitProgram):
    """Reads revisions, refs and histories, and moves refs."""

    # -- revisions -------------------------------------------------------------------------------------------------

    def resolve(self, revision: str) -> str:
        """The oid that `revision` names; UsageError when it names none."""
        oid = self.find(revision)
        if oid is None:
            raise UsageError(f"{revision}: no such revision in this repository")
        return oid

    def find(self, revision: str) -> str | None:
        """The oid that `revision` names, None when it names none (HEAD before the first commit)."""
        if revision in _WRITTEN_DOWN:
            return self.find_each(revision)[0]
        arguments = "rev-parse", "--verify", "--quiet", "--end-of-options", revision
        code, told, said = self._outcome(*arguments, ok=(0, 1, 128))
        if code == 128 and self._is_unreadable(text_of(said)):
            raise self._failure(arguments, code, text_of(said))
        return text_of(told).removesuffix("\n") or None

    def seconds(self, date: str) -> int:
        """A date as Git's own commands take it (`2026-03-01`, `2 weeks ago`, `yesterday`), in Unix seconds. UsageError
        for what is none: Git would take that for now.
        """
        words = re.findall(r"[a-z]+", date.lower())
        if not any(letter.isdigit() for letter in date) and not _DATE_WORDS.issuperset(words or ["?"]):
            raise UsageError(f"{date}: not a date; write 2026-03-01, '2 weeks ago' or yesterday")
        return int(self._line("rev-parse", f"--since={date}").removeprefix("--max-age="))

    def find_each(self, *revisions: str) -> list[str | None]:
        """The same for each of several revisions, told by one process; none of them may hold a line end. Of a full oid,
        whether the repository holds the object.
        """
        if _WRITTEN_DOWN.issuperset(revisions):
            read = heads(self.git_dir(), self.common_dir(), *revisions)
            if read is not None:
                return read
        told = self._line("cat-file", "--batch-check=%(objectname)", stdin=lines_of(revisions))
        return [line if is_oid(line) else None for line in told.splitlines()]

    def heads_in(self, name: str) -> list[str]:
        """The oids in a file of the Git folder (MERGE_HEAD, `shallow`); none when there is no such file.

        Read from the file: an octopus merge leaves several in MERGE_HEAD, of which rev-parse tells the first.
        """
        # What is written like HEAD lies beside it; where the rest lies, Git has to be asked.
        place = os.path.join(self.git_dir(), name) if name.isupper() else self.git_path(name)
        try:
            with open(place, encoding="ascii") as heads:
                return heads.read().split()
        except FileNotFoundError:
            return []

    def _oid(self, revision: str) -> str:
        return revision if is_oid(revision) else self.resolve(revision)

    # -- refs ------------------------------------------------------------------------------------------------------

    def bringing(self, needle: str, head: str, without: Sequence[str]) -> tuple[str, str] | None:
        """The oid and the subject of the oldest commit that `head` reaches, and none of `without`, in which a file came
        to hold a text that it did not hold; None where there is none.
        """
        asked = (
            "--no-textconv",
            "--no-ext-diff",
            "--format=%H %s",
            f"-S{needle}",
            head,
            *(f"^{one}" for one in without),
        )
        told = self._line("log", *asked, "--", "*.json", ok=(0, 128)).splitlines()
        oid, _, subject = told[-1].partition(" ") if told else ("", "", "")
        return (oid, subject) if oid else None

    def current_branch(self) -> str | None:
        """The full name (`refs/heads/main`) of the branch that HEAD is on, also before its first commit; None for a
        detached HEAD.
        """
        return self._line("symbolic-ref", "-q", "HEAD", ok=(0, 1)) or None

    def upstream_of(self, branch: str) -> str | None:
        """The full name of the ref that the branch of that full name follows; None where it follows none."""
        return self._line("for-each-ref", "--format=%(upstream)", branch) or None

    def unmerged_branches(self, commit: str) -> list[tuple[str, str]]:
        """(short name, oid) of each local and remote-tracking branch that `commit` does not reach, by name."""
        asked = ("--format=%(objectname) %(symref) %(refname:short)", f"--no-merged={commit}")
        listed = self._line("for-each-ref", *asked, "refs/heads/", "refs/remotes/").splitlines()
        found = (line.split(" ", 2) for line in listed)
        return [(name, oid) for oid, symref, name in found if not symref]

    def refs(self) -> list[tuple[str, str, str]]:
        """(oid, type, full name) of every ref by name; HEADs and such are not among them. A tag's oid is its own."""
        listed = self._line("for-each-ref", "--format=%(objectname) %(objecttype) %(refname)")
        return [(oid, kind, name) for oid, kind, name in (line.split(" ", 2) for line in listed.splitlines())]

    def refs_that_hold(self, commits: Iterable[str]) -> list[str]:
        """The names of the refs that reach one of the commits (full oids)."""
        asked = [f"--contains={oid}" for oid in commits]
        return self._line("for-each-ref", "--format=%(refname)", *asked).splitlines() if asked else []

    def is_ref_name(self, ref: str) -> bool:
        """Whether a ref can have the full name `ref`."""
        return self._outcome("check-ref-format", ref, ok=(0, 1))[0] == 0

    def work_tree_on(self, branch: str) -> str | None:
        """The root of the work tree that has the branch of that full name checked out; None when none has. In a bare
        repository whose HEAD is on it, the repository itself.
        """
        return self._line("for-each-ref", "--format=%(worktreepath)", branch) or None

    def move_ref(self, ref: str, oid: str, before: str | None, reason: str) -> None:
        """Have `ref` point to `oid`; GitFailed when it does not point to `before` (None: does not exist) any more.
        `reason` is what the reflog says.
        """
        self._run("update-ref", "-m", reason, ref, oid, before or "0" * len(oid))

    # -- histories -------------------------------------------------------------------------------------------------

    def merge_bases(self, ours: str, theirs: str) -> list[str]:
        """All best common ancestors; none for unrelated histories, several for a criss-cross."""
        if is_oid(ours) and is_oid(theirs):
            plain = self._plain_bases(ours, theirs)
            if plain is not None:
                return plain
        return self._line("merge-base", "--all", self._oid(ours), self._oid(theirs), ok=(0, 1)).split()

    def _plain_bases(self, ours: str, theirs: str) -> list[str] | None:
        """The same from files; None where only Git can say, as where it takes a commit for one without parents."""
        cut = (os.path.join(self.common_dir(), name) for name in ("shallow", os.path.join("info", "grafts")))
        if self.loose is None or "GIT_SHALLOW_FILE" in self.environment or any(map(os.path.exists, cut)):
            return None
        from gitbtc.repo.bases import common_ancestors

        return common_ancestors(self.loose.parentage, ours, theirs)

    def new_commits(self, oids: Iterable[str], *known: str) -> list[str]:
        """The commits that `oids` (of objects of any type) reach and `known` (`--all`, `^A`) does not, oldest first."""
        asked = lines_of(oids)
        options = ("rev-list", "--reverse", "--topo-order", "--stdin")
        return self._line(*options, *known, stdin=asked).split() if asked else []

    def beyond(self, oids: Iterable[str], known: Iterable[str]) -> list[tuple[str, list[str]]]:
        """The commits, with their parents, that `oids` (of objects of any type) reach and `known`, which are here, do
        not; oldest first.
        """
        asked = lines_of(oids)
        options = ("rev-list", "--reverse", "--topo-order", "--parents", "--stdin")
        lines = self._line(*options, stdin=asked + lines_of(f"^{oid}" for oid in known)).splitlines() if asked else []
        return [(oid, parents) for oid, *parents in (line.split() for line in lines)]

    def reachable(self, *revisions: str) -> list[str]:
        """The oids of the commits that `revisions` (also `A..B`, `--all`, `--reflog`) name, oldest first."""
        return self._line("rev-list", "--reverse", "--topo-order", *revisions, "--").split()

    def commits(self, *revisions: str) -> list[tuple[str, list[str]]]:
        """The commits that `revisions` (also `A..B`, `^A`, `--not`, `--all`) name, oldest first, with their parents."""
        lines = self._line("rev-list", "--reverse", "--topo-order", "--parents", *revisions, "--").splitlines()
        return [(oid, parents) for oid, *parents in (line.split() for line in lines)]

    def independent(self, oids: Iterable[str]) -> list[str]:
        """Those of the commits `oids` that no other of them has for a parent."""
        listed = self._line("rev-list", "--no-walk=unsorted", "--parents", "--stdin", stdin=lines_of(oids))
        found = [line.split() for line in listed.splitlines()]
        parents = {parent for _, *parents in found for parent in parents}
        return [oid for oid, *_ in found if oid not in parents]

    def last_with(self, text: str, paths: Iterable[str], heads: Iterable[str]) -> list[str]:
        """The last commit that put `text` into one of the files `paths`, or below one of these folders, or took it out,
        and its parents: one of them has it.
        """
        options = ("-1", "--format=%H %P", f"-S{text}", "--no-ext-diff", "--no-textconv")
        found = self._line("--literal-pathspecs", "log", *options, *map(self._oid, heads), "--", *paths)
        return found.split()

    def contents_of(self, paths: Iterable[str], head: str) -> set[str]:
        """The oids of all that the files `paths` ever were in the commits up to `head`."""
        asked = [f":(top,literal){path}" for path in paths]
        shown = (
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "--diff-merges=separate",
            "--no-ext-diff",
            "--no-show-signature",
        )
        lines = self._line("log", "--format=", *shown, self._oid(head), "--", *asked).splitlines() if asked else []
        return {line.split(" ", 4)[3] for line in lines if line.startswith(":")}

    def lost_paths(self, pattern: str, head: str) -> list[str]:
        """The paths that match `pattern` (a glob from the top) and that some commit up to `head` took out, sorted.

        A merge takes out what one of its parents has. A path may have come back since.
        """
        options = ("--full-history", "--diff-merges=separate", "--diff-filter=D", "--name-only", "-z", "--format=")
        shown = ("--no-renames", "--no-ext-diff", "--no-textconv", "--no-show-signature")
        listed = self._items("log", *options, *shown, self._oid(head), "--", f":(top,glob){pattern}")
        return sorted({path for path in listed if path})

    def commits_on(self, path: str, head: str) -> list[tuple[str, list[str]]]:
        """The commits up to `head` that changed the file `path`, and the merges of lines that did, oldest first;
        for parents they have the nearest such ancestors, or a first commit.
        """
        options = ("--reverse", "--topo-order", "--parents", "--full-history")
        lines = self._line("rev-list", *options, self._oid(head), "--", f":(top,literal){path}").splitlines()
        return [(oid, parents) for oid, *parents in (line.split() for line in lines)]

    def messages(self, revisions: Sequence[str], line: str) -> list[str]:
        """The messages of the commits that `revisions` reach of which a line matches the extended regular expression
        `line`, children before parents; what is not UTF-8 in them is replaced.
        """
        options = ("log", "--topo-order", "-z", "--format=%B", "--extended-regexp", f"--grep={line}")
        return self._run(*options, *revisions, "--").decode("utf-8", "replace").split("\0")[:-1]

    def signature(self, oid: str) -> tuple[str, str]:
        """How a commit is signed, as Git's `%G?` says (N: not at all, G: well, U: well, by a key that nobody vouches
        for), and by whom ("" where nobody can say).
        """
        said = self._line("log", "-1", "--no-show-signature", "--format=%G?%x00%GS", oid)
        state, _, by = said.partition("\0")
        return state, by

    def commit_content(self, oid: str) -> bytes:
        """The bytes of a commit: its headers, an empty line, its message."""
        return self._run("cat-file", "commit", oid)

    def messages_before(self, revision: str, most: int) -> list[str]:
        """The messages of the commits before `revision`, by first parents, the newest first; at most so many."""
        options = ("--first-parent", "--skip=1", f"--max-count={most}", "-z", "--format=%B")
        return self._items("log", *options, "--no-show-signature", self._oid(revision), "--")

    def move_head(self, new: str, old: str, why: str) -> None:
        """Have HEAD, or the branch that it names, be `new` if it is `old`; `why` is for the reflog. GitFailed."""
        self._run("update-ref", "-m", why, "HEAD", new, old)
