"""The label reader: pairs of label and value become Readings, by the source's own labels and seven dictionaries."""

from collections import Counter
from collections.abc import Mapping, Sequence

from parsers import clean, values
from parsers.dictionary import LANGUAGES, meaning, trade_in_label
from parsers.form import Form
from parsers.layouts import Pairs, pairs_of_html, pairs_of_text
from parsers.parts import Meant, requests
from parsers.records import Hints, Reading
from parsers.signs import DECORATION, LABELLED, NEXT, RULER
from parsers.vocabulary import OWN, PLAIN, Vocabulary

__all__ = ["begins_labelled", "language_of", "pairs_of_html", "pairs_of_text", "reading", "readings"]


def language_of(pairs: Pairs, words: Vocabulary = PLAIN) -> str | None:
    """The language that knows most of the labels; None if none knows any, or several know as many."""
    hits = _hits(pairs, words).most_common(2)
    return hits[0][0] if hits and (len(hits) == 1 or hits[0][1] > hits[1][1]) else None


def begins_labelled(text: str) -> bool:
    """Whether a text begins with a label that any language knows, as forms do, and no letter."""
    found = LABELLED.match(text.lstrip(DECORATION + "\n").partition("\n")[0])
    return found is not None and PLAIN.lookup(found["label"].rstrip(" \t*_")) is not None


def readings(pairs: Pairs, hints: Hints, origin: str, words: Vocabulary = PLAIN) -> tuple[Reading, ...]:
    """Read all requests of the pairs of a mail: a digest names several persons under the same labels.

    Args:
        pairs: Labels with their values, in the order of the mail; a head has an empty value.
        hints: What is known of the source; its language's dictionary comes first.
        origin: The level to note for every field: table, label, ...
        words: The source's own labels, which go before all dictionaries.
    """
    languages = _Languages(pairs, hints, words)
    parts = requests(_meant(pairs, words, languages)) if pairs else []
    found = (_read(part, hints, origin, languages) for part in parts)
    return tuple(reading for reading in found if reading)


def reading(pairs: Pairs, hints: Hints, origin: str, words: Vocabulary = PLAIN) -> Reading | None:
    """Read the pairs as one request.

    Returns:
        None where fewer than two labels are known, or nobody and no car is named.
    """
    languages = _Languages(pairs, hints, words)
    return _read(_meant(pairs, words, languages), hints, origin, languages)


class _Languages:
    """The dictionaries to ask in turn, by the labels that they know.

    A source's own language is what its admin said: where it knows any label, another has to know two more.
    """

    def __init__(self, pairs: Pairs, hints: Hints, words: Vocabulary) -> None:
        hits = _hits(pairs, words)
        own = (hints.language or "")[:2]
        ranked = sorted(LANGUAGES, key=lambda code: (code != own, LANGUAGES.index(code)))
        self.ranked = sorted(ranked, key=lambda code: -hits[code] - (code == own and hits[code] > 0))
        first, second = self.ranked[:2]
        clear = first == hints.language or hits[first] > hits[second]
        self.spoken = first if hits and clear else hints.language
        self.least = 2 if words is PLAIN else 1
        """Labels that make a request: of a source whose words are known, one is enough."""

    def choose(self, known: Mapping[str, str]) -> str:
        """The field of the first language that knows a label; the source's own word goes before all."""
        return known[OWN] if OWN in known else next(known[code] for code in self.ranked if code in known)


def _hits(pairs: Pairs, words: Vocabulary) -> Counter[str]:
    return Counter(code for label, _ in pairs for code in words.lookup(label) or () if code != OWN)


def _meant(pairs: Pairs, words: Vocabulary, languages: _Languages) -> list[Meant]:
    """What each label means where it stands: heads open parts of a form, and a ruler ends them."""
    found: list[Meant] = []
    part, is_new = None, False
    for pair in pairs:
        if pair in (RULER, NEXT):
            part = part if is_new else None
            found.append(Meant("", None, None, "next" if pair == NEXT else "ruler"))
            continue
        label, value = pair[0], clean.block(pair[1], 5_000)
        head = words.section(label)
        is_new = head is not None and not (value and words.lookup(label))
        if not value and found and found[-1].sign and _is_dealer(label, words):
            part = "dealer"
        if not is_new:
            found.append(Meant(label, value, _field(label, words, languages, part) if value else None))
            continue
        part = part if value else head
        found.append(Meant(label, value, _field_of_head(head, value)))
    return found


def _is_dealer(label: str, words: Vocabulary) -> bool:
    """Whether a label without a value below a ruler is the head of the dealer's part."""
    return "dealer.name" in (words.lookup(label) or {}).values()


def _field(label: str, words: Vocabulary, languages: _Languages, part: str | None) -> str | None:
    """The field that a label means in this part of the form; `trade.` before a field of the car in part exchange."""
    asked = None if words.is_own(label) else trade_in_label(label)
    known = words.lookup(asked or label)
    if known is None:
        return None
    field = languages.choose(known)
    if asked and not field.startswith("vehicle."):
        return None
    if (asked or part == "trade-in") and field.startswith("vehicle."):
        return field.replace("vehicle", "trade", 1)
    if part == "dealer" and field.startswith("customer."):
        return "dealer.name" if field == "customer.name" else None
    return field


def _field_of_head(head: str | None, value: str | None) -> str | None:
    """A head with a value may name the car in part exchange at once."""
    named = value and meaning("answers", value, whole=True) is None and values.year(value) != value
    return "trade.title" if head == "trade-in" and named else None


def _read(pairs: Sequence[Meant], hints: Hints, origin: str, languages: _Languages) -> Reading | None:
    form = Form(hints, language=languages.spoken)
    for pair in pairs:
        if pair.value:
            form.take(pair.label, pair.value, pair.field)
    return form.reading(origin, languages.least)
