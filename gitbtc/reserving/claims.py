"""Claims: refs of a shared remote that say, before anybody commits, which agent has a coin.

`refs/gitbtc/claims/<txid>-<vout>` points to a commit without parents and files whose message is one line of JSON: the
coin, the agent, and the last height at which the claim holds. It holds nothing else, no time and no person, so one
agent's claim is one object wherever it is made: asked again, whatever became of the first answer, it is simply there.

Every push is atomic and names the value that it expects of each ref (none, for a coin that nobody claimed): of two
agents one is refused. What others wrote there is read in a place of its own and believed only when it is, byte for
byte, what gitbtc would have written.
"""

from __future__ import annotations

import json
import tempfile

from gitbtc.errors import GitbtcError, UsageError, printable
from gitbtc.kinds.formats import check_format
from gitbtc.repo.git import GitFailed
from gitbtc.repo.remotes import Remote
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.reservations import until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

    from gitbtc.repo.git import Git
    from gitbtc.repo.remotes import Changes
    from gitbtc.spends.listing import Outpoint

    Advertised = dict[str, str]  # ref -> oid

PREFIX = "refs/gitbtc/claims/"
ROOT_KEY = "gitbtc.claim/v1"
_AUTHOR = "gitbtc <claims@gitbtc.invalid> 0 +0000"
_LONGEST = 4096  # bytes of a claim's object; a longer one is none
_ATTEMPTS = 3


