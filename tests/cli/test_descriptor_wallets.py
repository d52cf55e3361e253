"""Wallets without a node of their own as a person reads them: import, record, sync, drift, watch, doctor."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from embit.bip32 import HDKey
from embit.networks import NETWORKS

from gitbtc.sources.recorded import Recorded
from tests.prepared import once
from tests.sources import scripted_node, scripted_servers
from tests.sources.chains import Electrum, Esplora
from tests.sources.scripted_node import ScriptedNode
from tests.sources.scripted_servers import ElectrumServer, EsploraServer
from tests.sources.worlds import LEGACY, TAPROOT, TWO_PATHS, World, script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Repo, Sandbox

pytest.importorskip("bdkpython")
pytestmark = pytest.mark.one_interpreter

PRECISE = {"fastestFee": 2.004, "hourFee": 1.1, "economyFee": 0.2}
PRICES = {"time": 1_700_001_234, "USD": 64_123}
_HISTORIES = "blockchain.scripthash.get_history.jsonl"
NAMED = [word for text in (TWO_PATHS, LEGACY, TAPROOT) for word in ("--descriptor", text)]


@once
def _begun(repo: Repo) -> None:
    repo.gitbtc("init")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "begin")


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    repo = sandbox.repo()
    _begun(repo)
    return repo


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def esplora(world: World) -> Iterator[EsploraServer]:
    with EsploraServer(Esplora(world.chain, fees=PRECISE, prices=PRICES), base="/api") as running:
        yield running


@pytest.fixture
def electrum(world: World, tmp_path: Path) -> Iterator[ElectrumServer]:
    (tmp_path / "tls").mkdir()
    with ElectrumServer(Electrum(world.chain), tls=tmp_path / "tls") as running:
        yield running


def held(repo: Repo, name: str = "wallet/utxos.json") -> list[dict[str, Any]]:
    return list(json.loads(repo.read(name)))


def coins(repo: Repo) -> dict[tuple[str, int], int]:
    return {(one["txid"], one["vout"]): one["amount_sat"] for one in held(repo)}


def test_an_import_is_what_the_server_shows_and_the_same_again_changes_nothing(
    repo: Repo, world: World, esplora: EsploraServer
) -> None:
    done = repo.gitbtc("import", "esplora", "--url", esplora.url, *NAMED)
    assert done.stdout.startswith("esplora: regtest at block 3, into ")
    assert "wallet/utxos.json         3 coins added" in done.stdout
    assert done.stderr == ""
    assert coins(repo) == world.coins
    assert held(repo, "oracles/prices.json")[0]["source"] == "127.0.0.1"
    repo.commit("what the server shows")
    repo.gitbtc("check")
    repo.gitbtc("import", "esplora", "--url", esplora.url)  # the descriptors are the root's now
    assert repo.git("status", "--porcelain") == ""
    by_id = {one["id"]: one for one in held(repo, "wallet/descriptors.json")}
    assert sorted(one["next_index"] for one in by_id.values()) == [1, 1, 4]


def test_electrum_over_tls_tells_the_same_coins(repo: Repo, world: World, electrum: ElectrumServer) -> None:
    repo.gitbtc("import", "electrum", "--url", electrum.url, "--cert", electrum.certificate, *NAMED)
    assert coins(repo) == world.coins
    repo.commit("what the server shows")
    repo.gitbtc("check")
    document = repo.gitbtc("import", "electrum", "--url", electrum.url, "--cert", electrum.certificate, "--json").stdout
    assert json.loads(document)["gitbtc.import/v1"]["chain"]["block_height"] == 3
    assert repo.git("status", "--porcelain") == ""


@pytest.mark.parametrize("program", ["esplora", "electrum"])
def test_a_recording_reads_as_the_server_does(
    repo: Repo, esplora: EsploraServer, electrum: ElectrumServer, program: str
) -> None:
    reach = {"esplora": ["--url", esplora.url], "electrum": ["--url", electrum.url, "--cert", electrum.certificate]}
    folder = repo.path.parent / "recorded"
    repo.gitbtc("record", program, str(folder), *reach[program], *NAMED)
    again = repo.gitbtc("record", program, str(folder), *reach[program], *NAMED, ok=(2,))
    assert "is there already; name a new folder" in again.stderr
    repo.gitbtc("import", program, "--from", str(folder), *NAMED)
    repo.commit("from the folder")
    repo.gitbtc("import", program, *reach[program])
    assert repo.git("status", "--porcelain") == ""
    [histories] = [path for path in folder.iterdir() if path.name in ("address-txs.jsonl", _HISTORIES)]
    histories.write_text(histories.read_text().split("\n", 1)[1])
    refused = repo.gitbtc("import", program, "--from", str(folder), ok=(3,))
    assert f"lacks an answer; record it with `gitbtc record {program} DIR`" in refused.stderr
    assert repo.git("status", "--porcelain") == ""


def faults(world: World) -> list[tuple[str, Any, str]]:
    del world
    node, line = scripted_node, scripted_servers
    return [
        ("esplora", node.status(429, b"<html>"), "asked too much (HTTP 429)"),
        ("esplora", node.status(200, b"<html>Log in</html>"), "does not answer as an Esplora server does"),
        ("esplora", node.status(401), "asks for a login (HTTP 401)"),
        ("esplora", node.cut_after(3), "the connection broke off"),
        ("esplora", node.status(200, b"ab" * 32), "of no network that gitbtc knows"),
        ("electrum", line.cut_after(7), "the connection broke off"),
        ("electrum", line.says(b"<html>\n"), "does not answer as an Electrum server does"),
    ]


@pytest.mark.parametrize("place", range(7))
def test_a_server_that_fails_is_one_line_and_changes_nothing(
    repo: Repo, world: World, esplora: EsploraServer, electrum: ElectrumServer, place: int
) -> None:
    program, fault, words = faults(world)[place]
    reach = {"esplora": ["--url", esplora.url], "electrum": ["--url", electrum.url, "--cert", electrum.certificate]}
    server: Any = esplora if program == "esplora" else electrum
    server.faults = [fault]
    done = repo.gitbtc("import", program, *reach[program], *NAMED, ok=(3,))
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert repo.git("status", "--porcelain") == ""
    assert not repo.git("for-each-ref", "refs/gitbtc")


@pytest.mark.parametrize(("words", "said"), [
    (["esplora", "--url", "http://explorer.test"], "would show every address of the wallet to the network; use https"),
    (["electrum", "--url", "tcp://explorer.test:50001"], "use ssl, a tunnel"),
    (["esplora", "--url", "https://ann:secret@explorer.test"], "holds a user or password"),
    (["electrum", "--url", "https://explorer.test"], "the url must be tcp://HOST:PORT or ssl://HOST:PORT"),
    (["electrum", "--url", "ssl://explorer.test/api"], "the url must be"),
    (["esplora", "--url", "https://explorer.test", "--cert", "tls.cert"], "named by its whole path"),
    (["esplora"], "name either a node (--url) or a folder"),
    (["esplora", "--url", "http://127.0.0.1:1", "--descriptor", "wpkh(nobody)"], "names no public key"),
])  # fmt: skip
def test_what_is_not_meant_so_is_refused_before_anybody_is_asked(repo: Repo, words: list[str], said: str) -> None:
    done = repo.gitbtc("import", *words, ok=(2,))
    assert said in done.stderr
    assert "secret" not in done.stderr


def test_without_descriptors_there_is_nothing_to_look_for(repo: Repo, esplora: EsploraServer) -> None:
    done = repo.gitbtc("import", "esplora", "--url", esplora.url, ok=(3,))
    assert "has no descriptor to look for; name one, without private keys: --descriptor" in done.stderr
    assert esplora.log == []


def test_a_private_key_in_a_descriptor_is_refused_and_not_shown(repo: Repo, esplora: EsploraServer) -> None:
    key = HDKey.from_seed(b"a seed of nobody's, for tests alone").to_base58(NETWORKS["test"]["xprv"])
    done = repo.gitbtc("import", "esplora", "--url", esplora.url, "--descriptor", f"wpkh({key}/0/*)", ok=(2,))
    assert key[4:20] not in done.stderr
    assert esplora.log == []


# -- as sources of the repository --------------------------------------------------------------------------------------


def configure(repo: Repo, *tables: str) -> None:
    repo.write(".gitbtc/sources.toml", "\n".join(tables))
    repo.commit("configure")


def of_esplora(server: EsploraServer) -> str:
    return f'[explorer]\nkind = "esplora"\nurl = "{server.url}"\n'


def of_electrum(server: ElectrumServer) -> str:
    return f'[electrs]\nkind = "electrum"\nurl = "{server.url}"\ncert = "{server.certificate}"\n'


@pytest.fixture
def known(repo: Repo, esplora: EsploraServer) -> Repo:
    """A repository that has the wallet already."""
    repo.gitbtc("import", "esplora", "--url", esplora.url, "--as", "explorer", *NAMED)
    repo.commit("begin")
    return repo


def test_two_servers_follow_one_wallet(
    known: Repo, world: World, esplora: EsploraServer, electrum: ElectrumServer
) -> None:
    configure(known, of_esplora(esplora), of_electrum(electrum))
    world.chain.mine(world.waiting)
    done = known.gitbtc("sync", "--commit")
    assert "explorer: block 4, committed: wallet/utxos.json" in done.stdout
    assert "electrs: block 4, committed: oracles/fees.json" in done.stdout
    assert known.gitbtc("drift", "explorer").stdout.splitlines()[1:] == ["nothing has drifted"]
    assert known.gitbtc("drift", "electrs").stdout.splitlines()[1:] == ["nothing has drifted"]
    world.chain.pay([(world.spent, 1)], [(script(TWO_PATHS, 1, 1), 69_000_000)])
    assert "69000000" in known.gitbtc("drift", "electrs", "--json", ok=(1,)).stdout
    esplora.faults = [scripted_node.status(429)]
    assert "HTTP 429" in known.gitbtc("drift", "explorer", ok=(3,)).stderr
    assert known.git("status", "--porcelain") == ""


def test_watch_follows_a_server(known: Repo, world: World, esplora: EsploraServer) -> None:
    configure(known, of_esplora(esplora))
    world.chain.mine(world.waiting)
    done = known.gitbtc("watch", "--rounds", "1")
    assert "explorer: block 4, committed" in done.stdout
    assert known.git("log", "-1", "--format=%s").strip() == "Sync explorer at block 4"


def test_another_wallet_is_another_source(known: Repo, esplora: EsploraServer) -> None:
    known.git("rm", "-q", "wallet/descriptors.json")
    done = known.gitbtc("import", "esplora", "--url", esplora.url, "--as", "explorer", "--descriptor",
                        TWO_PATHS.replace("d34db33f", "00000000"), ok=(3,))  # fmt: skip
    assert "explorer: these answers are of another wallet" in done.stderr


def test_what_people_wrote_stays(known: Repo, world: World, esplora: EsploraServer) -> None:
    known.gitbtc("label", f"{world.spent.txid}:1", "rent")
    known.commit("name a coin")
    world.chain.mine(world.waiting)
    known.gitbtc("import", "esplora", "--url", esplora.url, "--as", "explorer")
    assert {one["label"] for one in held(known)} == {None, "rent"}


def test_doctor_says_what_is_missing_to_ask(known: Repo, esplora: EsploraServer) -> None:
    configure(known, of_esplora(esplora) + 'auth = "env:NOT_SET_HERE"\n')
    assert "the environment variable NOT_SET_HERE is not set" in known.gitbtc("doctor", ok=(1,)).stdout
    configure(known, of_esplora(esplora) + 'cert = "/nowhere/tls.cert"\n')
    assert "no certificate at /nowhere/tls.cert" in known.gitbtc("doctor", ok=(1,)).stdout


# -- a node without a wallet -------------------------------------------------------------------------------------------


@pytest.fixture
def node(tmp_path: Path, world: World) -> Iterator[ScriptedNode]:
    """A node that has the world's confirmed coins."""
    (tmp_path / "none").mkdir()
    with ScriptedNode(Recorded(tmp_path / "none"), tmp_path / "cookie") as running:
        running.overrides |= {
            "getblockchaininfo": {"chain": "regtest", "blocks": 3, "headers": 3, "bestblockhash": "ab" * 32},
            "getbestblockhash": "ab" * 32,
            "getblockheader": {"time": 1_700_001_800},
            "scantxoutset": {
                "success": True, "height": 3, "bestblock": "ab" * 32, "total_amount": Decimal("0.2"),
                "unspents": [{
                    "txid": world.legacy.txid, "vout": 0, "scriptPubKey": script(LEGACY, 3).hex(), "height": 3,
                    "desc": "pkh([00000000/7/3]02…)#abcdefgh", "amount": Decimal("0.2"), "coinbase": False,
                }],
            },
        }  # fmt: skip
        yield running


