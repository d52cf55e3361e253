"""Git's configuration, and what Git makes of it."""

from __future__ import annotations

from gitbtc.repo.program import GitProgram
from gitbtc.repo.unset import stands_nowhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Configuration(GitProgram):
    """Reads and writes configuration: the repository's and the user's together, or one file alone."""

    def config(self, name: str, file: str | None = None) -> str | None:
        """The last value of `name` (in `file` alone when given), None when it is not set."""
        values = self.config_values(name, file)
        return values[-1] if values else None

    def config_values(self, name: str, file: str | None = None) -> list[str]:
        """All values of `name` (in `file` alone when given), in the order in which Git reads them."""
        if file is None and stands_nowhere(name.rpartition(".")[2].lower(), self.environment, self.cwd):
            return []
        return self._items("config", *_in_file(file), "-z", "--get-all", name, ok=(0, 1))

    def hooks_switched_off(self, events: Iterable[str]) -> list[str]:
        """The settings that keep Git (2.54 and later) from running what the configuration names for any of `events`."""
        no_boolean = 128
        asked = "--type=bool", "-z", "--get-regexp", r"^hook\..*\.enabled$"
        told = self._items("config", *asked, ok=(0, 1, no_boolean))
        is_on = dict(item.split("\n") for item in told)
        return [name for event in events if is_on.get(name := f"hook.{event}.enabled") == "false"]

    def config_scopes(self, name: str) -> list[tuple[str, str]]:
        """(scope, value) of all values of `name`, as Git reads them: system, global, local, worktree, command."""
        told = self._items("config", "--show-scope", "-z", "--get-all", name, ok=(0, 1))
        return list(zip(told[::2], told[1::2], strict=True))

    def config_entries(self, file: str | None = None) -> list[tuple[str, str]]:
        """All names (Git lower-cases all but the middle part) and values, of `file` alone or of all that is in force.

        In the order in which Git reads them: the last one of a name counts. A bare name has the value ''.
        """
        entries = (item.partition("\n") for item in self._items("config", *_in_file(file), "-z", "--list"))
        return [(name, value) for name, _, value in entries]

    def set_config(self, name: str, value: str, file: str | None = None) -> None:
        """Set `name` to the one value `value`, in `file` or in the repository's own configuration."""
        self._run("config", *_in_file(file), "--replace-all", name, value)

    def add_config(self, name: str, value: str, file: str | None = None) -> None:
        """Add `value` to the values of `name`, in `file` or in the repository's own configuration."""
        self._run("config", *_in_file(file), "--add", name, value)

    def unset_config(self, name: str, file: str | None = None, *, value: str | None = None) -> None:
        """Take all values of `name`, or only those that are `value`, out of `file` or the repository's own
        configuration; GitFailed when there is none.
        """
        only = ("--unset-all", name) if value is None else ("--fixed-value", "--unset-all", name, value)
        self._run("config", *_in_file(file), *only)

    def wants_diff_coloured(self, *, seen: bool) -> bool:
        """Whether color.diff, or else color.ui, asks for colours; `seen`: the output ends in a terminal."""
        return self._line("config", "--get-colorbool", "color.diff", str(seen).lower(), ok=(0, 1)) == "true"

    def configured_pager(self) -> str:
        """The shell command that Git pages with when GIT_PAGER is not set; `cat` for none."""
        return self._line("var", "GIT_PAGER")

    def is_partial(self) -> bool:
        """Whether the clone left objects out that one of its remotes has."""
        return is_partial(self.config_entries())


def is_partial(entries: Iterable[tuple[str, str]]) -> bool:
    """Whether a configuration (names and values) is that of a partial clone."""
    return any(
        name == "extensions.partialclone" or (name.endswith(".promisor") and value != "false")
        for name, value in entries
    )


def _in_file(file: str | None) -> tuple[str, ...]:
    return () if file is None else ("--file", file)
