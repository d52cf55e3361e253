"""Errors a user can act on, and text made safe for a terminal."""

from __future__ import annotations


class GitbtcError(Exception):
    """Something went wrong in a way that the user can mend; the message says what, where, and what to do.

    `status` is the exit status of a program that ends with this error.
    """

    status = 1


class UsageError(GitbtcError):
    """The command was called in a way that it cannot take."""

    status = 2


class CannotWork(GitbtcError):
    """gitbtc cannot work here: no repository, a wrong version, a broken state."""

    status = 3


class NotWritten(CannotWork):
    """Something could not be written here now: there was no room, or no right to."""


def report(error: BaseException) -> str:
    """What to paste into a report of a bug: the kind of error and where it came from. Never its message, which may
    hold what the error was about: a record, or a key. What the machine lacks (room, memory) is no bug, and is said.
    """
    lack = lacking(error)
    if lack:
        return f"gitbtc: {lack}"
    places, frame = [], error.__traceback__
    while frame is not None:
        path = frame.tb_frame.f_code.co_filename.replace("\\", "/").rsplit("/gitbtc/", 1)[-1]
        places.append(f"{path}:{frame.tb_lineno}")
        frame = frame.tb_next
    return f"gitbtc: unexpected {type(error).__name__}, which is a bug of gitbtc's: {' > '.join(places[-6:])}"


# What a machine lacks, in the words of strerror(3) and of Git -> what to do about it.
_ROOM = "make room there, and do it again"
_RIGHT = "see that it can be written to, and do it again"
_ALLOWED = "see that this user may read and write there, and do it again"
_WAYS_OUT = {
    "No space left on device": _ROOM,
    "Out of diskspace": _ROOM,
    "Disk quota exceeded": _ROOM,
    "File too large": "raise the limit (ulimit -f), and do it again",
    "Read-only file system": _RIGHT,
    "Permission denied": _ALLOWED,
    "Operation not permitted": _ALLOWED,
    "couldn't write": "see that there is room, and that it can be written to, and do it again",
    "Input/output error": "look at the disk before anything else",
    "Too many open files": "raise the limit (ulimit -n), and do it again",
    "Cannot allocate memory": "do it again where there is more memory",
}


def remedy(said: str) -> str:
    """What to do where a program says that the machine lacks something; "" where it says something else."""
    return next((way for words, way in _WAYS_OUT.items() if words in said), "")


def not_written(error: OSError, path: object = None) -> NotWritten:
    """The same of a file that could not be written: the one that the error names, unless `path` is told."""
    way = remedy(error.strerror or str(error))
    place = path or error.filename or "what was to be written"
    return NotWritten(f"{place}: cannot be written: {error.strerror or error}{f'; {way}' if way else ''}")


def lacking(error: BaseException) -> str:
    """What a machine lacks where that is all that `error` is about, and what to do; "" for anything else."""
    if isinstance(error, MemoryError):
        return "there is not enough memory here for this"
    if isinstance(error, OSError) and (way := remedy(error.strerror or str(error))):
        place = f"{error.filename}: " if error.filename else ""
        return printable(f"{place}{error.strerror or error}; {way}")
    return ""


# C0 and C1 controls, and the code points that reorder or hide text (Unicode bidirectional controls, zero-width
# characters, line and paragraph separators): a label must not be able to rewrite the line it is printed on.
_ABOVE_C0 = "\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_HALVES = "\ud800-\udfff"  # of what is no UTF-8: a path of any bytes has some
_UNPRINTABLE = f"[\x00-\x1f{_ABOVE_C0}{_HALVES}]"


def printable(text: str) -> str:
    """`text` without control characters, bidirectional overrides and invisible characters."""
    import re

    return re.sub(_UNPRINTABLE, "", text)


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like a formula gets an apostrophe first."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def told(error: GitbtcError) -> str:
    """An expected error as it is told on a terminal."""
    return "gitbtc: " + "\n".join(printable(line) for line in str(error).splitlines())


def printable_json(document: object) -> str:
    """A document as indented JSON that is safe on a terminal: what `printable` takes out is escaped as JSON escapes,
    which says the same to a program; other letters stay as they are.
    """
    import re

    return re.sub(f"[{_ABOVE_C0}{_HALVES}]", lambda found: f"\\u{ord(found[0]):04x}", _indented(document))


def _indented(document: object) -> str:
    """The document with two spaces a level: by orjson, which is many times as quick and writes the same, or, where it
    cannot (halves of surrogate pairs, integers of more than 64 bits, tuples with names), by json.
    """
    import orjson

    try:
        return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
    except TypeError:
        import json

        return json.dumps(document, indent=2, ensure_ascii=False)
