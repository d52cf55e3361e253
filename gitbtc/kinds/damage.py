"""What a full disk, a crash or a power cut leaves of a state file: nothing, NUL bytes, or one half of it.

Such bytes are never a deletion of records. Whoever writes by hand makes other mistakes: those have a place in the file.
"""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.kinds.kind import Kind

_LAST = "`git checkout HEAD -- PATH` brings the last version back"
EMPTY = (
    "it holds nothing, not even an empty list, as after a full disk or a crash; "
    f"{_LAST}, and `[]` is a file without records"
)
_NULS = f"it holds NUL bytes, as after a full disk or a crash; {_LAST}"
_CUT = f"it ends in the middle, as after a full disk or a crash; {_LAST}"

# All that is left of a literal or a number that was begun.
_BEGUN = r"(t|tr|tru|f|fa|fal|fals|n|nu|nul|-|\.|[eE][-+]?)?"
# Of most files the beginning tells that it is not blank, and no copy of them is made.
_BEGINNING, _NOTHING = 64, b"\0 \t\r\n"
_ESCAPE = r"\\?u?[0-9a-fA-F]{0,4}"


def damage(kind: Kind, content: bytes) -> str:
    """Why `content` is no file of the kind but what is left of one; "" for any other bytes.

    A file of lines is whole without bytes: whether it had records, whoever knows its past can tell.
    """
    text = content.removeprefix(BOM_UTF8)
    if not (text[:_BEGINNING].strip(_NOTHING) or text.strip(_NOTHING)):
        return EMPTY if content or kind.frame.empty else ""
    return _NULS if b"\0" in content and not content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else ""


def cut_short(kind: Kind, content: bytes) -> str:
    """The same for what does not parse: "" where it does not end too soon, but has a mistake."""
    last = content if kind.frame.empty else content.rpartition(b"\n")[2]
    return _CUT if last and _is_cut(last) else ""


def _is_cut(text: bytes) -> bool:
    """Whether a text is no JSON because it ends too soon."""
    import json
    import re
    from codecs import getincrementaldecoder

    try:
        read = getincrementaldecoder("utf-8")().decode(text.removeprefix(BOM_UTF8))  # without half a letter at the end
        json.loads(read)
    except json.JSONDecodeError as error:
        begun = _ESCAPE if error.msg.startswith("Invalid \\u") else _BEGUN
        return error.msg.startswith("Unterminated string") or bool(re.fullmatch(begun, read[error.pos :].strip()))
    except (ValueError, RecursionError):
        return False
    return False
