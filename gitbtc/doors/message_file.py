"""The file of a commit's message, as Git hands it to its hooks: with comments in it, which Git takes out after them.

Whether it will, no hook is told. It does after an editor (`core.commentChar` says what a comment is), unless
`commit.cleanup` says otherwise; without one, a hook finds GIT_EDITOR=: in its environment, as it does where a person
had set that.
"""

from __future__ import annotations

import os
import re
from functools import cached_property

from gitbtc.repo import files
from gitbtc.spends.message import COMMENT, SCISSORS, with_trailers, without_comments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.repo.git import Git

_AUTO = "#;@!$%^&|:"  # what Git chooses from (builtin/commit.c)
_CUT = re.compile(f"^(.){re.escape(SCISSORS)}$", re.MULTILINE)


class MessageFile:
    """The message in the file at `path`. `is_final`: whether it becomes the commit's as it is."""

    def __init__(self, git: Git, path: str, *, is_final: bool = False) -> None:
        self._git = git
        self._path = path
        self._is_final = is_final
        with open(path, "rb") as file:
            self.content = file.read()
        self._text = self.content.decode("utf-8", "surrogateescape")

    @cached_property
    def _settings(self) -> dict[str, str]:
        # Both names are of one setting: the later counts.
        named = ((name.replace("commentstring", "commentchar"), value) for name, value in self._git.config_entries())
        return dict(named)

    @property
    def comment(self) -> str:
        """What a line begins with that is a comment."""
        sign = self._settings.get("core.commentchar") or COMMENT
        return sign if sign.lower() != "auto" else _chosen(self._text)

    @property
    def _cleanup(self) -> str:
        """How Git will clean up the message, if a person has not said otherwise on the command line."""
        if self._is_final or os.environ.get("GIT_EDITOR") == ":":
            return "whitespace"
        set_to = self._settings.get("commit.cleanup", "default")
        return "strip" if set_to == "default" else set_to

    @property
    def readings(self) -> list[str]:
        """What the commit may say: where nobody knows which, the first is likelier."""
        stripped = without_comments(self._text, self.comment)
        if self._cleanup == "strip":
            return [stripped]
        return [self._text] if self._is_final else [self._text, stripped]

    def add(self, trailers: Iterable[str]) -> list[str]:
        """Write trailers into the file, where they are not there yet; those that Git may take for comments.

        Comments that stay in the message are part of it: the trailers follow them, or nobody would find them.
        """
        added = list(trailers)
        taken_out = self.comment if self._cleanup in ("strip", "scissors") else COMMENT
        text = with_trailers(self._text, added, taken_out)
        files.write(self._path, text.encode("utf-8", "surrogateescape"))
        return [line for line in added if line.startswith(self.comment)]


def _chosen(text: str) -> str:
    """What Git chose for `core.commentChar=auto`: comments end the file, or stand at the scissors."""
    cut = _CUT.search(text)
    last = text.rstrip().rpartition("\n")[2][:1]
    return cut[1] if cut else last if last and last in _AUTO else COMMENT
