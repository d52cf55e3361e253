"""LND: what its REST interface answers, or a folder of what `lncli` prints, becomes a snapshot.

| lncli | REST | gives |
|---|---|---|
| getinfo | GET /v1/getinfo | chain; whose answers they are |
| listchannels | GET /v1/channels | channels |
| pendingchannels | GET /v1/channels/pending | pending |
| closedchannels | GET /v1/channels/closed | that a channel which is not listed any more was closed |
| getnodeinfo, getchaninfo for private channels | GET /v1/graph/node/KEY, /v1/graph/edge/ID | routing |
| feereport | GET /v1/fees | inbound fees |
| listpeers | GET /v1/peers | peers |
| listunspent | POST /v2/wallet/utxos | utxos |
| wallet listleases | POST /v2/wallet/utxos/leases | leased coins, which listunspent leaves out; reservations of `lnd` |

Amounts are in sat where the field does not say msat, but min_htlc is in msat; fee_rate_milli_msat is in ppm. `lncli`
from 0.19 on prints the 32 bytes of BOLT 2 as `chan_id` of a channel, and its place as `scid`; what they are is told by
their form. A kind whose answer is missing, or an error, is left alone.

Facts of lnrpc/lightning.proto, rpcserver.go, cmd/commands and aliasmgr.go of LND.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from gitbtc.errors import CannotWork
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.asking import Call, CommandLine, Inconsistent, NodeQuestions, NotAnswered
from gitbtc.sources.lightning import (
    MAX_MSAT,
    Held,
    LightningAnswer,
    Output,
    Remembered,
    alias,
    channel_id,
    completed,
    counted,
    outpoint_of,
    peer,
    reserved,
    script,
)
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.spends import CHAIN, CHANNELS, COINS, EXECUTION, PEERS, PENDING, ROUTING

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record
    from gitbtc.sources.asking import Asker

SOURCE = AGENT = "lnd"
LNCLI = CommandLine(
    "lncli", "lnd", numbered=frozenset(["getchaninfo", "getnode"]),
    spelled={"getnode": "getnodeinfo --pub_key", "getnodeinfo": "getnodeinfo --include_channels --pub_key",
             "listleases": "wallet listleases"},
)  # fmt: skip
NETWORKS = {
    "mainnet": "main", "testnet": "test", "testnet4": "testnet4", "signet": "signet", "regtest": "regtest",
}  # fmt: skip
_MAX_U64 = 2**64 - 1
_INT32 = 2**31
_SECONDS_OF_BLOCK = 600  # what a lease's end in seconds is turned into blocks by
_BOLT2 = re.compile(r"[0-9a-f]{64}\Z")
_NO_ALIAS = "unable to lookup peer alias"  # an error's text, in the place of the alias
_STATES = (
    ("pending_open_channels", "opening"),
    ("pending_closing_channels", "closing"),
    ("waiting_close_channels", "waiting_close"),
    ("pending_force_closing_channels", "force_closing"),
)


def read_from(asker: Asker, known: Remembered) -> SourceSnapshot:
    """The snapshot of what `asker` answers at one moment; `known` is what is known here. Raises BadAnswer, Inconsistent
    where a block came in between, and what the asker raises.
    """
    answers = _Answers(asker, known)
    snapshot = answers.snapshot()
    if asker.live and answers.questions.required("getinfo").members.get("block_hash") != answers.chain["block_hash"]:
        raise Inconsistent("getinfo: block_hash has changed")
    return snapshot


class _Answers:
    """The answers of one read."""

    def __init__(self, asker: Asker, known: Remembered) -> None:
        self.questions = NodeQuestions(asker, LightningAnswer)
        self._known = known
        self._info = self.questions.required("getinfo")
        self._own = self._info.pubkey("identity_pubkey")
        self.chain = self._chain()
        self._notices = self.questions.notices
        self._complete_routing: tuple[str, ...] = ()
        self._listed = self.questions.optional("listchannels")
        self._open = [] if self._listed is None else [_Channel(one) for one in self._listed.children("channels")]

    def _chain(self) -> Record:
        info = self._info
        if not info.flag("synced_to_chain"):
            raise CannotWork("lnd has not caught up with the chain (synced_to_chain is false); wait")
        if "synced_to_graph" in info and not info.flag("synced_to_graph"):
            self.questions.notices.append("lnd has not caught up with the graph: aliases and policies may be old")
        chains = info.children("chains")
        network = chains[0].text("network") if chains else ""
        if network not in NETWORKS:
            raise BadAnswer(f"{info.where}: chains: {network!r} is not a network that gitbtc knows")
        return {
            "network": NETWORKS[network],
            "block_height": info.number("block_height"),
            "block_hash": info.hash("block_hash"),
            "block_time": info.number("best_header_timestamp", 2**32 - 1),
        }

    def snapshot(self) -> SourceSnapshot:
        records: dict[str, Any] = {CHAIN: self.chain}
        pending, ended = self._pending()
        if self._listed is not None:
            named = [one for one in self._open if one.id]
            records[CHANNELS] = [one.record() for one in named]
            if pending is not None:
                records[PENDING] = [*pending, *(one.without_id() for one in self._open if not one.id)]
            self._add_routing(records, named)
        self._add_peers(records)
        self._add_coins(records)
        closed = self._closed()
        known_ends = closed is not None and pending is not None
        if not known_ends:
            self._notices.append("which channels were closed is not told; what is not listed any more stays here")
        listed = {one.funding for one in self._open}  # what one funds that is listed under another id by now has ended
        return SourceSnapshot(
            SOURCE, self.chain["network"], records, notices=tuple(self._notices),
            complete=completed(records, PENDING, COINS, *self._complete_routing), wallet=self._own,
            ended={CHANNELS: ("funding_outpoint", frozenset(ended | listed | (closed or set())))} if known_ends else {},
            unlisted={PEERS: {"connected": False}} if PEERS in records else {},
        )  # fmt: skip

    # -- channels --------------------------------------------------------------------------------------------------

    def _pending(self) -> tuple[list[Record] | None, set[str]]:
        """The channels that open or close, and what funds those that close."""
        answer = self.questions.optional("pendingchannels")
        if answer is None:
            return None, set()
        found = [(state, row) for name, state in _STATES for row in answer.children(name)]
        records = [_pending(state, row) for state, row in found]
        return records, {one["funding_outpoint"] for one in records if one["state"] != "opening"}

    def _closed(self) -> set[str] | None:
        answer = self.questions.optional("closedchannels")
        return None if answer is None else {row.outpoint("channel_point") for row in answer.children("channels")}

    # -- routing ---------------------------------------------------------------------------------------------------

    def _add_routing(self, records: dict[str, Any], channels: list[_Channel]) -> None:
        """The own side's policy of each channel. The graph that getnodeinfo shows has no private ones."""
        edges = self._edges(channels)
        if edges is None:
            return
        inbound = self._inbound()
        policies, without, odd = [], [], []
        for one in channels:
            policy = _own_policy(edges[one.funding], self._own) if one.funding in edges else None
            if policy is None:
                without.append(one.id)
                continue
            try:
                policies.append({"channel_id": one.id, **_routing(policy), **inbound.get(one.funding, {})})
            except BadAnswer as error:
                odd.append(one.id)
                self._notices.append(f"{error}; the policy of {one.id} is left out")
        if without:
            self._notices.append(f"no policy is announced yet for {', '.join(map(str, without))}")
        records[ROUTING] = policies
        self._complete_routing = () if odd or without else (ROUTING,)

    def _edges(self, channels: list[_Channel]) -> dict[str, LightningAnswer] | None:
        """channel_point -> the channel as the graph has it; None where it is not told. A node without a public channel
        is in no graph.
        """
        (node,) = self.questions.each([Call("getnodeinfo", (self._own,))])
        if isinstance(node, NotAnswered):
            self._notices.append(f"no policies are told: {node}")
            return None
        public = node.children("channels") if isinstance(node, LightningAnswer) else []
        edges = {edge.outpoint("chan_point"): edge for edge in public}
        private = [one for one in channels if one.funding not in edges]
        calls = [Call("getchaninfo", (str(one.asked),)) for one in private]
        for one, answer in zip(private, self.questions.each(calls), strict=True):
            if isinstance(answer, LightningAnswer):
                edges[one.funding] = answer
            elif isinstance(answer, NotAnswered):
                self._notices.append(str(answer))
        return edges

    def _inbound(self) -> dict[str, Record]:
        """channel_point -> what feereport says of payments that come in; nothing of a release before 0.18."""
        answer = self.questions.optional("feereport")
        found: dict[str, Record] = {}
        for row in answer.children("channel_fees") if answer else ():
            if "inbound_base_fee_msat" in row or "inbound_fee_per_mil" in row:
                found[row.outpoint("channel_point")] = {
                    "inbound_base_fee_msat": _signed(row, "inbound_base_fee_msat"),
                    "inbound_fee_rate_ppm": _signed(row, "inbound_fee_per_mil"),
                }
        return found

    # -- peers -----------------------------------------------------------------------------------------------------

    def _add_peers(self, records: dict[str, Any]) -> None:
        answer = self.questions.optional("listpeers")
        if answer is None:
            return
        rows = answer.children("peers")
        told = {one.peer: one.alias for one in self._open if one.alias}
        asked = [row.pubkey("pub_key") for row in rows if row.pubkey("pub_key") not in told or row.flag("inbound")]
        nodes = {
            key: node.child("node")
            for key, node in zip(asked, self.questions.each(Call("getnode", (key,)) for key in asked), strict=True)
            if isinstance(node, LightningAnswer) and "node" in node
        }
        found = [self._peer(row, told, nodes) for row in rows]
        records[PEERS] = [record for record in found if record is not None]
        if None in found:
            count = counted(found.count(None), "peer that connected", "peers that connected")
            self._notices.append(f"{count} to this node, and announced no address, left out")

    def _peer(self, row: LightningAnswer, told: dict[str, str], nodes: dict[str, LightningAnswer]) -> Record | None:
        """An inbound peer's address is the port that it happened to call from: what it announces counts."""
        key = row.pubkey("pub_key")
        node = nodes.get(key)
        announced = [one.text("addr") for one in node.children("addresses")] if node else []
        address = (announced[0] if announced else "") if row.flag("inbound") else row.text("address")
        name = told.get(key) or (alias(node.text_or_empty("alias")) if node else None)
        return peer(key, name, address, self._known.peers, connected=True)

    # -- the wallet ------------------------------------------------------------------------------------------------

    def _add_coins(self, records: dict[str, Any]) -> None:
        """The coins, and of those that are leased, which listunspent leaves out, the reservations too."""
        answer = self.questions.optional("listunspent")
        leases = self.questions.optional_list("listleases")
        if answer is None or leases is None:
            return
        outputs = [self._output(row) for row in answer.children("utxos")]
        held = [self._held(row) for row in leases]
        leased = [self._leased(row) for row in leases]
        unknown = [one.outpoint for one, row in zip(held, leased, strict=True) if row is None]
        if unknown:
            self._notices.append(f"what is leased is not told by this release of lnd: {', '.join(unknown)}")
        found = {one.outpoint: one for one in (*leased, *outputs) if one is not None}
        records[COINS] = [one.record(self.chain["network"]) for one in found.values()]
        records[COINS] += [
            dict(self._known.coins[outpoint]) for outpoint in map(outpoint_of, unknown) if outpoint in self._known.coins
        ]
        free = [one.outpoint for one in outputs]
        events = reserved(AGENT, held, free, self._known, self.chain["block_height"], self.chain["block_time"])
        if events:
            records[EXECUTION] = events

    def _output(self, row: LightningAnswer) -> Output:
        confirmations = row.number("confirmations", 2**32)
        height = self.chain["block_height"] - confirmations + 1 if confirmations else None
        return Output(_outpoint(row), row.number("amount_sat"), script(row.text("pk_script"), row.where), height,
                      row.text_or_empty("address"))  # fmt: skip

    def _leased(self, row: LightningAnswer) -> Output | None:
        """A leased output; None where an old release tells neither its amount nor its script."""
        if "value" not in row or "pk_script" not in row:
            return None
        place = _outpoint(row)
        height = self._known.coins.get(outpoint_of(place), {}).get("block_height")
        return Output(place, row.number("value"), _decoded(row.text("pk_script"), row.where), height)

    def _held(self, row: LightningAnswer) -> Held:
        left = max(0, row.number("expiration", _MAX_U64) - self.chain["block_time"])
        until = self.chain["block_height"] + min(-(-left // _SECONDS_OF_BLOCK), 2**31)
        lease = row.text_or_empty("id")[:16]
        return Held(_outpoint(row), until, f"leased in lnd ({lease})" if lease else "leased in lnd", is_exact=False)


class _Channel:
    """One row of listchannels."""

    def __init__(self, row: LightningAnswer) -> None:
        self._row = row
        self.peer = row.pubkey("remote_pubkey")
        said = row.text_or_empty("peer_alias")
        self.alias = None if said.startswith(_NO_ALIAS) else alias(said)
        self.funding = row.outpoint("channel_point")
        self.asked = self._scid()
        confirmed = row.number("zero_conf_confirmed_scid", _MAX_U64) if "zero_conf_confirmed_scid" in row else 0
        self.id = channel_id(confirmed if row.flag("zero_conf") and confirmed else self.asked)

    def _scid(self) -> int:
        """The 64 bits by which the graph knows the channel; an alias where it is in no block, or private."""
        for name in ("chan_id", "scid"):
            if name in self._row and not _BOLT2.match(str(self._row.members[name])):
                return self._row.number(name, _MAX_U64)
        return 0

    def record(self) -> Record:
        row = self._row
        reserves = {f"{side}_reserve_sat": self._reserve(side) for side in ("local", "remote")}
        return {
            "channel_id": self.id, "peer_pubkey": self.peer, "peer_alias": self.alias, **self._amounts(),
            **reserves, "is_active": row.flag("active"), "is_public": not row.flag("private"),
            "unsettled_balance_sat": row.number("unsettled_balance"),
            "htlc_count": len(row.children("pending_htlcs")), "funding_outpoint": self.funding,
        }  # fmt: skip

    def _reserve(self, side: str) -> int:
        """What that side must keep; older releases have it beside the constraints."""
        constraints = self._row.some(f"{side}_constraints")
        if constraints is not None:
            return constraints.number("chan_reserve_sat")
        return self._row.number(f"{side}_chan_reserve_sat")

    def without_id(self) -> Record:
        """One that is open, under an alias alone: no block holds its funding yet."""
        return {"peer_pubkey": self.peer, "state": "opening", "funding_outpoint": self.funding, **self._amounts(),
                "limbo_balance_sat": 0}  # fmt: skip

    def _amounts(self) -> Record:
        return {f"{name}_sat": self._row.number(name) for name in ("capacity", "local_balance", "remote_balance")}


def _pending(state: str, row: LightningAnswer) -> Record:
    channel = row.child("channel")
    record = {
        "funding_outpoint": channel.outpoint("channel_point"), "peer_pubkey": channel.pubkey("remote_node_pub"),
        "state": state, "capacity_sat": channel.number("capacity"),
        "local_balance_sat": channel.number("local_balance"), "remote_balance_sat": channel.number("remote_balance"),
        "limbo_balance_sat": row.number("limbo_balance") if "limbo_balance" in row else 0,
    }  # fmt: skip
    if row.text_or_empty("closing_txid"):
        record["closing_txid"] = row.hash("closing_txid")
    height = row.number("maturity_height", _MAX_U64) if "maturity_height" in row else 0
    return record | ({"maturity_height": height} if height else {})


def _own_policy(edge: LightningAnswer, own: str) -> LightningAnswer | None:
    for side in ("node1", "node2"):
        if edge.text_or_empty(f"{side}_pub") == own:
            return edge.some(f"{side}_policy")
    return None


def _routing(policy: LightningAnswer) -> Record:
    return {
        "base_fee_msat": policy.number("fee_base_msat", MAX_MSAT),
        "fee_rate_ppm": policy.number("fee_rate_milli_msat", MAX_MSAT),
        "time_lock_delta": policy.number("time_lock_delta", 2**32),
        "min_htlc_msat": policy.number("min_htlc", MAX_MSAT),
        "max_htlc_msat": policy.number("max_htlc_msat", MAX_MSAT),
    }


def _signed(row: LightningAnswer, name: str) -> int:
    return row.number(name, _INT32 - 1, -_INT32) if name in row else 0


def _outpoint(row: LightningAnswer) -> str:
    """`txid:vout` in what lncli prints, an object over REST."""
    if isinstance(row.members.get("outpoint"), str):
        return row.outpoint("outpoint")
    parts = row.child("outpoint")
    return f"{parts.hash('txid_str')}:{parts.number('output_index', 2**32 - 1) if 'output_index' in parts else 0}"


def _decoded(text: str, where: str) -> bytes:
    """The script of a lease, bytes that both doors write in Base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return script(text, where)
