"""The label reader: pairs of label and value become one Reading, by the dictionaries of seven languages."""

from collections import Counter

from parsers import clean, values
from parsers.dictionary import LANGUAGES, lookup, meaning, section, trade_in_label
from parsers.form import Form
from parsers.layouts import Pairs, pairs_of_html, pairs_of_text
from parsers.records import Hints, Reading

__all__ = ["language_of", "pairs_of_html", "pairs_of_text", "reading"]


def language_of(pairs: Pairs) -> str | None:
    """The language that knows most of the labels; None if none knows any, or several know as many."""
    hits = _hits(pairs).most_common(2)
    return hits[0][0] if hits and (len(hits) == 1 or hits[0][1] > hits[1][1]) else None


def reading(pairs: Pairs, hints: Hints, origin: str) -> Reading | None:
    """Read one request from the pairs of a mail.

    Args:
        pairs: Labels with their values, in the order of the mail; a head has an empty value.
        hints: What is known of the source; its language's dictionary comes first.
        origin: The level to note for every field: table, label, ...

    Returns:
        None where fewer than two labels are known, or nobody and no car is named.
    """
    hits = _hits(pairs)
    languages = _order(hits, hints.language)
    alone = languages[0] == hints.language or hits[languages[0]] > hits[languages[1]]
    form = Form(hints, language=languages[0] if hits and alone else hints.language)
    part = None
    for label, written in pairs:
        value = clean.block(written, 5_000)
        head = section(label)
        if head and not (value and lookup(label)):
            part = _head(form, head, label, value) or part
        elif value:
            form.take(label, value, _field(label, languages, part))
    return form.reading(origin)


def _hits(pairs: Pairs) -> Counter[str]:
    return Counter(language for label, _ in pairs for language in lookup(label) or ())


def _order(hits: Counter[str], hint: str | None) -> list[str]:
    """The languages to ask in turn: the source's if it knows any label, then by hits."""
    ranked = sorted(LANGUAGES, key=lambda code: (code != (hint or "")[:2], LANGUAGES.index(code)))
    return sorted(ranked, key=lambda code: -hits[code])


def _field(label: str, languages: list[str], part: str | None) -> str | None:
    """The field that a label means in this part of the form; `trade.` before a field of the car in part exchange."""
    asked = trade_in_label(label)
    known = lookup(asked or label)
    if known is None:
        return None
    field = next(known[code] for code in languages if code in known)
    if asked and not field.startswith("vehicle."):
        return None
    if (asked or part == "trade-in") and field.startswith("vehicle."):
        return field.replace("vehicle", "trade", 1)
    if part == "dealer" and field.startswith("customer."):
        return "dealer.name" if field == "customer.name" else None
    return field


def _head(form: Form, head: str, label: str, value: str | None) -> str:
    """A head opens a part of the form; with a value it may name the car in part exchange at once."""
    if value:
        named = head == "trade-in" and meaning("answers", value, whole=True) is None and values.year(value) != value
        form.take(label, value, "trade.title" if named else None)
        return ""
    return head
