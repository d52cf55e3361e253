"""Settling what a join left contested: nothing is in progress, so the decision is a commit of its own."""

from __future__ import annotations

from pathlib import Path

from gitbtc.errors import GitbtcError, UsageError
from gitbtc.judge.contested import open_contests
from gitbtc.kinds import codec
from gitbtc.kinds.registry import built_in
from gitbtc.resolve.settling import SETTLED, last_listed
from gitbtc.spends import COINS
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.settle import Settlement, settle
from gitbtc.spends.trailers import DATA_ERROR, DOUBLE_SPEND, UNATTRIBUTED
from gitbtc.state.snapshot import installed_kinds, of_revision, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.kind import Record
    from gitbtc.repo.git import BlobReader, Git
    from gitbtc.spends.coins import Outpoint
    from gitbtc.spends.settle import State
    from gitbtc.spends.trailers import Trailer
    from gitbtc.state.snapshot import Snapshot

NOBODY, LISTED = "none", "listed"


class Ending:
    """Ends contests in the state of HEAD, which the work tree must hold unchanged."""

    def __init__(self, git: Git, blobs: BlobReader) -> None:
        self._git = git
        self._kinds = installed_kinds(git)
        self._read = blobs.read
        self._head = self._snapshot(git.resolve("HEAD"))

    def _snapshot(self, oid: str) -> Snapshot:
        return of_revision(self._git, oid, self._read, self._kinds)

    def settle(self, name: str, winner: str) -> str:
        """Settle the contested outpoint `name` for the transaction `winner`, for nobody (NOBODY), where no transaction
        is known for one payment that nobody recorded (UNATTRIBUTED), where its description is contested for the one in
        the file (LISTED). The trailer of the commit.
        """
        if not self._git.all_is_committed():
            raise GitbtcError("not all is committed here; commit that first, then settle")
        root, contest = self._called(name)
        outpoint = contest.outpoint or ("", 0)
        if contest.choice == "data_error" and not contest.parties:
            return self._describe(outpoint, winner)
        claimants = self._head.evidence(root).claimants(outpoint)
        allowed = {*claimants, NOBODY} if claimants else {NOBODY, UNATTRIBUTED}
        if winner not in allowed:
            raise UsageError(f"{name}: --winner is one of {', '.join(sorted(allowed))}")
        if winner != UNATTRIBUTED:
            self._write(root, _settlement(outpoint, winner, claimants.keys()))
        losers = " and ".join(sorted(claimants.keys() - {winner})) or NOBODY
        said = winner if winner == UNATTRIBUTED else f"{winner} over {losers}"
        return self._commit(outpoint, f"{DOUBLE_SPEND}: {outpoint_text(outpoint)} {said}")

    def _describe(self, outpoint: Outpoint, winner: str) -> str:
        if winner != LISTED:
            raise UsageError(
                f"{outpoint_text(outpoint)}: mend the coin's record if need be, then say --winner {LISTED}"
            )
        return self._commit(outpoint, f"{DATA_ERROR}: {outpoint_text(outpoint)} ours")

    def _commit(self, outpoint: Outpoint, trailer: str) -> str:
        self._git.commit(f"Settle {outpoint_text(outpoint)}", trailer)
        return trailer

    def _called(self, name: str) -> tuple[str, Trailer]:
        found = list(open_contests(self._git, "HEAD", self._head))
        for root, contest in found:
            if contest.outpoint and outpoint_text(contest.outpoint) == name.rpartition("::")[2]:
                if contest.choice == "reservation":
                    raise GitbtcError(f"{name}: {contest.choice}: settle it in the records, by a release")
                return root, contest
        raise UsageError(f"{name}: no join left that contested; `gitbtc check` lists what is")

    def _write(self, root: str, settlement: Settlement) -> None:
        from gitbtc.repo.files import write

        top = Path(self._git.top_level())
        state: State = {}
        for kind in SETTLED:
            records: list[Record] = codec.parse(built_in(kind), self._head.of_kind(root, kind) or b"[]\n")
            state[kind] = {codec.key_of(built_in(kind), one, b""): one for one in records}
        before = {kind: codec.encode_file(built_in(kind), list(state[kind].values())) for kind in SETTLED}
        path = path_in(root, COINS)
        settle(state, settlement, lambda coin: last_listed(self._git, ["HEAD"], self._snapshot, path, coin))
        changed = []
        for kind in SETTLED:
            content = codec.encode_file(built_in(kind), list(state[kind].values()))
            if content != before[kind]:
                write(top / path_in(root, kind), content)
                changed.append(path_in(root, kind))
        if changed:
            self._git.at_top().stage(changed)


def _settlement(outpoint: Outpoint, winner: str, claimants: Iterable[str]) -> Settlement:
    if winner == NOBODY:
        return Settlement(claimants, freed=[outpoint])
    return Settlement({*claimants} - {winner}, [winner], taken=[outpoint])
