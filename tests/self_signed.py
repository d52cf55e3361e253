"""Certificates that sign themselves, made when a test runs: no key lies in the repository."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, NamedTuple

from ecdsa import NIST256p, SigningKey, der
from ecdsa.util import sigencode_der

if TYPE_CHECKING:
    from pathlib import Path

_ECDSA_WITH_SHA256 = (1, 2, 840, 10045, 4, 3, 2)
_COMMON_NAME, _ALTERNATIVE_NAMES, _CONSTRAINTS = (2, 5, 4, 3), (2, 5, 29, 17), (2, 5, 29, 19)
_UTF8, _UTC_TIME, _BOOLEAN = b"\x0c", b"\x17", b"\x01"
_DAY = 86_400


class SelfSigned(NamedTuple):
    """The certificate, and its key, as files."""

    certificate: Path
    key: Path


def self_signed(folder: Path, host: bytes = b"\x7f\0\0\1") -> SelfSigned:
    """A certificate of a host, by its address (127.0.0.1), that is valid since yesterday until tomorrow."""
    key = SigningKey.generate(NIST256p, hashfunc=hashlib.sha256)
    algorithm = der.encode_sequence(der.encode_oid(*_ECDSA_WITH_SHA256))
    name = der.encode_sequence(_set(der.encode_sequence(der.encode_oid(*_COMMON_NAME), _tagged(_UTF8, b"loopback"))))
    validity = der.encode_sequence(*(_tagged(_UTC_TIME, _utc(time.time() + days * _DAY)) for days in (-1, 1)))
    names = der.encode_sequence(_tagged(b"\x87", host))
    is_authority = der.encode_sequence(_tagged(_BOOLEAN, b"\xff"))
    extensions = der.encode_sequence(
        der.encode_sequence(der.encode_oid(*_ALTERNATIVE_NAMES), der.encode_octet_string(names)),
        der.encode_sequence(der.encode_oid(*_CONSTRAINTS), der.encode_octet_string(is_authority)),
    )
    body = der.encode_sequence(
        der.encode_constructed(0, der.encode_integer(2)), der.encode_integer(int(time.time())), algorithm, name,
        validity, name, key.verifying_key.to_der(), der.encode_constructed(3, extensions),
    )  # fmt: skip
    signature = der.encode_bitstring(key.sign_deterministic(body, sigencode=sigencode_der), 0)
    made = SelfSigned(folder / "tls.cert", folder / "tls.key")
    made.certificate.write_bytes(der.topem(der.encode_sequence(body, algorithm, signature), "CERTIFICATE"))
    made.key.write_bytes(key.to_pem())
    return made


def _tagged(tag: bytes, content: bytes) -> bytes:
    return tag + bytes(der.encode_length(len(content))) + content


def _set(content: bytes) -> bytes:
    return _tagged(b"\x31", content)


def _utc(moment: float) -> bytes:
    return time.strftime("%y%m%d%H%M%SZ", time.gmtime(moment)).encode()
