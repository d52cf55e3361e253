"""Whether a setting stands nowhere: what Git reads its configuration from are files that anybody can read.

Most settings that gitbtc asks for are set nowhere, and to hear that from a process of git takes as long as half of a
driver. Which files there are: git-config(1), FILES. The system's is named when git is built: beside a git in /usr it is
/etc/gitconfig (ETC_GITCONFIG in Git's Makefile), on Linux; Apple's is elsewhere.
"""

from __future__ import annotations

import os
import sys
from stat import S_ISREG

from gitbtc.repo.places import plain_places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

INCLUDE = "gitbtc/config"  # what `gitbtc init` has the repository's configuration include, beside it

# As Git writes it.
_INCLUDED = f"[include]\n\tpath = {INCLUDE}\n".encode()
_FOLDERS = frozenset(["/usr/bin", "/bin", "/usr/lib/git-core", "/usr/libexec/git-core"])
_SYSTEM = "/etc/gitconfig"
_TRUE = frozenset(["1", "true", "yes", "on"])


def stands_nowhere(word: str, environment: Mapping[str, str], cwd: str) -> bool:
    """Whether no configuration holds `word`, in small letters, that a git with that environment reads in the folder
    `cwd`. False also where only Git can say.
    """
    given = environment.get("GIT_CONFIG_PARAMETERS", "").lower()  # git -c
    if "GIT_CONFIG_COUNT" in environment or word in given or "include" in given:
        return False
    shared, places = _shared_files(environment), plain_places(cwd)
    if shared is None or places is None:
        return False
    own = (os.path.join(places[1], name) for name in ("config", INCLUDE))
    return all(_lacks(path, word.encode()) for path in (*shared, *own))


def _shared_files(environment: Mapping[str, str]) -> list[str] | None:
    """The files of the system and of the user, some of which may not exist; None where only Git can say."""
    if environment.get("GIT_CONFIG_NOSYSTEM", "").lower() in _TRUE:
        system = os.devnull
    elif (system := environment.get("GIT_CONFIG_SYSTEM", "")) == "":
        folders = environment.get("PATH", "").split(os.pathsep)
        git = next((folder for folder in folders if os.access(os.path.join(folder, "git"), os.X_OK)), None)
        if sys.platform != "linux" or git not in _FOLDERS:
            return None
        system = _SYSTEM
    if "GIT_CONFIG_GLOBAL" in environment:
        return [system, environment["GIT_CONFIG_GLOBAL"]]
    home = environment.get("HOME")
    if not home:
        return None
    folder = environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return [system, os.path.join(folder, "git", "config"), os.path.join(home, ".gitconfig")]


def _lacks(path: str, word: bytes) -> bool:
    """Whether the file at `path` is not there, or holds neither the word nor the name of another file."""
    if path in ("", os.devnull):
        return True
    try:
        if not S_ISREG(os.stat(path).st_mode):  # what can be read but once is Git's
            return False
        with open(path, "rb") as file:
            content = file.read().replace(_INCLUDED, b"").lower()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return word not in content and b"include" not in content
