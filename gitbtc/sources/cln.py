"""Core Lightning: what lightningd answers, or a folder of what `lightning-cli` prints, becomes a snapshot.

| call | gives |
|---|---|
| getinfo | network, height; whose answers they are |
| listpeerchannels | channels, pending, routing |
| listfunds | utxos; reservations of `cln` |
| listpeers, listnodes KEY | peers, aliases |

lightningd tells the height that it has come to, and neither hash nor time of the block: `network/chain.json` is left to
a node that knows them. Amounts are in msat, integers, or texts such as `123msat` before 23. What is on its way is its
sender's still in `to_us_msat`, and a part of its own in a record; each part is rounded down to sat, so that they may be
a little less than the capacity. Fields that nobody asks for may hold 18446744073709551615, which is no limit.

Facts of doc/schemas, lightningd/peer_control.c, wallet/wallet.c and onchaind of Core Lightning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gitbtc.errors import CannotWork, printable
from gitbtc.sources.answers import BadAnswer
from gitbtc.sources.asking import Call, CommandLine, Inconsistent, NodeQuestions
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
    peer,
    reserved,
    script,
)
from gitbtc.sources.snapshot import SourceSnapshot
from gitbtc.spends import CHANNELS, COINS, EXECUTION, PEERS, PENDING, ROUTING

if TYPE_CHECKING:
    from gitbtc.kinds.kind import Record
    from gitbtc.sources.asking import Asker

SOURCE = AGENT = "cln"
LIGHTNING_CLI = CommandLine("lightning-cli", "lightningd", numbered=frozenset(["listnodes"]))
NETWORKS = {"bitcoin": "main", "testnet": "test", "testnet4": "testnet4", "signet": "signet", "regtest": "regtest"}
_OPEN = frozenset(["CHANNELD_NORMAL", "CHANNELD_AWAITING_SPLICE"])
# What a channel's state is called in `pending`; one that is not here opens.
_STATES = {
    "CHANNELD_SHUTTING_DOWN": "closing",
    "CLOSINGD_SIGEXCHANGE": "closing",
    "CLOSINGD_COMPLETE": "waiting_close",
    "AWAITING_UNILATERAL": "waiting_close",
    "FUNDING_SPEND_SEEN": "force_closing",
    "ONCHAIN": "force_closing",
}
_CLOSED = "CLOSED"  # from 25 on, a moment before it is forgotten
_ENDED_IN_AGREEMENT = "CLOSINGD_COMPLETE"
# What onchaind says, in `status`, of a channel of which nothing more comes back than what listfunds has.
_RESOLVED = ("All outputs resolved", "Tracking mutual close", "Tracking their unilateral close")
_MSAT = re.compile(r"([0-9]{1,20})msat\Z")
_SHORT_ID = re.compile(r"([0-9]{1,8})x([0-9]{1,8})x([0-9]{1,5})\Z")
_PORT = 9735
_RESERVED = "reserved in lightningd"


def read_from(asker: Asker, known: Remembered, read_at: int) -> SourceSnapshot:
    """The snapshot of what `asker` answers at one moment, which is read at `read_at` (Unix seconds); `known` is what is
    known here. Raises BadAnswer, Inconsistent where a block came in between, and what the asker raises.
    """
    answers = _Answers(asker, known, read_at)
    snapshot = answers.snapshot()
    if asker.live and answers.questions.required("getinfo").members.get("blockheight") != snapshot.height:
        raise Inconsistent("getinfo: blockheight has changed")
    return snapshot


class ClnAnswer(LightningAnswer):
    """An object of an answer of lightningd's."""

    def msat(self, name: str) -> int:
        """An amount in msat."""
        value = self._present(name)
        found = _MSAT.match(value) if isinstance(value, str) else None
        return type(self)({name: int(found[1]) if found else value}, self.where).number(name, MAX_MSAT)

    def whole_sat(self, name: str) -> int:
        """An amount in msat that is a whole number of satoshi, as what a block holds is."""
        sat, rest = divmod(self.msat(name), 1000)
        return sat if not rest else self._refuse(name, "is no whole number of satoshi")

    def outpoint_of(self, txid: str, vout: str) -> str:
        """The outpoint that two fields name."""
        return f"{self.hash(txid)}:{self.number(vout, 2**32 - 1)}"


