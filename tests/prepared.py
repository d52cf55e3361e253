"""Histories that many tests begin with: made once by real commands, and copied after that."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from tests import layouts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Repo

P = ParamSpec("P")

_copies: dict[tuple[Any, ...], tuple[Path, int, Path]] = {}


def once(prepare: Callable[Concatenate[Repo, P], object]) -> Callable[Concatenate[Repo, P], None]:
    """`prepare`, which brings a repository to where tests begin: carried out for the first of them that begins at the
    same moment of its clock with the same interpreter and arguments. What it makes lies in the repository alone, and
    holds no path of it, but for gitbtc's configuration.
    """

    @wraps(prepare)
    def prepared(repo: Repo, /, *arguments: P.args, **options: P.kwargs) -> None:
        key = (prepare, repo.python, repo.clock, layouts.in_shards(), repr((arguments, options)))
        if key in _copies:
            copy, repo.clock, place = _copies[key]
            shutil.rmtree(repo.path)
            shutil.copytree(copy, repo.path, symlinks=True)
            move_config(repo, place)
        else:
            prepare(repo, *arguments, **options)
            _settle(repo)
            copy = Path(_folder().name, f"{len(_copies)}")
            shutil.copytree(repo.path, copy, symlinks=True)
            _copies[key] = copy, repo.clock, repo.path

    return prepared


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where the copies lie; it goes with the process."""
    return tempfile.TemporaryDirectory(prefix="gitbtc-prepared-")


def move_config(repo: Repo, place: Path) -> None:
    """Gitbtc's configuration names a file of its repository: that of one that was copied from `place`."""
    config = repo.path / ".git/gitbtc/config"
    if config.exists():
        config.write_text(config.read_text().replace(str(place), str(repo.path)))


def _settle(repo: Repo) -> None:
    """Make the files that Git wrote older than its index, or each command would filter them anew in every copy."""
    listed = [repo.path / name for name in repo.git("ls-files", "-z").split("\0") if name]
    if listed:  # there is a work tree, too
        repo.date(*(path for path in listed if path.is_file() and not path.is_symlink()))
        repo.git("update-index", "-q", "--refresh", ok=(0, 1))
