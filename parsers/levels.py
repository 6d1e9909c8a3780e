"""The ways to read a mail, level by level, and how what they found becomes its requests.

Levels are tried in one order, the surest first. A higher level wins, lower ones fill gaps, and what they say
otherwise is kept as an alternative; every field remembers the level it came from.
"""

from collections.abc import Callable
from functools import partial

from parsers import (
    adf,
    adf_text,
    calendar,
    headblock,
    html,
    labels,
    mailboxes,
    markup,
    patterned,
    replies,
    sender,
    types,
    vcard,
    xml_comments,
)
from parsers.classify import is_answer
from parsers.document import Document
from parsers.forwards import says_forward
from parsers.guard import tried
from parsers.records import Hints, MailClass, Reading
from parsers.several import combined
from parsers.signs import Pairs
from parsers.vocabulary import Vocabulary, vocabulary

Level = Callable[[Document, Hints], tuple[Reading, ...]]


def _tables(mail: Document, hints: Hints) -> tuple[Reading, ...]:
    """Label and value pairs of HTML: tables, definition lists, labels in bold type."""
    found = _by_labels(mail.html, hints, "table", labels.pairs_of_html)
    if found and _quotes_others(mail, hints):
        return _by_labels(tuple(map(_above_quotation, mail.html)), hints, "table", labels.pairs_of_html)
    return found


def _lines(mail: Document, hints: Hints) -> tuple[Reading, ...]:
    """`Label: value` lines of plain text."""
    found = _by_labels(mail.plain, hints, "label", labels.pairs_of_text)
    if found and _quotes_others(mail, hints):
        return _by_labels(tuple(map(replies.unquoted, mail.plain)), hints, "label", labels.pairs_of_text)
    return found


def _by_labels(
    texts: tuple[str, ...], hints: Hints, origin: str, pairs_of: Callable[[str, Vocabulary], Pairs]
) -> tuple[Reading, ...]:
    words = vocabulary(types.layout_of(hints))
    pairs = [pair for text in texts if not adf_text.holds(text) for pair in pairs_of(text, words)]
    return labels.readings(pairs, hints, origin, words) if pairs else ()


def _quotes_others(mail: Document, hints: Hints) -> bool:
    """Whether labels below a quotation are somebody else's: a person wrote the mail himself, and no source sent it.

    In a mail that neither answers nor forwards by its header, he quotes us or himself: `Von: Eva <eva@…>` of anybody
    else may be the head of a form, by a program that nobody knows yet.
    """
    if hints.source_type is not None or sender.author(mail) is None:
        return False
    headers, subject = mail.headers, mail.headers.get("subject")
    if "in-reply-to" in headers or "references" in headers or is_answer(subject) or says_forward(subject):
        return True
    block = headblock.find((mail.text or "").split("\n"))
    _, writer = mailboxes.one(block.fields["from"]) if block else (None, "")
    ours = sender.is_ours(mail, writer) or sender.is_addressed_house(mail, writer)
    return not writer or ours or writer == mail.sender[1]


def _above_quotation(markup: str) -> str:
    lines, ends = html.lines(markup)
    above = replies.above_quotation(lines)
    return markup if above is None else markup[: ends[above - 1]]


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
    answers = mail_class == "reply" and hints.source_type is None
    for name, level in LEVELS:
        if answers and name not in IN_ANSWERS:
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
