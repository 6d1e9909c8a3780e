"""Telephone numbers as customers write them."""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import phonenumbers

_LIMIT = 200
_SEVERAL = re.compile(r"[,;|\n]|\s/\s(?=[+0(])|(?i:\b(?:or|oder|und|and|eller|og|of|en|ou|et|o|e)\b)|或|和|、")
_CANDIDATE = re.compile(r"(?:\+\s?|\(\+?)?\d[\d\s().\-/]{0,38}\d|\d")
_VANITY = re.compile(r"(?=[+().\s-]{0,12}\d)\+?[\d().\s-]{4,12}-[A-Z][A-Z\d-]{3,9}")
_DIGIT = re.compile(r"\d")
_DATE = re.compile(r"\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:19|20)\d{2}|(?:19|20)\d{2}[./-]\d{1,2}[./-]\d{1,2}")
_WHOLE = 8
"""Digits of a number as it is dialled inside a country without area codes."""
_LEAST = 6
"""Digits of a local number that words follow."""
_TRUNK = re.compile(r"\(\s?0\s?\)")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


@lru_cache(maxsize=2048)
def phone(text: str, region: str | None) -> str | None:
    """Read the first telephone number of a text.

    Args:
        text: A labelled value, a `tel:` link or a line; only its first 200 characters count.
        region: ISO country whose national numbers are meant; None reads only numbers with a country code.

    Returns:
        E.164 where the number can be dialled from anywhere, else the number as written; None without digits.
    """
    clean = unicodedata.normalize("NFKC", text[:_LIMIT]).translate(_DASHES)
    for piece in _SEVERAL.split(clean):
        piece = _first_of_two(piece, region)
        found = _VANITY.search(piece) or _longest(piece)
        if found:
            written = " ".join(found[0].split())
            return _e164(written, region) or (written if _could_be_local(written, piece[found.end() :]) else None)
    return None


def _first_of_two(piece: str, region: str | None) -> str:
    """`20 12 34 56 / 86 12 34 56`: two numbers where none has an area code that a stroke could set off."""
    first, stroke, second = piece.partition("/")
    if not stroke or min(len(_DIGIT.findall(first)), len(_DIGIT.findall(second))) < _WHOLE:
        return piece
    import phonenumbers

    return first if phonenumbers.ndd_prefix_for_region(region or "", True) is None else piece


def _could_be_local(written: str, behind: str) -> bool:
    """A number without area code may stand alone; a date, and few digits before a word (`10115 Berlin`), are none."""
    few = len(_DIGIT.findall(written)) < _LEAST and behind.strip()[:1].isalpha()
    return not few and _DATE.fullmatch(written) is None


def _longest(piece: str) -> re.Match[str] | None:
    """The piece may also hold times or counts: the number with most characters is the telephone number."""
    return max(_CANDIDATE.finditer(piece), key=lambda m: len(m[0]), default=None)


def _e164(written: str, region: str | None) -> str | None:
    import phonenumbers  # 48 MB of tables: only for processes that read numbers

    if written.startswith("00"):
        written = "+" + written[2:]
    if written.startswith(("+", "(+")):
        written = _TRUNK.sub("", written)
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    if not written.lstrip("(").startswith(("+", "0")) and _lacks_area_code(number, region):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _lacks_area_code(number: "phonenumbers.PhoneNumber", region: str | None) -> bool:
    """Where national numbers begin with a 0, one without it is local, unless it can only be a mobile number."""
    import phonenumbers

    if phonenumbers.ndd_prefix_for_region(region or "", True) != "0":
        return False
    return phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE
