"""What a value is by itself: only what can be nothing else counts, everything doubtful stays unmapped."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from parsers import language, values
from parsers.dictionary import make_of, squeeze

_EMAIL = re.compile(r"(?:mailto:)?[^\s@<>]{1,64}@[^\s@<>]{1,190}", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"]{3,1000}", re.IGNORECASE)
_DIALLED = re.compile(r"(?:tel:)?(?:\+|\(0|\(\+|00?[1-9])[\d\s().\-/]{5,24}\d")
_GROUPED = re.compile(r"\(?\d{2,4}\)?(?:[ -]\d{2,4}){2,4}")
_DIGITS = re.compile(r"1[3-9]\d{9}")
_BARE = re.compile(r"[\d\s./-]{7,20}")
_POSTAL = re.compile(r"(?:[A-Z]{1,2}-)?(?:\d{5}|\d{4} ?[A-Z]{2}|\d{4})[ ,]+[^\W\d_][^\d:;@]{2,40}")
_YEAR_FIRST = re.compile(r"(?:19|20)\d{2}\s")
_UNITS = re.compile(r"(?:km|mi|miles|eur|euro|ps|kw|kr|dkk|usd|uhr|公里)\b", re.IGNORECASE)
_ODOMETER = re.compile(
    r"[\d.,' \u00a0]{1,12}(?:\s?[万tk])?\s?(?:km|kilometers?|kilometer|miles?|mi|公里|千米|英里)\.?", re.IGNORECASE
)
_PRICE = re.compile(
    r"(?:€|£|\$|¥|￥|kr\.?|eur|dkk|usd|gbp|cny|chf|rmb)\s?[\d.,' \u00a0]{1,14}(?:,-|,–|\.-|\.–)?"
    r"|[\d.,' \u00a0]{1,14}(?:,-|,–)?\s?(?:万)?(?:€|£|\$|¥|元|kr\.?|eur|euro|dkk|usd|gbp|cny|chf|rmb|kroner)",
    re.IGNORECASE,
)
_PLATES = {
    "DE": re.compile(r"[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} ?\d{1,4}[EH]?"),
    "DK": re.compile(r"[A-Z]{2} \d{2} \d{3}"),
    "NL": re.compile(r"[A-Z0-9]{1,3}-[A-Z0-9]{2,3}-[A-Z0-9]{1,3}"),
    "CN": re.compile(r"[一-鿿][A-Z]·?[A-Z0-9]{5,6}"),
}
_NAME = re.compile(r"[^\W\d_][\w.'’-]{0,30}(?: [^\W\d_][\w.'’-]{0,30}){1,3}|[\u4e00-\u9fff·]{2,5}")
_SAME_TIME = 15 * 60
"""Seconds between a form's own time and the mail's Date."""


class Known(NamedTuple):
    """What one sample says of itself outside its text."""

    region: str = "DE"
    language: str | None = None
    name: str | None = None
    """Display name of the person who gets an answer."""
    sent_at: str | None = None
    """ISO 8601."""


Values = Sequence[tuple[str, Known]]
"""A value of each sample that has one."""


def certain_field(found: Values) -> str | None:
    """The field that values can only be, whatever stands beside them; None where in doubt.

    Args:
        found: The values of one place, of each sample that has it; where they do not differ, they tell nothing of a
            customer.
    """
    for values_found in (found, [(value.partition("\n")[0], known) for value, known in found]):
        if len({squeeze(value) for value, _ in values_found}) < 2:
            return None
        for field, is_it in _TESTS:
            if all(is_it(value.strip(), known) for value, known in values_found):
                return field
    return "customer.phone" if _are_phones(found) else None


def field_of(value: str, known: Known) -> str | None:
    """The field that a single value can only be."""
    return next((field for field, is_it in _TESTS if is_it(value.strip(), known)), None)


def is_name(text: str) -> bool:
    """Whether words may be a person's name: two to four, no digits, none of them a make."""
    return bool(_NAME.fullmatch(text)) and make_of(text)[0] is None and not text.isupper() and _is_capital(text)


