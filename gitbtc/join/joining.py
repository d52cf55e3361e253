"""The join of N heads: one commit whose tree depends on the heads' history alone.

Not on their order, and not on what was joined before: a join among the heads is taken apart into the commits that it
joined.
"""

from __future__ import annotations

from gitbtc.join.coins import evidence_of, settled
from gitbtc.join.differences import shared_out
from gitbtc.join.drafts import Draft
from gitbtc.join.history import TRAILER, CommitGraph
from gitbtc.join.moved import refuse_moved
from gitbtc.join.reading import Reading
from gitbtc.join.states import States
from gitbtc.kinds import codec
from gitbtc.kinds.layouts import divided, shard_path
from gitbtc.kinds.registry import SUFFIX, Kinds
from gitbtc.spends.evidence import outpoint_text
from gitbtc.spends.trailers import DOUBLE_SPEND, contested
from gitbtc.state.checkpoint import Checkpoints

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gitbtc.join.atoms import Token
    from gitbtc.join.coins import JoinOutcome
    from gitbtc.join.crdt import Replica
    from gitbtc.join.differences import Differences, File
    from gitbtc.join.history import Node
    from gitbtc.join.states import Changes, HeadState
    from gitbtc.kinds.kind import Kind
    from gitbtc.repo.git import Entry, Git
    from gitbtc.repo.objects import Objects
    from gitbtc.spends.evidence import Evidence


MOST_PARENTS = 1000
# Nobody in particular, and no clock: two agents that join the same heads make the same commit.
_NAME, _EMAIL = "gitbtc join", "join@gitbtc.invalid"
_SCHEMAS = ".gitbtc/schemas"


class JoinCommit:
    """The join of some heads as it would be committed: its `tree`, the `parents`, and what it decided or left open."""

    __slots__ = ("contested", "decided", "parents", "settled", "time", "tree")

    def __init__(self, tree: str, parents: Sequence[Node], outcome: JoinOutcome) -> None:
        self.tree = tree
        self.parents = [node.oid for node in parents]
        self.time = max(node.time for node in parents)
        self.decided = outcome.decided
        self.settled = outcome.settled
        self.contested = outcome.contested

    def trailers(self) -> list[str]:
        """The lines that declare it: that it is a join, what was settled by evidence, what is contested."""
        settled = [
            f"{DOUBLE_SPEND}: {outpoint_text(one.outpoint)} {one.winner or 'none'} over {' and '.join(one.losers)}"
            for one in self.settled
        ]
        open_ = [contested(one.outpoint, one.type, one.parties) for one in self.contested]
        return [f"{TRAILER}: {self.tree}", *sorted({*settled, *open_})]


