"""Wallets and other files that hold keys as a whole.

By their first bytes, sources of the rules:
* SQLite's file format (application_id, big-endian, at byte 68) and Bitcoin Core's wallet/sqlite.cpp, which puts the
  network's magic there; a signet of one's own has a magic of its own, and is told by the table that Core creates.
* Berkeley DB's btree magic at byte 12, in either byte order: the wallets of Bitcoin Core and its forks before SQLite.
* bbolt's magic at byte 16, the first meta page: LND's wallet and channels.
* Electrum's wallet_db.py: JSON with a keystore. One that only watches has no seed, a null xprv and no key pairs, and is
  let through; with a password, those are encrypted, and still what an attacker wants.
* Electrum's storage.py and crypto.py: an encrypted wallet is Base64 of BIE1 or BIE2 (password, or hardware), a
  compressed public key, whole blocks of ciphertext and 32 bytes of MAC.
* Bitcoin Core's dumpwallet (wallet/rpc/backup.cpp) and bitcoin-wallet dump (wallet/dump.cpp).
* Core Lightning's common/hsm_secret.c: 32 bytes, 73 bytes when encrypted, or 32 bytes (zeros, or the hash of the
  passphrase) before the mnemonic. Only the last can be told without the file's name.

By their name alone: what these programs and LND, Sparrow (H2's .mv.db) call the files that hold their keys, or their
way back to the money. A name decides only for a file with content.
"""

from __future__ import annotations

import re

from gitbtc.keys import phrases
from gitbtc.keys.form import Form
from gitbtc.keys.lazily import compiled
from gitbtc.keys.tokens import is_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitbtc.keys.family import Spot

_ADVICE = "keep the file outside the repository, or name it in .gitignore; gitbtc reads what the wallet exports"

_SQLITE = Form("Bitcoin Core wallet (SQLite)", _ADVICE)
_BERKELEY = Form("wallet database (Berkeley DB)", _ADVICE)
_BBOLT = Form("LND wallet or channel database (bbolt)", _ADVICE)
_ELECTRUM = Form("Electrum wallet", _ADVICE)
ENCRYPTED = Form("Electrum wallet, encrypted", _ADVICE)
DUMP = Form("wallet dump", _ADVICE)
_HSM_SECRET = Form("hsm_secret of Core Lightning", _ADVICE)
_MACAROON = Form("macaroon, by the file's name", _ADVICE)
_COOKIE = Form("RPC cookie, by the file's name", _ADVICE)
_CHANNELS = Form("channel backup, by the file's name", _ADVICE)
_WALLET = Form("wallet, by the file's name", _ADVICE)

# The networks of Bitcoin Core's kernel/chainparams.cpp: main, testnet3, testnet4, signet, regtest.
_NETWORKS = frozenset(map(bytes.fromhex, ("f9beb4d9", "0b110907", "1c163f28", "0a03cf40", "fabfb5da")))
_NONE = bytes(4)
_SQLITE_MAGIC = b"SQLite format 3\0"
_SQLITE_PAGE = 65536
_CORES_TABLE = b"CREATE TABLE main(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)"
_BTREE = frozenset([b"\x62\x31\x05\x00", b"\x00\x05\x31\x62"])
_BBOLT_MAGIC = b"\xed\xda\x0c\xed"

# A keystore, or those of the cosigners, and in it what signs.
_KEYSTORE = compiled(rb"\"(?:keystore|x[1-9][0-9]?/)\"\s{0,64}:\s{0,64}\{")
_SIGNING = compiled(
    rb"\"(?:(?:seed|xprv)\"\s{0,64}:\s{0,64}\"[^\"]{8}|keypairs\"\s{0,64}:\s{0,64}\{\s{0,256}\"[^\"]{8})"
)

# JSON begins so, and a program that reads such files does not.
_HEAD, _BEFORE_JSON = 256, b"\xef\xbb\xbf \t\r\n"

