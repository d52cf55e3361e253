"""Made-up coins in canonical form: the state that the benchmarks measure on, the same on every run."""

from __future__ import annotations

import random
import re
from bisect import bisect_left

from gitbtc.kinds.bech32 import CHARSET, expanded, polymod

ADDRESSES = 20_000  # enough that no two coins which lie near each other share one
COINS_A_BLOCK = 50
_TEN = 10
_POOL = 5_000  # coins to be received: of each two digits that a txid may begin with there is one


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
    """`base` after up to ten of its coins changed: half relabelled, as many received, each with another first digit of
    its txid, so that they lie in as many shards.

    No two of eight sides touch the same coin, nor neighbours, which Git could not merge as text.
    """
    relabelled, received = range(count - count // 2), range(_TEN // 2, _TEN // 2 + count // 2)
    txids = [txid_of(line) for line in base]
    bounds = [bisect_left(txids, b"%x" % digit) for digit in range(_TEN)]
    places = {bounds[digit] + side * (bounds[digit + 1] - bounds[digit]) // 8 for digit in relabelled}
    kept = (_relabelled(line) if place in places else line for place, line in enumerate(base))
    pool = sorted(wallet(_POOL, seed=100), key=txid_of)
    beginnings = [b"%x%x" % (digit, 2 * side) for digit in received]
    new = [next(line for line in pool if txid_of(line).startswith(beginning)) for beginning in beginnings]
    return sorted([*kept, *map(_relabelled, new)], key=txid_of)


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