class _Answers:
    """The answers of one read."""

    def __init__(self, asker: Asker, known: Remembered, read_at: int) -> None:
        self.questions = NodeQuestions(asker, ClnAnswer)
        self._known = known
        self._read_at = read_at
        self._info = self.questions.required("getinfo")
        self._network = self._ready()
        self._height = self._info.number("blockheight", 2**32)
        self._notices = self.questions.notices
        self._names: dict[str, ClnAnswer | None] = {}

    def _ready(self) -> str:
        for name in ("warning_bitcoind_sync", "warning_lightningd_sync"):
            if name in self._info:
                raise CannotWork(f"lightningd has not caught up: {printable(self._info.text(name))[:200]}; wait")
        network = self._info.text("network")
        if network not in NETWORKS:
            raise BadAnswer(f"{self._info.where}: network: {network!r} is not a network that gitbtc knows")
        return NETWORKS[network]

    def snapshot(self) -> SourceSnapshot:
        records: dict[str, Any] = {}
        listed = self.questions.optional("listpeerchannels")
        whole_routing = True
        if listed is not None:
            shown = [row for row in listed.children("channels") if row.text("state") != _CLOSED]
            places = [(row, _place(row) if row.text("state") in _OPEN else None) for row in shown]
            named = {place: row for row, place in places if place}
            records[CHANNELS] = [self._channel(place, row) for place, row in named.items()]
            records[PENDING] = [_pending(row) for row, place in places if not place]
            records[ROUTING], whole_routing = self._routing(named)
        self._add_peers(records)
        self._add_coins(records)
        kinds = (CHANNELS, PENDING, COINS, *((ROUTING,) if whole_routing else ()))
        return SourceSnapshot(
            SOURCE, self._network, records, notices=tuple(self._notices), complete=completed(records, *kinds),
            wallet=self._info.pubkey("id"), read_at=self._read_at, height=self._height,
            unlisted={PEERS: {"connected": False}} if PEERS in records else {},
        )  # fmt: skip

    # -- channels --------------------------------------------------------------------------------------------------

    def _channel(self, name: str, row: ClnAnswer) -> Record:
        connected = row.flag("peer_connected") and row.members.get("reestablished") is not False
        htlcs = row.children("htlcs")
        node = self._node(row.pubkey("peer_id"))
        return {
            "channel_id": name, "peer_pubkey": row.pubkey("peer_id"),
            "peer_alias": alias(node.text_or_empty("alias")) if node else None, **_amounts(row),
            "is_active": row.text("state") == "CHANNELD_NORMAL" and connected, "is_public": not row.flag("private"),
            "local_reserve_sat": row.msat("our_reserve_msat") // 1000,
            "remote_reserve_sat": row.msat("their_reserve_msat") // 1000,
            "unsettled_balance_sat": sum(one.msat("amount_msat") for one in htlcs) // 1000, "htlc_count": len(htlcs),
            "funding_outpoint": row.outpoint_of("funding_txid", "funding_outnum"),
            **({"bolt2_id": row.hash("channel_id")} if "channel_id" in row else {}),
        }  # fmt: skip

    def _routing(self, channels: dict[str, ClnAnswer]) -> tuple[list[Record], bool]:
        """The policies, and whether they are all that there are."""
        policies: list[Record] = []
        old: list[str] = []
        odd: list[str] = []
        without: list[str] = []
        for name, row in channels.items():
            updates = row.some("updates")
            local = updates.some("local") if updates else None
            if local is None:
                (old if updates is None else without).append(name)
                continue
            try:
                policies.append({"channel_id": name, **_policy(local)})
            except BadAnswer as error:
                odd.append(name)
                self._notices.append(f"{error}; the policy of {name} is left out")
        if old:
            self._notices.append(f"no policy of {', '.join(old)}: a release before 24.02 tells no cltv_expiry_delta")
        if without:
            self._notices.append(f"no policy is announced yet for {', '.join(without)}")
        return policies, not (old or odd or without)

    # -- peers -----------------------------------------------------------------------------------------------------

    def _add_peers(self, records: dict[str, Any]) -> None:
        answer = self.questions.optional("listpeers")
        if answer is None:
            return
        found = [self._peer(row) for row in answer.children("peers")]
        records[PEERS] = [record for record in found if record is not None]
        if None in found:
            count = counted(found.count(None), "peer", "peers")
            self._notices.append(f"{count} without an address, announced or connected to, left out")

    def _peer(self, row: ClnAnswer) -> Record | None:
        """What a peer announces counts before what it is connected by: one that called has another port each time."""
        key = row.pubkey("id")
        node = self._node(key)
        places = row.members.get("netaddr")
        connected_by = str(places[0]) if isinstance(places, list) and places and key not in self._known.peers else ""
        announced = [_address(one) for one in node.children("addresses")] if node else []
        address = next((one for one in announced if one), connected_by)
        name = alias(node.text_or_empty("alias")) if node else None
        return peer(key, name, address, self._known.peers, connected=row.flag("connected"))

    def _node(self, key: str) -> ClnAnswer | None:
        """What the graph says of a node; each is asked for once."""
        if key not in self._names:
            (answer,) = self.questions.each([Call("listnodes", (key,))])
            rows = answer.children("nodes") if isinstance(answer, ClnAnswer) else []
            self._names[key] = rows[0] if rows else None
        return self._names[key]

    # -- the wallet ------------------------------------------------------------------------------------------------

    def _add_coins(self, records: dict[str, Any]) -> None:
        """The outputs; reserved is not spent."""
        answer = self.questions.optional("listfunds")
        if answer is None:
            return
        rows = [row for row in answer.children("outputs") if row.text("status") != "spent"]
        records[COINS] = [_output(row).record(self._network) for row in rows]
        held = [
            Held(row.outpoint_of("txid", "output"), row.number("reserved_to_block", 2**32) - 1, _RESERVED,
                 is_exact=True)
            for row in rows if row.flag("reserved")
        ]  # fmt: skip
        free = [row.outpoint_of("txid", "output") for row in rows if not row.flag("reserved")]
        events = reserved(AGENT, held, free, self._known, self._height, self._read_at)
        if events:
            records[EXECUTION] = events