class Claim:
    """What an agent says of a coin: it is mine until the chain is past `expires_height`."""

    __slots__ = ("agent", "expires_height", "outpoint")

    def __init__(self, outpoint: Outpoint, agent: str, expires_height: int) -> None:
        self.outpoint = outpoint
        self.agent = agent
        self.expires_height = expires_height

    @property
    def ref(self) -> str:
        """The ref that holds the claim."""
        return ref_of(self.outpoint)

    def commit(self, empty_tree: str) -> bytes:
        """The commit that says so."""
        said = {"outpoint": outpoint_text(self.outpoint), "agent": self.agent, "expires_height": self.expires_height}
        message = json.dumps({ROOT_KEY: said}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return f"tree {empty_tree}\nauthor {_AUTHOR}\ncommitter {_AUTHOR}\n\n{message}\n".encode()

    @classmethod
    def read(cls, ref: str, content: bytes, empty_tree: str) -> Self | None:
        """The claim that the commit `content` makes at `ref`; None when it is not what gitbtc writes there."""
        try:
            said = json.loads(content.rpartition(b"\n\n")[2])[ROOT_KEY]
            claim = cls(_outpoint(said["outpoint"]), said["agent"], said["expires_height"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return claim if claim._is_sound() and claim.ref == ref and claim.commit(empty_tree) == content else None

    def _is_sound(self) -> bool:
        named = type(self.agent) is str and self.agent.strip() and printable(self.agent) == self.agent
        return bool(named) and type(self.expires_height) is int and self.expires_height >= 0


class Found:
    """A ref below `refs/gitbtc/claims/` of a remote: `claim` is None when it points to something that is none."""

    __slots__ = ("claim", "oid", "ref")

    def __init__(self, ref: str, oid: str, claim: Claim | None) -> None:
        self.ref = ref
        self.oid = oid
        self.claim = claim


class Claims:
    """The claims of one remote, a name or an address as `git push` takes it."""

    def __init__(self, git: Git, remote: str) -> None:
        if not remote or remote.startswith("-"):
            raise UsageError(f"--claim {remote}: that is no remote; `git remote -v` lists them")
        self._git = git
        self.remote = remote
        self._there = Remote(git, remote)
        self._empty_tree = git.empty_tree()

    # -- reading ---------------------------------------------------------------------------------------------------

    def listed(self, outpoints: Iterable[Outpoint] | None = None) -> list[Found]:
        """The claims on `outpoints`, or all, by ref; GitFailed when the remote cannot be read."""
        wanted = [PREFIX + "*"] if outpoints is None else [ref_of(outpoint) for outpoint in outpoints]
        advertised = self._advertised(wanted)
        for _ in range(_ATTEMPTS):
            objects = self._objects(advertised)
            # What could not be read may be what was released, or taken over, in between.
            now = self._advertised(wanted) if None in objects.values() else advertised
            if now == advertised:
                break
            advertised = now
        return [Found(ref, oid, self._claim(ref, objects.get(oid))) for ref, oid in sorted(advertised.items())]

    def _claim(self, ref: str, content: bytes | None) -> Claim | None:
        return None if content is None else Claim.read(ref, content, self._empty_tree)

    def _advertised(self, wanted: list[str]) -> Advertised:
        # A pattern of ls-remote also matches the end of a longer name. So does what a push is sent to: a branch called
        # refs/heads/refs/gitbtc/claims/… is in the way of the claim, and has to be seen.
        return self._there.refs(*wanted)

    def _objects(self, advertised: Advertised) -> dict[str, bytes | None]:
        """oid -> the commit, None for one that cannot be had or is no commit; the repository keeps nothing of it."""
        if not advertised:
            return {}
        with tempfile.TemporaryDirectory(prefix="gitbtc-claims-") as folder:
            apart = self._git.apart(folder)
            if not self._fetched(apart, advertised):
                for ref in advertised:  # one that the transfer refuses must not hide the others
                    self._fetched(apart, [ref])
            return self._commits(apart, set(advertised.values()))

    def _fetched(self, apart: Git, refs: Iterable[str]) -> bool:
        """Whether the remote gave what `refs` point to."""
        try:
            Remote(apart, self.remote).fetch(refs)
        except GitFailed:
            return False
        return True

    def _commits(self, apart: Git, oids: set[str]) -> dict[str, bytes | None]:
        headers = apart.headers(sorted(oids))
        small = {oid for oid, (kind, size) in headers.items() if kind == "commit" and size <= _LONGEST}
        with apart.blobs() as objects:
            return {oid: objects.read(oid) if oid in small else None for oid in oids}

    # -- taking ----------------------------------------------------------------------------------------------------

    def take(self, claims: list[Claim], tip: int) -> Taken:
        """Make `claims` of one agent, all or none, where no other's claim that holds at `tip` stands; else GitbtcError.

        A claim that the agent already has counts as made, and one of its own with another end is replaced.
        """
        self._git.write_object("tree", b"")  # what the claims' commits point to
        tried, refusal = Taken(self, {}, {}), ""
        for _ in range(_ATTEMPTS):
            try:
                plan = self._plan(claims, tip)
            except GitFailed as error:
                raise self._unknown(claims, refusal) if tried.changes else error from None
            # Of a push whose answer was lost, the next look may find that it was made: it is then ours to undo.
            tried = Taken(self, tried.changes | plan.changes, plan.before | tried.before)
            said = self._push(plan.changes)
            if said is None:
                return tried
            refusal = said
        raise GitbtcError(f"{self.remote} did not take the claim ({refusal}); nothing was written here")

    def _unknown(self, claims: list[Claim], refusal: str) -> GitbtcError:
        outpoints = " ".join(outpoint_text(claim.outpoint) for claim in claims)
        return GitbtcError(
            f"whether {self.remote} took the claim on {outpoints} is not known ({refusal}); nothing was written here. "
            "Run the same command again: a claim that is yours already counts"
        )

    def _plan(self, claims: list[Claim], tip: int) -> Taken:
        there = {found.ref: found for found in self.listed(claim.outpoint for claim in claims)}
        held = [told for found in there.values() if (told := self._obstacle(found, claims[0].agent, tip))]
        if held:
            raise GitbtcError("\n".join([*held, "nothing was claimed, and nothing was written"]))
        changes, before = {}, {}
        for claim in sorted(claims, key=lambda claim: claim.ref):  # one order for all: two pushes never wait crosswise
            found = there.get(claim.ref)
            oid = self._write(claim)
            if found is None or found.oid != oid:
                changes[claim.ref] = (found.oid if found else "", oid)
                earlier = found.claim if found else None
                before[claim.ref] = self._write(earlier) if earlier and earlier.agent == claim.agent else ""
        return Taken(self, changes, before)

    def _obstacle(self, found: Found, agent: str, tip: int) -> str | None:
        claim = found.claim
        if claim is None:
            return self.unreadable(found)
        if claim.agent == agent or tip > claim.expires_height:
            return None
        held = f"is claimed by {claim.agent} {until(claim.expires_height)}"
        return f"{outpoint_text(claim.outpoint)} {held} on {self.remote}"

    def unreadable(self, found: Found) -> str:
        """What to say of a ref that makes no claim that gitbtc wrote."""
        return (
            f"{found.ref} on {self.remote} is not a claim that gitbtc wrote, so nobody can say whose it is; who looks "
            f"after {self.remote} can delete the ref"
        )

    # -- freeing ---------------------------------------------------------------------------------------------------

    def of(self, agent: str) -> set[Outpoint]:
        """The coins that `agent` has claimed."""
        return set(self.mine(None, agent))

    def mine(self, outpoints: list[Outpoint] | None, agent: str) -> dict[Outpoint, Found]:
        """Those of `outpoints`, or of all coins, that `agent` has claimed, with their refs."""
        found = self.listed(outpoints)
        return {one.claim.outpoint: one for one in found if one.claim is not None and one.claim.agent == agent}

    def free(self, outpoints: list[Outpoint], agent: str) -> list[Outpoint]:
        """Delete the claims of `agent` on `outpoints`; those that were deleted. What others claimed is left alone."""
        for _ in range(_ATTEMPTS):
            own = self.mine(outpoints, agent)
            refusal = self._push({found.ref: (found.oid, "") for found in own.values()})
            if refusal is None:
                return sorted(own)
        raise GitbtcError(f"{self.remote} did not give up the claim ({refusal}); run the same command again")

    # -- pushing ---------------------------------------------------------------------------------------------------

    def _write(self, claim: Claim) -> str:
        return self._git.write_object("commit", claim.commit(self._empty_tree))

    def _push(self, changes: Changes) -> str | None:
        """Make all of `changes` on the remote or none; None when it did, else what it said."""
        if not changes:
            return None
        return self._there.push_all_or_none(changes)


class Taken:
    """A push that was made; `back` undoes it."""

    __slots__ = ("_claims", "before", "changes")

    def __init__(self, claims: Claims, changes: Changes, before: dict[str, str]) -> None:
        self._claims = claims
        self.changes = changes
        self.before = before  # ref -> the oid of what the agent itself had claimed there, or ""

    def back(self) -> str | None:
        """Put back what the agent had claimed before, and free the rest; None when that worked, else what was said."""
        return self._claims._push({ref: (new, self.before[ref]) for ref, (_, new) in self.changes.items()})  # noqa: SLF001 - its own module


def ref_of(outpoint: Outpoint) -> str:
    """The ref that a claim on `outpoint` has."""
    return f"{PREFIX}{outpoint[0]}-{outpoint[1]}"


def _outpoint(text: Any) -> Outpoint:
    if type(text) is not str or check_format("outpoint", text):
        raise ValueError(text)
    txid, _, vout = text.partition(":")
    return txid, int(vout)