def is_told(value: str) -> bool:
    """Whether it is sentences of a language: a person's own words."""
    return max(len(value.split()), sum(not c.isascii() for c in value) // 2) >= 6 and language.guess(value) is not None


def names_match(names: Mapping[int, str], addresses: Mapping[int, str]) -> bool:
    """Whether names are those of the mail addresses: in each sample that has both, two at least, a word is in both."""
    both = [(name, addresses[number].partition("@")[0]) for number, name in names.items() if number in addresses]
    return (
        len({name for name, _ in both}) > 1
        and all(map(is_name, names.values()))
        and all(any(word in squeeze(local) for word in _words(name)) for name, local in both)
    )


def _words(name: str) -> Iterator[str]:
    """The words of a name as they stand in addresses: without accents, umlauts in both ways."""
    lower = name.casefold()
    for text in (lower, lower.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ø", "oe")):
        plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        yield from (word for word in re.findall(r"[^\W\d_]+", plain) if len(word) > 2)


def _is_capital(text: str) -> bool:
    first, last = text.split()[0], text.split()[-1]
    return (not text.isascii() and not first[0].islower()) or (first[0].isupper() and last[0].isupper())


def _is_email(value: str, known: Known) -> bool:
    return bool(_EMAIL.fullmatch(value)) and values.email(value) is not None


def _is_vin(value: str, known: Known) -> bool:
    return len(re.sub(r"[\s.-]", "", value)) == 17 and values.vin(value) is not None


def _is_url(value: str, known: Known) -> bool:
    return bool(_URL.fullmatch(value))


def _is_phone(value: str, known: Known) -> bool:
    if not 7 <= sum(c.isdigit() for c in value) <= 15 or values.instant(value, known.language):
        return False
    written = (
        _DIALLED.fullmatch(value) or _GROUPED.fullmatch(value) or (known.region == "CN" and _DIGITS.fullmatch(value))
    )
    return bool(written) and (values.phone(value, known.region) or "").startswith("+")


def _are_phones(found: Values) -> bool:
    """Most are written as nothing but numbers to dial are, and the others can be dialled in the country, too."""
    sure = [_is_phone(value.strip(), known) for value, known in found]
    bare = [(_BARE.fullmatch(value.strip()) and values.phone(value, known.region)) or "" for value, known in found]
    dialled = all(is_sure or number.startswith("+") for is_sure, number in zip(sure, bare, strict=True))
    return dialled and 2 * sum(sure) > len(found)


def _is_postal_city(value: str, known: Known) -> bool:
    if not _POSTAL.fullmatch(value) or _YEAR_FIRST.match(value) or _UNITS.search(value):
        return False
    town = value.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ- 0123456789,")
    return bool(town) and make_of(town)[0] is None


def _is_odometer(value: str, known: Known) -> bool:
    return bool(_ODOMETER.fullmatch(value)) and values.distance(value) is not None


def _is_price(value: str, known: Known) -> bool:
    return bool(_PRICE.fullmatch(value)) and values.money(value) is not None


def _is_plate(value: str, known: Known) -> bool:
    pattern = _PLATES.get(known.region)
    return bool(pattern and pattern.fullmatch(value)) and any(c.isdigit() for c in value)


def _is_reply_name(value: str, known: Known) -> bool:
    return known.name is not None and squeeze(value) == squeeze(known.name)


def _is_title(value: str, known: Known) -> bool:
    make, model = make_of(re.sub(r"^(?:19|20)\d{2}\s+", "", value))
    return make is not None and bool(model) and len(value) <= 80 and "\n" not in value


def _is_make(value: str, known: Known) -> bool:
    make, model = make_of(value)
    return make is not None and not model


def _is_time_of_request(value: str, known: Known) -> bool:
    """The time at which the form was sent: the mail's own Date, in the sender's zone."""
    read = values.instant(value, known.language)
    if not read or not known.sent_at or "T" not in read:
        return False
    sent, said = datetime.fromisoformat(known.sent_at), datetime.fromisoformat(read)
    if sent.tzinfo is None or said.tzinfo is None:
        sent, said = sent.replace(tzinfo=None), said.replace(tzinfo=None)
    return abs((sent - said).total_seconds()) <= _SAME_TIME


def _is_message(value: str, known: Known) -> bool:
    return is_told(value)


_TESTS: tuple[tuple[str, Callable[[str, Known], bool]], ...] = (
    ("customer.email", _is_email),
    ("vehicle.vin", _is_vin),
    ("vehicle.listing_url", _is_url),
    ("requested_at", _is_time_of_request),
    ("customer.phone", _is_phone),
    ("customer.name", _is_reply_name),
    ("customer.address.postal_city", _is_postal_city),
    ("vehicle.odometer", _is_odometer),
    ("vehicle.price", _is_price),
    ("vehicle.plate", _is_plate),
    ("vehicle.make", _is_make),
    ("vehicle.title", _is_title),
    ("comments", _is_message),
)
"""Fields that a value shows by itself, the surest first."""
