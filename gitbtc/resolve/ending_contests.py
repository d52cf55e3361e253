"""Settling what a join left contested: nothing is in progress, so the decision is a commit of its own."""

from __future__ import annotations

import os

from gitbtc.errors import CannotWork, GitbtcError, UsageError
from gitbtc.judge.contested import open_contests
from gitbtc.resolve.repair import written
from gitbtc.resolve.selecting import NOBODY
from gitbtc.spends import COINS
from gitbtc.spends.decision import Decision
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.fates import Fates
from gitbtc.spends.naming import name_in
from gitbtc.spends.outcome import Outcome
from gitbtc.spends.testimony import Views
from gitbtc.spends.trailers import DATA_ERROR, DOUBLE_SPEND, UNATTRIBUTED
from gitbtc.state.remembered import remembered_by
from gitbtc.state.snapshot import installed_kinds, of_revision, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.repo.git import BlobReader, Git
    from gitbtc.spends.listing import Outpoint
    from gitbtc.spends.trailers import Trailer
    from gitbtc.state.snapshot import Snapshot

LISTED = "listed"


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
        """Settle the contested coin `name` for the transaction `winner`, for nobody (NOBODY), where no transaction
        is known for one payment that nobody recorded (UNATTRIBUTED), where its description is contested for the one in
        the file (LISTED). The trailer of the commit.
        """
        if not self._git.all_is_committed():
            raise GitbtcError("not all is committed here; commit that first, then settle")
        root, contest, chosen = self.judged(name, winner)
        outpoint = contest.outpoint or ("", 0)
        if chosen == LISTED:
            return self._commit(outpoint, f"{DATA_ERROR}: {outpoint_text(outpoint)} ours")
        claimants = self._head.evidence(root).claimants(outpoint)
        if chosen != UNATTRIBUTED:
            won = chosen if chosen in claimants else None
            self._write(root, Decision(outpoint, won, claimants.keys() - {won}))
        losers = " and ".join(sorted(claimants.keys() - {chosen})) or NOBODY
        said = chosen if chosen == UNATTRIBUTED else f"{chosen} over {losers}"
        return self._commit(outpoint, f"{DOUBLE_SPEND}: {outpoint_text(outpoint)} {said}")

    def judged(self, name: str, winner: str) -> tuple[str, Trailer, str]:
        """The root and the contest that `name` means, and what `winner` does: a whole txid, or one of the words.
        UsageError, GitbtcError for what cannot be settled so.
        """
        found = self.called(name)
        if not found:
            raise UsageError(f"{name}: no join left that contested; `gitbtc check` lists what is")
        root, contest = found[0]
        if contest.choice == "reservation":
            raise GitbtcError(f"{name}: {contest.choice}: settle it in the records, by a release")
        outpoint = contest.outpoint or ("", 0)
        if contest.choice == "data_error" and not contest.parties:
            if winner != LISTED:
                told = outpoint_text(outpoint)
                raise UsageError(f"{told}: mend the coin's record if need be, then say --winner {LISTED}")
            return root, contest, winner
        claimants = self._head.evidence(root).claimants(outpoint)
        allowed = {*claimants, NOBODY} if claimants else {NOBODY, UNATTRIBUTED}
        meant = {winner} & allowed or _txids(winner, claimants)
        if not meant:
            raise UsageError(f"{name}: --winner is one of {', '.join(sorted(allowed))}")
        return root, contest, meant.pop()

    def _commit(self, outpoint: Outpoint, trailer: str) -> str:
        self._git.commit(f"Settle {outpoint_text(outpoint)}", trailer)
        return trailer

    def called(self, name: str) -> list[tuple[str, Trailer]]:
        """The root and the contest of the coin called `name`, by outpoint or address; UsageError for two of them."""
        path, _, coin = name.rpartition("::")
        called = name_in(coin)
        found = {
            contest.outpoint: (root, contest)
            for root, contest in open_contests(self._git, "HEAD", self._head)
            if contest.outpoint and path in ("", path_in(root, COINS))
        }
        return [found[outpoint] for outpoint in called.meant(found)] if called else []

    def _write(self, root: str, decision: Decision) -> None:
        from gitbtc.repo.files import led_away, write_all

        top = self._git.top_level()
        evidence = self._head.evidence(root)
        remembered = remembered_by(self._git, ["HEAD"], self._snapshot)(root)
        if not (decision.winner or decision.losers):  # never spent at all
            decision.is_about_listing, decision.listing = True, remembered(decision.outpoint)
        changes = Outcome(Fates(Views(evidence, []), [decision]), evidence, remembered).changes()
        made = self._head.laid_out({
            path_in(root, kind): written(kind, self._head.of_kind(root, kind), records)
            for kind, records in changes.items()
        })  # fmt: skip
        for path in made:
            if away := led_away(top, path):
                raise CannotWork(f"{path}: {away}")
        self._git.check_writable()
        write_all({os.path.join(top, path): content for path, content in made.items()})
        if made:
            self._git.at_top().stage(made)


def _txids(called: str, claimants: Iterable[str]) -> set[str]:
    """The transaction that is called so: its txid may be cut short."""
    name = name_in(called)
    return {txid for (txid,) in name.meant((txid,) for txid in claimants)} if name else set()