class Joining:
    """Joins heads of one repository. `names`: name -> oid of what is joined."""

    history_of = CommitGraph

    def __init__(self, objects: Objects, git: Git, names: Mapping[str, str]) -> None:
        self._objects = objects
        self._git = git
        self._names = names
        self.history = self.history_of(objects.ancestry(dict.fromkeys(names.values())))
        self.heads = self.history.independent(names.values())
        self._frontier = self.history.frontier(self.heads)
        self._parted_at: dict[tuple[str, ...], tuple[list[str], frozenset[Token], str | None]] = {}

    def present(self, first: str | None = None) -> str | None:
        """The head that is the join already: it contains all others, or joins the same commits. Of several, `first`."""
        if len(self.heads) == 1:
            return self.heads[0]
        same = [oid for oid in self.heads if self.history.frontier([oid]) == self._frontier]
        return first if first in same else min(same, default=None)

    # -- reading ---------------------------------------------------------------------------------------------------

    def read(self, *, whole: bool = False) -> None:
        """Read what the heads changed since the base that they share, or, the `whole` of it, since their first commits.
        CannotWork when one of them cannot be read.
        """
        base = self._base_oid = None if whole else self._base()
        nodes = self.history.since(self._frontier, base)
        known = self.history.nodes[base] if base else None
        self._schemas = self._schemas_of(self._frontier)
        self.kinds = Kinds.of(self._schemas)
        self._reading = Reading(self._objects, self._objects.blob, self._read_all, self.kinds, known)
        self._reading.expect = self._expect
        self._known: dict[str, Evidence] = {}
        self._checkpoints = Checkpoints(self._git)
        self._states = States(self._reading.base, self._reading.policy)
        self._state_of: dict[str, HeadState] = {base: self._states.start} if base else {}
        trees = {oid: node.tree for oid, node in self.history.nodes.items()}
        for node, changes in self._reading.changes(nodes, trees):
            parents = [self._state_of[parent] for parent in node.parents] or [self._states.start]
            after = self._states.after_merge if len(parents) > 1 else self._one_parent
            self._state_of[node.oid] = after(parents, node.token, changes)
        self._reading.check(self._named())

    def _base(self) -> str | None:
        return self.history.common(self._frontier)

    def _one_parent(self, parents: Sequence[HeadState], token: tuple[int, str], changes: Changes) -> HeadState:
        return self._states.after(parents[0], token, changes)

    def _named(self) -> dict[str, Node]:
        nodes = self.history.nodes
        named = {oid: name for name, oid in self._names.items()}
        return {named.get(oid, oid[:12]): nodes[oid] for oid in self._frontier}

    def _schemas_of(self, heads: Sequence[str]) -> dict[str, bytes]:
        """The schemas of the kinds that the heads add; of two versions of one that of the later clock."""
        found: dict[str, Entry] = {}
        for oid in heads:
            found |= self._objects.folder(self.history.nodes[oid].tree, _SCHEMAS)
        return {path: self._objects.blob(blob) for path, (_, blob) in sorted(found.items()) if path.endswith(SUFFIX)}

    def _expect(self, oids: Sequence[str]) -> None:
        """Be told which files of the base may be read."""

    def _read_all(self, anchors: Mapping[str, bytes], files: Sequence[File]) -> Differences:
        return shared_out(self._git, self._schemas, anchors, files)

    # -- joining ---------------------------------------------------------------------------------------------------

    def joined(self, parents: Sequence[Node]) -> JoinCommit:
        """The join of some of the heads, its tree stored; `read` comes before."""
        draft, outcome = self._drafted(parents)
        changed = self._changed(draft, self._objects.write_blob, parents)
        self._refuse_moved(parents, changed)
        return JoinCommit(self._objects.write_tree(self._reading.tree, changed), parents, outcome)

    def replica(self) -> Replica:
        """What the heads know, without Git; `read` the whole before."""
        from gitbtc.join.crdt import Replica

        nodes = self.history.nodes
        states = {nodes[oid].token: self._state_of[oid] for oid in self._frontier}
        # A join above the frontier is nothing by itself.
        below = self.history.since(self._frontier, None)
        commits = {node.token: [nodes[parent].token for parent in node.parents] for node in below}
        return Replica(commits, states, {token: self._schemas_of([token[1]]) for token in states})

    def files(self) -> tuple[dict[str, bytes], JoinOutcome]:
        """The state files of the join of all heads, and what it decided or left open; nothing is stored."""
        parents = [self.history.nodes[oid] for oid in self.heads]
        draft, outcome = self._drafted(parents)
        there = {self.kinds.whole(path) for path in self._reading.base_files.files}
        made: dict[str, bytes | None] = {}
        for path in sorted({*there, *draft.paths()}):
            kind = self._reading.kind(path)
            if kind is not None and kind.shards:
                holding = self._reading.base_files.holding(path)
                made |= {place: self._reading.base_files.content(place) for place in holding}
                made |= self._laid_out(kind, path, draft, parents)
            elif kind is not None:
                made[path] = draft.content(path)
        return {path: content for path, content in made.items() if content is not None}, outcome

    def again(self, tree: str) -> tuple[dict[str, Entry], JoinCommit]:
        """The files of the join of all heads, and what a commit of it with this tree would have to declare; nothing is
        stored.
        """
        parents = [self.history.nodes[oid] for oid in self.heads]
        draft, outcome = self._drafted(parents)
        changed = self._changed(draft, self._objects.blob_id, parents)
        self._refuse_moved(parents, changed)
        entries = {**self._reading.base_files.files, **changed}
        return {path: entry for path, entry in entries.items() if entry}, JoinCommit(tree, parents, outcome)

    def _drafted(self, parents: Sequence[Node]) -> tuple[Draft, JoinOutcome]:
        heads, _, parted = self._parted(parents)
        since = self.history.nodes[parted].token if parted and parted != self._base_oid else None
        draft = Draft(self._reading, self._states, [self._state_of[oid] for oid in heads], since)
        draft.refuse_networks()
        return draft, settled(draft, self._evidence)

    def _refuse_moved(self, parents: Sequence[Node], changed: Mapping[str, Entry | None]) -> None:
        heads = [node.oid for node in parents]
        refuse_moved(self._objects, self.kinds, self._reading.base_files.files, heads, changed)

    def _evidence(self, root: str) -> Evidence:
        if root not in self._known:
            self._known[root] = evidence_of(self._reading, root, self._checkpoints)
        return self._known[root]

    def _changed(self, draft: Draft, store: Callable[[bytes], str], parents: Sequence[Node]) -> dict[str, Entry | None]:
        """The entries of the files that may differ from the base's.

        A file gives way where others stand in a folder of its name: a tree cannot hold both.
        """
        entries = dict(draft.entries())
        heads, tokens, _ = self._parted(parents)
        for path in sorted({*draft.paths(), *self._reading.lying.moved(heads, tokens)}):
            kind = self._reading.kind(path)
            if kind is not None:
                is_one = not kind.shards
                files = {path: draft.content(path)} if is_one else self._laid_out(kind, path, draft, parents)
                entries |= {place: self._entry(place, content, store) for place, content in files.items()}
        standing = [path for path, entry in {**self._reading.base_files.files, **entries}.items() if entry]
        folders = {path[:at] for path in standing for at, sign in enumerate(path) if sign == "/"}
        return entries | dict.fromkeys(folders.intersection(standing))

    def _entry(self, path: str, content: bytes | None, store: Callable[[bytes], str]) -> Entry | None:
        if content is None:
            return None
        before, made = self._reading.base_files.files.get(path), store(content)
        return before if before and before[1] == made else ("100644", made)

    def _parted(self, parents: Sequence[Node]) -> tuple[list[str], frozenset[Token], str | None]:
        """The ordinary commits that some heads come down to, those that they reach since they parted, and the one at
        which they did; None for none.
        """
        heads = tuple(node.oid for node in parents)
        if heads not in self._parted_at:
            frontier = self.history.frontier(heads)
            base = self.history.common(frontier)
            tokens = frozenset(node.token for node in self.history.since(frontier, base))
            self._parted_at = {heads: (frontier, tokens, base)}
        return self._parted_at[heads]

    def _laid_out(self, kind: Kind, path: str, draft: Draft, parents: Sequence[Node]) -> dict[str, bytes | None]:
        """The files that hold the records at `path`, or did at the base, where they may differ; None for one that goes.

        They lie as the newest commit since all heads parted says that had them lie otherwise. A shard that one of the
        heads has stays, without records too: so no change of somebody else ever meets a deletion.
        """
        heads, tokens, base = self._parted(parents)
        layout = self._reading.lying.layout(path, tokens, self.history.nodes[base].tree if base else None)
        there = self._reading.base_files.holding(path)
        standing = self._reading.lying.standing(heads, path, layout)
        nothing = codec.encode_lines(kind, [])
        contents = draft.shards(path, layout)
        if contents is not None:
            gone, left = there.keys() - standing, standing - there.keys()
        else:
            content = draft.content(path)
            gone, left = set(there), standing
            if content is None:
                return dict.fromkeys(gone)
            if layout.is_whole:
                return {**dict.fromkeys(gone), path: content}
            is_bare = content == nothing and standing
            shards = {} if is_bare else divided(kind, layout, content)
            contents = {shard_path(path, name): shard for name, shard in shards.items()}
            standing = standing or set(contents)
        held = {place: shard for place, shard in contents.items() if shard != nothing or place in standing}
        return {**dict.fromkeys(gone), **dict.fromkeys(left, nothing), **held}

    # -- committing ------------------------------------------------------------------------------------------------

    def commit(self, message: str, first: str | None = None) -> tuple[str, JoinCommit]:
        """Store the join, which no ref points to yet: the oid of its commit, and what it decided.

        More than MOST_PARENTS heads are joined in groups first. The head `first` is the first parent.
        """
        heads = [self.history.nodes[oid] for oid in self.heads]
        while len(heads) > MOST_PARENTS:
            groups = [heads[at : at + MOST_PARENTS] for at in range(0, len(heads), MOST_PARENTS)]
            heads = [self._stored(self.joined(group), message) if len(group) > 1 else group[0] for group in groups]
        heads.sort(key=lambda node: node.oid != first)
        joined = self.joined(heads)
        return self._stored(joined, message).oid, joined

    def _stored(self, joined: JoinCommit, message: str) -> Node:
        said = f"{message.rstrip() or _said(len(joined.parents))}\n\n" + "\n".join(joined.trailers()) + "\n"
        oid = self._objects.write_commit(joined.tree, joined.parents, said, (_NAME, _EMAIL, joined.time))
        return self.history.add(self._objects.ancestor(oid))


def _said(heads: int) -> str:
    return f"Join {heads} heads"
