"""The ways to read a mail, level by level, and how what they found becomes its requests.

Levels are tried in one order, the surest first. A higher level wins, lower ones fill gaps, and what they say
otherwise is kept as an alternative; every field remembers the level it came from.
"""

from collections.abc import Callable
from functools import partial

from parsers import adf, adf_text, calendar, labels, markup, patterned, types, vcard, xml_comments
from parsers.document import Document
from parsers.guard import tried
from parsers.records import Hints, MailClass, Reading
from parsers.several import combined
from parsers.vocabulary import vocabulary

Level = Callable[[Document, Hints], tuple[Reading, ...]]


def _tables(mail: Document, hints: Hints) -> tuple[Reading, ...]:
    """Label and value pairs of HTML: tables, definition lists, labels in bold type."""
    words = vocabulary(types.layout_of(hints))
    texts = (text for text in mail.html if not adf_text.holds(text))
    pairs = [pair for text in texts for pair in labels.pairs_of_html(text, words)]
    return labels.readings(pairs, hints, "table", words, mail.headers.get("subject")) if pairs else ()


def _lines(mail: Document, hints: Hints) -> tuple[Reading, ...]:
    """`Label: value` lines of plain text."""
    words = vocabulary(types.layout_of(hints))
    texts = (text for text in mail.plain if not adf_text.holds(text))
    pairs = [pair for text in texts for pair in labels.pairs_of_text(text, words)]
    return labels.readings(pairs, hints, "label", words, mail.headers.get("subject")) if pairs else ()


LEVELS: tuple[tuple[str, Level], ...] = (
    ("adf", adf.readings),
    ("xml", xml_comments.readings),
    ("markup", markup.readings),
    ("calendar", calendar.readings),
    ("vcard", vcard.readings),
    ("layout", patterned.readings),
    ("table", _tables),
    ("label", _lines),
)
"""Ways to read a mail, the surest first; `text` comes last, and looks only for what these left open (`gaps`)."""
IN_ANSWERS = ("adf", "calendar")
"""Levels for a person's answer: it quotes the labels of what it answers, but its calendar is its own."""


def from_levels(mail: Document, hints: Hints, mail_class: MailClass) -> tuple[tuple[Reading, ...], bool]:
    """The requests of a mail as far as its levels tell, and whether they are ADF; a level that fails is left out."""
    by_level: dict[str, tuple[Reading, ...]] = {}
    is_answer = mail_class == "reply" and hints.source_type is None
    for name, level in LEVELS:
        if is_answer and name not in IN_ANSWERS:
            continue
        if name == "label" and any(map(_is_full, by_level["table"])) and _are_twins(mail):
            break
        by_level[name] = tried(name, mail, partial(level, mail, hints), ())
    return combined(tuple(by_level.items())), bool(by_level.get("adf"))


def _is_full(reading: Reading) -> bool:
    """Whether it says who asks, how to reach them and what for."""
    person = reading.customer
    reachable = person is not None and person.name is not None and bool(person.emails or person.phones)
    return reachable and reading.comments is not None and bool(reading.vehicles)


def _are_twins(mail: Document) -> bool:
    """Whether each plain text says what an HTML text beside it says (RFC 2046 5.1.4)."""
    shown = {part.alternative for part in mail.leaves if part.is_text and part.type == "text/html"} - {0}
    return all(part.alternative in shown for part in mail.leaves if part.is_text and part.type == "text/plain")