def test_a_scan_needs_no_wallet_and_is_a_source_like_any(repo: Repo, world: World, node: ScriptedNode) -> None:
    reach = ["--url", node.url, "--cookie", str(node.cookie)]
    done = repo.gitbtc("import", "scan", *reach, "--descriptor", LEGACY)
    assert "wallet/utxos.json         1 coin added" in done.stdout
    assert "note: a scan knows coins that a block holds, and nothing else" in done.stderr
    assert coins(repo) == {(world.legacy.txid, 0): 20_000_000}
    repo.commit("what the node has")
    repo.gitbtc("check")
    folder = repo.path.parent / "scanned"
    repo.gitbtc("record", "scan", str(folder), *reach)
    again = repo.gitbtc("import", "scan", "--from", str(folder))
    assert "a scan knows" not in again.stderr  # which is said once
    assert repo.git("status", "--porcelain") == ""
    configure(repo, f'[coins]\nkind = "scan"\nurl = "{node.url}"\ncookie = "{node.cookie}"\n')
    node.overrides["scantxoutset"] |= {"unspents": [], "total_amount": Decimal(0)}
    assert "block 3, unchanged" in repo.gitbtc("sync", "coins").stdout  # another source, which told of no coin before
    repo.gitbtc("import", "scan", *reach)
    assert coins(repo) == {}
    repo.commit("spent, by whatever")
    node.faults = [scripted_node.status(503, b"Request rejected during server shutdown")]
    assert "the node is shutting down" in repo.gitbtc("import", "scan", *reach, ok=(3,)).stderr
    assert repo.git("status", "--porcelain") == ""
