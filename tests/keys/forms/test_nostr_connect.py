"""Connections to wallets and signers."""

from __future__ import annotations

import random
from urllib.parse import quote, urlencode

import pytest

from gitbtc.keys.forms import nostr_connect
from gitbtc.keys.forms.scalar import ORDER
from tests.keys.lookalikes import changed, scalars

PUBLIC = "b889ff5b1513b641e2a139f661a661364979c5beee91842f8f0ef42ab558e9d4"
SECRET = "71a8c14c1407c113601079c4302dab36460f0ccd0ad506f1f2dc73b5100e4f3c"  # NIP-47
WALLET = f"nostr+walletconnect://{PUBLIC}?relay=wss%3A%2F%2Frelay.damus.io&secret={SECRET}"
BUNKER = f"bunker://{PUBLIC}?relay=wss%3A%2F%2Frelay.example&secret="


def found(text: str) -> list[tuple[str, str]]:
    return [(form.name, secret.decode()) for _, form, secret in nostr_connect.find(text.encode())]


@pytest.mark.parametrize(
    "text",
    [
        WALLET,
        WALLET.upper(),
        f"nostr+walletconnect:{PUBLIC}?secret={SECRET}",
        f"nostrwalletconnect://{PUBLIC}?secret={SECRET}&relay=wss://relay.example",
        f"nostr+walletconnect://{PUBLIC}?relay=wss://a.example&relay=wss://b.example&lud16=a@b.example&secret={SECRET}",
        f"nostr+walletconnect+alby://{PUBLIC}?secret={SECRET}",
        WALLET.replace("&", "&amp;"),
        quote(WALLET, safe=""),
        quote(quote(WALLET, safe=""), safe=""),
        "https://app.example/connect?" + urlencode({"uri": WALLET, "next": "/"}),
        f"<{WALLET}>",
        f"({WALLET})",
    ],
)
def test_a_wallet_connection_is_found_in_every_writing(text: str) -> None:
    assert found(text) == [(nostr_connect.WALLET.name, SECRET)]


def test_every_random_one_is_found_and_its_fingerprint_is_that_of_its_key() -> None:
    draw = random.Random(47)
    for key in scalars(1000, draw):
        parameters = [("relay", "wss://relay.example"), ("secret", key.hex()), ("lud16", "me@wallet.example")]
        draw.shuffle(parameters)
        text = f"nostr+walletconnect://{draw.randbytes(32).hex()}?{urlencode(parameters)}"
        assert found(text) == [(nostr_connect.WALLET.name, key.hex())]
        # It has no checksum: what is changed is another key, or none.
        other = changed(key.hex(), "0123456789abcdefghijk", draw)
        assert found(text.replace(key.hex(), other)) in ([], [(nostr_connect.WALLET.name, other)])


@pytest.mark.parametrize("secret", ["s3cr3t-token", SECRET, "a.b_c~d0"])
def test_a_signer_connection_is_found_with_any_secret(secret: str) -> None:
    assert found(BUNKER + secret) == [(nostr_connect.SIGNER.name, secret)]
    assert found(f"bunker://{PUBLIC}?secret={secret}&relay=wss://r") == [(nostr_connect.SIGNER.name, secret)]
    assert found(quote(BUNKER + secret, safe="")) == [(nostr_connect.SIGNER.name, secret)]


def test_two_glued_to_each_other_are_two() -> None:
    other = "00" * 31 + "07"
    text = f"{WALLET},{WALLET.replace(SECRET, other)}"
    assert [secret for _, secret in found(text)] == [SECRET, other]


@pytest.mark.parametrize(
    "text",
    [
        WALLET.replace(f"&secret={SECRET}", ""),
        WALLET.replace(SECRET, SECRET[:-1]),
        WALLET.replace(SECRET, SECRET + "0"),
        WALLET.replace(SECRET, "0" * 64),
        WALLET.replace(SECRET, f"{ORDER:064x}"),
        WALLET.replace(SECRET, "<secret>"),
        WALLET.replace("&secret=", "&no_secret="),
        f"https://walletconnect.example/?secret={SECRET}",
        f"bunker://{PUBLIC}?relay=wss://relay.example",
        BUNKER + "<optional>",
        BUNKER.replace(PUBLIC, "host.example") + "s3cr3t-token",
        "The walletconnect: protocol has a secret, a bunker: a door.",
    ],
)
def test_what_holds_no_secret_is_none(text: str) -> None:
    assert found(text) == []
