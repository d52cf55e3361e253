"""How the shells ask for completions, where click's own scripts lose what is in a value: blanks, commas, colons, stars.

Importing this module has click use these.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from click.shell_completion import BashComplete, FishComplete, add_completion_class, split_arg_string

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Bash hands over the line as it was typed up to the cursor, for it alone shows what is quoted. What comes back is
# inserted as it is.
_BASH = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
        dir) compopt -o dirnames ;;
        file) compopt -o default ;;
        plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_LINE=${COMP_LINE:0:COMP_POINT} COMP_BREAKS=$COMP_WORDBREAKS \\
        %(complete_var)s=bash_complete "$1")
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_FISH = """\
function %(complete_func)s;
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \\
COMP_CWORD=(commandline -ct) %(prog_name)s);

    for completion in $response;
        set -l parts (string split -m 1 "," -- $completion);
        switch $parts[1];
            case dir;
                __fish_complete_directories $parts[2];
            case file;
                __fish_complete_path $parts[2];
            case plain;
                echo -- $parts[2];
        end;
    end;
end;

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)";
"""

# All of a line that is whole: blanks, letters, escaped ones, quoted parts.
_WHOLE = re.compile(r"""(?:[^'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")*""", re.DOTALL)
_IN_DOUBLE_QUOTES = re.compile(r'(["$`\\])')


@add_completion_class
class Bash(BashComplete):
    """Bash: what is completed stands in the line as one word, quoted as the line has it."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is half-typed, and that one, without quotes."""
        line = os.environ.get("COMP_LINE")
        if line is None:
            return super().get_completion_args()
        words = split_arg_string(line)[1:]
        is_new = not _quote(line) and line[-1:].isspace() and line[-2:-1] != "\\"
        return (words, "") if is_new or not words else (words[:-1], words[-1])

    def format_completion(self, item: CompletionItem[str]) -> str:
        """The word as it belongs into the line."""
        line = os.environ.get("COMP_LINE")
        if line is None or item.type != "plain":
            return super().format_completion(item)
        quote = _quote(line)
        if quote:
            return f"plain,{_within(quote, item.value)}"
        # Readline replaces what follows the last of these, unless that is quoted.
        typed = self.get_completion_args()[1]
        breaks = [at + 1 for at, letter in enumerate(typed) if letter in ":=@" and letter in _breaks()]
        return f"plain,{_escaped(item.value[breaks[-1] if breaks else 0 :])}"


@add_completion_class
class Fish(FishComplete):
    """Fish, which quotes by itself."""

    source_template = _FISH


def _breaks() -> str:
    return os.environ.get("COMP_BREAKS", "")


def _quote(line: str) -> str:
    """The quote that is open at the end of a line; "" for none."""
    found = _WHOLE.match(line)
    after = line[found.end() :][:1] if found else ""
    return after if after in ("'", '"') else ""


def _within(quote: str, text: str) -> str:
    return text.replace("'", "'\\''") if quote == "'" else _IN_DOUBLE_QUOTES.sub(r"\\\1", text)


def _escaped(text: str) -> str:
    """The text as a word of its own, with backslashes."""
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)
