"""Money and distances in the notations of our sources."""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from parsers.records import Distance, Money

_LIMIT = 200

# grouped thousands first; a lone separator before exactly three digits groups (nobody writes three decimals)
_NUMBER = r"""(?<![\d.,])(?:(?P<grouped>[1-9]\d{0,2}(?:[.,'’\ ]\d{3})+)(?:[.,](?P<cents>\d{1,2}))?
    |(?P<plain>\d{1,12})(?:[.,](?P<part>\d{1,4}))?)(?![.,'’]?\d)(?:[.,][-–—]{1,2})?"""
_SCALE = r"\s*(?P<scale>万|千|百万|亿|[Tt]sd\.?|[kK](?![a-zA-Z]|\s?m\b)|T(?=€|\s?EUR|[Kk][Mm])|t(?=[Kk][Mm]))?"
_SIGN = r"(?:(?<![\w\d])[-−]\s?)"
_SYMBOL = r"""€|£|(?:\b(?:US|CA|AU|NZ|HK|[CAS]))?[$＄]|[¥￥]|zł|元|块|人民币|日元|港币|欧元|美元
    |[Kk]r\b\.?|S?Fr\b\.?|(?i:\b(?:euros?|dollars?|kroner|franken|pounds?|rmb|eur|usd|gbp|chf|dkk|sek|nok|cny|pln|czk|huf
    |jpy|cad|aud|hkd)(?![a-z]))"""
_MONEY = re.compile(
    rf"(?P<before>{_SYMBOL})?\s*(?P<sign>{_SIGN})?{_NUMBER}{_SCALE}\s*(?P<after>{_SYMBOL})?"
    r"(?!\s?(?:(?:km|mi|miles|PS|kW|hp|公里)\b|%))",
    re.VERBOSE,
)
_TO = r"(?:[-–—~～至到]|\b(?:bis|to|til|tot|à|a)\b)"
_RANGE_BEHIND = re.compile(rf"\s*{_TO}\s*(?:{_SYMBOL})?\s*\d")
_RANGE_BEFORE = re.compile(
    rf"\d(?:[.,][-–—]{{1,2}})?\s*(?:万|千|亿|[kK]|[Tt]sd\.?)?\s*(?:{_SYMBOL}|km|mi)?\s*{_TO}\s*$"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGIT = re.compile(r"\d")
_SHORT_SIGN = re.compile(r"(?:[Kk]r|Fr)\b")
_SIGNS = (
    "€", "£", "$", "＄", "¥", "￥", "zł", "元", "块", "币", "eur", "dollar", "kroner", "franken", "pound", "rmb", "usd",
    "gbp", "chf", "dkk", "sek", "nok", "cny", "pln", "czk", "huf", "jpy", "cad", "aud", "hkd",
)  # fmt: skip
"""One of these stands in every text with `_SYMBOL`, whose search is slow."""
_FOLLOWS = re.compile(r"\s?\d")
_DISTANCE = re.compile(
    rf"{_NUMBER}{_SCALE}\s*(?P<unit>(?i:km\b|kilom[eè]t\w*|chilometri|mi\b|miles?\b|mijl\b|meilen?\b|milles?\b)|公里|千米|英里|里)?",
    re.VERBOSE,
)
_SCALES = {"万": 10_000, "千": 1_000, "百万": 1_000_000, "亿": 100_000_000, "k": 1_000, "t": 1_000, "tsd": 1_000}
_CURRENCIES = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "欧元": "EUR", "£": "GBP", "pound": "GBP", "pounds": "GBP",
    "zł": "PLN", "元": "CNY", "块": "CNY", "人民币": "CNY", "rmb": "CNY", "日元": "JPY", "港币": "HKD", "美元": "USD",
    "us$": "USD", "ca$": "CAD", "c$": "CAD", "au$": "AUD", "a$": "AUD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD",
    "fr": "CHF", "sfr": "CHF", "franken": "CHF",
}  # fmt: skip
# one sign, several currencies: what the source or the language says wins over the first of each list
_SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN"),
    "¥": ("CNY", "JPY"),
    "kr": ("DKK", "SEK", "NOK", "ISK"),
}
_BY_LANGUAGE = {"sv": "SEK", "nb": "NOK", "nn": "NOK", "no": "NOK", "is": "ISK", "ja": "JPY"}
_ALIASES = {"kroner": "kr", "＄": "$", "￥": "¥", "dollar": "$", "dollars": "$"}


