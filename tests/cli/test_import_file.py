"""`gitbtc import FILE`: what wallets export, recognised by what it looks like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitbtc.kinds.formats import descriptor_checksum
from tests.made_state import ADDRESS, FUNDING, coin, coins, put, spend, transactions

if TYPE_CHECKING:
    from tests.conftest import Repo

pytestmark = pytest.mark.one_interpreter

PAY = spend("pay", coin(1), fee=1500)
SPARROW = "Date (UTC),Label,Value,Balance,Fee,Txid\n"
ELECTRUM = (
    "oc_transaction_hash,ln_payment_hash,label,confirmations,amount_chain_bc,amount_lightning_bc,fiat_value,"
    "network_fee_bc,fiat_fee,timestamp\n"
)
SPECTER = "Date,Label,Category,Amount (BTC),Value (USD),Rate (BTC/USD),TxID,Address,Block Height,Timestamp\n"


@pytest.fixture
def wallet(treasury: Repo) -> Repo:
    coins(treasury, coin(0))
    transactions(treasury, {**PAY, "fee_sat": None})
    return treasury


def bring(repo: Repo, content: str, *more: str, name: str = "export.csv", ok: tuple[int, ...] = (0,)) -> str:
    place = repo.path.parent / name
    place.write_text(content, "utf-8")
    done = repo.gitbtc("import", str(place), *more, ok=ok)
    return done.stdout + done.stderr


def labels_of(repo: Repo) -> dict[str, str]:
    return {(one := json.loads(line))["ref"]: one["label"] for line in repo.read("wallet/labels.jsonl").splitlines()}


def transaction(repo: Repo) -> dict[str, Any]:
    (found,) = json.loads(repo.read("wallet/transactions.json"))
    return dict(found)


@pytest.mark.parametrize(
    ("value", "fee"), [("-200000000", "1500"), ("-2.00000000", "0.00001500"), ('"-2,00000000"', '"0,00001500"')]
)
def test_sparrows_unit_is_proved_by_a_transaction_that_is_known(wallet: Repo, value: str, fee: str) -> None:
    table = f"{SPARROW}2024-01-01 10:00:00,rent,{value},0,{fee},{PAY['txid']}\n"
    table += f"Unconfirmed,later,1,1,,{'cd' * 32}\n# Historical prices\n"
    bring(wallet, table)
    assert labels_of(wallet) == {PAY["txid"]: "rent", "cd" * 32: "later"}
    assert (transaction(wallet)["label"], transaction(wallet)["fee_sat"]) == ("rent", 1500)
    assert "nothing new" in bring(wallet, table)


def test_a_fee_that_the_file_corrects_is_corrected_and_one_that_others_told_stays(wallet: Repo) -> None:
    def told(fee: int) -> str:
        row = f"2024-01-01 10:00:00,rent,-200000000,0,{fee},{PAY['txid']}"
        return bring(wallet, SPARROW + row, "--unit", "sat")

    foreign = [{**source, "amount_sat": None} for source in PAY["inputs"]]  # another wallet's: no fee follows from them
    transactions(wallet, {**PAY, "inputs": foreign, "fee_sat": None})
    told(1400)
    told(1500)
    assert transaction(wallet)["fee_sat"] == 1500
    transactions(wallet, {**transaction(wallet), "fee_sat": 1600})  # as a node may have told since
    assert "a fee of 1400 sat there, 1600 sat here; left as it is" in told(1400)
    told(0)  # which no transaction pays
    assert transaction(wallet)["fee_sat"] == 1600
    wallet.git("update-ref", "-d", wallet.git("for-each-ref", "--format=%(refname)", "refs/gitbtc/sources").strip())
    assert "left as it is" in told(1500)


def test_a_fee_that_was_thrown_away_is_no_base(wallet: Repo) -> None:
    wallet.commit("before")
    row = f"{SPARROW}2024-01-01 10:00:00,,-200000000,0,1500,{PAY['txid']}\n"
    bring(wallet, row)
    wallet.git("checkout", "-q", "--", ".")
    bring(wallet, row)
    assert transaction(wallet)["fee_sat"] == 1500


def test_without_a_proof_the_unit_has_to_be_said(wallet: Repo) -> None:
    table = f"{SPARROW}2024-01-01 10:00:00,x,5,5,1,{'cd' * 32}\n"
    assert "--unit" in bring(wallet, table, ok=(1,))
    assert not (wallet.path / "wallet/labels.jsonl").exists()
    bring(wallet, table, "--unit", "sat")


def test_electrums_rows_without_a_transaction_are_left_out(wallet: Repo) -> None:
    row = f"{PAY['txid']},,rent,5,-2.,0.,,0.000015,,2024-01-01 10:00\n"
    said = bring(wallet, f"{ELECTRUM}{row},{'ee' * 32},coffee,,0.,-0.00001,,,,2024-01-01 11:00\n")
    assert "1 row without a transaction left out" in said
    assert labels_of(wallet) == {PAY["txid"]: "rent"}
    assert transaction(wallet)["fee_sat"] == 1500
    older = ELECTRUM.replace("network_fee_bc", "network_fee_satoshi")
    assert "older Electrum" in bring(wallet, older + row, ok=(1,))


def test_specter_names_addresses(wallet: Repo) -> None:
    rows = [
        f"2024,Bob,receive,1.0,,,{FUNDING},{ADDRESS},100,1",
        f"2024,Address #3,receive,1.0,,,{FUNDING},{ADDRESS},1,1",
    ]
    said = bring(wallet, SPECTER + "\n".join(rows))
    assert "1 rows whose label Specter made up" in said
    assert labels_of(wallet) == {ADDRESS: "Bob"}
    german = SPECTER.replace("Label", "Bezeichnung").replace("Address", "Adresse")
    bring(wallet, german + rows[0].replace("Bob", "Ann"), "--columns", "Bezeichnung,Adresse", name="other.csv", ok=(0,))
    assert "the header has no column" in bring(wallet, german, "--columns", "Etikett,Adresse", ok=(1,))


KEY = "tpubDCbswZhW389kHzZHzambeYkfkYkXtav6wMt1TSXK1xkxzQnfbdQBfTAwabmT83KpGnKrYmZkw6WfgR1hsFSrRfTUjkgXKqdrpBMf9W7Be75"
HEIR = "tpubDCpLSsmvDCL3NKuKZDq1313GYCgkoGVN8uQiNxoncjvEBjPmEGQi952x2R3R55mGKxXv2cXHyUY5pg4PJ5ebS6Wf6FUJTx8PuW76sqUwJ4a"
INHERITED = f"wsh(or_d(pk([f9578447/48h]{KEY}/<0;1>/*),and_v(v:pkh({HEIR}/<0;1>/*),older(65535))))"


def liana(descriptor: str = INHERITED, **changes: Any) -> str:
    labels = [{"type": "tx", "ref": PAY["txid"], "label": "rent", "spendable": True}, {"type": "addr", "ref": ADDRESS}]
    secret = {"config": {"bitcoind_config": {"auth": "user:hunter2-password", "addr": "127.0.0.1:8332"}}}
    account = {"descriptor": f"{descriptor}#{descriptor_checksum(descriptor)}", "labels": labels, "proprietary": secret}
    backup = {"accounts": [account], "network": "regtest",
              "version": 0, "proprietary": secret}  # fmt: skip
    return json.dumps(backup | changes)


def test_a_backup_of_liana_gives_its_labels_and_nothing_of_its_configuration(wallet: Repo) -> None:
    said = bring(wallet, liana())
    assert labels_of(wallet) == {PAY["txid"]: "rent"}
    found = [path for path in wallet.path.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert not found
    assert "hunter2" not in said
    assert "version is 1" in bring(wallet, liana(version=1), ok=(1,))


def descriptors(repo: Repo) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(repo.read("wallet/descriptors.json"))
    return found


def test_a_backup_of_liana_gives_its_descriptor_as_any_source_does(wallet: Repo) -> None:
    assert "1 descriptor added" in bring(wallet, liana())
    (record,) = descriptors(wallet)
    assert [key["xpub"] for key in record["keys"]] == [KEY, HEIR]
    assert (record["policy"], record["xpub"], record["gap_limit"]) == ("miniscript", None, 20)
    wallet.write("wallet/descriptors.json", json.dumps([record | {"label": "for Ann"}]))
    wallet.commit("what Liana knows, and a name")
    bring(wallet, liana(), name="a-later-one.json")
    assert descriptors(wallet)[0]["label"] == "for Ann"
    assert wallet.git("status", "--porcelain") == ""


def test_a_backup_comes_in_whole_or_not_at_all(wallet: Repo) -> None:
    bring(wallet, json.dumps({"type": "addr", "ref": ADDRESS, "label": "Bob"}), name="labels.jsonl")
    labels = wallet.path / "wallet/labels.jsonl"
    before = labels.read_text()
    (wallet.path / "wallet/descriptors.json").mkdir()
    bring(wallet, liana(), ok=(1, 3))
    assert labels.read_text() == before
    (wallet.path / "wallet/descriptors.json").rmdir()
    bring(wallet, liana())
    labels.write_text(labels.read_text().replace("rent", "flat"))
    (wallet.path / "wallet/descriptors.json").unlink()
    assert "say --ours" in bring(wallet, liana().replace("rent", "salary"), ok=(1,))
    assert not (wallet.path / "wallet/descriptors.json").exists()


def test_a_backup_of_another_wallet_is_another_source(wallet: Repo) -> None:
    bring(wallet, liana())
    before = {path: wallet.read(path) for path in ("wallet/descriptors.json", "wallet/labels.jsonl")}
    said = bring(wallet, liana(f"wsh(pk({HEIR}/<0;1>/*))").replace("rent", "salary"), ok=(3,))
    assert "another wallet" in said
    assert {path: wallet.read(path) for path in before} == before
    bring(wallet, liana(f"wsh(pk({HEIR}/<0;1>/*))"), "--as", "liana-of-bob")
    assert len(descriptors(wallet)) == 2
    assert "desc: " in bring(wallet, liana("wsh(nonsense"), ok=(1,))


def test_a_backup_of_another_network_is_refused(wallet: Repo) -> None:
    chain = {"network": "regtest", "block_height": 1, "block_hash": "00" * 32, "block_time": 1}
    wallet.write("network/chain.json", json.dumps(chain))
    assert "it is of main" in bring(wallet, liana(network="bitcoin"), ok=(1,))


def test_labels_are_recognised_too(wallet: Repo) -> None:
    bring(wallet, json.dumps({"type": "tx", "ref": PAY["txid"], "label": "rent"}), name="labels.jsonl")
    bring(wallet, json.dumps({PAY["txid"]: "rent", ADDRESS: "Bob"}), name="electrum.json")
    assert labels_of(wallet) == {PAY["txid"]: "rent", ADDRESS: "Bob"}


def test_what_is_no_wallets_file_is_called_what_it_looks_like(wallet: Repo) -> None:
    said = bring(wallet, '{"channels":[{"remote_pubkey":"02","channel_point":"a:0"}]}', ok=(2,))
    assert "LND" in said
    assert "no file that gitbtc knows" in bring(wallet, "hello", ok=(2,))
    assert "neither a program" in wallet.gitbtc("import", "nonsense", ok=(2,)).stderr
    assert "bitcoin-core --from" in wallet.gitbtc("import", str(wallet.path), ok=(2,)).stderr


def test_a_broken_table_is_one_message(wallet: Repo) -> None:
    said = bring(wallet, f"{SPARROW}a,b\n", ok=(1,))
    assert "line 2: 2 columns, where the header has 6" in said
    put(wallet, "wallet/labels.json")
    assert "nothing was imported" in bring(wallet, ELECTRUM + '"open', ok=(1,))
