"""The records of a kind in one root of a work tree, in one file or in shards, and how they are replaced."""

from __future__ import annotations

import os

from gitbtc.errors import CannotWork, GitbtcError
from gitbtc.kinds import layouts
from gitbtc.kinds.delta import delta
from gitbtc.kinds.layouts import Folded
from gitbtc.kinds.shards import is_name
from gitbtc.repo.files import led_away

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from gitbtc.kinds.kind import Kind

_NOT_READ = ""


class OnDisk:
    """The records of `kind` below the folder `root` (absolute, or from where we are; "" for there). `paths` are the
    files that hold them, from the root.

    Raises GitbtcError where something else than a file stands in one's place, CannotWork for what cannot be read.
    """

    def __init__(self, root: str, kind: Kind) -> None:
        self._root = root
        self.kind = kind
        self.paths = [path for path in (kind.path, *self._shards()) if os.path.lexists(os.path.join(root, path))]

    def _shards(self) -> list[str]:
        if not self.kind.shards:
            return []
        folder, _, ending = self.kind.path.rpartition(".")
        place = os.path.join(self._root, folder)
        names = sorted(os.listdir(place)) if os.path.isdir(place) else []
        stems = (name.removesuffix(f".{ending}") for name in names if name.endswith(f".{ending}"))
        return [f"{folder}/{stem}.{ending}" for stem in stems if is_name(self.kind.shards, stem)]

    @property
    def entry(self) -> tuple[str, str] | None:
        """What stands for them, as in a snapshot; None where there are none."""
        folder, _, ending = self.kind.path.rpartition(".")
        files = {path.removeprefix(f"{folder}/").removesuffix(f".{ending}"): path for path in self.paths}
        whole = files.pop(self.kind.path.removesuffix(f".{ending}"), None)
        if not files:
            return ("100644", _NOT_READ) if whole else None
        if whole:
            files[""] = whole
        told = {name: (path, "100644", _NOT_READ) for name, path in files.items()}
        return "100644", Folded.of(self.kind, self.kind.path, told)

    def content(self, txids: Collection[str] | None = None) -> bytes:
        """The bytes of the file, or what the shards make; none where there are none. Malformed for shards that make
        no file. Of shards by txid only those in which some `txids` can lie.
        """
        entry = self.entry
        if entry is None:
            self._check(self.kind.path)
            return b""
        if isinstance(entry[1], Folded):
            names = layouts.holding(entry[1], txids)
            return layouts.read(entry[1], lambda path, _: self.file(path), names)
        return self.file(self.kind.path)

    def file(self, path: str) -> bytes:
        """The bytes of one of the files."""
        self._check(path)
        place = os.path.join(self._root, path)
        try:
            with open(place, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise CannotWork(f"{place}: cannot be read: {error.strerror}") from None

    def _check(self, path: str) -> None:
        if away := led_away(self._root, path):
            raise GitbtcError(f"{os.path.join(self._root, path)}: {away}")

    def laid_out(self, content: bytes, txids: Collection[str] | None = None) -> dict[str, bytes]:
        """The files that have to become others for the records to be those of `content`: path from the root -> bytes;
        with `txids`, for those that `content` answered with to be so. Malformed.
        """
        entry = self.entry
        known = layouts.layout_of(entry) or layouts.WHOLE
        if entry is not None and isinstance(entry[1], Folded) and txids is not None:
            files = entry[1].files
            part = Folded.of(self.kind, self.kind.path, {one: files[one] for one in layouts.holding(entry[1], txids)})
            entry = "100644", part
        return layouts.laid_out(entry, self.kind.path, self.kind, content, lambda path, _: self.file(path), known)

    def replaced(self, before: bytes, after: bytes) -> dict[str, bytes]:
        """The same for records that are those of `before`, in canonical form, and are to be those of `after`: of shards
        only those are looked at in which these differ.
        """
        entry = self.entry
        if entry is None or not isinstance(entry[1], Folded) or self.content() != before:
            return self.laid_out(after)
        changes = delta(self.kind, before, after)
        return layouts.relaid(entry[1], self.kind.path, changes, lambda path, _: self.file(path))
