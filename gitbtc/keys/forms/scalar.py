"""What makes 32 bytes a secp256k1 private key."""

from __future__ import annotations

# The order of the group of secp256k1 (SEC 2, section 2.4.1).
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def is_private_key(scalar: bytes) -> bool:
    """Whether the 32 bytes `scalar` (big-endian) lie in 1…n-1, as every private key does."""
    return 0 < int.from_bytes(scalar, "big") < ORDER
