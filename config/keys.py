"""Private keys that sign mail: RSA as PKCS#1 or PKCS#8, Ed25519 as PKCS#8 (RFC 8410), all in PEM."""

import re
from base64 import b64encode
from binascii import Error, a2b_base64
from typing import NamedTuple

LEAST_BITS = 1024
"""Of an RSA key; receivers take no shorter ones (RFC 8301)."""

_PEM = re.compile(r"-----BEGIN (RSA )?PRIVATE KEY-----\s([A-Za-z0-9+/=\s]{1,20000})-----END (RSA )?PRIVATE KEY-----\s*")
_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
"""What stands before the 32 bytes of an Ed25519 key."""


class SigningKey(NamedTuple):
    """A key in the form that dkimpy wants."""

    algorithm: bytes
    material: bytes


def read_key(pem: str) -> SigningKey:
    """Read a private key.

    Raises:
        ValueError: It is none, it is encrypted, or it is too short to be of use; the message never holds any of it.
    """
    match = _PEM.fullmatch(pem.strip())
    try:
        der = a2b_base64(match[2]) if match else b""
    except Error:
        der = b""
    if not der:
        raise ValueError("is no private key in PEM without a password")
    if der.startswith(_ED25519) and len(der) == len(_ED25519) + 32:
        return SigningKey(b"ed25519-sha256", b64encode(der[len(_ED25519) :]))
    if _bits(der) < LEAST_BITS:
        raise ValueError(f"is an RSA key of fewer than {LEAST_BITS} bits, make one of 2048")
    return SigningKey(b"rsa-sha256", b"-----\n" + b64encode(der) + b"\n-----")


def _bits(der: bytes) -> int:
    """Length of an RSA key."""
    from dkim.crypto import UnparsableKeyError, parse_private_key  # 7 MB, which only who signs shall pay

    try:
        modulus: int = parse_private_key(der)["modulus"]
    except (UnparsableKeyError, LookupError, TypeError, ValueError) as error:
        raise ValueError("is neither an RSA nor an Ed25519 key") from error
    return modulus.bit_length()
