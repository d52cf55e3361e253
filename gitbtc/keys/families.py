"""The families of forms that are read in a text or in a whole file, by what they read.

Those that are words of a list stand in gitbtc/keys/phrases.py: a whole file, too, is searched for such words.
"""

from __future__ import annotations

from gitbtc.keys.forms import (
    age,
    bip38,
    cashu,
    codex32,
    der,
    descriptors,
    extended,
    jwk,
    keystore,
    labelled,
    lnc,
    lnd,
    lndhub,
    minikey,
    near_phrase,
    nostr,
    nostr_connect,
    pem,
    psbt,
    rpc,
    rune,
    seed_qr,
    silent_payments,
    slip32,
    wallet_files,
    wif,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gitbtc.keys.family import Base58Family, FileFamily, TextFamily

BASE58: tuple[Base58Family, ...] = (wif, extended, bip38)
TEXTS: tuple[TextFamily, ...] = (
    pem,
    der,
    psbt,
    descriptors,
    wallet_files,
    seed_qr,
    nostr_connect,
    lnd,
    lndhub,
    age,
    jwk,
    keystore,
)
# Those that a name beside the secret tells: what is put together of several strings has no names.
NAMED: tuple[TextFamily, ...] = (rpc, labelled, near_phrase, lnc)
# Those that are one run of letters, digits and `+/_-`: they are shown the long ones of a text, a space between them.
TOKENS: tuple[TextFamily, ...] = (slip32, nostr, silent_payments, codex32, minikey, cashu, rune)
FILES: tuple[FileFamily, ...] = (wallet_files,)
