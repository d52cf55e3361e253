"""A made-up wallet on a made-up chain, for the sources that know no wallet."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from embit.bip32 import HDKey
from embit.descriptor import Descriptor
from embit.networks import NETWORKS

from gitbtc.kinds.formats import descriptor_checksum, spelled_descriptor
from gitbtc.sources.answers import Answer
from gitbtc.sources.core_descriptors import descriptor_record
from tests.sources.chains import ChainTx, Electrum, Esplora, MadeChain, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitbtc.sources.asking import Call

BTC = 100_000_000
STRANGER = b"\0\x14" + b"\x77" * 20
KEY = HDKey.from_seed(b"a seed of nobody's, for tests alone").derive("m/84h/1h/0h").to_public()
TPUB = KEY.to_base58(NETWORKS["test"]["xpub"])
TWO_PATHS = f"wpkh([d34db33f/84h/1h/0h]{TPUB}/<0;1>/*)"
LEGACY = f"pkh({TPUB}/7/*)"
TAPROOT = f"tr({TPUB}/8/*)"


def record(text: str, gap: int = 20, **more: Any) -> dict[str, Any]:
    """The descriptor record of a text without checksum."""
    ranged = {"range": [0, gap - 1]} if "*" in text else {}
    told = {"desc": spelled_descriptor(f"{text}#{descriptor_checksum(text)}"), **ranged}
    return {**descriptor_record(Answer(told, "made")), **more}


@cache
def script(text: str, index: int, branch: int = 0) -> bytes:
    """The script of a descriptor, as embit derives it."""
    return bytes(Descriptor.from_string(text).derive(index, branch_index=branch).script_pubkey().data)


@dataclass
class World:
    """Received 1 BTC, spent 0.3 of it with change, 0.2 BTC to a legacy script, 0.05 BTC that wait in the mempool."""

    chain: MadeChain = field(default_factory=MadeChain)

    def __post_init__(self) -> None:
        chain = self.chain
        self.fund = chain.coinbase(STRANGER, 50 * BTC)
        chain.mine(self.fund)
        self.received = chain.pay([(self.fund, 0)], [(script(TWO_PATHS, 0), BTC), (STRANGER, 48 * BTC)])
        chain.mine(self.received)
        self.spent = chain.pay([(self.received, 0)], [(STRANGER, 30_000_000), (script(TWO_PATHS, 0, 1), 69_990_000)])
        self.legacy = chain.pay([(self.received, 1)], [(script(LEGACY, 3), 20_000_000), (STRANGER, 47 * BTC)])
        chain.mine(self.spent, self.legacy)
        self.waiting = chain.pay([(self.legacy, 1)], [(script(TAPROOT, 0), 5_000_000), (STRANGER, 46 * BTC)])

    @property
    def descriptors(self) -> list[dict[str, Any]]:
        return [record(TWO_PATHS), record(LEGACY), record(TAPROOT)]

    @property
    def coins(self) -> dict[tuple[str, int], int]:
        """What the wallet has."""
        return {(self.spent.txid, 1): 69_990_000, (self.legacy.txid, 0): 20_000_000, (self.waiting.txid, 0): 5_000_000}


def coins(snapshot: Any) -> dict[tuple[str, int], int]:
    """The coins of a snapshot."""
    return {(one["txid"], one["vout"]): one["amount_sat"] for one in snapshot.records["utxos"]}


def transaction(snapshot: Any, one: ChainTx) -> dict[str, Any]:
    """The record of a transaction."""
    return next(dict(told) for told in snapshot.records["transactions"] if told["txid"] == one.txid)


class Direct:
    """An asker that is told the answers of a made-up server without any network. `before` is called with each call."""

    live = True

    def __init__(self, answers: Esplora | Electrum) -> None:
        self.answers = answers
        self.log: list[str] = []
        self.before: Any = lambda _: None

    def where(self, call: Call) -> str:
        return f"made: {call.method}"

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        return [self._answer(call) for call in calls]

    def _answer(self, call: Call) -> Any:
        from gitbtc.sources.answers import decoded
        from gitbtc.sources.asking import NodeError
        from gitbtc.sources.electrum import NUMBERS
        from gitbtc.sources.esplora import PATHS, TEXTS
        from tests.sources.scripted_node import as_json

        self.log.append(call.method)
        self.before(call)
        if call.method == "server":
            return {"host": "server.test"}
        if isinstance(self.answers, Esplora):
            status, said = self.answers.answer(PATHS[call.method].format(*call.params))
            if status != 200:
                return NodeError(self.where(call), status, str(said))
            return said if call.method in TEXTS else decoded(as_json(said).decode(), "made")
        try:
            params = [int(one) if call.method in NUMBERS else one for one in call.params]
            return decoded(as_json(self.answers.result(call.method, params)).decode(), "made")
        except Refused as error:
            return NodeError(self.where(call), error.code, str(error))
