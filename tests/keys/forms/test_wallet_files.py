"""Wallets and other files that hold keys as a whole."""

from __future__ import annotations

import base64
import json
import random
import sqlite3
from typing import TYPE_CHECKING

import mnemonic
import pytest
from embit.ec import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys.finding import fingerprint
from gitbtc.keys.forms import wallet_files
from gitbtc.keys.scan import scan, scan_name

if TYPE_CHECKING:
    from pathlib import Path

PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def form(content: bytes, path: str = "notes/a.bin") -> str | None:
    return next((form.name for _, form, _ in wallet_files.find_file(content, path)), None)


def database(folder: Path, application: int, table: str = "other(a, b)") -> bytes:
    path = folder / "made.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA application_id = {application}")
        connection.execute(f"CREATE TABLE {table}")
    connection.close()
    content = path.read_bytes()
    path.unlink()
    return content


# Bitcoin Core's message start bytes, as a signed big-endian number.
@pytest.mark.parametrize("magic", ["f9beb4d9", "0b110907", "1c163f28", "0a03cf40", "fabfb5da"])
def test_a_wallet_of_bitcoin_core_is_known_by_its_network(tmp_path: Path, magic: str) -> None:
    assert (
        form(database(tmp_path, int.from_bytes(bytes.fromhex(magic), "big", signed=True)))
        == "Bitcoin Core wallet (SQLite)"
    )


def test_a_wallet_of_a_signet_of_ones_own_is_known_by_its_table(tmp_path: Path) -> None:
    table = "main(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)"
    assert form(database(tmp_path, 0x12345678, table)) == "Bitcoin Core wallet (SQLite)"
    assert form(database(tmp_path, 0, table)) is None


def test_another_database_is_none(tmp_path: Path) -> None:
    for application in (0, 1, 0x0F055112):
        assert form(database(tmp_path, application)) is None
    assert form(b"\0" * 68 + bytes.fromhex("f9beb4d9")) is None


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (bytes(12) + b"\x62\x31\x05\x00" + b"\x09\0\0\0" + bytes(500), "wallet database (Berkeley DB)"),
        (bytes(12) + b"\x00\x05\x31\x62" + b"\0\0\0\x09" + bytes(500), "wallet database (Berkeley DB)"),
        (bytes(12) + b"\x61\x15\x06\x00" + bytes(500), None),
        (bytes(8) + b"\x04\0\0\0\0\0\0\0" + b"\xed\xda\x0c\xed" + bytes(500), "LND wallet or channel database (bbolt)"),
        (bytes(20) + b"\xed\xda\x0c\xed" + bytes(500), None),
        (b"", None),
        (b"\x62\x31\x05\x00", None),
    ],
)
def test_a_database_is_known_by_its_magic(content: bytes, name: str | None) -> None:
    assert form(content) == name


SIGNING = [
    {"keystore": {"type": "bip32", "xprv": "Zm9vYmFyYmF6cXV4", "xpub": "zpub6", "seed": "VGhpcyBpcyBzZWFsZWQ="}},
    {"keystore": {"type": "bip32", "xpub": "zpub6", "xprv": "Zm9vYmFyYmF6cXV4"}, "wallet_type": "standard"},
    {"keystore": {"type": "old", "seed": "acb740e454c3134901d7c8f16497cc1c", "mpk": "e9d4"}},
    {"keystore": {"type": "imported", "keypairs": {"02" + "ab" * 32: "c2VhbGVk"}}},
    {
        "wallet_type": "2of2",
        "x1/": {"type": "bip32", "xprv": None},
        "x2/": {"type": "bip32", "xprv": "Zm9vYmFyYmF6cXV4"},
    },
]
WATCHING = [
    {"keystore": {"type": "bip32", "xprv": None, "xpub": "zpub6"}, "seed_version": 41, "wallet_type": "standard"},
    {"keystore": {"type": "hardware", "hw_type": "ledger", "xpub": "zpub6", "label": "seed"}},
    {"addresses": {"bc1q": {}}, "wallet_type": "imported"},
    {"keystore": {"type": "imported", "keypairs": {}}},
    {"keystore": "/etc/java.jks", "seed": "something long"},
    {"seed": "something long"},
]


@pytest.mark.parametrize("indent", [None, 4])
def test_a_wallet_of_electrum_is_one_when_it_can_sign(indent: int | None) -> None:
    for wallet in SIGNING:
        assert form(json.dumps(wallet, indent=indent).encode()) == "Electrum wallet", wallet
    for wallet in WATCHING:
        assert form(json.dumps(wallet, indent=indent).encode()) is None, wallet


def sealed(made: random.Random, version: bytes, blocks: int) -> bytes:
    """What Electrum's ecies_encrypt_message gives: magic, an ephemeral public key, ciphertext, HMAC."""
    public: bytes = PrivateKey(made.randbytes(32)).get_public_key().sec()
    return version + public + made.randbytes(16 * blocks) + made.randbytes(32)


def test_what_electrum_encrypted_is_found_wherever_it_stands() -> None:
    made = random.Random(5)
    for number in range(1000):
        content = sealed(made, made.choice([b"BIE1", b"BIE2"]), 1 + number % 5)
        ((_, found, secret),) = wallet_files.find(content)
        assert (found, secret) == (wallet_files.ENCRYPTED, content[:85])
        if number < 50:
            assert [hit.form for hit in scan(b'{"x": "%b"}' % base64.b64encode(content))] == [
                "Electrum wallet, encrypted"
            ]
            assert list(wallet_files.find(b"BIE3" + content[4:])) == list(wallet_files.find(content[:84])) == []


