"""What `gitbtc doctor` says of the sources that a repository names. No program is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.errors import GitbtcError
from gitbtc.repo.doctor import Check
from gitbtc.sources.configured import PATH, read

if TYPE_CHECKING:
    from gitbtc.repo.git import Git


def examine_sources(git: Git) -> list[Check]:
    """One check a source: what it is asked with is there; one for a file that cannot be used; none without the file."""
    try:
        sources = read(Path(git.top_level())).values()
    except GitbtcError as error:
        return [Check("sources", str(error), f"mend {PATH}; docs/importing.md shows what stands in it")]
    return [_examined(source.name, source.kind, source.program.lacking()) for source in sources]


def _examined(name: str, kind: str, lack: str) -> Check:
    mend = f"see that the program runs, and that {PATH} names the right place" if lack else ""
    return Check(f"source {name}", lack or f"{kind}, and what it is asked with is there", mend)
