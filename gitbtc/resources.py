"""Where the files that are not code lie: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

import os

_HERE = os.path.dirname(os.path.abspath(__file__))


def folder(name: str) -> str:
    """The absolute path of the shipped folder `name` (`schemas`, `hooks`)."""
    packaged = os.path.join(_HERE, name)
    return packaged if os.path.isdir(packaged) else os.path.join(os.path.dirname(_HERE), name)