@pytest.mark.parametrize(
    "text",
    ["# Wallet dump created by Bitcoin v0.21.0\n# * Created on 2021-01-01T00:00:00Z\n",
     "# Wallet dump created by Bitcoin Core v25.0.0-gabc\n", "# Wallet dump created by Litecoin v0.18.1\n",
     "BITCOIN_CORE_WALLET_DUMP,1\nformat,sqlite\n"],
)  # fmt: skip
def test_a_dump_is_found(text: str) -> None:
    assert [form for _, form, _ in wallet_files.find(text.encode())] == [wallet_files.DUMP]
    assert [found.form for found in scan(json.dumps({"x": text, "y": "z"}).encode())] == ["wallet dump"]


@pytest.mark.parametrize(
    "text", ["`# Wallet dump created by Bitcoin`", '"# Wallet dump created by %s %s\\n"', "BITCOIN_CORE_WALLET_DUMP"]
)
def test_a_mention_of_a_dump_is_none(text: str) -> None:
    assert list(wallet_files.find(text.encode())) == []


@pytest.mark.parametrize(
    "name",
    ["wallet.dat", "Wallet.dat", "hsm_secret", "admin.macaroon", "x.macaroon", ".cookie", "channel.backup",
     "emergency.recover", "treasury.mv.db", "hsm_secret.bak", "hsm_secret-2026-01-01", "hsm_secret~", "hsm_secret.1",
     "wallet.dat.old", "wallet-20260101.dat", "wallet (1).dat", "wallet.dat.gz", "channel-20260101.backup",
     "wallet.dat.20260101T101112Z", "Copy of wallet.dat", "old-wallet.dat", "#wallet.dat#", ".wallet.dat.swp",
    "wallet.dat.part", "wallet.dat.asc", "wallet.dat.7z", "wallet.dat.tar.gz",
    "channel.backup.bak.1", "emergency.recover.old", "w-2026.mv.db.gz", "admin.macaroon.bak", ".cookie.bak"],
)  # fmt: skip
def test_a_name_decides_for_a_file_with_content(name: str) -> None:
    for path in (name, f"a/b/{name}"):
        (found,) = scan(b"anything", path)
        assert found.severity == "block"
        assert found.fingerprint == fingerprint(b"anything")
        assert scan(b"", path) == []
        assert scan(b"anything", f"{path}/readme") == []
        assert scan_name(path) == []


@pytest.mark.parametrize(
    "name",
    [
        "my-wallet.dat",
        "hsm_secret.md",
        "macaroon.py",
        "cookie",
        "channel.backup.txt",
        "mv.db",
        "a.db",
        "hsm_secret.c",
        "wallet.dat.md",
        "wallet-notes.dat",
        f"wallet{'1' * 200}x",
        f"hsm_secret{'.bak' * 60}x",
    ],
)
def test_another_name_decides_nothing(name: str) -> None:
    assert form(b"anything", f"a/{name}") is None


def test_the_fingerprint_of_hsm_secret_is_that_of_its_bytes_in_hex() -> None:
    content = bytes(range(32))
    (as_file,) = scan(content, "lightning/hsm_secret")
    (as_text,) = scan(b'{"hsm_secret": "%b"}' % content.hex().encode())
    assert as_file.fingerprint == as_text.fingerprint


def test_hsm_secret_with_a_mnemonic_is_known_without_its_name() -> None:
    made = random.Random(6)
    english = mnemonic.Mnemonic("english")
    for _ in range(300):
        phrase = english.to_mnemonic(made.randbytes(made.choice([16, 32]))).encode()
        for ahead in (bytes(32), made.randbytes(32)):
            assert list(wallet_files.find_file(ahead + phrase, "")) == [(0, wallet_files._HSM_SECRET, phrase)]
    for content in (
        b"a" * 32 + PHRASE.encode(),
        bytes(31) + PHRASE.encode(),
        bytes(32) + PHRASE[:-1].encode(),
        bytes(32),
    ):
        assert form(content) is None


@given(st.binary(max_size=200), st.sampled_from(["", "a", "/", "a/", ".", "..", "\udcff"]))
def test_any_file_is_read(content: bytes, path: str) -> None:
    assert len(list(wallet_files.find_file(content, path))) <= 1
    list(wallet_files.find(content))


@pytest.mark.parametrize(
    "unit",
    [
        b'"keystore"',
        b'"keystore":{',
        b'"seed" ',
        b'"keystore":' + b" " * 64,
        b"BIE1\x02",
        b"# Wallet dump created by A",
    ],
)
def test_a_text_of_one_thing_repeated_is_read_to_its_end(unit: bytes) -> None:
    content = unit * (2**20 // len(unit))
    assert form(content) is None
    list(wallet_files.find(content))


def test_a_program_that_reads_such_wallets_is_none() -> None:
    wallet = json.dumps({"keystore": {"type": "bip32", "xprv": "x" * 20}})
    for ahead in ("", "\n ", "\ufeff"):
        assert form((ahead + wallet).encode()) == "Electrum wallet"
    assert form(f"import json\n\nEXAMPLE = '{wallet}'\n".encode()) is None
