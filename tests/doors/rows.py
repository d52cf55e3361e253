"""The rows of a table of doors, as a test goes through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _pytest.mark import ParameterSet


class Row(Protocol):
    """A path as people call it, and the door that stops it."""

    @property
    def path(self) -> str: ...
    @property
    def door(self) -> str: ...


def parameters(matrix: Sequence[Row]) -> dict[str, ParameterSet]:
    """path -> its row as a test's parameter. The first row of each door has processes of its own."""
    first = {row.door: row.path for row in reversed(matrix)}
    one = pytest.mark.one_interpreter
    return {row.path: pytest.param(row, id=row.path, marks=() if row.path == first[row.door] else one)
            for row in matrix}  # fmt: skip
