"""Makers of values: each gives what a source writes and what has to be read, in the notations of a language."""

import random
import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.generator import words


class Value(NamedTuple):
    """A value as written, and as it stands in `parse --json`."""

    written: str
    read: Any


def person(rng: random.Random, language: str) -> tuple[str, str]:
    """First and last name; a Chinese name is whole, in the second."""
    if language == "zh":
        return "", rng.choice(words.CHINESE_NAMES)
    return rng.choice(words.FIRST_NAMES[language]), rng.choice(words.LAST_NAMES[language])


def name(first: str, last: str) -> Value:
    whole = f"{first} {last}".strip()
    return Value(whole, whole)


def email(rng: random.Random, first: str, last: str) -> Value:
    ascii_only = re.sub(r"[^a-z]", "", f"{first}{last}".lower()) or f"kunde{rng.randrange(1000)}"
    address = f"{ascii_only[:20]}{rng.randrange(100)}@{rng.choice(('post', 'mail', 'web'))}.example"
    return Value(address, address)


def phone(rng: random.Random, language: str) -> Value:
    """A mobile or fixed number as people of the country write theirs; read as E.164."""
    n = "".join(rng.choice("23456789") for _ in range(9))
    national, country = {
        "de": (f"0171{n[:7]}", "+49"), "en": (f"07700{n[:6]}", "+44"), "da": (f"{rng.choice('23456')}{n[:7]}", "+45"),
        "zh": (f"138{n[:8]}", "+86"), "nl": (f"06{n[:8]}", "+31"), "fr": (f"06{n[:8]}", "+33"),
        "it": (f"347{n[:7]}", "+39"),
    }[language]  # fmt: skip
    bare = national.removeprefix("0")
    e164 = f"{country}{bare}"
    groups = {
        "de": [f"{national[:4]} {national[4:]}", f"{national[:4]}/{national[4:]}", f"0049 {bare[:3]} {bare[3:]}",
               f"+49 (0) {bare[:3]} {bare[3:]}", f"0171-{national[4:]}"],
        "en": [f"{national[:5]} {national[5:]}", f"+44 {bare[:4]} {bare[4:]}", national],
        "da": [" ".join(re.findall("..", national)), national, f"+45 {national[:4]} {national[4:]}"],
        "zh": [f"{national[:3]} {national[3:7]} {national[7:]}", national, f"+86 {national}"],
        "nl": [f"06-{national[2:]}", f"06 {national[2:]}", f"+31 6 {national[2:]}"],
        "fr": [" ".join(re.findall("..", national)), ".".join(re.findall("..", national)),
               f"+33 {bare[0]} {bare[1:]}"],
        "it": [f"{national[:3]} {national[3:]}", f"+39 {national[:3]} {national[3:]}",
               f"{national[:3]}/{national[3:]}"],
    }  # fmt: skip
    return Value(rng.choice(groups[language]), e164)


def plate(rng: random.Random, language: str) -> Value:
    letters = "ABCDEFGHJKLMNPRSTVWXYZ"
    a, b, c, d = (rng.choice(letters) for _ in range(4))
    number = f"{rng.randrange(10000, 99999)}"
    made = {
        "de": [(f"{a}-{b}{c} {number[:4]}", f"{a}-{b}{c} {number[:4]}"),
               (f"{a}{b} {c}{d} {number[:3]}", f"{a}{b}-{c}{d} {number[:3]}")],
        "en": [(f"{a}{b}{number[:2]} {b}{c}{d}",) * 2],
        "da": [(f"{a}{b} {number[:2]} {number[2:]}",) * 2,
               (f"{a}{b}{number}", f"{a}{b} {number[:2]} {number[2:]}")],
        "zh": [(f"{rng.choice('京沪粤川')}{a}{number}",) * 2],
        "nl": [(f"{number[:2]}-{a}{b}{c}-{number[2]}",) * 2, (f"{a}{b}-{number[:3]}-{c}",) * 2],
        "fr": [(f"{a}{b}-{number[:3]}-{c}{d}",) * 2, (f"{a}{b} {number[:3]} {c}{d}", f"{a}{b}-{number[:3]}-{c}{d}")],
        "it": [(f"{a}{b}{number[:3]}{c}{d}",) * 2, (f"{a}{b} {number[:3]} {c}{d}", f"{a}{b}{number[:3]}{c}{d}")],
    }[language]  # fmt: skip
    return Value(*rng.choice(made))


def vin(rng: random.Random) -> Value:
    """17 characters of ISO 3779 without a check digit, as outside North America."""
    signs = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
    number = f"W{''.join(rng.choice(signs) for _ in range(10))}{rng.randrange(100000, 999999)}"
    return Value(number, number)


def grouped(number: int, sign: str) -> str:
    return f"{number:,}".replace(",", sign)


