"""What a source that knows no wallet reads for: the descriptors of a root, and what it told of them before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gitbtc.errors import CannotWork, UsageError
from gitbtc.kinds import codec, registry
from gitbtc.kinds.formats import descriptor_checksum, spelled_descriptor
from gitbtc.repo.git import Git
from gitbtc.sources import statefiles
from gitbtc.sources.answers import Answer, BadAnswer
from gitbtc.sources.bringing import existing_folder
from gitbtc.sources.core_descriptors import PrivateDescriptors, descriptor_record
from gitbtc.sources.own_scripts import LEAST_GAP
from gitbtc.sources.told import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitbtc.kinds.kind import Record


def descriptors_of(root: Path, more: Sequence[str] = ()) -> list[Record]:
    """The descriptor records of a root that say what they are, and those of `more` descriptors, with or without
    checksum. Raises CannotWork where there is none, UsageError for one of `more` that is none, GitbtcError for a file
    that does not parse.
    """
    kind = registry.built_in("descriptors")
    content, records = statefiles.opened(root, kind)
    statefiles.check_records(root, kind, content)
    found = {record["id"]: record for record in records if "descriptor" in record}
    for text in more:
        record = _record(text)
        found.setdefault(record["id"], record)
    if not found:
        raise CannotWork(
            f"{root / kind.path} has no descriptor to look for; name one, without private keys: --descriptor 'wpkh(…)'"
        )
    return list(found.values())


def _record(text: str) -> Record:
    body, _, checksum = text.strip().rpartition("#")
    told = text.strip() if body else f"{checksum}#{descriptor_checksum(checksum)}"
    try:
        ranged = {"range": [0, LEAST_GAP - 1]} if "*" in told else {}
        record = descriptor_record(Answer({"desc": spelled_descriptor(told), **ranged}, "--descriptor"))
    except (BadAnswer, PrivateDescriptors) as error:
        raise UsageError(str(error)) from None
    if not record["xpub"] and not record.get("keys") and not told.startswith(("addr(", "raw(")):
        raise UsageError("--descriptor: it names no public key that can be read")
    return record


def told_before(root: Path, name: str, kind: str) -> list[Record]:
    """The records of a kind that the source `name` of a root told last."""
    git = Git.at(existing_folder(root)).at_top()
    inside = root.resolve().relative_to(Path(git.top_level()).resolve()).as_posix()
    last = Source(git, name, "" if inside == "." else inside).last()
    content = last.files.get(kind) if last else None
    return list(codec.parse(registry.built_in(kind), content)) if content else []
