"""Made-up coins in canonical form: the state that the benchmarks measure on, the same on every run."""

from __future__ import annotations

import random
import re

from gitbtc.kinds.bech32 import CHARSET, expanded, polymod

ADDRESSES = 20_000  # enough that no two coins which lie near each other share one
COINS_A_BLOCK = 50
_MOST_RECEIVED = 50


def wallet(count: int, seed: int = 1) -> list[bytes]:
    """The lines of `count` coins, sorted, without commas."""
    source = random.Random(seed)
    addresses = [_address(source.randbytes(20)) for _ in range(ADDRESSES)]
    blocks = [source.randbytes(32).hex() for _ in range(count // COINS_A_BLOCK + 1)]
    txids = sorted(source.randbytes(32).hex() for _ in range(count))
    return [_coin(source, txid, addresses, blocks) for txid in txids]


def changed(base: list[bytes], side: int, percent: int = 1) -> list[bytes]:
    """`base` after `percent` of its coins changed: a third spent, a third relabelled, as many received.

    Two sides never change the same coin.
    """
    share = len(base) * percent // 100
    touched = random.Random(0).sample(range(len(base)), 2 * share)[side * share : (side + 1) * share]
    spent, relabelled = set(touched[: share // 3]), set(touched[share // 3 : 2 * share // 3])
    received = wallet(share - len(spent) - len(relabelled), seed=2 + side)
    kept = (_relabelled(line) if place in relabelled else line for place, line in enumerate(base) if place not in spent)
    return sorted([*kept, *received], key=txid_of)


def touched(base: list[bytes], side: int, count: int) -> list[bytes]:
    """`base` after up to ten of its coins changed: half relabelled, as many received.

    No two of eight sides touch the same coin, nor neighbours, which Git could not merge as text.
    """
    places = [(number * 8 + side) * (len(base) // 64) for number in range(count - count // 2)]
    received = wallet(_MOST_RECEIVED, seed=100 + side)[: count // 2]
    relabelled = set(places)
    kept = (_relabelled(line) if place in relabelled else line for place, line in enumerate(base))
    return sorted([*kept, *received], key=txid_of)


def merged(base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> list[bytes]:
    """What a merge of two sides that changed different coins comes to, by sets of lines."""
    kept = set(base) & set(ours) & set(theirs)
    return sorted(kept | (set(ours) - set(base)) | (set(theirs) - set(base)), key=txid_of)


def content(lines: list[bytes]) -> bytes:
    """The state file of these coins."""
    return b"[\n" + b",\n".join(lines) + b"\n]\n"


def _coin(source: random.Random, txid: str, addresses: list[str], blocks: list[str]) -> bytes:
    height = source.randrange(len(blocks))
    label = f'"invoice {source.randrange(10**6)}"' if source.random() < 1 / 3 else "null"
    return (
        f'{{"address":"{source.choice(addresses)}","amount_sat":{source.randrange(600, 10**9)},'
        f'"block_hash":"{blocks[height]}","block_height":{height},"coinbase":false,"label":{label},'
        f'"script_type":"p2wpkh","txid":"{txid}","vout":{source.randrange(4)}}}'
    ).encode()


def txid_of(line: bytes) -> bytes:
    """The txid of a coin's line, in whose order the file stands."""
    return line[line.index(b'"txid":"') + 8 :][:64]


def _relabelled(line: bytes) -> bytes:
    return re.sub(rb'"label":(null|"[^"]*")', b'"label":"audited"', line)


def _address(program: bytes) -> str:
    """The regtest P2WPKH address of a 20-byte key hash (BIP-173)."""
    number = int.from_bytes(program, "big")
    values = bytes([0, *(number >> 5 * place & 31 for place in reversed(range(32)))])
    checksum = polymod(expanded("bcrt") + values + bytes(6)) ^ 1
    tail = bytes(checksum >> 5 * place & 31 for place in reversed(range(6)))
    return "bcrt1" + "".join(CHARSET[value] for value in values + tail)