def price(rng: random.Random, language: str) -> Value:
    amount = rng.randrange(2, 89) * 1000 + rng.choice((0, 500, 900, 990))
    dots, commas = grouped(amount, "."), grouped(amount, ",")
    currency, forms = {
        "de": ("EUR", [f"{dots},- €", f"{dots},00 EUR", f"€ {dots}", f"{dots} €", f"{amount} Euro"]),
        "en": ("GBP", [f"£{commas}", f"£{commas}.00", f"GBP {commas}"]),
        "da": ("DKK", [f"kr. {dots}", f"{dots} kr.", f"{dots},- kr", f"DKK {dots},00"]),
        "zh": ("CNY", [f"{amount}元", f"¥{commas}", f"{amount / 10000:g}万元", f"{amount / 10000:g}万"]),
        "nl": ("EUR", [f"€ {dots},-", f"€{dots}", f"{dots},00 EUR"]),
        "fr": ("EUR", [f"{grouped(amount, ' ')} €", f"{grouped(amount, ' ')},00 €", f"{amount} EUR"]),
        "it": ("EUR", [f"€ {dots}", f"{dots},00 €", f"EUR {dots}"]),
    }[language]
    return Value(rng.choice(forms), {"amount": f"{amount}.00", "currency": currency})


def odometer(rng: random.Random, language: str) -> Value:
    count = rng.randrange(1, 240) * 1000 + rng.choice((0, 100, 500, 850))
    unit, forms = {
        "de": ("km", [f"{grouped(count, '.')} km", f"{count} km", f"{grouped(count, '.')}"]),
        "en": ("mi", [f"{grouped(count, ',')} miles", f"{grouped(count, ',')}", f"{count} mi"]),
        "da": ("km", [f"{grouped(count, '.')} km", f"{count}"]),
        "zh": ("km", [f"{count}公里", f"{count / 10000:g}万公里"]),
        "nl": ("km", [f"{grouped(count, '.')} km", f"{count} km"]),
        "fr": ("km", [f"{grouped(count, ' ')} km", f"{count} km"]),
        "it": ("km", [f"{grouped(count, '.')} km", f"{count} km"]),
    }[language]
    return Value(rng.choice(forms), {"value": count, "unit": unit})


def day(rng: random.Random) -> datetime:
    """A quarter of an hour of a working day in 2026 or 2027."""
    return datetime(2026, 1, 5, 7, 0) + timedelta(days=rng.randrange(700), minutes=15 * rng.randrange(40))  # noqa: DTZ001


_MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "en": "January February March April May June July August September October November December",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
}


def date(rng: random.Random, language: str, when: datetime) -> Value:
    if language == "zh":
        forms = [f"{when.year}年{when.month}月{when.day}日", f"{when:%Y-%m-%d}"]
    else:
        month = _MONTHS[language].split()[when.month - 1]
        forms = {
            "de": [f"{when:%d.%m.%Y}", f"{when.day}. {month} {when.year}", f"{when.day}.{when.month}.{when.year}"],
            "en": [f"{when.day} {month} {when.year}", f"{month} {when.day}, {when.year}", f"{when:%Y-%m-%d}"],
            "da": [f"{when.day}. {month} {when.year}", f"{when:%d.%m.%Y}", f"{when:%d-%m-%Y}"],
            "nl": [f"{when.day} {month} {when.year}", f"{when:%d-%m-%Y}"],
            "fr": [f"{when.day} {month} {when.year}", f"{when:%d/%m/%Y}"],
            "it": [f"{when.day} {month} {when.year}", f"{when:%d/%m/%Y}"],
        }[language]
    return Value(rng.choice(forms), f"{when:%Y-%m-%d}")


def time(rng: random.Random, language: str, when: datetime) -> Value:
    clock = f"{when.hour}:{when:%M}"
    forms = {
        "de": [f"{clock} Uhr", f"{when:%H:%M}"], "en": [f"{when:%I:%M %p}".lstrip("0"), f"{when:%H:%M}"],
        "da": [f"kl. {when.hour}.{when:%M}", f"{when:%H:%M}"], "zh": [f"{when:%H:%M}", f"{when.hour}点{when:%M}分"],
        "nl": [f"{when:%H:%M}", f"{clock} uur"], "fr": [f"{when.hour}h{when:%M}", f"{when:%H:%M}"],
        "it": [f"{when:%H:%M}", f"ore {clock}"],
    }[language]  # fmt: skip
    return Value(rng.choice(forms), f"{when:%H:%M:%S}")


def moment(rng: random.Random, language: str, when: datetime) -> Value:
    """Date and time in one value."""
    date_of, time_of = date(rng, language, when), time(rng, language, when)
    return Value(f"{date_of.written} {time_of.written}", f"{date_of.read}T{time_of.read}")


def year(rng: random.Random) -> Value:
    made = str(rng.randrange(2005, 2027))
    return Value(rng.choice((made, f"{rng.randrange(1, 13):02}/{made}")), made)


def street(rng: random.Random, language: str) -> Value:
    way, house = rng.choice(words.STREETS[language]), rng.randrange(1, 180)
    written = f"{house} {way}" if language in ("en", "fr") else f"{way} {house}" + ("号" if language == "zh" else "")
    return Value(written, written)


def link(rng: random.Random) -> Value:
    url = f"https://www.cars.example/offer/{rng.randrange(10**6, 10**9)}.html"
    return Value(url, url)


def message(rng: random.Random, language: str, most: int = 5) -> Value:
    """What a person writes: one paragraph, or several with lines between them."""
    chosen = rng.sample(words.SENTENCES[language], rng.randrange(1, min(most, len(words.SENTENCES[language])) + 1))
    text = chosen[0]
    for sentence in chosen[1:]:
        text += rng.choice((" ", " ", "\n", "\n\n")) + sentence
    return Value(text, text)


def code(rng: random.Random) -> Value:
    made = f"{rng.choice('ABKL')}-{rng.randrange(10**5, 10**7)}"
    return Value(made, made)
