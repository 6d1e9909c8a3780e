"""Rules for one field: each takes a value and says why it must not stand there, or None."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime

from parsers.attachments import NAME_LIMIT
from parsers.clean import BLOCK_LIMIT, LINE_LIMIT

_UNFIT = ("Cc", "Cs", "Zl", "Zp")
"""Unicode's controls, surrogates, line and paragraph separators."""

Rule = Callable[[object], str | None]


def line(limit: int) -> Rule:
    """One line that can be shown anywhere."""
    return lambda value: _text(value, limit, "")


def prose(limit: int) -> Rule:
    """A text of several lines."""
    return lambda value: _text(value, limit, "\n\t")


def like(pattern: str, limit: int) -> Rule:
    """One line of this form."""
    form = re.compile(pattern)

    def rule(value: object) -> str | None:
        return _text(value, limit, "") or (None if form.fullmatch(str(value)) else f"{value!r} is not like {pattern}")

    return rule


def one_of(*words: str) -> Rule:
    """One of these."""
    return lambda value: None if value in words else f"{value!r} is none of those that are known"


def number(most: int) -> Rule:
    """A whole number from 0."""

    def rule(value: object) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return f"{value!r} is no number"
        return None if 0 <= value <= most else f"{value} is out of bounds"

    return rule


def each(inner: Rule | None, most: int) -> Rule:
    """A list in which nothing comes twice; without an inner rule, of shapes with rules of their own."""

    def rule(value: object) -> str | None:
        if not isinstance(value, tuple) or len(value) > most:
            return f"no list of at most {most}: {str(value)[:80]}"
        if inner is not None and len(set(value)) < len(value):
            return f"the same twice: {str(value)[:80]}"
        return next((why for one in value if inner and (why := inner(one))), None)

    return rule


def keyed(key: Rule, inner: Rule, most: int) -> Rule:
    """A table."""

    def rule(value: object) -> str | None:
        if not isinstance(value, dict) or len(value) > most:
            return f"no table of at most {most}: {str(value)[:80]}"
        return next((f"{one!r}: {why}" for one, text in value.items() if (why := key(one) or inner(text))), None)

    return rule


def _text(value: object, limit: int, also: str) -> str | None:
    if not isinstance(value, str):
        return f"{value!r} is no text"
    if len(value) > limit:
        return f"{len(value)} characters"
    if not value.strip():
        return "blank, but not absent"
    wrong = next(
        (one for one in value if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") and one not in also), ""
    )
    return f"holds {wrong!r}" if wrong else None


def _address(value: object) -> str | None:
    why = _text(value, 320, "")
    if why or re.fullmatch(r"\S+@[^\s@]+", str(value)):
        return why
    return f"{value!r} is no address"


def _phone(value: object) -> str | None:
    why = _text(value, 60, "")
    if why or any(map(str.isdigit, str(value))):
        return why
    return f"{value!r} has no digits"


def _name(value: object) -> str | None:
    if why := _text(value, NAME_LIMIT, ""):
        return why
    text = str(value)
    return f"{text!r} is no safe name" if set(text) & set('/\\<>:"|?*') or text != text.strip(". ") else None


def _instant(value: object) -> str | None:
    why = _text(value, 35, "")
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return why or f"{value!r} is no instant"
    return why


def _day_or_instant(value: object) -> str | None:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return _instant(value)
    return None


LINE = line(LINE_LIMIT)
PROSE = prose(BLOCK_LIMIT)
LANGUAGE = like("[a-z]{2,3}(-[A-Za-z]{2,4})?", 8)
ADDRESS: Rule = _address
PHONE: Rule = _phone
ATTACHED_NAME: Rule = _name
INSTANT: Rule = _instant
DAY_OR_INSTANT: Rule = _day_or_instant