def _place(row: ClnAnswer) -> str | None:
    """The channel's id. Absent until its funding is deep enough; what `alias` holds names nothing."""
    found = _SHORT_ID.match(row.text_or_empty("short_channel_id"))
    if found is None:
        return None
    block, tx, out = map(int, found.groups())
    return channel_id(block << 40 | tx << 16 | out)


def _amounts(row: ClnAnswer) -> Record:
    """What is ours and what is theirs, each rounded down."""
    total, ours = row.msat("total_msat"), row.msat("to_us_msat")
    if ours > total:
        raise BadAnswer(f"{row.where}: to_us_msat: is more than total_msat")
    unsettled = {"in": 0, "out": 0}
    for one in row.children("htlcs"):
        unsettled[one.text("direction")] = unsettled.get(one.text("direction"), 0) + one.msat("amount_msat")
    return {
        "capacity_sat": row.whole_sat("total_msat"),
        "local_balance_sat": max(0, ours - unsettled["out"]) // 1000,
        "remote_balance_sat": max(0, total - ours - unsettled["in"]) // 1000,
    }


def _pending(row: ClnAnswer) -> Record:
    state = _STATES.get(row.text("state"), "opening")
    mutual = any(one.text_or_empty("new_state") == _ENDED_IN_AGREEMENT for one in row.children("state_changes"))
    if state == "force_closing" and mutual:
        state = "closing"
    amounts = _amounts(row)
    record = {
        "funding_outpoint": row.outpoint_of("funding_txid", "funding_outnum"), "peer_pubkey": row.pubkey("peer_id"),
        "state": state, **amounts, "limbo_balance_sat": 0 if _is_back(row, state) else amounts["local_balance_sat"],
    }  # fmt: skip
    if row.text("state") == _ENDED_IN_AGREEMENT and "scratch_txid" in row:
        record["closing_txid"] = row.hash("scratch_txid")
    return record


def _is_back(row: ClnAnswer, state: str) -> bool:
    """Whether nothing more is to come back: what was ours is a coin of the wallet by now, or never left it."""
    if state == "opening":
        return True
    said = row.members.get("status")
    lines = [str(line) for line in said] if isinstance(said, list) else []
    return row.text("state") == "ONCHAIN" and any(words in line for line in lines for words in _RESOLVED)


def _policy(local: LightningAnswer) -> Record:
    known = ClnAnswer(local.members, local.where)
    return {
        "base_fee_msat": known.msat("fee_base_msat"),
        "fee_rate_ppm": known.number("fee_proportional_millionths", 2**32),
        "time_lock_delta": known.number("cltv_expiry_delta", 2**16),
        "min_htlc_msat": known.msat("htlc_minimum_msat"),
        "max_htlc_msat": known.msat("htlc_maximum_msat"),
    }


def _output(row: ClnAnswer) -> Output:
    status = row.text("status")
    return Output(
        row.outpoint_of("txid", "output"), row.whole_sat("amount_msat"), script(row.text("scriptpubkey"), row.where),
        row.number("blockheight", 2**32) if status != "unconfirmed" and "blockheight" in row else None,
        row.text_or_empty("address"), coinbase=status == "immature",
    )  # fmt: skip


def _address(announced: ClnAnswer) -> str:
    """An announced address as host and port; "" for one by name alone, or of a kind that has none."""
    if "address" not in announced:
        return ""
    host = announced.text("address")
    port = announced.number("port", 65_535) if "port" in announced else _PORT
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
