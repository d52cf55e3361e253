"""In which order a commit is judged, in the making or made: each check builds on what the earlier ones hold.

What does not parse, or is not what its schema says, cannot be judged for what it does to coins. So a stage is left out
where an earlier one that it builds on has found something.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from typing import TypeVar

    T = TypeVar("T")

# Whether a change was cut short; private keys; whether a file is one; whether its records keep to their schemas. Each
# of these is what all that follow build on.
CONTENT = WHOLE, KEYS, FORM, RECORDS = "whole", "keys", "form", "records"
# Records lost from what only grows; simulation modes; the spend gate; rules that a state, and that a step breaks.
GROWTH, MODES, MERGE, RULES, STEPS = "growth", "modes", "merge", "rules", "steps"
ORDER = (*CONTENT, GROWTH, MODES, MERGE, RULES, STEPS)


def in_order(
    checks: Mapping[str, Callable[[], Iterable[T]]],
    refuses: Callable[[T], bool],
    awaiting: Mapping[str, Collection[str]] | None = None,
) -> Iterator[T]:
    """What the checks find, by stage. `awaiting`: stage -> other stages that it builds on at this door."""
    refused: set[str] = set()
    for stage in ORDER:
        before = {*CONTENT[: CONTENT.index(stage) if stage in CONTENT else None], *(awaiting or {}).get(stage, ())}
        if stage in checks and not before & refused:
            for one in checks[stage]():
                yield one
                if refuses(one):
                    refused.add(stage)