# What programs and people put behind a name, before they touch the file: dates, numbers, `.bak`, `~`, `(1)`, `.gz`.
# One sign or one word at a time: no name makes the search try a thousand ways.
_DATED = rb"(?:[ ._():t0-9-]|copy|backup|old|orig|new|bak)*"
_COPIED = (
    rb"(?:[ ._()~#0-9-]|t(?=[0-9])|(?<=[0-9])z|bak|backup|old|orig|save?|copy|new|tmp|part|swp|gz|xz|zst|bz2|zip|7z"
    rb"|rar|tar|tgz|enc|gpg|asc|age)*"
)
_AHEAD = rb"(?:[.#~]|(?:copy of|old|backup|bak)[ ._-])?"
# What stands in the name in small letters, so that few names need a pattern; the pattern; the form.
_NAMES = tuple(
    (part, compiled(_AHEAD + pattern.replace(b"#", _DATED) + _COPIED, re.IGNORECASE), form)
    for part, pattern, form in (
        (b"wallet", rb"wallet#\.dat", _WALLET),
        (b"hsm_secret", rb"hsm_secret#", _HSM_SECRET),
        (b".cookie", rb"\.cookie", _COOKIE),
        (b"channel", rb"channel#\.backup", _CHANNELS),
        (b"emergency", rb"emergency#\.recover", _CHANNELS),
        (b".macaroon", rb".*\.macaroon", _MACAROON),
        (b".mv.db", rb".*\.mv\.db", _WALLET),
    )
)

# Of the hash of a passphrase, and of a phrase of 24 of the longest words.
_HASH_SIZE = 32
_LONGEST_PHRASE = 1024

ANCHORS = (b"bie1", b"bie2", b"wallet dump created by", b"bitcoin_core_wallet_dump,")

_DUMP = compiled(
    rb"# Wallet dump created by [A-Z][A-Za-z -]{1,30} v?[0-9][0-9.]{0,16}|BITCOIN_CORE_WALLET_DUMP,[0-9]{1,4}(?![0-9])"
)
_SEALED = compiled(rb"BIE[12][\x02\x03]")
# The magic, a public key, a block, a MAC.
_BLOCK, _SEALED_LEAST = 16, 4 + 33 + 16 + 32


def find(text: bytes) -> Iterator[Spot]:
    """Every wallet dump, and what Electrum encrypted, in `text`: its offset, the form, its first bytes as far as needed
    to tell it from another.
    """
    for dump in _DUMP.finditer(text):
        yield dump.start(), DUMP, dump[0]
    for sealed in _SEALED.finditer(text):
        start = sealed.start()
        if len(text) - start >= _SEALED_LEAST:
            yield start, ENCRYPTED, text[start : start + _SEALED_LEAST]


def find_file(content: bytes, path: str) -> Iterator[Spot]:
    """The form of the whole file, by its bytes or else by its name; the secret is its content."""
    form = _by_bytes(content) or (_by_name(path) if content else None)
    if form is _HSM_SECRET and len(content) == _HASH_SIZE:
        # The same 32 bytes may stand in hex elsewhere.
        yield 0, form, content.hex().encode("ascii")
    elif form:
        yield 0, form, content
    else:
        yield from _hsm_mnemonic(content)


def _by_bytes(content: bytes) -> Form | None:
    if content.startswith(_SQLITE_MAGIC) and _is_cores(content):
        return _SQLITE
    if content[12:16] in _BTREE:
        return _BERKELEY
    if content[16:20] == _BBOLT_MAGIC:
        return _BBOLT
    return _ELECTRUM if _is_electrums(content) else None


def _is_cores(content: bytes) -> bool:
    application = content[68:72]
    return application in _NETWORKS or (application != _NONE and _CORES_TABLE in content[:_SQLITE_PAGE])


def _is_electrums(content: bytes) -> bool:
    # The plain search first: it is many times faster, and every file comes through here.
    is_likely = content[:_HEAD].lstrip(_BEFORE_JSON)[:1] == b"{" and (b'"keystore"' in content or b'"x1/"' in content)
    return is_likely and bool(_KEYSTORE.search(content) and _SIGNING.search(content))


def _by_name(path: str) -> Form | None:
    name = path.rpartition("/")[2].encode("utf-8", "replace")
    lowered = name.lower()
    return next((form for part, pattern, form in _NAMES if part in lowered and pattern.fullmatch(name)), None)


def _hsm_mnemonic(content: bytes) -> Iterator[Spot]:
    """The mnemonic, and nothing else, after 32 bytes that are no text, whatever the file is called."""
    ahead, rest = content[:_HASH_SIZE], content[_HASH_SIZE:_LONGEST_PHRASE]
    if not rest or len(content) > _LONGEST_PHRASE or (is_text(ahead) and any(ahead)):
        return
    for _, _, phrase in phrases.find(rest):
        if phrase.split() == phrases.comparable(rest).split():
            yield 0, _HSM_SECRET, phrase
            return