def money(text: str, currency: str | None = None, language: str | None = None) -> Money | None:
    """Read an amount: `12.345,-`, `€ 12.345`, `kr. 245.000`, `$4,000`, `12.8万元`, `CHF 12'345.–`.

    Args:
        text: A labelled value; a number beside a currency wins over one without.
            Of a range, and of several numbers without a currency, none is the amount.
        currency: ISO 4217 code where the text names none, and the choice among currencies that share a sign.
        language: BCP 47 tag of the text, for signs that several currencies share.
    """
    plain = _plain(text)
    every = list(_amounts(plain))
    named = [found for found in every if found["before"] or found["after"]]
    if not named and len(every) != 1:
        return None
    best = (named or every)[0]
    if _is_range(plain, best):
        return None
    return _money(best, currency, language)


def priced(text: str, currency: str | None = None, language: str | None = None) -> Iterator[Money]:
    """Every amount beside a currency, of a range none; the arguments are those of `money`."""
    plain = _plain(text)
    if not _may_be_priced(plain):
        return
    for found in _amounts(plain):
        if (found["before"] or found["after"]) and not _is_range(plain, found) and not _ends_a_word(plain, found):
            yield _money(found, currency, language)


def _may_be_priced(text: str) -> bool:
    """A quick look that most texts do not pass."""
    if _DIGIT.search(text) is None:
        return False
    lower = text.lower()
    return any(sign in lower for sign in _SIGNS) or _SHORT_SIGN.search(text) is not None


def _ends_a_word(text: str, found: re.Match[str]) -> bool:
    """Whether the digits belong to letters before them: `BS61 SEK` is a plate."""
    start = found.start("grouped") if found["grouped"] else found.start("plain")
    before = text[start - 1 : start]
    return not found["before"] and before.isascii() and before.isalpha()


def distance(text: str, unit: str | None = None) -> Distance | None:
    """Read `13,200 miles`, `45.000 km`, `12.8万公里` as whole km or mi.

    Args:
        text: A labelled value; a number beside a unit wins over one without, and of a range none is the distance.
        unit: What a separate field calls the unit (`km`, `MILES`), where the text names none.
    """
    plain = _plain(text)
    every = list(_DISTANCE.finditer(plain))
    found = next((found for found in every if found["unit"]), next(iter(every), None))
    if found is None or _is_range(plain, found):
        return None
    value = int(_number(found).quantize(Decimal(1), ROUND_HALF_UP))
    return Distance(value=value, unit=_unit(found["unit"] or unit))


def _amounts(text: str) -> Iterator[re.Match[str]]:
    """Every number that may be an amount; the sign in `Golf 2019 € 12.345` belongs to what follows, not to the year."""
    position = 0
    while found := _MONEY.search(text, position):
        sign = found.start("after")
        if (
            sign >= 0
            and not found["before"]
            and _YEAR.fullmatch(found["plain"] or "")
            and _FOLLOWS.match(text, found.end())
        ):
            position = sign
            continue
        yield found
        position = found.end()


def _money(found: re.Match[str], currency: str | None, language: str | None) -> Money:
    value = _number(found)
    sign = "-" if found["sign"] and value else ""
    code = _currency(found["before"] or found["after"], currency, language)
    return Money(amount=f"{sign}{value.quantize(Decimal('0.01'), ROUND_HALF_UP)}", currency=code)


def _is_range(text: str, found: re.Match[str]) -> bool:
    """Whether it is one end of `5.000 - 10.000 km`."""
    behind, before = text[found.end() :], text[max(0, found.start() - 30) : found.start()]
    return bool(_RANGE_BEHIND.match(behind) or _RANGE_BEFORE.search(before))


def _plain(text: str) -> str:
    return re.sub(r"[\u00a0\u2009\u202f\t]", " ", text[:_LIMIT]).replace("，", ",").replace("．", ".")


def _number(found: re.Match[str]) -> Decimal:
    if found["scale"] in ("万", "百万", "亿") and re.fullmatch(r"\d{1,3}\.\d{3}", found["grouped"] or ""):
        value = Decimal(found["grouped"])  # 2.399万: a point before such a scale does not group
    elif found["grouped"]:
        value = Decimal(re.sub(r"\D", "", found["grouped"]) + "." + (found["cents"] or "0"))
    else:
        value = Decimal(f"{found['plain']}.{found['part'] or '0'}")
    return value * _SCALES.get((found["scale"] or "").lower().rstrip("."), 1)


def _currency(name: str | None, hint: str | None, language: str | None) -> str | None:
    if not name:
        return hint
    name = name.strip().lower().rstrip(".")
    name = _ALIASES.get(name, name)
    if name in _SHARED:
        by_language = _BY_LANGUAGE.get((language or "")[:2].lower())
        return next((c for c in (hint, by_language) if c in _SHARED[name]), _SHARED[name][0])
    return _CURRENCIES.get(name, name.upper())


def _unit(name: str | None) -> Literal["km", "mi"] | None:
    name = (name or "").strip().lower()
    if name.startswith(("k", "公里", "千米", "chilo")):
        return "km"
    return "mi" if name.startswith(("mi", "mei", "英里")) else None
