"""References that people type and read out (`L-7KQ2M4-2`), and the desk tokens that bring replies back to a record.

A reference is the letter of its kind, six or more characters of Crockford's base 32 (no I, L, O, U) and a check
character: a weighted sum in the field of 32 elements, which no single wrong character and no two swapped neighbours
leave unchanged.
"""

import hmac
from base64 import b32encode
from collections.abc import Sequence
from typing import Literal

TokenRole = Literal["team", "house", "controller", "customer"]
"""Who may answer there. `house` is the team's, too, on mails whose plain answer is not meant for the customer."""

LETTERS = {
    "lead": "L",
    "booking": "B",
    "complaint": "C",
    "grievance": "G",
    "review": "R",
    "alert": "A",
    "check-in": "K",
    "unsorted": "U",
}
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_KIND_LETTERS = tuple(LETTERS.values())
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_READ_ALOUD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LETTER_VALUES = {letter: _VALUES.get(letter, {"L": 1, "U": 27}.get(letter, 0)) for letter in _KIND_LETTERS}
"""L reads as 1 where it is mistaken for a digit; U has no place in the alphabet and takes that of V."""
_SHORTEST, _LONGEST = 6, 20
_SIGNATURE_BYTES = 10
_ROLE_LETTERS: dict[str, TokenRole] = {"t": "team", "h": "house", "c": "controller", "k": "customer"}


def make(kind: str, number: int) -> str:
    """Write a number as the reference of a record of some kind.

    Args:
        kind: One of the kinds; one without a letter counts as unsorted.
        number: From 0; the caller's to draw, so that references cannot be guessed from one another.
    """
    body = ""
    while number or len(body) < _SHORTEST:
        number, digit = divmod(number, 32)
        body = _ALPHABET[digit] + body
    letter = LETTERS.get(kind, "U")
    return _written(letter, body)


def parse(text: str) -> str | None:
    """Read a reference as a person typed it; case, dashes and spaces do not count, O is 0, I and L are 1.

    Returns:
        The reference as it is written, or None where it is none or its check character is wrong.
    """
    if len(text) > 2 * _LONGEST:
        return None
    plain = "".join(c for c in text.upper() if c not in "- ")
    letter, body = plain[:1], plain[1:].translate(_READ_ALOUD)
    if letter not in _KIND_LETTERS or not _SHORTEST <= len(body) - 1 <= _LONGEST or not set(body) <= _VALUES.keys():
        return None
    written = _written(letter, body[:-1])
    return written if written[-1] == body[-1] else None


def token(ref: str, role: TokenRole, key: bytes) -> str:
    """The piece of a desk address that names a record and who may answer there: `l-7kq2m4-2.t5x2…`.

    Lower case throughout, at most 50 characters: some mail programs change the case of addresses.
    """
    letter = next(letter for letter, name in _ROLE_LETTERS.items() if name == role)
    return f"{ref.lower()}.{letter}{_signature(ref, role, key)}"


def read_token(text: str, keys: Sequence[bytes]) -> tuple[str, TokenRole] | None:
    """Read a token; None unless one of the keys (the current and older ones) made it."""
    ref_text, dot, signed = text.strip().lower().rpartition(".")
    ref, role = parse(ref_text), _ROLE_LETTERS.get(signed[:1])
    if not dot or ref is None or role is None or not signed.isascii():
        return None
    genuine = [hmac.compare_digest(_signature(ref, role, key), signed[1:]) for key in keys]
    return (ref, role) if any(genuine) else None


def bounce_token(letter: int, key: bytes) -> str:
    """The piece of a desk address that names an outgoing mail, for its envelope sender: `b17.t5x2…`.

    Lower case throughout, at most 40 characters; no token of a record reads like it.
    """
    return f"b{letter}." + _signed(f"postroom bounce\0{letter}", key)


def read_bounce_token(text: str, keys: Sequence[bytes]) -> int | None:
    """The number of the outgoing mail that a bounce came back for; None unless one of the keys made the token."""
    number, dot, signed = text.strip().lower().partition(".")
    digits = number[1:]
    if not dot or number[:1] != "b" or not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST):
        return None
    if not signed.isascii() or digits != str(int(digits)):
        return None
    genuine = [hmac.compare_digest(_signed(f"postroom bounce\0{digits}", key), signed) for key in keys]
    return int(digits) if any(genuine) else None


def _signature(ref: str, role: str, key: bytes) -> str:
    return _signed(f"postroom desk\0{ref}\0{role}", key)


def _signed(what: str, key: bytes) -> str:
    digest = hmac.digest(key, what.encode(), "sha256")
    return b32encode(digest[:_SIGNATURE_BYTES]).decode().lower()


def _written(letter: str, body: str) -> str:
    return f"{letter}-{body}-{_ALPHABET[_check(letter, body)]}"


def _check(letter: str, body: str) -> int:
    """The value that makes the weighted sum of all characters zero; each step left weighs one factor of x more."""
    total = _LETTER_VALUES[letter]
    for char in body:
        total = _times_x(total) ^ _VALUES[char]
    return _times_x(total)


def _times_x(value: int) -> int:
    """Multiply by x in GF(32), the field modulo x^5 + x^2 + 1."""
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled
