"""A place where a key can be, and what was found there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitbtc.keys.finding import KeyFinding

# On disk; in the object store; what a person wrote in a commit or a tag; the name of a file; the name of a ref.
FILE, BLOB, COMMIT, TAG, NAME, REF = "file", "blob", "commit", "tag", "name", "ref"

# A few forms are known by the name of the file, and of its folder. A blob that has two names is two places.
_PARTS_OF_A_NAME = 2


@dataclass(frozen=True, slots=True)
class Place:
    """`path` is the file as it is told ("" where there is none), or a ref's name; `oid` the object, "" for none;
    `disk` where a file lies whose content or name is meant, "" where it is not looked at there. One that a person
    `named` is read wherever a link leads, and from a pipe. `member`: what is meant of a compressed file, "" for it all.
    """

    sort: str
    path: str = ""
    oid: str = ""
    disk: str = ""
    named: bool = False
    member: str = ""

    def identity(self) -> str:
        """What is the same for two places that hold the same, for ever: for objects and names."""
        tail = "/".join(self.path.split("/")[-_PARTS_OF_A_NAME:]) if self.oid else self.path
        return f"{self.sort}\0{self.oid}\0{tail}"


@dataclass(frozen=True, slots=True)
class Looked:
    """The `findings` at a place. `problem` says why it was not looked at, "" when it was; `harmless`: since there is
    nothing to look at. `passing`: what was found depends on what else the repository holds now. `within`: the same of
    members of a compressed file of which there is something to tell.
    """

    place: Place
    findings: list[KeyFinding] = field(default_factory=list)
    problem: str = ""
    harmless: bool = False
    passing: bool = False
    within: list[Looked] = field(default_factory=list)
