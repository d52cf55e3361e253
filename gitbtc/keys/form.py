"""A form of private-key material: how it is called, what to do with it, whether it stops a commit."""

from __future__ import annotations

# What a finding of the form does: it refuses the file, is told as a warning, or is told as a notice.
BLOCK, WARN, NOTICE = "block", "warn", "notice"


class Form:
    """`name` is what a person reads, `advice` what to do with the secret instead, `severity` BLOCK, WARN or NOTICE."""

    __slots__ = ("advice", "name", "severity")

    def __init__(self, name: str, advice: str, severity: str = BLOCK) -> None:
        self.name = name
        self.advice = advice
        self.severity = severity

    def __repr__(self) -> str:
        return f"Form({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Form) and (self.name, self.severity) == (other.name, other.severity)

    def __hash__(self) -> int:
        return hash((self.name, self.severity))
