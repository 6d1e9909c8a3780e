"""Recognisers: values that a text shows by their own form, without a label before them.

Each takes bounded text from strangers and gives every different value that it finds, in the order of the text.
"""

import re
import unicodedata
from collections.abc import Iterator

from parsers import amounts, vehicles
from parsers.contacts import email
from parsers.records import Money

CHARACTERS = 6_000
"""Of a text that are searched."""
LINE = 600
"""Characters of one line that are searched for numbers: more are a table, or an attack."""
MOST = 10
"""Values of one sort: a text with more is a list, and none of them is the writer's."""

_MAIL = re.compile(r"[^\s<>\"'(),;:|\[\]]{1,64}@[^\s<>\"'(),;:|\[\]]{3,200}")
_MASKED = re.compile(
    r"https?://\S{1,2000}|www\.\S{1,300}|[^\s<>]{1,64}@[^\s<>]{1,200}"
    r"|\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b"  # IBAN
    r"|(?<![A-Z0-9])[A-HJ-NPR-Z0-9]{17}(?![A-Z0-9])",
    re.IGNORECASE,
)
# a number behind these words is somebody's number for something, unless it is a telephone's
_REFERENCE = re.compile(
    r"(?<![^\W_])(?:nr|no|num|id|ref|number|nummer|numéro|numero|code|iban|bic|vin|fin|hrb|ust|vat|cvr|kvk|siret|编号|订单号)"
    r"[\s.:：#°º-]{1,5}\(?\d[\d\s./-]{3,40}",
    re.IGNORECASE,
)
_TELEPHONE = re.compile(r"(?:tel|fon|phone|mob|handy|ruf|call|cell|whats|ring|电话|手机)[^\n]{0,12}$", re.IGNORECASE)
_FAX = re.compile(r"(?:fax|传真)\w{0,8}[\s.:：/-]{0,5}$", re.IGNORECASE)
_HIDING = 80
"""Characters that an IBAN, or a word for a reference with what follows, may have before its digits end."""
_DIGITS = re.compile(r"[+(]{0,2}\d(?:[\s()./-]{0,4}\d){6,16}")
_PLATE_LABEL = re.compile(
    r"(?:(?<![^\W_])(?:kfz-)?(?:kennzeichen|kennz\.|nummernschild|registration(?:\s(?:number|plate|no\.?))?"
    r"|reg\.?\s?(?:no|nr|number)\.?|number\s?plate|licen[cs]e\splate|nummerplade|registreringsnummer|kenteken"
    r"|(?:plaque(?:\sd['’]))?immatriculation|targa)|车牌号?码?)"
    r"[\s:：=-]{0,4}(?:(?:is|ist|lautet|er|est|è|nr\.?|no\.?|是|为)[\s:：]{1,3}|是|为)?",
    re.IGNORECASE,
)


# the label's pattern is slow: a text without any of these has none
_PLATE_WORDS = ("kennz", "schild", "reg", "plate", "plade", "kenteken", "immatric", "targa", "车牌")


def emails(text: str) -> list[str]:
    """Mail addresses; their domains in lower case."""
    words = [word for word in text[:CHARACTERS].split() if "@" in word] if "@" in text else []
    found = (email(one[0].strip(".")) for word in words for one in _MAIL.finditer(word))
    return _different(filter(None, found))


def phones(text: str, region: str | None) -> list[str]:
    """Telephone numbers in E.164: those that exist in their country's plan, and others behind a word for telephone.

    A fax, a customer's or order number, and digits of a link, an IBAN or a VIN are none.

    Args:
        text: What a person wrote.
        region: ISO country whose national numbers are meant.
    """
    text = unicodedata.normalize("NFKC", text[:CHARACTERS])
    first = _DIGITS.search(text)
    if first is None:
        return []
    # whatever hides digits begins in their line, or, where it has white space in it, shortly before
    masked = _MASKED.sub(" | ", text[text.rfind("\n", 0, max(0, first.start() - _HIDING)) + 1 :])
    masked = _REFERENCE.sub(lambda m: m[0] if _TELEPHONE.search(_before(m)) else " | ", masked)
    return _different(number for line in masked.splitlines() for number in _numbers(line[:LINE], region))


def _before(found: re.Match[str]) -> str:
    return found.string[max(0, found.start() - 16) : found.start()]


def _numbers(line: str, region: str | None) -> Iterator[str]:
    if _DIGITS.search(line) is None:
        return
    import phonenumbers  # 48 MB of tables: only for processes that read numbers

    for leniency in (phonenumbers.Leniency.VALID, phonenumbers.Leniency.POSSIBLE):
        matcher = phonenumbers.PhoneNumberMatcher(line, region or "ZZ", leniency=leniency, max_tries=MOST)
        before = [(found, line[max(0, found.start - 20) : found.start]) for found in matcher]
        if leniency == phonenumbers.Leniency.POSSIBLE:  # not in any plan: a word must say that it is a telephone
            before = [(found, text) for found, text in before if _TELEPHONE.search(text)]
        for found, text in before:
            if not _FAX.search(text):
                yield phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
        if before:
            return


def vins(text: str) -> list[str]:
    """Vehicle identification numbers, written in one piece."""
    words = [word for word in text[:CHARACTERS].split() if len(word) >= 17 and "://" not in word and "@" not in word]
    return _different(vehicles.vins(" ".join(words))) if words else []


def plates(text: str, region: str | None) -> list[str]:
    """Number plates right behind a word that says so, in the form of the site's country or of China."""
    text = unicodedata.normalize("NFKC", text[:CHARACTERS])
    low = text.lower()
    if not any(word in low for word in _PLATE_WORDS):
        return []
    found = (vehicles.plate_at(text[label.end() : label.end() + 20], region) for label in _PLATE_LABEL.finditer(text))
    return _different(filter(None, found))


def prices(text: str, currency: str | None, language: str | None) -> list[Money]:
    """Amounts beside a currency; of a range none."""
    found = amounts.priced(text, currency, language)
    return list(dict.fromkeys(found))[:MOST]


def _different(found: Iterator[str]) -> list[str]:
    """Each once; none where there are so many that they must be a list."""
    every = list(dict.fromkeys(found))
    return every if len(every) <= MOST else []
