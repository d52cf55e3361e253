"""Secrets told by the name they stand under."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.keys.forms import labelled

SECRET = bytes.fromhex("cbf4b9f70470856bb4f40f80b87edb90865997ffee6df315ab166d713af433a5")
HEX = SECRET.hex()
BASE64 = base64.b64encode(SECRET).decode()

SECRET_NAMES = [
    "priv", "private_key", "privateKey", "privkey", "PRIVATE_KEY", "priv_key", "prvkey", "secret", "Secret",
    "master_secret", "hd_seed", "hdseed", "seed", "seedHex", "wallet.seed", "walletSeed", "SEED", "entropy",
    "bip39_entropy", "preimage", "payment_preimage", "r_preimage", "paymentPreimage", "hsm", "hsm_secret",
    "HSMSecret", "hsmSecret", "shachain_seed", "shachain", "per_commitment_secret", "revocation_secret",
    "payment_base_secret", "mnemonic", "bip39_mnemonic", "passphrase", "master private key", "node-private-key",
    "xpriv_bytes", "extended_private_key", "seckey", "sec_key", "shared_secret", "client_secret", "secretKey1",
    "funding_privkey", "funding_privkey_0", "preImage", "sk", "NOSTR_SK", "wif", "signing_key", "signingKey",
    "DEPLOYER_KEY", "master_blinding_key", "MY_PRIVATE_KEY_1", "ACCOUNT_PRIVATE",
]  # fmt: skip
OTHER_NAMES = [
    "key", "txid", "block_hash", "blockhash", "hash", "payment_hash", "secret_hash", "secretHash", "preimage_hash",
    "hashed_secret", "sha256_secret", "secret_sha256", "hash_of_secret", "public_key", "pubkey", "seed_pubkey",
    "xpub_passphrase_b", "pubkey_of_passphrase_a", "XPUB_CARDANO_1_PASSPHRASE_A",
    "seed_node", "seedNodes", "seed_peer", "seeder", "privacy", "privilege", "secretary", "private_key_path",
    "private_key_id", "secretRef", "seed_fingerprint", "descriptor", "seed_version", "entropy_source_id",
    "hsm_node_id", "secret_point", "mnemonic_checksum", "xpub", "script", "witness", "merkle_root", "signature",
    "risk", "disk", "task", "signing_key_id", "public_signing_key", "signing_public_key", "deployer", "blinded_path",
    "pathsmap", "private_key_public_key", "id",
]  # fmt: skip
WRITTEN = [
    '{{"{}": "{}"}}', '{{"{}":"{}"}}', '{{\n  "{}" : "0x{}"\n}}', "{{'{}': '{}'}}", '"{}": ["{}", "more"]',
]  # fmt: skip
PLAIN = [
    "{}: {}", "{} = {}", "{}={}", "export {}={}", 'export {}="{}"', "--{}={}", "let {} = '{}'", 'const {} = "0x{}";',
    '{} = bytes.fromhex("{}")', "{} := `{}`", "{}   =   {}", "{} (hex): {}", 'char {}[] = "{}"', 'let {} = hex!("{}");',
    "[wallet]\n{}={}\n",
]  # fmt: skip


def found(text: str) -> list[tuple[str, str]]:
    return [(form.severity, secret.decode()) for _, form, secret in labelled.find(text.encode())]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_of_a_secret_makes_it_one(name: str) -> None:
    for written in WRITTEN:
        assert found(written.format(name, HEX)) == [("block", HEX)], written
    for written in PLAIN:
        if " " not in name:
            assert found(written.format(name, HEX)) == [("block", HEX)], written
            assert found(written.format(name, BASE64).replace("0x", "")) == [("block", HEX)], written


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_another_name_does_not(name: str) -> None:
    for written in [*WRITTEN, *PLAIN]:
        for value in (HEX, BASE64):
            assert found(written.format(name, value)) == [], written


def test_a_thousand_secrets_are_given_by_their_bytes_however_they_are_written() -> None:
    made = random.Random(7)
    for _ in range(1000):
        secret = made.randbytes(made.choice([16, 20, 24, 28, 32, 32, 48, 64]))
        digits = secret.hex()
        for value in (digits, digits.upper(), f"0x{digits}"):
            assert found(f'{{"seed": "{value}"}}') == [("block", digits)]


def test_base64_is_told_from_names_made_of_words() -> None:
    made = random.Random(8)
    missed = 0
    for _ in range(1000):
        secret = made.randbytes(32)
        for encoded in (base64.b64encode(secret), base64.urlsafe_b64encode(secret), base64.b64encode(secret)[:-1]):
            hits = found(f'{{"seed": "{encoded.decode()}"}}')
            assert hits in ([("block", secret.hex())], [])
            missed += not hits
    # Where it happens to change between capitals, small letters and digits as seldom as words do.
    assert missed <= 3
    for value in (
        "ProductionDatabasePassword2",
        "myServiceAccountCredentialsV2",
        "MyProductionEnvironmentDatabaseCredentials4",
    ):
        assert found(f'{{"secret": "{value}"}}') == []


@pytest.mark.parametrize(
    "value",
    ["0" * 64, "0x" + "0" * 32, HEX[:30], HEX[:33], HEX + HEX + "00", "your-secret-goes-here-and-is-long", "x" * 64,
     "550e8400-e29b-41d4-a716-446655440000", "changeme-changeme-changeme",
     "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn"],
)  # fmt: skip
def test_a_value_that_is_no_secret_bytes_is_none(value: str) -> None:
    assert found(f'{{"secret": "{value}"}}') == []


def test_prose_names_a_secret_just_before_it() -> None:
    for text in ("my seed: {}", "The private key: {}", "this is the private key = {}", "backup of seed hex: {}"):
        assert found(text.format(HEX)) == [("block", HEX)], text
    for text in (
        "the hash of the seed: {}",
        "fixes secret scanning: {}",
        "secrets are bad, see {}",
        "seed\n: x\n{}",
        "seed {}",
    ):
        assert found(text.format(HEX)) == [], text


@pytest.mark.parametrize("name", ["label", "note", "alias", "source", "name", "peer_alias", "Label"])
@pytest.mark.parametrize("value", ["{}", "paid with {} yesterday", "{}, 0x00", "see {}\\n and more"])
def test_a_free_text_of_32_bytes_is_told_as_a_warning(name: str, value: str) -> None:
    for secret in (HEX, HEX.upper(), BASE64):
        assert found(f'[{{"a": 1, "{name}": "{value.format(secret)}"}}]') == [("warn", HEX)]


@pytest.mark.parametrize(
    "text",
    [f'{{"txid": "{HEX}"}}', f'{{"block_hash": "{HEX}"}}', f'{{"note": "{HEX[2:]}"}}', f'{{"note": "{HEX}00"}}',
     f"note: {HEX}",
     f'{{"note": "sha256:{HEX}"}}', f'{{"note": "txid={HEX}"}}',
     f"{{'note': '{{'txid': '{HEX}'}}'}}", f'{{"name": "{HEX}.json"}}',
     f'{{"note": "{"0" * 9}{HEX[9:]}"}}',
     f'{{"note": "x", "y": "{HEX}"}}', f'{{"filename": "{HEX}"}}', f'{{"{HEX}": 1}}', HEX],
)  # fmt: skip
def test_32_bytes_elsewhere_are_left_alone(text: str) -> None:
    assert found(text) == []


def test_a_uri_that_has_a_family_of_its_own_is_left_to_it() -> None:
    assert found(f"nostr+walletconnect://{HEX}?relay=wss%3A%2F%2Frelay&secret={HEX}") == []
    assert found(f"https://example.com/?secret={HEX}") == [("block", HEX)]


def test_the_name_of_a_secret_is_a_free_text() -> None:
    assert found(f'{{"secret_name": "{HEX}"}}') == [("warn", HEX)]


def test_a_secret_named_within_a_free_text_is_one() -> None:
    assert found(f'{{"note": "seed: {HEX}"}}') == [("block", HEX)]


PARTS = st.sampled_from(
    ["secret", "seed", '"', "'", ":", "=", " ", "(", ")", "[", "]", "{", HEX, HEX[:32], BASE64, "\n", "label", "\\"]
)


@given(st.lists(PARTS, max_size=30))
def test_any_text_is_read(parts: list[str]) -> None:
    assert all(32 <= len(secret) <= 128 for _, secret in found("".join(parts)))


@given(st.binary())
def test_any_bytes_are_read(content: bytes) -> None:
    list(labelled.find(content + b"seed=" + HEX.encode() + content))


@pytest.mark.parametrize(
    "unit",
    [
        f"{HEX} ",
        "seed: " + HEX + "\n",
        f'"label": "{HEX}"',
        "A1b2" * 8 + " ",
        "a",
        '"',
        f"{HEX}{HEX}{HEX}",
        "seed seed (" + HEX[:44],
    ],
)
def test_a_text_of_one_thing_repeated_is_read_to_its_end(unit: str) -> None:
    found(unit * (2**18 // len(unit)))
