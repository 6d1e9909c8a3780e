"""Money and distances in the notations of our sources."""

import re
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
    r"(?!\s?(?:km|mi|miles|PS|kW|hp|公里)\b)",
    re.VERBOSE,
)
_DISTANCE = re.compile(
    rf"{_NUMBER}{_SCALE}\s*(?P<unit>(?i:km\b|kilomet\w*|chilometri|mi\b|miles?\b|mijl\b|meilen?\b|milles?\b)|公里|千米|英里|里)?",
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
        currency: ISO 4217 code where the text names none, and the choice among currencies that share a sign.
        language: BCP 47 tag of the text, for signs that several currencies share.
    """
    best = None
    for found in _MONEY.finditer(_plain(text)):
        named = found["before"] or found["after"]
        if named or best is None:
            best = found
        if named:
            break
    if best is None:
        return None
    value = _number(best)
    sign = "-" if best["sign"] and value else ""
    code = _currency(best["before"] or best["after"], currency, language)
    return Money(amount=f"{sign}{value.quantize(Decimal('0.01'), ROUND_HALF_UP)}", currency=code)


def distance(text: str, unit: str | None = None) -> Distance | None:
    """Read `13,200 miles`, `45.000 km`, `12.8万公里` as whole km or mi.

    Args:
        text: A labelled value.
        unit: What a separate field calls the unit (`km`, `MILES`), where the text names none.
    """
    found = _DISTANCE.search(_plain(text))
    if found is None:
        return None
    value = int(_number(found).quantize(Decimal(1), ROUND_HALF_UP))
    return Distance(value=value, unit=_unit(found["unit"] or unit))


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
