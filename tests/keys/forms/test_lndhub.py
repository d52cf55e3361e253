"""Accounts of LNDHub."""

from __future__ import annotations

import json

import pytest

from gitbtc.keys.forms import lndhub

LOGIN, PASSWORD = "9f7b6ac1d1f0a1c2b3d4", "0a1b2c3d4e5f60718293"
ACCOUNT = f"{LOGIN}:{PASSWORD}"


def found(text: str) -> list[str]:
    return [secret.decode() for _, _, secret in lndhub.find(text.encode())]


@pytest.mark.parametrize(
    "text", [f"lndhub://{ACCOUNT}", f"see lndhub://{ACCOUNT}@https://hub.example.org now", f"LNDHUB://{ACCOUNT}\n",
             f"lndhub://admin:{ACCOUNT}@https://hub.example.org", f'{{"u":"lndhub:\\/\\/{ACCOUNT}@https"}}'],
)  # fmt: skip
def test_an_account_is_found(text: str) -> None:
    assert found(text) == [ACCOUNT]


def test_an_account_in_a_backup_within_json_is_found() -> None:
    assert found(json.dumps({"wallets": [json.dumps({"secret": f"lndhub://{ACCOUNT}"})]})) == [ACCOUNT]


@pytest.mark.parametrize(
    "text", ["lndhub://", "lndhub://<login>:<password>@<host>", "lndhub://a:b", "https://hub/lndhub"]
)
def test_a_mention_is_none(text: str) -> None:
    assert found(text) == []
